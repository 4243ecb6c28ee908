"""Task 4: what a convolutional network may compute, as it should be written and as it usually is instead."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Union

import numpy as np

from gankit.grading.judge.hypotheses import Hypothesis, near
from gankit.grading.judge.networks import convolve_same, pool, rows, upsample_bilinear, upsample_nearest

ACTIVATIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "tanh": np.tanh,
    "linear": lambda x: x,
    "relu": lambda x: np.maximum(x, 0),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "leaky relu": lambda x: np.where(x > 0, x, 0.3 * x),
    "leaky relu of slope 0.2": lambda x: np.where(x > 0, x, 0.2 * x),
    "leaky relu of slope 0.01": lambda x: np.where(x > 0, x, 0.01 * x),
    "elu": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
    "selu": lambda x: 1.05070098 * np.where(x > 0, x, 1.67326324 * np.expm1(np.minimum(x, 0))),
    "swish": lambda x: x / (1 + np.exp(-x)),
    "softplus": lambda x: np.logaddexp(0, x),
    "tanh twice": lambda x: np.tanh(np.tanh(x)),
}
OTHER_ACTIVATIONS = [name for name in ACTIVATIONS if name not in ("tanh", "linear", "tanh twice")]
# How a generator's block doubles its maps and mixes them, and how a discriminator's halves them.
DOUBLING: dict[str, Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]] = {
    "right": lambda maps, kernel, bias: convolve_same(upsample_nearest(maps), kernel, bias),
    "bilinear": lambda maps, kernel, bias: convolve_same(upsample_bilinear(maps), kernel, bias),
    "after": lambda maps, kernel, bias: upsample_nearest(convolve_same(maps, kernel, bias)),
}
HALVING: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "right": lambda maps: pool(maps, "max"),
    "average": lambda maps: pool(maps, "average"),
    "stride": lambda maps: maps[:, 1::2, 1::2],
}
# A mistake in some blocks: its idea, its name in the sentence, and what it changes.
Change = tuple[str, str, dict[str, str]]


@dataclass(frozen=True)
class Question:
    """Inputs for a network with known weights, in one of its two modes."""

    weights: list[np.ndarray]
    inputs: np.ndarray
    training: bool


@dataclass(frozen=True)
class Block:
    """One upsampling or pooling block, as it may be written."""

    before: str = "linear"
    after: str = "tanh"
    resize: str = "right"


@dataclass(frozen=True)
class Generator:
    """A whole generator, as it may be written."""

    blocks: tuple[Block, ...] = (Block(),) * 3
    start: str = "tanh"
    epsilon: float = 1e-3

    def answer(self, asked: Question) -> np.ndarray:
        """Compute it."""
        weights = asked.weights
        start = ACTIVATIONS[self.start](asked.inputs @ weights[0] + weights[1])
        maps = start.reshape(len(start), 2, 2, 512)
        for number, block in enumerate(self.blocks):
            kernel, bias, gamma, beta, average, variance = weights[2 + 6 * number : 8 + 6 * number]
            maps = ACTIVATIONS[block.before](DOUBLING[block.resize](maps, kernel, bias))
            if asked.training:
                average, variance = maps.mean(axis=(0, 1, 2)), maps.var(axis=(0, 1, 2))
            maps = ACTIVATIONS[block.after](gamma * (maps - average) / np.sqrt(variance + self.epsilon) + beta)
        return maps


@dataclass(frozen=True)
class Discriminator:
    """A whole discriminator, as it may be written."""

    blocks: tuple[Block, ...] = (Block(),) * 4
    end: str = "linear"

    def answer(self, asked: Question) -> np.ndarray:
        """Compute it; it knows no difference between the modes."""
        maps, weights = asked.inputs, asked.weights
        for number, block in enumerate(self.blocks):
            maps = ACTIVATIONS[block.before](convolve_same(maps, weights[2 * number], weights[2 * number + 1]))
            maps = ACTIVATIONS[block.after](HALVING[block.resize](maps))
        return ACTIVATIONS[self.end](rows(maps) @ weights[8] + weights[9])


Design = Union[Generator, Discriminator]


@dataclass(frozen=True)
class Answer:
    """What a student's network answered to a question."""

    question: Question
    found: np.ndarray

    def fits(self, hypothesis: Hypothesis) -> bool:
        """Tell whether a hypothesis gives this answer."""
        # Most designs are told apart by a single row, where rows do not depend on each other.
        for some in (slice(1), slice(None)) if not self.question.training else (slice(None),):
            asked = replace(self.question, inputs=self.question.inputs[some])
            if not near(self.found[some], hypothesis.computed.answer(asked), 2e-3, 1e-5):
                return False
        return True


def _hypothesis(design: Design, idea: str = "", name: str = "", where: str = "") -> Hypothesis:
    network = type(design).__name__.lower()
    return Hypothesis(f"{network}_function", idea, design, {"network": network, "name": name, "where": where})


def _changed(design: Design, places: Sequence[int], change: dict[str, str]) -> Design:
    blocks = (replace(block, **change) if n in places else block for n, block in enumerate(design.blocks))
    return replace(design, blocks=tuple(blocks))


def _in_blocks(base: Design, changes: list[Change]) -> Iterator[Hypothesis]:
    count = len(base.blocks)
    for places, where in (
        (range(count), "in its blocks"),
        *(((last,), f"in block {last + 1} of {count}") for last in range(count)),
        (range(count - 1), "in all its blocks but the last"),
        (range(1, count), "in all its blocks but the first"),
    ):
        for idea, name, change in changes:
            yield _hypothesis(_changed(base, places, change), idea, name, where)


def generator_designs() -> list[Hypothesis]:
    """Return the right generator, a harmless variant of it, and the usual mistakes."""
    changes: list[Change] = [
        ("activation_missing", "", {"after": "linear"}),
        ("activation_before_norm", "", {"before": "tanh", "after": "linear"}),
        ("activation_twice", "tanh", {"before": "tanh"}),
        ("activation_twice", "relu", {"before": "relu"}),
        ("activation_twice", "tanh", {"after": "tanh twice"}),
        ("upsampling", "", {"resize": "bilinear"}),
        ("upsampling_order", "", {"resize": "after"}),
    ]
    for name in OTHER_ACTIVATIONS:
        changes.append(("activation", name, {"after": name}))
        changes.append(("activation", f"{name} before batch normalisation", {"before": name, "after": "linear"}))
    everywhere = Generator((Block(after="relu"),) * 3, start="relu")
    where_hidden = _changed(everywhere, (2,), {"after": "tanh"})
    return [
        _hypothesis(Generator()),
        _hypothesis(Generator(epsilon=1e-5)),
        _hypothesis(Generator(start="linear"), "dense_activation", "missing"),
        *(_hypothesis(Generator(start=name), "dense_activation", name) for name in OTHER_ACTIVATIONS),
        *_in_blocks(Generator(), changes),
        _hypothesis(everywhere, "activation", "relu", "everywhere"),
        _hypothesis(where_hidden, "activation", "relu", "where hidden"),
    ]


def discriminator_designs() -> list[Hypothesis]:
    """Return the right discriminators, linear or tanh at the end, and the usual mistakes."""
    changes: list[Change] = [
        ("activation_missing", "", {"after": "linear"}),
        ("activation_twice", "tanh", {"before": "tanh"}),
        ("pooling", "takes means of neighbours", {"resize": "average"}),
        ("pooling", "takes means of activated neighbours", {"resize": "average", "before": "tanh", "after": "linear"}),
        ("pooling", "has strides in its convolutions", {"resize": "stride"}),
    ]
    for name in OTHER_ACTIVATIONS:
        changes += [("activation", name, {"after": name}), ("activation_twice", name, {"before": name})]
    return [
        *(_hypothesis(Discriminator(end=end)) for end in ("linear", "tanh")),
        *(_hypothesis(Discriminator(end=end), "critic_bounded", end) for end in ("sigmoid", "relu")),
        *(found for end in ("linear", "tanh", "sigmoid") for found in _in_blocks(Discriminator(end=end), changes)),
    ]
