"""Lab: super-resolution. A face of 8x8 pixels becomes one of 32x32, and the truth is known.

Many faces of 32x32 pixels look the same at 8x8. A network that is trained on squared error learns their mean, which is
the best guess for each pixel and looks blurred. A discriminator refuses blurred faces, so a network that also has to
please it must choose one of the many. It then has a larger squared error, and looks more like a face. The lab measures
both: squared error as a peak signal-to-noise ratio (PSNR), likeness as a perceptual distance to the true face, and as a
Frechet distance between the sets of restored and of true faces.

Papers: Ledig et al. 2017, Photo-Realistic Single Image Super-Resolution Using a Generative Adversarial Network (this
calls the two networks SRResNet and SRGAN); Wang et al. 2018, ESRGAN (networks between the two); Blau and
Michaeli 2018, The Perception-Distortion Tradeoff.

Deviations:
1. The content loss is the squared error of pixels, not of a network's features. The lab measures with the features of
   a network, and what it measures with must not be what it trains on.
2. Six residual blocks of 32 channels instead of 16 of 64, no batch normalisation, ReLU instead of PReLU. The network
   learns a correction of the bicubic picture. Gray faces of 32x32 instead of colour photographs of 96x96.
3. The discriminator sees the small picture beside the large one, so it also notices a face that does not fit.
4. The network without a discriminator is trained on for as long as the GAN. Ledig compares with the network from which
   the GAN began.

Run: python labs/super_resolution.py                       (pictures and an animation in outputs/super_resolution)
     python labs/super_resolution.py --faces mine.npz      (your own faces, square and at least 32x32)
     python labs/super_resolution.py --help                (all settings)
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gankit import scripts

RECIPE = {"pictures": 3000, "steps": 1000, "batch_size": 16, "learning_rate": 0.001, "decay": 0.5}
PARSER = scripts.RecipeCommandLine(__doc__, "labs/super_resolution", {"default": RECIPE})
PARSER.add_argument("--faces", type=Path, help="faces of at least 32x32 pixels, .npy or .npz, instead of rendered ones")
PARSER.add_argument(
    "--weights",
    type=scripts.positive,
    nargs="+",
    default=[0.01],
    metavar="WEIGHT",
    help="weights of the adversarial loss, one training each; the last one makes the pictures",
)
scripts.answer_at_once(__name__, PARSER)

import tensorflow as tf
from tensorflow import keras

from gankit import plots
from gankit.faces import FaceScaling
from gankit.faces.changes import reduced
from gankit.fast.optimizer import Adam
from gankit.models import AdversarialModel
from gankit.networks import picture_discriminator, residual_upsampler
from gankit.networks.face_encoder import FaceEncoder
from gankit.training import Run, pairs
from gankit.training import super_resolution as training
from gankit.training.callbacks import FallingRates, ProcessorTime
from gankit.training.faces import steps_per_call


class SRResNet(AdversarialModel):
    """A generator that learns from pairs of small and large pictures by squared error alone.

    Parameters
    ----------
    networks : dict of keras.Model
        ``generator``: (batch, 8, 8, 1) -> (batch, 32, 32, 1).
    low, high : numpy.ndarray
        The pairs, scaled to [-1, 1]: (n, 8, 8, 1) and (n, 32, 32, 1).
    batch_size : int
        Pairs in a step.
    learning_rate : float
        Of every network.
    **options
        As in :class:`gankit.models.adversarial.AdversarialModel`.
    """

    loss_names: tuple[str, ...] = ("squared_error",)

    def __init__(
        self,
        networks: dict[str, keras.Model],
        low: Any,
        high: Any,
        batch_size: int,
        learning_rate: float,
        **options: Any,
    ):
        optimizers = {name: Adam(learning_rate, beta_1=0.9, beta_2=0.999) for name in networks}
        super().__init__(networks, optimizers, {"pairs": (low, high)}, **options)
        self.batch_size = batch_size

    def squared_error(self, restored: tf.Tensor, high: tf.Tensor) -> tf.Tensor:
        """Mean of (G(low) - high)^2 over pictures and pixels."""
        return tf.reduce_mean((restored - high) ** 2)

    def train_step(self, _: object) -> dict[str, tf.Tensor]:
        """Update G once."""
        low, high = self.draw("pairs", self.batch_size)

        # ---- Generator: minimise  mean (G(low) - high)^2 ----
        variables = self.generator.trainable_variables
        with tf.GradientTape() as tape:
            squared_error = self.squared_error(self.generator(low, training=True), high)
        gradients = tape.gradient(squared_error, variables)
        self.generator.optimizer.apply_gradients(zip(gradients, variables))
        return {"squared_error": squared_error}


class SRGAN(SRResNet):
    """The same generator, which also has to please a discriminator of pairs.

    ``networks`` has a ``discriminator`` too: (batch, 32, 32, 2) -> (batch, 1), a logit. ``weight`` is that of the
    adversarial loss.
    """

    loss_names = ("squared_error", "gen_loss", "discr_loss")

    def __init__(self, *arguments: Any, weight: float, **options: Any):
        super().__init__(*arguments, **options)
        self.weight = weight

    def scores(self, low: tf.Tensor, high: tf.Tensor) -> tf.Tensor:
        """D on pairs: the small picture, its pixels enlarged to squares, is the second channel of the large one."""
        enlarged = tf.repeat(tf.repeat(low, training.FACTOR, axis=1), training.FACTOR, axis=2)
        return self.discriminator(tf.concat([high, enlarged], axis=-1), training=True)

    def generator_loss(self, fake_scores: tf.Tensor) -> tf.Tensor:
        """Mean of -log sigmoid(D(fake)): small when D takes restored faces for true ones."""
        return tf.reduce_mean(tf.nn.softplus(-fake_scores))

    def discriminator_loss(self, real_scores: tf.Tensor, fake_scores: tf.Tensor) -> tf.Tensor:
        """Mean of -log sigmoid(D(real)) plus mean of -log(1 - sigmoid(D(fake)))."""
        return tf.reduce_mean(tf.nn.softplus(-real_scores)) + tf.reduce_mean(tf.nn.softplus(fake_scores))

    def train_step(self, _: object) -> dict[str, tf.Tensor]:
        """Update G and then D once, on the same pairs."""
        low, high = self.draw("pairs", self.batch_size)

        # ---- Generator: minimise  mean (G(low) - high)^2 + weight * mean -log s(D(G(low))),  s the sigmoid ----
        variables = self.generator.trainable_variables
        with tf.GradientTape() as tape:
            restored = self.generator(low, training=True)
            squared_error = self.squared_error(restored, high)
            gen_loss = self.generator_loss(self.scores(low, restored))
            loss = squared_error + self.weight * gen_loss
        gradients = tape.gradient(loss, variables)
        self.generator.optimizer.apply_gradients(zip(gradients, variables))

        # ---- Discriminator: minimise  mean -log s(D(high)) + mean -log(1 - s(D(G(low)))) ----
        variables = self.discriminator.trainable_variables
        with tf.GradientTape() as tape:
            discr_loss = self.discriminator_loss(self.scores(low, high), self.scores(low, restored))
        gradients = tape.gradient(discr_loss, variables)
        self.discriminator.optimizer.apply_gradients(zip(gradients, variables))
        return {"squared_error": squared_error, "gen_loss": gen_loss, "discr_loss": discr_loss}


def main(arguments: list[str] | None = None) -> None:
    """Train by squared error, go on with and without a discriminator, and compare with the truth."""
    options = PARSER.parse_args(arguments)
    seed = options.seed
    with PARSER.open_output(options) as output:
        # ---- Data: true faces of 32x32, and the means of their 4x4 squares. Others are kept for the measures ----
        faces, truth = pairs.faces_to_restore(
            options.faces, training.HIGH, options.pictures, training.FACES_MEASURED, seed
        )
        low = reduced(truth, training.FACTOR)
        scaling = FaceScaling.symmetric()
        examples = [scaling.apply(each)[..., None] for each in (reduced(faces, training.FACTOR), faces)]

        # ---- Trainings. The first learns by squared error. The others go on from there, all for the same time ----
        run = Run(output.checkpoints, options)
        weights: dict[str, list] = {}
        films, clocks, restored = {}, {}, {}
        for name, weight in training.trainings(options.weights).items():
            generator = residual_upsampler(training.LOW, seed=seed)
            if weights:
                generator.set_weights(weights[training.FIRST])
            settings = (*examples, options.batch_size, options.learning_rate)
            if weight:
                both = {"generator": generator, "discriminator": picture_discriminator(training.HIGH, 2, seed=seed)}
                model = SRGAN(both, *settings, weight=weight, seed=seed, decoding=scaling)
            else:
                model = SRResNet({"generator": generator}, *settings, seed=seed, decoding=scaling)
            steps = training.length(options.steps, name, weight)
            rates = FallingRates(model.distinct_optimizers, steps, options.decay if weights else 0.0)
            films[name], clocks[name] = training.film(model, low, steps), ProcessorTime()
            callbacks = [clocks[name], rates, films[name]]
            file, calls = name.replace(" ", "_"), steps_per_call(steps, training.FRAMES)
            run.fit(model, 1, steps, name=file, title=name, callbacks=callbacks, steps_per_call=calls)
            restored[name] = pairs.apply_to_pictures(generator, low, scaling)
            weights[name] = generator.get_weights()

        # ---- Measures, beside methods without a network, and of the networks between two ----
        encoder, last = FaceEncoder.load(), list(weights)[-1]
        methods = {"nearest": training.nearest(low), "bicubic": training.bicubic(low), **restored}
        if options.faces is None:
            methods["redrawn"] = pairs.redrawn(len(truth), training.HIGH, seed)
        rows = pairs.measure_restored(methods, truth, encoder)
        between = {}
        for share in training.BETWEEN:
            generator.set_weights(training.weights_between(weights["squared error"], weights[last], share))
            between[f"{share:g}"] = pairs.apply_to_pictures(generator, low, scaling)
        path = pairs.measure_restored(between, truth, encoder)
        seconds = {name: round(clock.used, 1) for name, clock in clocks.items()}
        output.save_record({"rows": rows, "between": path, "processor_seconds": seconds})

        # ---- Pictures ----
        shown = {"8x8": methods["nearest"], **{each: methods[each] for each in ("bicubic", "squared error", last)}}
        columns = {title: faces[:5] for title, faces in {**shown, "truth": truth}.items()}
        output.save_figure(plots.columns_of_faces(columns), "faces.png")
        output.save_figure(plots.trade(rows, list(path.values())), "trade.png")
        frames, at = training.joined(films[training.FIRST], films[last])
        output.save_animation(frames, "training.gif", at, enlarged=2)
    print(scripts.table(rows))
    print(f"Pictures, training.gif and record.json are in {output.path}.")


if __name__ == "__main__":
    scripts.run_script(main)
