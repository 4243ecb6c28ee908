"""The fast Adam agrees with Keras's Adam in values, state, saving and restoring."""

import numpy as np
import pytest
import tensorflow as tf
from tensorflow import keras

from gankit.fast.optimizer import LARGEST_FOR_THE_KERNEL, Adam

# Sizes below and above the limit for the single operation.
SHAPES = [(3,), (4, 5), (LARGEST_FOR_THE_KERNEL + 1,), (12, 20)]


class Problem:
    """Variables, and a gradient for each step."""

    def __init__(self, kind, compiled=True, **options):
        random = np.random.default_rng(0)
        self.variables = [tf.Variable(random.standard_normal(shape), dtype=tf.float32) for shape in SHAPES]
        self.gradients = [
            [tf.constant(10.0 ** random.uniform(-4, 1) * random.standard_normal(s), tf.float32) for s in SHAPES]
            for _ in range(50)
        ]
        self.optimizer = kind(**options)
        self.optimizer.build(self.variables)
        apply = lambda gradients: self.optimizer.apply_gradients(zip(gradients, self.variables))  # noqa: E731
        self._apply = tf.function(apply) if compiled else apply

    def run(self, steps):
        for gradients in self.gradients[:steps]:
            self._apply(gradients)
        return self

    def state(self):
        return [np.asarray(v) for v in [*self.variables, *self.optimizer.variables]]


def assert_same(ours, theirs):
    # 1 - beta_2 in float32 differs by a relative 1.3e-5 from Keras's value, which Python computes.
    for a, b in zip(ours.state(), theirs.state()):
        np.testing.assert_allclose(a, b, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize(
    "options",
    [
        {"learning_rate": 0.01, "beta_1": 0.5, "beta_2": 0.9},
        {"learning_rate": 0.003, "beta_1": 0.0, "epsilon": 1e-4, "clipnorm": 1.0},
        {"learning_rate": 0.01, "amsgrad": True},
        {"learning_rate": 0.01, "weight_decay": 0.01, "use_ema": True},
    ],
)
def test_fifty_steps_are_those_of_keras(options, compiled):
    assert_same(Problem(Adam, compiled, **options).run(50), Problem(keras.optimizers.Adam, compiled, **options).run(50))


def test_schedules_and_assigned_learning_rates():
    schedule = keras.optimizers.schedules.ExponentialDecay(0.05, 5, 0.5)
    assert_same(
        Problem(Adam, learning_rate=schedule).run(20), Problem(keras.optimizers.Adam, learning_rate=schedule).run(20)
    )
    both = [Problem(kind, learning_rate=0.01).run(5) for kind in (Adam, keras.optimizers.Adam)]
    for problem in both:
        problem.optimizer.learning_rate = 0.001
        problem.run(10)
    assert_same(*both)


def test_sparse_gradients():
    both = []
    for kind in (Adam, keras.optimizers.Adam):
        problem = Problem(kind, learning_rate=0.1)
        rows = tf.IndexedSlices(tf.ones((2, 20)), tf.constant([1, 7]), tf.constant([12, 20]))
        problem.optimizer.apply_gradients([(rows, problem.variables[3])])
        both.append(problem)
    assert_same(*both)


@pytest.mark.parametrize(("first", "second"), [(Adam, keras.optimizers.Adam), (keras.optimizers.Adam, Adam)])
def test_state_moves_between_the_two(first, second, tmp_path):
    def network(kind):
        inputs = keras.Input((3,))
        model = keras.Model(inputs, keras.layers.Dense(4, kernel_initializer="ones", name="dense")(inputs))
        model.compile(optimizer=kind(0.02), loss="mse")
        model.optimizer.build(model.trainable_variables)
        return model

    random = np.random.default_rng(1)
    x, y = (random.standard_normal((8, width)).astype(np.float32) for width in (3, 4))
    uninterrupted, stopped = network(first), network(first)
    uninterrupted.fit(x, y, epochs=8, verbose=0, shuffle=False)
    stopped.fit(x, y, epochs=4, verbose=0, shuffle=False)
    stopped.save_weights(tmp_path / "state.weights.h5")
    resumed = network(second)
    resumed.load_weights(tmp_path / "state.weights.h5")
    resumed.fit(x, y, epochs=4, verbose=0, shuffle=False)
    for a, b in zip(uninterrupted.get_weights(), resumed.get_weights()):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
    assert [v.name for v in resumed.optimizer.variables] == [v.name for v in uninterrupted.optimizer.variables]


def test_configurations_are_those_of_keras():
    ours, theirs = (kind(0.25, beta_1=0.5, name="adam") for kind in (Adam, keras.optimizers.Adam))
    assert ours.get_config() == theirs.get_config() == Adam.from_config(ours.get_config()).get_config()
