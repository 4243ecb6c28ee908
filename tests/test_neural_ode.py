"""The lab on neural ODEs: the solver, the trace, both gradients, and likelihoods against closed forms."""

import json

import numpy as np
import pytest
import tensorflow as tf
from tensorflow import keras

from gankit.datasets.densities import Density, get_density, mixture_log_density
from gankit.faces import FaceScaling
from gankit.networks import LatentGenerator
from gankit.networks.fields import build_field
from gankit.training import flows as training
from gankit.training.flows import FlowObserver
from labs import neural_ode
from labs.neural_ode import Neural_ODE, runge_kutta

MATRIX = np.array([[0.3, -0.8], [0.5, -0.4]])


def exponential(matrix):
    """The matrix exponential, from eigenvalues."""
    values, vectors = np.linalg.eig(matrix)
    return np.real(vectors @ np.diag(np.exp(values)) @ np.linalg.inv(vectors))


def linear_field(matrix, dtype="float64"):
    """dz/dt = matrix z: a field whose flow and density are known."""
    inputs = keras.Input((3,), dtype=dtype)
    layer = keras.layers.Dense(2, use_bias=False, dtype=dtype)
    field = keras.Model(inputs, layer(inputs), name="field")
    layer.set_weights([np.concatenate([matrix.T, np.zeros((1, 2))])])
    return field


def bent_field(seed=0):
    """A small field of float64 that depends on position and time."""
    inputs = keras.Input((3,), dtype="float64")
    hidden = keras.layers.Dense(5, activation="tanh", dtype="float64")(inputs)
    field = keras.Model(inputs, keras.layers.Dense(2, dtype="float64")(hidden), name="field")
    random = np.random.default_rng(seed)
    field.set_weights([random.standard_normal(weight.shape) * 0.7 for weight in field.get_weights()])
    return field


def model_of(field, steps=8, gradient="backpropagation"):
    points = np.random.default_rng(1).standard_normal((40, 2)).astype(field.dtype)
    scaling = FaceScaling(np.zeros(2, np.float32), np.ones(2, np.float32))
    return Neural_ODE(field, points, 8, 0.01, steps, gradient, seed=0, decoding=scaling)


def points_of(count, seed=2, dtype=tf.float64):
    return tf.constant(np.random.default_rng(seed).standard_normal((count, 2)), dtype)


def test_the_solver_has_order_four():
    start = np.array([[1.0, -0.5], [0.2, 2.0]])
    exact = start @ exponential(MATRIX).T

    def error(steps, begin=0.0, end=1.0, expected=exact):
        (found,) = runge_kutta(lambda state, _: [state[0] @ MATRIX.T], [start], begin, end, steps)
        return np.abs(found - expected).max()

    assert 12 < error(4) / error(8) < 20, "half the step, a sixteenth of the error"
    assert error(200) < 1e-9
    assert error(200, 1.0, 0.0, start @ exponential(-MATRIX).T) < 1e-9, "and backwards"
    # d z / dt = 4 t^3 needs the right times inside a step; order 4 integrates a cubic exactly.
    (found,) = runge_kutta(lambda _, time: [np.full(1, 4 * time**3)], [np.zeros(1)], 0.0, 2.0, 3)
    np.testing.assert_allclose(found, 16)


def test_a_linear_flow_has_the_density_of_the_closed_form():
    model, points = model_of(linear_field(MATRIX), steps=8), points_of(7)
    whole = exponential(MATRIX)
    np.testing.assert_allclose(model.flow(points).numpy(), points.numpy() @ whole.T, atol=1e-5)
    # Normal latents z become normal points with the covariance e^A e^A^T.
    expected = mixture_log_density(points.numpy(), np.zeros((1, 2)), whole @ whole.T)
    np.testing.assert_allclose(model.log_likelihood(points).numpy(), expected, atol=1e-5)


def test_the_trace_is_that_of_finite_differences():
    model, points = model_of(bent_field()), points_of(5)
    velocities, traces = model.dynamics([points, tf.zeros(5, tf.float64)], 0.3)
    np.testing.assert_allclose(velocities, model.velocity(points, 0.3))
    step = 1e-5
    expected = np.zeros(5)
    for axis in range(2):
        moved = np.eye(2)[axis] * step
        ahead, behind = (model.velocity(points + sign * moved, 0.3).numpy()[:, axis] for sign in (1, -1))
        expected += (ahead - behind) / (2 * step)
    np.testing.assert_allclose(traces, expected, rtol=1e-6)
    assert np.abs(model.velocity(points, 0.3) - model.velocity(points, 0.9)).max() > 0.01, "the field depends on time"


def test_a_flow_can_be_run_backwards():
    model, points = model_of(bent_field(), steps=10), points_of(6)
    latents, _ = model.backwards(points)
    np.testing.assert_allclose(model.flow(latents), points, atol=1e-3)


def test_densities_of_a_bent_flow_sum_to_one():
    model = model_of(bent_field(3), steps=6)
    axis = np.linspace(-10, 10, 81)
    grid = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    density = np.exp(model.log_likelihood(tf.constant(grid)).numpy())
    np.testing.assert_allclose(density.sum() * (axis[1] - axis[0]) ** 2, 1, atol=5e-3)


def test_both_gradients_agree_with_finite_differences():
    model, points = model_of(bent_field(), steps=6), points_of(4)
    loss, backpropagated = model.backpropagation(points)
    same_loss, adjoint = model.adjoint(points)
    np.testing.assert_allclose(loss, same_loss)
    variables, step = model.field.trainable_variables, 1e-5
    for variable, one, other in zip(variables, backpropagated, adjoint):
        place = (0,) * len(variable.shape)
        values = variable.numpy()
        losses = []
        for sign in (1, -1):
            changed = values.copy()
            changed[place] += sign * step
            variable.assign(changed)
            losses.append(-float(tf.reduce_mean(model.log_likelihood(points))))
        variable.assign(values)
        difference = (losses[0] - losses[1]) / (2 * step)
        np.testing.assert_allclose(one.numpy()[place], difference, rtol=1e-5, atol=1e-8)
        # The adjoint is solved with steps of its own, so it differs by the solver's error.
        np.testing.assert_allclose(other.numpy(), one.numpy(), rtol=2e-3, atol=2e-4)


def test_a_step_follows_the_gradient():
    for gradient in ("backpropagation", "adjoint"):
        model = model_of(build_field(1, 8, seed=0), steps=1, gradient=gradient)
        points = tf.constant(model._examples.tensors["real"])
        before = float(tf.reduce_mean(model.log_likelihood(points)))
        np.testing.assert_allclose(before, -np.log(2 * np.pi) - (points.numpy() ** 2).sum(axis=1).mean() / 2, rtol=1e-5)
        losses = model.train_steps(20)
        assert set(losses) == {"negative_log_likelihood"}
        assert float(tf.reduce_mean(model.log_likelihood(points))) > before


def test_likelihoods_are_in_the_units_of_the_data():
    # A flow that does nothing, in scaled units: the points are normal with the scale's deviation.
    model = model_of(linear_field(np.zeros((2, 2)), "float32"), steps=2)
    density = Density(np.array([[3.0, -1.0]]), 0.25 * np.eye(2))
    model.decoding = FaceScaling(np.array([3.0, -1.0], np.float32), np.full(2, 0.5, np.float32))
    observer = FlowObserver(model, density, LatentGenerator(2, seed=0), seed=0)
    points = density.sample(50, 1)
    np.testing.assert_allclose(observer.log_likelihood(points), density.log_density(points), rtol=1e-4)
    np.testing.assert_allclose(observer.generated(0.0), observer.generated(), rtol=1e-5)


@pytest.mark.parametrize("gradient", ["backpropagation", "adjoint"])
def test_the_lab_runs(gradient, tmp_path, capsys, monkeypatch):
    few = {"FRAMES": 2, "STILLS": 3, "CELLS": 20, "LIKELIHOODS_MEASURED": 1000, "KERNELS": 500}
    for name, value in few.items():
        monkeypatch.setattr(training, name, value)
    small = ["--steps", "4", "--solver-steps", "2", "--batch-size", "8", "--hidden-units", "4", "--hidden-layers", "1"]
    neural_ode.main([*small, "--gradient", gradient, "--data", "moons", "--output", str(tmp_path)])
    assert {path.name for path in tmp_path.iterdir()} == {"flow.png", "flow.gif", "record.json"}
    measures = json.loads((tmp_path / "record.json").read_text())["measures"]
    likelihoods = measures["log_likelihood"]
    assert likelihoods["truth"] > likelihoods["kernels"] > likelihoods["gaussian"]
    truth = get_density("moons")
    np.testing.assert_allclose(likelihoods["truth"], truth.log_density(truth.sample(5000, 3)).mean(), atol=0.1)
    assert "below the truth" in capsys.readouterr().out
