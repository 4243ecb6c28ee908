"""Pictures of restored faces: sheets of methods beside the truth, and the trade between two measures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from gankit.plots.common import FAKE_COLOUR, REAL_COLOUR, new_figure, tile


def columns_of_faces(columns: Mapping[str, np.ndarray], inches: float = 1.0) -> Figure:
    """Draw faces in columns, one for each method, so that each row shows one face.

    Parameters
    ----------
    columns : mapping
        Maps titles to equally many faces, ``(n, height, width)`` or ``(n, height, width, 3)``, intensities in [0, 1].
    inches : float
        Width of a face.
    """
    faces = np.stack(list(columns.values()), axis=1)
    rows, count, height, width = faces.shape[:4]
    figure = new_figure((inches * count + 0.2, inches * rows + 0.6))
    axes = figure.subplots()
    pictures = faces.reshape(-1, *faces.shape[2:])
    axes.imshow(tile(pictures, count), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    axes.set_xticks([number * (width + 1) + width / 2 - 0.5 for number in range(count)], list(columns), fontsize=9)
    axes.xaxis.tick_top()
    axes.set_yticks([])
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    return figure


def trade(rows: Mapping[str, Mapping[str, float]], between: Sequence[Mapping[str, float]]) -> Figure:
    """Draw the PSNR of each method against both of its distances, where the upper left corner is the best.

    Parameters
    ----------
    rows : mapping
        For each method its ``PSNR``, ``perceptual`` and ``Frechet``.
    between : sequence of mapping
        The same for networks between two of the methods, drawn as a line.
    """
    figure = new_figure((10, 4.4))
    for axes, (measure, title) in zip(
        figure.subplots(1, 2, sharey=True),
        {
            "perceptual": "perceptual distance to the true faces",
            "Frechet": "Frechet distance to the set of true faces",
        }.items(),
    ):
        path = [(row[measure], row["PSNR"]) for row in between]
        axes.plot(*np.transpose(path), color="0.6", marker=".", linewidth=1, label="networks between the two")
        for name, row in rows.items():
            colour = FAKE_COLOUR if "GAN" in name else "0.3" if name == "redrawn" else REAL_COLOUR
            place = row[measure], row["PSNR"]
            axes.plot(*place, marker="o", color=colour)
            axes.annotate(name, place, xytext=(6, 4), textcoords="offset points", fontsize=9, color=colour)
        axes.set_xlabel(title)
        axes.margins(x=0.2, y=0.1)
        axes.grid(alpha=0.25)
        if measure == "Frechet":
            axes.set_xscale("log")
        else:
            axes.set_ylabel("PSNR in dB")
            axes.legend(fontsize=8, loc="lower left")
    return figure


def without_hidden(pictures: np.ndarray, hidden: np.ndarray) -> np.ndarray:
    """Paint hidden pixels red: ``(n, height, width, 3)`` for pictures and bool holes ``(n, height, width)``."""
    red = np.array([0.82, 0.29, 0.36])
    return np.where(hidden[..., None], red, np.repeat(pictures[..., None], 3, axis=-1))


def spread_and_error(panels: Mapping[str, tuple[np.ndarray, np.ndarray, float]]) -> Figure:
    """Draw maps of the answers' spread and of another method's error, and the pixels of one against the other.

    Parameters
    ----------
    panels : mapping
        Maps the name of each kind of hole to two maps ``(height, width)`` and their correlation.
    """
    titles = ("spread of the answers", "error of the ridge regression")
    figure = new_figure((9.5, 2.9 * len(panels)))
    rows = figure.subplots(len(panels), 3, squeeze=False)
    for row, (name, (spread, error, correlation)) in zip(rows, panels.items()):
        largest = np.nanmax([spread, error])
        for axes, values, title in zip(row, (spread, error), titles):
            image = axes.imshow(values, cmap="magma", vmin=0, vmax=largest)
            axes.set_title(f"{name}: {title}", fontsize=10)
            axes.set_axis_off()
        figure.colorbar(image, ax=list(row[:2]), fraction=0.03)
        row[2].plot(error.ravel(), spread.ravel(), ".", color=FAKE_COLOUR, markersize=4)
        row[2].plot([0, largest], [0, largest], color="0.3", linewidth=1, linestyle="--")
        row[2].set(xlabel=titles[1], ylabel=titles[0])
        row[2].set_title(f"each pixel, correlation {correlation:.2f}", fontsize=10)
        row[2].grid(alpha=0.25)
    return figure
