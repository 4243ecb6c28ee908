"""The judge's derivations compared with central differences and closed forms."""

import numpy as np
import oracle
import pytest

from gankit.grading.judge import adam
from gankit.grading.judge.formulas import LEAST_SQUARES, RIGHT, WASSERSTEIN, slopes
from gankit.grading.judge.gan_scenes import SceneMaker
from gankit.grading.judge.mixing import segment_weights
from gankit.grading.judge.networks import Perceptron, glorot_like, upsample_bilinear
from gankit.grading.judge.penalties import PENALTIES


@pytest.fixture
def network():
    random = np.random.default_rng(0)
    weights = [w.astype(np.float64) for w in glorot_like(random, [4, 5, 3, 1])]
    return Perceptron(("tanh", "linear", "tanh")), weights, random.standard_normal((6, 4)), random


def assert_gradients(found, expected):
    for a, b in zip(found, expected):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-8)


def test_backward(network):
    perceptron, weights, x, random = network
    cotangent = random.standard_normal((6, 1))
    gradients, by_input = perceptron.backward(weights, x, cotangent)
    assert_gradients(
        gradients, oracle.numerical_gradient(lambda w: (cotangent * perceptron.forward(w, x)).sum(), weights)
    )
    expected = oracle.numerical_gradient(lambda w: (cotangent * perceptron.forward(weights, w[0])).sum(), [x])
    assert_gradients([by_input], expected)


@pytest.mark.parametrize("place", range(len(PENALTIES)))
def test_every_penalty_s_gradient_is_second_order(network, place):
    perceptron, weights, x, _ = network
    value = PENALTIES[place].value

    def penalty(w):
        return value(perceptron.input_gradient(w, x))

    (direction,) = slopes(value, perceptron.input_gradient(weights, x))
    found = perceptron.directional_gradient(weights, x, direction)
    for a, b in zip(found, oracle.numerical_gradient(penalty, weights, 1e-5)):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-5)


def test_the_right_formulas_come_first_and_once():
    for formulas in (*LEAST_SQUARES, *WASSERSTEIN, PENALTIES):
        assert [formula.idea for formula in formulas].count(RIGHT) == 1 and formulas[0].idea == RIGHT
        assert all(formula.sentence.endswith(".") for formula in formulas[1:])


def records(rate, beta_1, beta_2, count=4, **options):
    random = np.random.default_rng(1)
    reference = oracle.Adam(rate, beta_1, beta_2)
    weights, updates = [random.standard_normal((3, 2))], []
    for _ in range(count):
        gradients = [random.standard_normal((3, 2))]
        new = reference(weights, gradients)
        updates.append(adam.Update(weights, gradients, new))
        weights = new
    return updates


def test_adam_is_recognised_and_its_usual_mistakes_are_told_apart():
    counters = [1, 2, 3, 4]
    assert adam.explain(records(0.02, 0.5, 0.9), 0.02, (0.5, 0.9), counters) is None
    for rate, betas, idea in ((0.02, (0.9, 0.999), "betas"), (0.001, (0.5, 0.9), "learning_rate")):
        assert adam.explain(records(rate, *betas), 0.02, (0.5, 0.9), counters)[0] == idea
    plain = [adam.Update(u.before, u.gradients, [u.before[0] - 0.02 * u.gradients[0]]) for u in records(0.02, 0.5, 0.9)]
    assert adam.explain(plain, 0.02, (0.5, 0.9), counters)[0] == "not_adam"


def test_segment_weights_are_found():
    random = np.random.default_rng(2)
    real, fake, u = random.standard_normal((5, 3)), random.standard_normal((4, 3)), random.uniform(-1, 2, 4)
    found, distance = segment_weights(u[:, None] * real[:4] + (1 - u[:, None]) * fake, real, fake)
    np.testing.assert_allclose(found, u, atol=1e-9)
    np.testing.assert_allclose(distance, 0, atol=1e-9)


def test_scenes_set_formulas_apart_under_every_seed():
    for seed in range(20):
        scenes = SceneMaker("WGAN_GP", np.random.default_rng(seed)).make()
        signs = []
        for name in ("points", "pictures"):
            scene = scenes[name]
            weights = [w.astype(np.float64) for w in scene.request["discriminator"]["weights"]]
            assert all(np.abs(w).max() > 1 for w in weights), "clipping must have something to do"
            g = [w.astype(np.float64) for w in scene.request["generator"]["weights"]]
            fake = scene.networks["generator"].perceptron.forward(g, scene.request["latents"])
            critic = scene.networks["discriminator"].perceptron
            signs.append(
                np.sign(critic.forward(weights, scene.request["real"]).mean() - critic.forward(weights, fake).mean())
            )
        assert signs == [1, -1]


def test_bilinear_upsampling_keeps_lines_straight():
    maps = np.arange(4.0).reshape(1, 1, 4, 1)
    np.testing.assert_allclose(upsample_bilinear(maps)[0, 0, 1:-1, 0], np.arange(0.25, 3, 0.5))
