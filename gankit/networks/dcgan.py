"""Pairs of networks for square gray pictures: dense, DCGAN, and upsampling. All end in one logit.

The pictures have the shape ``(side, side, 1)`` with values in [-1, 1], and the side is a multiple of 4, as 8 and 28.
"""

from __future__ import annotations

from collections.abc import Callable

from tensorflow import keras

from gankit.errors import InputError
from gankit.networks.blocks import dense, last_dense, leaky
from gankit.randomness import SeedSequence

DCGAN_DEVIATION = 0.02  # of the initial weights, Radford 2016, section 3
DROPOUT = 0.25

Pair = tuple[keras.Model, keras.Model]


def dense_pictures(side: int, latent_dimension: int, seed: int | None = None, width: int = 256) -> Pair:
    """Build a dense generator and a dense discriminator, which see a picture as a vector without neighbours.

    Parameters
    ----------
    side : int
        Height and width of the pictures.
    latent_dimension : int
        Length of a latent vector.
    seed : int, optional
        Seed of the initial weights; by default, TensorFlow's global generator chooses it.
    width : int
        Width of both hidden layers of each network.

    Returns
    -------
    generator : keras.Model
        Two hidden layers with ReLU, then tanh: ``(batch, latent_dimension) -> (batch, side, side, 1)``.
    discriminator : keras.Model
        Two hidden layers with LeakyReLU, then one logit: ``(batch, side, side, 1) -> (batch, 1)``.
    """
    next_seed = SeedSequence(seed)

    # ---- Generator: latents -> width -> width -> side x side x 1 ----
    latents = keras.Input((latent_dimension,))
    values = latents
    for _ in range(2):
        values = keras.layers.Activation("relu")(dense(width, next_seed)(values))
    values = keras.layers.Activation("tanh")(last_dense(side * side, next_seed)(values))
    generator = keras.Model(latents, keras.layers.Reshape((side, side, 1))(values), name="generator")

    # ---- Discriminator: side x side x 1 -> width -> width -> 1 ----
    pictures = keras.Input((side, side, 1))
    values = keras.layers.Flatten()(pictures)
    for _ in range(2):
        values = leaky(dense(width, next_seed)(values))
    discriminator = keras.Model(pictures, last_dense(1, next_seed)(values), name="discriminator")
    return generator, discriminator


def dcgan(side: int, latent_dimension: int, seed: int | None = None, channels: int = 32) -> Pair:
    """Build the networks of Radford et al. 2016 (section 3): convolutions alone, no dense layers and no pooling.

    Inner layers have 4x4 kernels and strides of 2. The layer at the latent vector, and its mirror image at the logit,
    have a kernel of the whole smallest map (2x2 for pictures of 8x8, 7x7 for 28x28). Batch normalisation follows every
    layer except the generator's output and the discriminator's input. No layer has a bias, except the logit's. All
    weights start from normal(0, 0.02).

    Parameters
    ----------
    side, latent_dimension, seed
        As in :func:`dense_pictures`.
    channels : int
        Channels of the largest inner maps; the smallest maps have twice as many.

    Returns
    -------
    generator : keras.Model
        Transposed convolutions with ReLU, then tanh: ``(batch, latent_dimension) -> (batch, side, side, 1)``.
    discriminator : keras.Model
        Convolutions with LeakyReLU, then one logit: ``(batch, side, side, 1) -> (batch, 1)``.
    """
    smallest = _quarter(side)
    next_seed = SeedSequence(seed)

    def options() -> dict:
        initial = keras.initializers.RandomNormal(0.0, DCGAN_DEVIATION, seed=next_seed())
        return {"use_bias": False, "kernel_initializer": initial}

    # ---- Generator, for 8x8: z -> 1x1xz -> 2x2x64 -> 4x4x32 -> 8x8x1 ----
    latents = keras.Input((latent_dimension,))
    maps = keras.layers.Reshape((1, 1, latent_dimension))(latents)
    maps = keras.layers.Conv2DTranspose(2 * channels, smallest, **options())(maps)
    maps = keras.layers.Activation("relu")(keras.layers.BatchNormalization()(maps))
    maps = keras.layers.Conv2DTranspose(channels, 4, strides=2, padding="same", **options())(maps)
    maps = keras.layers.Activation("relu")(keras.layers.BatchNormalization()(maps))
    maps = keras.layers.Conv2DTranspose(1, 4, strides=2, padding="same", **options())(maps)
    generator = keras.Model(latents, keras.layers.Activation("tanh")(maps), name="generator")

    # ---- Discriminator, for 8x8: 8x8x1 -> 4x4x32 -> 2x2x64 -> 1x1x1 -> 1 ----
    pictures = keras.Input((side, side, 1))
    maps = leaky(keras.layers.Conv2D(channels, 4, strides=2, padding="same", **options())(pictures))
    maps = keras.layers.Conv2D(2 * channels, 4, strides=2, padding="same", **options())(maps)
    maps = leaky(keras.layers.BatchNormalization()(maps))
    maps = keras.layers.Conv2D(1, smallest, **options())(maps)
    discriminator = keras.Model(pictures, keras.layers.Flatten()(maps), name="discriminator")
    return generator, discriminator


def upsampling(side: int, latent_dimension: int, seed: int | None = None) -> Pair:
    """Build the pair that many tutorials call DCGAN: dense layer, upsampling and 3x3 convolutions; dropout in D.

    Parameters
    ----------
    side, latent_dimension, seed
        As in :func:`dense_pictures`.

    Returns
    -------
    generator : keras.Model
        Dense to the smallest map of 128 channels, twice upsampling and convolution to 128 and 64 channels with batch
        normalisation and ReLU, then a convolution to 1 channel and tanh.
    discriminator : keras.Model
        Convolutions of 16, 32, 64, 128 channels with strides of 2, LeakyReLU and dropout, as long as a map can be
        halved, then a dense layer to one logit.
    """
    smallest = _quarter(side)
    next_seed = SeedSequence(seed)

    def initial() -> keras.initializers.Initializer:
        return keras.initializers.GlorotUniform(seed=next_seed())

    # ---- Generator, for 28x28: z -> 7x7x128 -> 14x14x128 -> 28x28x64 -> 28x28x1 ----
    latents = keras.Input((latent_dimension,))
    maps = keras.layers.Dense(128 * smallest**2, activation="relu", kernel_initializer=initial())(latents)
    maps = keras.layers.Reshape((smallest, smallest, 128))(maps)
    for channels in (128, 64):
        maps = keras.layers.UpSampling2D()(maps)
        maps = keras.layers.Conv2D(channels, 3, padding="same", kernel_initializer=initial())(maps)
        maps = keras.layers.Activation("relu")(keras.layers.BatchNormalization()(maps))
    maps = keras.layers.Conv2D(1, 3, padding="same", kernel_initializer=initial())(maps)
    generator = keras.Model(latents, keras.layers.Activation("tanh")(maps), name="generator")

    # ---- Discriminator, for 28x28: 28x28x1 -> 14x14x16 -> 7x7x32 -> 4x4x64 -> 2x2x128 -> 1 ----
    pictures = keras.Input((side, side, 1))
    maps = pictures
    for channels in (16, 32, 64, 128):
        if maps.shape[1] == 1:
            break
        maps = keras.layers.Conv2D(channels, 3, strides=2, padding="same", kernel_initializer=initial())(maps)
        maps = keras.layers.Dropout(DROPOUT, seed=next_seed())(leaky(maps))
    scores = last_dense(1, next_seed)(keras.layers.Flatten()(maps))
    discriminator = keras.Model(pictures, scores, name="discriminator")
    return generator, discriminator


#: The builders by the names in :data:`gankit.choices.PICTURE_NETWORKS`.
PICTURE_BUILDERS: dict[str, Callable[..., Pair]] = {"dcgan": dcgan, "dense": dense_pictures, "upsampling": upsampling}


def _quarter(side: int) -> int:
    if side < 8 or side % 4:
        raise InputError(f"The pictures are {side} pixels wide; these networks need 8 or more, and a multiple of 4.")
    return side // 4
