"""Transformers for small pictures: attention, plain and efficient, positions, layer norm, and pictures as tokens.

Shapes: ``(..., n, d)`` for queries, keys and values: n tokens, d channels. Leading axes are examples and heads.

Sources
-------
Vaswani et al. 2017, "Attention Is All You Need": plain attention, heads.

Shen et al. 2021, "Efficient Attention: Attention with Linear Complexities".

Ba, Kiros and Hinton 2016, "Layer Normalization".

Jiang, Chang and Wang 2021, "TransGAN: Two Pure Transformers Can Make One Strong GAN, and That Can Scale Up".
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow import keras

from gankit.errors import InputError
from gankit.networks.blocks import leaky
from gankit.randomness import SeedSequence

# ---------------------------------------------------------------- attention


def plain_weights(queries: tf.Tensor, keys: tf.Tensor) -> tf.Tensor:
    """Return how much each query looks at each key: ``softmax(q k^T / sqrt(d))`` over the keys.

    Parameters
    ----------
    queries, keys : tf.Tensor
        ``(..., n, d)``.

    Returns
    -------
    tf.Tensor
        ``(..., n, n)``: a row for each query, at least 0 with the sum 1.
    """
    products = tf.matmul(queries, keys, transpose_b=True)
    return tf.nn.softmax(products / float(np.sqrt(queries.shape[-1])), axis=-1)


def plain_attention(queries: tf.Tensor, keys: tf.Tensor, values: tf.Tensor) -> tf.Tensor:
    """Return the values ``(..., n, d)`` averaged with :func:`plain_weights`; work and memory grow with n^2."""
    return tf.matmul(plain_weights(queries, keys), values)


def efficient_weights(queries: tf.Tensor, keys: tf.Tensor) -> tf.Tensor:
    """Return the weights that :func:`efficient_attention` never computes: ``softmax_d(q) softmax_n(k)^T``.

    Each query distributes itself over the channels, and each channel of the keys over the tokens. So the sum of a row
    is 1 here as well. The arguments and the result are those of :func:`plain_weights`.
    """
    return tf.matmul(tf.nn.softmax(queries, axis=-1), tf.nn.softmax(keys, axis=-2), transpose_b=True)


def efficient_attention(queries: tf.Tensor, keys: tf.Tensor, values: tf.Tensor) -> tf.Tensor:
    """Return the values ``(..., n, d)`` averaged with :func:`efficient_weights`; work and memory grow with n.

    The product of keys and values comes first. It is ``d x d``, however many tokens there are.
    """
    context = tf.matmul(tf.nn.softmax(keys, axis=-2), values, transpose_a=True)
    return tf.matmul(tf.nn.softmax(queries, axis=-1), context)


# For each kind the weights of each query, and the values averaged with them.
KINDS = {"plain": (plain_weights, plain_attention), "efficient": (efficient_weights, efficient_attention)}


@keras.utils.register_keras_serializable("gankit")
class Attention(keras.layers.Layer):
    """Lets tokens look at each other, in several heads; it has no weights of its own.

    Called with queries, keys and values in one tensor ``(batch, n, 3 c)``, which a dense layer makes. Each head sees
    ``c / heads`` channels of each.

    Parameters
    ----------
    heads : int
        Number of heads; c must be a multiple of it.
    kind : {"plain", "efficient"}
        The kind of attention.

    Raises
    ------
    InputError
        If the kind is unknown, or the channels cannot be divided among the heads.
    """

    def __init__(self, heads: int, kind: str = "plain", **options: Any):
        super().__init__(**options)
        if kind not in KINDS:
            raise InputError(f"The attention is {kind!r}; use one of {', '.join(KINDS)}.")
        self.heads, self.kind = heads, kind

    def build(self, input_shape: Any) -> None:
        """Check that the channels can be divided among the heads."""
        if input_shape[-1] % (3 * self.heads):
            raise InputError(
                f"{input_shape[-1]} channels cannot be divided into queries, keys and values of {self.heads} heads."
            )
        self.built = True

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Return ``(batch, n, c)``: the channels of the first head, then those of the second, and so on."""
        _, attention = KINDS[self.kind]
        found = tf.transpose(attention(*self._divided(inputs)), (0, 2, 1, 3))
        return tf.reshape(found, (-1, inputs.shape[1], inputs.shape[2] // 3))

    def weights_of(self, inputs: tf.Tensor) -> tf.Tensor:
        """Return how much each token looks at each other one, for inputs as in a call: ``(batch, heads, n, n)``."""
        weights, _ = KINDS[self.kind]
        queries, keys, _ = self._divided(inputs)
        return weights(queries, keys)

    def _divided(self, inputs: tf.Tensor) -> list[tf.Tensor]:
        """Divide into queries, keys and values, each ``(batch, heads, n, d)``."""
        _, tokens, channels = inputs.shape
        divided = tf.reshape(inputs, (-1, tokens, 3, self.heads, channels // (3 * self.heads)))
        return tf.unstack(tf.transpose(divided, (2, 0, 3, 1, 4)), num=3)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return ``(batch, n, c)``."""
        return (*input_shape[:-1], input_shape[-1] // 3)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer."""
        return {**super().get_config(), "heads": self.heads, "kind": self.kind}


# ---------------------------------------------------------------- positions and norm


@keras.utils.register_keras_serializable("gankit")
class Positions(keras.layers.Layer):
    """Adds a learned vector to each token ``(batch, n, c)``, so that a token knows where it is.

    Parameters
    ----------
    seed : int, optional
        Seed of the first vectors, which are normal with the deviation 0.02.
    """

    def __init__(self, seed: int | None = None, **options: Any):
        super().__init__(**options)
        self.seed = seed

    def build(self, input_shape: Any) -> None:
        """Make the vectors, ``(n, c)``."""
        initial = keras.initializers.RandomNormal(0.0, 0.02, seed=self.seed)
        self.positions = self.add_weight(name="positions", shape=tuple(input_shape[1:]), initializer=initial)
        self.built = True

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Return the tokens with their positions added."""
        return inputs + tf.convert_to_tensor(self.positions)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of the tokens."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer."""
        return {**super().get_config(), "seed": self.seed}


@keras.utils.register_keras_serializable("gankit")
class TokenNorm(keras.layers.Layer):
    """Layer norm: each token gets the mean 0 and the deviation 1 over its channels, then a learned scale and shift.

    Keras 2 computes its own layer norm by a batch norm, whose second derivatives, which a gradient penalty needs, are
    slow.

    Parameters
    ----------
    epsilon : float
        Added to the variance, so that a token with equal channels stays finite.
    """

    def __init__(self, epsilon: float = 1e-5, **options: Any):
        super().__init__(**options)
        self.epsilon = epsilon

    def build(self, input_shape: Any) -> None:
        """Make scale and shift, ``(c,)`` each."""
        self.scale = self.add_weight(name="scale", shape=(input_shape[-1],), initializer="ones")
        self.shift = self.add_weight(name="shift", shape=(input_shape[-1],), initializer="zeros")
        self.built = True

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Return tokens of the same shape, ``(batch, n, c)``."""
        centred = inputs - tf.reduce_mean(inputs, axis=-1, keepdims=True)
        variance = tf.reduce_mean(centred**2, axis=-1, keepdims=True)
        return centred * tf.math.rsqrt(variance + self.epsilon) * self.scale + self.shift

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of the tokens."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer."""
        return {**super().get_config(), "epsilon": self.epsilon}


# ---------------------------------------------------------------- parts of networks


def transformer_block(tokens: keras.KerasTensor, heads: int, kind: str, next_seed: SeedSequence) -> keras.KerasTensor:
    """Let tokens ``(batch, n, c)`` look at each other, then change each by itself; both parts add to what was there.

    Both parts begin with a norm. The second part is a dense layer of ``2 c`` units, a leaky rectifier, and a dense
    layer back to c, the same for each token.
    """
    channels = tokens.shape[-1]

    def dense(inputs: keras.KerasTensor, units: int) -> keras.KerasTensor:
        initial = keras.initializers.GlorotUniform(seed=next_seed())
        return keras.layers.Dense(units, kernel_initializer=initial)(inputs)

    looked = Attention(heads, kind)(dense(TokenNorm()(tokens), 3 * channels))
    tokens = keras.layers.Add()([tokens, dense(looked, channels)])
    changed = leaky(dense(TokenNorm()(tokens), 2 * channels))
    return keras.layers.Add()([tokens, dense(changed, channels)])


def to_patches(pictures: keras.KerasTensor, patch: int = 2) -> keras.KerasTensor:
    """Cut pictures ``(batch, side, side, c)`` into patches, a token each: ``(batch, (side / patch)^2, patch^2 c)``.

    Tokens come row by row, and in each token its pixels row by row.
    """
    _, height, width, channels = pictures.shape
    cut = keras.layers.Reshape((height // patch, patch, width // patch, patch, channels))(pictures)
    together = keras.layers.Permute((1, 3, 2, 4, 5))(cut)
    return keras.layers.Reshape((height * width // patch**2, patch**2 * channels))(together)


def from_patches(tokens: keras.KerasTensor, patch: int = 2) -> keras.KerasTensor:
    """Put pictures together from tokens; the inverse of :func:`to_patches`."""
    _, count, channels = tokens.shape
    side, channels = round(count**0.5), channels // patch**2
    cut = keras.layers.Reshape((side, side, patch, patch, channels))(tokens)
    apart = keras.layers.Permute((1, 3, 2, 4, 5))(cut)
    return keras.layers.Reshape((patch * side, patch * side, channels))(apart)


def pixel_shuffle(tokens: keras.KerasTensor) -> keras.KerasTensor:
    """Make four tokens of a quarter of the channels from each: ``(batch, n, c) -> (batch, 4 n, c / 4)``."""
    count, channels = tokens.shape[1:]
    return keras.layers.Reshape((4 * count, channels // 4))(from_patches(tokens))


def merge_tokens(tokens: keras.KerasTensor) -> keras.KerasTensor:
    """Make one token of four times the channels from four neighbours; the inverse of :func:`pixel_shuffle`."""
    count, channels = tokens.shape[1:]
    side = round(count**0.5)
    return to_patches(keras.layers.Reshape((side, side, channels))(tokens))


def attention_layers(network: keras.Model) -> list[Attention]:
    """Return the attention layers of a network, from its input to its output."""
    return [layer for layer in network.layers if isinstance(layer, Attention)]


def attention_of(network: keras.Model, inputs: np.ndarray) -> list[np.ndarray]:
    """Return what each attention layer of a network looks at.

    Parameters
    ----------
    network : keras.Model
        A functional network with :class:`Attention` layers.
    inputs : numpy.ndarray
        A batch of its inputs.

    Returns
    -------
    list of numpy.ndarray
        For each layer the weights, ``(batch, heads, n, n)``: a row for each query.
    """
    layers = attention_layers(network)
    seen = keras.Model(network.input, [layer.input for layer in layers])(inputs, training=False)
    seen = [seen] if len(layers) == 1 and not isinstance(seen, (list, tuple)) else seen
    return [layer.weights_of(each).numpy() for layer, each in zip(layers, seen)]


def attended_distance(weights: np.ndarray) -> float:
    """Return how far a token looks on average, in tokens, if the tokens are a square, row by row.

    Parameters
    ----------
    weights : numpy.ndarray
        ``(..., n, n)``, rows with the sum 1.
    """
    side = round(weights.shape[-1] ** 0.5)
    places = np.stack(np.meshgrid(np.arange(side), np.arange(side), indexing="ij"), axis=-1).reshape(-1, 2)
    distances = np.sqrt(((places[:, None] - places[None]) ** 2).sum(axis=-1))
    return float((weights * distances).sum(axis=-1).mean())
