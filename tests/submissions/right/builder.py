"""Known-right networks for task 4, in styles that differ from the reference's."""

SEQUENTIAL = """
from tensorflow import keras
from tensorflow.keras.layers import *


def convolutional_GenDiscr():
    def get_generator():
        model = keras.Sequential(name="generator")
        model.add(keras.Input(shape=(16,)))
        model.add(Dense(2048))
        model.add(Activation("tanh"))
        model.add(Reshape((2, 2, 512)))
        for filters in [64, 16, 1]:
            model.add(UpSampling2D((2, 2)))
            model.add(Conv2D(filters, (3, 3), padding="same"))
            model.add(BatchNormalization())
            model.add(Activation("tanh"))
        return model

    def get_discriminator():
        model = keras.Sequential([keras.Input(shape=(16, 16, 1))], name="discriminator")
        for filters in [32, 64, 128, 256]:
            model.add(Conv2D(filters, (3, 3), padding="same"))
            model.add(MaxPooling2D((2, 2)))
            model.add(Activation("tanh"))
        model.add(Flatten())
        model.add(Dense(1, activation="tanh"))
        return model

    return get_generator(), get_discriminator()
"""
UNROLLED = """
from tensorflow import keras


def convolutional_GenDiscr():

    def generator():
        inputs = keras.Input(shape=(16))
        x = keras.layers.Dense(2048, activation="tanh")(inputs)
        x = keras.layers.Reshape((2, 2, 512))(x)
        x = keras.layers.UpSampling2D()(x)
        x = keras.layers.Conv2D(64, kernel_size=3, padding="same")(x)
        x = keras.layers.BatchNormalization()(x)
        x = keras.layers.Activation("tanh")(x)
        x = keras.layers.UpSampling2D()(x)
        x = keras.layers.Conv2D(16, kernel_size=3, padding="same")(x)
        x = keras.layers.BatchNormalization()(x)
        x = keras.layers.Activation("tanh")(x)
        x = keras.layers.UpSampling2D()(x)
        x = keras.layers.Conv2D(1, kernel_size=3, padding="same")(x)
        x = keras.layers.BatchNormalization()(x)
        x = keras.layers.Activation("tanh")(x)
        return keras.Model(inputs, x, name="generator")

    def discriminator():
        inputs = keras.Input(shape=(16, 16, 1))
        x = keras.layers.Conv2D(32, 3, padding="same", activation="tanh")(inputs)
        x = keras.layers.MaxPooling2D()(x)
        x = keras.layers.Conv2D(64, 3, padding="same", activation="tanh")(x)
        x = keras.layers.MaxPooling2D()(x)
        x = keras.layers.Conv2D(128, 3, padding="same", activation="tanh")(x)
        x = keras.layers.MaxPooling2D()(x)
        x = keras.layers.Conv2D(256, 3, padding="same", activation="tanh")(x)
        x = keras.layers.MaxPooling2D()(x)
        x = keras.layers.Flatten()(x)
        return keras.Model(inputs, keras.layers.Dense(1)(x), name="discriminator")

    return generator(), discriminator()
"""
FUNCTIONS = """
import tensorflow as tf

L = tf.keras.layers


def convolutional_GenDiscr(*_):
    z = L.Input((16,), name="latents")
    y = tf.keras.activations.tanh(L.Dense(512 * 4)(z)) if tf.__version__ < "2.16" else L.Activation(tf.tanh)(L.Dense(2048)(z))
    y = L.Reshape([2, 2, -1])(y)
    for c in (64, 16, 1):
        y = L.Conv2D(c, 3, 1, "same", name=f"mix_{c}")(L.UpSampling2D(2, interpolation="nearest")(y))
        y = L.Activation(tf.nn.tanh)(L.BatchNormalization(axis=-1, name=f"norm_{c}")(y))
    x = i = L.Input((16, 16, 1))
    for c in (32, 64, 128, 256):
        x = L.Activation("tanh")(L.MaxPool2D(pool_size=2, strides=2)(L.Conv2D(c, 3, padding="SAME")(x)))
    x = L.Dense(1, name="score")(L.Reshape((256,))(x))
    return tf.keras.Model(inputs=z, outputs=y, name="generator"), tf.keras.Model(inputs=i, outputs=x, name="discriminator")
"""
SUBCLASS = """
from tensorflow import keras


class Generator(keras.Sequential):
    pass


def block(channels):
    return [
        keras.layers.UpSampling2D(size=2),
        keras.layers.Conv2D(channels, 3, padding="same"),
        keras.layers.BatchNormalization(epsilon=1e-5, momentum=0.8),
        keras.layers.Activation("tanh"),
    ]


def convolutional_GenDiscr(seed=None):
    first = [keras.Input((16,)), keras.layers.Dense(2048, "tanh", kernel_initializer="he_normal"), keras.layers.Reshape((2, 2, 512))]
    generator = Generator(first + block(64) + block(16) + block(1), name="generator")
    pictures = keras.Input((16, 16, 1))
    x = pictures
    for c in [2 ** k for k in range(5, 9)]:
        x = keras.layers.Conv2D(c, 3, padding="same", kernel_initializer="he_normal", activation=None)(x)
        x = keras.layers.MaxPooling2D(padding="same")(x)
        x = keras.layers.Activation(keras.activations.tanh)(x)
    x = keras.layers.GlobalMaxPooling2D()(x)
    return [generator, keras.Model(pictures, keras.layers.Dense(1, activation="linear")(x), name="discriminator")]
"""
NESTED = """
from tensorflow import keras
from simple_gan import Simple_GAN
import matplotlib.pyplot as plt


def convolutional_GenDiscr():
    head = keras.Sequential([keras.Input((16,)), keras.layers.Dense(2048, activation="tanh"), keras.layers.Reshape((2, 2, 512))])
    z = keras.Input((16,))
    y = head(z)
    for c in (64, 16, 1):
        y = keras.layers.UpSampling2D()(y)
        y = keras.layers.Conv2D(c, 3, padding="same")(y)
        y = keras.layers.BatchNormalization()(y)
        y = keras.layers.Activation("tanh")(y)
    x = keras.Input((16, 16, 1))
    h = x
    for c in (32, 64, 128, 256):
        h = keras.layers.Conv2D(c, 3, padding="same")(h)
        h = keras.layers.Activation("tanh")(h)
        h = keras.layers.MaxPooling2D()(h)
    h = keras.layers.Flatten()(h)
    return keras.models.Model(z, y, name="generator"), keras.models.Model(x, keras.layers.Dense(1)(h), name="discriminator")


generator, discriminator = convolutional_GenDiscr()
generator.summary()
"""
LISTED = """
import numpy as np
import tensorflow as tf
import matplotlib.pyplot as plt

GENERATOR = [("dense", 2048), ("reshape", (2, 2, 512)), ("up", 64), ("up", 16), ("up", 1)]


def convolutional_GenDiscr():
    generator = tf.keras.models.Sequential(name='generator')
    generator.add(tf.keras.layers.InputLayer((16,)) if tf.__version__ < "2.16" else tf.keras.layers.InputLayer(shape=(16,)))
    for kind, size in GENERATOR:
        if kind == "dense":
            generator.add(tf.keras.layers.Dense(size, activation=tf.math.tanh))
        elif kind == "reshape":
            generator.add(tf.keras.layers.Reshape(target_shape=size))
        else:
            generator.add(tf.keras.layers.UpSampling2D(size=(2, 2), interpolation='nearest'))
            generator.add(tf.keras.layers.Conv2D(filters=size, kernel_size=(3, 3), strides=(1, 1), padding='same'))
            generator.add(tf.keras.layers.BatchNormalization())
            generator.add(tf.keras.layers.Activation('tanh'))
    discriminator = tf.keras.models.Sequential(name='discriminator')
    discriminator.add(tf.keras.Input((16, 16, 1)))
    n = 32
    while n <= 256:
        discriminator.add(tf.keras.layers.Conv2D(n, 3, activation='linear', padding='same'))
        discriminator.add(tf.keras.layers.MaxPool2D((2, 2), padding='valid'))
        discriminator.add(tf.keras.layers.Activation('tanh'))
        n *= 2
    discriminator.add(tf.keras.layers.Flatten())
    discriminator.add(tf.keras.layers.Dense(1))
    discriminator.add(tf.keras.layers.Activation('tanh'))
    return generator, discriminator


if __name__ == '__main__':
    for network in convolutional_GenDiscr():
        network.summary()
"""
STYLES = {
    "listed": LISTED,
    "sequential": SEQUENTIAL,
    "unrolled": UNROLLED,
    "keras_2": SEQUENTIAL.replace("model.add(keras.Input(shape=(16,)))\n        ", "").replace(
        "Dense(2048)", "Dense(2048, batch_input_shape=(None, 16))"
    ),
    "functions": FUNCTIONS,
    "subclass": SUBCLASS,
    "nested": NESTED,
}
