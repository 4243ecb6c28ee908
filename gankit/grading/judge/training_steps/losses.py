"""The losses and penalties of tasks 1 to 3: the right ones, and beside them the ones that are usually written instead.

A loss is a function of the scores ``r = D(real)`` and ``f = D(fake)``, a penalty one of the input gradients, shape
``(batch, *example)``. Their slopes are taken numerically, which is exact enough in double precision and leaves nothing
to derive twice. Each stands with the name of its mistake, under which the catalogue has a sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

import numpy as np

from gankit.grading.judge.hypotheses import Hypothesis
from gankit.grading.judge.networks import rows

Loss = Callable[[np.ndarray, np.ndarray], float]
Penalty = Callable[[np.ndarray], float]
Weights = Callable[[float], tuple[float, float]]


class _View(Protocol):
    """What a network's loss was taken of."""

    def loss_gradient(self, loss: Loss) -> np.ndarray: ...


class _PenalisedView(_View, Protocol):
    lambda_gp: float

    def penalty_gradient(self, penalty: Penalty, place: str) -> np.ndarray: ...


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


def _gradient_of(loss: Loss) -> Callable[[_View], np.ndarray]:
    return lambda view: view.loss_gradient(loss)


def _named(check: str, losses: Iterable[tuple[str, Loss]], exact: bool = True) -> list[Hypothesis]:
    words = {"network": check.split("_")[0]}
    return [Hypothesis(check, idea, _gradient_of(loss), words, loss, exact=exact) for idea, loss in losses]


def _scaled(right: Loss) -> list[tuple[str, Loss]]:
    return [
        ("loss_halved", lambda r, f: right(r, f) / 2),
        ("loss_doubled", lambda r, f: right(r, f) * 2),
        ("sum_for_mean", lambda r, f: right(r, f) * max(len(r), len(f))),
    ]


def _of_discriminator(right: Loss, wrong: list[tuple[str, Loss]]) -> list[Hypothesis]:
    """Return the hypotheses for a discriminator, with the losses of other GANs at their end."""
    entropies = [
        ("cross_entropy", lambda r, f: bce(r, 1) + bce(f, 0)),
        ("cross_entropy", lambda r, f: (bce(r, 1) + bce(f, 0)) / 2),
        ("cross_entropy", lambda r, f: bce(r, 1) + bce(f, -1)),
    ]
    # Where a probability is clipped, its logarithm depends on how the clip is rounded, or made up for.
    of_probabilities = [
        ("cross_entropy", lambda r, f: bce_of_probabilities(r, 1) + bce_of_probabilities(f, 0)),
        ("cross_entropy", lambda r, f: bce_of_probabilities(r, 1) + bce_of_probabilities(f, -1)),
    ]
    hinge = ("hinge_loss", lambda r, f: mean(np.maximum(0, 1 - r)) + mean(np.maximum(0, 1 + f)))
    check = "discriminator_loss"
    return [
        *_named(check, [("", right), *wrong, *entropies]),
        *_named(check, of_probabilities, exact=False),
        *_named(check, [hinge]),
    ]


def _of_generator(right: Loss, wrong: list[tuple[str, Loss]]) -> list[Hypothesis]:
    entropies = [("cross_entropy", lambda r, f: bce(f, 1)), ("cross_entropy", lambda r, f: -bce(f, 0))]
    of_probabilities = [("cross_entropy", lambda r, f: bce_of_probabilities(f, 1))]
    check = "generator_loss"
    return [*_named(check, [("", right), *wrong, *entropies]), *_named(check, of_probabilities, exact=False)]


def _least_squares_discriminator() -> list[Hypothesis]:
    def right(r: np.ndarray, f: np.ndarray) -> float:
        return square(r, 1) + square(f, -1)

    wrong = [
        ("loss_sign", lambda r, f: -right(r, f)),
        *_scaled(right),
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
    ]
    return _of_discriminator(right, wrong)


def _least_squares_generator() -> list[Hypothesis]:
    def right(r: np.ndarray, f: np.ndarray) -> float:
        return square(f, 1)

    wrong = [
        ("loss_sign", lambda r, f: -right(r, f)),
        *_scaled(right),
        ("generator_target", lambda r, f: square(f, -1)),
        ("generator_target_zero", lambda r, f: square(f, 0)),
        ("generator_target", lambda r, f: -square(f, -1)),
        ("square_of_mean", lambda r, f: (mean(f) - 1) ** 2),
        ("absolute_for_square", lambda r, f: distance(f, 1)),
        ("root_of_square", lambda r, f: np.sqrt(square(f, 1))),
        ("wasserstein_loss", lambda r, f: -mean(f)),
        ("wasserstein_loss", lambda r, f: mean(f)),
    ]
    return _of_generator(right, wrong)


def _wasserstein_discriminator() -> list[Hypothesis]:
    def right(r: np.ndarray, f: np.ndarray) -> float:
        return mean(f) - mean(r)

    wrong = [
        ("real_fake_swapped", lambda r, f: mean(r) - mean(f)),
        *_scaled(right),
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
    ]
    return _of_discriminator(right, wrong)


def _wasserstein_generator() -> list[Hypothesis]:
    def right(r: np.ndarray, f: np.ndarray) -> float:
        return -mean(f)

    wrong = [
        ("generator_sign", lambda r, f: mean(f)),
        *_scaled(right),
        ("absolute_scores", lambda r, f: -mean(np.abs(f))),
        ("absolute_scores", lambda r, f: mean(np.abs(f))),
        ("absolute_scores", lambda r, f: -abs(mean(f))),
        ("squared_scores", lambda r, f: -mean(f**2)),
        ("least_squares_loss", lambda r, f: square(f, 1)),
        ("least_squares_loss", lambda r, f: square(f, -1)),
    ]
    return _of_generator(right, wrong)


LEAST_SQUARES = (_least_squares_discriminator(), _least_squares_generator())
WASSERSTEIN = (_wasserstein_discriminator(), _wasserstein_generator())


# ------------------------------------------------------------------------------------------ penalties


def norms(gradients: np.ndarray) -> np.ndarray:
    """Return one Euclidean norm an example."""
    return np.sqrt((rows(gradients) ** 2).sum(axis=1) + 1e-24)


def _axis_norms(gradients: np.ndarray, axis: int) -> np.ndarray:
    return np.sqrt((gradients**2).sum(axis=axis) + 1e-24)


PENALTIES: tuple[tuple[str, Penalty], ...] = (
    ("", lambda g: square(norms(g), 1)),
    ("batch_norm_of_gradient", lambda g: (np.sqrt((g**2).sum() + 1e-24) - 1) ** 2),
    ("norm_axis", lambda g: square(_axis_norms(g, 1), 1)),
    ("norm_axis", lambda g: square(_axis_norms(g, -1), 1)),
    ("norm_axis_batch", lambda g: square(_axis_norms(g, 0), 1)),
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


def _penalised(
    check: str,
    idea: str,
    loss: Hypothesis,
    penalty: Penalty,
    weights: Weights = lambda weight: (1.0, weight),
    place: str = "other",
) -> Hypothesis:
    minimised = loss.loss
    assert minimised is not None

    def predict(view: _PenalisedView) -> np.ndarray:
        weight, penalty_weight = weights(view.lambda_gp)
        gradient = weight * view.loss_gradient(minimised)
        return gradient + penalty_weight * view.penalty_gradient(penalty, place) if penalty_weight else gradient

    return Hypothesis(check, idea, predict, {"network": "discriminator"}, minimised, penalty, loss.exact)


def _with_penalty(losses: list[Hypothesis]) -> list[Hypothesis]:
    """Return everything that a student may minimise in task 3 in place of the discriminator's loss."""
    right, penalty = losses[0], PENALTIES[0][1]
    return [
        _penalised("discriminator_loss", "", right, penalty),
        *(_penalised("penalty_applied", idea, right, penalty, weights) for idea, weights in WEIGHTS),
        *(_penalised("penalty", idea, right, other) for idea, other in PENALTIES[1:]),
        *(_penalised("mixing", f"penalty_at_{place}", right, penalty, place=place) for place in ("real", "fake")),
        *(_penalised("discriminator_loss", loss.idea, loss, penalty) for loss in losses[1:]),
        # Without any penalty, and with another loss besides: the loss is the idea to begin with.
        *(_penalised("discriminator_loss", loss.idea, loss, penalty, WEIGHTS[0][1]) for loss in losses[1:]),
        _penalised("discriminator_loss", "loss_sign", losses[1], penalty, lambda weight: (1.0, -weight)),
    ]


PENALISED = _with_penalty(WASSERSTEIN[0])
