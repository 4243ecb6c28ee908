"""Check the free memory, so that a request for too much gives a clear error instead of a crash."""

from __future__ import annotations

import os
from pathlib import Path

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


def in_words(size: int) -> str:
    """Write a number of bytes with a unit: ``20.0 GB``."""
    # Python cannot convert arbitrarily large integers to floats.
    if size >= 10**18:
        return "more than 1,000 PB"
    for unit, bytes_in_it in (("PB", 10**15), ("TB", 10**12), ("GB", 10**9), ("MB", 10**6)):
        if size >= bytes_in_it:
            return f"{size / bytes_in_it:,.1f} {unit}"
    return f"{size / 1000:.1f} kB"
