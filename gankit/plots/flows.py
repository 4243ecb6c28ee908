"""Pictures of a flow: points on their way from latents to data, the field that moves them, and densities."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure

from gankit.plots.common import FAKE_COLOUR, REAL_COLOUR, new_figure, picture_of


@dataclass(frozen=True)
class LearnedFlow:
    """The results of a run, as the arrays that its picture shows.

    Attributes
    ----------
    limits : tuple of float
        The least and the largest coordinate of the pictures.
    times : numpy.ndarray
        Times in [0, 1], shape ``(k,)``.
    positions : numpy.ndarray
        The same points at each time, ``(k, n, 2)``.
    densities : mapping of str to numpy.ndarray
        Densities on a square grid over the picture, second coordinate first; they share one colour scale.
    losses, loss_steps : sequence
        Minus the mean log-likelihood during training, and the step of each value.
    least_loss : float
        Its value for the true density.
    """

    limits: tuple[float, float]
    times: np.ndarray
    positions: np.ndarray
    densities: Mapping[str, np.ndarray]
    losses: Sequence[float]
    loss_steps: Sequence[int]
    least_loss: float


def learned_flow(learned: LearnedFlow) -> Figure:
    """Draw the points at several times, the densities side by side, and the likelihood during training."""
    stills = [f"still {number}" for number in range(len(learned.times))]
    below = [*learned.densities, *["curve"] * (len(stills) - len(learned.densities))]
    figure = new_figure(figsize=(3.0 * len(stills), 6.2))
    mosaic: list[Any] = [stills, below]
    panels = figure.subplot_mosaic(mosaic)
    for name, time, positions in zip(stills, learned.times, learned.positions):
        # The colour of a point is the angle of its latent vector, so that one sees where it came from.
        _show_positions(panels[name], positions, learned.positions[0], learned.limits)
        panels[name].set_title(f"t = {time:.2f}", fontsize=11)
    largest = max(float(values.max()) for values in list(learned.densities.values())[:1])
    for title, values in learned.densities.items():
        panels[title].imshow(
            values, origin="lower", extent=(*learned.limits, *learned.limits), cmap="magma", vmin=0, vmax=largest
        )
        panels[title].set_title(title, fontsize=11)
    curve = panels["curve"]
    curve.plot(learned.loss_steps, learned.losses, color=FAKE_COLOUR, label="flow")
    curve.axhline(learned.least_loss, color=REAL_COLOUR, linestyle="--", label="true density")
    low, high = learned.least_loss, float(np.median(learned.losses[: max(1, len(learned.losses) // 10)]))
    curve.set(xlabel="step", ylim=(low - 0.1 * abs(high - low), high + 0.2 * abs(high - low)))
    curve.set_title("minus mean log-likelihood", fontsize=11)
    curve.legend(fontsize=8)
    curve.grid(alpha=0.25)
    return figure


def flow_film(
    limits: tuple[float, float], positions: np.ndarray, places: np.ndarray, fields: np.ndarray, times: Iterable[float]
) -> tuple[list[np.ndarray], list[int]]:
    """Draw the frames of an animation: points that move, and the field at that time.

    Parameters
    ----------
    limits : tuple of float
        The least and the largest coordinate.
    positions : numpy.ndarray
        The same points in each frame, ``(frames, n, 2)``.
    places, fields : numpy.ndarray
        Where the field is drawn, ``(m, 2)``, and its values in each frame, ``(frames, m, 2)``.
    times : iterable of float
        The time of each frame, in [0, 1].

    Returns
    -------
    frames : list of numpy.ndarray
        uint8, shape ``(height, width, 3)``.
    percent : list of int
        The time of each frame in percent.
    """
    figure = new_figure(figsize=(5.0, 5.2))
    axes = figure.subplots()
    dots = _show_positions(axes, positions[0], positions[0], limits)
    speed = float(np.quantile(np.linalg.norm(fields, axis=-1), 0.95)) or 1.0
    spacing = (limits[1] - limits[0]) / np.sqrt(len(places))
    arrows = axes.quiver(*places.T, *fields[0].T, color="0.55", angles="xy", scale_units="xy", scale=speed / spacing)
    pictures = []
    for place, field, time in zip(positions, fields, times):
        dots.set_offsets(place)
        arrows.set_UVC(*field.T)
        axes.set_title(f"t = {time:.2f}", fontsize=11)
        pictures.append(picture_of(figure))
    return pictures, [round(100 * float(time)) for time in times]


def _show_positions(
    axes: Axes, positions: np.ndarray, latents: np.ndarray, limits: tuple[float, float]
) -> PathCollection:
    middle = latents.mean(axis=0)
    angles = np.arctan2(*(latents - middle).T)
    dots = axes.scatter(positions[:, 0], positions[:, 1], s=5, c=angles, cmap="hsv", vmin=-np.pi, vmax=np.pi)
    axes.set(xlim=limits, ylim=limits, aspect="equal")
    return dots
