"""Comparisons beside their floor: the same measure between two halves of the real examples."""

from __future__ import annotations

from typing import Any

import numpy as np

from gankit.metrics.classifier import classifier_accuracy
from gankit.metrics.distances import comparison, frechet_distance


def beside_floor(real: np.ndarray, generated: np.ndarray, size: int = 5000, seed: int = 0) -> dict[str, Any]:
    """Compare generated with real examples, and beside it one half of the real examples with the other.

    Two sets from the same source do not agree to the last digit either: that second comparison, the floor, is what a
    perfect generator would reach.

    Parameters
    ----------
    real, generated : np.ndarray
        Examples ``(n, ...)`` and ``(m, ...)``, with equally many values each; ``n`` is 4 or more.
    size : int
        Largest sets for :func:`comparison`; both comparisons are made with sets of the same size.
    seed : int
        Seed of the order in which the real examples are halved.

    Returns
    -------
    dict
        ``frechet_distance`` and ``frechet_floor``, of all examples; ``metrics`` and ``metrics_floor``, each what
        :func:`comparison` returns.
    """
    shuffled, halves = _shuffled(real, seed)
    size = min(size, len(halves[0]), len(generated))
    return {
        "frechet_distance": frechet_distance(generated, real),
        "frechet_floor": frechet_distance(*halves),
        "metrics": comparison(shuffled, generated, size),
        "metrics_floor": comparison(*halves, size),
    }


def classifier_beside_floor(
    real: np.ndarray, generated: np.ndarray, size: int = 5000, seed: int = 0
) -> dict[str, float]:
    """Let a small CNN tell generated from real pictures, and one half of the real pictures from the other.

    Arguments as in :func:`beside_floor`; the pictures are those of :func:`classifier_accuracy`.

    Returns
    -------
    dict of str to float
        ``classifier_accuracy`` and ``classifier_floor``, which chance alone puts near 0.5.
    """
    shuffled, halves = _shuffled(real, seed)
    first, second = halves
    size = min(size, len(first), len(generated))
    return {
        "classifier_accuracy": classifier_accuracy(shuffled[:size], generated[:size], seed=seed),
        "classifier_floor": classifier_accuracy(first[:size], second[:size], seed=seed),
    }


def _shuffled(real: np.ndarray, seed: int) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """Return the real examples in another order, and its two halves."""
    shuffled = real[np.random.default_rng(seed).permutation(len(real))]
    return shuffled, (shuffled[: len(real) // 2], shuffled[len(real) // 2 :])
