"""Changes of faces whose sizes are known: blur, shift, noise, another light, glasses, another person.

The first ones change the pixels of a face. The last ones change the attributes of a rendered face, so that the renderer
draws the same person in another light or with glasses, or another person in the same light.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

# What belongs to the light, and what does not belong to the person.
LIGHT = ("light_x", "light_y", "light_strength", "shadow")
SURROUNDINGS = (
    *LIGHT,
    *("yaw", "pitch", "roll", "shift_x", "shift_y", "zoom"),
    *("background", "background_other", "background_clutter", "background_slope", "background_edge"),
    *("background_tilt", "exposure", "contrast", "blur", "noise", "aliasing"),
)
# Halvings of the interval of a change's size: after 30, the size is right to 9 digits.
HALVINGS = 30


def reduced(faces: np.ndarray, factor: int = 2) -> np.ndarray:
    """Average blocks of ``factor`` by ``factor`` pixels: ``(n, height / factor, width / factor)``."""
    count, height, width = faces.shape
    return faces.reshape(count, height // factor, factor, width // factor, factor).mean(axis=(2, 4))


def shifted(faces: np.ndarray, pixels: int = 1) -> np.ndarray:
    """Shift faces ``(n, height, width)`` to the right; the left column is repeated."""
    return np.concatenate([np.repeat(faces[:, :, :1], pixels, axis=2), faces[:, :, : faces.shape[2] - pixels]], axis=2)


def blurred(faces: np.ndarray, deviations: np.ndarray) -> np.ndarray:
    """Blur each face by a Gaussian of its own deviation.

    Parameters
    ----------
    faces : numpy.ndarray
        Intensities, ``(n, height, width)``.
    deviations : numpy.ndarray
        The deviation of each face's Gaussian in pixels, ``(n,)``, at least 0. Border pixels are repeated outside.

    Returns
    -------
    numpy.ndarray
        float64, ``(n, height, width)``.
    """
    height, width = faces.shape[1:]
    rows = _smoothing(deviations, height)
    columns = rows if width == height else _smoothing(deviations, width)
    return rows @ faces.astype(np.float64) @ columns.transpose(0, 2, 1)


def _smoothing(deviations: np.ndarray, side: int) -> np.ndarray:
    """Return the matrices ``(n, side, side)`` that blur a line of pixels."""
    reach = 3 * side
    places = np.arange(-reach, side + reach)
    widths = np.maximum(np.asarray(deviations, np.float64), 1e-3)[:, None, None]
    weights = np.exp(-(((places[None, :] - np.arange(side)[:, None]) / widths) ** 2) / 2)
    weights /= weights.sum(axis=2, keepdims=True)
    # What lies outside has the intensity of the nearest pixel inside.
    nearest = np.clip(places, 0, side - 1)[:, None] == np.arange(side)
    return weights @ nearest


def noisy(faces: np.ndarray, deviations: np.ndarray, seed: int = 0) -> np.ndarray:
    """Add normal noise of a deviation for each face, ``(n,)``, to faces ``(n, height, width)``, and cut to [0, 1]."""
    noise = np.random.default_rng(seed).standard_normal(faces.shape)
    return np.clip(faces + np.asarray(deviations)[:, None, None] * noise, 0, 1)


def at_random(
    faces: np.ndarray,
    random: np.random.Generator,
    reach: int = 0,
    contrast: float = 1.1,
    brightness: float = 0.05,
    noise: float = 0.01,
) -> np.ndarray:
    """Change each face as classical augmentation does: mirror, shift, contrast, brightness and noise, each at random.

    A mirrored face is lit from the other side and looks the other way. That is honest for attributes which have no
    side, such as glasses or a smile, as the renderer draws both sides equally often.

    Parameters
    ----------
    faces : numpy.ndarray
        Intensities in [0, 1], ``(n, height, width)``.
    random : numpy.random.Generator
        Source of the random numbers.
    reach : int
        Largest shift in pixels, in both directions; border pixels are repeated.
    contrast : float
        Largest factor of the distance from a face's mean; the smallest is 1 / ``contrast``.
    brightness : float
        Largest change of all intensities of a face.
    noise : float
        Deviation of the noise of each pixel.

    Returns
    -------
    numpy.ndarray
        float32, same shape, cut to [0, 1]. Half of the faces are mirrored.
    """
    count, height, width = faces.shape
    mirror = np.asarray(random.random(count)) < 0.5
    shifts = np.asarray(random.integers(-reach, reach + 1, (2, count)))
    factors = contrast ** random.uniform(-1, 1, (count, 1, 1))
    offsets = random.uniform(-brightness, brightness, (count, 1, 1))
    rows = np.clip(np.arange(height) - shifts[0][:, None], 0, height - 1)
    columns = np.clip(np.arange(width) - shifts[1][:, None], 0, width - 1)
    columns = np.where(mirror[:, None], width - 1 - columns, columns)
    moved = faces[np.arange(count)[:, None, None], rows[:, :, None], columns[:, None, :]]
    means = moved.mean(axis=(1, 2), keepdims=True)
    changed = means + factors * (moved - means) + offsets + noise * random.standard_normal(faces.shape)
    return np.clip(changed, 0, 1).astype(np.float32)


def at_squared_error(
    change: Callable[[np.ndarray, np.ndarray], np.ndarray], faces: np.ndarray, errors: np.ndarray, largest: float
) -> np.ndarray:
    """Change each face so much that its mean squared difference from the original is the wanted one.

    Parameters
    ----------
    change : callable
        Such as :func:`blurred`: takes faces and the size of each face's change, and changes more if the size is larger.
    faces : numpy.ndarray
        Intensities, ``(n, height, width)``.
    errors : numpy.ndarray
        The wanted squared errors, ``(n,)``.
    largest : float
        The largest size of a change. A face for which it is too small is changed by it.

    Returns
    -------
    numpy.ndarray
        The changed faces.
    """
    low, high = np.zeros(len(faces)), np.full(len(faces), float(largest))
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        found = ((change(faces, middle) - faces) ** 2).mean(axis=(1, 2))
        low, high = np.where(found < errors, middle, low), np.where(found < errors, high, middle)
    return change(faces, high)


def relit(attributes: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the attributes of the same faces in a strong light from the other side.

    Parameters
    ----------
    attributes : mapping of numpy.ndarray
        As :func:`gankit.faces.attributes.sample_attributes` returns them. Rendered with the same seed, the changed
        faces have the same textures and the same noise.
    """
    side = np.where(attributes["light_x"] > 0, -1.0, 1.0).astype(np.float32)
    return {**attributes, "light_x": side, "light_strength": np.ones_like(side)}


def lit_from(attributes: Mapping[str, np.ndarray], side: float) -> dict[str, np.ndarray]:
    """Return the attributes of the same faces in a strong light, from the left (-1) or from the right (1)."""
    everywhere = np.full(len(attributes["light_x"]), side, np.float32)
    return {**attributes, "light_x": everywhere, "light_strength": np.ones_like(everywhere)}


def wearing(attributes: Mapping[str, np.ndarray], glasses: bool) -> dict[str, np.ndarray]:
    """Return the attributes of the same faces, all with glasses or all without; nobody wears sunglasses."""
    worn = np.full(len(attributes["glasses"]), glasses)
    return {**attributes, "glasses": worn, "sunglasses": np.zeros_like(worn)}


def another_person(attributes: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Put the next person in the place of each: same pose, light, background and camera (see :func:`relit`)."""
    return {
        name: values if name in SURROUNDINGS else np.roll(values, -1, axis=0) for name, values in attributes.items()
    }
