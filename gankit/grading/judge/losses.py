"""Tasks 1 to 3: the verdicts on both losses, and the names of the wrong ones."""

from __future__ import annotations

from gankit.grading.judge.candidates import Recognised, discriminator_candidates
from gankit.grading.judge.evidence import Evidence, Recording
from gankit.grading.judge.formulas import RIGHT, Formula
from gankit.grading.judge.gradients import Matcher, explaining, generator_fits
from gankit.grading.judge.reported import reports_generator_loss, reports_loss, reports_penalty
from gankit.grading.judge.trace import GENERATOR


def judge_discriminator_loss(evidence: Evidence, recordings: list[Recording]) -> Recognised:
    """Find the formula that reproduces every recorded gradient of the discriminator."""
    if evidence.split_updates:
        return _not_recognised(evidence, "Not every update of the discriminator is one of its whole loss.")
    candidates = discriminator_candidates(evidence.kind)
    updates = [Matcher(update, candidates) for recording in recordings for update in recording.discriminator_updates]
    if not updates:
        return _not_recognised(evidence, "The discriminator is never updated on its own.")
    evidence.seen |= {"discriminator_loss", "penalty", "penalty_applied"}
    every, enough = explaining(updates, len(candidates), Matcher.fitting)
    # Two penalties may have the same gradient, being apart by a constant; the value that was reported tells them apart.
    penalised = every if evidence.kind.has_penalty and len(every) > 1 else []
    reported = [n for n in penalised if all(reports_penalty(r, candidates[n].recognised) for r in recordings)]
    best = next(iter(reported + every + enough), None)
    if best is None:
        if evidence.kind.has_penalty and all(reports_loss(r, evidence.kind.formulas[0][0]) for r in recordings):
            evidence.out.failed(
                "penalty",
                "penalty_other",
                "The loss without the penalty is right, and the penalty's part of the gradient is not: that of the "
                "distance to 1 of the norm of dD(x)/dx, one norm per example. Look at the gradient penalty.",
            )
            evidence.out.skipped("penalty_applied", "The penalty could not be recognised.")
            return Recognised(evidence.kind.formulas[0][0], None)
        if any(update.clipped() for update in updates):
            evidence.out.failed(
                "discriminator_loss",
                "gradients_clipped",
                "The discriminator's gradients are clipped before they are applied, which this task does not do.",
            )
        else:
            evidence.out.failed(
                "discriminator_loss",
                "loss_other",
                "The discriminator's gradient is not that of the task's loss on the batches it was shown. "
                "Compare the loss with the table of losses, term by term, and look at what is inside the tape.",
            )
        return _not_recognised(evidence, "The discriminator's loss could not be recognised.")
    candidate = candidates[best]
    if candidate.idea != RIGHT:
        evidence.out.failed(candidate.check, candidate.idea, candidate.sentence, candidate.share)
    return candidate.recognised


def _not_recognised(evidence: Evidence, sentence: str) -> Recognised:
    for key in ("discriminator_loss", "penalty", "penalty_applied"):
        if any(check.key == key for check in evidence.kind.checks):
            evidence.out.skipped(key, sentence)
    return Recognised(None, None)


def judge_generator_loss(evidence: Evidence, recordings: list[Recording]) -> Formula | None:
    """Find the formula that reproduces every recorded gradient of the generator."""
    formulas = evidence.kind.formulas[1]
    updates = [(recording.run, update) for recording in recordings for _, update in recording.run.updates_of(GENERATOR)]
    if not updates:
        evidence.out.skipped("generator_loss", "The generator is never updated on its own.")
        return None
    evidence.seen.add("generator_loss")

    def fitting(update: tuple, numbers: list[int]) -> set[int]:
        return generator_fits(*update, formulas, numbers)

    every, enough = explaining(updates, len(formulas), fitting)
    # Two losses may have the same gradient on these batches; the value that was reported tells them apart.
    steps = [step for recording in recordings for step in recording.run.steps]
    reported = [n for n in every if all(reports_generator_loss(step, formulas[n]) for step in steps)]
    best = next(iter(reported + every + enough), None)
    if best is None:
        evidence.out.failed(
            "generator_loss",
            "generator_loss_other",
            "The generator's gradient is not that of the task's loss on the fakes that the discriminator was "
            "shown. Compare the loss with the table of losses, and look at what is inside the tape.",
        )
        return None
    formula = formulas[best]
    if formula.idea != RIGHT:
        evidence.out.failed("generator_loss", formula.idea, formula.sentence, formula.share)
    return formula
