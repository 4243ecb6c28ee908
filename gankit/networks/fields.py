"""Vector fields that carry latents to points over time."""

from __future__ import annotations

from tensorflow import keras

from gankit.randomness import SeedSequence


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
