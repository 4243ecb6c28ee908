"""Pictures of the same run with different stabilisers: side by side, over time, and seed by seed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gankit.plots.common import FAKE_COLOUR, REAL_COLOUR, film_of_panels, new_figure, show_images

PLAIN_COLOUR = "0.25"
PANEL = 2.5  # inches
FACES_IN_A_ROW = 6


def show_run(axes: Axes, outputs: np.ndarray, real: np.ndarray, limits: tuple[float, float] | None) -> None:
    """Show generated points over real ones if there are limits, and otherwise generated pictures."""
    if limits is None:
        show_images(axes, outputs[: FACES_IN_A_ROW**2], FACES_IN_A_ROW)
        return
    axes.scatter(real[:, 0], real[:, 1], s=3, color=REAL_COLOUR, linewidths=0)
    axes.scatter(outputs[:, 0], outputs[:, 1], s=3, color=FAKE_COLOUR, alpha=0.6, linewidths=0)
    axes.set(xlim=limits, ylim=limits, aspect="equal", xticks=[], yticks=[])


def stabilised_runs(
    outputs: Mapping[str, np.ndarray],
    titles: Sequence[str],
    real: np.ndarray,
    limits: tuple[float, float] | None,
    steps: Sequence[int],
    curves: Mapping[str, Sequence[float]],
    curve_title: str,
    best: float,
) -> Figure:
    """Draw what each run generates at its end, and one measure of all runs during the training.

    Parameters
    ----------
    outputs : mapping
        For each run, generated points ``(n, 2)``, or pictures ``(n, height, width)`` with intensities in [0, 1].
    titles : sequence of str
        What to write above each run.
    real : numpy.ndarray
        Real examples.
    limits : tuple of float, optional
        The least and the largest coordinate of points; None for pictures.
    steps : sequence of int
        The training step of each value of a curve.
    curves : mapping
        The values of each run.
    curve_title : str
        What the curves show.
    best : float
        The value that a perfect generator reaches, drawn as a dashed line.
    """
    count = len(outputs)
    figure = new_figure((PANEL * count, PANEL + 3.0))
    upper, lower = figure.subfigures(2, 1, squeeze=False, height_ratios=(PANEL + 0.4, 2.6))[:, 0]
    for axes, each, title in zip(upper.subplots(1, count, squeeze=False)[0], outputs.values(), titles):
        show_run(axes, each, real, limits)
        axes.set_title(title, fontsize=10)
    axes = lower.subplots()
    for number, (name, values) in enumerate(curves.items()):
        colour = PLAIN_COLOUR if number == 0 else f"C{number - 1}"
        axes.plot(steps, values, label=name.replace("_", " "), color=colour, linewidth=2.5 if number == 0 else 1.3)
    axes.axhline(best, color="0.3", linewidth=1, linestyle="--")
    axes.set_xlabel("step")
    axes.set_title(curve_title, fontsize=11)
    axes.grid(alpha=0.25)
    axes.legend(fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


def stabilised_film(
    frames: Sequence[Mapping[str, np.ndarray]],
    titles: Callable[[int, str], str],
    real: np.ndarray,
    limits: tuple[float, float] | None,
) -> list[np.ndarray]:
    """Draw the frames of an animation of all runs side by side.

    Parameters
    ----------
    frames : sequence of mappings
        For each frame, the outputs of each run, as in :func:`stabilised_runs`.
    titles : callable
        Maps the number of a frame and the name of a run to what is written above it.
    real, limits
        As in :func:`stabilised_runs`.

    Returns
    -------
    list of numpy.ndarray
        uint8, shape ``(height, width, 3)``, one per frame.
    """
    return film_of_panels(frames, lambda axes, outputs: show_run(axes, outputs, real, limits), titles, height=2.15)


def paired_differences(
    differences: Mapping[str, Mapping[str, Sequence[float]]],
    notes: Mapping[str, Mapping[str, str]],
    better: Mapping[str, int],
) -> Figure:
    """Draw, for each stabiliser and seed, how much a measure differs from that of the plain GAN with the same seed.

    Parameters
    ----------
    differences : mapping
        For each measure and each stabiliser, one difference per seed.
    notes : mapping
        For each measure and each stabiliser, what to write beside its dots.
    better : mapping
        For each measure, +1 if larger is better, or -1.
    """
    names = list(next(iter(differences.values())))
    figure = new_figure((5.6 * len(differences), 0.34 * len(names) + 1.3))
    for column, (axes, (measure, by_name)) in enumerate(zip(figure.subplots(1, len(differences)), differences.items())):
        for place, (name, values) in enumerate(by_name.items()):
            colours = [REAL_COLOUR if value * better[measure] > 0 else FAKE_COLOUR for value in values]
            colours = ["0.6" if value == 0 else colour for value, colour in zip(values, colours)]
            axes.scatter(values, np.full(len(values), place), s=22, c=colours, alpha=0.7, linewidths=0)
            axes.plot([np.median(values)] * 2, [place - 0.3, place + 0.3], color="black", linewidth=1.5)
            axes.annotate(
                notes[measure][name], (1.01, place), xycoords=("axes fraction", "data"), va="center", fontsize=8
            )
        axes.axvline(0, color="0.3", linewidth=1, linestyle="--")
        labels = [name.replace("_", " ") for name in names] if column == 0 else []
        axes.set_yticks(range(len(names)), labels or [""] * len(names))
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.set_title(f"{measure.replace('_', ' ')}, minus that of the plain GAN", fontsize=11)
        axes.grid(alpha=0.25)
    return figure
