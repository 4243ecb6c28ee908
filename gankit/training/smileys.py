"""Additions to a run on smileys: checkpoints that are measured, the choice between them, and the report at the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure

from gankit.datasets.baselines import BASELINES
from gankit.datasets.smiley_reader import Reading, read_traits
from gankit.datasets.smileys import COLOURS, COMBINATIONS, combination_shares, draw, smileys
from gankit.memory import network_in_parts
from gankit.metrics import copied_share, distances_to_nearest, total_variation
from gankit.models.gan import GAN
from gankit.networks.latents import LatentGenerator
from gankit.plots import checkpoint_choices, shares_of_combinations, tile
from gankit.randomness import separate_seed
from gankit.training.callbacks import PICTURES_AT_ONCE, AveragedWeights, Snapshots, below, recalibrate_batch_norm

CHECKPOINTS, FRAMES = 60, 20
# Faces that choose a checkpoint, that calibrate batch normalisation, that a frame shows, and that the report measures.
FACES_CHOOSING, FACES_CALIBRATING, FACES_IN_A_FRAME, FACES_MEASURED = 1000, 1000, 40, 10_000
# Of them, those whose nearest neighbours among the training pictures are searched.
FACES_COMPARED = 2000
# Each purpose has latents of its own, so that the report is not biased by the choice.
CHOOSING, REPORTING = 1, 2
# What the checkpoints are measured by; the lowest value is the best.
DISTANCE, LOSS = "distance", "gen_loss"


class SmileyCheckpoints(AveragedWeights):
    """Measures the generator at regular steps, and keeps the weights with the lowest value of each measure.

    ``distance`` is the total variation distance of :func:`distance_to_data`, of 1,000 faces from latents that serve no
    other purpose. ``gen_loss`` is the generator's mean loss since the last checkpoint, by which the usual coursework
    chooses.

    Parameters
    ----------
    gan : GAN
        An untrained model that knows its decoding.
    past : float
        Weight of the past in the running mean of the weights, in [0, 1); 0 measures and keeps the last weights.
    steps : int
        All training steps.
    seed : int
        Seed of the latents.

    Attributes
    ----------
    steps : list of int
        The step of each checkpoint.
    values : dict of list of float
        ``distance``, ``gen_loss``, and ``valid``, the share of valid faces, at each checkpoint.
    """

    def __init__(self, gan: GAN, past: float, steps: int, seed: int):
        super().__init__(gan.generator, past)
        self._gan, self._averages = gan, past > 0
        self._every = max(1, steps // CHECKPOINTS)
        self._seed = seed
        self._choosing = self._latents(FACES_CHOOSING, CHOOSING)
        self._calibrating, self._frame_latents = self._choosing[:FACES_CALIBRATING], self._choosing[:FACES_IN_A_FRAME]
        self._loss_sum = 0.0
        self.steps: list[int] = []
        self.values: dict[str, list[float]] = {DISTANCE: [], LOSS: [], "valid": []}
        self._kept: dict[str, list[np.ndarray]] = {}

    def after_steps(self, steps: int, logs: dict) -> None:
        """Update the mean of the weights, and make a checkpoint if one is due."""
        super().after_steps(steps, logs)
        self._loss_sum += steps * float(logs[LOSS])
        since = self.steps_made - (self.steps[-1] if self.steps else 0)
        if since >= self._every:
            reading = read_traits(self._generate(self._choosing))
            self.steps.append(self.steps_made)
            self.values["valid"].append(float(reading.valid.mean()))
            self.values[DISTANCE].append(distance_to_data(reading))
            self.values[LOSS].append(self._loss_sum / since)
            self._loss_sum = 0.0
            for measure in (DISTANCE, LOSS):
                if lowest(self.values[measure]) == len(self.steps) - 1:
                    self._kept[measure] = self.averaged.get_weights()

    def kept(self, measure: str) -> int:
        """Return the number of the checkpoint with the lowest value of a measure."""
        return lowest(self.values[measure])

    def generate(self, measure: str, count: int) -> np.ndarray:
        """Generate faces from the weights kept by a measure: ``(count, size, size, 3)``, intensities in [0, 1]."""
        self.averaged.set_weights(self._kept[measure])
        return self._decoded(self._latents(count, REPORTING))

    def film(self, steps: int) -> Snapshots:
        """Return a callback that collects frames, which are grids of the same faces, over ``steps`` training steps."""
        return Snapshots(
            lambda: np.round(255 * tile(self._generate(self._frame_latents), columns=10)).astype(np.uint8),
            every=max(1, steps // FRAMES),
        )

    def _latents(self, count: int, purpose: int) -> tf.Tensor:
        dimension = self._gan.require_latent_generator().dimension
        return LatentGenerator(dimension, seed=separate_seed(self._seed, purpose))(count)

    def _generate(self, latents: tf.Tensor) -> np.ndarray:
        if self._averages:
            recalibrate_batch_norm(self.averaged, self._calibrating)
        return self._decoded(latents)

    def _decoded(self, latents: tf.Tensor) -> np.ndarray:
        return self._gan.decoding.recover(network_in_parts(self.averaged, PICTURES_AT_ONCE, latents))

    def state_arrays(self) -> dict[str, np.ndarray]:
        """Return the means, the values and the kept weights."""
        return {
            **super().state_arrays(),
            "at": np.array(self.steps, np.int64),
            "loss_sum": np.array(self._loss_sum),
            **{f"value/{name}": np.array(values) for name, values in self.values.items()},
            **{f"kept/{name}/{n}": array for name, arrays in self._kept.items() for n, array in enumerate(arrays)},
        }

    def restore_arrays(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Restore the arrays that :meth:`state_arrays` returned."""
        super().restore_arrays(arrays)
        self.steps, self._loss_sum = arrays["at"].tolist(), float(arrays["loss_sum"])
        self.values = {name: values.tolist() for name, values in below("value", arrays).items()}
        for measure in (DISTANCE, LOSS):
            stored = below(f"kept/{measure}", arrays)
            if stored:
                self._kept[measure] = [stored[str(number)] for number in range(len(stored))]


def lowest(values: Sequence[float]) -> int:
    """Return the position of the first lowest value; a value that is not a number never counts as low."""
    return int(np.argmin(np.where(np.isnan(values), np.inf, values)))


def distance_to_data(reading: Reading) -> float:
    """Return the total variation distance between what was read and the data's 16 combinations.

    Pictures that are no valid faces are a 17th outcome, which the data do not have. So this is the least share of the
    pictures that must be replaced to give the data's distribution of traits, and 0 is perfect.
    """
    shares = reading.counts() / len(reading.errors)
    return total_variation(np.append(shares, 1 - shares.sum()), np.append(combination_shares(), 0.0))


def measure_traits(pictures: np.ndarray) -> dict[str, Any]:
    """Read pictures and compare their traits with the data's.

    Returns
    -------
    dict
        ``valid``: share of valid faces; ``total_variation``: :func:`distance_to_data`; ``combinations``: how many of
        the 16 occur; ``never_generated``: the names of the others; ``shares``: their shares
        of all pictures; and of the valid faces the share of each colour, of
        ``glasses`` and of ``hat``.
    """
    reading = read_traits(pictures)
    counts, valid = reading.counts(), reading.valid
    faces = max(1, int(valid.sum()))
    by_colour = counts.reshape(len(COLOURS), -1).sum(axis=1) / faces
    return {
        "valid": float(valid.mean()),
        "total_variation": distance_to_data(reading),
        "combinations": int((counts > 0).sum()),
        "never_generated": [name for name, count in zip(COMBINATIONS, counts) if not count],
        "shares": (counts / len(pictures)).tolist(),
        **{name: float(share) for name, share in zip(COLOURS, by_colour)},
        "glasses": float(reading.glasses[valid].sum() / faces),
        "hat": float(reading.hats[valid].sum() / faces),
    }


def report(training: np.ndarray, samples: Mapping[str, np.ndarray], jitter: float, seed: int) -> dict[str, Any]:
    """Measure samples beside their floor, which is new real faces, and beside what a person without a GAN would do.

    Parameters
    ----------
    training : numpy.ndarray
        The training pictures, intensities in [0, 1].
    samples : mapping
        Maps names to generated pictures.
    jitter : float
        That of the training pictures.
    seed : int
        Seed of the new real faces, which are not those of the training set, and of the baselines.

    Returns
    -------
    dict of dict
        For each sample, for ``real`` (new real faces) and for each of :data:`gankit.datasets.baselines.BASELINES`, the
        results of :func:`measure_traits`, with ``copied`` (:func:`gankit.metrics.copied_share`) and
        ``nearest_distance``, the median distance to the nearest training picture.
    """
    size = training.shape[1]
    fresh = smileys(len(training), size, separate_seed(seed, CHOOSING), jitter).pictures
    sets = {
        **samples,
        "real": smileys(FACES_MEASURED, size, separate_seed(seed, REPORTING), jitter).pictures,
        **{name: make(training, FACES_COMPARED, seed) for name, make in BASELINES.items()},
    }
    rows = {}
    for name, pictures in sets.items():
        some = pictures[:FACES_COMPARED]
        rows[name] = {
            **measure_traits(pictures),
            "copied": copied_share(some, training, fresh),
            "nearest_distance": float(np.median(distances_to_nearest(some, training))),
        }
    return rows


def record_of(
    checkpoints: SmileyCheckpoints, rows: Mapping[str, Mapping[str, Any]], keep: str, seconds: float
) -> dict[str, Any]:
    """Return the measures for ``record.json``: the kept faces first, then every row of the report."""
    return {
        **rows[keep],
        "kept_by": keep,
        "kept_step": checkpoints.steps[checkpoints.kept(keep)],
        "training_seconds": round(seconds, 1),
        "rows": dict(rows),
    }


def table(rows: Mapping[str, Mapping[str, Any]]) -> str:
    """Write the report as lines of text."""
    names = {
        DISTANCE: "generated, kept by distance",
        LOSS: "generated, kept by gen_loss",
        "real": "new real faces (floor)",
        "independent_pixels": "no GAN: independent pixels",
        "gaussian": "no GAN: a Gaussian",
        "noisy_copies": "no GAN: noisy copies",
    }
    lines = [f"{'':28}valid   distance  combinations  copied"]
    for name, row in rows.items():
        numbers = (
            f"{row['valid']:7.1%} {row['total_variation']:9.3f} {row['combinations']:10d} of 16 {row['copied']:7.1%}"
        )
        lines.append(f"{names.get(name, name):27}{numbers}")
    return "\n".join(lines)


def draw_shares(rows: Mapping[str, Mapping[str, Any]], keep: str) -> Figure:
    """Draw the shares of the 16 combinations in the kept faces, beside those of the data."""
    colours, glasses, hats = (axis.ravel() for axis in np.indices((len(COLOURS), 2, 2)))
    examples = draw(colours, glasses, hats, np.zeros((len(colours), 2)))
    found = {"generated": np.array(rows[keep]["shares"])}
    return shares_of_combinations(examples, combination_shares(), found, FACES_MEASURED)


def draw_checkpoints(checkpoints: SmileyCheckpoints, faces: Mapping[str, np.ndarray]) -> Figure:
    """Draw the measures of all checkpoints, mark those that each choice keeps, and show faces of both."""
    kept = {choice: checkpoints.kept(choice) for choice in faces}
    some = {choice: pictures[:40] for choice, pictures in faces.items()}
    return checkpoint_choices(checkpoints.steps, checkpoints.values, kept, some)
