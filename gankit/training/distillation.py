"""Additions to a distillation: equal times, faces from the same latents, costs, and flows with few steps."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow import keras

from gankit.datasets.densities import Density
from gankit.faces.renderer import render_faces
from gankit.faces.scaling import FaceScaling
from gankit.memory import network_in_parts
from gankit.metrics.densities import point_quality
from gankit.models.gan import GAN
from gankit.networks.latents import LatentGenerator
from gankit.randomness import separate_seed
from gankit.training.faces import KeptGenerator
from gankit.training.rivals import FaceJudge

FACES_MEASURED, FACES_SHOWN = 5000, 20
FACES_TIMED, TIMES = 100, 15
# Each purpose has latents or data of its own.
UNSEEN, MEASURED, SHOWN, COMPARED, LESSONS = 1, 2, 3, 4, 5
# Processor time of a step by squared error alone, as a share of one with a discriminator: measured on one core.
COST = 0.35
LABELS = {
    "teacher": "teacher",
    "distilled": "squared error and adversarial loss",
    "squared_error": "squared error alone",
    "no_teacher": "GAN without a teacher",
    "real": "real (floor)",
}

REAL_POINTS, POINTS_MEASURED = 100_000, 5000
# Steps of the solver of order 4 that stand for a flow without errors of its solver.
EXACT_STEPS = 32
# The ways from latents to points.
WAYS = {"distilled": "distilled", "euler": "Euler", "order_4": "Runge-Kutta", "exact": "exact flow"}

Ways = Mapping[str, Mapping[int, np.ndarray]]


# ---------------------------------------------------------------- a smaller generator


def steps_of(name: str, steps: int) -> int:
    """Return the length of a training, so that all students take as long as twice ``steps`` steps with a discriminator.

    Those that begin with the squared error alone train for half of the time, and for the other half from there.
    """
    lengths = {"beginning": steps / COST, "distilled": steps, "squared_error": steps / COST, "no_teacher": 2 * steps}
    return round(lengths[name])


def unseen_faces(seed: int, count: int = FACES_MEASURED) -> np.ndarray:
    """Render faces that no network has seen: uint8, ``(count, 16, 16)``."""
    return render_faces(count, 16, separate_seed(seed, UNSEEN))[0]


def lessons(teacher: GAN, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Sample latents, ``(count, latent_dim)``, and let a generator draw its pictures of them, not decoded."""
    latents = teacher.require_latent_generator().reseeded(separate_seed(seed, LESSONS))(count)
    return latents.numpy(), network_in_parts(teacher.generator, 1000, latents)


class KeptStudent(KeptGenerator):
    """A student that is kept; the arguments are those of :class:`gankit.training.faces.KeptGenerator`.

    Attributes
    ----------
    seconds : float
        Processor time of its whole training; whoever trains it sets this.
    """

    seconds: float | None = None

    @property
    def network(self) -> keras.Model:
        """The network that draws the faces."""
        return self.averaged

    def draw(self, latents: tf.Tensor) -> np.ndarray:
        """Draw the faces of given latents, ``(n, latent_dim)``: intensities in [0, 1], ``(n, height, width)``."""
        return self._generate(latents)


class Taught:
    """A trained generator with the methods of :class:`KeptStudent`."""

    def __init__(self, gan: GAN):
        self.network, self._decoding = gan.generator, gan.decoding
        self.seconds: float | None = None

    def draw(self, latents: tf.Tensor) -> np.ndarray:
        """Draw the faces of given latents, ``(n, latent_dim)``: intensities in [0, 1], ``(n, height, width)``."""
        return self._decoding.recover(network_in_parts(self.network, 1000, latents))


Generators = Mapping[str, "KeptStudent | Taught"]


def latents_of(generators: Generators, count: int, seed: int) -> tf.Tensor:
    """Sample latents for all generators, ``(count, latent_dim)``."""
    network = next(iter(generators.values())).network
    return LatentGenerator(network.input_shape[-1], seed=seed)(count)


def same_latents(generators: Generators, seed: int, count: int = FACES_SHOWN) -> dict[str, np.ndarray]:
    """Return faces of every generator from the same latents, ``(count, height, width)``, by their labels."""
    latents = latents_of(generators, count, separate_seed(seed, SHOWN))
    return {LABELS[name]: each.draw(latents) for name, each in generators.items()}


def multiplications(network: keras.Model) -> int:
    """Count the multiplications by weights of dense layers and convolutions that one example takes.

    A convolution uses each weight once at every position of its output; taps that fall on the padding are counted.
    """
    count = 0
    for layer in network.layers:
        if isinstance(layer, (keras.layers.Dense, keras.layers.Conv2D)):
            places = layer.output.shape[1:-1] if isinstance(layer, keras.layers.Conv2D) else ()
            count += int(np.prod(layer.kernel.shape)) * int(np.prod(places))
    return count


def milliseconds(network: keras.Model, seed: int = 0) -> float:
    """Measure the processor time of one example in batches of 100: the median of 15 batches, in milliseconds."""
    latents = LatentGenerator(network.input_shape[-1], seed=seed)(FACES_TIMED)
    draw = tf.function(lambda: network(latents, training=False))
    draw()  # makes the graph
    times = []
    for _ in range(TIMES):
        started = time.process_time()
        draw()
        times.append(time.process_time() - started)
    return 1000 * float(np.median(times)) / FACES_TIMED


def unexplained(pictures: np.ndarray, wanted: np.ndarray) -> float:
    """Return the mean squared difference of ``(n, ...)`` from the wanted pictures, as a share of their variance."""
    return float(((pictures - wanted) ** 2).mean() / wanted.var(axis=0).mean())


def measure_students(generators: Generators, judge: FaceJudge, seed: int) -> dict[str, dict[str, float]]:
    """Compare generators, one of which is called ``teacher``, with unseen faces and with the teacher.

    Parameters
    ----------
    generators : mapping
        The generators by name. All get the same latents.
    judge : gankit.training.rivals.FaceJudge
        Holds the unseen faces.
    seed : int
        Seed of the latents.

    Returns
    -------
    dict of dict
        For each generator: the measures of the judge's ``compare``; ``unexplained``, the share of the teacher's
        variance that its faces do not explain; ``weights``, ``multiplications`` and ``milliseconds`` of a face;
        ``training_seconds`` if it was trained. ``real`` is the floor: faces of the training set.
    """
    latents = latents_of(generators, FACES_MEASURED, separate_seed(seed, MEASURED))
    wanted = generators["teacher"].draw(latents)
    rows: dict[str, dict[str, float]] = {}
    for name, each in generators.items():
        faces = wanted if name == "teacher" else each.draw(latents)
        rows[name] = {
            **judge.compare(faces),
            "unexplained": unexplained(faces, wanted),
            "weights": each.network.count_params(),
            "multiplications": multiplications(each.network),
            "milliseconds": milliseconds(each.network),
        }
        if each.seconds is not None:
            rows[name]["training_seconds"] = round(each.seconds, 1)
    return {**rows, "real": judge.floor}


# ---------------------------------------------------------------- a flow of fewer steps


def points_of(ways: Ways, scaling: FaceScaling) -> Ways:
    """Turn scaled points, ``(n, 2)`` for each way and number of evaluations, into those of the data."""
    return {
        way: {count: scaling.invert(np.asarray(points)) for count, points in by_count.items()}
        for way, by_count in ways.items()
    }


def measure_steps(ways: Ways, density: Density, seed: int) -> dict[str, dict[str, dict[str, float]]]:
    """Compare points that were made in several ways, from the same latents, with a density.

    Parameters
    ----------
    ways : mapping
        Points ``(n, 2)`` by the way and the number of times that a field was evaluated. The teacher's are those of
        ``euler`` with most evaluations.
    density : Density
        Where the points should come from.
    seed : int
        Seed of the real points.

    Returns
    -------
    dict
        For each way and number: the measures of :func:`gankit.metrics.densities.point_quality`, and ``from_teacher``,
        the root mean square distance from the teacher's points, as a share of their deviation. ``real`` is the floor.
    """
    seed = separate_seed(seed, COMPARED)
    teacher = ways["euler"][max(ways["euler"])]
    found = {
        way: {
            str(count): {
                **point_quality(points, density, len(points), seed),
                "from_teacher": float(np.sqrt(unexplained(points, teacher))),
            }
            for count, points in by_count.items()
        }
        for way, by_count in ways.items()
    }
    real = density.sample(len(teacher), seed + 1)
    return {**found, "real": {"0": point_quality(real, density, len(real), seed)}}


def tables(measures: Mapping[str, Any]) -> str:
    """Write the measures of one or both parts as lines of text."""
    lines = []
    if "student" in measures:
        lines.append(f"{'':51}pixels  features  unexplained   weights  multiplications   ms")
        for name, row in measures["student"].items():
            line = f"{LABELS[name]:50}{row['pixels']:7.3f}{row['features']:10.2f}"
            if "weights" in row:
                line += f"{row['unexplained']:13.3f}{row['weights']:10,}{row['multiplications']:17,}"
                line += f"{row['milliseconds']:5.2f}"
            lines.append(line)
    if "steps" in measures:
        lines.append(f"{'':22}evaluations  sliced Wasserstein  from the teacher")
        for way, by_count in measures["steps"].items():
            for count, row in by_count.items():
                line = f"{WAYS.get(way, 'real points (floor)'):22}{count:>11}{row['sliced_wasserstein']:20.4f}"
                lines.append(line + (f"{row['from_teacher']:18.3f}" if "from_teacher" in row else ""))
    return "\n".join(lines)
