"""Lab: inpainting. A part of a face is hidden, and a network fills it: not with one answer, but with many.

The rest of a face says a lot about the hidden part, but not all. The best single answer by squared error is the mean of
all faces that fit, which is blurred. This generator also gets a latent, and each latent gives another answer. The lab
asks two questions, and knows what is right: does an answer look like the true face, and do the answers differ exactly
where the hidden part cannot be known?

Papers: Pathak et al. 2016, Context Encoders (squared error and an adversarial loss); Ohayon et al. 2021, High
Perceptual Quality Image Denoising with a Posterior Sampling CGAN (squared error of the mean of several answers).

Deviations:
1. Pathak's loss punishes the squared error of each answer, and so teaches the network to ignore its latent. Here the
   product of the errors of two answers is punished. Its expected value is the squared error of the mean answer.
2. The discriminator sees the whole face and the hole, and not the hidden part alone.
3. Faces of 16x16 pixels, and a small U-Net (Ronneberger et al. 2015) instead of an encoder and a decoder of 128x128.

Run: python labs/inpainting.py                      (pictures and an animation in outputs/inpainting)
     python labs/inpainting.py --answers single     (Pathak's loss: all answers are the same)
     python labs/inpainting.py --faces mine.npz     (your own faces, square and at least 16x16)
     python labs/inpainting.py --help               (all settings)
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gankit import scripts

RECIPE = {
    "pictures": 10_000,
    "steps": 1200,
    "batch_size": 16,
    "latents": 16,
    "adversarial": 0.1,
    "learning_rate": 0.001,
    "decay": 0.5,
    "beta_1": 0.5,
    "answers": "mean",
}
ANSWERS = (("mean", "single"), "whether the mean of the answers should be near the true face, or every single one")
PARSER = scripts.RecipeCommandLine(__doc__, "labs/inpainting", {"default": RECIPE}, {"answers": ANSWERS})
PARSER.add_argument("--faces", type=Path, help="faces of at least 16x16 pixels, .npy or .npz, instead of rendered ones")
scripts.answer_at_once(__name__, PARSER)

import numpy as np
import tensorflow as tf
from tensorflow import keras

from gankit.faces import FaceScaling
from gankit.fast.optimizer import Adam
from gankit.models import AdversarialModel
from gankit.networks import LatentGenerator, inpainting_generator, picture_discriminator
from gankit.training import Run, pairs
from gankit.training import inpainting as training
from gankit.training.callbacks import FallingRates, LossCurve
from gankit.training.faces import steps_per_call


class InpaintingGAN(AdversarialModel):
    """A generator that fills holes in several ways, and a discriminator of whole faces.

    Parameters
    ----------
    generator : keras.Model
        [(batch, size, size, 2), (batch, latents)] -> (batch, size, size, 1): face and hole, latent -> face.
    discriminator : keras.Model
        (batch, size, size, 2) -> (batch, 1): face and hole -> logit.
    latent_generator : LatentGenerator
        Samples the latents.
    faces, holes : numpy.ndarray
        Faces, scaled to [-1, 1], (n, size, size, 1), and holes, 1 where a pixel is hidden, (m, size, size, 1): float32.
    batch_size : int
        Faces in a step; each is filled twice.
    learning_rate, beta_1 : float
        Of both networks' Adam.
    adversarial : float
        Weight of the adversarial loss.
    of_mean : bool
        Whether the error of the mean answer counts, or that of every single one.
    **options
        As in :class:`gankit.models.adversarial.AdversarialModel`.
    """

    loss_names = ("error", "gen_loss", "discr_loss", "spread")

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        latent_generator: LatentGenerator,
        faces: np.ndarray,
        holes: np.ndarray,
        batch_size: int,
        *,
        learning_rate: float,
        beta_1: float,
        adversarial: float,
        of_mean: bool,
        **options: Any,
    ):
        networks = {"generator": generator, "discriminator": discriminator}
        optimizers = {name: Adam(learning_rate, beta_1=beta_1, beta_2=0.999) for name in networks}
        streams = {"latent": latent_generator.stream}
        super().__init__(networks, optimizers, {"faces": faces, "holes": holes}, streams=streams, **options)
        self.latent_generator, self.batch_size = latent_generator, batch_size
        self.adversarial, self.of_mean = adversarial, of_mean

    def answer(self, faces: tf.Tensor, holes: tf.Tensor, latents: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Fill the holes: the generator's pixels where they are hidden, and the known ones as they are elsewhere."""
        context = tf.concat([faces * (1 - holes), holes], axis=-1)
        return tf.where(holes > 0, self.generator([context, latents], training=training), faces)

    def error(self, first: tf.Tensor, second: tf.Tensor, faces: tf.Tensor, holes: tf.Tensor) -> tf.Tensor:
        """Mean over hidden pixels of (first - face)(second - face), or of their mean square if answers count singly.

        The two answers are independent, so the mean of the product is the squared error of the mean answer. The mean of
        the squares is this plus the variance of the answers, and so is smallest if they do not differ.
        """
        one, other = first - faces, second - faces
        errors = one * other if self.of_mean else (one * one + other * other) / 2
        return tf.reduce_sum(errors) / tf.reduce_sum(holes)

    def generator_loss(self, fake_scores: tf.Tensor) -> tf.Tensor:
        """Mean of -log sigmoid(D(fake)): small when D takes filled faces for whole ones."""
        return tf.reduce_mean(tf.nn.softplus(-fake_scores))

    def discriminator_loss(self, real_scores: tf.Tensor, fake_scores: tf.Tensor) -> tf.Tensor:
        """Mean of -log sigmoid(D(real)) plus mean of -log(1 - sigmoid(D(fake)))."""
        return tf.reduce_mean(tf.nn.softplus(-real_scores)) + tf.reduce_mean(tf.nn.softplus(fake_scores))

    def scores(self, faces: tf.Tensor, holes: tf.Tensor) -> tf.Tensor:
        """D on faces and holes."""
        return self.discriminator(tf.concat([faces, holes], axis=-1), training=True)

    def train_step(self, _: object) -> dict[str, tf.Tensor]:
        """Fill each hole twice; update G and then D once."""
        faces, holes = self.draw("faces", self.batch_size), self.draw("holes", self.batch_size)
        twice, both_holes = tf.concat([faces, faces], axis=0), tf.concat([holes, holes], axis=0)
        latents = self.latent_generator(2 * self.batch_size)

        # ---- Generator: minimise  mean (first - face)(second - face) + weight * mean -log s(D(filled)) ----
        variables = self.generator.trainable_variables
        with tf.GradientTape() as tape:
            filled = self.answer(twice, both_holes, latents, training=True)
            first, second = tf.split(filled, 2)
            error = self.error(first, second, faces, holes)
            gen_loss = self.generator_loss(self.scores(filled, both_holes))
            loss = error + self.adversarial * gen_loss
        gradients = tape.gradient(loss, variables)
        self.generator.optimizer.apply_gradients(zip(gradients, variables))

        # ---- Discriminator: minimise  mean -log s(D(face)) + mean -log(1 - s(D(filled))) ----
        variables = self.discriminator.trainable_variables
        with tf.GradientTape() as tape:
            discr_loss = self.discriminator_loss(self.scores(faces, holes), self.scores(filled, both_holes))
        gradients = tape.gradient(discr_loss, variables)
        self.discriminator.optimizer.apply_gradients(zip(gradients, variables))

        spread = tf.reduce_sum((first - second) ** 2) / (2 * tf.reduce_sum(holes))
        return {"error": error, "gen_loss": gen_loss, "discr_loss": discr_loss, "spread": spread}


def main(arguments: list[str] | None = None) -> None:
    """Train on holes of three kinds, fill faces that were never seen, and compare with the truth."""
    options = PARSER.parse_args(arguments)
    seed = options.seed
    with PARSER.open_output(options) as output:
        # ---- Data: faces, holes to train on, and others of both to measure on ----
        faces, truth = pairs.faces_to_restore(
            options.faces, training.SIZE, options.pictures, training.FACES_MEASURED, seed
        )
        holes = training.measured_holes(len(truth), training.SIZE, seed)
        scaling = FaceScaling.symmetric()

        # ---- Networks and model ----
        gan = InpaintingGAN(
            inpainting_generator(training.SIZE, options.latents, seed=seed),
            picture_discriminator(training.SIZE, 2, (32, 64, 96), seed=seed),
            LatentGenerator(options.latents, seed=seed),
            scaling.apply(faces)[..., None],
            training.training_holes(training.SIZE, seed),
            options.batch_size,
            learning_rate=options.learning_rate,
            beta_1=options.beta_1,
            adversarial=options.adversarial,
            of_mean=options.answers == "mean",
            seed=seed,
            decoding=scaling,
        )

        # ---- Training ----
        answers = training.Answers(gan.answer, scaling, options.latents, seed)
        rates = FallingRates(gan.distinct_optimizers, options.steps, options.decay)
        film = answers.film(truth, holes["half"], options.steps)
        curve = LossCurve(every=max(1, options.steps // 100))
        calls = steps_per_call(options.steps, training.FRAMES)
        run = Run(output.checkpoints, options)
        run.fit(gan, 1, options.steps, title="inpainting", callbacks=[rates, film, curve], steps_per_call=calls)

        # ---- Measures, beside methods without a GAN ----
        rows, spreads, arrays = training.report(faces, truth, holes, answers)
        output.save_record({"rows": rows, "spreads": spreads, "training_seconds": run.seconds["model"]})

        # ---- Pictures ----
        output.save_figure(training.draw_methods(truth, holes, arrays), "faces.png")
        output.save_figure(training.draw_answers(truth, holes["half"], arrays["half"]["answers"]), "answers.png")
        output.save_figure(training.draw_spread(spreads, arrays), "spread.png")
        output.save_animation(film.frames, "training.gif", film.steps, enlarged=2)
    print(scripts.table(rows), scripts.table(spreads), sep="\n\n")
    print(f"Pictures, training.gif and record.json are in {output.path}.")


if __name__ == "__main__":
    scripts.run_script(main)
