"""Point clouds for the first tasks; they are so small that a mistake can be seen.

For each cloud, a function measures how well a sample matches it. The true values of these measures are known.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from gankit.errors import InputError, first_line
from gankit.memory import require_memory
from gankit.stored_arrays import UnreadableError, read_arrays

CIRCLE_CENTRE, CIRCLE_RADIUS = 0.5, 0.3
# A point this close to the circle counts as on it. A sector counts as covered if it holds such a point.
CIRCLE_REACH, CIRCLE_SECTORS = 0.03, 72
# Centres of the four clouds in the plane.
CLOUD_CENTRES = np.array([[0.25, 0.25], [0.25, 0.75], [0.75, 0.25], [0.75, 0.75]])
CLOUD_DEVIATION = 0.05
COLOUR_REACH = 0.1
# A user's points are scaled to this interval, because a sigmoid reaches 0 and 1 only in the limit.
OWN_POINTS_RANGE = (0.1, 0.9)


def circle(points: int = 1000, seed: int = 0) -> np.ndarray:
    """Points on the circle of radius 0.3 around (0.5, 0.5).

    Returns
    -------
    numpy.ndarray
        float32, shape ``(points, 2)``, values in [0.2, 0.8].
    """
    angles = np.random.default_rng(seed).uniform(0.0, 2.0 * np.pi, points)
    return (CIRCLE_CENTRE + CIRCLE_RADIUS * np.stack([np.cos(angles), np.sin(angles)], axis=1)).astype(np.float32)


def circle_quality(points: np.ndarray) -> dict[str, float]:
    """Measure how well a sample matches :func:`circle`.

    Parameters
    ----------
    points : numpy.ndarray
        Shape ``(n, 2)``.

    Returns
    -------
    dict
        ``on_circle``: share of the points within 0.03 of the circle; ``arc_covered``: share of its 72 sectors of 5
        degrees that hold at least one of those points. Both are 1 for a large sample of the true cloud.
    """
    offsets = np.asarray(points, np.float64) - CIRCLE_CENTRE
    near = np.abs(np.hypot(*offsets.T) - CIRCLE_RADIUS) <= CIRCLE_REACH
    turns = np.arctan2(offsets[near, 1], offsets[near, 0]) / (2 * np.pi) % 1
    sectors = np.unique(np.minimum(turns * CIRCLE_SECTORS, CIRCLE_SECTORS - 1).astype(int))
    return {"on_circle": float(near.mean()), "arc_covered": len(sectors) / CIRCLE_SECTORS}


def four_clouds(points: int = 1000, seed: int = 0) -> np.ndarray:
    """Four Gaussian clouds (standard deviation 0.05) at (0.25 or 0.75, 0.25 or 0.75), each point with its colour.

    The colour is a function of the position, so a generator must learn how the five coordinates are related:
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
    """Colour of each position in :func:`four_clouds`: shape ``(n, 3)``, values in [0, 1]."""
    red_green = np.minimum(places[:, :2] ** 2, 1.0)
    blue = np.maximum(1.0 - red_green.sum(axis=1, keepdims=True), 0.0)
    return np.concatenate([red_green, blue], axis=1)


def four_clouds_quality(points: np.ndarray) -> dict[str, float]:
    """Measure how well a sample matches :func:`four_clouds`.

    Parameters
    ----------
    points : numpy.ndarray
        Shape ``(n, 5)``.

    Returns
    -------
    dict
        ``on_a_cloud``: share of the points within three standard deviations of a centre (0.989 for the true clouds);
        ``and_right_colour``: share of those that also have the colour of their position, to 0.1 in each channel;
        ``smallest_cloud`` and ``largest_cloud``: share of all points on the cloud with the fewest and with the most
        (near 0.25 for the true clouds; 0 for a cloud that was not found).
    """
    points = np.asarray(points, np.float64)
    distances = np.linalg.norm(points[:, None, :2] - CLOUD_CENTRES, axis=2)
    on_a_cloud = distances.min(axis=1) <= 3 * CLOUD_DEVIATION
    right_colour = (np.abs(points[:, 2:] - colours(points[:, :2])) <= COLOUR_REACH).all(axis=1)
    shares = np.bincount(distances.argmin(axis=1)[on_a_cloud], minlength=4) / len(points)
    return {
        "on_a_cloud": float(on_a_cloud.mean()),
        "and_right_colour": float((on_a_cloud & right_colour).mean()),
        "smallest_cloud": float(min(shares)),
        "largest_cloud": float(max(shares)),
    }


def corner_cloud(points: int = 1000, dimension: int = 49, deviation: float = 0.05, seed: int = 0) -> np.ndarray:
    """One Gaussian cloud around (0.8, ..., 0.8), towards a corner of the unit cube.

    Returns
    -------
    numpy.ndarray
        float32, shape ``(points, dimension)``.
    """
    random = np.random.default_rng(seed)
    return (0.8 + deviation * random.standard_normal((points, dimension))).astype(np.float32)


def corner_quality(cloud: np.ndarray) -> dict[str, float]:
    """Measure how well a sample matches :func:`corner_cloud`, by two distances.

    For S points of the true cloud in N dimensions, the distances have the expected values N std^2 and N std^2 / S.

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


CLOUDS: dict[str | Path, Callable[..., np.ndarray]] = {
    "circle": circle,
    "four_clouds": four_clouds,
    "corner_cloud": corner_cloud,
}
QUALITIES: dict[str | Path, Callable[[np.ndarray], dict[str, float]]] = {
    "circle": circle_quality,
    "four_clouds": four_clouds_quality,
    "corner_cloud": corner_quality,
}


def get_points(cloud: str | Path, seed: int = 0) -> np.ndarray:
    """Return the points of one of this module's clouds, or a user's points from a file (:func:`read_points`).

    Parameters
    ----------
    cloud : str or path
        A key of :data:`CLOUDS`, or a file.
    seed : int
        Seed of the cloud; it has no effect on a file.
    """
    return CLOUDS[cloud](seed=seed) if cloud in CLOUDS else read_points(cloud)


def read_points(path: str | Path) -> np.ndarray:
    """Read points from a file, and scale each column to [0.1, 0.9], where a sigmoid output can reach them.

    Parameters
    ----------
    path : path
        ``.npy`` or ``.npz`` with one array, or text with one point per line, numbers separated by commas or blanks,
        with or without one line of headings.

    Returns
    -------
    numpy.ndarray
        float32, shape ``(n, d)``, at least 4 points of at least 2 coordinates.

    Raises
    ------
    InputError
        If the file is missing or unreadable, or does not hold such points.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"There is no file of points at {path}; give a .npy, .npz, .csv or .txt file.")
    try:
        if path.suffix in (".npy", ".npz"):
            (points,) = read_arrays(path, _only_array).values()
        else:
            points = _read_text(path)
        points = np.asarray(points, np.float64)
    except (UnreadableError, ValueError, TypeError) as error:
        raise InputError(
            f"{path} cannot be read as points ({first_line(error)}); give one point per row, one coordinate per column."
        ) from error
    if points.ndim != 2 or points.shape[0] < 4 or points.shape[1] < 2:
        raise InputError(
            f"{path} holds an array of shape {points.shape}; points have the shape (n, d), n >= 4, d >= 2."
        )
    if not np.isfinite(points).all():
        raise InputError(f"{path} holds numbers that are not finite; remove those points.")
    low, high = OWN_POINTS_RANGE
    least, extent = points.min(axis=0), np.ptp(points, axis=0)
    # A constant column becomes 0.5, the middle.
    places = np.where(extent > 0, (points - least) / np.where(extent > 0, extent, 1), 0.5)
    return (low + (high - low) * places).astype(np.float32)


def _only_array(names: Sequence[str]) -> Sequence[str]:
    if len(names) != 1:
        raise UnreadableError(f"it holds {len(names)} arrays, and only one is expected")
    return names


def _read_text(path: Path) -> np.ndarray:
    # Each number takes at least two characters in the file, and about 200 bytes while the text is read.
    require_memory(100 * path.stat().st_size, f"Reading {path}", "give fewer points, or a .npy file")
    lines = path.read_text(encoding="utf-8-sig").replace(",", " ").replace(";", " ").splitlines()
    rows = [line.split() for line in lines if line.strip() and not line.lstrip().startswith("#")]
    try:
        [float(word) for word in rows[0]]
    except (ValueError, IndexError):
        rows = rows[1:]
    if len({len(row) for row in rows}) > 1:
        raise UnreadableError("its rows have different numbers of columns")
    return np.array(rows, np.float64)
