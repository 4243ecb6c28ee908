"""Task 4: the verdicts on the convolutional networks, from what they compute with weights of the judge's choice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from gankit.grading.judge import verdicts
from gankit.grading.judge.builder.designs import Answer, Question, discriminator_designs, generator_designs
from gankit.grading.judge.hypotheses import fitting
from gankit.grading.judge.verdicts import Check, Said, fails, passes, unseen

CHECKS = (
    Check("builds", "convolutional_GenDiscr returns a generator and a discriminator", 1),
    Check("names", "the networks are named generator and discriminator", 1),
    Check("fresh", "each call builds fresh networks", 1),
    Check("generator_layers", "the generator has the table's layers", 2),
    Check("generator_function", "the generator computes what the table says", 4),
    Check("generator_training", "batch normalisation uses the batch while training", 1),
    Check("discriminator_layers", "the discriminator has the table's layers", 2),
    Check("discriminator_function", "the discriminator computes what the table says", 3),
)
NETWORKS = ("generator", "discriminator")
SHAPES = {"generator": ([0, 16], [0, 16, 16, 1]), "discriminator": ([0, 16, 16, 1], [0, 1])}
DESIGNS = {"generator": generator_designs, "discriminator": discriminator_designs}
NORM = ("gamma", "beta", "moving_mean", "moving_variance")
Layout = list[tuple[str, tuple[int, ...]]]


def _layer(*kernel: int, norm: bool = False) -> Layout:
    found: Layout = [("kernel", kernel), ("bias", kernel[-1:])]
    return found + [(role, kernel[-1:]) for role in NORM] if norm else found


def _convolutions(*channels: int, norm: bool) -> Layout:
    return [item for pair in zip(channels, channels[1:]) for item in _layer(3, 3, *pair, norm=norm)]


LAYOUTS: dict[str, Layout] = {
    "generator": _layer(16, 2048) + _convolutions(512, 64, 16, 1, norm=True),
    "discriminator": _convolutions(1, 32, 64, 128, 256, norm=False) + _layer(256, 1),
}


@dataclass
class Evidence(verdicts.Evidence):
    """What task 4 is judged by: also the scene with weights and inputs."""

    forward: dict[str, Any]

    @property
    def layouts(self) -> dict[str, dict[str, Any]]:
        """The description of each network that came back; a picture is what the discriminator is shown."""
        listed = self.results["builder"]["layouts"] if self.came_back("builder") else []
        return {NETWORKS[len(layout["input"]) > 2]: layout for layout in listed}


def scenes(random: np.random.Generator) -> list[dict[str, Any]]:
    """Return the two scenes: one that describes the networks, one that sets weights and asks for answers."""
    asked: dict[str, Any] = {"name": "forward", "kind": "forward"}
    for name, layout in LAYOUTS.items():
        shape = SHAPES[name][0][1:]
        inputs = [scale * random.standard_normal((6, *shape)) for scale in (0.2, 2.5)]
        asked[name] = {
            "weights": [[role, draw(random, role, shape_)] for role, shape_ in layout],
            "inputs": [array.astype(np.float32) for array in inputs],
        }
    return [{"name": "builder", "kind": "builder"}, asked]


def draw(random: np.random.Generator, role: str, shape: tuple[int, ...]) -> np.ndarray:
    """Draw weights that keep every layer away from zero and from saturation, so that each leaves a trace."""
    if role == "kernel":
        values = 1.3 * random.standard_normal(shape) / np.sqrt(np.prod(shape[:-1]))
    elif role == "moving_variance":
        values = random.uniform(0.6, 1.6, shape)
    elif role == "gamma":
        values = random.uniform(0.7, 1.4, shape) * random.choice([-1, 1], shape)
    else:
        values = 0.4 * random.choice([-1, 1], shape) * random.uniform(0.5, 1.2, shape)
    return values.astype(np.float32)


def judge(evidence: Evidence) -> None:
    """Write a finding for every check of task 4."""
    evidence.out.add(judge_networks(evidence))
    for network in evidence.layouts:
        evidence.out.add(judge_layout(evidence, network))
    if evidence.layouts and "forward" in evidence.errors:
        evidence.out.add([fails("generator_function", "forward_error", error=evidence.error_in_words("forward"))])
        return
    for network in evidence.layouts:
        evidence.out.add(judge_function(evidence, network))


def judge_networks(evidence: Evidence) -> Iterator[Said]:
    """Judge that two fresh networks of the right names come back, in the right order."""
    if "builder" in evidence.errors:
        yield fails("builds", "builder_error", error=evidence.error_in_words("builder"))
        return
    if not evidence.came_back("builder"):
        return
    found = evidence.results["builder"]
    if found["count"] != 2 or len(evidence.layouts) != 2:
        yield fails("builds", "not_two_networks")
        return
    yield passes("builds") if tuple(evidence.layouts) == NETWORKS else fails("builds", "order_swapped")
    named = all(layout["name"] == network for network, layout in evidence.layouts.items())
    yield passes("names") if named else fails("names", "names")
    yield passes("fresh") if found["fresh"] else fails("fresh", "not_fresh")


def judge_layout(evidence: Evidence, network: str) -> Iterator[Said]:
    """Judge the dimensions of a network's weights, its input and its output."""
    check, layout = f"{network}_layers", evidence.layouts[network]
    found = [(role, tuple(shape)) for role, shape, _ in layout["weights"]]
    missing, surplus = _difference(LAYOUTS[network], found), _difference(found, LAYOUTS[network])
    inputs, outputs = SHAPES[network]
    if missing or surplus:
        share = 0.5 if len(missing) + len(surplus) <= 4 else 0.0
        yield fails(check, _layout_mistake(missing, surplus), share, network=network)
    elif layout["input"][1:] != inputs[1:]:
        yield fails(check, "input_shape", network=network)
    elif layout["output"][1:] != outputs[1:]:
        yield fails(check, "output_shape", network=network)
    elif any(not trainable and not role.startswith("moving") for role, _, trainable in layout["weights"]):
        yield fails(check, "not_trainable", network=network)
    yield passes(check)


def _difference(first: Layout, second: Layout) -> Layout:
    left, missing = list(second), []
    for item in first:
        if item in left:
            left.remove(item)
        else:
            missing.append(item)
    return missing


def _layout_mistake(missing: Layout, surplus: Layout) -> str:
    lost, extra = [role for role, _ in missing], [role for role, _ in surplus]
    kernels = [shape for role, shape in missing if role == "kernel"]
    others = [shape for role, shape in surplus if role == "kernel"]
    if set(lost) & set(NORM) and not set(extra) & set(NORM) and not kernels:
        return "batch_norm_missing"
    if set(extra) & set(NORM) and not lost:
        return "batch_norm_surplus"
    if set(lost) == {"bias"} and not extra:
        return "bias_missing"
    if len(kernels) != len(others):
        return "layer_surplus" if len(kernels) < len(others) else "layer_missing"
    if kernels and all((*a[:-2], a[-1], a[-2]) == b for a, b in zip(kernels, others)):
        return "transposed_convolution"
    if [len(shape) for shape in kernels] == [2] and others[0][0] > kernels[0][0]:
        return "pooling_missing"
    if kernels and all(len(a) == len(b) and a[-2:] == b[-2:] for a, b in zip(kernels, others)):
        return "kernel_size"
    return "channels" if kernels else "layers_other"


def judge_function(evidence: Evidence, network: str) -> Iterator[Said]:
    """Judge what a network computes, in both modes."""
    check = f"{network}_function"
    if evidence.failed(f"{network}_layers"):
        yield unseen(check, "other_layers")
        return
    answers = evidence.results.get("forward", {}).get(network)
    if not answers:
        return
    scene = evidence.forward[network]
    weights = [np.asarray(array, np.float64) for _, array in scene["weights"]]
    inputs = [np.asarray(array, np.float64) for array in scene["inputs"]]
    evaluated, trained = (
        [Answer(Question(weights, x, mode), found[mode]) for x, found in zip(inputs, answers)] for mode in (False, True)
    )
    designs = DESIGNS[network]()
    design = next((one for one in designs if fitting([one], evaluated)), None)
    yield from design.verdict if design is not None else [fails(check, "function_other", network=network)]
    # Two designs of one idea may be told apart in training mode only, as by the epsilon of batch normalisation.
    alike = [one for one in designs if design is not None and one.idea == design.idea]
    same_in_training = any(fitting([one], evaluated + trained) for one in alike)
    if network == "discriminator":
        yield fails(check, "dropout") if design is not None and not same_in_training else passes(check)
        return
    yield passes(check)
    if design is None:
        yield unseen("generator_training", "no_function")
    else:
        yield passes("generator_training") if same_in_training else fails("generator_training", "training_ignored")
