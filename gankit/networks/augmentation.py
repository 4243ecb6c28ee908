"""Random changes of examples through which gradients flow (Zhao et al. 2020, Differentiable Augmentation).

The discriminator sees real and fake examples only after such a change. It cannot know the few real examples by heart,
and the generator still gets a gradient. The changes must be such that two distributions that are equal after them were
equal before; then the generator learns the examples and not the changes.
"""

from __future__ import annotations

import tensorflow as tf

from gankit.randomness import Stream


def shift_points(points: tf.Tensor, stream: Stream, deviation: float) -> tf.Tensor:
    """Move each point by a normal random vector.

    Adding noise multiplies the characteristic function of a distribution by one that is nowhere 0, so two distributions
    that are equal after it were equal before. It is also known as instance noise (Sonderby et al. 2017).

    Parameters
    ----------
    points : tf.Tensor
        Shape ``(batch, d)``.
    stream : Stream
        Source of the random numbers.
    deviation : float
        Standard deviation of each coordinate of the shift.
    """
    return points + deviation * stream.normal(tf.shape(points), dtype=points.dtype)


def change_pictures(pictures: tf.Tensor, stream: Stream) -> tf.Tensor:
    """Change brightness and contrast of each picture, move it, and cut a square out, each at random.

    These are Zhao's changes for gray pictures, with his sizes: brightness by up to 0.5 either way, contrast by a factor
    between 0.5 and 1.5, a shift by up to an eighth of the picture in both directions, and a square of half the
    picture's side that is set to 0.

    Parameters
    ----------
    pictures : tf.Tensor
        Shape ``(batch, side, side, channels)``, values about from -1 to 1.
    stream : Stream
        Source of the random numbers.
    """
    count, side = tf.shape(pictures)[0], pictures.shape[1]

    def uniform() -> tf.Tensor:
        return stream.uniform([count, 1, 1, 1], dtype=pictures.dtype)

    pictures = pictures + uniform() - 0.5
    mean = tf.reduce_mean(pictures, axis=[1, 2, 3], keepdims=True)
    pictures = mean + (pictures - mean) * (0.5 + uniform())
    reach = side // 8
    offsets = [stream.uniform([count], 2 * reach + 1, tf.int32) - reach for _ in range(2)]
    pictures = move_pictures(pictures, offsets[0], offsets[1])
    corners = [stream.uniform([count], side + 1, tf.int32) - side // 4 for _ in range(2)]
    return pictures * hole(corners[0], corners[1], side, side // 2, pictures.dtype)


def move_pictures(pictures: tf.Tensor, down: tf.Tensor, right: tf.Tensor) -> tf.Tensor:
    """Move each picture by whole pixels ``(batch,)``; what comes in is 0."""
    side = pictures.shape[1]

    def rows_taken(offsets: tf.Tensor) -> tf.Tensor:
        # One matrix a picture: row i has its 1 at i - offset, and is 0 if that lies outside.
        return tf.one_hot(tf.range(side)[None] - offsets[:, None], side, dtype=pictures.dtype)

    return tf.einsum("bik,bjl,bklc->bijc", rows_taken(down), rows_taken(right), pictures)


def hole(top: tf.Tensor, left: tf.Tensor, side: int, width: int, dtype: tf.DType = tf.float32) -> tf.Tensor:
    """Return masks ``(batch, side, side, 1)`` that are 0 in a square with these corners, and 1 outside."""

    def inside(first: tf.Tensor) -> tf.Tensor:
        places = tf.range(side)[None] - first[:, None]
        return tf.cast((places >= 0) & (places < width), dtype)

    return 1.0 - inside(top)[:, :, None, None] * inside(left)[:, None, :, None]
