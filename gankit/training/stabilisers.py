"""What a comparison of stabilisers needs: the two subjects with their measures, balanced rates, costs, and a table."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow import keras

from gankit.datasets.densities import Density, get_density
from gankit.faces import FaceScaling, load_faces
from gankit.metrics import frechet_distance, mode_coverage, sign_test
from gankit.models.gan import GAN
from gankit.networks.face_encoder import FaceEncoder
from gankit.training.callbacks import AveragedWeights, FallingRates, Snapshots, recalibrate_batch_norm

STEPS_PER_CALL = 20
PAST = 0.995  # weight of the past in averaged weights
CALIBRATING = 1000
REAL_POINTS = 100_000
FEWEST_MODES = 13  # of 25: with fewer than half, a run has failed
FRAMES = 30


@dataclass(frozen=True)
class Subject:
    """Data to learn, and how to judge what was learned.

    Attributes
    ----------
    examples : numpy.ndarray
        The real examples, prepared for training.
    rescaling : float
        What to multiply them by before D, so that their deviation is about 1.
    count : int
        How many generated examples to measure.
    measure : callable
        Maps a generator's outputs to measures by name; ``failed`` is 1.0 for a run that failed.
    compared : mapping
        The measures that the sign test compares, and +1 if larger is better, or -1.
    density : Density, optional
        Where points come from.
    scaling : FaceScaling, optional
        How faces were prepared.
    """

    examples: np.ndarray
    rescaling: float
    count: int
    measure: Callable[[np.ndarray], dict[str, float]]
    compared: Mapping[str, int]
    density: Density | None = None
    scaling: FaceScaling | None = None


def grid_of_points() -> Subject:
    """Return the grid of 25 clouds. A run fails if it finds fewer than half of them."""
    density = get_density("grid")

    def measure(points: np.ndarray) -> dict[str, float]:
        found = mode_coverage(points, density.centres, 3 * density.deviation)
        return {**found, "failed": float(found["modes"] < FEWEST_MODES)}

    # The mean of the grid is 0.
    scale = float(np.sqrt(np.trace(density.total_covariance) / 2))
    compared = {"modes": 1, "high_quality": 1}
    return Subject(density.sample(REAL_POINTS), 1 / scale, 2500, measure, compared, density=density)


def faces(count: int = 5000) -> Subject:
    """Return the faces. A run fails if its faces are farther from the real ones than the mean face alone.

    The Frechet distance of the mean face, drawn again and again, is the sum of the variances of the real faces.
    """
    stored = load_faces()
    scaling = FaceScaling.fit(stored)
    real = stored[:count].astype(np.float32) / 255
    encoder = FaceEncoder.load()
    real_features = encoder.features(real)
    of_the_mean = float(real.reshape(len(real), -1).var(axis=0, ddof=1).sum())

    def measure(outputs: np.ndarray) -> dict[str, float]:
        pictures = scaling.recover(outputs)
        distance = frechet_distance(pictures, real)
        features = frechet_distance(encoder.features(pictures), real_features)
        return {"frechet": distance, "frechet_features": features, "failed": float(distance > of_the_mean)}

    prepared = scaling.prepare(stored)
    compared = {"frechet": -1, "frechet_features": -1}
    return Subject(prepared, 1 / float(prepared.std()), count, measure, compared, scaling=scaling)


SUBJECTS: dict[str, Callable[[], Subject]] = {"grid": grid_of_points, "faces": faces}


class FinalGenerator(AveragedWeights):
    """The generator that is measured: the last weights, or their running mean; statistics of batch norms recalibrated.

    Parameters
    ----------
    gan : GAN
        An untrained model.
    past : float
        Weight of the past in one step, in [0, 1); 0 keeps the last weights.
    seed : int
        Seed of the latents, which are separate from those of the training.
    """

    def __init__(self, gan: GAN, past: float, seed: int):
        super().__init__(gan.generator, past)
        self._latents = gan.require_latent_generator().reseeded(seed + 1_000_003)(max(CALIBRATING, 5000))

    def outputs(self, count: int) -> np.ndarray:
        """Return the outputs for the same ``count`` latents at each call, at most 5,000."""
        recalibrate_batch_norm(self.averaged, self._latents[:CALIBRATING])
        parts = [self.averaged(self._latents[at : min(at + 1000, count)]) for at in range(0, count, 1000)]
        return np.concatenate(parts)

    def film(self, steps: int, count: int) -> Snapshots:
        """Return a callback that collects ``count`` outputs at evenly spread steps."""
        return Snapshots(lambda: self.outputs(count), every=max(1, steps // FRAMES))


# ---------------------------------------------------------------------------------------------------- balanced rates

Rule = Callable[[Mapping[str, float]], tuple[float, float]]


def loss_rule(losses: Mapping[str, float]) -> tuple[float, float]:
    """Return the factors of D's and G's rate by the rule of many tutorials: slow down whoever wins clearly."""
    if losses["discr_loss"] < 0.1 and losses["gen_loss"] > 2.0:
        return 0.9, 1.1
    if losses["gen_loss"] < 0.1 and losses["discr_loss"] > 2.0:
        return 1.1, 0.9
    return 1.0, 1.0


def accuracy_rule(losses: Mapping[str, float]) -> tuple[float, float]:
    """Return the factors of D's and G's rate by what D gets right: between 60 and 80 % nothing changes."""
    if losses["right"] > 0.8:
        return 0.9, 1.1
    if losses["right"] < 0.6:
        return 1.1, 0.9
    return 1.0, 1.0


class BalancedRates(FallingRates):
    """Multiplies the two learning rates by what a rule says after each call of the graph.

    Parameters
    ----------
    gan : GAN
        The model.
    rule : callable
        Maps the mean losses of the last steps to the factors of D's and of G's rate.

    Attributes
    ----------
    applied : int
        How often the rule changed the rates.
    """

    SMALLEST, LARGEST = 0.1, 10.0

    def __init__(self, gan: GAN, rule: Rule):
        super().__init__([gan.discriminator.optimizer, gan.generator.optimizer], 1, 0.0)
        self._rule = rule
        self._factors = [1.0, 1.0]
        self.applied = 0

    def after_steps(self, steps: int, logs: dict) -> None:
        """Apply the rule, within a tenth and ten times the initial rates."""
        factors = self._rule(logs)
        self.applied += factors != (1.0, 1.0)
        self._factors = [
            float(np.clip(old * new, self.SMALLEST, self.LARGEST)) for old, new in zip(self._factors, factors)
        ]
        for optimizer, rate, factor in zip(self._optimizers, self._rates, self._factors):
            optimizer.learning_rate.assign(rate * factor)

    def state_arrays(self) -> dict[str, np.ndarray]:
        """Return the factors and how often they changed."""
        return {**super().state_arrays(), "factors": np.array(self._factors), "applied": np.array(self.applied)}

    def restore_arrays(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Restore the arrays that :meth:`state_arrays` returned."""
        super().restore_arrays(arrays)
        self._factors, self.applied = arrays["factors"].tolist(), int(arrays["applied"])
