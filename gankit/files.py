"""Writing files so that each is there whole or not at all, even if the machine loses power in between."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

PARTIAL = "partial-"


@contextlib.contextmanager
def whole_file(path: str | Path) -> Iterator[Path]:
    """Let a file appear under its name when the block ends without an error, or not at all.

    The block writes to ``partial-<name>`` in the same folder. That file is then flushed to the disk and renamed, which
    replaces an older file in one step. A process that is killed on the way leaves the older file as it was; the next
    attempt overwrites the partial file.

    Parameters
    ----------
    path : path
        The wanted file, in a folder that exists.

    Yields
    ------
    pathlib.Path
        The path to write to for now; it exists, and is empty.

    Raises
    ------
    OSError
        If the file cannot be written. This is known when the block begins.
    """
    path = Path(path)
    partial = path.with_name(PARTIAL + path.name)
    try:
        partial.write_bytes(b"")
        yield partial
        # Without this, a name could reach the disk before the content does.
        flush_to_disk(partial)
        partial.replace(path)
        flush_to_disk(path.parent)
    finally:
        with contextlib.suppress(OSError):
            partial.unlink()


def flush_to_disk(path: Path) -> None:
    """Wait until a file, or a folder's list of names, is on the disk."""
    if path.is_dir() and os.name == "nt":
        return  # Windows opens no folders, and writes their names by itself
    # Windows flushes only what was opened for writing.
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def made_folder(path: Path) -> Iterator[Path]:
    """Make a folder and the parents that it lacks; in the end those that stayed empty go again."""
    path = path.absolute()
    with contextlib.ExitStack() as undo:
        for folder in reversed([folder for folder in (path, *path.parents) if not folder.exists()]):
            folder.mkdir(exist_ok=True)
            undo.callback(remove_if_empty, folder)
        yield path


def remove_if_empty(folder: Path) -> None:
    """Remove a folder if nothing is in it."""
    with contextlib.suppress(OSError):
        folder.rmdir()
