"""Pictures: arrays in, a Matplotlib figure out. All drawing code is here, and none of it writes files."""

from gankit.plots.attention import attention_maps
from gankit.plots.augmentation import accuracy_by_labels, film_of_faces, kinds_of_faces
from gankit.plots.captions import between_captions, captioned_rows, claims_read
from gankit.plots.classes import class_shares, losses_and_right_answers
from gankit.plots.common import few_grays, histograms, losses, picture_of, tile
from gankit.plots.conditional import asked_and_read, confusion_matrices, moves, sheets
from gankit.plots.densities import Fields, TrainedDensity, density_film, loss_comparison, saturation, trained_density
from gankit.plots.distillation import quality_against_cost
from gankit.plots.faces import (
    chi_squared_density,
    convolutional,
    faces_by_score,
    faces_side_by_side,
    principal_coordinates,
    segment,
    squared_sums,
)
from gankit.plots.flows import LearnedFlow, flow_film, learned_flow
from gankit.plots.growing import distances_over_time
from gankit.plots.measures import rankings
from gankit.plots.pairs import columns_of_faces, spread_and_error, trade, without_hidden
from gankit.plots.points import TrainedPoints, points, points_film, points_side_by_side
from gankit.plots.smileys import checkpoint_choices, rows_of_pictures, shares_of_combinations
from gankit.plots.stabilisers import paired_differences, stabilised_film, stabilised_runs
from gankit.plots.style import attribute_moves, style_mixing, truncation
from gankit.plots.tones import spectrogram, spectrogram_picture, spectrograms, tone_readings, tone_waves
from gankit.plots.translation import hidden_writing, translation_training, translations

__all__ = [
    "Fields",
    "LearnedFlow",
    "TrainedDensity",
    "density_film",
    "few_grays",
    "loss_comparison",
    "saturation",
    "trained_density",
    "TrainedPoints",
    "accuracy_by_labels",
    "asked_and_read",
    "attention_maps",
    "attribute_moves",
    "between_captions",
    "captioned_rows",
    "checkpoint_choices",
    "chi_squared_density",
    "claims_read",
    "class_shares",
    "columns_of_faces",
    "confusion_matrices",
    "convolutional",
    "distances_over_time",
    "faces_by_score",
    "faces_side_by_side",
    "film_of_faces",
    "flow_film",
    "hidden_writing",
    "histograms",
    "learned_flow",
    "kinds_of_faces",
    "losses",
    "losses_and_right_answers",
    "paired_differences",
    "moves",
    "picture_of",
    "points",
    "points_film",
    "points_side_by_side",
    "principal_coordinates",
    "quality_against_cost",
    "rankings",
    "rows_of_pictures",
    "segment",
    "shares_of_combinations",
    "sheets",
    "spectrogram",
    "spectrogram_picture",
    "spectrograms",
    "spread_and_error",
    "squared_sums",
    "stabilised_film",
    "stabilised_runs",
    "style_mixing",
    "tile",
    "tone_readings",
    "tone_waves",
    "translation_training",
    "translations",
    "trade",
    "truncation",
    "without_hidden",
]
