"""The losses as plain functions of scores: the right ones, and beside them the ones that are usually written instead.

A formula is a function of the scores ``r = D(real)`` and ``f = D(fake)``; its slopes are taken numerically, which is
exact enough in double precision and leaves nothing to derive twice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

RIGHT = "right"
Loss = Callable[[np.ndarray, np.ndarray], float]


@dataclass(frozen=True)
class Formula:
    """A loss, and what it means that a student's numbers are those of this loss.

    Attributes
    ----------
    idea : str
        ``right``, or the name of the mistake.
    sentence : str
        What to tell the student; empty for the right one.
    loss : callable
        The value from ``(r, f)``.
    share : float
        The share of the points that such a solution still earns.
    exact : bool
        Whether the value is the same on every stack; gradients are compared in either case.
    """

    idea: str
    sentence: str
    loss: Loss
    share: float = 0.0
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


def softplus(x: np.ndarray) -> np.ndarray:
    """Return log(1 + e^x)."""
    return np.logaddexp(0, x)


def bce(scores: np.ndarray, target: float) -> float:
    """Return the cross-entropy of logits."""
    return mean(softplus(scores) - target * scores)


def bce_of_probabilities(scores: np.ndarray, target: float) -> float:
    """Return the cross-entropy of scores that are taken for probabilities, clipped as Keras does."""
    p = np.clip(scores, 1e-7, 1 - 1e-7)
    return mean(-(target * np.log(p) + (1 - target) * np.log(1 - p)))


def hinge(r: np.ndarray, f: np.ndarray) -> float:
    """Return the hinge loss of a discriminator."""
    return mean(np.maximum(0, 1 - r)) + mean(np.maximum(0, 1 + f))


def square(scores: np.ndarray, target: float) -> float:
    """Return the mean squared distance to a target."""
    return mean((scores - target) ** 2)


LOOK_D = "Look at how the discriminator's loss is put together."
LOOK_G = "Look at how the generator's loss is put together."


def _scaled(right: Loss, whose: str, where: str) -> list[Formula]:
    return [
        Formula(
            "loss_sign",
            f"The sign of the {whose}'s loss is turned round: its update makes worse what it should make better. "
            f"{where}",
            lambda r, f: -right(r, f),
        ),
        Formula(
            "loss_halved",
            f"The {whose}'s loss is halved: the task's loss has no factor in front. Adam hides it, the numbers do "
            f"not. {where}",
            lambda r, f: right(r, f) / 2,
            0.5,
        ),
        Formula(
            "loss_doubled",
            f"The {whose}'s loss counts twice: the task's loss has no factor in front. {where}",
            lambda r, f: right(r, f) * 2,
            0.5,
        ),
        Formula(
            "sum_for_mean",
            f"The {whose}'s loss grows with the batch: scores are added up where their mean is asked for. {where}",
            lambda r, f: right(r, f) * max(len(r), len(f)),
            0.5,
        ),
    ]


def _least_squares_discriminator() -> list[Formula]:
    def right(r: np.ndarray, f: np.ndarray) -> float:
        return square(r, 1) + square(f, -1)

    return [
        Formula(RIGHT, "", right),
        *_scaled(right, "discriminator", LOOK_D),
        Formula(
            "targets_swapped",
            "The discriminator's two targets are swapped: it learns to take fakes for real examples. " + LOOK_D,
            lambda r, f: square(r, -1) + square(f, 1),
        ),
        Formula(
            "fake_target_zero",
            "The discriminator's target for fakes is 0: the two targets of this task lie on either side of zero. "
            + LOOK_D,
            lambda r, f: square(r, 1) + square(f, 0),
        ),
        Formula(
            "real_target_zero",
            "The discriminator's targets are 0 for real and -1 for fake examples: check the one for real ones. "
            + LOOK_D,
            lambda r, f: square(r, 0) + square(f, -1),
        ),
        Formula(
            "zero_one_swapped",
            "The discriminator's targets are swapped, and 0 stands for -1. " + LOOK_D,
            lambda r, f: square(r, 0) + square(f, 1),
        ),
        Formula(
            "same_target",
            "Real and fake examples have the same target in the discriminator's loss: it cannot learn to tell them "
            "apart. " + LOOK_D,
            lambda r, f: square(r, 1) + square(f, 1),
        ),
        Formula(
            "same_target",
            "Real and fake examples have the same target in the discriminator's loss: it cannot learn to tell them "
            "apart. " + LOOK_D,
            lambda r, f: square(r, -1) + square(f, -1),
        ),
        Formula(
            "smoothed_target",
            "The discriminator's target for real examples is smoothed below 1, which this task does not do. " + LOOK_D,
            lambda r, f: square(r, 0.9) + square(f, -1),
        ),
        Formula(
            "real_term_missing",
            "Real examples have no part in the discriminator's loss. " + LOOK_D,
            lambda r, f: square(f, -1),
        ),
        Formula(
            "fake_term_missing",
            "Fakes have no part in the discriminator's loss. " + LOOK_D,
            lambda r, f: square(r, 1),
        ),
        Formula(
            "terms_subtracted",
            "The two terms of the discriminator's loss are subtracted: both are to become small, so they are added. "
            + LOOK_D,
            lambda r, f: square(r, 1) - square(f, -1),
        ),
        Formula(
            "terms_subtracted",
            "The two terms of the discriminator's loss are subtracted: both are to become small, so they are added. "
            + LOOK_D,
            lambda r, f: square(f, -1) - square(r, 1),
        ),
        Formula(
            "square_of_mean",
            "The discriminator's loss squares the mean score: it should be the mean of squares, one an example. "
            + LOOK_D,
            lambda r, f: (mean(r) - 1) ** 2 + (mean(f) + 1) ** 2,
        ),
        Formula(
            "root_of_square",
            "The discriminator's loss takes the root of the mean square, and the task's does not. " + LOOK_D,
            lambda r, f: np.sqrt(square(r, 1)) + np.sqrt(square(f, -1)),
        ),
        Formula(
            "absolute_for_square",
            "The discriminator's loss takes absolute distances to the targets where squares are asked for. " + LOOK_D,
            lambda r, f: mean(np.abs(r - 1)) + mean(np.abs(f + 1)),
        ),
        Formula(
            "squared_sum",
            "The discriminator's loss squares a sum of scores instead of each distance to its target. " + LOOK_D,
            lambda r, f: (mean(r - 1) + mean(f + 1)) ** 2,
        ),
        Formula("wasserstein_loss", _OTHER_LOSS.format("discriminator", "task 2's"), lambda r, f: mean(f) - mean(r)),
        Formula("wasserstein_loss", _OTHER_LOSS.format("discriminator", "task 2's"), lambda r, f: mean(r) - mean(f)),
        *_entropies("discriminator"),
        Formula("hinge_loss", _OTHER_LOSS.format("discriminator", "a hinge"), hinge),
    ]


_OTHER_LOSS = "The {0}'s loss is {1} loss and not the one of this task. Compare it with the table of losses."


def _entropies(whose: str) -> list[Formula]:
    sentence = _OTHER_LOSS.format(whose, "a cross-entropy")
    # Where a probability is clipped, its logarithm depends on how the clip is rounded, or made up for.
    of_logits: list[Loss]
    of_probabilities: list[Loss]
    if whose == "discriminator":
        of_logits = [
            lambda r, f: bce(r, 1) + bce(f, 0),
            lambda r, f: (bce(r, 1) + bce(f, 0)) / 2,
            lambda r, f: bce(r, 1) + bce(f, -1),
        ]
        of_probabilities = [
            lambda r, f: bce_of_probabilities(r, 1) + bce_of_probabilities(f, 0),
            lambda r, f: bce_of_probabilities(r, 1) + bce_of_probabilities(f, -1),
        ]
    else:
        of_logits = [lambda r, f: bce(f, 1), lambda r, f: -bce(f, 0)]
        of_probabilities = [lambda r, f: bce_of_probabilities(f, 1)]
    return [
        *(Formula("cross_entropy", sentence, loss) for loss in of_logits),
        *(Formula("cross_entropy", sentence, loss, exact=False) for loss in of_probabilities),
    ]


def _least_squares_generator() -> list[Formula]:
    def right(r: np.ndarray, f: np.ndarray) -> float:
        return square(f, 1)

    swapped = (
        "The generator's target is the discriminator's target for fakes: it learns to be found out. The generator "
        "wants its fakes to be taken for real. " + LOOK_G
    )
    return [
        Formula(RIGHT, "", right),
        *_scaled(right, "generator", LOOK_G),
        Formula("generator_target", swapped, lambda r, f: square(f, -1)),
        Formula(
            "generator_target_zero",
            "The generator's target is 0: it should be what the discriminator answers to real examples. " + LOOK_G,
            lambda r, f: square(f, 0),
        ),
        Formula("generator_target", swapped, lambda r, f: -square(f, -1)),
        Formula(
            "square_of_mean",
            "The generator's loss squares the mean score: it should be the mean of squares, one an example. " + LOOK_G,
            lambda r, f: (mean(f) - 1) ** 2,
        ),
        Formula(
            "absolute_for_square",
            "The generator's loss takes absolute distances to the target where squares are asked for. " + LOOK_G,
            lambda r, f: mean(np.abs(f - 1)),
        ),
        Formula(
            "root_of_square",
            "The generator's loss takes the root of the mean square, and the task's does not. " + LOOK_G,
            lambda r, f: np.sqrt(square(f, 1)),
        ),
        Formula("wasserstein_loss", _OTHER_LOSS.format("generator", "task 2's"), lambda r, f: -mean(f)),
        Formula("wasserstein_loss", _OTHER_LOSS.format("generator", "task 2's"), lambda r, f: mean(f)),
        *_entropies("generator"),
    ]


def _wasserstein_discriminator() -> list[Formula]:
    def right(r: np.ndarray, f: np.ndarray) -> float:
        return mean(f) - mean(r)

    return [
        Formula(RIGHT, "", right),
        Formula(
            "real_fake_swapped",
            "Real and fake are swapped in the critic's loss, or its sign is: it learns to score fakes higher than real "
            "examples. " + LOOK_D,
            lambda r, f: mean(r) - mean(f),
        ),
        *_scaled(right, "discriminator", LOOK_D)[1:],
        Formula(
            "real_term_missing",
            "Real examples have no part in the critic's loss. " + LOOK_D,
            lambda r, f: mean(f),
        ),
        Formula("fake_term_missing", "Fakes have no part in the critic's loss. " + LOOK_D, lambda r, f: -mean(r)),
        Formula(
            "terms_added",
            "The two means of the critic's loss have the same sign: it is a difference that tells real from fake. "
            + LOOK_D,
            lambda r, f: mean(r) + mean(f),
        ),
        Formula(
            "terms_added",
            "The two means of the critic's loss have the same sign: it is a difference that tells real from fake. "
            + LOOK_D,
            lambda r, f: -mean(r) - mean(f),
        ),
        Formula(
            "absolute_difference",
            "The critic's loss takes the absolute value of the difference: then it does not matter to the critic "
            "which of the two it scores higher. " + LOOK_D,
            lambda r, f: abs(mean(f) - mean(r)),
        ),
        Formula(
            "absolute_difference",
            "The critic's loss takes the absolute value of the difference: then it does not matter to the critic "
            "which of the two it scores higher. " + LOOK_D,
            lambda r, f: -abs(mean(f) - mean(r)),
        ),
        Formula(
            "absolute_scores",
            "The critic's loss takes absolute values of scores: a score has a sign, and it counts. " + LOOK_D,
            lambda r, f: mean(np.abs(f)) - mean(np.abs(r)),
        ),
        Formula(
            "squared_scores",
            "The critic's loss squares something: the Wasserstein loss is a difference of plain means. " + LOOK_D,
            lambda r, f: (mean(f) - mean(r)) ** 2,
        ),
        Formula(
            "squared_scores",
            "The critic's loss squares something: the Wasserstein loss is a difference of plain means. " + LOOK_D,
            lambda r, f: mean(f**2) - mean(r**2),
        ),
        Formula(
            "least_squares_loss", _OTHER_LOSS.format("critic", "task 1's"), lambda r, f: square(r, 1) + square(f, -1)
        ),
        *_entropies("discriminator"),
        Formula("hinge_loss", _OTHER_LOSS.format("critic", "a hinge"), hinge),
    ]


def _wasserstein_generator() -> list[Formula]:
    def right(r: np.ndarray, f: np.ndarray) -> float:
        return -mean(f)

    return [
        Formula(RIGHT, "", right),
        Formula(
            "generator_sign",
            "The sign of the generator's loss is turned round: it learns to make fakes that score low. " + LOOK_G,
            lambda r, f: mean(f),
        ),
        *_scaled(right, "generator", LOOK_G)[1:],
        Formula(
            "absolute_scores",
            "The generator's loss takes absolute values of scores: a score has a sign, and it counts. " + LOOK_G,
            lambda r, f: -mean(np.abs(f)),
        ),
        Formula(
            "absolute_scores",
            "The generator's loss takes absolute values of scores: a score has a sign, and it counts. " + LOOK_G,
            lambda r, f: mean(np.abs(f)),
        ),
        Formula(
            "absolute_scores",
            "The generator's loss takes the absolute value of the mean score: a score has a sign, and it counts. "
            + LOOK_G,
            lambda r, f: -abs(mean(f)),
        ),
        Formula(
            "squared_scores",
            "The generator's loss squares scores: the Wasserstein loss is a plain mean. " + LOOK_G,
            lambda r, f: -mean(f**2),
        ),
        Formula("least_squares_loss", _OTHER_LOSS.format("generator", "task 1's"), lambda r, f: square(f, 1)),
        Formula("least_squares_loss", _OTHER_LOSS.format("generator", "task 1's"), lambda r, f: square(f, -1)),
        *_entropies("generator"),
    ]


LEAST_SQUARES = (_least_squares_discriminator(), _least_squares_generator())
WASSERSTEIN = (_wasserstein_discriminator(), _wasserstein_generator())
