"""The run of task 5: train a GAN on faces, follow it, measure it, and save it."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from PIL import Image
from tensorflow import keras

from gankit import plots
from gankit.callbacks import AveragedWeights, LinearDecay, LossCurve, Progress, Snapshots, recalibrate_batch_norm
from gankit.faces.encoder import FaceEncoder
from gankit.faces.scaling import FaceScaling
from gankit.latents import LatentGenerator
from gankit.metrics import beside_floor, classifier_beside_floor
from gankit.model import GAN, largest_divisor
from gankit.runs import OutputFolder
from gankit.weights import write_weights

FRAMES = 40
FACES_IN_A_FRAME = 64
FACES_MEASURED = 10_000
FACES_CALIBRATING = 1000
# Of fewer real faces a CNN learns nothing, and the covariance of 64 features says little.
FEWEST_FOR_NETWORKS = 1000
# Between two calls the averages, pictures and progress are brought up to date.
STEPS_IN_ONE_CALL = 10


def use_cores_side_by_side() -> None:
    """Let each core work on an operation of its own, if TensorFlow has not started to compute and no one chose.

    The discriminator looks at real, fake and mixed faces, and none of the three waits for another. With small batches
    dividing each single operation among the cores costs more than it gives: on two cores a step of 32 faces takes a
    quarter less time this way.
    """
    cores = os.cpu_count() or 1
    threading = tf.config.threading
    with contextlib.suppress(RuntimeError):  # it computes already
        if "TF_NUM_INTRAOP_THREADS" not in os.environ and not threading.get_intra_op_parallelism_threads():
            threading.set_intra_op_parallelism_threads(max(1, cores // 4))
            threading.set_inter_op_parallelism_threads(cores)


def set_contrast(generator: keras.Model, hidden: float, output: float) -> None:
    """Set how strongly an untrained generator's maps vary before each activation: the gammas of its batch norms.

    A gamma is the deviation of what it scales, and starts at 1. Prepared faces have a deviation of 0.28, and training
    takes hundreds of steps to bring the output's down to it. Hidden maps are as good as linear under tanh where they
    vary little; more of them vary on their own where they reach its bend. A generator without batch norms is left as
    it is.

    Parameters
    ----------
    generator : keras.Model
        Changed in place.
    hidden : float
        The deviation in all batch norms but the last, above 0.
    output : float
        The deviation in the last one, above 0.
    """
    norms = [layer for layer in generator.layers if isinstance(layer, keras.layers.BatchNormalization)]
    for norm in norms:
        deviation = output if norm is norms[-1] else hidden
        norm.gamma.assign(np.full(norm.gamma.shape, deviation, np.float32))


class FaceRun:
    """One training run on faces.

    Parameters
    ----------
    gan : GAN
        An untrained model whose real examples were prepared by ``scaling``.
    scaling : FaceScaling
        The way back to intensities.
    steps : int
        Training steps.
    averaging : float
        Decay of the running mean of the generator's weights, in [0, 1); 0 keeps the last weights.
    seed : int
        Seed of the latents that are drawn and measured; training has seeds of its own.
    decay : float
        Part of the steps, the last ones, over which the learning rates fall to 0, in [0, 1).
    """

    def __init__(self, gan: GAN, scaling: FaceScaling, steps: int, averaging: float, seed: int, decay: float = 0.0):
        self._gan = gan
        self._scaling = scaling
        self._steps = steps
        self._average = AveragedWeights(gan.generator, averaging)
        self._decay = LinearDecay((gan.generator.optimizer, gan.discriminator.optimizer), steps, decay)
        # The same latents in every frame show one face changing; a seed of its own keeps training as it would be.
        self._latents = LatentGenerator(gan.latent_generator.dimension, seed=seed + 1_000_003)
        self._fixed_latents = self._latents(FACES_IN_A_FRAME)
        self._calibration_latents = self._latents(FACES_CALIBRATING)
        self._snapshots = Snapshots(self._take_frame, every=max(1, steps // FRAMES))
        self._curve = LossCurve(every=max(1, steps // 200))

    def train(self, callbacks: Sequence[keras.callbacks.Callback] = ()) -> bool:
        """Train, with further callbacks; return True if Ctrl-C ended it early, which keeps what has been learned."""
        started = time.perf_counter()
        interrupted = False
        # Averaging comes first: the others look at the mean.
        own = [self._average, self._decay, self._snapshots, Progress(self._steps, "WGAN-GP on faces"), self._curve]
        self._gan.compile(steps_per_execution=largest_divisor(self._steps, STEPS_IN_ONE_CALL))
        try:
            self._gan.fit(epochs=1, steps_per_epoch=self._steps, callbacks=[*own, *callbacks], verbose=0)
        except KeyboardInterrupt:
            interrupted = True
            print("\nStopping; saving what has been learned.", flush=True)
        self._training_seconds = time.perf_counter() - started
        recalibrate_batch_norm(self._average.averaged, self._calibration_latents)
        return interrupted

    def generate(self, count: int) -> np.ndarray:
        """Draw faces, in the middle of training too: intensities in [0, 1], ``(count, height, width)``."""
        recalibrate_batch_norm(self._average.averaged, self._calibration_latents)
        return self._from(self._latents(count))

    def measure(self, real: np.ndarray) -> dict[str, Any]:
        """Compare generated with real faces.

        Parameters
        ----------
        real : numpy.ndarray
            Intensities in [0, 1], shape ``(n, height, width)``.

        Returns
        -------
        dict
            What :func:`gankit.metrics.beside_floor` returns, on pixel intensities; ``generated_faces``, ``steps_made``,
            ``training_seconds``, and the last losses. For 1,000 real faces or more also, as ``encoder``, the first on
            the encoder's features, and what :func:`gankit.metrics.classifier_beside_floor` returns.
        """
        generated = self._from(self._latents(FACES_MEASURED))
        by_networks: dict[str, Any] = {}
        if len(real) >= FEWEST_FOR_NETWORKS:
            encoder = FaceEncoder.load()
            by_networks["encoder"] = beside_floor(encoder.features(real), encoder.features(generated))
            by_networks.update(classifier_beside_floor(real, generated))
        return {
            **beside_floor(real, generated),
            **by_networks,
            "generated_faces": len(generated),
            "steps_made": int(self._gan.generator.optimizer.iterations.numpy()),
            "training_seconds": round(self._training_seconds, 1),
            **{name: values[-1] for name, values in self._curve.losses.items() if values},
        }

    def draw(self, real: np.ndarray, output: OutputFolder) -> None:
        """Write the grid beside real faces, the loss curves, and the animation."""
        generated = self._from(self._latents(100))
        some = np.random.default_rng(1).choice(len(real), min(100, len(real)), replace=False)
        figure = plots.faces_side_by_side({"generated": generated, "real": real[some]})
        output.save_figure(figure, "faces.png")
        output.save_figure(plots.losses(self._curve.losses, self._curve.steps), "losses.png")
        frames = [plots.tile(frame, columns=8) for frame in self._snapshots.frames]
        images = [Image.fromarray(np.round(255 * frame).astype(np.uint8)) for frame in frames]
        images = [image.resize((4 * image.width, 4 * image.height), Image.NEAREST) for image in images]
        durations = [150] * (len(images) - 1) + [2000]
        images[0].save(output.file("training.gif"), save_all=True, append_images=images[1:], duration=durations, loop=0)

    def save_weights(self, output: OutputFolder, record: dict[str, Any]) -> None:
        """Write ``generator.h5`` (the averaged weights) and ``discriminator.h5``, each with decoding and provenance."""
        write_weights(output.file("generator.h5"), self._average.averaged, self._scaling, record)
        write_weights(output.file("discriminator.h5"), self._gan.discriminator, self._scaling, record)

    def _take_frame(self) -> np.ndarray:
        recalibrate_batch_norm(self._average.averaged, self._calibration_latents)
        return self._from(self._fixed_latents)

    def _from(self, latents: Any) -> np.ndarray:
        return self._scaling.recover(self._average.averaged.predict(latents, batch_size=1000, verbose=0))
