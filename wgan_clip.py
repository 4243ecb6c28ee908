"""Task 2: the Wasserstein GAN, its critic kept in bounds by clipping its weights.

The discriminator becomes a critic: it no longer answers real or fake but gives a score, and it is trained to score real
examples higher than fakes by as much as it can. If the score may change by at most 1 per unit of distance (the critic
is 1-Lipschitz), the largest possible difference is the Wasserstein distance: how far the fakes must be moved, on
average, to become the real examples. This distance falls smoothly as the fakes come closer, even while the two clouds
do not overlap. Clipping each weight after each update is a simple way to bound how steep the score can be.

Paper: Arjovsky et al. 2017, Wasserstein GAN (algorithm 1).

Deviations:
1. The box is [-1, 1] instead of [-0.01, 0.01], as the networks here are small.
2. `disc_iter` is 2 instead of 5.
3. Adam with beta_1 = 0.5 and beta_2 = 0.9 instead of RMSProp. Both learning rates fall to 0 at the end.

Run: python wgan_clip.py                       (pictures and animations in outputs/wgan_clip)
     python wgan_clip.py --part four_clouds    (one part alone)
     python wgan_clip.py --points FILE         (your own points)
     python wgan_clip.py --recipe coursework   (the older course's settings)
     python wgan_clip.py --help                (all settings)
"""

from __future__ import annotations

from dataclasses import replace

from gankit import scripts
from gankit.training.recipes import Part

# The settings of each part. The second part differs only in the critic's last layer, and shows what goes wrong with
# tanh.
LEARNS = Part("four_clouds", (2, 100, 100), "linear", learning_rate=0.001, decay=0.8, epochs=150)
RECIPES = {
    "default": {"four_clouds": LEARNS, "tanh_critic": replace(LEARNS, discriminator_output="tanh", epochs=50)},
    "coursework": {"four_clouds": Part("four_clouds", (2, 10, 10), learning_rate=0.0005)},
}
scripts.answer_at_once(__name__, scripts.PointCommandLine(__doc__, "wgan_clip", RECIPES))

import tensorflow as tf

from gankit import plots
from gankit.datasets import point_clouds
from gankit.models import GAN
from gankit.networks import fully_connected_GenDiscr
from gankit.training import Run
from gankit.training.callbacks import FallingRates
from gankit.training.points import PointFilm, measure_points, show_points


class WGAN_clip(GAN):
    """Wasserstein GAN with clipped weights; the arguments and samplers are those of :class:`gankit.models.gan.GAN`."""

    beta_1, beta_2 = 0.5, 0.9

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

    def train_step(self, _: object) -> dict[str, tf.Tensor]:
        """Update D `disc_iter` times and then G once, on fresh examples each time; return the last losses."""
        # ---- Discriminator: minimise  mean D(G(z)) - mean D(real),  then clip ----
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
            for variable in variables:
                variable.assign(tf.clip_by_value(variable, -1.0, 1.0))
        ### END SOLUTION

        # ---- Generator: minimise  -mean D(G(z)) ----
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
    """Learn the four clouds with a critic that ends in a linear layer, and with one that ends in tanh."""
    parser = scripts.PointCommandLine(__doc__, "wgan_clip", RECIPES)
    options = parser.parse_args(arguments)
    seed = options.seed
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
            gan = WGAN_clip(
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
            shown[name] = show_points(gan, losses, part, seed)
            output.save_figure(plots.points(shown[name]), f"{name}.png")
            output.save_animation(film.draw(losses), f"{name}.gif")
            measures[name] = measure_points(gan, losses, part, seed) | {"training_seconds": run.seconds[name]}
        if len(shown) > 1:
            output.save_figure(plots.points_side_by_side(shown), "critics.png")
        output.save_record(measures)
    print(f"Pictures, animations and record.json are in {output.path}.")


if __name__ == "__main__":
    scripts.run_script(main)
