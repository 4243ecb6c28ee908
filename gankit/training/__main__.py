"""The frames of a training: ``python -m gankit.training progress FOLDER`` draws an animation from its checkpoints.

A finished run has written its animation itself. This command shows a run that is going on, or that was stopped, up to
its last checkpoint.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from gankit.errors import InputError
from gankit.scripts import OneSentenceParser, output_file, run_script, whole_number
from gankit.scripts.output import CHECKPOINTS, UNFINISHED, write_animation
from gankit.training.checkpoints import read_checkpoint


def main(arguments: list[str] | None = None) -> None:
    """Read the frames of a checkpoint, and write them as an animation."""
    parser = OneSentenceParser(prog="python -m gankit.training", description="Look at a training by its checkpoints.")
    commands = parser.add_subparsers(dest="command", required=True)
    progress = commands.add_parser("progress", help="draw the frames of a checkpoint as an animated .gif")
    progress.add_argument("folder", type=Path, help="output folder of the run, or a checkpoint")
    progress.add_argument("--output", type=Path, required=True, help="the .gif file to write")
    progress.add_argument("--enlarged", type=whole_number(1, 32), default=4, help="side of a pixel (default: 4)")
    options = parser.parse_args(arguments)

    checkpoint = find_checkpoint(options.folder)
    frames, steps = stored_frames(checkpoint)
    with output_file(options.output) as file:
        write_animation(file, list(frames), steps, options.enlarged)
    print(f"{len(frames)} frames, from step {steps[0]:,} to step {steps[-1]:,}, are in {options.output}.")


def find_checkpoint(path: Path) -> Path:
    """Return the newest checkpoint in the output folder of a run, or ``path`` itself if it is a file.

    Raises
    ------
    InputError
        If there is none.
    """
    if path.is_file():
        return path
    found = [file for folder in (path / UNFINISHED / CHECKPOINTS, path) for file in folder.glob("*.npz")]
    if not found:
        raise InputError(
            f"There is no checkpoint in {path}; a run that is not finished keeps one in {UNFINISHED}/{CHECKPOINTS}, "
            f"and a finished run has written its animation itself."
        )
    return max(found, key=lambda file: file.stat().st_mtime)


def stored_frames(checkpoint: Path) -> tuple[np.ndarray, list[int]]:
    """Read the frames that :class:`gankit.training.callbacks.Snapshots` kept in a checkpoint, and their steps.

    Raises
    ------
    InputError
        If the checkpoint cannot be read or holds no frames.
    """
    _, arrays = read_checkpoint(checkpoint)
    for name, frames in arrays.items():
        callback, _, last = name.rpartition("/")
        gray, coloured = frames.ndim == 3 and frames.dtype != np.uint8, frames.ndim == 4 and frames.dtype == np.uint8
        if last == "frames" and callback.endswith("_Snapshots") and (gray or coloured) and len(frames):
            return frames, arrays[f"{callback}/at"].tolist()
    raise InputError(
        f"The checkpoint {checkpoint} holds no frames; labs on pictures keep some, and tasks 1 to 3 do not."
    )


if __name__ == "__main__":
    sys.argv[0] = "python -m gankit.training"
    run_script(main)
