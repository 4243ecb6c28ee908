"""Points in the plane whose density is known, so that everything about a generator of them can be computed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gankit.errors import InputError

# The sizes of the papers' tables (Srivastava et al. 2017; Lin et al. 2018).
RING_RADIUS, RING_DEVIATION = 1.0, 0.01
GRID_SPACING, GRID_DEVIATION = 2.0, 0.05
SPIRAL_DEVIATION, MOON_DEVIATION = 0.03, 0.06
CLOUD_DEVIATION = 0.05
# A curve is a row of this many centres. They are much closer to each other than the deviation around them.
CENTRES_OF_A_CURVE = 1000
# Distances between this many pairs of points are computed at a time: 0.8 MB, which the processor keeps close by.
PAIRS_AT_A_TIME = 100_000


@dataclass(frozen=True)
class Density:
    """An equal mixture of Gaussian distributions in the plane.

    Attributes
    ----------
    centres : numpy.ndarray
        Their means, float64, shape ``(k, 2)``.
    covariance : numpy.ndarray
        The covariance of all of them, float64, shape ``(2, 2)``.
    has_modes : bool
        Whether each centre is a mode. Otherwise they follow a curve.
    """

    centres: np.ndarray
    covariance: np.ndarray
    has_modes: bool = True

    @property
    def deviation(self) -> float:
        """The standard deviation around a centre, if it is the same in all directions."""
        return float(np.sqrt(self.covariance[0, 0]))

    @property
    def mean(self) -> np.ndarray:
        """The mean of the whole distribution, shape ``(2,)``."""
        return self.centres.mean(axis=0)

    @property
    def total_covariance(self) -> np.ndarray:
        """The covariance of the whole distribution, shape ``(2, 2)``."""
        offsets = self.centres - self.mean
        return self.covariance + offsets.T @ offsets / len(offsets)

    @property
    def limits(self) -> tuple[float, float]:
        """The least and the largest coordinate that a picture shows; it is a square around the mean."""
        corner = 4.0 * np.sqrt(np.diag(self.covariance))
        reach = max(np.abs(self.centres - self.mean).max(axis=0) + corner)
        middle = (self.mean.min() + self.mean.max()) / 2
        reach = 1.1 * (reach + np.ptp(self.mean) / 2)
        return float(middle - reach), float(middle + reach)

    def places(self, cells: int) -> np.ndarray:
        """Return the middles of ``cells`` by ``cells`` cells of the picture, row by row: shape ``(cells ** 2, 2)``."""
        low, high = self.limits
        middles = low + (high - low) * (np.arange(cells) + 0.5) / cells
        return np.stack(np.meshgrid(middles, middles), axis=-1).reshape(-1, 2)

    def sample(self, count: int, seed: int = 0) -> np.ndarray:
        """Sample points: float32, shape ``(count, 2)``."""
        random = np.random.default_rng(seed)
        noise = random.standard_normal((count, 2)) @ np.linalg.cholesky(self.covariance).T
        return (self.centres[random.integers(len(self.centres), size=count)] + noise).astype(np.float32)

    def log_density(self, points: np.ndarray) -> np.ndarray:
        """Return the logarithm of the density at each point: float64, shape ``(n,)`` for points ``(n, 2)``."""
        return mixture_log_density(points, self.centres, self.covariance)


def mixture_log_density(points: np.ndarray, centres: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """Return the logarithm of the density of an equal mixture of Gaussian distributions.

    Parameters
    ----------
    points : numpy.ndarray
        Where to evaluate it, shape ``(n, d)``.
    centres : numpy.ndarray
        The means of the distributions, shape ``(k, d)``.
    covariance : numpy.ndarray
        The covariance of all of them, shape ``(d, d)``.

    Returns
    -------
    numpy.ndarray
        float64, shape ``(n,)``. It is finite, however far a point is from all centres.
    """
    factor = np.linalg.cholesky(covariance)
    # In these coordinates, every distribution is the standard normal one.
    points, centres = (np.linalg.solve(factor, np.asarray(each, np.float64).T).T for each in (points, centres))
    rows = max(1, PAIRS_AT_A_TIME // len(centres))
    logs = np.empty(len(points))
    for start in range(0, len(points), rows):
        # In place, because new arrays of this size take a third of the time.
        squares = _squared_distances(points[start : start + rows], centres)
        nearest = squares.min(axis=1)
        np.subtract(nearest[:, None], squares, out=squares)
        squares /= 2
        np.exp(squares, out=squares)
        logs[start : start + rows] = np.log(squares.mean(axis=1)) - nearest / 2
    constant = np.log(np.diag(factor)).sum() + points.shape[1] / 2 * np.log(2 * np.pi)
    return logs - constant


def _squared_distances(points: np.ndarray, centres: np.ndarray) -> np.ndarray:
    squares = np.zeros((len(points), len(centres)))
    for axis in range(points.shape[1]):
        differences = points[:, axis, None] - np.ascontiguousarray(centres[:, axis])
        differences *= differences
        squares += differences
    return squares


def gaussian() -> Density:
    """One Gaussian distribution whose two coordinates are correlated."""
    return Density(np.array([[1.0, -0.5]]), np.array([[1.0, 0.6], [0.6, 0.5]]))


def ring() -> Density:
    """Eight narrow Gaussian distributions on a circle of radius 1, with the deviation 0.01 (Srivastava et al. 2017)."""
    angles = 2.0 * np.pi * np.arange(8) / 8
    return _equal(RING_RADIUS * np.stack([np.cos(angles), np.sin(angles)], axis=1), RING_DEVIATION)


def grid() -> Density:
    """Twenty-five Gaussian distributions on a grid of spacing 2, with the deviation 0.05 (Srivastava et al. 2017)."""
    axis = GRID_SPACING * np.arange(-2, 3)
    return _equal(np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2), GRID_DEVIATION)


def spiral() -> Density:
    """A spiral of two turns; the points are spread evenly along it, with the deviation 0.03."""
    turns = np.linspace(0.25, 2.25, 20 * CENTRES_OF_A_CURVE)
    curve = (turns / 2.25)[:, None] * np.stack([np.cos(2 * np.pi * turns), np.sin(2 * np.pi * turns)], axis=1)
    return _equal(_evenly(curve), SPIRAL_DEVIATION, has_modes=False)


def moons() -> Density:
    """Two half circles of radius 1, each around an end of the other, with the deviation 0.06."""
    angles = np.pi * (np.arange(CENTRES_OF_A_CURVE // 2) + 0.5) / (CENTRES_OF_A_CURVE // 2)
    upper = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return _equal(np.concatenate([upper, [1.0, 0.5] - upper]), MOON_DEVIATION, has_modes=False)


def clouds() -> Density:
    """The four clouds of task 1 without their colours: deviation 0.05 around (0.25 or 0.75, 0.25 or 0.75)."""
    axis = np.array([0.25, 0.75])
    return _equal(np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2), CLOUD_DEVIATION)


#: The densities by name, in the order of :data:`gankit.choices.DENSITIES`.
DENSITIES: dict[str, Callable[[], Density]] = {
    "gaussian": gaussian,
    "ring": ring,
    "grid": grid,
    "spiral": spiral,
    "moons": moons,
    "clouds": clouds,
}


def get_density(name: str) -> Density:
    """Return the density of that name.

    Raises
    ------
    InputError
        If there is none.
    """
    if name not in DENSITIES:
        raise InputError(f"There is no density {name!r}; choose one of {', '.join(DENSITIES)}.")
    return DENSITIES[name]()


def _equal(centres: np.ndarray, deviation: float, has_modes: bool = True) -> Density:
    return Density(centres, deviation**2 * np.eye(2), has_modes)


def _evenly(curve: np.ndarray) -> np.ndarray:
    """Return points at equal distances along a finely divided curve."""
    lengths = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(curve, axis=0).T))])
    places = lengths[-1] * (np.arange(CENTRES_OF_A_CURVE) + 0.5) / CENTRES_OF_A_CURVE
    return np.stack([np.interp(places, lengths, curve[:, axis]) for axis in range(2)], axis=1)
