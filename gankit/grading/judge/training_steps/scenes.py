"""The inputs of tasks 1 to 3: networks, batches and settings in which no mistake can hide, drawn anew each run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from gankit.grading.judge.networks import Perceptron, glorot_like

FIT_EPOCHS, FIT_STEPS = 2, 3
FITTING = {"epochs": FIT_EPOCHS, "steps_per_epoch": FIT_STEPS}


@dataclass(frozen=True)
class Network:
    """A network that the judge supplies: how it is computed, if it is, its trainable weights, all weights' shapes."""

    computed: Perceptron | None
    trainable: list[int]
    shapes: list[tuple[int, ...]]

    @property
    def perceptron(self) -> Perceptron:
        """How it is computed, for networks that are."""
        assert self.computed is not None
        return self.computed


@dataclass(frozen=True)
class Scene:
    """A scene to play, and what the judge needs to read the answer."""

    request: dict[str, Any]
    networks: dict[str, Network]
    batch_size: int = 0
    disc_iter: int = 0
    learning_rate: float = 0.0
    lambda_gp: float = 0.0
    example: tuple[int, ...] = ()


def _dense(random: np.random.Generator, shape: tuple[int, ...], widths: list[int], last: str) -> tuple[dict, Network]:
    """A perceptron whose input, of any shape, is flattened."""
    activations = ["tanh"] * (len(widths) - 2) + [last]
    layers: list[Any] = [["flatten"]] if len(shape) > 1 else []
    layers += [["dense", units, name] for units, name in zip(widths[1:], activations)]
    weights = glorot_like(random, widths)
    network = Network(Perceptron(tuple(activations)), list(range(len(weights))), [w.shape for w in weights])
    return {"input": list(shape), "layers": layers, "weights": weights}, network


def _reach_beyond_the_box(random: np.random.Generator, weights: list[np.ndarray]) -> None:
    """Put some entries of every array outside [-1, 1], on both sides."""
    for array in weights:
        flat = array.reshape(-1)
        places = random.permutation(len(flat))
        flat[places[0]] = random.choice([-1, 1]) * random.uniform(1.15, 1.4)
        if len(flat) > 2:
            flat[places[1]] = -np.sign(flat[places[0]]) * random.uniform(1.15, 1.4)


def _shows_all(scores: tuple[np.ndarray, np.ndarray], sign: int, wide: bool) -> bool:
    """Tell whether scores (of real, of fake) set every formula apart from its usual mistakes.

    Real examples have to score higher (sign 1) or lower (-1) than fakes, and fakes on average have the other sign: by
    so much, where the critic is linear, that batches show it too, and with scores on both sides of both targets.
    """
    real, fake = scores
    apart, other_side = sign * (real.mean() - fake.mean()), -sign * fake.mean()
    if not wide:
        return bool(apart > 0.15 and other_side > 0.1)
    spread = max(real.std(), fake.std())
    reaching = np.mean(fake > 1) > 0.08 and np.mean(fake < -1) > 0.08
    return bool(apart > 0.4 * spread and other_side > 0.7 * fake.std() and reaching)


class SceneMaker:
    """Makes the scenes of one task, named by its class; all inputs come from the generator of random numbers."""

    def __init__(self, class_name: str, random: np.random.Generator):
        self._class = class_name
        self._random = random

    def make(self) -> dict[str, Scene]:
        """Return all scenes by name, those with points first."""
        scenes = {
            "attributes": self._attributes(),
            "defaults": self._attributes(defaults=True),
            "points": self._training((3,), 8, 3, 0.02, 3.7, sign=1, last="linear"),
            "pictures": self._training((3, 3), 5, 1, 0.003, 0.6, sign=-1, last="tanh"),
            "samplers": self._scene("samplers", self._networks((3,)), 40, 6, 1.0, size=30),
            "modes": self._modes(),
            # Enough rows for a class that lets Keras walk through them in batches of 32.
            "fit": self._scene("fit", self._networks((3,)), 32 * FIT_EPOCHS * FIT_STEPS + 32, 6, 2.0, **FITTING),
            "float64": self._training((3,), 4, 1, 0.01, 2.0, steps=1, dtype=np.float64),
            "few": self._training((3,), 8, 1, 0.01, 2.0, steps=1, count=5),
            "no_channel": self._training((3, 3), 4, 1, 0.01, 2.0, steps=1, channel=True),
        }
        if self._class == "WGAN_GP":
            scenes["dead"] = self._training((3,), 4, 2, 0.01, 2.0, steps=1, dead=True)
        for name, scene in scenes.items():
            scene.request["name"] = name
        return scenes

    def short(self) -> dict[str, Any]:
        """Return a single training step, to see that the class works at all."""
        return {**self._training((3,), 4, 1, 0.01, 2.0, steps=1).request, "name": "short"}

    def _arguments(self, *values: float) -> list[Any]:
        return list(values if self._class == "WGAN_GP" else values[:3])

    def _networks(
        self, example: tuple[int, ...], last: str = "linear", channel: bool = False, hidden: bool = False
    ) -> tuple[dict, dict]:
        """Make both networks: with a hidden layer where gradients are to be told apart, else as small as can be."""
        size = int(np.prod(example))
        shape = (*example, 1) if channel else example
        generator, generator_network = _dense(self._random, (2,), [2, 5, size] if hidden else [2, size], "linear")
        if len(shape) > 1:
            generator["layers"].append(["reshape", list(shape)])
        discriminator, discriminator_network = _dense(self._random, shape, [size, 6, 1] if hidden else [size, 1], last)
        latents = self._random.standard_normal((400, 2)).astype(np.float32)
        request = {"class": self._class, "generator": generator, "discriminator": discriminator, "latents": latents}
        return request, {"generator": generator_network, "discriminator": discriminator_network}

    def _real(self, count: int, example: tuple[int, ...]) -> np.ndarray:
        return (0.4 + 0.8 * self._random.standard_normal((count, *example))).astype(np.float32)

    def _scene(
        self, kind: str, made: tuple[dict, dict], count: int, batch_size: int, weight: float, **settings: Any
    ) -> Scene:
        request, networks = made
        arguments = self._arguments(batch_size, 1, 0.01, weight)
        request.update(kind=kind, real=self._real(count, (3,)), arguments=arguments, **settings)
        return Scene(request, networks, batch_size, 1)

    def _training(
        self,
        example: tuple[int, ...],
        batch_size: int,
        disc_iter: int,
        rate: float,
        weight: float,
        sign: int = 1,
        last: str = "linear",
        steps: int = 2,
        count: int = 40,
        dtype: type = np.float32,
        channel: bool = False,
        dead: bool = False,
    ) -> Scene:
        real = self._real(count, example)
        while True:
            request, networks = self._networks(example, last, channel, hidden=steps > 1)
            generator, discriminator = request["generator"]["weights"], request["discriminator"]["weights"]
            if last == "linear":
                discriminator[-2] *= 3
            for weights in (generator, discriminator):
                _reach_beyond_the_box(self._random, weights)
            g, d = ([w.astype(np.float64) for w in weights] for weights in (generator, discriminator))
            critic = networks["discriminator"].perceptron
            fake = networks["generator"].perceptron.forward(g, request["latents"])
            scores = critic.forward(d, real), critic.forward(d, fake)
            if steps == 1 or _shows_all(scores, sign, wide=last == "linear"):
                break
        if dead:
            discriminator[0][:] = 0
        request.update(
            kind="train",
            real=real.astype(dtype),
            decoy=self._real(batch_size, example),
            steps=steps,
            arguments=self._arguments(batch_size, disc_iter, rate, weight),
        )
        return Scene(request, networks, batch_size, disc_iter, rate, weight, example)

    def _modes(self) -> Scene:
        """Networks with batch normalisation and dropout, whose statistics lie outside the box."""
        request: dict[str, Any] = {"class": self._class}
        networks = {}
        for name, widths in (("generator", (2, 5, 3)), ("discriminator", (3, 6, 1))):
            inputs, hidden, outputs = widths
            norm = [np.ones(hidden), np.zeros(hidden), np.zeros(hidden), np.full(hidden, 2.5)]
            drawn = [glorot_like(self._random, list(pair)) for pair in (widths[:2], widths[1:])]
            weights = [np.asarray(array, np.float32) for array in [*drawn[0], *norm, *drawn[1]]]
            middle = [["batch_norm"], ["dropout", 0.5]]
            layers = [["dense", hidden, "tanh"], *middle, ["dense", outputs, "linear"]]
            request[name] = {"input": [inputs], "layers": layers, "weights": weights}
            networks[name] = Network(None, [0, 1, 2, 3, 6, 7], [array.shape for array in weights])
        request["latents"] = self._random.standard_normal((200, 2)).astype(np.float32)
        scene = self._scene("train", (request, networks), 40, 8, 2.0, steps=1)
        request["decoy"] = self._real(8, (3,))
        return scene

    def _attributes(self, defaults: bool = False) -> Scene:
        request, networks = self._networks((3,))
        rate = round(float(self._random.uniform(0.001, 0.01)), 5)
        weight = round(float(self._random.uniform(1, 9)), 3)
        # No value is another one's, so that arguments in a wrong order show.
        batch_size, disc_iter = int(self._random.integers(10, 30)), int(self._random.integers(3, 8))
        arguments = [] if defaults else self._arguments(batch_size, disc_iter, rate, weight)
        names = ["batch_size", "disc_iter", "learning_rate", "beta_1", "beta_2"]
        names += ["lambda_gp"] if self._class == "WGAN_GP" else []
        request.update(kind="attributes", real=self._real(40, (3,)), arguments=arguments, names=names)
        return Scene(request, networks, batch_size, disc_iter, rate, weight)
