"""Pictures for data with classes: shares of the classes, and the course of a GAN that counts its right answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from gankit.plots.common import FAKE_COLOUR, REAL_COLOUR, new_figure, show_losses

RIGHT_STYLES = {"real_right": (REAL_COLOUR, "of real examples"), "fake_right": (FAKE_COLOUR, "of fakes")}


def class_shares(generated: Mapping[str, float], real: Mapping[str, float], count: int) -> Figure:
    """Draw the share of each class among generated and among real pictures.

    Parameters
    ----------
    generated, real : mapping
        The share of each class by name; both have the same names.
    count : int
        Number of generated pictures. The bars of error have two standard errors of a share of that many.
    """
    figure = new_figure(figsize=(9, 3.4))
    axes = figure.subplots()
    places = np.arange(len(real))
    shares = np.array([generated[name] for name in real])
    errors = 2 * np.sqrt(shares * (1 - shares) / count)
    axes.bar(places - 0.2, list(real.values()), 0.4, color=REAL_COLOUR, label="real")
    axes.bar(places + 0.2, shares, 0.4, color=FAKE_COLOUR, label="generated", yerr=errors, ecolor="0.2", capsize=2)
    axes.set_xticks(places)
    axes.set_xticklabels(list(real), fontsize=9)
    axes.set_title(f"share of each class among {count:,} generated pictures, as the classifier sees them", fontsize=11)
    axes.grid(alpha=0.25, axis="y")
    axes.legend(fontsize=8)
    return figure


def losses_and_right_answers(
    values: Mapping[str, Sequence[float]], steps: Sequence[int], undecided: Mapping[str, float]
) -> Figure:
    """Draw the losses of a GAN, and beside them the shares of real and of fake examples that D gets right.

    Parameters
    ----------
    values : mapping
        The series ``discr_loss``, ``gen_loss``, ``real_right`` and ``fake_right``.
    steps : sequence of int
        The training step of each value.
    undecided : mapping
        The value of each loss if D is 0 everywhere, drawn as a dashed line.
    """
    figure = new_figure(figsize=(10, 3.4))
    left, right = figure.subplots(1, 2)
    show_losses(left, {name: values[name] for name in undecided}, "step", undecided, steps)
    for name, (colour, label) in RIGHT_STYLES.items():
        right.plot(steps, values[name], color=colour, label=label, marker="." if len(steps) < 3 else "")
    right.axhline(0.5, color="0.3", linewidth=1, linestyle="--", label="guessing")
    right.set_ylim(0, 1.02)
    right.set_title("share that D gets right", fontsize=11)
    right.set_xlabel("step")
    right.grid(alpha=0.25)
    right.legend(fontsize=8)
    return figure
