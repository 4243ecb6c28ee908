"""Lab: smiley faces. The first GAN, dense and with the cross-entropy, on pictures whose traits can be counted.

Smileys have one of four colours, and some have glasses or a hat: 16 combinations of known probability. A reader finds
these traits in a picture without error, so the run ends with counts: how many generated pictures are valid faces, which
combinations they show and how often, and whether they repeat training pictures.

The usual coursework keeps the weights at which the generator's loss was lowest. That loss says how well the generator
does against the discriminator of that moment, and nothing about the faces. Here the checkpoint is chosen by its faces:
by the total variation distance between their combinations and those of the data. A picture shows both choices.

Papers: Goodfellow et al. 2014, Generative Adversarial Nets (the non-saturating loss of section 3); Salimans et al.
2016, Improved Techniques for Training GANs (one-sided label smoothing).

Deviations (`--recipe usual` has only the first two):
1. The whole face is moved by up to a pixel, and hats and glasses have colours that can be seen.
2. D returns a logit. Its cross-entropy is computed from that, since a sigmoid would be rounded to 0 or 1.
3. A penalty on D's slope at real pictures (Mescheder et al. 2018, Which Training Methods for GANs do actually
   Converge?) keeps D from being so sure that G learns nothing of what it has left out.
4. Of ten latents only the sign counts. A continuous map of normal latents has to pass through pictures that are
   between two kinds of faces; signs leave gaps. Only four latents are continuous.
5. Two hidden layers instead of one; averaged weights; the learning rate is 0.001 and falls to 0 in the second half.

Run: python labs/smiley_faces.py                    (pictures and an animation in outputs/smiley_faces)
     python labs/smiley_faces.py --recipe usual     (the usual coursework's settings and choice)
     python labs/smiley_faces.py --jitter 0         (its data: 16 different pictures)
     python labs/smiley_faces.py --help             (all settings)
"""

from __future__ import annotations

from typing import Any

from gankit import scripts

# The usual coursework's 300 epochs are 9,600 batches. Of its settings the default keeps what stands in DATA.
DATA = {"pictures": 2000, "jitter": 1.0, "steps": 9600, "batch_size": 64, "hidden_units": 256, "smoothing": 0.1}
RECIPES = {
    "default": {
        **DATA,
        "latents": 14,
        "signs": 10,
        "hidden_layers": 2,
        "learning_rate": 0.001,
        "decay": 0.5,
        "beta_1": 0.5,
        "beta_2": 0.999,
        "r1": 10.0,
        "averaging": 0.995,
        "keep": "distance",
    },
    "usual": {
        **DATA,
        "latents": 100,
        "signs": 0,
        "hidden_layers": 1,
        "learning_rate": 0.0002,
        "decay": 0.0,
        "beta_1": 0.5,
        "beta_2": 0.999,
        "r1": 0.0,
        "averaging": 0.0,
        "keep": "gen_loss",
    },
}
KEEP = (("distance", "gen_loss"), "the measure whose lowest value chooses the checkpoint")
PARSER = scripts.RecipeCommandLine(__doc__, "labs/smiley_faces", RECIPES, {"keep": KEEP})
scripts.answer_at_once(__name__, PARSER)

import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers

from gankit import plots
from gankit.datasets.smileys import smileys
from gankit.faces import FaceScaling
from gankit.models import GAN
from gankit.networks import LatentGenerator, Signs
from gankit.randomness import SeedSequence
from gankit.training import Run
from gankit.training import smileys as training
from gankit.training.callbacks import FallingRates
from gankit.training.faces import steps_per_call

SHAPE = (28, 28, 3)


class Smiley_GAN(GAN):
    """GAN with the cross-entropy; D answers with a logit. Arguments and samplers as in :class:`gankit.models.gan.GAN`.

    `smoothing` is taken off the target of real examples. `r1` is the weight of a penalty on D's slope there.
    """

    beta_1, beta_2 = 0.5, 0.999

    def __init__(self, *arguments: Any, smoothing: float = 0.1, r1: float = 0.0, **options: Any):
        super().__init__(*arguments, **options)
        self.smoothing, self.r1 = smoothing, r1

    def cross_entropy(self, target: float, logits: tf.Tensor) -> tf.Tensor:
        """Mean of -t log s - (1 - t) log(1 - s), where s is the sigmoid of the logit."""
        # In this form no logarithm of 0 occurs: softplus(x) = log(1 + e^x).
        return tf.reduce_mean(tf.nn.softplus(logits) - target * logits)

    def generator_loss(self, fake_logits: tf.Tensor) -> tf.Tensor:
        """Mean of -log s(D(fake)): small when D takes fakes for real."""
        return self.cross_entropy(1.0, fake_logits)

    def discriminator_loss(self, real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
        """Half of the two cross-entropies: real examples against the target 1 - smoothing, fakes against 0."""
        real_loss = self.cross_entropy(1.0 - self.smoothing, real_logits)
        fake_loss = self.cross_entropy(0.0, fake_logits)
        return (real_loss + fake_loss) / 2.0

    def slope_penalty(self, real: tf.Tensor) -> tf.Tensor:
        """Mean over real examples of the squared norm of dD(x)/dx (Mescheder et al. 2018, R1)."""
        with tf.GradientTape() as tape:
            tape.watch(real)
            logits = self.discriminator(real, training=True)
        gradients = tape.gradient(logits, real)
        return tf.reduce_mean(tf.reduce_sum(gradients**2, axis=[1, 2, 3]))

    def train_step(self, _: object) -> dict[str, tf.Tensor]:
        """Update D `disc_iter` times and then G once, on fresh examples each time; return the last losses."""
        # ---- Discriminator: minimise  (CE(1 - smoothing, D(real)) + CE(0, D(G(z)))) / 2 + r1 / 2 * penalty ----
        variables = self.discriminator.trainable_variables
        for _ in range(self.disc_iter):
            fake = self.get_fake_sample(training=True)
            real = self.match(self.get_real_sample(), fake)
            with tf.GradientTape() as tape:
                real_logits = self.discriminator(real, training=True)
                fake_logits = self.discriminator(fake, training=True)
                discr_loss = self.discriminator_loss(real_logits, fake_logits)
                penalised_loss = discr_loss + self.r1 / 2.0 * self.slope_penalty(real) if self.r1 else discr_loss
            gradients = tape.gradient(penalised_loss, variables)
            self.discriminator.optimizer.apply_gradients(zip(gradients, variables))

        # ---- Generator: minimise  CE(1, D(G(z))) ----
        variables = self.generator.trainable_variables
        with tf.GradientTape() as tape:
            fake = self.get_fake_sample(training=True)
            gen_loss = self.generator_loss(self.discriminator(fake, training=True))
        gradients = tape.gradient(gen_loss, variables)
        self.generator.optimizer.apply_gradients(zip(gradients, variables))

        return {"discr_loss": discr_loss, "gen_loss": gen_loss}


def dense_pair(
    latents: int, signs: int, hidden_layers: int, hidden_units: int, seed: int
) -> tuple[keras.Model, keras.Model]:
    """Build latents -> hidden layers -> 28 x 28 x 3 and 28 x 28 x 3 -> hidden layers -> 1, with values from -1 to 1."""
    next_seed = SeedSequence(seed)

    def dense(units: int, activation: str | None = None) -> layers.Layer:
        kernel = keras.initializers.GlorotUniform(seed=next_seed())
        return layers.Dense(units, activation=activation, kernel_initializer=kernel)

    # ---- Generator: (batch, latents) -> (batch, 28, 28, 3) ----
    inputs = keras.Input((latents,))
    values = Signs(signs)(inputs)
    for _ in range(hidden_layers):
        values = layers.ReLU()(layers.BatchNormalization()(dense(hidden_units)(values)))
    pictures = layers.Reshape(SHAPE)(dense(int(np.prod(SHAPE)), "tanh")(values))
    generator = keras.Model(inputs, pictures, name="generator")

    # ---- Discriminator: (batch, 28, 28, 3) -> (batch, 1), a logit ----
    inputs = keras.Input(SHAPE)
    values = layers.Flatten()(inputs)
    for _ in range(hidden_layers):
        values = layers.LeakyReLU(0.2)(dense(hidden_units)(values))
    return generator, keras.Model(inputs, dense(1)(values), name="discriminator")


def main(arguments: list[str] | None = None) -> None:
    """Learn smileys, choose a checkpoint, and count what its faces show."""
    options = PARSER.parse_args(arguments)
    seed = options.seed
    with PARSER.open_output(options) as output:
        # ---- Data: intensities from 0 to 1 -> [-1, 1], the range of tanh ----
        real = smileys(options.pictures, SHAPE[0], seed, options.jitter).pictures
        scaling = FaceScaling.symmetric()

        # ---- Networks ----
        generator, discriminator = dense_pair(
            options.latents, options.signs, options.hidden_layers, options.hidden_units, seed
        )

        # ---- Model ----
        gan = Smiley_GAN(
            generator,
            discriminator,
            LatentGenerator(options.latents, seed=seed),
            scaling.apply(real),
            batch_size=options.batch_size,
            disc_iter=1,
            learning_rate=options.learning_rate,
            beta_1=options.beta_1,
            beta_2=options.beta_2,
            smoothing=options.smoothing,
            r1=options.r1,
            seed=seed,
            decoding=scaling,
        )

        # ---- Training ----
        checkpoints = training.SmileyCheckpoints(gan, options.averaging, options.steps, seed)
        rates = FallingRates(gan.distinct_optimizers, options.steps, options.decay)
        film = checkpoints.film(options.steps)
        run = Run(output.checkpoints, options)
        callbacks = [checkpoints, rates, film]
        steps = steps_per_call(options.steps, training.CHECKPOINTS)
        run.fit(gan, 1, options.steps, title="GAN on smileys", callbacks=callbacks, steps_per_call=steps)

        # ---- Measures: the kept faces, and those that the other choice would have kept ----
        faces = {choice: checkpoints.generate(choice, training.FACES_MEASURED) for choice in ("distance", "gen_loss")}
        rows = training.report(real, faces, options.jitter, seed)
        output.save_record(training.record_of(checkpoints, rows, options.keep, run.seconds["model"]))

        # ---- Pictures ----
        kept = faces[options.keep]
        output.save_figure(plots.rows_of_pictures({"real": real[:40], "generated": kept[:40]}), "faces.png")
        output.save_figure(training.draw_shares(rows, options.keep), "combinations.png")
        output.save_figure(training.draw_checkpoints(checkpoints, faces), "checkpoints.png")
        output.save_animation(film.frames, "training.gif", film.steps, enlarged=2)
    print(training.table(rows))
    print(f"Pictures, the animation and record.json are in {output.path}.")


if __name__ == "__main__":
    scripts.run_script(main)
