"""Framed messages between judge and worker: a JSON tree whose arrays follow as raw bytes.

Nothing is ever unpickled, and every size is checked before anything is allocated: the bytes may have been written by
a student's code.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable
from typing import Any

import numpy as np

MAGIC = b"GKF1"
LARGEST_HEADER = 4_000_000
LARGEST_BODY = 64_000_000
DTYPES = ("float32", "float64", "int64", "uint8", "bool")


class FrameError(ValueError):
    """The bytes are not a frame."""


def pack(tree: Any) -> bytes:
    """Return the frame of a tree of dicts, lists, strings, numbers, booleans, None and arrays."""
    arrays: list[np.ndarray] = []

    def encode(value: Any) -> Any:
        if isinstance(value, np.ndarray):
            arrays.append(np.ascontiguousarray(value))
            return {"$array": len(arrays) - 1}
        if isinstance(value, dict):
            return {str(key): encode(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [encode(item) for item in value]
        if isinstance(value, np.generic):
            return value.item()
        return value

    header = {"tree": encode(tree)}
    header["arrays"] = [[str(array.dtype), list(array.shape)] for array in arrays]
    text = json.dumps(header).encode()
    return b"".join([MAGIC, struct.pack(">I", len(text)), text, *(array.tobytes() for array in arrays)])


def read(receive: Callable[[int], bytes]) -> Any:
    """Read one frame; ``receive(n)`` returns exactly n bytes, or raises.

    Raises
    ------
    FrameError
        If the bytes are anything but a frame of permitted size and types.
    """
    start = receive(8)
    if start[:4] != MAGIC:
        raise FrameError("this is not a frame")
    (size,) = struct.unpack(">I", start[4:])
    if size > LARGEST_HEADER:
        raise FrameError("the header is too large")
    try:
        header = json.loads(receive(size).decode())
        listed = [(str(dtype), [int(length) for length in shape]) for dtype, shape in header["arrays"]]
        tree = header["tree"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise FrameError("the header cannot be read") from error
    arrays, total = [], 0
    for dtype, shape in listed:
        if dtype not in DTYPES or len(shape) > 8 or any(length < 0 or length > LARGEST_BODY for length in shape):
            raise FrameError("an array has a type or shape that is not permitted")
        count = math.prod(shape) * np.dtype(dtype).itemsize
        total += count
        if total > LARGEST_BODY:
            raise FrameError("the arrays are too large")
        arrays.append(np.frombuffer(receive(count), dtype=dtype).reshape(shape))

    def decode(value: Any) -> Any:
        if isinstance(value, dict):
            if set(value) == {"$array"}:
                return arrays[value["$array"]]
            return {key: decode(item) for key, item in value.items()}
        return [decode(item) for item in value] if isinstance(value, list) else value

    try:
        return decode(tree)
    except (IndexError, TypeError, RecursionError) as error:
        raise FrameError("the header points to arrays that are not there") from error
