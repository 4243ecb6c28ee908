"""Task 2: the Wasserstein GAN, its critic kept in bounds by clipping its weights.

The discriminator becomes a critic: it no longer answers real or fake but gives a score, and is trained to score real
examples higher than fakes by as much as it can. If the score may change by at most 1 per unit of distance (the critic
is 1-Lipschitz), the best achievable difference is the Wasserstein distance: how far the fakes must be carried, on
average, to become the real examples. That distance falls smoothly as the fakes come closer, even where the two clouds
do not overlap. Clipping each weight after each update is the crude way to keep the score's slope bounded.

Paper: Arjovsky et al. 2017, Wasserstein GAN (algorithm 1).

Deviations:
1. The box is [-1, 1] instead of [-0.01, 0.01]: the networks here are small, and end in tanh.
2. `disc_iter` is 2 instead of 5.
3. Adam with beta_1 = 0.5 and beta_2 = 0.9 instead of RMSProp.

Run: python wgan_clip.py           (pictures in outputs/wgan_clip)
     python wgan_clip.py --help
"""

from __future__ import annotations

from gankit import scripts

if __name__ == "__main__":  # help and wrong arguments are answered now, as TensorFlow takes seconds to start
    scripts.point_clouds(__doc__, "wgan_clip").parse_args()

import tensorflow as tf

from gankit.datasets import point_clouds
from gankit.models import GAN
from gankit.networks import fully_connected_GenDiscr
from gankit.training import Run
from gankit.training.points import measure_clouds, plot_clouds


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
    """Learn the four clouds, and draw what was learned."""
    parser = scripts.point_clouds(__doc__, "wgan_clip")
    options = parser.parse_args(arguments)
    steps_per_epoch = options.steps_per_epoch or 100
    with parser.open_output(options) as output:
        run = Run(output.checkpoints, options)
        measures = {}

        # ---- The four clouds ----
        points = point_clouds.four_clouds(seed=options.seed)
        generator, discriminator, latent_generator = fully_connected_GenDiscr(
            [2, 10, 10, 5], points, options.latent_type, seed=options.seed
        )
        gan = WGAN_clip(
            generator,
            discriminator,
            latent_generator,
            points,
            options.batch_size,
            learning_rate=0.0005,
            seed=options.seed,
        )
        losses = run.fit(gan, options.epochs or 16, steps_per_epoch, name="four_clouds")
        output.save_figure(plot_clouds(gan, losses), "four_clouds.png")
        measures["four_clouds"] = measure_clouds(gan, losses, options.seed)

        output.save_record(measures)
    print(f"Pictures and record.json are in {output.path}.")


if __name__ == "__main__":
    scripts.run_script(main)
