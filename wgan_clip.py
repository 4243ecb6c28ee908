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

from gankit import commands

if __name__ == "__main__":  # help and wrong arguments are answered now, as TensorFlow takes seconds to start
    commands.point_clouds(__doc__, "wgan_clip").parse_args()

import tensorflow as tf

from gankit import pointclouds, pointruns, runs
from gankit.model import GAN


class WGAN_clip(GAN):
    """Wasserstein GAN with clipped weights; the arguments and samplers are those of :class:`gankit.model.GAN`."""

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
    parser = commands.point_clouds(__doc__, "wgan_clip")
    options = parser.parse_args(arguments)
    with runs.OutputFolder(options.output, runs.caption(options, parser)) as output:
        session = pointruns.Session(options, output)
        clouds = pointclouds.four_clouds(seed=options.seed)
        session.train("four_clouds", WGAN_clip, [2, 10, 10, 5], clouds, learning_rate=0.0005, epochs=16)
        session.draw_clouds("four_clouds")
        session.finish()


if __name__ == "__main__":
    runs.run_script(main)
