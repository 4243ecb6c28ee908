"""Everything that a student may minimise in place of the discriminator's loss, each with the name of its mistake."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gankit.grading.judge.formulas import RIGHT, Formula
from gankit.grading.judge.kinds import Kind
from gankit.grading.judge.penalties import PENALTIES, Penalty


@dataclass(frozen=True)
class Recognised:
    """The discriminator's formula and penalty as they were recognised; None where they were not."""

    formula: Formula | None
    penalty: Penalty | None
    check: str = ""


@dataclass(frozen=True)
class Candidate:
    """A loss of the discriminator, the check that it fails, and its name; the penalty is taken at ``place``."""

    check: str
    idea: str
    sentence: str
    share: float
    formula: Formula
    penalty: Penalty | None = None
    # (weight of the loss, weight of the penalty) from lambda_gp
    weights: Callable[[float], tuple[float, float]] = lambda weight: (1.0, weight)
    place: str = "other"

    @property
    def recognised(self) -> Recognised:
        """What it means to find this one."""
        return Recognised(self.formula, self.penalty, self.check)


LOOK_L = "Look at how the penalty enters the loss."


def discriminator_candidates(kind: Kind) -> list[Candidate]:
    """Return the candidates of a task, the right one first."""
    formulas = kind.formulas[0]
    if not kind.has_penalty:
        return [Candidate("discriminator_loss", f.idea, f.sentence, f.share, f) for f in formulas]
    right, penalty = formulas[0], PENALTIES[0]
    candidates = [Candidate("discriminator_loss", RIGHT, "", 1.0, right, penalty)]
    for weights, idea, sentence, share in (
        (
            lambda weight: (1.0, 0.0),
            "penalty_left_out",
            "The penalty does not reach the critic's update: it is left out of the loss, or computed where the tape "
            "does not see it. " + LOOK_L,
            0.0,
        ),
        (
            lambda weight: (1.0, 1.0),
            "lambda_missing",
            "The penalty enters the loss without its weight lambda_gp. " + LOOK_L,
            0.5,
        ),
        (
            lambda weight: (1.0, 10.0),
            "lambda_fixed",
            "The penalty's weight is a fixed number, whatever lambda_gp was passed. " + LOOK_L,
            0.5,
        ),
        (
            lambda weight: (1.0, -weight),
            "penalty_subtracted",
            "The penalty is subtracted: it is a cost, and is added to the loss. " + LOOK_L,
            0.0,
        ),
        (
            lambda weight: (weight, weight),
            "lambda_everywhere",
            "lambda_gp multiplies the whole loss: it weighs the penalty alone. " + LOOK_L,
            0.3,
        ),
        (
            lambda weight: (weight, 1.0),
            "lambda_misplaced",
            "lambda_gp weighs the wrong part of the loss: it belongs to the penalty. " + LOOK_L,
            0.3,
        ),
        (
            lambda weight: (0.0, weight),
            "only_penalty",
            "The critic learns from the penalty alone. " + LOOK_L,
            0.0,
        ),
        (
            lambda weight: (1.0, weight**2),
            "lambda_twice",
            "lambda_gp is multiplied in twice. " + LOOK_L,
            0.5,
        ),
        (
            lambda weight: (1.0, 1 / weight),
            "lambda_divides",
            "The penalty is divided by lambda_gp instead of multiplied. " + LOOK_L,
            0.3,
        ),
        (
            lambda weight: (1.0, weight / 2),
            "lambda_halved",
            "The penalty's weight is halved: only lambda_gp stands in front of it. " + LOOK_L,
            0.5,
        ),
    ):
        candidates.append(Candidate("penalty_applied", idea, sentence, share, right, penalty, weights))
    for other in PENALTIES[1:]:
        candidates.append(Candidate("penalty", other.idea, other.sentence, 0.0, right, other))
    for place, words in (("real", "real examples"), ("fake", "fakes")):
        candidates.append(
            Candidate(
                "mixing",
                f"penalty_at_{place}",
                f"The penalty is taken at the {words} themselves: it belongs to random places between real and fake.",
                0.0,
                right,
                penalty,
                place=place,
            )
        )
    for formula in formulas[1:]:
        candidates.append(
            Candidate("discriminator_loss", formula.idea, formula.sentence, formula.share, formula, penalty)
        )
    # Without any penalty, and with another loss besides: the loss is the idea to begin with.
    for formula in formulas[1:]:
        candidates.append(
            Candidate(
                "discriminator_loss",
                formula.idea,
                formula.sentence,
                formula.share,
                formula,
                penalty,
                lambda weight: (1.0, 0.0),
            )
        )
    candidates.append(
        Candidate(
            "discriminator_loss",
            "loss_sign",
            "The sign of the critic's whole loss is turned round, penalty included: its update makes worse what it "
            "should make better.",
            0.0,
            formulas[1],
            penalty,
            lambda weight: (1.0, -weight),
        )
    )
    return candidates
