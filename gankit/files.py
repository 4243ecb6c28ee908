"""Write files so that each exists completely or not at all, even if the machine loses power while writing."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

PARTIAL = "partial-"


@contextlib.contextmanager
def whole_file(path: str | Path) -> Iterator[Path]:
    """Create a complete file when the block ends without an error, and no file otherwise.

    The block writes to ``partial-<name>`` in the same folder. That file is then flushed to the disk and renamed, which
    replaces an older file in one step. If the process is killed before that, the older file stays as it was, and the
    next attempt overwrites the partial file.

    Parameters
    ----------
    path : path
        The wanted file, in a folder that exists.

    Yields
    ------
    pathlib.Path
        The path to write to inside the block. It exists and is empty.

    Raises
    ------
    OSError
        If the file cannot be written. The error is raised when the block begins.
    """
    path = Path(path)
    partial = path.with_name(PARTIAL + path.name)
    try:
        partial.write_bytes(b"")
        yield partial
        # Without this, the name could reach the disk before the content.
        flush_to_disk(partial)
        partial.replace(path)
        flush_to_disk(path.parent)
    finally:
        with contextlib.suppress(OSError):
            partial.unlink()


def flush_to_disk(path: Path) -> None:
    """Wait until a file, or the list of names in a folder, is on the disk."""
    if path.is_dir() and os.name == "nt":
        return  # Windows cannot open folders, and writes their names by itself
    # Windows flushes only files that were opened for writing.
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def made_folder(path: Path) -> Iterator[Path]:
    """Make a folder and its missing parents; remove those that are still empty when the block ends."""
    path = path.absolute()
    with contextlib.ExitStack() as undo:
        for folder in reversed([folder for folder in (path, *path.parents) if not folder.exists()]):
            folder.mkdir(exist_ok=True)
            undo.callback(remove_if_empty, folder)
        yield path


def remove_if_empty(folder: Path) -> None:
    """Remove a folder if it is empty."""
    with contextlib.suppress(OSError):
        folder.rmdir()
