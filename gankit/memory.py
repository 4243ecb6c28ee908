"""How much memory there is, so that a request for more is answered with a sentence and not with a crash."""

from __future__ import annotations

import os
from pathlib import Path

from gankit.errors import InputError

# Where the system does not say.
ASSUMED_BYTES = 8 * 2**30


def available_bytes() -> int:
    """Return the bytes of memory that can be had now: what Linux calls available, elsewhere all there is."""
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
    """Refuse what cannot fit into memory, before any of it is taken.

    Parameters
    ----------
    needed : int
        Bytes.
    what : str
        What needs them; the message begins with it.
    advice : str
        What to do instead; the message ends with it.

    Raises
    ------
    InputError
        If more is needed than can be had.
    """
    available = available_bytes()
    if needed > available:
        raise InputError(f"{what} needs {in_words(needed)} of memory, and {in_words(available)} are free; {advice}.")


def in_words(size: int) -> str:
    """Write a number of bytes with a unit: ``20.0 GB``."""
    # Python cannot turn arbitrarily long whole numbers into floats.
    if size >= 10**18:
        return "more than 1,000 PB"
    for unit, bytes_in_it in (("PB", 10**15), ("TB", 10**12), ("GB", 10**9), ("MB", 10**6)):
        if size >= bytes_in_it:
            return f"{size / bytes_in_it:,.1f} {unit}"
    return f"{size / 1000:.1f} kB"
