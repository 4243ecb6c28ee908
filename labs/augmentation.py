"""Lab: augmentation. Generated faces as training examples for a classifier, and whether they replace labels.

A classifier learns whether a face has glasses, from 100, 300 or 1,000 labelled faces. Many papers report that it gets
better if a conditional GAN makes further labelled faces. Much depends on what the GAN has seen. Here each way stands
beside one that knows as much and needs no GAN, with the same labels, the same number of steps and the same seeds.

- Only the labelled faces are known. Nothing is added; or classical changes (mirror, contrast, brightness, noise, and
  perhaps a shift of a pixel); or faces of a GAN that learned from the labelled faces alone; or both.
- All faces are known, but no further label. Faces of a GAN that also saw the unlabelled faces are added; or the
  unlabelled faces themselves, with the labels that the first classifier guesses (pseudo-labels).

Papers: Antoniou et al. 2017, Data Augmentation Generative Adversarial Networks; Mirza and Osindero 2014, Conditional
Generative Adversarial Nets; Miyato and Koyama 2018, cGANs with Projection Discriminator; Lee 2013, Pseudo-Label.

Deviations:
1. Antoniou's G gets a face of a class; ours gets the label and latents. It is the conditional GAN of this course.
2. A label is +1 or -1, and 0 if it is unknown. In D(x, y) = w . f(x) + b + y (v . f(x)), an unknown label leaves the
   score of an unconditional D, so one network judges faces with and without labels.
3. D also has to call labelled faces fake if the label is reversed.
4. Labels are drawn half and half, and half of each batch has the attribute. So guessing has an accuracy of one half.

Run: python labs/augmentation.py                         (one seed; pictures in outputs/augmentation)
     python labs/augmentation.py --resume --seeds 5      (four more: error bars and sign tests)
     python labs/augmentation.py --attribute fair_hair   (or beard, smile)
     python labs/augmentation.py --help                  (all settings)
"""

from __future__ import annotations

from gankit import scripts
from gankit.faces.labelled import LABELS
from gankit.training.recipes import CONDITIONAL_FACES

RECIPES = {
    "default": {
        "attribute": "glasses",
        "steps": 800,
        **CONDITIONAL_FACES,
        "batch_size": 16,
        "averaging": 0.995,
        "classifier_steps": 500,
        "generated": 4000,
        "share": 0.5,
    },
}
CHOICES = {"attribute": (tuple(LABELS), "what the labels say")}
PARSER = scripts.RecipeCommandLine(__doc__, "labs/augmentation", RECIPES, CHOICES)
PARSER.add_argument(
    "--labels", type=scripts.whole_number(2), nargs="+", default=[100, 300, 1000], help="labelled faces, even numbers"
)
PARSER.add_argument("--seeds", type=scripts.whole_number(1), default=1, help="how many seeds, from --seed on")
scripts.answer_at_once(__name__, PARSER)

from argparse import Namespace
from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import tensorflow as tf

from gankit.faces import FaceScaling
from gankit.faces.changes import at_random
from gankit.faces.labelled import Labelled, few_labels, labelled_faces
from gankit.networks import LatentGenerator
from gankit.networks.conditional import QUICK
from gankit.training import Run
from gankit.training import augmentation as training
from gankit.training.callbacks import FallingRates
from gankit.training.faces import steps_per_call
from labs.conditional_gan import SETTINGS, Conditional_GAN, conditional_pair

# The ways: what is added to the labelled faces, and whether all faces of a batch are changed at random: None for no
# changes, otherwise the largest shift in pixels.
WAYS: dict[str, tuple[str | None, int | None]] = {
    "none": (None, None),
    "classical": (None, 0),
    "classical_shift": (None, 1),
    "generated": ("few", None),
    "generated_classical": ("few", 0),
    "pseudo_labels": ("guessed", None),
    "generated_unlabelled": ("all", None),
}
TITLES = {
    "none": "nothing added",
    "classical": "classical changes",
    "classical_shift": "classical changes, shift of a pixel",
    "generated": "GAN on the labelled faces",
    "generated_classical": "GAN and classical changes",
    "pseudo_labels": "all faces known: pseudo-labels",
    "generated_unlabelled": "all faces known: GAN",
}


class Few_Labels_GAN(Conditional_GAN):
    """Conditional GAN that also learns from faces without labels, if there are any.

    The parameters are those of :class:`labs.conditional_gan.Conditional_GAN`. Conditions are labels, +1 or -1, ``(n,
    1)``. `unlabelled` holds the other faces. Then half of each batch has labels, and in the other half they are
    unknown: 0.
    """

    loss_names = ("discr_loss", "gen_loss", "mismatch_loss")

    def __init__(self, *arguments: Any, unlabelled: np.ndarray | None = None, frequency: float = 0.5, **options: Any):
        options["examples"] = {} if unlabelled is None else {"unlabelled": unlabelled}
        super().__init__(*arguments, **options)
        self.frequency = frequency
        self.unknown = 0 if unlabelled is None else self.batch_size // 2

    def get_real_sample(self) -> tuple[tf.Tensor, tf.Tensor]:
        """Sample real faces with their labels, and then those whose label is unknown."""
        faces, labels = self.draw("real", self.batch_size - self.unknown)
        if self.unknown:
            others = self.draw("unlabelled", self.unknown)
            faces = tf.concat([faces, others], axis=0)
            labels = tf.concat([labels, tf.zeros((others.shape[0], 1))], axis=0)
        return faces, labels

    def get_fake_sample(self) -> tuple[tf.Tensor, tf.Tensor]:
        """Make faces for labels; return them with what D is told: the labels, in the second part 0."""
        _, wanted = self.draw("real", self.batch_size)
        if self.unknown:
            # Otherwise D could tell fakes from unlabelled faces by how many of them have the attribute.
            has = self.unlabelled_stream.uniform((self.unknown, 1)) < self.frequency
            wanted = tf.concat([wanted[: -self.unknown], tf.where(has, 1.0, -1.0)], axis=0)
        told = tf.cast(tf.range(wanted.shape[0]) < wanted.shape[0] - self.unknown, tf.float32)[:, None]
        latents = self.latent_generator(wanted.shape[0])
        return self.generator([latents, wanted], training=True), told * wanted

    def train_step(self, _: object) -> dict[str, tf.Tensor]:
        """Update D and then G once, on fresh fakes each time; return the losses."""
        # ---- Discriminator: minimise  mean -log s(D(x, y)) + mean -log(1 - s(D(G(z, y'), y')))
        #      + mismatch * mean -log(1 - s(D(x, -y))) + r1 / 2 * penalty ----
        variables = self.discriminator.trainable_variables
        real, labels = self.get_real_sample()
        fake, told = self.get_fake_sample()
        known = real.shape[0] - self.unknown
        with tf.GradientTape() as tape:
            # D has no batch normalisation, so that all can go through it together.
            faces = tf.concat([real, fake, real[:known]], axis=0)
            said = tf.concat([labels, told, -labels[:known]], axis=0)
            logits = self.discriminator([faces, said], training=True)
            real_logits, fake_logits, wrong_logits = tf.split(logits, [real.shape[0], fake.shape[0], known])
            discr_loss = self.discriminator_loss(real_logits, fake_logits)
            mismatch = tf.reduce_mean(tf.nn.softplus(wrong_logits))
            whole_loss = discr_loss + self.mismatch * mismatch + self.r1 / 2.0 * self.slope_penalty(real, labels)
        gradients = tape.gradient(whole_loss, variables)
        self.discriminator.optimizer.apply_gradients(zip(gradients, variables))

        # ---- Generator: minimise  mean -log s(D(G(z, y'), y')) ----
        variables = self.generator.trainable_variables
        with tf.GradientTape() as tape:
            fake, told = self.get_fake_sample()
            gen_loss = self.generator_loss(self.discriminator([fake, told], training=True))
        gradients = tape.gradient(gen_loss, variables)
        self.generator.optimizer.apply_gradients(zip(gradients, variables))

        return {"discr_loss": discr_loss, "gen_loss": gen_loss, "mismatch_loss": mismatch}


def train_gan(
    few: Labelled, others: np.ndarray | None, frequency: float, options: Namespace, seed: int, run: Run, name: str
) -> training.KeptFaces:
    """Train a GAN on a few labelled faces, and on others, ``(n, 16, 16)``, without labels."""
    scaling = FaceScaling.symmetric()
    gan = Few_Labels_GAN(
        *conditional_pair("projection", QUICK, few.faces.shape[1], options.latents, 1, seed),
        LatentGenerator(options.latents, seed=seed),
        scaling.apply(few.faces)[..., None],
        training.as_conditions(few.labels),
        **{**scripts.values_of(options, SETTINGS), "seed": seed},
        decoding=scaling,
        unlabelled=None if others is None else scaling.apply(others)[..., None],
        frequency=frequency,
    )
    kept = training.KeptFaces(gan, few, options.averaging, seed, options.steps if seed == options.seed else 0)
    callbacks = [kept, FallingRates(gan.distinct_optimizers, options.steps, options.decay), *kept.films]
    steps = steps_per_call(options.steps)
    run.fit(gan, 1, options.steps, name=name, title=name, callbacks=callbacks, steps_per_call=steps)
    return kept


def compose(few: Labelled, added: Labelled | None, shift: int | None, options: Namespace, seed: int) -> Labelled:
    """Make all batches of one classifier, with a share of added faces in each: ``(steps, batch, 16, 16)``."""
    extra = 0 if added is None else round(options.share * training.BATCH)
    parts = []
    for number, (source, size) in enumerate(((few, training.BATCH - extra), (added, extra))):
        if source is not None and size:
            random = np.random.default_rng([seed, number])
            rows = training.rows_of_batches(source.labels, options.classifier_steps, size, random)
            parts.append((source.faces[rows], source.labels[rows]))
    faces, labels = (np.concatenate(each, axis=1) for each in zip(*parts))
    if shift is not None:
        random = np.random.default_rng([seed, 2])
        faces = at_random(faces.reshape(-1, *faces.shape[2:]), random, shift).reshape(faces.shape)
    return Labelled(faces, labels)


def compare_ways(
    few: Labelled,
    others: np.ndarray,
    test: Labelled,
    makers: Mapping[str, training.KeptFaces],
    judges: tuple[training.AttributeClassifier, training.AttributeClassifier],
    frequency: float,
    options: Namespace,
    seed: int,
) -> training.Finding:
    """Let a classifier learn in each way from the same labelled faces; return its accuracies on the test faces.

    The first classifier has learned from all labels, and reads the generated faces. The second one is taught here.
    """
    judge, classifier = judges
    added = {name: maker.labelled(options.generated) for name, maker in makers.items()}
    found = {"labels": len(few.labels), "all": judge.accuracy(test), **training.measure_made(added, few, test, judge)}
    for way, (source, shift) in WAYS.items():
        classifier.learn(compose(few, added[source] if source else None, shift, options, seed), seed)
        found[way] = classifier.accuracy(test)
        if way == "none":
            added["guessed"] = Labelled(others, classifier.sees(others, frequency))
    return found


def main(arguments: list[str] | None = None) -> None:
    """Learn an attribute from few labels in several ways, and compare them with each other and with all labels."""
    options = PARSER.parse_args(arguments)
    counts = sorted(set(options.labels))
    with PARSER.open_output(options) as output:
        # ---- Data: faces to learn from, and faces to test on that neither a GAN nor a classifier learns from ----
        known, test = labelled_faces(options.attribute)
        # Who looks for 50 faces with glasses among all faces sees how rare they are.
        frequency = float(known.labels.mean())
        # A run may be resumed with other labels and more seeds: each training stands alone.
        free = ("labels", "seeds")
        run = Run(output.checkpoints, Namespace(**{k: v for k, v in vars(options).items() if k not in free}))
        classifier, judge = training.AttributeClassifier(), training.AttributeClassifier()
        found, kept, labelled = {}, {}, {}
        for seed in range(options.seed, options.seed + options.seeds):
            # ---- The floor: all labels ----
            judge.learn(compose(known, None, None, options, seed), seed)
            for count in counts:
                rows = few_labels(known.labels, count, seed)
                few = Labelled(known.faces[rows], known.labels[rows])
                others = np.delete(known.faces, rows, axis=0)

                # ---- One GAN learns from the few labelled faces alone, one also from all others, without labels ----
                makers = {
                    name: train_gan(few, unlabelled, frequency, options, seed, run, f"{name}_{count}_{seed}")
                    for name, unlabelled in (("few", None), ("all", others))
                }
                if seed == options.seed:
                    kept[count], labelled[count] = makers, few

                # ---- The same classifier learns in each way ----
                file = output.checkpoints / f"found_{count}_{seed}.npz"
                find = partial(compare_ways, few, others, test, makers, (judge, classifier), frequency, options, seed)
                found[f"{count} labels, seed {seed}"] = training.once(file, options.resume, find)
        output.keep_checkpoints()

        # ---- Measures and pictures ----
        findings = list(found.values())
        tests = training.compare(findings, list(WAYS))
        output.save_record({"findings": found, "against_none": tests, "training_seconds": run.seconds})
        shown = {count: kept[count] for count in (counts[0], counts[-1])}
        output.save_figure(training.draw_accuracies(findings, TITLES), "accuracy.png")
        output.save_figure(training.draw_faces(shown, labelled), "generated.png")
        output.save_animation(training.draw_film(shown), "training.gif")
    print(training.table(findings, TITLES))
    print(f"Pictures, training.gif and record.json are in {output.path}.")


if __name__ == "__main__":
    scripts.run_script(main)
