"""Pictures: arrays in, a matplotlib figure out. Nothing else in the project draws, and nothing here writes files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure

REAL_COLOUR = "#1f6f8b"
FAKE_COLOUR = "#d1495b"
LOSS_STYLES = {
    "discr_loss": (REAL_COLOUR, "discriminator"),
    "gen_loss": (FAKE_COLOUR, "generator"),
    "gp": ("#8f8f8f", "gradient penalty"),
}


def _new_figure(figsize: tuple[float, float]) -> Figure:
    figure = Figure(figsize=figsize, layout="constrained")
    # A strip of 0.2 inches at the bottom stays free for a caption.
    figure.get_layout_engine().set(rect=(0, 0.2 / figsize[1], 1, 1 - 0.2 / figsize[1]))
    return figure


def tile(images: np.ndarray, columns: int, gap: int = 1) -> np.ndarray:
    """Lay images out in a grid, row by row, on white.

    Parameters
    ----------
    images : numpy.ndarray
        Shape ``(n, height, width)``, intensities in [0, 1].
    columns : int
        Images in a row.
    gap : int
        White pixels between two images.

    Returns
    -------
    numpy.ndarray
        float32, one picture.
    """
    count, height, width = images.shape
    rows = -(-count // columns)
    canvas = np.ones((rows * (height + gap) - gap, columns * (width + gap) - gap), np.float32)
    for number, image in enumerate(images):
        top, left = (number // columns) * (height + gap), (number % columns) * (width + gap)
        canvas[top : top + height, left : left + width] = image
    return canvas


def _show_images(axes: Axes, images: np.ndarray, columns: int, title: str = "") -> None:
    axes.imshow(tile(images, columns), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    axes.set_axis_off()
    if title:
        axes.set_title(title, fontsize=11)


def _show_losses(axes: Axes, losses: Mapping[str, Sequence[float]], unit: str = "epoch") -> None:
    for name, values in losses.items():
        colour, label = LOSS_STYLES.get(name, ("black", name))
        axes.plot(
            np.arange(1, len(values) + 1), values, color=colour, label=label, marker="." if len(values) < 3 else ""
        )
    axes.set_xlabel(unit)
    axes.set_title("losses", fontsize=11)
    axes.grid(alpha=0.25)
    axes.legend(fontsize=8)


def losses(values: Mapping[str, Sequence[float]], steps: Sequence[int] | None = None) -> Figure:
    """Draw loss curves, each on axes of its own scale.

    Parameters
    ----------
    values : mapping
        One sequence a loss.
    steps : sequence of int, optional
        The training step of each value.
    """
    figure = _new_figure(figsize=(10, 3.2))
    for axes, (name, series) in zip(figure.subplots(1, len(values), squeeze=False)[0], values.items()):
        colour, label = LOSS_STYLES.get(name, ("black", name))
        places = np.arange(1, len(series) + 1) if steps is None else steps
        axes.plot(places, series, color=colour, marker="." if len(series) < 3 else "")
        axes.set_title(label, fontsize=11)
        axes.set_xlabel("step")
        axes.grid(alpha=0.25)
    return figure


def circle(real: np.ndarray, fake: np.ndarray, scores: np.ndarray, history: Mapping[str, Sequence[float]]) -> Figure:
    """Draw real against fake points in the plane, D's values over the unit square, and the losses.

    Parameters
    ----------
    real, fake : numpy.ndarray
        Shape ``(n, 2)``.
    scores : numpy.ndarray
        D on a regular grid over [0, 1]^2, y first.
    history : mapping
        One sequence a loss, a value an epoch.
    """
    figure = _new_figure(figsize=(13, 4.2))
    points, plane, curves = figure.subplots(1, 3)
    points.scatter(*real.T, s=8, color=REAL_COLOUR, label="real")
    points.scatter(*fake.T, s=8, color=FAKE_COLOUR, label="fake")
    points.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
    points.set_title("real and fake points", fontsize=11)
    points.legend(fontsize=8)
    image = plane.imshow(scores, origin="lower", extent=(0, 1, 0, 1), cmap="RdBu")
    plane.scatter(*fake.T, s=2, color="black")
    plane.set_title("D over the plane (dots: fake points)", fontsize=11)
    figure.colorbar(image, ax=plane, shrink=0.8)
    _show_losses(curves, history)
    return figure


def clouds(
    real: np.ndarray,
    fake: np.ndarray,
    real_scores: np.ndarray,
    fake_scores: np.ndarray,
    latent_axis: np.ndarray,
    latent_plane_scores: np.ndarray,
    latents: np.ndarray,
    latent_scores: np.ndarray,
    history: Mapping[str, Sequence[float]],
) -> Figure:
    """Draw the coloured clouds: both samples, D on each, D(G(z)) on the latent plane and on a latent sample, losses.

    Parameters
    ----------
    real, fake : numpy.ndarray
        Shape ``(n, 5)``: x, y and a colour.
    real_scores, fake_scores : numpy.ndarray
        D on them, shape ``(n,)``.
    latent_axis : numpy.ndarray
        Coordinates of the grid over the latent plane.
    latent_plane_scores : numpy.ndarray
        D(G(z)) on that grid, second coordinate first.
    latents, latent_scores : numpy.ndarray
        A latent sample, shape ``(m, 2)``, and D(G(z)) on it.
    history : mapping
        One sequence a loss, a value an epoch.
    """
    figure = _new_figure(figsize=(14, 7))
    axes = figure.subplots(2, 4)
    for place, points, title in ((axes[0, 0], real, "real points"), (axes[1, 0], fake, "fake points")):
        place.scatter(*points[:, :2].T, s=12, c=np.clip(points[:, 2:], 0, 1))
        place.set_title(title, fontsize=11)
    low = min(real_scores.min(), fake_scores.min(), latent_plane_scores.min())
    high = max(real_scores.max(), fake_scores.max(), latent_plane_scores.max())
    for place, points, scores, title in (
        (axes[0, 1], real, real_scores, "D on real"),
        (axes[1, 1], fake, fake_scores, "D on fake"),
        (axes[1, 2], latents, latent_scores, "D(G(z)) on a latent sample"),
    ):
        drawn = place.scatter(*points[:, :2].T, s=12, c=scores, cmap="RdBu", vmin=low, vmax=high)
        place.set_title(title, fontsize=11)
    extent = (latent_axis[0], latent_axis[-1], latent_axis[0], latent_axis[-1])
    axes[0, 2].imshow(latent_plane_scores, origin="lower", extent=extent, cmap="RdBu", vmin=low, vmax=high)
    axes[0, 2].set_title("D(G(z)) over the latent plane", fontsize=11)
    for place in axes[:, :2].flat:
        place.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
    axes[1, 2].set(xlim=extent[:2], ylim=extent[2:], aspect="equal")
    figure.colorbar(drawn, ax=axes[:, 2], shrink=0.6)
    _show_losses(axes[0, 3], {name: history[name] for name in ("discr_loss", "gen_loss") if name in history})
    if "gp" in history:
        _show_losses(axes[1, 3], {"gp": history["gp"]})
        axes[1, 3].set_title("gradient penalty", fontsize=11)
    else:
        axes[1, 3].set_axis_off()
    return figure


def corner(
    real: np.ndarray,
    samples: Mapping[str, np.ndarray],
    histories: Mapping[str, Mapping[str, Sequence[float]]],
    distances: Mapping[str, Mapping[str, float]],
    expected: Mapping[str, float],
) -> Figure:
    """Set GANs side by side on the cloud in the corner, with the two distances under each.

    Parameters
    ----------
    real : numpy.ndarray
        Shape ``(n, N)``.
    samples, histories, distances : mapping
        One entry a GAN: its points, its losses, and what :func:`gankit.pointclouds.corner_distances` found.
    expected : mapping
        The distances of the true cloud.
    """
    figure = _new_figure(figsize=(4.4 * len(samples), 7.4))
    axes = figure.subplots(2, len(samples), squeeze=False)
    for column, (name, fake) in enumerate(samples.items()):
        place = axes[0, column]
        place.scatter(*real[:, :2].T, s=6, color=REAL_COLOUR, label="real")
        place.scatter(*fake[:, :2].T, s=6, color=FAKE_COLOUR, label="fake", alpha=0.6)
        place.set(xlim=(0.4, 1.05), ylim=(0.4, 1.05), aspect="equal")
        place.set_title(f"{name}: two of {real.shape[1]} coordinates", fontsize=11)
        place.legend(fontsize=8)
        place.set_xlabel(
            f"mean squared distance {distances[name]['mean_squared_distance']:.4f}"
            f" (true {expected['mean_squared_distance']:.4f})\n"
            f"barycentre {distances[name]['barycentre_squared_distance']:.6f}"
            f" (true {expected['barycentre_squared_distance']:.6f})",
            fontsize=9,
        )
        _show_losses(axes[1, column], histories[name])
    return figure


def convolutional(
    faces: np.ndarray, real_scores: np.ndarray, fake_scores: np.ndarray, history: Mapping[str, Sequence[float]]
) -> Figure:
    """Draw ten generated faces, histograms of D on real and on fake ones, and the losses.

    Parameters
    ----------
    faces : numpy.ndarray
        Shape ``(10, height, width)``, intensities in [0, 1].
    real_scores, fake_scores : numpy.ndarray
        D on real and on generated faces.
    history : mapping
        One sequence a loss, a value an epoch.
    """
    figure = _new_figure(figsize=(11, 5.6))
    grid = figure.add_gridspec(2, 2, height_ratios=(1, 2))
    _show_images(figure.add_subplot(grid[0, :]), faces, columns=10, title="generated faces")
    histogram = figure.add_subplot(grid[1, 0])
    _histograms(histogram, {"real": (real_scores, REAL_COLOUR), "fake": (fake_scores, FAKE_COLOUR)})
    histogram.set_title("D on real and on fake faces", fontsize=11)
    _show_losses(figure.add_subplot(grid[1, 1]), history)
    return figure


def _histograms(axes: Axes, series: Mapping[str, tuple[np.ndarray, str]], density: bool = False) -> None:
    everything = np.concatenate([values for values, _ in series.values()])
    edges = np.histogram_bin_edges(everything, bins=40)
    for label, (values, colour) in series.items():
        axes.hist(values, bins=edges, color=colour, alpha=0.55, label=label, density=density)
    axes.legend(fontsize=8)


def histograms(panels: Mapping[str, Mapping[str, np.ndarray]]) -> Figure:
    """Draw panels side by side, in each the histograms of two sets over each other.

    Parameters
    ----------
    panels : mapping
        Of what was measured to the label and values, shape ``(n,)``, of two sets.
    """
    figure = _new_figure((5 * len(panels), 3.4))
    for axes, (title, sets) in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels.items()):
        coloured = {
            label: (values, colour) for (label, values), colour in zip(sets.items(), (FAKE_COLOUR, REAL_COLOUR))
        }
        _histograms(axes, coloured, density=True)
        axes.set_title(title, fontsize=11)
        axes.set_yticks([])
    return figure


def faces_side_by_side(grids: Mapping[str, np.ndarray], columns: int = 10) -> Figure:
    """Draw grids of faces beside each other.

    Parameters
    ----------
    grids : mapping
        Title and faces, shape ``(n, height, width)``, intensities in [0, 1].
    columns : int
        Faces in a row of each grid.
    """
    rows = max(-(-len(faces) // columns) for faces in grids.values())
    figure = _new_figure(figsize=(0.55 * columns * len(grids), 0.55 * rows + 0.5))
    for axes, (title, faces) in zip(figure.subplots(1, len(grids), squeeze=False)[0], grids.items()):
        _show_images(axes, faces, columns, title)
    return figure


def faces_by_score(faces: np.ndarray, scores: np.ndarray, columns: int = 20) -> Figure:
    """Draw faces sorted by score, highest first, with the score at each row's start.

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
    figure = _new_figure(figsize=(0.5 * columns + 0.7, 0.5 * rows + 0.6))
    axes = figure.subplots()
    axes.imshow(tile(faces[order], columns), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    height = faces.shape[1]
    axes.set_xticks([])
    axes.set_yticks((height + 1) * np.arange(rows) + height / 2 - 0.5)
    axes.set_yticklabels([f"{scores[order[row * columns]]:+.2f}" for row in range(rows)], fontsize=7)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.set_title(
        f"{len(faces)} generated faces by D's score, highest first (left: score of the row's first)", fontsize=11
    )
    return figure


def segment(faces: np.ndarray) -> Figure:
    """Draw the faces along a segment between two latent vectors in one row.

    Parameters
    ----------
    faces : numpy.ndarray
        Shape ``(n, height, width)``, intensities in [0, 1].
    """
    figure = _new_figure(figsize=(0.7 * len(faces), 1.45))
    _show_images(
        figure.subplots(), faces, columns=len(faces), title="from one latent vector to another, in a straight line"
    )
    return figure


def principal_coordinates(real: np.ndarray, generated: np.ndarray, columns: int = 7) -> Figure:
    """Draw histograms of rescaled principal coordinates against the standard normal curve.

    Parameters
    ----------
    real, generated : numpy.ndarray
        Shape ``(n, k)``; each coordinate divided by its standard deviation over the real faces.
    columns : int
        Histograms in a row.
    """
    count = real.shape[1]
    rows = -(-count // columns)
    edges = np.linspace(-4, 4, 41)
    # All on one axes: dozens of them would take a second to make.
    figure = _new_figure(figsize=(1.7 * columns, 1.25 * rows + 0.8))
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
        Title and the sums, shape ``(n,)``.
    degrees : int
        Number of coordinates summed.
    """
    figure = _new_figure(figsize=(4.2 * len(sums), 3.4))
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
