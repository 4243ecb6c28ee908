"""Train every face generator of the course on the same faces for the same processor time, and compare the faces.

Each system has the settings of its lesson, or, if its lesson is about points, usual settings for pictures that were not
searched for. Learning rates fall linearly to 0 over the last part of the time. All faces are compared with faces that
no system has seen. The student learns from a teacher that was trained for hours, and whose time does not count.
*Floor*: the training faces against the same faces. *No GAN*: a Gaussian with mean and covariance of the training faces.

One thread makes processor time the time of one core, and machines with more cores comparable.

Run: TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1 python benchmarks/which_gan.py --seeds 0 1 2
     python benchmarks/which_gan.py --systems wide style --seconds 20
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.stored_weights import measure
from gankit import scripts
from gankit.faces import FACES_FILE, FaceScaling, load_faces

with scripts.quiet_start():
    from tensorflow import keras

from convolutional_gan import convolutional_GenDiscr
from gankit.datasets.baselines import gaussian
from gankit.datasets.captions import MOST_WORDS, VOCABULARY, captions_of, encode, truths
from gankit.models.adversarial import AdversarialModel
from gankit.networks import PICTURE_BUILDERS, LatentGenerator, growing_GenDiscr, set_contrast, small_GenDiscr
from gankit.networks.conditional import CONVOLUTIONAL
from gankit.networks.face_encoder import attribute_names, attribute_table
from gankit.networks.style import style_GenDiscr
from gankit.networks.wide_faces import wide_GenDiscr
from gankit.plots import rows_of_pictures
from gankit.stored_arrays import read_arrays
from gankit.training import Run
from gankit.training import conditional as conditional_training
from gankit.training import distillation as distillation_training
from gankit.training import growing as growing_training
from gankit.training.callbacks import ProcessorTime
from gankit.training.captions import KeptCaptions
from gankit.training.conditional_faces import HELD_OUT, Faces
from gankit.training.faces import KeptGenerator
from gankit.training.recipes import RECIPES
from labs import captions, conditional_gan, digits, distillation, progressive_growing, style_gan, transformer_gan
from pretrained_explorer import load_gan
from simple_gan import Simple_GAN
from wgan_clip import WGAN_clip
from wgan_gp import WGAN_GP

SIDE = 16
LATENT_DIMENSION = 64  # of the dense networks and the DCGAN
FACES_GENERATED = 10_000
STEPS_IN_ONE_CALL = 10
CALIBRATING = 20  # steps that measure how long one takes

# Tasks 1 to 3 learn points with other networks, so their settings for faces are those of the dense digits.
DENSE: dict[str, Any] = {"batch_size": 64, "disc_iter": 1, "learning_rate": 0.0002, "decay": 0.5, "averaging": 0.995}
PENALTY: dict[str, Any] = {**DENSE, "learning_rate": 0.001, "beta_1": 0.0, "beta_2": 0.9, "lambda_gp": 2.0}
# Task 5's settings for task 4's networks, for classes that have no penalty.
WITHOUT_PENALTY = {name: value for name, value in RECIPES["convolutional"].items() if name != "lambda_gp"}
NETWORK_SETTINGS = ("batch_size", "disc_iter", "learning_rate", "lambda_gp", "beta_1", "beta_2", "r1", "mixing")


class Clock(ProcessorTime):
    """Ends the training when the processor time is up; before, the learning rates fall linearly to 0.

    It must be the last callback, so that the time of the others counts.

    Parameters
    ----------
    seconds : float
        Processor time of the training.
    optimizers : sequence of keras.optimizers.Optimizer
        Their current learning rates are the initial ones.
    share : float
        Last part of the time, in which the rates fall, in [0, 1); with 0 they stay constant.
    """

    def __init__(self, seconds: float, optimizers: list[keras.optimizers.Optimizer], share: float):
        super().__init__(limit=seconds)
        self._seconds, self._optimizers, self._share = seconds, optimizers, share
        self._rates = [float(optimizer.learning_rate.numpy()) for optimizer in optimizers]

    def on_train_batch_begin(self, batch: int, logs: dict | None = None) -> None:
        """Set the rates of the next steps, and start the clock."""
        left = max(0.0, 1.0 - self.used / self._seconds)
        if left < self._share:
            for optimizer, rate in zip(self._optimizers, self._rates):
                optimizer.learning_rate.assign(rate * left / self._share)
        super().on_train_batch_begin(batch, logs)


@dataclass
class Contestant:
    """A model before its training, and how to make faces of it afterwards.

    Attributes
    ----------
    model : AdversarialModel
        What is trained.
    generate : callable
        Maps a number of faces to intensities in [0, 1], ``(n, 16, 16)``.
    callbacks : list
        What else belongs to the training.
    decay : float
        Last part of the time, in which the learning rates fall.
    steps : int
        The clock usually ends the training before this number of steps.
    """

    model: AdversarialModel
    generate: Callable[[int], np.ndarray]
    callbacks: list[keras.callbacks.Callback]
    decay: float
    steps: int = 1_000_000


def two_networks(
    gan_class: type,
    networks: tuple[keras.Model, keras.Model],
    scaling: FaceScaling,
    faces: np.ndarray,
    settings: dict[str, Any],
    seed: int,
) -> Contestant:
    """Set up a GAN of two networks on uint8 faces; the running mean of the generator's weights makes the faces."""
    generator, discriminator = networks
    gan = gan_class(
        generator,
        discriminator,
        LatentGenerator(generator.input_shape[-1], seed=seed),
        scaling.prepare(faces),
        **{name: settings[name] for name in NETWORK_SETTINGS if name in settings},
        seed=seed,
        decoding=scaling,
    )
    kept = KeptGenerator(gan, settings["averaging"], seed)
    return Contestant(gan, kept.generate, [kept], settings["decay"])


def of_pictures(gan_class: type, networks: str, settings: dict[str, Any]) -> Callable[..., Contestant]:
    """Return what sets up a GAN with one of the pairs for pictures of any side."""

    def build(faces: np.ndarray, seed: int, seconds: float) -> Contestant:
        pair = PICTURE_BUILDERS[networks](SIDE, LATENT_DIMENSION, seed)
        return two_networks(gan_class, pair, FaceScaling.symmetric(), faces, settings, seed)

    return build


def of_faces(gan_class: type, networks: Callable[..., Any], settings: dict[str, Any]) -> Callable[..., Contestant]:
    """Return what sets up a GAN with a pair that learns deviations from the mean face."""

    def build(faces: np.ndarray, seed: int, seconds: float) -> Contestant:
        pair = networks(seed)
        set_contrast(pair[0], settings["hidden_contrast"], settings["contrast"])
        return two_networks(gan_class, pair, FaceScaling.fit(faces), faces, settings, seed)

    return build


def style(faces: np.ndarray, seed: int, seconds: float) -> Contestant:
    """Set up the style-based generator."""
    settings: dict[str, Any] = {**style_gan.RECIPES["16"], "disc_iter": 1}
    pair = style_GenDiscr(SIDE, seed, settings["mapping_rate"])
    return two_networks(style_gan.Style_GAN, pair, FaceScaling.fit(faces), faces, settings, seed)


def conditional(faces: np.ndarray, seed: int, seconds: float) -> Contestant:
    """Set up the projection discriminator with attributes as conditions; new faces get conditions of the data."""
    recipe: dict[str, Any] = conditional_gan.RECIPES["faces"]
    subject = Faces()
    scaling = FaceScaling.symmetric()
    conditions = subject.train_conditions
    networks = conditional_gan.conditional_pair(
        "projection", subject.inner, SIDE, recipe["latents"], conditions.shape[1], seed
    )
    gan = conditional_gan.Conditional_GAN(
        *networks,
        LatentGenerator(recipe["latents"], seed=seed),
        scaling.prepare(faces)[..., None],
        conditions,
        **{name: recipe[name] for name in ("batch_size", "learning_rate", "beta_1", "beta_2", "r1", "mismatch")},
        seed=seed,
        decoding=scaling,
    )
    kept = conditional_training.KeptConditional(gan, subject, recipe["averaging"], seed)

    def generate(count: int) -> np.ndarray:
        return kept.generate(conditions[np.random.default_rng(seed).integers(len(conditions), size=count)])

    return Contestant(gan, generate, [kept], recipe["decay"])


def captioned(faces: np.ndarray, seed: int, seconds: float) -> Contestant:
    """Set up the GAN of captions. Faces get captions of their attributes; new ones get captions of the data."""
    recipe: dict[str, Any] = captions.RECIPES["default"]
    known = read_arrays(FACES_FILE)
    columns = attribute_table({name: known[name][: len(faces)] for name in known if known[name].ndim == 1}).T
    words = encode(captions_of(truths(dict(zip(attribute_names(), columns))), seed))
    scaling = FaceScaling.symmetric()
    gan = captions.Caption_GAN(
        *conditional_gan.conditional_pair(
            "projection", CONVOLUTIONAL, SIDE, recipe["latents"], captions.VECTOR_WIDTH, seed
        ),
        LatentGenerator(recipe["latents"], seed=seed),
        scaling.prepare(faces)[..., None],
        words,
        **{name: recipe[name] for name in ("batch_size", "learning_rate", "beta_1", "beta_2", "r1", "mismatch")},
        seed=seed,
        decoding=scaling,
        further={"text_encoder": captions.build_text_encoder(MOST_WORDS, len(VOCABULARY), seed)},
    )
    kept = KeptCaptions(gan, words, recipe["averaging"], seed)

    def generate(count: int) -> np.ndarray:
        return kept.generate(words[np.random.default_rng(seed).integers(len(words), size=count)])

    return Contestant(gan, generate, [kept], recipe["decay"])


def transformers(attention: str) -> Callable[..., Contestant]:
    """Return what sets up two transformers with this kind of attention."""

    def build(faces: np.ndarray, seed: int, seconds: float) -> Contestant:
        pair = transformer_gan.transformer_GenDiscr(attention, seed)
        return two_networks(WGAN_GP, pair, FaceScaling.fit(faces), faces, transformer_gan.RECIPE, seed)

    return build


def student(faces: np.ndarray, seed: int, seconds: float) -> Contestant:
    """Set up a student with a tenth of the weights of the stored wide generator, its teacher; both losses at once."""
    recipe = distillation.RECIPES["student"]
    teacher = load_gan(faces=faces, seed=seed)
    pair = small_GenDiscr(seed)
    set_contrast(pair[0], 1.0, 0.25)
    gan = distillation.Distilled_GAN(
        *pair,
        LatentGenerator(pair[0].input_shape[-1], seed=seed),
        teacher.decoding.prepare(faces),
        disc_iter=1,
        **{name: recipe[name] for name in ("batch_size", "learning_rate", "lambda_gp", "adversarial")},
        lessons=distillation_training.lessons(teacher, recipe["lessons"], seed),
        seed=seed,
        decoding=teacher.decoding,
    )
    kept = KeptGenerator(gan, recipe["averaging"], seed)
    return Contestant(gan, kept.generate, [kept], recipe["decay"])


def growing(faces: np.ndarray, seed: int, seconds: float) -> Contestant:
    """Set up networks that grow from 4x4 to 16x16; the plan fits into the time."""
    recipe = progressive_growing.RECIPE
    scaling = FaceScaling.symmetric()

    def build() -> progressive_growing.Progressive_GAN:
        networks = growing_GenDiscr(progressive_growing.LATENT_DIMENSION, progressive_growing.CHANNELS[:3], seed)
        return progressive_growing.Progressive_GAN(
            *networks,
            LatentGenerator(progressive_growing.LATENT_DIMENSION, seed=seed),
            scaling.prepare(faces),
            disc_iter=1,
            **{name: recipe[name] for name in NETWORK_SETTINGS if name in recipe},
            seed=seed,
            decoding=scaling,
        )

    steps = round(seconds / seconds_of_a_step(build(), growing_training.direct_plan(1, SIDE)))
    gan, plan = build(), growing_training.growth_plan(steps, recipe["fade"], SIDE)
    growth, kept = growing_training.Growth(gan, plan), growing_training.GrowingGenerator(gan, recipe["averaging"], seed)
    return Contestant(gan, kept.generate, [growth, kept], 0.0, growing_training.length(plan))


def seconds_of_a_step(gan: Any, plan: list[growing_training.Stage]) -> float:
    """Measure the processor time of a step; the first call, which makes the graph, does not count."""
    growing_training.Growth(gan, plan)
    gan.train_steps(CALIBRATING)
    clock = ProcessorTime()
    clock.on_train_batch_begin(0)
    gan.train_steps(CALIBRATING)
    clock.on_train_batch_end(CALIBRATING - 1)
    return clock.used / CALIBRATING


# By the names in the table of lessons/which_gan.md, in its order.
SYSTEMS: dict[str, Callable[[np.ndarray, int, float], Contestant]] = {
    "Simple_GAN, dense": of_pictures(Simple_GAN, "dense", DENSE),
    "WGAN_clip, dense": of_pictures(WGAN_clip, "dense", DENSE),
    "WGAN_GP, dense": of_pictures(WGAN_GP, "dense", PENALTY),
    "Simple_GAN, task 4": of_faces(Simple_GAN, convolutional_GenDiscr, WITHOUT_PENALTY),
    "WGAN_clip, task 4": of_faces(WGAN_clip, convolutional_GenDiscr, WITHOUT_PENALTY),
    "WGAN_GP, task 4": of_faces(WGAN_GP, convolutional_GenDiscr, RECIPES["convolutional"]),
    "WGAN_GP, wide": of_faces(WGAN_GP, wide_GenDiscr, RECIPES["fast"]),
    "DCGAN": of_pictures(digits.CrossEntropyGAN, "dcgan", digits.RECIPES["dcgan"]),
    "growing": growing,
    "conditional": conditional,
    "styles": style,
    "captions": captioned,
    "transformers": transformers("plain"),
    "transformers, efficient": transformers("efficient"),
    "student of the wide": student,
}


def compete(name: str, faces: np.ndarray, seed: int, seconds: float) -> tuple[np.ndarray, int]:
    """Train one system for this processor time; return its faces, ``(n, 16, 16)``, and the number of its steps."""
    contestant = SYSTEMS[name](faces, seed, seconds)
    clock = Clock(seconds, contestant.model.distinct_optimizers, contestant.decay)
    callbacks = [*contestant.callbacks, clock]
    Run().fit(contestant.model, 1, contestant.steps, title=name, callbacks=callbacks, steps_per_call=STEPS_IN_ONE_CALL)
    return contestant.generate(FACES_GENERATED), clock.steps_made


def main(arguments: list[str] | None = None) -> None:
    """Print the table, and write the measures and a picture with one row for each system."""
    parser = scripts.OneSentenceParser(prog="benchmarks/which_gan.py", description=__doc__.splitlines()[0])
    parser.add_argument("--systems", nargs="+", choices=list(SYSTEMS), default=list(SYSTEMS), metavar="NAME")
    parser.add_argument("--seeds", nargs="+", type=scripts.whole_number(0), default=[0], help="seeds (default: 0)")
    parser.add_argument("--seconds", type=scripts.positive, default=60.0, help="processor time of one training")
    parser.add_argument("--cnns", type=scripts.whole_number(1), default=1, help="CNNs to train; the median counts")
    parser.add_argument("--output", type=Path, default=Path("outputs/which_gan"), help="folder of the results")
    options: argparse.Namespace = parser.parse_args(arguments)
    faces = load_faces()
    faces, unseen = faces[:-HELD_OUT], faces[-HELD_OUT:] / np.float32(255)
    real = faces / np.float32(255)
    options.output.mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, Any]] = []
    shown: dict[str, np.ndarray] = {}
    with (options.output / "measures.jsonl").open("w", encoding="utf-8") as file:
        for seed in options.seeds:
            sets = {name: compete(name, faces, seed, options.seconds) for name in options.systems}
            sets["no GAN: a Gaussian"] = gaussian(real, FACES_GENERATED, seed), 0
            sets["floor: training faces"] = real, 0
            for name, (generated, steps) in sets.items():
                found = measure(generated, unseen, options.cnns)
                rows.append({"system": name, "seed": seed, "steps": steps, **found})
                file.write(json.dumps(rows[-1]) + "\n")
                file.flush()
                shown.setdefault(name, generated[:20])
    rows_of_pictures(shown).savefig(options.output / "faces.png", dpi=110, bbox_inches="tight")
    print(scripts.table(medians(rows)))


def medians(rows: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Return, for each system, the median of each measure over the seeds."""
    names = dict.fromkeys(row["system"] for row in rows)
    columns = [column for column in rows[0] if column not in ("system", "seed")]
    return {
        name: {column: float(np.median([row[column] for row in rows if row["system"] == name])) for column in columns}
        for name in names
    }


if __name__ == "__main__":
    scripts.run_script(main)
