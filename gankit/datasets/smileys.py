"""Smileys: small coloured faces whose traits are known, and can be read back exactly.

A face is a disc in one of four colours, with black eyes and a black mouth. Some faces wear glasses, and some wear a
hat. The three traits are independent, so the 16 combinations have known probabilities.

The measures are those of the usual coursework (a disc of radius 12 in a picture of 28 x 28 pixels), with two changes.
Glasses and hats there are black on black; here they are cyan and red, so that they can be seen. And the whole face is
moved by up to one pixel, because without this there are only 16 different pictures: a generator could do nothing but
copy them, and could not be asked whether it does. With ``jitter=0`` the faces stay in the middle.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gankit.errors import InputError
from gankit.memory import require_memory

# Colours of the disc, red-green-blue from 0 to 1.
COLOURS = {"yellow": (1.0, 1.0, 0.0), "blue": (0.0, 0.0, 1.0), "green": (0.0, 1.0, 0.0), "pink": (1.0, 0.75, 0.8)}
PALETTE = np.array(list(COLOURS.values()), np.float32)
GLASSES_COLOUR, HAT_COLOUR = (0.0, 1.0, 1.0), (1.0, 0.0, 0.0)
# Probabilities of the traits; each colour has the same.
GLASSES_SHARE, HAT_SHARE = 0.3, 0.2

# All lengths are in pixels of a picture of this side, from the middle of the face, x to the right and y down.
SIDE = 28
FACE_RADIUS = 12.0
EYES, EYE_RADIUS = ((-7.0, -4.0), (7.0, -4.0)), 2.0
MOUTH_TOP, MOUTH_HALF_WIDTH, MOUTH_DEPTH = 4.0, 7.0, 3.0
LENS_RADIUS, FRAME_WIDTH = 4.0, 1.4
# Boxes: left, top, right, bottom.
BRIDGE = (-3.5, -4.7, 3.5, -3.3)
BRIM, CROWN = (-11.0, -9.5, 11.0, -7.0), (-7.0, -13.0, 7.0, -9.0)

COMBINATIONS = tuple(
    colour + accessory for colour in COLOURS for accessory in ("", " with hat", " with glasses", " with both")
)
_BLOCK = 1000  # pictures drawn at a time


@dataclass(frozen=True)
class Smileys:
    """Pictures with their traits.

    Attributes
    ----------
    pictures : numpy.ndarray
        float32, shape ``(n, size, size, 3)``, red-green-blue intensities from 0 to 1.
    colours : numpy.ndarray
        Number of each face's colour in :data:`COLOURS`, shape ``(n,)``.
    glasses, hats : numpy.ndarray
        bool, shape ``(n,)``.
    """

    pictures: np.ndarray
    colours: np.ndarray
    glasses: np.ndarray
    hats: np.ndarray

    @property
    def combinations(self) -> np.ndarray:
        """Number of each face's combination in :data:`COMBINATIONS`, shape ``(n,)``."""
        return combination_numbers(self.colours, self.glasses, self.hats)


def combination_numbers(colours: np.ndarray, glasses: np.ndarray, hats: np.ndarray) -> np.ndarray:
    """Return the number in :data:`COMBINATIONS` of each triple of traits."""
    return 4 * np.asarray(colours) + 2 * np.asarray(glasses) + np.asarray(hats)


def combination_shares() -> np.ndarray:
    """Return the probability of each of the 16 combinations, in the order of :data:`COMBINATIONS`."""
    glasses = np.array([1 - GLASSES_SHARE, GLASSES_SHARE])
    hats = np.array([1 - HAT_SHARE, HAT_SHARE])
    return np.tile(np.outer(glasses, hats).ravel(), len(COLOURS)) / len(COLOURS)


def smileys(count: int = 2000, size: int = SIDE, seed: int = 0, jitter: float = 1.0) -> Smileys:
    """Draw smileys with random traits at random places.

    Parameters
    ----------
    count : int
        Number of pictures. The first ones are the same whatever the count.
    size : int
        Side of a picture in pixels, 16 or more. The faces grow with it.
    seed : int
        Seed of traits and places.
    jitter : float
        Each face is moved right and down by two independent uniform numbers between ``-jitter`` and ``jitter``, in
        28ths of the side; at most 1. With 0 there are only 16 different pictures.

    Raises
    ------
    InputError
        If an argument is out of range, or the pictures do not fit into memory.
    """
    if count < 1 or size < 16 or not 0 <= jitter <= 1:
        raise InputError(
            f"Smileys need a count of at least 1, a size of at least 16 and a jitter from 0 to 1, "
            f"not {count}, {size} and {jitter}."
        )
    require_memory(12 * count * size * size, f"Drawing {count:,} smileys of {size} x {size} pixels", "draw fewer")
    # One row of random numbers a picture, so that a picture does not depend on the number of pictures.
    uniform = np.random.default_rng(seed).random((count, 5))
    colours = (uniform[:, 0] * len(COLOURS)).astype(np.int64)
    glasses, hats = uniform[:, 1] < GLASSES_SHARE, uniform[:, 2] < HAT_SHARE
    pictures = draw(colours, glasses, hats, jitter * (2 * uniform[:, 3:] - 1), size)
    return Smileys(pictures, colours, glasses, hats)


def draw(
    colours: np.ndarray, glasses: np.ndarray, hats: np.ndarray, shifts: np.ndarray, size: int = SIDE
) -> np.ndarray:
    """Draw one face for each row of the arguments.

    A pixel at an edge has the mean colour of its area, nearly: its share of a shape is taken from the distance between
    its centre and the shape's edge.

    Parameters
    ----------
    colours, glasses, hats : numpy.ndarray
        The traits, each of shape ``(n,)``.
    shifts : numpy.ndarray
        How far each face is moved right and down, in 28ths of the side, shape ``(n, 2)``.
    size : int
        Side of a picture in pixels.

    Returns
    -------
    numpy.ndarray
        float32, shape ``(n, size, size, 3)``, from 0 to 1.
    """
    pictures = np.zeros((len(colours), size, size, 3), np.float32)
    for start in range(0, len(colours), _BLOCK):
        rows = slice(start, start + _BLOCK)
        areas = part_areas(shifts[rows], size)
        block = pictures[rows]
        _paint(block, areas["face"], PALETTE[colours[rows]])
        for name in ("left eye", "right eye", "mouth"):
            _paint(block, areas[name], (0.0, 0.0, 0.0))
        for name in ("left lens", "right lens", "bridge"):
            _paint(block, areas[name] * glasses[rows, None, None], GLASSES_COLOUR)
        _paint(block, areas["hat"] * hats[rows, None, None], HAT_COLOUR)
    return pictures


def part_areas(shifts: np.ndarray, size: int = SIDE) -> dict[str, np.ndarray]:
    """Return the share of each pixel that each part of a face covers.

    Parameters
    ----------
    shifts, size
        As in :func:`draw`.

    Returns
    -------
    dict of str to numpy.ndarray
        For each part, float32, shape ``(n, size, size)``, from 0 to 1.
    """
    pixel = SIDE / size
    centres = (np.arange(size, dtype=np.float32) + 0.5) * pixel - SIDE / 2
    right, down = np.asarray(shifts, np.float32).T[:, :, None, None]
    x, y = centres[None, None, :] - right, centres[None, :, None] - down

    def distance(centre: tuple[float, float]) -> np.ndarray:
        return np.hypot(x - centre[0], y - centre[1])

    def box(left: float, top: float, right: float, bottom: float) -> np.ndarray:
        return np.maximum(np.maximum(left - x, x - right), np.maximum(top - y, y - bottom))

    # Each number is the distance outside the part's edge; it is negative inside.
    outside = {"face": distance((0.0, 0.0)) - FACE_RADIUS, "mouth": _outside_mouth(x, y - MOUTH_TOP)}
    for side, eye in zip(("left", "right"), EYES):
        outside[f"{side} eye"] = distance(eye) - EYE_RADIUS
        middle = LENS_RADIUS - FRAME_WIDTH / 2
        outside[f"{side} lens"] = np.abs(distance(eye) - middle) - FRAME_WIDTH / 2
    outside.update(bridge=box(*BRIDGE), hat=np.minimum(box(*BRIM), box(*CROWN)))
    return {name: np.clip(0.5 - each / pixel, 0.0, 1.0) for name, each in outside.items()}


def _outside_mouth(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the distance from the lower half of an ellipse; near its edge the first-order term is enough."""
    scaled = np.hypot(x / MOUTH_HALF_WIDTH, y / MOUTH_DEPTH)
    slope = np.hypot(x / MOUTH_HALF_WIDTH**2, y / MOUTH_DEPTH**2) / np.maximum(scaled, 1e-6)
    return np.maximum((scaled - 1.0) / np.maximum(slope, 1.0 / MOUTH_HALF_WIDTH), -y)


def _paint(pictures: np.ndarray, area: np.ndarray, colour: np.ndarray | tuple[float, ...]) -> None:
    """Mix a colour, or one colour for each picture, into the pictures in place, as far as the area covers a pixel."""
    colours = np.broadcast_to(np.asarray(colour, np.float32), (len(pictures), 3))
    pictures += area[..., None] * (colours[:, None, None, :] - pictures)
