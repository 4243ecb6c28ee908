"""The gradient penalty as a function of input gradients: the right one, and what is usually written instead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gankit.grading.judge.formulas import RIGHT, mean
from gankit.grading.judge.networks import rows


@dataclass(frozen=True)
class Penalty:
    """A penalty as a function of the input gradients, shape ``(batch, *example)``, and what it means to find it."""

    idea: str
    sentence: str
    value: Callable[[np.ndarray], float]


def norms(gradients: np.ndarray) -> np.ndarray:
    """Return one Euclidean norm an example."""
    return np.sqrt((rows(gradients) ** 2).sum(axis=1) + 1e-24)


LOOK_P = "Look at the gradient penalty."


def _axis_norms(gradients: np.ndarray, axis: int) -> np.ndarray:
    return np.sqrt((gradients**2).sum(axis=axis) + 1e-24)


PENALTIES = (
    Penalty(RIGHT, "", lambda g: mean((norms(g) - 1) ** 2)),
    Penalty(
        "batch_norm_of_gradient",
        "The penalty takes its norm over the whole batch: it should be one norm per example. " + LOOK_P,
        lambda g: (np.sqrt((g**2).sum() + 1e-24) - 1) ** 2,
    ),
    Penalty(
        "norm_axis",
        "The penalty's norm runs over one axis of the examples only: on pictures it must run over every axis but the "
        "first. " + LOOK_P,
        lambda g: mean((_axis_norms(g, 1) - 1) ** 2),
    ),
    Penalty(
        "norm_axis",
        "The penalty's norm runs over one axis of the examples only: on pictures it must run over every axis but the "
        "first. " + LOOK_P,
        lambda g: mean((_axis_norms(g, -1) - 1) ** 2),
    ),
    Penalty(
        "norm_axis_batch",
        "The penalty's norm runs along the batch: it should be one norm per example, over that example's own axes. "
        + LOOK_P,
        lambda g: mean((_axis_norms(g, 0) - 1) ** 2),
    ),
    Penalty(
        "norm_not_rooted",
        "The penalty compares the squared norm with 1: the root is missing. " + LOOK_P,
        lambda g: mean((norms(g) ** 2 - 1) ** 2),
    ),
    Penalty(
        "norm_of_mean_square",
        "The penalty's norm averages the squares of a gradient where they should be added up. " + LOOK_P,
        lambda g: mean((np.sqrt((rows(g) ** 2).mean(axis=1) + 1e-24) - 1) ** 2),
    ),
    Penalty(
        "penalty_to_zero",
        "The penalty pulls the gradient's norm towards 0: the norm should be near 1. " + LOOK_P,
        lambda g: mean(norms(g) ** 2),
    ),
    Penalty(
        "penalty_to_zero",
        "The penalty pulls the gradient's norm towards 0: the norm should be near 1. " + LOOK_P,
        lambda g: mean(norms(g)),
    ),
    Penalty(
        "penalty_one_sided",
        "The penalty counts norms above 1 only: deviations to both sides cost in this task. " + LOOK_P,
        lambda g: mean(np.maximum(0, norms(g) - 1) ** 2),
    ),
    Penalty(
        "penalty_not_squared",
        "The penalty's deviation from 1 is not squared. " + LOOK_P,
        lambda g: mean(np.abs(norms(g) - 1)),
    ),
    Penalty(
        "penalty_not_squared",
        "The penalty's deviation from 1 is not squared. " + LOOK_P,
        lambda g: mean(norms(g) - 1),
    ),
    Penalty(
        "penalty_mean_first",
        "The penalty squares the mean deviation: it should average the squared deviations of single examples. "
        + LOOK_P,
        lambda g: (mean(norms(g)) - 1) ** 2,
    ),
    Penalty(
        "penalty_sum",
        "The penalty adds up over the batch where its mean is asked for. " + LOOK_P,
        lambda g: float(((norms(g) - 1) ** 2).sum()),
    ),
    Penalty(
        "penalty_sign_plus",
        "The penalty measures from -1: a norm is positive, and its distance to 1 is asked for. " + LOOK_P,
        lambda g: mean((norms(g) + 1) ** 2),
    ),
    Penalty(
        "penalty_one_norm",
        "The penalty takes the sum of absolute values for the norm: the Euclidean norm is asked for. " + LOOK_P,
        lambda g: mean((rows(np.abs(g)).sum(axis=1) - 1) ** 2),
    ),
    Penalty(
        "penalty_largest_entry",
        "The penalty takes the largest entry of a gradient for its norm: the Euclidean norm is asked for. " + LOOK_P,
        lambda g: mean((rows(np.abs(g)).max(axis=1) - 1) ** 2),
    ),
    Penalty(
        "norm_not_squared",
        "The penalty takes the root of a sum of entries: their squares are to be added up first. " + LOOK_P,
        lambda g: mean((np.sqrt(np.maximum(np.abs(rows(g).sum(axis=1)), 1e-24)) - 1) ** 2),
    ),
    Penalty(
        "gradient_of_mean",
        "The penalty's gradient is taken of the mean of the scores: each is then divided by the size of the batch. "
        "Take it of the scores themselves. " + LOOK_P,
        lambda g: mean((norms(g) / len(g) - 1) ** 2),
    ),
    Penalty(
        "penalty_halved",
        "The penalty is halved: only lambda_gp stands in front of it. " + LOOK_P,
        lambda g: mean((norms(g) - 1) ** 2) / 2,
    ),
    Penalty(
        "penalty_rooted",
        "The penalty takes a root at the end that the task's does not. " + LOOK_P,
        lambda g: np.sqrt(mean((norms(g) - 1) ** 2)),
    ),
    Penalty(
        "penalty_per_coordinate",
        "The penalty compares every coordinate of the gradient with 1: it is the gradient's norm, one number an "
        "example, that should be near 1. " + LOOK_P,
        lambda g: mean((g.ravel() - 1) ** 2),
    ),
    Penalty(
        "penalty_per_coordinate",
        "The penalty compares every coordinate of the gradient with 1: it is the gradient's norm, one number an "
        "example, that should be near 1. " + LOOK_P,
        lambda g: mean((np.abs(g).ravel() - 1) ** 2),
    ),
)
