"""Make a network of plain Keras layers compute the same results with less arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import tensorflow as tf
from tensorflow import keras

from gankit.fast.convolutions import (
    convolve_one_channel,
    convolve_small,
    convolve_upsampled,
    max_pool,
)

# Outside these limits, plain convolutions were measured to be faster (batches of 32 to 200, two cores).
LARGEST_SMALL_MAP = 4
LARGEST_UPSAMPLED_MAP = 8
WIDEST_ONE_CHANNEL_PICTURE = 16
FEWEST_CHANNELS = 16


def accelerate(network: keras.Model) -> keras.Model:
    """Make the layers of a network use the faster arithmetic of this package.

    This changes dense layers, 3x3 ``same`` convolutions, nearest upsampling and max-pooling, also in nested networks.
    All other layers, and subclasses of these layers, keep their arithmetic. The network stays the same object, with the
    same class names, weights, summary, configuration and saved files. Results differ by rounding errors.

    Parameters
    ----------
    network : keras.Model
        Changed in place.

    Returns
    -------
    keras.Model
        The same network.
    """
    for layer in network.layers:
        if isinstance(layer, keras.Model):
            accelerate(layer)
        if type(layer) in _FASTER:
            method, function = _FASTER[type(layer)]
            setattr(layer, method, partial(function, layer))
    return network


def decelerate(network: keras.Model) -> keras.Model:
    """Undo :func:`accelerate`."""
    for layer in network.layers:
        if isinstance(layer, keras.Model):
            decelerate(layer)
        if type(layer) in _FASTER:
            method, _ = _FASTER[type(layer)]
            if isinstance(vars(layer).get(method), partial):
                delattr(layer, method)
    return network


def _dense(layer: keras.layers.Dense, inputs: tf.Tensor, **options: Any) -> tf.Tensor:
    kernel, bias = tf.convert_to_tensor(layer.kernel), layer.bias
    if bias is None or inputs.shape.rank != 2 or inputs.dtype != kernel.dtype:
        return type(layer).call(layer, inputs, **options)
    bias = tf.convert_to_tensor(bias)
    # TensorFlow fuses a product with the operations after it, but not if the product has a control dependency.
    with tf.control_dependencies([bias]):
        products = tf.matmul(inputs, kernel)
    return layer.activation(tf.nn.bias_add(products, bias))


def _convolution(layer: keras.layers.Conv2D, inputs: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    kernel = tf.convert_to_tensor(kernel)
    height, width, channels = inputs.shape[1:]
    if _is_plain(layer) and None not in (height, width) and inputs.dtype in (tf.float32, tf.float64):
        original = getattr(inputs, "_upsampled_from", None)
        if original is not None and max(height, width) <= 2 * LARGEST_UPSAMPLED_MAP:
            return convolve_upsampled(original, kernel)
        if max(height, width) <= LARGEST_SMALL_MAP and min(channels, layer.filters) >= FEWEST_CHANNELS:
            return convolve_small(inputs, kernel)
        if channels == 1 and width <= WIDEST_ONE_CHANNEL_PICTURE:
            return convolve_one_channel(inputs, kernel)
    return type(layer).convolution_op(layer, inputs, kernel)


def _is_plain(layer: keras.layers.Conv2D) -> bool:
    return (
        tuple(layer.kernel_size) == (3, 3)
        and tuple(layer.strides) == tuple(layer.dilation_rate) == (1, 1)
        and layer.padding == "same"
        and layer.groups == 1
        and layer.data_format == "channels_last"
    )


def _upsampling(layer: keras.layers.UpSampling2D, inputs: tf.Tensor) -> tf.Tensor:
    outputs = type(layer).call(layer, inputs)
    if tuple(layer.size) == (2, 2) and layer.interpolation == "nearest" and layer.data_format == "channels_last":
        # A following convolution uses this attribute. In a graph nothing then uses the copies, so they are never made.
        outputs._upsampled_from = inputs
    return outputs


def _max_pooling(layer: keras.layers.MaxPooling2D, inputs: tf.Tensor) -> tf.Tensor:
    apart = tuple(layer.pool_size) == tuple(layer.strides) and layer.padding == "valid"
    if not apart or layer.data_format != "channels_last":
        return type(layer).call(layer, inputs)
    return max_pool(inputs, tuple(layer.pool_size))


# For each class of layers: the method that does the arithmetic, and its replacement.
_FASTER: dict[type, tuple[str, Callable[..., tf.Tensor]]] = {
    keras.layers.Dense: ("call", _dense),
    keras.layers.Conv2D: ("convolution_op", _convolution),
    keras.layers.UpSampling2D: ("call", _upsampling),
    keras.layers.MaxPooling2D: ("call", _max_pooling),
}
