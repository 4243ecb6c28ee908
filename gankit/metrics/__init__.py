"""Measures of generated examples: arrays in, numbers out."""

from gankit.metrics.classes import (
    PictureClassifier,
    class_shares,
    inception_score,
    measure_classes,
    surest_first,
)
from gankit.metrics.classifier import classifier_accuracy
from gankit.metrics.conditions import (
    confusion_matrix,
    expected_movements,
    frechet_by_class,
    movements,
    read_back,
)
from gankit.metrics.distances import (
    comparison,
    density_coverage,
    distances_to_nearest,
    farthest_apart,
    frechet_distance,
    kernel_distance,
    precision_recall,
    sliced_wasserstein_distance,
)
from gankit.metrics.floors import beside_floor, classifier_beside_floor
from gankit.metrics.modes import mode_coverage
from gankit.metrics.paired import sign_test
from gankit.metrics.perceptual import perceptual_distance, share_ranked, squared_error
from gankit.metrics.pictures import BETTER, measure_pictures
from gankit.metrics.restoration import peak_signal_to_noise, structural_similarity
from gankit.metrics.shares import copied_share, largest_gap, total_variation
from gankit.metrics.variety import between, pairwise_similarity, path_length

__all__ = [
    "BETTER",
    "PictureClassifier",
    "beside_floor",
    "between",
    "class_shares",
    "classifier_accuracy",
    "classifier_beside_floor",
    "comparison",
    "confusion_matrix",
    "copied_share",
    "density_coverage",
    "distances_to_nearest",
    "expected_movements",
    "farthest_apart",
    "frechet_by_class",
    "frechet_distance",
    "inception_score",
    "kernel_distance",
    "largest_gap",
    "measure_classes",
    "measure_pictures",
    "mode_coverage",
    "movements",
    "pairwise_similarity",
    "path_length",
    "peak_signal_to_noise",
    "perceptual_distance",
    "precision_recall",
    "read_back",
    "share_ranked",
    "sign_test",
    "sliced_wasserstein_distance",
    "squared_error",
    "structural_similarity",
    "surest_first",
    "total_variation",
]
