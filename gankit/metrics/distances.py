"""Distances between two sets of examples: arrays in, numbers out.

Every function flattens its examples to vectors and compares their values in float64. The values can be pixel
intensities in [0, 1] (distances scale with the units), or the features that an encoder computes from faces. Functions
that compare every example with every other one take quadratic time, but hold only a block of the distance matrix at a
time.

Sources
-------
Heusel et al. 2017, "GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash Equilibrium":
Frechet distance between Gaussians fitted to two sets. Deviation: on pixels or our encoder's features, not Inception's.

Kynkaanniemi et al. 2019, "Improved Precision and Recall Metric for Assessing Generative Models".

Naeem et al. 2020, "Reliable Fidelity and Diversity Metrics for Generative Models": density and coverage.
Deviation of both: on pixels or our encoder's features.

Binkowski et al. 2018, "Demystifying MMD GANs": the kernel distance KID. Deviation: as above.

Bonneel et al. 2015, "Sliced and Radon Wasserstein Barycenters of Measures": sliced Wasserstein distance.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

# Entries of a distance matrix held at a time, in float64: 64 MB, whatever the sets' sizes.
_BLOCK_ENTRIES = 2**23


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
        Examples ``(n, ...)`` and ``(m, ...)`` of any real dtype, with equally many values each. The distance has the
        squared unit of the values.

    Returns
    -------
    float
        The distance, at least 0; symmetric in its arguments up to rounding.

    Raises
    ------
    ValueError
        For fewer than two examples, values that are not finite, or examples of different sizes.

    Notes ----- ``C1 C2`` is not symmetric, but it has the same eigenvalues as ``C1^(1/2) C2 C1^(1/2)``, which is
    symmetric. The trace of its square root therefore needs no general matrix square root and no complex numbers.
    Eigenvalues that rounding makes negative count as 0.
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


def _blocks(rows: int, columns: int) -> Iterator[slice]:
    """Split the rows of a ``(rows, columns)`` matrix into blocks that fit into memory."""
    height = max(1, _BLOCK_ENTRIES // columns)
    for start in range(0, rows, height):
        yield slice(start, min(start + height, rows))


def _squared_distances(rows: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Squared Euclidean distances ``(len(rows), len(others))``."""
    # Computed in place, because blocks are large.
    squares = rows @ others.T
    squares *= -2.0
    squares += (rows * rows).sum(axis=1)[:, None]
    squares += np.einsum("ij,ij->i", others, others)[None, :]
    return np.maximum(squares, 0.0, out=squares)


def distances_to_nearest(examples: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return the Euclidean distance ``(n,)`` of each example ``(n, ...)`` to the nearest of the others ``(m, ...)``."""
    rows, columns = _pair(examples, others)
    nearest = np.empty(len(rows))
    for block in _blocks(len(rows), len(columns)):
        nearest[block] = np.sqrt(_squared_distances(rows[block], columns).min(axis=1))
    return nearest


def _neighbour_radii(vectors: np.ndarray, k: int) -> np.ndarray:
    """Squared distance of each vector to its k-th nearest neighbour, not counting itself."""
    if not 1 <= k < len(vectors):
        raise ValueError(f"k must lie between 1 and the number of examples - 1 = {len(vectors) - 1}, not {k}")
    radii = np.empty(len(vectors))
    for rows in _blocks(len(vectors), len(vectors)):
        distances = _squared_distances(vectors[rows], vectors)
        # A vector's distance to itself is set to exactly 0, so that rounding cannot put a duplicate before it.
        distances[np.arange(len(distances)), np.arange(rows.start, rows.stop)] = 0.0
        distances.partition(k, axis=1)
        radii[rows] = distances[:, k]
    return radii


def _neighbour_measures(real: np.ndarray, fake: np.ndarray, k: int, with_recall: bool = True) -> dict[str, float]:
    """Compute all measures in one pass over the distances; only recall needs the neighbours among the fakes."""
    real_radii = _neighbour_radii(real, k)
    fake_radii = _neighbour_radii(fake, k) if with_recall else None
    balls_hit = fakes_inside = 0
    covered, reals_inside = np.zeros((2, len(real)), dtype=bool)
    for rows in _blocks(len(fake), len(real)):
        distances = _squared_distances(fake[rows], real)
        if fake_radii is not None:
            reals_inside |= (distances <= fake_radii[rows, None]).any(axis=0)
        in_ball = distances <= real_radii[None, :]
        balls_hit += int(in_ball.sum())
        fakes_inside += int(in_ball.any(axis=1).sum())
        covered |= in_ball.any(axis=0)
    measures = {
        "precision": fakes_inside / len(fake),
        "density": balls_hit / (k * len(fake)),
        "coverage": float(covered.mean()),
    }
    return {**measures, "recall": float(reals_inside.mean())} if with_recall else measures


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
        ``precision``: share of fakes inside the real manifold; ``recall``: share of real examples inside the fake one.

    Raises
    ------
    ValueError
        If the sets do not fit together (see `frechet_distance`), or are too small for ``k``.
    """
    measures = _neighbour_measures(*_pair(real, fake), k)
    return {name: measures[name] for name in ("precision", "recall")}


def density_coverage(real: np.ndarray, fake: np.ndarray, k: int = 5) -> dict[str, float]:
    """Density and coverage (Naeem et al. 2020); unlike precision and recall, one outlier does not inflate them.

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
        If the sets do not fit together (see `frechet_distance`), or are too small for ``k``.
    """
    measures = _neighbour_measures(*_pair(real, fake), k, with_recall=False)
    return {name: measures[name] for name in ("density", "coverage")}


def kernel_distance(first: np.ndarray, second: np.ndarray) -> float:
    """Unbiased estimate of the squared maximum mean discrepancy under a cubic kernel: KID (Binkowski et al. 2018).

    The kernel is ``k(x, y) = (x . y / d + 1)^3`` for examples of ``d`` values. It compares means, covariances and third
    moments.

    Parameters
    ----------
    first, second : np.ndarray
        Examples ``(n, ...)`` and ``(m, ...)``, with equally many values each.

    Returns
    -------
    float
        The estimate. Its expected value is 0 for equal distributions, so it may be negative.

    Raises
    ------
    ValueError
        If the sets do not fit together (see `frechet_distance`).
    """
    first_vectors, second_vectors = _pair(first, second)

    def mean_kernel(rows: np.ndarray, others: np.ndarray) -> float:
        total = 0.0
        for block in _blocks(len(rows), len(others)):
            products = rows[block] @ others.T
            products /= rows.shape[1]
            products += 1.0
            total += np.einsum("ij,ij,ij->", products, products, products)
        if rows is not others:
            return total / (len(rows) * len(others))
        # An unbiased estimate does not pair an example with itself.
        total -= (((rows * rows).sum(axis=1) / rows.shape[1] + 1.0) ** 3).sum()
        return total / (len(rows) * (len(rows) - 1))

    within = mean_kernel(first_vectors, first_vectors) + mean_kernel(second_vectors, second_vectors)
    return float(within - 2.0 * mean_kernel(first_vectors, second_vectors))


def sliced_wasserstein_distance(first: np.ndarray, second: np.ndarray, projections: int = 256, seed: int = 0) -> float:
    """Sliced 2-Wasserstein distance (Bonneel et al. 2015): root mean square of the distances along random directions.

    Parameters
    ----------
    first, second : np.ndarray
        Examples ``(n, ...)`` and ``(m, ...)``, with equally many values each.
    projections : int
        Number of random directions, uniform on the sphere.
    seed : int
        Seed of the directions.

    Returns
    -------
    float
        The distance, in the units of the examples. If two sets differ by a shift ``s`` in ``d`` dimensions, its square
        has the expected value ``|s|^2 / d``.

    Raises
    ------
    ValueError
        If the sets do not fit together (see `frechet_distance`), or there is no direction.
    """
    if projections < 1:
        raise ValueError(f"at least one direction is needed, not {projections}")
    first_vectors, second_vectors = _pair(first, second)
    directions = np.random.default_rng(seed).standard_normal((first_vectors.shape[1], projections))
    directions /= np.sqrt((directions * directions).sum(axis=0))
    # Both quantile functions are constant between levels of the form i/n and j/m.
    n, m = len(first_vectors), len(second_vectors)
    levels = np.unique(np.concatenate([np.arange(n + 1) / n, np.arange(m + 1) / m]))
    widths, middles = np.diff(levels), (levels[1:] + levels[:-1]) / 2.0
    in_first, in_second = (middles * n).astype(int), (middles * m).astype(int)
    total = 0.0
    for direction in directions.T:
        difference = np.sort(first_vectors @ direction)[in_first] - np.sort(second_vectors @ direction)[in_second]
        total += widths @ (difference * difference)
    return float(np.sqrt(total / projections))


def farthest_apart(examples: np.ndarray) -> tuple[int, int]:
    """Return the indices of the two examples ``(n, ...)`` with the largest distance between them."""
    vectors = _vectors(examples, "examples")
    apart = _squared_distances(vectors, vectors)
    first, last = np.unravel_index(int(np.argmax(apart)), apart.shape)
    return int(first), int(last)


def comparison(real: np.ndarray, fake: np.ndarray, size: int = 5000) -> dict[str, float]:
    """All metrics of two sets that need no network, except the Frechet distance.

    Parameters
    ----------
    real, fake : np.ndarray
        Examples ``(n, ...)`` and ``(m, ...)``, with equally many values each.
    size : int
        Only the first ``size`` examples of each set are used, because precision and similar metrics depend on their
        number.

    Returns
    -------
    dict of str to float
        ``precision``, ``recall``, ``density`` and ``coverage`` (5 neighbours, or as many as a smaller set has),
        ``kernel_distance`` and ``sliced_wasserstein_distance``.

    Raises
    ------
    ValueError
        If the sets do not fit together (see `frechet_distance`).
    """
    real, fake = real[:size], fake[:size]
    k = min(5, len(real) - 1, len(fake) - 1)
    measures = _neighbour_measures(*_pair(real, fake), k)
    return {
        **{name: measures[name] for name in ("precision", "recall", "density", "coverage")},
        "kernel_distance": kernel_distance(real, fake),
        "sliced_wasserstein_distance": sliced_wasserstein_distance(real, fake),
    }
