"""All measures of generated pictures, each beside its floor."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from gankit.metrics.classes import CLASSIFIER_STEPS, PictureClassifier, class_shares, inception_score
from gankit.metrics.classifier import classifier_accuracy
from gankit.metrics.distances import comparison, distances_to_nearest, frechet_distance
from gankit.metrics.shares import total_variation
from gankit.metrics.variety import pairwise_similarity

#: What is better, by the name of a measure.
BETTER = {
    "frechet_distance": "lower",
    "precision": "higher",
    "recall": "higher",
    "density": "near the floor",
    "coverage": "higher",
    "kernel_distance": "lower",
    "sliced_wasserstein_distance": "lower",
    "nearest_distance": "near the floor",
    "pairwise_similarity": "near the floor",
    "classifier_accuracy": "near 0.5",
    "inception_score": "higher",
    "class_shares": "lower",
}
# From fewer pictures a CNN learns nothing.
FEWEST_FOR_A_CLASSIFIER = 100

Measures = dict[str, dict[str, dict[str, float]]]


def measure_pictures(
    real: np.ndarray,
    generated: np.ndarray,
    size: int = 5000,
    seed: int = 0,
    features: Mapping[str, Callable[[np.ndarray], np.ndarray]] | None = None,
    labels: np.ndarray | None = None,
    steps: int = CLASSIFIER_STEPS,
) -> Measures:
    """Measure generated pictures, and new real ones in the same way: their values are the floor.

    The real pictures are put into random order and halved. Equally many generated pictures and pictures of the second
    half are compared with the first half.

    Parameters
    ----------
    real, generated : numpy.ndarray
        Pictures of one shape, ``(n, height, width)`` or ``(n, height, width, 3)``, intensities in [0, 1]; n >= 4 real
        and n >= 2 generated ones.
    size : int
        The largest size of the three sets.
    seed : int
        Seed of the orders and of the networks.
    features : mapping, optional
        Maps the name of a space to a function that computes features ``(n, d)`` of pictures. The measures of the pixels
        are repeated in each space.
    labels : numpy.ndarray, optional
        The number of each real picture's class, ``(n,)``, from 0 on. A classifier learns the first half of the real
        pictures, and compares parts of the second half with the generated pictures.

    Returns
    -------
    dict
        Maps groups to measures, and each measure to its value for ``generated`` pictures and its ``floor``. The groups:
        ``pixels``, and one for each space of ``features``: the measures of :func:`gankit.metrics.comparison` and
        ``frechet_distance``.
        ``variety``: ``nearest_distance``, the median distance to the nearest picture of the first half;
        ``pairwise_similarity``, after the mean of that half is subtracted.
        ``two_samples``, from 100 pictures on: ``classifier_accuracy`` of telling the two sets apart.
        ``classes``, with labels: ``inception_score``; ``frechet_distance`` of the classifier's features;
        ``class_shares``, the total variation between the shares of the classes that the classifier sees.

    Raises
    ------
    ValueError
        If the pictures have different shapes, or are too few.
    """
    if real.shape[1:] != generated.shape[1:]:
        raise ValueError(f"both sets must have pictures of one shape, not {real.shape[1:]} and {generated.shape[1:]}")
    if len(real) < 4 or len(generated) < 2:
        raise ValueError(f"at least 4 real and 2 generated pictures are needed, not {len(real)} and {len(generated)}")
    random = np.random.default_rng(seed)
    order = random.permutation(len(real))
    half = len(real) // 2
    generated = generated[random.permutation(len(generated))]
    size = min(size, half, len(generated))
    first, second, fake = real[order[:half]][:size], real[order[half:]][:size], generated[:size]

    measures: Measures = {}
    spaces: dict[str, Callable[[np.ndarray], np.ndarray]] = {"pixels": lambda pictures: pictures, **(features or {})}
    for name, describe in spaces.items():
        reference, others, fakes = describe(first), describe(second), describe(fake)
        measures[name] = _pairs(_distances(reference, fakes), _distances(reference, others))
    centre = first.mean(axis=0, dtype=np.float64)
    measures["variety"] = _pairs(_variety(first, centre, fake), _variety(first, centre, second))
    if size >= FEWEST_FOR_A_CLASSIFIER:
        accuracies = (classifier_accuracy(first, each, seed=seed) for each in (fake, second))
        measures["two_samples"] = _pairs(*({"classifier_accuracy": accuracy} for accuracy in accuracies))
    if labels is not None:
        judge = PictureClassifier(real[order[:half]], labels[order[:half]], int(labels.max()) + 1, seed, steps)
        # The classifier did not learn from these two sets.
        reference, others = real[order[half:]][0::2], real[order[half:]][1::2]
        size = min(size, len(others))
        measures["classes"] = _pairs(*(_classes(judge, reference[:size], each[:size]) for each in (fake, others)))
    return measures


def _pairs(generated: Mapping[str, float], floor: Mapping[str, float]) -> dict[str, dict[str, float]]:
    return {name: {"generated": value, "floor": floor[name]} for name, value in generated.items()}


def _distances(reference: np.ndarray, others: np.ndarray) -> dict[str, float]:
    return {"frechet_distance": frechet_distance(reference, others), **comparison(reference, others, len(reference))}


def _variety(reference: np.ndarray, centre: np.ndarray, others: np.ndarray) -> dict[str, float]:
    return {
        "nearest_distance": float(np.median(distances_to_nearest(others, reference))),
        "pairwise_similarity": pairwise_similarity(others, centre),
    }


def _classes(judge: PictureClassifier, reference: np.ndarray, others: np.ndarray) -> dict[str, float]:
    probabilities = judge.probabilities(others)
    shares = [
        class_shares(rows.argmax(axis=1), rows.shape[1]) for rows in (judge.probabilities(reference), probabilities)
    ]
    return {
        "inception_score": inception_score(probabilities, min(10, len(others))),
        "frechet_distance": frechet_distance(judge.features(reference), judge.features(others)),
        "class_shares": total_variation(*shares),
    }
