"""Additions to a run on faces: the generator that is kept, frames during training, and measures at the end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from gankit.metrics import beside_floor, classifier_beside_floor
from gankit.models.gan import GAN
from gankit.networks.face_encoder import FaceEncoder
from gankit.networks.latents import LatentGenerator
from gankit.plots import tile
from gankit.randomness import separate_seed
from gankit.training.callbacks import AveragedGenerator, Snapshots

FRAMES = 40
FACES_IN_A_FRAME = 64
FACES_MEASURED = 10_000
FACES_CALIBRATING = 1000
# The fewest faces whose halves have covariances.
FEWEST = 4
# From fewer real faces, a CNN learns nothing, and the covariance of 64 features says little.
FEWEST_FOR_NETWORKS = 1000
# Averages, frames and progress are updated between two calls of the graph.
STEPS_IN_ONE_CALL = 10


class KeptGenerator(AveragedGenerator):
    """The generator that is kept: the running mean of the weights, with recalibrated batch-norm statistics.

    Its latents have a separate seed, so that generating faces during training does not change the training.

    Parameters
    ----------
    gan : GAN
        An untrained model that knows its decoding.
    past : float
        Weight of the past in one step, in [0, 1); 0 keeps the last weights.
    seed : int
        Seed of the latents.
    """

    def __init__(self, gan: GAN, past: float, seed: int):
        super().__init__(gan.generator, past, gan.decoding)
        self._latents = LatentGenerator(gan.require_latent_generator().dimension, seed=separate_seed(seed))
        # All frames use the same latents, so that they show how each face changes.
        self._frame_latents = self._latents(FACES_IN_A_FRAME)
        self._calibration_latents = self._latents(FACES_CALIBRATING)

    def generate(self, count: int) -> np.ndarray:
        """Generate new faces, also during training: intensities in [0, 1], ``(count, height, width)``."""
        return self._generate(self._latents(count))

    def snapshots(self, steps: int) -> Snapshots:
        """Return a callback that collects frames, which are grids of the same faces, over ``steps`` training steps."""

        def frame() -> np.ndarray:
            return tile(self._generate(self._frame_latents), columns=8)

        return Snapshots(frame, every=max(1, steps // FRAMES))

    def _generate(self, latents: tf.Tensor) -> np.ndarray:
        return self._pictures(latents, self._calibration_latents)


def hold_out(faces: np.ndarray, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Keep some faces back at random, to compare the generated faces with faces that no network has seen.

    Parameters
    ----------
    faces : numpy.ndarray
        Shape ``(n, height, width)``.
    share : float
        Share of the faces to keep back, in [0, 1). At least 4 faces are left to train on. If this makes fewer than 4
        faces to keep back, none are, because a comparison needs covariances.
    seed : int
        Seed of the choice.

    Returns
    -------
    training, held_out : numpy.ndarray
        All faces, divided; both keep the order of ``faces``.
    """
    count = min(round(share * len(faces)), len(faces) - FEWEST)
    chosen = np.zeros(len(faces), bool)
    if count >= FEWEST:
        chosen[np.random.default_rng(seed).choice(len(faces), count, replace=False)] = True
    return faces[~chosen], faces[chosen]


def measure_faces(generated: np.ndarray, real: np.ndarray, held_out: np.ndarray) -> dict[str, Any]:
    """Compare generated with real faces, those of the training and those that were kept back.

    Parameters
    ----------
    generated, real, held_out : numpy.ndarray
        Intensities in [0, 1], each of shape ``(n, height, width)``; ``held_out`` may be empty.

    Returns
    -------
    dict
        ``generated_faces`` and ``real_faces``, the numbers of faces; the results of
        :func:`gankit.metrics.beside_floor` on pixel intensities. For 1,000 real faces or more, also ``encoder``, the
        same results on the encoder's features, and the results of :func:`gankit.metrics.classifier_beside_floor`.
        ``held_out`` has the same for the faces kept back, if there are any; its floor compares them with ``real``.
    """
    sets = Sets(generated, real, held_out)
    features = None
    if max(len(real), len(held_out)) >= FEWEST_FOR_NETWORKS:
        encoder = FaceEncoder.load()
        features = Sets(*(encoder.features(each) if len(each) else each for each in sets))
    measures = {"generated_faces": len(generated), **_against("real", None, sets, features)}
    if len(held_out):
        measures["held_out"] = _against("held_out", "real", sets, features)
    return measures


class Sets(NamedTuple):
    """The sets of faces that are compared, as pixels or as features."""

    generated: np.ndarray
    real: np.ndarray
    held_out: np.ndarray


def _against(name: str, floor: str | None, sets: Sets, features: Sets | None) -> dict[str, Any]:
    """Compare generated faces with the set of that name; the floor compares another set with it."""
    faces, others = getattr(sets, name), getattr(sets, floor) if floor else None
    measures = {"real_faces": len(faces), **beside_floor(faces, sets.generated, others=others)}
    if features is not None and len(faces) >= FEWEST_FOR_NETWORKS:
        of_others = getattr(features, floor) if floor else None
        measures["encoder"] = beside_floor(getattr(features, name), features.generated, others=of_others)
        measures.update(classifier_beside_floor(faces, sets.generated, others=others))
    return measures


def answers(measures: Mapping[str, Any]) -> list[str]:
    """Put the main results of :func:`measure_faces` into lines: first against faces kept back, then the others."""
    lines = [f"Frechet distance on pixels, {measures['generated_faces']} generated faces"]
    sets = {"training faces": measures}
    if "held_out" in measures:
        sets = {"faces kept back": measures["held_out"], **sets}
    for name, against in sets.items():
        other = "one half against the other" if against is measures else "the training faces against these"
        lines.append(
            f"  against {against['real_faces']} {name}: {against['frechet_distance']:.3f}   "
            f"({other}: {against['frechet_floor']:.3f})"
        )
        if "classifier_accuracy" in against:
            lines.append(
                f"    a small CNN tells generated faces from these in {against['classifier_accuracy']:.0%} of cases   "
                f"({other}: {against['classifier_floor']:.0%})"
            )
    return lines


def steps_per_call(steps: int, looks: int = FRAMES) -> int:
    """Return how many steps one call of the graph may make, so that a short run also has all its looks at the model."""
    return max(1, min(STEPS_IN_ONE_CALL, steps // looks))
