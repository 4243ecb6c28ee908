"""Stabilisers: each against a closed form, a loop, finite differences or a matrix; the sign test; the script."""

import itertools
import json
from argparse import Namespace
from functools import partial

import numpy as np
import pytest
import tensorflow as tf
from tensorflow import keras

from gankit import networks
from gankit.errors import InputError
from gankit.metrics import sign_test
from gankit.models import WeightHistory
from gankit.networks.augmentation import hole, move_pictures
from gankit.networks.chains import layers_of
from gankit.randomness import make_stream
from gankit.training import stabilisers as training
from gankit.training.callbacks import Snapshots
from labs import stabilisers as lab


@pytest.fixture(scope="module")
def subject():
    return training.grid_of_points()


@pytest.fixture(scope="module")
def faces():
    return training.faces(300)


def make(subject, stabilisers, seed=0, **settings):
    options = Namespace(**{**lab.RECIPES["grid"], "data": "grid", "batch_size": 8, **settings})
    return lab.build_model(options, subject, stabilisers, seed)


# ---- layers that see several examples ----


def test_minibatch_discrimination_is_the_loop_over_pairs():
    layer = networks.MinibatchDiscrimination(3, 2, seed=1)
    features = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)
    found = layer(features).numpy()
    rows = np.einsum("nf,fbc->nbc", features, layer.comparison.numpy().reshape(4, 3, 2))
    expected = np.zeros((5, 3))
    for i in range(5):
        for j in range(5):
            for b in range(3):
                if i != j:
                    expected[i, b] += np.exp(-sum(abs(rows[i, b, c] - rows[j, b, c]) for c in range(2))) / 4
    np.testing.assert_allclose(found[:, :4], features)
    np.testing.assert_allclose(found[:, 4:], expected, rtol=1e-4)
    # A batch of copies is as near as can be, and an example alone has nobody near it.
    np.testing.assert_allclose(layer(np.repeat(features[:1], 6, axis=0))[:, 4:], 1.0, rtol=1e-5)
    np.testing.assert_allclose(layer(features[:1])[:, 4:], 0.0, atol=1e-6)


def test_a_pack_joins_consecutive_examples_along_the_last_axis():
    points = np.arange(14, dtype=np.float32).reshape(7, 2)
    np.testing.assert_array_equal(
        networks.Packing(3)(points),
        [[0, 1, 2, 3, 4, 5], [6, 7, 8, 9, 10, 11]],  # the seventh point is left out
    )
    pictures = np.random.default_rng(0).random((4, 3, 5, 2)).astype(np.float32)
    packs = networks.Packing(2)(pictures).numpy()
    assert packs.shape == (2, 3, 5, 4)
    for pack, (first, second) in enumerate([(0, 1), (2, 3)]):
        np.testing.assert_array_equal(packs[pack], np.concatenate([pictures[first], pictures[second]], axis=-1))


def test_a_packed_discriminator_gives_one_score_for_each_pack_and_it_depends_on_all_of_it(subject):
    gan = make(subject, "packing")
    points = tf.constant(subject.examples[:8])
    scores = gan.discriminator(points)
    assert scores.shape == (4, 1)
    with tf.GradientTape() as tape:
        tape.watch(points)
        second = gan.discriminator(points)[1, 0]
    slopes = np.abs(tape.gradient(second, points)).sum(axis=1)
    assert (slopes[2:4] > 0).all() and (slopes[[0, 1, 4, 5, 6, 7]] == 0).all()


# ---- spectral normalisation ----


def test_a_spectral_dense_layer_divides_by_the_largest_singular_value():
    layer = networks.SpectralDense(6, kernel_initializer=keras.initializers.RandomNormal(seed=1, stddev=3.0))
    inputs = np.random.default_rng(0).normal(size=(4, 5)).astype(np.float32)
    layer(inputs)
    layer.bias.assign(np.arange(6))
    for _ in range(100):
        layer(inputs, training=True)
    kernel = np.array(layer.kernel)
    largest = np.linalg.svd(kernel, compute_uv=False)[0]
    np.testing.assert_allclose(layer.spectral_norm(), largest, rtol=1e-5)
    np.testing.assert_allclose(layer(inputs), inputs @ kernel / largest + np.arange(6), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("strides, padding", [(1, "same"), (2, "same"), (1, "valid")])
def test_a_spectral_convolution_divides_by_the_norm_of_its_dense_matrix(strides, padding):
    initial = keras.initializers.RandomNormal(seed=2)
    layer = networks.SpectralConv2D(3, 4, strides=strides, padding=padding, kernel_initializer=initial, use_bias=False)
    layer(np.zeros((1, 6, 6, 2), np.float32))
    for _ in range(150):
        layer.spectral_norm(training=True)
    # Each column of the matrix is what a plain convolution makes of a picture with a single 1.
    plain = keras.layers.Conv2D(3, 4, strides=strides, padding=padding, use_bias=False)
    unit_pictures = np.eye(72, dtype=np.float32).reshape(72, 6, 6, 2)
    plain(unit_pictures[:1])
    kernel = np.array(layer.kernel)
    plain.set_weights([kernel])
    matrix = plain(unit_pictures).numpy().reshape(72, -1)
    largest = np.linalg.svd(matrix, compute_uv=False)[0]
    np.testing.assert_allclose(layer.spectral_norm(), largest, rtol=1e-3)
    normalised = np.asarray(layer(unit_pictures)).reshape(72, -1)
    np.testing.assert_allclose(np.linalg.svd(normalised, compute_uv=False)[0], 1.0, rtol=1e-3)
    # The norm of the kernel as a matrix is another number.
    assert abs(np.linalg.svd(kernel.reshape(-1, 3), compute_uv=False)[0] / largest - 1) > 0.05


def test_the_power_iteration_moves_only_in_training_and_the_slope_is_that_of_the_singular_value():
    layer = networks.SpectralDense(4, kernel_initializer=keras.initializers.RandomNormal(seed=3), dtype="float64")
    layer(np.zeros((1, 3)))
    before = np.array(layer.direction)
    layer(np.ones((1, 3)), training=False)
    np.testing.assert_array_equal(layer.direction, before)
    for _ in range(200):
        layer.spectral_norm(training=True)
    assert np.abs(np.array(layer.direction) - before).max() > 0.01
    with tf.GradientTape() as tape:
        norm = layer.spectral_norm()
    slope = np.array(tape.gradient(norm, layer.trainable_variables[0]))
    kernel, step = np.array(layer.kernel), 1e-6
    for place in itertools.product(range(3), range(4)):
        moved = [kernel.copy(), kernel.copy()]
        moved[0][place] += step
        moved[1][place] -= step
        above, below = (np.linalg.svd(each, compute_uv=False)[0] for each in moved)
        np.testing.assert_allclose(slope[place], (above - below) / (2 * step), atol=1e-6)


# ---- unrolling ----


def small_float64_gan():
    """A GAN of few weights in float64, whose discriminator has a tanh, so that every slope exists."""
    generator_input, point = keras.Input((2,), dtype="float64"), keras.Input((2,), dtype="float64")

    def dense(width, seed, activation=None):
        initial = keras.initializers.GlorotNormal(seed=seed)
        return keras.layers.Dense(width, activation, kernel_initializer=initial, dtype="float64")

    generator = keras.Model(generator_input, dense(2, 1)(dense(3, 2, "tanh")(generator_input)))
    discriminator = keras.Model(point, dense(1, 3)(dense(4, 4, "tanh")(point)))
    random = np.random.default_rng(5)
    real = random.normal(1, 0.5, (6, 2))
    gan = lab.Stabilised_GAN(generator, discriminator, lambda count: tf.zeros((count, 2)), real, 6, 1, 0.1, seed=0)
    return gan, tf.constant(real), tf.constant(random.normal(size=(6, 2)))


def test_unrolled_weights_are_those_of_gradient_descent(monkeypatch):
    monkeypatch.setattr(lab, "UNROLLED_RATE", 0.3)
    gan, real, latents = small_float64_gan()
    fake = gan.generator(latents)
    found = gan.unrolled_weights(real, fake)
    variables = gan.discriminator.trainable_variables
    before = [np.array(variable) for variable in variables]
    for _ in range(5):
        with tf.GradientTape() as tape:
            loss = gan.discriminator_loss(gan.discriminator(real), gan.discriminator(fake))
        for variable, gradient in zip(variables, tape.gradient(loss, variables)):
            variable.assign_sub(0.3 * gradient)
    for variable, new, old in zip(variables, found, before):
        np.testing.assert_allclose(new, np.array(variable), rtol=1e-12)
        assert np.abs(new - old).max() > 1e-3
    assert lab.UNROLLED_STEPS == 5


def test_the_gradient_of_g_flows_through_the_unrolled_updates(monkeypatch):
    monkeypatch.setattr(lab, "UNROLLED_RATE", 0.3)
    gan, real, latents = small_float64_gan()
    gan.on = {"unrolling"}
    variables = gan.generator.trainable_variables

    def objective():
        return gan.generator_objective(real, gan.generator(latents))

    with tf.GradientTape() as tape:
        value = objective()
    gradients = [np.array(gradient) for gradient in tape.gradient(value, variables)]
    for number, (variable, gradient) in enumerate(zip(variables, gradients)):
        start, values = np.array(variable), []
        direction = np.random.default_rng(number).normal(size=start.shape)
        for sign in (1, -1):
            variable.assign(start + sign * 1e-6 * direction)
            values.append(float(objective()))
        variable.assign(start)
        # Central differences err by the square of the step and by 1e-16 / step.
        np.testing.assert_allclose((gradient * direction).sum(), (values[0] - values[1]) / 2e-6, atol=1e-8)
        assert np.abs(gradient).max() > 1e-3

    # With the unrolled weights as constants, the gradient is another one: the second-order part matters.
    with tf.GradientTape() as tape:
        fake = gan.generator(latents)
        weights = [tf.stop_gradient(each) for each in gan.unrolled_weights(real, fake)]
        value = gan.generator_loss(networks.apply_with(gan.discriminator, weights, fake))
    without = tape.gradient(value, variables)
    assert max(np.abs(np.array(a) - b).max() for a, b in zip(without, gradients)) > 1e-3


@pytest.mark.parametrize("shape", [(6, 2), (6, 16, 16, 1)])
@pytest.mark.parametrize("stabiliser", ["plain", "packing"])
def test_a_network_applied_with_its_own_weights_is_the_network(shape, stabiliser):
    network = networks.stabilised_discriminator(shape[1:], 0.3, {stabiliser}, 0)
    inputs = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    weights = [tf.convert_to_tensor(variable) for variable in network.trainable_variables]
    np.testing.assert_allclose(networks.apply_with(network, weights, inputs), network(inputs), rtol=1e-4, atol=1e-5)
    doubled = [*weights[:-2], 2 * weights[-2], weights[-1]]
    np.testing.assert_allclose(networks.apply_with(network, doubled, inputs), 2 * network(inputs), rtol=1e-4, atol=1e-5)
    last = layers_of(network)[-1]
    np.testing.assert_allclose(last(networks.features_of(network, inputs)), network(inputs), rtol=1e-5, atol=1e-6)


def test_layers_that_cannot_be_unrolled_are_named(subject):
    gan = make(subject, "minibatch_discrimination+unrolling")
    with pytest.raises(InputError, match="MinibatchDiscrimination; only dense layers and convolutions"):
        gan.train_step(None)
    with pytest.raises(InputError, match="choose one"):
        make(subject, "feature_matching+unrolling")


# ---- losses ----


def test_smoothing_moves_the_best_discriminator_as_the_closed_form_says(subject):
    # Three places with the shares p of real and q of fake examples; D answers separately at each.
    p, q = np.array([0.5, 0.3, 0.2]), np.array([0.1, 0.3, 0.6])
    answers = np.linspace(0.001, 0.999, 4000)
    logits = np.log(answers / (1 - answers))
    expected = {
        "plain": p / (p + q),
        "one_sided_smoothing": 0.9 * p / (p + q),
        "two_sided_smoothing": (0.9 * p + 0.1 * q) / (p + q),
    }
    gan = make(subject, "plain")
    for stabiliser, best in expected.items():
        gan.on = {stabiliser}
        # The loss is a sum of a mean over real and a mean over fake scores, so a single score gives each part.
        zero = np.zeros(1)
        both = np.array([gan.discriminator_loss(zero, zero)])
        of_real = np.array([gan.discriminator_loss(logits[i : i + 1], zero) for i in range(0, 4000, 80)]) - both / 2
        of_fake = np.array([gan.discriminator_loss(zero, logits[i : i + 1]) for i in range(0, 4000, 80)]) - both / 2
        cheapest = (p * of_real[:, None] + q * of_fake[:, None]).argmin(axis=0)
        np.testing.assert_allclose(answers[::80][cheapest], best, atol=0.021)
    # The slope in a logit is sigmoid(s) minus the target.
    scores = tf.constant([[0.7]])
    for stabiliser, targets in {"one_sided_smoothing": (0.9, 0.0), "two_sided_smoothing": (0.9, 0.1)}.items():
        gan.on = {stabiliser}
        for place, target in enumerate(targets):
            with tf.GradientTape() as tape:
                tape.watch(scores)
                pair = [tf.zeros((1, 1)), tf.zeros((1, 1))]
                pair[place] = scores
                loss = gan.discriminator_loss(*pair)
            np.testing.assert_allclose(tape.gradient(loss, scores), tf.sigmoid(scores) - target, rtol=1e-5)


def test_feature_matching_compares_mean_features(subject):
    gan = make(subject, "feature_matching")
    real, fake = tf.constant(subject.examples[:8]), tf.constant(subject.examples[8:16]) * 0.5
    features = keras.Model(gan.discriminator.input, layers_of(gan.discriminator)[-2].output)
    expected = ((features(real).numpy().mean(axis=0) - features(fake).numpy().mean(axis=0)) ** 2).sum()
    np.testing.assert_allclose(gan.generator_objective(real, fake), expected, rtol=1e-4)
    np.testing.assert_allclose(gan.generator_objective(real, tf.reverse(real, [0])), 0.0, atol=1e-8)


def test_historical_averaging_is_the_mean_of_all_weights_so_far(subject):
    gan = make(subject, "historical_averaging", learning_rate=0.1)
    variables = [*gan.generator.trainable_variables, *gan.discriminator.trainable_variables]
    seen = [[np.array(variable) for variable in variables]]
    for _ in range(4):
        gan.train_step(None)
        seen.append([np.array(variable) for variable in variables])
    means = [np.mean(values, axis=0) for values in zip(*seen)]
    for found, mean in zip(gan.past.means, means):
        np.testing.assert_allclose(found.numpy(), mean, atol=1e-5)
    distance = sum(((now - mean) ** 2).sum() for now, mean in zip(seen[-1], means))
    with tf.GradientTape() as tape:
        pull = gan.pull()
    np.testing.assert_allclose(pull, lab.PULL * distance, rtol=1e-4)
    assert distance > 1
    slope = tape.gradient(pull, variables[0])
    np.testing.assert_allclose(slope, 2 * lab.PULL * (seen[-1][0] - means[0]), atol=1e-5)
    # A checkpoint holds the means.
    other = make(subject, "historical_averaging", seed=1)
    other.restore_arrays(gan.state_arrays())
    np.testing.assert_array_equal(other.past.means[0], gan.past.means[0])
    assert float(other.past.count) == 5


def test_a_weight_that_is_only_pulled_stays_where_it_has_been():
    weight = tf.Variable([3.0])
    past = WeightHistory([weight])
    np.testing.assert_allclose(past.squared_distance(), 0.0)
    weight.assign([5.0])
    np.testing.assert_allclose(past.squared_distance(), 4.0)
    past.update()  # the mean of 3 and 5
    np.testing.assert_allclose(past.squared_distance(), 1.0)


# ---- augmentation ----


def test_moved_pictures_are_those_of_a_loop_and_holes_are_squares():
    pictures = np.random.default_rng(0).random((4, 6, 6, 2)).astype(np.float32)
    down, right = [0, 2, -1, -2], [0, -1, 2, 1]
    expected = np.zeros_like(pictures)
    for number, (y, x) in enumerate(zip(down, right)):
        for row, column in itertools.product(range(6), range(6)):
            if 0 <= row - y < 6 and 0 <= column - x < 6:
                expected[number, row, column] = pictures[number, row - y, column - x]
    np.testing.assert_allclose(move_pictures(pictures, tf.constant(down), tf.constant(right)), expected, rtol=1e-6)
    masks = hole(tf.constant([1, -1]), tf.constant([2, 4]), 6, 3).numpy()[..., 0]
    wanted = np.ones((2, 6, 6))
    wanted[0, 1:4, 2:5] = 0
    wanted[1, 0:2, 4:6] = 0
    np.testing.assert_array_equal(masks, wanted)


def test_gradients_flow_through_augmentation_and_are_those_of_an_affine_map():
    pictures = np.random.default_rng(1).normal(size=(3, 8, 8, 1))
    weights = np.random.default_rng(2).normal(size=(3, 8, 8, 1))

    def value(examples):
        return tf.reduce_sum(weights * networks.change_pictures(examples, make_stream(4)))  # the same draws each time

    inputs = tf.constant(pictures)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        result = value(inputs)
    gradient = tape.gradient(result, inputs).numpy()
    direction = np.random.default_rng(3).normal(size=pictures.shape)
    difference = float(value(tf.constant(pictures + direction)) - value(tf.constant(pictures)))
    np.testing.assert_allclose((gradient * direction).sum(), difference, rtol=1e-8)
    assert all(np.abs(each).max() > 0 for each in gradient)


def test_shifted_points_have_the_covariance_of_points_and_shift():
    points = tf.constant(np.random.default_rng(0).normal(size=(40_000, 2)) @ np.array([[1.0, 0.5], [0.0, 0.3]]))
    shifted = networks.shift_points(points, make_stream(1), 0.7).numpy()
    # Five standard errors of a variance of about 1.5.
    np.testing.assert_allclose(
        np.cov(shifted.T), np.cov(points.numpy().T) + 0.49 * np.eye(2), atol=5 * 1.5 * np.sqrt(2 / 40_000)
    )


def test_real_and_fake_examples_are_changed_by_the_same_distribution(subject, monkeypatch):
    gan = make(subject, "augmentation")
    seen, augment = [], gan.augment

    def recorded(examples):
        seen.append(examples.numpy())
        return augment(examples)

    monkeypatch.setattr(gan, "augment", recorded)
    gan.train_step(None)
    assert len(seen) == 3  # fake and real for D, and fake for G
    # Whatever comes in, the differences have one distribution: here those of equal pictures in two roles.
    pictures = tf.ones((4000, 16, 16, 1)) * 0.25
    stream = make_stream(5)
    first, second = (networks.change_pictures(pictures, stream).numpy() for _ in range(2))
    assert np.abs(first - second).max() > 0.1
    for statistic in (np.mean, np.std):
        values = [statistic(each, axis=(1, 2, 3)) for each in (first, second)]
        error = np.sqrt(2 / 4000) * values[0].std()
        assert abs(values[0].mean() - values[1].mean()) < 5 * error
    # Zhao's sizes: brightness +-0.5, and a quarter of the pixels cut out unless the hole or the shift leaves the frame.
    shown = first[0][first[0] != 0]
    assert np.ptp(shown) < 1e-6 and (first >= -0.25).all() and (first <= 0.75 + 1e-6).all()


# ---- balanced rates ----


def test_the_rules_are_their_tables():
    table = [
        (0.05, 3.0, (0.9, 1.1)),
        (0.05, 1.0, (1.0, 1.0)),
        (0.2, 3.0, (1.0, 1.0)),
        (3.0, 0.05, (1.1, 0.9)),
        (1.0, 0.05, (1.0, 1.0)),
        (1.4, 0.7, (1.0, 1.0)),
    ]
    for discr_loss, gen_loss, factors in table:
        assert training.loss_rule({"discr_loss": discr_loss, "gen_loss": gen_loss}) == factors
    for right, factors in [(0.95, (0.9, 1.1)), (0.7, (1.0, 1.0)), (0.5, (1.1, 0.9))]:
        assert training.accuracy_rule({"right": right}) == factors


def test_balanced_rates_multiply_fall_and_stay_within_bounds(subject):
    gan = make(subject, "accuracy_balancing", learning_rate=0.01)
    rates = training.BalancedRates(gan, gan.on, steps=100, share=0.5)

    def now():
        optimizers = (gan.discriminator.optimizer, gan.generator.optimizer)
        return [float(np.array(optimizer.learning_rate)) for optimizer in optimizers]

    for step in range(0, 40, 10):
        rates.on_train_batch_begin(step)
        rates.on_train_batch_end(step + 9, {"right": 0.9})
    rates.on_train_batch_begin(40)
    np.testing.assert_allclose(now(), [0.01 * 0.9**4, 0.01 * 1.1**4], rtol=1e-5)
    assert rates.changes == 4
    for step in range(40, 80, 10):
        rates.on_train_batch_end(step + 9, {"right": 0.7})
    rates.on_train_batch_begin(80)  # a fifth of the steps is left, of the half in which rates fall
    np.testing.assert_allclose(now(), [0.4 * 0.01 * 0.9**4, 0.4 * 0.01 * 1.1**4], rtol=1e-5)
    other = training.BalancedRates(make(subject, "accuracy_balancing"), {"accuracy_balancing"}, 100, 0.5)
    other.restore_arrays(rates.state_arrays())
    assert other.changes == 4 and other.steps_made == 80
    for _ in range(100):
        other.after_steps(1, {"right": 0.1})
    np.testing.assert_allclose(other.state_arrays()["factors"], [10.0, 0.1])


def test_averaged_weights_reach_back_as_far_as_they_say(subject):
    gan = make(subject, "averaging")
    final = training.FinalGenerator(gan, past=0.9, seed=0)
    weight = gan.generator.trainable_variables[0]
    expected = np.array(weight)
    for call in range(1, 9):
        weight.assign(np.full(weight.shape, float(call)))
        past = min(0.9**5, 1 - 1 / (1 + call))
        expected = past * expected + (1 - past) * call
        final.on_train_batch_end(5 * call - 1)
    np.testing.assert_allclose(final.averaged.trainable_variables[0], expected, rtol=1e-4)
    last = training.FinalGenerator(gan, past=0.0, seed=0)
    weight.assign(np.full(weight.shape, 0.25))
    last.on_train_batch_end(4)
    np.testing.assert_allclose(last.averaged.trainable_variables[0], 0.25)


# ---- sign test ----


@pytest.mark.parametrize("pairs", [1, 3, 6])
def test_the_sign_test_is_the_enumeration_of_all_coins(pairs):
    heads = np.array([sum(coins) for coins in itertools.product((0, 1), repeat=pairs)])
    for larger in range(pairs + 1):
        first = np.array([1.0] * larger + [-1.0] * (pairs - larger))
        found = sign_test(first, np.zeros(pairs))
        assert (found["larger"], found["smaller"], found["ties"]) == (larger, pairs - larger, 0)
        as_uneven = np.abs(heads - pairs / 2) >= abs(larger - pairs / 2)
        np.testing.assert_allclose(found["p_value"], as_uneven.mean(), rtol=1e-12)


def test_the_sign_test_leaves_ties_out_and_refuses_other_shapes():
    found = sign_test(np.array([1, 2, 3, 3, 0]), np.array([0, 1, 3, 2, 0]))
    assert found == {"larger": 3, "smaller": 0, "ties": 2, "p_value": 0.25}
    assert sign_test(np.ones(4), np.ones(4))["p_value"] == 1.0
    with pytest.raises(ValueError, match="one shape"):
        sign_test(np.ones(4), np.ones(3))
    with pytest.raises(ValueError, match="numbers"):
        sign_test(np.array([np.nan]), np.ones(1))


def test_the_table_pairs_the_seeds_and_knows_which_direction_is_better():
    results = {
        "plain": [{"frechet": 3.0, "failed": 0.0}, {"frechet": 5.0, "failed": 1.0}, {"frechet": 4.0, "failed": 0.0}],
        "averaging": [
            {"frechet": 2.0, "failed": 0.0},
            {"frechet": 4.5, "failed": 0.0},
            {"frechet": 6.0, "failed": 0.0},
        ],
        "real": [{"frechet": 0.1, "failed": 0.0}],
    }
    found = training.against_plain(results, "frechet", -1)
    assert list(found) == ["averaging"]
    assert found["averaging"] == {"differences": [-1.0, -0.5, 2.0], "better": 2, "worse": 1, "ties": 0, "p_value": 1.0}
    rows = training.table(results, {"frechet": -1}, {"plain": 1.0, "averaging": 1.05}).splitlines()
    assert rows[2] == "| plain | 4.00 (5.00) | 1 of 3 |  | 1.0 |"
    assert rows[3] == "| averaging | 4.50 (6.00) | 0 of 3 | 2 : 1, p 1.000 | 1.1 |"
    assert rows[4].startswith("| real | 0.10 |")


# ---- the model ----


def test_plain_and_stabilised_runs_have_the_same_seeds(subject):
    """Same generator, latents, batches, and hidden layers of D; the plain step is that of the non-saturating GAN."""
    plain = make(subject, "plain")
    for stabiliser in ("packing", "minibatch_discrimination", "spectral_norm"):
        other = make(subject, stabiliser)
        for mine, theirs in zip(plain.generator.weights, other.generator.weights):
            np.testing.assert_array_equal(mine, theirs)
        if stabiliser != "packing":
            np.testing.assert_array_equal(
                plain.discriminator.trainable_variables[2], other.discriminator.trainable_variables[2]
            )
        np.testing.assert_array_equal(plain.latent_generator.stream.state, other.latent_generator.stream.state)
    balanced = make(subject, "loss_balancing")
    losses = [gan.train_step(None) for gan in (plain, balanced)]
    assert float(losses[0]["gen_loss"]) == float(losses[1]["gen_loss"])
    # A step draws as many random numbers whatever is on; augmentation has its own stream.
    for on in ({"feature_matching"}, {"unrolling"}, {"augmentation"}):
        plain.on = on
        before = {name: plain.streams[name].state.numpy() for name in plain.streams}
        plain.train_step(None)
        for name, stream in balanced.streams.items():
            stream.state.assign(before[name])
        balanced.train_step(None)
        for name in ("real", "latent"):
            np.testing.assert_array_equal(plain.streams[name].state, balanced.streams[name].state)


def test_a_model_with_the_state_of_a_new_one_trains_as_the_new_one(subject):
    used = make(subject, "spectral_norm+historical_averaging", seed=0)
    used.train_step(None)
    used.restore_arrays(make(subject, "spectral_norm+historical_averaging", seed=3).state_arrays())
    new = make(subject, "spectral_norm+historical_averaging", seed=3)
    for gan in (used, new):
        gan.train_step(None)
    for mine, theirs in zip(used.state_arrays().values(), new.state_arrays().values()):
        np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=1e-6)


def test_failed_runs_are_told_from_others(subject, faces):
    assert subject.measure(subject.references["real"])["failed"] == 0.0
    few = np.repeat(subject.density.centres[:12], 50, axis=0)
    assert subject.measure(few)["failed"] == 1.0 and subject.measure(few)["modes"] == 12
    variances = np.var(faces.decode(faces.examples[:300]).reshape(300, -1), axis=0, ddof=1).sum()
    mean = faces.measure(faces.references["the mean face"])
    np.testing.assert_allclose(mean["frechet"], variances, rtol=1e-3)
    assert faces.measure(faces.references["real"])["failed"] == 0.0
    assert faces.measure(np.ones((300, 16, 16, 1), np.float32))["failed"] == 1.0


# ---- the script ----


def test_the_lab_leaves_its_pictures_and_measures(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(training, "FRAMES", 2)
    names = ["spectral_norm+averaging"]
    lab.main(["--steps", "4", "--batch-size", "8", "--stabiliser", *names, "--output", str(tmp_path)])
    assert {path.name for path in tmp_path.iterdir()} == {"runs.png", "training.gif", "record.json"}
    measures = json.loads((tmp_path / "record.json").read_text())["measures"]
    assert list(measures) == ["plain", *names, "real", "a Gaussian"]
    assert measures["real"][0]["modes"] == 25
    assert "| spectral norm+averaging |" in capsys.readouterr().out


def test_the_comparison_has_a_row_for_each_stabiliser(tmp_path, monkeypatch, capsys, eagerly):
    monkeypatch.setattr(training, "costs_of_a_step", partial(training.costs_of_a_step, steps=1, turns=1))
    name = "accuracy_balancing"
    settings = ["--seeds", "2", "--steps", "2", "--batch-size", "8", "--output", str(tmp_path)]
    lab.main(["--compare", "--stabiliser", name, *settings])
    assert {path.name for path in tmp_path.iterdir()} == {"comparison.png", "record.json"}
    measures = json.loads((tmp_path / "record.json").read_text())["measures"]
    assert {each: len(runs) for each, runs in measures["runs"].items()} == {"plain": 2, name: 2}
    assert measures["runs"]["plain"][0] != measures["runs"]["plain"][1]
    assert measures["costs"]["plain"] == 1.0
    assert capsys.readouterr().out.count("\n| ") == 6  # two lines of heading, two kinds of runs, two references


def test_faces_can_be_learned_with_what_sees_pictures(faces):
    options = Namespace(**{**lab.RECIPES["faces"], "data": "faces", "batch_size": 4})
    stabilisers = "minibatch_discrimination+packing+spectral_norm+augmentation"
    gan = lab.build_model(options, faces, stabilisers, 0)
    before = [weight.numpy() for weight in gan.generator.trainable_variables]
    assert all(np.isfinite(float(loss)) for loss in gan.train_step(None).values())
    assert all((old != new.numpy()).any() for old, new in zip(before, gan.generator.trainable_variables))
    film = Snapshots(lambda: training.FinalGenerator(gan, 0.0, 0).outputs(300), every=1)
    film.on_train_begin()
    found = {stabilisers: [faces.measure(film.frames[-1])]}
    figure = training.draw_runs(faces, {stabilisers: film}, found)
    assert len(figure.subfigs) == 2
    # A pack holds channels, so D's first convolution has two.
    assert gan.discriminator.trainable_variables[0].shape[2] == 2


def test_an_unknown_stabiliser_is_answered_with_the_known_ones(capsys):
    with pytest.raises(SystemExit):
        lab.PARSER.parse_args(["--stabiliser", "packing+luck"])
    assert "there is no 'luck'; choose of one_sided_smoothing" in capsys.readouterr().err
