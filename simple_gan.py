"""Task 1: the GAN. Two networks learn from each other, here on point clouds.

A generator G turns random numbers (latents z) into examples. A discriminator D tells real examples from fake ones: it
is trained to answer +1 to real examples and -1 to fakes. G is trained to make D answer +1. G never sees a real
example. It learns only from how D's answer changes when its fakes change a little.

Papers: Goodfellow et al. 2014, Generative Adversarial Nets; Mao et al. 2017, Least Squares GAN (equation 2).

Deviations:
1. Least squares instead of the cross-entropy of 2014. The targets are Mao's with a = -1, b = c = 1; his factors 1/2 are
   left out, which changes nothing with Adam.
2. D is updated `disc_iter` times for each update of G.
3. Adam with beta_1 = 0.5 and beta_2 = 0.9 instead of plain gradient descent. Both learning rates fall to 0 at the end.

Run: python simple_gan.py                       (pictures and animations in outputs/simple_gan)
     python simple_gan.py --part circle         (one part alone)
     python simple_gan.py --points FILE         (your own points)
     python simple_gan.py --recipe coursework   (the older course's settings, which are too small to succeed)
     python simple_gan.py --help                (all settings)
"""

from __future__ import annotations

from gankit import scripts
from gankit.training.recipes import Part

# The settings of each part. The older course's networks are too small, and its runs too short, to learn either cloud.
RECIPES = {
    "default": {
        "circle": Part("circle", (1, 100, 100), latent_type="uniform", learning_rate=0.001, decay=0.3, epochs=150),
        "four_clouds": Part("four_clouds", (2, 100, 100), learning_rate=0.001, decay=0.8, epochs=100),
    },
    "coursework": {
        "circle": Part("circle", (1, 10, 10), learning_rate=0.001),
        "four_clouds": Part("four_clouds", (2, 10, 10)),
    },
}
scripts.answer_at_once(__name__, scripts.PointCommandLine(__doc__, "simple_gan", RECIPES))

import tensorflow as tf

from gankit import plots
from gankit.datasets import point_clouds
from gankit.models import GAN
from gankit.networks import fully_connected_GenDiscr
from gankit.training import Run
from gankit.training.callbacks import FallingRates
from gankit.training.points import PointFilm, measure_points, show_points


class Simple_GAN(GAN):
    """Least-squares GAN; the arguments and the two samplers are those of :class:`gankit.models.gan.GAN`."""

    beta_1, beta_2 = 0.5, 0.9

    def generator_loss(self, fake_scores: tf.Tensor) -> tf.Tensor:
        """Mean of (D(fake) - 1)^2: small when D takes fakes for real."""
        ### BEGIN SOLUTION
        return tf.reduce_mean((fake_scores - 1.0) ** 2)
        ### END SOLUTION

    def discriminator_loss(self, real_scores: tf.Tensor, fake_scores: tf.Tensor) -> tf.Tensor:
        """Mean of (D(real) - 1)^2 plus mean of (D(fake) + 1)^2: small when D tells them apart."""
        ### BEGIN SOLUTION
        return tf.reduce_mean((real_scores - 1.0) ** 2) + tf.reduce_mean((fake_scores + 1.0) ** 2)
        ### END SOLUTION

    def train_step(self, _: object) -> dict[str, tf.Tensor]:
        """Update D `disc_iter` times and then G once, on fresh examples each time; return the last losses."""
        # ---- Discriminator: minimise  mean (D(real) - 1)^2 + mean (D(G(z)) + 1)^2 ----
        ### BEGIN SOLUTION
        variables = self.discriminator.trainable_variables
        for _ in range(self.disc_iter):
            fake = self.get_fake_sample(training=True)
            real = self.match(self.get_real_sample(), fake)
            with tf.GradientTape() as tape:
                real_scores = self.discriminator(real, training=True)
                fake_scores = self.discriminator(fake, training=True)
                discr_loss = self.discriminator_loss(real_scores, fake_scores)
            gradients = tape.gradient(discr_loss, variables)
            self.discriminator.optimizer.apply_gradients(zip(gradients, variables))
        ### END SOLUTION

        # ---- Generator: minimise  mean (D(G(z)) - 1)^2 ----
        ### BEGIN SOLUTION
        variables = self.generator.trainable_variables
        with tf.GradientTape() as tape:
            fake = self.get_fake_sample(training=True)
            gen_loss = self.generator_loss(self.discriminator(fake, training=True))
        gradients = tape.gradient(gen_loss, variables)
        self.generator.optimizer.apply_gradients(zip(gradients, variables))

        return {"discr_loss": discr_loss, "gen_loss": gen_loss}
        ### END SOLUTION


def main(arguments: list[str] | None = None) -> None:
    """Learn the circle and the four clouds, and draw the results."""
    parser = scripts.PointCommandLine(__doc__, "simple_gan", RECIPES)
    options = parser.parse_args(arguments)
    seed = options.seed
    with parser.open_output(options) as output:
        run = Run(output.checkpoints, options)
        measures = {}
        for name, part in parser.parts(options).items():
            # ---- Data: points in the unit square ----
            points = point_clouds.get_points(part.cloud, seed=seed)

            # ---- Networks ----
            generator, discriminator, latent_generator = fully_connected_GenDiscr(
                [*part.widths, points.shape[1]], points, part.latent_type, seed, part.discriminator_output
            )

            # ---- Model ----
            gan = Simple_GAN(
                generator,
                discriminator,
                latent_generator,
                points,
                part.batch_size,
                part.disc_iter,
                part.learning_rate,
                beta_1=part.beta_1,
                seed=seed,
            )

            # ---- Training ----
            film = PointFilm(gan, part, seed)
            rates = FallingRates(gan.distinct_optimizers, part.steps, part.decay)
            losses = run.fit(gan, part.epochs, part.steps_per_epoch, name=name, callbacks=[rates, film])

            # ---- Pictures and measures ----
            output.save_figure(plots.points(show_points(gan, losses, part, seed)), f"{name}.png")
            output.save_animation(film.draw(losses), f"{name}.gif")
            measures[name] = measure_points(gan, losses, part, seed) | {"training_seconds": run.seconds[name]}
        output.save_record(measures)
    print(f"Pictures, animations and record.json are in {output.path}.")


if __name__ == "__main__":
    scripts.run_script(main)
