"""Tasks 1 to 3: the verdicts on training mode, on fit, and on examples of other forms."""

from __future__ import annotations

import numpy as np

from gankit.grading.judge.evidence import Evidence
from gankit.grading.judge.gan_scenes import FIT_EPOCHS, FIT_STEPS
from gankit.grading.judge.mixing import segment_weights
from gankit.grading.judge.networks import rows
from gankit.grading.judge.trace import (
    DISCRIMINATOR,
    GENERATOR,
    BrokenTrace,
)


def judge_modes(evidence: Evidence) -> None:
    """Judge that networks run in training mode in their own update, and that their statistics are not clipped."""
    key = "training_mode"
    if "modes" in evidence.errors:
        if any(name in evidence.results for name in ("points", "pictures")):
            error = evidence.error_in_words("modes")
            evidence.out.failed(
                key, "modes_error", f"Networks with batch normalisation and dropout raise an error: {error}"
            )
        evidence.out.skipped(key, "A training step on networks with batch normalisation and dropout could not be run.")
        return
    if not isinstance(evidence.results.get("modes"), dict):
        evidence.out.skipped(key, "The process ended before this was looked at.")
        return
    try:
        run = evidence.recording("modes").run
    except BrokenTrace:
        evidence.out.skipped(key, "The record of the training step does not fit together.")
        return
    for owner in (GENERATOR, DISCRIMINATOR):
        if not run.updates_of(owner):
            evidence.out.skipped(key, f"The {owner} is never updated on its own.")
        for _, update in run.updates_of(owner):
            calls = [call for call in update.calls if call.network == owner]
            if not calls or any(call.training is True for call in calls):
                continue
            sentence = (
                f"The {owner} does not run in training mode in its own update: dropout is off, and the "
                "statistics of batch normalisation never move. Look for training= at each call."
            )
            if owner == DISCRIMINATOR and not evidence.strict:
                # No discriminator of the older coursework has a layer for which it makes a difference.
                hint = sentence + " The coursework does not ask for it; this costs nothing."
                if hint not in evidence.out.hints:
                    evidence.out.hints.append(hint)
                continue
            evidence.out.failed(key, f"{owner}_not_training", sentence)
    if evidence.kind.has_clipping:
        last = run.steps[-1].last_state
        statistics = [w for place, w in enumerate(run.weights(last, DISCRIMINATOR)) if place in (4, 5)]
        if run.updates_of(DISCRIMINATOR) and np.abs(statistics[1]).max() <= 1 + 1e-6:
            evidence.out.failed(
                "clipping",
                "statistics_clipped",
                "The statistics of batch normalisation are clipped: only trainable weights belong into the box.",
                0.7,
            )
    evidence.out.passed(key)


def judge_fit(evidence: Evidence) -> None:
    """Judge that ``fit`` makes the training steps it is asked for and records their losses."""
    key = "fit"
    if "fit" in evidence.errors:
        evidence.out.failed(key, "fit_error", f"fit raised {evidence.error_in_words('fit')}")
        return
    found = evidence.results.get("fit")
    if not isinstance(found, dict):
        evidence.out.skipped(key, "The process ended before fit was called.")
        return
    history, updates = found["history"], found["updates"]
    for name in evidence.kind.keys:
        if name not in history:
            evidence.out.failed(key, "fit_history", f"The history that fit returns has no entry {name!r}.")
            return
        if history[name].ndim > 1:
            # One value an example, which is not for fit to answer for.
            evidence.out.skipped(key, "train_step returns losses that are no single numbers.")
            return
        if history[name].size != FIT_EPOCHS:
            evidence.out.failed(key, "fit_history", f"The history's {name!r} does not hold one value an epoch.")
            return
    for network in (DISCRIMINATOR, GENERATOR):
        wanted = FIT_EPOCHS * FIT_STEPS * evidence.updates_a_step[network]
        if not wanted:
            evidence.out.skipped(key, f"The {network} is never updated.")
        elif updates[network] != wanted:
            evidence.out.failed(
                key,
                "fit_steps",
                "fit does not run epochs * steps_per_epoch training steps: the "
                f"{network} was updated another number of times.",
            )
            return
    evidence.out.passed(key)


def judge_robustness(evidence: Evidence) -> None:
    """Judge training steps on examples of other forms, and with a critic whose gradient is zero."""
    cases = {
        "float64": "examples in double precision",
        "few": "fewer examples than batch_size",
        "no_channel": "pictures without a channel axis beside a generator whose output has one",
        "dead": "a critic whose gradient is zero (the root's slope is infinite there)",
    }
    played = evidence.results.keys() | evidence.errors.keys()
    cases = {name: words for name, words in cases.items() if name in played}
    if not cases or not any(isinstance(evidence.results.get(name), dict) for name in ("points", "pictures")):
        evidence.out.skipped("robust", "The training step could not be run.")
        return
    failing = []
    for name, words in cases.items():
        if name in evidence.errors:
            failing.append((name, f"{words}: {evidence.error_in_words(name)}"))
        elif not isinstance(evidence.results.get(name), dict):
            continue
        elif not _finite(evidence, name):
            failing.append((name, f"{words}: weights become NaN."))
        elif (
            name == "no_channel"
            and evidence.kind.has_penalty
            and not evidence.failed("mixing")
            and not _mixes_without_channel(evidence)
        ):
            failing.append((name, f"{words}: the mixtures are of neither form, by broadcasting."))
    if not failing:
        evidence.out.passed("robust")
        return
    sentence = "The training step fails on " + failing[0][1]
    if not evidence.strict:
        evidence.out.hints.append(sentence + " The coursework does not ask for it; this costs nothing.")
        evidence.out.passed("robust")
        return
    evidence.out.failed("robust", f"robust_{failing[0][0]}", sentence, 1 - len(failing) / len(cases))


def _finite(evidence: Evidence, name: str) -> bool:
    try:
        run = evidence.recording(name).run
    except BrokenTrace:
        return False
    last = run.steps[-1].last_state
    return all(np.isfinite(w).all() for network in (GENERATOR, DISCRIMINATOR) for w in run.weights(last, network))


def _mixes_without_channel(evidence: Evidence) -> bool:
    recording = evidence.recording("no_channel")
    most = 4 * recording.scene.batch_size
    for update in recording.discriminator_updates:
        if any(rows(call.inputs).shape[1] != 9 or len(call.inputs) > most for call in update.shown):
            return False
        batches = update.batches_of(update.shown)
        if len(batches.other) and len(batches.real) and len(batches.fake):
            _, distance = segment_weights(batches.other, batches.real, batches.fake)
            if (distance > 1e-3).any():
                return False
    return True
