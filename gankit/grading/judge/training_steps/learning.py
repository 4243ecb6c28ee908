"""Tasks 1 to 3: the verdicts on both losses and on the penalty, and the names of the wrong ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gankit.grading.judge.hypotheses import explaining
from gankit.grading.judge.training_steps.evidence import Evidence
from gankit.grading.judge.training_steps.gradients import Learning
from gankit.grading.judge.training_steps.reports import reports_generator_loss, reports_loss, reports_penalty
from gankit.grading.judge.training_steps.trace import DISCRIMINATOR, GENERATOR
from gankit.grading.judge.verdicts import Said, fails, passes, unseen

LOSS_AND_PENALTY = ("discriminator_loss", "penalty", "penalty_applied")
ONE_TERM = ("", "real_term_missing", "fake_term_missing")


def _learning(evidence: Evidence, network: str) -> list[Learning]:
    updates = [update for recording in evidence.recordings for update in recording.learning(network)]
    return [Learning(update, network) for update in updates]


def judge_discriminator_loss(evidence: Evidence) -> Iterator[Said]:
    """Find the loss, with its penalty, that reproduces every recorded gradient of the discriminator."""
    hypotheses = evidence.kind.discriminator_losses
    updates = _learning(evidence, DISCRIMINATOR)
    if not updates:
        yield from (unseen(check, "never_updated", network=DISCRIMINATOR) for check in LOSS_AND_PENALTY)
        return
    if evidence.failed("rhythm") == "one_update_per_term":
        terms = [hypothesis for hypothesis in hypotheses if hypothesis.idea in ONE_TERM]
        if all(any(update.fits(term) for term in terms) for update in updates):
            yield passes("discriminator_loss")
        yield from (unseen(check, "split_updates") for check in LOSS_AND_PENALTY)
        return
    every, enough = explaining(updates, hypotheses)
    # Two penalties may have the same gradient, being apart by a constant; the value that was reported tells them apart.
    penalised = every if evidence.kind.has_penalty and len(every) > 1 else []
    reported = [found for found in penalised if all(reports_penalty(r, found) for r in evidence.recordings)]
    found = next(iter(reported + every + enough), None)
    evidence.discriminator_loss = found
    if found is not None:
        yield from found.verdict
        yield from (passes(check) for check in LOSS_AND_PENALTY)
        return
    right = hypotheses[0]
    if evidence.kind.has_penalty and all(reports_loss(r, right) for r in evidence.recordings):
        evidence.discriminator_loss = replace(right, penalty=None)
        yield fails("penalty", "penalty_other")
        yield passes("discriminator_loss")
    else:
        clipped = any(update.fits_clipped(right) for update in updates)
        yield fails("discriminator_loss", "gradients_clipped" if clipped else "loss_other")
    yield from (unseen(check, "not_recognised") for check in LOSS_AND_PENALTY)


def judge_generator_loss(evidence: Evidence) -> Iterator[Said]:
    """Find the loss that reproduces every recorded gradient of the generator."""
    check = "generator_loss"
    updates = _learning(evidence, GENERATOR)
    if not updates:
        yield unseen(check, "never_updated", network=GENERATOR)
        return
    every, enough = explaining(updates, evidence.kind.generator_losses)
    # Two losses may have the same gradient on these batches; the value that was reported tells them apart.
    reported = [found for found in every if all(reports_generator_loss(step, found) for step in evidence.steps)]
    evidence.generator_loss = next(iter(reported + every + enough), None)
    if evidence.generator_loss is None:
        yield fails(check, "generator_loss_other")
    else:
        yield from evidence.generator_loss.verdict
        yield passes(check)
