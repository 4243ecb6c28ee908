"""Modes of a point cloud: how many a sample covers, what share of it lies on one, and how evenly it is divided."""

from __future__ import annotations

import numpy as np


def mode_coverage(points: np.ndarray, centres: np.ndarray, reach: float) -> dict[str, float]:
    """Measure how a sample is divided among modes (Srivastava et al. 2017; the divergence: Lin et al. 2018).

    Parameters
    ----------
    points : np.ndarray
        The sample, ``(n, d)``. The papers take 2,500 points.
    centres : np.ndarray
        The modes, ``(k, d)``.
    reach : float
        A point within this distance of a centre lies on that mode; three standard deviations are usual.

    Returns
    -------
    dict of str to float
        ``modes``: number of modes on which at least one point lies; ``high_quality``: share of the points that lie on a
        mode; ``mode_divergence``: the Kullback-Leibler divergence, in nats, of the shares of the points on each mode
        from equal shares: 0 if all modes have as many points, log k if one mode has all, and nan if no mode has any.

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
    squares = np.stack([((points - centre) ** 2).sum(axis=1) for centre in centres])
    near = squares <= reach * reach
    # A point that lies on several modes counts for the nearest.
    counts = np.bincount(squares.argmin(axis=0)[near.any(axis=0)], minlength=len(centres))
    shares = counts[counts > 0] / max(counts.sum(), 1)
    return {
        "modes": int(near.any(axis=1).sum()),
        "high_quality": float(near.any(axis=0).mean()),
        "mode_divergence": float((shares * np.log(shares * len(centres))).sum()) if len(shares) else float("nan"),
    }
