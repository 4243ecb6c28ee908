"""Pictures of distances: how they rank pairs of faces."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from gankit.plots.common import FAKE_COLOUR, REAL_COLOUR, new_figure, tile

COLOURS = (REAL_COLOUR, FAKE_COLOUR, "#8f8f8f")


def rankings(
    pictures: Mapping[str, np.ndarray],
    distances: Mapping[str, Mapping[str, np.ndarray]],
    shares: Mapping[str, Mapping[str, float]],
    shown: int = 6,
) -> Figure:
    """Draw changed faces with their median distances from the originals, and how often each distance ranks them right.

    Parameters
    ----------
    pictures : mapping
        Maps the name of each change to the changed faces, ``(n, height, width)``, intensities in [0, 1]. The first are
        the originals.
    distances : mapping
        Maps the name of each distance to the distances ``(n,)`` by change.
    shares : mapping
        Maps each question to the share of right answers by distance.
    shown : int
        Faces in a column.
    """
    figure = new_figure((12, 5.4))
    faces, bars = figure.subplots(1, 2, width_ratios=(1.5, 1))
    columns = np.stack([changed[:shown] for changed in pictures.values()], axis=1)
    side = columns.shape[2] + 1
    faces.imshow(tile(columns.reshape(-1, *columns.shape[2:]), len(pictures)), cmap="gray", vmin=0, vmax=1)
    faces.set_xticks(
        side * np.arange(len(pictures)) + side / 2 - 1, [name.replace(" ", "\n") for name in pictures], fontsize=9
    )
    faces.xaxis.tick_top()
    faces.set_yticks([])
    for line, by_change in enumerate(distances.values()):
        below = (shown + 0.22 + 0.28 * line) * side
        for column, change in enumerate(pictures):
            value = f"{np.median(by_change[change]):.3f}" if change in by_change else "0"
            middle = side * column + side / 2 - 1
            faces.text(middle, below, value, ha="center", va="center", fontsize=9, color=COLOURS[line])
    faces.tick_params(length=0)
    for spine in faces.spines.values():
        spine.set_visible(False)

    width = 0.8 / len(distances)
    places = np.arange(len(shares))[::-1]
    for line, name in enumerate(distances):
        values = [by_distance[name] for by_distance in shares.values()]
        heights = places + 0.4 - (line + 0.5) * width
        bars.barh(heights, values, width, color=COLOURS[line], label=name)
        for height, share in zip(heights, values):
            bars.text(share - 0.01, height, f"{share:.2f}", ha="right", va="center", fontsize=8, color="white")
    bars.axvline(0.5, color="black", linewidth=0.8, linestyle="--")
    bars.set_yticks(places, list(shares), fontsize=8)
    bars.set_xlim(0, 1)
    bars.set_title("share of faces ranked right (dashed: guessing)", fontsize=11)
    bars.legend(fontsize=9, loc="upper center", bbox_to_anchor=(0.3, -0.06), ncols=2, frameon=False)
    faces.set_xlabel("below each column: median distance from the original", fontsize=9, labelpad=42)
    return figure
