"""Measures of samples whose truth is known: distances between shares and between numbers, and copies of examples."""

from __future__ import annotations

import numpy as np

from gankit.metrics.distances import distances_to_nearest


def total_variation(first: np.ndarray, second: np.ndarray) -> float:
    """Return the total variation distance between two distributions over the same outcomes.

    It is half the sum of the absolute differences: the least share of a sample that must be replaced to turn the one
    distribution into the other. It lies between 0 (equal) and 1 (no outcome in common).

    Parameters
    ----------
    first, second : np.ndarray
        Probabilities or shares, ``(k,)``; each has the sum 1.

    Raises
    ------
    ValueError
        If the shapes differ, or one of them is not a distribution.
    """
    first, second = np.asarray(first, np.float64), np.asarray(second, np.float64)
    if first.shape != second.shape or first.ndim != 1:
        raise ValueError(f"shares must have one shape (k,), not {first.shape} and {second.shape}")
    for shares in (first, second):
        if not (shares >= 0).all() or abs(shares.sum() - 1.0) > 1e-6:
            raise ValueError(f"shares must not be negative and must have the sum 1, not {shares.sum()}")
    return float(np.abs(first - second).sum() / 2)


def largest_gap(first: np.ndarray, second: np.ndarray) -> float:
    """Return the largest difference between the distribution functions of two samples of numbers (Kolmogorov-Smirnov).

    It lies between 0 and 1 (one sample lies wholly below the other), and does not depend on the unit of the numbers.

    Parameters
    ----------
    first, second : np.ndarray
        Numbers, ``(n,)`` and ``(m,)``; they may be infinite.

    Raises
    ------
    ValueError
        If a sample is empty, or holds NaN.
    """
    first, second = np.sort(np.asarray(first, np.float64)), np.sort(np.asarray(second, np.float64))
    both = np.concatenate([first, second])
    if not len(first) or not len(second) or np.isnan(both).any():
        raise ValueError("both samples must hold numbers, and no NaN")
    below = [np.searchsorted(each, both, side="right") / len(each) for each in (first, second)]
    return float(np.abs(below[0] - below[1]).max())


def copied_share(generated: np.ndarray, training: np.ndarray, fresh: np.ndarray) -> float:
    """Return the share of generated examples that are nearer to a training example than to any fresh one.

    Both sets come from one source and have one size, so a generator that has learned the source and not the examples
    scores 0.5. One that repeats training examples, with whatever noise, scores 1. Ties count half. This is the test of
    Meehan et al. 2020, A Non-Parametric Test to Detect Data-Copying in Generative Models, without its cells.

    Parameters
    ----------
    generated : np.ndarray
        ``(n, ...)``.
    training, fresh : np.ndarray
        Examples that the generator learned from, and others that it has never seen, ``(m, ...)`` each.

    Raises
    ------
    ValueError
        If the two sets differ in size.
    """
    if len(training) != len(fresh):
        raise ValueError(f"{len(training)} training and {len(fresh)} fresh examples; the numbers must be equal")
    to_training, to_fresh = distances_to_nearest(generated, training), distances_to_nearest(generated, fresh)
    return float((to_training < to_fresh).mean() + (to_training == to_fresh).mean() / 2)
