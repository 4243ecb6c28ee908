"""WAV files of one channel with 16 bits a sample, by Python's own module."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np

from gankit.errors import InputError

_LARGEST = 32767


def write_wav(path: str | Path, values: np.ndarray, rate: int) -> None:
    """Write a sound to a file.

    Parameters
    ----------
    path : path
        The file; an existing one is replaced.
    values : numpy.ndarray
        Shape ``(samples,)``, from -1 to 1; what lies beyond is cut.
    rate : int
        Samples per second.

    Raises
    ------
    InputError
        If the values are not a finite sound of one channel.
    """
    values = np.asarray(values, np.float64)
    if values.ndim != 1 or not np.isfinite(values).all():
        raise InputError(f"A sound of the shape {values.shape} cannot be written; it needs finite values, (samples,).")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.round(_LARGEST * np.clip(values, -1, 1)).astype("<i2").tobytes())


def read_wav(path: str | Path) -> tuple[np.ndarray, int]:
    """Read what :func:`write_wav` wrote: float32 values from -1 to 1, ``(samples,)``, and the samples per second.

    Raises
    ------
    InputError
        If the file is missing, damaged, or not of one channel with 16 bits.
    """
    try:
        with wave.open(str(path), "rb") as file:
            form = file.getnchannels(), file.getsampwidth()
            rate, data = file.getframerate(), file.readframes(file.getnframes())
    except (OSError, EOFError, wave.Error) as error:
        raise InputError(f"{path} cannot be read as a WAV file ({error}).") from error
    if form != (1, 2):
        raise InputError(f"{path} has {form[0]} channels of {8 * form[1]} bits; it needs one channel of 16 bits.")
    return (np.frombuffer(data, "<i2") / _LARGEST).astype(np.float32), rate
