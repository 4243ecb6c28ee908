"""Lab: a neural ODE as a generator. A vector field carries latents to points, and the density of its points is known.

The generator of a GAN cannot say how likely a point is. Here the generator is a flow: a latent vector z(0), standard
normal, moves along the field dz/dt = f(z, t) until t = 1, and z(1) is the generated point. Two paths never meet, so the
flow can be run backwards. Along a path, the logarithm of the density changes by minus the divergence of the field:
d log p / dt = -trace(df/dz). The log-likelihood of a point is therefore that of its latent vector minus an integral
along its path. Training maximises it. There is no discriminator.

The gradient of an integral can be computed in two ways, and `--gradient` chooses. Backpropagation goes through every
operation of the solver and has to keep all of them. The adjoint method solves a second differential equation backwards
in time and keeps nothing; its gradient is exact only in the limit of small steps. A test compares both with finite
differences.

Papers: Chen et al. 2018, Neural Ordinary Differential Equations (the adjoint method, appendix B; theorem 1); Grathwohl
et al. 2019, FFJORD (likelihood by the trace).

Deviations:
1. Runge-Kutta of order 4 with equal steps, instead of a solver that chooses its steps.
2. The trace is exact. With two coordinates this takes two gradients; FFJORD estimates it with random vectors.
3. Before the flow, the points are shifted and divided by one number, to mean 0 and deviation 1.

Run: python labs/neural_ode.py                             (four clouds; outputs/neural_ode)
     python labs/neural_ode.py --data moons                (or gaussian, ring, grid, spiral)
     python labs/neural_ode.py --gradient adjoint          (the same training with the other gradient)
     python labs/neural_ode.py --help                      (all settings)
"""

from __future__ import annotations

from gankit import scripts
from gankit.choices import DENSITIES, ODE_GRADIENTS

RECIPES = {
    "default": {
        "data": "clouds",
        "gradient": "backpropagation",
        "steps": 2000,
        "batch_size": 256,
        "learning_rate": 0.003,
        "decay": 0.8,
        "hidden_units": 64,
        "hidden_layers": 3,
        "solver_steps": 8,
    }
}
CHOICES = {
    "data": (DENSITIES, "what to learn"),
    "gradient": (ODE_GRADIENTS, "how the gradient of the likelihood is computed"),
}
PARSER = scripts.RecipeCommandLine(__doc__, "labs/neural_ode", RECIPES, CHOICES)
scripts.answer_at_once(__name__, PARSER)

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow import keras

from gankit import plots
from gankit.datasets.densities import get_density
from gankit.fast import Adam
from gankit.models import AdversarialModel
from gankit.networks import LatentGenerator
from gankit.networks.fields import build_field
from gankit.training import Run
from gankit.training import flows as training
from gankit.training.callbacks import FallingRates, LossCurve

REAL_POINTS = 100_000
State = Sequence[tf.Tensor]


def runge_kutta(
    derivative: Callable[[State, float], State], state: State, start: float, end: float, steps: int
) -> State:
    """Solve d state / dt = derivative(state, t) from `start` to `end` with the classical method of order 4.

    A state is a sequence of tensors. If `end` is below `start`, time runs backwards.
    """
    length = (end - start) / steps

    def moved(by: float, slopes: State) -> State:
        return [each + by * slope for each, slope in zip(state, slopes)]

    for number in range(steps):
        time = start + number * length
        first = derivative(state, time)
        second = derivative(moved(length / 2, first), time + length / 2)
        third = derivative(moved(length / 2, second), time + length / 2)
        fourth = derivative(moved(length, third), time + length)
        mean = [(a + 2 * b + 2 * c + d) / 6 for a, b, c, d in zip(first, second, third, fourth)]
        state = moved(length, mean)
    return state


class Neural_ODE(AdversarialModel):
    """A flow from normal latents to points, trained by maximum likelihood.

    `field` maps positions and time `(batch, d + 1)` to velocities `(batch, d)`. `points` have the shape `(n, d)`.
    `gradient` is one of `gankit.choices.ODE_GRADIENTS`; the solver makes `solver_steps` steps.
    """

    loss_names = ("negative_log_likelihood",)

    def __init__(
        self,
        field: keras.Model,
        points: np.ndarray,
        batch_size: int,
        learning_rate: float,
        solver_steps: int,
        gradient: str = "backpropagation",
        **options: Any,
    ):
        super().__init__({"field": field}, {"field": Adam(learning_rate)}, {"real": points}, **options)
        self.batch_size, self.solver_steps, self.gradient = batch_size, solver_steps, gradient

    def velocity(self, positions: tf.Tensor, time: float) -> tf.Tensor:
        """Return f(z, t), shape `(batch, d)`."""
        times = tf.fill([tf.shape(positions)[0], 1], tf.cast(time, positions.dtype))
        return self.field(tf.concat([positions, times], axis=1), training=True)

    def dynamics(self, state: State, time: float) -> State:
        """Return the derivatives of z and of the integral of the trace: f(z, t) and trace(df/dz)."""
        positions, _ = state
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(positions)
            velocities = self.velocity(positions, time)
            coordinates = tf.unstack(velocities, axis=1)
        diagonal = [tape.gradient(each, positions)[:, number] for number, each in enumerate(coordinates)]
        return [velocities, tf.add_n(diagonal)]

    def flow(self, latents: tf.Tensor, end: float = 1.0) -> tf.Tensor:
        """Carry latents `(batch, d)` from time 0 to `end`: shape `(batch, d)`."""
        steps = max(1, round(self.solver_steps * end))
        (positions,) = runge_kutta(lambda state, time: [self.velocity(state[0], time)], [latents], 0.0, end, steps)
        return positions

    def backwards(self, points: tf.Tensor) -> State:
        """Carry points `(batch, d)` back to time 0: their latents, and minus the integral of the trace, `(batch,)`."""
        return runge_kutta(self.dynamics, [points, tf.zeros_like(points[:, 0])], 1.0, 0.0, self.solver_steps)

    def log_likelihood(self, points: tf.Tensor) -> tf.Tensor:
        """Return log p(x) of points `(batch, d)`, shape `(batch,)`: the latents' log density minus the integral."""
        latents, minus_integral = self.backwards(points)
        return log_normal(latents) + minus_integral

    def backpropagation(self, points: tf.Tensor) -> tuple[tf.Tensor, list[tf.Tensor]]:
        """Return the loss and its gradients, through all operations of the solver."""
        with tf.GradientTape() as tape:
            loss = -tf.reduce_mean(self.log_likelihood(points))
        return loss, tape.gradient(loss, self.field.trainable_variables)

    def adjoint(self, points: tf.Tensor) -> tuple[tf.Tensor, list[tf.Tensor]]:
        """Return the loss and its gradients, by a second differential equation (Chen et al. 2018, algorithm 1).

        The adjoint a = d loss / d state changes by d a / dt = -a^T (d dynamics / d state), and the gradient is the
        integral of a^T (d dynamics / d weights).
        """
        variables = self.field.trainable_variables
        latents, minus_integral = self.backwards(points)
        with tf.GradientTape() as tape:
            tape.watch([latents, minus_integral])
            loss = -tf.reduce_mean(log_normal(latents) + minus_integral)
        adjoint = tape.gradient(loss, [latents, minus_integral])

        def derivative(state: State, time: float) -> State:
            position, adjoints = list(state[:2]), list(state[2:4])
            with tf.GradientTape() as tape:
                tape.watch(position)
                slopes = self.dynamics(position, time)
            found = tape.gradient(
                slopes, [*position, *variables], output_gradients=adjoints, unconnected_gradients="zero"
            )
            return [*slopes, *(-each for each in found)]

        # The solution went from time 1 to time 0, so its adjoint goes from 0 to 1.
        start = [latents, minus_integral, *adjoint, *(tf.zeros_like(each) for each in variables)]
        return loss, list(runge_kutta(derivative, start, 0.0, 1.0, self.solver_steps)[4:])

    def train_step(self, _: object) -> dict[str, tf.Tensor]:
        """Update the field once on fresh points; return the loss."""
        # ---- Field: minimise  -mean log p(x) ----
        loss, gradients = getattr(self, self.gradient)(self.draw("real", self.batch_size))
        # The flow is stiff where it is wrong; a step of the length 1 is enough.
        gradients, _ = tf.clip_by_global_norm(gradients, 1.0)
        self.field.optimizer.apply_gradients(zip(gradients, self.field.trainable_variables))
        return {"negative_log_likelihood": loss}


def log_normal(latents: tf.Tensor) -> tf.Tensor:
    """Return the log density of the standard normal distribution at `(batch, d)`: shape `(batch,)`."""
    dimensions = latents.shape[1]
    return -0.5 * tf.reduce_sum(latents**2, axis=1) - 0.5 * dimensions * float(np.log(2 * np.pi))


def main(arguments: list[str] | None = None) -> None:
    """Learn the density of points, and compare it with the true one."""
    options = PARSER.parse_args(arguments)
    with PARSER.open_output(options) as output:
        # ---- Data: mean 0, deviation 1 ----
        density = get_density(options.data)
        scaling = training.scaling_of(density)
        points = scaling.apply(density.sample(REAL_POINTS, options.seed))

        # ---- Network and model ----
        model = Neural_ODE(
            build_field(options.hidden_layers, options.hidden_units, options.seed),
            points,
            options.batch_size,
            options.learning_rate,
            options.solver_steps,
            options.gradient,
            seed=options.seed,
            decoding=scaling,
        )

        # ---- Training ----
        curve = LossCurve(every=max(1, options.steps // 100))
        rates = FallingRates(model.distinct_optimizers, options.steps, options.decay)
        run = Run(output.checkpoints, options)
        run.fit(model, 1, options.steps, title="neural ODE", callbacks=[rates, curve], steps_per_call=10)

        # ---- Measures and pictures ----
        observer = training.FlowObserver(model, density, LatentGenerator(2, seed=options.seed + 1), options.seed)
        measures = observer.measure()
        output.save_record({**measures, "training_seconds": run.seconds["model"]})
        output.save_figure(plots.learned_flow(observer.show(curve)), "flow.png")
        frames, times = observer.film()
        output.save_animation(frames, "flow.gif", times)
    print(training.table(measures))
    print(f"Pictures, flow.gif and record.json are in {output.path}.")


if __name__ == "__main__":
    scripts.run_script(main)
