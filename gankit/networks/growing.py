"""Networks that grow from 4x4 to larger pictures, and their layers (Karras et al. 2018, Progressive Growing of GANs).

A network for the largest pictures contains those for all smaller ones. :class:`Fade` layers decide how much of it is in
use: with an alpha of 0 at 32x32, the generator repeats the pixels of its 16x16 picture, and the discriminator averages
its picture down to 16x16.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow import keras

from gankit.errors import InputError
from gankit.networks.blocks import SLOPE
from gankit.randomness import SeedSequence

SMALLEST = 4  # height and width of the first pictures
# Gains of the weights: for layers that LeakyReLU follows, and for those that end in a picture or a score.
INNER, LAST = float(np.sqrt(2)), 1.0


@keras.utils.register_keras_serializable("gankit")
class EqualisedDense(keras.layers.Layer):
    """A dense layer with an equalised learning rate: ``y = c x w + b``, with ``c = gain / sqrt(inputs)``.

    The weights w start from the standard normal distribution, so that all weights of a network have the same size. Adam
    changes each weight by about its learning rate in a step, whatever the gradient. So all layers learn equally fast.

    Parameters
    ----------
    units : int
        Number of outputs.
    gain : float
        The deviation of the outputs, if the inputs are independent and have variance 1.
    seed : int, optional
        Seed of the initial weights.
    """

    def __init__(self, units: int, gain: float = INNER, seed: int | None = None, **options: Any):
        super().__init__(**options)
        self.units, self.gain, self.seed = units, gain, seed

    def build(self, input_shape: Any) -> None:
        """Make the weights ``(inputs, units)`` and the biases ``(units,)``."""
        inputs = input_shape[-1]
        self.scale = self.gain / float(np.sqrt(inputs))
        initial = keras.initializers.RandomNormal(0.0, 1.0, seed=self.seed)
        self.kernel = self.add_weight(name="kernel", shape=(inputs, self.units), initializer=initial)
        self.bias = self.add_weight(name="bias", shape=(self.units,), initializer="zeros")
        super().build(input_shape)

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Return ``(batch, units)`` for inputs ``(batch, inputs)``."""
        return tf.matmul(inputs, tf.convert_to_tensor(self.kernel) * self.scale) + tf.convert_to_tensor(self.bias)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of the outputs."""
        return (*input_shape[:-1], self.units)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer."""
        return {**super().get_config(), "units": self.units, "gain": self.gain, "seed": self.seed}


@keras.utils.register_keras_serializable("gankit")
class EqualisedConv(keras.layers.Layer):
    """A convolution with an equalised learning rate; the constant is ``gain / sqrt(size^2 channels)``.

    Strides are 1, and the map is padded with zeros to keep its size. See :class:`EqualisedDense`.

    Parameters
    ----------
    filters : int
        Number of output channels.
    size : int
        Height and width of the kernel.
    gain, seed
        As in :class:`EqualisedDense`.
    """

    def __init__(self, filters: int, size: int, gain: float = INNER, seed: int | None = None, **options: Any):
        super().__init__(**options)
        self.filters, self.size, self.gain, self.seed = filters, size, gain, seed

    def build(self, input_shape: Any) -> None:
        """Make the weights ``(size, size, channels, filters)`` and the biases ``(filters,)``."""
        channels = input_shape[-1]
        self.scale = self.gain / float(np.sqrt(self.size**2 * channels))
        initial = keras.initializers.RandomNormal(0.0, 1.0, seed=self.seed)
        shape = (self.size, self.size, channels, self.filters)
        self.kernel = self.add_weight(name="kernel", shape=shape, initializer=initial)
        self.bias = self.add_weight(name="bias", shape=(self.filters,), initializer="zeros")
        super().build(input_shape)

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Return ``(batch, height, width, filters)`` for maps ``(batch, height, width, channels)``."""
        kernel = tf.convert_to_tensor(self.kernel) * self.scale
        return tf.nn.conv2d(inputs, kernel, 1, "SAME") + tf.convert_to_tensor(self.bias)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of the outputs."""
        return (*input_shape[:-1], self.filters)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer."""
        config = {"filters": self.filters, "size": self.size, "gain": self.gain, "seed": self.seed}
        return {**super().get_config(), **config}


@keras.utils.register_keras_serializable("gankit")
class PixelNorm(keras.layers.Layer):
    """Divides the channels of each pixel by the root of their mean square, so that no signal can grow without bounds.

    It has no weights, and each pixel of each example is treated alone. So it needs no batch.
    """

    def call(self, maps: tf.Tensor) -> tf.Tensor:
        """Return ``maps / sqrt(mean(maps^2) + 1e-8)``; the mean is over the last axis."""
        return maps * tf.math.rsqrt(tf.reduce_mean(maps**2, axis=-1, keepdims=True) + 1e-8)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of the maps."""
        return input_shape


@keras.utils.register_keras_serializable("gankit")
class BatchDeviation(keras.layers.Layer):
    """Adds a map that shows how different the examples of the batch are, so that a discriminator notices copies.

    It is the standard deviation over the batch of each channel of each pixel, averaged to a single number.
    """

    def call(self, maps: tf.Tensor) -> tf.Tensor:
        """Return ``(batch, height, width, channels + 1)`` for maps ``(batch, height, width, channels)``."""
        differences = maps - tf.reduce_mean(maps, axis=0, keepdims=True)
        # The slope of the root is infinite at 0.
        deviations = tf.sqrt(tf.reduce_mean(differences**2, axis=0) + 1e-8)
        return tf.concat([maps, tf.zeros_like(maps[..., :1]) + tf.reduce_mean(deviations)], axis=-1)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of the maps with one more channel."""
        return (*input_shape[:-1], input_shape[-1] + 1)


@keras.utils.register_keras_serializable("gankit")
class Fade(keras.layers.Layer):
    """Mixes two tensors of the same shape: ``(1 - alpha) low + alpha high``.

    Parameters
    ----------
    resolution : int
        Height and width of the pictures that this layer fades in.

    Attributes
    ----------
    alpha : variable
        From 0 to 1; at first 1. It is a weight, and training does not change it.
    """

    def __init__(self, resolution: int, **options: Any):
        super().__init__(**options)
        self.resolution = resolution

    def build(self, input_shape: Any) -> None:
        """Make alpha."""
        self.alpha = self.add_weight(name="alpha", shape=(), initializer="ones", trainable=False)
        super().build(input_shape)

    def call(self, inputs: Sequence[tf.Tensor]) -> tf.Tensor:
        """Return the mixture of ``[low, high]``."""
        low, high = inputs
        return fade(low, high, tf.convert_to_tensor(self.alpha))

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of ``low``."""
        return input_shape[0]

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer."""
        return {**super().get_config(), "resolution": self.resolution}


def fade(low: tf.Tensor, high: tf.Tensor, alpha: tf.Tensor | float) -> tf.Tensor:
    """Return ``(1 - alpha) low + alpha high``, which is exactly ``low`` at 0 and exactly ``high`` at 1."""
    return (1 - alpha) * low + alpha * high


def growing_GenDiscr(
    latent_dimension: int, channels: Sequence[int] = (64, 48, 32, 16), seed: int | None = None
) -> tuple[keras.Model, keras.Model]:
    """Build a generator and a discriminator of the largest pictures; :class:`Growing` takes the smaller ones out.

    | generator                                        | discriminator                                       |
    | ------------------------------------------------ | --------------------------------------------------- |
    | 4x4: pixel norm, dense, LeakyReLU, pixel norm    | each size: 1x1 convolution from the picture         |
    | each size: 3x3 convolution, LeakyReLU, pixel norm| each size above 4: 3x3 convolution, average pooling |
    | each size: 1x1 convolution to a picture          | 4x4: deviation over the batch, 3x3 convolution, dense |

    Between two sizes the generator repeats each pixel. All layers have equalised learning rates, and every inner one of
    the discriminator ends in LeakyReLU.

    Parameters
    ----------
    latent_dimension : int
        Length of a latent vector.
    channels : sequence of int
        Channels of the maps of 4x4, 8x8, and so on. The largest pictures have ``4 * 2 ** (len(channels) - 1)`` pixels
        in a row.
    seed : int, optional
        Seed of the initial weights; by default, TensorFlow's global generator chooses it.

    Returns
    -------
    generator : keras.Model
        ``(batch, latent_dimension) -> (batch, size, size, 1)``; the last layer is linear.
    discriminator : keras.Model
        ``(batch, size, size, 1) -> (batch, 1)``; the last layer is linear.

    Raises
    ------
    InputError
        If there are no channels.
    """
    if not channels:
        raise InputError("No channels are given; the 4x4 maps need at least one.")
    next_seed = SeedSequence(seed)

    def make(name: str, kind: type, *arguments: Any, **options: Any) -> keras.layers.Layer:
        if kind in (EqualisedDense, EqualisedConv):
            options["seed"] = next_seed()
        return kind(*arguments, name=name, **options)

    sizes = {SMALLEST * 2**number: width for number, width in enumerate(channels)}
    return _generator(make, sizes, latent_dimension), _discriminator(make, sizes)


class Growing:
    """The networks of every size inside a pair of networks; they share their layers, and so their weights.

    Parameters
    ----------
    generator, discriminator : keras.Model
        A pair that :func:`growing_GenDiscr` built.

    Attributes
    ----------
    resolutions : list of int
        Heights and widths of the pictures, from 4 upwards.
    generators, discriminators : dict of keras.Model
        The networks by the size of their pictures; the last ones are the given pair.
    """

    def __init__(self, generator: keras.Model, discriminator: keras.Model):
        largest = generator.output_shape[1]
        self.resolutions = [SMALLEST]
        while self.resolutions[-1] < largest:
            self.resolutions.append(2 * self.resolutions[-1])
        widths = {size: generator.get_layer(f"convolution_{size}").filters for size in self.resolutions}
        self.generators, self.discriminators = {largest: generator}, {largest: discriminator}
        for size in self.resolutions[:-1]:
            smaller = {each: width for each, width in widths.items() if each <= size}
            self.generators[size] = _generator(_taken_from(generator), smaller, generator.input_shape[-1])
            self.discriminators[size] = _discriminator(_taken_from(discriminator), smaller)


def set_growth(network: keras.Model, resolution: int, alpha: float) -> None:
    """Set how much of a network is in use: everything below a resolution, and this one by a share of ``alpha``.

    Parameters
    ----------
    network : keras.Model
        A network of :func:`growing_GenDiscr`, or a copy; changed in place.
    resolution : int
        Height and width of the pictures that are faded in.
    alpha : float
        0: the pictures are those of half this size, enlarged; 1: they are new.
    """
    for layer in network.layers:
        if isinstance(layer, Fade):
            layer.alpha.assign(1.0 if layer.resolution < resolution else alpha if layer.resolution == resolution else 0)


# A function of a layer's name, class and arguments; it makes the layer, or returns one that was made before.
_Layers = Callable[..., keras.layers.Layer]


def _taken_from(network: keras.Model) -> _Layers:
    return lambda name, *_, **__: network.get_layer(name)


def _generator(layer: _Layers, sizes: dict[int, int], latent_dimension: int) -> keras.Model:
    def normed(maps: keras.KerasTensor, name: str) -> keras.KerasTensor:
        maps = layer(f"leaky_{name}", keras.layers.LeakyReLU, SLOPE)(maps)
        return layer(f"norm_{name}", PixelNorm)(maps)

    latents = keras.Input((latent_dimension,))
    maps = layer("norm_latents", PixelNorm)(latents)
    maps = layer("dense", EqualisedDense, SMALLEST**2 * sizes[SMALLEST])(maps)
    maps = layer("maps", keras.layers.Reshape, (SMALLEST, SMALLEST, sizes[SMALLEST]))(maps)
    maps = normed(maps, "dense")
    for size, channels in sizes.items():
        if size > SMALLEST:
            maps = layer(f"enlarged_maps_{size}", keras.layers.UpSampling2D)(maps)
        maps = normed(layer(f"convolution_{size}", EqualisedConv, channels, 3)(maps), f"{size}")
        new = layer(f"picture_{size}", EqualisedConv, 1, 1, gain=LAST)(maps)
        if size == SMALLEST:
            pictures = new
        else:
            enlarged = layer(f"enlarged_picture_{size}", keras.layers.UpSampling2D)(pictures)
            pictures = layer(f"fade_{size}", Fade, size)([enlarged, new])
    return keras.Model(latents, pictures, name="generator")


def _discriminator(layer: _Layers, sizes: dict[int, int]) -> keras.Model:
    def leaky(maps: keras.KerasTensor, name: str) -> keras.KerasTensor:
        return layer(f"leaky_{name}", keras.layers.LeakyReLU, SLOPE)(maps)

    def from_picture(pictures: keras.KerasTensor, size: int) -> keras.KerasTensor:
        maps = layer(f"from_picture_{size}", EqualisedConv, sizes[size], 1)(pictures)
        return leaky(maps, f"from_picture_{size}")

    largest = max(sizes)
    inputs = pictures = keras.Input((largest, largest, 1))
    maps = from_picture(pictures, largest)
    for size in sorted(sizes, reverse=True)[:-1]:
        half = size // 2
        maps = leaky(layer(f"convolution_{size}", EqualisedConv, sizes[half], 3)(maps), f"{size}")
        maps = layer(f"halved_maps_{size}", keras.layers.AveragePooling2D, 2)(maps)
        pictures = layer(f"halved_picture_{size}", keras.layers.AveragePooling2D, 2)(pictures)
        maps = layer(f"fade_{size}", Fade, size)([from_picture(pictures, half), maps])
    maps = layer("deviation", BatchDeviation)(maps)
    maps = leaky(layer(f"convolution_{SMALLEST}", EqualisedConv, sizes[SMALLEST], 3)(maps), f"{SMALLEST}")
    scores = layer("score", EqualisedDense, 1, gain=LAST)(layer("vector", keras.layers.Flatten)(maps))
    return keras.Model(inputs, scores, name="discriminator")
