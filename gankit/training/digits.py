"""Additions to a run on labelled pictures: measures beside those of real pictures and of pictures without a GAN."""

from __future__ import annotations

from typing import Any

import numpy as np

from gankit.datasets.baselines import BASELINES
from gankit.datasets.digits import LabelledPictures
from gankit.metrics import (
    PictureClassifier,
    class_shares,
    distances_to_nearest,
    inception_score,
    measure_classes,
)

PICTURES_MEASURED = 5000
COLUMNS = ("least_share", "inception_score", "accuracy_on_real", "nearest_distance")


def measure_digits(
    generated: np.ndarray, data: LabelledPictures, judge: PictureClassifier, seed: int
) -> dict[str, dict[str, Any]]:
    """Measure generated pictures, real ones, and as many pictures that were made without a GAN.

    Parameters
    ----------
    generated : numpy.ndarray
        Intensities in [0, 1], ``(n, height, width)``, at least as many as there are test pictures.
    data : LabelledPictures
        The real pictures. The GAN and the baselines saw only ``data.train``.
    judge : PictureClassifier
        A classifier that was trained on ``data.train``.
    seed : int
        Seed of the baselines and of the classifiers that learn from them.

    Returns
    -------
    dict of dict
        The results of :func:`gankit.metrics.measure_classes` under ``generated`` and under the name of each baseline.
        Under ``real``, the same measures of the test pictures; their ``accuracy_on_real`` is that of the judge.
    """

    def measure(pictures: np.ndarray) -> dict[str, Any]:
        return measure_classes(pictures, judge, data.names, data.train, data.test, data.test_labels, seed)

    shares = class_shares(data.test_labels, len(data.names))
    real = {
        "shares": {name: float(share) for name, share in zip(data.names, shares)},
        "least_share": float(shares.min()),
        "never_generated": [],
        "inception_score": inception_score(judge.probabilities(data.test)),
        "accuracy_on_real": judge.accuracy(data.test, data.test_labels),
        "nearest_distance": float(np.median(distances_to_nearest(data.test, data.train))),
    }
    without_gan = {name: measure(make(data.train, len(generated), seed)) for name, make in BASELINES.items()}
    return {"generated": measure(generated), "real": real, **without_gan}


def table(measures: dict[str, dict[str, Any]]) -> str:
    """Return the results of :func:`measure_digits` as a table, a line for each kind of pictures, and two sentences."""
    lines = [" " * 20 + "".join(f"{column.replace('_', ' '):>18}" for column in COLUMNS)]
    for name, found in measures.items():
        lines.append(f"{name.replace('_', ' '):<20}" + "".join(f"{found[column]:18.3f}" for column in COLUMNS))
    accuracy = measures["real"]["accuracy_on_real"]
    lines.append(f"The classifier of real pictures recognises {accuracy:.1%} of the held-out ones.")
    never = measures["generated"]["never_generated"]
    lines.append(f"Classes that were never generated: {', '.join(never) or 'none'}.")
    return "\n".join(lines)
