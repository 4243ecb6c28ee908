"""Smileys: how they are drawn and read back, and the lab that learns them."""

import json

import numpy as np
import pytest
import tensorflow as tf
from command_lines import assert_answered_at_once
from eager import without_graphs
from PIL import Image
from tensorflow import keras

from gankit import metrics, plots
from gankit.datasets import smileys as data
from gankit.datasets.baselines import BASELINES
from gankit.datasets.smiley_reader import TOLERANCE, read_traits
from gankit.errors import InputError
from gankit.faces import FaceScaling
from gankit.networks import LatentGenerator
from gankit.training import smileys as training
from labs import smiley_faces

BLACK, RED, CYAN = (0, 0, 0), (1, 0, 0), (0, 1, 1)


def one(colour, glasses, hat, size=28, shift=(0.0, 0.0)):
    """One face with these traits."""
    return data.draw(np.array([colour]), np.array([glasses]), np.array([hat]), np.array([shift]), size)[0]


# ---- Drawing ----


@pytest.mark.parametrize("colour", range(4))
def test_parts_have_their_places_and_colours(colour):
    skin = [(1, 1, 0), (0, 0, 1), (0, 1, 0), (1, 0.75, 0.8)][colour]
    plain, dressed = one(colour, False, False), one(colour, True, True)
    # A pixel [row, column] has its centre at (column + 0.5, row + 0.5), and the face at (14, 14).
    for picture in (plain, dressed):
        for row, column in [(0, 0), (27, 27), (27, 0), (14, 1), (14, 26), (26, 4)]:
            np.testing.assert_allclose(picture[row, column], BLACK, err_msg="ground")
        for row, column in [(14, 3), (14, 24), (16, 14), (24, 14)]:
            np.testing.assert_allclose(picture[row, column], skin, err_msg="skin")
        for row, column in [(9, 6), (10, 7), (9, 20), (10, 21), (18, 8), (18, 19), (19, 14)]:
            np.testing.assert_allclose(picture[row, column], BLACK, atol=1e-6, err_msg="eyes and mouth")
    # The frames have the radius 3.3 around (7, 10) and (21, 10); the bridge lies at the height of the eyes.
    for row, column in [(13, 6), (13, 7), (13, 20), (13, 21), (9, 14)]:
        np.testing.assert_allclose(dressed[row, column], CYAN, atol=0.31, err_msg="glasses")
        np.testing.assert_allclose(plain[row, column], skin, atol=1e-6)
    for row, column in [(2, 8), (2, 19), (4, 14), (6, 4), (6, 23)]:
        np.testing.assert_allclose(dressed[row, column], RED, err_msg="hat")
        assert not np.allclose(plain[row, column], RED)


def test_areas_are_those_of_the_shapes():
    for size in (28, 56):
        areas = {name: area.sum() * (28 / size) ** 2 for name, area in data.part_areas(np.zeros((1, 2)), size).items()}
        # Smoothing at the edges keeps the area of a disc, and nearly that of thin shapes.
        np.testing.assert_allclose(areas["face"], np.pi * 12**2, rtol=0.003)
        np.testing.assert_allclose(areas["left eye"], np.pi * 2**2, rtol=0.03)
        np.testing.assert_allclose(areas["right lens"], np.pi * (4**2 - 2.6**2), rtol=0.02)
        np.testing.assert_allclose(areas["mouth"], np.pi * 7 * 3 / 2, rtol=0.05)
        np.testing.assert_allclose(areas["hat"], 22 * 2.5 + 14 * 3.5, rtol=0.03)


def test_a_larger_picture_shows_the_same_face():
    small, large = one(3, True, True), one(3, True, True, size=84)
    shrunk = large.reshape(28, 3, 28, 3, 3).mean(axis=(1, 3))
    assert np.abs(shrunk - small).mean() < 0.01 and np.abs(shrunk - small).max() < 0.3


def test_a_shift_of_a_pixel_moves_the_picture_by_a_pixel():
    moved = one(0, True, True, shift=(1.0, -1.0))
    # Only the outermost rows and columns can hold something else.
    np.testing.assert_allclose(moved[:-1, 1:], one(0, True, True)[1:, :-1], atol=1e-5)


def test_seed_and_place_in_the_set_decide_a_picture_and_nothing_else():
    few, many, other = data.smileys(7, seed=3), data.smileys(1500, seed=3), data.smileys(7, seed=4)
    np.testing.assert_array_equal(few.pictures, many.pictures[:7])
    np.testing.assert_array_equal(few.combinations, many.combinations[:7])
    assert not np.array_equal(few.pictures, other.pictures)
    # Places have no influence on the traits.
    still = data.smileys(1500, seed=3, jitter=0.0)
    np.testing.assert_array_equal(still.combinations, many.combinations)
    assert len(np.unique(still.pictures.reshape(1500, -1), axis=0)) == 16
    assert len(np.unique(many.pictures[:300].reshape(300, -1), axis=0)) == 300
    assert many.pictures.dtype == np.float32 and many.pictures.min() == 0 and many.pictures.max() == 1


def test_traits_have_their_shares():
    found, count = data.smileys(20_000, size=16, seed=1), 20_000
    expected = [0.25 * glasses * hat for _ in range(4) for glasses in (0.7, 0.3) for hat in (0.8, 0.2)]
    np.testing.assert_allclose(data.combination_shares(), expected)
    shares = np.bincount(found.combinations, minlength=16) / count
    # Five standard deviations of a binomial share.
    assert (np.abs(shares - expected) < 5 * np.sqrt(np.array(expected) / count)).all()
    assert data.COMBINATIONS[4 * 2 + 2 + 1] == "green with both"


def test_arguments_out_of_range_are_refused():
    for wrong in ({"count": 0}, {"size": 15}, {"jitter": -0.1}, {"jitter": 1.1}, {"jitter": float("nan")}):
        with pytest.raises(InputError, match="a jitter from 0 to 1"):
            data.smileys(**{"count": 3, **wrong})


# ---- Reading ----


def test_the_reader_is_exact_on_ten_thousand_faces():
    real = data.smileys(10_000, seed=11)
    reading = read_traits(real.pictures)
    np.testing.assert_array_equal(reading.colours, real.colours)
    np.testing.assert_array_equal(reading.glasses, real.glasses)
    np.testing.assert_array_equal(reading.hats, real.hats)
    assert reading.valid.all() and reading.counts().sum() == 10_000
    # The docstring of the reader promises this bound.
    assert reading.errors.max() < 0.17


@pytest.mark.parametrize("size", [16, 40, 64])
def test_the_reader_is_exact_at_other_sizes(size):
    real = data.smileys(300, size, seed=12)
    reading = read_traits(real.pictures)
    assert reading.valid.all() and np.array_equal(reading.combinations, real.combinations)


def test_noise_that_a_generator_has_is_forgiven():
    real = data.smileys(1000, seed=13)
    noise = np.random.default_rng(0).normal(0, 0.1, real.pictures.shape)
    reading = read_traits(np.clip(real.pictures + noise, 0, 1))
    assert reading.valid.all() and np.array_equal(reading.combinations, real.combinations)


def erased(picture, part, colour):
    """Paint the area of a part."""
    area = data.part_areas(np.zeros((1, 2)))[part][0][..., None]
    return picture * (1 - area) + area * np.array(colour, np.float32)


CORRUPTIONS = {
    "no left eye": lambda face, skin: erased(face, "left eye", skin),
    "no right eye": lambda face, skin: erased(face, "right eye", skin),
    "no mouth": lambda face, skin: erased(face, "mouth", skin),
    "half a mouth": lambda face, skin: np.where(np.arange(28)[:, None] < 14, face, erased(face, "mouth", skin)),
    "one lens": lambda face, skin: erased(face, "left lens", CYAN),
    "glasses without a bridge": lambda face, skin: erased(erased(face, "left lens", CYAN), "right lens", CYAN),
    "a bridge alone": lambda face, skin: erased(face, "bridge", CYAN),
    "half a hat": lambda face, skin: np.where(np.arange(28)[:, None] < 14, face, erased(face, "hat", RED)),
    "a hat of another colour": lambda face, skin: erased(face, "hat", (0, 1, 1)),
    "a blank disc": lambda face, skin: erased(np.zeros_like(face), "face", skin),
    "eyes and mouth on black": lambda face, skin: np.zeros_like(face),
    "upside down": lambda face, skin: face[::-1],
    "moved by three pixels": lambda face, skin: np.roll(face, 3, axis=1),
    "half of it black": lambda face, skin: np.where(np.arange(28)[:, None] < 14, face, 0.0),
    "white spot": lambda face, skin: np.where((np.indices((28, 28)) < 3).all(axis=0)[..., None], 1.0, face),
    "darker by half": lambda face, skin: face / 2,
    "gray": lambda face, skin: np.repeat(face.mean(axis=2, keepdims=True), 3, axis=2),
    "inverted": lambda face, skin: 1 - face,
}


@pytest.mark.parametrize("name", CORRUPTIONS)
@pytest.mark.parametrize("colour", range(4))
def test_what_is_no_face_is_refused(name, colour):
    face = one(colour, False, False)
    if (name, colour) == ("gray", 3):
        pytest.skip("light gray is nearer to pink than any limit between two colours")
    assert read_traits(face[None]).valid.all()
    assert not read_traits(CORRUPTIONS[name](face, data.PALETTE[colour])[None]).valid.any()


def test_noise_and_gray_are_refused():
    random = np.random.default_rng(0)
    for pictures in (random.random((200, 28, 28, 3)), np.full((2, 28, 28, 3), 0.5), np.ones((2, 28, 28, 3))):
        assert not read_traits(pictures).valid.any()


def test_what_lies_between_two_faces_is_refused():
    faces = np.stack([one(*traits) for traits in np.ndindex(4, 2, 2)])
    for first in range(16):
        for second in range(first):
            assert not read_traits((faces[first] + faces[second])[None] / 2).valid.any(), (first, second)


def test_colours_between_two_are_refused():
    for first in range(4):
        for second in range(first):
            skin = (data.PALETTE[first] + data.PALETTE[second]) / 2
            area = data.part_areas(np.zeros((1, 2)))
            face = area["face"][0][..., None] * skin
            for part in ("left eye", "right eye", "mouth"):
                face = face * (1 - area[part][0][..., None])
            reading = read_traits(face[None])
            assert not reading.valid.any() and reading.errors[0] > TOLERANCE + 0.1


def test_pictures_of_another_shape_are_refused():
    for shape in ((2, 28, 28), (2, 28, 28, 1), (2, 28, 27, 3), (0, 28, 28, 3)):
        with pytest.raises(InputError, match=r"\(n, size, size, 3\)"):
            read_traits(np.zeros(shape))


# ---- Measures ----


def test_total_variation_is_the_share_that_must_be_replaced():
    assert metrics.total_variation([0.5, 0.5, 0], [0.5, 0.25, 0.25]) == pytest.approx(0.25)
    assert metrics.total_variation([1, 0], [0, 1]) == 1 and metrics.total_variation([0.3, 0.7], [0.3, 0.7]) == 0
    for wrong in ([0.5, 0.6], [1.5, -0.5], [1.0]):
        with pytest.raises(ValueError, match="shares must"):
            metrics.total_variation(wrong, [0.5, 0.5])


def test_copies_are_told_from_new_examples():
    random = np.random.default_rng(0)
    training, fresh, new = random.standard_normal((3, 400, 3))
    noise = 0.01 * random.standard_normal(training.shape)
    assert metrics.copied_share(training + noise, training, fresh) > 0.97
    assert metrics.copied_share(fresh + noise, training, fresh) < 0.03
    # Five standard deviations of a share of 400.
    assert abs(metrics.copied_share(new, training, fresh) - 0.5) < 0.125
    assert metrics.copied_share(new, training, training) == 0.5, "ties count half"
    with pytest.raises(ValueError, match="must be equal"):
        metrics.copied_share(new, training, fresh[1:])


def test_the_distance_counts_what_is_no_face_as_wrong():
    real = data.smileys(4000, size=16, seed=5).pictures
    # A true sample: the mean of half the sum of |share - p| over 16 shares of 4,000 is below this bound.
    bound = np.sqrt(data.combination_shares() / 4000).sum() / 2
    assert 0 < training.distance_to_data(read_traits(real)) < bound
    half = real.copy()
    half[::2] = 0.5
    assert training.distance_to_data(read_traits(half)) == pytest.approx(0.5, abs=2 * bound)
    one_kind = np.repeat(one(1, False, False, size=16)[None], 10, axis=0)
    assert training.distance_to_data(read_traits(one_kind)) == pytest.approx(1 - 0.14)


def test_traits_are_counted():
    kinds = [(0, True, False)] * 3 + [(2, False, True)] * 5
    pictures = np.stack([one(*kind) for kind in kinds] + [np.zeros((28, 28, 3), np.float32)] * 2)
    found = training.measure_traits(pictures)
    assert found["valid"] == 0.8 and found["combinations"] == 2 and len(found["never_generated"]) == 14
    assert "yellow with glasses" not in found["never_generated"] and "pink" in found["never_generated"]
    assert (found["yellow"], found["green"], found["blue"]) == (3 / 8, 5 / 8, 0)
    assert (found["glasses"], found["hat"]) == (3 / 8, 5 / 8)
    assert found["shares"][2] == 0.3 and found["shares"][9] == 0.5 and sum(found["shares"]) == pytest.approx(0.8)


def test_the_report_puts_generators_between_floor_and_baselines(monkeypatch):
    monkeypatch.setattr(training, "FACES_MEASURED", 2000)
    real = data.smileys(400, size=16, seed=0).pictures
    rows = training.report(real, {"perfect": data.smileys(2000, size=16, seed=77).pictures}, 1.0, seed=0)
    assert set(rows) == {"perfect", "real", *BASELINES}
    for name in ("perfect", "real"):
        assert rows[name]["valid"] == 1 and rows[name]["total_variation"] < 0.08
        assert abs(rows[name]["copied"] - 0.5) < 0.1 and rows[name]["combinations"] == 16
    assert rows["gaussian"]["valid"] < 0.2 and rows["independent_pixels"]["valid"] == 0
    assert rows["noisy_copies"]["valid"] > 0.99 and rows["noisy_copies"]["copied"] > 0.95
    # Noise of deviation 0.1 in each of 768 values, half of it cut away where intensities are 0 or 1.
    assert 0 < rows["noisy_copies"]["nearest_distance"] < 0.1 * 768**0.5
    printed = training.table(rows)
    assert printed.count("\n") == len(rows) and "no GAN: a Gaussian" in printed


# ---- The lab ----


def small_gan(smoothing, r1, batch=6):
    """A linear GAN on pictures of 2 x 2 pixels, and what it learns from."""
    generator = keras.Sequential([keras.Input((2,)), keras.layers.Dense(12), keras.layers.Reshape((2, 2, 3))])
    discriminator = keras.Sequential([keras.Input((2, 2, 3)), keras.layers.Flatten(), keras.layers.Dense(1)])
    real = np.random.default_rng(1).uniform(-1, 1, (batch, 2, 2, 3)).astype(np.float32)
    gan = smiley_faces.Smiley_GAN(
        generator,
        discriminator,
        LatentGenerator(2, seed=5),
        real,
        batch_size=batch,
        disc_iter=1,
        learning_rate=0.1,
        smoothing=smoothing,
        r1=r1,
        seed=0,
    )
    return gan, real.reshape(batch, 12)


def sigmoid(values):
    return 1 / (1 + np.exp(-values))


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_losses_are_cross_entropies_with_a_smoothed_target_and_halved(smoothing):
    gan, _ = small_gan(smoothing, 0.0)
    random = np.random.default_rng(0)
    real, fake = 3 * random.standard_normal((2, 50, 1))
    on_real, on_fake, target = sigmoid(real), sigmoid(fake), 1 - smoothing
    expected = np.mean(-target * np.log(on_real) - (1 - target) * np.log(1 - on_real)) - np.mean(np.log(1 - on_fake))
    found = gan.discriminator_loss(tf.constant(real), tf.constant(fake))
    np.testing.assert_allclose(found, expected / 2, rtol=1e-9)
    np.testing.assert_allclose(gan.generator_loss(tf.constant(fake)), -np.mean(np.log(on_fake)), rtol=1e-9)
    # The best answer to real examples is the target itself.
    logits = tf.constant(np.linspace(-6, 6, 2401)[:, None])
    losses = [float(gan.cross_entropy(1.0 - 0.1, logit)) for logit in logits]
    assert sigmoid(logits.numpy()[np.argmin(losses), 0]) == pytest.approx(0.9, abs=1e-3)


def test_losses_of_certain_answers_are_finite():
    gan, _ = small_gan(0.1, 0.0)
    certain = tf.constant([[-2000.0], [2000.0]])
    assert float(gan.generator_loss(certain)) == 1000
    assert float(gan.discriminator_loss(certain, certain)) == pytest.approx((0.5 * (1800 + 200) + 0.5 * 2000) / 2)


@pytest.mark.parametrize(("smoothing", "r1"), [(0.0, 0.0), (0.1, 0.0), (0.1, 3.0)])
def test_one_step_is_that_of_a_derivation_by_hand(smoothing, r1, monkeypatch):
    gan, real = small_gan(smoothing, r1)
    kernel, bias = (weight.numpy().astype(np.float64) for weight in gan.generator.trainable_variables)
    w, b = (weight.numpy().astype(np.float64) for weight in gan.discriminator.trainable_variables)
    latents = LatentGenerator(2, seed=5)
    first, second = latents(6).numpy(), latents(6).numpy()
    gradients = []
    for network in (gan.discriminator, gan.generator):
        apply = network.optimizer.apply_gradients

        def recorded(pairs, apply=apply):
            pairs = list(pairs)
            gradients.append([np.asarray(gradient) for gradient, _ in pairs])
            return apply(pairs)

        monkeypatch.setattr(network.optimizer, "apply_gradients", recorded)
    losses = gan.train_step(None)
    of_discriminator, of_generator = gradients

    # D = x w + b. The derivative of a cross-entropy by the logit is the sigmoid minus the target.
    fake = first @ kernel + bias
    on_real, on_fake = sigmoid(real @ w + b), sigmoid(fake @ w + b)
    slope_w = (real.T @ (on_real - (1 - smoothing)) + fake.T @ on_fake) / 12 + r1 * w
    slope_b = ((on_real - (1 - smoothing)).sum() + on_fake.sum()) / 12
    np.testing.assert_allclose(of_discriminator[0], slope_w, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(of_discriminator[1], [slope_b], rtol=1e-4, atol=1e-6)
    target = 1 - smoothing
    of_real = -np.mean(target * np.log(on_real) + (1 - target) * np.log(1 - on_real))
    np.testing.assert_allclose(losses["discr_loss"], (of_real - np.mean(np.log(1 - on_fake))) / 2, rtol=1e-5)

    # G follows, on new latents, against the D that has just been updated.
    w, b = (weight.numpy().astype(np.float64) for weight in gan.discriminator.trainable_variables)
    assert w[0, 0] != 0
    errors = sigmoid((second @ kernel + bias) @ w + b) - 1
    np.testing.assert_allclose(of_generator[0], second.T @ (errors * w.T) / 6, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(of_generator[1], (errors * w.T).mean(axis=0), rtol=1e-4, atol=1e-6)
    # Adam's first step has the length of the learning rate, against the gradient; its epsilon shortens small ones.
    moved, steep = gan.generator.trainable_variables[0].numpy() - kernel, np.abs(of_generator[0]) > 1e-3
    np.testing.assert_array_equal(np.sign(moved), -np.sign(of_generator[0]))
    np.testing.assert_allclose(np.abs(moved[steep]), 0.1, rtol=0.01)


def test_the_usual_recipe_is_that_of_the_coursework():
    usual = smiley_faces.RECIPES["usual"]
    assert (usual["batch_size"], usual["hidden_units"], usual["learning_rate"]) == (64, 256, 0.0002)
    assert (usual["beta_1"], usual["beta_2"], usual["smoothing"], usual["keep"]) == (0.5, 0.999, 0.1, "gen_loss")
    assert (usual["r1"], usual["decay"], usual["averaging"], usual["pictures"]) == (0, 0, 0, 2000)
    assert usual["steps"] == 300 * 32 and 31 * 64 < 2000 <= 32 * 64
    assert (usual["latents"], usual["signs"], usual["hidden_layers"]) == (100, 0, 1)
    generator, discriminator = smiley_faces.dense_pair(100, 0, 1, 256, seed=0)
    # Weights and biases of 100 -> 256 -> 2352 and four numbers of each batch-normalised unit; 2352 -> 256 -> 1.
    assert generator.count_params() == 100 * 256 + 256 + 4 * 256 + 256 * 2352 + 2352
    assert discriminator.count_params() == 2352 * 256 + 256 + 256 + 1
    assert np.abs(generator(tf.random.normal((50, 100), seed=1))).max() <= 1


class FixedGenerator:
    """Stands for a GAN: a network with one weight, the brightness of a picture."""

    def __init__(self, decoding):
        inputs = keras.Input((3,))
        layer = keras.layers.Dense(4 * 4 * 3, use_bias=False, kernel_initializer="zeros")
        self.generator = keras.Model(inputs, keras.layers.Reshape((4, 4, 3))(layer(inputs)))
        self.decoding = decoding

    def require_latent_generator(self):
        return LatentGenerator(3, seed=0)


def test_each_measure_keeps_the_weights_of_its_lowest_value(monkeypatch):
    middle = np.array(0.5, np.float32)
    gan = FixedGenerator(FaceScaling(middle, middle))
    distances = iter([0.9, 0.3, 0.4, 0.3, 0.8])
    losses = [2.0, 3.0, 1.5, 4.0, float("nan")]

    class Unread:
        valid = np.array([True, False])

    monkeypatch.setattr(training, "read_traits", lambda pictures: Unread())
    monkeypatch.setattr(training, "distance_to_data", lambda reading: next(distances))
    chosen = training.SmileyCheckpoints(gan, 0.0, steps=60 * 4, seed=0)
    for number, loss in enumerate(losses, 1):
        gan.generator.layers[1].kernel.assign(np.full((3, 48), number, np.float32))
        # Four steps make a checkpoint; its loss is the mean over them.
        for batch, change in enumerate((-0.5, 0.5)):
            chosen.on_train_batch_end(4 * (number - 1) + 2 * batch + 1, {"gen_loss": loss + change})
    assert chosen.steps == [4, 8, 12, 16, 20]
    assert chosen.values["distance"] == [0.9, 0.3, 0.4, 0.3, 0.8] and chosen.values["valid"] == [0.5] * 5
    np.testing.assert_allclose(chosen.values["gen_loss"], losses)
    # The first of two equal values is kept, and a value that is not a number never is.
    assert (chosen.kept("distance"), chosen.kept("gen_loss")) == (1, 2)

    other = training.SmileyCheckpoints(gan, 0.0, steps=60 * 4, seed=0)
    other.restore_arrays(chosen.state_arrays())
    for each in (chosen, other):
        for measure, number in (("distance", 2), ("gen_loss", 3)):
            each.generate(measure, 2)
            assert each.averaged.get_weights()[0][0, 0] == number
        assert each.steps == chosen.steps and each.kept("gen_loss") == 2


SMALL = ["--steps", "5", "--batch-size", "8", "--hidden-units", "12", "--pictures", "60", "--seed", "3"]


def measure_few(patch):
    """Let the report read few faces, because it takes longer than a small training."""
    patch.setattr(training, "FACES_MEASURED", 2000)
    patch.setattr(training, "FACES_CHOOSING", 100)
    patch.setattr(training, "FACES_COMPARED", 300)
    # A Gaussian of 2352 pixels takes two seconds; the test of the report draws one of smaller pictures.
    patch.setattr(training, "BASELINES", {"noisy_copies": BASELINES["noisy_copies"]})


@pytest.fixture(scope="module", params=["default", "usual"])
def lab_run(request, tmp_path_factory):
    out = tmp_path_factory.mktemp("smileys") / "out"
    with pytest.MonkeyPatch.context() as patch, without_graphs():
        measure_few(patch)
        smiley_faces.main([*SMALL, "--recipe", request.param, "--output", str(out)])
    return request.param, out


def test_the_lab_leaves_pictures_an_animation_and_a_record(lab_run):
    recipe, out = lab_run
    names = {"faces.png", "combinations.png", "checkpoints.png", "training.gif", "record.json"}
    assert {path.name for path in out.iterdir()} == names
    for name in ("faces.png", "combinations.png", "checkpoints.png"):
        picture = np.asarray(Image.open(out / name).convert("L"), float)
        assert min(picture.shape) > 80 and picture.std() > 5, f"{name} is blank"
    # One frame at the start, and one after each step.
    assert Image.open(out / "training.gif").n_frames == 6
    record = json.loads((out / "record.json").read_text())
    assert record["settings"]["recipe"] == recipe and record["settings"]["seed"] == 3
    measures = record["measures"]
    assert measures["kept_by"] == smiley_faces.RECIPES[recipe]["keep"] and 1 <= measures["kept_step"] <= 5
    # After five steps there are no faces yet, and the reader must say so.
    assert measures["valid"] == 0 and measures["total_variation"] == 1
    assert set(measures["rows"]) == {"distance", "gen_loss", "real", "noisy_copies"}
    assert measures["rows"]["real"]["valid"] == 1 and measures["rows"]["real"]["total_variation"] < 0.07


@pytest.mark.parametrize("lab_run", ["default"], indirect=True)
def test_a_resumed_run_ends_like_one_that_never_stopped(lab_run, tmp_path, monkeypatch, eagerly):
    recipe, whole = lab_run
    small, halved = [*SMALL, "--recipe", recipe], tmp_path / "halved"
    measure_few(monkeypatch)
    take = training.SmileyCheckpoints.after_steps

    def interrupted(self, steps, logs):
        if self.steps_made == 3:
            raise KeyboardInterrupt
        take(self, steps, logs)

    monkeypatch.setattr(training.SmileyCheckpoints, "after_steps", interrupted)
    with pytest.raises(KeyboardInterrupt):
        smiley_faces.main([*small, "--output", str(halved), "--checkpoint-every", "0"])
    monkeypatch.setattr(training.SmileyCheckpoints, "after_steps", take)
    smiley_faces.main([*small, "--output", str(halved), "--resume"])
    first, second = (np.asarray(Image.open(folder / "faces.png").convert("RGB"), float) for folder in (whole, halved))
    # The caption is the same too: resuming is not a setting. Keras 2's dropout is not used, so only rounding differs.
    assert np.abs(first - second).max() <= 2


def test_help_and_mistakes_are_answered_without_tensorflow(tmp_path):
    options = ("--seed", "--output", "--steps", "--resume", "--smoothing", "--keep", "--jitter")
    mistakes = (["--smoothing", "1"], ["--jitter", "-1"], ["--keep", "luck"])
    assert_answered_at_once("labs/smiley_faces.py", options, mistakes, tmp_path)


# ---- Pictures ----


def test_coloured_pictures_are_tiled_like_gray_ones():
    random = np.random.default_rng(0)
    coloured = random.random((5, 3, 4, 3)).astype(np.float32)
    tiled = plots.tile(coloured, columns=2)
    assert tiled.shape == (11, 9, 3)
    for channel in range(3):
        np.testing.assert_array_equal(tiled[..., channel], plots.tile(coloured[..., channel], columns=2))
    np.testing.assert_array_equal(tiled[4:7, 5:9], coloured[3])
    assert (tiled[8:, 5:] == 1).all(), "an empty place is white"
