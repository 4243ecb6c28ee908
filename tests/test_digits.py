"""The lab of digits: data sets, networks, losses, one training step, measures by classifiers, and the script."""

import builtins
import gzip
import json
from pathlib import Path

import numpy as np
import oracle
import pytest
import tensorflow as tf
from command_lines import assert_answered_at_once
from eager import without_graphs
from PIL import Image
from tensorflow import keras

from gankit import metrics, plots
from gankit.datasets import baselines
from gankit.datasets import digits as data
from gankit.errors import InputError
from gankit.networks import PICTURE_BUILDERS, LatentGenerator, dcgan
from gankit.training import digits as training
from labs import digits

ROOT = Path(__file__).resolve().parents[1]


def sklearn_or_skip():
    pytest.importorskip(
        "sklearn", reason='The 8x8 digits need scikit-learn; install it with: pip install -e ".[labs]".'
    )


# ---- Data ----


def test_the_small_digits_are_those_of_scikit_learn_in_two_parts():
    sklearn_or_skip()
    from sklearn.datasets import load_digits

    held = data.load_digits()
    assert held.train.shape == (1347, 8, 8) and held.test.shape == (450, 8, 8) and held.train.dtype == np.float32
    everything = np.concatenate([held.train, held.test])
    labels = np.concatenate([held.train_labels, held.test_labels])
    order = np.lexsort(np.c_[everything.reshape(-1, 64), labels].T)
    raw = load_digits()
    expected = np.c_[raw.data / 16, raw.target]
    np.testing.assert_array_equal(np.c_[everything.reshape(-1, 64), labels][order], expected[np.lexsort(expected.T)])
    np.testing.assert_array_equal(data.load_digits().test, held.test)


def test_the_split_takes_the_same_share_of_every_class():
    labels = np.repeat([3, 1, 7], [40, 20, 8])[np.random.default_rng(0).permutation(68)]
    first, second = data.split_by_class(labels, 0.25, seed=1)
    assert sorted([*first, *second]) == list(range(68))
    assert [np.sum(labels[second] == label) for label in (3, 1, 7)] == [10, 5, 2]
    assert not np.array_equal(second, data.split_by_class(labels, 0.25, seed=2)[1])


def some_pictures():
    random = np.random.default_rng(0)
    train, test = random.integers(0, 256, (30, 28, 28), np.uint8), random.integers(0, 256, (10, 28, 28), np.uint8)
    return train, np.arange(30, dtype=np.uint8) % 10, test, np.arange(10, dtype=np.uint8)


def assert_held(held, arrays):
    np.testing.assert_allclose(held.train, arrays[0] / 255, rtol=1e-6)
    np.testing.assert_allclose(held.test, arrays[2] / 255, rtol=1e-6)
    np.testing.assert_array_equal(held.train_labels, arrays[1])
    np.testing.assert_array_equal(held.test_labels, arrays[3])
    assert held.train.dtype == np.float32 and held.train_labels.dtype == np.int64 and len(held.names) == 10


def store_mnist(home, arrays):
    (home / "datasets").mkdir(parents=True)
    names = ("x_train", "y_train", "x_test", "y_test")
    np.savez_compressed(home / "datasets" / "mnist.npz", **dict(zip(names, arrays)))


def test_mnist_comes_from_the_cache_of_keras(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    store_mnist(tmp_path, some_pictures())
    assert_held(data.load_digits("mnist"), some_pictures())


def test_fashion_mnist_comes_from_the_cache_of_keras(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    folder = tmp_path / "datasets" / "fashion-mnist"
    folder.mkdir(parents=True)
    arrays = some_pictures()
    for name, array in zip(data.FASHION_FILES, arrays):
        # IDX: two zero bytes, the type (8 is uint8), the number of axes, and each length as a big-endian int32.
        header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">i4").tobytes()
        (folder / name).write_bytes(gzip.compress(header + array.tobytes()))
    held = data.load_digits("fashion_mnist")
    assert_held(held, arrays)
    assert held.names[9] == "boot"


def test_a_damaged_file_is_named_and_stays(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    store_mnist(tmp_path, some_pictures())
    path = tmp_path / "datasets" / "mnist.npz"
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(InputError, match=r"MNIST in .*datasets cannot be read .*delete"):
        data.load_digits("mnist")
    assert path.is_file()


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
def test_without_a_network_one_sentence_says_where_the_file_belongs(name, tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    module = getattr(keras.datasets, name)

    def get_file(*arguments, **options):
        raise Exception("URL fetch failure on https://example.org: None -- no network\nand more")

    # Keras imported this function into the module that holds `load_data`.
    monkeypatch.setitem(module.load_data.__globals__, "get_file", get_file)
    with pytest.raises(InputError) as refused:
        data.load_digits(name)
    message = str(refused.value)
    folder = tmp_path / "datasets"
    wanted = [folder / "mnist.npz"] if name == "mnist" else [folder / "fashion-mnist", *data.FASHION_FILES]
    assert all(str(each) in message for each in wanted)
    assert "no network" in message and "--data digits" in message and "\n" not in message


def test_without_scikit_learn_one_sentence_says_how_to_get_it(monkeypatch):
    real_import = builtins.__import__

    def no_sklearn(name, *rest):
        if name.split(".")[0] == "sklearn":
            raise ModuleNotFoundError("No module named 'sklearn'")
        return real_import(name, *rest)

    monkeypatch.setattr(builtins, "__import__", no_sklearn)
    with pytest.raises(InputError, match=r"scikit-learn, which is not installed; .*\[labs\]"):
        data.load_digits()


def test_an_unknown_data_set_is_refused():
    with pytest.raises(InputError, match="letters.*digits, mnist, fashion_mnist"):
        data.load_digits("letters")


# ---- Baselines ----


def test_independent_pixels_have_the_values_of_each_pixel_and_no_correlation():
    random = np.random.default_rng(0)
    pictures = np.repeat(random.random((50, 1, 1)), 4, axis=1).astype(np.float32) + [[[0], [1], [2], [3]]]
    made = baselines.independent_pixels(pictures, 4000, seed=1)
    assert made.shape == (4000, 4, 1)
    for pixel in range(4):
        assert set(made[:, pixel, 0]) == set(pictures[:, pixel, 0].astype(np.float32))
    off_diagonal = np.corrcoef(made.reshape(-1, 4).T)[np.triu_indices(4, 1)]
    assert np.abs(off_diagonal).max() < 4 / np.sqrt(4000)
    np.testing.assert_array_equal(made, baselines.independent_pixels(pictures, 4000, seed=1))


def test_the_gaussian_has_the_moments_of_the_pictures():
    random = np.random.default_rng(0)
    # Far from 0 and 1, so that nothing is cut.
    pictures = 0.5 + 0.03 * random.standard_normal((300, 6)) @ random.standard_normal((6, 6)).reshape(6, 6) / 3
    made = baselines.gaussian(pictures.reshape(300, 2, 3), 40_000, seed=1).reshape(-1, 6)
    np.testing.assert_allclose(made.mean(0), pictures.mean(0), atol=5 * 0.05 / 200)
    covariance = np.cov(pictures.T)
    # Five standard errors of a covariance of Gaussians.
    bound = 5 * np.sqrt((np.outer(np.diag(covariance), np.diag(covariance)) + covariance**2) / 40_000)
    assert (np.abs(np.cov(made.T) - covariance) < bound).all()


def test_noisy_copies_are_near_a_picture():
    pictures = np.random.default_rng(0).uniform(0.4, 0.6, (20, 5, 5)).astype(np.float32)
    made = baselines.noisy_copies(pictures, 200, seed=1, deviation=0.01)
    nearest = metrics.distances_to_nearest(made, pictures)
    # The distance of 25 noises of deviation 0.01 is near 0.05; the pictures are 0.3 or more apart.
    np.testing.assert_allclose(np.mean(nearest), 0.05, rtol=0.05)


# ---- Networks ----


def weights_of(network):
    return {layer.name: layer.get_weights() for layer in network.layers if layer.get_weights()}


@pytest.mark.parametrize(("side", "smallest"), [(8, 2), (28, 7)])
def test_dcgan_is_that_of_radford(side, smallest):
    channels = 32
    generator, discriminator = dcgan(side, 64, seed=0)
    assert generator.output_shape == (None, side, side, 1) == discriminator.input_shape
    assert discriminator.output_shape == (None, 1)
    # By hand: kernels without biases; gamma, beta and two running statistics of each batch normalisation.
    kernels = 64 * smallest**2 * 2 * channels + 16 * 2 * channels * channels + 16 * channels
    assert generator.count_params() == kernels + 4 * (2 * channels + channels)
    kernels = 16 * channels + 16 * channels * 2 * channels + 2 * channels * smallest**2
    assert discriminator.count_params() == kernels + 4 * 2 * channels

    layers = keras.layers
    for network in (generator, discriminator):
        assert not any(isinstance(layer, (layers.Dense, layers.MaxPooling2D)) for layer in network.layers)
        convolutions = [each for each in network.layers if isinstance(each, (layers.Conv2D, layers.Conv2DTranspose))]
        assert not any(layer.use_bias for layer in convolutions)
        assert [layer.kernel_size for layer in convolutions].count((4, 4)) == 2
        assert [layer.strides for layer in convolutions].count((2, 2)) == 2
        values = np.concatenate([layer.get_weights()[0].ravel() for layer in convolutions])
        # Four standard errors of a deviation and of a mean.
        np.testing.assert_allclose(values.std(), 0.02, rtol=4 / np.sqrt(2 * len(values)))
        assert abs(values.mean()) < 4 * 0.02 / np.sqrt(len(values))
    kinds = [
        type(layer).__name__ for layer in generator.layers if type(layer).__name__ not in ("InputLayer", "Reshape")
    ]
    assert kinds == 2 * ["Conv2DTranspose", "BatchNormalization", "Activation"] + ["Conv2DTranspose", "Activation"]
    kinds = [type(layer).__name__ for layer in discriminator.layers if type(layer).__name__ != "InputLayer"]
    assert kinds == ["Conv2D", "LeakyReLU", "Conv2D", "BatchNormalization", "LeakyReLU", "Conv2D", "Flatten"]
    (leaky, _) = (layer for layer in discriminator.layers if isinstance(layer, layers.LeakyReLU))
    np.testing.assert_allclose(leaky(tf.constant([-1.0, 2.0])), [-0.2, 2.0])


@pytest.mark.parametrize("name", PICTURE_BUILDERS)
@pytest.mark.parametrize("side", [8, 28])
def test_each_pair_fits_together_and_follows_its_seed(name, side):
    generator, discriminator = PICTURE_BUILDERS[name](side, 16, seed=3)
    latents = LatentGenerator(16, seed=0)(5)
    fake = generator(latents, training=False)
    assert fake.shape == (5, side, side, 1) and np.abs(fake).max() <= 1
    assert discriminator(fake, training=False).shape == (5, 1)
    assert [network.name for network in (generator, discriminator)] == ["generator", "discriminator"]
    for seed, same in ((3, True), (4, False)):
        others = PICTURE_BUILDERS[name](side, 16, seed=seed)
        equal = [np.array_equal(a, b) for a, b in zip(generator.get_weights(), others[0].get_weights()) if a.std() > 0]
        assert all(equal) if same else not any(equal)
    # No two layers start with the same numbers.
    firsts = [array.ravel()[0] for array in generator.get_weights() + discriminator.get_weights() if array.std() > 0]
    assert len(set(firsts)) == len(firsts)


def test_parameters_of_the_dense_and_the_upsampling_pair():
    generator, discriminator = PICTURE_BUILDERS["dense"](28, 64, seed=0)
    assert generator.count_params() == 65 * 256 + 257 * 256 + 257 * 784
    assert discriminator.count_params() == 785 * 256 + 257 * 256 + 257
    generator, discriminator = PICTURE_BUILDERS["upsampling"](28, 64, seed=0)
    batch_norms = 4 * (128 + 64)
    assert (
        generator.count_params()
        == 65 * 128 * 49 + 129 * 0 + 128 * (9 * 128 + 1) + 64 * (9 * 128 + 1) + 9 * 64 + 1 + batch_norms
    )
    convolutions = sum(b * (9 * a + 1) for a, b in ((1, 16), (16, 32), (32, 64), (64, 128)))
    assert discriminator.count_params() == convolutions + 2 * 2 * 128 + 1
    rates = [layer.rate for layer in discriminator.layers if isinstance(layer, keras.layers.Dropout)]
    assert rates == 4 * [0.25]


@pytest.mark.parametrize("side", [4, 10])
def test_sides_that_cannot_be_halved_twice_are_refused(side):
    for build in PICTURE_BUILDERS.values():
        if build is not PICTURE_BUILDERS["dense"]:
            with pytest.raises(InputError, match="multiple of 4"):
                build(side, 16)


# ---- Losses and the training step ----


def cross_entropy(probability, label):
    return -label * np.log(probability) - (1 - label) * np.log(1 - probability)


def small_gan(dtype="float64"):
    """Linear D of two pixels, linear G; small enough for derivatives by hand."""
    keras.utils.set_random_seed(0)
    generator = keras.Sequential([keras.Input((2,), dtype=dtype), keras.layers.Dense(2, dtype=dtype)])
    discriminator = keras.Sequential([keras.Input((2,), dtype=dtype), keras.layers.Dense(1, dtype=dtype)])
    real = np.random.default_rng(1).standard_normal((5, 2))
    gan = digits.CrossEntropyGAN(generator, discriminator, LatentGenerator(2, seed=0), real, 5, 1, 0.02, seed=0)
    return gan, real


def test_losses_are_cross_entropies():
    gan, _ = small_gan()
    real, fake = tf.constant([[3.0], [-1.0]]), tf.constant([[0.5], [-2.0], [4.0]])
    expected = (
        cross_entropy(oracle.sigmoid(real.numpy()), 1).mean() + cross_entropy(oracle.sigmoid(fake.numpy()), 0).mean()
    )
    np.testing.assert_allclose(gan.discriminator_loss(real, fake), expected, rtol=1e-5)
    np.testing.assert_allclose(
        gan.generator_loss(fake), cross_entropy(oracle.sigmoid(fake.numpy()), 1).mean(), rtol=1e-5
    )
    zero = tf.zeros((4, 1))
    np.testing.assert_allclose(gan.discriminator_loss(zero, zero), 2 * np.log(2), rtol=1e-6)
    np.testing.assert_allclose(gan.generator_loss(zero), np.log(2), rtol=1e-6)
    # A probability of 1 - 1e-40 is 1 in float32, and its logarithm would be minus infinity.
    sure = tf.constant([[100.0]])
    np.testing.assert_allclose(gan.discriminator_loss(-sure, sure), 200, rtol=1e-6)


def test_one_step_is_that_of_a_derivation(monkeypatch):
    gan, _ = small_gan()
    random = np.random.default_rng(2)
    real, latents = random.standard_normal((5, 2)), random.standard_normal((2, 5, 2))
    queue = iter(latents)
    monkeypatch.setattr(gan, "get_real_sample", lambda size=None: tf.constant(real))
    monkeypatch.setattr(gan, "latent_generator", lambda size: tf.constant(next(queue)))
    g, d = gan.generator.get_weights(), gan.discriminator.get_weights()
    found = gan.train_step(None)

    # D: the derivative of the cross-entropy by a logit is sigmoid - label.
    fake = latents[0] @ g[0] + g[1]
    real_scores, fake_scores = real @ d[0] + d[1], fake @ d[0] + d[1]
    real_slopes, fake_slopes = (oracle.sigmoid(real_scores) - 1) / 5, oracle.sigmoid(fake_scores) / 5
    gradients = [real.T @ real_slopes + fake.T @ fake_slopes, (real_slopes + fake_slopes).sum(0)]
    d = oracle.Adam(0.02, 0.5, 0.999)(d, gradients)
    # G, against the new D.
    fake = latents[1] @ g[0] + g[1]
    scores = fake @ d[0] + d[1]
    slopes = (oracle.sigmoid(scores) - 1) / 5 @ d[0].T
    new_g = oracle.Adam(0.02, 0.5, 0.999)(g, [latents[1].T @ slopes, slopes.sum(0)])

    for expected, array in zip([*new_g, *d], gan.generator.get_weights() + gan.discriminator.get_weights()):
        np.testing.assert_allclose(array, expected, rtol=1e-6, atol=1e-8)  # Adam's settings are float32
    expected = (
        cross_entropy(oracle.sigmoid(real_scores), 1).mean() + cross_entropy(oracle.sigmoid(fake_scores), 0).mean()
    )
    np.testing.assert_allclose(found["discr_loss"], expected, rtol=1e-9)
    np.testing.assert_allclose(found["gen_loss"], cross_entropy(oracle.sigmoid(scores), 1).mean(), rtol=1e-6)
    assert found["real_right"] == np.float32(np.sum(real_scores > 0) / 5)
    assert found["fake_right"] == np.float32(np.sum(fake_scores < 0) / 5)


def test_right_answers_are_counted(monkeypatch):
    gan, _ = small_gan("float32")
    gan.discriminator.set_weights([np.array([[1.0], [0.0]]), np.array([0.0])])
    gan.generator.set_weights([np.eye(2), np.zeros(2)])
    real = tf.constant([[2.0, 0], [1, 0], [0.5, 0], [-1, 0], [3, 0]])
    monkeypatch.setattr(gan, "get_real_sample", lambda size=None: real)
    monkeypatch.setattr(gan, "latent_generator", lambda size: -real)
    found = gan.train_step(None)
    assert found["real_right"] == np.float32(4 / 5) and found["fake_right"] == np.float32(4 / 5)
    gan.discriminator.set_weights([np.array([[-1.0], [0.0]]), np.array([0.0])])
    gan.generator.set_weights([np.eye(2), np.array([-2.5, 0])])
    found = gan.train_step(None)
    # Fakes are at -4.5, -3.5, -3, -1.5, -5.5, where this D is positive.
    assert found["real_right"] == np.float32(1 / 5) and found["fake_right"] == 0


def test_batch_normalisation_sees_real_and_fake_examples_separately():
    generator, discriminator = dcgan(8, 4, seed=0)
    real = np.random.default_rng(0).uniform(-1, 1, (6, 8, 8)).astype(np.float32)
    gan = digits.CrossEntropyGAN(generator, discriminator, LatentGenerator(4, seed=0), real, 6, 1, 1e-3, seed=0)
    (norm,) = [layer for layer in discriminator.layers if isinstance(layer, keras.layers.BatchNormalization)]
    inner = keras.Model(discriminator.input, norm.input)
    fixed = tf.random.stateless_normal((6, 4), (1, 2))
    fake = generator(fixed, training=True).numpy()
    means = [np.mean(inner(each), axis=(0, 1, 2)) for each in (real[..., None], fake)]
    gan.latent_generator = lambda size: fixed
    # The generator's update would move D's statistics a third time.
    calls = []
    original = discriminator.call

    def watched(inputs, *arguments, **options):
        calls.append((np.asarray(inputs).copy(), options.get("training", arguments[0] if arguments else None)))
        return original(inputs, *arguments, **options)

    discriminator.call = watched
    gan.train_step(None)
    assert [len(inputs) for inputs, _ in calls] == [6, 6, 6] and all(training is True for _, training in calls)
    np.testing.assert_allclose(np.sort(calls[0][0].sum(axis=(1, 2, 3))), np.sort(real.sum(axis=(1, 2))), rtol=1e-4)
    np.testing.assert_allclose(calls[1][0], fake, atol=1e-6)
    moved = norm.get_weights()[2]
    m = norm.momentum
    third = np.asarray(calls[2][0])
    new_inner_mean = np.mean(inner(third), axis=(0, 1, 2))
    np.testing.assert_allclose(
        moved, (1 - m) * (m * m * means[0] + m * means[1] + new_inner_mean), rtol=1e-3, atol=1e-6
    )


# ---- Measures ----


def loop_score(probabilities, splits):
    """The definition, part by part and class by class."""
    scores = []
    for part in np.array_split(probabilities, splits):
        marginal = part.mean(axis=0)
        divergences = [sum(p * np.log(p / q) for p, q in zip(row, marginal) if p > 0) for row in part]
        scores.append(np.exp(np.mean(divergences)))
    return np.mean(scores)


def test_inception_score_of_known_answers():
    sure = np.eye(7)[np.arange(700) % 7]
    assert metrics.inception_score(sure) == pytest.approx(7)
    assert metrics.inception_score(np.tile([0.2, 0.5, 0.3], (50, 1))) == pytest.approx(1)
    assert metrics.inception_score(np.eye(7)[np.zeros(50, int)]) == pytest.approx(1), "one class alone"
    # Half of the classes: the score is their number.
    assert metrics.inception_score(np.eye(10)[np.arange(500) % 5]) == pytest.approx(5)
    # Two classes, each answer right with .9: the mutual information is log 2 - H(.9).
    unsure = np.where(np.arange(100)[:, None] % 2 == [0, 1], 0.9, 0.1)
    entropy = -0.9 * np.log(0.9) - 0.1 * np.log(0.1)
    assert metrics.inception_score(unsure) == pytest.approx(2 * np.exp(-entropy))
    with pytest.raises(ValueError, match="splits"):
        metrics.inception_score(sure[:5])


@pytest.mark.parametrize("splits", [1, 3, 10])
def test_inception_score_is_the_mean_over_splits(splits):
    probabilities = np.random.default_rng(0).dirichlet(np.full(6, 0.3), 57)
    probabilities[3] = np.eye(6)[2]
    assert metrics.inception_score(probabilities, splits) == pytest.approx(loop_score(probabilities, splits), rel=1e-12)


def test_shares_and_nearest_distances():
    np.testing.assert_allclose(metrics.class_shares(np.array([0, 2, 2, 1, 2]), 4), [0.2, 0.2, 0.6, 0])
    random = np.random.default_rng(0)
    first, second = random.random((1100, 3, 3)).astype(np.float32), random.random((40, 3, 3)).astype(np.float32)
    expected = [min(np.sqrt(((a - b) ** 2).sum()) for b in second) for a in first[::50]]
    np.testing.assert_allclose(metrics.distances_to_nearest(first, second)[::50], expected, rtol=1e-3)
    assert metrics.distances_to_nearest(second, second).max() < 2e-3  # the root of a rounding error


def test_pictures_are_arranged_by_class_and_from_sure_to_unsure():
    pictures = np.arange(6, dtype=np.float32)[:, None, None] / 10 * np.ones((1, 2, 2))
    probabilities = np.array(
        [[0.6, 0.4, 0], [0.1, 0.9, 0], [0.8, 0.2, 0], [0.3, 0.7, 0], [0.99, 0.01, 0], [0.7, 0.3, 0]]
    )
    rows = metrics.surest_first(pictures, probabilities, 3)[:, 0, 0].reshape(3, 3)
    # Class 0: 4, 2, 5, 0 from sure to unsure, of which three at equal distances; class 1: 1, 3; class 2: none.
    np.testing.assert_allclose(rows[0][[0, 2]], [0.4, 0.0])
    assert rows[0][1] in (np.float32(0.2), np.float32(0.5))
    np.testing.assert_allclose(rows[1:], [[0.1, 0.3, 1], [1, 1, 1]])


def blobs(count, seed, noise=0.15):
    """Three classes of 8x8 pictures: a bright quarter of the picture says which."""
    random = np.random.default_rng(seed)
    labels = np.arange(count) % 3
    pictures = noise * random.random((count, 8, 8))
    for number, label in enumerate(labels):
        top, left = divmod(label, 2)
        pictures[number, 4 * top : 4 * top + 4, 4 * left : 4 * left + 4] += 0.8
    return pictures.astype(np.float32), labels


def test_measures_of_known_pictures(eagerly):
    train, train_labels = blobs(300, 0)
    test, test_labels = blobs(90, 1)
    with without_graphs(False):
        judge = metrics.PictureClassifier(train, train_labels, 3, seed=0, steps=60)
    judge.steps = 12  # of the classifiers that learn from generated pictures
    assert judge.accuracy(test, test_labels) == 1
    np.testing.assert_allclose(judge.probabilities(test).sum(axis=1), 1, rtol=1e-5)
    names = ("a", "b", "c")

    made, labels = blobs(400, 2)
    good = metrics.measure_classes(made, judge, names, train, test, test_labels)
    assert good["shares"] == pytest.approx(dict(zip(names, np.bincount(labels) / 400)))
    assert good["least_share"] == pytest.approx(133 / 400) and good["never_generated"] == []
    assert good["accuracy_on_real"] == 1 and 2.8 < good["inception_score"] <= 3

    # One class is missing: nobody can learn it, and the score is at most 2.
    poor = metrics.measure_classes(made[labels != 1], judge, names, train, test, test_labels)
    assert poor["never_generated"] == ["b"] and poor["least_share"] == 0
    assert poor["accuracy_on_real"] == pytest.approx(2 / 3, abs=0.02) and 1.8 < poor["inception_score"] <= 2

    # Copies are found out by their distance.
    copies = metrics.measure_classes(train, judge, names, train, test, test_labels)
    assert copies["nearest_distance"] < 2e-3 < good["nearest_distance"]


def test_the_same_seed_gives_the_same_classifier(eagerly):
    train, labels = blobs(60, 0)
    answers = [
        metrics.PictureClassifier(train, labels, 3, seed=seed, steps=5).probabilities(train[:5]) for seed in (1, 1, 2)
    ]
    np.testing.assert_allclose(answers[0], answers[1], atol=1e-4)
    assert np.abs(answers[0] - answers[2]).max() > 1e-3


def test_generated_pictures_stand_beside_real_ones_and_baselines(eagerly):
    (train, train_labels), (test, test_labels) = blobs(120, 0), blobs(30, 1)
    held = data.LabelledPictures(train, train_labels, test, test_labels, ("a", "b", "c"))
    judge = metrics.PictureClassifier(train, train_labels, 3, steps=12)
    judge.steps = 2  # of the classifiers that learn from generated pictures
    found = training.measure_digits(blobs(150, 2)[0], held, judge, seed=0)
    assert list(found) == ["generated", "real", "independent_pixels", "gaussian", "noisy_copies"]
    assert all(set(each) == set(found["real"]) for each in found.values())
    assert found["real"]["inception_score"] == pytest.approx(loop_score(judge.probabilities(test), 10), rel=1e-5)
    assert found["real"]["shares"] == pytest.approx({"a": 1 / 3, "b": 1 / 3, "c": 1 / 3})
    assert found["noisy_copies"]["nearest_distance"] < found["independent_pixels"]["nearest_distance"]
    lines = training.table(found).splitlines()
    assert [line.split("  ")[0] for line in lines[1:-2]] == [name.replace("_", " ") for name in found]
    assert f"{found['real']['accuracy_on_real']:.1%} of the held-out" in lines[-2]
    assert lines[-1].endswith("none.")


# ---- Pictures ----


def test_bars_show_shares_with_two_standard_errors():
    figure = plots.class_shares({"a": 0.2, "b": 0.8}, {"a": 0.5, "b": 0.5}, 400)
    (axes,) = figure.axes
    real, fake = (bars for bars in axes.containers if hasattr(bars, "patches"))
    assert [bar.get_height() for bar in real] == [0.5, 0.5] and [bar.get_height() for bar in fake] == [0.2, 0.8]
    lows, highs = np.transpose([segment[:, 1] for segment in fake.errorbar.lines[2][0].get_segments()])
    np.testing.assert_allclose((highs - lows) / 2, 2 * np.sqrt(0.16 / 400))


def test_curves_show_losses_and_right_answers():
    values = {"discr_loss": [1.0, 1.1], "gen_loss": [0.7, 0.8], "real_right": [0.9, 0.6], "fake_right": [0.2, 0.5]}
    figure = plots.losses_and_right_answers(values, [10, 20], {"discr_loss": 1.386, "gen_loss": 0.693})
    drawn = [[list(line.get_ydata()) for line in axes.lines] for axes in figure.axes]
    assert values["discr_loss"] in drawn[0] and values["gen_loss"] in drawn[0] and [1.386, 1.386] in drawn[0]
    assert values["real_right"] in drawn[1] and values["fake_right"] in drawn[1]


# ---- The script ----


# The dense pair makes the runs below.
@pytest.mark.parametrize("networks", ["dcgan", "upsampling"])
def test_the_lab_runs(networks, tmp_path, monkeypatch, capsys, eagerly):
    sklearn_or_skip()
    monkeypatch.setattr(metrics.PictureClassifier.__init__, "__defaults__", (0, 5))
    monkeypatch.setattr(training, "BASELINES", {"noisy_copies": baselines.noisy_copies})
    monkeypatch.setattr(training, "PICTURES_MEASURED", 500)
    small = ["--networks", networks, "--disc-iter", "1", "--steps", "4", "--batch-size", "8", "--seed", "3"]
    digits.main([*small, "--output", str(tmp_path / "out")])
    names = {"digits.png", "classes.png", "losses.png", "training.gif", "record.json"}
    assert {path.name for path in (tmp_path / "out").iterdir()} == names
    for name in names - {"record.json"}:
        picture = np.asarray(Image.open(tmp_path / "out" / name).convert("L"), float)
        assert min(picture.shape) > 80 and picture.std() > 5, f"{name} is blank"
    assert Image.open(tmp_path / "out" / "training.gif").n_frames == 5
    record = json.loads((tmp_path / "out" / "record.json").read_text())
    assert record["settings"]["seed"] == 3 and record["settings"]["networks"] == networks
    measures = record["measures"]
    assert {"discr_loss", "gen_loss", "real_right", "fake_right", "generated", "real"} <= set(measures)
    assert 0 <= measures["fake_right"] <= 1
    assert sum(measures["generated"]["shares"].values()) == pytest.approx(1, abs=1e-5)
    printed = capsys.readouterr().out
    assert "real_right" in printed and "4/4" in printed and "noisy copies" in printed


def test_the_lab_learns_mnist_s_form_of_data(tmp_path, monkeypatch, eagerly):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(metrics.PictureClassifier.__init__, "__defaults__", (0, 5))
    monkeypatch.setattr(training, "PICTURES_MEASURED", 40)
    monkeypatch.setattr(training, "BASELINES", {})
    store_mnist(tmp_path, some_pictures())
    out = tmp_path / "out"
    digits.main(["--data", "mnist", "--networks", "dense", "--steps", "2", "--batch-size", "4", "--output", str(out)])
    assert json.loads((out / "record.json").read_text())["settings"]["data"] == "mnist"


def test_a_stopped_run_goes_on(tmp_path, monkeypatch, eagerly):
    sklearn_or_skip()
    monkeypatch.setattr(metrics.PictureClassifier.__init__, "__defaults__", (0, 2))
    monkeypatch.setattr(training, "PICTURES_MEASURED", 500)
    monkeypatch.setattr(training, "BASELINES", {})
    small = ["--networks", "dense", "--steps", "5", "--batch-size", "8", "--checkpoint-every", "0"]
    digits.main([*small, "--output", str(tmp_path / "whole")])
    take = digits.LossCurve.on_train_batch_end

    def interrupt(self, batch, logs=None):
        take(self, batch, logs)
        if batch == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(digits.LossCurve, "on_train_batch_end", interrupt)
        with pytest.raises(KeyboardInterrupt):
            digits.main([*small, "--output", str(tmp_path / "resumed")])
    digits.main([*small, "--output", str(tmp_path / "resumed"), "--resume"])
    first, second = (
        json.loads((tmp_path / name / "record.json").read_text())["measures"] for name in ("whole", "resumed")
    )
    for name in ("discr_loss", "gen_loss", "real_right", "fake_right"):
        np.testing.assert_allclose(first[name], second[name], rtol=1e-3)


def test_networks_choose_the_settings_and_flags_come_first(capsys):
    for name, recipe in digits.RECIPES.items():
        options = digits.PARSER.parse_args(["--networks", name, "--seed", "5"])
        assert {setting: getattr(options, setting) for setting in recipe} == recipe
    options = digits.PARSER.parse_args(["--networks", "dense", "--steps", "7"])
    assert options.steps == 7 and options.learning_rate == digits.RECIPES["dense"]["learning_rate"]
    assert digits.PARSER.parse_args([]).networks == next(iter(digits.RECIPES)), "the parser keeps nothing"
    with pytest.raises(SystemExit):
        digits.PARSER.parse_args(["--data", "letters"])
    assert "letters" in capsys.readouterr().err


def test_help_is_answered_without_tensorflow(tmp_path):
    flags = ("--networks", "--data", "--seed", "--output", "--steps", "--resume")
    assert_answered_at_once("labs/digits.py", flags, (), tmp_path)
