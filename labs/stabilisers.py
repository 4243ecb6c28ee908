"""Lab: stabilisers. Twelve remedies for unstable GANs, each a switch on one and the same run.

A GAN may find only some of the modes of its data, or lose them again. Many papers offer a remedy, and most tutorials
repeat it. Here each remedy trains beside the plain GAN, with the same seeds, on points whose modes can be counted and
on faces. `--compare` does this with ten seeds and a sign test, so that "it helps" means something.

Papers: Salimans et al. 2016, Improved Techniques for Training GANs (label smoothing, feature matching, historical
averaging, minibatch discrimination); Metz et al. 2017, Unrolled GANs; Lin et al. 2018, PacGAN; Miyato et al. 2018,
Spectral Normalization; Yazici et al. 2019 (averaged weights); Zhao et al. 2020, Differentiable Augmentation.

Deviations:
1. The plain GAN is that of lab 1 with the non-saturating loss, smaller networks, and one update of D in a step.
2. Minibatch discrimination takes a mean over the batch instead of a sum.
3. Spectral normalisation of a convolution uses the norm of its map of pictures, not that of its kernel as a matrix.
4. Unrolling makes five steps of plain gradient descent, all on the batch of the last update of D. Metz used Adam.
5. Points have no colours and no pixels: their augmentation is a small random shift.

Run: python labs/stabilisers.py                                   (plain and two others; outputs/stabilisers)
     python labs/stabilisers.py --stabiliser unrolling            (beside the plain GAN; several may be named)
     python labs/stabilisers.py --stabiliser packing+averaging    (both at once)
     python labs/stabilisers.py --data faces                      (16x16 faces instead of 25 clouds)
     python labs/stabilisers.py --compare                         (all, ten seeds, sign test; slow)
     python labs/stabilisers.py --compare --seeds 6 --stabiliser augmentation      (one, six seeds)
"""

from __future__ import annotations

import argparse

from gankit import scripts
from gankit.choices import STABILISERS

RECIPES = {
    "grid": {"steps": 2000, "batch_size": 64, "disc_iter": 1, "learning_rate": 0.003, "decay": 0.5, "beta_1": 0.5},
    "faces": {"steps": 1000, "batch_size": 64, "disc_iter": 1, "learning_rate": 0.001, "decay": 0.5, "beta_1": 0.5},
}
SHOWN = ["augmentation", "accuracy_balancing"]
FLAGS = {"compare": "repeat each training with several seeds, and test what helps"}
PARSER = scripts.RecipeCommandLine(__doc__, "labs/stabilisers", RECIPES, flags=FLAGS, selector="data")
PARSER.add_argument(
    "--stabiliser",
    type=scripts.joined(STABILISERS),
    nargs="+",
    default=argparse.SUPPRESS,
    help=f"what to train beside the plain GAN, of {', '.join(STABILISERS)}; join two by + to use both at once "
    f"(default: {', '.join(SHOWN)}; all with --compare)",
)
PARSER.add_argument("--seeds", type=scripts.whole_number(1), default=10, help="number of seeds of --compare")
scripts.answer_at_once(__name__, PARSER)

from argparse import Namespace
from functools import partial
from typing import Any

import tensorflow as tf

from gankit import networks
from gankit.errors import InputError
from gankit.models import WeightHistory
from gankit.networks import LatentGenerator
from gankit.training import Run
from gankit.training import stabilisers as training
from labs.simulated_data import LATENTS, NonSaturating_GAN, build_networks

GENERATOR_WIDTHS = 4 * (64,)
FACE_LATENTS = 32
SMOOTHING = 0.1  # taken off a target
PULL = 0.01  # weight of the distance from the historical mean
UNROLLED_STEPS, UNROLLED_RATE = 5, 0.02
SHIFT = 0.1  # of augmented points: two deviations of a cloud, a twentieth of their spacing


class Stabilised_GAN(NonSaturating_GAN):
    """The non-saturating GAN with stabilisers. Those that are layers of D are not here but in D.

    `stabilisers` holds their names, joined by +. Other arguments and samplers as in :class:`gankit.models.gan.GAN`.
    """

    loss_names = ("discr_loss", "gen_loss", "right")

    def __init__(self, *arguments: Any, stabilisers: str = "plain", **options: Any):
        super().__init__(*arguments, **options)
        self.stabilisers = stabilisers
        self.on = set(stabilisers.split("+"))
        if {"feature_matching", "unrolling"} <= self.on:
            raise InputError("feature_matching and unrolling each replace what G minimises; choose one of them.")
        self.past = WeightHistory([each for net in self.networks.values() for each in net.trainable_variables])

    def discriminator_loss(self, real_scores: tf.Tensor, fake_scores: tf.Tensor) -> tf.Tensor:
        """Cross-entropy of real examples against the target 1, and of fakes against 0; smoothing moves the targets."""
        real_target = 1.0 - SMOOTHING if self.on & {"one_sided_smoothing", "two_sided_smoothing"} else 1.0
        fake_target = SMOOTHING if "two_sided_smoothing" in self.on else 0.0
        # -t log sigmoid(s) - (1 - t) log(1 - sigmoid(s)) = softplus(s) - t s
        real_loss = tf.reduce_mean(tf.nn.softplus(real_scores) - real_target * real_scores)
        return real_loss + tf.reduce_mean(tf.nn.softplus(fake_scores) - fake_target * fake_scores)

    def augment(self, examples: tf.Tensor) -> tf.Tensor:
        """Change real and fake examples at random, in the same manner, before D sees them."""
        if "augmentation" not in self.on:
            return examples
        if examples.shape.rank == 2:
            return networks.shift_points(examples, self.mixing_stream, SHIFT)
        return networks.change_pictures(examples, self.mixing_stream)

    def pull(self) -> tf.Tensor:
        """Historical averaging: the squared distance of all weights from the mean of all past ones."""
        return PULL * self.past.squared_distance() if "historical_averaging" in self.on else 0.0

    def feature_distance(self, real: tf.Tensor, fake: tf.Tensor) -> tf.Tensor:
        """Feature matching: the squared distance between the mean features of D, which are what its last layer gets."""
        features = [networks.features_of(self.discriminator, each, training=True) for each in (real, fake)]
        means = [tf.reduce_mean(each, axis=0) for each in features]
        return tf.reduce_sum((means[0] - means[1]) ** 2)

    def unrolled_weights(self, real: tf.Tensor, fake: tf.Tensor) -> list[tf.Tensor]:
        """The weights that D would have after some steps of gradient descent. They depend on the fakes, and so on G."""
        weights = [tf.convert_to_tensor(variable) for variable in self.discriminator.trainable_variables]
        for _ in range(UNROLLED_STEPS):
            with tf.GradientTape() as tape:
                tape.watch(weights)
                scores = [networks.apply_with(self.discriminator, weights, each) for each in (real, fake)]
                loss = self.discriminator_loss(*scores)
            gradients = tape.gradient(loss, weights)
            weights = [weight - UNROLLED_RATE * gradient for weight, gradient in zip(weights, gradients)]
        return weights

    def generator_objective(self, real: tf.Tensor, fake: tf.Tensor) -> tf.Tensor:
        """What G minimises: its loss with D, with the D of some steps later, or the distance of the features."""
        if "feature_matching" in self.on:
            return self.feature_distance(real, fake)
        if "unrolling" in self.on:
            return self.generator_loss(networks.apply_with(self.discriminator, self.unrolled_weights(real, fake), fake))
        return self.generator_loss(self.discriminator(fake, training=True))

    def train_step(self, _: object) -> dict[str, tf.Tensor]:
        """Update D `disc_iter` times and then G once; return the last losses, and the share that D gets right."""
        # ---- Discriminator: minimise  CE(target, D(real)) + CE(target, D(G(z))) + pull ----
        variables = self.discriminator.trainable_variables
        for _ in range(self.disc_iter):
            fake = self.augment(self.get_fake_sample(training=True))
            real = self.augment(self.match(self.get_real_sample(), fake))
            with tf.GradientTape() as tape:
                real_scores = self.discriminator(real, training=True)
                fake_scores = self.discriminator(fake, training=True)
                discr_loss = self.discriminator_loss(real_scores, fake_scores)
                objective = discr_loss + self.pull()
            gradients = tape.gradient(objective, variables)
            self.discriminator.optimizer.apply_gradients(zip(gradients, variables))

        # ---- Generator: minimise  its objective + pull ----
        variables = self.generator.trainable_variables
        with tf.GradientTape() as tape:
            fake = self.augment(self.get_fake_sample(training=True))
            gen_loss = self.generator_objective(real, fake)
            objective = gen_loss + self.pull()
        gradients = tape.gradient(objective, variables)
        self.generator.optimizer.apply_gradients(zip(gradients, variables))

        if "historical_averaging" in self.on:
            self.past.update()
        right = [tf.reduce_mean(tf.cast(each, tf.float32)) for each in (real_scores > 0, fake_scores < 0)]
        return {"discr_loss": discr_loss, "gen_loss": gen_loss, "right": (right[0] + right[1]) / 2.0}

    def other_variables(self) -> dict[str, tf.Variable]:
        """The historical means, for checkpoints."""
        past = [self.past.count, *self.past.means] if "historical_averaging" in self.on else []
        return {f"past/{number}": variable for number, variable in enumerate(past)}


def build_model(options: Namespace, subject: training.Subject, stabilisers: str, seed: int) -> Stabilised_GAN:
    """Build the GAN with these stabilisers. Generator, data and latents are the same for all choices of them."""
    if subject.density is not None:
        latents = LATENTS
        generator = build_networks(subject.density, GENERATOR_WIDTHS, seed)[0]
    else:
        latents = FACE_LATENTS
        generator = networks.dcgan(16, latents, seed)[0]
    return Stabilised_GAN(
        generator,
        networks.stabilised_discriminator(
            generator.output_shape[1:], subject.rescaling, stabilisers.split("+"), seed + 1
        ),
        LatentGenerator(latents, seed=seed),
        subject.examples,
        options.batch_size,
        options.disc_iter,
        options.learning_rate,
        beta_1=options.beta_1,
        seed=seed,
        stabilisers=stabilisers,
    )


def main(arguments: list[str] | None = None) -> None:
    """Train the plain GAN and some stabilisers side by side, or compare all with the plain GAN over many seeds."""
    options = PARSER.parse_args(arguments)
    with PARSER.open_output(options) as output:
        subject = training.SUBJECTS[options.data]()
        # A run that was stopped may be resumed with other seeds and stabilisers: each training stands alone.
        free = ("seeds", "stabiliser", "compare")
        run = Run(output.checkpoints, Namespace(**{k: v for k, v in vars(options).items() if k not in free}))
        if options.compare:
            return compare(options, subject, run, output)

        # ---- Networks, models and trainings, one after the other ----
        films, measures = {}, {}
        for name in dict.fromkeys(["plain", *getattr(options, "stabiliser", SHOWN)]):
            gan = build_model(options, subject, name, options.seed)
            films[name], found = training.train(gan, gan.on, subject, options, run, name, options.seed, training.FRAMES)
            measures[name] = [found]

        # ---- Pictures and measures ----
        output.save_figure(training.draw_runs(subject, films, measures), "runs.png")
        output.save_animation(training.draw_film(subject, films), "training.gif")
        measures |= {name: [subject.measure(each)] for name, each in subject.references.items()}
        output.save_record(measures)
    print(training.table(measures, subject.compared))
    print(f"runs.png, training.gif and record.json are in {output.path}.")
    return None


def compare(options: Namespace, subject: training.Subject, run: Run, output: scripts.OutputFolder) -> None:
    """Train with each stabiliser and each seed; print and draw what helps."""
    names = ("plain", *getattr(options, "stabiliser", STABILISERS))
    results, costs = training.train_seeds(partial(build_model, options, subject), names, subject, options, run)
    references = {name: [subject.measure(each)] for name, each in subject.references.items()}
    output.save_figure(training.draw_comparison(results, subject.compared), "comparison.png")
    output.save_record({"runs": results, "references": references, "costs": costs})
    print(training.table({**results, **references}, subject.compared, costs))
    print(f"comparison.png and record.json are in {output.path}.")


if __name__ == "__main__":
    scripts.run_script(main)
