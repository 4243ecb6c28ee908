"""Read the traits of smileys back, and refuse pictures that are no faces.

The reader knows how the pictures are drawn, so it needs no training and makes no mistakes on real ones. It draws every
combination of traits at every place on a fine grid, and finds the drawing that is nearest to the picture. The picture
is a valid face if it agrees with this drawing everywhere.

*Everywhere* means: in each eye, the mouth, each lens, the bridge and the hat (the places of glasses and hat also if the
drawing has none), and in each of 16 equal squares of the picture. The error of such a region is the root mean square of
the distance between the two colours of a pixel. It must not exceed :data:`TOLERANCE`. A mean over the whole picture
would not do: a missing eye changes 2 % of the pixels.

The tolerance lies between two measured or computed bounds. On real faces, no region has an error above 0.16, because a
face may lie between two points of the grid. A generator adds noise to it: with a deviation of 0.1 in every intensity
the error is about 0.1 times the root of 3, or 0.17. Things that are no faces have larger errors. The two nearest
colours, yellow and pink, differ by 0.84, and what lies in the middle of two faces has half of it, 0.42, in some region.
A part that is missing has 1 or more, and half a part 0.7.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from gankit.datasets.smileys import COLOURS, combination_numbers, combination_shares, draw, part_areas
from gankit.errors import InputError

TOLERANCE = 0.3
# The grid of places, and the squares along a side.
GRID = np.linspace(-1.0, 1.0, 9)
SQUARES = 4
_BLOCK = 1000  # pictures read at a time
_PARTS = ("left eye", "right eye", "mouth", "left lens", "right lens", "bridge", "hat")


@dataclass(frozen=True)
class Reading:
    """The traits that were read from pictures.

    Attributes
    ----------
    colours, glasses, hats : numpy.ndarray
        The traits of the nearest drawing, as in :class:`gankit.datasets.smileys.Smileys`; for a picture that is not
        valid they mean little.
    errors : numpy.ndarray
        The largest error of a region, shape ``(n,)``.
    """

    colours: np.ndarray
    glasses: np.ndarray
    hats: np.ndarray
    errors: np.ndarray

    @property
    def valid(self) -> np.ndarray:
        """Whether each picture is a valid face: bool, shape ``(n,)``."""
        return self.errors <= TOLERANCE

    @property
    def combinations(self) -> np.ndarray:
        """Number of each face's combination in :data:`gankit.datasets.smileys.COMBINATIONS`."""
        return combination_numbers(self.colours, self.glasses, self.hats)

    def counts(self) -> np.ndarray:
        """Return how many pictures are valid faces of each combination: shape ``(16,)``."""
        return np.bincount(self.combinations[self.valid], minlength=len(combination_shares()))


def read_traits(pictures: np.ndarray) -> Reading:
    """Read the traits of each picture.

    Parameters
    ----------
    pictures : numpy.ndarray
        Shape ``(n, size, size, 3)``, red-green-blue intensities from 0 to 1.

    Raises
    ------
    InputError
        If the pictures have another shape.
    """
    pictures = np.asarray(pictures, np.float32)
    if pictures.ndim != 4 or pictures.shape[1] != pictures.shape[2] or pictures.shape[3] != 3 or not len(pictures):
        raise InputError(f"The pictures have the shape {pictures.shape}; smileys have the shape (n, size, size, 3).")
    drawings = _drawings(pictures.shape[1])
    nearest, errors = np.empty(len(pictures), np.int64), np.empty(len(pictures))
    for start in range(0, len(pictures), _BLOCK):
        rows = slice(start, start + _BLOCK)
        nearest[rows], errors[rows] = drawings.compare(pictures[rows].reshape(len(pictures[rows]), -1))
    return Reading(drawings.colours[nearest], drawings.glasses[nearest], drawings.hats[nearest], errors)


class _Drawings:
    """Every combination of traits at every place of the grid, and the regions that are compared."""

    def __init__(self, size: int):
        places = np.stack(np.meshgrid(GRID, GRID), axis=-1).reshape(-1, 2)
        colours, glasses, hats, self.places = (axis.ravel() for axis in np.indices((len(COLOURS), 2, 2, len(places))))
        self.colours, self.glasses, self.hats = colours, glasses.astype(bool), hats.astype(bool)
        pictures = draw(colours, self.glasses, self.hats, places[self.places], size)
        self.pictures = pictures.reshape(len(pictures), -1)
        self.squared_norms = (self.pictures**2).sum(axis=1)
        # The weight of each pixel in each region, for each place: (places, pixels, regions).
        areas = part_areas(places, size)
        parts = np.stack([areas[name].reshape(len(places), -1) for name in _PARTS], axis=-1)
        square = np.minimum(np.arange(size) * SQUARES // size, SQUARES - 1)
        squares = np.eye(SQUARES**2, dtype=np.float32)[(SQUARES * square[:, None] + square).ravel()]
        weights = np.concatenate([parts, np.broadcast_to(squares, (len(places), *squares.shape))], axis=-1)
        self.weights = weights / weights.sum(axis=1, keepdims=True)

    def compare(self, pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the number of the nearest drawing of each picture ``(n, pixels * 3)``, and its largest error."""
        nearest = (self.squared_norms - 2 * pictures @ self.pictures.T).argmin(axis=1)
        squares = ((pictures - self.pictures[nearest]) ** 2).reshape(len(pictures), -1, 3).sum(axis=2)
        errors, places = np.empty(len(pictures)), self.places[nearest]
        for place in np.unique(places):
            rows = places == place
            errors[rows] = np.sqrt((squares[rows] @ self.weights[place]).max(axis=1))
        return nearest, errors


@lru_cache(maxsize=2)
def _drawings(size: int) -> _Drawings:
    return _Drawings(size)
