"""Holes in pictures, and how to fill them without a GAN."""

from __future__ import annotations

import numpy as np

from gankit.choices import HOLES
from gankit.errors import InputError

# Strokes of a hole, points of a stroke for each pixel of the side, the deviation of the turn at each point in radians,
# and the radius of the brush in pixels.
STROKES, POINTS, TURN, RADIUS = (2, 4), 1, 0.4, 1.2


def draw_holes(kind: str, count: int, size: int, seed: int = 0) -> np.ndarray:
    """Draw holes at random.

    Parameters
    ----------
    kind : {"half", "square", "strokes"}
        ``half``: one of the four halves of the picture. ``square``: a square of half the side, anywhere. ``strokes``:
        two to four lines of a brush.
    count : int
        Number of holes.
    size : int
        Height and width of the pictures.
    seed : int
        Seed of the choice.

    Returns
    -------
    numpy.ndarray
        bool, shape ``(count, size, size)``; True where a pixel is hidden. Every hole hides something and leaves
        something.

    Raises
    ------
    InputError
        If the kind is unknown.
    """
    if kind not in HOLES:
        raise InputError(f"There is no hole {kind!r}; choose of {', '.join(HOLES)}.")
    random = np.random.default_rng(seed)
    rows, columns = np.indices((size, size))
    half = size // 2
    if kind == "half":
        halves = np.stack([rows < half, rows >= half, columns < half, columns >= half])
        return halves[random.integers(4, size=count)]
    if kind == "square":
        top, left = random.integers(size - half + 1, size=(2, count, 1, 1))
        return (rows >= top) & (rows < top + half) & (columns >= left) & (columns < left + half)
    return np.stack([_strokes(size, random) for _ in range(count)])


def _strokes(size: int, random: np.random.Generator) -> np.ndarray:
    hidden = np.zeros((size, size), bool)
    places = np.arange(size)
    for _ in range(random.integers(STROKES[0], STROKES[1] + 1)):
        points = POINTS * size
        angles = random.uniform(0, 2 * np.pi) + np.cumsum(TURN * random.standard_normal(points))
        path = random.uniform(0, size - 1, 2)[:, None] + np.cumsum([np.sin(angles), np.cos(angles)], axis=1)
        # A stroke that would leave the picture runs along its edge.
        down, right = np.clip(path, 0, size - 1)[:, :, None]
        apart = (places - down)[:, :, None] ** 2 + (places - right)[:, None, :] ** 2
        hidden |= (apart <= RADIUS**2).any(axis=0)
    return hidden


def fill(pictures: np.ndarray, hidden: np.ndarray, guess: np.ndarray) -> np.ndarray:
    """Return the known pixels of the pictures, bit for bit, and the guess where pixels are hidden."""
    return np.where(hidden, guess.astype(pictures.dtype), pictures)


def mean_fill(known: np.ndarray, pictures: np.ndarray, hidden: np.ndarray) -> np.ndarray:
    """Fill each hidden pixel with its mean over the known pictures.

    Parameters
    ----------
    known : numpy.ndarray
        Whole pictures to learn from, ``(m, height, width)``.
    pictures : numpy.ndarray
        Pictures to fill, ``(n, height, width)``. Their hidden pixels are not looked at.
    hidden : numpy.ndarray
        bool, ``(n, height, width)``.

    Returns
    -------
    numpy.ndarray
        The filled pictures, ``(n, height, width)``, with the dtype of ``pictures``.
    """
    return fill(pictures, hidden, np.broadcast_to(known.mean(axis=0), pictures.shape))


def nearest_fill(known: np.ndarray, pictures: np.ndarray, hidden: np.ndarray) -> np.ndarray:
    """Fill a hole from the picture whose pixels around the hole are nearest; arguments as in :func:`mean_fill`."""
    flat = known.reshape(len(known), -1).astype(np.float64)
    seen = ~hidden.reshape(len(hidden), -1)
    shown = np.where(seen, pictures.reshape(len(pictures), -1), 0.0)
    # |x - t|^2 over the seen pixels, without the term that is the same for all t.
    distances = seen.astype(np.float64) @ (flat**2).T - 2 * shown @ flat.T
    return fill(pictures, hidden, known[distances.argmin(axis=1)])


class RidgeFill:
    """Fills hidden pixels by ridge regression on the seen ones, for any hole.

    With the covariance of all pixels, one system of equations gives the regression for each hole. It is the mean of the
    hidden pixels of a Gaussian distribution, given the seen ones.

    Parameters
    ----------
    known : numpy.ndarray
        Whole pictures to learn from, ``(m, height, width)``.
    strength : float
        The penalty on the squared coefficients, divided by m: the variance of a noise that is added to the seen pixels.
    """

    def __init__(self, known: np.ndarray, strength: float):
        flat = known.reshape(len(known), -1).astype(np.float64)
        self.mean = flat.mean(axis=0)
        self.covariance = (flat - self.mean).T @ (flat - self.mean) / len(flat)
        self.strength = strength

    def __call__(self, pictures: np.ndarray, hidden: np.ndarray) -> np.ndarray:
        """Fill pictures ``(n, height, width)``, cut to [0, 1]; arguments as in :func:`mean_fill`."""
        flat, holes = (each.reshape(len(each), -1) for each in (pictures, hidden))
        guess = np.zeros(flat.shape)
        kinds, number = np.unique(holes, axis=0, return_inverse=True)
        for kind, hole in enumerate(kinds):
            rows = np.flatnonzero(number.ravel() == kind)
            seen = ~hole
            penalised = self.covariance[np.ix_(seen, seen)] + self.strength * np.eye(seen.sum())
            coefficients = np.linalg.solve(penalised, self.covariance[np.ix_(seen, hole)])
            guess[np.ix_(rows, hole)] = self.mean[hole] + (flat[rows][:, seen] - self.mean[seen]) @ coefficients
        return fill(pictures, hidden, np.clip(guess, 0, 1).reshape(pictures.shape))
