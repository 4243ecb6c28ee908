"""Reading files of faces."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np

from gankit.errors import InputError

DATA = Path(__file__).resolve().parents[2] / "data"
FACES_FILE = DATA / "faces.npz"


def load_faces(path: str | Path = FACES_FILE, size: int | None = 16, fewest: int = 2) -> np.ndarray:
    """Read faces from a ``.npz`` of this project or a ``.npy`` of the coursework's form.

    Parameters
    ----------
    path : path
        A ``.npy`` array, or a ``.npz`` archive whose array is called ``faces`` (or that holds one array only).
    size : int, optional
        Height and width that the faces must have; any, where it is None.
    fewest : int
        The least number of faces.

    Returns
    -------
    numpy.ndarray
        uint8, shape ``(n, size, size)``, n >= ``fewest``.

    Raises
    ------
    InputError
        If the file is missing, unreadable, or does not hold such an array.
    """
    faces = read_array(path)
    if faces.ndim == 4 and faces.shape[-1] == 1:
        faces = faces[..., 0]
    if faces.ndim != 3 or len(faces) < fewest or (size is not None and faces.shape[1:] != (size, size)):
        wanted = "(n, size, size)" if size is None else f"(n, {size}, {size})"
        raise InputError(
            f"{path} holds an array of shape {faces.shape}; faces must have the shape {wanted}, n >= {fewest}."
        )
    if faces.dtype != np.uint8:
        raise InputError(f"{path} holds {faces.dtype} values; faces must be uint8 intensities from 0 to 255.")
    return faces


def read_array(path: str | Path) -> np.ndarray:
    """Read the array of a ``.npy`` file, or the array of faces in a ``.npz`` archive, whatever its shape and dtype.

    Raises
    ------
    InputError
        If the file is missing or unreadable, or is an archive that does not tell which array holds the faces.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"There is no faces file at {path}; give the path of a .npy or .npz file.")
    try:
        # Pickled arrays could run code; a file of faces needs none.
        stored = np.load(path, allow_pickle=False)
        if isinstance(stored, np.lib.npyio.NpzFile):
            with stored:
                stored = _only_faces(path, stored)
        return np.asarray(stored)
    except InputError:
        raise
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, KeyError) as error:
        raise InputError(
            f"{path} cannot be read as a NumPy file of faces ({first_line(error)}); "
            f"make it with np.save from a uint8 array of shape (n, 16, 16)."
        ) from error


def _only_faces(path: Path, archive: np.lib.npyio.NpzFile) -> np.ndarray:
    if "faces" in archive.files:
        return archive["faces"]
    if len(archive.files) == 1:
        return archive[archive.files[0]]
    raise InputError(
        f"{path} holds the arrays {', '.join(sorted(archive.files))}; call the one with the faces 'faces'."
    )


def first_line(error: Exception) -> str:
    """Return the first line of an error's message, or its kind where it has none."""
    return (str(error).splitlines() or [type(error).__name__])[0]
