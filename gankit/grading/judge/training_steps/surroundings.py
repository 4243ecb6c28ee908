"""Tasks 1 to 3: the class around its training step: constructor, samplers, training mode, fit, other examples."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from gankit.grading.judge.networks import rows
from gankit.grading.judge.training_steps.evidence import DEFAULTS, PARTLY, TRAINING, Evidence
from gankit.grading.judge.training_steps.mixing import segment_weights
from gankit.grading.judge.training_steps.scenes import FIT_EPOCHS, FIT_STEPS
from gankit.grading.judge.training_steps.trace import DISCRIMINATOR, GENERATOR, NETWORKS, BrokenTrace, find_rows
from gankit.grading.judge.verdicts import Said, fails, hints, in_words, passes, unseen

# ------------------------------------------------------------------------------------------ the constructor


def judge_attributes(evidence: Evidence) -> Iterator[Said]:
    """Judge that the class can be built and keeps its arguments and settings."""
    for name in ("attributes", "defaults"):
        if name in evidence.errors:
            yield fails("builds", "cannot_build", error=evidence.error_in_words(name))
        elif not evidence.came_back(name):
            yield unseen("builds", "process_ended")
        else:
            yield from _judge_settings(evidence, name)
    yield passes("builds")


def _judge_settings(evidence: Evidence, name: str) -> Iterator[Said]:
    found, scene = evidence.results[name], evidence.scenes[name]
    passed = {setting: getattr(scene, setting) for setting in DEFAULTS}
    expected = passed if name == "attributes" else DEFAULTS
    for attribute in scene.request["names"]:
        value = found.get(attribute)
        if value is None:
            yield fails("builds", "attribute_missing", attribute=attribute)
        elif attribute in expected and not np.isclose(value, expected[attribute], rtol=1e-4):
            # Which betas are used shows in the updates.
            what = "the value that was passed" if name == "attributes" else "the default of the task"
            yield fails("builds", "attribute_value", attribute=attribute, what=what)


# ------------------------------------------------------------------------------------------ the samplers

CALLS = {
    "real": ("real_default", "real_again", "real_sized"),
    "fake": ("fake_default", "fake_sized", "fake_training"),
}


def judge_samplers(evidence: Evidence) -> Iterator[Said]:
    """Judge ``get_real_sample`` and ``get_fake_sample``."""
    if "samplers" in evidence.errors:
        yield fails("real_sample", "sampler_error", error=evidence.error_in_words("samplers"))
        yield unseen("fake_sample", "no_samplers")
        return
    for kind in CALLS:
        if not evidence.came_back("samplers"):
            yield unseen(f"{kind}_sample", "process_ended")
            continue
        samples = evidence.results["samplers"]["samples"]
        raised = [samples[name] for name in CALLS[kind] if isinstance(samples.get(name), dict)]
        if raised:
            error = in_words({**raised[0], "where": None}, evidence.stack)
            yield fails(f"{kind}_sample", "sampler_error", error=error)
        else:
            yield from _judge_sampler(evidence, kind)


def _judge_sampler(evidence: Evidence, kind: str) -> Iterator[Said]:
    scene, found = evidence.scene("samplers"), evidence.results["samplers"]
    check, real = f"{kind}_sample", rows(scene.request["real"])
    weights = [w.astype(np.float64) for w in scene.request["generator"]["weights"]]
    fakes = scene.networks[GENERATOR].perceptron.forward(weights, rows(scene.request["latents"]))
    places = {}
    for name in CALLS[kind]:
        sample, sized = found["samples"][name], name.endswith("sized")
        wanted = 30 if sized else min(scene.batch_size, len(real) if kind == "real" else scene.batch_size)
        if sample.shape[1:] != (3,):
            yield fails(check, f"{kind}_shape")
            return
        if len(sample) != wanted:
            yield fails(check, f"{kind}_size", size="the size that is asked for" if sized else "batch_size")
            return
        places[name] = find_rows(rows(sample), real) if kind == "real" else find_rows(rows(sample), fakes, 1e-3)
        if (places[name] < 0).any():
            yield fails(check, f"{kind}_rows")
            return
    modes = _generator_modes(found["events"])
    if kind == "fake":
        if modes.get("fake_training") is not True or modes.get("fake_default") is True:
            yield fails(check, "fake_training")
    elif list(places["real_default"]) == list(places["real_again"]):
        yield fails(check, "real_not_random")
    elif len(set(places["real_sized"])) < 30:
        yield fails(check, "real_replacement")
    yield passes(check)


def _generator_modes(events: list[dict[str, Any]]) -> dict[str, bool | None]:
    """Return the mode in which the generator ran for each sample."""
    modes: dict[str, bool | None] = {}
    current = ""
    for event in events:
        if event["kind"] == "sample":
            current = event["name"]
        elif event["kind"] == "call" and event["network"] == GENERATOR:
            modes[current] = event["training"]
    return modes


# ------------------------------------------------------------------------------------------ training mode


def judge_modes(evidence: Evidence) -> Iterator[Said]:
    """Judge that networks run in training mode in their own update, and that their statistics are not clipped."""
    check = "training_mode"
    if "modes" in evidence.errors and not evidence.said_already("modes"):
        yield fails(check, "modes_error", error=evidence.error_in_words("modes"))
        return
    if not evidence.came_back("modes"):
        yield unseen(check, "process_ended")
        return
    try:
        run = evidence.run("modes")
    except BrokenTrace:
        yield unseen(check, "tampered")
        return
    seen: set[str] = set()
    for update in (update for step in run.steps for update in step.updates):
        for network in update.gradients:
            calls = [call for call in update.calls if call.network == network]
            seen.add(network)
            if not calls or any(call.training is True for call in calls):
                continue
            # No discriminator of the older coursework has a layer for which it makes a difference.
            counts = network == GENERATOR or evidence.strict
            if network == DISCRIMINATOR or evidence.failed("fake_sample") != "fake_training":
                yield fails(check, f"{network}_not_training") if counts else hints("discriminator_not_training")
    if evidence.kind.has_clipping and DISCRIMINATOR in seen:
        variance = run.states[run.steps[-1].last_state][DISCRIMINATOR][5]
        if np.abs(variance).max() <= 1 + 1e-6:
            yield fails("clipping", "statistics_clipped")
    yield evidence.both_seen(check, seen)


# ------------------------------------------------------------------------------------------ fit


def judge_fit(evidence: Evidence) -> Iterator[Said]:
    """Judge that ``fit`` makes the training steps it is asked for and records their losses."""
    check = "fit"
    if "fit" in evidence.errors and not evidence.said_already("fit"):
        # What a training step does wrong may end a graph: data that is None, an optimizer made anew, no dictionary.
        if any(evidence.failed(each) for each in ("batches", "optimizer", "reported")):
            yield unseen(check, "error_named")
            return
        yield fails(check, "fit_error", error=evidence.error_in_words("fit"))
        return
    if not evidence.came_back("fit"):
        yield unseen(check, "error_named" if "fit" in evidence.errors else "process_ended")
        return
    history, updates = evidence.results["fit"]["history"], evidence.results["fit"]["updates"]
    for name in evidence.kind.keys:
        if name not in history:
            yield fails(check, "fit_history", name=name, what="has no entry")
            return
        if history[name].ndim > 1:
            # One value an example, which is not for fit to answer for.
            yield unseen(check, "no_numbers")
            return
        if history[name].size != FIT_EPOCHS:
            yield fails(check, "fit_history", name=name, what="does not hold one value an epoch under")
            return
    wanted = {network: FIT_EPOCHS * FIT_STEPS * _updates_a_step(evidence, network) for network in NETWORKS}
    for network in NETWORKS:
        if wanted[network] and updates[network] != wanted[network]:
            yield fails(check, "fit_steps", network=network)
    yield evidence.both_seen(check, {network for network in NETWORKS if wanted[network]})


def _updates_a_step(evidence: Evidence, network: str) -> int:
    """Return how many updates a network has in a training step of the ``disc_iter`` that ``fit`` has."""
    wanted = evidence.scene("fit").disc_iter if network == DISCRIMINATOR else 1
    counts = {}
    for run in evidence.runs:
        if run.steps and run.steps[-1].complete:
            updates = run.steps[-1].updates
            counts[run.scene.disc_iter] = sum(network in update.gradients for update in updates)
    return counts.get(evidence.scene("fit").disc_iter, wanted)


# ------------------------------------------------------------------------------------------ other examples

CASES = {
    "float64": "examples in double precision",
    "few": "fewer examples than batch_size",
    "no_channel": "pictures without a channel axis beside a generator whose output has one",
    "dead": "a critic whose gradient is zero (the root's slope is infinite there)",
}


def judge_robustness(evidence: Evidence) -> Iterator[Said]:
    """Judge training steps on examples of other forms, and with a critic whose gradient is zero."""
    played = evidence.results.keys() | evidence.errors.keys()
    cases = [name for name in CASES if name in played]
    if not any(evidence.came_back(name) for name in TRAINING) or not cases:
        yield unseen("robust", "nothing_seen")
        return
    failing: dict[str, str] = {}
    looked_at = 0
    for name in cases:
        said = name in evidence.errors and evidence.said_already(name)
        symptom = evidence.error_in_words(name) if name in evidence.errors and not said else _symptom(evidence, name)
        if symptom and not said:
            failing[name] = symptom
        looked_at += bool(not said or symptom == "")
    if failing:
        name, symptom = next(iter(failing.items()))
        words = {"case": CASES[name], "symptom": symptom}
        if evidence.strict:
            yield fails("robust", f"robust_{name}", 1 - len(failing) / len(cases), **words)
        else:
            yield hints("robust", **words)
    # The other forms fail where the plain ones do; what ran before it is worth something if something was learned.
    learned = evidence.discriminator_loss is not None or evidence.generator_loss is not None
    yield passes("robust") if looked_at else unseen("robust", "error_named", PARTLY * learned)


def _symptom(evidence: Evidence, name: str) -> str:
    """Say what is wrong with the weights, or the mixtures, after a scene."""
    if not evidence.came_back(name):
        return ""
    try:
        run = evidence.run(name)
    except BrokenTrace:
        return "the record does not fit together."
    if not run.steps or not run.steps[-1].complete:
        return "the training step did not end."
    last = run.steps[-1].last_state
    if not all(np.isfinite(w).all() for network in NETWORKS for w in run.states[last][network]):
        return "weights become NaN."
    if name == "no_channel" and evidence.kind.has_penalty and not evidence.failed("mixing"):
        return "" if _mixes_without_channel(evidence) else "broadcasting gives the mixtures a wrong shape."
    return ""


def _mixes_without_channel(evidence: Evidence) -> bool:
    run = evidence.run("no_channel")
    most = 4 * run.scene.batch_size
    for update in run.updates:
        if DISCRIMINATOR not in update.gradients:
            continue
        if any(rows(call.inputs).shape[1] != 9 or len(call.inputs) > most for call in update.shown):
            return False
        batches = update.batches_of(update.shown)
        if len(batches.other) and len(batches.real) and len(batches.fake):
            _, distance = segment_weights(batches.other, batches.real, batches.fake)
            if (distance > 1e-3).any():
                return False
    return True
