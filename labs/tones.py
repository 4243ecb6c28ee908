"""Lab: plucked tones. A generator learns waveforms, and one can play a song on it.

A tone is a quarter of a second of a plucked string: 1,024 numbers. Its note comes from a pentatonic scale; its decay
and the place of the pluck are random. The generator makes waves by transposed convolutions. Three discriminators judge
them: the first sees the wave, the others its means at half and at a quarter of the rate. Pitch, decay and timbre of
the generated tones are then read back and compared with the data's.

G and D are told the note, so that one can ask for it (`--notes asked`, the default). Waves of two notes have nothing
between them that is a note, and a few minutes are too short for the networks to find ten separate notes by themselves:
`--notes free` shows it. G then gets one of ten random symbols instead of a note, and D does not see it.

Papers: Donahue, McAuley and Puckette 2019, Adversarial Audio Synthesis (WaveGAN); Kumar et al. 2019, MelGAN
(discriminators at several scales, hinge loss); Miyato and Koyama 2018, cGANs with Projection Discriminator; Mescheder
et al. 2018, Which Training Methods for GANs do actually Converge? (R1).

Deviations:
1. 4,000 samples per second instead of 16,000 or 22,050, and networks of a hundredth of WaveGAN's size.
2. G starts from latents, as WaveGAN's, and not from a spectrogram, as MelGAN's.
3. Kernels of 16 instead of 25: a multiple of the stride of 4, so that layers draw no pattern of their own.
4. R1 instead of WaveGAN's gradient penalty and MelGAN's weight normalisation: it needs one update of D for one of G.
5. No phase shuffle. WaveGAN moves the maps of D at random, so that D cannot know patterns by their phase. All tones
   here begin at their pluck, so the phase is part of what G has to learn.
6. Every window of a discriminator's last map has a score, as in MelGAN, plus its product with the embedded note.
7. The running mean of G's weights makes the tones.

Run: python labs/tones.py                     (WAV files, pictures and an animation in outputs/tones)
     python labs/tones.py --duration 0.5      (any duration; the generator makes a little more and trims it)
     python labs/tones.py --notes free        (nobody is told the note)
     python labs/tones.py --help              (all settings)
"""

from __future__ import annotations

from gankit import scripts

ASKED = {
    "steps": 1200,
    "tones": 2000,
    "duration": 0.256,
    "batch_size": 32,
    "latents": 8,
    "learning_rate": 0.001,
    "generator_rate": 1.0,
    "decay": 0.5,
    "beta_1": 0.5,
    "beta_2": 0.99,
    "r1": 0.1,
    "averaging": 0.99,
}
# Without notes D soon tells all fakes from real tones. A larger penalty is meant to slow it down.
RECIPES = {"asked": ASKED, "free": {**ASKED, "steps": 900, "r1": 1.0}}
PARSER = scripts.RecipeCommandLine(__doc__, "labs/tones", RECIPES, selector="notes")
scripts.answer_at_once(__name__, PARSER)

from collections.abc import Sequence

import numpy as np
import tensorflow as tf
from tensorflow import keras

from gankit import plots
from gankit.datasets.tones import NOTES, RATE, samples_of, tones
from gankit.datasets.wav_files import write_wav
from gankit.fast import Adam
from gankit.models import AdversarialModel
from gankit.networks import LatentGenerator
from gankit.networks.waves import wave_discriminators, wave_generator
from gankit.training import Run
from gankit.training import tones as training
from gankit.training.callbacks import FallingRates
from gankit.training.faces import steps_per_call


class Tone_GAN(AdversarialModel):
    """GAN with the hinge loss, whose discriminator gives scores at several scales.

    Parameters
    ----------
    generator : keras.Model
        Maps latents `(batch, latents)` and notes `(batch, k)` to waves `(batch, samples, 1)`.
    discriminator : keras.Model
        Maps waves and notes to a list of scores, `(batch, windows)` for each scale.
    latent_generator : LatentGenerator
        Samples the latents.
    waves, notes : numpy.ndarray
        Real examples, float32, `(n, samples, 1)` and one-hot `(n, k)`; rows belong together.
    batch_size, learning_rate, beta_1, beta_2, seed
        As in :class:`gankit.models.gan.GAN`; the learning rate is the discriminator's.
    generator_rate : float
        The generator's learning rate, relative to the discriminator's.
    r1 : float
        Weight of a penalty on the slope of the scores at real waves; 0 for none.
    told : bool
        Whether the discriminator sees the notes.
    """

    loss_names = ("discr_loss", "gen_loss")

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        latent_generator: LatentGenerator,
        waves: np.ndarray,
        notes: np.ndarray,
        batch_size: int = 32,
        learning_rate: float = 0.001,
        beta_1: float = 0.5,
        beta_2: float = 0.99,
        generator_rate: float = 1.0,
        r1: float = 0.1,
        told: bool = True,
        seed: int | None = None,
    ):
        rates = {"generator": generator_rate * learning_rate, "discriminator": learning_rate}
        super().__init__(
            {"generator": generator, "discriminator": discriminator},
            {name: Adam(rate, beta_1=beta_1, beta_2=beta_2) for name, rate in rates.items()},
            examples={"real": (waves, notes)},
            seed=seed,
            streams={"latent": latent_generator.stream},
        )
        self.latent_generator, self.batch_size = latent_generator, batch_size
        self.r1, self.told = r1, told

    def get_fake_sample(self) -> tuple[tf.Tensor, tf.Tensor]:
        """Take notes as they occur in the data, and make a wave for each; return both."""
        _, notes = self.draw("real", self.batch_size)
        return self.generator([self.latent_generator(notes.shape[0]), notes], training=True), notes

    def scores(self, waves: tf.Tensor, notes: tf.Tensor) -> Sequence[tf.Tensor]:
        """Return the scores at each scale. Without notes the projection is 0, and a score that of the wave alone."""
        return self.discriminator([waves, notes if self.told else tf.zeros_like(notes)], training=True)

    def generator_loss(self, fake_scores: Sequence[tf.Tensor]) -> tf.Tensor:
        """Sum over the scales of the mean of -D(fake)."""
        return tf.add_n([-tf.reduce_mean(fake) for fake in fake_scores])

    def discriminator_loss(self, real_scores: Sequence[tf.Tensor], fake_scores: Sequence[tf.Tensor]) -> tf.Tensor:
        """Sum over the scales of the mean of max(0, 1 - D(real)) plus the mean of max(0, 1 + D(fake))."""
        of_real = [tf.reduce_mean(tf.nn.relu(1.0 - real)) for real in real_scores]
        of_fake = [tf.reduce_mean(tf.nn.relu(1.0 + fake)) for fake in fake_scores]
        return tf.add_n(of_real + of_fake)

    def slope_penalty(self, waves: tf.Tensor, notes: tf.Tensor) -> tf.Tensor:
        """Mean over waves x of the squared norm of dS/dx; S sums the mean scores of all scales."""
        with tf.GradientTape() as tape:
            tape.watch(waves)
            summed = tf.add_n([tf.reduce_sum(tf.reduce_mean(each, axis=1)) for each in self.scores(waves, notes)])
        gradients = tape.gradient(summed, waves)
        return tf.reduce_mean(tf.reduce_sum(gradients**2, axis=[1, 2]))

    def train_step(self, _: object) -> dict[str, tf.Tensor]:
        """Update D and then G once, on fresh waves each time; return the losses."""
        # ---- Discriminators: minimise  sum over scales of  mean max(0, 1 - D(x, y)) + mean max(0, 1 + D(G(z, y), y))
        #      + r1 / 2 * penalty ----
        variables = self.discriminator.trainable_variables
        real, notes = self.draw("real", self.batch_size)
        fake, asked = self.get_fake_sample()
        with tf.GradientTape() as tape:
            discr_loss = self.discriminator_loss(self.scores(real, notes), self.scores(fake, asked))
            penalised_loss = discr_loss + self.r1 / 2.0 * self.slope_penalty(real, notes) if self.r1 else discr_loss
        gradients = tape.gradient(penalised_loss, variables)
        self.discriminator.optimizer.apply_gradients(zip(gradients, variables))

        # ---- Generator: minimise  sum over scales of  mean -D(G(z, y), y) ----
        variables = self.generator.trainable_variables
        with tf.GradientTape() as tape:
            gen_loss = self.generator_loss(self.scores(*self.get_fake_sample()))
        gradients = tape.gradient(gen_loss, variables)
        self.generator.optimizer.apply_gradients(zip(gradients, variables))

        return {"discr_loss": discr_loss, "gen_loss": gen_loss}


def main(arguments: list[str] | None = None) -> None:
    """Learn tones, read the generated ones, and play them."""
    options = PARSER.parse_args(arguments)
    with PARSER.open_output(options) as output:
        # ---- Data: waves from -1 to 1, the range of tanh; notes one-hot ----
        samples = samples_of(options.duration)
        data = tones(options.tones, options.seed, samples)
        one_hot = np.eye(len(NOTES), dtype=np.float32)

        # ---- Model ----
        gan = Tone_GAN(
            wave_generator(samples, options.latents, len(NOTES), options.seed),
            wave_discriminators(samples, len(NOTES), options.seed + 1),
            LatentGenerator(options.latents, seed=options.seed),
            data.waves[..., None],
            one_hot[data.notes],
            batch_size=options.batch_size,
            learning_rate=options.learning_rate,
            beta_1=options.beta_1,
            beta_2=options.beta_2,
            generator_rate=options.generator_rate,
            r1=options.r1,
            told=options.notes == "asked",
            seed=options.seed,
        )

        # ---- Training ----
        kept = training.KeptTones(gan, options.averaging, options.seed)
        rates = FallingRates(gan.distinct_optimizers, options.steps, options.decay)
        film = kept.film(options.steps)
        run, callbacks = Run(output.checkpoints, options), [kept, rates, film]
        steps = steps_per_call(options.steps, training.FRAMES)
        run.fit(gan, 1, options.steps, title="GAN on tones", callbacks=callbacks, steps_per_call=steps)

        # ---- Measures: what is read from generated tones, beside new real ones and tones made without a GAN ----
        report = training.report(kept, data, asked=gan.told, seed=options.seed)
        output.save_record({**report.measures, "training_seconds": round(run.seconds["model"], 1)})

        # ---- Sounds and pictures ----
        for name, sound in report.sounds.items():
            write_wav(output.file(f"{name}.wav"), sound, RATE)
        output.save_figure(plots.spectrograms(report.scales), "spectrograms.png")
        output.save_figure(plots.tone_waves(report.examples, RATE), "waves.png")
        output.save_figure(plots.tone_readings(report.readings, report.asked), "readings.png")
        output.save_animation(film.frames, "training.gif", film.steps, enlarged=2)
    print(report.text)
    print(f"Sounds, pictures, the animation and record.json are in {output.path}.")


if __name__ == "__main__":
    scripts.run_script(main)
