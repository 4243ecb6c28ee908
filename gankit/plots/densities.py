"""Pictures of a GAN on points with a known density: the learned discriminator beside the best one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from gankit.plots.common import FAKE_COLOUR, REAL_COLOUR, draw_film, frame_of, new_figure, show_losses

FIELD_COLOURS = "RdBu"
NOTHING_COLOUR = "0.9"
POINTS_SHOWN = 1000
UNDECIDED = "every score is 0"


@dataclass(frozen=True)
class Fields:
    """Points and two discriminators at one moment of training.

    Attributes
    ----------
    fake : numpy.ndarray
        Generated points, ``(n, 2)``.
    learned : numpy.ndarray
        The learned discriminator on a square grid over the picture, second coordinate first, ``(k, k)``.
    optimal : numpy.ndarray
        The best one for this generator on the same grid, with NaN where neither real nor generated points are. It has
        no rows if the loss has no best discriminator that the two densities determine.
    """

    fake: np.ndarray
    learned: np.ndarray
    optimal: np.ndarray


@dataclass(frozen=True)
class TrainedDensity:
    """The results of a run, as the arrays that its picture shows.

    Attributes
    ----------
    real : numpy.ndarray
        Real points, ``(n, 2)``.
    limits : tuple of float
        The least and the largest coordinate of the picture.
    fields : Fields
        Points and discriminators at the end.
    losses : mapping
        One sequence per loss.
    loss_steps : sequence of int
        The training step of each of their values.
    undecided : mapping
        The value of each loss if D takes every point for real and for fake alike.
    learned_at_points, optimal_at_points : numpy.ndarray
        Both discriminators at real and generated points, ``(m,)``; empty if there is no best one.
    """

    real: np.ndarray
    limits: tuple[float, float]
    fields: Fields
    losses: Mapping[str, Sequence[float]]
    loss_steps: Sequence[int]
    undecided: Mapping[str, float]
    learned_at_points: np.ndarray = field(default_factory=lambda: np.zeros(0))
    optimal_at_points: np.ndarray = field(default_factory=lambda: np.zeros(0))


def trained_density(trained: TrainedDensity) -> Figure:
    """Draw the points, the learned and the best discriminator, how the two agree at the points, and the losses."""
    has_optimum = bool(len(trained.fields.optimal))
    mosaic = "plb;acc" if has_optimum else "plc"
    figure = new_figure(figsize=(12, 7.8 if has_optimum else 3.9))
    axes = figure.subplot_mosaic(mosaic)
    _show_points(axes["p"], trained.real, trained.fields.fake, trained.limits)
    image = _show_field(axes["l"], trained.fields.learned, trained.limits, has_optimum)
    axes["l"].set_title("learned D" if has_optimum else "learned D, a score", fontsize=11)
    figure.colorbar(image, ax=axes["l"], shrink=0.75)
    if has_optimum:
        _show_field(axes["b"], trained.fields.optimal, trained.limits, True)
        axes["b"].set_title("best D for these fakes, p / (p + q)", fontsize=11)
        agreement = axes["a"]
        agreement.plot([0, 1], [0, 1], color="0.3", linewidth=1)
        agreement.scatter(trained.optimal_at_points, trained.learned_at_points, s=4, color="0.4", alpha=0.4)
        agreement.set(xlim=(0, 1), ylim=(0, 1), aspect="equal", xlabel="best D", ylabel="learned D")
        agreement.set_title("both at real and fake points", fontsize=11)
    show_losses(axes["c"], trained.losses, "step", trained.undecided, trained.loss_steps, UNDECIDED)
    return figure


def density_film(
    real: np.ndarray,
    limits: tuple[float, float],
    frames: Sequence[Fields],
    steps: Sequence[int],
    losses: Mapping[str, Sequence[float]],
    loss_steps: Sequence[int],
    undecided: Mapping[str, float],
) -> list[np.ndarray]:
    """Draw the frames of an animation: points, learned and best discriminator, and the losses so far.

    Parameters
    ----------
    real, limits, losses, loss_steps, undecided
        As in :class:`TrainedDensity`.
    frames : sequence of Fields
        One per frame.
    steps : sequence of int
        The training step of each frame.

    Returns
    -------
    list of numpy.ndarray
        uint8, shape ``(height, width, 3)``, one per frame.
    """
    figure, changing, show = _film_of_densities(real, limits, frames[0], losses, loss_steps, undecided)
    return draw_film(figure, changing, show, frames, steps)


def _film_of_densities(
    real: np.ndarray,
    limits: tuple[float, float],
    first: Fields,
    losses: Mapping[str, Sequence[float]],
    loss_steps: Sequence[int],
    undecided: Mapping[str, float],
) -> tuple[Figure, list[Artist], Callable[[Fields, int], None]]:
    """Return the figure of a film, what changes in it, and a function that shows a frame of a step."""
    has_optimum = bool(len(first.optimal))
    panels = 4 if has_optimum else 3
    figure = new_figure(figsize=(3.2 * panels, 2.8))
    places, learned, *best, curves = figure.subplots(1, panels)
    dots = _show_points(places, real, first.fake, limits)
    images = [_show_field(learned, first.learned, limits, has_optimum)]
    learned.set_title("learned D", fontsize=11)
    if has_optimum:
        images.append(_show_field(best[0], first.optimal, limits, True))
        best[0].set_title("best D for these fakes", fontsize=11)
    show_losses(curves, losses, "step", undecided, loss_steps, UNDECIDED)
    curves.legend(fontsize=7, loc="center right")
    now = curves.axvline(0, color="0.3", linewidth=1)

    def show(frame: Fields, step: int) -> None:
        dots.set_offsets(frame.fake[:POINTS_SHOWN])
        images[0].set_data(frame.learned)
        if has_optimum:
            images[1].set_data(frame.optimal)
        else:
            images[0].set_clim(float(frame.learned.min()), float(frame.learned.max()))
        places.set_title(f"step {step:,}", fontsize=11)
        now.set_xdata([step] * 2)

    fields = [artist for image in images for artist in (image, *frame_of(image.axes))]
    return figure, [places.title, dots, *frame_of(places), *fields, now, *frame_of(curves)], show


def saturation(steps: Sequence[int], slopes: Mapping[str, Sequence[float]], caught: Sequence[float]) -> Figure:
    """Draw how the gradients of generator losses change while only the discriminator learns.

    Parameters
    ----------
    steps : sequence of int
        Discriminator updates.
    slopes : mapping
        The norm of the gradient of each loss with respect to the generator's weights.
    caught : sequence of float
        Mean D(G(z)) after these updates.
    """
    figure = new_figure(figsize=(9, 3.4))
    gradients, certainty = figure.subplots(1, 2)
    for (name, values), colour in zip(slopes.items(), (FAKE_COLOUR, REAL_COLOUR)):
        gradients.semilogy(steps, values, color=colour, label=name.replace("_", "-"))
    gradients.set(xlabel="discriminator updates", title="norm of the generator's gradient")
    gradients.legend(fontsize=8)
    certainty.semilogy(steps, caught, color="0.3")
    certainty.set(xlabel="discriminator updates", title="mean D(G(z)): 0 means caught")
    for axes in (gradients, certainty):
        axes.title.set_fontsize(11)
        axes.grid(alpha=0.25)
    return figure


def loss_comparison(
    clouds: Mapping[str, Mapping[str, Sequence[Mapping[str, float]]]], modes: Mapping[str, int]
) -> Figure:
    """Draw modes, share of high quality and seconds of several losses, one dot per seed.

    Parameters
    ----------
    clouds : mapping
        For each cloud and each loss, the measures of every seed: ``modes``, ``high_quality`` and ``seconds``.
    modes : mapping
        The true number of modes of each cloud.
    """
    figure = new_figure(figsize=(12, 2.6 * len(clouds)))
    rows = figure.subplots(len(clouds), 3, squeeze=False)
    for row, (cloud, losses) in zip(rows, clouds.items()):
        for axes, key, title in zip(row, ("modes", "high_quality", "seconds"), ("modes", "high quality", "seconds")):
            for place, runs in enumerate(losses.values()):
                values = [run[key] for run in runs]
                axes.scatter(values, np.full(len(values), place), s=22, color=REAL_COLOUR, alpha=0.6)
                axes.plot([np.median(values)] * 2, [place - 0.3, place + 0.3], color=FAKE_COLOUR, linewidth=2)
            axes.set_yticks(range(len(losses)), [name.replace("_", " ") for name in losses])
            axes.invert_yaxis()
            axes.set_title(f"{cloud}: {title}", fontsize=11)
            axes.grid(alpha=0.25)
        row[0].axvline(modes[cloud], color="0.3", linewidth=1, linestyle="--")
        row[0].set_xlim(0, modes[cloud] + 0.5)
        row[1].set_xlim(0, 1)
        row[2].set_xlim(left=0)
    return figure


def _show_points(axes: Axes, real: np.ndarray, fake: np.ndarray, limits: tuple[float, float]) -> PathCollection:
    real, fake = real[:POINTS_SHOWN], fake[:POINTS_SHOWN]
    axes.scatter(real[:, 0], real[:, 1], s=4, color=REAL_COLOUR, label="real")
    dots = axes.scatter(fake[:, 0], fake[:, 1], s=4, color=FAKE_COLOUR, alpha=0.6, label="fake")
    axes.set(xlim=limits, ylim=limits, aspect="equal")
    axes.set_title("real and fake points", fontsize=11)
    axes.legend(fontsize=8, loc="upper right")
    return dots


def _show_field(axes: Axes, values: np.ndarray, limits: tuple[float, float], is_probability: bool) -> AxesImage:
    axes.set_facecolor(NOTHING_COLOUR)
    image = axes.imshow(values, origin="lower", extent=(*limits, *limits), cmap=FIELD_COLOURS, interpolation="nearest")
    if is_probability:
        image.set_clim(0.0, 1.0)
    axes.set(xlim=limits, ylim=limits)
    return image
