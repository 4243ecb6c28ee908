"""Pictures of smileys: real above generated, their combinations, and the checkpoints of a training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from gankit.plots.common import FAKE_COLOUR, LOSS_STYLES, REAL_COLOUR, new_figure, show_images


def rows_of_pictures(rows: Mapping[str, np.ndarray], columns: int = 20) -> Figure:
    """Draw sets of pictures above each other, each under its title.

    Parameters
    ----------
    rows : mapping
        Maps titles to pictures, shape ``(n, height, width)`` or ``(n, height, width, 3)``, intensities in [0, 1].
    columns : int
        Pictures in a row.
    """
    heights = [-(-len(pictures) // columns) for pictures in rows.values()]
    figure = new_figure((0.5 * columns, 0.5 * sum(heights) + 0.35 * len(rows) + 0.2))
    grid = figure.add_gridspec(len(rows), 1, height_ratios=[height + 0.1 for height in heights])
    for number, (title, pictures) in enumerate(rows.items()):
        show_images(figure.add_subplot(grid[number]), pictures, columns, title)
    return figure


def shares_of_combinations(
    examples: np.ndarray, expected: np.ndarray, found: Mapping[str, np.ndarray], count: int
) -> Figure:
    """Draw the share of every combination in several samples, beside its probability.

    Parameters
    ----------
    examples : numpy.ndarray
        A picture of each combination, ``(k, height, width, 3)``, drawn below its bars.
    expected : numpy.ndarray
        The probability of each combination, ``(k,)``.
    found : mapping
        Maps the name of each sample to its shares, ``(k,)``.
    count : int
        Size of a sample; a line shows two standard deviations of a share in a true sample of this size.
    """
    places, width = np.arange(len(expected)), 0.8 / (len(found) + 1)
    figure = new_figure((11, 3.6))
    bars, faces = figure.subplots(2, 1, height_ratios=(4.4, 1))
    error = 2 * np.sqrt(expected * (1 - expected) / count)
    bars.bar(places, expected, width, yerr=error, color=REAL_COLOUR, label="data (line: 2 deviations of a sample)")
    for number, (name, shares) in enumerate(found.items(), 1):
        colour = FAKE_COLOUR if number == 1 else str(0.4 + 0.2 * number)
        bars.bar(places + number * width, shares, width, color=colour, label=name)
    middle = len(found) * width / 2
    bars.set_xlim(middle - 0.6, len(expected) - 0.4 + middle)
    bars.set_xticks([])
    bars.set_title("share of each combination", fontsize=11)
    bars.grid(axis="y", alpha=0.25)
    bars.legend(fontsize=8)
    side = examples.shape[1]
    strip = np.ones((side, side * len(examples), 3), np.float32)
    gap = side // 14
    for number, picture in enumerate(examples):
        strip[:, number * side + gap : (number + 1) * side - gap] = picture[:, gap : side - gap]
    faces.imshow(strip, interpolation="nearest", extent=(middle - 0.5, len(examples) - 0.5 + middle, 0, 1))
    faces.set_xlim(bars.get_xlim())
    faces.set_aspect("auto")  # each picture stands below its bars
    faces.set_axis_off()
    return figure


def checkpoint_choices(
    steps: Sequence[int],
    curves: Mapping[str, Sequence[float]],
    kept: Mapping[str, int],
    pictures: Mapping[str, np.ndarray],
    columns: int = 10,
) -> Figure:
    """Draw measures of the checkpoints of a training, mark the kept ones, and show pictures of each.

    Parameters
    ----------
    steps : sequence of int
        The step of each checkpoint.
    curves : mapping
        Maps the name of each measure to its value at each checkpoint; each gets its own axes.
    kept : mapping
        Maps the name of a choice to the number of the checkpoint that it keeps.
    pictures : mapping
        Maps the same names to pictures of that checkpoint, ``(n, height, width, 3)``.
    columns : int
        Pictures in a row.
    """
    colours = [REAL_COLOUR, "#e08e0b"]
    figure = new_figure((11, 6.2))
    grid = figure.add_gridspec(2, 1, height_ratios=(3, 3))
    upper, lower = grid[0].subgridspec(1, len(curves)), grid[1].subgridspec(1, len(pictures))
    for number, (name, values) in enumerate(curves.items()):
        axes = figure.add_subplot(upper[number])
        axes.plot(steps, values, color=LOSS_STYLES.get(name, ("0.25", ""))[0], linewidth=1.2)
        for (choice, place), colour in zip(kept.items(), colours):
            axes.plot(steps[place], values[place], "o", color=colour, label=f"kept: {choice}", markersize=8)
        axes.set_title(name, fontsize=11)
        axes.set_xlabel("step")
        axes.grid(alpha=0.25)
        if number == 0:
            axes.legend(fontsize=8)
    for number, ((choice, images), colour) in enumerate(zip(pictures.items(), colours)):
        axes = figure.add_subplot(lower[number])
        show_images(axes, images, columns)
        axes.set_title(f"{choice}, step {steps[kept[choice]]:,}", fontsize=11, color=colour)
    return figure
