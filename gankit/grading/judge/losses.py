"""Tasks 1 to 3: the verdicts on both losses, and the names of the wrong ones."""

from __future__ import annotations

from gankit.grading.judge.candidates import Candidate, Recognised, discriminator_candidates
from gankit.grading.judge.evidence import Evidence, Recording
from gankit.grading.judge.formulas import RIGHT, Formula
from gankit.grading.judge.gradients import Matcher, discriminator_updates, first_fit, generator_fits
from gankit.grading.judge.reported import reports_generator_loss
from gankit.grading.judge.trace import (
    GENERATOR,
)


def judge_discriminator_loss(evidence: Evidence, recordings: list[Recording]) -> Recognised:
    """Find the formula that reproduces every recorded gradient of the discriminator."""
    candidates = discriminator_candidates(evidence.kind)
    # The usual mistakes are only tried where the right loss does not explain everything.
    fits, clipped_fits = _fitting_candidates(recordings, candidates[:1])
    if any(0 not in found for found in fits):
        fits, clipped_fits = _fitting_candidates(recordings, candidates)
    if not fits:
        for key in ("discriminator_loss", "penalty", "penalty_applied"):
            if any(check.key == key for check in evidence.kind.checks):
                evidence.out.skipped(key, "The discriminator is never updated on its own.")
        return Recognised(None, None)
    evidence.seen |= {"discriminator_loss", "penalty", "penalty_applied"}
    best = first_fit(fits, len(candidates))
    if best is None:
        if clipped_fits:
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
        for key in ("penalty", "penalty_applied"):
            if evidence.kind.has_penalty:
                evidence.out.skipped(key, "The discriminator's loss could not be recognised.")
        return Recognised(None, None)
    candidate = candidates[best]
    if candidate.idea != RIGHT:
        evidence.out.failed(candidate.check, candidate.idea, candidate.sentence, candidate.share)
    return Recognised(candidate.formula, candidate.penalty if evidence.kind.has_penalty else None, candidate.check)


def _fitting_candidates(recordings: list[Recording], candidates: list[Candidate]) -> tuple[list[set[int]], int]:
    """Return, for each update of the discriminator, the candidates that reproduce it; and how many were clipped."""
    fits: list[set[int]] = []
    clipped = 0
    for recording, update, read in discriminator_updates(recordings):
        found: set[int] = set()
        if all(gradient is not None for gradient in update.gradients):
            matcher = Matcher(recording, update)
            for batches in read():
                found |= matcher.fitting(batches, candidates)
            clipped += matcher.clipped
        fits.append(found)
    return fits, clipped


def judge_generator_loss(evidence: Evidence, recordings: list[Recording]) -> Formula | None:
    """Find the formula that reproduces every recorded gradient of the generator."""
    formulas = evidence.kind.formulas[1]
    updates = [(r.run, update) for r in recordings for _, update in r.run.updates_of(GENERATOR)]
    fits = [generator_fits(run, update, formulas[:1]) for run, update in updates]
    if any(0 not in found for found in fits):
        fits = [generator_fits(run, update, formulas) for run, update in updates]
    if not fits:
        evidence.out.skipped("generator_loss", "The generator is never updated on its own.")
        return None
    evidence.seen.add("generator_loss")
    best = first_fit(fits, len(formulas))
    if best:
        # Two losses may have the same gradient on these batches; the value that was reported tells them apart.
        alike = [number for number in range(1, len(formulas)) if all(number in found for found in fits)]
        steps = [step for recording in recordings for step in recording.run.steps]
        reported = [n for n in alike if all(reports_generator_loss(step, formulas[n]) for step in steps)]
        best = (reported or [best])[0]
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
