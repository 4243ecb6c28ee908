"""Lab 1: simulated data. Where the density of the data is known, everything that theory says can be checked.

For a fixed generator, the best discriminator is D(x) = p(x) / (p(x) + q(x)), where p is the density of the real points
and q that of the fakes. Its cross-entropy is 2 log 2 minus twice the Jensen-Shannon divergence of p and q, so that it
is 2 log 2 when both are alike. This lab draws the learned discriminator beside the best one, with both losses.

The original generator loss of the GAN, mean log(1 - D(G(z))), is the other half of a minimax game. Its gradient
vanishes when D is sure that the fakes are fake, which is usual at the beginning. The non-saturating loss,
-mean log D(G(z)), has the same fixed point and a gradient that does not vanish. Task 1's least squares, task 2's
clipping and task 3's penalty stand beside these two.

Paper: Goodfellow et al. 2014, Generative Adversarial Nets (equation 1, propositions 1 and 2, theorem 1).

Deviations:
1. D returns a logit, and the losses are computed from it. A probability would be rounded to 0 or 1.
2. Adam instead of gradient descent with momentum. Both learning rates fall to 0 at the end.
3. Two discriminator updates for each generator update instead of one.

Run: python labs/simulated_data.py                         (eight clouds on a ring; outputs/simulated_data)
     python labs/simulated_data.py --data gaussian         (or grid, spiral, moons)
     python labs/simulated_data.py --loss minimax          (or least_squares, clipping, penalty)
     python labs/simulated_data.py --compare               (all losses, ring and grid, five seeds; 30 minutes)
     python labs/simulated_data.py --help                  (all settings)
"""

from __future__ import annotations

from gankit import scripts
from gankit.choices import DENSITIES

COMMON = {"data": "ring", "steps": 8000, "batch_size": 128, "disc_iter": 2, "decay": 0.8}
RECIPES = {
    "non_saturating": {**COMMON, "learning_rate": 0.001},
    "minimax": {**COMMON, "learning_rate": 0.001},
    "least_squares": {**COMMON, "learning_rate": 0.001},
    "clipping": {**COMMON, "learning_rate": 0.001},
    "penalty": {**COMMON, "steps": 12_000, "learning_rate": 0.002, "lambda_gp": 0.02},
}
PARSER = scripts.RecipeCommandLine(
    __doc__,
    "labs/simulated_data",
    RECIPES,
    choices={"data": (DENSITIES, "what to learn")},
    flags={"compare": "train with every loss on ring and grid, with five seeds each"},
    selector="loss",
)
scripts.answer_at_once(__name__, PARSER)

from argparse import Namespace
from functools import partial
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow import keras

from gankit import plots
from gankit.datasets.densities import Density, get_density
from gankit.models import GAN
from gankit.networks import LatentGenerator
from gankit.randomness import SeedSequence
from gankit.training import Run
from gankit.training.callbacks import FallingRates, LossCurve
from gankit.training.densities import LOGIT, PLUS_MINUS_ONE, DensityObserver, describe, table, watch_gradients
from simple_gan import Simple_GAN
from wgan_clip import WGAN_clip
from wgan_gp import WGAN_GP

REAL_POINTS = 100_000
COMPARED = {"ring": 8, "grid": 25}  # modes of each
SEEDS = 5
# Between two modes a generator has to be steep, so it is deeper than D, and has rectifiers.
LATENTS, GENERATOR_WIDTHS, DISCRIMINATOR_WIDTHS = 2, 5 * (128,), 3 * (128,)


class Minimax_GAN(Simple_GAN):
    """The GAN of 2014 with its original loss; the training step is task 1's, and D's score is the logit of D."""

    def generator_loss(self, fake_scores: tf.Tensor) -> tf.Tensor:
        """Mean of log(1 - D(fake)): small when D takes fakes for real. log(1 - sigmoid(s)) = -softplus(s)."""
        return -tf.reduce_mean(tf.nn.softplus(fake_scores))

    def discriminator_loss(self, real_scores: tf.Tensor, fake_scores: tf.Tensor) -> tf.Tensor:
        """Minus mean log D(real) minus mean log(1 - D(fake)): small when D tells them apart."""
        return tf.reduce_mean(tf.nn.softplus(-real_scores)) + tf.reduce_mean(tf.nn.softplus(fake_scores))


class NonSaturating_GAN(Minimax_GAN):
    """The GAN of 2014 with the generator loss that its authors used."""

    def generator_loss(self, fake_scores: tf.Tensor) -> tf.Tensor:
        """Minus mean of log D(fake). -log sigmoid(s) = softplus(-s)."""
        return tf.reduce_mean(tf.nn.softplus(-fake_scores))


# Each loss, and what the scores of its discriminator stand for. A Wasserstein critic stands for no probability.
LOSSES = {
    "non_saturating": (NonSaturating_GAN, LOGIT),
    "minimax": (Minimax_GAN, LOGIT),
    "least_squares": (Simple_GAN, PLUS_MINUS_ONE),
    "clipping": (WGAN_clip, None),
    "penalty": (WGAN_GP, None),
}


def build_networks(density: Density, hidden: tuple[int, ...], seed: int) -> tuple[keras.Model, keras.Model]:
    """Build a generator `(batch, 2) -> (batch, 2)` with these hidden widths, and D `(batch, 2) -> (batch, 1)`.

    Inside both, points have the mean 0 and the deviation 1. Without hidden layers, the generator is an affine map.
    """
    next_seed = SeedSequence(seed)
    scale = float(np.sqrt(np.trace(density.total_covariance) / 2))

    def dense(width: int) -> keras.layers.Layer:
        return keras.layers.Dense(width, kernel_initializer=keras.initializers.HeNormal(seed=next_seed()))

    # ---- Generator: 2 -> 128, five times -> 2 ----
    latents = values = keras.Input((LATENTS,))
    for width in hidden:
        values = keras.layers.ReLU()(dense(width)(values))
    points = keras.layers.Rescaling(scale, offset=density.mean.tolist())(dense(2)(values))
    generator = keras.Model(latents, points, name="generator")

    # ---- Discriminator: 2 -> 128, three times -> 1 ----
    points = keras.Input((2,))
    values = keras.layers.Rescaling(1 / scale, offset=(-density.mean / scale).tolist())(points)
    for width in DISCRIMINATOR_WIDTHS:
        values = keras.layers.LeakyReLU(0.2)(dense(width)(values))
    return generator, keras.Model(points, dense(1)(values), name="discriminator")


def build_model(options: Namespace, density: Density) -> GAN:
    """Build the model of one loss for one density."""
    # A Gaussian distribution is an affine map of normal latents, so this generator can be exactly right.
    hidden = () if options.data == "gaussian" else GENERATOR_WIDTHS
    generator, discriminator = build_networks(density, hidden, options.seed)
    settings = {"lambda_gp": options.lambda_gp} if options.loss == "penalty" else {}
    return LOSSES[options.loss][0](
        generator,
        discriminator,
        LatentGenerator(LATENTS, seed=options.seed),
        density.sample(REAL_POINTS, options.seed),
        options.batch_size,
        options.disc_iter,
        options.learning_rate,
        seed=options.seed,
        **settings,
    )


def train(options: Namespace, gan: GAN, run: Run, name: str, *callbacks: keras.callbacks.Callback) -> LossCurve:
    """Train a model for all steps; return its losses."""
    curve = LossCurve(every=max(1, options.steps // 100))
    rates = FallingRates(gan.distinct_optimizers, options.steps, options.decay)
    run.fit(gan, 1, options.steps, name=name, title=name.replace("_", " "), callbacks=[rates, curve, *callbacks])
    return curve


def main(arguments: list[str] | None = None) -> None:
    """Learn points of a known density with one loss, or compare all losses."""
    options = PARSER.parse_args(arguments)
    with PARSER.open_output(options) as output:
        run = Run(output.checkpoints, options)
        if options.compare:
            return compare(options, run, output)

        # ---- Data, networks and model ----
        density = get_density(options.data)
        gan, verdict = build_model(options, density), LOSSES[options.loss][1]

        # ---- Training ----
        observer = DensityObserver(gan, density, verdict, options.data == "gaussian", options.seed)
        film = observer.film(options.steps)
        curve = train(options, gan, run, options.loss, film)
        measures = {"as_trained": observer.measure(), "training_seconds": run.seconds[options.loss]}

        # ---- Theory: while the generator stands still, D goes on learning, and approaches the best D ----
        if verdict is not None:
            gan.generator.optimizer.learning_rate.assign(0.0)
            gan.discriminator.optimizer.learning_rate.assign(options.learning_rate)
            more = max(1, options.steps // 2)
            rates = FallingRates([gan.discriminator.optimizer], more, 0.9)
            run.fit(gan, 1, more, name="discriminator", title="D alone", callbacks=[rates])
            measures["with_d_trained_on"] = observer.measure_discriminator()

        # ---- Pictures and measures ----
        output.save_figure(plots.trained_density(observer.show(curve)), "points.png")
        output.save_animation(film.draw(curve), "training.gif")
        if verdict is LOGIT:
            watched = saturate(options, density)
            output.save_figure(plots.saturation(**watched), "saturation.png")
            measures["last_gradients"] = {name: float(np.median(v[-10:])) for name, v in watched["slopes"].items()}
        output.save_record(measures)
    print(describe(measures))
    print(f"Pictures, the animation and record.json are in {output.path}.")
    return None


def saturate(options: Namespace, density: Density) -> dict[str, Any]:
    """Train only D against the untrained generator; return the gradients of both generator losses meanwhile."""
    gan = build_model(options, density)
    gan.generator.optimizer.learning_rate.assign(0.0)
    losses = {name: LOSSES[name][0].generator_loss for name in ("minimax", "non_saturating")}
    return watch_gradients(gan, {name: partial(loss, gan) for name, loss in losses.items()}, options.seed)


def compare(options: Namespace, run: Run, output: scripts.OutputFolder) -> None:
    """Train with every loss on ring and grid, five seeds each; print and draw what the papers' tables report."""

    def measure(cloud: str, loss: str, seed: int) -> dict[str, float]:
        settings = Namespace(**{**RECIPES[loss], "loss": loss, "data": cloud, "seed": seed, "steps": options.steps})
        density, name = get_density(cloud), f"{cloud}_{loss}_{seed}"
        gan = build_model(settings, density)
        train(settings, gan, run, name)
        return {**DensityObserver(gan, density, None, False, seed).measure_points(), "seconds": run.seconds[name]}

    results = {
        cloud: {loss: [measure(cloud, loss, seed) for seed in range(SEEDS)] for loss in RECIPES} for cloud in COMPARED
    }
    output.save_figure(plots.loss_comparison(results, COMPARED), "comparison.png")
    output.save_record({"runs": results})
    print(table(results))
    print(f"comparison.png and record.json are in {output.path}.")


if __name__ == "__main__":
    scripts.run_script(main)
