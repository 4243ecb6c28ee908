"""Task 3: the Wasserstein GAN, its critic kept in bounds by a gradient penalty.

Clipping leaves the critic few functions to choose from. The gradient penalty bounds its slope only where it matters: at
random points x between a real example and a fake, the norm of dD(x)/dx should be 1, and the squared deviation from 1 is
added to the loss, times lambda_gp. The size of lambda_gp has to suit the size of the data.

Paper: Gulrajani et al. 2017, Improved Training of Wasserstein GANs (algorithm 1).

Deviations:
1. `disc_iter` is 2 instead of 5.
2. Adam with beta_1 = 0.3 instead of 0. Both learning rates fall to 0 at the end.
3. The reported `discr_loss` is without the penalty, so that it can be compared with the one of task 2.
4. The parts below use a lambda_gp of 0.02 and 1. The default of the class is the paper's 10.

Run: python wgan_gp.py                       (pictures and animations in outputs/wgan_gp)
     python wgan_gp.py --part corner         (one part alone, or several that begin alike)
     python wgan_gp.py --points FILE         (your own points)
     python wgan_gp.py --recipe coursework   (the older course's settings; 10 minutes)
     python wgan_gp.py --help                (all settings)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from gankit import scripts
from gankit.training.recipes import Part

# The settings of each part. Lambda is small because the clouds are small. With the paper's 10 they are not learned.
CLOUDS = Part("four_clouds", (2, 100, 100), "linear", learning_rate=0.001, decay=0.8, epochs=100, lambda_gp=0.02)
CORNER = Part("corner_cloud", (49, 98, 98), learning_rate=0.0001, decay=0.5, epochs=75, lambda_gp=1.0)
OLDER_CORNER = Part("corner_cloud", (49, 98, 98), learning_rate=0.00003, epochs=100, steps_per_epoch=250)
RECIPES = {
    "default": {
        "four_clouds": CLOUDS,
        "lambda_10": replace(CLOUDS, lambda_gp=10.0),
        "clouds_Simple_GAN": replace(CLOUDS, gan="Simple_GAN", discriminator_output="tanh"),
        "clouds_WGAN_clip": replace(CLOUDS, gan="WGAN_clip", epochs=150),
        "corner_Simple_GAN": replace(CORNER, gan="Simple_GAN"),
        "corner_WGAN_clip": replace(CORNER, gan="WGAN_clip"),
        "corner_WGAN_GP": CORNER,
    },
    "coursework": {
        "four_clouds": Part("four_clouds", (2, 10, 10)),
        "corner_Simple_GAN": replace(OLDER_CORNER, gan="Simple_GAN"),
        "corner_WGAN_clip": replace(OLDER_CORNER, gan="WGAN_clip"),
        "corner_WGAN_GP": OLDER_CORNER,
    },
}
# Pictures that show several parts side by side.
COMPARISONS = {
    "lambda.png": ("four_clouds", "lambda_10"),
    "three_gans.png": ("clouds_Simple_GAN", "clouds_WGAN_clip", "four_clouds"),
    "corner.png": ("corner_Simple_GAN", "corner_WGAN_clip", "corner_WGAN_GP"),
}
scripts.answer_at_once(__name__, scripts.PointCommandLine(__doc__, "wgan_gp", RECIPES))

import tensorflow as tf
from tensorflow import keras

from gankit import plots
from gankit.datasets import point_clouds
from gankit.models import GAN
from gankit.networks import fully_connected_GenDiscr
from gankit.training import Run
from gankit.training.callbacks import FallingRates
from gankit.training.points import PointFilm, measure_points, show_points


class WGAN_GP(GAN):
    """Wasserstein GAN with gradient penalty; arguments and samplers as in :class:`gankit.models.gan.GAN`.

    `lambda_gp`, the weight of the penalty, comes last.
    """

    beta_1, beta_2 = 0.3, 0.9
    loss_names = ("discr_loss", "gen_loss", "gp")

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        latent_generator: Callable[[int], tf.Tensor],
        real_examples: tf.Tensor,
        batch_size: int = 200,
        disc_iter: int = 2,
        learning_rate: float = 0.005,
        lambda_gp: float = 10,
        **options: Any,
    ):
        super().__init__(
            generator, discriminator, latent_generator, real_examples, batch_size, disc_iter, learning_rate, **options
        )
        self.lambda_gp = lambda_gp

    def generator_loss(self, fake_scores: tf.Tensor) -> tf.Tensor:
        """Minus the mean of D(fake): small when fakes score high."""
        ### BEGIN SOLUTION
        return -tf.reduce_mean(fake_scores)
        ### END SOLUTION

    def discriminator_loss(self, real_scores: tf.Tensor, fake_scores: tf.Tensor) -> tf.Tensor:
        """Mean of D(fake) minus mean of D(real): minus the estimate of the Wasserstein distance."""
        ### BEGIN SOLUTION
        return tf.reduce_mean(fake_scores) - tf.reduce_mean(real_scores)
        ### END SOLUTION

    def gradient_penalty(self, real: tf.Tensor, fake: tf.Tensor) -> tf.Tensor:
        """Mean over the batch of (||dD(x)/dx|| - 1)^2 at x = u real + (1 - u) fake, one u ~ U[0, 1) per example."""
        ### BEGIN SOLUTION
        real, fake = self.in_pairs(real, fake)
        u = self.draw_mixing(real)
        mixed = u * real + (1.0 - u) * fake
        with tf.GradientTape() as tape:
            tape.watch(mixed)
            scores = self.discriminator(mixed, training=True)
        gradients = tape.gradient(scores, mixed)
        squares = tf.reduce_sum(gradients**2, axis=list(range(1, len(gradients.shape))))
        # The slope of the root is infinite at 0, so a dead critic would turn every weight into NaN.
        norms = tf.sqrt(tf.maximum(squares, 1e-12))
        return tf.reduce_mean((norms - 1.0) ** 2)
        ### END SOLUTION

    def train_step(self, _: object) -> dict[str, tf.Tensor]:
        """Update D `disc_iter` times and then G once, on fresh examples each time; return the last losses."""
        # ---- Discriminator: minimise  mean D(G(z)) - mean D(real) + lambda_gp * penalty ----
        ### BEGIN SOLUTION
        variables = self.discriminator.trainable_variables
        for _ in range(self.disc_iter):
            fake = self.get_fake_sample(training=True)
            real = self.match(self.get_real_sample(), fake)
            with tf.GradientTape() as tape:
                real_scores = self.discriminator(real, training=True)
                fake_scores = self.discriminator(fake, training=True)
                discr_loss = self.discriminator_loss(real_scores, fake_scores)
                gp = self.gradient_penalty(real, fake)
                penalised_loss = discr_loss + self.lambda_gp * gp
            gradients = tape.gradient(penalised_loss, variables)
            self.discriminator.optimizer.apply_gradients(zip(gradients, variables))
        ### END SOLUTION

        # ---- Generator: minimise  -mean D(G(z)) ----
        ### BEGIN SOLUTION
        variables = self.generator.trainable_variables
        with tf.GradientTape() as tape:
            fake = self.get_fake_sample(training=True)
            gen_loss = self.generator_loss(self.discriminator(fake, training=True))
        gradients = tape.gradient(gen_loss, variables)
        self.generator.optimizer.apply_gradients(zip(gradients, variables))

        return {"discr_loss": discr_loss, "gen_loss": gen_loss, "gp": gp}
        ### END SOLUTION


def main(arguments: list[str] | None = None) -> None:
    """Learn the four clouds, compare lambdas and losses on them, and compare the losses in 49 dimensions."""
    parser = scripts.PointCommandLine(__doc__, "wgan_gp", RECIPES)
    options = parser.parse_args(arguments)
    seed = options.seed
    # Only the comparisons need the other two classes.
    from simple_gan import Simple_GAN
    from wgan_clip import WGAN_clip

    others = {"Simple_GAN": Simple_GAN, "WGAN_clip": WGAN_clip}
    with parser.open_output(options) as output:
        run = Run(output.checkpoints, options)
        measures, shown = {}, {}
        for name, part in parser.parts(options).items():
            # ---- Data: points in the unit square ----
            points = point_clouds.get_points(part.cloud, seed=seed)

            # ---- Networks ----
            generator, discriminator, latent_generator = fully_connected_GenDiscr(
                [*part.widths, points.shape[1]], points, part.latent_type, seed, part.discriminator_output
            )

            # ---- Model ----
            penalty: dict[str, Any] = {} if part.gan in others else {"lambda_gp": part.lambda_gp}
            gan = others.get(part.gan, WGAN_GP)(
                generator,
                discriminator,
                latent_generator,
                points,
                part.batch_size,
                part.disc_iter,
                part.learning_rate,
                beta_1=part.beta_1,
                seed=seed,
                **penalty,
            )

            # ---- Training ----
            film = PointFilm(gan, part, seed)
            rates = FallingRates(gan.distinct_optimizers, part.steps, part.decay)
            losses = run.fit(gan, part.epochs, part.steps_per_epoch, name=name, callbacks=[rates, film])

            # ---- Pictures and measures ----
            shown[name] = show_points(gan, losses, part, seed)
            measures[name] = measure_points(gan, losses, part, seed) | {"training_seconds": run.seconds[name]}
            output.save_figure(plots.points(shown[name]), f"{name}.png")
            if part.gan not in others:
                output.save_animation(film.draw(losses), f"{name}.gif")
            print(f"{name}: {', '.join(f'{key} {value:.4g}' for key, value in shown[name].measures.items())}")
        for picture, names in COMPARISONS.items():
            if set(names) <= set(shown):
                output.save_figure(plots.points_side_by_side({name: shown[name] for name in names}), picture)
        output.save_record(measures)
    print(f"Pictures, animations and record.json are in {output.path}.")


if __name__ == "__main__":
    scripts.run_script(main)
