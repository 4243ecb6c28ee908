"""The lab of conditional GANs: conditions in both networks, one training step, measures, and the script."""

import json
from functools import partial
from pathlib import Path

import numpy as np
import oracle
import pytest
import tensorflow as tf
from PIL import Image
from tensorflow import keras

from gankit import metrics, plots
from gankit.networks import LatentGenerator
from gankit.networks.conditional import CONVOLUTIONAL, DENSE, Inner, dense_to_features, dense_to_pictures
from gankit.networks.face_encoder import FaceEncoder, attribute_names
from gankit.training import conditional as training
from gankit.training import conditional_faces
from labs import conditional_gan

ROOT = Path(__file__).resolve().parents[1]
SMALL = Inner(partial(dense_to_pictures, widths=(6,)), partial(dense_to_features, widths=(7, 5), dropout=0.0))


def leaky(values):
    return np.where(values > 0, values, 0.2 * values)


def dense_features(weights, values):
    for kernel, bias in zip(weights[::2], weights[1::2]):
        values = leaky(values @ kernel + bias)
    return values


def some_pictures(count=6, side=4, classes=3):
    random = np.random.default_rng(0)
    pictures = random.standard_normal((count, side, side, 1)).astype(np.float32)
    return pictures, np.eye(classes, dtype=np.float32)[np.arange(count) % classes]


# ---- Networks ----


def test_projection_is_the_formula_of_miyato_and_koyama():
    _, discriminator = conditional_gan.conditional_pair("projection", SMALL, 4, 5, 3, seed=1)
    pictures, conditions = some_pictures()
    by_shape = {array.shape: array for array in discriminator.get_weights()}
    hidden = [by_shape[shape] for shape in ((16, 7), (7,), (7, 5), (5,))]
    matrix, weights, bias = by_shape[3, 5], by_shape[5, 1], by_shape[(1,)]
    assert len(discriminator.get_weights()) == 7
    features = dense_features(hidden, pictures.reshape(6, -1))
    labels = conditions.argmax(axis=1)
    expected = [features[n] @ weights[:, 0] + bias[0] + features[n] @ matrix[labels[n]] for n in range(6)]
    found = discriminator([tf.constant(pictures), tf.constant(conditions)], training=False)
    np.testing.assert_allclose(found[:, 0], expected, atol=1e-5)
    # Conditions that are no labels mix the rows.
    mixed = np.array([[0.5, -1.0, 2.0]], np.float32)
    expected = features[:1] @ weights + bias + features[:1] @ (mixed @ matrix).T
    found = discriminator([tf.constant(pictures[:1]), tf.constant(mixed)], training=False)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_concatenation_puts_a_row_of_the_embedding_beside_the_picture():
    _, discriminator = conditional_gan.conditional_pair("concatenated", SMALL, 4, 5, 3, seed=1)
    pictures, conditions = some_pictures()
    by_shape = {array.shape: array for array in discriminator.get_weights()}
    table, hidden = by_shape[3, 16], [by_shape[shape] for shape in ((32, 7), (7,), (7, 5), (5,))]
    # An embedding layer looks rows up.
    embedding = keras.layers.Embedding(3, 16)
    embedding.build((None,))
    embedding.set_weights([table])
    rows = np.asarray(embedding(conditions.argmax(axis=1)))
    np.testing.assert_array_equal(rows, table[conditions.argmax(axis=1)])
    seen = np.stack([pictures[..., 0], rows.reshape(6, 4, 4)], axis=-1).reshape(6, 32)
    expected = dense_features(hidden, seen) @ by_shape[5, 1] + by_shape[(1,)]
    found = discriminator([tf.constant(pictures), tf.constant(conditions)], training=False)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_the_generator_sees_latents_beside_the_embedded_condition():
    generator, _ = conditional_gan.conditional_pair("projection", SMALL, 4, 5, 3, seed=1)
    table, kernel, bias, gamma, beta, mean, variance, last, last_bias = generator.get_weights()
    assert table.shape == (3, conditional_gan.EMBEDDING)
    latents, conditions = np.random.default_rng(2).standard_normal((6, 5)).astype(np.float32), some_pictures()[1]
    values = np.concatenate([latents, table[conditions.argmax(axis=1)]], axis=1) @ kernel + bias
    values = leaky(gamma * (values - mean) / np.sqrt(variance + 1e-3) + beta)
    expected = np.tanh(values @ last + last_bias).reshape(6, 4, 4, 1)
    found = generator([tf.constant(latents), tf.constant(conditions)], training=False)
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize(("kind", "inner", "side"), [("projection", CONVOLUTIONAL, 16), ("concatenated", DENSE, 8)])
def test_each_pair_fits_together(kind, inner, side):
    networks = conditional_gan.conditional_pair(kind, inner, side, 12, 4, seed=3)
    latents, conditions = tf.zeros((5, 12)), tf.ones((5, 4))
    fake = networks[0]([latents, conditions], training=False)
    assert fake.shape == (5, side, side, 1) and networks[1]([fake, conditions], training=False).shape == (5, 1)
    weights = [array for network in networks for array in network.get_weights() if array.std() > 0]
    assert len({array.ravel()[0] for array in weights}) == len(weights), "two layers start with the same numbers"


# ---- Samples and the training step ----


def small_gan(pictures, conditions, inner=SMALL, kind="projection", **options):
    networks = conditional_gan.conditional_pair(kind, inner, pictures.shape[1], 2, conditions.shape[1], seed=1)
    return conditional_gan.Conditional_GAN(
        *networks, LatentGenerator(2, seed=0), pictures, conditions, seed=0, **options
    )


def test_pictures_and_conditions_stay_together_through_draws():
    numbers = np.arange(50, dtype=np.float32)
    pictures = np.broadcast_to(numbers[:, None, None, None], (50, 4, 4, 1))
    conditions = np.stack([2 * numbers, 1 - numbers], axis=1)
    gan = small_gan(pictures, conditions, batch_size=20)
    drawn = []
    for _ in range(5):
        some, known = gan.get_real_sample()
        np.testing.assert_array_equal(known, np.stack([2 * some[:, 0, 0, 0], 1 - some[:, 1, 2, 0]], axis=1))
        drawn.append(tuple(some[:, 0, 0, 0].numpy()))
    assert len(set(drawn)) == 5 and all(len(set(each)) == 20 for each in drawn)
    _, wanted = gan.get_fake_sample()
    np.testing.assert_array_equal(1 - wanted[:, 0] / 2, wanted[:, 1])
    assert set(wanted.numpy()[:, 0]) <= set(2 * numbers) and len(set(wanted.numpy()[:, 0])) == 20


def test_fakes_are_made_for_the_conditions_that_are_returned(monkeypatch):
    pictures, conditions = some_pictures(30)
    gan = small_gan(pictures, conditions, batch_size=10)
    latents = tf.random.stateless_normal((10, 2), (1, 2))
    monkeypatch.setattr(gan, "latent_generator", lambda count: latents)
    fake, wanted = gan.get_fake_sample()
    np.testing.assert_allclose(fake, gan.generator([latents, wanted], training=True), atol=1e-6)


def softplus(x):
    return np.log1p(np.exp(x))


@pytest.mark.parametrize(("r1", "mismatch"), [(0.0, 0.0), (3.0, 0.7)])
def test_two_steps_are_those_of_a_derivation(r1, mismatch, monkeypatch):
    # G: one dense layer. D: a projection of the pixels themselves. Gradients by differences, in float64.
    pictures, conditions = (array.astype(np.float64) for array in some_pictures(5, 2))
    layers, double = keras.layers, {"dtype": "float64"}
    keras.utils.set_random_seed(0)
    noise, condition = keras.Input((2,), **double), keras.Input((3,), **double)
    values = layers.Concatenate(**double)([noise, layers.Dense(16, use_bias=False, **double)(condition)])
    made = layers.Reshape((2, 2, 1), **double)(layers.Dense(4, **double)(values))
    generator = keras.Model([noise, condition], made)
    picture, condition = keras.Input((2, 2, 1), **double), keras.Input((3,), **double)
    features = layers.Flatten(**double)(picture)
    projection = layers.Dot(1, **double)([layers.Dense(4, use_bias=False, **double)(condition), features])
    discriminator = keras.Model(
        [picture, condition], layers.Add(**double)([layers.Dense(1, **double)(features), projection])
    )
    options = {"learning_rate": 0.02, "beta_1": 0.5, "beta_2": 0.9, "r1": r1, "mismatch": mismatch}
    gan = conditional_gan.Conditional_GAN(
        generator, discriminator, LatentGenerator(2, seed=0), pictures, conditions, 5, seed=0, **options
    )
    random = np.random.default_rng(3)
    orders, latents = [random.permutation(5) for _ in range(6)], random.standard_normal((4, 5, 2))
    rows, noises = iter(orders), iter(latents)

    def draw(name, size):
        order = next(rows)
        return tf.constant(pictures[order]), tf.constant(conditions[order])

    monkeypatch.setattr(gan, "draw", draw)
    monkeypatch.setattr(gan, "latent_generator", lambda count: tf.constant(next(noises)))
    g, d = gan.generator.get_weights(), gan.discriminator.get_weights()
    assert [array.shape for array in g] == [(3, 16), (18, 4), (4,)]
    by_shape = {array.shape: number for number, array in enumerate(d)}
    w, b, v = by_shape[4, 1], by_shape[(1,)], by_shape[3, 4]
    found = [gan.train_step(None) for _ in range(2)]

    def make(g, z, y):
        return np.concatenate([z, y @ g[0]], axis=1) @ g[1] + g[2]

    def score(d, x, y):
        return x @ d[w] + d[b] + ((y @ d[v]) * x).sum(axis=1, keepdims=True)

    adams = oracle.Adam(0.02, 0.5, 0.9), oracle.Adam(0.02, 0.5, 0.9)
    flat = pictures.reshape(5, -1)
    for step in range(2):
        real, wanted, again = orders[3 * step : 3 * step + 3]
        z, z_again = latents[2 * step : 2 * step + 2]
        fake = make(g, z, conditions[wanted])

        def discr_loss(d, real=real, fake=fake, wanted=wanted):
            on_real = score(d, flat[real], conditions[real])
            return softplus(-on_real).mean() + softplus(score(d, fake, conditions[wanted])).mean()

        def whole_loss(d, real=real, wanted=wanted, discr_loss=discr_loss):
            slopes = d[w].T + conditions[real] @ d[v]
            wrong = softplus(score(d, flat[real], conditions[wanted])).mean()
            return discr_loss(d) + mismatch * wrong + r1 / 2 * (slopes**2).sum(axis=1).mean()

        np.testing.assert_allclose(found[step]["discr_loss"], discr_loss(d), rtol=1e-6)
        d = adams[0](d, oracle.numerical_gradient(whole_loss, d))

        def gen_loss(g, z=z_again, wanted=again, d=d):
            return softplus(-score(d, make(g, z, conditions[wanted]), conditions[wanted])).mean()

        np.testing.assert_allclose(found[step]["gen_loss"], gen_loss(g), rtol=1e-6)
        g = adams[1](g, oracle.numerical_gradient(gen_loss, g))
    # Adam's settings are float32, and differences are right to about 1e-9.
    for expected, array in zip([*g, *d], [*gan.generator.get_weights(), *gan.discriminator.get_weights()]):
        np.testing.assert_allclose(array, expected, rtol=1e-5, atol=1e-6)


# ---- Measures ----


def test_confusion_is_counted_row_by_row():
    asked, read = np.array([0, 0, 0, 0, 1, 1, 3]), np.array([0, 0, 1, 3, 1, 1, 0])
    expected = [[0.5, 0.25, 0, 0.25], [0, 1, 0, 0], [0, 0, 0, 0], [1, 0, 0, 0]]
    np.testing.assert_array_equal(metrics.confusion_matrix(asked, read, 4), expected)


def test_what_is_read_back_against_numpy():
    random = np.random.default_rng(0)
    asked = random.normal(3, 2, 200)
    read = 0.7 * asked - 1 + random.standard_normal(200)
    found = metrics.read_back(asked, read)
    np.testing.assert_allclose(found["correlation"], np.corrcoef(asked, read)[0, 1])
    np.testing.assert_allclose(found["slope"], np.polyfit(asked, read, 1)[0])
    np.testing.assert_allclose(found["error"], np.linalg.norm(read - asked) / np.linalg.norm(asked - asked.mean()))
    assert metrics.read_back(asked, -asked)["correlation"] == pytest.approx(-1)
    assert metrics.read_back(asked, np.ones(200))["correlation"] == 0


def test_movements_keep_their_sign_and_count_their_size():
    before, after = np.zeros((2, 3)), np.array([[1.0, 4.0, 0.0], [1.0, -4.0, 0.0]])
    found = metrics.movements(before, after, np.array([2.0, 1.0, 1.0]))
    np.testing.assert_array_equal(found["mean"], [0.5, 0.0, 0.0])
    np.testing.assert_array_equal(found["size"], [0.5, 4.0, 0.0])


def test_the_data_s_movements_hold_the_other_conditions_fixed():
    random = np.random.default_rng(0)
    first = random.standard_normal(100)
    conditions = np.stack([first, 0.8 * first + random.standard_normal(100)], axis=1)
    attributes = np.stack([3 * conditions[:, 1] + 5, conditions @ [1.0, -2.0]], axis=1)
    # The first attribute goes along with the first condition, but only through the second one.
    found = metrics.expected_movements(conditions, attributes, np.array([2.0, 0.0]), np.array([1.0, 4.0]))
    np.testing.assert_allclose(found, [0.0, 0.5], atol=1e-12)


def test_each_class_is_compared_with_its_own():
    random = np.random.default_rng(0)
    examples, labels = random.standard_normal((40, 3)), np.arange(40) % 2
    moved = examples + np.where(labels == 1, 2.0, 0.0)[:, None]
    many = np.concatenate([examples, 9 * examples]), np.concatenate([labels, labels + 2])
    found = metrics.frechet_by_class({"moved": (moved, labels), "same": many}, (examples, labels), 3)
    # Only the mean of the second class differs, by 2 in each of 3 coordinates.
    np.testing.assert_allclose(found["moved"], [0, 12, np.nan], atol=1e-6)
    np.testing.assert_allclose(found["same"], [0, 0, np.nan], atol=1e-6)
    # The larger set is reduced to the size of the smaller one, and then differs by chance.
    few = examples[:20], labels[:20]
    found = metrics.frechet_by_class({"few": few, "all": (examples, labels)}, (examples, labels), 2)
    assert (found["all"] > 0.001).all()


# ---- Pictures ----


def test_a_sheet_has_a_column_for_each_condition():
    grid = np.repeat([[0.2, 0.4, 0.6]], 2, axis=0).ravel()[:, None, None] * np.ones((1, 5, 5))
    figure = plots.sheets({"sheet": grid}, [["a", "b", "c"]])
    shown = np.asarray(figure.axes[0].images[0].get_array())
    assert shown.shape == (11, 17) and [label.get_text() for label in figure.axes[0].get_xticklabels()] == [
        "a",
        "b",
        "c",
    ]
    for tick, value in zip(figure.axes[0].get_xticks(), (0.2, 0.4, 0.6)):
        np.testing.assert_allclose(shown[[0, 10], round(tick)], value)


# ---- Reports: stand-ins for a generator, whose measures are known ----


class StandIn:
    """Answers conditions with pictures from the data."""

    def __init__(self, answer, columns):
        self.generate, self._columns = answer, columns

    def latents(self, count):
        return np.zeros((count, 1), np.float32)

    def sheet(self, conditions=None, rows=8):
        return self.generate(np.tile(self._columns if conditions is None else conditions, (rows, 1)))


def test_a_generator_that_confuses_two_digits_is_found_out(monkeypatch):
    pytest.importorskip("sklearn", reason='This needs scikit-learn; install it with: pip install -e ".[labs]".')
    monkeypatch.setattr(metrics.PictureClassifier.__init__, "__defaults__", (0, 100))
    monkeypatch.setattr(training, "PICTURES_OF_A_DIGIT", 40)
    subject = training.Digits()

    def answer(conditions, latents=None):
        labels = conditions.argmax(axis=1)
        labels[labels == 4] = 7  # every 4 becomes a 7
        known = subject.train_conditions.argmax(axis=1)
        places = {number: iter(np.flatnonzero(known == number).tolist() * 9) for number in range(10)}
        return np.stack([subject.train[next(places[number])] for number in labels])

    report = subject.report({"projection": StandIn(answer, subject.sheet)}, seed=0)
    found = report.measures["projection"]
    confusion = np.array(found["confusion"])
    assert confusion[4, 7] > 0.9 and found["worst_class"] == confusion[4, 4] < 0.1
    assert found["read_back"] == pytest.approx(np.diag(confusion).mean()) and found["read_back"] < 0.91
    assert found["nearest_distance"] == pytest.approx(0, abs=1e-5)
    assert found["frechet_by_class"]["4"] > 2 * report.measures["real"]["frechet_by_class"]["4"]
    assert report.measures["real"]["read_back"] > 0.9
    assert "noisy copies" in report.text and set(report.figures) == {"sheet.png", "confusion.png"}


@pytest.fixture
def few_faces(monkeypatch):
    read = conditional_faces.read_arrays

    def first(path):
        return {name: array[:700] if np.ndim(array) else array for name, array in read(path).items()}

    monkeypatch.setattr(conditional_faces, "read_arrays", first)
    monkeypatch.setattr(conditional_faces, "HELD_OUT", 300)
    monkeypatch.setattr(conditional_faces, "CHANGED", 12)


def test_faces_report_what_the_encoder_reads(few_faces):
    subject = conditional_faces.Faces()
    assert subject.train.shape == (400, 16, 16) and subject.test.shape == (300, 16, 16)
    np.testing.assert_allclose(subject.train_conditions.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(subject.train_conditions.std(axis=0), 1, atol=1e-5)
    np.testing.assert_allclose(
        subject.columns("yaw")[:, 3] * subject.train_values[:, 3].std(),
        np.linspace(-30, 30, 7) - subject.train_values[:, 3].mean(),
        rtol=1e-3,
    )
    row = subject.test_conditions[5]
    best = min(range(400), key=lambda n: np.linalg.norm(subject.train_conditions[n] - row))
    np.testing.assert_array_equal(subject.nearest(subject.test_conditions[5:6])[0], subject.train[best])

    report = subject.report(
        {"stand-in": StandIn(lambda wanted, latents=None: subject.nearest(wanted), subject.sheet)}, 0
    )
    for name in conditional_faces.CONDITIONS:
        found, expected = (report.measures[each][name] for each in ("stand-in", "nearest"))
        assert found.pop("moved") == pytest.approx(expected.pop("moved"), abs=1e-4)
        assert found.pop("frechet") == pytest.approx(expected.pop("frechet"), rel=1e-3)
        assert found == pytest.approx(expected, abs=1e-4)
    encoder = FaceEncoder.load()
    yaws = encoder.attributes(subject.test)["yaw"]
    expected = np.corrcoef(yaws, subject.test_attributes["yaw"])[0, 1]
    np.testing.assert_allclose(report.measures["real"]["yaw"]["correlation"], expected, rtol=1e-5)
    # The renderer turns heads to the right when the yaw rises from -22 to 21, and moves the rest less.
    moved = report.measures["renderer"]["yaw"]
    assert 1.5 < moved["own"] < 3.2 and moved["own"] == moved["moved"]["yaw"] and moved["others"] < 0.8
    assert set(moved["moved"]) <= set(attribute_names())
    assert report.measures["data"]["yaw"]["own"] == pytest.approx(
        43 * np.linalg.lstsq(np.c_[np.ones(300), subject.test_values], yaws, rcond=None)[0][4] / yaws.std(), rel=1e-4
    )
    assert report.text.count("nearest face") == 4 and set(report.figures) == {"sheet.png", "read.png", "moved.png"}


# ---- The script ----


@pytest.mark.parametrize("subject", ["digits", "faces"])
def test_the_lab_runs(subject, tmp_path, monkeypatch, capsys, few_faces, eagerly):
    if subject == "digits":
        pytest.importorskip("sklearn", reason='This needs scikit-learn; install it with: pip install -e ".[labs]".')
    monkeypatch.setattr(metrics.PictureClassifier.__init__, "__defaults__", (0, 3))
    monkeypatch.setattr(training, "PICTURES_OF_A_DIGIT", 20)
    monkeypatch.setattr(conditional_gan.SUBJECTS[subject], "inner", SMALL)
    if subject == "faces":
        # The report was tested above; here a sheet will do.
        def report(self, kept, seed):
            figure = plots.sheets({"yaw": kept["projection"].sheet()}, [["1"] * 7])
            return training.Report({"projection": {}}, {"sheet.png": figure}, "")

        monkeypatch.setattr(conditional_faces.Faces, "report", report)
    small = ["--data", subject, "--steps", "3", "--batch-size", "6", "--seed", "3"]
    conditional_gan.main([*small, "--output", str(tmp_path / "out")])
    names = {"sheet.png", "training.gif", *(("confusion.png",) if subject == "digits" else ())}
    assert {path.name for path in (tmp_path / "out").iterdir()} == names | {"record.json"}
    for name in names:
        picture = np.asarray(Image.open(tmp_path / "out" / name).convert("L"), float)
        assert min(picture.shape) > 80 and picture.std() > 5, f"{name} is blank"
    assert Image.open(tmp_path / "out" / "training.gif").n_frames == 4
    record = json.loads((tmp_path / "out" / "record.json").read_text())
    assert record["settings"]["seed"] == 3 and record["settings"]["data"] == subject
    kinds = set(conditional_gan.KINDS) if subject == "digits" else {"projection"}
    assert kinds <= set(record["measures"]) and kinds == set(record["measures"]["training_seconds"])
    assert "3/3" in capsys.readouterr().out


def test_the_data_choose_the_settings():
    for name, recipe in conditional_gan.RECIPES.items():
        options = conditional_gan.PARSER.parse_args(["--data", name, "--seed", "5"])
        assert {setting: getattr(options, setting) for setting in recipe} == recipe


def test_the_seed_decides_all_initial_weights():
    first, same, other = (
        conditional_gan.conditional_pair("concatenated", SMALL, 4, 5, 3, seed=seed)[0].get_weights()
        for seed in (3, 3, 4)
    )
    assert all(np.array_equal(*pair) for pair in zip(first, same))
    assert not any(np.array_equal(*pair) for pair in zip(first, other) if pair[0].std() > 0)
