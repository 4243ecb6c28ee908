"""Lab: distillation. A small or quick generator learns from a large or slow one, its teacher.

Two costs of a generator are cut, each in its own part:
1. `--part student`: the number of weights. The teacher is the stored wide face generator. A student with a tenth of the
   weights gets the same latents and learns to draw the same faces: it minimises the squared error plus a tenth of an
   adversarial loss. Squared error alone makes a student that is unsure draw the mean of all faces that are possible,
   and the mean is blurred. A GAN alone has no teacher to tell it which face belongs to which latents.
2. `--part steps`: the number of steps. The teacher is the flow of `labs/neural_ode.py` with 16 steps of Euler's method.
   Its student makes 8 steps, each of which learns to land where two steps of the teacher land. This student is the next
   teacher, and so on down to a single step (progressive distillation).

Papers: Hinton, Vinyals and Dean 2015, Distilling the Knowledge in a Neural Network; Aguinaldo et al. 2019, Compressing
GANs using Knowledge Distillation (a student generator, squared error plus an adversarial loss); Salimans and Ho 2022,
Progressive Distillation for Fast Sampling of Diffusion Models.

Deviations:
1. The squared error is a share of the variance of the teacher's pixels. It is 1 for a student that knows only the mean.
2. The adversarial loss is task 3's. Its discriminator compares with real faces. It joins after half of the time,
   because it makes a step three times as slow.
3. Salimans and Ho halve a diffusion model, from data with added noise. Here a flow is halved, along its own paths.
4. The student of a flow learns a mean velocity, which is where it lands, divided by the length of its step.

Run: python labs/distillation.py                   (both parts; pictures in outputs/distillation)
     python labs/distillation.py --part student    (or steps)
     python labs/distillation.py --help            (all settings)
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from typing import Any

from gankit import scripts
from gankit.choices import DENSITIES

FACES = {
    "steps": 500,
    "lessons": 20_000,
    "batch_size": 64,
    "learning_rate": 0.003,
    "decay": 0.8,
    "lambda_gp": 2.0,
    "adversarial": 0.1,
    "averaging": 0.99,
}
POINTS = {"steps": 500, "data": "clouds", "hidden_units": 64, "hidden_layers": 3}
RECIPES: dict[str, dict[str, Any]] = {"both": {**FACES, **POINTS}, "student": FACES, "steps": POINTS}
CHOICES = {"data": (DENSITIES, "the points of the flow")}
PARSER = scripts.RecipeCommandLine(__doc__, "labs/distillation", RECIPES, CHOICES, selector="part")
scripts.answer_at_once(__name__, PARSER)

import numpy as np
import tensorflow as tf
from tensorflow import keras

from gankit import plots
from gankit.datasets.densities import get_density
from gankit.faces import load_faces
from gankit.fast import Adam
from gankit.models import AdversarialModel
from gankit.networks import LatentGenerator, set_contrast, small_GenDiscr
from gankit.networks.fields import build_field
from gankit.randomness import separate_seed
from gankit.training import Run
from gankit.training import distillation as training
from gankit.training.callbacks import FallingRates, ProcessorTime
from gankit.training.faces import steps_per_call
from gankit.training.flows import scaling_of
from gankit.training.rivals import FaceJudge
from labs.neural_ode import Neural_ODE, runge_kutta
from pretrained_explorer import load_gan
from wgan_gp import WGAN_GP

TEACHERS_STEPS = 16
POINTS_IN_A_BATCH = 256


class Distilled_GAN(WGAN_GP):
    """A generator that learns from a teacher's pictures, from a discriminator, or from both.

    `lessons` are latents `(n, latent_dim)` and the teacher's pictures of them. `taught` and `adversarial` are the
    weights of the two losses; a weight of 0 leaves the loss out. All others are those of task 3's :class:`WGAN_GP`.
    """

    beta_1, beta_2 = 0.5, 0.99
    loss_names = ("error", "gen_loss", "discr_loss", "gp")  # type: ignore[assignment]

    def __init__(
        self,
        *arguments: Any,
        lessons: tuple[np.ndarray, np.ndarray],
        taught: float = 1.0,
        adversarial: float = 0.1,
        **options: Any,
    ):
        super().__init__(*arguments, examples={"lessons": lessons}, **options)
        self.variance = float(lessons[1].var(axis=0).mean())
        self.taught, self.adversarial = taught, adversarial

    def squared_error(self, pictures: tf.Tensor, wanted: tf.Tensor) -> tf.Tensor:
        """Mean squared difference of two batches of pictures, as a share of the variance of the teacher's pixels."""
        return tf.reduce_mean((pictures - wanted) ** 2) / self.variance

    def train_step(self, _: object) -> dict[str, tf.Tensor]:
        """Update D once, if there is an adversarial loss, and then the student; return the losses."""
        losses = dict.fromkeys(self.loss_names, tf.zeros(()))

        # ---- Discriminator: minimise  mean D(S(z)) - mean D(real) + lambda_gp * penalty ----
        if self.adversarial:
            variables = self.discriminator.trainable_variables
            fake = self.get_fake_sample(training=True)
            real = self.match(self.get_real_sample(), fake)
            with tf.GradientTape() as tape:
                scores = self.discriminator(real, training=True), self.discriminator(fake, training=True)
                losses["discr_loss"] = self.discriminator_loss(*scores)
                losses["gp"] = self.gradient_penalty(real, fake)
                penalised_loss = losses["discr_loss"] + self.lambda_gp * losses["gp"]
            gradients = tape.gradient(penalised_loss, variables)
            self.discriminator.optimizer.apply_gradients(zip(gradients, variables))

        # ---- Student: minimise  taught * mean |S(z) - T(z)|^2 / variance - adversarial * mean D(S(z)) ----
        variables = self.generator.trainable_variables
        latents, wanted = self.draw("lessons", self.batch_size)
        with tf.GradientTape() as tape:
            pictures = self.generator(latents, training=True)
            losses["error"] = self.squared_error(pictures, wanted)
            loss = self.taught * losses["error"]
            if self.adversarial:
                losses["gen_loss"] = self.generator_loss(self.discriminator(pictures, training=True))
                loss += self.adversarial * losses["gen_loss"]
        gradients = tape.gradient(loss, variables)
        self.generator.optimizer.apply_gradients(zip(gradients, variables))
        return losses


def velocity(field: keras.Model, positions: tf.Tensor, time: float | tf.Tensor) -> tf.Tensor:
    """Return f(z, t) at `(batch, d)`, where `time` is one time or has the shape `(batch, 1)`."""
    times = tf.zeros_like(positions[:, :1]) + tf.cast(time, positions.dtype)
    return field(tf.concat([positions, times], axis=1), training=True)


def euler(field: keras.Model, latents: tf.Tensor, steps: int) -> list[tf.Tensor]:
    """Carry latents `(batch, d)` from time 0 to 1 by Euler's method; return all positions on the way."""
    path = [latents]
    for number in range(steps):
        path.append(path[-1] + velocity(field, path[-1], number / steps) / steps)
    return path


class Halved_Flow(AdversarialModel):
    """A flow of `steps` steps that learns from a flow of twice as many.

    `student` and `teacher` map positions and time `(batch, d + 1)` to velocities `(batch, d)`. The teacher's weights
    stay as they are.
    """

    loss_names = ("error",)

    def __init__(
        self,
        student: keras.Model,
        teacher: keras.Model,
        latent_generator: LatentGenerator,
        steps: int,
        batch_size: int,
        learning_rate: float,
        **options: Any,
    ):
        streams = {"latent": latent_generator.stream}
        super().__init__({"student": student}, {"student": Adam(learning_rate)}, streams=streams, **options)
        self.teacher, self.latent_generator = teacher, latent_generator
        self.steps, self.batch_size = steps, batch_size

    def lessons(self, latents: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Follow the teacher: return starts and times of all steps of the student, and the velocities to learn.

        For latents `(batch, d)`, the shapes are `(steps * batch, d)`, `(steps * batch, 1)` and `(steps * batch, d)`.
        """
        path = euler(self.teacher, latents, 2 * self.steps)
        starts, landings = tf.concat(path[:-2:2], axis=0), tf.concat(path[2::2], axis=0)
        times = tf.repeat(tf.range(self.steps, dtype=latents.dtype) / self.steps, tf.shape(latents)[0])[:, None]
        # From start to landing in one step of the length 1 / steps.
        return starts, times, (landings - starts) * self.steps

    def train_step(self, _: object) -> dict[str, tf.Tensor]:
        """Update the student once on fresh latents; return the squared error of its velocities."""
        # ---- Student: minimise  mean |f(z, t) - (landing - z) / length|^2  over all its steps ----
        starts, times, wanted = self.lessons(self.latent_generator(self.batch_size))
        variables = self.student.trainable_variables
        with tf.GradientTape() as tape:
            error = tf.reduce_mean((velocity(self.student, starts, times) - wanted) ** 2)
        gradients = tape.gradient(error, variables)
        self.student.optimizer.apply_gradients(zip(gradients, variables))
        return {"error": error}


def ways_to_points(
    field: keras.Model, fields: Mapping[int, keras.Model], latents: tf.Tensor
) -> dict[str, dict[int, tf.Tensor]]:
    """Carry the same latents `(n, 2)` to points in several ways, and return them by their evaluations of a field.

    `field` is the first teacher's, and `fields` are those of its students by their steps. A step of the solver of
    order 4 evaluates the field four times.
    """

    def order_4(steps: int) -> tf.Tensor:
        (ends,) = runge_kutta(lambda state, time: [velocity(field, state[0], time)], [latents], 0.0, 1.0, steps)
        return ends

    return {
        "distilled": {steps: euler(student, latents, steps)[-1] for steps, student in fields.items()},
        "euler": {steps: euler(field, latents, steps)[-1] for steps in (TEACHERS_STEPS, *fields)},
        "order_4": {4 * steps: order_4(steps) for steps in (4, 2, 1)},
        "exact": {4 * training.EXACT_STEPS: order_4(training.EXACT_STEPS)},
    }


def distil_generator(options: Namespace, run: Run, output: scripts.OutputFolder) -> dict[str, Any]:
    """Train three small generators for equal times, one of them with both losses; draw them beside the teacher."""
    # ---- Data: real faces, intensities from 0 to 255 -> the range of the teacher's pictures; its lessons ----
    seed, faces = options.seed, load_faces()
    teacher = load_gan(faces=faces, seed=seed)
    prepared, lessons = teacher.decoding.prepare(faces), training.lessons(teacher, options.lessons, seed)

    def train(name: str, taught: float, adversarial: float, begun: Any = None) -> training.KeptStudent:
        # ---- Networks: a tenth of the teacher's weights ----
        generator, discriminator = small_GenDiscr(seed)
        set_contrast(generator, 1.0, 0.25)
        if begun is not None:
            generator.set_weights(begun.network.get_weights())

        # ---- Model ----
        latents = LatentGenerator(generator.input_shape[-1], seed=seed)
        student = Distilled_GAN(
            *(generator, discriminator, latents, prepared, options.batch_size),
            disc_iter=1,
            learning_rate=options.learning_rate,
            lambda_gp=options.lambda_gp,
            lessons=lessons,
            taught=taught,
            adversarial=adversarial,
            seed=seed,
            decoding=teacher.decoding,
        )

        # ---- Training ----
        steps = training.steps_of(name, options.steps)
        kept, clock = training.KeptStudent(student, options.averaging, seed), ProcessorTime()
        callbacks = [kept, FallingRates(student.distinct_optimizers, steps, options.decay), clock]
        run.fit(student, 1, steps, name=name, callbacks=callbacks, steps_per_call=steps_per_call(steps))
        kept.seconds = clock.used + (begun.seconds if begun is not None else 0.0)
        return kept

    # Half of the time by squared error, and from there both with and without the adversarial loss. The GAN gets all.
    begun = train("beginning", 1.0, 0.0)
    students = {
        "distilled": train("distilled", 1.0, options.adversarial, begun),
        "squared_error": train("squared_error", 1.0, 0.0, begun),
        "no_teacher": train("no_teacher", 0.0, 1.0),
    }

    # ---- Measures, and pictures from the same latents ----
    generators: training.Generators = {"teacher": training.Taught(teacher), **students}
    output.save_figure(plots.rows_of_pictures(training.same_latents(generators, seed)), "faces.png")
    return training.measure_students(generators, FaceJudge(faces, training.unseen_faces(seed)), seed)


def distil_steps(options: Namespace, run: Run, output: scripts.OutputFolder) -> dict[str, Any]:
    """Train a flow, halve its steps four times, and draw quality against cost."""
    # ---- Data: mean 0, deviation 1 ----
    seed, density = options.seed, get_density(options.data)
    scaling = scaling_of(density)
    real = scaling.apply(density.sample(training.REAL_POINTS, seed))

    # ---- The first teacher: a flow, trained by its likelihood ----
    field = build_field(options.hidden_layers, options.hidden_units, seed)
    flow = Neural_ODE(field, real, POINTS_IN_A_BATCH, 0.003, solver_steps=4, seed=seed, decoding=scaling)
    rates = FallingRates(flow.distinct_optimizers, options.steps, 0.8)
    run.fit(flow, 1, options.steps, name="flow", title="Flow", callbacks=[rates], steps_per_call=10)

    # ---- Halving: each student begins with its teacher's weights, and is the next teacher ----
    fields, steps, teacher = {}, TEACHERS_STEPS, field
    while steps > 1:
        steps //= 2
        student = keras.models.clone_model(teacher)
        student.set_weights(teacher.get_weights())
        halved = Halved_Flow(student, teacher, LatentGenerator(2, seed=seed + steps), steps, POINTS_IN_A_BATCH, 0.001)
        rates = FallingRates(halved.distinct_optimizers, options.steps, 1.0)
        run.fit(halved, 1, options.steps, name=f"{steps}_steps", callbacks=[rates], steps_per_call=10)
        fields[steps], teacher = student, student

    # ---- Points, measures and pictures ----
    latents = LatentGenerator(2, seed=separate_seed(seed, training.COMPARED))(training.POINTS_MEASURED)
    points = training.points_of(ways_to_points(field, fields, latents), scaling)
    measures = training.measure_steps(points, density, seed)
    output.save_figure(plots.quality_against_cost(points, measures, density.limits, training.WAYS), "steps.png")
    return measures


def main(arguments: list[str] | None = None) -> None:
    """Distil a generator into a smaller one, and a flow into one with fewer steps."""
    options = PARSER.parse_args(arguments)
    with PARSER.open_output(options) as output:
        run, measures = Run(output.checkpoints, options), {}
        if options.part in ("both", "student"):
            measures["student"] = distil_generator(options, run, output)
        if options.part in ("both", "steps"):
            measures["steps"] = distil_steps(options, run, output)
        output.save_record(measures)
    print(training.tables(measures))
    print(f"Pictures and record.json are in {output.path}.")


if __name__ == "__main__":
    scripts.run_script(main)
