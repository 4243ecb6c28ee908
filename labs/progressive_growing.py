"""Lab: progressive growing. Two networks learn 4x4 pictures first, then 8x8, 16x16 and 32x32.

A picture of 4x4 pixels shows where the head is and where the light comes from. It is learned in seconds, as a step is
ten times as fast as at 32x32. Then both networks grow by a layer that doubles the resolution. It is faded in: its
share of the picture, alpha, rises from 0 to 1. So the new layer, which knows nothing yet, does not disturb what others
have learned. The lab compares this with the same networks trained at 32x32 from the start, in the same time.

Paper: Karras et al. 2018, Progressive Growing of GANs for Improved Quality, Stability, and Variation.

Deviations:
1. One convolution in each block instead of two, and 8 to 64 channels instead of 512, for gray pictures of 32x32 on one
   core. The paper ends at 1024x1024.
2. The learning rate is 0.005 instead of 0.001, and the penalty's weight lambda 2 instead of 10, because a run has a
   minute and not days.
3. The mean of the generator's weights reaches back 200 steps instead of 1,000.
4. The Frechet distance replaces the paper's sliced Wasserstein distance.

Run: python labs/progressive_growing.py             (pictures and an animation in outputs/progressive_growing)
     python labs/progressive_growing.py --fade 0    (each resolution appears at once)
     python labs/progressive_growing.py --help      (all settings)
"""

from __future__ import annotations

from typing import Any

from gankit import scripts

RECIPE = {
    "pictures": 3000,
    "steps": 700,
    "fade": 0.5,
    "batch_size": 16,
    "learning_rate": 0.005,
    "beta_1": 0.0,
    "beta_2": 0.99,
    "lambda_gp": 2.0,
    "averaging": 0.995,
}
PARSER = scripts.RecipeCommandLine(__doc__, "labs/progressive_growing", {"default": RECIPE})
scripts.answer_at_once(__name__, PARSER)

import numpy as np
import tensorflow as tf

from gankit import plots
from gankit.faces import FaceScaling
from gankit.models import GrowingGAN
from gankit.networks import LatentGenerator, growing_GenDiscr
from gankit.networks.growing import fade
from gankit.randomness import separate_seed
from gankit.training import Run
from gankit.training import growing as training
from gankit.training.faces import steps_per_call

LATENT_DIMENSION = 32
CHANNELS = (64, 32, 16, 8)  # of maps of 4x4, 8x8, 16x16, 32x32
DRIFT = 0.001  # weight of the mean squared score of real pictures, which keeps scores near 0


class Progressive_GAN(GrowingGAN):
    """Wasserstein GAN with gradient penalty whose networks grow; see :class:`gankit.models.growing.GrowingGAN`."""

    beta_1, beta_2 = 0.0, 0.99
    loss_names = ("discr_loss", "gen_loss", "gp")

    def __init__(self, *arguments: Any, lambda_gp: float = 10.0, **options: Any):
        super().__init__(*arguments, **options)
        self.lambda_gp = lambda_gp

    def at_present(self, pictures: tf.Tensor) -> tf.Tensor:
        """Average real pictures `(batch, 32, 32)` down to the present resolution, faded like the generator's."""
        window = pictures.shape[1] // self.resolution
        new = tf.nn.avg_pool2d(pictures[..., None], window, window, "VALID")
        if self.resolution == self.resolutions[0]:
            return new
        halved = tf.nn.avg_pool2d(new, 2, 2, "VALID")
        return fade(tf.repeat(tf.repeat(halved, 2, axis=1), 2, axis=2), new, self.alpha)

    def generator_loss(self, fake_scores: tf.Tensor) -> tf.Tensor:
        """Minus the mean of D(fake): small when fakes score high."""
        return -tf.reduce_mean(fake_scores)

    def discriminator_loss(self, real_scores: tf.Tensor, fake_scores: tf.Tensor) -> tf.Tensor:
        """Mean of D(fake) minus mean of D(real): minus the estimate of the Wasserstein distance."""
        return tf.reduce_mean(fake_scores) - tf.reduce_mean(real_scores)

    def gradient_penalty(self, real: tf.Tensor, fake: tf.Tensor) -> tf.Tensor:
        """Mean over the batch of (||dD(x)/dx|| - 1)^2 at x = u real + (1 - u) fake, one u ~ U[0, 1) per example."""
        real, fake = self.in_pairs(real, fake)
        u = self.draw_mixing(real)
        mixed = u * real + (1.0 - u) * fake
        with tf.GradientTape() as tape:
            tape.watch(mixed)
            scores = self.present_discriminator(mixed, training=True)
        squares = tf.reduce_sum(tape.gradient(scores, mixed) ** 2, axis=[1, 2, 3])
        return tf.reduce_mean((tf.sqrt(tf.maximum(squares, 1e-12)) - 1.0) ** 2)

    def train_step(self, _: object) -> dict[str, tf.Tensor]:
        """Update D `disc_iter` times and then G once, both at the present resolution; return the last losses."""
        generator, discriminator = self.present_generator, self.present_discriminator

        # ---- Discriminator: minimise  mean D(G(z)) - mean D(real) + lambda_gp * penalty + drift * mean D(real)^2 ----
        variables = discriminator.trainable_variables
        for _ in range(self.disc_iter):
            fake = generator(self.latent_generator(self.batch_size), training=True)
            real = self.at_present(self.get_real_sample())
            with tf.GradientTape() as tape:
                real_scores = discriminator(real, training=True)
                fake_scores = discriminator(fake, training=True)
                discr_loss = self.discriminator_loss(real_scores, fake_scores)
                gp = self.gradient_penalty(real, fake)
                penalised_loss = discr_loss + self.lambda_gp * gp + DRIFT * tf.reduce_mean(real_scores**2)
            gradients = tape.gradient(penalised_loss, variables)
            self.discriminator.optimizer.apply_gradients(zip(gradients, variables))

        # ---- Generator: minimise  -mean D(G(z)) ----
        variables = generator.trainable_variables
        with tf.GradientTape() as tape:
            fake = generator(self.latent_generator(self.batch_size), training=True)
            gen_loss = self.generator_loss(discriminator(fake, training=True))
        gradients = tape.gradient(gen_loss, variables)
        self.generator.optimizer.apply_gradients(zip(gradients, variables))

        return {"discr_loss": discr_loss, "gen_loss": gen_loss, "gp": gp}


def main(arguments: list[str] | None = None) -> None:
    """Train growing networks and the same networks from the start, each for the same time, and compare them."""
    options = PARSER.parse_args(arguments)
    seed = options.seed
    with PARSER.open_output(options) as output:
        # ---- Data: rendered faces, intensities from 0 to 255 -> [-1, 1]. Others are kept for the measures ----
        scaling = FaceScaling.symmetric()
        faces = training.rendered(options.pictures, seed)
        unseen = training.rendered(training.FACES_MEASURED, separate_seed(seed)) / np.float32(255)
        prepared = scaling.prepare(faces)

        plans = {"growing": training.growth_plan(options.steps, options.fade)}
        plans["direct"] = training.direct_plan(options.steps)
        run = Run(output.checkpoints, options)
        samples, courses = {}, {}
        for name, plan in plans.items():
            # ---- Networks: both trainings start from the same weights ----
            generator, discriminator = growing_GenDiscr(LATENT_DIMENSION, CHANNELS, seed)

            # ---- Model ----
            gan = Progressive_GAN(
                generator,
                discriminator,
                LatentGenerator(LATENT_DIMENSION, seed=seed),
                prepared,
                options.batch_size,
                disc_iter=1,
                learning_rate=options.learning_rate,
                beta_1=options.beta_1,
                beta_2=options.beta_2,
                lambda_gp=options.lambda_gp,
                seed=seed,
                decoding=scaling,
            )

            # ---- Training ----
            growth = training.Growth(gan, plan)
            kept = training.GrowingGenerator(gan, options.averaging, seed)
            courses[name] = training.Course(kept, unseen, training.looks(plan, training.LOOKS))
            callbacks = [growth, kept, courses[name]]
            steps = training.length(plan)
            run.fit(gan, 1, steps, name=name, callbacks=callbacks, steps_per_call=steps_per_call(steps, 100))
            samples[name] = kept.generate(training.FACES_MEASURED)

        # ---- Measures ----
        real = faces.astype(np.float32) / 255
        rows = training.report(samples, real, unseen, seed)
        seconds = {name: course.seconds[-1] for name, course in courses.items()}
        record = training.record_of(rows, plans, courses, run.seconds)
        output.save_record({**record, "limits": training.limits(real, unseen)})

        # ---- Pictures ----
        grids = {
            "growing": samples["growing"][:50],
            "32x32 from the start": samples["direct"][:50],
            "real, unseen": unseen[:50],
        }
        output.save_figure(plots.faces_side_by_side(grids), "faces.png")
        output.save_figure(training.draw_courses(courses, rows), "distance.png")
        output.save_animation(training.film(courses["growing"], courses["direct"]), "training.gif")
    print(training.table(rows, seconds))
    print(f"Pictures, training.gif and record.json are in {output.path}.")


if __name__ == "__main__":
    scripts.run_script(main)
