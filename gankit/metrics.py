"""Distances between two sets of examples: arrays in, numbers out.

Every function flattens its examples to vectors and works on their pixels (or whatever the axes hold) in float64;
no network is involved. Give intensities in [0, 1], since the Frechet distance scales with the square of the units.

Sources
-------
Heusel et al. 2017, "GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash Equilibrium":
Frechet distance between Gaussians fitted to two sets. Deviation: on the pixels, not on Inception features.

Kynkaanniemi et al. 2019, "Improved Precision and Recall Metric for Assessing Generative Models".

Naeem et al. 2020, "Reliable Fidelity and Diversity Metrics for Generative Models": density and coverage.
Deviation of both: on the pixels, not on network features.
"""

from __future__ import annotations

import numpy as np

_CHUNK_ROWS = 1000  # rows of a distance matrix held at a time: 1000 x 10,000 float64 is 80 MB


def _vectors(examples: np.ndarray, name: str) -> np.ndarray:
    """Flatten examples ``(n, ...)`` to float64 vectors ``(n, d)``."""
    vectors = np.asarray(examples, dtype=np.float64)
    if vectors.ndim < 2:
        raise ValueError(f"{name} must have shape (n, ...) with at least two axes, not {vectors.shape}")
    if len(vectors) < 2:
        raise ValueError(f"{name} must hold at least two examples, not {len(vectors)}")
    vectors = vectors.reshape(len(vectors), -1)
    if not np.isfinite(vectors).all():
        raise ValueError(f"{name} holds values that are not finite")
    return vectors


def _pair(real: np.ndarray, fake: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Flatten both sets and check that their examples have the same number of values."""
    first, second = _vectors(real, "the first set"), _vectors(fake, "the second set")
    if first.shape[1] != second.shape[1]:
        raise ValueError(
            f"both sets must have examples of one size, not {first.shape[1]} values against {second.shape[1]}"
        )
    return first, second


def frechet_distance(first: np.ndarray, second: np.ndarray) -> float:
    """Squared Frechet distance between the Gaussians fitted to two sets (Heusel et al. 2017).

    ``|m1 - m2|^2 + trace(C1 + C2 - 2 (C1 C2)^(1/2))``, with means ``m`` and unbiased covariances ``C``.

    Parameters
    ----------
    first, second : np.ndarray
        Examples ``(n, ...)`` and ``(m, ...)`` of any real dtype, with equally many values each. The distance is in
        squared units of theirs.

    Returns
    -------
    float
        The distance, at least 0; symmetric in its arguments up to rounding.

    Raises
    ------
    ValueError
        For fewer than two examples, values that are not finite, or examples of different sizes.

    Notes
    -----
    ``C1 C2`` is not symmetric, but has the eigenvalues of ``C1^(1/2) C2 C1^(1/2)``, which is: so the trace of its
    square root needs no general matrix square root and no complex numbers. Eigenvalues that rounding makes negative
    count as 0.
    """
    first_vectors, second_vectors = _pair(first, second)
    difference = first_vectors.mean(axis=0) - second_vectors.mean(axis=0)
    first_covariance = np.atleast_2d(np.cov(first_vectors, rowvar=False))
    second_covariance = np.atleast_2d(np.cov(second_vectors, rowvar=False))
    eigenvalues, eigenvectors = np.linalg.eigh(first_covariance)
    root = (eigenvectors * np.sqrt(np.maximum(eigenvalues, 0.0))) @ eigenvectors.T
    product = root @ second_covariance @ root
    cross = np.sqrt(np.maximum(np.linalg.eigvalsh((product + product.T) / 2.0), 0.0)).sum()
    distance = difference @ difference + np.trace(first_covariance) + np.trace(second_covariance) - 2.0 * cross
    return float(max(distance, 0.0))


def _squared_distances(rows: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Squared Euclidean distances ``(len(rows), len(others))``."""
    squares = (rows * rows).sum(axis=1)[:, None] + (others * others).sum(axis=1)[None, :] - 2.0 * (rows @ others.T)
    return np.maximum(squares, 0.0)


def _neighbour_radii(vectors: np.ndarray, k: int) -> np.ndarray:
    """Squared distance of each vector to its k-th nearest neighbour, itself not counted."""
    if not 1 <= k < len(vectors):
        raise ValueError(f"k must lie between 1 and the number of examples - 1 = {len(vectors) - 1}, not {k}")
    radii = np.empty(len(vectors))
    for start in range(0, len(vectors), _CHUNK_ROWS):
        rows = slice(start, min(start + _CHUNK_ROWS, len(vectors)))
        distances = _squared_distances(vectors[rows], vectors)
        # A vector is at distance 0 from itself, exactly: rounding must not let a duplicate take its place.
        distances[np.arange(len(distances)), np.arange(rows.start, rows.stop)] = 0.0
        radii[rows] = np.partition(distances, k, axis=1)[:, k]
    return radii


def precision_recall(real: np.ndarray, fake: np.ndarray, k: int = 5) -> dict[str, float]:
    """Share of each set that lies on the other's k-nearest-neighbour manifold (Kynkaanniemi et al. 2019).

    Parameters
    ----------
    real, fake : np.ndarray
        Examples ``(n, ...)`` and ``(m, ...)``, with equally many values each; more than ``k`` of each.
    k : int
        The manifold is the union of balls around the examples, each reaching to its k-th nearest neighbour.

    Returns
    -------
    dict of str to float
        ``precision``: share of fakes inside the real manifold; ``recall``: share of reals inside the fake one.

    Raises
    ------
    ValueError
        For sets that do not fit together (see `frechet_distance`) or a ``k`` they are too small for.
    """
    real_vectors, fake_vectors = _pair(real, fake)
    real_radii, fake_radii = _neighbour_radii(real_vectors, k), _neighbour_radii(fake_vectors, k)
    fakes_inside = 0
    reals_inside = np.zeros(len(real_vectors), dtype=bool)
    for start in range(0, len(fake_vectors), _CHUNK_ROWS):
        rows = slice(start, start + _CHUNK_ROWS)
        distances = _squared_distances(fake_vectors[rows], real_vectors)
        fakes_inside += int((distances <= real_radii[None, :]).any(axis=1).sum())
        reals_inside |= (distances <= fake_radii[rows, None]).any(axis=0)
    return {"precision": fakes_inside / len(fake_vectors), "recall": float(reals_inside.mean())}


def density_coverage(real: np.ndarray, fake: np.ndarray, k: int = 5) -> dict[str, float]:
    """Density and coverage (Naeem et al. 2020), which one outlier does not inflate as it does precision and recall.

    Parameters
    ----------
    real, fake : np.ndarray
        Examples ``(n, ...)`` and ``(m, ...)``, with equally many values each; more than ``k`` real ones.
    k : int
        Each real example's ball reaches to its k-th nearest real neighbour.

    Returns
    -------
    dict of str to float
        ``density``: mean number of real balls a fake lies in, divided by ``k`` (about 1 for equal distributions, and
        not bounded by 1); ``coverage``: share of real balls that hold at least one fake. Two independent samples of
        one distribution, equally large, have an expected coverage of about ``1 - 2^-k`` (0.97 for k = 5).

    Raises
    ------
    ValueError
        For sets that do not fit together (see `frechet_distance`) or a ``k`` they are too small for.
    """
    real_vectors, fake_vectors = _pair(real, fake)
    radii = _neighbour_radii(real_vectors, k)
    covered = np.zeros(len(real_vectors), dtype=bool)
    hits = 0
    for start in range(0, len(fake_vectors), _CHUNK_ROWS):
        inside = _squared_distances(fake_vectors[start : start + _CHUNK_ROWS], real_vectors) <= radii[None, :]
        covered |= inside.any(axis=0)
        hits += int(inside.sum())
    return {"density": hits / (k * len(fake_vectors)), "coverage": float(covered.mean())}
