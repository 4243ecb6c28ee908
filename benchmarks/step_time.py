"""Time of a training step of this project, compared with a plain Keras implementation on the same TensorFlow.

There are two tables: the convolutional WGAN-GP step, called as a compiled function, and the point-cloud steps of the
three GANs through ``fit``. The plain side is a typical first implementation: Keras's own layers, random numbers of
``tf.random``, and the default ``fit``. Both sides take turns, so that other work on the machine slows both. The times
are medians of the repeats, and the ratio is the median of the ratios of neighbouring turns. The table also gives the
fastest turns. ``--torch`` adds a column for the convolutional step in PyTorch, which may be installed for another
Python.

Run: python benchmarks/step_time.py
     python benchmarks/step_time.py --only convolutional --torch PYTHON
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from gankit import scripts

with scripts.quiet_start():
    import tensorflow as tf
    from tensorflow import keras

from convolutional_gan import convolutional_GenDiscr
from gankit.datasets import point_clouds
from gankit.errors import InputError
from gankit.networks.fully_connected import fully_connected_GenDiscr
from gankit.networks.latents import LatentGenerator
from simple_gan import Simple_GAN
from wgan_clip import WGAN_clip
from wgan_gp import WGAN_GP

TABLES = ("convolutional", "points")
CONVOLUTIONAL = ((200, 2), (64, 2), (32, 1))  # batch size, disc_iter
CONVOLUTIONAL_RATE = 0.0001
CLOUDS = {"circle": [1, 10, 10, 2], "four_clouds": [2, 10, 10, 5], "corner_cloud": [49, 98, 98, 49]}
LATENT_DIMENSION = 16


def plain_networks() -> tuple[keras.Model, keras.Model]:
    """Return the networks of task 4, made of Keras's own layers."""
    generator = [keras.layers.Dense(2048, activation="tanh"), keras.layers.Reshape((2, 2, 512))]
    for channels in (64, 16, 1):
        generator += [
            keras.layers.UpSampling2D(),
            keras.layers.Conv2D(channels, 3, padding="same"),
            keras.layers.BatchNormalization(),
            keras.layers.Activation("tanh"),
        ]
    discriminator = []
    for channels in (32, 64, 128, 256):
        discriminator += [
            keras.layers.Conv2D(channels, 3, padding="same"),
            keras.layers.MaxPooling2D(),
            keras.layers.Activation("tanh"),
        ]
    discriminator += [keras.layers.Flatten(), keras.layers.Dense(1)]
    return (
        keras.Sequential([keras.Input((LATENT_DIMENSION,)), *generator]),
        keras.Sequential([keras.Input((16, 16, 1)), *discriminator]),
    )


def plain_dense_networks(widths: list[int]) -> tuple[keras.Model, keras.Model]:
    """Return the networks of tasks 1 to 3, made of Keras's own layers."""
    generator = [keras.layers.Dense(width, activation="tanh") for width in widths[1:-1]]
    generator.append(keras.layers.Dense(widths[-1], activation="sigmoid"))
    discriminator = [keras.layers.Dense(width, activation="tanh") for width in [*widths[-2:0:-1], 1]]
    return (
        keras.Sequential([keras.Input((widths[0],)), *generator]),
        keras.Sequential([keras.Input((widths[-1],)), *discriminator]),
    )


class PlainGAN(keras.Model):
    """The three training steps of the course in a typical first implementation; `kind` chooses one."""

    def __init__(
        self,
        kind: type,
        generator: keras.Model,
        discriminator: keras.Model,
        real_examples: np.ndarray,
        batch_size: int,
        disc_iter: int,
        learning_rate: float,
    ):
        super().__init__()
        self.kind = kind.__name__
        self.generator = generator
        self.discriminator = discriminator
        self.real_examples = tf.constant(real_examples)
        self.batch_size = batch_size
        self.disc_iter = disc_iter
        self.latent_dimension = generator.input_shape[-1]
        self.generator_optimizer = keras.optimizers.Adam(learning_rate, kind.beta_1, kind.beta_2)
        self.discriminator_optimizer = keras.optimizers.Adam(learning_rate, kind.beta_1, kind.beta_2)
        self.generator_optimizer.build(generator.trainable_variables)
        self.discriminator_optimizer.build(discriminator.trainable_variables)
        self.compile()

    def fake(self) -> tf.Tensor:
        """Sample latents and generate examples."""
        return self.generator(tf.random.normal((self.batch_size, self.latent_dimension)), training=True)

    def penalty(self, real: tf.Tensor, fake: tf.Tensor) -> tf.Tensor:
        """Return the gradient penalty of WGAN-GP."""
        u = tf.random.uniform([self.batch_size] + [1] * (len(real.shape) - 1))
        mixed = u * real + (1 - u) * fake
        with tf.GradientTape() as tape:
            tape.watch(mixed)
            scores = self.discriminator(mixed, training=True)
        gradients = tf.reshape(tape.gradient(scores, mixed), [self.batch_size, -1])
        norms = tf.sqrt(tf.reduce_sum(gradients**2, axis=1) + 1e-12)
        return tf.reduce_mean((norms - 1) ** 2)

    def train_step(self, _: object) -> dict[str, tf.Tensor]:
        """Update D `disc_iter` times, then G."""
        losses = {}
        for _ in range(self.disc_iter):
            rows = tf.random.shuffle(tf.range(len(self.real_examples)))[: self.batch_size]
            real, fake = tf.gather(self.real_examples, rows), self.fake()
            with tf.GradientTape() as tape:
                real_scores = self.discriminator(real, training=True)
                fake_scores = self.discriminator(fake, training=True)
                if self.kind == "Simple_GAN":
                    loss = tf.reduce_mean((real_scores - 1) ** 2) + tf.reduce_mean((fake_scores + 1) ** 2)
                else:
                    loss = tf.reduce_mean(fake_scores) - tf.reduce_mean(real_scores)
                losses["discr_loss"] = loss
                if self.kind == "WGAN_GP":
                    losses["gp"] = self.penalty(real, fake)
                    loss += 10 * losses["gp"]
            variables = self.discriminator.trainable_variables
            self.discriminator_optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
            if self.kind == "WGAN_clip":
                for variable in variables:
                    variable.assign(tf.clip_by_value(variable, -1, 1))
        with tf.GradientTape() as tape:
            fake_scores = self.discriminator(self.fake(), training=True)
            if self.kind == "Simple_GAN":
                losses["gen_loss"] = tf.reduce_mean((fake_scores - 1) ** 2)
            else:
                losses["gen_loss"] = -tf.reduce_mean(fake_scores)
        variables = self.generator.trainable_variables
        self.generator_optimizer.apply_gradients(zip(tape.gradient(losses["gen_loss"], variables), variables))
        return losses


def convolutional_steps(batch_size: int, disc_iter: int) -> dict[str, Callable[[], object]]:
    """Return functions that each make one convolutional WGAN-GP step."""
    examples = np.random.default_rng(0).uniform(-1, 1, (10_000, 16, 16, 1)).astype(np.float32)
    settings = {"batch_size": batch_size, "disc_iter": disc_iter, "learning_rate": CONVOLUTIONAL_RATE}
    plain = PlainGAN(WGAN_GP, *plain_networks(), examples, **settings)
    ours = WGAN_GP(
        *convolutional_GenDiscr(seed=0), LatentGenerator(LATENT_DIMENSION, seed=0), examples, **settings, seed=0
    )

    def compiled(gan: keras.Model) -> Callable[[], object]:
        step = tf.function(lambda: gan.train_step(None))
        return lambda: step()["gen_loss"].numpy()

    return {"plain": compiled(plain), "ours": compiled(ours)}


@contextlib.contextmanager
def torch_step(python: str, batch_size: int, disc_iter: int, learning_rate: float) -> Iterator[Callable[[], object]]:
    """Yield a function that makes the same step in PyTorch, in a process of the given Python."""
    numbers = (batch_size, disc_iter, learning_rate, WGAN_GP.beta_1, WGAN_GP.beta_2)
    script = str(Path(__file__).with_name("torch_step.py"))
    command = [python, "-W", "ignore", script, *map(str, numbers)]
    # Waiting threads must not take processor time from the other side.
    options = {"env": {**os.environ, "OMP_WAIT_POLICY": "PASSIVE"}, "text": True}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, **options) as process:

        def answer() -> str:
            line = process.stdout.readline()
            if not line:
                raise InputError(f"{python} cannot run {script}; --torch needs a Python that has PyTorch.")
            return line

        print(f"  beside {answer().strip()}", flush=True)

        def step() -> float:
            process.stdin.write("\n")
            process.stdin.flush()
            return float(answer())

        yield step
        process.stdin.close()


def point_cloud_fits(kind: type, name: str, epochs: int, steps: int) -> dict[str, Callable[[], object]]:
    """Return functions that each run `fit` for some epochs."""
    cloud = getattr(point_clouds, name)(seed=0)
    settings = {"batch_size": 200, "disc_iter": 2, "learning_rate": 0.0005}
    plain = PlainGAN(kind, *plain_dense_networks(CLOUDS[name]), cloud, **settings)
    ours = kind(*fully_connected_GenDiscr(CLOUDS[name], cloud, seed=0), cloud, **settings, seed=0)
    data = tf.data.Dataset.from_tensor_slices(cloud).repeat().batch(200)
    options = {"epochs": epochs, "steps_per_epoch": steps, "verbose": 0, "shuffle": False}
    return {"plain": lambda: plain.fit(data, **options), "ours": lambda: ours.fit(cloud, **options)}


def milliseconds(functions: dict[str, Callable[[], object]], repeats: int, steps: int) -> dict[str, np.ndarray]:
    """Time the functions in turns; return the milliseconds per step of every repeat, for each function."""
    for function in functions.values():
        for _ in range(2):
            function()
    times: dict[str, list[float]] = {name: [] for name in functions}
    for _ in range(repeats):
        for name, function in functions.items():
            started = time.perf_counter()
            function()
            times[name].append((time.perf_counter() - started) / steps * 1e3)
    return {name: np.array(values) for name, values in times.items()}


def row(title: str, times: dict[str, np.ndarray]) -> str:
    """Return one line of a table: medians, fastest repeats, and the ratios of ours to the others."""
    columns = [f"{name} {np.median(each):8.2f} ms (fastest {each.min():.2f})" for name, each in times.items()]
    ratios = [
        f"ours/{name} {np.median(times['ours'] / each):.2f} (fastest {times['ours'].min() / each.min():.2f})"
        for name, each in times.items()
        if name != "ours"
    ]
    return f"{title:<34} {'  '.join(columns + ratios)}"


def tables(repeats: int, torch_python: str | None, wanted: list[str]) -> Iterator[str]:
    """Yield the lines of the wanted tables as they are measured."""
    yield f"TensorFlow {tf.__version__}, medians of {repeats} turns"
    if "convolutional" in wanted:
        yield "Convolutional WGAN-GP step (batch size, disc_iter)"
        for batch_size, disc_iter in CONVOLUTIONAL:
            steps = convolutional_steps(batch_size, disc_iter)
            with contextlib.ExitStack() as processes:
                if torch_python:
                    beside = torch_step(torch_python, batch_size, disc_iter, CONVOLUTIONAL_RATE)
                    steps["torch"] = processes.enter_context(beside)
                yield row(f"  {batch_size}, {disc_iter}", milliseconds(steps, repeats, 1))
    if "points" in wanted:
        yield "Point-cloud steps through fit, 2 epochs of 100 steps"
        for kind in (Simple_GAN, WGAN_clip, WGAN_GP):
            for name in CLOUDS:
                fits = point_cloud_fits(kind, name, epochs=2, steps=100)
                yield row(f"  {kind.__name__} on {name}", milliseconds(fits, repeats, 200))


def main(arguments: list[str] | None = None) -> None:
    """Print both tables."""
    parser = scripts.OneSentenceParser(prog="step_time.py", description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=scripts.whole_number(1), default=15, help="turns of each side")
    parser.add_argument("--only", choices=TABLES, nargs="+", default=TABLES, help="tables to print")
    parser.add_argument("--torch", metavar="PYTHON", help="a Python that has PyTorch, to time PyTorch as well")
    options = parser.parse_args(arguments)
    for line in tables(options.repeats, options.torch, options.only):
        print(line, flush=True)


if __name__ == "__main__":
    scripts.run_script(main)
