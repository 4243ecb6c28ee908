"""Point clouds to learn from before faces: small enough that a mistake can be seen with the eye."""

from __future__ import annotations

import numpy as np

# Of the four clouds, in the plane.
CLOUD_CENTRES = np.array([[0.25, 0.25], [0.25, 0.75], [0.75, 0.25], [0.75, 0.75]])
CLOUD_DEVIATION = 0.05


def circle(points: int = 1000, seed: int = 0) -> np.ndarray:
    """Points on the circle of radius 0.3 around (0.5, 0.5).

    Returns
    -------
    numpy.ndarray
        float32, shape ``(points, 2)``, values in [0.2, 0.8].
    """
    angles = np.random.default_rng(seed).uniform(0.0, 2.0 * np.pi, points)
    return (0.5 + 0.3 * np.stack([np.cos(angles), np.sin(angles)], axis=1)).astype(np.float32)


def four_clouds(points: int = 1000, seed: int = 0) -> np.ndarray:
    """Four Gaussian clouds (standard deviation 0.05) at (0.25 or 0.75, 0.25 or 0.75), each point with its colour.

    The colour is a function of the place, so that a generator must learn how the five coordinates hang together:
    R = min(x^2, 1), G = min(y^2, 1), B = max(1 - R - G, 0).

    Returns
    -------
    numpy.ndarray
        float32, shape ``(points, 5)``: x, y, R, G, B.
    """
    random = np.random.default_rng(seed)
    centres = random.choice([0.25, 0.75], (points, 2))
    places = centres + CLOUD_DEVIATION * random.standard_normal((points, 2))
    return np.concatenate([places, colours(places)], axis=1).astype(np.float32)


def colours(places: np.ndarray) -> np.ndarray:
    """Colour of each place of :func:`four_clouds`: shape ``(n, 3)``, values in [0, 1]."""
    red_green = np.minimum(places[:, :2] ** 2, 1.0)
    blue = np.maximum(1.0 - red_green.sum(axis=1, keepdims=True), 0.0)
    return np.concatenate([red_green, blue], axis=1)


def corner_cloud(points: int = 1000, dimension: int = 49, deviation: float = 0.05, seed: int = 0) -> np.ndarray:
    """One Gaussian cloud around (0.8, ..., 0.8), towards a corner of the unit cube.

    Returns
    -------
    numpy.ndarray
        float32, shape ``(points, dimension)``.
    """
    random = np.random.default_rng(seed)
    return (0.8 + deviation * random.standard_normal((points, dimension))).astype(np.float32)


def corner_distances(cloud: np.ndarray) -> dict[str, float]:
    """The two distances that tell how well a sample matches :func:`corner_cloud`.

    For S points of the true cloud in N dimensions, the expected values are N std^2 and N std^2 / S.

    Parameters
    ----------
    cloud : numpy.ndarray
        Shape ``(S, N)``.

    Returns
    -------
    dict
        ``mean_squared_distance``: mean over the points of the squared distance to (0.8, ..., 0.8);
        ``barycentre_squared_distance``: squared distance of the sample's barycentre to it.
    """
    offsets = np.asarray(cloud, np.float64) - 0.8
    return {
        "mean_squared_distance": float((offsets**2).sum(axis=1).mean()),
        "barycentre_squared_distance": float((offsets.mean(axis=0) ** 2).sum()),
    }
