"""A first layer for generators of data in separate groups."""

from __future__ import annotations

from typing import Any

import tensorflow as tf
from tensorflow import keras


@keras.utils.register_keras_serializable("gankit")
class Signs(keras.layers.Layer):
    """Replaces the first latents by their signs, -1 or 1, and passes the others on.

    A continuous map of normal latents has a connected image: between two kinds of pictures there are always latents
    whose picture is something in between (Khayatkhoei et al. 2018, Disconnected Manifold Learning for GANs). Signs are
    separate points, so nothing need be in between.

    Parameters
    ----------
    count : int
        Number of latents that are replaced.
    """

    def __init__(self, count: int, **options: Any):
        super().__init__(**options)
        self.count = count

    def call(self, latents: tf.Tensor) -> tf.Tensor:
        """Return latents of the same shape ``(batch, latent_dim)``."""
        signs = tf.where(latents[:, : self.count] < 0, -tf.ones((), latents.dtype), tf.ones((), latents.dtype))
        return tf.concat([signs, latents[:, self.count :]], axis=1)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of the latents."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer."""
        return {**super().get_config(), "count": self.count}
