"""Check the free memory, so that a request for too much gives a clear error, and process long arrays in parts."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from gankit.errors import InputError

# Used if the system does not tell how much memory it has.
ASSUMED_BYTES = 8 * 2**30


def available_bytes() -> int:
    """Return the bytes of available memory on Linux, and of all memory on other systems."""
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return 1024 * int(line.split()[1])
    except (OSError, ValueError, IndexError):
        pass
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return ASSUMED_BYTES


def require_memory(needed: int, what: str, advice: str) -> None:
    """Refuse a request that does not fit into memory, before any memory is allocated.

    Parameters
    ----------
    needed : int
        The number of bytes.
    what : str
        What needs them; the beginning of the message.
    advice : str
        What to do instead; the end of the message.

    Raises
    ------
    InputError
        If more memory is needed than is available.
    """
    available = available_bytes()
    if needed > available:
        raise InputError(f"{what} needs {in_words(needed)} of memory, and {in_words(available)} are free; {advice}.")


def in_parts(function: Callable[..., Any], at_once: int, *arrays: Any) -> np.ndarray:
    """Apply a function to parts of long arrays, one part after the other, and join the results.

    A network keeps the maps of all its layers for each row that it is given at once. Its method ``predict`` also
    divides the rows, but it first compiles a function, which takes a second. A few calls are faster.

    Parameters
    ----------
    function : callable
        Takes a part of each array, and returns an array or a tensor with as many rows.
    at_once : int
        Rows of a part; the last one may be smaller.
    *arrays : array or tensor
        Their first axes have the same length. If they are empty, the function is called once.

    Returns
    -------
    numpy.ndarray
        The results, one row for each row of the arrays.
    """
    starts = range(0, max(len(arrays[0]), 1), at_once)
    return np.concatenate([function(*(array[start : start + at_once] for array in arrays)) for start in starts])


def network_in_parts(network: Callable[..., Any], at_once: int, *arrays: Any) -> np.ndarray:
    """Apply a network to parts of its inputs, as it works after the training.

    Parameters
    ----------
    network : keras.Model
        A network with one input for each array.
    at_once, *arrays
        As in :func:`in_parts`.

    Returns
    -------
    numpy.ndarray
        The outputs, one row for each row of the arrays.
    """
    return in_parts(
        lambda *parts: network(parts[0] if len(parts) == 1 else list(parts), training=False), at_once, *arrays
    )


def in_words(size: int) -> str:
    """Write a number of bytes with a unit: ``20.0 GB``."""
    # Python cannot convert arbitrarily large integers to floats.
    if size >= 10**18:
        return "more than 1,000 PB"
    for unit, bytes_in_it in (("PB", 10**15), ("TB", 10**12), ("GB", 10**9), ("MB", 10**6)):
        if size >= bytes_in_it:
            return f"{size / bytes_in_it:,.1f} {unit}"
    return f"{size / 1000:.1f} kB"
