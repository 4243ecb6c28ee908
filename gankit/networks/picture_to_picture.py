"""Networks that turn a picture into another picture, and discriminators of pictures with several channels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow as tf
from tensorflow import keras

from gankit.errors import InputError
from gankit.networks.blocks import convolution, dense, last_dense, leaky
from gankit.randomness import SeedSequence


@keras.utils.register_keras_serializable("gankit")
class SubPixel(keras.layers.Layer):
    """Doubles height and width: four channels become the four pixels of a square (Shi et al. 2016).

    The source is "Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel Convolutional Neural
    Network". A convolution before this layer works on the small map, which is four times as fast as on the large one.
    """

    def call(self, maps: tf.Tensor) -> tf.Tensor:
        """Return ``(batch, 2 height, 2 width, channels / 4)`` for maps ``(batch, height, width, channels)``.

        The first quarter of the channels becomes the upper left pixel of each square, the next ones upper right, lower
        left and lower right.
        """
        return tf.nn.depth_to_space(maps, 2)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of the larger maps."""
        batch, height, width, channels = input_shape
        return (batch, 2 * height, 2 * width, channels // 4)


def residual_upsampler(
    size: int, doublings: int = 2, channels: int = 32, blocks: int = 6, seed: int | None = None
) -> keras.Model:
    """Build a network that enlarges gray pictures: bicubic interpolation, plus a learned correction.

    As in SRResNet (Ledig et al. 2017), residual blocks work on the small map, and sub-pixel convolutions enlarge it.
    There is no batch normalisation (Lim et al. 2017, EDSR). The last layer starts at 0, so an untrained network is the
    bicubic interpolation.

    Parameters
    ----------
    size : int
        Height and width of the small pictures.
    doublings : int
        How often height and width are doubled.
    channels : int
        Channels of the small map; each doubling but the first halves them.
    blocks : int
        Residual blocks.
    seed : int, optional
        Seed of the initial weights; by default, TensorFlow's global generator chooses it.

    Returns
    -------
    keras.Model
        ``(batch, size, size, 1) -> (batch, size * 2^doublings, size * 2^doublings, 1)``; the last layer is linear.
    """
    next_seed = SeedSequence(seed)

    # ---- At the small size: residual blocks, and a skip around all of them ----
    pictures = keras.Input((size, size, 1))
    maps = first = _relu(convolution(channels, next_seed)(pictures))
    for _ in range(blocks):
        inner = _relu(convolution(channels, next_seed)(maps))
        maps = keras.layers.Add()([maps, convolution(channels, next_seed)(inner)])
    maps = keras.layers.Add()([maps, first])

    # ---- Larger: four channels become four pixels ----
    for number in range(doublings):
        width = max(1, channels // 2**number)
        maps = _relu(SubPixel()(convolution(4 * width, next_seed)(maps)))
    correction = keras.layers.Conv2D(1, 3, padding="same", kernel_initializer="zeros")(maps)
    enlarged = keras.layers.UpSampling2D(2**doublings, interpolation="bicubic")(pictures)
    return keras.Model(pictures, keras.layers.Add()([enlarged, correction]), name="generator")


def picture_discriminator(
    size: int, channels: int = 1, widths: Sequence[int] = (16, 32, 64, 64), seed: int | None = None
) -> keras.Model:
    """Build a discriminator: a convolution at the full size, then convolutions with strides of 2, then one logit.

    Parameters
    ----------
    size : int
        Height and width of the pictures, divisible by 2 as often as there are strides.
    channels : int
        Channels of the pictures.
    widths : sequence of int
        Channels after each convolution; all but the first have strides of 2.
    seed : int, optional
        Seed of the initial weights; by default, TensorFlow's global generator chooses it.

    Returns
    -------
    keras.Model
        3x3 convolutions with LeakyReLU, then a dense layer: ``(batch, size, size, channels) -> (batch, 1)``.

    Raises
    ------
    InputError
        If the size cannot be halved so often.
    """
    if size % 2 ** (len(widths) - 1):
        raise InputError(f"The pictures are {size} pixels wide, which cannot be halved {len(widths) - 1} times.")
    next_seed = SeedSequence(seed)
    pictures = maps = keras.Input((size, size, channels))
    for number, width in enumerate(widths):
        maps = leaky(convolution(width, next_seed, strides=2 if number else 1)(maps))
    scores = last_dense(1, next_seed)(keras.layers.Flatten()(maps))
    return keras.Model(pictures, scores, name="discriminator")


def inpainting_generator(
    size: int, latents: int, channels: Sequence[int] = (24, 48, 64), seed: int | None = None
) -> keras.Model:
    """Build a network that fills holes in gray pictures: down to small maps, latents join, and up again.

    Each larger map on the way up also gets the map of its size on the way down (Ronneberger et al. 2015, U-Net). The
    latents decide what the hole shows, as far as the rest of the picture leaves it open.

    Parameters
    ----------
    size : int
        Height and width of the pictures, divisible by 2 as often as there are smaller maps.
    latents : int
        Length of a latent vector.
    channels : sequence of int
        Channels of the maps, the largest map first.
    seed : int, optional
        Seed of the initial weights; by default, TensorFlow's global generator chooses it.

    Returns
    -------
    keras.Model
        ``[(batch, size, size, 2), (batch, latents)] -> (batch, size, size, 1)``. The two channels are the picture, with
        0 in the hole, and the hole, 1 where a pixel is hidden. The last layer is tanh.

    Raises
    ------
    InputError
        If the size cannot be halved so often.
    """
    if size % 2 ** (len(channels) - 1):
        raise InputError(f"The pictures are {size} pixels wide, which cannot be halved {len(channels) - 1} times.")
    next_seed = SeedSequence(seed)

    # ---- Smaller: 16x16 -> 8x8 -> 4x4 ----
    context, latent = keras.Input((size, size, 2)), keras.Input((latents,))
    sizes = [_relu(convolution(channels[0], next_seed)(context))]
    for width in channels[1:]:
        sizes.append(_relu(convolution(width, next_seed, strides=2)(sizes[-1])))

    # ---- The latents join the smallest map ----
    side = size // 2 ** (len(channels) - 1)
    chosen = dense(side * side * channels[-1], next_seed)(latent)
    chosen = keras.layers.Reshape((side, side, channels[-1]))(chosen)
    maps = keras.layers.Concatenate()([sizes[-1], chosen])
    for _ in range(2):
        maps = _relu(convolution(channels[-1], next_seed)(maps))

    # ---- Larger: 4x4 -> 8x8 -> 16x16 ----
    for width, beside in zip(channels[-2::-1], sizes[-2::-1]):
        maps = _relu(SubPixel()(convolution(4 * width, next_seed)(maps)))
        maps = _relu(convolution(width, next_seed)(keras.layers.Concatenate()([maps, beside])))
    last = keras.initializers.GlorotUniform(seed=next_seed())
    pictures = keras.layers.Conv2D(1, 3, padding="same", activation="tanh", kernel_initializer=last)(maps)
    return keras.Model([context, latent], pictures, name="generator")


def _relu(maps: keras.KerasTensor) -> keras.KerasTensor:
    return keras.layers.ReLU()(maps)
