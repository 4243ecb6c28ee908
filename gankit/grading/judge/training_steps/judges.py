"""Tasks 1 to 3: all judges of a class, in the order in which they have to be heard."""

from __future__ import annotations

from gankit.grading.judge.training_steps.clipping import judge_clipping
from gankit.grading.judge.training_steps.evidence import Evidence
from gankit.grading.judge.training_steps.learning import judge_discriminator_loss, judge_generator_loss
from gankit.grading.judge.training_steps.mixing import judge_mixing
from gankit.grading.judge.training_steps.reports import judge_reported
from gankit.grading.judge.training_steps.surroundings import (
    judge_attributes,
    judge_fit,
    judge_modes,
    judge_robustness,
    judge_samplers,
)
from gankit.grading.judge.training_steps.trace import BrokenTrace
from gankit.grading.judge.training_steps.updates import (
    judge_batches,
    judge_optimizers,
    judge_rhythm,
    judge_runs,
    judge_separate,
)
from gankit.grading.judge.verdicts import fails, unseen

# What an earlier judge has said, a later one does not say again.
JUDGES = (
    judge_attributes,
    judge_samplers,
    judge_runs,
    judge_rhythm,
    judge_separate,
    judge_batches,
    judge_discriminator_loss,
    judge_generator_loss,
    judge_clipping,
    judge_mixing,
    judge_optimizers,
    judge_reported,
    judge_modes,
    judge_fit,
    judge_robustness,
)


def judge(evidence: Evidence) -> None:
    """Hear all judges on one of tasks 1 to 3."""
    try:
        _ = evidence.recordings
    except BrokenTrace:
        evidence.recordings = []
        evidence.out.add([fails("rhythm", "tampered"), unseen("runs", "tampered")])
    for each in JUDGES:
        evidence.out.add(each(evidence))
