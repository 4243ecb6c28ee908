"""The runs of tasks 1 to 3: train a GAN on a point cloud, compute what its picture shows, and keep the figures."""

from __future__ import annotations

import time
from argparse import Namespace
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow import keras

from gankit import plots, runs
from gankit.builders import fully_connected_GenDiscr
from gankit.callbacks import Progress
from gankit.latents import LatentGenerator
from gankit.metrics import beside_floor, modes_found
from gankit.model import GAN
from gankit.pointclouds import CLOUD_CENTRES, CLOUD_DEVIATION, corner_distances

POINTS_MEASURED = 1000


class Session:
    """The runs of one script, each under a name: the trained model, its losses and its figures.

    Parameters
    ----------
    options : argparse.Namespace
        What :func:`gankit.commands.point_clouds` parsed.
    output : gankit.runs.OutputFolder
        Where pictures and the record go.
    """

    def __init__(self, options: Namespace, output: runs.OutputFolder):
        self._options = options
        self._output = output
        self._started = time.perf_counter()
        self._models: dict[str, GAN] = {}
        self._losses: dict[str, dict[str, list[float]]] = {}
        self._figures: dict[str, dict[str, Any]] = {}

    def train(
        self,
        name: str,
        gan_class: type[GAN],
        gen_shape: list[int],
        real_examples: np.ndarray,
        learning_rate: float,
        epochs: int,
        steps: int = 100,
    ) -> None:
        """Build the networks and train; the command line's epochs and steps, where given, come before these."""
        options = self._options
        epochs = options.epochs or epochs
        steps = options.steps_per_epoch or steps
        generator, discriminator, latent_generator = fully_connected_GenDiscr(
            gen_shape, real_examples, options.latent_type, seed=options.seed
        )
        gan = gan_class(
            generator,
            discriminator,
            latent_generator,
            real_examples,
            batch_size=options.batch_size,
            learning_rate=learning_rate,
            seed=options.seed,
        )
        history = gan.fit(
            real_examples,
            epochs=epochs,
            steps_per_epoch=steps,
            verbose=0,
            callbacks=[Progress(epochs, f"{gan_class.__name__} on {name}", unit="epoch")],
        )
        self._models[name] = gan
        self._losses[name] = history.history
        self._figures[name] = {key: values[-1] for key, values in history.history.items()}
        self._figures[name].update(beside_floor(real_examples, self._measured_sample(name)))

    def _measured_sample(self, name: str) -> np.ndarray:
        # Latents of their own, always the same: measuring changes nothing that is drawn afterwards.
        gan = self._models[name]
        latents = LatentGenerator(
            gan.latent_generator.dimension, self._options.latent_type, seed=self._options.seed + 1_000_003
        )
        return gan.generator(latents(POINTS_MEASURED), training=False).numpy()

    def draw_circle(self, name: str) -> None:
        """Draw a run in the plane: real against fake, D's values, losses."""
        gan = self._models[name]
        axis = np.linspace(0, 1, 101, dtype=np.float32)
        plane = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
        scores = _score(gan.discriminator, plane).reshape(101, 101)
        figure = plots.circle(gan.get_real_sample().numpy(), gan.get_fake_sample().numpy(), scores, self._losses[name])
        self._output.save_figure(figure, f"{name}.png")

    def draw_clouds(self, name: str) -> None:
        """Draw a run on coloured points: samples, D on each, and D(G(z)) over the latents; count the clouds found."""
        gan = self._models[name]
        reach = 3 * CLOUD_DEVIATION
        measured = {"metrics": self._measured_sample(name), "metrics_floor": gan.real_examples.numpy()}
        for key, points in measured.items():
            self._figures[name][key].update(modes_found(points[:, :2], CLOUD_CENTRES, reach))
        real, fake = gan.get_real_sample().numpy(), gan.get_fake_sample().numpy()
        latents = gan.latent_generator(1000).numpy()
        axis = np.linspace(-3, 3, 101, dtype=np.float32)
        if self._options.latent_type != "normal":
            axis = np.linspace(-1, 1, 101, dtype=np.float32)
        plane = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
        figure = plots.clouds(
            real,
            fake,
            _score(gan.discriminator, real),
            _score(gan.discriminator, fake),
            axis,
            _score(gan.discriminator, gan.generator(plane)).reshape(101, 101),
            latents,
            _score(gan.discriminator, gan.generator(latents)),
            self._losses[name],
        )
        self._output.save_figure(figure, f"{name}.png")

    def draw_corner(self, prefix: str) -> None:
        """Set all runs whose name starts with ``prefix`` side by side, with their distances beneath."""
        samples, losses = {}, {}
        for name in [name for name in self._models if name.startswith(prefix)]:
            gan = self._models[name]
            title = type(gan).__name__
            samples[title] = gan.get_fake_sample(1000).numpy()
            losses[title] = self._losses[name]
            self._figures[name].update(corner_distances(samples[title]))
        real = gan.real_examples.numpy()
        self._figures[f"{prefix}_real"] = corner_distances(real)
        expected = {"mean_squared_distance": 49 * 0.05**2, "barycentre_squared_distance": 49 * 0.05**2 / 1000}
        distances = {title: corner_distances(sample) for title, sample in samples.items()}
        for title, values in {
            "true cloud, expected": expected,
            "real sample": corner_distances(real),
            **distances,
        }.items():
            print(
                f"{title:>22}: mean squared distance {values['mean_squared_distance']:.4f}, "
                f"barycentre {values['barycentre_squared_distance']:.6f}"
            )
        self._output.save_figure(plots.corner(real, samples, losses, distances, expected), f"{prefix}.png")

    def finish(self) -> None:
        """Write the record and say where everything is."""
        self._output.save_record(runs.run_record(self._options, self._started, **self._figures))
        print(f"Pictures and record.json are in {self._output.path}.")


def _score(discriminator: keras.Model, examples: np.ndarray | tf.Tensor) -> np.ndarray:
    return discriminator(examples, training=False).numpy()[:, 0]
