"""Latent vectors: the noise that a generator turns into examples."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from gankit.choices import LATENT_TYPES
from gankit.errors import InputError
from gankit.randomness import make_stream


class LatentGenerator:
    """A callable that samples latent vectors from its own stream of random numbers.

    Parameters
    ----------
    dimension : int
        Length of a latent vector.
    latent_type : {"normal", "uniform", "spheric"}
        ``normal``: independent standard normal coordinates; ``uniform``: independent coordinates on [0, 1);
        ``spheric``: uniform on the unit sphere (a normal vector divided by its Euclidean norm).
    seed : int, optional
        Seed of the stream; by default, TensorFlow's global generator chooses it.

    Raises
    ------
    InputError
        If the type is unknown or the dimension is below 1.
    """

    def __init__(self, dimension: int, latent_type: str = "normal", seed: int | None = None):
        if latent_type not in LATENT_TYPES:
            raise InputError(f"latent_type is {latent_type!r}; use one of {', '.join(LATENT_TYPES)}.")
        if dimension < 1:
            raise InputError(f"The latent dimension is {dimension}; it must be at least 1.")
        self.dimension = dimension
        self.latent_type = latent_type
        self.stream = make_stream(seed)

    def reseeded(self, seed: int) -> LatentGenerator:
        """Return a generator with the same distribution and a new stream."""
        return LatentGenerator(self.dimension, self.latent_type, seed)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal generator; they do not include the state of its stream."""
        return {"dimension": self.dimension, "latent_type": self.latent_type}

    def __call__(self, count: int) -> tf.Tensor:
        """Sample ``count`` latent vectors: float32, shape ``(count, dimension)``."""
        shape = (count, self.dimension)
        if self.latent_type == "uniform":
            return self.stream.uniform(shape)
        vectors = self.stream.normal(shape)
        return project_to_sphere(vectors) if self.latent_type == "spheric" else vectors


def project_to_sphere(vectors: tf.Tensor) -> tf.Tensor:
    """Divide each row by its Euclidean norm; a row of zeros stays zero instead of becoming NaN."""
    return tf.math.divide_no_nan(vectors, tf.norm(vectors, axis=1, keepdims=True))
