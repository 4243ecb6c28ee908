"""Convolutions and max-pooling with less arithmetic than Keras's on small maps; the results are the same.

Derivatives of any order exist; a gradient penalty needs the second. These are the savings:

- A 3x3 ``same`` convolution of a map of at most 4x4 multiplies many zeros around the edge, and neighbouring outputs
  share products. Karatsuba and Toom-Cook multiplication (Winograd 1980; Lavin and Gray 2016), applied to both axes,
  take 3 and 6 products per axis for sizes 2 and 4, instead of 6 and 12.
- After nearest upsampling, four neighbours are copies of one pixel. This module multiplies each pixel with the nine
  taps before copying it, which takes a quarter of the products. It then adds the products at the positions of the
  copies.
- The gradient with respect to a one-channel picture first sums over the channels and then over the taps.
- The second derivative of max-pooling, slow in TensorFlow, is a masked average.

``gankit.fast.accelerate`` chooses among them. ``benchmarks/step_time.py`` measures the gain.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

# Of the points tried, these give the smallest rounding error, because their powers stay close to 1. The error is 2.7
# times that of the plain convolution.
POINTS = (0.0, 0.75, -0.75, 1.5, -1.5)


def convolve_small(maps: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """Convolve maps of at most 4x4, padded with zeros, with a 3x3 kernel by a fast bilinear algorithm.

    Parameters
    ----------
    maps : tf.Tensor
        Shape ``(batch, height, width, channels)``.
    kernel : tf.Tensor
        Shape ``(3, 3, channels, filters)``.

    Returns
    -------
    tf.Tensor
        Shape ``(batch, height, width, filters)``.
    """
    _, height, width, channels = maps.shape
    filters = kernel.shape[-1]
    of_maps, of_kernel, of_products = (
        tf.constant(np.kron(along_height, along_width), maps.dtype)
        for along_height, along_width in zip(bilinear_form(height), bilinear_form(width))
    )
    # The axis of pixels comes first, so that each of the three transforms is one matrix product.
    pixels = tf.transpose(tf.reshape(maps, [-1, height * width, channels]), [1, 0, 2])
    left = tf.reshape(of_maps @ tf.reshape(pixels, [height * width, -1]), [of_maps.shape[0], -1, channels])
    right = tf.reshape(of_kernel @ tf.reshape(kernel, [9, -1]), [of_kernel.shape[0], channels, filters])
    products = tf.reshape(left @ right, [of_products.shape[1], -1])
    pixels = tf.reshape(of_products @ products, [height * width, -1, filters])
    return tf.reshape(tf.transpose(pixels, [1, 0, 2]), [-1, height, width, filters])


def bilinear_form(size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return matrices A, G, C with ``conv(x, k) = C ((A x) * (G k))``, which need few products for 1 to 4 pixels.

    The convolution is that of a row of ``size`` pixels, padded with a zero at each end, with three taps. ``*`` is
    element by element. The number of rows of A is the number of products.
    """
    if size == 1:
        return np.ones((1, 1)), np.array([[0.0, 1, 0]]), np.ones((1, 1))
    if size == 2:
        # Karatsuba: y0 = k1 (x0 + x1) + (k2 - k1) x1 and y1 = k1 (x0 + x1) + (k0 - k1) x0.
        return (
            np.array([[1.0, 1], [0, 1], [1, 0]]),
            np.array([[0.0, 1, 0], [0, -1, 1], [1, -1, 0]]),
            np.array([[1.0, 1, 0], [1, 0, 1]]),
        )
    # Toom-Cook multiplies polynomials at size + 1 points and at infinity. Its transpose is a convolution.
    points = np.array(POINTS[: size + 1])

    def values(coefficients: int) -> np.ndarray:
        at_infinity = np.eye(coefficients)[-1:]
        return np.concatenate([points[:, None] ** np.arange(coefficients), at_infinity])

    of_maps, of_kernel = np.linalg.inv(values(size + 2)).T, values(3)
    scale = np.abs(of_kernel).sum(axis=1, keepdims=True)
    # The first and the last column belong to the padding.
    return (of_maps * scale)[:, 1:-1], of_kernel / scale, values(size).T


def convolve_upsampled(maps: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """Convolve the maps, doubled by repetition and padded with zeros, with a 3x3 kernel.

    Parameters
    ----------
    maps : tf.Tensor
        Before upsampling: shape ``(batch, height, width, channels)``.
    kernel : tf.Tensor
        Shape ``(3, 3, channels, filters)``.

    Returns
    -------
    tf.Tensor
        Shape ``(batch, 2 height, 2 width, filters)``.
    """
    _, height, width, channels = maps.shape
    filters = kernel.shape[-1]
    taps = tf.reshape(tf.transpose(kernel, [2, 0, 1, 3]), [channels, 9 * filters])
    products = tf.reshape(tf.reshape(maps, [-1, channels]) @ taps, [-1, height * width * 9, filters])
    sums = np.einsum("ipa,jqb->ijpqab", _tap_places(height, 2), _tap_places(width, 2))
    sums = tf.constant(sums.reshape(4 * height * width, -1), maps.dtype)
    if filters == 1:
        outputs = tf.matmul(tf.reshape(products, [-1, height * width * 9]), sums, transpose_b=True)
    else:
        outputs = sums @ products
    return tf.reshape(outputs, [-1, 2 * height, 2 * width, filters])


def _tap_places(size: int, copies: int) -> np.ndarray:
    """Return 1 at ``(output, input, tap)`` if that tap of the output falls on a copy of the input, and 0 otherwise."""
    outputs, inputs, taps = np.ogrid[: copies * size, :size, :3]
    # Floor division maps the padding before the first pixel to -1, which matches no input.
    return ((outputs + taps - 1) // copies == inputs).astype(float)


def convolve_one_channel(pictures: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """Convolve ``(batch, height, width, 1)``, padded with zeros, with a 3x3 kernel; its gradient is fast."""

    @tf.custom_gradient
    def convolve(pictures: tf.Tensor, kernel: tf.Tensor) -> tuple:
        def gradient(upstream: tf.Tensor) -> tuple:
            return _picture_gradient(upstream, kernel), _kernel_gradient(pictures, upstream)

        return _plain_convolution(pictures, kernel), gradient

    return convolve(pictures, kernel)


def _picture_gradient(upstream: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    # The transpose of the convolution is linear in both arguments, and its gradients are convolutions.
    @tf.custom_gradient
    def transpose(upstream: tf.Tensor, kernel: tf.Tensor) -> tuple:
        _, height, width, filters = upstream.shape
        products = tf.matmul(tf.reshape(upstream, [-1, filters]), tf.reshape(kernel, [9, filters]), transpose_b=True)
        # Sum within a row by one matrix product, and between rows by shifting.
        sums = np.einsum("jqb,ac->jabcq", _tap_places(width, 1), np.eye(3)).reshape(width * 9, 3 * width)
        rows = tf.reshape(products, [-1, width * 9]) @ tf.constant(sums, upstream.dtype)
        rows = tf.pad(tf.reshape(rows, [-1, height, 3, width]), [[0, 0], [1, 1], [0, 0], [0, 0]])
        above, here, below = tf.unstack(rows, axis=2)
        pictures = (above[:, 2:] + here[:, 1:-1] + below[:, :-2])[..., None]

        def gradient(direction: tf.Tensor) -> tuple:
            return convolve_one_channel(direction, kernel), _kernel_gradient(direction, upstream)

        return pictures, gradient

    return transpose(upstream, kernel)


def _plain_convolution(maps: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    return tf.nn.conv2d(maps, kernel, strides=1, padding="SAME")


def _kernel_gradient(maps: tf.Tensor, upstream: tf.Tensor) -> tf.Tensor:
    shape = (3, 3, maps.shape[-1], upstream.shape[-1])
    return tf.raw_ops.Conv2DBackpropFilter(
        input=maps, filter_sizes=shape, out_backprop=upstream, strides=[1, 1, 1, 1], padding="SAME"
    )


def max_pool(maps: tf.Tensor, window: tuple[int, int]) -> tf.Tensor:
    """Return the maximum of each window of ``(batch, height, width, channels)``; windows do not overlap.

    If values are equal, the gradient goes to the first one, as in Keras.
    """
    options: dict[str, Any] = {"ksize": [1, *window, 1], "strides": [1, *window, 1], "padding": "VALID"}

    @tf.custom_gradient
    def pool(maps: tf.Tensor) -> tuple:
        largest = tf.nn.max_pool2d(maps, window, window, "VALID")

        def send_back(upstream: tf.Tensor) -> tf.Tensor:
            return tf.raw_ops.MaxPoolGrad(orig_input=maps, orig_output=largest, grad=upstream, **options)

        @tf.custom_gradient
        def gradient(upstream: tf.Tensor) -> tuple:
            def second(direction: tf.Tensor) -> tf.Tensor:
                # Pick the value at the position of the maximum in each window. The mask is multiplied with the
                # window's area, which turns the average into a sum.
                area = tf.fill(tf.shape(largest), tf.constant(window[0] * window[1], maps.dtype))
                return tf.raw_ops.AvgPool(value=direction * send_back(area), **options)

            return send_back(upstream), second

        return largest, gradient

    return pool(maps)
