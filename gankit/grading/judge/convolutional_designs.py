"""Task 4: what a convolutional network may compute, as it should be written and as it usually is instead."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

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


@dataclass(frozen=True)
class Block:
    """One upsampling or pooling block, as it may be written."""

    before: str = "linear"
    after: str = "tanh"
    resize: str = "right"


@dataclass(frozen=True)
class Design:
    """A whole network, as it may be written, and what it means to find this one."""

    blocks: tuple[Block, ...]
    end: str = "linear"
    start: str = "tanh"
    epsilon: float = 1e-3
    idea: str = "right"
    sentence: str = ""


def generate(weights: list[np.ndarray], latents: np.ndarray, design: Design, training: bool) -> np.ndarray:
    """Compute a generator of this design."""
    maps = ACTIVATIONS[design.start](latents @ weights[0] + weights[1]).reshape(len(latents), 2, 2, 512)
    for number, block in enumerate(design.blocks):
        kernel, bias, gamma, beta, average, variance = weights[2 + 6 * number : 8 + 6 * number]
        maps = ACTIVATIONS[block.before](DOUBLING[block.resize](maps, kernel, bias))
        if training:
            average, variance = maps.mean(axis=(0, 1, 2)), maps.var(axis=(0, 1, 2))
        maps = ACTIVATIONS[block.after](gamma * (maps - average) / np.sqrt(variance + design.epsilon) + beta)
    return maps


def discriminate(weights: list[np.ndarray], pictures: np.ndarray, design: Design, training: bool) -> np.ndarray:
    """Compute a discriminator of this design; it knows no difference between the modes."""
    maps = pictures
    for number, block in enumerate(design.blocks):
        maps = ACTIVATIONS[block.before](convolve_same(maps, weights[2 * number], weights[2 * number + 1]))
        maps = ACTIVATIONS[block.after](HALVING[block.resize](maps))
    return ACTIVATIONS[design.end](rows(maps) @ weights[8] + weights[9])


def _changed(design: Design, places: tuple[int, ...], idea: str, sentence: str, **changes: str) -> Design:
    blocks = tuple(replace(b, **changes) if n in places else b for n, b in enumerate(design.blocks))
    return replace(design, blocks=blocks, idea=idea, sentence=sentence)


def _places(count: int) -> Iterator[tuple[tuple[int, ...], str]]:
    yield tuple(range(count)), "in its blocks"
    for last in range(count):
        yield (last,), f"in block {last + 1} of {count}"
    yield tuple(range(count - 1)), "in all its blocks but the last"
    yield tuple(range(1, count)), "in all its blocks but the first"


OTHER_ACTIVATIONS = [name for name in ACTIVATIONS if name not in ("tanh", "linear", "tanh twice")]


def generator_designs() -> list[Design]:
    """Return the right generator, harmless variants of it, and the usual mistakes."""
    right = Design(tuple(Block() for _ in range(3)))
    designs = [right, replace(right, epsilon=1e-5)]
    for start in ("linear", *OTHER_ACTIVATIONS):
        what = "has no activation" if start == "linear" else f"has {start} as its activation"
        designs.append(
            replace(right, start=start, idea="dense_activation", sentence=f"The generator's dense layer {what}.")
        )
    for places, where in _places(3):
        designs += [
            _changed(
                right, places, "activation_missing", f"The generator lacks an activation {where}.", after="linear"
            ),
            _changed(
                right,
                places,
                "activation_before_norm",
                f"The generator's activation stands before batch normalisation {where}: it belongs behind it.",
                before="tanh",
                after="linear",
            ),
            _changed(
                right,
                places,
                "activation_twice",
                f"The generator applies tanh twice {where}: in the convolution and after batch normalisation.",
                before="tanh",
            ),
            _changed(
                right,
                places,
                "activation_twice",
                f"The generator applies an activation before and after batch normalisation {where}.",
                before="relu",
            ),
            _changed(
                right, places, "activation_twice", f"The generator applies tanh twice {where}.", after="tanh twice"
            ),
            _changed(
                right,
                places,
                "upsampling",
                f"The generator's upsampling interpolates {where}: it should repeat pixels.",
                resize="bilinear",
            ),
            _changed(
                right,
                places,
                "upsampling_order",
                f"The generator convolves before it upsamples {where}: upsampling comes first.",
                resize="after",
            ),
        ]
        for name in OTHER_ACTIVATIONS:
            designs.append(
                _changed(
                    right,
                    places,
                    "activation",
                    f"The generator has {name} {where}, where the table has another activation.",
                    after=name,
                )
            )
            designs.append(
                _changed(
                    right,
                    places,
                    "activation",
                    f"The generator has {name} before batch normalisation {where}, and none behind it.",
                    before=name,
                    after="linear",
                )
            )
    everywhere = _changed(right, (0, 1, 2), "activation", "The generator has relu everywhere.", after="relu")
    designs += [
        replace(everywhere, start="relu"),
        replace(
            _changed(everywhere, (2,), "activation", "The generator has relu in its hidden layers.", after="tanh"),
            start="relu",
        ),
    ]
    return designs


def discriminator_designs() -> list[Design]:
    """Return the right discriminators, linear or tanh at the end, and the usual mistakes."""
    right = Design(tuple(Block() for _ in range(4)))
    designs = [right, replace(right, end="tanh")]
    for end in ("sigmoid", "relu"):
        designs.append(
            replace(
                right,
                end=end,
                idea="critic_bounded",
                sentence=f"The discriminator ends in {end}: a score may have either sign, and is not a probability.",
            )
        )
    for end in ("linear", "tanh", "sigmoid"):
        base = replace(right, end=end)
        for places, where in _places(4):
            designs += [
                _changed(
                    base,
                    places,
                    "activation_missing",
                    f"The discriminator lacks an activation {where}.",
                    after="linear",
                ),
                _changed(
                    base,
                    places,
                    "activation_twice",
                    f"The discriminator applies tanh twice {where}: once in the convolution and once after pooling.",
                    before="tanh",
                ),
                _changed(
                    base,
                    places,
                    "pooling",
                    f"The discriminator takes means of neighbours {where}, where the largest is asked for.",
                    resize="average",
                ),
                _changed(
                    base,
                    places,
                    "pooling",
                    f"The discriminator takes means of neighbours {where}, and of activated values.",
                    resize="average",
                    before="tanh",
                    after="linear",
                ),
                _changed(
                    base,
                    places,
                    "pooling",
                    f"The discriminator's convolution takes strides {where}, where the largest "
                    "of four neighbours is asked for.",
                    resize="stride",
                ),
            ]
            for name in OTHER_ACTIVATIONS:
                other = f"The discriminator has {name} {where}, where the table has another activation."
                both = f"The discriminator has {name} in the convolution and tanh after pooling {where}."
                designs += [
                    _changed(base, places, "activation", other, after=name),
                    _changed(base, places, "activation_twice", both, before=name),
                ]
    return designs
