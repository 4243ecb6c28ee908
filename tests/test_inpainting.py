"""Inpainting: holes, baselines against other systems, exactness of known pixels, one training step, and the script."""

import json

import numpy as np
import pytest
import tensorflow as tf
from command_lines import assert_answered_at_once

from gankit.choices import HOLES
from gankit.datasets import holes as filling
from gankit.errors import InputError
from gankit.faces import FaceScaling
from gankit.networks import LatentGenerator, inpainting_generator, picture_discriminator
from gankit.networks.face_encoder import FaceEncoder
from gankit.training import inpainting as training
from labs import inpainting as lab


def pictures(*shape, seed=0):
    return np.random.default_rng(seed).random(shape).astype("f")


# ---- Holes ----


@pytest.mark.parametrize("kind", HOLES)
def test_holes_hide_something_and_leave_something(kind):
    found = filling.draw_holes(kind, 200, 16, seed=1)
    shares = found.mean(axis=(1, 2))
    assert found.shape == (200, 16, 16) and found.dtype == bool
    assert shares.min() > 0 and shares.max() < 0.8
    np.testing.assert_array_equal(found, filling.draw_holes(kind, 200, 16, seed=1))
    assert (found != filling.draw_holes(kind, 200, 16, seed=2)).any()


def test_a_half_is_half_and_a_square_is_a_square():
    halves = filling.draw_holes("half", 60, 8, seed=0)
    assert (halves.sum(axis=(1, 2)) == 32).all()
    whole = halves.all(axis=1) | halves.all(axis=2)
    assert (whole.sum(axis=1) == 4).all(), "four whole columns or four whole rows"
    squares = filling.draw_holes("square", 300, 8, seed=0)
    for axis in (1, 2):
        hidden = squares.any(axis=axis)
        assert (hidden.sum(axis=1) == 4).all()
        first = hidden.argmax(axis=1)
        assert set(first) == set(range(5)), "it lies anywhere"
        assert all(row[start : start + 4].all() for row, start in zip(hidden, first))
    assert (squares.sum(axis=(1, 2)) == 16).all()


def test_an_unknown_hole_is_refused():
    with pytest.raises(InputError, match="no hole 'ring'; choose of half, square, strokes"):
        filling.draw_holes("ring", 1, 16)


# ---- Filling without a GAN ----


@pytest.fixture(scope="module")
def problem():
    """Faces to learn from, faces with holes, and the holes."""
    known, faces = pictures(40, 6, 6), pictures(5, 6, 6, seed=1)
    hidden = filling.draw_holes("square", 5, 6, seed=3)
    # Two faces have the same hole.
    hidden[4] = hidden[0]
    return known, faces, hidden


def test_the_mean_and_the_nearest_picture_fill_holes(problem):
    known, faces, hidden = problem
    by_mean, by_nearest = (fill(known, faces, hidden) for fill in (filling.mean_fill, filling.nearest_fill))
    for face, hole, mean, nearest in zip(faces, hidden, by_mean, by_nearest):
        np.testing.assert_allclose(mean[hole], known[:, hole].mean(axis=0), rtol=1e-5)
        best = min(known, key=lambda each: sum((each[~hole] - face[~hole]) ** 2))
        np.testing.assert_array_equal(nearest[hole], best[hole])


def test_the_ridge_regression_is_that_of_scikit_learn(problem):
    ridge = pytest.importorskip("sklearn.linear_model").Ridge
    known, faces, hidden = problem
    found = filling.RidgeFill(known, 0.02)(faces, hidden)
    for face, hole, filled in zip(faces, hidden, found):
        model = ridge(alpha=0.02 * len(known)).fit(known[:, ~hole].astype(float), known[:, hole].astype(float))
        expected = np.clip(model.predict(face[~hole][None].astype(float))[0], 0, 1)
        np.testing.assert_allclose(filled[hole], expected, atol=1e-6)


def test_what_is_hidden_is_not_looked_at_and_known_pixels_stay(problem):
    known, faces, hidden = problem
    changed = np.where(hidden, 1 - faces, faces)
    ridge = filling.RidgeFill(known, 0.02)
    for fill in (ridge, *(lambda p, h, f=f: f(known, p, h) for f in (filling.mean_fill, filling.nearest_fill))):
        np.testing.assert_array_equal(fill(faces, hidden), fill(changed, hidden))
        np.testing.assert_array_equal(fill(faces, hidden)[~hidden], faces[~hidden])


# ---- The model ----


def make_gan(of_mean=True, adversarial=0.5, seed=0):
    faces = 2 * pictures(4, 8, 8, 1) - 1
    holes = filling.draw_holes("square", 4, 8, seed=2)[..., None].astype("f")
    return lab.InpaintingGAN(
        inpainting_generator(8, 3, (4, 5), seed=seed),
        picture_discriminator(8, 2, (3, 4), seed=seed),
        LatentGenerator(3, seed=seed),
        faces,
        holes,
        4,
        learning_rate=0.01,
        beta_1=0.5,
        adversarial=adversarial,
        of_mean=of_mean,
        seed=seed,
        decoding=FaceScaling.symmetric(),
    )


def test_known_pixels_are_kept_exactly_and_hidden_ones_are_not_seen():
    gan = make_gan()
    faces, hidden = pictures(6, 8, 8, seed=4), filling.draw_holes("half", 6, 8, seed=5)
    answers = training.Answers(gan.answer, gan.decoding, 3, seed=0)
    several = answers.several(faces, hidden, 3)
    assert several.shape == (3, 6, 8, 8)
    for answer in several:
        np.testing.assert_array_equal(answer[~hidden], faces[~hidden])
        assert (np.abs(answer[hidden] - faces[hidden]) > 0).mean() > 0.9
    # The same latents for the same number, others for another.
    np.testing.assert_array_equal(several[1], answers(faces, hidden, 1))
    assert np.abs(several[0] - several[1])[hidden].max() > 1e-3
    np.testing.assert_array_equal(answers(np.where(hidden, 0.9, faces), hidden), several[0])
    # In training too, where pixels are scaled.
    scaled, holes = 2 * faces[..., None] - 1, hidden[..., None].astype("f")
    filled = gan.answer(scaled, holes, gan.latent_generator(6)).numpy()
    np.testing.assert_array_equal(filled[~hidden], scaled[~hidden])
    other = gan.answer(np.where(holes, -scaled, scaled), holes, tf.zeros((6, 3))).numpy()
    np.testing.assert_array_equal(other, gan.answer(scaled, holes, tf.zeros((6, 3))).numpy())


def test_the_product_of_two_errors_is_the_error_of_the_mean_and_single_errors_punish_spread():
    random = np.random.default_rng(0)
    face, holes = np.full((20_000, 1, 1, 1), 0.3, "f"), np.ones((20_000, 1, 1, 1), "f")
    # Answers with mean 0.5 and variance 0.16.
    first, second = (0.5 + 0.4 * random.standard_normal((2, *face.shape))).astype("f")
    # The standard error of the mean of the products is 0.0013.
    of_mean = float(make_gan().error(first, second, face, holes))
    assert of_mean == pytest.approx(0.2**2, abs=0.007)
    single = float(make_gan(of_mean=False).error(first, second, face, holes))
    assert single == pytest.approx(0.2**2 + 0.4**2, abs=0.007)
    # Known pixels have no error, and only hidden ones count.
    wide = np.concatenate([first, face], axis=2), np.concatenate([second, face], axis=2)
    beside = np.concatenate([face, face], axis=2), np.concatenate([holes, 0 * holes], axis=2)
    assert float(make_gan().error(*wide, *beside)) == pytest.approx(of_mean, rel=1e-5)


@pytest.mark.parametrize("of_mean", [True, False])
def test_one_step_is_that_of_a_derivation(eagerly, of_mean):
    """Adam moves each weight at first by its rate, against the sign of the slope, if the slope is not tiny."""
    gan = make_gan(of_mean)
    faces, holes = gan._examples.tensors["faces"], gan._examples.tensors["holes"]
    gan.draw = lambda name, size: gan._examples.tensors[name]
    latents = tf.constant(pictures(8, 3, seed=9) - 0.5)
    gan.latent_generator = lambda count: latents[:count]
    before = {name: network.get_weights() for name, network in gan.networks.items()}
    hidden = holes.numpy() == 1
    entropy = tf.nn.sigmoid_cross_entropy_with_logits

    # ---- The losses, written anew ----
    with tf.GradientTape(persistent=True) as tape:
        context = tf.concat([tf.where(hidden, tf.zeros_like(faces), faces), holes], -1)
        filled = [tf.where(hidden, gan.generator([context, part]), faces) for part in (latents[:4], latents[4:])]
        differences = [tf.boolean_mask(each - faces, hidden) for each in filled]
        if of_mean:
            # (a b) = ((a + b) / 2)^2 - ((a - b) / 2)^2: the error of the mean of two, less what their spread adds.
            a, b = differences
            error = tf.reduce_mean(((a + b) / 2) ** 2 - ((a - b) / 2) ** 2)
        else:
            error = tf.reduce_mean(tf.concat(differences, 0) ** 2)
        fake = tf.concat([gan.discriminator(tf.concat([each, holes], -1)) for each in filled], 0)
        real = gan.discriminator(tf.concat([faces, holes], -1))
        gen_loss = tf.reduce_mean(entropy(tf.ones_like(fake), fake))
        loss = error + 0.5 * gen_loss
        of_both = tf.reduce_mean(entropy(tf.ones_like(real), real)) + tf.reduce_mean(entropy(tf.zeros_like(fake), fake))
    slopes = {
        "generator": tape.gradient(loss, gan.generator.trainable_variables),
        "discriminator": tape.gradient(of_both, gan.discriminator.trainable_variables),
    }
    spread = np.mean((differences[0].numpy() - differences[1].numpy()) ** 2) / 2
    expected = {"error": error, "gen_loss": gen_loss, "discr_loss": of_both, "spread": spread}

    found = gan.train_step(None)
    assert found.keys() == expected.keys() == set(gan.loss_names)
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-4, atol=1e-6)
    for name, network in gan.networks.items():
        for old, new, slope in zip(before[name], network.get_weights(), slopes[name]):
            certain = np.abs(slope) > 1e-3
            assert certain.any()
            np.testing.assert_allclose((new - old)[certain], -0.01 * np.sign(slope)[certain], rtol=1e-2)


def test_a_network_for_sizes_that_cannot_be_halved_is_refused():
    with pytest.raises(InputError, match="10 pixels wide, which cannot be halved 2 times"):
        inpainting_generator(10, 3)


# ---- The spread ----


def test_perfect_answers_have_a_spread_equal_to_the_error_of_their_mean():
    """Truth and answers are drawn from the same distribution, whose deviation is another one in each pixel."""
    random = np.random.default_rng(0)
    deviations = np.linspace(0.05, 0.3, 16).reshape(4, 4)
    centre = random.random((2000, 4, 4))
    truth = centre + deviations * random.standard_normal(centre.shape)
    answers = centre + deviations * random.standard_normal((5, *centre.shape))
    hidden = np.ones(centre.shape, bool)
    hidden[:, 0, 0] = False
    measures, spreads, errors = training.measure_spread(answers, truth, hidden, centre)
    expected = np.sqrt((deviations**2).ravel()[1:].mean())
    assert measures["spread"] == pytest.approx(expected, rel=0.02)
    assert measures["error"] == pytest.approx(expected, rel=0.02)
    assert measures["correlation"] > 0.99
    assert np.isnan(spreads[0, 0]) and np.isnan(errors[0, 0])
    np.testing.assert_allclose(spreads.ravel()[1:], deviations.ravel()[1:], rtol=0.05)
    np.testing.assert_allclose(errors.ravel()[1:], deviations.ravel()[1:], rtol=0.1)
    # A map that is turned round has the opposite order.
    turned, _, _ = training.measure_spread(answers[:, :, ::-1, ::-1], truth, hidden, centre)
    assert turned["correlation"] < -0.9


# ---- The script ----


class Stop(Exception):
    pass


def test_the_script_runs_end_to_end_and_resumes(tmp_path, monkeypatch, eagerly, capsys, some_faces):
    """Stopped between training and measures, and resumed, it does not train again."""
    for name, smaller in {"ANSWERS": 6, "HOLES_OF_A_KIND": 4, "FRAMES": 1}.items():
        monkeypatch.setattr(training, name, smaller)
    monkeypatch.setattr(lab, "inpainting_generator", lambda *a, **o: inpainting_generator(*a, channels=(4, 5, 6), **o))
    arguments = ["--steps", "2", "--batch-size", "2", "--faces", str(some_faces), "--output", str(tmp_path / "output")]

    def load():
        raise Stop

    with monkeypatch.context() as patch:
        patch.setattr(FaceEncoder, "load", load)
        with pytest.raises(Stop):
            lab.main(arguments)
    monkeypatch.setattr(lab.InpaintingGAN, "train_steps", None)
    lab.main([*arguments, "--resume"])
    printed = capsys.readouterr().out
    measures = json.loads((tmp_path / "output" / "record.json").read_text())["measures"]
    methods = ("mean fill", "nearest face", "ridge regression", "GAN", "GAN, mean of answers")
    assert list(measures["rows"]) == [f"{kind}: {method}" for kind in HOLES for method in methods]
    assert list(measures["spreads"]) == list(HOLES)
    assert all(name in printed for name in measures["rows"])
    files = {file.name for file in (tmp_path / "output").iterdir()}
    assert files == {"answers.png", "faces.png", "record.json", "spread.png", "training.gif"}


def test_the_command_line_answers_at_once(tmp_path):
    options = ("--steps", "--resume", "--seed", "--output", "--faces", "--answers", "--adversarial", "--latents")
    assert_answered_at_once("labs/inpainting.py", options, [["--answers", "two"], ["--steps", "0"]], tmp_path)
