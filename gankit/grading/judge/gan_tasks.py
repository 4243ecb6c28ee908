"""Tasks 1 to 3: the verdicts on a class, its training step foremost, from what was recorded of it."""

from __future__ import annotations

from gankit.grading.judge.clipping import judge_clipping
from gankit.grading.judge.construction import judge_attributes, judge_samplers
from gankit.grading.judge.evidence import Evidence, Recording
from gankit.grading.judge.kinds import TRAINING_CHECKS
from gankit.grading.judge.losses import judge_discriminator_loss, judge_generator_loss
from gankit.grading.judge.mixing import judge_mixing
from gankit.grading.judge.reported import judge_reported
from gankit.grading.judge.robustness import judge_fit, judge_modes, judge_robustness
from gankit.grading.judge.trace import BrokenTrace
from gankit.grading.judge.updates import judge_batches, judge_optimizers, judge_rhythm, judge_separate


def judge(evidence: Evidence) -> None:
    """Write a finding for every check of one of tasks 1 to 3."""
    judge_attributes(evidence)
    judge_samplers(evidence)
    _judge_training(evidence)
    judge_modes(evidence)
    judge_fit(evidence)
    judge_robustness(evidence)


def _judge_training(evidence: Evidence) -> None:
    out = evidence.out
    keys = [check.key for check in evidence.kind.checks if check.key in TRAINING_CHECKS]
    recordings: list[Recording] = []
    for name in ("points", "pictures"):
        if name in evidence.errors:
            _judge_error(evidence, name, keys)
            continue
        if not isinstance(evidence.results.get(name), dict):
            continue
        try:
            recordings.append(evidence.recording(name))
        except BrokenTrace:
            broken = "The record of the training step does not fit together: it was tampered with."
            out.failed("rhythm", "tampered", broken)
            for key in keys:
                out.skipped(key, broken)
            return
    if not recordings:
        for key in keys:
            out.skipped(key, "The training step could not be run.")
        return
    for recording in recordings:
        judge_rhythm(evidence, recording)
        judge_separate(evidence, recording)
        judge_batches(evidence, recording)
    recognised = judge_discriminator_loss(evidence, recordings)
    generator_formula = judge_generator_loss(evidence, recordings)
    if evidence.kind.has_clipping:
        for recording in recordings:
            judge_clipping(evidence, recording)
    if evidence.kind.has_penalty:
        judge_mixing(evidence, recordings)
    for recording in recordings:
        judge_optimizers(evidence, recording)
        judge_reported(evidence, recording, recognised, generator_formula)
    for key in keys:
        if len(recordings) < 2:
            out.skipped(key, "The training step could not be run in every case.")
        elif key in evidence.seen:
            out.passed(key)
        else:
            out.skipped(key, "An earlier item failed: there was nothing to see.")


def _judge_error(evidence: Evidence, name: str, keys: list[str]) -> None:
    message, text = evidence.errors[name]["message"], evidence.error_in_words(name)
    # What TensorFlow and Keras say of a gradient that is None.
    nothing = ("value (None)", "None values not supported", "NoneType")
    if evidence.kind.has_penalty and any(words in message for words in nothing):
        evidence.out.failed(
            "penalty",
            "no_gradient_of_scores",
            "A gradient is None: a tape watches variables by itself, and a tensor only if it is told to, before the "
            "tensor is used. Look at the gradient penalty. train_step raised " + text,
        )
    elif "No gradients provided" in message or ("gradient" in message and "None" in message) or "NoneType" in message:
        evidence.out.failed(
            "generator_loss",
            "no_gradient",
            "The tape saw no way from a loss to the weights that are to be updated: the networks must be called "
            "and the loss put together inside the tape, from tensors. train_step raised " + text,
        )
    elif "optimizer cannot recognize" in message or "Unknown variable" in message or "unknown variable" in message:
        evidence.out.failed(
            "optimizer",
            "shared_optimizer",
            "An optimizer was given weights that are not its own: each network has its own. train_step raised " + text,
        )
    else:
        what = "on pictures" if name == "pictures" and "points" in evidence.results else "in a training step"
        evidence.out.failed("rhythm", "step_error", f"The class raised an error {what}: {text}")
    for key in keys:
        evidence.out.skipped(key, "The training step could not be run.")
