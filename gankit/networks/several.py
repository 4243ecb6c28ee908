"""Layers through which a discriminator sees several examples at once, so that it notices when they are too alike."""

from __future__ import annotations

from typing import Any

import tensorflow as tf
from tensorflow import keras


@keras.utils.register_keras_serializable("gankit")
class MinibatchDiscrimination(keras.layers.Layer):
    """Appends to each example how near it is to the others of its batch (Salimans et al. 2016, section 3.2).

    A tensor T maps the features f of an example to ``kernels`` rows of ``width`` numbers, M = f T. Two examples i and j
    are near in row b by exp(-|M_ib - M_jb|), where |.| is the sum of absolute values. The layer appends the mean of
    this over all other examples j. Salimans takes the sum; the mean does not grow with the batch.

    Parameters
    ----------
    kernels : int
        Numbers that are appended.
    width : int
        Numbers that each of them compares.
    seed : int
        Seed of the initial weights.
    """

    def __init__(self, kernels: int, width: int, seed: int = 0, **options: Any):
        super().__init__(**options)
        self.kernels, self.width, self.seed = kernels, width, seed

    def build(self, input_shape: Any) -> None:
        """Make the tensor T, as a matrix ``(features, kernels * width)``."""
        self.comparison = self.add_weight(
            name="comparison",
            shape=(input_shape[-1], self.kernels * self.width),
            initializer=keras.initializers.GlorotUniform(seed=self.seed),
        )
        super().build(input_shape)

    def call(self, features: tf.Tensor) -> tf.Tensor:
        """Map features ``(batch, n)`` to ``(batch, n + kernels)``."""
        count = tf.shape(features)[0]
        rows = tf.reshape(tf.matmul(features, tf.convert_to_tensor(self.comparison)), [-1, self.kernels, self.width])
        # (batch, 1, kernels, width) - (1, batch, kernels, width) -> (batch, batch, kernels)
        distances = tf.reduce_sum(tf.abs(rows[:, None] - rows[None]), axis=3)
        # Each example is at distance 0 from itself, which adds exp(0) = 1.
        near = tf.reduce_sum(tf.exp(-distances), axis=1) - 1.0
        return tf.concat([features, near / tf.cast(tf.maximum(count - 1, 1), features.dtype)], axis=1)

    def compute_output_shape(self, input_shape: Any) -> tuple:
        """Return ``(batch, n + kernels)``."""
        return (*input_shape[:-1], input_shape[-1] + self.kernels)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer."""
        return {**super().get_config(), "kernels": self.kernels, "width": self.width, "seed": self.seed}


@keras.utils.register_keras_serializable("gankit")
class Packing(keras.layers.Layer):
    """Joins each ``count`` consecutive examples to one, along the last axis (Lin et al. 2018).

    A discriminator behind this layer gives one score for each pack. Examples that do not fill a pack are left out.

    Parameters
    ----------
    count : int
        Examples in a pack.
    """

    def __init__(self, count: int, **options: Any):
        super().__init__(**options)
        self.count = count

    def call(self, examples: tf.Tensor) -> tf.Tensor:
        """Map examples ``(batch, ..., n)`` to ``(batch / count, ..., count * n)``."""
        shape = examples.shape[1:]
        packs = tf.shape(examples)[0] // self.count
        separate = tf.reshape(examples[: packs * self.count], [-1, self.count, *shape])
        # The axis of the pack moves in front of the last one: (batch / count, ..., count, n).
        rank = len(shape) + 1
        moved = tf.transpose(separate, [0, *range(2, rank), 1, rank])
        return tf.reshape(moved, [-1, *shape[:-1], self.count * shape[-1]])

    def compute_output_shape(self, input_shape: Any) -> tuple:
        """Return the shape of the packs, whose number is not known."""
        return (None, *input_shape[1:-1], input_shape[-1] * self.count)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer."""
        return {**super().get_config(), "count": self.count}
