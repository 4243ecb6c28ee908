"""Task 4: the verdicts on the convolutional networks, from what they compute with weights of the judge's choice."""

from __future__ import annotations

from typing import Any

import numpy as np

from gankit.grading.judge.convolutional_designs import (
    Design,
    discriminate,
    discriminator_designs,
    generate,
    generator_designs,
)
from gankit.grading.judge.verdicts import Check, TaskResult, in_words

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
Weights = list[tuple[str, np.ndarray]]


def _conv(side: int, inputs: int, outputs: int) -> list[tuple[str, tuple[int, ...]]]:
    return [("kernel", (side, side, inputs, outputs)), ("bias", (outputs,))]


def _norm(channels: int) -> list[tuple[str, tuple[int, ...]]]:
    return [(role, (channels,)) for role in ("gamma", "beta", "moving_mean", "moving_variance")]


GENERATOR_LAYOUT = [("kernel", (16, 2048)), ("bias", (2048,))]
for _inputs, _outputs in ((512, 64), (64, 16), (16, 1)):
    GENERATOR_LAYOUT += _conv(3, _inputs, _outputs) + _norm(_outputs)
DISCRIMINATOR_LAYOUT = [item for pair in ((1, 32), (32, 64), (64, 128), (128, 256)) for item in _conv(3, *pair)] + [
    ("kernel", (256, 1)),
    ("bias", (1,)),
]
LAYOUTS = {"generator": GENERATOR_LAYOUT, "discriminator": DISCRIMINATOR_LAYOUT}
SHAPES = {"generator": ([0, 16], [0, 16, 16, 1]), "discriminator": ([0, 16, 16, 1], [0, 1])}


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


class BuilderJudge:
    """Judges task 4.

    Parameters
    ----------
    forward : dict
        The scene with weights and inputs.
    results, errors : dict
        What came back.
    result : TaskResult
        Where the findings go.
    stack : str
        The libraries' versions, for error messages.
    """

    def __init__(
        self, forward: dict[str, Any], results: dict[str, Any], errors: dict[str, Any], result: TaskResult, stack: str
    ):
        self._forward = forward
        self._results = results
        self._errors = errors
        self._out = result
        self._stack = stack

    def judge(self) -> None:
        """Write a finding for every check."""
        if "builder" in self._errors:
            text = in_words(self._errors["builder"], self._stack)
            self._out.failed("builds", "builder_error", f"convolutional_GenDiscr() raised {text}")
            return
        found = self._results.get("builder")
        if not isinstance(found, dict):
            return
        layouts = found["layouts"]
        if found["count"] != 2 or len(layouts) != 2:
            self._out.failed(
                "builds",
                "not_two_networks",
                "convolutional_GenDiscr() does not return two Keras models: generator, then discriminator.",
            )
            return
        by_place = dict(zip(("generator", "discriminator"), layouts))
        swapped = all(
            layout["input"][1:] == SHAPES[other][0][1:]
            for layout, other in zip(layouts, ("discriminator", "generator"))
        )
        if swapped:
            self._out.failed(
                "builds",
                "order_swapped",
                "convolutional_GenDiscr() returns the discriminator first: the generator comes first.",
            )
            return
        self._out.passed("builds")
        names = [layout["name"] for layout in layouts]
        if names != ["generator", "discriminator"]:
            self._out.failed(
                "names",
                "names",
                "A network has another name: they are called 'generator' and 'discriminator', in the "
                "summaries and in stored weights.",
            )
        self._out.passed("names")
        if not found["fresh"]:
            self._out.failed(
                "fresh", "not_fresh", "Two calls return networks that share weights: each call builds fresh ones."
            )
        self._out.passed("fresh")
        for name, layout in by_place.items():
            self._judge_layout(name, layout)
        if "forward" in self._errors:
            text = in_words(self._errors["forward"], self._stack)
            self._out.failed("generator_function", "forward_error", f"A network could not be called: {text}")
            return
        for name in by_place:
            self._judge_function(name)

    def _judge_layout(self, name: str, layout: dict[str, Any]) -> None:
        key = f"{name}_layers"
        wanted = [(role, list(shape)) for role, shape in LAYOUTS[name]]
        found = [(role, list(shape)) for role, shape, _ in layout["weights"]]
        missing, surplus = _difference(wanted, found), _difference(found, wanted)
        if not missing and not surplus:
            inputs, outputs = SHAPES[name]
            if layout["input"][1:] != inputs[1:]:
                self._out.failed(key, "input_shape", f"The {name}'s input has another shape than the table's.")
            elif layout["output"][1:] != outputs[1:]:
                self._out.failed(
                    key,
                    "output_shape",
                    f"The {name}'s output has another shape than the table's, though its weights fit. "
                    "Look at padding, upsampling, pooling and reshaping.",
                )
            elif self._not_trainable(name, layout):
                self._out.failed(key, "not_trainable", f"Some of the {name}'s weights are frozen.")
            self._out.passed(key)
            return
        idea, text = _layout_mistake(name, missing, surplus)
        share = 0.5 if len(missing) + len(surplus) <= 4 else 0.0
        self._out.failed(key, idea, f"{text} Compare model.summary() with the table, row by row.", share)

    @staticmethod
    def _not_trainable(name: str, layout: dict[str, Any]) -> bool:
        return any(not trainable and not role.startswith("moving") for role, _, trainable in layout["weights"])

    def _judge_function(self, name: str) -> None:
        key = f"{name}_function"
        layers = self._out.findings[f"{name}_layers"]
        if layers.verdict == "fail":
            self._out.skipped(key, "Its layers are other ones than the table's.")
            return
        answers = self._results.get("forward", {}).get(name)
        if not answers:
            return
        weights = [np.asarray(array, np.float64) for _, array in self._forward[name]["weights"]]
        compute = generate if name == "generator" else discriminate
        designs = generator_designs() if name == "generator" else discriminator_designs()
        inputs = [np.asarray(array, np.float64) for array in self._forward[name]["inputs"]]

        def fits(design: Design, mode: int) -> bool:
            for x, found in zip(inputs, answers):
                # Most designs are told apart by a single row, where rows do not depend on each other.
                for some in (slice(1), slice(None)) if not mode else (slice(None),):
                    expected = compute(weights, x[some], design, bool(mode))
                    if found[mode][some].shape != expected.shape or not _close(found[mode][some], expected):
                        return False
            return True

        design = next((design for design in designs if fits(design, 0)), None)
        if design is None:
            self._out.failed(
                key,
                "function_other",
                f"The {name} has the table's weights and computes something else with them. "
                "Look at the order of its layers, at activations, padding, and how maps are resized.",
            )
        elif design.idea != "right":
            sentence = design.sentence + " Compare it with the table, row by row."
            self._out.failed(key, design.idea, sentence, 0.5)
        self._out.passed(key)
        if name == "discriminator":
            if design is not None and not fits(design, 1):
                self._out.failed(
                    key,
                    "dropout",
                    "The discriminator computes something else in training mode, as with dropout, which "
                    "the table does not have.",
                    0.5,
                )
                # A later finding may not replace an earlier one; this one replaces a pass.
            return
        if design is None:
            self._out.skipped("generator_training", "The generator's function could not be recognised.")
        elif not fits(design, 1):
            self._out.failed(
                "generator_training",
                "training_ignored",
                "In training mode the generator does not use the mean and "
                "variance of the batch it is shown. Look at its batch normalisation.",
            )
        self._out.passed("generator_training")


def _close(found: np.ndarray, expected: np.ndarray) -> bool:
    if not np.isfinite(found).all():
        return False
    return bool(np.linalg.norm(found - expected) <= 2e-3 * np.linalg.norm(expected) + 1e-5)


def _difference(first: list, second: list) -> list:
    left = list(second)
    missing = []
    for item in first:
        if item in left:
            left.remove(item)
        else:
            missing.append(item)
    return missing


def _turned(shape: list[int]) -> list[int]:
    return [*shape[:-2], shape[-1], shape[-2]]


def _layout_mistake(name: str, missing: list, surplus: list) -> tuple[str, str]:
    lost, extra = [role for role, _ in missing], [role for role, _ in surplus]
    norm = {"gamma", "beta", "moving_mean", "moving_variance"}
    if set(lost) & norm and not set(extra) & norm and "kernel" not in lost:
        return "batch_norm_missing", f"The {name} lacks a batch normalisation that the table has."
    if set(extra) & norm and not lost:
        words = "a batch normalisation that the table does not have"
        return "batch_norm_surplus", f"The {name} has {words}."
    if lost and set(lost) == {"bias"} and not extra:
        return "bias_missing", f"A layer of the {name} has no bias."
    kernels = [shape for role, shape in missing if role == "kernel"]
    others = [shape for role, shape in surplus if role == "kernel"]
    if len(kernels) < len(others):
        return "layer_surplus", f"The {name} has a layer that the table does not have."
    if len(kernels) > len(others):
        return "layer_missing", f"The {name} lacks a layer that the table has."
    if kernels and all(_turned(a) == b for a, b in zip(kernels, others)):
        return "transposed_convolution", f"The {name}'s convolutions are transposed ones: the table's are plain."
    if [len(shape) for shape in kernels] == [2] and others[0][0] > kernels[0][0]:
        return (
            "pooling_missing",
            f"The {name}'s last layer has more inputs than the table's: a pooling is missing.",
        )
    if kernels and all(len(a) == len(b) and a[-2:] == b[-2:] for a, b in zip(kernels, others)):
        return "kernel_size", f"The {name}'s convolutions have another kernel size than the table's."
    if kernels:
        return "channels", f"A layer of the {name} has another number of units or channels than the table's."
    return "layers_other", f"The {name}'s layers are other ones than the table's."
