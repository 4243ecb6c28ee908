"""Pictures of a conditional generator: sheets, confusion matrices, what was read back, and what moved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from gankit.plots.common import FAKE_COLOUR, REAL_COLOUR, new_figure, tile


def sheets(grids: Mapping[str, np.ndarray], labels: Sequence[Sequence[str]], in_a_row: int = 2) -> Figure:
    """Draw sheets of pictures: in each, one latent a row and one condition a column.

    Parameters
    ----------
    grids : mapping
        Maps the title of each sheet to its pictures, row by row, ``(rows * columns, height, width)``, intensities in
        [0, 1].
    labels : sequence of sequence of str
        The label of each column of each sheet; their number is the number of columns.
    in_a_row : int
        Sheets beside each other.
    """
    columns, down = min(in_a_row, len(grids)), -(-len(grids) // in_a_row)
    pictures = next(iter(grids.values()))
    rows = len(pictures) // len(labels[0])
    figure = new_figure((0.48 * len(labels[0]) * columns + 0.3, (0.48 * rows + 1.0) * down))
    for axes, (title, images), names in zip(
        figure.subplots(down, columns, squeeze=False).ravel(), grids.items(), labels
    ):
        axes.imshow(tile(images, len(names)), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
        step = images.shape[2] + 1
        axes.set_xticks([number * step + images.shape[2] / 2 - 0.5 for number in range(len(names))])
        axes.set_xticklabels(names, fontsize=8)
        axes.set_yticks([])
        axes.tick_params(length=0)
        axes.xaxis.tick_top()
        axes.set_title(title, fontsize=11)
        for spine in axes.spines.values():
            spine.set_visible(False)
    return figure


def confusion_matrices(matrices: Mapping[str, np.ndarray], names: Sequence[str]) -> Figure:
    """Draw confusion matrices side by side, with the share in each field that is not empty, in percent.

    Parameters
    ----------
    matrices : mapping
        Maps titles to matrices of shares, ``(k, k)``: a row for each class that was asked for.
    names : sequence of str
        The names of the classes.
    """
    figure = new_figure((4.2 * len(matrices), 4.8))
    for number, (axes, (title, matrix)) in enumerate(
        zip(figure.subplots(1, len(matrices), squeeze=False)[0], matrices.items())
    ):
        axes.imshow(np.sqrt(matrix), cmap="Blues", vmin=0, vmax=1)
        for row, column in zip(*np.nonzero(matrix > 0.0005)):
            share = 100 * matrix[row, column]
            colour = "white" if share > 40 else "black"
            axes.text(
                column,
                row,
                f"{share:.0f}" if share >= 10 else f"{share:.1f}",
                ha="center",
                va="center",
                fontsize=7,
                color=colour,
            )
        axes.set_xticks(range(len(names)))
        axes.set_yticks(range(len(names)))
        axes.set_xticklabels(names, fontsize=8)
        axes.set_yticklabels(names, fontsize=8)
        axes.set_xlabel("read by the classifier")
        if number == 0:
            axes.set_ylabel("asked for")
        axes.set_title(title, fontsize=11)
    return figure


def asked_and_read(
    panels: Mapping[str, tuple[np.ndarray, np.ndarray, np.ndarray]], correlations: Mapping[str, tuple[float, float]]
) -> Figure:
    """Draw, for each condition, the values read in generated and in real pictures over the values asked for.

    Parameters
    ----------
    panels : mapping
        Maps the name of each condition to three arrays ``(n,)``: the value asked for, which is also that of a real
        picture; the value read in the generated picture; the value read in the real one.
    correlations : mapping
        Maps the same names to the two correlations that are written into the title.
    """
    figure = new_figure((3.3 * len(panels), 3.4))
    for number, (axes, (name, (asked, generated, real))) in enumerate(
        zip(figure.subplots(1, len(panels), squeeze=False)[0], panels.items())
    ):
        # A condition that is there or not gets some width, so that its points do not lie on one line.
        few = len(np.unique(asked)) <= 2
        jitter = np.random.default_rng(0).uniform(-0.15, 0.15, len(asked)) if few else np.zeros(len(asked))
        for shift, values, colour, label in (
            (-0.2, real, REAL_COLOUR, "real"),
            (0.2, generated, FAKE_COLOUR, "generated"),
        ):
            places = asked + jitter + (shift if few else 0.0)
            axes.plot(places, values, ".", color=colour, markersize=2, alpha=0.35, label=label)
        axes.plot([asked.min(), asked.max()], [asked.min(), asked.max()], color="0.2", linewidth=1, linestyle="--")
        own, other = correlations[name]
        axes.set_title(f"{name}: {own:.2f} (real {other:.2f})", fontsize=11)
        axes.set_xlabel("asked for")
        if number == 0:
            axes.set_ylabel("read by the encoder")
            axes.legend(fontsize=8, markerscale=6)
        axes.grid(alpha=0.25)
    return figure


def moves(panels: Mapping[str, np.ndarray], rows: Sequence[str], columns: Sequence[str]) -> Figure:
    """Draw how far each attribute moves when one condition is changed, as tables of colours below each other.

    Parameters
    ----------
    panels : mapping
        Maps titles to mean movements in deviations, shape ``(len(rows), len(columns))``.
    rows : sequence of str
        The conditions that were changed.
    columns : sequence of str
        The attributes.
    """
    figure = new_figure((0.42 * len(columns) + 1.8, (0.3 * len(rows) + 0.35) * len(panels) + 1.6))
    plots = figure.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0]
    for axes, (title, values) in zip(plots, panels.items()):
        image = axes.imshow(values, cmap="RdBu_r", vmin=-2, vmax=2, aspect="auto")
        for row, column in zip(*np.nonzero(np.abs(values) >= 0.25)):
            colour = "white" if abs(values[row, column]) > 1.3 else "black"
            axes.text(column, row, f"{values[row, column]:+.1f}", ha="center", va="center", fontsize=6, color=colour)
        axes.set_yticks(range(len(rows)))
        axes.set_yticklabels(rows, fontsize=8)
        axes.set_title(title, fontsize=10)
        axes.tick_params(length=0)
    plots[-1].set_xticks(range(len(columns)))
    plots[-1].set_xticklabels(columns, rotation=60, ha="right", fontsize=8)
    figure.colorbar(image, ax=list(plots), label="mean movement, in deviations", fraction=0.02)
    return figure
