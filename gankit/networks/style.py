"""The networks of a style-based GAN: a mapping of latents to styles, a synthesis of faces from styles, and D.

Source: Karras, Laine and Aila 2019, "A Style-Based Generator Architecture for Generative Adversarial Networks". The
lab `labs/style_gan.py` lists what differs from the paper.

One vector holds everything that a face is made from: the latent z that becomes a style, then the noise of all layers,
one number for each position of each map. So the noise comes from the seeded stream of the latents, and nothing in the
networks is random.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow import keras

from gankit.errors import InputError
from gankit.networks.blocks import convolution, dense, last_dense, leaky
from gankit.randomness import SeedSequence, Stream

LATENTS = 64  # length of z
STYLE = 64  # length of w, and width of the mapping network
DEPTH = 8  # layers of the mapping network
# Channels of the maps of each side.
SYNTHESIS_CHANNELS = {4: 96, 8: 48, 16: 24, 32: 12}
DISCRIMINATOR_CHANNELS = {32: 16, 16: 32, 8: 64, 4: 128}
FIRST_CONTRAST = 0.25  # deviation of the first outputs; about that of the prepared faces


# ---------------------------------------------------------------- layers


@keras.utils.register_keras_serializable("gankit")
class AdaIN(keras.layers.Layer):
    """Adaptive instance normalisation: the style decides mean and deviation of every channel.

    Called with ``[maps, style]``. First each channel of each example gets the mean 0 and the deviation 1 over its
    positions (instance normalisation). Then it is multiplied by a scale and a shift is added. Both come from the style.

    Parameters
    ----------
    epsilon : float
        Added to the variance, so that a channel without contrast stays finite.
    """

    def __init__(self, epsilon: float = 1e-5, **options: Any):
        super().__init__(**options)
        self.epsilon = epsilon

    def call(self, inputs: list[tf.Tensor]) -> tf.Tensor:
        """Return maps of the shape ``(batch, height, width, channels)``.

        The style has the shape ``(batch, 2 * channels)``: first scales minus 1, then shifts. So a style of 0 leaves the
        normalised maps as they are.
        """
        maps, style = inputs
        mean, variance = tf.nn.moments(maps, axes=[1, 2], keepdims=True)
        scale, shift = tf.split(style[:, None, None, :], 2, axis=-1)
        return (maps - mean) * (tf.math.rsqrt(variance + self.epsilon) * (1.0 + scale)) + shift

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of the maps."""
        return input_shape[0]

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer."""
        return {**super().get_config(), "epsilon": self.epsilon}


@keras.utils.register_keras_serializable("gankit")
class Noise(keras.layers.Layer):
    """Adds a map of noise to each channel, multiplied by the strength of the channel, which is learned and starts at 0.

    Called with ``[maps, noise]``; the noise has one channel.
    """

    def build(self, input_shape: Any) -> None:
        """Make the strengths, one a channel."""
        channels = input_shape[0][-1]
        self.strength = self.add_weight(name="strength", shape=(channels,), initializer="zeros")
        self.built = True

    def call(self, inputs: list[tf.Tensor]) -> tf.Tensor:
        """Return maps of the shape ``(batch, height, width, channels)``."""
        maps, noise = inputs
        return maps + noise * self.strength

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of the maps."""
        return input_shape[0]


@keras.utils.register_keras_serializable("gankit")
class Constant(keras.layers.Layer):
    """A learned map that is the same for every example; it starts as standard normal numbers.

    The paper starts from 1 everywhere. Instance normalisation then divides by the deviation of a flat map, so that the
    weakest noise becomes the whole picture, until the constant has learned to differ between positions.

    Parameters
    ----------
    side, channels : int
        Its height and width, and its channels.
    seed : int, optional
        Seed of the initial values.
    """

    def __init__(self, side: int, channels: int, seed: int | None = None, **options: Any):
        super().__init__(**options)
        self.side, self.channels, self.seed = side, channels, seed

    def build(self, input_shape: Any) -> None:
        """Make the map."""
        initial = keras.initializers.RandomNormal(0.0, 1.0, seed=self.seed)
        shape = (1, self.side, self.side, self.channels)
        self.constant = self.add_weight(name="constant", shape=shape, initializer=initial)
        self.built = True

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Repeat the map for every row of the inputs, which are not used otherwise."""
        return tf.tile(self.constant, [tf.shape(inputs)[0], 1, 1, 1])

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return ``(batch, side, side, channels)``."""
        return (input_shape[0], self.side, self.side, self.channels)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer."""
        return {**super().get_config(), "side": self.side, "channels": self.channels, "seed": self.seed}


@keras.utils.register_keras_serializable("gankit")
class SlowDense(keras.layers.Layer):
    """A dense layer that Adam changes more slowly than the others.

    The stored weights are divided by ``rate``, and multiplied by it when they are used. Adam's step does not depend on
    the scale of the gradient, so the weights that are used move ``rate`` times as far in a step. This is how the
    paper's program gives the mapping network a lower learning rate.

    Parameters
    ----------
    units : int
        Length of the output.
    rate : float
        The learning rate of this layer, relative to the optimizer's; above 0.
    seed : int, optional
        Seed of the initial weights (He et al. 2015).
    """

    def __init__(self, units: int, rate: float, seed: int | None = None, **options: Any):
        super().__init__(**options)
        self.units, self.rate, self.seed = units, rate, seed

    def build(self, input_shape: Any) -> None:
        """Make kernel and bias."""
        deviation = np.sqrt(2.0 / input_shape[-1]) / self.rate
        initial = keras.initializers.RandomNormal(0.0, float(deviation), seed=self.seed)
        self.kernel = self.add_weight(name="kernel", shape=(input_shape[-1], self.units), initializer=initial)
        self.bias = self.add_weight(name="bias", shape=(self.units,), initializer="zeros")
        self.built = True

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Return ``inputs @ (rate * kernel) + rate * bias``."""
        return (tf.matmul(inputs, tf.convert_to_tensor(self.kernel)) + self.bias) * self.rate

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return ``(batch, units)``."""
        return (*input_shape[:-1], self.units)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer."""
        return {**super().get_config(), "units": self.units, "rate": self.rate, "seed": self.seed}


# ---------------------------------------------------------------- networks


def sides(size: int) -> list[int]:
    """Return the sides of the maps for faces of this size: 4, 8, 16 for 16.

    Raises
    ------
    InputError
        If the size is neither 16 nor 32.
    """
    if size not in (16, 32):
        raise InputError(f"The size is {size}; the style networks make faces of 16 or 32 pixels.")
    return [side for side in SYNTHESIS_CHANNELS if side <= size]


def style_layers(size: int) -> dict[int, list[int]]:
    """Return the numbers of the layers that take a style, by the side of their maps: two of each side."""
    return {side: [2 * number, 2 * number + 1] for number, side in enumerate(sides(size))}


def noise_length(size: int) -> int:
    """Return how many numbers of noise a face needs: one for each position of each map that takes a style."""
    return sum(2 * side * side for side in sides(size))


def style_GenDiscr(  # noqa: N802 - as in task 4
    size: int = 16, seed: int | None = None, mapping_rate: float = 0.1
) -> tuple[keras.Model, keras.Model]:
    """Build a generator ``(batch, latents) -> (batch, size, size, 1)`` and its discriminator.

    Parameters
    ----------
    size : {16, 32}
        Height and width of the faces.
    seed : int, optional
        Seed of the initial weights; by default, TensorFlow's global generator chooses it.
    mapping_rate : float
        Learning rate of the mapping network, relative to the other networks.

    Returns
    -------
    generator : keras.Model
        Its latents are z (64 numbers) and the noise (``noise_length(size)`` numbers), all standard normal. It consists
        of two networks, which :func:`parts_of` returns: ``mapping``, ``(batch, 64) -> (batch, 64)``, and ``synthesis``,
        which takes a style for each layer, ``(batch, layers, 64)``, and the noise, ``(batch, noise)``. Its outputs
        have no bounds.
    discriminator : keras.Model
        ``(batch, size, size, 1) -> (batch, 1)``: strided convolutions, and a linear layer at the end.

    Raises
    ------
    InputError
        If the size is neither 16 nor 32.
    """
    next_seed = SeedSequence(seed)
    mapping, synthesis = _mapping(next_seed, mapping_rate), _synthesis(size, next_seed)

    # ---- Generator: z -> w, the same for every layer; w and noise -> face ----
    latents = keras.Input((LATENTS + noise_length(size),))
    styles = keras.layers.RepeatVector(2 * len(sides(size)))(mapping(latents[:, :LATENTS]))
    pictures = synthesis([styles, latents[:, LATENTS:]])
    return keras.Model(latents, pictures, name="generator"), _discriminator(size, next_seed)


def parts_of(generator: keras.Model) -> tuple[keras.Model, keras.Model]:
    """Return the mapping and the synthesis network of a generator that :func:`style_GenDiscr` built, or of a copy."""
    return generator.get_layer("mapping"), generator.get_layer("synthesis")


def _mapping(next_seed: SeedSequence, rate: float) -> keras.Model:
    """Build 64 -> eight layers of 64 -> w. Only the direction of z counts."""
    latents = keras.Input((LATENTS,))
    values = keras.layers.Rescaling(float(np.sqrt(LATENTS)))(keras.layers.UnitNormalization()(latents))
    for _ in range(DEPTH):
        values = leaky(SlowDense(STYLE, rate, seed=next_seed())(values))
    return keras.Model(latents, values, name="mapping")


def _synthesis(size: int, next_seed: SeedSequence) -> keras.Model:
    """Build constant -> 4x4x96 -> 8x8x48 -> 16x16x24 (-> 32x32x12) -> one channel; two styled layers at each side."""
    styles = keras.Input((2 * len(sides(size)), STYLE))
    noise = keras.Input((noise_length(size),))

    def styled(maps: keras.KerasTensor, side: int, layer: int, used: int) -> keras.KerasTensor:
        """Add noise, apply the rectifier, and let the layer's style decide what its channels are."""
        own_noise = keras.layers.Reshape((side, side, 1))(noise[:, used : used + side * side])
        initial = keras.initializers.LecunNormal(seed=next_seed())
        style = keras.layers.Dense(2 * SYNTHESIS_CHANNELS[side], kernel_initializer=initial)(styles[:, layer])
        return AdaIN()([leaky(Noise()([maps, own_noise])), style])

    maps, used = Constant(4, SYNTHESIS_CHANNELS[4], next_seed())(styles), 0
    for side, layers in style_layers(size).items():
        for layer in layers:
            if layer:
                larger = keras.layers.UpSampling2D()(maps) if layer == layers[0] else maps
                maps = convolution(SYNTHESIS_CHANNELS[side], next_seed)(larger)
            maps = styled(maps, side, layer, used)
            used += side * side
    # The normalised maps have about the deviation 1, so this is the contrast of the first outputs.
    deviation = FIRST_CONTRAST / np.sqrt(SYNTHESIS_CHANNELS[size])
    initial = keras.initializers.RandomNormal(0.0, float(deviation), seed=next_seed())
    pictures = keras.layers.Conv2D(1, 1, kernel_initializer=initial)(maps)
    return keras.Model([styles, noise], pictures, name="synthesis")


def _discriminator(size: int, next_seed: SeedSequence) -> keras.Model:
    """Build, for 16: 16x16x1 -> 16x16x32 -> 8x8x64 -> 4x4x128 -> 128 -> 1; 32 has one more halving."""
    pictures = keras.Input((size, size, 1))
    maps = pictures
    for side, channels in DISCRIMINATOR_CHANNELS.items():
        if side <= size:
            maps = leaky(convolution(channels, next_seed, strides=1 if side == size else 2)(maps))
    features = leaky(dense(128, next_seed)(keras.layers.Flatten()(maps)))
    return keras.Model(pictures, last_dense(1, next_seed)(features), name="discriminator")


# ---------------------------------------------------------------- styles


def first_layers(crossovers: Any, layers: int) -> tf.Tensor:
    """Return which layers lie before the crossover of each row: bool, ``(batch, layers)``."""
    return tf.range(layers)[None, :] < crossovers[:, None]


def draw_crossovers(stream: Stream, count: int, layers: int, probability: float) -> tf.Tensor:
    """Sample where the styles change: with this probability at one of 1 to ``layers - 1``, otherwise never.

    Returns
    -------
    tf.Tensor
        int32, ``(count,)``; ``layers`` stands for never.
    """
    places = 1 + stream.uniform((count,), maxval=layers - 1, dtype=tf.int32)
    return tf.where(stream.uniform((count,)) < probability, places, layers)


def mix_styles(first: Any, second: Any, crossovers: Any, layers: int) -> tf.Tensor:
    """Give every layer a style: the first one before the crossover, and the second one from there on.

    Parameters
    ----------
    first, second : tensor
        ``(batch, length)``.
    crossovers : tensor
        int32, ``(batch,)``: how many layers take the first style.
    layers : int
        Number of layers.

    Returns
    -------
    tf.Tensor
        ``(batch, layers, length)``.
    """
    return tf.where(first_layers(crossovers, layers)[..., None], first[:, None, :], second[:, None, :])


def truncate(styles: np.ndarray, mean: np.ndarray, psi: float) -> np.ndarray:
    """Move styles towards their mean: ``mean + psi * (styles - mean)``.

    Parameters
    ----------
    styles : numpy.ndarray
        Any shape ``(..., length)``.
    mean : numpy.ndarray
        The mean style, ``(length,)``.
    psi : float
        1 leaves the styles as they are, 0 gives the mean, and a negative number gives the opposite styles.
    """
    return mean + psi * (styles - mean)
