"""Lab: a GAN of two transformers. No convolutions: pictures are tokens that look at each other.

A convolution mixes neighbouring pixels, in the same way everywhere. A transformer knows neither neighbours nor places.
Each token looks at all others and learns where to look: *attention*. A learned *position* tells a token where it is.
This lab measures what the missing knowledge costs in a short run on few data, and shows what attention looks at. Plain
attention compares all pairs of tokens, so its cost grows with the square of their number. *Efficient* attention
multiplies keys and values first, and its cost grows linearly (benchmarks/attention.py).

Papers: Jiang, Chang and Wang 2021, TransGAN: Two Pure Transformers Can Make One Strong GAN, and That Can Scale Up.
        Shen et al. 2021, Efficient Attention: Attention with Linear Complexities.

Deviations:
1. Faces of 16 pixels. The generator has 4x4 tokens of 128 channels and 8x8 of 32, and each of the latter draws 2x2
   pixels. The paper ends with a token for each pixel, and has up to 1,024 channels.
2. One size of patches (2x2) in the discriminator instead of several. Between its blocks, four tokens become one of four
   times the channels; the paper averages them. It judges the mean of all tokens instead of a class token.
3. No augmentation of the pictures, no relative positions and no attention within windows of a grid.
4. Leaky rectifiers instead of GELU, and layer norm instead of pixel norm.
5. The penalty of task 3 with lambda 2, one update of D in a step, and Adam with beta_2 = 0.9, as in task 5. Rates fall
   to 0, and the mean of G's weights is kept.
6. Efficient attention has heads, as plain attention does.

Run: python labs/transformer_gan.py                         (pictures in outputs/transformer_gan)
     python labs/transformer_gan.py --attention efficient
     python labs/transformer_gan.py --compare               (task 4's networks for the same time, twice as long)
     python labs/transformer_gan.py --help                  (all settings)
"""

from __future__ import annotations

from gankit import scripts

RECIPE = {
    "attention": "plain",
    "pictures": 10_000,
    "steps": 600,
    "batch_size": 32,
    "disc_iter": 1,
    "learning_rate": 0.001,
    "decay": 0.5,
    "beta_1": 0.0,
    "beta_2": 0.9,
    "lambda_gp": 2.0,
    "averaging": 0.99,
}
CHOICES = {"attention": (("plain", "efficient"), "softmax of all products, or keys and values first")}
COMPARE = {"compare": "train task 4's networks for the same processor time, and measure them too"}
PARSER = scripts.RecipeCommandLine(__doc__, "labs/transformer_gan", {"default": RECIPE}, CHOICES, COMPARE)
scripts.answer_at_once(__name__, PARSER)

from tensorflow import keras

from convolutional_gan import convolutional_GenDiscr
from gankit import plots
from gankit.faces import FaceScaling, load_faces
from gankit.networks import LatentGenerator
from gankit.networks.attention import (
    Positions,
    TokenNorm,
    from_patches,
    merge_tokens,
    pixel_shuffle,
    to_patches,
    transformer_block,
)
from gankit.randomness import SeedSequence
from gankit.training import Run
from gankit.training import transformer as training
from gankit.training.callbacks import FallingRates, LossCurve, ProcessorTime
from gankit.training.faces import KeptGenerator, hold_out, steps_per_call
from gankit.training.rivals import train_task_4
from wgan_gp import WGAN_GP

LATENT_DIMENSION = 32
WIDTHS = {4: 128, 8: 32}  # channels of 4x4 and of 8x8 tokens, in both networks
HEADS = 2
FIRST_CONTRAST = 0.25  # deviation of the first outputs; about that of the prepared faces


def transformer_GenDiscr(  # noqa: N802 - as in task 4
    kind: str = "plain", seed: int | None = None
) -> tuple[keras.Model, keras.Model]:
    """Build a generator `(batch, 32) -> (batch, 16, 16, 1)` and a discriminator `(batch, 16, 16, 1) -> (batch, 1)`.

    `kind` is that of the attention, "plain" or "efficient"; `seed` is the seed of the initial weights. Every call
    builds new networks. The outputs of both have no bounds.
    """
    next_seed = SeedSequence(seed)

    def dense(inputs: keras.KerasTensor, units: int, contrast: float = 1.0) -> keras.KerasTensor:
        initial = keras.initializers.VarianceScaling(contrast**2, seed=next_seed())
        return keras.layers.Dense(units, kernel_initializer=initial)(inputs)

    def blocks(tokens: keras.KerasTensor, count: int) -> keras.KerasTensor:
        tokens = Positions(next_seed())(tokens)
        for _ in range(count):
            tokens = transformer_block(tokens, HEADS, kind, next_seed)
        return tokens

    # ---- Generator: 32 -> 4x4 tokens of 128 -> 8x8 tokens of 32 -> 8x8 patches of 2x2 pixels ----
    latents = keras.Input((LATENT_DIMENSION,))
    tokens = keras.layers.Reshape((16, WIDTHS[4]))(dense(latents, 16 * WIDTHS[4]))
    tokens = blocks(pixel_shuffle(blocks(tokens, 2)), 2)
    tokens = dense(TokenNorm()(tokens), 4, FIRST_CONTRAST)
    generator = keras.Model(latents, from_patches(tokens), name="generator")

    # ---- Discriminator: 8x8 patches of 2x2 pixels -> 8x8 tokens of 32 -> 4x4 tokens of 128 -> their mean -> score ----
    pictures = keras.Input((16, 16, 1))
    tokens = blocks(dense(to_patches(pictures), WIDTHS[8]), 2)
    tokens = blocks(merge_tokens(tokens), 1)
    scores = dense(keras.layers.GlobalAveragePooling1D()(tokens), 1)
    return generator, keras.Model(pictures, scores, name="discriminator")


def main(arguments: list[str] | None = None) -> None:
    """Learn faces with two transformers, and look at what they look at."""
    options = PARSER.parse_args(arguments)
    seed = options.seed
    with PARSER.open_output(options) as output:
        # ---- Data: intensities from 0 to 255 -> [-1, 1]; some faces are kept back ----
        faces, unseen = hold_out(load_faces()[: options.pictures], 0.2, seed)
        scaling = FaceScaling.fit(faces)

        # ---- Networks ----
        generator, discriminator = transformer_GenDiscr(options.attention, seed)

        # ---- Model: the losses and the training step are those of task 3, so that only the networks are new ----
        gan = WGAN_GP(
            generator,
            discriminator,
            LatentGenerator(LATENT_DIMENSION, seed=seed),
            scaling.prepare(faces),
            options.batch_size,
            options.disc_iter,
            options.learning_rate,
            options.lambda_gp,
            beta_1=options.beta_1,
            beta_2=options.beta_2,
            seed=seed,
            decoding=scaling,
        )
        before = training.distances_looked(gan, scaling.prepare(unseen))

        # ---- Training ----
        clock, kept = ProcessorTime(), KeptGenerator(gan, options.averaging, seed)
        rates = FallingRates(gan.distinct_optimizers, options.steps, options.decay)
        frames, curve = kept.snapshots(options.steps), LossCurve(every=max(1, options.steps // 100))
        run, most = Run(output.checkpoints, options), steps_per_call(options.steps)
        callbacks = [clock, kept, rates, frames, curve]
        run.fit(gan, 1, options.steps, title="Transformers", callbacks=callbacks, steps_per_call=most)

        # ---- Measures: against faces kept back; how far tokens look, before and after ----
        judge = training.JudgeWithCNN(faces, unseen, seed)
        generators = {f"transformers, {options.attention}": kept}
        if options.compare:
            networks = convolutional_GenDiscr, WGAN_GP
            generators["task 4"] = train_task_4(run, gan, faces, clock.used, seed, most, *networks)
        rows = {name: judge.measure(each.generate(training.FACES_MEASURED)) for name, each in generators.items()}
        after = training.distances_looked(gan, scaling.prepare(unseen))
        measures = {"generators": {**rows, **judge.limits()}, "looked": {"before": before, "after": after}}
        output.save_record({**measures, "processor_seconds": round(clock.used, 1)})

        # ---- Pictures ----
        output.save_figure(plots.faces_side_by_side(judge.examples(generators)), "faces.png")
        output.save_figure(plots.attention_maps(*training.looks_at_faces(gan, scaling, unseen)), "attention.png")
        output.save_figure(plots.losses(curve.losses, curve.steps), "losses.png")
        film = [plots.few_grays(frame) for frame in frames.frames]
        output.save_animation(film, "training.gif", frames.steps, enlarged=3)
    print(training.table(measures))
    print(f"Pictures, the animation and record.json are in {output.path}.")


if __name__ == "__main__":
    scripts.run_script(main)
