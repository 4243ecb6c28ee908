"""Measures of a conditional generator: whether it obeys, whether the rest stays, and how good each class is."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gankit.metrics.distances import frechet_distance


def confusion_matrix(asked: np.ndarray, read: np.ndarray, classes: int) -> np.ndarray:
    """Return how often each class was read where each class was asked for.

    Parameters
    ----------
    asked, read : numpy.ndarray
        The number of the class of each example, shape ``(n,)``.
    classes : int
        Number of classes.

    Returns
    -------
    numpy.ndarray
        float64, shape ``(classes, classes)``: row a, column b holds the share of the examples asked to be a that were
        read as b. A row sums to 1; a row of a class that was not asked for is 0.
    """
    counts = np.zeros((classes, classes))
    np.add.at(counts, (asked, read), 1.0)
    return counts / np.maximum(counts.sum(axis=1, keepdims=True), 1.0)


def read_back(asked: np.ndarray, read: np.ndarray) -> dict[str, float]:
    """Compare the values that were asked for with those that were read.

    Parameters
    ----------
    asked, read : numpy.ndarray
        Shape ``(n,)``, in the same unit.

    Returns
    -------
    dict of str to float
        ``correlation`` (Pearson's); ``error``: root of the mean squared difference, in deviations of ``asked``;
        ``slope``: by how much the read value rises if the asked one rises by 1 (least squares). If one of them has no
        deviation, the correlation is 0.
    """
    asked, read = np.asarray(asked, np.float64), np.asarray(read, np.float64)
    covariance = np.mean((asked - asked.mean()) * (read - read.mean()))
    deviation = max(float(asked.std()), 1e-12)
    return {
        "correlation": float(covariance / max(asked.std() * read.std(), 1e-12)),
        "error": float(np.sqrt(np.mean((read - asked) ** 2)) / deviation),
        "slope": float(covariance / deviation**2),
    }


def movements(before: np.ndarray, after: np.ndarray, deviations: np.ndarray) -> dict[str, np.ndarray]:
    """Measure how far attributes moved when one thing was changed.

    Parameters
    ----------
    before, after : numpy.ndarray
        The attributes of each example before and after the change, shape ``(n, k)``.
    deviations : numpy.ndarray
        The unit of each attribute, usually its deviation over real examples, shape ``(k,)``.

    Returns
    -------
    dict of numpy.ndarray
        ``mean``: the mean change, with its sign; ``size``: the mean of the absolute change. Shape ``(k,)``.
    """
    changes = (np.asarray(after, np.float64) - before) / deviations
    return {"mean": changes.mean(axis=0), "size": np.abs(changes).mean(axis=0)}


def expected_movements(
    conditions: np.ndarray, attributes: np.ndarray, change: np.ndarray, deviations: np.ndarray
) -> np.ndarray:
    """Return how far attributes move in real data, on average, if conditions differ by ``change``.

    It is the least-squares regression of each attribute on all conditions: what goes along with a condition in the
    data.

    Parameters
    ----------
    conditions, attributes : numpy.ndarray
        Of real examples, shapes ``(n, c)`` and ``(n, k)``.
    change : numpy.ndarray
        The change of each condition, shape ``(c,)``.
    deviations : numpy.ndarray
        As in :func:`movements`.
    """
    design = np.column_stack([np.ones(len(conditions)), np.asarray(conditions, np.float64)])
    slopes = np.linalg.lstsq(design, np.asarray(attributes, np.float64), rcond=None)[0][1:]
    return np.asarray(change @ slopes / deviations)


def frechet_by_class(
    sets: Mapping[str, tuple[np.ndarray, np.ndarray]],
    reference: tuple[np.ndarray, np.ndarray],
    classes: int,
    repeats: int = 5,
    seed: int = 0,
) -> dict[str, np.ndarray]:
    """Compute the Frechet distance of each class of several sets to the same class of a reference.

    The distance falls with the number of examples. So every set contributes as many examples of a class as the set with
    the fewest has, drawn ``repeats`` times at random.

    Parameters
    ----------
    sets : mapping
        Maps the name of each set to its examples, ``(n, ...)``, and their classes, ``(n,)``.
    reference : tuple of numpy.ndarray
        Examples and classes that all sets are compared with.
    classes : int
        Number of classes.
    repeats : int
        Random draws, whose mean is returned.
    seed : int
        Seed of the draws.

    Returns
    -------
    dict of numpy.ndarray
        The distances of each set, shape ``(classes,)``; nan for a class with fewer than two examples in a set or in the
        reference.
    """
    random = np.random.default_rng(seed)
    found = {name: np.full(classes, np.nan) for name in sets}
    for number in range(classes):
        against = reference[0][reference[1] == number]
        rows = {name: np.flatnonzero(labels == number) for name, (_, labels) in sets.items()}
        count = min(map(len, rows.values()))
        if min(count, len(against)) < 2:
            continue
        for name, (examples, _) in sets.items():
            chosen = [random.choice(rows[name], count, replace=False) for _ in range(repeats)]
            found[name][number] = np.mean([frechet_distance(against, examples[each]) for each in chosen])
    return found
