"""Parts that several pictures share: colours, grids of images, loss curves, histograms."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

REAL_COLOUR = "#1f6f8b"
FAKE_COLOUR = "#d1495b"
LOSS_STYLES = {
    "discr_loss": (REAL_COLOUR, "discriminator"),
    "gen_loss": (FAKE_COLOUR, "generator"),
    "gp": ("#8f8f8f", "gradient penalty"),
}


def new_figure(figsize: tuple[float, float]) -> Figure:
    """Return an empty figure of the given size in inches, with room for a caption."""
    # Keep 0.2 inches at the bottom free for a caption.
    strip = 0.2 / figsize[1]
    return Figure(figsize=figsize, layout=ConstrainedLayoutEngine(rect=(0, strip, 1, 1 - strip)))


def picture_of(figure: Figure, dpi: int = 72) -> np.ndarray:
    """Return a figure as an array: uint8, shape ``(height, width, 3)``."""
    figure.set_dpi(dpi)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def few_grays(picture: np.ndarray) -> np.ndarray:
    """Round intensities to 17 levels of gray, as the 8x8 digits have. This keeps animations small."""
    return np.round(16 * picture) / 16


class Film:
    """Draws the frames of an animation. What never changes, such as axes and their numbers, is drawn once.

    Drawing the whole figure again for each of 20 frames takes twice as long.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The figure, as it shows the first frame.
    changing : sequence of matplotlib.artist.Artist
        What changes from frame to frame, and what lies above it, from the lowest to the uppermost.
    dpi : int
        Pixels in an inch.
    """

    def __init__(self, figure: Figure, changing: Sequence[Artist], dpi: int = 72):
        # The layout is computed once. Otherwise the axes would move with the width of the numbers.
        picture_of(figure, dpi)
        figure.set_layout_engine("none")
        self._figure, self._changing = figure, changing
        for artist in changing:
            artist.set_visible(False)
        self._canvas = FigureCanvasAgg(figure)
        self._canvas.draw()
        self._background = self._canvas.copy_from_bbox(figure.bbox)
        for artist in changing:
            artist.set_visible(True)

    def frame(self) -> np.ndarray:
        """Return the figure as it is now: uint8, shape ``(height, width, 3)``."""
        self._canvas.restore_region(self._background)
        for artist in self._changing:
            self._figure.draw_artist(artist)
        return np.asarray(self._canvas.buffer_rgba())[..., :3].copy()


def draw_film(
    figure: Figure,
    changing: Sequence[Artist],
    show: Callable[[Any, int], None],
    frames: Sequence[Any],
    steps: Sequence[int],
) -> list[np.ndarray]:
    """Draw all frames of an animation.

    Parameters
    ----------
    figure, changing
        As in :class:`Film`.
    show : callable
        Changes the figure so that it shows one of ``frames``, and its training step.
    frames, steps : sequence
        One of each for a picture.

    Returns
    -------
    list of numpy.ndarray
        uint8, shape ``(height, width, 3)``, one per frame.
    """
    show(frames[0], steps[0])
    film, pictures = Film(figure, changing), []
    for frame, step in zip(frames, steps):
        show(frame, step)
        pictures.append(film.frame())
    return pictures


def film_of_panels(
    frames: Sequence[Mapping[Any, np.ndarray]],
    show: Callable[[Axes, np.ndarray], None],
    title: Callable[[int, Any], str],
    height: float,
    top: float = 1.0,
) -> list[np.ndarray]:
    """Draw the frames of an animation of several panels side by side.

    Parameters
    ----------
    frames : sequence of mapping
        For each frame, what each panel shows, by its key.
    show : callable
        Draws one of these arrays into axes.
    title : callable
        Maps the number of a frame and a key to what is written above the panel.
    height : float
        Height of the frames in inches; a panel is 1.9 wide.
    top : float
        Upper end of the panels with their titles, as a share of the height.

    Returns
    -------
    list of numpy.ndarray
        uint8, shape ``(height, width, 3)``, one per frame.
    """
    pictures = []
    for number, frame in enumerate(frames):
        figure = Figure(figsize=(1.9 * len(frame), height), layout=ConstrainedLayoutEngine(rect=(0, 0, 1, top)))
        for axes, (key, array) in zip(figure.subplots(1, len(frame), squeeze=False)[0], frame.items()):
            show(axes, array)
            axes.set_title(title(number, key), fontsize=9)
        pictures.append(picture_of(figure))
    return pictures


def frame_of(axes: Axes) -> list[Artist]:
    """Return what lies above all that is drawn inside of axes: their frame, and their legend if they have one."""
    legend = axes.get_legend()
    return [*axes.spines.values(), *([] if legend is None else [legend])]


def tile(images: np.ndarray, columns: int, gap: int = 1) -> np.ndarray:
    """Arrange images in a grid, row by row, on a white background.

    Parameters
    ----------
    images : numpy.ndarray
        Shape ``(n, height, width)``, or ``(n, height, width, 3)`` with colours; intensities in [0, 1].
    columns : int
        Images in a row.
    gap : int
        White pixels between two images.

    Returns
    -------
    numpy.ndarray
        float32, one picture, coloured if the images are.
    """
    count, height, width = images.shape[:3]
    rows = -(-count // columns)
    shape = (rows * (height + gap) - gap, columns * (width + gap) - gap, *images.shape[3:])
    canvas = np.ones(shape, np.float32)
    for number, image in enumerate(images):
        top, left = (number // columns) * (height + gap), (number % columns) * (width + gap)
        canvas[top : top + height, left : left + width] = image
    return canvas


def show_images(axes: Axes, images: np.ndarray, columns: int, title: str = "") -> None:
    """Show images ``(n, height, width)`` or ``(n, height, width, 3)``, intensities in [0, 1], as a grid."""
    axes.imshow(tile(images, columns), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    axes.set_axis_off()
    if title:
        axes.set_title(title, fontsize=11)


def show_losses(
    axes: Axes,
    losses: Mapping[str, Sequence[float]],
    unit: str = "epoch",
    undecided: Mapping[str, float] | None = None,
    steps: Sequence[int] | None = None,
    condition: str = "D is 0 everywhere",
) -> None:
    """Draw loss curves in the same axes.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Where to draw.
    losses : mapping
        One sequence per loss.
    unit : str
        The steps or epochs that one value stands for.
    undecided : mapping, optional
        The value of each loss if D is 0 everywhere, drawn as a dashed line.
    steps : sequence of int, optional
        The training step of each value, if values do not stand for whole units.
    condition : str
        What ``undecided`` stands for, in words.
    """
    for name, values in losses.items():
        colour, label = LOSS_STYLES.get(name, ("black", name))
        places = np.arange(1, len(values) + 1) if steps is None else steps
        axes.plot(places, values, color=colour, label=label, marker="." if len(values) < 3 else "")
    levels = {name: level for name, level in (undecided or {}).items() if name in losses}
    if levels and len(set(levels.values())) == 1:
        axes.axhline(
            next(iter(levels.values())), color="0.3", linewidth=1, linestyle="--", label=f"both, if {condition}"
        )
    else:
        for name, level in levels.items():
            colour, label = LOSS_STYLES.get(name, ("black", name))
            axes.axhline(level, color=colour, linewidth=1, linestyle="--", label=f"{label}, if {condition}")
    axes.set_xlabel(unit)
    axes.set_title("losses", fontsize=11)
    axes.grid(alpha=0.25)
    axes.legend(fontsize=8)


def losses(values: Mapping[str, Sequence[float]], steps: Sequence[int] | None = None) -> Figure:
    """Draw loss curves, each in its own axes.

    Parameters
    ----------
    values : mapping
        One sequence per loss.
    steps : sequence of int, optional
        The training step of each value.
    """
    figure = new_figure(figsize=(10, 3.2))
    for axes, (name, series) in zip(figure.subplots(1, len(values), squeeze=False)[0], values.items()):
        colour, label = LOSS_STYLES.get(name, ("black", name))
        places = np.arange(1, len(series) + 1) if steps is None else steps
        axes.plot(places, series, color=colour, marker="." if len(series) < 3 else "")
        axes.set_title(label, fontsize=11)
        axes.set_xlabel("step")
        axes.grid(alpha=0.25)
    return figure


def show_histograms(axes: Axes, series: Mapping[str, tuple[np.ndarray, str]], density: bool = False) -> None:
    """Draw histograms over each other; ``series`` maps each label to its values and colour."""
    everything = np.concatenate([values for values, _ in series.values()])
    low, high = float(everything.min()), float(everything.max())
    # If values differ only by rounding errors, 40 bins do not fit between them.
    reach = max((high - low) / 2, 1e-3 * max(1.0, abs(low), abs(high)))
    edges = ((low + high) / 2 + np.linspace(-reach, reach, 41)).tolist()
    for label, (values, colour) in series.items():
        axes.hist(values, bins=edges, color=colour, alpha=0.55, label=label, density=density)
    axes.legend(fontsize=8)


def histograms(panels: Mapping[str, Mapping[str, np.ndarray]]) -> Figure:
    """Draw panels side by side; each shows the histograms of two sets over each other.

    Parameters
    ----------
    panels : mapping
        Maps the title of each panel to the labels and values, shape ``(n,)``, of two sets.
    """
    figure = new_figure((5 * len(panels), 3.4))
    for axes, (title, sets) in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels.items()):
        coloured = {
            label: (values, colour) for (label, values), colour in zip(sets.items(), (FAKE_COLOUR, REAL_COLOUR))
        }
        show_histograms(axes, coloured, density=True)
        axes.set_title(title, fontsize=11)
        axes.set_yticks([])
    return figure
