"""Additions to a run on faces: the generator that is kept, frames during training, and measures at the end."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from gankit.metrics import beside_floor, classifier_beside_floor
from gankit.models.gan import GAN
from gankit.networks.face_encoder import FaceEncoder
from gankit.networks.latents import LatentGenerator
from gankit.plots import tile
from gankit.training.callbacks import AveragedWeights, Snapshots, recalibrate_batch_norm

FRAMES = 40
FACES_IN_A_FRAME = 64
FACES_MEASURED = 10_000
FACES_CALIBRATING = 1000
# From fewer real faces, a CNN learns nothing, and the covariance of 64 features says little.
FEWEST_FOR_NETWORKS = 1000
# Averages, frames and progress are updated between two calls of the graph.
STEPS_IN_ONE_CALL = 10


class KeptGenerator(AveragedWeights):
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
        super().__init__(gan.generator, past)
        self._decoding = gan.decoding
        self._latents = LatentGenerator(gan.require_latent_generator().dimension, seed=seed + 1_000_003)
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
        recalibrate_batch_norm(self.averaged, self._calibration_latents)
        return self._decoding.recover(self.averaged.predict(latents, batch_size=1000, verbose=0))


def measure_faces(real: np.ndarray, generated: np.ndarray) -> dict[str, Any]:
    """Compare generated with real faces.

    Parameters
    ----------
    real, generated : numpy.ndarray
        Intensities in [0, 1], shapes ``(n, height, width)`` and ``(m, height, width)``.

    Returns
    -------
    dict
        The results of :func:`gankit.metrics.beside_floor` on pixel intensities, and ``generated_faces``. For 1,000 real
        faces or more, also ``encoder``, the same results on the encoder's features, and the results of
        :func:`gankit.metrics.classifier_beside_floor`.
    """
    by_networks: dict[str, Any] = {}
    if len(real) >= FEWEST_FOR_NETWORKS:
        encoder = FaceEncoder.load()
        by_networks["encoder"] = beside_floor(encoder.features(real), encoder.features(generated))
        by_networks.update(classifier_beside_floor(real, generated))
    return {**beside_floor(real, generated), **by_networks, "generated_faces": len(generated)}


def steps_per_call(steps: int, looks: int = FRAMES) -> int:
    """Return how many steps one call of the graph may make, so that a short run also has all its looks at the model."""
    return max(1, min(STEPS_IN_ONE_CALL, steps // looks))
