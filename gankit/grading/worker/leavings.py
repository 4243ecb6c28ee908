"""What a script leaves: the pictures it drew, the weights it stored, and the stand-ins that it trained."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import numpy as np

MOST_PICTURES = 60
MOST_PIXELS = 500_000
MOST_WEIGHTS = 60
LARGEST_FILE = 5_000_000
# One transparent pixel.
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360000000000500015e"
    "f32a3a0000000049454e44ae426082"
)


def watch_figures() -> list[list[np.ndarray]]:
    """Make Matplotlib save a single pixel, as drawing takes longer than all the rest, and keep the images of a figure.

    The list that is returned is filled as figures are saved. It has for each of them what ``imshow`` was given, and of
    each axes without a picture the horizontal extent of its data, shape ``(2,)``.
    """
    from matplotlib.figure import Figure

    figures: list[list[np.ndarray]] = []

    def savefig(self: Any, target: Any, *_: Any, **__: Any) -> None:
        if len(figures) < MOST_PICTURES:
            images = [image.get_array() for axes in self.axes for image in axes.images]
            images = [np.ma.filled(image, 0) for image in images if image is not None and image.size <= MOST_PIXELS]
            extents = [axes.dataLim.intervalx for axes in self.axes if not axes.images]
            shown = images[: 10 * MOST_PICTURES] + extents[:MOST_PICTURES]
            figures.append([np.asarray(array, np.float32) for array in shown])
        if hasattr(target, "write"):
            target.write(PIXEL)
        else:
            Path(target).write_bytes(PIXEL)

    Figure.savefig = savefig  # type: ignore[assignment, method-assign]  # a stand-in, with other arguments
    return figures


def files_made(folder: Path, before: set[Path]) -> list[list[Any]]:
    """List the files that were made: name, size, and the first eight bytes in hexadecimal digits."""
    listed = []
    for path in sorted({path for path in folder.rglob("*") if path.is_file()} - before)[:MOST_PICTURES]:
        with path.open("rb") as file:
            listed.append([path.name[:80], path.stat().st_size, file.read(8).hex()])
    return listed


def weights_stored(folder: Path, before: set[Path]) -> list[list[np.ndarray]]:
    """Return the arrays in each HDF5 file that was made."""
    import h5py

    stored = []
    for path in sorted({path for path in folder.rglob("*.h5") if path.is_file()} - before)[:10]:
        arrays: list[np.ndarray] = []

        def keep(_: str, item: Any, arrays: list[np.ndarray] = arrays) -> None:
            if not isinstance(item, h5py.Dataset) or item.dtype.kind != "f" or len(arrays) >= MOST_WEIGHTS:
                return
            # A small file can claim a large array.
            if item.nbytes <= LARGEST_FILE:
                arrays.append(np.asarray(item, np.float32))

        if path.stat().st_size <= LARGEST_FILE:
            with contextlib.suppress(OSError), h5py.File(path, "r") as file:
                file.visititems(keep)
            stored.append(arrays)
    return stored


def stand_ins_trained(built: list[Any]) -> list[dict[str, Any]]:
    """Describe the stand-ins that were built: examples, training steps, the generator's weights before and after."""
    described = []
    for gan in built[:5]:
        examples = np.asarray(gan.real_examples, np.float32)
        described.append(
            {
                "examples": examples if examples.size <= MOST_PIXELS else np.zeros(0, np.float32),
                "steps": int(gan.past.steps.numpy()),
                "before": gan.past.first_weights,
                "after": gan.generator.get_weights(),
            }
        )
    return described
