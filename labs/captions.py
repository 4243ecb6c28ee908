"""Lab: captions to faces. One writes "a bald man with sunglasses, lit from the left", and gets such faces.

A text encoder turns the words of a caption into a vector: embeddings of the words, and a GRU that reads them in their
order. Generator and discriminator see this vector as their condition. G turns latents and vector into a face. D judges
whether a face is real *and* belongs to the caption. All three learn together. An encoder of real faces then reads each
claim of a caption back from the generated faces. Some combinations of claims, such as a bald head with sunglasses, are
in no caption and no face of the training: words that were learned apart have to work together.

Papers: Reed et al. 2016, Generative Adversarial Text to Image Synthesis; Cho et al. 2014, Learning Phrase
Representations using RNN Encoder-Decoder (the GRU); Miyato and Koyama 2018, cGANs with Projection Discriminator.

Deviations:
1. The captions come from the grammar of gankit/datasets/captions.py, and each of their claims is true. They leave out
   four of ten true claims. What a caption does not say is left to the latents.
2. Reed et al. train the text encoder before the GAN. Here it learns from D's loss alone. G takes its vectors as they
   are, so that G cannot win by making captions alike.
3. Small words ("a", "with", "the") are dropped before the encoder, so that 11 words are enough.
4. Networks, loss, R1 and the mismatch term are those of labs/conditional_gan.py on faces. Reed et al.'s interpolation
   between captions during the training is left out.
5. Sunglasses, glasses, hats, beards, bald heads and fair hair are more frequent than in the stored faces.

Run: python labs/captions.py                                      (outputs/captions)
     python labs/captions.py --caption "an old woman with glasses, smiling"
     python labs/captions.py --resume --caption "..."             (after a run: draws without training again)
     python labs/captions.py --help                               (all settings)
"""

from __future__ import annotations

import argparse

from gankit import scripts
from gankit.training.recipes import CONDITIONAL_FACES

RECIPES = {"default": {"steps": 2000, **CONDITIONAL_FACES}}
PARSER = scripts.RecipeCommandLine(__doc__, "labs/captions", RECIPES)
PARSER.add_argument(
    "--caption", type=scripts.face_caption, action="append", help="also draw faces for this caption; may be repeated"
)
scripts.answer_at_once(__name__, PARSER)

import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers

from gankit.datasets.captions import MOST_WORDS, VOCABULARY
from gankit.faces import FaceScaling
from gankit.networks import LatentGenerator
from gankit.networks.conditional import CONVOLUTIONAL
from gankit.randomness import SeedSequence
from gankit.training import Run
from gankit.training.callbacks import FallingRates
from gankit.training.captions import CaptionedFaces, KeptCaptions
from gankit.training.faces import steps_per_call
from labs.conditional_gan import SETTINGS, Conditional_GAN, conditional_pair

WORD_WIDTH = 32  # numbers of a word's embedding
VECTOR_WIDTH = 64  # numbers of a caption's vector


class Caption_GAN(Conditional_GAN):
    """Conditional GAN whose conditions are captions: rows of word numbers, ``(n, words)``, 0 for no word.

    The parameters are those of :class:`labs.conditional_gan.Conditional_GAN`. ``further`` holds the network
    ``text_encoder``, which maps captions `(batch, words)` to vectors `(batch, k)`, the conditions of the other two.
    """

    loss_names = ("discr_loss", "gen_loss", "mismatch_loss")

    def train_step(self, _: object) -> dict[str, tf.Tensor]:
        """Update D and the text encoder, and then G, on fresh fakes each time; return the losses."""
        # ---- Discriminator and text encoder t: minimise  mean -log s(D(x, t(c)))
        #      + mean -log(1 - s(D(G(z, t(c')), t(c')))) + mismatch * mean -log(1 - s(D(x, t(c')))) + r1 / 2 * penalty
        variables = [self.discriminator.trainable_variables, self.text_encoder.trainable_variables]
        real, captions = self.get_real_sample()
        _, others = self.get_real_sample()
        latents = self.latent_generator(others.shape[0])
        with tf.GradientTape() as tape:
            vectors = self.text_encoder(tf.concat([captions, others], axis=0), training=True)
            said, asked = tf.split(vectors, 2)
            fake = tf.stop_gradient(self.generator([latents, asked], training=True))
            # D has no batch normalisation, so that the three sets can go through it together.
            pictures, conditions = tf.concat([real, fake, real], axis=0), tf.concat([said, asked, asked], axis=0)
            logits = self.discriminator([pictures, conditions], training=True)
            real_logits, fake_logits, wrong_logits = tf.split(logits, 3)
            discr_loss = self.discriminator_loss(real_logits, fake_logits)
            mismatch = tf.reduce_mean(tf.nn.softplus(wrong_logits))
            penalty = self.slope_penalty(real, said)
            whole_loss = discr_loss + self.mismatch * mismatch + self.r1 / 2.0 * penalty
        gradients = tape.gradient(whole_loss, variables)
        for network, own, updated in zip((self.discriminator, self.text_encoder), gradients, variables):
            # The gradient of an embedding is a list of words. As one tensor, words that occur repeatedly are summed.
            network.optimizer.apply_gradients(zip(map(tf.convert_to_tensor, own), updated))

        # ---- Generator: minimise  mean -log s(D(G(z, t(c')), t(c'))) ----
        variables = self.generator.trainable_variables
        _, others = self.get_real_sample()
        latents = self.latent_generator(others.shape[0])
        asked = self.text_encoder(others, training=False)
        with tf.GradientTape() as tape:
            fake = self.generator([latents, asked], training=True)
            gen_loss = self.generator_loss(self.discriminator([fake, asked], training=True))
        gradients = tape.gradient(gen_loss, variables)
        self.generator.optimizer.apply_gradients(zip(gradients, variables))

        return {"discr_loss": discr_loss, "gen_loss": gen_loss, "mismatch_loss": mismatch}


def build_text_encoder(words: int, vocabulary: int, seed: int, width: int = VECTOR_WIDTH) -> keras.Model:
    """Build the text encoder: `(batch, words)` of numbers up to `vocabulary` to vectors `(batch, width)` in (-1, 1)."""
    next_seed = SeedSequence(seed)
    numbers = keras.Input((words,), dtype="int32")
    # The mask tells the GRU to keep its state where there is no word (0).
    table = keras.initializers.RandomNormal(stddev=0.5, seed=next_seed())
    embedded = layers.Embedding(vocabulary + 1, WORD_WIDTH, mask_zero=True, embeddings_initializer=table)(numbers)
    # Unrolled: 11 steps as one graph are faster than a loop.
    vector = layers.GRU(
        width,
        unroll=True,
        kernel_initializer=keras.initializers.GlorotUniform(seed=next_seed()),
        recurrent_initializer=keras.initializers.Orthogonal(seed=next_seed()),
    )(embedded)
    return keras.Model(numbers, vector, name="text_encoder")


def main(arguments: list[str] | None = None) -> None:
    """Learn faces with their captions, ask for captions that never occurred, and read their claims back."""
    options = PARSER.parse_args(arguments)
    with PARSER.open_output(options) as output:
        # ---- Data: intensities from 0 to 1 -> [-1, 1], the range of tanh; captions as word numbers ----
        data = CaptionedFaces()
        scaling = FaceScaling.symmetric()
        pictures = scaling.apply(data.train)[..., None]

        # ---- Networks and model ----
        gan = Caption_GAN(
            *conditional_pair("projection", CONVOLUTIONAL, 16, options.latents, VECTOR_WIDTH, options.seed + 1),
            LatentGenerator(options.latents, seed=options.seed),
            pictures,
            data.train_captions,
            **scripts.values_of(options, SETTINGS),
            decoding=scaling,
            further={"text_encoder": build_text_encoder(MOST_WORDS, len(VOCABULARY), options.seed)},
        )

        # ---- Training; the checkpoint is kept, so that --resume can draw other captions ----
        kept = KeptCaptions(gan, data.train_captions, options.averaging, options.seed)
        film = kept.film(options.steps)
        rates = FallingRates(gan.distinct_optimizers, options.steps, options.decay)
        run = Run(output.checkpoints, argparse.Namespace(**{**vars(options), "caption": None}))
        callbacks, steps = [kept, rates, film], steps_per_call(options.steps)
        run.fit(gan, 1, options.steps, title="captions to faces", callbacks=callbacks, steps_per_call=steps)
        output.keep_checkpoints()

        # ---- What was asked for, and what is read back ----
        report = data.report(kept, options.caption or (), options.seed)
        output.save_record({**report.measures, "training_seconds": run.seconds})
        output.save_figures(report.figures)
        output.save_animation(film.frames, "training.gif", film.steps, enlarged=4)
    print(report.text)
    print(f"Pictures, the animation and record.json are in {output.path}.")


if __name__ == "__main__":
    scripts.run_script(main)
