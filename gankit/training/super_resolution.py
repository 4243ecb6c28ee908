"""Additions to a run of super-resolution: methods without a network, networks between two others, the trade."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image

from gankit.models import AdversarialModel
from gankit.plots import tile
from gankit.training.callbacks import Snapshots
from gankit.training.pairs import apply_to_pictures

LOW, HIGH = 8, 32  # heights and widths
FACTOR = HIGH // LOW
FACES_MEASURED = 500
FACES_IN_A_FRAME, FRAMES = 10, 12
# The second trainings take this share of the steps of the first one. A step with a discriminator takes COST times as
# long as one without, measured on one core, so the network without it makes COST times as many.
SECOND, COST = 0.6, 1.75
FIRST = "first half"
BETWEEN = (0.0, 0.25, 0.5, 0.75, 1.0)


def nearest(pictures: np.ndarray, factor: int = FACTOR) -> np.ndarray:
    """Repeat each pixel of ``(n, height, width)`` in a square of ``factor`` x ``factor`` pixels."""
    return pictures.repeat(factor, axis=1).repeat(factor, axis=2)


def bicubic(pictures: np.ndarray, factor: int = FACTOR) -> np.ndarray:
    """Enlarge intensities ``(n, height, width)`` by Pillow's bicubic interpolation, cut to [0, 1]: float32."""
    size = (factor * pictures.shape[2], factor * pictures.shape[1])
    images = [Image.fromarray(np.asarray(picture, np.float32)) for picture in pictures]
    enlarged = [np.asarray(image.resize(size, Image.Resampling.BICUBIC)) for image in images]
    return np.clip(np.stack(enlarged), 0, 1)


def trainings(weights: Sequence[float]) -> dict[str, float]:
    """Return the names of all trainings in their order, each with its weight of the adversarial loss."""
    return {FIRST: 0.0, "squared error": 0.0, **{f"GAN {weight:g}": weight for weight in weights}}


def length(steps: int, name: str, weight: float) -> int:
    """Return the steps of a training, given those of the first one; all others take the same time."""
    if name == FIRST:
        return steps
    return max(1, round(SECOND * steps * (1.0 if weight else COST)))


def weights_between(first: Sequence[np.ndarray], second: Sequence[np.ndarray], share: float) -> list[np.ndarray]:
    """Return the weights of a network between two others (Wang et al. 2018, ESRGAN, section 3.4).

    Both must have begun from the same trained weights. Otherwise the networks between them restore nothing.
    """
    return [(1 - share) * one + share * other for one, other in zip(first, second)]


def film(model: AdversarialModel, low: np.ndarray, steps: int) -> Snapshots:
    """Return a callback that collects frames, which are grids of the same faces, over ``steps`` training steps.

    Parameters
    ----------
    model : AdversarialModel
        A model that restores pictures and knows its decoding.
    low : numpy.ndarray
        Small pictures, intensities in [0, 1], ``(n, 8, 8)``.
    steps : int
        All training steps.
    """
    some = low[:FACES_IN_A_FRAME]

    def frame() -> np.ndarray:
        return tile(apply_to_pictures(model, some, model.decoding), columns=FACES_IN_A_FRAME // 2)

    return Snapshots(frame, every=max(1, steps // FRAMES))


def joined(first: Snapshots, second: Snapshots) -> tuple[list[np.ndarray], list[int]]:
    """Return the frames of two trainings that follow each other, and their steps counted from the first training."""
    return first.frames + second.frames[1:], first.steps + [first.steps[-1] + step for step in second.steps[1:]]
