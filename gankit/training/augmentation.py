"""Classifiers that learn an attribute of faces from few labels, and the report on what added faces do to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure
from tensorflow import keras

from gankit import plots
from gankit.faces.labelled import Labelled
from gankit.fast import Adam
from gankit.fast.accelerate import accelerate
from gankit.memory import in_parts
from gankit.metrics import distances_to_nearest, sign_test
from gankit.models.adversarial import AdversarialModel
from gankit.networks.conditional import quick_to_features
from gankit.randomness import SeedSequence
from gankit.training.callbacks import Snapshots, recalibrate_batch_norm
from gankit.training.checkpoints import read_checkpoint, write_checkpoint
from gankit.training.conditional import KeptConditional

RATE = 0.002
BATCH = 32  # faces in a step of a classifier
FRAMES = 12
SHOWN = 18  # faces of each kind in a frame
MEASURED = 1000  # generated faces of which a measure looks for the nearest labelled one


class AttributeClassifier:
    """A small CNN that learns whether faces have an attribute, by Adam on the cross-entropy.

    It can learn anew any number of times. Each time it makes one step for each batch that it is given, from initial
    weights that the seed decides. The learning rate falls to 0 in the second half, which makes the result less random.

    Parameters
    ----------
    side : int
        Height and width of the faces.
    """

    def __init__(self, side: int = 16):
        self._network = accelerate(build_classifier(side))
        self._optimizer = Adam(RATE)
        self._optimizer.build(self._network.trainable_variables)
        # One graph for all classifiers, as making it takes longer than many steps.
        shapes = (tf.TensorSpec((None, None, side, side, 1)), tf.TensorSpec((None, None, 1)))
        self._learn = tf.function(self._make_steps, input_signature=shapes, autograph=False)

    def learn(self, batches: Labelled, seed: int) -> None:
        """Forget everything, and make a step for each batch.

        Parameters
        ----------
        batches : Labelled
            Faces ``(steps, batch, side, side)`` with their labels ``(steps, batch)``.
        seed : int
            Seed of the initial weights.
        """
        random = np.random.default_rng(seed)
        for variable in self._network.trainable_variables:
            # He's normal weights; no biases.
            deviation = np.sqrt(2.0 / np.prod(variable.shape[:-1])) if len(variable.shape) > 1 else 0.0
            variable.assign(deviation * random.standard_normal(variable.shape))
        rate = getattr(self._optimizer, "_learning_rate", None)
        for variable in self._optimizer.variables:
            if variable is not rate:
                variable.assign(np.zeros(variable.shape))
        self._learn(tf.constant(self._prepared(batches.faces)), tf.constant(batches.labels[..., None], tf.float32))

    @staticmethod
    def _prepared(faces: np.ndarray) -> np.ndarray:
        """Scale intensities to about mean 0 and deviation 1, and add an axis of channels."""
        return (4.0 * faces - 2.0)[..., None].astype(np.float32)

    def _make_steps(self, faces: tf.Tensor, labels: tf.Tensor) -> None:
        variables, steps = self._network.trainable_variables, tf.shape(faces)[0]

        def step(made: tf.Tensor) -> tuple[tf.Tensor]:
            left = 1.0 - tf.cast(made, tf.float32) / tf.cast(steps, tf.float32)
            self._optimizer.learning_rate.assign(RATE * tf.minimum(1.0, 2.0 * left))
            with tf.GradientTape() as tape:
                logits = self._network(faces[made], training=True)
                loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels[made], logits))
            self._optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
            return (made + 1,)

        tf.while_loop(lambda made: made < steps, step, (tf.constant(0),))

    def sees(self, faces: np.ndarray, frequency: float | None = None) -> np.ndarray:
        """Return for each face, ``(n, side, side)``, whether it seems to have the attribute: bool, ``(n,)``.

        The classifier learns from batches in which half of the faces have it. If the frequency is known to be another
        one, this share of the faces is taken: those that seem to have it most of all.
        """
        logits = in_parts(lambda part: self._network(self._prepared(part), training=False), 2000, faces)[:, 0]
        return logits > (0.0 if frequency is None else np.quantile(logits, 1.0 - frequency))

    def accuracy(self, test: Labelled) -> float:
        """Return the balanced accuracy: the mean of the shares of right answers with and without the attribute.

        Always answering the same gives 0.5, however rare the attribute is.
        """
        right = self.sees(test.faces) == test.labels
        return float(right[test.labels].mean() + right[~test.labels].mean()) / 2


def build_classifier(side: int) -> keras.Model:
    """Build the layers of the GAN's discriminator, without a label: faces ``(batch, side, side, 1)`` to one logit."""
    faces = keras.Input((side, side, 1))
    return keras.Model(faces, keras.layers.Dense(1)(quick_to_features(faces, SeedSequence(0))))


def rows_of_batches(labels: np.ndarray, steps: int, size: int, random: np.random.Generator) -> np.ndarray:
    """Draw the rows of batches with repetition, half of each batch with the attribute: ``(steps, size)``.

    Parameters
    ----------
    labels : numpy.ndarray
        bool, ``(n,)``. If all are of one kind, so are the batches.
    steps, size : int
        Number of batches, and of rows in each; an odd row has no attribute.
    random : numpy.random.Generator
        Source of the random numbers.
    """
    halves = (~labels, size - size // 2), (labels, size // 2)
    return np.concatenate(
        [random.choice(np.flatnonzero(kind if kind.any() else ~kind), (steps, count)) for kind, count in halves], axis=1
    )


# ------------------------------------------------------------- generated faces


@dataclass
class _Learned:
    """What a GAN learns; see :class:`gankit.training.conditional.Conditions`."""

    train: np.ndarray
    train_conditions: np.ndarray
    sheet: np.ndarray


class KeptFaces(KeptConditional):
    """The generator that is kept, which makes faces for labels; see :class:`KeptConditional`.

    Parameters
    ----------
    gan : AdversarialModel
        An untrained model with a network ``generator``.
    few : Labelled
        The labelled faces that it learns from.
    past : float
        Weight of the past in the running mean of its weights.
    seed : int
        Seed of the latents.
    filmed : int
        Training steps during which frames are taken; with 0 there is no film.

    Attributes
    ----------
    films : list of Snapshots
        The callback that takes frames, if there is one: always the same 36 faces, 18 without the attribute and then
        18 with it, from the same latents.
    """

    def __init__(self, gan: AdversarialModel, few: Labelled, past: float, seed: int, filmed: int = 0):
        both = as_conditions(np.array([False, True]))
        super().__init__(gan, _Learned(few.faces, as_conditions(few.labels), both), past, seed)
        latents = np.tile(self.latents(SHOWN), (2, 1))
        conditions = as_conditions(np.arange(2 * SHOWN) >= SHOWN)
        every = max(1, filmed // FRAMES)
        self.films = [Snapshots(lambda: self.generate(conditions, latents), every)] if filmed else []

    def generate(self, conditions: np.ndarray, latents: np.ndarray | None = None) -> np.ndarray:
        """Make a face for each condition, ``(n, 1)``: intensities in [0, 1], ``(n, side, side)``."""
        latents = self.latents(len(conditions)) if latents is None else latents
        recalibrate_batch_norm(self.averaged, self._calibrating)
        # Not `predict`, which would make a graph for every GAN.
        return self._decoding.recover(self.averaged([tf.constant(latents), tf.constant(conditions)], training=False))

    def labelled(self, count: int) -> Labelled:
        """Make faces for labels, half of them with the attribute: ``(count, side, side)``."""
        labels = np.arange(count) % 2 == 1
        return Labelled(self.generate(as_conditions(labels)), labels)


def as_conditions(labels: np.ndarray) -> np.ndarray:
    """Turn labels, bool ``(n,)``, into what the networks take: float32, ``(n, 1)``, +1 or -1."""
    return np.where(labels, 1.0, -1.0).astype(np.float32)[:, None]


def measure_made(
    made: Mapping[str, Labelled], few: Labelled, test: Labelled, judge: AttributeClassifier
) -> dict[str, float]:
    """Measure how often generated faces have the label that they were made for, and how new they are.

    Parameters
    ----------
    made : mapping
        Sets of generated faces, with the labels that were asked for, by name.
    few : Labelled
        The labelled faces that the generators learned from.
    test : Labelled
        Real faces that nobody learned from.
    judge : AttributeClassifier
        What reads the generated faces; it learned from all labels.

    Returns
    -------
    dict of str to float
        For each set ``<name>_right``: the balanced accuracy of the judge, which is that on real faces if all labels
        are right; ``<name>_new``: the median distance of a generated face to the nearest labelled one, divided by that
        of a test face. It is 0 for copies and 1 for faces as new as real ones.
    """
    real = np.median(distances_to_nearest(test.faces[:MEASURED], few.faces))
    found = {}
    for name, each in made.items():
        found[f"{name}_right"] = judge.accuracy(each)
        found[f"{name}_new"] = float(np.median(distances_to_nearest(each.faces[:MEASURED], few.faces)) / real)
    return found


# --------------------------------------------------------------------- results

Finding = dict[str, float]


def once(file: Path, resume: bool, find: Callable[[], Finding]) -> Finding:
    """Return what ``find`` returns, and keep it in a file; if the run is resumed and the file exists, read it instead.

    The file lies beside the checkpoints of the GANs whose faces the numbers are about. These refuse other settings.
    """
    if resume and file.is_file():
        return dict(read_checkpoint(file)[0])
    found = find()
    write_checkpoint(file, found, {})
    return found


def values_of(findings: Sequence[Finding], name: str, count: int) -> np.ndarray:
    """Return one value of each seed, for a number of labels: float64, ``(seeds,)``."""
    return np.array([each[name] for each in findings if each["labels"] == count], np.float64)


def compare(findings: Sequence[Finding], ways: Sequence[str]) -> dict[str, dict[str, dict[str, Any]]]:
    """Compare the accuracies of all ways with those of the first one, seed by seed.

    Parameters
    ----------
    findings : sequence of dict
        For each number of labels and each seed: ``labels``, and the accuracy of each way.
    ways : sequence of str
        Their names; the first one is what the others are compared with.

    Returns
    -------
    dict
        For each way but the first, and each number of labels: ``differences``, one for each seed; their ``mean`` and
        ``deviation`` (0 for one seed); ``better``, ``worse`` and ``p_value`` of the sign test.
    """
    found: dict[str, dict[str, dict[str, Any]]] = {way: {} for way in ways[1:]}
    for count in counts_of(findings):
        plain = values_of(findings, ways[0], count)
        for way, rows in found.items():
            values = values_of(findings, way, count)
            test, differences = sign_test(values, plain), values - plain
            rows[str(count)] = {
                "differences": differences.tolist(),
                "mean": float(differences.mean()),
                "deviation": float(differences.std(ddof=1)) if len(differences) > 1 else 0.0,
                "better": test["larger"],
                "worse": test["smaller"],
                "p_value": test["p_value"],
            }
    return found


def counts_of(findings: Sequence[Finding]) -> list[int]:
    """Return the numbers of labels in rising order."""
    return sorted({int(each["labels"]) for each in findings})


MADE = {"few": "GAN on the labelled faces", "all": "GAN on all faces"}


def table(findings: Sequence[Finding], ways: Mapping[str, str]) -> str:
    """Write the results as a Markdown table.

    Parameters
    ----------
    findings : sequence of dict
        For each number of labels and each seed: ``labels``; the accuracy of each way, and from all labels (``all``);
        the measures of :func:`measure_made`.
    ways : mapping
        The title of each way.

    Returns
    -------
    str
        Medians over the seeds, the smallest and the largest in brackets. For each way but the first, also how many
        seeds were better and worse than with the first.
    """
    counts, tests = counts_of(findings), compare(findings, list(ways))
    lines = ["| | " + " | ".join(f"{count:,} labels" for count in counts) + " |", "| --- " * (len(counts) + 1) + "|"]

    def row(title: str, name: str) -> str:
        cells = [spread(values_of(findings, name, count)) for count in counts]
        found = [tests[name][str(count)] for count in counts] if name in tests else []
        notes = [f", {each['better']} : {each['worse']}" for each in found] or [""] * len(counts)
        return f"| {title} | " + " | ".join(map("".join, zip(cells, notes))) + " |"

    lines += [row(title, name) for name, title in ways.items()]
    lines.append(row("*floor:* all labels", "all"))
    for name, title in MADE.items():
        lines += [row(f"{title}: right labels", f"{name}_right"), row(f"{title}: newness", f"{name}_new")]
    return "\n".join(lines)


def spread(values: np.ndarray) -> str:
    """Write the median of values, and the smallest and largest of several in brackets."""
    texts = [f"{value:.3f}".removeprefix("0") for value in (np.median(values), values.min(), values.max())]
    return f"{texts[0]} ({texts[1]} to {texts[2]})" if len(values) > 1 else texts[0]


# -------------------------------------------------------------------- pictures


def draw_accuracies(findings: Sequence[Finding], ways: Mapping[str, str]) -> Figure:
    """Draw the accuracies of all ways over the number of labels; see :func:`gankit.plots.accuracy_by_labels`."""
    counts = counts_of(findings)
    accuracies = {way: {count: values_of(findings, way, count) for count in counts} for way in ways}
    return plots.accuracy_by_labels(accuracies, values_of(findings, "all", counts[0]), ways)


Makers = Mapping[int, Mapping[str, KeptFaces]]


def draw_faces(makers: Makers, few: Mapping[int, Labelled]) -> Figure:
    """Draw labelled faces and those of each GAN; a row of panels for each number of labels."""
    panels = []
    for count, by_name in makers.items():
        kinds = [few[count].faces[few[count].labels == kind][:SHOWN] for kind in (False, True)]
        row = {f"{count:,} labelled faces": np.concatenate(kinds)}
        panels.append(row | {MADE[name]: kept.films[0].frames[-1] for name, kept in by_name.items()})
    return plots.kinds_of_faces(panels)


def draw_film(makers: Makers) -> list[np.ndarray]:
    """Draw the frames of an animation of all GANs side by side: uint8, ``(height, width, 3)`` each."""
    films = {(count, name): kept.films[0] for count, by_name in makers.items() for name, kept in by_name.items()}
    steps = next(iter(films.values())).steps

    def title(number: int, name: tuple[int, str]) -> str:
        return f"{name[0]:,} labels, {name[1]} faces\nstep {steps[number]:,}"

    frames = [{name: film.frames[number] for name, film in films.items()} for number in range(len(steps))]
    return plots.film_of_faces(frames, title)
