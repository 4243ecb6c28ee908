"""Pictures of point clouds: real and fake points, the discriminator's scores, the losses, and how these change."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypedDict

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gankit.plots.common import FAKE_COLOUR, REAL_COLOUR, draw_film, frame_of, new_figure, show_losses

# Scores that differ by less than twice this are drawn in one colour, because their differences are rounding errors.
LEAST_SCORE_REACH = 0.05
SCORE_COLOURS = "RdBu"
MOST_POINTS_SHOWN = 500


@dataclass(frozen=True)
class TrainedPoints:
    """The results of training a GAN on a point cloud, as the arrays that its pictures show.

    Attributes
    ----------
    real, fake : numpy.ndarray
        Points, ``(n, d)``. If there are five coordinates, the last three are a colour.
    real_scores, fake_scores : numpy.ndarray
        D on these points, ``(n,)``.
    latents, latent_scores : numpy.ndarray
        The latents of the fake points, ``(n, k)``, and D(G(z)) on them.
    losses : mapping
        One sequence per loss, with one value per epoch.
    undecided : mapping
        The value of each loss if D is 0 everywhere.
    measures : mapping
        Numbers, by name, that tell how well the fakes match.
    plane_scores : numpy.ndarray, optional
        D on a grid over [0, 1]^2, second coordinate first. Coloured points have the right colour of their position.
    latent_axis, latent_plane_scores : numpy.ndarray, optional
        For a GAN with two latents: the coordinates of a grid over the latent plane, and D(G(z)) on this grid, second
        latent first.
    """

    real: np.ndarray
    fake: np.ndarray
    real_scores: np.ndarray
    fake_scores: np.ndarray
    latents: np.ndarray
    latent_scores: np.ndarray
    losses: Mapping[str, Sequence[float]]
    undecided: Mapping[str, float]
    measures: Mapping[str, float] = field(default_factory=dict)
    plane_scores: np.ndarray | None = None
    latent_axis: np.ndarray | None = None
    latent_plane_scores: np.ndarray | None = None


def points(trained: TrainedPoints) -> Figure:
    """Draw the picture of trained points that suits their number of coordinates."""
    if trained.plane_scores is None:
        return _many_coordinates(trained)
    return _plane(trained) if trained.real.shape[1] == 2 else _clouds(trained)


def _plane(trained: TrainedPoints) -> Figure:
    """Draw real and fake points, D over the unit square with both, and the losses."""
    figure = new_figure(figsize=(13, 4.4))
    places, plane, curves = figure.subplots(1, 3)
    show_real_and_fake(places, trained)
    places.legend(fontsize=8, loc="upper right")
    _show_plane(figure, plane, trained)
    show_losses(curves, trained.losses, undecided=trained.undecided)
    return figure


def _clouds(trained: TrainedPoints) -> Figure:
    """Draw coloured points: both samples, D on each, D(G(z)) on the latents, and the losses."""
    figure = new_figure(figsize=(14, 7))
    axes = figure.subplots(2, 4)
    for place, sample, title in ((axes[0, 0], trained.real, "real points"), (axes[1, 0], trained.fake, "fake points")):
        place.scatter(*sample[:, :2].T, s=12, c=np.clip(sample[:, 2:], 0, 1))
        place.set_title(title, fontsize=11)
    shown = [trained.real_scores, trained.fake_scores, trained.latent_scores]
    axis, over_latents = trained.latent_axis, trained.latent_plane_scores
    limits = score_limits(*shown, *([] if over_latents is None else [over_latents]))
    for place, sample, scores, title in (
        (axes[0, 1], trained.real, trained.real_scores, "D on real points"),
        (axes[1, 1], trained.fake, trained.fake_scores, "D on fake points"),
    ):
        drawn = place.scatter(*sample[:, :2].T, s=12, c=scores, cmap=SCORE_COLOURS, **limits)
        place.set_title(title, fontsize=11)
    for place in axes[:, :2].flat:
        place.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
    if axis is not None and over_latents is not None:
        extent = (axis[0], axis[-1], axis[0], axis[-1])
        axes[0, 2].imshow(
            over_latents,
            origin="lower",
            extent=extent,
            cmap=SCORE_COLOURS,
            interpolation="bilinear",
            **limits,
        )
        axes[0, 2].set_title("D(G(z)) over the latent plane", fontsize=11)
        axes[1, 2].scatter(*trained.latents.T, s=12, c=trained.latent_scores, cmap=SCORE_COLOURS, **limits)
        axes[1, 2].set_title("D(G(z)) on a latent sample", fontsize=11)
        axes[1, 2].set(xlim=extent[:2], ylim=extent[2:], aspect="equal")
        figure.colorbar(drawn, ax=axes[:, 2], shrink=0.6)
    else:
        _show_plane(figure, axes[0, 2], trained)
        axes[1, 2].set_axis_off()
    without_penalty = {name: series for name, series in trained.losses.items() if name != "gp"}
    show_losses(axes[0, 3], without_penalty, undecided=trained.undecided)
    if "gp" in trained.losses:
        show_losses(axes[1, 3], {"gp": trained.losses["gp"]})
        axes[1, 3].set_title("gradient penalty", fontsize=11)
    else:
        axes[1, 3].set_axis_off()
    return figure


def _many_coordinates(trained: TrainedPoints) -> Figure:
    """Draw two coordinates of each point, the histograms of D, and the losses."""
    figure = new_figure(figsize=(13, 4.4))
    places, scores, curves = figure.subplots(1, 3)
    show_real_and_fake(places, trained)
    places.legend(fontsize=8, loc="upper right")
    limits = score_limits(trained.real_scores, trained.fake_scores)
    edges = np.linspace(limits["vmin"], limits["vmax"], 41).tolist()
    for values, colour, label in (
        (trained.real_scores, REAL_COLOUR, "real"),
        (trained.fake_scores, FAKE_COLOUR, "fake"),
    ):
        scores.hist(values, bins=edges, color=colour, alpha=0.55, label=label)
    scores.set_title("D on real and on fake points", fontsize=11)
    scores.legend(fontsize=8)
    show_losses(curves, trained.losses, undecided=trained.undecided)
    return figure


def points_side_by_side(columns: Mapping[str, TrainedPoints]) -> Figure:
    """Compare GANs trained on the same points side by side: fakes, D over the plane if known, losses, measures.

    Parameters
    ----------
    columns : mapping
        Maps the title of each column to its content.
    """
    with_plane = all(trained.plane_scores is not None for trained in columns.values())
    rows = 3 if with_plane else 2
    figure = new_figure(figsize=(4.4 * len(columns), 3.7 * rows))
    axes = figure.subplots(rows, len(columns), squeeze=False)
    for column, (title, trained) in enumerate(columns.items()):
        place = axes[0, column]
        show_real_and_fake(place, trained)
        place.set_title(title, fontsize=11)
        place.set_xlabel(_in_lines(trained.measures), fontsize=8)
        if with_plane:
            _show_plane(figure, axes[1, column], trained)
        show_losses(axes[-1, column], trained.losses, undecided=trained.undecided)
    axes[0, 0].legend(fontsize=8, loc="lower left")
    return figure


def show_real_and_fake(axes: Axes, trained: TrainedPoints) -> None:
    """Draw the first two coordinates of real points, and of fake points over them."""
    real, fake = trained.real[:MOST_POINTS_SHOWN], trained.fake[:MOST_POINTS_SHOWN]
    axes.scatter(real[:, 0], real[:, 1], s=7, color=REAL_COLOUR, label="real")
    axes.scatter(fake[:, 0], fake[:, 1], s=7, color=FAKE_COLOUR, label="fake", alpha=0.6)
    limits = (0, 1)
    if trained.real.shape[1] > 5:
        # The cloud lies in a corner of a large cube, so show only the part that holds points.
        shown = np.concatenate([real[:, :2], fake[:, :2]])
        limits = (min(0.4, shown.min() - 0.02), max(1.05, shown.max() + 0.02))
    axes.set(xlim=limits, ylim=limits, aspect="equal")
    coordinates = trained.real.shape[1]
    axes.set_title("real and fake points" if coordinates == 2 else f"two of {coordinates} coordinates", fontsize=11)


def _show_plane(figure: Figure, axes: Axes, trained: TrainedPoints) -> None:
    """Draw D over the unit square, with real and fake points."""
    assert trained.plane_scores is not None  # the callers make sure
    image = axes.imshow(
        trained.plane_scores,
        origin="lower",
        extent=(0, 1, 0, 1),
        cmap=SCORE_COLOURS,
        interpolation="bilinear",
        **score_limits(trained.plane_scores),
    )
    real, fake = trained.real[:200], trained.fake[:200]
    axes.scatter(real[:, 0], real[:, 1], s=9, facecolors="none", edgecolors="black", linewidths=0.5)
    axes.scatter(fake[:, 0], fake[:, 1], s=3, color="black")
    axes.set_title("D over the plane (rings: real, dots: fake)", fontsize=11)
    axes.set(xlim=(0, 1), ylim=(0, 1))
    figure.colorbar(image, ax=axes, shrink=0.8)


class ScoreLimits(TypedDict):
    """The ends of the colours, as Matplotlib's functions name them."""

    vmin: float
    vmax: float


def score_limits(*scores: np.ndarray) -> ScoreLimits:
    """Return the limits of the colours for scores, ``vmin`` and ``vmax``; rounding errors get no separate colours."""
    low, high = min(float(each.min()) for each in scores), max(float(each.max()) for each in scores)
    middle, reach = (low + high) / 2, max((high - low) / 2, LEAST_SCORE_REACH)
    return {"vmin": middle - reach, "vmax": middle + reach}


def _in_lines(measures: Mapping[str, float]) -> str:
    return "\n".join(f"{name.replace('_', ' ')} {value:.4g}" for name, value in measures.items())


def points_film(
    real: np.ndarray,
    frames: Sequence[Mapping[str, np.ndarray]],
    steps: Sequence[int],
    losses: Mapping[str, Sequence[float]],
    undecided: Mapping[str, float],
) -> list[np.ndarray]:
    """Draw the frames of an animation: points, D over the plane with its uphill directions, and the losses so far.

    Parameters
    ----------
    real : numpy.ndarray
        Real points, ``(n, d)``.
    frames : sequence of mapping
        For each frame, ``fake``: points ``(m, d)``. If D can be drawn over the plane, also ``scores``: D on a grid over
        [0, 1]^2, second coordinate first; and ``uphill``: D's derivatives with respect to the first two coordinates at
        the centres of the cells of a coarser grid, ``(k, k, 2)``, second coordinate first.
    steps : sequence of int
        The training step of each frame.
    losses : mapping
        One sequence per loss; all values stand for equally many steps.
    undecided : mapping
        The value of each loss if D is 0 everywhere.

    Returns
    -------
    list of numpy.ndarray
        uint8, shape ``(height, width, 3)``, one per frame.
    """
    figure, changing, show = _film_of_points(real, frames[0], steps, losses, undecided)
    return draw_film(figure, changing, show, frames, steps)


def _film_of_points(
    real: np.ndarray,
    first: Mapping[str, np.ndarray],
    steps: Sequence[int],
    losses: Mapping[str, Sequence[float]],
    undecided: Mapping[str, float],
) -> tuple[Figure, list[Artist], Callable[[Mapping, int], None]]:
    """Return the figure of a film, what changes in it, and a function that shows a frame of a step."""
    planar = "scores" in first
    figure = new_figure(figsize=(11, 4) if planar else (8, 4))
    places, *planes, curves = figure.subplots(1, 3 if planar else 2)
    coloured = planar and real.shape[1] == 5
    places.scatter(*real[:MOST_POINTS_SHOWN, :2].T, s=7, color="0.8" if coloured else REAL_COLOUR, label="real")
    fake = places.scatter([0], [0], s=7, color=FAKE_COLOUR, label="fake")
    places.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
    places.legend(fontsize=8, loc="upper right")
    on_plane, show_plane = _film_of_plane(figure, planes[0], first) if planar else ([], None)
    show_losses(curves, losses, undecided=undecided)
    # The best place for it would move with the line.
    curves.legend(fontsize=8, loc="center right")
    now = curves.axvline(0, color="0.3", linewidth=1)
    steps_of_a_value = steps[-1] / max(1, len(next(iter(losses.values()))))

    def show(frame: Mapping[str, np.ndarray], step: int) -> None:
        fake.set_offsets(frame["fake"][:, :2])
        if coloured:
            fake.set_color(np.clip(frame["fake"][:, 2:], 0, 1))
        if show_plane is not None:
            show_plane(frame)
        places.set_title(f"step {step:,}", fontsize=11)
        now.set_xdata([step / steps_of_a_value] * 2)

    changing = [places.title, fake, *frame_of(places), *on_plane, now, *frame_of(curves)]
    return figure, changing, show


def _film_of_plane(
    figure: Figure, axes: Axes, first: Mapping[str, np.ndarray]
) -> tuple[list[Artist], Callable[[Mapping], None]]:
    """Draw D over the plane with arrows uphill and fake points; return what changes, and what shows another frame."""
    image = axes.imshow(
        first["scores"], origin="lower", extent=(0, 1, 0, 1), cmap=SCORE_COLOURS, interpolation="bilinear"
    )
    cells = len(first["uphill"])
    middles = (np.arange(cells) + 0.5) / cells
    arrows = axes.quiver(
        *np.meshgrid(middles, middles),
        *np.zeros((2, cells, cells)),
        angles="xy",
        scale_units="width",
        scale=cells,
        width=0.004,
    )
    dots = axes.scatter([0], [0], s=2, color="black")
    axes.set_title("D over the plane; arrows: uphill", fontsize=11)
    axes.set(xlim=(0, 1), ylim=(0, 1))
    bar = figure.colorbar(image, ax=axes, shrink=0.8)

    def show(frame: Mapping[str, np.ndarray]) -> None:
        limits = score_limits(frame["scores"])
        image.set_data(frame["scores"])
        image.set_clim(limits["vmin"], limits["vmax"])
        bar.update_normal(image)
        dots.set_offsets(frame["fake"][:200, :2])
        # The longest arrow is as long as a cell. The colours show how steep the slope is.
        longest = max(float(np.hypot(*np.moveaxis(frame["uphill"], -1, 0)).max()), 1e-12)
        arrows.set_UVC(frame["uphill"][..., 0] / longest, frame["uphill"][..., 1] / longest)

    return [image, arrows, dots, *frame_of(axes), bar.ax], show
