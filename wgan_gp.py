"""Task 3: the Wasserstein GAN, its critic kept in bounds by a gradient penalty.

Clipping leaves the critic few functions to choose from. The gradient penalty bounds its slope where it matters
instead: at random points x between a real example and a fake, the norm of dD(x)/dx should be 1, and the squared
deviation from 1 is added to the loss, times lambda_gp. In 49 dimensions this is what still works.

Paper: Gulrajani et al. 2017, Improved Training of Wasserstein GANs (algorithm 1).

Deviations:
1. `disc_iter` is 2 instead of 5.
2. Adam with beta_1 = 0.3 instead of 0.
3. The reported `discr_loss` is without the penalty, so that it can be compared with the one of task 2.

Run: python wgan_gp.py             (pictures in outputs/wgan_gp)
     python wgan_gp.py --help
"""

from __future__ import annotations

from gankit import commands

if __name__ == "__main__":  # help and wrong arguments are answered now, as TensorFlow takes seconds to start
    commands.point_clouds(__doc__, "wgan_gp").parse_args()

import tensorflow as tf
from tensorflow import keras

from gankit import pointclouds, pointruns, runs
from gankit.model import GAN


class WGAN_GP(GAN):
    """Wasserstein GAN with gradient penalty; arguments and samplers as in :class:`gankit.model.GAN`.

    `lambda_gp`, the weight of the penalty, comes last.
    """

    beta_1, beta_2 = 0.3, 0.9
    loss_names = ("discr_loss", "gen_loss", "gp")

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        latent_generator: object,
        real_examples: tf.Tensor,
        batch_size: int = 200,
        disc_iter: int = 2,
        learning_rate: float = 0.005,
        lambda_gp: float = 10,
        **options: object,
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
        real = self.match(real, fake)
        pairs = tf.minimum(tf.shape(real)[0], tf.shape(fake)[0])
        real, fake = real[:pairs], fake[:pairs]
        u = self.draw_mixing(real)
        mixed = u * real + (1.0 - u) * fake
        with tf.GradientTape() as tape:
            tape.watch(mixed)
            scores = self.discriminator(mixed, training=True)
        gradients = tape.gradient(scores, mixed)
        squares = tf.reduce_sum(gradients**2, axis=list(range(1, len(gradients.shape))))
        # The slope of the root is infinite at 0: a dead critic would turn every weight into NaN.
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
    """Learn the four clouds, and set the three GANs side by side on a cloud in 49 dimensions."""
    parser = commands.point_clouds(__doc__, "wgan_gp")
    options = parser.parse_args(arguments)
    # Only the comparison needs the other two classes; the lesson above stands on its own.
    from simple_gan import Simple_GAN
    from wgan_clip import WGAN_clip

    with runs.OutputFolder(options.output, runs.caption(options, parser)) as output:
        session = pointruns.Session(options, output)
        clouds = pointclouds.four_clouds(seed=options.seed)
        session.train("four_clouds", WGAN_GP, [2, 10, 10, 5], clouds, learning_rate=0.005, epochs=16)
        session.draw_clouds("four_clouds")
        corner = pointclouds.corner_cloud(seed=options.seed)
        for gan_class in (Simple_GAN, WGAN_clip, WGAN_GP):
            name = f"corner_{gan_class.__name__}"
            session.train(name, gan_class, [49, 98, 98, 49], corner, learning_rate=0.00003, epochs=100, steps=250)
        session.draw_corner("corner")
        session.finish()


if __name__ == "__main__":
    runs.run_script(main)
