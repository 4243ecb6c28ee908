"""A small pair of networks for faces, for the same latents as the wide ones; nothing in it is larger than 8x8.

The wide generator (`wide_faces.py`) computes most of its products on maps of 16x16 pixels. This one has a tenth of its
weights, and writes each 2x2 pixels of the picture into four channels of an 8x8 map (Shi et al. 2016, Real-Time Single
Image and Video Super-Resolution Using an Efficient Sub-Pixel Convolutional Neural Network). It has the same 384 latents
in the same places: 64 for the whole face, one for each place at 8x8, and one for each pixel.
"""

from __future__ import annotations

from tensorflow import keras

from gankit.networks.blocks import convolution, dense, last_dense, leaky
from gankit.networks.wide_faces import COARSE, LATENT_DIMENSION
from gankit.randomness import SeedSequence

# Of the generator's maps of 4x4, 8x8, and 8x8 again; of the discriminator's maps of 8x8 and 4x4, and its dense layer.
CHANNELS = (12, 28, 22)
CHANNELS_OF_DISCRIMINATOR = (32, 64, 64)
SIDE = 8


def small_GenDiscr(seed: int | None = None) -> tuple[keras.Model, keras.Model]:  # noqa: N802 - as in task 4
    """Build a generator `(batch, 384) -> (batch, 16, 16, 1)` and a discriminator `(batch, 16, 16, 1) -> (batch, 1)`.

    Parameters
    ----------
    seed : int, optional
        Seed of the initial weights; by default, TensorFlow's global generator chooses it.

    Returns
    -------
    generator : keras.Model
        Ends in a batch normalisation and a tanh; values in (-1, 1).
    discriminator : keras.Model
        Ends in a linear layer. It has no batch normalisation, because a gradient penalty is defined per example.
    """
    next_seed = SeedSequence(seed)

    # ---- Generator: 64 -> 4x4x12 -> 8x8x(28 + 1 + 4) -> 8x8x22 -> 8x8x4 -> 16x16x1 ----
    first, second, third = CHANNELS
    latents = keras.Input((LATENT_DIMENSION,))
    maps = dense(4 * 4 * first, next_seed)(latents[:, :COARSE])
    maps = leaky(keras.layers.BatchNormalization()(keras.layers.Reshape((4, 4, first))(maps)))
    maps = leaky(keras.layers.BatchNormalization()(convolution(second, next_seed)(keras.layers.UpSampling2D()(maps))))
    end = COARSE + SIDE * SIDE
    of_places = keras.layers.Reshape((SIDE, SIDE, 1))(latents[:, COARSE:end])
    of_pixels = pixels_to_channels(keras.layers.Reshape((2 * SIDE, 2 * SIDE, 1))(latents[:, end:]))
    maps = keras.layers.Concatenate()([maps, of_places, of_pixels])
    maps = leaky(keras.layers.BatchNormalization()(convolution(third, next_seed)(maps)))
    maps = keras.layers.BatchNormalization()(convolution(4, next_seed)(maps))
    generator = keras.Model(latents, keras.layers.Activation("tanh")(channels_to_pixels(maps)), name="generator")

    # ---- Discriminator: 16x16x1 -> 8x8x4 -> 8x8x32 -> 4x4x64 -> 64 -> 1 ----
    first, second, third = CHANNELS_OF_DISCRIMINATOR
    pictures = keras.Input((2 * SIDE, 2 * SIDE, 1))
    maps = leaky(convolution(first, next_seed)(pixels_to_channels(pictures)))
    maps = leaky(convolution(second, next_seed, strides=2)(maps))
    features = leaky(dense(third, next_seed)(keras.layers.Flatten()(maps)))
    scores = last_dense(1, next_seed)(features)
    return generator, keras.Model(pictures, scores, name="discriminator")


def pixels_to_channels(pictures: keras.KerasTensor) -> keras.KerasTensor:
    """Turn pictures `(batch, 16, 16, 1)` into maps `(batch, 8, 8, 4)`: each 2x2 pixels become four channels."""
    parts = keras.layers.Permute((1, 3, 2, 4))(keras.layers.Reshape((SIDE, 2, SIDE, 2))(pictures))
    return keras.layers.Reshape((SIDE, SIDE, 4))(parts)


def channels_to_pixels(maps: keras.KerasTensor) -> keras.KerasTensor:
    """Turn maps `(batch, 8, 8, 4)` into pictures `(batch, 16, 16, 1)`, the inverse of :func:`pixels_to_channels`."""
    parts = keras.layers.Permute((1, 3, 2, 4))(keras.layers.Reshape((SIDE, SIDE, 2, 2))(maps))
    return keras.layers.Reshape((2 * SIDE, 2 * SIDE, 1))(parts)
