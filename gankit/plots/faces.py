"""Pictures of faces, of their scores, and of their principal coordinates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure

from gankit.plots.common import FAKE_COLOUR, REAL_COLOUR, new_figure, show_histograms, show_images, show_losses, tile


def convolutional(
    faces: np.ndarray, real_scores: np.ndarray, fake_scores: np.ndarray, history: Mapping[str, Sequence[float]]
) -> Figure:
    """Draw ten generated faces, histograms of D on real and on fake faces, and the losses.

    Parameters
    ----------
    faces : numpy.ndarray
        Shape ``(10, height, width)``, intensities in [0, 1].
    real_scores, fake_scores : numpy.ndarray
        D on real and on generated faces.
    history : mapping
        One sequence per loss, with one value per epoch.
    """
    figure = new_figure(figsize=(11, 5.6))
    grid = figure.add_gridspec(2, 2, height_ratios=(1, 2))
    show_images(figure.add_subplot(grid[0, :]), faces, columns=10, title="generated faces")
    histogram = figure.add_subplot(grid[1, 0])
    show_histograms(histogram, {"real": (real_scores, REAL_COLOUR), "fake": (fake_scores, FAKE_COLOUR)})
    histogram.set_title("D on real and on fake faces", fontsize=11)
    show_losses(figure.add_subplot(grid[1, 1]), history)
    return figure


def faces_side_by_side(grids: Mapping[str, np.ndarray], columns: int = 10) -> Figure:
    """Draw grids of faces side by side.

    Parameters
    ----------
    grids : mapping
        Maps titles to faces, shape ``(n, height, width)``, intensities in [0, 1].
    columns : int
        Faces in a row of each grid.
    """
    rows = max(-(-len(faces) // columns) for faces in grids.values())
    figure = new_figure(figsize=(0.55 * columns * len(grids), 0.55 * rows + 0.5))
    for axes, (title, faces) in zip(figure.subplots(1, len(grids), squeeze=False)[0], grids.items()):
        show_images(axes, faces, columns, title)
    return figure


def faces_by_score(faces: np.ndarray, scores: np.ndarray, columns: int = 20) -> Figure:
    """Draw faces sorted by falling score, with the first score, mean brightness and mean contrast of each row.

    Parameters
    ----------
    faces : numpy.ndarray
        Shape ``(n, height, width)``, intensities in [0, 1].
    scores : numpy.ndarray
        Shape ``(n,)``.
    columns : int
        Faces in a row.
    """
    order = np.argsort(-scores, kind="stable")
    rows = -(-len(faces) // columns)
    figure = new_figure(figsize=(0.5 * columns + 3.4, 0.5 * rows + 0.8))
    grid, trend = figure.subplots(1, 2, width_ratios=(0.5 * columns + 0.7, 2.2), sharey=True)
    grid.imshow(tile(faces[order], columns), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    middles = (faces.shape[1] + 1) * np.arange(rows) + faces.shape[1] / 2 - 0.5
    grid.set_xticks([])
    grid.set_yticks(middles)
    grid.set_yticklabels([f"{scores[order[row * columns]]:+.2f}" for row in range(rows)], fontsize=7)
    grid.set_title(
        f"{len(faces)} generated faces by D's score, highest first (left: score of the row's first)", fontsize=11
    )
    in_rows = [faces[order[row * columns : (row + 1) * columns]] for row in range(rows)]
    for label, colour, values in (
        ("brightness", REAL_COLOUR, [each.mean() for each in in_rows]),
        ("contrast", FAKE_COLOUR, [each.std(axis=(1, 2)).mean() for each in in_rows]),
    ):
        trend.plot(values, middles, color=colour, marker=".", label=label)
    trend.set_title("means of each row", fontsize=11)
    trend.legend(fontsize=8)
    trend.grid(alpha=0.25, axis="x")
    trend.tick_params(labelleft=False)
    for axes in (grid, trend):
        axes.tick_params(axis="y", length=0)
        for spine in axes.spines.values():
            spine.set_visible(False)
    return figure


def segment(faces: np.ndarray) -> Figure:
    """Draw a row of the faces along a segment between two latent vectors.

    Parameters
    ----------
    faces : numpy.ndarray
        Shape ``(n, height, width)``, intensities in [0, 1].
    """
    figure = new_figure(figsize=(0.7 * len(faces), 1.45))
    show_images(
        figure.subplots(), faces, columns=len(faces), title="from one latent vector to another, in a straight line"
    )
    return figure


def principal_coordinates(real: np.ndarray, generated: np.ndarray, columns: int = 7) -> Figure:
    """Draw histograms of rescaled principal coordinates against the standard normal curve.

    Parameters
    ----------
    real, generated : numpy.ndarray
        Shape ``(n, k)``; each coordinate is divided by its standard deviation over the real faces.
    columns : int
        Histograms in a row.
    """
    count = real.shape[1]
    rows = -(-count // columns)
    edges = np.linspace(-4, 4, 41)
    # All histograms share one axes, because making dozens of axes takes a second.
    figure = new_figure(figsize=(1.7 * columns, 1.25 * rows + 0.8))
    axes = figure.subplots()
    corners = [(9 * (number % columns), rows - 1 - number // columns) for number in range(count)]

    def outlines(coordinates: np.ndarray) -> list[np.ndarray]:
        densities = [np.histogram(column, bins=edges, density=True)[0] for column in coordinates.T]
        return in_cells([np.column_stack([np.repeat(edges, 2), np.r_[0, np.repeat(d, 2), 0]]) for d in densities])

    def in_cells(curves: list[np.ndarray]) -> list[np.ndarray]:
        # A cell is one unit high, and a density above 0.75 ends at its top.
        return [np.minimum(curve * (1, 1.2), (4, 0.9)) + corner for curve, corner in zip(curves, corners)]

    x = np.linspace(-4, 4, 161)
    normal = np.column_stack([x, np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)])
    axes.add_collection(PolyCollection(outlines(real), facecolors=REAL_COLOUR, alpha=0.6))
    axes.add_collection(LineCollection(outlines(generated), colors=FAKE_COLOUR, linewidths=1))
    axes.add_collection(LineCollection(in_cells([normal] * count), colors="black", linewidths=0.8))
    for number, (left, bottom) in enumerate(corners):
        axes.text(left - 3.9, bottom + 0.8, f"{number + 1}", fontsize=7, va="top")
    lefts, bottoms = np.transpose(corners)
    axes.hlines(bottoms, lefts - 4, lefts + 4, color="black", linewidth=0.6)
    axes.set(xlim=(-4.5, 9 * columns - 4.5), ylim=(-0.05, rows - 0.1))
    axes.set_axis_off()
    figure.suptitle(
        f"{count} first principal coordinates: real faces (filled), generated (red line), normal curve (black)",
        fontsize=11,
    )
    return figure


def squared_sums(sums: Mapping[str, np.ndarray], degrees: int) -> Figure:
    """Draw histograms of sums of squared coordinates against the chi-squared density.

    Parameters
    ----------
    sums : mapping
        Maps titles to sums, shape ``(n,)``.
    degrees : int
        Number of coordinates summed.
    """
    figure = new_figure(figsize=(4.2 * len(sums), 3.4))
    x = np.linspace(0.5, 3.5 * degrees, 400)
    density = chi_squared_density(x, degrees)
    for axes, (title, values) in zip(figure.subplots(1, len(sums), sharey=True, squeeze=False)[0], sums.items()):
        axes.hist(
            values,
            bins=np.linspace(0, 3.5 * degrees, 71),
            density=True,
            color=REAL_COLOUR,
            alpha=0.6,
            histtype="stepfilled",
        )
        axes.plot(x, density, color="black", label=f"chi-squared({degrees})")
        axes.set_title(f"{title}\nmean {values.mean():.1f}, variance {values.var():.0f}", fontsize=10)
        axes.set_yticks([])
        axes.legend(fontsize=8)
    return figure


def chi_squared_density(x: np.ndarray, degrees: int) -> np.ndarray:
    """Density of the chi-squared distribution at ``x`` > 0."""
    half = degrees / 2
    # The gamma function overflows beyond 170; its logarithm does not.
    log_gamma = float(np.sum(np.log(np.arange(1, half)))) if degrees % 2 == 0 else _log_gamma_of_half(degrees)
    return np.exp((half - 1) * np.log(x) - x / 2 - half * np.log(2) - log_gamma)


def _log_gamma_of_half(odd: int) -> float:
    return 0.5 * float(np.log(np.pi)) + float(np.sum(np.log(np.arange(1, odd, 2) / 2)))
