"""The course of two trainings that are compared at equal time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from gankit.plots.common import FAKE_COLOUR, REAL_COLOUR, new_figure


def distances_over_time(
    seconds: Mapping[str, Sequence[float]],
    distances: Mapping[str, Sequence[float]],
    resolutions: Mapping[str, Sequence[int]],
    floor: float,
) -> Figure:
    """Draw distances to real faces against the time used, and mark where the resolution changes.

    Parameters
    ----------
    seconds, distances, resolutions : mapping
        For each training its series: the seconds used, the distance, and the resolution.
    floor : float
        The distance of other real faces, drawn as a dashed line.
    """
    figure = new_figure((9, 4))
    axes = figure.subplots()
    for (name, times), colour in zip(seconds.items(), (FAKE_COLOUR, REAL_COLOUR)):
        values, sizes = np.array(distances[name]), np.array(resolutions[name])
        axes.plot(times, values, color=colour, marker="o", markersize=4, label=name)
        changes = np.flatnonzero(np.diff(sizes)) + 1
        if len(changes):
            for place in (0, *changes):
                axes.annotate(
                    f"{sizes[place]}x{sizes[place]}",
                    (times[place], values[place]),
                    xytext=(3, 8),
                    textcoords="offset points",
                    color=colour,
                    fontsize=9,
                )
    axes.axhline(floor, color="0.3", linewidth=1, linestyle="--", label="real faces (floor)")
    axes.set_yscale("log")
    axes.set_xlabel("seconds of processor time")
    axes.set_ylabel("Frechet distance on 16x16 pixels")
    axes.grid(alpha=0.25, which="both")
    axes.legend(fontsize=9)
    return figure
