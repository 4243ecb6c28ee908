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

from gankit import scripts

if __name__ == "__main__":  # help and wrong arguments are answered now, as TensorFlow takes seconds to start
    scripts.point_clouds(__doc__, "wgan_gp").parse_args()

import tensorflow as tf
from tensorflow import keras

from gankit import plots
from gankit.datasets import point_clouds
from gankit.models import GAN
from gankit.networks import fully_connected_GenDiscr
from gankit.training import Run
from gankit.training.points import measure_clouds, measure_points, plot_clouds


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
    parser = scripts.point_clouds(__doc__, "wgan_gp")
    options = parser.parse_args(arguments)
    steps_per_epoch = options.steps_per_epoch or 100
    # Only the comparison needs the other two classes; the lesson above stands on its own.
    from simple_gan import Simple_GAN
    from wgan_clip import WGAN_clip

    with parser.open_output(options) as output:
        run = Run(output.checkpoints, options)
        measures = {}

        # ---- The four clouds ----
        points = point_clouds.four_clouds(seed=options.seed)
        generator, discriminator, latent_generator = fully_connected_GenDiscr(
            [2, 10, 10, 5], points, options.latent_type, seed=options.seed
        )
        gan = WGAN_GP(
            generator,
            discriminator,
            latent_generator,
            points,
            options.batch_size,
            learning_rate=0.005,
            seed=options.seed,
        )
        losses = run.fit(gan, options.epochs or 16, steps_per_epoch, name="four_clouds")
        output.save_figure(plot_clouds(gan, losses), "four_clouds.png")
        measures["four_clouds"] = measure_clouds(gan, losses, options.seed)

        # ---- The cloud in the corner of 49 dimensions: all three GANs from the same start ----
        points = point_clouds.corner_cloud(seed=options.seed)
        samples, histories = {}, {}
        for gan_class in (Simple_GAN, WGAN_clip, WGAN_GP):
            name = gan_class.__name__
            generator, discriminator, latent_generator = fully_connected_GenDiscr(
                [49, 98, 98, 49], points, options.latent_type, seed=options.seed
            )
            gan = gan_class(
                generator,
                discriminator,
                latent_generator,
                points,
                options.batch_size,
                learning_rate=0.00003,
                seed=options.seed,
            )
            losses = run.fit(gan, options.epochs or 100, options.steps_per_epoch or 250, name=f"corner_{name}")
            samples[name], histories[name] = gan.get_fake_sample(1000).numpy(), losses
            measures[f"corner_{name}"] = measure_points(gan, losses, options.seed)
        distances = {name: point_clouds.corner_distances(sample) for name, sample in samples.items()}
        expected = {"mean_squared_distance": 49 * 0.05**2, "barycentre_squared_distance": 49 * 0.05**2 / 1000}
        output.save_figure(plots.corner(points, samples, histories, distances, expected), "corner.png")
        measures["corner_real"] = point_clouds.corner_distances(points)
        rows = {"true cloud, expected": expected, "real sample": measures["corner_real"], **distances}
        for name, row in rows.items():
            print(
                f"{name:>22}: mean squared distance {row['mean_squared_distance']:.4f}, "
                f"barycentre {row['barycentre_squared_distance']:.6f}"
            )
            if name in distances:
                measures[f"corner_{name}"].update(row)

        output.save_record(measures)
    print(f"Pictures and record.json are in {output.path}.")


if __name__ == "__main__":
    scripts.run_script(main)
