"""Tasks 1 to 3: the verdicts on the class as it is built, and on its two samplers."""

from __future__ import annotations

from typing import Any

import numpy as np

from gankit.grading.judge.evidence import Evidence
from gankit.grading.judge.gan_scenes import Scene
from gankit.grading.judge.trace import (
    GENERATOR,
    find_rows,
    rows,
)
from gankit.grading.judge.verdicts import in_words


def judge_attributes(evidence: Evidence) -> None:
    """Judge that the class can be built and keeps its arguments and settings."""
    for name in ("attributes", "defaults"):
        if name in evidence.errors:
            error = evidence.error_in_words(name)
            evidence.out.failed("builds", "cannot_build", f"The class could not be built with its arguments: {error}")
            continue
        found = evidence.results.get(name)
        if not isinstance(found, dict):
            evidence.out.skipped("builds", "The process ended before the class was built.")
            continue
        scene = evidence.scenes[name]
        beta_1, beta_2 = evidence.kind.betas
        expected = {"beta_1": beta_1, "beta_2": beta_2, "batch_size": 200, "disc_iter": 2, "learning_rate": 0.005}
        expected["lambda_gp"] = 10
        if name == "attributes":
            expected.update(
                batch_size=scene.batch_size,
                disc_iter=scene.disc_iter,
                learning_rate=scene.learning_rate,
                lambda_gp=scene.lambda_gp,
            )
        for attribute in scene.request["names"]:
            value = found.get(attribute)
            if value is None:
                evidence.out.failed(
                    "builds",
                    "attribute_missing",
                    f"The argument or setting {attribute} is not kept as the attribute self.{attribute}, where "
                    "scripts look for it. Look at the constructor.",
                    0.5,
                )
            elif not np.isclose(value, expected[attribute], rtol=1e-4):
                what = "it is not what was passed"
                if attribute.startswith("beta"):
                    what = "it is not this task's"
                elif name == "defaults":
                    what = "its default is not the task's"
                evidence.out.failed(
                    "builds",
                    "attribute_value",
                    f"self.{attribute} has another value than it should: {what}. Look at the constructor.",
                    0.5,
                )
    evidence.out.passed("builds")


def judge_samplers(evidence: Evidence) -> None:
    """Judge ``get_real_sample`` and ``get_fake_sample``."""
    if "samplers" in evidence.errors:
        sentence = "The samplers could not be called: " + evidence.error_in_words("samplers")
        evidence.out.failed("real_sample", "sampler_error", sentence)
        evidence.out.skipped("fake_sample", "The samplers could not be called.")
        return
    found = evidence.results.get("samplers")
    if not isinstance(found, dict):
        for key in ("real_sample", "fake_sample"):
            evidence.out.skipped(key, "The process ended before the samplers were called.")
        return
    scene = evidence.scenes["samplers"]
    samples = found["samples"]
    _judge_real(evidence, scene, samples)
    _judge_fake(evidence, scene, samples, found["events"])


def _sampling_error(evidence: Evidence, key: str, samples: dict[str, Any], names: list[str]) -> bool:
    for name in names:
        if isinstance(samples.get(name), dict):
            error = {**samples[name], "where": None}
            call = f"get_{name.split('_')[0]}_sample"
            evidence.out.failed(key, "sampler_error", f"{call} raised {in_words(error, evidence.stack)}")
            return True
    return False


def _judge_real(evidence: Evidence, scene: Scene, samples: dict[str, Any]) -> None:
    key = "real_sample"
    if _sampling_error(evidence, key, samples, ["real_default", "real_again", "real_sized"]):
        return
    real = rows(scene.request["real"])
    places = {}
    for name, size in (("real_default", 6), ("real_again", 6), ("real_sized", 30)):
        sample = samples[name]
        if sample.ndim < 2 or sample.shape[1:] != (3,):
            evidence.out.failed(key, "real_shape", "get_real_sample does not return rows of the real examples' shape.")
            return
        if len(sample) != size:
            how = "default to batch_size" if name != "real_sized" else "follow the size that is asked for"
            evidence.out.failed(key, "real_size", f"The number of rows get_real_sample returns does not {how}.")
            return
        places[name] = find_rows(rows(sample), real)
        if (places[name] < 0).any():
            evidence.out.failed(key, "real_rows", "get_real_sample returns rows that are not among the real examples.")
            return
    if list(places["real_default"]) == list(places["real_again"]):
        evidence.out.failed(
            key,
            "real_not_random",
            "get_real_sample returns the same rows at every call: they are to be drawn anew.",
        )
    elif len(set(places["real_sized"])) < 30:
        evidence.out.failed(
            key,
            "real_replacement",
            "get_real_sample draws some rows twice: the rows of one batch are to be drawn without replacement.",
            0.5,
        )
    evidence.out.passed(key)


def _judge_fake(evidence: Evidence, scene: Scene, samples: dict[str, Any], events: list[dict[str, Any]]) -> None:
    key = "fake_sample"
    if _sampling_error(evidence, key, samples, ["fake_default", "fake_sized", "fake_training"]):
        return
    pool = rows(scene.request["latents"])
    weights = [w.astype(np.float64) for w in scene.request["generator"]["weights"]]
    answers = scene.networks[GENERATOR].perceptron.forward(weights, pool)
    flags: dict[str, Any] = {}
    current = ""
    for event in events:
        if event["kind"] == "sample":
            current = event["name"]
        elif event["kind"] == "call" and event["network"] == GENERATOR:
            flags[current] = event["training"]
    for name, size in (("fake_default", 6), ("fake_sized", 30), ("fake_training", 6)):
        sample = samples[name]
        if sample.ndim != 2 or sample.shape[1] != 3:
            evidence.out.failed(key, "fake_shape", "get_fake_sample does not return a batch of the generator's output.")
            return
        if len(sample) != size:
            how = "follow the size that is asked for" if name == "fake_sized" else "default to batch_size"
            evidence.out.failed(key, "fake_size", f"The number of fakes get_fake_sample returns does not {how}.")
            return
        if (np.abs(rows(sample)[:, None] - answers[None]).max(axis=2).min(axis=1) > 1e-3).any():
            evidence.out.failed(
                key,
                "fake_rows",
                "get_fake_sample returns something else than the generator's answers to latents that "
                "latent_generator gave.",
            )
            return
    if flags.get("fake_training") is not True or flags.get("fake_default") is True:
        evidence.out.failed(
            key,
            "fake_training",
            "get_fake_sample does not hand its argument training on to the generator: it says whether batch "
            "normalisation and dropout are at work, and is off unless asked for.",
            0.5,
        )
    evidence.out.passed(key)
