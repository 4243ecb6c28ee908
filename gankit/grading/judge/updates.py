"""Tasks 1 to 3: the verdicts on which network is updated when, on which batches, by which optimizer."""

from __future__ import annotations

import numpy as np

from gankit.grading.judge import adam
from gankit.grading.judge.evidence import Evidence, Recording
from gankit.grading.judge.gan_scenes import Scene
from gankit.grading.judge.networks import rows
from gankit.grading.judge.trace import (
    DISCRIMINATOR,
    GENERATOR,
    Batches,
    find_rows,
    unseen,
)


def judge_rhythm(evidence: Evidence, recording: Recording) -> None:
    """Judge that the discriminator has ``disc_iter`` updates, and then the generator one."""
    run, wanted = recording.run, recording.scene.disc_iter
    for step in run.steps:
        owners = [update.owner for update in step.updates]
        discriminator, generator = owners.count(DISCRIMINATOR), owners.count(GENERATOR)
        evidence.seen.add("rhythm")
        if wanted == 1:
            evidence.updates_a_step = {DISCRIMINATOR: discriminator, GENERATOR: generator}
        if owners == [DISCRIMINATOR] * wanted + [GENERATOR]:
            continue
        if "both" in owners or "none" in owners:
            continue
        if not owners:
            moved = not run.same(step.first_state, step.last_state, DISCRIMINATOR)
            text = "without a Keras optimizer" if moved else "at all: no gradient reaches an optimizer"
            evidence.out.failed("rhythm", "no_update", f"The weights are not updated {text} in a training step.")
        elif generator == 0 and discriminator == wanted + 1:
            evidence.out.failed(
                "rhythm",
                "generator_loss_on_discriminator",
                "The generator's weights are never updated, and the discriminator's once too often: the generator's "
                "gradients seem to be taken, and applied, for the discriminator's weights.",
            )
        elif generator == 0:
            evidence.out.failed("rhythm", "no_generator_update", "The generator's weights are never updated.")
        elif discriminator == 0:
            evidence.out.failed("rhythm", "no_discriminator_update", "The discriminator's weights are never updated.")
        elif generator == 1 and discriminator == wanted:
            evidence.out.failed(
                "rhythm",
                "generator_first",
                "The order of the updates is not the algorithm's: first the discriminator's, all of them, then the "
                "generator's.",
            )
        elif generator == discriminator == wanted:
            evidence.out.failed(
                "rhythm",
                "generator_each_time",
                "The generator is updated once for every update of the discriminator: it has one update in a "
                "training step, after all of the discriminator's. Look at what is inside the loop.",
            )
        elif generator > 1:
            evidence.out.failed(
                "rhythm", "generator_too_often", "The generator is updated more than once in a training step."
            )
        elif discriminator == 1:
            evidence.out.failed(
                "rhythm",
                "disc_iter_ignored",
                "The discriminator is updated once in a training step, whatever disc_iter says. Look at the loop.",
            )
        elif discriminator == 2 * wanted and _one_term_each(recording):
            evidence.out.failed(
                "rhythm",
                "one_update_per_term",
                "The discriminator is updated once for real examples and once more for fakes: both terms of its loss "
                "belong into one update.",
            )
        else:
            evidence.out.failed(
                "rhythm",
                "disc_iter_count",
                "The discriminator is updated more or fewer than disc_iter times in a training step. Look at the loop.",
            )


def _one_term_each(recording: Recording) -> bool:
    """Tell whether updates come in pairs: one batch each, or both shown before the first of the two."""
    updates = recording.discriminator_updates
    shown = [update.readings[0] for update in updates]
    one_batch = all((len(batches.real) > 0) != (len(batches.fake) > 0) for batches in shown)
    return one_batch or not any(update.shown for update in updates[1::2])


def judge_separate(evidence: Evidence, recording: Recording) -> None:
    """Judge that no update moves the other network."""
    run = recording.run
    if run.updates_of(GENERATOR) and run.updates_of(DISCRIMINATOR):
        evidence.seen.add("separate")
    for step in run.steps:
        for update in step.updates:
            if update.owner in ("both", "none"):
                evidence.out.failed(
                    "separate",
                    "joint_update",
                    "One update moves both networks at once: each loss is minimised by the weights of one network. "
                    "Look at which variables the gradients are applied to.",
                )
                return
            other = GENERATOR if update.owner == DISCRIMINATOR else DISCRIMINATOR
            if not run.same(update.before, update.after, other):
                _moved(evidence, other, update.owner)
        first = next((update for update in step.updates if update.owner == GENERATOR), None)
        if first is not None and not run.same(step.first_state, first.before, GENERATOR):
            _moved(evidence, GENERATOR, DISCRIMINATOR)
        # Clipping moves the critic between two updates.
        ends = [] if evidence.kind.has_clipping else [update.after for update in step.updates]
        for before, after in zip(ends, [*(update.before for update in step.updates[1:]), step.last_state]):
            if run.same(before, after, DISCRIMINATOR):
                continue
            clipped = [np.clip(weights, -1, 1) for weights in run.trainable(before, DISCRIMINATOR)]
            if all(np.abs(a - b).max() < 1e-6 for a, b in zip(clipped, run.trainable(after, DISCRIMINATOR))):
                evidence.out.failed(
                    "separate",
                    "clipping_left",
                    "The discriminator's weights are clipped after its updates: that is task 2, and no other.",
                )
            _moved(evidence, DISCRIMINATOR, GENERATOR)


def _moved(evidence: Evidence, network: str, during: str) -> None:
    evidence.out.failed(
        "separate",
        f"{network}_moved",
        f"The {network}'s weights moved while the {during} was being updated: only one network learns at a time.",
    )


def judge_batches(evidence: Evidence, recording: Recording) -> None:
    """Judge that every update has fresh batches, of ``batch_size`` rows, from the two samplers."""
    scene = recording.scene
    pool = rows(scene.request["latents"])
    before_latents: list[tuple[float, ...]] = []
    for update in recording.updates:
        if update.applied.owner == DISCRIMINATOR:
            batches, fresh = update.readings[0], update.batches_of(unseen(update.shown, update.earlier))
            _judge_one_batch(evidence, scene, batches, fresh, before_latents)
            before_latents += [tuple(row) for row in batches.latents]
        elif update.applied.owner == GENERATOR:
            _judge_generator_batch(evidence, scene, update.batches_of(update.shown), before_latents)
    for step in recording.run.steps:
        for call in step.calls:
            if call.network == GENERATOR and (find_rows(rows(call.inputs), pool) < 0).any():
                evidence.out.failed(
                    "batches",
                    "own_latents",
                    "The generator is fed latents that did not come from latent_generator, or were changed since.",
                )


def _judge_one_batch(evidence: Evidence, scene: Scene, all_rows: Batches, fresh: Batches, before_latents: list) -> None:
    key = "batches"
    if len(all_rows.real) or len(all_rows.fake):
        evidence.seen.add(key)
    if all_rows.decoy:
        evidence.out.failed(
            key,
            "argument_used",
            "The training step learns from the batch that Keras passes in: its argument is to be ignored, and real "
            "examples come from get_real_sample.",
        )
    elif not len(all_rows.real) and not len(all_rows.fake):
        if len(all_rows.other):
            evidence.out.failed(
                key, "changed_rows", "The discriminator is shown rows that are neither real examples nor fakes."
            )
    elif not len(fresh.real) and not len(fresh.fake):
        evidence.out.failed(
            key,
            "same_batch",
            "The same batch is used for all of the discriminator's updates: each one needs a fresh real and a "
            "fresh fake batch. Look at what is drawn outside the loop.",
        )
    elif len(all_rows.real) and not len(fresh.real):
        evidence.out.failed(
            key,
            "same_real_batch",
            "The same real batch is used for all of the discriminator's updates: each one needs a fresh one. "
            "Look at what is drawn outside the loop.",
        )
    elif _said_of_samplers(evidence):
        return
    elif any(len(found) % scene.batch_size for found in (fresh.real, fresh.fake)):
        name = "real" if len(fresh.real) % scene.batch_size else "fake"
        evidence.out.failed(key, "batch_size", f"The discriminator's {name} batch does not hold batch_size rows.", 0.5)
    elif len(all_rows.fake) and before_latents and {tuple(row) for row in fresh.latents} <= set(before_latents):
        evidence.out.failed(
            key,
            "same_fake_batch",
            "The same latents make the fakes for all of the discriminator's updates: each one needs fresh ones. "
            "Look at what is drawn outside the loop.",
        )


def _said_of_samplers(evidence: Evidence) -> bool:
    """Tell whether the samplers themselves draw another number of rows; 400 latents do not last for any number."""
    return evidence.failed("real_sample") == "real_size" or evidence.failed("fake_sample") == "fake_size"


def _judge_generator_batch(evidence: Evidence, scene: Scene, batches: Batches, before_latents: list) -> None:
    latents = {tuple(row) for row in batches.latents}
    if _said_of_samplers(evidence):
        return
    if len(batches.fake) % scene.batch_size:
        evidence.out.failed("batches", "batch_size", "The generator's batch does not hold batch_size rows.", 0.5)
    elif latents and latents <= set(before_latents):
        evidence.out.failed(
            "batches",
            "generator_batch_reused",
            "The generator's update reuses latents that the discriminator has just learned from: it needs a fresh "
            "batch of fakes.",
            0.5,
        )


def judge_optimizers(evidence: Evidence, recording: Recording) -> None:
    """Judge that each network has an Adam of its own, with the task's settings."""
    scene, run = recording.scene, recording.run
    for network in (DISCRIMINATOR, GENERATOR):
        record = run.adam_record(network)
        if not record:
            continue
        evidence.seen.add("optimizer")
        box = 1.0 if evidence.kind.has_clipping and network == DISCRIMINATOR else None
        found = adam.explain(record, scene.learning_rate, evidence.kind.betas, run.counters(network), box)
        if found is not None:
            idea, symptom = found
            evidence.out.failed(
                "optimizer",
                idea,
                f"The {network}'s optimizer: {symptom}. Look at where it is made, and with which arguments.",
                0.5 if idea in ("betas", "learning_rate") else 0.0,
            )
