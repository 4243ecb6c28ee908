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
from gankit.networks.blocks import convolution, dense, last_dense, leaky
from gankit.networks.stored_weights import read_weights
from gankit.randomness import SeedSequence

COARSE = 64  # latents that determine the whole face
FINE = ((64, 8), (32, 16))  # channels and side of the two larger maps
LATENT_DIMENSION = COARSE + sum(side * side for _, side in FINE)


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

    # ---- Generator: 64 -> 4x4x128 -> 8x8x(64 + 1) -> 16x16x(32 + 1) -> 16x16x32 -> 16x16x1 ----
    latents = keras.Input((LATENT_DIMENSION,))
    maps = dense(4 * 4 * 128, next_seed)(latents[:, :COARSE])
    maps = keras.layers.Reshape((4, 4, 128))(maps)
    maps = leaky(keras.layers.BatchNormalization()(maps))
    used = COARSE
    for channels, side in FINE:
        maps = convolution(channels, next_seed)(keras.layers.UpSampling2D()(maps))
        maps = leaky(keras.layers.BatchNormalization()(maps))
        fine = keras.layers.Reshape((side, side, 1))(latents[:, used : used + side * side])
        maps = keras.layers.Concatenate()([maps, fine])
        used += side * side
    maps = leaky(keras.layers.BatchNormalization()(convolution(32, next_seed)(maps)))
    maps = keras.layers.BatchNormalization()(convolution(1, next_seed)(maps))
    maps = keras.layers.Activation("tanh")(maps)
    generator = keras.Model(latents, maps, name="generator")

    # ---- Discriminator: 16x16x1 -> 16x16x32 -> 8x8x64 -> 4x4x128 -> 128 -> 1 ----
    pictures = keras.Input((16, 16, 1))
    maps = leaky(convolution(32, next_seed)(pictures))
    for channels in (64, 128):
        maps = leaky(convolution(channels, next_seed, strides=2)(maps))
    features = leaky(dense(128, next_seed)(keras.layers.Flatten()(maps)))
    scores = last_dense(1, next_seed)(features)
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
