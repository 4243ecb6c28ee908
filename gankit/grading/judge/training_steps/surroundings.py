"""Tasks 1 to 3: the class around its training step: constructor, samplers, training mode, fit, other examples."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gankit.grading.judge.networks import rows
from gankit.grading.judge.training_steps.evidence import DEFAULTS, PARTLY, TRAINING, Evidence
from gankit.grading.judge.training_steps.scenes import FIT_EPOCHS, FIT_STEPS
from gankit.grading.judge.training_steps.trace import DISCRIMINATOR, GENERATOR, NETWORKS, BrokenTrace, find_rows
from gankit.grading.judge.verdicts import Said, fails, hints, in_words, passes, unseen

# ------------------------------------------------------------------------------------------ the constructor


def judge_attributes(evidence: Evidence) -> Iterator[Said]:
    """Judge that the class can be built and keeps its arguments and settings."""
    for name, what in (("attributes", "the value that was passed"), ("defaults", "the default of the task")):
        if name in evidence.errors:
            yield fails("builds", "cannot_build", error=evidence.error_in_words(name))
        elif not evidence.came_back(name):
            yield unseen("builds", "process_ended")
        else:
            found, scene = evidence.results[name], evidence.scenes[name]
            for attribute in scene.request["names"]:
                expected = getattr(scene, attribute, None) if name == "attributes" else DEFAULTS.get(attribute)
                if attribute not in found:
                    yield fails("builds", "attribute_missing", attribute=attribute)
                # Which betas are used shows in the updates.
                elif expected is not None and not np.isclose(found[attribute], expected, rtol=1e-4):
                    yield fails("builds", "attribute_value", attribute=attribute, what=what)
    yield passes("builds")


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
        check = f"{kind}_sample"
        if not evidence.came_back("samplers"):
            yield unseen(check, "process_ended")
            continue
        samples = evidence.results["samplers"]["samples"]
        raised = [samples[name] for name in CALLS[kind] if isinstance(samples[name], dict)]
        if raised:
            error = in_words({**raised[0], "where": None}, evidence.stack)
            yield fails(check, "sampler_error", error=error)
        else:
            idea, words = _sampler_mistake(evidence, kind)
            yield fails(check, idea, None, **words) if idea else passes(check)


def _sampler_mistake(evidence: Evidence, kind: str) -> tuple[str, dict[str, str]]:
    scene, found = evidence.scene("samplers"), evidence.results["samplers"]
    real, size = rows(scene.request["real"]), scene.request["size"]
    weights = [w.astype(np.float64) for w in scene.request["generator"]["weights"]]
    fakes = scene.networks[GENERATOR].perceptron.forward(weights, rows(scene.request["latents"]))
    places = {}
    for name in CALLS[kind]:
        sample, sized = found["samples"][name], name.endswith("sized")
        wanted = size if sized else min(scene.batch_size, len(real)) if kind == "real" else scene.batch_size
        if sample.shape[1:] != (3,):
            return f"{kind}_shape", {}
        if len(sample) != wanted:
            return f"{kind}_size", {"size": "the size that is asked for" if sized else "batch_size"}
        places[name] = find_rows(rows(sample), real) if kind == "real" else find_rows(rows(sample), fakes, 1e-3)
        if (places[name] < 0).any():
            return f"{kind}_rows", {}
    if kind == "fake":
        # The mode in which the generator ran for each sample.
        modes, current = {}, ""
        for event in found["events"]:
            if event["kind"] == "sample":
                current = event["name"]
            elif event["kind"] == "call" and event["network"] == GENERATOR:
                modes[current] = event["training"]
        is_right = modes.get("fake_training") is True and modes.get("fake_default") is not True
        return "" if is_right else "fake_training", {}
    if list(places["real_default"]) == list(places["real_again"]):
        return "real_not_random", {}
    return "real_replacement" if len(set(places["real_sized"])) < size else "", {}


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
    for update in run.updates:
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
        named = any(evidence.failed(each) for each in ("batches", "optimizer", "reported"))
        error = evidence.error_in_words("fit")
        yield unseen(check, "error_named") if named else fails(check, "fit_error", error=error)
        return
    if not evidence.came_back("fit"):
        yield unseen(check, "error_named" if "fit" in evidence.errors else "process_ended")
        return
    history, updates = evidence.results["fit"]["history"], evidence.results["fit"]["updates"]
    for name in evidence.kind.keys:
        if name not in history:
            yield fails(check, "fit_history", name=name, what="has no entry")
        elif history[name].ndim > 1:
            # One value an example, which is not for fit to answer for.
            yield unseen(check, "no_numbers")
            return
        elif history[name].size != FIT_EPOCHS:
            yield fails(check, "fit_history", name=name, what="does not hold one value an epoch under")
    wanted = {network: FIT_EPOCHS * FIT_STEPS * _updates_a_step(evidence, network) for network in NETWORKS}
    for network in NETWORKS:
        if wanted[network] and updates[network] != wanted[network]:
            yield fails(check, "fit_steps", network=network)
    yield evidence.both_seen(check, {network for network in NETWORKS if wanted[network]})


def _updates_a_step(evidence: Evidence, network: str) -> int:
    """Return how many updates a network has in a training step of the ``disc_iter`` that ``fit`` has."""
    disc_iter = evidence.scene("fit").disc_iter
    for run in reversed(evidence.runs):
        if run.scene.disc_iter == disc_iter and run.steps and run.steps[-1].complete:
            return sum(network in update.gradients for update in run.steps[-1].updates)
    return disc_iter if network == DISCRIMINATOR else 1


# ------------------------------------------------------------------------------------------ other examples

CASES = {
    "float64": "examples in double precision",
    "few": "fewer examples than batch_size",
    "no_channel": "pictures without a channel axis beside a generator whose output has one",
    "dead": "a critic whose gradient is zero (the root's slope is infinite there)",
}


def judge_robustness(evidence: Evidence) -> Iterator[Said]:
    """Judge training steps on examples of other forms, and with a critic whose gradient is zero."""
    cases = [name for name in CASES if name in evidence.results or name in evidence.errors]
    if not any(evidence.came_back(name) for name in TRAINING) or not cases:
        yield unseen("robust", "nothing_seen")
        return
    # The other forms fail where the plain ones do; what ran before it is worth something if something was learned.
    told = [name for name in cases if name in evidence.errors and evidence.said_already(name)]
    symptoms = {name: _symptom(evidence, name) for name in cases if name not in told}
    failing = {name: symptom for name, symptom in symptoms.items() if symptom}
    for name, symptom in list(failing.items())[:1]:
        words = {"case": CASES[name], "symptom": symptom}
        if evidence.strict:
            yield fails("robust", f"robust_{name}", 1 - len(failing) / len(cases), **words)
        else:
            yield hints("robust", **words)
    learned = evidence.discriminator_loss is not None or evidence.generator_loss is not None
    seen = symptoms or any(not _symptom_of_run(evidence, name) for name in told)
    yield passes("robust") if seen else unseen("robust", "error_named", PARTLY * learned)


def _symptom(evidence: Evidence, name: str) -> str:
    """Say what is wrong after a scene: an error, or weights that are no numbers."""
    return evidence.error_in_words(name) if name in evidence.errors else _symptom_of_run(evidence, name)


def _symptom_of_run(evidence: Evidence, name: str) -> str:
    if not evidence.came_back(name):
        return ""
    try:
        run = evidence.run(name)
    except BrokenTrace:
        return "the record does not fit together."
    if not run.steps or not run.steps[-1].complete:
        return "the training step did not end."
    state = run.states[run.steps[-1].last_state]
    is_finite = all(np.isfinite(weights).all() for network in NETWORKS for weights in state[network])
    return "" if is_finite else "weights become NaN."
