"""Comparisons with their floor: the same measure between two sets of real examples."""

from __future__ import annotations

from typing import Any

import numpy as np

from gankit.metrics.classifier import classifier_accuracy
from gankit.metrics.distances import comparison, frechet_distance


def beside_floor(
    real: np.ndarray, generated: np.ndarray, size: int = 5000, seed: int = 0, others: np.ndarray | None = None
) -> dict[str, Any]:
    """Compare generated with real examples, and other real examples with the same ones.

    The second comparison is the floor, which a perfect generator would reach. It is not 0, because two sets from the
    same source also differ by chance.

    Parameters
    ----------
    real, generated : np.ndarray
        Examples ``(n, ...)`` and ``(m, ...)``, with equally many values each; ``n`` is 4 or more.
    size : int
        Largest size of the sets for :func:`comparison`; both comparisons use sets of the same size.
    seed : int
        Seed of the order of the real examples.
    others : np.ndarray, optional
        Other real examples, for the floor; by default, it compares the two halves of ``real``.

    Returns
    -------
    dict
        ``frechet_distance`` and ``frechet_floor``, on all examples; ``metrics`` and ``metrics_floor``, each the result
        of :func:`comparison`.
    """
    shuffled, pair = _shuffled(real, others, seed)
    size = min(size, len(pair[0]), len(pair[1]), len(generated))
    return {
        "frechet_distance": frechet_distance(generated, real),
        "frechet_floor": frechet_distance(*pair),
        "metrics": comparison(shuffled, generated, size),
        "metrics_floor": comparison(*pair, size),
    }


def classifier_beside_floor(
    real: np.ndarray, generated: np.ndarray, size: int = 5000, seed: int = 0, others: np.ndarray | None = None
) -> dict[str, float]:
    """Train a small CNN to tell generated from real pictures, and another to tell other real pictures from these.

    The arguments are those of :func:`beside_floor`, and the pictures have the form of :func:`classifier_accuracy`.

    Returns
    -------
    dict of str to float
        ``classifier_accuracy`` and ``classifier_floor``. Both are near 0.5 if the sets differ by chance alone.
    """
    shuffled, (first, second) = _shuffled(real, others, seed)
    size = min(size, len(first), len(second), len(generated))
    return {
        "classifier_accuracy": classifier_accuracy(shuffled[:size], generated[:size], seed=seed),
        "classifier_floor": classifier_accuracy(first[:size], second[:size], seed=seed),
    }


def _shuffled(
    real: np.ndarray, others: np.ndarray | None, seed: int
) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """Return the real examples in random order, and the two sets of real examples that the floor compares."""
    random = np.random.default_rng(seed)
    shuffled = real[random.permutation(len(real))]
    if others is None:
        return shuffled, (shuffled[: len(real) // 2], shuffled[len(real) // 2 :])
    return shuffled, (shuffled, others[random.permutation(len(others))])
