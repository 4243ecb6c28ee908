"""Networks whose layers form a chain, applied up to a layer or with other weights than their own."""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf
from tensorflow import keras

from gankit.errors import InputError


def layers_of(network: keras.Model) -> list[keras.layers.Layer]:
    """Return the layers in the order of the chain, without the input."""
    return [layer for layer in network.layers if not isinstance(layer, keras.layers.InputLayer)]


def features_of(network: keras.Model, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
    """Apply all layers but the last.

    Parameters
    ----------
    network : keras.Model
        A chain of layers.
    inputs : tf.Tensor
        A batch of its inputs.
    training : bool
        Passed to the layers that take it.

    Returns
    -------
    tf.Tensor
        What the last layer would get, ``(batch, n)`` if it is dense.
    """
    values = inputs
    for layer in layers_of(network)[:-1]:
        # Layers that have no weights do the same in training.
        values = layer(values, training=training) if layer.weights else layer(values)
    return values


def apply_with(network: keras.Model, weights: Sequence[tf.Tensor], inputs: tf.Tensor) -> tf.Tensor:
    """Apply a network with other weights, which may be tensors, so that gradients flow through them.

    Parameters
    ----------
    network : keras.Model
        A chain of dense layers, convolutions, and layers without weights.
    weights : sequence of tensors
        One for each of ``network.trainable_variables``, with its shape.
    inputs : tf.Tensor
        A batch of inputs.

    Returns
    -------
    tf.Tensor
        What ``network(inputs)`` returns if it has these weights.

    Raises
    ------
    InputError
        If another layer has weights.
    """
    left = list(weights)
    values = inputs
    for layer in layers_of(network):
        if not layer.weights:
            values = layer(values)
            continue
        if type(layer) is keras.layers.Dense:
            values = tf.matmul(values, left.pop(0))
        elif type(layer) is keras.layers.Conv2D:
            values = tf.nn.conv2d(values, left.pop(0), list(layer.strides), layer.padding.upper())
        else:
            raise InputError(
                f"The layer {layer.name} is a {type(layer).__name__}; only dense layers and convolutions can take "
                f"other weights."
            )
        values = layer.activation(values + left.pop(0) if layer.use_bias else values)
    return values
