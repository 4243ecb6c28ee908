"""The inner layers of conditional networks: from vectors to pictures, and from pictures to features.

``labs/conditional_gan.py`` puts the conditions in, before these layers or behind them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from tensorflow import keras

from gankit.errors import InputError
from gankit.networks.blocks import convolution, dense, last_dense, leaky
from gankit.randomness import SeedSequence

# Any, because Keras 2.15 has no name for symbolic tensors.
Layers = Callable[..., Any]


class Inner(NamedTuple):
    """The inner layers of a generator and of a discriminator.

    Attributes
    ----------
    to_pictures : callable
        ``to_pictures(values, side, next_seed)`` turns values ``(batch, n)`` into pictures ``(batch, side, side, 1)`` in
        (-1, 1).
    to_features : callable
        ``to_features(maps, next_seed)`` turns maps ``(batch, side, side, channels)`` into features ``(batch, width)``.
    """

    to_pictures: Layers
    to_features: Layers


def dense_to_pictures(
    values: keras.KerasTensor, side: int, next_seed: SeedSequence, widths: Sequence[int] = (128, 256, 512)
) -> keras.KerasTensor:
    """Dense layers with batch normalisation and LeakyReLU .2, then one value for each pixel and tanh."""
    for width in widths:
        values = leaky(keras.layers.BatchNormalization()(dense(width, next_seed)(values)))
    return keras.layers.Reshape((side, side, 1))(last_dense(side * side, next_seed, "tanh")(values))


def dense_to_features(
    maps: keras.KerasTensor, next_seed: SeedSequence, widths: Sequence[int] = (512, 512, 256), dropout: float = 0.4
) -> keras.KerasTensor:
    """Dense layers with LeakyReLU .2 and dropout."""
    values = keras.layers.Flatten()(maps)
    for width in widths:
        values = leaky(dense(width, next_seed)(values))
        values = keras.layers.Dropout(dropout, seed=next_seed())(values) if dropout else values
    return values


def convolutional_to_pictures(
    values: keras.KerasTensor, side: int, next_seed: SeedSequence, channels: Sequence[int] = (64, 32, 16)
) -> keras.KerasTensor:
    """Build a dense layer to the smallest map; then upsampling and 3x3 convolutions; tanh.

    Batch normalisation and LeakyReLU follow each layer but the last. The side is a quarter at first and is doubled
    twice.

    Raises
    ------
    InputError
        If the side is not a multiple of 4.
    """
    if side < 8 or side % 4:
        raise InputError(f"The pictures are {side} pixels wide; these networks need 8 or more, and a multiple of 4.")
    small = side // 4
    values = dense(small * small * channels[0], next_seed)(values)
    maps = keras.layers.Reshape((small, small, channels[0]))(values)
    maps = leaky(keras.layers.BatchNormalization()(maps))
    for each in channels[1:]:
        maps = convolution(each, next_seed)(keras.layers.UpSampling2D()(maps))
        maps = leaky(keras.layers.BatchNormalization()(maps))
    return keras.layers.Activation("tanh")(convolution(1, next_seed)(maps))


def convolutional_to_features(
    maps: keras.KerasTensor, next_seed: SeedSequence, channels: Sequence[int] = (16, 32, 64), width: int = 128
) -> keras.KerasTensor:
    """Build 3x3 convolutions with LeakyReLU, all but the first with strides of 2, and a dense layer.

    There is no batch normalisation, because a penalty on the slope is defined for each example.
    """
    for number, each in enumerate(channels):
        maps = leaky(convolution(each, next_seed, strides=2 if number else 1)(maps))
    return leaky(dense(width, next_seed)(keras.layers.Flatten()(maps)))


def quick_to_pictures(
    values: keras.KerasTensor, side: int, next_seed: SeedSequence, width: int = 128, channels: int = 8
) -> keras.KerasTensor:
    """Build dense layers to a map of half the side; then upsampling, one 3x3 convolution, and tanh.

    It is several times cheaper than :func:`convolutional_to_pictures`, and its pictures are smoother than those of
    dense layers alone.
    """
    small = side // 2
    for units in (width, small * small * channels):
        values = leaky(keras.layers.BatchNormalization()(dense(units, next_seed)(values)))
    maps = keras.layers.UpSampling2D()(keras.layers.Reshape((small, small, channels))(values))
    return keras.layers.Activation("tanh")(convolution(1, next_seed)(maps))


def quick_to_features(
    maps: keras.KerasTensor, next_seed: SeedSequence, channels: Sequence[int] = (16, 32), width: int = 64
) -> keras.KerasTensor:
    """Build 4x4 convolutions with strides of 2 and LeakyReLU, and a dense layer."""
    for each in channels:
        maps = leaky(convolution(each, next_seed, width=4, strides=2)(maps))
    return leaky(dense(width, next_seed)(keras.layers.Flatten()(maps)))


DENSE = Inner(dense_to_pictures, dense_to_features)
QUICK = Inner(quick_to_pictures, quick_to_features)
CONVOLUTIONAL = Inner(convolutional_to_pictures, convolutional_to_features)
