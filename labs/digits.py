"""Lab 3: handwritten digits. The first GAN that most courses build, with measures that say how good it is.

The loss is that of 2014: D estimates the probability that an example is real and is trained by the cross-entropy, and G
is trained to make D say "real". Three pairs of networks learn the same digits. The dense pair sees a picture as a
vector, the DCGAN and the upsampling pair see neighbours. A classifier of real digits then judges the fakes: are all
ten digits there, can it recognise each one, and can another classifier learn the digits from them?

Papers: Goodfellow et al. 2014, Generative Adversarial Nets; Radford, Metz and Chintala 2016, DCGAN; Salimans et al.
2016, Improved Techniques for Training GANs (inception score).

Deviations:
1. G minimises -log D(G(z)), which Goodfellow recommends, instead of log(1 - D(G(z))).
2. The DCGAN is smaller than Radford's: two doublings of height and width instead of four, fewer channels, 64 normal
   latents instead of 100 uniform ones, batches of 64 instead of 128.
3. The running mean of G's weights makes the pictures. The learning rate is 0.001, five times Radford's.
4. The inception score uses a small classifier of these ten classes instead of the Inception network.
5. The GAN learns no labels. A classifier that learns from fakes is given the labels that the classifier of real digits
   sees in them, and so learns from both. Compare its accuracy with that of the baselines.

Run: python labs/digits.py                      (DCGAN on 8x8 digits; pictures in outputs/digits)
     python labs/digits.py --networks dense     (or upsampling, the form that many tutorials use)
     python labs/digits.py --data mnist         (28x28; MNIST is downloaded once)
     python labs/digits.py --help               (all settings)
"""

from __future__ import annotations

from gankit import scripts
from gankit.choices import PICTURES

# The settings belong to the networks: --networks sets the defaults of all others.
COMMON = {"data": "digits", "batch_size": 64, "disc_iter": 1, "beta_1": 0.5, "averaging": 0.995}
RECIPES = {
    "dcgan": {**COMMON, "steps": 5000, "learning_rate": 0.001, "decay": 0.0},
    "dense": {**COMMON, "steps": 8000, "learning_rate": 0.0002, "decay": 0.0},
    # Its discriminator is small and has dropout. With one update in a step it learns nothing, and G collapses.
    "upsampling": {**COMMON, "steps": 1500, "disc_iter": 3, "learning_rate": 0.0005, "decay": 0.0},
}
CHOICES = {"data": (PICTURES, "8x8 digits of scikit-learn, or 28x28 pictures that Keras downloads")}
PARSER = scripts.RecipeCommandLine(__doc__, "labs/digits", RECIPES, CHOICES, selector="networks")
scripts.answer_at_once(__name__, PARSER)

import numpy as np
import tensorflow as tf

from gankit import plots
from gankit.datasets.digits import load_digits
from gankit.faces import FaceScaling
from gankit.metrics import PictureClassifier, surest_first
from gankit.models import GAN
from gankit.networks import PICTURE_BUILDERS, LatentGenerator
from gankit.training import Run
from gankit.training import digits as training
from gankit.training.callbacks import FallingRates, LossCurve
from gankit.training.faces import KeptGenerator, steps_per_call

LATENT_DIMENSION = 64


class CrossEntropyGAN(GAN):
    """The GAN of 2014, with scores that are logits: sigmoid(D(x)) estimates the probability that x is real.

    The arguments and the two samplers are those of :class:`gankit.models.gan.GAN`.
    """

    beta_1, beta_2 = 0.5, 0.999
    loss_names = ("discr_loss", "gen_loss", "real_right", "fake_right")

    def generator_loss(self, fake_scores: tf.Tensor) -> tf.Tensor:
        """Mean of -log sigmoid(D(fake)): the cross-entropy if fakes are called real."""
        return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(tf.ones_like(fake_scores), fake_scores))

    def discriminator_loss(self, real_scores: tf.Tensor, fake_scores: tf.Tensor) -> tf.Tensor:
        """Mean of -log sigmoid(D(real)) plus mean of -log(1 - sigmoid(D(fake))): the cross-entropy of both."""
        real_loss = tf.nn.sigmoid_cross_entropy_with_logits(tf.ones_like(real_scores), real_scores)
        fake_loss = tf.nn.sigmoid_cross_entropy_with_logits(tf.zeros_like(fake_scores), fake_scores)
        return tf.reduce_mean(real_loss) + tf.reduce_mean(fake_loss)

    def train_step(self, _: object) -> dict[str, tf.Tensor]:
        """Update D `disc_iter` times and then G once, on fresh fakes each time; return losses and D's right answers."""
        # ---- Discriminator: minimise  mean -log s(D(real)) + mean -log(1 - s(D(G(z)))),  s the sigmoid ----
        variables = self.discriminator.trainable_variables
        for _ in range(self.disc_iter):
            fake = self.get_fake_sample(training=True)
            real = self.match(self.get_real_sample(), fake)
            with tf.GradientTape() as tape:
                # Two calls, so that batch normalisation sees real and fake examples in separate batches.
                real_scores = self.discriminator(real, training=True)
                fake_scores = self.discriminator(fake, training=True)
                discr_loss = self.discriminator_loss(real_scores, fake_scores)
            gradients = tape.gradient(discr_loss, variables)
            self.discriminator.optimizer.apply_gradients(zip(gradients, variables))

        # ---- Generator: minimise  mean -log s(D(G(z))) ----
        variables = self.generator.trainable_variables
        with tf.GradientTape() as tape:
            fake = self.get_fake_sample(training=True)
            gen_loss = self.generator_loss(self.discriminator(fake, training=True))
        gradients = tape.gradient(gen_loss, variables)
        self.generator.optimizer.apply_gradients(zip(gradients, variables))

        # A logit above 0 says "real". These are D's answers before its last update.
        real_right = tf.reduce_mean(tf.cast(real_scores > 0, tf.float32))
        fake_right = tf.reduce_mean(tf.cast(fake_scores < 0, tf.float32))
        return {"discr_loss": discr_loss, "gen_loss": gen_loss, "real_right": real_right, "fake_right": fake_right}


def main(arguments: list[str] | None = None) -> None:
    """Train on digits, judge the fakes by a classifier of real digits, and draw the results."""
    options = PARSER.parse_args(arguments)
    with PARSER.open_output(options) as output:
        # ---- Data: intensities from 0 to 1 -> [-1, 1] ----
        data = load_digits(options.data)
        scaling = FaceScaling.symmetric()
        prepared = scaling.apply(data.train)

        # ---- Networks ----
        build = PICTURE_BUILDERS[options.networks]
        generator, discriminator = build(prepared.shape[1], LATENT_DIMENSION, options.seed)

        # ---- Model ----
        gan = CrossEntropyGAN(
            generator,
            discriminator,
            LatentGenerator(LATENT_DIMENSION, seed=options.seed),
            prepared,
            options.batch_size,
            disc_iter=options.disc_iter,
            learning_rate=options.learning_rate,
            beta_1=options.beta_1,
            seed=options.seed,
            decoding=scaling,
        )

        # ---- Training. The mean of the weights comes first, because the frames use it ----
        kept = KeptGenerator(gan, options.averaging, options.seed)
        rates = FallingRates(gan.distinct_optimizers, options.steps, options.decay)
        frames = kept.snapshots(options.steps)
        curve = LossCurve(every=max(1, options.steps // 100))
        run = Run(output.checkpoints, options)
        callbacks = [kept, rates, frames, curve]
        run.fit(
            gan,
            1,
            options.steps,
            title="GAN on digits",
            callbacks=callbacks,
            steps_per_call=steps_per_call(options.steps),
        )

        # ---- Measures, by a classifier of real digits ----
        generated = kept.generate(max(training.PICTURES_MEASURED, len(data.train)))
        judge = PictureClassifier(data.train, data.train_labels, len(data.names), options.seed)
        measures = training.measure_digits(generated, data, judge, options.seed)
        last = {name: values[-1] for name, values in curve.losses.items()}
        output.save_record({**measures, **last, "training_seconds": run.seconds["model"]})

        # ---- Pictures ----
        rows = {"generated": generated, "real, held out": data.test}
        grids = {title: surest_first(each, judge.probabilities(each), 10) for title, each in rows.items()}
        output.save_figure(plots.faces_side_by_side(grids), "digits.png")
        shares = measures["generated"]["shares"], measures["real"]["shares"]
        output.save_figure(plots.class_shares(*shares, len(generated)), "classes.png")
        undecided = {"discr_loss": 2 * np.log(2), "gen_loss": np.log(2)}
        output.save_figure(plots.losses_and_right_answers(curve.losses, curve.steps, undecided), "losses.png")
        film = [plots.few_grays(frame) for frame in frames.frames]
        output.save_animation(film, "training.gif", frames.steps, enlarged=max(1, 24 // prepared.shape[1]))
    print(training.table(measures))
    print(f"Pictures, training.gif and record.json are in {output.path}.")


if __name__ == "__main__":
    scripts.run_script(main)
