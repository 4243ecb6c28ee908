"""Read NumPy's files of arrays without allocating what a damaged or hostile header claims.

``numpy.load`` allocates the size that a header claims and only then reads the file. This module first compares the
claimed size with the size of the file and with the free memory.
"""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

import numpy as np

from gankit.errors import InputError, first_line
from gankit.memory import in_words, require_memory

NPY_BEGINNING = b"\x93NUMPY"
ZIP_BEGINNINGS = (b"PK\x03\x04", b"PK\x05\x06")
# NumPy itself refuses longer headers.
MOST_HEADER_BYTES = 10_000
# The versions that NumPy writes for arrays without named fields.
HEADER_READERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
# The compressions that NumPy writes. Other ones can unpack gigabytes from a few bytes before anything can stop them.
COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class UnreadableError(ValueError):
    """A file does not hold valid arrays; the message gives the reason, for use in a sentence that names the file."""


def read_arrays(
    path: str | Path,
    choose: Callable[[Sequence[str]], Sequence[str]] = tuple,
    advice: str = "give a smaller file",
) -> dict[str, np.ndarray]:
    """Read arrays from a ``.npz`` archive, or the array of a ``.npy`` file, whatever the file's name.

    Parameters
    ----------
    path : path
        The file.
    choose : callable, optional
        Takes the names of all arrays and returns the names of those to read. By default, all are read. The array of a
        ``.npy`` file has the name "".
    advice : str
        What to do if there is not enough memory.

    Returns
    -------
    dict of numpy.ndarray
        The chosen arrays by name.

    Raises
    ------
    InputError
        If the arrays need more memory than is free, or ``choose`` raises it.
    UnreadableError
        If the file cannot be read, is damaged, promises more than it holds, or holds Python objects.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            beginning = file.read(len(NPY_BEGINNING))
            file.seek(0)
            if beginning.startswith(ZIP_BEGINNINGS):
                return _read_archive(file, path, choose, advice)
            if beginning != NPY_BEGINNING:
                raise UnreadableError("it is not a NumPy file")
            needed = _promised_bytes(file, path.stat().st_size)
            require_memory(needed, f"The array in {path}", advice)
            file.seek(0)
            return {name: np.lib.format.read_array(file, allow_pickle=False) for name in choose([""])}
    except (InputError, UnreadableError):
        raise
    # On damaged files, NumPy and its decompressors raise exceptions of almost every class.
    except Exception as error:
        raise UnreadableError(first_line(error)) from error


def _read_archive(
    file: IO[bytes], path: Path, choose: Callable[[Sequence[str]], Sequence[str]], advice: str
) -> dict[str, np.ndarray]:
    with zipfile.ZipFile(file) as archive:
        # If two entries have the same name, the later one counts, as in NumPy.
        stored = {info.filename[: -len(".npy")]: info for info in archive.infolist() if info.filename.endswith(".npy")}
        chosen = {name: stored[name] for name in choose(list(stored))}
        needed = 0
        for name, info in chosen.items():
            if info.compress_type not in COMPRESSIONS:
                raise UnreadableError(f"{name!r} is compressed in a way that NumPy does not use")
            with archive.open(info) as entry:
                needed += _promised_bytes(entry, info.file_size)
        names = " and ".join(chosen) if len(chosen) < 3 else f"{len(chosen)} arrays"
        require_memory(needed, f"Reading {names} from {path}", advice)
        arrays = {}
        for name, info in chosen.items():
            with archive.open(info) as entry:
                arrays[name] = np.lib.format.read_array(entry, allow_pickle=False)
        return arrays


def _promised_bytes(file: IO[bytes], size: int) -> int:
    """Return the number of bytes that the header of ``file``, whose size is ``size`` bytes, claims."""
    beginning = io.BytesIO(file.read(MOST_HEADER_BYTES))
    version = np.lib.format.read_magic(beginning)
    if version not in HEADER_READERS:
        raise UnreadableError(f"it has version {version[0]}.{version[1]} of NumPy's format, which is not supported")
    shape, _, dtype = HEADER_READERS[version](beginning)
    if dtype.hasobject:
        raise UnreadableError("it holds Python objects, and reading those could run code")
    if min(shape, default=0) < 0:
        raise UnreadableError("its shape is negative")
    # Python's integers do not overflow.
    promised, held = math.prod(shape) * dtype.itemsize, size - beginning.tell()
    if promised > held:
        raise UnreadableError(
            f"its header promises {in_words(promised)} of values, and {in_words(max(held, 0))} are there"
        )
    return promised
