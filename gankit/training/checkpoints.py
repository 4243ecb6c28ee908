"""Checkpoints: one file holds everything that a training run needs to continue, and is never incomplete."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gankit.errors import InputError
from gankit.files import whole_file
from gankit.stored_arrays import UnreadableError, read_arrays

ABOUT = "about"


def write_checkpoint(path: Path, about: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
    """Write a checkpoint; the previous one stays until the new one is complete and on the disk.

    Parameters
    ----------
    path : path
        A ``.npz`` file; its folder is made if it is missing.
    about : mapping
        Data that JSON can hold.
    arrays : mapping
        Arrays by name.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    contents: dict[str, Any] = {ABOUT: np.array(json.dumps(about)), **arrays}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as partial:
            np.savez(partial, **contents)
    except OSError as error:
        raise InputError(
            f"The checkpoint {path} cannot be written ({error.strerror or error}); "
            f"make room for it, or choose another folder with --output."
        ) from error


def read_checkpoint(path: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Read a checkpoint that :func:`write_checkpoint` wrote.

    Raises
    ------
    InputError
        If the file is damaged, is not a checkpoint, or is too large for the memory.
    """
    try:
        arrays = read_arrays(path, advice="delete it, or leave --resume out, to begin from the start")
        about = json.loads(str(arrays.pop(ABOUT)))
        if not isinstance(about, dict):
            raise UnreadableError("it does not say what run it belongs to")
        return about, arrays
    except InputError:
        raise
    # JSON that is nested too deeply raises a RecursionError.
    except (ValueError, KeyError, RecursionError) as error:
        raise InputError(
            f"The checkpoint {path} is damaged or of another format; "
            f"delete it, or leave --resume out, to begin from the start."
        ) from error
