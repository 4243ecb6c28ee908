"""Output of scripts: single files and folders of files that appear complete or not at all."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gankit.errors import InputError
from gankit.files import made_folder, remove_if_empty, whole_file
from gankit.scripts.record import run_record

if TYPE_CHECKING:
    from matplotlib.figure import Figure

UNFINISHED = "unfinished"
CHECKPOINTS = "checkpoints"


@contextlib.contextmanager
def output_file(path: str | Path) -> Iterator[Path]:
    """Create a complete file when the block ends without an error, and no file otherwise.

    Parameters
    ----------
    path : path
        The wanted file. An existing file is replaced, and missing folders are made.

    Yields
    ------
    pathlib.Path
        The path to write to inside the block. The block can do all the work, because an error about a file that cannot
        be written is raised at its beginning.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    path = Path(path)
    try:
        if path.is_dir():
            raise IsADirectoryError("it is a folder")
        with made_folder(path.parent), whole_file(path) as partial:
            yield partial
    except OSError as error:
        raise InputError(
            f"{path} cannot be written ({error.strerror or error}); choose another file with --output."
        ) from error


class OutputFolder:
    """A folder whose files appear together when everything is done, or not at all.

    It is a context manager. Files are written into the subfolder ``unfinished``, and moved when the block ends without
    an error. Files of an earlier run with the same names are replaced, and other files are not touched. Checkpoints are
    also in ``unfinished``. They stay there if the block ends with an error or the process is killed, so that the run
    can be resumed.

    Parameters
    ----------
    path : path
        The wanted folder; it is made, with its parents, if it is missing.
    caption : str
        Small text under every picture: the command that draws it again.
    options : argparse.Namespace, optional
        The settings, for ``record.json``.

    Attributes
    ----------
    path : pathlib.Path
        The folder.
    checkpoints : pathlib.Path
        Where :class:`gankit.training.run.Run` keeps its checkpoints; it makes the folder for the first one.

    Raises
    ------
    InputError
        On entering, if the folder cannot be written to.
    """

    def __init__(self, path: str | Path, caption: str = "", options: argparse.Namespace | None = None):
        self.path = Path(path)
        self._caption = caption
        self._options = options
        self._started = time.perf_counter()
        self._unfinished = self.path / UNFINISHED
        self._pictures = self._unfinished / "files"
        self._keep_checkpoints = False
        self._folders = contextlib.ExitStack()
        self.checkpoints = self._unfinished / CHECKPOINTS

    def __enter__(self) -> OutputFolder:
        try:
            if self.path.exists() and not (self.path.is_dir() and os.access(self.path, os.W_OK)):
                raise PermissionError("it is not a writable folder")
            self._folders.enter_context(made_folder(self._unfinished))
            # Pictures of a killed run are drawn again.
            shutil.rmtree(self._pictures, ignore_errors=True)
            self._pictures.mkdir()
        except OSError as error:
            self._folders.close()
            raise InputError(
                f"The output folder {self.path} cannot be written to ({error.strerror or error}); "
                f"choose another one with --output."
            ) from error
        return self

    def __exit__(self, kind: type | None, *_: object) -> None:
        with self._folders:
            if kind is None:
                for file in self._pictures.iterdir():
                    file.replace(self.path / file.name)
                if not self._keep_checkpoints:
                    shutil.rmtree(self.checkpoints, ignore_errors=True)
            shutil.rmtree(self._pictures, ignore_errors=True)
            remove_if_empty(self.checkpoints)
            remove_if_empty(self._unfinished)
            if kind is KeyboardInterrupt and self.checkpoints.exists():
                print(f"\nThe training so far is kept in {self._unfinished}; --resume goes on with it.", flush=True)

    def keep_checkpoints(self) -> None:
        """Keep the checkpoints even if the block ends without an error: the run stopped early and can be resumed."""
        self._keep_checkpoints = True

    def file(self, name: str) -> Path:
        """Return the path to write the file ``name`` to inside the block."""
        return self._pictures / name

    def save_figure(self, figure: Figure, name: str) -> None:
        """Write a figure as a PNG with the caption below it."""
        figure.text(0.995, 0.004, self._caption, ha="right", va="bottom", fontsize=6, color="0.5")
        figure.savefig(self.file(name), dpi=120)

    def save_figures(self, figures: Mapping[str, Figure]) -> None:
        """Write figures by the names of their files."""
        for name, figure in figures.items():
            self.save_figure(figure, name)

    def save_animation(self, frames: list[np.ndarray], name: str, steps: Sequence[int] = (), enlarged: int = 1) -> None:
        """Write an animated GIF with that name; the other arguments are those of :func:`write_animation`."""
        write_animation(self.file(name), frames, steps, enlarged)

    def save_record(self, measures: dict[str, Any]) -> dict[str, Any]:
        """Write ``record.json``: settings, measures, seconds since the folder was opened, versions; return it."""
        record = run_record(self._options or argparse.Namespace(), self._started, **measures)
        self.file("record.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
        return record


def write_animation(path: Path, frames: list[np.ndarray], steps: Sequence[int] = (), enlarged: int = 1) -> None:
    """Write an animated GIF that pauses at its end.

    Parameters
    ----------
    path : path
        The file to write.
    frames : list of numpy.ndarray
        Pictures of one shape: gray, ``(height, width)`` with intensities in [0, 1], or coloured, uint8 ``(height,
        width, 3)``.
    steps : sequence of int, optional
        The training step of each frame, written above it.
    enlarged : int
        Each pixel becomes a square of pixels with this side.
    """
    from PIL import Image

    images: list[Any] = [
        Image.fromarray(frame if frame.dtype == np.uint8 else np.round(255 * frame).astype(np.uint8))
        for frame in frames
    ]
    if enlarged > 1:
        size = (enlarged * images[0].width, enlarged * images[0].height)
        images = [image.resize(size, Image.Resampling.NEAREST) for image in images]
    images = [_with_step(image, step) for image, step in zip(images, steps)] if steps else images
    if images[0].mode == "RGB":
        # One palette for all frames keeps the animation small and free of flicker.
        chosen = images[:: max(1, len(images) // 6)] + images[-1:]
        sheet = Image.new("RGB", (images[0].width, len(chosen) * images[0].height))
        for number, image in enumerate(chosen):
            sheet.paste(image, (0, number * image.height))
        palette = sheet.quantize(128)
        images = [image.quantize(palette=palette, dither=Image.Dither.NONE) for image in images]
    durations = [150] * (len(images) - 1) + [2000]
    images[0].save(path, format="GIF", save_all=True, append_images=images[1:], duration=durations, loop=0)


def _with_step(image: Any, step: int) -> Any:
    """Return a picture with a training step written above it."""
    from PIL import Image, ImageDraw

    strip = 16
    framed = Image.new(image.mode, (image.width, image.height + strip), "white")
    framed.paste(image, (0, strip))
    ImageDraw.Draw(framed).text((4, 2), f"step {step:,}", fill="black")
    return framed
