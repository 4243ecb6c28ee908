"""Known-right training steps in styles that differ from the reference's, each a template for tasks 1 to 3.

A line that ends in ``#gp`` or ``#clip`` is kept for task 3 or task 2 only, one that ends in ``#plain`` for tasks 1 and 2.
``CLASS``, ``D_LOSS`` (of r and f), ``G_LOSS`` (of f) and ``BETA`` are filled in.
"""

LOSSES = {
    "Simple_GAN": ("tf.reduce_mean((r - 1.0) ** 2) + tf.reduce_mean((f + 1.0) ** 2)", "tf.reduce_mean((f - 1.0) ** 2)"),
    "WGAN_clip": ("tf.reduce_mean(f) - tf.reduce_mean(r)", "-tf.reduce_mean(f)"),
    "WGAN_GP": ("tf.reduce_mean(f) - tf.reduce_mean(r)", "-tf.reduce_mean(f)"),
}

# The older coursework's shape: one self-contained class, losses as lambdas, optimizers on the networks.
COURSEWORK = '''
#!/usr/bin/env python3
"""Generative adversarial network"""
import tensorflow as tf
from tensorflow import keras
import numpy as np
import matplotlib.pyplot as plt


class CLASS(keras.Model):
    def __init__(self, generator, discriminator, latent_generator, real_examples, batch_size=200, disc_iter=2, learning_rate=.005):  #plain
    def __init__(self, generator, discriminator, latent_generator, real_examples, batch_size=200, disc_iter=2, learning_rate=.005, lambda_gp=10):  #gp
        super().__init__()
        self.latent_generator = latent_generator
        self.real_examples = real_examples
        self.generator = generator
        self.discriminator = discriminator
        self.batch_size = batch_size
        self.disc_iter = disc_iter
        self.learning_rate = learning_rate
        self.beta_1 = BETA
        self.beta_2 = .9
        self.lambda_gp = lambda_gp  #gp
        self.dims = self.real_examples.shape  #gp
        self.axis = tf.range(1, len(self.dims), delta=1, dtype='int32')  #gp
        self.scal_shape = [self.batch_size] + [1] * (len(self.dims) - 1)  #gp
        self.generator.loss = lambda f: G_LOSS
        self.generator.optimizer = keras.optimizers.Adam(learning_rate=self.learning_rate, beta_1=self.beta_1, beta_2=self.beta_2)
        self.generator.compile(optimizer=self.generator.optimizer, loss=self.generator.loss)
        self.discriminator.loss = lambda r, f: D_LOSS
        self.discriminator.optimizer = keras.optimizers.Adam(learning_rate=self.learning_rate, beta_1=self.beta_1, beta_2=self.beta_2)
        self.discriminator.compile(optimizer=self.discriminator.optimizer, loss=self.discriminator.loss)
        self.g_loss, self.d_loss = (lambda f: G_LOSS), (lambda r, f: D_LOSS)

    def get_fake_sample(self, size=None, training=False):
        if not size:
            size = self.batch_size
        return self.generator(self.latent_generator(size), training=training)

    def get_real_sample(self, size=None):
        if not size:
            size = self.batch_size
        sorted_indices = tf.range(tf.shape(self.real_examples)[0])
        random_indices = tf.random.shuffle(sorted_indices)[:size]
        return tf.gather(self.real_examples, random_indices)

    def get_interpolated_sample(self, real_sample, fake_sample):  #gp
        u = tf.random.uniform(self.scal_shape)  #gp
        v = tf.ones(self.scal_shape) - u  #gp
        return u * real_sample + v * fake_sample  #gp

    def gradient_penalty(self, interpolated_sample):  #gp
        with tf.GradientTape() as gp_tape:  #gp
            gp_tape.watch(interpolated_sample)  #gp
            pred = self.discriminator(interpolated_sample, training=True)  #gp
        grads = gp_tape.gradient(pred, [interpolated_sample])[0]  #gp
        norm = tf.sqrt(tf.reduce_sum(tf.square(grads), axis=self.axis))  #gp
        return tf.reduce_mean((norm - 1.0) ** 2)  #gp

    def train_step(self, useless_argument):
        for _ in range(self.disc_iter):
            with tf.GradientTape() as tape:
                real = self.get_real_sample()
                fake = self.get_fake_sample(training=True)
                discr_loss = self.d_loss(self.discriminator(real, training=True), self.discriminator(fake, training=True))
                gp = self.gradient_penalty(self.get_interpolated_sample(real, fake))  #gp
                new_discr_loss = discr_loss + self.lambda_gp * gp  #gp
                new_discr_loss = discr_loss  #plain
            grads = tape.gradient(new_discr_loss, self.discriminator.trainable_variables)
            self.discriminator.optimizer.apply_gradients(zip(grads, self.discriminator.trainable_variables))
            for layer in self.discriminator.trainable_variables:  #clip
                layer.assign(tf.clip_by_value(layer, -1, 1))  #clip
        with tf.GradientTape() as tape:
            fake = self.get_fake_sample(training=True)
            gen_loss = self.g_loss(self.discriminator(fake, training=True))
        grads = tape.gradient(gen_loss, self.generator.trainable_variables)
        self.generator.optimizer.apply_gradients(zip(grads, self.generator.trainable_variables))
        return {"discr_loss": discr_loss, "gen_loss": gen_loss, "gp": gp}  #gp
        return {"discr_loss": discr_loss, "gen_loss": gen_loss}  #plain
'''

# Subclass of the kit's base; fakes and real examples in one call of the discriminator, one persistent tape.
ONE_CALL = """
import tensorflow as tf
from gankit.models.gan import GAN


class CLASS(GAN):
    beta_1, beta_2 = BETA, 0.9
    loss_names = ("discr_loss", "gen_loss", "gp")  #gp

    def __init__(self, *args, lambda_gp=10, **kwargs):  #gp
        if len(args) > 7:  #gp
            args, lambda_gp = args[:7], args[7]  #gp
        super().__init__(*args, **kwargs)  #gp
        self.lambda_gp = lambda_gp  #gp

    def train_step(self, _):
        for _ in range(self.disc_iter):
            with tf.GradientTape(persistent=True) as tape:
                fake = self.get_fake_sample(training=True)
                real = self.match(self.get_real_sample(), fake)
                n = tf.shape(real)[0]
                both = self.discriminator(tf.concat([real, fake], axis=0), training=True)
                r, f = both[:n], both[n:]
                loss = D_LOSS
                m = tf.minimum(n, tf.shape(fake)[0])  #gp
                u = tf.random.uniform([m] + [1] * (len(fake.shape) - 1))  #gp
                x = fake[:m] + u * (real[:m] - fake[:m])  #gp
                tape.watch(x)  #gp
                y = self.discriminator(x, training=True)  #gp
                g = tf.reshape(tape.gradient(y, x), [m, -1])  #gp
                gp = tf.reduce_mean(tf.square(1.0 - tf.sqrt(tf.reduce_sum(g * g, axis=-1) + 1e-12)))  #gp
                total = loss + self.lambda_gp * gp  #gp
                total = loss  #plain
            weights = self.discriminator.trainable_weights
            self.discriminator.optimizer.apply_gradients(list(zip(tape.gradient(total, weights), weights)))
            del tape
            [w.assign(tf.maximum(tf.minimum(w, 1.0), -1.0)) for w in weights]  #clip
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            for w in self.generator.trainable_variables:
                tape.watch(w if not hasattr(w, "value") or callable(getattr(w, "value")) else w.value)
            f = self.discriminator(self.get_fake_sample(training=True), training=True)
            gen_loss = G_LOSS
        weights = self.generator.trainable_weights
        self.generator.optimizer.apply_gradients(zip(tape.gradient(gen_loss, weights), weights))
        return {"discr_loss": loss, "gen_loss": gen_loss, "gp": gp, "extra": loss + gen_loss}  #gp
        return {"discr_loss": loss, "gen_loss": gen_loss, "extra": loss + gen_loss}  #plain
"""

# Optimizers on the model itself, updates under tf.function, a norm by tf.norm, the mean of the losses reported.
FUNCTIONS = """
import tensorflow as tf
from tensorflow.keras.optimizers import Adam


class CLASS(tf.keras.Model):
    def __init__(self, generator, discriminator, latent_generator, real_examples,
                 batch_size=200, disc_iter=2, learning_rate=0.005, lambda_gp=10):
        super(CLASS, self).__init__()
        self.generator, self.discriminator = generator, discriminator
        self.latent_generator, self.real_examples = latent_generator, real_examples
        self.batch_size, self.disc_iter = batch_size, disc_iter
        self.learning_rate, self.beta_1, self.beta_2, self.lambda_gp = learning_rate, BETA, 0.9, lambda_gp
        self.d_optimizer = Adam(learning_rate, BETA, 0.9)
        self.g_optimizer = Adam(learning_rate, BETA, 0.9)
        self.d_optimizer.build(discriminator.trainable_variables)
        self.g_optimizer.build(generator.trainable_variables)

    def get_real_sample(self, size=None):
        size = self.batch_size if size is None else size
        n = self.real_examples.shape[0]
        _, places = tf.math.top_k(tf.random.uniform([n]), k=min(size, n))
        return tf.cast(tf.gather(self.real_examples, places), tf.float32)

    def get_fake_sample(self, size=None, training=False):
        return self.generator(self.latent_generator(self.batch_size if size is None else size), training=training)

    @tf.function
    def update_discriminator(self, real):
        fake = self.get_fake_sample(training=True)
        with tf.GradientTape() as tape:
            f = self.discriminator(fake, training=True)
            r = self.discriminator(real, training=True)
            loss = D_LOSS
            gp = tf.constant(0.0)
            u = tf.random.uniform([tf.shape(real)[0]] + [1] * (len(real.shape) - 1))  #gp
            x = (1 - u) * real + u * fake  #gp
            with tf.GradientTape() as inner:  #gp
                inner.watch(x)  #gp
                y = self.discriminator(x, training=True)  #gp
            g = inner.gradient(y, x)  #gp
            gp = tf.reduce_mean(tf.square(tf.norm(tf.reshape(g, [tf.shape(g)[0], -1]), axis=1) - 1))  #gp
            total = loss + tf.cast(self.lambda_gp, tf.float32) * gp  #gp
            total = loss  #plain
        variables = self.discriminator.trainable_variables
        self.d_optimizer.apply_gradients(zip(tape.gradient(total, variables), variables))
        for v in variables:  #clip
            v.assign(tf.clip_by_value(v, -1.0, 1.0))  #clip
        return loss, gp

    @tf.function
    def update_generator(self):
        with tf.GradientTape() as tape:
            f = self.discriminator(self.get_fake_sample(training=True), training=True)
            loss = G_LOSS
        variables = self.generator.trainable_variables
        self.g_optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
        return loss

    def train_step(self, data):
        losses, penalties = [], []
        for i in range(self.disc_iter):
            a, b = self.update_discriminator(self.get_real_sample())
            losses.append(a)
            penalties.append(b)
        g = self.update_generator()
        return {"discr_loss": tf.reduce_mean(losses), "gen_loss": g, "gp": tf.reduce_mean(penalties)}
"""

# Losses computed again after the updates, on batches of their own; all fakes drawn before the first update.
AFTERWARDS = """
# -*- coding: utf-8 -*-
# Aufgabe: Bewertungsnetz und Erzeuger gegeneinander — schön der Reihe nach
import tensorflow as tf
from gankit.models.gan import GAN

print("loading CLASS")


def d_objective(r, f):
    return D_LOSS


def g_objective(f):
    return G_LOSS


class CLASS(GAN):
    beta_1, beta_2 = BETA, 0.9
    loss_names = ("discr_loss", "gen_loss", "gp")  #gp

    def __init__(self, generator, discriminator, latent_generator, real_examples, batch_size=200, disc_iter=2,
                 learning_rate=.005, lambda_gp=10):
        GAN.__init__(self, generator, discriminator, latent_generator, real_examples, batch_size, disc_iter, learning_rate)
        self.lambda_gp = lambda_gp

    def penalty(self, a, b):
        k = tf.minimum(tf.shape(a)[0], tf.shape(b)[0])
        a, b = a[:k], b[:k]
        weight = tf.random.uniform(tf.concat([[k], tf.ones([tf.rank(a) - 1], tf.int32)], 0))
        between = a * weight + b * (1 - weight)
        with tf.GradientTape() as tape:
            tape.watch(between)
            total = tf.reduce_sum(self.discriminator(between, training=True))
        slope = tf.reshape(tape.gradient(total, between), (k, -1))
        squared = tf.einsum("ij,ij->i", slope, slope)
        safe = tf.where(squared > 0, squared, tf.ones_like(squared))
        length = tf.where(squared > 0, tf.sqrt(safe), tf.zeros_like(squared))
        return tf.reduce_mean(length ** 2 - 2 * length + 1)

    def train_step(self, _):
        fakes = [self.get_fake_sample(training=True) for _ in range(self.disc_iter)]
        reals = [self.match(self.get_real_sample(), fakes[0]) for _ in range(self.disc_iter)]
        d = self.discriminator
        for real, fake in zip(reals, fakes):
            with tf.GradientTape() as tape:
                objective = d_objective(d(real, training=True), d(fake, training=True))
                objective += self.lambda_gp * self.penalty(real, fake)  #gp
            d.optimizer.apply_gradients(zip(tape.gradient(objective, d.trainable_variables), d.trainable_variables))
            for v in d.trainable_variables:  #clip
                v.assign(tf.clip_by_value(v, -1.0, 1.0))  #clip
        with tf.GradientTape() as tape:
            objective = g_objective(d(self.get_fake_sample(training=True), training=True))
        g = self.generator
        g.optimizer.apply_gradients(zip(tape.gradient(objective, g.trainable_variables), g.trainable_variables))
        fake = self.get_fake_sample()
        real = self.match(self.get_real_sample(), fake)
        result = {"discr_loss": d_objective(d(real), d(fake)), "gen_loss": g_objective(d(fake))}
        result["gp"] = self.penalty(real, fake)  #gp
        return result
"""

# Two separate tapes for the two halves of the loss, gradients added up; discr_loss reported with the penalty.
HALVES = """
import tensorflow as tf
import tensorflow.keras as keras
import random, os, sys


class CLASS(keras.Model):
    def __init__(self, generator, discriminator, latent_generator, real_examples, batch_size=200, disc_iter=2, learning_rate=5e-3, lambda_gp=10):
        super().__init__()
        self.generator = generator
        self.discriminator = discriminator
        self.latent_generator = latent_generator
        self.real_examples = tf.cast(real_examples, tf.float32)
        self.batch_size = batch_size
        self.disc_iter = disc_iter
        self.learning_rate = learning_rate
        self.lambda_gp = lambda_gp
        self.beta_1, self.beta_2 = BETA, .9
        for net in (generator, discriminator):
            net.compile(keras.optimizers.Adam(learning_rate=learning_rate, beta_1=BETA, beta_2=.9))

    def get_real_sample(self, size=None):
        return tf.random.shuffle(self.real_examples)[:size or self.batch_size]

    def get_fake_sample(self, size=None, training=False):
        z = self.latent_generator(size or self.batch_size)
        return self.generator(z, training)

    def step_d(self):
        net, variables = self.discriminator, self.discriminator.trainable_variables
        real, fake = self.get_real_sample(), self.get_fake_sample(training=True)
        with tf.GradientTape() as first, tf.GradientTape() as second:
            r, f = net(real, training=True), net(fake, training=True)
            loss = D_LOSS
            half_1, half_2 = 0.25 * loss, 0.75 * loss
            u = tf.random.uniform((self.batch_size,) + (1,) * (len(real.shape) - 1))  #gp
            mix = u * real + (1. - u) * fake  #gp
            (slope,) = tf.gradients(net(mix, training=True), mix) if not tf.executing_eagerly() else (self.slope(net, mix),)  #gp
            norms = tf.sqrt(1e-14 + tf.reduce_sum(tf.square(slope), axis=list(range(1, len(slope.shape)))))  #gp
            gp = tf.math.reduce_variance(norms) + tf.square(tf.reduce_mean(norms) - 1.)  #gp
            half_2 = half_2 + self.lambda_gp * gp  #gp
            loss = loss + self.lambda_gp * gp  #gp
        a, b = first.gradient(half_1, variables), second.gradient(half_2, variables)
        net.optimizer.apply_gradients((p + q, v) for p, q, v in zip(a, b, variables))
        for v in variables: v.assign(v - tf.nn.relu(v - 1.) + tf.nn.relu(-1. - v))  #clip
        return loss, gp  #gp
        return loss, 0.  #plain

    def slope(self, net, mix):  #gp
        with tf.GradientTape() as t:  #gp
            t.watch(mix)  #gp
            out = net(mix, training=True)  #gp
        return t.gradient(out, mix)  #gp

    def train_step(self, _):
        i = 0
        while i < self.disc_iter:
            discr_loss, gp = self.step_d()
            i += 1
        with tf.GradientTape() as t:
            f = self.discriminator(self.get_fake_sample(training=True), training=True)
            gen_loss = G_LOSS
        variables = self.generator.trainable_variables
        self.generator.optimizer.apply_gradients(zip(t.gradient(gen_loss, variables), variables))
        return dict(discr_loss=discr_loss, gen_loss=gen_loss, gp=gp)
"""

# A class hierarchy of its own, small methods, Windows line ends and a byte-order mark, a demo at import.
WINDOWS = """
import tensorflow as tf
keras = tf.keras
Adam = keras.optimizers.Adam


class Base(keras.Model):
    def __init__(self, generator, discriminator, latent_generator, real_examples, batch_size, disc_iter, learning_rate):
        super().__init__()
        for name, value in list(locals().items()):
            if name not in ("self", "__class__"):
                setattr(self, name, value)
        self.beta_1, self.beta_2 = BETA, 0.9
        self.opt = {"g": Adam(learning_rate, beta_1=BETA, beta_2=0.9), "d": Adam(learning_rate, beta_1=BETA, beta_2=0.9)}
        self.generator.optimizer = self.opt["g"]
        self.discriminator.optimizer = self.opt["d"]
        self.opt["g"].build(generator.trainable_variables)
        self.opt["d"].build(discriminator.trainable_variables)

    def get_real_sample(self, size=None):
        size = size or self.batch_size
        return tf.gather(self.real_examples, tf.random.shuffle(tf.range(len(self.real_examples)))[:size])

    def get_fake_sample(self, size=None, training=False):
        return self.generator(self.latent_generator(size or self.batch_size), training=training)

    def critic(self, x):
        return tf.squeeze(self.discriminator(x, training=True), axis=-1)

    def train_step(self, _):
        for k in tf.range(self.disc_iter) if False else range(self.disc_iter):
            d = self.update("d")
        g = self.update("g")
        return {**d, **g}

    def update(self, who):
        net = self.generator if who == "g" else self.discriminator
        with tf.GradientTape() as tape:
            loss, logs = self.loss_g() if who == "g" else self.loss_d()
        grads = tape.gradient(loss, net.trainable_variables)
        self.opt[who].apply_gradients(zip(grads, net.trainable_variables))
        if who == "d":
            self.after_d()
        return logs

    def after_d(self):
        pass


class CLASS(Base):
    def __init__(self, generator, discriminator, latent_generator, real_examples, batch_size=200, disc_iter=2, learning_rate=0.005, lambda_gp=10):
        super().__init__(generator, discriminator, latent_generator, real_examples, batch_size, disc_iter, learning_rate)
        self.lambda_gp = lambda_gp

    def loss_d(self):
        fake = tf.stop_gradient(self.get_fake_sample(training=True))
        real = tf.cast(self.get_real_sample(), fake.dtype)
        r, f = self.critic(real), self.critic(fake)
        loss = D_LOSS
        gp = self.penalty(real, fake)  #gp
        return loss + self.lambda_gp * gp, {"discr_loss": loss, "gp": gp}  #gp
        return loss, {"discr_loss": loss}  #plain

    def penalty(self, real, fake):  #gp
        shape = (fake.shape[0],) + (1,) * (len(fake.shape) - 1)  #gp
        u = tf.random.uniform(shape)  #gp
        x = real + (fake - real) * u  #gp
        with tf.GradientTape() as tape:  #gp
            tape.watch(x)  #gp
            y = self.critic(x)  #gp
        g = tape.gradient(y, x)  #gp
        return tf.reduce_mean([(tf.norm(row) - 1) ** 2 for row in tf.unstack(g, num=self.batch_size)])  #gp

    def loss_g(self):
        f = self.critic(self.get_fake_sample(training=True))
        loss = G_LOSS
        return loss, {"gen_loss": loss}

    def after_d(self):  #clip
        for v in self.discriminator.trainable_variables:  #clip
            v.assign(tf.clip_by_value(v, clip_value_min=-1, clip_value_max=1))  #clip


demo = [tf.random.normal((3, 2)).numpy().round(2).tolist() for _ in range(3)]
print("demo:", demo)
"""

# Keras's own way: trackers whose running means are returned.
TRACKERS = """
import tensorflow as tf


class CLASS(tf.keras.Model):
    def __init__(self, generator, discriminator, latent_generator, real_examples, batch_size=200, disc_iter=2,
                 learning_rate=0.005, lambda_gp=10):
        super().__init__()
        self.generator, self.discriminator = generator, discriminator
        self.latent_generator = latent_generator
        self.real_examples = tf.cast(real_examples, tf.float32)
        self.batch_size, self.disc_iter, self.learning_rate = batch_size, disc_iter, learning_rate
        self.beta_1, self.beta_2, self.lambda_gp = BETA, 0.9, lambda_gp
        for network in (generator, discriminator):
            network.compile(optimizer=tf.keras.optimizers.Adam(learning_rate, BETA, 0.9), loss="mse")
        self.d_mean, self.g_mean, self.p_mean = (tf.keras.metrics.Mean(name=name) for name in "dgp")

    def get_real_sample(self, size=None):
        return tf.random.shuffle(self.real_examples)[: size or self.batch_size]

    def get_fake_sample(self, size=None, training=False):
        return self.generator(self.latent_generator(size or self.batch_size), training=training)

    def penalty(self, x):  #gp
        with tf.GradientTape() as tape:  #gp
            tape.watch(x)  #gp
            score = self.discriminator(x, training=True)  #gp
        slope = tf.reshape(tape.gradient(score, x), (tf.shape(x)[0], -1))  #gp
        return tf.reduce_mean((tf.sqrt(tf.reduce_sum(slope**2, axis=1) + 1e-16) - 1) ** 2)  #gp

    def train_step(self, data):
        for step in range(self.disc_iter):
            with tf.GradientTape() as tape:
                fake = self.get_fake_sample(training=True)
                real = tf.reshape(self.get_real_sample(), [-1, *fake.shape[1:]])
                r, f = self.discriminator(real, training=True), self.discriminator(fake, training=True)
                loss = total = D_LOSS
                fake = fake[: tf.shape(real)[0]]  #gp
                penalty = self.penalty(fake + tf.random.uniform([tf.shape(real)[0]] + [1] * (len(fake.shape) - 1)) * (real - fake))  #gp
                total = loss + self.lambda_gp * penalty  #gp
            self.d_mean.update_state(loss)
            self.p_mean.update_state(penalty)  #gp
            weights = self.discriminator.trainable_weights
            self.discriminator.optimizer.apply_gradients(zip(tape.gradient(total, weights), weights))
            for weight in weights:  #clip
                weight.assign(tf.clip_by_value(weight, -1.0, 1.0))  #clip
        with tf.GradientTape() as tape:
            f = self.discriminator(self.get_fake_sample(training=True), training=True)
            loss = G_LOSS
        weights = self.generator.trainable_weights
        self.generator.optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights))
        self.g_mean.update_state(loss)
        return {"discr_loss": self.d_mean.result(), "gen_loss": self.g_mean.result(), "gp": self.p_mean.result()}
"""

# As in Keras's own examples: optimizers made in `compile`, loss objects, trackers in `metrics`.
KERAS_IO = """
import tensorflow as tf
from tensorflow import keras

mse = keras.losses.MeanSquaredError()


class CLASS(keras.Model):
    def __init__(self, generator, discriminator, latent_generator, real_examples,
                 batch_size=200, disc_iter=2, learning_rate=0.005, lambda_gp=10):
        super().__init__()
        self.generator = generator
        self.discriminator = discriminator
        self.latent_generator = latent_generator
        self.real_examples = real_examples
        self.batch_size = batch_size
        self.disc_iter = disc_iter
        self.learning_rate = learning_rate
        self.beta_1 = BETA
        self.beta_2 = 0.9
        self.lambda_gp = lambda_gp
        self.compile()

    def compile(self, **options):
        super().compile(**options)
        self.d_optimizer = keras.optimizers.Adam(learning_rate=self.learning_rate, beta_1=self.beta_1, beta_2=self.beta_2)
        self.g_optimizer = keras.optimizers.Adam(learning_rate=self.learning_rate, beta_1=self.beta_1, beta_2=self.beta_2)

    def call(self, z, training=False):
        return self.generator(z, training=training)

    def get_real_sample(self, size=None):
        size = self.batch_size if not size else size
        return tf.gather(self.real_examples, tf.random.shuffle(tf.range(tf.shape(self.real_examples)[0]))[:size])

    def get_fake_sample(self, size=None, training=False):
        size = self.batch_size if not size else size
        random_latent_vectors = self.latent_generator(size)
        return self.generator(random_latent_vectors, training=training)

    def d_loss_fn(self, real_logits, fake_logits):
        r, f = real_logits, fake_logits
        if "CLASS" == "Simple_GAN":
            return mse(tf.ones_like(r), r) + mse(-tf.ones_like(f), f)
        return D_LOSS

    def g_loss_fn(self, fake_logits):
        f = fake_logits
        return mse(tf.ones_like(f), f) if "CLASS" == "Simple_GAN" else G_LOSS

    def gradient_penalty(self, batch_size, real_images, fake_images):  #gp
        alpha = tf.random.uniform([batch_size, *[1] * (len(fake_images.shape) - 1)], 0.0, 1.0)  #gp
        interpolated = real_images + alpha * (fake_images - real_images)  #gp
        with tf.GradientTape() as gp_tape:  #gp
            gp_tape.watch(interpolated)  #gp
            pred = self.discriminator(interpolated, training=True)  #gp
        grads = gp_tape.gradient(pred, [interpolated])[0]  #gp
        norm = tf.sqrt(tf.reduce_sum(tf.square(grads), axis=[*range(1, len(grads.shape))]) + 1e-12)  #gp
        return tf.reduce_mean((norm - 1.0) ** 2)  #gp

    def train_step(self, real_images):
        for i in range(self.disc_iter):
            random_latent_vectors = self.latent_generator(self.batch_size)
            fake_images = self.generator(random_latent_vectors, training=True)
            real_images = tf.cast(tf.reshape(self.get_real_sample(), [-1, *fake_images.shape[1:]]), tf.float32)
            with tf.GradientTape() as tape:
                fake_logits = self.discriminator(fake_images, training=True)
                real_logits = self.discriminator(real_images, training=True)
                d_cost = self.d_loss_fn(real_logits, fake_logits)
                d_loss = d_cost
                rows = tf.shape(real_images)[0]  #gp
                gp = self.gradient_penalty(rows, real_images, fake_images[:rows])  #gp
                d_loss = d_cost + gp * self.lambda_gp  #gp
            d_gradient = tape.gradient(d_loss, self.discriminator.trainable_variables)
            self.d_optimizer.apply_gradients(zip(d_gradient, self.discriminator.trainable_variables))
            for w in self.discriminator.trainable_weights:  #clip
                w.assign(keras.ops.clip(w, -1, 1) if hasattr(keras, "ops") else keras.backend.clip(w, -1, 1))  #clip
        with tf.GradientTape() as tape:
            generated_images = self.generator(self.latent_generator(self.batch_size), training=True)
            g_loss = self.g_loss_fn(self.discriminator(generated_images, training=True))
        gen_gradient = tape.gradient(g_loss, self.generator.trainable_variables)
        self.g_optimizer.apply_gradients(zip(gen_gradient, self.generator.trainable_variables))
        return {"discr_loss": d_cost, "gen_loss": g_loss, "gp": gp}  #gp
        return {"discr_loss": d_cost, "gen_loss": g_loss}  #plain
"""

# The whole step under tf.function, written out without helpers; clipping by a Keras constraint of its own.
DECORATED = """
import tensorflow as tf
from tensorflow.keras import Model, constraints
from tensorflow.keras.optimizers import Adam
import matplotlib.pyplot as plt
import numpy as np

tf.random.set_seed(42)
np.random.seed(42)


class ClipConstraint(constraints.Constraint):
    def __init__(self, clip_value):
        self.clip_value = clip_value

    def __call__(self, weights):
        return tf.clip_by_value(tf.convert_to_tensor(weights), -self.clip_value, self.clip_value)


class CLASS(Model):
    def __init__(self, generator, discriminator, latent_generator, real_examples,
                 batch_size=200, disc_iter=2, learning_rate=0.005, lambda_gp=10):
        super().__init__()
        self.real_examples = tf.convert_to_tensor(real_examples, dtype=tf.float32)
        self.n = self.real_examples.shape[0]
        self.latent_generator = latent_generator
        self.generator = generator
        self.discriminator = discriminator
        self.batch_size, self.disc_iter, self.learning_rate = batch_size, disc_iter, learning_rate
        self.beta_1, self.beta_2 = BETA, 0.9
        self.lambda_gp = lambda_gp
        self.constraint = ClipConstraint(1.0)
        self.gen_opt, self.discr_opt = [Adam(learning_rate, beta_1=BETA, beta_2=0.9) for _ in range(2)]
        self.gen_opt.build(self.generator.trainable_variables)
        self.discr_opt.build(self.discriminator.trainable_variables)

    def get_real_sample(self, size=None):
        idx = tf.random.shuffle(tf.range(self.n))[: (size or self.batch_size)]
        return tf.gather(self.real_examples, idx, axis=0)

    def get_fake_sample(self, size=None, training=False):
        return self.generator(self.latent_generator(size or self.batch_size), training=training)

    @tf.function
    def train_step(self, _):
        # ---- train discriminator ----
        for _ in range(self.disc_iter):
            with tf.GradientTape() as tape:
                x_real = self.get_real_sample()
                x_fake = self.get_fake_sample(training=True)
                if len(x_real.shape) < len(x_fake.shape):
                    x_real = tf.expand_dims(x_real, -1)
                r = tf.reshape(self.discriminator(x_real, training=True), [-1])
                f = tf.reshape(self.discriminator(x_fake, training=True), [-1])
                discr_loss = D_LOSS
                total_loss = discr_loss
                n = tf.minimum(tf.shape(x_real)[0], tf.shape(x_fake)[0])  #gp
                shape = tf.concat([[n], tf.ones_like(tf.shape(x_fake)[1:])], axis=0)  #gp
                u = tf.random.uniform(shape)  #gp
                x_mixed = u * x_real[:n] + (1 - u) * x_fake[:n]  #gp
                with tf.GradientTape() as gp_tape:  #gp
                    gp_tape.watch(x_mixed)  #gp
                    y_mixed = self.discriminator(x_mixed, training=True)  #gp
                grad = gp_tape.gradient(y_mixed, x_mixed)  #gp
                norm = tf.norm(tf.reshape(grad, [n, -1]) + 1e-12, ord="euclidean", axis=1)  #gp
                gp = tf.reduce_mean(tf.square(norm - 1))  #gp
                total_loss = discr_loss + self.lambda_gp * gp  #gp
            grads = tape.gradient(total_loss, self.discriminator.trainable_variables)
            self.discr_opt.apply_gradients(zip(grads, self.discriminator.trainable_variables))
            for var in self.discriminator.trainable_variables:  #clip
                var.assign(self.constraint(var))  #clip
        # ---- train generator ----
        with tf.GradientTape() as tape:
            f = tf.reshape(self.discriminator(self.get_fake_sample(training=True), training=True), [-1])
            gen_loss = G_LOSS
        grads = tape.gradient(gen_loss, self.generator.trainable_variables)
        self.gen_opt.apply_gradients(zip(grads, self.generator.trainable_variables))
        return {"discr_loss": discr_loss, "gen_loss": gen_loss, "gp": gp}  #gp
        return {"discr_loss": discr_loss, "gen_loss": gen_loss}  #plain


if __name__ == "__main__":
    print("training CLASS")
"""

STYLES = {
    "coursework": COURSEWORK,
    "one_call": ONE_CALL,
    "functions": FUNCTIONS,
    "afterwards": AFTERWARDS,
    "halves": HALVES,
    "windows": WINDOWS,
    "trackers": TRACKERS,
    "keras_io": KERAS_IO,
    "decorated": DECORATED,
}

# Idioms of Keras 2 in the coursework's shape: what is watched, how a step size is set, how an optimizer is called.
KERAS_2 = [
    (
        """            with tf.GradientTape() as tape:
                real = self.get_real_sample()
""",
        """            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(self.discriminator.trainable_variables)
                real = self.get_real_sample()
""",
    ),
    (
        """        with tf.GradientTape() as tape:
            fake = self.get_fake_sample(training=True)
            gen_loss = self.g_loss(self.discriminator(fake, training=True))
        grads = tape.gradient(gen_loss, self.generator.trainable_variables)
        self.generator.optimizer.apply_gradients(zip(grads, self.generator.trainable_variables))
""",
        """        def loss_of_fakes():
            return self.g_loss(self.discriminator(self.get_fake_sample(training=True), training=True))
        gen_loss = loss_of_fakes()
        self.generator.optimizer.minimize(loss_of_fakes, self.generator.trainable_variables)
""",
    ),
    (
        "        self.g_loss, self.d_loss =",
        "        self.generator.optimizer.lr = self.learning_rate\n        self.g_loss, self.d_loss =",
    ),
    ("keras.optimizers.Adam(learning_rate", "keras.optimizers.legacy.Adam(learning_rate"),
]
STYLES["keras_2"] = COURSEWORK
for _old, _new in KERAS_2:
    assert _old in COURSEWORK
    STYLES["keras_2"] = STYLES["keras_2"].replace(_old, _new)

# Task 2 with constraints, which Keras's optimizers apply at the end of an update: edits of the reference.
CONSTRAINTS = [
    (
        """            for variable in variables:
                variable.assign(tf.clip_by_value(variable, -1.0, 1.0))
""",
        "",
    ),
    (
        "        for _ in range(self.disc_iter):\n",
        """        for variable in variables:
            variable._constraint = lambda weights: tf.clip_by_value(weights, -1.0, 1.0)
        for _ in range(self.disc_iter):
""",
    ),
]


def source(style, class_name):
    """Return the bytes of a task file in a style."""
    kinds = {"Simple_GAN": {"plain"}, "WGAN_clip": {"plain", "clip"}, "WGAN_GP": {"gp"}}[class_name]
    d_loss, g_loss = LOSSES[class_name]
    lines = []
    for line in STYLES[style].strip("\n").splitlines():
        code, _, mark = line.partition("  #")
        if mark in ("gp", "clip", "plain"):
            if mark not in kinds:
                continue
            line = code
        lines.append(line)
    text = "\n".join(lines) + "\n"
    for old, new in (("CLASS", class_name), ("D_LOSS", d_loss), ("G_LOSS", g_loss)):
        text = text.replace(old, new)
    text = text.replace("BETA", "0.3" if class_name == "WGAN_GP" else "0.5")
    if style == "windows":
        return b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode()
    return text.encode()
