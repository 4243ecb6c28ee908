"""Quality against cost: points of flows with many and with few steps, and their distances from real points."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from gankit.plots.common import FAKE_COLOUR, REAL_COLOUR, new_figure

COLOURS = {"distilled": FAKE_COLOUR, "euler": REAL_COLOUR, "order_4": "#8f8f8f"}
POINTS_SHOWN = 1500
ROWS = ("distilled", "euler")


def quality_against_cost(
    points: Mapping[str, Mapping[int, np.ndarray]],
    measures: Mapping[str, Mapping[str, Mapping[str, float]]],
    limits: tuple[float, float],
    labels: Mapping[str, str],
) -> Figure:
    """Draw the points of distilled flows above those of Euler's method, and all distances against their cost.

    Parameters
    ----------
    points : mapping
        Points ``(n, 2)`` by the way they were made and the number of times that a field was evaluated.
    measures : mapping
        ``sliced_wasserstein`` by way and number; ``exact`` and ``real`` are drawn as lines.
    limits : tuple of float
        The least and the largest coordinate of the points that are shown.
    labels : mapping
        The name of each way.
    """
    counts = sorted(points["distilled"], reverse=True)
    places = [[f"{way} {count}" for count in counts] + ["curve"] * 2 for way in ROWS]
    figure = new_figure((2.1 * len(counts) + 5.2, 4.7))
    mosaic: list[Any] = places
    panels = figure.subplot_mosaic(mosaic)
    for way in ROWS:
        for count in counts:
            axes, shown = panels[f"{way} {count}"], points[way][count][:POINTS_SHOWN]
            axes.scatter(*shown.T, s=2, color=COLOURS[way], linewidths=0)
            axes.set(xlim=limits, ylim=limits, xticks=[], yticks=[], aspect="equal")
            axes.set_title(f"{labels[way]}, {count} {'steps' if count > 1 else 'step'}", fontsize=10)
    curve = panels["curve"]
    for way, colour in COLOURS.items():
        drawn = sorted((int(count), row["sliced_wasserstein"]) for count, row in measures[way].items())
        curve.plot(*np.transpose(drawn), color=colour, marker="o", markersize=4, label=labels[way])
    for name, label, style in (("exact", labels["exact"], ":"), ("real", "real points (floor)", "--")):
        (row,) = measures[name].values()
        curve.axhline(row["sliced_wasserstein"], color="0.3", linewidth=1, linestyle=style, label=label)
    every = sorted({int(count) for way in COLOURS for count in measures[way]})
    curve.set_xscale("log", base=2)
    curve.set_yscale("log")
    curve.set_xticks(every, [str(count) for count in every])
    curve.set_xlabel("evaluations of the field for a point")
    curve.set_title("sliced Wasserstein distance from real points", fontsize=11)
    curve.grid(alpha=0.25, which="both")
    curve.legend(fontsize=8)
    return figure
