"""Pictures: arrays in, a matplotlib figure out. Nothing else in the project draws, and nothing here writes files."""

from gankit.plots.common import histograms, losses, tile
from gankit.plots.faces import (
    chi_squared_density,
    convolutional,
    faces_by_score,
    faces_side_by_side,
    principal_coordinates,
    segment,
    squared_sums,
)
from gankit.plots.points import circle, clouds, corner

__all__ = [
    "chi_squared_density",
    "circle",
    "clouds",
    "convolutional",
    "corner",
    "faces_by_score",
    "faces_side_by_side",
    "histograms",
    "losses",
    "principal_coordinates",
    "segment",
    "squared_sums",
    "tile",
]
