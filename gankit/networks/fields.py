"""Vector fields that carry latents to points over time, and solvers that follow them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import tensorflow as tf
from tensorflow import keras

from gankit.randomness import SeedSequence

State = Sequence[tf.Tensor]


def build_field(hidden_layers: int, hidden_units: int, seed: int, dimensions: int = 2) -> keras.Model:
    """Build the field: position and time ``(batch, d + 1)`` -> hidden layers with tanh -> velocity ``(batch, d)``."""
    next_seed = SeedSequence(seed)
    inputs = values = keras.Input((dimensions + 1,))
    for _ in range(hidden_layers):
        kernel = keras.initializers.GlorotUniform(seed=next_seed())
        values = keras.layers.Dense(hidden_units, activation="tanh", kernel_initializer=kernel)(values)
    # A field of 0 is the identity: training starts from normal points.
    velocities = keras.layers.Dense(dimensions, kernel_initializer="zeros")(values)
    return keras.Model(inputs, velocities, name="field")


def velocity(field: keras.Model, positions: tf.Tensor, time: float | tf.Tensor) -> tf.Tensor:
    """Return f(z, t) at ``(batch, d)``, where ``time`` is one time or has the shape ``(batch, 1)``."""
    times = tf.zeros_like(positions[:, :1]) + tf.cast(time, positions.dtype)
    return field(tf.concat([positions, times], axis=1), training=True)


def euler(field: keras.Model, latents: tf.Tensor, steps: int) -> list[tf.Tensor]:
    """Carry latents ``(batch, d)`` from time 0 to 1 by Euler's method; return all positions on the way."""
    path = [latents]
    for number in range(steps):
        path.append(path[-1] + velocity(field, path[-1], number / steps) / steps)
    return path


def runge_kutta(
    derivative: Callable[[State, float], State], state: State, start: float, end: float, steps: int
) -> State:
    """Solve d state / dt = derivative(state, t) from ``start`` to ``end`` with the classical method of order 4.

    A state is a sequence of tensors. If ``end`` is below ``start``, time runs backwards.
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
