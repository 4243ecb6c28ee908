"""Run recipes of the face generator with several seeds: Frechet distance over time, recall, and a CNN's accuracy.

`frechet_distance` is computed on pixels, `encoder_distance` on the encoder's features.

Faces are compared with those that `--hold-out` keeps back, or with those of `--against`, which no run has seen. With
`--hold-out 0` and without `--against`, they are compared with the training faces. `floor` is the Frechet distance of
the training faces to the same faces.

The time does not include generating and measuring faces. `--seconds` stops a longer recipe early, so its learning rates
do not reach 0. For recipes with a decay, give `--steps` instead.

Run: python benchmarks/compare_recipes.py --recipes fast --seeds 0 1 2
     python benchmarks/compare_recipes.py --recipes fast best --faces my_faces.npy --steps 600 --lambda-gp 10
     python benchmarks/compare_recipes.py --hold-out 0 --against unseen.npz
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import face_generator
from benchmarks.stored_weights import measure as compare
from gankit import scripts
from gankit.faces import FACES_FILE, FaceScaling, load_faces

with scripts.quiet_start():
    from tensorflow import keras

from convolutional_gan import convolutional_GenDiscr
from gankit import metrics
from gankit.networks import LatentGenerator, face_builder, set_contrast
from gankit.training import Run
from gankit.training import faces as training
from gankit.training.callbacks import FallingRates
from gankit.training.recipes import RECIPES
from gankit.training.threads import use_cores_side_by_side
from wgan_gp import WGAN_GP

FACES_MEASURED = 10_000
COLUMNS = (
    "recipe",
    "seed",
    "steps",
    "seconds",
    "frechet_distance",
    "floor",
    "encoder_distance",
    "precision",
    "recall",
    "coverage",
    "cnn",
)


class Curve(keras.callbacks.Callback):
    """Measures the Frechet distance at evenly spread steps, and stops training when the time is up.

    Parameters
    ----------
    kept : gankit.training.faces.KeptGenerator
        The generator to follow.
    real : numpy.ndarray
        Intensities in [0, 1], shape ``(n, height, width)``.
    steps, points : int
        Number of training steps, and of measurements.
    seconds : float, optional
        When to stop, in seconds of training.

    Attributes
    ----------
    rows : list of tuple
        Steps, seconds of training, Frechet distance.
    """

    def __init__(self, kept: Any, real: np.ndarray, steps: int, points: int, seconds: float | None):
        super().__init__()
        self._kept, self._real, self._limit = kept, real, seconds
        self._marks = [round(steps * (number + 1) / points) for number in range(points)]
        self.rows: list[tuple[int, float, float]] = []

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Start the clock."""
        self._started = time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Measure if a measurement is due."""
        seconds = time.perf_counter() - self._started
        over = self._limit is not None and seconds >= self._limit
        if over or (self._marks and batch + 1 >= self._marks[0]):
            self._marks = [mark for mark in self._marks if mark > batch + 1]
            distance = metrics.frechet_distance(self._kept.generate(FACES_MEASURED), self._real)
            self.rows.append((batch + 1, seconds, distance))
            self._started = time.perf_counter() - seconds
        if over:
            self.model.stop_training = True


def build(options: argparse.Namespace, faces: np.ndarray) -> WGAN_GP:
    """Return the untrained model that ``face_generator.py`` trains with these options."""
    use_cores_side_by_side()
    generator, discriminator = face_builder(options.networks, convolutional_GenDiscr)(seed=options.seed)
    set_contrast(generator, options.hidden_contrast, options.contrast)
    names = ("batch_size", "disc_iter", "learning_rate", "lambda_gp", "beta_1", "beta_2", "seed")
    scaling = FaceScaling.fit(faces)
    return WGAN_GP(
        generator,
        discriminator,
        LatentGenerator(generator.input_shape[-1], seed=options.seed),
        scaling.prepare(faces),
        **{name: getattr(options, name) for name in names},
        decoding=scaling,
    )


def measure(
    options: argparse.Namespace,
    faces: np.ndarray,
    points: int,
    seconds: float | None,
    cnns: int,
    against: np.ndarray | None = None,
) -> dict:
    """Train with the options and return the measures.

    Parameters
    ----------
    options : argparse.Namespace
        The options of ``face_generator.py``.
    faces : numpy.ndarray
        uint8, shape ``(n, 16, 16)``.
    points : int
        Number of measurements during training, including the last one.
    seconds : float, optional
        Training stops after this time.
    cnns : int
        Number of CNNs to train; the result is the median of their accuracies.
    against : numpy.ndarray, optional
        Faces to compare with, in the form of ``faces``; by default, those that are kept back.
    """
    faces, held_out = training.hold_out(faces, options.hold_out, options.seed)
    if against is None:
        against = held_out if len(held_out) else faces
    real = against.astype(np.float32) / 255
    gan = build(options, faces)
    kept = training.KeptGenerator(gan, options.averaging, options.seed)
    rates = FallingRates(gan.distinct_optimizers, options.steps, options.decay)
    curve = Curve(kept, real, options.steps, points, seconds)
    most = training.steps_per_call(options.steps)
    Run().fit(gan, 1, options.steps, title="Faces", callbacks=[kept, rates, curve], steps_per_call=most)
    generated = kept.generate(FACES_MEASURED)
    steps, spent, _ = curve.rows[-1]
    return {
        "recipe": options.recipe,
        "seed": options.seed,
        "steps": steps,
        "seconds": round(spent, 1),
        "floor": round(metrics.frechet_distance(faces / np.float32(255), real), 3),
        **{name: round(value, 3) for name, value in compare(generated, real, cnns).items()},
        "curve": [(step, round(when, 1), round(distance, 3)) for step, when, distance in curve.rows],
    }


def main(arguments: list[str] | None = None) -> None:
    """Print the table and write it."""
    parser = scripts.OneSentenceParser(
        prog="benchmarks/compare_recipes.py",
        description=__doc__.splitlines()[0],
        epilog="All other options are those of face_generator.py: --steps 600, --lambda-gp 10, ...",
        allow_abbrev=False,
    )
    parser.add_argument("--recipes", nargs="+", choices=RECIPES, default=["fast"], help="recipes (default: fast)")
    parser.add_argument("--seeds", nargs="+", type=scripts.whole_number(0), default=[0], help="seeds (default: 0)")
    parser.add_argument("--faces", type=Path, default=FACES_FILE, help="faces, .npy or .npz (default: the project's)")
    parser.add_argument("--against", type=Path, help="faces to compare with (default: those kept back)")
    parser.add_argument("--seconds", type=scripts.positive, help="stop after this many seconds of training")
    parser.add_argument("--points", type=scripts.whole_number(1), default=4, help="measurements per run (default: 4)")
    parser.add_argument("--cnn-seeds", type=scripts.whole_number(0), default=1, help="CNNs to train (default: 1)")
    parser.add_argument("--output", type=Path, default=Path("outputs/recipes.jsonl"), help="file for the measures")
    options, others = parser.parse_known_args(arguments)
    settings = [
        scripts.FaceCommandLine(face_generator.__doc__).parse_args([*others, "--recipe", recipe, "--seed", str(seed)])
        for recipe in options.recipes
        for seed in options.seeds
    ]
    faces = load_faces(options.faces, fewest=20)
    against = None if options.against is None else load_faces(options.against, fewest=20)
    with scripts.output_file(options.output) as partial, partial.open("w", encoding="utf-8") as file:
        rows = []
        for each in settings:
            row = measure(each, faces, options.points, options.seconds, options.cnn_seeds, against)
            rows.append(row)
            file.write(json.dumps({**row, "others": others}) + "\n")
            file.flush()
        for row in [dict(zip(COLUMNS, COLUMNS)), *rows]:
            print("  ".join(f"{row[column]!s:>{max(7, len(column))}}" for column in COLUMNS))
        for row in rows:
            print(f"{row['recipe']}, seed {row['seed']}, steps / seconds / distance:", *row["curve"])
    print(f"The measures are in {options.output}.")


if __name__ == "__main__":
    scripts.run_script(main)
