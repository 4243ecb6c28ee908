"""Accuracy against the number of labels, and seed by seed against the same labels with nothing added."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from gankit.plots.common import FAKE_COLOUR, REAL_COLOUR, film_of_panels, new_figure, show_images

COLOURS = ("0.25", REAL_COLOUR, "#6bb3d0", FAKE_COLOUR, "#8e5ea2", "#e08e0b", "#3a9a5b")
MARKERS = "os<^vDP"


def accuracy_by_labels(
    accuracies: Mapping[str, Mapping[int, np.ndarray]], floor: np.ndarray, titles: Mapping[str, str]
) -> Figure:
    """Draw the accuracy of each way against the number of labels, and beside it the differences from the first way.

    Parameters
    ----------
    accuracies : mapping
        For each way and each number of labels, one accuracy for each seed, ``(seeds,)``. Values at the same
        place belong together.
    floor : numpy.ndarray
        The accuracies from all labels; their median becomes a dashed line.
    titles : mapping
        The title of each way.
    """
    first, counts = next(iter(accuracies)), list(next(iter(accuracies.values())))
    seeds = len(accuracies[first][counts[0]])
    figure = new_figure((11, 4.6))
    left, right = figure.subplots(1, 2, width_ratios=(1, 1.15))
    places = np.arange(len(counts))
    for number, (name, by_count) in enumerate(accuracies.items()):
        style = {"color": COLOURS[number % len(COLOURS)], "marker": MARKERS[number % len(MARKERS)]}
        moved = places + 0.05 * (number - (len(accuracies) - 1) / 2)
        values = np.stack([by_count[count] for count in counts])
        middle = np.median(values, axis=1)
        reach = np.abs(np.stack([values.min(axis=1), values.max(axis=1)]) - middle)
        error = reach if seeds > 1 else None
        left.errorbar(moved, middle, error, label=titles[name], capsize=2, linewidth=1.3, markersize=5, **style)
        if name != first:
            moved = places + 0.11 * (number - len(accuracies) / 2)
            differences = values - np.stack([accuracies[first][count] for count in counts])
            right.scatter(np.repeat(moved, seeds), differences, s=18, alpha=0.65, linewidths=0, **style)
            right.scatter(moved, np.median(differences, axis=1), s=260, linewidths=2, color=style["color"], marker="_")
    left.axhline(np.median(floor), color="0.3", linewidth=1, linestyle="--", label="all labels (floor)")
    right.axhline(0, color="0.3", linewidth=1, linestyle="--")
    for axes in (left, right):
        axes.set_xticks(places, [f"{count:,}" for count in counts])
        axes.set_xlabel("labelled faces")
        axes.grid(alpha=0.25)
    bars = "; bars from the worst to the best" if seeds > 1 else ""
    left.set_title(f"balanced accuracy, {_seeds(seeds)}{bars}", fontsize=11)
    right.set_title(f"minus that of: {titles[first]}, a dot for each seed", fontsize=11)
    left.legend(fontsize=7)
    return figure


def _seeds(seeds: int) -> str:
    return "one seed" if seeds == 1 else f"median of {seeds} seeds"


def kinds_of_faces(panels: Sequence[Mapping[str, np.ndarray]], columns: int = 6) -> Figure:
    """Draw grids of faces in rows of panels; in each grid the upper half lacks the attribute and the lower half has it.

    Parameters
    ----------
    panels : sequence of mapping
        For each row, the faces of each panel by its title, ``(n, height, width)``, intensities in [0, 1].
    columns : int
        Faces in a row of a grid.
    """
    most = max(map(len, panels))
    rows = max(-(-len(faces) // columns) for row in panels for faces in row.values())
    figure = new_figure((0.36 * columns * most + 0.2, (0.36 * rows + 0.4) * len(panels) + 0.2))
    for axes_of_row, row in zip(figure.subplots(len(panels), most, squeeze=False), panels):
        for axes in axes_of_row:
            axes.set_axis_off()
        for axes, (title, faces) in zip(axes_of_row, row.items()):
            show_images(axes, faces, columns, title)
    return figure


def film_of_faces(
    frames: Sequence[Mapping[Any, np.ndarray]], title: Callable[[int, Any], str], columns: int = 6
) -> list[np.ndarray]:
    """Draw the frames of an animation of several generators side by side.

    Parameters
    ----------
    frames : sequence of mapping
        For each frame, the faces of each generator by its key, ``(n, height, width)``, intensities in [0, 1].
    title : callable
        Maps the number of a frame and a key to what is written above the faces.
    columns : int
        Faces in a row.

    Returns
    -------
    list of numpy.ndarray
        uint8, shape ``(height, width, 3)``, one per frame.
    """
    # Below the upper edge, so that no title is cut off.
    return film_of_panels(frames, lambda axes, faces: show_images(axes, faces, columns), title, height=2.3, top=0.97)
