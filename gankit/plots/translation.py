"""Pictures of translations: beside the truth, mapped back, and during the training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gankit.plots.common import FAKE_COLOUR, REAL_COLOUR, new_figure, tile

COLOURS = (REAL_COLOUR, FAKE_COLOUR)


def show_rows(axes: Axes, rows: Mapping[str, np.ndarray], title: str) -> None:
    """Show rows of faces, ``(n, height, width)`` each, with the name of each row at its left."""
    faces = np.clip(np.concatenate(list(rows.values())), 0, 1)
    columns, step = len(next(iter(rows.values()))), faces.shape[1] + 1
    axes.imshow(tile(faces, columns), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    axes.set_yticks([number * step + step / 2 - 1 for number in range(len(rows))], list(rows), fontsize=9)
    axes.set_xticks([])
    axes.tick_params(length=0)
    axes.set_title(title, fontsize=11)
    for spine in axes.spines.values():
        spine.set_visible(False)


def translations(panels: Mapping[str, Mapping[str, np.ndarray]]) -> Figure:
    """Draw rows of faces for each direction: the face, its translation, the truth, and so on.

    Parameters
    ----------
    panels : mapping
        Maps each direction to rows of faces by name, intensities in [0, 1], which are clipped.
    """
    rows = next(iter(panels.values()))
    columns = len(next(iter(rows.values())))
    figure = new_figure((0.6 * columns * len(panels) + 1.6, 0.6 * len(rows) + 0.6))
    for axes, (title, each) in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels.items()):
        show_rows(axes, each, title)
    return figure


def hidden_writing(
    rows: Mapping[str, np.ndarray],
    title: str,
    noises: Sequence[float],
    series: Mapping[str, Mapping[str, Sequence[float]]],
) -> Figure:
    """Draw what comes back from translated pictures, and the errors after noise, for each direction.

    Parameters
    ----------
    rows : mapping
        Rows of faces by name.
    title : str
        The direction of these faces.
    noises : sequence of float
        Deviations of noise.
    series : mapping
        Maps each direction to the errors after the way back at each noise: of ``translated`` and of ``rendered``
        pictures.
    """
    figure = new_figure((13, 4.8))
    left, right = figure.subplots(1, 2, width_ratios=(1.75, 1))
    show_rows(left, rows, title)
    for colour, (direction, errors) in zip(COLOURS, series.items()):
        right.plot(noises, errors["translated"], color=colour, marker=".", label=f"{direction}: translated")
        right.plot(noises, errors["rendered"], color=colour, linestyle="--", label=f"{direction}: rendered")
    right.set(xlabel="deviation of noise before the way back", ylim=(0, None))
    right.set_title("error after the way back", fontsize=11)
    right.grid(alpha=0.25)
    right.legend(fontsize=8)
    return figure


def translation_training(
    steps: Sequence[int],
    errors: Mapping[str, Sequence[float]],
    loss_steps: Sequence[int],
    losses: Mapping[str, Sequence[float]],
) -> Figure:
    """Draw the errors against the truth during the training, relative to doing nothing, beside the losses.

    Parameters
    ----------
    steps, errors
        Training steps, and for each direction the error at each of them. The first is that of doing nothing if the
        generators begin with that; it is the unit.
    loss_steps, losses
        Training steps, and the values of each loss.
    """
    figure = new_figure((11, 3.4))
    left, middle, right = figure.subplots(1, 3)
    for colour, (direction, values) in zip(COLOURS, errors.items()):
        left.plot(steps, np.asarray(values) / values[0], color=colour, label=direction)
    left.set_title("error against the truth, first = 1", fontsize=11)
    left.set_ylim(0, None)
    for name, label in (("discr_loss", "discriminators"), ("gen_loss", "generators")):
        middle.plot(loss_steps, losses[name], color=COLOURS[name == "gen_loss"], label=label)
    middle.set_title("least squares losses", fontsize=11)
    for colour, name in zip(COLOURS, ("cycle_loss", "identity_loss")):
        right.plot(loss_steps, losses[name], color=colour, label=name.replace("_loss", ""))
    right.set_title("cycle and identity loss", fontsize=11)
    for axes in (left, middle, right):
        axes.set_xlabel("step")
        axes.grid(alpha=0.25)
        axes.legend(fontsize=8)
    return figure
