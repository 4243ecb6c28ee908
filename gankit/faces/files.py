"""Reading files of faces."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from gankit.choices import FACE_SIZES
from gankit.errors import InputError
from gankit.stored_arrays import UnreadableError, read_arrays

# An installed kit has the data inside the package. A checkout has them beside it.
_PACKAGE = Path(__file__).resolve().parents[1]
DATA = _PACKAGE / "data" if (_PACKAGE / "data").is_dir() else _PACKAGE.parent / "data"
FACES_FILE = DATA / "faces.npz"
# The stored weights of a generator and a discriminator, for each of gankit.choices.NETWORKS.
WEIGHTS = {
    "wide": (DATA / "wide_generator.h5", DATA / "wide_discriminator.h5"),
    "convolutional": (DATA / "generator.h5", DATA / "discriminator.h5"),
}


def load_faces(path: str | Path = FACES_FILE, size: int | None = 16, fewest: int = 2) -> np.ndarray:
    """Read faces from a ``.npz`` file of this project or a ``.npy`` file in the coursework's form.

    Parameters
    ----------
    path : path
        A ``.npy`` array, or a ``.npz`` archive that holds an array called ``faces`` or only one array.
    size : int, optional
        Required height and width of the faces; None allows any.
    fewest : int
        The smallest number of faces allowed.

    Returns
    -------
    numpy.ndarray
        uint8, shape ``(n, size, size)``, n >= ``fewest``.

    Raises
    ------
    InputError
        If the file is missing, unreadable, too large for the memory, or does not hold such an array. If
        ``python -m gankit.faces import`` can turn it into faces, the message says so.
    """
    faces = read_array(path)
    if faces.ndim == 4 and faces.shape[-1] == 1:
        faces = faces[..., 0]
    if faces.ndim != 3 or len(faces) < fewest or (size is not None and faces.shape[1:] != (size, size)):
        wanted = "(n, size, size)" if size is None else f"(n, {size}, {size})"
        raise InputError(
            f"{path} holds an array of shape {faces.shape}; faces must have the shape {wanted}, n >= {fewest}"
            f"{_how_to_import(path, faces, size, fewest)}."
        )
    if faces.dtype != np.uint8:
        raise InputError(
            f"{path} holds {faces.dtype} values; faces must be uint8 intensities from 0 to 255"
            f"{_how_to_import(path, faces, size, fewest)}."
        )
    return faces


def read_array(path: str | Path) -> np.ndarray:
    """Read the array of a ``.npy`` file, or the array of faces in a ``.npz`` archive, whatever its shape and dtype.

    Raises
    ------
    InputError
        If the file is missing, unreadable or too large for the memory, or is an archive in which it is unclear which
        array holds the faces.
    """
    path = Path(path)
    if path.is_dir():
        raise InputError(
            f"{path} is a folder, not a .npy or .npz file; if it holds pictures, turn them into faces with: "
            f"{import_command(path)}."
        )
    if not path.is_file():
        raise InputError(f"There is no faces file at {path}; give the path of a .npy or .npz file.")

    def only_faces(names: Sequence[str]) -> Sequence[str]:
        if "faces" in names:
            return ["faces"]
        if len(names) == 1:
            return names
        found = f"the arrays {', '.join(sorted(names))}" if names else "no arrays"
        raise InputError(f"{path} holds {found}; call the one with the faces 'faces'.")

    try:
        (array,) = read_arrays(path, only_faces).values()
    except UnreadableError as error:
        raise InputError(
            f"{path} cannot be read as a NumPy file of faces ({error}); "
            f"make it with np.save from a uint8 array of shape (n, 16, 16)."
        ) from error
    return array


def import_command(path: str | Path, size: int = 16) -> str:
    """Return the command that turns a file or folder of pictures into faces."""
    # The output must not overwrite the imported file.
    output = "faces.npz" if Path(path).name != "faces.npz" else f"faces_{size}x{size}.npz"
    wanted = "" if size == 16 else f" --size {size}"
    return f"python -m gankit.faces import --faces {shlex.quote(str(path))}{wanted} --output {output}"


def _how_to_import(path: str | Path, pictures: np.ndarray, size: int | None, fewest: int) -> str:
    """Say how to turn pictures into faces; return nothing if importing would fail too."""
    size = size or FACE_SIZES[0]
    numbers = np.issubdtype(pictures.dtype, np.integer) or np.issubdtype(pictures.dtype, np.floating)
    pictured = pictures.ndim == 3 or (pictures.ndim == 4 and pictures.shape[-1] == 3)
    if not (numbers and pictured and size in FACE_SIZES and len(pictures) >= max(fewest, 2)):
        return ""
    if min(pictures.shape[1:3]) < size or not (pictures.min() >= 0 and pictures.max() <= 255):
        return ""
    return f"; turn it into such faces with: {import_command(path, size)}"
