"""The losses and penalties of tasks 1 to 3: the right ones, and beside them the ones that are usually written instead.

A loss is a function of the scores ``r = D(real)`` and ``f = D(fake)``, a penalty one of the input gradients, shape
``(batch, *example)``. Their slopes are taken numerically, which is exact enough in double precision and leaves nothing
to derive twice. Each stands with the name of its mistake, under which the catalogue has a sentence.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from gankit.grading.judge.hypotheses import Hypothesis
from gankit.grading.judge.networks import rows

Loss = Callable[[np.ndarray, np.ndarray], float]
Penalty = Callable[[np.ndarray], float]
Weights = Callable[[float], tuple[float, float]]
Losses = tuple[tuple[str, Loss], ...]


@dataclass(frozen=True)
class Minimised:
    """What an update makes small: a loss, and a penalty at the rows of ``place`` (real, fake or other, the mixtures).

    ``weights`` are their factors, given lambda_gp. A value that is not ``exact`` differs from stack to stack; then only
    gradients are compared.
    """

    loss: Loss
    penalty: Penalty | None = None
    weights: Weights = lambda weight: (1.0, weight)
    place: str = "other"
    exact: bool = True


def mean(values: np.ndarray) -> float:
    """Return the mean, 0 for no values at all: a batch that was never shown has no part in the loss."""
    return float(values.mean()) if values.size else 0.0


def slopes(function: Callable[..., float], *arrays: np.ndarray, width: float = 1e-6) -> list[np.ndarray]:
    """Return the derivative of a function by each entry of its arguments, by central differences."""
    results = []
    for position, array in enumerate(arrays):
        slope = np.zeros_like(array)
        for index in np.ndindex(array.shape):
            values = []
            for sign in (1, -1):
                moved = [other.copy() if place == position else other for place, other in enumerate(arrays)]
                moved[position][index] += sign * width
                values.append(function(*moved))
            slope[index] = (values[0] - values[1]) / (2 * width)
        results.append(slope)
    return results


# ------------------------------------------------------------------------------------------ losses


def bce(scores: np.ndarray, target: float) -> float:
    """Return the cross-entropy of logits."""
    return mean(np.logaddexp(0, scores) - target * scores)


def bce_of_probabilities(scores: np.ndarray, target: float) -> float:
    """Return the cross-entropy of scores that are taken for probabilities, clipped as Keras does."""
    p = np.clip(scores, 1e-7, 1 - 1e-7)
    return mean(-(target * np.log(p) + (1 - target) * np.log(1 - p)))


def square(scores: np.ndarray, target: float) -> float:
    """Return the mean squared distance to a target."""
    return mean((scores - target) ** 2)


def distance(scores: np.ndarray, target: float) -> float:
    """Return the mean absolute distance to a target."""
    return mean(np.abs(scores - target))


# In each table the right loss comes first, and its negative second.
_LEAST_SQUARES_DISCRIMINATOR: Losses = (
    ("", lambda r, f: square(r, 1) + square(f, -1)),
    ("loss_sign", lambda r, f: -square(r, 1) - square(f, -1)),
    ("targets_swapped", lambda r, f: square(r, -1) + square(f, 1)),
    ("fake_target_zero", lambda r, f: square(r, 1) + square(f, 0)),
    ("real_target_zero", lambda r, f: square(r, 0) + square(f, -1)),
    ("zero_one_swapped", lambda r, f: square(r, 0) + square(f, 1)),
    ("same_target", lambda r, f: square(r, 1) + square(f, 1)),
    ("same_target", lambda r, f: square(r, -1) + square(f, -1)),
    ("smoothed_target", lambda r, f: square(r, 0.9) + square(f, -1)),
    ("real_term_missing", lambda r, f: square(f, -1)),
    ("fake_term_missing", lambda r, f: square(r, 1)),
    ("terms_subtracted", lambda r, f: square(r, 1) - square(f, -1)),
    ("terms_subtracted", lambda r, f: square(f, -1) - square(r, 1)),
    ("square_of_mean", lambda r, f: (mean(r) - 1) ** 2 + (mean(f) + 1) ** 2),
    ("root_of_square", lambda r, f: np.sqrt(square(r, 1)) + np.sqrt(square(f, -1))),
    ("absolute_for_square", lambda r, f: distance(r, 1) + distance(f, -1)),
    ("squared_sum", lambda r, f: (mean(r - 1) + mean(f + 1)) ** 2),
    ("wasserstein_loss", lambda r, f: mean(f) - mean(r)),
    ("wasserstein_loss", lambda r, f: mean(r) - mean(f)),
)
_LEAST_SQUARES_GENERATOR: Losses = (
    ("", lambda r, f: square(f, 1)),
    ("loss_sign", lambda r, f: -square(f, 1)),
    ("generator_target", lambda r, f: square(f, -1)),
    ("generator_target_zero", lambda r, f: square(f, 0)),
    ("generator_target", lambda r, f: -square(f, -1)),
    ("square_of_mean", lambda r, f: (mean(f) - 1) ** 2),
    ("absolute_for_square", lambda r, f: distance(f, 1)),
    ("root_of_square", lambda r, f: np.sqrt(square(f, 1))),
    ("wasserstein_loss", lambda r, f: -mean(f)),
    ("wasserstein_loss", lambda r, f: mean(f)),
)
_WASSERSTEIN_DISCRIMINATOR: Losses = (
    ("", lambda r, f: mean(f) - mean(r)),
    ("real_fake_swapped", lambda r, f: mean(r) - mean(f)),
    ("real_term_missing", lambda r, f: mean(f)),
    ("fake_term_missing", lambda r, f: -mean(r)),
    ("terms_added", lambda r, f: mean(r) + mean(f)),
    ("terms_added", lambda r, f: -mean(r) - mean(f)),
    ("absolute_difference", lambda r, f: abs(mean(f) - mean(r))),
    ("absolute_difference", lambda r, f: -abs(mean(f) - mean(r))),
    ("absolute_scores", lambda r, f: mean(np.abs(f)) - mean(np.abs(r))),
    ("squared_scores", lambda r, f: (mean(f) - mean(r)) ** 2),
    ("squared_scores", lambda r, f: mean(f**2) - mean(r**2)),
    ("least_squares_loss", lambda r, f: square(r, 1) + square(f, -1)),
)
_WASSERSTEIN_GENERATOR: Losses = (
    ("", lambda r, f: -mean(f)),
    ("generator_sign", lambda r, f: mean(f)),
    ("absolute_scores", lambda r, f: -mean(np.abs(f))),
    ("absolute_scores", lambda r, f: mean(np.abs(f))),
    ("absolute_scores", lambda r, f: -abs(mean(f))),
    ("squared_scores", lambda r, f: -mean(f**2)),
    ("least_squares_loss", lambda r, f: square(f, 1)),
    ("least_squares_loss", lambda r, f: square(f, -1)),
)
# The losses of other GANs. Where a probability is clipped, its logarithm depends on how the clip is rounded.
_OTHERS_DISCRIMINATOR: Losses = (
    ("cross_entropy", lambda r, f: bce(r, 1) + bce(f, 0)),
    ("cross_entropy", lambda r, f: (bce(r, 1) + bce(f, 0)) / 2),
    ("cross_entropy", lambda r, f: bce(r, 1) + bce(f, -1)),
    ("hinge_loss", lambda r, f: mean(np.maximum(0, 1 - r)) + mean(np.maximum(0, 1 + f))),
)
_INEXACT_DISCRIMINATOR: Losses = (
    ("cross_entropy", lambda r, f: bce_of_probabilities(r, 1) + bce_of_probabilities(f, 0)),
    ("cross_entropy", lambda r, f: bce_of_probabilities(r, 1) + bce_of_probabilities(f, -1)),
)
_OTHERS_GENERATOR: Losses = (
    ("cross_entropy", lambda r, f: bce(f, 1)),
    ("cross_entropy", lambda r, f: -bce(f, 0)),
)
_INEXACT_GENERATOR: Losses = (("cross_entropy", lambda r, f: bce_of_probabilities(f, 1)),)


def _hypotheses(network: str, losses: Losses) -> list[Hypothesis]:
    """Return everything that a student may minimise in place of a network's loss."""
    right = losses[0][1]
    scaled: Losses = (
        ("loss_halved", lambda r, f: right(r, f) / 2),
        ("loss_doubled", lambda r, f: right(r, f) * 2),
        ("sum_for_mean", lambda r, f: right(r, f) * max(len(r), len(f))),
    )
    is_discriminator = network == "discriminator"
    others = _OTHERS_DISCRIMINATOR if is_discriminator else _OTHERS_GENERATOR
    inexact = _INEXACT_DISCRIMINATOR if is_discriminator else _INEXACT_GENERATOR
    known = [(idea, Minimised(loss)) for idea, loss in (*losses[:2], *scaled, *losses[2:], *others)]
    known += [(idea, Minimised(loss, exact=False)) for idea, loss in inexact]
    return [Hypothesis(f"{network}_loss", idea, minimised, {"network": network}) for idea, minimised in known]


LEAST_SQUARES = (
    _hypotheses("discriminator", _LEAST_SQUARES_DISCRIMINATOR),
    _hypotheses("generator", _LEAST_SQUARES_GENERATOR),
)
WASSERSTEIN = (
    _hypotheses("discriminator", _WASSERSTEIN_DISCRIMINATOR),
    _hypotheses("generator", _WASSERSTEIN_GENERATOR),
)


# ------------------------------------------------------------------------------------------ penalties


def norms(gradients: np.ndarray, axis: int | None = None) -> np.ndarray:
    """Return Euclidean norms: one an example, or along one axis."""
    squares = rows(gradients) ** 2 if axis is None else gradients**2
    return np.sqrt(squares.sum(axis=1 if axis is None else axis) + 1e-24)


PENALTIES: tuple[tuple[str, Penalty], ...] = (
    ("", lambda g: square(norms(g), 1)),
    ("batch_norm_of_gradient", lambda g: (np.sqrt((g**2).sum() + 1e-24) - 1) ** 2),
    ("norm_axis", lambda g: square(norms(g, 1), 1)),
    ("norm_axis", lambda g: square(norms(g, -1), 1)),
    ("norm_axis_batch", lambda g: square(norms(g, 0), 1)),
    ("norm_not_rooted", lambda g: square(norms(g) ** 2, 1)),
    ("norm_of_mean_square", lambda g: square(np.sqrt((rows(g) ** 2).mean(axis=1) + 1e-24), 1)),
    ("penalty_to_zero", lambda g: mean(norms(g) ** 2)),
    ("penalty_to_zero", lambda g: mean(norms(g))),
    ("penalty_one_sided", lambda g: mean(np.maximum(0, norms(g) - 1) ** 2)),
    ("penalty_not_squared", lambda g: distance(norms(g), 1)),
    ("penalty_not_squared", lambda g: mean(norms(g) - 1)),
    ("penalty_mean_first", lambda g: (mean(norms(g)) - 1) ** 2),
    ("penalty_sum", lambda g: float(((norms(g) - 1) ** 2).sum())),
    ("penalty_sign_plus", lambda g: square(norms(g), -1)),
    ("penalty_one_norm", lambda g: square(rows(np.abs(g)).sum(axis=1), 1)),
    ("penalty_largest_entry", lambda g: square(rows(np.abs(g)).max(axis=1), 1)),
    ("norm_not_squared", lambda g: square(np.sqrt(np.maximum(np.abs(rows(g).sum(axis=1)), 1e-24)), 1)),
    ("gradient_of_mean", lambda g: square(norms(g) / len(g), 1)),
    ("penalty_halved", lambda g: square(norms(g), 1) / 2),
    ("penalty_rooted", lambda g: np.sqrt(square(norms(g), 1))),
    ("penalty_per_coordinate", lambda g: square(g.ravel(), 1)),
    ("penalty_per_coordinate", lambda g: square(np.abs(g).ravel(), 1)),
)
# What may stand before the loss and before the penalty in place of 1 and lambda_gp.
WEIGHTS: tuple[tuple[str, Weights], ...] = (
    ("penalty_left_out", lambda weight: (1.0, 0.0)),
    ("lambda_missing", lambda weight: (1.0, 1.0)),
    ("lambda_fixed", lambda weight: (1.0, 10.0)),
    ("penalty_subtracted", lambda weight: (1.0, -weight)),
    ("lambda_everywhere", lambda weight: (weight, weight)),
    ("lambda_misplaced", lambda weight: (weight, 1.0)),
    ("only_penalty", lambda weight: (0.0, weight)),
    ("lambda_twice", lambda weight: (1.0, weight**2)),
    ("lambda_divides", lambda weight: (1.0, 1 / weight)),
    ("lambda_halved", lambda weight: (1.0, weight / 2)),
)


def _with_penalty(losses: list[Hypothesis]) -> list[Hypothesis]:
    """Return everything that a student may minimise in task 3 in place of the discriminator's loss."""
    penalised = [replace(each, computed=replace(each.computed, penalty=PENALTIES[0][1])) for each in losses]
    right, sign = penalised[0], penalised[1]

    def other(check: str, idea: str, base: Hypothesis = right, **changes: object) -> Hypothesis:
        return replace(base, check=check, idea=idea, computed=replace(base.computed, **changes))

    return [
        right,
        *(other("penalty_applied", idea, weights=weights) for idea, weights in WEIGHTS),
        *(other("penalty", idea, penalty=penalty) for idea, penalty in PENALTIES[1:]),
        *(other("mixing", f"penalty_at_{place}", place=place) for place in ("real", "fake")),
        *penalised[1:],
        # Without any penalty, and with another loss besides: the loss is the idea to begin with.
        *(other(each.check, each.idea, each, weights=WEIGHTS[0][1]) for each in penalised[1:]),
        other("discriminator_loss", "loss_sign", sign, weights=WEIGHTS[3][1]),
    ]


PENALISED = _with_penalty(WASSERSTEIN[0])
