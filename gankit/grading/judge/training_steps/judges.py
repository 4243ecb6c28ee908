"""Tasks 1 to 3: all judges of a class, in the order in which they have to be heard."""

from __future__ import annotations

from gankit.grading.judge.training_steps import clipping, learning, mixing, reports, surroundings, updates
from gankit.grading.judge.training_steps.evidence import Evidence
from gankit.grading.judge.training_steps.trace import BrokenTrace
from gankit.grading.judge.verdicts import fails, unseen

# What an earlier judge has said, a later one does not say again.
JUDGES = (
    surroundings.judge_attributes,
    surroundings.judge_samplers,
    updates.judge_runs,
    updates.judge_rhythm,
    updates.judge_separate,
    updates.judge_batches,
    learning.judge_discriminator_loss,
    learning.judge_generator_loss,
    clipping.judge_clipping,
    mixing.judge_mixing,
    updates.judge_optimizers,
    reports.judge_reported,
    surroundings.judge_modes,
    surroundings.judge_fit,
    surroundings.judge_robustness,
)


def judge(evidence: Evidence) -> None:
    """Hear all judges on one of tasks 1 to 3."""
    try:
        _ = evidence.runs
    except BrokenTrace:
        evidence.runs = []
        evidence.out.add([fails("rhythm", "tampered"), unseen("runs", "tampered")])
    for each in JUDGES:
        evidence.out.add(each(evidence))
