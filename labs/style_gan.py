"""Lab: a style-based generator. Where a number enters the network decides what it changes in the face.

A usual generator takes its latents at the beginning. Here the first map is a learned constant. A *mapping network*
turns the latent z into a style w, and w enters at every layer: it decides mean and deviation of each channel (AdaIN).
Small maps come first, so their styles should decide what is large in a face, such as its pose, and styles of large maps
what is small. Noise enters at every layer too, for detail that nobody has to choose. The renderer's attributes and an
encoder that reads them tell whether it is so: exchange the styles of some layers, and read what has moved.

Paper: Karras, Laine and Aila 2019, A Style-Based Generator Architecture for Generative Adversarial Networks.

Deviations:
1. Faces of 16 or 32 pixels instead of 1,024: three or four sizes of maps, 96 to 12 channels, w of length 64.
2. All sizes are trained from the start. The paper's generator grows.
3. Upsampling repeats pixels instead of interpolating. Weights are not equalised. D sees no deviations over the batch.
   The constant starts from random numbers instead of 1.
4. The mapping network learns at a tenth of the others' rate instead of a hundredth, because the run is short.
5. Each face has its own chance of mixed styles and its own crossover.
6. The weight of the penalty R1 suits small pictures. Batches of 32.

Run: python labs/style_gan.py               (16x16; pictures in outputs/style_gan)
     python labs/style_gan.py --size 32     (32x32, which are rendered first)
     python labs/style_gan.py --compare     (task 4's networks for the same time, twice as long)
     python labs/style_gan.py --help        (all settings)
"""

from __future__ import annotations

from typing import Any

from gankit import scripts

COMMON = {"batch_size": 32, "learning_rate": 0.001, "mapping_rate": 0.1, "decay": 0.5, "beta_1": 0.0, "beta_2": 0.99}
STYLES = {"r1": 0.2, "mixing": 0.5, "averaging": 0.998}
RECIPES = {
    "16": {"pictures": 10_000, "steps": 1500, **COMMON, **STYLES},
    "32": {"pictures": 8_000, "steps": 700, **COMMON, **STYLES},
}
COMPARE = {"compare": "train task 4's networks for the same processor time, and measure them too"}
PARSER = scripts.RecipeCommandLine(__doc__, "labs/style_gan", RECIPES, flags=COMPARE, selector="size")
scripts.answer_at_once(__name__, PARSER)

import tensorflow as tf

from convolutional_gan import convolutional_GenDiscr
from gankit import plots
from gankit.errors import InputError
from gankit.faces import FaceScaling
from gankit.models import GAN
from gankit.networks import LatentGenerator
from gankit.networks.style import LATENTS, draw_crossovers, mix_styles, parts_of, style_GenDiscr
from gankit.training import Run
from gankit.training import style as training
from gankit.training.callbacks import FallingRates, LossCurve, ProcessorTime
from gankit.training.faces import hold_out, steps_per_call
from gankit.training.rivals import train_task_4
from wgan_gp import WGAN_GP


class Style_GAN(GAN):
    """GAN with the non-saturating loss and R1 on networks of :func:`gankit.networks.style.style_GenDiscr`.

    The arguments and samplers are those of :class:`gankit.models.gan.GAN`. `mixing` is the probability that a face of
    the training step gets two styles, and `r1` the weight of the penalty on D's slope.
    """

    beta_1, beta_2 = 0.0, 0.99
    loss_names = ("discr_loss", "gen_loss", "slope")

    def __init__(self, *arguments: Any, mixing: float = 0.5, r1: float = 0.2, **options: Any):
        super().__init__(*arguments, **options)
        self.mixing, self.r1 = mixing, r1

    def get_mixed_sample(self) -> tf.Tensor:
        """Return a batch of fakes, some of which take another style from a random layer on."""
        mapping, synthesis = parts_of(self.generator)
        layers = synthesis.input_shape[0][1]
        latents = self.latent_generator(self.batch_size)
        others = self.mixing_stream.normal((self.batch_size, LATENTS))
        crossovers = draw_crossovers(self.mixing_stream, self.batch_size, layers, self.mixing)
        first, second = mapping(latents[:, :LATENTS], training=True), mapping(others, training=True)
        # (batch, layers, 64): styles of one w up to the crossover, and of the other one from there on
        styles = mix_styles(first, second, crossovers, layers)
        return synthesis([styles, latents[:, LATENTS:]], training=True)

    def generator_loss(self, fake_logits: tf.Tensor) -> tf.Tensor:
        """Mean of -log s(D(fake)), s the sigmoid: small when D takes fakes for real."""
        return tf.reduce_mean(tf.nn.softplus(-fake_logits))

    def discriminator_loss(self, real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
        """Mean of -log s(D(real)) plus mean of -log(1 - s(D(fake)))."""
        return tf.reduce_mean(tf.nn.softplus(-real_logits)) + tf.reduce_mean(tf.nn.softplus(fake_logits))

    def train_step(self, _: object) -> dict[str, tf.Tensor]:
        """Update D `disc_iter` times and then G once, on fresh examples each time; return the last losses."""
        # ---- Discriminator: minimise  mean -log s(D(real)) + mean -log(1 - s(D(G))) + r1 / 2 * mean ||dD/dx||^2 ----
        variables = self.discriminator.trainable_variables
        for _ in range(self.disc_iter):
            fake = self.get_mixed_sample()
            real = self.match(self.get_real_sample(), fake)
            with tf.GradientTape() as tape:
                with tf.GradientTape() as slope_tape:
                    slope_tape.watch(real)
                    real_logits = self.discriminator(real, training=True)
                # (batch, size, size, 1) -> mean over the batch of the squared norm
                slopes = slope_tape.gradient(real_logits, real)
                slope = tf.reduce_mean(tf.reduce_sum(slopes**2, axis=[1, 2, 3]))
                discr_loss = self.discriminator_loss(real_logits, self.discriminator(fake, training=True))
                penalised_loss = discr_loss + self.r1 / 2.0 * slope
            gradients = tape.gradient(penalised_loss, variables)
            self.discriminator.optimizer.apply_gradients(zip(gradients, variables))

        # ---- Generator, mapping and synthesis together: minimise  mean -log s(D(G)) ----
        variables = self.generator.trainable_variables
        with tf.GradientTape() as tape:
            gen_loss = self.generator_loss(self.discriminator(self.get_mixed_sample(), training=True))
        gradients = tape.gradient(gen_loss, variables)
        self.generator.optimizer.apply_gradients(zip(gradients, variables))

        return {"discr_loss": discr_loss, "gen_loss": gen_loss, "slope": slope}


def main(arguments: list[str] | None = None) -> None:
    """Learn faces, exchange their styles, and read which attributes move."""
    options = PARSER.parse_args(arguments)
    size, seed = int(options.size), options.seed
    if options.compare and size != 16:
        raise InputError("Task 4's networks make faces of 16 pixels; leave --compare or --size 32 out.")
    with PARSER.open_output(options) as output:
        # ---- Data: intensities from 0 to 255 -> [-1, 1]; some faces are kept back ----
        faces, unseen = hold_out(training.faces_of(size, options.pictures), 0.2, seed)
        scaling = FaceScaling.fit(faces)

        # ---- Networks ----
        generator, discriminator = style_GenDiscr(size, seed, options.mapping_rate)

        # ---- Model ----
        gan = Style_GAN(
            generator,
            discriminator,
            LatentGenerator(generator.input_shape[-1], seed=seed),
            scaling.prepare(faces),
            batch_size=options.batch_size,
            disc_iter=1,
            learning_rate=options.learning_rate,
            beta_1=options.beta_1,
            beta_2=options.beta_2,
            mixing=options.mixing,
            r1=options.r1,
            seed=seed,
            decoding=scaling,
        )

        # ---- Training. The mean of the weights comes first, because the frames use it ----
        clock, kept = ProcessorTime(), training.KeptStyles(gan, options.averaging, seed)
        rates = FallingRates(gan.distinct_optimizers, options.steps, options.decay)
        frames, curve = kept.snapshots(options.steps), LossCurve(every=max(1, options.steps // 100))
        run = Run(output.checkpoints, options)
        callbacks = [clock, kept, rates, frames, curve]
        steps = steps_per_call(options.steps)
        run.fit(gan, 1, options.steps, title="Styles of faces", callbacks=callbacks, steps_per_call=steps)

        # ---- Measures: against faces kept back; what styles and noise move; how long paths are ----
        judge = training.AttributeJudge(faces, unseen)
        rivals = {"styles": kept}
        if options.compare:
            rivals["task 4"] = train_task_4(run, gan, faces, clock.used, seed, steps, convolutional_GenDiscr, WGAN_GP)
        rows = {name: judge.compare(each.generate(training.FACES_MEASURED)) for name, each in rivals.items()}
        moves = training.attribute_moves(kept, judge, seed)
        lengths = training.path_lengths(kept, judge, seed)
        truncated = training.truncation(kept, judge)
        measures = training.record_of(rows, judge.floor, moves, lengths, truncated)
        output.save_record({**measures, "processor_seconds": round(clock.used, 1)})

        # ---- Pictures ----
        output.save_figure(plots.faces_side_by_side(judge.examples(rivals)), "faces.png")
        output.save_figure(plots.style_mixing(*kept.mixing_sheet()), "mixing.png")
        output.save_figure(plots.attribute_moves(moves.table, moves.rows, moves.attributes), "attributes.png")
        output.save_figure(plots.truncation(kept.truncation_rows()), "truncation.png")
        output.save_figure(plots.losses(curve.losses, curve.steps), "losses.png")
        film = [plots.few_grays(frame) for frame in frames.frames]
        output.save_animation(film, "training.gif", frames.steps, enlarged=48 // size)
    print(training.table(measures))
    print(f"Pictures, the animation and record.json are in {output.path}.")


if __name__ == "__main__":
    scripts.run_script(main)
