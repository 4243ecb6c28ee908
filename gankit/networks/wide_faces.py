"""A second pair of networks for faces, with more channels in the large maps; task 4's are in `convolutional_gan.py`.

Task 4's generator reduces its maps to 16 channels at 8x8 and to one channel at 16x16, and 16 latents determine the
whole face. Such a generator cannot represent fine detail that varies independently, such as hair and shadows. Here 64
latents become maps of 128, 64 and 32 channels, and two more convolutions at full size mix them. The other latents are
fine detail from the start: there is one for each position at 8x8 and at 16x16, as an additional channel (Karras et al.
2019 add such noise). Leaky rectifiers, which never saturate, replace tanh. The discriminator halves its maps with
strided convolutions instead of max-pooling (Radford et al. 2016).
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

from tensorflow import keras

from gankit.choices import NETWORKS
from gankit.errors import InputError
from gankit.networks.stored_weights import read_weights
from gankit.randomness import SeedSequence

COARSE = 64  # latents that determine the whole face
FINE = ((64, 8), (32, 16))  # channels and side of the two larger maps
LATENT_DIMENSION = COARSE + sum(side * side for _, side in FINE)
SLOPE = 0.2  # of a leaky rectifier below 0


def wide_GenDiscr(seed: int | None = None) -> tuple[keras.Model, keras.Model]:  # noqa: N802 - as in task 4
    """Build a generator `(batch, 384) -> (batch, 16, 16, 1)` and a discriminator `(batch, 16, 16, 1) -> (batch, 1)`.

    Parameters
    ----------
    seed : int, optional
        Seed of the initial weights; by default, TensorFlow's global generator chooses it.

    Returns
    -------
    generator : keras.Model
        Ends in a batch normalisation of one channel and a tanh, as task 4's does; values in (-1, 1).
    discriminator : keras.Model
        Ends in a linear layer. It has no batch normalisation, because a gradient penalty is defined per example.
    """
    next_seed = SeedSequence(seed)

    def initial() -> keras.initializers.Initializer:
        return keras.initializers.HeNormal(seed=next_seed())

    def leaky(maps: keras.KerasTensor) -> keras.KerasTensor:
        # A positional argument, because Keras 2 and Keras 3 have different names for the slope.
        return keras.layers.LeakyReLU(SLOPE)(maps)

    def convolution(maps: keras.KerasTensor, channels: int) -> keras.KerasTensor:
        return keras.layers.Conv2D(channels, 3, padding="same", kernel_initializer=initial())(maps)

    # ---- Generator: 64 -> 4x4x128 -> 8x8x(64 + 1) -> 16x16x(32 + 1) -> 16x16x32 -> 16x16x1 ----
    latents = keras.Input((LATENT_DIMENSION,))
    maps = keras.layers.Dense(4 * 4 * 128, kernel_initializer=initial())(latents[:, :COARSE])
    maps = keras.layers.Reshape((4, 4, 128))(maps)
    maps = leaky(keras.layers.BatchNormalization()(maps))
    used = COARSE
    for channels, side in FINE:
        maps = convolution(keras.layers.UpSampling2D()(maps), channels)
        maps = leaky(keras.layers.BatchNormalization()(maps))
        fine = keras.layers.Reshape((side, side, 1))(latents[:, used : used + side * side])
        maps = keras.layers.Concatenate()([maps, fine])
        used += side * side
    maps = leaky(keras.layers.BatchNormalization()(convolution(maps, 32)))
    maps = keras.layers.BatchNormalization()(convolution(maps, 1))
    maps = keras.layers.Activation("tanh")(maps)
    generator = keras.Model(latents, maps, name="generator")

    # ---- Discriminator: 16x16x1 -> 16x16x32 -> 8x8x64 -> 4x4x128 -> 128 -> 1 ----
    pictures = keras.Input((16, 16, 1))
    maps = leaky(convolution(pictures, 32))
    for channels in (64, 128):
        maps = keras.layers.Conv2D(channels, 3, strides=2, padding="same", kernel_initializer=initial())(maps)
        maps = leaky(maps)
    features = leaky(keras.layers.Dense(128, kernel_initializer=initial())(keras.layers.Flatten()(maps)))
    scores = keras.layers.Dense(1, kernel_initializer=keras.initializers.GlorotUniform(seed=next_seed()))(features)
    discriminator = keras.Model(pictures, scores, name="discriminator")
    return generator, discriminator


Builder = Callable[..., tuple[keras.Model, keras.Model]]


def face_builder(name: str, convolutional: Builder) -> Builder:
    """Return the builder of that name.

    Parameters
    ----------
    name : str
        One of :data:`gankit.choices.NETWORKS`.
    convolutional : callable
        Task 4's builder; it is an argument because this package imports no task.
    """
    builders: dict[str, Builder] = {"convolutional": convolutional, "wide": wide_GenDiscr}
    return builders[name]


def fitting_networks(generator_file: str | Path, convolutional: Builder) -> str:
    """Return the name of the networks whose generator has the shapes of the weights in a file.

    Parameters
    ----------
    generator_file : path
        HDF5 weights; see :func:`gankit.networks.read_weights`.
    convolutional : callable
        Task 4's builder.

    Returns
    -------
    str
        One of :data:`gankit.choices.NETWORKS`; "convolutional" if the file fits none of them.
    """
    for name in NETWORKS:
        generator, _ = face_builder(name, convolutional)(seed=0)
        with contextlib.suppress(InputError):
            read_weights(generator_file, generator)
            return name
    return "convolutional"
