"""Additions to a run with conditions: the generator that is kept, and reports of what was asked for and what came."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure

from gankit import plots
from gankit.datasets.baselines import gaussian, noisy_copies
from gankit.datasets.digits import load_digits
from gankit.metrics import (
    PictureClassifier,
    confusion_matrix,
    distances_to_nearest,
    frechet_by_class,
)
from gankit.models.adversarial import AdversarialModel
from gankit.networks.conditional import DENSE, Inner
from gankit.networks.latents import LatentGenerator
from gankit.plots import few_grays, tile
from gankit.randomness import separate_seed
from gankit.training.callbacks import AveragedGenerator, Snapshots

FRAMES = 30
PICTURES_CALIBRATING = 1000
PICTURES_OF_A_DIGIT = 300


@dataclass(frozen=True)
class Report:
    """What a run found: numbers for ``record.json``, figures by the names of their files, and lines of text."""

    measures: dict[str, Any]
    figures: dict[str, Figure]
    text: str


class Conditions(Protocol):
    """What a kept generator needs to know of the pictures: see :class:`Subject`."""

    train: np.ndarray
    train_conditions: np.ndarray
    sheet: np.ndarray


class Subject(Conditions, Protocol):
    """Pictures with their conditions.

    Attributes
    ----------
    train, test : numpy.ndarray
        Intensities in [0, 1], float32, ``(n, side, side)``; the networks learn from ``train``.
    train_conditions, test_conditions : numpy.ndarray
        What the networks take as conditions, float32, ``(n, k)``.
    sheet : numpy.ndarray
        The conditions of the columns of a sheet, ``(columns, k)``.
    inner : gankit.networks.conditional.Inner
        The inner layers of networks for these pictures.
    """

    test: np.ndarray
    test_conditions: np.ndarray
    inner: Inner

    def report(self, kept: Mapping[str, KeptConditional], seed: int) -> Report:
        """Measure and draw what each kept generator makes of conditions."""


class KeptConditional(AveragedGenerator):
    """The generator that is kept: the running mean of the weights, with recalibrated batch-norm statistics.

    Parameters
    ----------
    gan : AdversarialModel
        An untrained model with a network ``generator``, which takes latents and conditions.
    subject : Conditions
        The pictures that it learns; their conditions calibrate the batch normalisation.
    past : float
        Weight of the past in one step, in [0, 1).
    seed : int
        Seed of the latents, which are not those of the training.
    """

    def __init__(self, gan: AdversarialModel, subject: Conditions, past: float, seed: int):
        super().__init__(gan.generator, past, gan.decoding)
        self._sheet = subject.sheet
        self._latents = LatentGenerator(gan.generator.input_shape[0][-1], seed=separate_seed(seed))
        rows = np.arange(PICTURES_CALIBRATING) % len(subject.train)
        self._calibrating = [self._latents(len(rows)), tf.constant(subject.train_conditions[rows])]
        self._sheet_latents = self.latents(10)

    def latents(self, count: int) -> np.ndarray:
        """Sample latents: float32, ``(count, latents)``."""
        return self._latents(count).numpy()

    def generate(self, conditions: np.ndarray, latents: np.ndarray | None = None) -> np.ndarray:
        """Make a picture for each condition, ``(n, k)``: intensities in [0, 1], ``(n, side, side)``."""
        latents = self.latents(len(conditions)) if latents is None else latents
        return self._pictures([latents, np.asarray(conditions, np.float32)], self._calibrating)

    def sheet(self, conditions: np.ndarray | None = None, rows: int = 8) -> np.ndarray:
        """Make a sheet, row by row: one latent a row, one condition a column; the same latents each time."""
        columns = self._sheet if conditions is None else conditions
        latents = np.repeat(self._sheet_latents[:rows], len(columns), axis=0)
        return self.generate(np.tile(columns, (rows, 1)), latents)

    def film(self, steps: int) -> Snapshots:
        """Return a callback that collects sheets over ``steps`` training steps."""
        return Snapshots(lambda: tile(self.sheet(), len(self._sheet)), every=max(1, steps // FRAMES))


def side_by_side(films: Mapping[str, Snapshots]) -> list[np.ndarray]:
    """Put the frames of several films beside each other, with a white gap between them."""
    frames = [film.frames for film in films.values()]
    gap = np.ones((frames[0][0].shape[0], 8), np.float32)
    rows = [[part for each in together for part in (gap, each)][1:] for together in zip(*frames)]
    return [few_grays(np.concatenate(row, axis=1)) for row in rows]


# ------------------------------------------------------------------------ digits


class Digits:
    """The 8x8 digits with their labels, one-hot; see :class:`Subject`."""

    inner = DENSE

    def __init__(self) -> None:
        self._data = load_digits()
        self.names = self._data.names
        self.train, self.test = self._data.train, self._data.test
        self.sheet = np.eye(len(self.names), dtype=np.float32)
        self.train_conditions = self.sheet[self._data.train_labels]
        self.test_conditions = self.sheet[self._data.test_labels]

    def report(self, kept: Mapping[str, KeptConditional], seed: int) -> Report:
        """Let a classifier of real digits read what was asked for, and compare each class with held-out digits.

        The record holds, for each generator, for held-out digits (``real``) and for pictures without a GAN:
        ``read_back``, the share that the classifier reads as asked; ``worst_class``, the smallest share of a class;
        ``confusion``; ``frechet``, the mean of ``frechet_by_class``; ``nearest_distance``, the median distance to the
        nearest training picture. The Frechet distances compare with held-out digits; those of ``real`` are those of
        training digits.
        """
        labels, classes = self._data.train_labels, len(self.names)
        judge = PictureClassifier(self.train, labels, classes, seed)
        asked = np.arange(classes * PICTURES_OF_A_DIGIT) % classes
        made = {kind: (each.generate(self.sheet[asked]), asked) for kind, each in kept.items()}
        for make in (gaussian, noisy_copies):
            pictures = np.empty((len(asked), *self.train.shape[1:]), np.float32)
            for number in range(classes):
                pictures[asked == number] = make(self.train[labels == number], PICTURES_OF_A_DIGIT, seed)
            made[make.__name__] = (pictures, asked)
        held_out = (self.test, self._data.test_labels)
        distances = frechet_by_class({**made, "real": (self.train, labels)}, held_out, classes, seed=seed)
        measures: dict[str, Any] = {}
        for name, (pictures, wanted) in {**made, "real": held_out}.items():
            confusion = confusion_matrix(wanted, judge.probabilities(pictures).argmax(axis=1), classes)
            measures[name] = {
                "read_back": float(np.diag(confusion).mean()),
                "worst_class": float(np.diag(confusion).min()),
                "frechet": float(distances[name].mean()),
                "nearest_distance": float(np.median(distances_to_nearest(pictures[:500], self.train))),
                "frechet_by_class": dict(zip(self.names, distances[name].tolist())),
                "confusion": confusion.tolist(),
            }
        shown = {name: np.array(measures[name]["confusion"]) for name in (*kept, "real")}
        figures = {
            "sheet.png": plots.sheets({kind: each.sheet() for kind, each in kept.items()}, [self.names] * len(kept)),
            "confusion.png": plots.confusion_matrices(shown, self.names),
        }
        columns = ("read_back", "worst_class", "frechet", "nearest_distance")
        return Report(measures, figures, table(measures, columns))


TITLES = {
    "real": "real, held out (floor)",
    "gaussian": "no GAN: a Gaussian of each digit",
    "noisy_copies": "no GAN: noisy copies",
}


def table(measures: Mapping[str, Mapping[str, Any]], columns: tuple[str, ...]) -> str:
    """Write some numbers of each row of measures as lines of text."""
    lines = [" " * 34 + "".join(f"{column.replace('_', ' '):>18}" for column in columns)]
    for name, found in measures.items():
        lines.append(f"{TITLES.get(name, name):<34}" + "".join(f"{found[column]:18.3f}" for column in columns))
    return "\n".join(lines)
