"""Pictures of a style-based generator: mixed styles, what they move, and truncation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from gankit.plots.common import new_figure, show_images


def style_mixing(above: np.ndarray, left: np.ndarray, mixed: Mapping[str, np.ndarray]) -> Figure:
    """Draw faces on two margins, and in each block what the left faces become with some styles of the upper ones.

    Parameters
    ----------
    above : numpy.ndarray
        ``(columns, size, size)``, intensities in [0, 1].
    left : numpy.ndarray
        ``(rows, size, size)``.
    mixed : mapping
        For each block its label and its faces, ``(rows * columns, size, size)``, row by row.
    """
    rows, columns = len(left), len(above)
    figure = new_figure((0.72 * (columns + 1) + 1.3, 0.72 * (1 + rows * len(mixed)) + 0.75))
    grid = figure.add_gridspec(
        1 + len(mixed), 2, width_ratios=(1, columns), height_ratios=(1, *[rows] * len(mixed)), wspace=0.03, hspace=0.03
    )
    show_images(figure.add_subplot(grid[0, 1]), above, columns, "styles are taken from these faces ...")
    for number, (label, faces) in enumerate(mixed.items(), 1):
        margin = figure.add_subplot(grid[number, 0])
        show_images(margin, left, 1, "... and given to these" if number == 1 else "")
        margin.text(-0.15, 0.5, label, rotation=90, ha="right", va="center", fontsize=11, transform=margin.transAxes)
        show_images(figure.add_subplot(grid[number, 1]), faces, columns)
    return figure


def attribute_moves(table: np.ndarray, rows: Sequence[str], columns: Sequence[str]) -> Figure:
    """Draw how far each attribute moves, as a heat map with its numbers.

    Parameters
    ----------
    table : numpy.ndarray
        ``(rows, columns)``, at least 0; 1.13 is the colour at the upper end.
    rows, columns : sequence of str
        What was exchanged, and the attributes.
    """
    figure = new_figure((0.72 * len(columns) + 2.4, 0.5 * len(rows) + 1.7))
    axes = figure.subplots()
    most = 2 / np.sqrt(np.pi)
    image = axes.imshow(table, cmap="YlGnBu", vmin=0, vmax=most, aspect="auto")
    for row, line in enumerate(table):
        for column, value in enumerate(line):
            colour = "white" if value > 0.6 * most else "black"
            axes.text(column, row, f"{value:.2f}", ha="center", va="center", fontsize=8, color=colour)
    names = [name.replace("_", " ") for name in columns]
    axes.set_xticks(range(len(names)), names, rotation=40, ha="right", fontsize=9)
    axes.set_yticks(range(len(rows)), rows, fontsize=9)
    axes.set_title("how far attributes move when this is exchanged (in deviations)", fontsize=11)
    for spine in axes.spines.values():
        spine.set_visible(False)
    figure.colorbar(image, ax=axes, pad=0.01)
    return figure


def truncation(rows: Mapping[float, np.ndarray]) -> Figure:
    """Draw the same faces with styles at several distances from the mean, a row for each.

    Parameters
    ----------
    rows : mapping
        Maps psi to faces, ``(columns, size, size)``, intensities in [0, 1].
    """
    columns = len(next(iter(rows.values())))
    figure = new_figure((0.7 * columns + 0.8, 0.7 * len(rows) + 0.6))
    axes = figure.subplots()
    faces = np.concatenate(list(rows.values()))
    show_images(axes, faces, columns, "styles at psi times their distance from the mean style")
    side = faces.shape[1] + 1
    for number, psi in enumerate(rows):
        axes.text(
            -1.5, number * side + side / 2, f"{psi:g}".replace("-", "\u2212"), ha="right", va="center", fontsize=10
        )
    return figure
