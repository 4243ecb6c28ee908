"""Pictures of captions: faces beside their captions, and the claims that are read back."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from gankit.plots.common import FAKE_COLOUR, REAL_COLOUR, new_figure, tile


def captioned_rows(rows: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> Figure:
    """Draw a row of faces for each caption: real ones, and generated ones to the right of them.

    Parameters
    ----------
    rows : mapping
        Maps captions to real and generated faces, ``(r, height, width)`` and ``(g, height, width)``, intensities in
        [0, 1]; r and g are the same for all rows.
    """
    real, made = (np.concatenate(each) for each in zip(*rows.values()))
    widths = [len(each) // len(rows) for each in (real, made)]
    side = made.shape[1] + 1
    figure = new_figure((0.5 * sum(widths) + 4.2, 0.5 * len(rows) + 0.6))
    axes = figure.subplots(1, 2, width_ratios=widths)
    for place, pictures, width, title in zip(axes, (real, made), widths, ("real", "generated")):
        place.imshow(tile(pictures, width), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
        place.set_xticks([])
        place.set_yticks([])
        place.set_title(title, fontsize=11)
        for spine in place.spines.values():
            spine.set_visible(False)
    axes[0].set_yticks([side * number + side / 2 - 1 for number in range(len(rows))])
    axes[0].set_yticklabels(list(rows), fontsize=9)
    axes[0].tick_params(length=0)
    return figure


def between_captions(rows: Mapping[tuple[str, str], np.ndarray], columns: int) -> Figure:
    """Draw rows of faces that lead from one caption, on the left, to another one, on the right.

    Parameters
    ----------
    rows : mapping
        Maps the two captions to faces, row by row, ``(n * columns, height, width)``, intensities in [0, 1].
    columns : int
        Faces in a row.
    """
    figure = new_figure((0.5 * columns + 4.6, sum(0.5 * len(faces) // columns + 0.25 for faces in rows.values())))
    for axes, ((first, last), faces) in zip(figure.subplots(len(rows), 1, squeeze=False)[:, 0], rows.items()):
        axes.imshow(tile(faces, columns), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
        axes.set_axis_off()
        for place, text, side in ((-0.02, first, "right"), (1.02, last, "left")):
            text = "\n".join(textwrap.wrap(text, 22))
            axes.text(place, 0.5, text, ha=side, va="center", fontsize=10, transform=axes.transAxes)
    return figure


def claims_read(shares: Mapping[str, Sequence[float]], claims: Sequence[str]) -> Figure:
    """Draw how often each claim is read in several sets of faces.

    Parameters
    ----------
    shares : mapping
        Maps the name of each set to its shares in [0, 1], one for each claim.
    claims : sequence of str
        The names of the claims.
    """
    figure = new_figure((11, 3.8))
    axes = figure.subplots()
    colours = [FAKE_COLOUR, "#e9a3ab", REAL_COLOUR, "0.6", "0.82"]
    places, width = np.arange(len(claims)), 0.84 / len(shares)
    for number, (name, values) in enumerate(shares.items()):
        axes.bar(places + number * width, values, width, color=colours[number % len(colours)], label=name)
    axes.set_xticks(places + 0.42 - width / 2)
    axes.set_xticklabels(claims, rotation=30, ha="right", fontsize=9)
    axes.set_ylim(0, 1.25)
    axes.set_ylabel("share read by the encoder")
    axes.legend(fontsize=8, ncols=3, loc="upper left")
    axes.grid(axis="y", alpha=0.25)
    return figure
