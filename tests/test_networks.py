"""Layer tables, parameter counts, and results of the networks."""

import numpy as np
import oracle
import pytest
import tensorflow as tf
from tensorflow import keras

from convolutional_gan import convolutional_GenDiscr
from gankit.errors import InputError
from gankit.networks import set_contrast
from gankit.networks.fully_connected import fully_connected_GenDiscr
from gankit.networks.latents import LatentGenerator, project_to_sphere
from gankit.networks.wide_faces import wide_GenDiscr


def parameters(network):
    return [layer.count_params() for layer in network.layers if layer.count_params()]


def output_shapes(network):
    return [tuple(layer.output.shape[1:]) for layer in network.layers]


def test_convolutional_tables():
    generator, discriminator = convolutional_GenDiscr()
    assert (generator.name, discriminator.name) == ("generator", "discriminator")
    assert parameters(generator) == [34816, 294976, 256, 9232, 64, 145, 4]
    assert parameters(discriminator) == [320, 18496, 73856, 295168, 257]
    assert (generator.count_params(), discriminator.count_params()) == (339493, 388097)
    assert sum(int(np.prod(w.shape)) for w in generator.non_trainable_weights) == 162
    kinds = [type(layer).__name__ for layer in generator.layers[1:]]
    assert kinds == ["Dense", "Reshape"] + 3 * ["UpSampling2D", "Conv2D", "BatchNormalization", "Activation"]
    kinds = [type(layer).__name__ for layer in discriminator.layers[1:]]
    assert kinds == 4 * ["Conv2D", "MaxPooling2D", "Activation"] + ["Flatten", "Dense"]
    shapes = output_shapes(generator)
    assert shapes[1:3] == [(2048,), (2, 2, 512)]
    assert [shapes[i] for i in (6, 10, 14)] == [(4, 4, 64), (8, 8, 16), (16, 16, 1)]
    shapes = output_shapes(discriminator)
    assert [shapes[i] for i in (3, 6, 9, 12, 14)] == [(8, 8, 32), (4, 4, 64), (2, 2, 128), (1, 1, 256), (1,)]


def randomised(network, seed):
    """Weights that differ from the initial ones, so that every bias and statistic has an effect."""
    random = np.random.default_rng(seed)
    weights = []
    for weight in network.weights:
        noise = random.standard_normal(weight.shape) * 0.3
        weights.append((np.array(weight) + (np.abs(noise) if "variance" in weight.name else noise)).astype(np.float32))
    network.set_weights(weights)
    return network.get_weights()


@pytest.mark.parametrize("training", [False, True])
def test_convolutional_generator_matches_numpy(training):
    generator, _ = convolutional_GenDiscr(seed=1)
    weights = randomised(generator, 2)
    latents = np.random.default_rng(3).standard_normal((7, 16))
    expected = oracle.convolutional_generator(weights, latents, training)
    assert np.abs(expected).std() > 0.05
    np.testing.assert_allclose(generator(latents.astype(np.float32), training=training), expected, atol=3e-4)


def test_convolutional_discriminator_matches_numpy():
    _, discriminator = convolutional_GenDiscr(seed=1)
    weights = randomised(discriminator, 2)
    pictures = 3 * np.random.default_rng(3).standard_normal((7, 16, 16, 1))
    expected = oracle.convolutional_discriminator(weights, pictures)
    assert np.abs(expected).max() > 1, "the critic's last layer is linear"
    np.testing.assert_allclose(discriminator(pictures.astype(np.float32)), expected, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(("build", "hidden_norms"), [(convolutional_GenDiscr, 2), (wide_GenDiscr, 4)])
def test_the_first_pictures_have_the_contrast_asked_for(build, hidden_norms):
    generator, _ = build(seed=1)
    stock = generator.get_weights()
    set_contrast(generator, hidden=2.0, output=0.25)
    assert sum((v != w).any() for v, w in zip(stock, generator.get_weights())) == hidden_norms + 1
    latents = np.random.default_rng(3).standard_normal((300, generator.input_shape[-1])).astype(np.float32)
    norms = [layer for layer in generator.layers if isinstance(layer, keras.layers.BatchNormalization)]
    watched = keras.Model(generator.input, [norm.output for norm in norms])
    *hidden, output = watched(latents, training=True)
    np.testing.assert_allclose(np.std(output), 0.25, rtol=0.05)
    for maps in hidden:
        np.testing.assert_allclose(np.std(maps, axis=(0, 1, 2)), 2, rtol=0.06)


def test_contrast_leaves_a_generator_without_batch_norms_alone():
    generator = fully_connected_GenDiscr([3, 4, 5], np.zeros((2, 5)), seed=0)[0]
    before = generator.get_weights()
    set_contrast(generator, hidden=2.0, output=0.25)
    for a, b in zip(before, generator.get_weights()):
        np.testing.assert_array_equal(a, b)


def test_wide_networks_widen_the_late_layers():
    generator, discriminator = wide_GenDiscr(seed=2)
    assert (generator.name, discriminator.name) == ("generator", "discriminator")
    assert generator.input_shape == (None, 384) and discriminator.output_shape == (None, 1)
    # Kernels and biases, then gammas and betas, then running statistics.
    dense, convolutions = 64 * 2048 + 2048, (9 * 128 + 1) * 64 + (9 * 65 + 1) * 32 + (9 * 33 + 1) * 32 + (9 * 32 + 1)
    assert generator.count_params() == dense + convolutions + 4 * (128 + 64 + 32 + 32 + 1)
    assert discriminator.count_params() == 320 + (9 * 32 + 1) * 64 + (9 * 64 + 1) * 128 + 2049 * 128 + 129
    latents = np.random.default_rng(3).standard_normal((5, 384)).astype(np.float32)
    pictures = np.array(generator(latents))
    assert pictures.shape == (5, 16, 16, 1) and np.abs(pictures).max() < 1
    scores = np.array(discriminator(pictures))
    np.testing.assert_allclose(scores[:2], discriminator(pictures[:2]), atol=1e-5)
    again = wide_GenDiscr(seed=2)[0]
    np.testing.assert_array_equal(pictures, again(latents))


def test_fine_latents_act_where_they_are():
    generator, _ = wide_GenDiscr(seed=2)
    latents = np.random.default_rng(3).standard_normal((1, 384)).astype(np.float32)

    def changed_by(latent):
        other = latents.copy()
        other[0, latent] += 1
        return np.argwhere(np.array(generator(other) - generator(latents))[0, ..., 0])

    # The last 256 latents belong to positions at 16x16. Two convolutions follow.
    places = changed_by(64 + 64 + 16 * 5 + 9)
    assert len(places) == 25 and (np.abs(places - (5, 9)) <= 2).all()
    # Latents at 8x8 pass three convolutions at twice the size, which reach 2 + 2 * 3 positions.
    places = changed_by(64 + 8 * 2 + 5)
    assert len(places) == 64 and (np.abs(places - (4.5, 10.5)) <= 3.5).all()
    assert len(changed_by(7)) == 256


def test_fully_connected_counts_and_names():
    generator, discriminator, latent_generator = fully_connected_GenDiscr([1, 100, 100, 2], np.zeros((4, 2)))
    assert (generator.count_params(), discriminator.count_params()) == (10502, 10501)
    assert (generator.name, discriminator.name) == ("generator", "discriminator")
    assert latent_generator(6).shape == (6, 1)
    assert generator(latent_generator(6)).shape == (6, 2)
    assert discriminator(generator(latent_generator(6))).shape == (6, 1)


def test_fully_connected_networks_match_numpy():
    generator, discriminator, _ = fully_connected_GenDiscr([3, 4, 6, 5], np.zeros((4, 5)), seed=0)
    x = np.random.default_rng(0).standard_normal((8, 3)) * 2
    weights = [w.astype(np.float64) for w in randomised(generator, 1)]
    assert [w.shape for w in weights[::2]] == [(3, 4), (4, 6), (6, 5)]
    np.testing.assert_allclose(
        generator(x.astype(np.float32)), oracle.dense_stack(weights, x, oracle.sigmoid), atol=1e-5
    )
    x = np.random.default_rng(0).standard_normal((8, 5)) * 2
    weights = [w.astype(np.float64) for w in randomised(discriminator, 2)]
    assert [w.shape for w in weights[::2]] == [(5, 6), (6, 4), (4, 1)]
    np.testing.assert_allclose(discriminator(x.astype(np.float32)), oracle.dense_stack(weights, x, np.tanh), atol=1e-5)


def test_a_linear_critic_is_the_score_before_the_tanh():
    points = np.zeros((5, 2), np.float32)
    ends = {
        end: fully_connected_GenDiscr([1, 8, 2], points, seed=3, discriminator_output=end)[1]
        for end in ("tanh", "linear")
    }
    x = np.random.default_rng(0).normal(0, 5, (20, 2)).astype(np.float32)
    scores = ends["linear"](x).numpy()
    assert np.abs(scores).max() > 1
    np.testing.assert_allclose(np.tanh(scores), ends["tanh"](x).numpy(), atol=1e-5)
    with pytest.raises(InputError, match="sigmoid.*tanh, linear"):
        fully_connected_GenDiscr([1, 2], points, discriminator_output="sigmoid")


def test_builders_give_fresh_networks_and_seeds_repeat_them():
    first, second = convolutional_GenDiscr()[0], convolutional_GenDiscr()[0]
    assert first is not second and (first.get_weights()[0] != second.get_weights()[0]).any()
    for build in (
        convolutional_GenDiscr,
        lambda seed: fully_connected_GenDiscr([2, 3, 2], np.zeros((1, 2)), seed=seed),
    ):
        one, two = build(seed=4), build(seed=4)
        for a, b in zip(one[:2], two[:2]):
            for v, w in zip(a.get_weights(), b.get_weights()):
                np.testing.assert_array_equal(v, w)


def test_initial_weights_are_glorot_uniform_and_layers_differ():
    generator, _, _ = fully_connected_GenDiscr([100, 100, 100, 2], np.zeros((1, 2)), seed=0)
    first, second = generator.get_weights()[0], generator.get_weights()[2]
    limit = np.sqrt(6 / 200)
    assert 0.98 * limit < np.abs(first).max() <= limit and abs(first.std() - limit / np.sqrt(3)) < 0.02 * limit
    assert (first != second).any()


@pytest.mark.parametrize(("shape", "width"), [([2], 2), ([2, 0, 2], 2), ([2, 3], 4)])
def test_bad_widths_are_refused(shape, width):
    with pytest.raises(InputError, match="gen_shape"):
        fully_connected_GenDiscr(shape, np.zeros((3, width)))


def test_latents_have_the_distribution_they_are_named_after():
    normal = LatentGenerator(3, "normal", seed=0)(20000).numpy()
    assert normal.dtype == np.float32 and normal.shape == (20000, 3)
    np.testing.assert_allclose(normal.mean(axis=0), 0, atol=0.03)
    np.testing.assert_allclose(np.cov(normal.T), np.eye(3), atol=0.04)
    np.testing.assert_allclose((normal**4).mean(), 3, atol=0.15)
    uniform = LatentGenerator(3, "uniform", seed=0)(20000).numpy()
    assert uniform.min() >= 0 and uniform.max() < 1
    np.testing.assert_allclose(np.quantile(uniform, [0.25, 0.5, 0.75]), [0.25, 0.5, 0.75], atol=0.01)
    spheric = LatentGenerator(3, "spheric", seed=0)(20000).numpy()
    np.testing.assert_allclose(np.linalg.norm(spheric, axis=1), 1, atol=1e-5)
    # Archimedes: each coordinate of a point on the sphere is uniform on [-1, 1].
    np.testing.assert_allclose(np.quantile(spheric, [0.25, 0.5, 0.75]), [-0.5, 0, 0.5], atol=0.03)


def test_spheric_latents_are_finite_at_the_origin():
    projected = project_to_sphere(tf.constant([[0.0, 0.0], [3.0, 4.0]]))
    np.testing.assert_allclose(projected, [[0, 0], [0.6, 0.8]], atol=1e-6)


@pytest.mark.parametrize(("dimension", "kind", "word"), [(2, "gaussian", "latent_type"), (0, "normal", "dimension")])
def test_bad_latents_are_refused(dimension, kind, word):
    with pytest.raises(InputError, match=word):
        LatentGenerator(dimension, kind)
