"""Seeded random draws that do not depend on graph construction, on the Keras version, or on each other."""

from __future__ import annotations

import tensorflow as tf


def new_seed() -> int:
    """Draw a seed in [0, 2^31 - 1) from TensorFlow's global generator, which ``tf.random.set_seed`` controls."""
    return int(tf.random.uniform((), maxval=2**31 - 1, dtype=tf.int32))


def make_stream(seed: int | None = None) -> tf.random.Generator:
    """Return a stream of random numbers of its own (the Philox counter generator, Salmon et al. 2011).

    ``tf.random.normal`` inside a compiled function takes its seed from the number of operations created before it,
    so the same program draws other numbers on another Keras. A generator keeps its state in a variable instead.

    Parameters
    ----------
    seed : int, optional
        Seed of the stream; drawn by :func:`new_seed` where it is left out.
    """
    return tf.random.Generator.from_seed(new_seed() if seed is None else seed, alg="philox")


def draw_without_replacement(stream: tf.random.Generator, population: int, size: int) -> tf.Tensor:
    """Draw distinct row numbers, every ordered choice being equally likely.

    The cost grows with ``size`` and not with ``population``: shuffling ten million rows to pick 200 would take longer
    than training on them.

    Parameters
    ----------
    stream : tf.random.Generator
        Where the random numbers come from.
    population : int
        Number of rows to choose from.
    size : int
        Number of rows wanted; where it exceeds ``population`` every row is drawn once.

    Returns
    -------
    tf.Tensor
        int64, shape ``(min(size, population),)``, values in [0, population).
    """
    size = min(size, population)
    if population <= 4 * size:
        keys = stream.uniform((population,))
        return tf.cast(tf.math.top_k(keys, size).indices, tf.int64)

    # Draw with replacement and keep the first `size` distinct values. Twice as many draws as needed are nearly always
    # enough; where they are not, the whole attempt is thrown away, which favours no row over another.
    def attempt() -> tf.Tensor:
        return tf.unique(stream.uniform((2 * size,), maxval=population, dtype=tf.int64)).y

    (distinct,) = tf.while_loop(
        lambda rows: tf.size(rows) < size,
        lambda rows: (attempt(),),
        (attempt(),),
        shape_invariants=(tf.TensorShape([None]),),
    )
    return tf.ensure_shape(distinct[:size], (size,))
