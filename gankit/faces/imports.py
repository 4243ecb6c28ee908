"""Import real faces in the form of the rendered ones: pictures in, an array of faces out.

A face is made from a square of a picture, by averaging over a grid of ``size`` x ``size`` equal areas. Colours become
gray by the luma of ITU-R BT.601, 0.299 R + 0.587 G + 0.114 B. Averages are computed in whole numbers and rounded once,
half up, so that the same pixels give the same face on every machine.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gankit.errors import InputError, first_line
from gankit.faces.files import read_array
from gankit.memory import require_memory

Box = tuple[int, int, int, int]

# LFW's pictures have 250x250 pixels. The eyes are about 42 pixels apart, around (125, 113). This square puts them where
# the eyes of the rendered faces are.
LFW_SIDE = 250
LFW_CROP: Box = (72, 73, 178, 179)
LFW_PICTURES = 13_233
# Memory for each pixel of a picture, and for each value of a picture in an array, during the import.
BYTES_OF_A_PIXEL = 32


@dataclass(frozen=True)
class ImportedFaces:
    """Faces and where they came from.

    Attributes
    ----------
    faces : numpy.ndarray
        uint8, shape ``(n, size, size)``, n >= 2.
    names : list of str
        The file of each face, relative to the folder; empty if the faces did not come from a folder.
    skipped : list of (str, str)
        Name of each skipped file, and the reason.
    """

    faces: np.ndarray
    names: list[str]
    skipped: list[tuple[str, str]]


def import_faces(path: str | Path, size: int = 16, crop: Box | None = None) -> ImportedFaces:
    """Import a folder of pictures, or the array of a ``.npy`` or ``.npz`` file.

    A folder is searched with all its subfolders, in the order of the files' names. Hidden files are ignored. Files may
    have any format that Pillow reads. The import turns pictures upright according to their EXIF data, lays transparent
    ones on white, and takes the first of several frames. It skips files that are not pictures, and pictures that are
    smaller than the face: enlarged pictures would teach a GAN a smoothness that no face has.

    An array holds pictures of shape ``(n, height, width)``, ``(n, height, width, 1)`` or ``(n, height, width, 3)``, as
    whole numbers from 0 to 255, or as floats. Floats range from 0 to 1 if none is above 1, and from 0 to 255
    otherwise. They are first rounded to whole levels.

    Parameters
    ----------
    path : path
        The folder or file.
    size : int
        Height and width of the faces, at least 1.
    crop : (left, top, right, bottom), optional
        The square to take from each picture, in pixels; by default, the largest one in the middle.

    Raises
    ------
    InputError
        If ``path`` does not exist or is not readable, if fewer than two faces are found, if ``crop`` is not a square of
        at least ``size`` pixels, or if an array does not fit into memory. A picture that does not fit is skipped.
    """
    path = Path(path)
    _check_crop(crop, size)
    if path.is_dir():
        return _import_folder(path, size, crop)
    if not path.exists():
        raise InputError(f"There is nothing at {path}; give the path of a folder of pictures, or a .npy or .npz file.")
    return ImportedFaces(_import_array(read_array(path), str(path), size, crop), [], [])


def import_lfw(size: int = 16, crop: Box = LFW_CROP, cache: str | Path | None = None) -> ImportedFaces:
    """Import Labeled Faces in the Wild (Huang et al. 2007) through scikit-learn's ``fetch_lfw_people``.

    scikit-learn downloads the pictures (about 200 MB) unless they are in its cache, and keeps them there. It also
    converts them to grayscale, as the mean of the three colours. The luma would take three times the memory, about
    3.6 GB.

    Parameters
    ----------
    size : int
        Height and width of the faces, at least 1.
    crop : (left, top, right, bottom)
        The square to take from each picture of 250x250 pixels.
    cache : path, optional
        scikit-learn's data folder, which holds ``lfw_home``; by default, the one that scikit-learn chooses.

    Raises
    ------
    InputError
        If scikit-learn is missing, the pictures can neither be found nor downloaded, or ``crop`` does not fit.
    """
    _check_crop(crop, size)
    left, top, right, bottom = crop
    if max(right, bottom) > LFW_SIDE:
        raise InputError(f"The crop box {_words(crop)} exceeds LFW's pictures, which are {LFW_SIDE}x{LFW_SIDE} pixels.")
    # scikit-learn holds the pictures as float32, and makes copies.
    require_memory(2 * 4 * LFW_PICTURES * (right - left) ** 2, "Reading LFW", "choose a smaller --crop")
    try:
        from sklearn.datasets import fetch_lfw_people
    except ImportError as error:
        raise InputError('Reading LFW needs scikit-learn; install it with: pip install -e ".[labs]".') from error
    folder = None if cache is None else str(cache)
    try:
        with warnings.catch_warnings():
            # Each failed attempt of a download warns. The error below says it once.
            warnings.simplefilter("ignore")
            slices = (slice(top, bottom), slice(left, right))
            pictures = fetch_lfw_people(data_home=folder, slice_=slices, resize=None, color=False).images
    # A download, an archive and thousands of pictures can fail in too many ways to list.
    except Exception as error:
        where = "scikit-learn's data folder" if cache is None else cache
        raise InputError(
            f"LFW could be neither read from {where} nor downloaded ({first_line(error)}); go online once, or name a "
            f"folder that holds scikit-learn's lfw_home with --cache."
        ) from error
    return ImportedFaces(_import_array(pictures, "LFW", size, None), [], [])


def to_face(picture: np.ndarray, size: int, crop: Box | None = None) -> np.ndarray:
    """Turn one picture into one face.

    Parameters
    ----------
    picture : numpy.ndarray
        uint8 of shape ``(height, width)``, ``(height, width, 3)`` (RGB) or ``(height, width, 4)`` (RGBA, laid on
        white); or uint16 of shape ``(height, width)``, white being 65535.
    size : int
        Height and width of the face.
    crop : (left, top, right, bottom), optional
        The square to take, in pixels; by default, the largest one in the middle.

    Returns
    -------
    numpy.ndarray
        uint8, shape ``(size, size)``.

    Raises
    ------
    InputError
        If the picture is too small.
    """
    height, width = picture.shape[:2]
    left, top, right, bottom = crop or _middle(height, width)
    if right > width or bottom > height:
        raise InputError(f"{width}x{height} pixels are too few for the crop box {_words((left, top, right, bottom))}")
    if right - left < size:
        raise InputError(f"{width}x{height} pixels are too few for a face of {size}x{size}")
    luma, per_level = _luma(picture[top:bottom, left:right])
    return np.floor(area_average(luma, size) / per_level + 0.5).astype(np.uint8)


def area_average(picture: np.ndarray, size: int) -> np.ndarray:
    """Average a square picture over a grid of equal squares, whose edges may cut through pixels.

    Parameters
    ----------
    picture : numpy.ndarray
        Shape ``(side, side)``, any real dtype.
    size : int
        Number of squares along each side.

    Returns
    -------
    numpy.ndarray
        float64, shape ``(size, size)``. For whole numbers, the sums are exact if they stay below 2^53.
    """
    side = len(picture)
    # In units of 1/size of a pixel, square i reaches from i*side to (i+1)*side and pixel j from j*size to (j+1)*size.
    # All overlaps are therefore whole numbers, and the overlaps of a square add up to side.
    squares, pixels = np.arange(size)[:, None] * side, np.arange(side)[None, :] * size
    overlaps = np.minimum(squares + side, pixels + size) - np.maximum(squares, pixels)
    weights = np.maximum(overlaps, 0).astype(np.float64)
    return weights @ picture.astype(np.float64) @ weights.T / side**2


def _luma(picture: np.ndarray) -> tuple[np.ndarray, int]:
    """Return a picture's luma in whole numbers, and how many units make one level of 0 to 255."""
    if picture.dtype == np.uint16:
        return picture, 257
    if picture.ndim == 2:
        return picture, 1
    luma = picture[..., :3].astype(np.int32) @ np.array([299, 587, 114], np.int32)
    if picture.shape[-1] == 3:
        return luma, 1000
    opacity = picture[..., 3].astype(np.int32)
    return luma * opacity + 255_000 * (255 - opacity), 255_000


def _middle(height: int, width: int) -> Box:
    side = min(height, width)
    left, top = (width - side) // 2, (height - side) // 2
    return left, top, left + side, top + side


def _check_crop(crop: Box | None, size: int) -> None:
    if size < 1:
        raise InputError(f"The size of the faces is {size}; it must be at least 1.")
    if crop is None:
        return
    left, top, right, bottom = crop
    if min(left, top) < 0 or right - left != bottom - top:
        raise InputError(f"The crop box {_words(crop)} must be a square within the picture: left top right bottom.")
    if right - left < size:
        raise InputError(f"The crop box {_words(crop)} must have at least {size}x{size} pixels for faces of that size.")


def _words(crop: Box) -> str:
    return " ".join(map(str, crop))


def _import_folder(folder: Path, size: int, crop: Box | None) -> ImportedFaces:
    faces, names, skipped = [], [], []
    closed: list[OSError] = []
    for path in _files(folder, closed.append):
        name = path.relative_to(folder).as_posix()
        try:
            faces.append(to_face(_read_picture(path), size, crop))
            names.append(name)
        # On damaged files, decoders raise exceptions of almost every class.
        except Exception as error:
            skipped.append((name, _reason(error)))
    skipped += [(Path(error.filename).relative_to(folder).as_posix(), _reason(error)) for error in closed]
    if len(faces) < 2:
        first = f", the first of them {skipped[0][0]} ({skipped[0][1]})" if skipped else ""
        raise InputError(
            f"The folder {folder} holds too few pictures of faces; at least 2 are needed. {len(faces)} could be read, "
            f"{len(skipped)} had to be skipped{first}."
        )
    return ImportedFaces(np.stack(faces), names, skipped)


def _files(folder: Path, on_error: Callable[[OSError], None]) -> list[Path]:
    """Return all files that are not hidden, in the order of their names; report subfolders that cannot be opened."""
    found = []
    for parent, folders, files in os.walk(folder, onerror=on_error):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(parent, name) for name in files if not name.startswith(".")]
    return sorted(found, key=Path.as_posix)


def _read_picture(path: Path) -> np.ndarray:
    """Read a picture and turn it upright: uint8 RGBA, or uint16 if it has 16 bits of gray."""
    from PIL import Image, ImageOps

    # Opening a pipe would wait for a writer.
    if not path.is_file():
        raise InputError("it is not a file")
    with warnings.catch_warnings():
        # Pillow's warnings about minor defects do not help somebody who imports thousands of pictures.
        warnings.simplefilter("ignore")
        with Image.open(path) as file:
            # Up to here, Pillow has read only the beginning of the file.
            width, height = file.size
            needed = BYTES_OF_A_PIXEL * width * height
            require_memory(needed, f"a picture of {width}x{height} pixels", "make it smaller")
            picture = ImageOps.exif_transpose(file)
            if picture.mode == "F":
                raise InputError("its intensities are floats of unknown range")
            if not picture.mode.startswith("I"):
                return np.asarray(picture.convert("RGBA"))
            levels = np.asarray(picture)
    if levels.min() < 0 or levels.max() > 65535:
        raise InputError("its intensities need more than 16 bits")
    return levels.astype(np.uint16)


def _reason(error: Exception) -> str:
    from PIL import Image, UnidentifiedImageError

    most = Image.MAX_IMAGE_PIXELS
    if most is not None and isinstance(error, Image.DecompressionBombError):
        return f"it has more than the {2 * most:,} pixels that Pillow reads; make it smaller"
    if isinstance(error, UnidentifiedImageError):
        return "it is not a readable picture"
    return getattr(error, "strerror", None) or first_line(error).rstrip(".")


def _import_array(pictures: np.ndarray, source: str, size: int, crop: Box | None) -> np.ndarray:
    if pictures.ndim == 4 and pictures.shape[-1] == 1:
        pictures = pictures[..., 0]
    pictured = pictures.ndim == 3 or (pictures.ndim == 4 and pictures.shape[-1] == 3)
    if not pictured or len(pictures) < 2 or not pictures.size:
        raise InputError(
            f"{source} holds an array of shape {pictures.shape}; pictures of faces must have the shape "
            f"(n, height, width), (n, height, width, 1) or (n, height, width, 3), n >= 2."
        )
    values = pictures[0].size
    require_memory(
        2 * len(pictures) * size * size + BYTES_OF_A_PIXEL * values,
        f"Making faces of {size}x{size} pixels from {source}",
        "give smaller pictures, or fewer",
    )
    levels = _levels_per_unit(pictures, source)
    as_bytes = (np.floor(picture * levels + 0.5).astype(np.uint8) for picture in pictures)
    try:
        return np.stack([to_face(picture, size, crop) for picture in as_bytes])
    except InputError as error:
        raise InputError(f"{source} cannot be imported: {error}.") from error


def _levels_per_unit(pictures: np.ndarray, source: str) -> int:
    """Return 255 for floats from 0 to 1, and 1 for everything else from 0 to 255."""
    whole = np.issubdtype(pictures.dtype, np.integer)
    if not whole and not np.issubdtype(pictures.dtype, np.floating):
        raise InputError(f"{source} holds {pictures.dtype} values; intensities must be whole numbers or floats.")
    low, high = pictures.min(), pictures.max()
    # This form also refuses NaN.
    if not (low >= 0 and high <= 255):
        raise InputError(f"{source} holds values from {low} to {high}; intensities must lie in 0 to 255, or in 0 to 1.")
    return 1 if whole or high > 1 else 255
