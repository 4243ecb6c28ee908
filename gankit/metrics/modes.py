"""Modes of a point cloud: how many a sample covers, and what share of the sample lies on one."""

from __future__ import annotations

import numpy as np


def modes_found(points: np.ndarray, centres: np.ndarray, reach: float) -> dict[str, float]:
    """Measure how many modes a sample covers and what share of it lies on a mode (Srivastava et al. 2017).

    Parameters
    ----------
    points : np.ndarray
        The sample, ``(n, d)``.
    centres : np.ndarray
        The modes, ``(k, d)``.
    reach : float
        A point within this distance of a centre lies on that mode; three standard deviations are usual.

    Returns
    -------
    dict of str to float
        ``modes_found``: share of modes on which at least one point lies; ``points_on_a_mode``: share of points.

    Raises
    ------
    ValueError
        If the arrays do not fit together or hold values that are not finite.
    """
    points, centres = np.asarray(points, np.float64), np.asarray(centres, np.float64)
    if points.ndim != 2 or centres.ndim != 2 or points.shape[1] != centres.shape[1] or not len(points):
        raise ValueError(f"points {points.shape} and centres {centres.shape} must have the shapes (n, d) and (k, d)")
    if not (np.isfinite(points).all() and np.isfinite(centres).all()):
        raise ValueError("points and centres must be finite")
    on_mode = np.stack([((points - centre) ** 2).sum(axis=1) <= reach * reach for centre in centres])
    return {
        "modes_found": float(on_mode.any(axis=1).mean()),
        "points_on_a_mode": float(on_mode.any(axis=0).mean()),
    }
