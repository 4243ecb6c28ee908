"""Measure generated pictures: ``python -m gankit.metrics real.npz generated.npz`` prints each measure and its floor.

The pictures may be anybody's: gray or coloured, of any equal size, as uint8 or as intensities in [0, 1].
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from gankit.errors import InputError
from gankit.memory import require_memory
from gankit.metrics.classes import CLASSIFIER_STEPS
from gankit.metrics.pictures import BETTER, Measures, measure_pictures
from gankit.scripts import (
    OneSentenceParser,
    existing_file,
    output_file,
    quiet_start,
    run_record,
    run_script,
    whole_number,
)
from gankit.stored_arrays import UnreadableError, read_arrays

# The Frechet distance of pixels needs products of all pairs of values. For 4,096 values they take 134 MB.
MOST_VALUES = 4096
NAMES_OF_PICTURES = ("pictures", "faces", "images")
TITLES = {
    "pixels": "pixels",
    "encoder": "features of the face encoder",
    "variety": "variety",
    "two_samples": "a classifier of real and generated",
    "classes": "a classifier of the classes",
}


def main(arguments: list[str] | None = None) -> None:
    """Read both sets, measure them, and print the table."""
    options = _parse(arguments)
    started = time.perf_counter()
    real, generated = read_pictures(options.real), read_pictures(options.generated)
    if real.shape[1:] != generated.shape[1:]:
        raise InputError(
            f"The pictures in {options.real} have the shape {real.shape[1:]} and those in {options.generated} "
            f"{generated.shape[1:]}; give two sets of one shape."
        )
    if len(real) < 4 or len(generated) < 2:
        raise InputError(
            f"The files hold {len(real)} real and {len(generated)} generated pictures; at least 4 and 2 are needed."
        )
    labels = read_labels(options.labels, len(real)) if options.labels else None
    side = real.shape[1:3]
    real, generated = reduced(real), reduced(generated)

    with quiet_start():
        from gankit.networks.face_encoder import FaceEncoder

        spaces = {"encoder": FaceEncoder.load().features} if real.shape[1:] == (16, 16) else {}
    try:
        measures = measure_pictures(real, generated, options.size, options.seed, spaces, labels, options.steps)
    except ValueError as error:
        raise InputError(f"These pictures cannot be compared: {error}.") from error
    print(table(measures))
    if real.shape[1:3] != side:
        print(f"Pictures of {side[0]}x{side[1]} pixels were reduced to {real.shape[1]}x{real.shape[2]} by means.")
    if options.json:
        settings = argparse.Namespace(**{name: value for name, value in vars(options).items() if name != "json"})
        with output_file(options.json) as file:
            file.write_text(json.dumps(run_record(settings, started, **measures), indent=2) + "\n", encoding="utf-8")
        print(f"The measures are in {options.json}.")


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = OneSentenceParser(
        prog="python -m gankit.metrics",
        description="Measure generated pictures, and new real ones in the same way (the floor).",
    )
    parser.add_argument("real", type=existing_file, help=".npy or .npz file of real pictures, uint8 or in [0, 1]")
    parser.add_argument("generated", type=existing_file, help="file of generated pictures")
    parser.add_argument("--size", type=whole_number(2), default=5000, help="most pictures of each set (default: 5000)")
    parser.add_argument("--labels", type=existing_file, help="file of the real pictures' classes: 0, 1, ...")
    parser.add_argument(
        "--steps",
        type=whole_number(1),
        default=CLASSIFIER_STEPS,
        help=f"training steps of the classifier of these classes (default: {CLASSIFIER_STEPS})",
    )
    parser.add_argument("--seed", type=whole_number(0), default=0, help="seed of everything (default: 0)")
    parser.add_argument("--json", type=Path, help="the .json file to write the measures to")
    return parser.parse_args(arguments)


def read_pictures(path: Path) -> np.ndarray:
    """Read pictures: float32 in [0, 1], ``(n, height, width)`` or ``(n, height, width, 3)``.

    A ``.npz`` archive holds them as ``pictures``, ``faces`` or ``images``, or holds only one array.

    Raises
    ------
    InputError
        If the file is unreadable or holds something else.
    """
    pictures = _read(path, NAMES_OF_PICTURES)
    if pictures.ndim == 4 and pictures.shape[-1] == 1:
        pictures = pictures[..., 0]
    coloured = pictures.ndim == 4 and pictures.shape[-1] == 3
    if not (pictures.ndim == 3 or coloured) or not pictures.size:
        raise InputError(
            f"{path} holds an array of shape {pictures.shape}; pictures have the shape (n, height, width), or "
            f"(n, height, width, 3) with colours."
        )
    whole = pictures.dtype == np.uint8
    if not whole and not np.issubdtype(pictures.dtype, np.floating):
        raise InputError(f"{path} holds {pictures.dtype} values; pictures are uint8, or floats from 0 to 1.")
    require_memory(4 * pictures.size, f"Reading {len(pictures):,} pictures from {path}", "give fewer pictures")
    if whole:
        return pictures.astype(np.float32) / np.float32(255)
    if not (pictures.min() >= 0 and pictures.max() <= 1):  # also if a value is not a number
        raise InputError(
            f"{path} holds values from {pictures.min():g} to {pictures.max():g}; scale its pictures to intensities "
            f"from 0 to 1."
        )
    return pictures.astype(np.float32)


def read_labels(path: Path, count: int) -> np.ndarray:
    """Read the number of each picture's class: ``(count,)``, int64.

    Raises
    ------
    InputError
        If the file is unreadable or holds something else.
    """
    labels = _read(path, ("labels",))
    whole = np.issubdtype(labels.dtype, np.integer) or labels.dtype == np.bool_
    if labels.shape != (count,) or not whole or labels.min() < 0 or labels.max() >= count:
        raise InputError(
            f"{path} holds {labels.dtype} values of shape {labels.shape}; give the number of the class of each of the "
            f"{count} real pictures: 0, 1, ..."
        )
    return labels.astype(np.int64)


def _read(path: Path, names: Sequence[str]) -> np.ndarray:
    def choose(found: Sequence[str]) -> Sequence[str]:
        known = [name for name in names if name in found] or list(found)
        if len(known) != 1:
            listed = ", ".join(sorted(known)) or "none"
            raise InputError(f"It is not clear which array of {path} to take ({listed}); call it '{names[0]}'.")
        return known

    try:
        (array,) = read_arrays(path, choose).values()
    except UnreadableError as error:
        raise InputError(
            f"{path} cannot be read as a NumPy file ({error}); write it with np.save or np.savez."
        ) from error
    return array


def reduced(pictures: np.ndarray) -> np.ndarray:
    """Halve, third, ... pictures by means over squares until each has at most 4,096 values; most stay as they are."""
    count, height, width = pictures.shape[:3]
    colours = pictures.shape[3:]
    by = next(
        by
        for by in range(1, max(height, width) + 1)
        if (height // by) * (width // by) * 3 ** len(colours) <= MOST_VALUES
    )
    rows, columns = height // by, width // by
    squares = pictures[:, : rows * by, : columns * by].reshape(count, rows, by, columns, by, *colours)
    return squares.mean(axis=(2, 4)) if by > 1 else pictures


def table(measures: Measures) -> str:
    """Return the measures as a table in plain text."""
    lines = [f"{'':<40}{'generated':>12}{'floor':>12}   better"]
    for group, values in measures.items():
        lines.append(TITLES.get(group, group))
        for name, pair in values.items():
            words = name.replace("_", " ")
            lines.append(f"  {words:<38}{pair['generated']:>12.4g}{pair['floor']:>12.4g}   {BETTER[name]}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.argv[0] = "python -m gankit.metrics"
    run_script(main)
