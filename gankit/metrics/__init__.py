"""Measures of generated examples: arrays in, numbers out."""

from gankit.metrics.classes import (
    PictureClassifier,
    class_shares,
    distances_to_nearest,
    inception_score,
    measure_classes,
    surest_first,
)
from gankit.metrics.classifier import classifier_accuracy
from gankit.metrics.distances import (
    comparison,
    density_coverage,
    farthest_apart,
    frechet_distance,
    kernel_distance,
    precision_recall,
    sliced_wasserstein_distance,
)
from gankit.metrics.floors import beside_floor, classifier_beside_floor
<<<<<<< HEAD
from gankit.metrics.modes import modes_found
from gankit.metrics.shares import copied_share, nearest_distances, total_variation

__all__ = [
=======
from gankit.metrics.modes import mode_coverage

__all__ = [
    "PictureClassifier",
    "class_shares",
    "distances_to_nearest",
    "farthest_apart",
    "inception_score",
    "measure_classes",
    "surest_first",
>>>>>>> main
    "beside_floor",
    "classifier_accuracy",
    "classifier_beside_floor",
    "comparison",
    "copied_share",
    "density_coverage",
    "farthest_apart",
    "frechet_distance",
    "kernel_distance",
<<<<<<< HEAD
    "modes_found",
    "nearest_distances",
=======
    "mode_coverage",
>>>>>>> main
    "precision_recall",
    "sliced_wasserstein_distance",
    "total_variation",
]
