"""Seeded random numbers that do not depend on graph construction, on the Keras version, or on each other."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

# TensorFlow's number for the algorithm.
PHILOX = 1
# Below this probability a retry is not worth its cost.
NEVER = 1e-30


def new_seed() -> int:
    """Sample a seed in [0, 2^31 - 1) from TensorFlow's global generator, which ``tf.random.set_seed`` controls."""
    return int(tf.random.uniform((), maxval=2**31 - 1, dtype=tf.int32))


def separate_seed(seed: int, number: int = 1) -> int:
    """Return a seed for another purpose than the training: for latents to look at, or for data to measure on.

    Networks and data count up from a run's seed, and so do runs with several seeds. This one is far away from them all.

    Parameters
    ----------
    seed : int
        The run's seed.
    number : int
        Number of the purpose, from 1; each number has a stream of its own.
    """
    return seed + 1_000_000 * number + 3


class SeedSequence:
    """A sequence of seeds for the layers of a network, derived from one seed."""

    def __init__(self, seed: int | None = None):
        self._random = np.random.default_rng(new_seed() if seed is None else seed)

    def __call__(self) -> int:
        """Return the next seed, in [0, 2^31 - 1)."""
        return int(self._random.integers(2**31 - 1))


class Stream(tf.random.Generator):
    """A ``tf.random.Generator`` that samples the same numbers with one operation instead of six."""

    def normal(self, shape: Sequence[int] | tf.Tensor, dtype: tf.DType = tf.float32) -> tf.Tensor:
        """Sample standard normal numbers."""
        return tf.raw_ops.StatefulStandardNormalV2(shape=shape, dtype=dtype, **self._source())

    def uniform(
        self, shape: Sequence[int] | tf.Tensor, maxval: int | None = None, dtype: tf.DType = tf.float32
    ) -> tf.Tensor:
        """Sample real numbers in [0, 1), or whole numbers in [0, ``maxval``) if ``maxval`` is given."""
        if maxval is None:
            return tf.raw_ops.StatefulUniform(shape=shape, dtype=dtype, **self._source())
        ends = {"minval": tf.constant(0, dtype), "maxval": tf.constant(maxval, dtype)}
        return tf.raw_ops.StatefulUniformInt(shape=shape, **ends, **self._source())

    def _source(self) -> dict[str, tf.Tensor]:
        return {"resource": self.state.handle, "algorithm": tf.constant(PHILOX, tf.int64)}


def make_stream(seed: int | None = None) -> Stream:
    """Return a new, independent stream of random numbers (the Philox counter generator, Salmon et al. 2011).

    ``tf.random.normal`` inside a compiled function takes its seed from the number of operations created before it,
    so the same program samples different numbers with another version of Keras. A generator keeps its state in a
    variable instead.

    Parameters
    ----------
    seed : int, optional
        Seed of the stream; :func:`new_seed` chooses it by default.
    """
    return Stream.from_seed(new_seed() if seed is None else seed, alg="philox")


def draw_without_replacement(stream: Stream, population: int, size: int) -> tf.Tensor:
    """Sample distinct row numbers; every ordered choice is equally likely.

    The cost grows with ``size`` and not with ``population``. Shuffling ten million rows to pick 200 would take longer
    than training on them.

    Parameters
    ----------
    stream : Stream
        Source of the random numbers.
    population : int
        Number of rows to choose from.
    size : int
        Number of rows to sample; if it exceeds ``population``, every row is returned once.

    Returns
    -------
    tf.Tensor
        int64, shape ``(min(size, population),)``, values in [0, population).
    """
    size = min(size, population)
    if population <= 4 * size:
        keys = stream.uniform((population,))
        return tf.cast(tf.math.top_k(keys, size).indices, tf.int64)

    # Sample with replacement and keep the first `size` distinct values. Twice as many samples as needed are nearly
    # always enough. If they are not, discard the whole attempt, so that no row is favoured.
    def attempt() -> tf.Tensor:
        return tf.unique(stream.uniform((2 * size,), maxval=population, dtype=tf.int64)).y

    distinct = attempt()
    if chance_of_too_few(population, size) > NEVER:
        (distinct,) = tf.while_loop(
            lambda rows: tf.size(rows) < size,
            lambda rows: (attempt(),),
            (distinct,),
            shape_invariants=(tf.TensorShape([None]),),
        )
    return tf.ensure_shape(distinct[:size], (size,))


def chance_of_too_few(population: int, size: int) -> float:
    """Bound the probability that ``2 size`` samples with replacement contain fewer than ``size`` distinct rows.

    In that case all samples lie among ``size - 1`` rows, which can be chosen in ``population over size - 1`` ways.
    """
    others = population - size + 1
    choices = math.lgamma(population + 1) - math.lgamma(size) - math.lgamma(others + 1)
    return math.exp(min(0.0, choices + 2 * size * math.log((size - 1) / population))) if size > 1 else 0.0
