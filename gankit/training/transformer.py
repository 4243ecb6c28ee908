"""Additions to a run of a GAN of transformers: measures beside floor and baseline, and what attention looks at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from gankit.datasets.baselines import gaussian
from gankit.faces.scaling import FaceScaling
from gankit.metrics import classifier_accuracy
from gankit.models.gan import GAN
from gankit.networks.attention import attended_distance, attention_of
from gankit.training.rivals import FaceJudge

FACES_MEASURED = 5000
# Faces of each set from which the CNN learns and with which it is tested.
FACES_FOR_CNN = 2000
# Faces over which the distances are averaged.
FACES_LOOKED_AT = 100
# Rows and columns of the pixels from which attention is shown.
QUERIES = {"eye": (7, 5), "mouth": (11, 8), "corner": (0, 0)}
COLUMNS = ("pixels", "features", "precision", "recall", "cnn")
FLOOR, BASELINE = "training faces (floor)", "no GAN: a Gaussian"


class JudgeWithCNN(FaceJudge):
    """A judge that also trains a CNN to tell faces from those kept back, and that measures floor and baseline.

    Parameters
    ----------
    faces, unseen : numpy.ndarray
        The faces of the training, and those kept back: uint8, ``(n, 16, 16)``.
    seed : int
        Seed of the CNN and of the Gaussian.
    """

    def __init__(self, faces: np.ndarray, unseen: np.ndarray, seed: int):
        super().__init__(faces, unseen)
        self._seed = seed

    def measure(self, faces: np.ndarray) -> dict[str, float]:
        """Return the measures of :meth:`compare`, and ``cnn``, the share that a CNN tells from faces kept back."""
        size = min(FACES_FOR_CNN, len(faces), len(self._unseen))
        accuracy = classifier_accuracy(self._unseen[:size], faces[:size], seed=self._seed)
        return {**self.compare(faces), "cnn": accuracy}

    def limits(self) -> dict[str, dict[str, float]]:
        """Measure the training faces, which a perfect generator would equal, and a Gaussian of these faces."""
        drawn = gaussian(self._real, FACES_MEASURED, self._seed)
        return {FLOOR: self.measure(self._real), BASELINE: self.measure(drawn)}


def distances_looked(gan: GAN, faces: np.ndarray) -> dict[str, list[float]]:
    """Measure how far tokens look in each attention layer, in pixels.

    Parameters
    ----------
    gan : GAN
        A model of two transformers.
    faces : numpy.ndarray
        Prepared faces, ``(n, 16, 16)``.

    Returns
    -------
    dict of list of float
        ``generator`` and ``discriminator``, a number for each layer; ``evenly``, the numbers of the discriminator for
        tokens that look at all others alike.
    """
    latents = gan.require_latent_generator().reseeded(0)(FACES_LOOKED_AT)
    pictures = faces[:FACES_LOOKED_AT].reshape(-1, *gan.discriminator.input_shape[1:]).astype(np.float32)
    size = pictures.shape[1]

    def distances(weights: list[np.ndarray]) -> list[float]:
        return [attended_distance(each) * size / round(each.shape[-1] ** 0.5) for each in weights]

    of_pictures = attention_of(gan.discriminator, pictures)
    return {
        "generator": distances(attention_of(gan.generator, latents.numpy())),
        "discriminator": distances(of_pictures),
        "evenly": distances([np.full_like(each[:1], 1 / each.shape[-1]) for each in of_pictures]),
    }


def looks_at_faces(
    gan: GAN, scaling: FaceScaling, faces: np.ndarray, count: int = 2
) -> tuple[np.ndarray, list[dict[str, Any]]]:
    """Return faces, and what the discriminator's heads look at from a few places in them.

    Parameters
    ----------
    gan : GAN
        A model of two transformers.
    scaling : FaceScaling
        The scaling that prepared its examples.
    faces : numpy.ndarray
        uint8, ``(n, 16, 16)``; the first ``count`` are shown.

    Returns
    -------
    faces : numpy.ndarray
        Intensities in [0, 1], ``(count, 16, 16)``.
    looks : list of dict
        For each query its ``name``, its ``pixel`` (row and column), and its ``maps``: the weights of its token in each
        layer and head, enlarged to the size of the faces, ``(count, layers * heads, 16, 16)``. ``patches`` has the
        width of a token in each map, in pixels.
    """
    shown = faces[:count]
    size = shown.shape[1]
    layers = attention_of(gan.discriminator, scaling.prepare(shown)[..., None].astype(np.float32))
    looks = []
    for name, (row, column) in QUERIES.items():
        maps, patches = [], []
        for weights in layers:  # (count, heads, n, n)
            side = round(weights.shape[-1] ** 0.5)
            patch = size // side
            token = weights[:, :, row // patch * side + column // patch].reshape(*weights.shape[:2], side, side)
            maps.append(token.repeat(patch, axis=2).repeat(patch, axis=3))
            patches += [patch] * weights.shape[1]
        looks.append({"name": name, "pixel": (row, column), "maps": np.concatenate(maps, axis=1), "patches": patches})
    return shown.astype(np.float32) / 255, looks


def table(measures: Mapping[str, Any]) -> str:
    """Write the measures of a run as lines of text."""
    lines = ["against faces kept back" + "".join(f"{column:>11}" for column in COLUMNS)]
    for name, each in measures["generators"].items():
        lines.append(f"  {name:23}" + "".join(f"{each[column]:11.3f}" for column in COLUMNS))
    for when, found in measures["looked"].items():
        for name in ("generator", "discriminator"):
            numbers = ", ".join(f"{distance:.2f}" for distance in found[name])
            lines.append(f"tokens look so far, in pixels, {when} training, layers of the {name}: {numbers}")
    evenly = ", ".join(f"{distance:.2f}" for distance in measures["looked"]["after"]["evenly"])
    lines.append(f"the same if tokens of the discriminator look at all others alike: {evenly}")
    return "\n".join(lines)
