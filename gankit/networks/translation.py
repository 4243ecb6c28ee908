"""Networks that translate pictures into pictures, and a discriminator that judges patches."""

from __future__ import annotations

from collections.abc import Sequence

from tensorflow import keras

from gankit.networks.blocks import convolution, leaky
from gankit.randomness import SeedSequence


def translator(
    form: str = "correction", side: int = 16, channels: Sequence[int] = (32, 64), blocks: int = 1, seed: int = 0
) -> keras.Model:
    """Build a network from pictures to pictures, both ``(batch, side, side, 1)``.

    Two 4x4 convolutions halve the maps, residual blocks work on the small ones, and two transposed convolutions double
    them again. A sum carries the maps of half the side across to those on the way up.

    Parameters
    ----------
    form : {"correction", "picture"}
        What the last layer gives: a correction that is added to the input, which is 0 at first; or the whole picture,
        in (-1, 1).
    side : int
        Height and width, a multiple of 4.
    channels : sequence of two int
        Channels at half and at a quarter of the side.
    blocks : int
        Residual blocks.
    seed : int
        Seed of the initial weights.
    """
    next_seed = SeedSequence(seed)
    pictures = keras.Input((side, side, 1))
    half = leaky(convolution(channels[0], next_seed, 4, 2)(pictures))
    maps = leaky(convolution(channels[1], next_seed, 4, 2)(half))
    for _ in range(blocks):
        inner = convolution(channels[1], next_seed)(leaky(convolution(channels[1], next_seed)(maps)))
        maps = leaky(keras.layers.Add()([maps, inner]))
    kernel = keras.initializers.HeNormal(seed=next_seed())
    up = keras.layers.Conv2DTranspose(channels[0], 4, 2, padding="same", kernel_initializer=kernel)(maps)
    maps = leaky(keras.layers.Add()([up, half]))
    if form == "correction":
        correction = keras.layers.Conv2DTranspose(1, 4, 2, padding="same", kernel_initializer="zeros")(maps)
        return keras.Model(pictures, keras.layers.Add()([pictures, correction]), name="translator")
    kernel = keras.initializers.GlorotUniform(seed=next_seed())
    last = keras.layers.Conv2DTranspose(1, 4, 2, padding="same", activation="tanh", kernel_initializer=kernel)
    return keras.Model(pictures, last(maps), name="translator")


def patch_discriminator(side: int = 16, channels: Sequence[int] = (32, 64), seed: int = 0) -> keras.Model:
    """Build a network from pictures ``(batch, side, side, 1)`` to scores ``(batch, side / 4, side / 4, 1)``.

    Each score judges the patch of the picture that it sees, 18 pixels wide (PatchGAN, Isola et al. 2017).
    """
    next_seed = SeedSequence(seed)
    pictures = keras.Input((side, side, 1))
    maps = pictures
    for width in channels:
        maps = leaky(convolution(width, next_seed, 4, 2)(maps))
    return keras.Model(pictures, convolution(1, next_seed)(maps), name="discriminator")
