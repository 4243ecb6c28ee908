"""Layers with the initial weights that most networks here use: He's for hidden layers, Glorot's for the last one."""

from __future__ import annotations

from tensorflow import keras

from gankit.randomness import SeedSequence

SLOPE = 0.2  # of LeakyReLU, below 0


def leaky(values: keras.KerasTensor) -> keras.KerasTensor:
    """Apply LeakyReLU with the slope 0.2."""
    # A positional argument, because Keras 2 and Keras 3 have different names for the slope.
    return keras.layers.LeakyReLU(SLOPE)(values)


def dense(units: int, next_seed: SeedSequence) -> keras.layers.Layer:
    """Make a dense layer for a rectifier to follow (He et al. 2015)."""
    return keras.layers.Dense(units, kernel_initializer=keras.initializers.HeNormal(seed=next_seed()))


def convolution(channels: int, next_seed: SeedSequence, width: int = 3, strides: int = 1) -> keras.layers.Layer:
    """Make a padded convolution for a rectifier to follow; ``width`` is that of its kernel."""
    kernel = keras.initializers.HeNormal(seed=next_seed())
    return keras.layers.Conv2D(channels, width, strides, padding="same", kernel_initializer=kernel)


def last_dense(units: int, next_seed: SeedSequence, activation: str | None = None) -> keras.layers.Layer:
    """Make a dense layer that ends a network (Glorot and Bengio 2010)."""
    kernel = keras.initializers.GlorotUniform(seed=next_seed())
    return keras.layers.Dense(units, activation=activation, kernel_initializer=kernel)
