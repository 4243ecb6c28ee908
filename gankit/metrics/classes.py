"""Measures of generated pictures that use a classifier of the real ones: classes, variety, use for training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gankit.memory import network_in_parts
from gankit.metrics.distances import distances_to_nearest

CLASSIFIER_STEPS = 1200
CLASSIFIER_BATCH = 64


class PictureClassifier:
    """A small CNN that learns the classes of pictures; :func:`gankit.metrics.classifier.small_cnn` describes it.

    Adam trains it for the same number of steps on any data, so that classifiers of small and large sets can be
    compared.

    Parameters
    ----------
    pictures : numpy.ndarray
        Shape ``(n, height, width)``, or ``(n, height, width, 3)`` with colours, intensities in [0, 1].
    labels : numpy.ndarray
        The number of each picture's class, shape ``(n,)``.
    classes : int
        Number of classes; some may have no pictures.
    seed : int
        Seed of the initial weights and the batches.
    steps : int
        Training steps of 64 pictures.

    Attributes
    ----------
    steps : int
        As given.
    """

    def __init__(
        self, pictures: np.ndarray, labels: np.ndarray, classes: int, seed: int = 0, steps: int = CLASSIFIER_STEPS
    ):
        from tensorflow import keras

        from gankit.metrics.classifier import small_cnn, with_channels

        self.steps = steps
        keras.utils.set_random_seed(seed)
        pictures = with_channels(pictures)
        self._network = small_cnn(pictures.shape[1:], classes, "softmax")
        self._to_features = keras.Model(self._network.inputs[0], self._network.get_layer("features").output)
        # Many steps in one call of the graph, because a call takes longer than a step.
        self._network.compile("adam", "sparse_categorical_crossentropy", steps_per_execution=min(steps, 100))
        # One pass over rows in random order is faster than many passes over a small set.
        random, rows = np.random.default_rng(seed), np.zeros(0, np.int64)
        while len(rows) < steps * CLASSIFIER_BATCH:
            rows = np.concatenate([rows, random.permutation(len(pictures))])
        rows = rows[: steps * CLASSIFIER_BATCH]
        self._network.fit(pictures[rows], labels[rows], batch_size=CLASSIFIER_BATCH, shuffle=False, verbose=0)

    def probabilities(self, pictures: np.ndarray) -> np.ndarray:
        """Return the probability of each class for each picture: shape ``(n, classes)``, rows sum to 1."""
        return self._apply(self._network, pictures)

    def features(self, pictures: np.ndarray) -> np.ndarray:
        """Return what the classes are computed from: float32, shape ``(n, 64)``, at least 0.

        The Frechet distance of these features is made as that of the Inception network is, with a classifier of the
        pictures at hand. Measure pictures that the classifier did not learn from.
        """
        return self._apply(self._to_features, pictures)

    def _apply(self, network: Any, pictures: np.ndarray) -> np.ndarray:
        from gankit.metrics.classifier import with_channels

        return network_in_parts(network, 1000, with_channels(pictures))

    def accuracy(self, pictures: np.ndarray, labels: np.ndarray) -> float:
        """Return the share of the pictures whose most probable class is the right one."""
        return float((self.probabilities(pictures).argmax(axis=1) == labels).mean())


def inception_score(probabilities: np.ndarray, splits: int = 10) -> float:
    """Inception score (Salimans et al. 2016): exp of the mean KL(p(y|x) || p(y)), averaged over splits.

    It is high if the classifier is sure of each picture, and all classes are equally frequent. With k classes it lies
    between 1 and k. It falls with the size of the splits, so compare sets in splits of one size.

    Parameters
    ----------
    probabilities : numpy.ndarray
        p(y|x) of each picture, shape ``(n, k)``; ``n`` is at least ``splits``.
    splits : int
        Number of parts, which follow each other; p(y) is the mean over a part.
    """
    rows = np.asarray(probabilities, np.float64)
    if rows.ndim != 2 or not 1 <= splits <= len(rows):
        raise ValueError(f"probabilities of shape {rows.shape} cannot be divided into {splits} splits")
    scores = []
    for part in np.array_split(rows, splits):
        ratio = np.divide(part, part.mean(axis=0), out=np.ones_like(part), where=part > 0)
        scores.append(np.exp((part * np.log(ratio)).sum(axis=1).mean()))
    return float(np.mean(scores))


def class_shares(labels: np.ndarray, classes: int) -> np.ndarray:
    """Return the share of each class: float64, shape ``(classes,)``."""
    return np.bincount(labels, minlength=classes) / len(labels)


def surest_first(pictures: np.ndarray, probabilities: np.ndarray, columns: int) -> np.ndarray:
    """Arrange pictures in one row for each class that a classifier sees, from the surest to the least sure.

    Parameters
    ----------
    pictures : numpy.ndarray
        Shape ``(n, height, width)``.
    probabilities : numpy.ndarray
        The probability of each class for each picture, shape ``(n, classes)``.
    columns : int
        Pictures in a row, at equal distances in the order of a class.

    Returns
    -------
    numpy.ndarray
        Shape ``(classes * columns, height, width)``; places without a picture are 1, which is white.
    """
    classes = probabilities.shape[1]
    seen = probabilities.argmax(axis=1)
    arranged = np.ones((classes * columns, *pictures.shape[1:]), np.float32)
    for number in range(classes):
        rows = np.flatnonzero(seen == number)
        rows = rows[np.argsort(-probabilities[rows, number], kind="stable")]
        places = np.linspace(0, len(rows) - 1, min(columns, len(rows))).round().astype(int)
        arranged[number * columns : number * columns + len(places)] = pictures[rows[places]]
    return arranged


def measure_classes(
    pictures: np.ndarray,
    judge: PictureClassifier,
    names: Sequence[str],
    train: np.ndarray,
    test: np.ndarray,
    test_labels: np.ndarray,
    seed: int = 0,
) -> dict[str, Any]:
    """Measure pictures that were made without labels by what a classifier of real pictures sees in them.

    Parameters
    ----------
    pictures : numpy.ndarray
        Generated pictures, ``(n, height, width)``, intensities in [0, 1]; at least as many as ``test``.
    judge : PictureClassifier
        A classifier of the real pictures.
    names : sequence of str
        The names of the classes.
    train, test : numpy.ndarray
        Real pictures: those that the generator learned from, and held-out ones.
    test_labels : numpy.ndarray
        The classes of ``test``.
    seed : int
        Seed of the classifier that learns from the pictures.

    Returns
    -------
    dict
        ``shares``: share of each class by name; ``least_share``; ``never_generated``: names of the classes without a
        picture; ``inception_score``: in splits of a tenth of ``test``; ``accuracy_on_real``: the accuracy on ``test``
        of a classifier like the judge that learned from these pictures, as many as ``train`` has, with the labels that
        the judge sees in them; ``nearest_distance``: median distance of a picture to the nearest one in ``train``.
    """
    probabilities = judge.probabilities(pictures)
    seen = probabilities.argmax(axis=1)
    shares = class_shares(seen, len(names))
    sets = max(1, len(pictures) // len(test))
    student = PictureClassifier(pictures[: len(train)], seen[: len(train)], len(names), seed, judge.steps)
    return {
        "shares": {name: float(share) for name, share in zip(names, shares)},
        "least_share": float(shares.min()),
        "never_generated": [name for name, share in zip(names, shares) if share == 0],
        "inception_score": inception_score(probabilities[: sets * len(test)], 10 * sets),
        "accuracy_on_real": student.accuracy(test, test_labels),
        "nearest_distance": float(np.median(distances_to_nearest(pictures[: len(test)], train))),
    }
