"""Lab: a conditional GAN. One asks for a seven, or for a smiling face turned to the left, and gets it.

Generator and discriminator see a condition: the label of a digit, or four attributes of a face (glasses, smile, shade
of the hair, yaw). G turns latents and condition into a picture. D judges whether a picture is real *and* has its
condition. A classifier of real digits and an encoder of real faces then read back what was asked for.

There are two ways to give D the condition. *Concatenated*: an embedding of the condition becomes another channel of the
picture. *Projection*: D computes features of the picture alone, and its logit is a score of these features plus their
inner product with an embedding of the condition.

Papers: Mirza and Osindero 2014, Conditional Generative Adversarial Nets; Miyato and Koyama 2018, cGANs with Projection
Discriminator (equation 3); Mescheder et al. 2018, Which Training Methods for GANs do actually Converge? (R1).

Deviations:
1. The networks for digits have the sizes that many tutorials use (G 128, 256, 512; D 512, 512, 256 with dropout .4).
   G's last hidden layer of 1,024 is left out: there are 64 pixels. The networks for faces are convolutional.
2. Conditions are vectors, and an embedding is their product with a matrix. For a label the vector is 1 at its place and
   0 elsewhere, so that the product is a row of the matrix, as in an embedding layer. Attributes are divided by their
   deviation.
3. G takes the condition once, at its input, and not in every batch normalisation as Miyato and Koyama's does.
4. The non-saturating loss instead of the hinge loss. On faces, R1 instead of spectral normalisation.
5. On faces, D also sees real pictures with conditions of other pictures, and has to call them fake (Reed et al. 2016,
   Generative Adversarial Text to Image Synthesis). So it learns at once that conditions matter.
6. The running mean of G's weights makes the pictures.

Run: python labs/conditional_gan.py                  (digits, with both discriminators; outputs/conditional_gan)
     python labs/conditional_gan.py --data faces     (faces by glasses, smile, hair and yaw)
     python labs/conditional_gan.py --help           (all settings)
"""

from __future__ import annotations

from collections.abc import Mapping

from gankit import scripts
from gankit.training.recipes import CONDITIONAL_FACES

RECIPES = {
    "digits": {
        "discriminator": "both",
        "steps": 1500,
        "batch_size": 64,
        "latents": 64,
        "learning_rate": 0.0005,
        "decay": 0.3,
        "beta_1": 0.5,
        "beta_2": 0.999,
        "r1": 0.0,
        "mismatch": 0.0,
        "averaging": 0.995,
    },
    "faces": {"discriminator": "projection", "steps": 2500, **CONDITIONAL_FACES},
}
SETTINGS = ("batch_size", "learning_rate", "beta_1", "beta_2", "r1", "mismatch", "seed")  # of the model
KINDS = ("concatenated", "projection")
CHOICES = {"discriminator": (("both", *KINDS), "how the discriminator sees the condition")}
PARSER = scripts.RecipeCommandLine(__doc__, "labs/conditional_gan", RECIPES, CHOICES, selector="data")
scripts.answer_at_once(__name__, PARSER)

import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers

from gankit.faces import FaceScaling
from gankit.fast import Adam
from gankit.models import AdversarialModel
from gankit.networks import LatentGenerator
from gankit.networks.conditional import Inner
from gankit.randomness import SeedSequence
from gankit.training import Run
from gankit.training import conditional as training
from gankit.training.callbacks import FallingRates
from gankit.training.conditional_faces import Faces
from gankit.training.faces import steps_per_call

SUBJECTS: dict[str, type[training.Subject]] = {"digits": training.Digits, "faces": Faces}
EMBEDDING = 16  # values that the generator's embedding adds to the latents


class Conditional_GAN(AdversarialModel):
    """GAN with the cross-entropy whose networks both see a condition; D answers with a logit.

    Parameters
    ----------
    generator : keras.Model
        Maps latents `(batch, latents)` and conditions `(batch, k)` to pictures `(batch, side, side, 1)`.
    discriminator : keras.Model
        Maps pictures and conditions to logits `(batch, 1)`.
    latent_generator : LatentGenerator
        Samples the latents.
    pictures, conditions : numpy.ndarray
        Real examples, float32, `(n, side, side, 1)` and `(n, k)`; rows belong together.
    batch_size, learning_rate, beta_1, beta_2, seed, decoding
        As in :class:`gankit.models.gan.GAN`.
    r1 : float
        Weight of a penalty on D's slope at real pictures; 0 for none.
    mismatch : float
        Weight of real pictures with conditions of other pictures, which D has to call fake; 0 for none.
    further : mapping, optional
        Further networks by name, for subclasses; each gets an optimizer of its own.
    examples : mapping, optional
        Further arrays to draw from, for subclasses.
    """

    loss_names: tuple[str, ...] = ("discr_loss", "gen_loss")

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        latent_generator: LatentGenerator,
        pictures: np.ndarray,
        conditions: np.ndarray,
        batch_size: int = 64,
        learning_rate: float = 0.0005,
        beta_1: float = 0.5,
        beta_2: float = 0.99,
        r1: float = 0.0,
        mismatch: float = 0.0,
        seed: int | None = None,
        decoding: FaceScaling | None = None,
        further: Mapping[str, keras.Model] | None = None,
        examples: Mapping[str, np.ndarray] | None = None,
    ):
        networks = {"generator": generator, "discriminator": discriminator, **(further or {})}
        super().__init__(
            networks,
            {name: Adam(learning_rate, beta_1=beta_1, beta_2=beta_2) for name in networks},
            examples={"real": (pictures, conditions), **(examples or {})},
            seed=seed,
            streams={"latent": latent_generator.stream},
            decoding=decoding,
        )
        self.latent_generator, self.batch_size = latent_generator, batch_size
        self.r1, self.mismatch = r1, mismatch

    def get_real_sample(self) -> tuple[tf.Tensor, tf.Tensor]:
        """Sample real pictures with their conditions."""
        return self.draw("real", self.batch_size)

    def get_fake_sample(self) -> tuple[tf.Tensor, tf.Tensor]:
        """Take conditions that occur in the data, and make a picture for each; return both."""
        _, wanted = self.draw("real", self.batch_size)
        latents = self.latent_generator(wanted.shape[0])
        return self.generator([latents, wanted], training=True), wanted

    def generator_loss(self, fake_logits: tf.Tensor) -> tf.Tensor:
        """Mean of -log s(D(fake)), where s is the sigmoid: softplus(-x) = -log s(x)."""
        return tf.reduce_mean(tf.nn.softplus(-fake_logits))

    def discriminator_loss(self, real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
        """Mean of -log s(D(real)) plus mean of -log(1 - s(D(fake))): the cross-entropy of both."""
        return tf.reduce_mean(tf.nn.softplus(-real_logits)) + tf.reduce_mean(tf.nn.softplus(fake_logits))

    def slope_penalty(self, real: tf.Tensor, conditions: tf.Tensor) -> tf.Tensor:
        """Mean over real pictures of the squared norm of dD(x, y)/dx; the condition y is not varied."""
        with tf.GradientTape() as tape:
            tape.watch(real)
            logits = self.discriminator([real, conditions], training=True)
        gradients = tape.gradient(logits, real)
        return tf.reduce_mean(tf.reduce_sum(gradients**2, axis=[1, 2, 3]))

    def train_step(self, _: object) -> dict[str, tf.Tensor]:
        """Update D and then G once, on fresh fakes and conditions each time; return the losses."""
        # ---- Discriminator: minimise  mean -log s(D(x, y)) + mean -log(1 - s(D(G(z, y'), y')))
        #      + mismatch * mean -log(1 - s(D(x, y'))) + r1 / 2 * penalty ----
        variables = self.discriminator.trainable_variables
        real, conditions = self.get_real_sample()
        fake, wanted = self.get_fake_sample()
        with tf.GradientTape() as tape:
            real_logits = self.discriminator([real, conditions], training=True)
            fake_logits = self.discriminator([fake, wanted], training=True)
            discr_loss = self.discriminator_loss(real_logits, fake_logits)
            whole_loss = discr_loss
            if self.mismatch:
                wrong_logits = self.discriminator([real, wanted], training=True)
                whole_loss += self.mismatch * tf.reduce_mean(tf.nn.softplus(wrong_logits))
            if self.r1:
                whole_loss += self.r1 / 2.0 * self.slope_penalty(real, conditions)
        gradients = tape.gradient(whole_loss, variables)
        self.discriminator.optimizer.apply_gradients(zip(gradients, variables))

        # ---- Generator: minimise  mean -log s(D(G(z, y'), y')) ----
        variables = self.generator.trainable_variables
        with tf.GradientTape() as tape:
            fake, wanted = self.get_fake_sample()
            gen_loss = self.generator_loss(self.discriminator([fake, wanted], training=True))
        gradients = tape.gradient(gen_loss, variables)
        self.generator.optimizer.apply_gradients(zip(gradients, variables))

        return {"discr_loss": discr_loss, "gen_loss": gen_loss}


def conditional_pair(
    kind: str, inner: Inner, side: int, latents: int, conditions: int, seed: int
) -> tuple[keras.Model, keras.Model]:
    """Build G, `(batch, latents)` and `(batch, conditions)` to pictures, and D of one of the :data:`KINDS`."""
    next_seed = SeedSequence(seed)

    def dense(units: int, use_bias: bool = True) -> layers.Layer:
        kernel = keras.initializers.GlorotUniform(seed=next_seed())
        return layers.Dense(units, use_bias=use_bias, kernel_initializer=kernel)

    def embed(condition: keras.KerasTensor, width: int) -> keras.KerasTensor:
        # Without a bias, label number i becomes row i of the kernel.
        kernel = keras.initializers.RandomNormal(stddev=0.5, seed=next_seed())
        return layers.Dense(width, use_bias=False, kernel_initializer=kernel)(condition)

    # ---- Generator: latents beside the embedded condition ----
    noise, condition = keras.Input((latents,)), keras.Input((conditions,))
    values = layers.Concatenate()([noise, embed(condition, EMBEDDING)])
    generator = keras.Model([noise, condition], inner.to_pictures(values, side, next_seed), name="generator")

    picture, condition = keras.Input((side, side, 1)), keras.Input((conditions,))
    if kind == "concatenated":
        # ---- Discriminator: the embedded condition is another channel of the picture ----
        channel = layers.Reshape((side, side, 1))(embed(condition, side * side))
        logit = dense(1)(inner.to_features(layers.Concatenate()([picture, channel]), next_seed))
    else:
        # ---- Discriminator: D(x, y) = w . f(x) + b + (V y) . f(x) ----
        features = inner.to_features(picture, next_seed)
        projection = layers.Dot(axes=1)([dense(features.shape[-1], use_bias=False)(condition), features])
        logit = layers.Add()([dense(1)(features), projection])
    return generator, keras.Model([picture, condition], logit, name="discriminator")


def main(arguments: list[str] | None = None) -> None:
    """Learn pictures with their conditions, ask for conditions, and read them back."""
    options = PARSER.parse_args(arguments)
    with PARSER.open_output(options) as output:
        # ---- Data: intensities from 0 to 1 -> [-1, 1], the range of tanh; conditions ----
        subject = SUBJECTS[options.data]()
        scaling = FaceScaling.symmetric()
        pictures = scaling.apply(subject.train)[..., None]
        conditions, side = subject.train_conditions, pictures.shape[1]

        # ---- One model for each kind of discriminator ----
        run, kept, films = Run(output.checkpoints, options), {}, {}
        for kind in KINDS if options.discriminator == "both" else (options.discriminator,):
            networks = conditional_pair(kind, subject.inner, side, options.latents, conditions.shape[1], options.seed)
            gan = Conditional_GAN(
                *networks,
                LatentGenerator(options.latents, seed=options.seed),
                pictures,
                conditions,
                **scripts.values_of(options, SETTINGS),
                decoding=scaling,
            )
            kept[kind] = training.KeptConditional(gan, subject, options.averaging, options.seed)
            films[kind] = kept[kind].film(options.steps)
            rates = FallingRates(gan.distinct_optimizers, options.steps, options.decay)
            callbacks, steps = [kept[kind], rates, films[kind]], steps_per_call(options.steps)
            title = f"{kind} on {options.data}"
            run.fit(gan, 1, options.steps, name=kind, title=title, callbacks=callbacks, steps_per_call=steps)

        # ---- What was asked for, and what is read back ----
        report = subject.report(kept, options.seed)
        output.save_record({**report.measures, "training_seconds": run.seconds})
        output.save_figures(report.figures)
        output.save_animation(training.side_by_side(films), "training.gif", films[kind].steps, enlarged=3)
    print(report.text)
    print(f"Pictures, the animation and record.json are in {output.path}.")


if __name__ == "__main__":
    scripts.run_script(main)
