"""The lab of augmentation: labels, classical changes, batches, the GAN with unknown labels, comparisons, the script."""

import json

import numpy as np
import oracle
import pytest
import tensorflow as tf
from command_lines import assert_answered_at_once
from matplotlib.figure import Figure
from PIL import Image
from tensorflow import keras

from gankit import plots
from gankit.errors import InputError
from gankit.faces import FACES_FILE
from gankit.faces.changes import at_random
from gankit.faces.labelled import LABELS, Labelled, few_labels, labelled_faces
from gankit.networks import LatentGenerator
from gankit.stored_arrays import read_arrays
from gankit.training import augmentation as training
from labs import augmentation as lab

# ---- Faces with labels ----


def test_labels_are_those_of_the_file_and_the_last_faces_are_kept_back():
    held = read_arrays(FACES_FILE)
    known, test = labelled_faces("glasses")
    assert known.faces.shape == (8000, 16, 16) and test.faces.shape == (2000, 16, 16)
    np.testing.assert_array_equal(np.round(255 * test.faces), held["faces"][8000:])
    for row in (3, 500, 7999):
        assert known.labels[row] == (held["glasses"][row] or held["sunglasses"][row])
    assert not {face.tobytes() for face in known.faces} & {face.tobytes() for face in test.faces}
    for attribute in LABELS:
        labels = labelled_faces(attribute)[0].labels
        assert labels.dtype == bool and 500 < labels.sum() < 7500
    with pytest.raises(InputError, match="no labels for 'nose'"):
        labelled_faces("nose")


def test_half_of_the_drawn_faces_have_the_attribute_and_none_is_drawn_twice():
    labels = np.random.default_rng(0).random(200) < 0.2
    for count in (2, 10, 60):
        rows = few_labels(labels, count, seed=3)
        assert len(set(rows)) == count and not labels[rows[: count // 2]].any() and labels[rows[count // 2 :]].all()
    few, more = few_labels(labels, 10, 3), few_labels(labels, 60, 3)
    assert set(few) < set(more) and set(few) != set(few_labels(labels, 10, 4))
    # Each face without the attribute is equally often among the first ten: 2000 * 5 / 160 times, deviation 8.
    times = np.bincount(np.concatenate([few_labels(labels, 10, seed)[:5] for seed in range(2000)]), minlength=200)
    assert (times[labels] == 0).all() and 25 < times[~labels].min() < times[~labels].max() < 105
    for wrong in (0, 7, 2 * labels.sum() + 2):
        with pytest.raises(InputError, match=f"^{wrong} labels cannot be drawn"):
            few_labels(labels, wrong, 0)


# ---- Classical changes ----


def test_classical_changes_are_those_of_a_loop_over_faces():
    faces = np.random.default_rng(1).random((40, 6, 9)).astype(np.float32)
    found = at_random(faces, np.random.default_rng(5), reach=2, contrast=1.5, brightness=0.2, noise=0.1)
    assert found.dtype == np.float32
    random = np.random.default_rng(5)
    mirror, shifts = random.random(40) < 0.5, random.integers(-2, 3, (2, 40))
    exponents, offsets = random.uniform(-1, 1, 40), random.uniform(-0.2, 0.2, 40)
    noise = random.standard_normal((40, 6, 9))
    for n, face in enumerate(faces):
        turned = face[:, ::-1] if mirror[n] else face
        top, left = 2 - shifts[0, n], 2 - shifts[1, n]
        moved = np.pad(turned, 2, mode="edge")[top : top + 6, left : left + 9]
        factor = np.exp(exponents[n] * np.log(1.5))
        expected = moved.mean() + factor * (moved - moved.mean()) + offsets[n] + 0.1 * noise[n]
        np.testing.assert_allclose(found[n], np.minimum(np.maximum(expected, 0), 1), atol=1e-6)
    assert mirror.any() and not mirror.all() and len(set(shifts[0])) == 5


def test_without_sizes_classical_changes_only_mirror():
    faces = np.random.default_rng(1).random((50, 4, 4)).astype(np.float32)
    found = at_random(faces, np.random.default_rng(0), reach=0, contrast=1.0, brightness=0.0, noise=0.0)
    same = [np.allclose(*pair, atol=1e-6) for pair in zip(found, faces)]
    turned = [np.allclose(*pair, atol=1e-6) for pair in zip(found, faces[:, :, ::-1])]
    assert all(one != other for one, other in zip(same, turned)) and 10 < sum(turned) < 40


# ---- Classifiers and their batches ----


def test_half_of_each_batch_has_the_attribute():
    labels = np.arange(30) % 5 == 0
    rows = training.rows_of_batches(labels, 200, 9, np.random.default_rng(0))
    assert rows.shape == (200, 9) and (labels[rows].sum(axis=1) == 4).all() and set(rows.ravel()) == set(range(30))
    assert training.rows_of_batches(np.zeros(5, bool), 3, 4, np.random.default_rng(0)).shape == (3, 4)


@pytest.fixture(scope="module")
def classifier():
    return training.AttributeClassifier(side=8)


def some_batches(steps, batch, seed=0):
    """Faces whose upper half is bright if they have the attribute."""
    random = np.random.default_rng(seed)
    labels = random.random((steps, batch)) < 0.5
    faces = random.random((steps, batch, 8, 8)).astype(np.float32) * 0.5
    faces[..., :4, :] += 0.4 * labels[..., None, None]
    return Labelled(faces, labels)


def test_a_classifier_learns_as_one_of_plain_keras_does(classifier):
    batches = some_batches(6, 5)
    classifier.learn(some_batches(3, 5, 1), 9)  # is forgotten
    classifier.learn(batches, 4)
    network = training.build_classifier(8)
    random = np.random.default_rng(4)
    weights = []
    for array in network.get_weights():
        fan_in = np.prod(array.shape[:-1])
        weights.append(random.standard_normal(array.shape) * (np.sqrt(2 / fan_in) if array.ndim > 1 else 0))
    network.set_weights(weights)
    optimizer = keras.optimizers.Adam(training.RATE)
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    for step in range(6):
        # Six steps: the rate is whole in the first three, as the fourth begins it is still so, and then it falls.
        optimizer.learning_rate.assign(training.RATE * (1, 1, 1, 1, 2 / 3, 1 / 3)[step])
        with tf.GradientTape() as tape:
            logits = network(4 * batches.faces[step][..., None] - 2)
            value = loss(batches.labels[step][:, None].astype(np.float32), logits)
        gradients = tape.gradient(value, network.trainable_variables)
        optimizer.apply_gradients(zip(gradients, network.trainable_variables))
    new = some_batches(1, 20, 7).faces[0]
    expected = np.asarray(network(4 * new[..., None] - 2))[:, 0]
    found = np.asarray(classifier._network(classifier._prepared(new), training=False))[:, 0]
    # Adam divides small gradients by their size, so differences of rounding grow to about 1e-5 of a step.
    np.testing.assert_allclose(found, expected, atol=1e-3)
    assert np.abs(expected).max() > 0.05


def test_a_classifier_finds_what_tells_the_kinds_apart(classifier):
    batches = some_batches(60, 16)
    classifier.learn(batches, 0)
    test = Labelled(*(each[0] for each in some_batches(1, 100, 5)))
    assert classifier.accuracy(test) == 1.0
    surest = classifier.sees(test.faces, 0.1)
    assert surest.sum() == 10 and test.labels[surest].all()


def test_accuracy_counts_both_kinds_equally(classifier, monkeypatch):
    labels = np.arange(10) < 2
    for answers, expected in ((np.zeros(10, bool), 0.5), (labels, 1.0), (~labels, 0.0), (np.arange(10) < 4, 0.875)):
        monkeypatch.setattr(classifier, "sees", lambda faces, answers=answers: answers)
        assert classifier.accuracy(Labelled(np.zeros((10, 8, 8)), labels)) == pytest.approx(expected)


def origins(*values):
    """Faces of one intensity each, that tells where they come from; the second half has the attribute."""
    return Labelled(
        np.concatenate([np.full((10, 4, 4), value, np.float32) for value in values]), np.repeat([False, True], 10)
    )


def test_batches_hold_the_share_of_added_faces_with_their_labels():
    options = lab.PARSER.parse_args(["--classifier-steps", "7", "--share", "0.25"])
    few, added = origins(0.1, 0.2), origins(0.6, 0.7)
    batches = lab.compose(few, added, None, options, 0)
    assert batches.faces.shape == (7, training.BATCH, 4, 4) and batches.labels.shape == (7, training.BATCH)
    quarter = training.BATCH // 4
    for faces, labels in zip(batches.faces[..., 0, 0], batches.labels):
        counts = {(round(float(value), 1), bool(label)): 0 for value, label in zip(faces, labels)}
        for value, label in zip(faces, labels):
            counts[round(float(value), 1), bool(label)] += 1
        halves = {(0.1, False): 3 * quarter // 2, (0.2, True): 3 * quarter // 2}
        assert counts == {**halves, (0.6, False): quarter // 2, (0.7, True): quarter // 2}
    alone = lab.compose(few, None, None, options, 0)
    assert alone.faces.shape == batches.faces.shape and set(np.round(alone.faces, 1).ravel()) == {
        np.float32(0.1),
        np.float32(0.2),
    }
    # Each way begins with the same faces, and classical changes are made after the faces are drawn.
    changed = lab.compose(few, None, 1, options, 0)
    np.testing.assert_array_equal(changed.labels, alone.labels)
    assert 0.005 < np.abs(changed.faces - alone.faces).mean() < 0.1


# ---- The GAN ----


def small_gan(monkeypatch, unlabelled, frequency=0.5, batch=16):
    few = Labelled(np.full((20, 8, 8), 0.25, np.float32), np.arange(20) >= 10)
    options = lab.PARSER.parse_args(["--batch-size", str(batch), "--steps", "1"])
    gans = []

    class Caught:
        def fit(self, gan, *arguments, **settings):
            gans.append(gan)

    others = np.full((30, 8, 8), 0.75, np.float32) if unlabelled else None
    lab.train_gan(few, others, frequency, options, 0, Caught(), "name")
    return gans[0]


def test_half_of_a_batch_has_an_unknown_label_if_there_are_other_faces(monkeypatch):
    gan = small_gan(monkeypatch, unlabelled=True, frequency=0.0)
    faces, labels = gan.get_real_sample()
    np.testing.assert_array_equal(faces[:, 0, 0, 0], np.repeat([-0.5, 0.5], 8))
    assert set(labels.numpy()[:8, 0]) <= {-1.0, 1.0} and not labels.numpy()[8:].any()
    seen = []
    generator = gan.generator
    monkeypatch.setattr(gan, "generator", lambda inputs, training: seen.append(inputs[1]) or generator(inputs))
    for frequency, expected in ((0.0, {-1.0}), (1.0, {1.0}), (0.5, {-1.0, 1.0})):
        gan.frequency = frequency
        fake, told = gan.get_fake_sample()
        assert fake.shape == (16, 8, 8, 1) and set(seen[-1].numpy()[8:, 0]) == expected
        np.testing.assert_array_equal(told, np.where(np.arange(16)[:, None] < 8, seen[-1], 0.0))


def test_without_other_faces_all_labels_are_known(monkeypatch):
    gan = small_gan(monkeypatch, unlabelled=False)
    faces, labels = gan.get_real_sample()
    assert (faces.numpy() == -0.5).all() and set(labels.numpy()[:, 0]) == {-1.0, 1.0} and len(labels) == 16
    fake, told = gan.get_fake_sample()
    assert set(told.numpy()[:, 0]) == {-1.0, 1.0} and len(fake) == 16


def softplus(x):
    return np.log1p(np.exp(x))


@pytest.mark.parametrize("unknown", [0, 2])
def test_two_steps_are_those_of_a_derivation(unknown, monkeypatch):
    # G: one dense layer. D(x, y) = w . x + b + y v . x on the pixels. Gradients by differences, in float64.
    layers, double = keras.layers, {"dtype": "float64"}
    keras.utils.set_random_seed(0)
    noise, label = keras.Input((2,), **double), keras.Input((1,), **double)
    made = layers.Dense(4, **double)(layers.Concatenate(**double)([noise, label]))
    generator = keras.Model([noise, label], layers.Reshape((2, 2, 1), **double)(made))
    picture, label = keras.Input((2, 2, 1), **double), keras.Input((1,), **double)
    features = layers.Flatten(**double)(picture)
    projection = layers.Dot(1, **double)([layers.Dense(4, use_bias=False, **double)(label), features])
    discriminator = keras.Model(
        [picture, label], layers.Add(**double)([layers.Dense(1, **double)(features), projection])
    )
    random = np.random.default_rng(3)
    real, labels = random.standard_normal((2, 5, 4)), random.choice([-1.0, 1.0], (2, 5, 1))
    latents, wanted = random.standard_normal((4, 5, 2)), random.choice([-1.0, 1.0], (4, 5, 1))
    known = 5 - unknown
    labels[:, known:] = 0
    told = np.where(np.arange(5)[:, None] < known, wanted, 0.0)
    settings = {"learning_rate": 0.02, "beta_1": 0.5, "beta_2": 0.9, "r1": 3.0, "mismatch": 0.7}
    gan = lab.Few_Labels_GAN(
        generator, discriminator, LatentGenerator(2, seed=0), real[0].reshape(5, 2, 2, 1), labels[0], 5, **settings
    )
    gan.unknown = unknown
    reals, fakes = iter(range(2)), iter(range(4))

    def get_real_sample():
        step = next(reals)
        return tf.constant(real[step].reshape(5, 2, 2, 1)), tf.constant(labels[step])

    def get_fake_sample():
        draw = next(fakes)
        return gan.generator([tf.constant(latents[draw]), tf.constant(wanted[draw])], training=True), tf.constant(
            told[draw]
        )

    monkeypatch.setattr(gan, "get_real_sample", get_real_sample)
    monkeypatch.setattr(gan, "get_fake_sample", get_fake_sample)
    g, d = gan.generator.get_weights(), gan.discriminator.get_weights()
    by_shape = {array.shape: number for number, array in enumerate(d)}
    w, b, v = by_shape[4, 1], by_shape[(1,)], by_shape[1, 4]
    found = [gan.train_step(None) for _ in range(2)]

    def make(g, draw):
        return np.concatenate([latents[draw], wanted[draw]], axis=1) @ g[0] + g[1]

    def score(d, x, y):
        return x @ d[w] + d[b] + ((y @ d[v]) * x).sum(axis=1, keepdims=True)

    adams = oracle.Adam(0.02, 0.5, 0.9), oracle.Adam(0.02, 0.5, 0.9)
    for step in range(2):
        x, y, draw = real[step], labels[step], 2 * step
        fake = make(g, draw)

        def discr_loss(d, x=x, y=y, fake=fake, draw=draw):
            return softplus(-score(d, x, y)).mean() + softplus(score(d, fake, told[draw])).mean()

        def mismatch(d, x=x, y=y):
            return softplus(score(d, x[:known], -y[:known])).mean()

        def whole_loss(d, y=y, discr_loss=discr_loss, mismatch=mismatch):
            slopes = d[w].T + y @ d[v]
            return discr_loss(d) + 0.7 * mismatch(d) + 3.0 / 2 * (slopes**2).sum(axis=1).mean()

        np.testing.assert_allclose(found[step]["discr_loss"], discr_loss(d), rtol=1e-6)
        np.testing.assert_allclose(found[step]["mismatch_loss"], mismatch(d), rtol=1e-6)
        d = adams[0](d, oracle.numerical_gradient(whole_loss, d))

        def gen_loss(g, d=d, draw=draw + 1):
            return softplus(-score(d, make(g, draw), told[draw])).mean()

        np.testing.assert_allclose(found[step]["gen_loss"], gen_loss(g), rtol=1e-6)
        g = adams[1](g, oracle.numerical_gradient(gen_loss, g))
    # Adam's settings are float32, and differences are right to about 1e-9.
    for expected, array in zip([*g, *d], [*gan.generator.get_weights(), *gan.discriminator.get_weights()]):
        np.testing.assert_allclose(array, expected, rtol=1e-5, atol=1e-6)


# ---- Results ----


def test_ways_are_compared_seed_by_seed():
    plain, better, mixed = [0.5, 0.6, 0.7, 0.5, 0.6], [0.6, 0.7, 0.9, 0.6, 0.7], [0.4, 0.7, 0.6, 0.4, 0.6]
    findings = [{"labels": 10, "none": a, "good": b, "bad": c} for a, b, c in zip(plain, better, mixed)]
    findings += [{"labels": 4, "none": 0.5, "good": 0.5, "bad": 0.25}]
    found = training.compare(findings, ["none", "good", "bad"])
    assert set(found) == {"good", "bad"} and list(found["good"]) == ["4", "10"]
    # Five seeds that agree: two of 32 equally likely outcomes are as uneven.
    good, bad = found["good"]["10"], found["bad"]["10"]
    assert (good["better"], good["worse"], good["p_value"]) == (5, 0, pytest.approx(2 / 32))
    np.testing.assert_allclose(good["differences"], [0.1, 0.1, 0.2, 0.1, 0.1])
    assert good["mean"] == pytest.approx(0.12) and good["deviation"] == pytest.approx(np.sqrt(0.008 / 4))
    # One tie; three of four or more uneven: 10 of 16.
    assert (bad["better"], bad["worse"], bad["p_value"]) == (1, 3, pytest.approx(10 / 16))
    assert found["bad"]["4"]["mean"] == -0.25 and found["bad"]["4"]["deviation"] == 0


def test_copies_are_not_new_and_wrong_labels_are_counted():
    random = np.random.default_rng(0)
    few, test = (Labelled(random.random((20, 4, 4)), np.arange(20) % 2 == 1) for _ in range(2))

    class Judge:
        def accuracy(self, faces):
            return float(np.mean(faces.labels == (np.arange(20) % 2 == 1)))

    fresh = Labelled(random.random((20, 4, 4)), few.labels)
    made = {"copies": Labelled(few.faces, ~few.labels), "fresh": fresh}
    found = training.measure_made(made, few, test, Judge())
    assert found["copies_new"] == pytest.approx(0, abs=1e-6) and found["copies_right"] == 0
    distances = [
        np.median([min(np.linalg.norm(a - b) for b in few.faces) for a in each.faces]) for each in (fresh, test)
    ]
    assert found["fresh_new"] == pytest.approx(distances[0] / distances[1]) and found["fresh_right"] == 1


def test_the_figure_shows_medians_ranges_and_differences():
    accuracies = {
        "none": {10: np.array([0.6, 0.5, 0.7]), 100: np.array([0.8, 0.8, 0.8])},
        "way": {10: np.array([0.7, 0.5, 0.6]), 100: np.array([0.9, 0.7, 0.8])},
    }
    figure = plots.accuracy_by_labels(accuracies, np.array([0.9, 0.9, 0.95]), {"none": "nothing", "way": "a way"})
    left, right = figure.axes
    lines = [np.asarray(line.get_ydata(), float) for line in left.lines]
    for expected in ([0.6, 0.8], [0.9, 0.9], [0.5, 0.8], [0.7, 0.9]):
        assert any(len(line) == 2 and np.allclose(line, expected) for line in lines), expected
    dots = right.collections[0].get_offsets()
    np.testing.assert_allclose(sorted(dots[:, 1]), sorted([0.1, 0, -0.1, 0.1, -0.1, 0]), atol=1e-9)
    assert [label.get_text() for label in left.get_xticklabels()] == ["10", "100"]


# ---- The script ----


def test_the_script_answers_at_once(tmp_path):
    mistakes = [["--attribute", "nose"], ["--labels", "1"], ["--share", "1"]]
    assert_answered_at_once("labs/augmentation.py", ["--attribute", "--labels", "--seeds"], mistakes, tmp_path)


@pytest.fixture
def little(monkeypatch):
    """A part of the faces, and what GANs and classifiers learned from."""
    whole = labelled_faces("glasses")
    known = Labelled(whole[0].faces[:400], whole[0].labels[:400])
    test = Labelled(whole[1].faces[:100], whole[1].labels[:100])
    learned = {"gans": [], "classifiers": [], "known": known, "test": test, "compared": 0}
    monkeypatch.setattr(lab, "labelled_faces", lambda attribute: (known, test))
    train_gan, compare_ways, learn = lab.train_gan, lab.compare_ways, training.AttributeClassifier.learn

    def caught_gan(few, others, *arguments):
        learned["gans"].append((few, others))
        return train_gan(few, others, *arguments)

    def caught_batches(self, batches, seed):
        learned["classifiers"].append(batches)
        learn(self, batches, seed)

    def counted(*arguments):
        learned["compared"] += 1
        return compare_ways(*arguments)

    monkeypatch.setattr(lab, "train_gan", caught_gan)
    monkeypatch.setattr(lab, "compare_ways", counted)
    monkeypatch.setattr(training.AttributeClassifier, "learn", caught_batches)
    return learned


def faces_in(arrays):
    return {face.tobytes() for each in arrays if each is not None for face in each.reshape(-1, 16, 16)}


def test_the_lab_runs_keeps_the_test_faces_apart_and_resumes(little, tmp_path, capsys, eagerly, monkeypatch):
    small = ["--steps", "1", "--classifier-steps", "1", "--generated", "20", "--labels", "20", "--seed", "3"]
    small += ["--output", str(tmp_path / "out")]
    lab.main(small)
    names = {"accuracy.png", "generated.png", "training.gif", "record.json", "unfinished"}
    assert {path.name for path in (tmp_path / "out").iterdir()} == names
    for name in ("accuracy.png", "generated.png", "training.gif"):
        picture = np.asarray(Image.open(tmp_path / "out" / name).convert("L"), float)
        assert min(picture.shape) > 80 and picture.std() > 5, f"{name} is blank"
    (first,) = json.loads((tmp_path / "out" / "record.json").read_text())["measures"]["findings"].values()
    assert first["labels"] == 20 and all(0 <= first[way] <= 1 for way in (*lab.WAYS, "all", "few_right", "all_right"))

    # One GAN sees the labelled faces alone, the other one all that are known; together they know all but the test.
    (few, nothing), (same, others) = little["gans"]
    known, test = faces_in([little["known"].faces]), faces_in([little["test"].faces])
    assert nothing is None and same is few and few.labels.sum() == 10 and len(others) == 380
    assert faces_in([few.faces]) | faces_in([others]) == known and not faces_in([few.faces]) & faces_in([others])
    assert not known & test
    # After the judge, the ways in their order.
    judge, none, _, _, generated, _, guessed, _ = little["classifiers"]
    assert faces_in([judge.faces]) <= known and faces_in([none.faces]) <= faces_in([few.faces])
    assert not faces_in(batches.faces for batches in little["classifiers"]) & test
    half = training.BATCH // 2
    assert faces_in([generated.faces[:, :half]]) <= faces_in([few.faces])
    assert not faces_in([generated.faces[:, half:]]) & known
    assert faces_in([guessed.faces[:, half:]]) <= faces_in([others])

    # Another seed joins. What was found is read and not found again, and the GANs need no step.
    for name in ("draw_accuracies", "draw_faces"):
        monkeypatch.setattr(training, name, lambda *arguments: Figure((1, 1)))
    lab.main([*small, "--resume", "--seeds", "2"])
    record = json.loads((tmp_path / "out" / "record.json").read_text())["measures"]
    assert little["compared"] == 2 and list(record["findings"]) == ["20 labels, seed 3", "20 labels, seed 4"]
    assert record["findings"]["20 labels, seed 3"] == first
    assert "| GAN on the labelled faces |" in capsys.readouterr().out
    with pytest.raises(InputError, match="begun with --steps 1"):
        lab.main([*small, "--resume", "--steps", "2"])
