"""Layers whose map stretches no vector: their weights are divided by the largest singular value of that map.

Source: Miyato et al. 2018, Spectral Normalization for Generative Adversarial Networks. Each training call makes one
step of the power iteration from the direction where the last call ended, since the weights change little between two
calls.

Deviation: Miyato divides a convolution by the largest singular value of its kernel, written as a matrix with a row for
each output channel. That is not the largest factor by which the convolution stretches a picture. Here the power
iteration runs on pictures, through the convolution and its transpose, and finds this factor itself.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf
from tensorflow import keras

# The same for all layers: a power iteration forgets where it began.
FIRST_DIRECTION = {"class_name": "RandomNormal", "config": {"mean": 0.0, "stddev": 1.0, "seed": 0}}


class _Spectral(keras.layers.Layer):
    """The part that both layers share; they say how the linear map and its transpose are computed."""

    direction: tf.Variable

    def _forward(self, inputs: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        raise NotImplementedError

    def _backward(self, outputs: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        raise NotImplementedError

    def _add_direction(self, shape: tuple) -> None:
        self.direction = self.add_weight(
            name="direction",
            shape=shape,
            initializer=keras.initializers.get(FIRST_DIRECTION),
            trainable=False,
        )

    def spectral_norm(self, training: bool = False) -> tf.Tensor:
        """Return the largest singular value, a scalar, as far as the power iteration has come.

        A training call makes one more step. The gradient treats the singular vectors as constants, since the derivative
        of the largest singular value is the product of its two vectors.
        """
        kernel = tf.convert_to_tensor(self.kernel)
        constant = tf.stop_gradient(kernel)
        inputs = _unit(self._backward(tf.convert_to_tensor(self.direction), constant))
        outputs = _unit(self._forward(inputs, constant))
        if training:
            self.direction.assign(outputs)
        return tf.reduce_sum(self._forward(inputs, kernel) * tf.stop_gradient(outputs))

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Apply the layer with divided weights."""
        kernel = tf.convert_to_tensor(self.kernel) / self.spectral_norm(training)
        outputs = self._forward(inputs, kernel)
        if self.use_bias:
            outputs += tf.convert_to_tensor(self.bias)
        return self.activation(outputs)


@keras.utils.register_keras_serializable("gankit")
class SpectralDense(_Spectral, keras.layers.Dense):
    """A dense layer with spectral normalisation; the arguments are those of ``keras.layers.Dense``."""

    def build(self, input_shape: Any) -> None:
        """Make kernel, bias and the direction ``(1, units)`` of the power iteration."""
        super().build(input_shape)
        self._add_direction((1, self.units))

    def _forward(self, inputs: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        return tf.matmul(inputs, kernel)

    def _backward(self, outputs: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        return tf.matmul(outputs, kernel, transpose_b=True)


@keras.utils.register_keras_serializable("gankit")
class SpectralConv2D(_Spectral, keras.layers.Conv2D):
    """A convolution with spectral normalisation, for pictures of one known size.

    The arguments are those of ``keras.layers.Conv2D``, without dilation and groups.
    """

    def build(self, input_shape: Any) -> None:
        """Make kernel, bias and the direction of the power iteration, a picture of the layer's output."""
        super().build(input_shape)
        self._picture = (1, *(int(length) for length in input_shape[1:]))
        self._add_direction((1, *self.compute_output_shape(input_shape)[1:]))

    def _forward(self, inputs: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        return tf.nn.conv2d(inputs, kernel, list(self.strides), self.padding.upper())

    def _backward(self, outputs: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        return tf.nn.conv2d_transpose(outputs, kernel, self._picture, list(self.strides), self.padding.upper())


def _unit(vector: tf.Tensor) -> tf.Tensor:
    return tf.math.l2_normalize(vector)
