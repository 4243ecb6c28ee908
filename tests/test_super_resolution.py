"""Super-resolution: its measures against loops and closed forms, its layers, one training step, and the script."""

import json

import numpy as np
import pytest
import tensorflow as tf
from command_lines import assert_answered_at_once
from PIL import Image
from tensorflow import keras

from gankit import metrics
from gankit.errors import InputError
from gankit.faces import FaceScaling
from gankit.faces.changes import reduced
from gankit.networks import SubPixel, picture_discriminator, residual_upsampler
from gankit.networks.face_encoder import FaceEncoder
from gankit.training import pairs
from gankit.training import super_resolution as training
from gankit.training.callbacks import Snapshots
from labs import super_resolution as lab


def pictures(*shape, seed=0):
    return np.random.default_rng(seed).random(shape)


# ---- Measures ----


def test_the_peak_signal_to_noise_ratio_in_closed_form():
    truth = pictures(3, 4, 5)
    off = np.array([0.1, -0.01, 0.0])[:, None, None]
    np.testing.assert_allclose(metrics.peak_signal_to_noise(truth + off, truth), [20, 40, np.inf])
    # Twice the squared error is 10 log10(2) less.
    np.testing.assert_allclose(metrics.peak_signal_to_noise(truth + np.sqrt(2) * 0.1, truth), 20 - 10 * np.log10(2))
    # Half of the pixels are off by 0.2: the mean of the squares counts, not the mean of the differences.
    half = truth + 0.2 * (np.arange(4) % 2)[None, :, None]
    np.testing.assert_allclose(metrics.peak_signal_to_noise(half, truth), -10 * np.log10(0.02))


def test_the_structural_similarity_is_that_of_a_loop_over_windows():
    first, second = pictures(2, 2, 13, 15)
    weights = np.array([[np.exp(-(i * i + j * j) / (2 * 1.5**2)) for j in range(-5, 6)] for i in range(-5, 6)])
    weights /= weights.sum()
    expected = []
    for one, other in zip(first, second):
        values = []
        for top in range(3):
            for left in range(5):
                x, y = (each[top : top + 11, left : left + 11] for each in (one, other))
                mx, my = (weights * x).sum(), (weights * y).sum()
                vx, vy = (weights * (x - mx) ** 2).sum(), (weights * (y - my) ** 2).sum()
                covariance = (weights * (x - mx) * (y - my)).sum()
                values.append(
                    (2 * mx * my + 1e-4) * (2 * covariance + 9e-4) / ((mx * mx + my * my + 1e-4) * (vx + vy + 9e-4))
                )
        expected.append(np.mean(values))
    np.testing.assert_allclose(metrics.structural_similarity(first, second), expected, rtol=1e-10)
    np.testing.assert_allclose(metrics.structural_similarity(second, first), expected, rtol=1e-10)


def test_the_structural_similarity_in_closed_form():
    noise = pictures(1, 16, 16)
    np.testing.assert_allclose(metrics.structural_similarity(noise, noise), 1)
    # Flat pictures differ in their brightness alone.
    flat = np.ones((1, 11, 11))
    expected = (2 * 0.2 * 0.6 + 1e-4) / (0.2**2 + 0.6**2 + 1e-4)
    np.testing.assert_allclose(metrics.structural_similarity(0.2 * flat, 0.6 * flat), expected)
    # The negative has the opposite structure.
    assert metrics.structural_similarity(noise, 1 - noise) < -0.5


def test_the_structural_similarity_is_that_of_scikit_image():
    measure = pytest.importorskip("skimage.metrics").structural_similarity
    first, second = pictures(2, 4, 32, 32)
    second = (first + second) / 2
    options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 1.0}
    expected = [measure(one, other, **options) for one, other in zip(first, second)]
    np.testing.assert_allclose(metrics.structural_similarity(first, second), expected, rtol=1e-10)


@pytest.mark.parametrize("first, second", [((2, 11, 11), (2, 11, 12)), ((2, 10, 11), (2, 10, 11)), ((11, 11),) * 2])
def test_pictures_that_have_no_window_are_refused(first, second):
    with pytest.raises(ValueError, match="11x11"):
        metrics.structural_similarity(np.zeros(first), np.zeros(second))


# ---- Layers and networks ----


def test_four_channels_become_the_four_pixels_of_a_square():
    maps = pictures(2, 3, 4, 8)
    found = SubPixel()(maps.astype("f")).numpy()
    assert found.shape == (2, 6, 8, 2) == tuple(SubPixel().compute_output_shape((2, 3, 4, 8)))
    for row, column, channel in np.ndindex(6, 8, 2):
        source = maps[:, row // 2, column // 2, 2 * (2 * (row % 2) + column % 2) + channel]
        np.testing.assert_allclose(found[:, row, column, channel], source, rtol=1e-6)


def test_an_untrained_network_is_the_bicubic_interpolation_of_pillow():
    network = residual_upsampler(8, channels=4, blocks=1, seed=0)
    low = pictures(3, 8, 8).astype("f")
    # Pillow's results are not cut here.
    expected = [np.asarray(Image.fromarray(each).resize((32, 32), Image.Resampling.BICUBIC)) for each in low]
    np.testing.assert_allclose(network(low[..., None])[..., 0], expected, atol=1e-5)
    np.testing.assert_allclose(training.bicubic(low), np.clip(expected, 0, 1))
    # Its last layer alone begins at 0, so it gets a gradient, and all others do after a step.
    zero = [array.size for array in network.get_weights() if array.ndim == 4 and not array.any()]
    assert len(zero) == 1


def test_a_network_is_made_again_from_its_configuration():
    network = residual_upsampler(4, 1, channels=4, blocks=1, seed=0)
    network.set_weights([array + 0.1 for array in network.get_weights()])
    again = keras.Model.from_config(network.get_config())
    again.set_weights(network.get_weights())
    low = pictures(2, 4, 4, 1).astype("f")
    np.testing.assert_array_equal(again(low), network(low))
    assert network.output_shape == (None, 8, 8, 1)


def test_a_discriminator_sees_all_channels_and_refuses_sizes_that_cannot_be_halved():
    discriminator = picture_discriminator(8, 2, (3, 4), seed=0)
    pair = pictures(2, 8, 8, 2).astype("f")
    scores = discriminator(pair).numpy()
    assert scores.shape == (2, 1)
    for channel in range(2):
        changed = pair.copy()
        changed[..., channel] *= 0.5
        assert (discriminator(changed).numpy() != scores).all()
    with pytest.raises(InputError, match="10 pixels wide, which cannot be halved 2 times"):
        picture_discriminator(10, widths=(2, 2, 2))


def test_repeated_pixels_have_the_same_means():
    low = pictures(2, 3, 3)
    np.testing.assert_allclose(reduced(training.nearest(low), 4), low)


# ---- The training step ----


def make_model(weight=None, seed=0):
    generator = residual_upsampler(8, 2, channels=4, blocks=1, seed=seed)
    # Without the zeros of the last layer, every layer has a gradient.
    random = np.random.default_rng(seed)
    generator.set_weights([array + 0.1 * random.standard_normal(array.shape) for array in generator.get_weights()])
    low, high = (2 * pictures(4, side, side, 1, seed=side).astype("f") - 1 for side in (8, 32))
    options = {"seed": seed, "decoding": FaceScaling.symmetric()}
    if weight is None:
        return lab.SRResNet({"generator": generator}, low, high, 4, 0.01, **options)
    networks = {"generator": generator, "discriminator": picture_discriminator(32, 2, (2, 3, 4), seed=seed)}
    return lab.SRGAN(networks, low, high, 4, 0.01, weight=weight, **options)


def logistic(scores):
    return 1 / (1 + np.exp(-scores.numpy().astype(np.float64)))


@pytest.mark.parametrize("weight", [None, 0.5])
def test_one_step_is_that_of_a_derivation(eagerly, weight):
    """Adam moves each weight at first by its rate, against the sign of the slope, if the slope is not tiny."""
    model = make_model(weight)
    low, high = model._examples.tensors["pairs"]
    model.draw = lambda name, size: (low, high)
    before = {name: network.get_weights() for name, network in model.networks.items()}

    # ---- The losses, written anew ----
    beside = tf.constant(training.nearest(low.numpy()))
    entropy = tf.nn.sigmoid_cross_entropy_with_logits
    with tf.GradientTape(persistent=True) as tape:
        restored = model.generator(low)
        squared = tf.reduce_mean(tf.square(high - restored))
        loss = squared
        if weight:
            fake = model.discriminator(tf.concat([restored, beside], -1))
            real = model.discriminator(tf.concat([high, beside], -1))
            loss = squared + weight * tf.reduce_mean(entropy(tf.ones_like(fake), fake))
            of_both = tf.reduce_mean(entropy(tf.ones_like(real), real) + entropy(tf.zeros_like(fake), fake))
    expected = {"squared_error": np.mean((high.numpy() - restored.numpy()) ** 2)}
    slopes = {"generator": tape.gradient(loss, model.generator.trainable_variables)}
    if weight:
        expected["gen_loss"] = -np.log(logistic(fake)).mean()
        expected["discr_loss"] = -np.log(logistic(real)).mean() - np.log(1 - logistic(fake)).mean()
        slopes["discriminator"] = tape.gradient(of_both, model.discriminator.trainable_variables)

    found = model.train_step(None)
    assert found.keys() == expected.keys() == set(model.loss_names)
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-4)
    for name, network in model.networks.items():
        # D's slopes do not depend on G's move: it sees the pictures from before it.
        for old, new, slope in zip(before[name], network.get_weights(), slopes[name]):
            certain = np.abs(slope) > 1e-3
            assert certain.any()
            np.testing.assert_allclose((new - old)[certain], -0.01 * np.sign(slope)[certain], rtol=1e-2)


def test_the_pairs_that_are_drawn_belong_together():
    model = make_model()
    low, high = model._examples.tensors["pairs"]
    drawn_low, drawn_high = model.draw("pairs", 3)
    for one, other in zip(drawn_low, drawn_high):
        (row,) = np.flatnonzero((low.numpy() == one.numpy()).all(axis=(1, 2, 3)))
        np.testing.assert_array_equal(high[row], other)


# ---- Additions to a run ----


def test_networks_between_two_are_on_a_straight_line():
    first, second = [np.zeros(3), np.full((2, 2), 4.0)], [np.ones(3), np.full((2, 2), 8.0)]
    for share in (0.0, 0.25, 1.0):
        one, other = training.weights_between(first, second, share)
        np.testing.assert_allclose(one, share)
        np.testing.assert_allclose(other, 4 + 4 * share)


def test_all_second_trainings_take_the_same_time():
    plan = training.trainings([0.01, 0.1])
    assert list(plan.items())[0] == (training.FIRST, 0.0)
    steps = {name: training.length(1000, name, weight) for name, weight in plan.items()}
    assert steps[training.FIRST] == 1000 and steps["GAN 0.01"] == steps["GAN 0.1"]
    assert steps["squared error"] == pytest.approx(training.COST * steps["GAN 0.1"])
    assert training.length(1, "GAN 0.1", 0.1) == 1


def test_the_frames_of_two_trainings_follow_each_other():
    films = []
    for start in (0, 10):
        film = Snapshots(lambda start=start: np.full((1, 1), start), every=2)
        film.frames, film.steps = [np.full((1, 1), start + k) for k in range(3)], [0, 2, 4]
        films.append(film)
    frames, steps = training.joined(*films)
    assert steps == [0, 2, 4, 6, 8] and [int(frame[0, 0]) for frame in frames] == [0, 1, 2, 11, 12]


# ---- Faces ----


def test_faces_of_a_file_are_shrunk_and_a_fifth_is_kept_back(tmp_path):
    faces = np.random.default_rng(0).integers(0, 256, (40, 48, 48), np.uint8)
    np.save(tmp_path / "faces.npy", faces)
    known, unseen = pairs.faces_to_restore(tmp_path / "faces.npy", 32, 20, 100, seed=1)
    assert known.shape == (20, 32, 32) and unseen.shape == (8, 32, 32) and known.dtype == unseen.dtype == np.float32
    # Each new pixel covers one and a half old ones in both directions: in thirds of a pixel of the large grid, 3 by 3.
    fine = np.kron(faces, np.ones((1, 2, 2))).reshape(40, 32, 3, 32, 3).mean(axis=(2, 4)) / 255
    rows = [int(np.abs(fine - each).max(axis=(1, 2)).argmin()) for each in (*known, *unseen)]
    assert len(set(rows)) == 28
    np.testing.assert_allclose(np.concatenate([known, unseen]), fine[rows], atol=1e-6)


@pytest.mark.parametrize(
    "shape, text", [((30, 16, 16), "16x16"), ((30, 32, 40), "32x40"), ((10, 32, 32), "at least 18 are needed")]
)
def test_faces_that_are_too_small_or_too_few_are_refused(tmp_path, shape, text):
    np.save(tmp_path / "faces.npy", np.zeros(shape, np.uint8))
    with pytest.raises(InputError, match=text):
        pairs.faces_to_restore(tmp_path / "faces.npy", 32, 20, 10, seed=0)


def test_restored_faces_are_compared_with_the_true_ones():
    truth = pictures(3, 16, 16)
    sets = {"same": truth, "darker": 0.9 * truth, "in another order": truth[::-1]}
    rows = pairs.measure_restored(sets, truth, FaceEncoder.load())
    zero = pytest.approx(0, abs=1e-6)
    assert rows["same"] == {"PSNR": np.inf, "SSIM": pytest.approx(1), "perceptual": 0, "Frechet": zero}
    # A distance between sets does not ask which face belongs to which.
    assert rows["in another order"]["Frechet"] == zero and rows["in another order"]["perceptual"] > 0.1
    expected = -10 * np.log10(0.01 * (truth**2).mean(axis=(1, 2))).mean()
    assert rows["darker"]["PSNR"] == pytest.approx(expected) and rows["darker"]["Frechet"] > 1e-4


def test_redrawn_faces_are_the_unseen_ones_with_other_textures():
    _, unseen = pairs.faces_to_restore(None, 32, 1, 6, seed=3)
    again = pairs.redrawn(6, 32, seed=3)
    assert again.shape == unseen.shape and again.dtype == np.float32 and (again != unseen).mean() > 0.5
    alike = [[np.corrcoef(one.ravel(), other.ravel())[0, 1] for other in unseen] for one in again]
    assert (np.argmax(alike, axis=1) == np.arange(6)).all() and np.min(np.diag(alike)) > 0.8


# ---- The script ----


class Stop(Exception):
    pass


def test_the_script_runs_end_to_end_and_resumes(tmp_path, monkeypatch, eagerly, capsys):
    """Stopped between its trainings and its measures, and resumed, it repeats no training."""
    monkeypatch.setattr(lab, "residual_upsampler", lambda size, seed: residual_upsampler(size, 2, 4, 1, seed))
    np.save(tmp_path / "faces.npy", np.random.default_rng(0).integers(0, 256, (30, 32, 32), np.uint8))
    output = tmp_path / "output"
    arguments = ["--steps", "2", "--batch-size", "2", "--faces", str(tmp_path / "faces.npy"), "--output", str(output)]

    def load():
        raise Stop

    with monkeypatch.context() as patch:
        patch.setattr(FaceEncoder, "load", load)
        with pytest.raises(Stop):
            lab.main([*arguments, "--weights", "0.5"])
    monkeypatch.setattr(lab.SRResNet, "train_steps", None)
    lab.main([*arguments, "--weights", "0.5", "--resume"])
    printed = capsys.readouterr().out
    measures = json.loads((output / "record.json").read_text())["measures"]
    rows = measures["rows"]
    assert list(rows) == ["nearest", "bicubic", training.FIRST, "squared error", "GAN 0.5"]
    assert measures["between"]["0"] == rows["squared error"] and measures["between"]["1"] == rows["GAN 0.5"]
    assert len({row["PSNR"] for row in rows.values()}) == 5 and all(name in printed for name in rows)
    assert all(seconds > 0 for seconds in measures["processor_seconds"].values())
    assert {file.name for file in output.iterdir()} == {"faces.png", "record.json", "trade.png", "training.gif"}
    with Image.open(output / "training.gif") as film:
        assert film.n_frames == 4


def test_the_command_line_answers_at_once(tmp_path):
    options = ("--steps", "--resume", "--seed", "--output", "--faces", "--weights", "--decay")
    assert_answered_at_once("labs/super_resolution.py", options, [["--weights", "-1"], ["--steps", "0"]], tmp_path)
