"""Tasks 1 to 3: which network is updated when, on which batches, by which optimizer, and what an error leaves."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gankit.grading.judge.networks import rows
from gankit.grading.judge.training_steps import adam
from gankit.grading.judge.training_steps.evidence import TRAINING, Evidence
from gankit.grading.judge.training_steps.trace import (
    DISCRIMINATOR,
    GENERATOR,
    NETWORKS,
    Batches,
    Run,
    Step,
    Update,
    find_rows,
    unlike,
)
from gankit.grading.judge.verdicts import Said, alike, fails, passes, unseen

# What TensorFlow and Keras say of a gradient that is None, and of an optimizer that was built for other weights.
NO_GRADIENT_OF_A_TENSOR = ("value (None)", "None values not supported", "NoneType")
FOREIGN_WEIGHTS = ("optimizer cannot recognize", "nknown variable")


def judge_runs(evidence: Evidence) -> Iterator[Said]:
    """Judge that training steps run without an error; an error whose idea is known fails the check of that idea."""
    raised = [name for name in TRAINING if name in evidence.errors]
    if not raised:
        # A step that takes no gradient of what it shows to the discriminator is none.
        learned = [any(update.shown for update in each.learning(DISCRIMINATOR)) for each in evidence.runs]
        if len(learned) == len(TRAINING) and all(learned):
            yield passes("runs")
        return
    if "attributes" in evidence.errors and alike(evidence.errors["attributes"], evidence.errors[raised[0]]):
        yield unseen("runs", "not_built")
        return
    if evidence.failed("real_sample") or evidence.failed("fake_sample"):
        yield unseen("runs", "error_named")
        return
    check, idea = _named_error(evidence, evidence.errors[raised[0]]["message"])
    if check == "runs" and len(raised) == 1:
        idea = f"{raised[0]}_error"
    yield fails(check, idea, error=evidence.error_in_words(raised[0]))
    yield unseen("runs", "error_named")


def _named_error(evidence: Evidence, message: str) -> tuple[str, str]:
    if evidence.kind.has_penalty and any(words in message for words in NO_GRADIENT_OF_A_TENSOR):
        return "penalty", "no_gradient_of_scores"
    if "No gradients provided" in message or ("gradient" in message and "None" in message) or "NoneType" in message:
        return "generator_loss", "no_gradient"
    if any(words in message for words in FOREIGN_WEIGHTS):
        return "optimizer", "shared_optimizer"
    return "runs", "step_error"


# ------------------------------------------------------------------------------------------ who is updated when


def judge_rhythm(evidence: Evidence) -> Iterator[Said]:
    """Judge that the discriminator has ``disc_iter`` updates, and then the generator one."""
    seen: set[str] = set()
    for run in evidence.runs:
        wanted = [DISCRIMINATOR] * run.scene.disc_iter + [GENERATOR]
        for step in run.steps:
            owners = [update.owner for update in step.updates]
            if owners == wanted or "both" in owners or "none" in owners:
                seen |= set(NETWORKS)
            elif step.complete:
                moved = not run.same(step.first_state, step.last_state, DISCRIMINATOR)
                how = "they change without a Keras optimizer" if moved else "no gradient reaches an optimizer"
                yield fails("rhythm", _rhythm_mistake(run, step), how=how)
            elif owners == wanted[: len(owners)]:
                seen |= set(owners)
    yield evidence.both_seen("rhythm", seen)


def _rhythm_mistake(run: Run, step: Step) -> str:
    wanted = run.scene.disc_iter
    discriminator, generator = len(step.owned_by(DISCRIMINATOR)), len(step.owned_by(GENERATOR))
    if not step.updates:
        return "no_update"
    if not generator:
        return "generator_loss_on_discriminator" if discriminator == wanted + 1 else "no_generator_update"
    if not discriminator:
        return "no_discriminator_update"
    if generator == 1 and discriminator == wanted:
        return "generator_first"
    if generator > 1:
        return "generator_each_time" if generator == discriminator == wanted else "generator_too_often"
    if discriminator == 1:
        return "disc_iter_ignored"
    return "one_update_per_term" if discriminator == 2 * wanted and _one_term_each(run) else "disc_iter_count"


def _one_term_each(run: Run) -> bool:
    """Tell whether updates come in pairs: one batch each, or both shown before the first of the two."""
    updates = [update for update in run.updates if update.owner == DISCRIMINATOR]
    shown = [update.readings[0] for update in updates]
    one_batch = all((len(batches.real) > 0) != (len(batches.fake) > 0) for batches in shown)
    return one_batch or not any(update.shown for update in updates[1::2])


def judge_separate(evidence: Evidence) -> Iterator[Said]:
    """Judge that no update moves the other network."""
    for run in evidence.runs:
        for step in run.steps:
            yield from _judge_moves(evidence, run, step)
    moved = {network for step in evidence.steps for update in step.updates for network in update.gradients}
    yield evidence.both_seen("separate", moved)


def _judge_moves(evidence: Evidence, run: Run, step: Step) -> Iterator[Said]:
    for update in step.updates:
        if update.owner not in NETWORKS:
            yield fails("separate", "joint_update")
            return
        other = GENERATOR if update.owner == DISCRIMINATOR else DISCRIMINATOR
        if not run.same(update.before, update.after, other):
            yield fails("separate", f"{other}_moved")
    first = next(iter(step.owned_by(GENERATOR)), None)
    if first is not None and not run.same(step.first_state, first.before, GENERATOR):
        yield fails("separate", "generator_moved")
    # Clipping moves the critic between two updates.
    ends = [] if evidence.kind.has_clipping else [update.after for update in step.updates]
    for before, after in zip(ends, [*(update.before for update in step.updates[1:]), step.last_state]):
        if not run.same(before, after, DISCRIMINATOR):
            clipped = [np.clip(weights, -1, 1) for weights in run.trainable(before, DISCRIMINATOR)]
            by_clipping = zip(clipped, run.trainable(after, DISCRIMINATOR))
            left_in = all(np.abs(a - b).max() < 1e-6 for a, b in by_clipping)
            yield fails("separate", "clipping_left" if left_in else "discriminator_moved")


# ------------------------------------------------------------------------------------------ batches


# From so many rows a batch the latents that are handed out do not last, and come again.
MANY = 50
# Mistakes of a sampler that show again in the batches are told of the sampler alone.
OF_SAMPLERS = {
    "real_sample": ("same_batch", "same_real_batch", "changed_rows", "batch_size"),
    "fake_sample": ("same_fake_batch", "generator_batch_reused", "own_latents", "batch_size"),
}


def judge_batches(evidence: Evidence) -> Iterator[Said]:
    """Judge that every update has fresh batches, of ``batch_size`` rows, from the two samplers."""
    seen: set[str] = set()
    told = [idea for check, ideas in OF_SAMPLERS.items() if evidence.failed(check) for idea in ideas]
    for run in evidence.runs:
        used: set[tuple[float, ...]] = set()
        mistakes = [("own_latents", "")] if _foreign_latents(run) else []
        for update in run.updates:
            if DISCRIMINATOR in update.gradients and update.shown:
                batches = update.readings[0]
                mistakes.append(_batch_mistake(run, update, used))
                used |= {tuple(row) for row in batches.latents}
                seen |= {DISCRIMINATOR} if len(batches.real) or len(batches.fake) else set()
            elif update.owner == GENERATOR:
                batches = update.batches_of(update.shown)
                if len(batches.fake) % run.scene.batch_size:
                    mistakes.append(("batch_size", "generator's"))
                elif len(batches.fake) and _all_used(run, batches, used):
                    mistakes.append(("generator_batch_reused", ""))
                seen |= {GENERATOR} if len(batches.fake) else set()
        yield from (fails("batches", idea, whose=whose) for idea, whose in mistakes if idea and idea not in told)
    yield evidence.both_seen("batches", seen)


def _batch_mistake(run: Run, update: Update, used: set) -> tuple[str, str]:
    everything, size = update.readings[0], run.scene.batch_size
    fresh = update.batches_of(unlike(update.shown, update.earlier))
    if everything.decoy:
        return "argument_used", ""
    if not len(everything.real) and not len(everything.fake):
        return "changed_rows" if len(everything.other) else "", ""
    if not len(fresh.real) and not len(fresh.fake):
        return "same_batch", ""
    # One or two rows may be drawn again by chance.
    if len(everything.real) > 2 and not len(fresh.real):
        return "same_real_batch", ""
    examples = min(size, len(run.scene.request["real"]))
    if len(fresh.real) % examples or len(fresh.fake) % size:
        return "batch_size", "discriminator's real" if len(fresh.real) % examples else "discriminator's fake"
    # Fakes that were all shown before are no fresh ones.
    return "same_fake_batch" if len(everything.fake) and used and _all_used(run, fresh, used) else "", ""


def _all_used(run: Run, batches: Batches, used: set) -> bool:
    latents = {tuple(row) for row in batches.latents}
    return run.scene.batch_size < MANY and latents <= used


def _foreign_latents(run: Run) -> bool:
    pool = rows(run.scene.request["latents"])
    calls = [call for call in run.calls if call.network == GENERATOR]
    return any((find_rows(rows(call.inputs), pool) < 0).any() for call in calls)


# ------------------------------------------------------------------------------------------ optimizers


def judge_optimizers(evidence: Evidence) -> Iterator[Said]:
    """Judge that each network has an Adam of its own, with the task's settings."""
    seen: set[str] = set()
    for run in evidence.runs:
        for network in (DISCRIMINATOR, GENERATOR):
            moves, counters = run.moves_of(network)
            if not moves:
                continue
            seen.add(network)
            box = 1.0 if evidence.kind.has_clipping and network == DISCRIMINATOR else None
            idea = adam.explain(moves, run.scene.learning_rate, evidence.kind.betas, counters, box)
            if idea:
                yield fails("optimizer", idea, network=network)
    yield evidence.both_seen("optimizer", seen)
