"""Domain transfer: the two kinds of faces, the buffer, one training step by hand, measures on stand-ins, the script."""

import json

import numpy as np
import oracle
import pytest
import tensorflow as tf
from PIL import Image
from tensorflow import keras

from gankit.errors import InputError
from gankit.faces import FaceScaling, domains
from gankit.models import PictureBuffer
from gankit.networks.translation import patch_discriminator, translator
from gankit.randomness import make_stream
from gankit.training import translation as training
from labs import domain_transfer as lab

# ---- Data: each pair differs in one thing ----


@pytest.fixture(scope="module")
def glasses():
    return domains.two_domains("glasses", 8, seed=3, test_people=40)


@pytest.fixture(scope="module")
def light():
    return domains.two_domains("light", 8, seed=3, test_people=40)


def test_pairs_are_one_person_and_training_sets_are_not(glasses, light):
    for faces in (glasses, light):
        sets = (faces.source, faces.target, faces.partners, faces.test_source, faces.test_target)
        assert [each.shape for each in sets] == 3 * [(8, 16, 16)] + 2 * [(40, 16, 16)]
        assert all(each.dtype == np.float32 and 0 <= each.min() < each.max() <= 1 for each in sets)
        near = np.abs(faces.source - faces.partners).mean(axis=(1, 2))
        for others in (faces.target, faces.test_target[:8]):
            assert (near < np.abs(faces.source - others).mean(axis=(1, 2))).mean() > 0.7
        assert np.array_equal(faces.source, domains.two_domains(faces.task, 8, 3, 1).source)
        assert not np.array_equal(faces.source, domains.two_domains(faces.task, 8, 4, 1).source)


def test_glasses_darken_the_region_of_the_eyes_and_light_moves_to_the_other_side(glasses, light):
    change = (glasses.test_target - glasses.test_source).mean(axis=0)
    rows, columns = np.unravel_index(np.argsort(change.ravel())[:12], (16, 16))
    assert change.min() < -0.05 and rows.min() >= 4 and rows.max() <= 9 and columns.min() >= 1
    # Row by row, the half of the face that the light comes from is brighter.
    middle = slice(5, 12)
    for faces, left_is_brighter in ((light.test_source, True), (light.test_target, False)):
        left, right = faces[:, middle, 2:7].mean(), faces[:, middle, 9:14].mean()
        assert (left > right + 0.1) if left_is_brighter else (right > left + 0.1)


def test_an_unknown_task_is_refused():
    with pytest.raises(InputError, match="'beards'.*glasses, light"):
        domains.two_domains("beards", 8, 0)


# ---- The buffer ----


def numbered(first, count):
    return tf.reshape(tf.range(first, first + count, dtype=tf.float32), (count, 1, 1, 1)) * tf.ones((1, 2, 2, 1))


def numbers(pictures):
    pictures = np.asarray(pictures)
    assert (pictures == pictures[:, :1, :1, :1]).all(), "a picture was mixed with another one"
    return sorted(pictures[:, 0, 0, 0].astype(int).tolist())


def test_the_buffer_loses_no_picture_and_doubles_none():
    buffer = PictureBuffer(6, (2, 2, 1), make_stream(0))
    exchange = tf.function(buffer.exchange)
    held, older, given = [], 0, 0
    for step in range(60):
        new = list(range(1 + 4 * step, 5 + 4 * step))
        before = list(held)
        returned = numbers(exchange(numbered(new[0], 4)))
        held = numbers(buffer.pictures.numpy()[buffer.filled.numpy()])
        if step == 0:
            # All places are empty: copies stay, and the pictures themselves are returned.
            assert returned == new == held
        if len(before) == 6:
            assert sorted(returned + held) == sorted(new + before)
            older, given = older + len(set(returned) - set(new)), given + 4
        assert len(held) == len(set(held)) and set(returned) <= set(new) | set(before)
    # A fair coin: four standard errors of a share.
    assert abs(older / given - 0.5) < 4 * 0.5 / np.sqrt(given)
    # A place is exchanged in a third of the steps, so none is older than 34 steps, but for a chance of 1e-5.
    assert min(held) > 100


def test_the_buffer_s_pictures_come_from_every_place():
    buffer = PictureBuffer(5, (1,), make_stream(1))
    buffer.pictures.assign(np.arange(5.0)[:, None])
    buffer.filled.assign(np.ones(5, bool))
    seen = set()
    for _ in range(60):
        seen.add(float(buffer.exchange(tf.constant([[-1.0]]))[0, 0]))
    assert seen == {-1.0, 0.0, 1.0, 2.0, 3.0, 4.0}


def test_a_buffer_without_places_returns_everything_and_a_small_one_refuses():
    pictures = numbered(1, 4)
    np.testing.assert_array_equal(PictureBuffer(0, (2, 2, 1), make_stream(0)).exchange(pictures), pictures)
    with pytest.raises(InputError, match="keeps 3 pictures, but a batch has 4"):
        PictureBuffer(3, (2, 2, 1), make_stream(0)).exchange(pictures)


# ---- Networks ----


def test_a_correction_is_nothing_at_first_and_a_picture_is_bounded():
    pictures = np.random.default_rng(0).normal(size=(3, 8, 8, 1)).astype(np.float32)
    network = translator(side=8, channels=(2, 3), blocks=1, seed=1)
    np.testing.assert_array_equal(network(pictures), pictures)
    drawn = translator("picture", side=8, channels=(2, 3), blocks=1, seed=1)(pictures).numpy()
    assert drawn.shape == (3, 8, 8, 1) and np.abs(drawn).max() < 1 and np.abs(drawn - pictures).max() > 0.5
    # By hand: kernels and biases down, in the block, and up.
    weights = 2 * (16 + 1) + 3 * (32 + 1) + 2 * 3 * (27 + 1) + 2 * (48 + 1) + (32 + 1)
    assert network.count_params() == weights


def test_each_score_sees_a_patch_of_18_pixels():
    network = patch_discriminator(side=32, channels=(2, 2), seed=0)
    pictures = tf.Variable(np.random.default_rng(0).normal(size=(1, 32, 32, 1)).astype(np.float32))
    with tf.GradientTape() as tape:
        score = network(pictures)[0, 4, 4, 0]
    seen = np.abs(tape.gradient(score, pictures)[0, :, :, 0]) > 0
    assert network.output_shape == (None, 8, 8, 1) and not seen.all()
    assert [np.ptp(np.flatnonzero(seen.any(axis=axis))) + 1 for axis in (0, 1)] == [18, 18]


# ---- Losses and one training step, on "pictures" of two numbers and linear networks in float64 ----


def linear(outputs, name, seed):
    kernel = keras.initializers.RandomNormal(stddev=0.7, seed=seed)
    inputs = keras.Input((2,), dtype="float64")
    dense = keras.layers.Dense(outputs, dtype="float64", kernel_initializer=kernel, bias_initializer=kernel)
    return keras.Model(inputs, dense(inputs), name=name)


NAMES = ("forward_generator", "backward_generator", "source_discriminator", "target_discriminator")


def small_gan(**settings):
    networks = {name: linear(2 if "generator" in name else 1, name, seed) for seed, name in enumerate(NAMES)}
    random = np.random.default_rng(0)
    source, target = random.standard_normal((7, 2)), random.standard_normal((6, 2)) + 1
    options = {"batch_size": 4, "learning_rate": 0.02, "beta_1": 0.5, "beta_2": 0.9, "seed": 0, **settings}
    return lab.CycleGAN(networks, source, target, **options), source, target


def fixed_draws(gan, monkeypatch, count=4):
    random = np.random.default_rng(5)
    draws = {"source": random.standard_normal((count, 2)), "target": random.standard_normal((count, 2)) + 1}
    monkeypatch.setattr(gan, "draw", lambda name, size: tf.constant(draws[name]))
    return draws["source"], draws["target"]


def losses_by_hand(weights, x, y, cycle, identity, fakes=None, noise=0.0):
    """All losses, from the eight arrays of the four linear networks G, F, D_X, D_Y."""

    def apply(number, values):
        return values @ weights[2 * number] + weights[2 * number + 1]

    def l1(a, b):
        return np.abs(a - b).mean()

    fake_y, fake_x = apply(0, x), apply(1, y)
    gen = ((apply(3, fake_y) - 1) ** 2).mean() + ((apply(2, fake_x) - 1) ** 2).mean()
    cycle_loss = l1(apply(1, fake_y + noise), x) + l1(apply(0, fake_x + noise), y)
    identity_loss = l1(apply(0, y), y) + l1(apply(1, x), x)
    old_y, old_x = (fake_y, fake_x) if fakes is None else fakes
    discr = ((apply(3, y) - 1) ** 2).mean() / 2 + (apply(3, old_y) ** 2).mean() / 2
    discr += ((apply(2, x) - 1) ** 2).mean() / 2 + (apply(2, old_x) ** 2).mean() / 2
    return {
        "gen_loss": gen,
        "cycle_loss": cycle_loss,
        "identity_loss": identity_loss,
        "discr_loss": discr,
        "whole": gen + cycle * cycle_loss + identity * identity_loss,
    }


def all_weights(gan):
    return [np.array(array) for name in NAMES for array in getattr(gan, name).get_weights()]


def test_two_steps_are_those_of_a_derivation(monkeypatch):
    gan, *_ = small_gan(cycle=3.0, identity=0.7, buffer=4)
    x, y = fixed_draws(gan, monkeypatch)
    # The second step's discriminators see older fakes; which ones, the buffer decides.
    exchanged = []
    for buffer in (gan.target_buffer, gan.source_buffer):
        exchange = buffer.exchange
        monkeypatch.setattr(
            buffer, "exchange", lambda new, exchange=exchange: exchanged.append(exchange(new)) or exchanged[-1]
        )
    weights = all_weights(gan)
    of_generators, of_discriminators = (oracle.Adam(0.02, 0.5, 0.9) for _ in range(2))
    for step in range(2):
        found = gan.train_step(None)
        fakes = [each.numpy() for each in exchanged[-2:]]
        expected = losses_by_hand(weights, x, y, 3.0, 0.7, fakes)
        for name in gan.loss_names:
            np.testing.assert_allclose(found[name], expected[name], rtol=1e-9)
        if step == 0:
            np.testing.assert_allclose(fakes[0], x @ weights[0] + weights[1])

        def whole(generators):
            return losses_by_hand([*generators, *weights[4:]], x, y, 3.0, 0.7)["whole"]  # noqa: B023

        def discriminating(discriminators):
            return losses_by_hand([*weights[:4], *discriminators], x, y, 3.0, 0.7, fakes)["discr_loss"]  # noqa: B023

        generators = of_generators(weights[:4], oracle.numerical_gradient(whole, weights[:4]))
        discriminators = of_discriminators(weights[4:], oracle.numerical_gradient(discriminating, weights[4:]))
        weights = [*generators, *discriminators]
        # Central differences are right to 1e-9 or so, and Adam divides by gradients of about 1.
        for new, hand in zip(all_weights(gan), weights):
            np.testing.assert_allclose(new, hand, atol=1e-6)
        weights = all_weights(gan)
    older = [old for old in fakes[0] if not any(np.allclose(old, new) for new in x @ weights[0] + weights[1])]
    assert older, "the buffer has shown no older fake"


@pytest.mark.parametrize("frozen", ["generator", "discriminator"])
def test_the_loss_of_the_one_kind_of_network_does_not_move_the_other(frozen, monkeypatch):
    gan, *_ = small_gan()
    fixed_draws(gan, monkeypatch)
    before = all_weights(gan)
    owner = gan.forward_generator if frozen == "generator" else gan.target_discriminator
    monkeypatch.setattr(owner.optimizer, "apply_gradients", lambda pairs: None)
    gan.train_step(None)
    for name, pairs in zip(NAMES, zip(*[iter(zip(before, all_weights(gan)))] * 2)):
        moved = [not np.array_equal(old, new) for old, new in pairs]
        assert all(moved) if frozen not in name else not any(moved), name


def test_noise_comes_before_the_way_back_and_nowhere_else(monkeypatch):
    gan, *_ = small_gan(cycle_noise=0.5)
    x, y = fixed_draws(gan, monkeypatch)
    monkeypatch.setattr(gan.noise_stream, "normal", lambda shape, dtype: tf.fill(shape, tf.constant(2.0, dtype)))
    weights = all_weights(gan)
    found, expected = gan.train_step(None), losses_by_hand(weights, x, y, 1, 1, noise=1.0)
    assert expected["cycle_loss"] != losses_by_hand(weights, x, y, 1, 1)["cycle_loss"]
    for name in gan.loss_names:
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-9)


def test_a_checkpoint_holds_the_buffers():
    gan, *_ = small_gan()
    gan.train_steps(3)
    other, *_ = small_gan()
    other.restore_arrays(gan.state_arrays())
    np.testing.assert_array_equal(other.target_buffer.pictures, gan.target_buffer.pictures)
    assert gan.target_buffer.filled.numpy().sum() >= 4 and np.any(gan.source_buffer.pictures.numpy())
    gan.train_steps(2)
    other.train_steps(2)
    for one, two in zip(gan.state_arrays().values(), other.state_arrays().values()):
        np.testing.assert_array_equal(one, two)


# ---- Measures, on translators that are known ----


def test_errors_of_known_translators(glasses):
    shift = (glasses.target.mean(axis=0) - glasses.source.mean(axis=0)).astype(np.float64)
    right = {id(glasses.test_source): glasses.test_target, id(glasses.test_target): glasses.test_source}

    def perfect(faces):
        return right[id(faces)]

    def darker(faces):
        return np.zeros_like(faces)

    found = training.translation_errors(glasses, (perfect, darker), (darker, perfect))
    assert list(found) == ["glasses on", "glasses off"]
    pixels = (glasses.test_source.astype(np.float64) - glasses.test_target) ** 2
    for number, rows in enumerate(found.values()):
        assert "mirror image" not in rows
        start, truth = (glasses.test_source, glasses.test_target)[:: 1 - 2 * number]
        assert rows["do nothing"] == pytest.approx(np.sqrt(pixels.mean()), rel=1e-6)
        moved = np.clip(start + (1 - 2 * number) * shift, 0, 1) - truth
        assert rows["mean difference"] == pytest.approx(np.sqrt((moved**2).mean()), rel=1e-6)
        black = np.sqrt((truth.astype(np.float64) ** 2).mean())
        assert rows["CycleGAN"] == pytest.approx(number * black) and rows["with pairs"] == pytest.approx(
            (1 - number) * black
        )


def test_the_mirror_image_of_light_from_the_left_comes_from_the_right(light):
    rows = training.translation_errors(light, (np.asarray,) * 2, (np.asarray,) * 2)["light to the right"]
    mirrored = light.test_source[:, :, ::-1].astype(np.float64) - light.test_target
    assert (
        rows["mirror image"] == pytest.approx(np.sqrt((mirrored**2).mean())) and rows["CycleGAN"] == rows["do nothing"]
    )
    assert rows["mirror image"] < rows["do nothing"]


def test_hidden_writing_is_found(glasses):
    """A pair of translators that writes the whole change into details a thousand times fainter, and reads it there."""
    rough = np.round(glasses.test_source * 20) / 20

    def remove(faces):
        # The truth on a coarse grid of grays, and the removed glasses as faint differences from it.
        return rough + 0.001 * (faces - glasses.test_source)

    def put_on(pictures):
        written = 1000 * (pictures - np.round(pictures * 20) / 20)
        return np.clip(glasses.test_source + written, -5, 5)

    found = training.hidden_information(glasses, put_on, remove, 0)
    assert set(found) == {"glasses on", "glasses off", "frames", "spread"}
    dark = training.darkness(glasses.test_target, glasses)
    assert dark.mean() == pytest.approx(1) and not training.darkness(glasses.test_source, glasses).any()
    assert found["spread"]["rendered"] == pytest.approx(dark.std())
    half = (glasses.test_source + glasses.test_target) / 2
    np.testing.assert_allclose(training.darkness(half, glasses), dark / 2, atol=1e-5)
    off, frames = found["glasses off"], found["frames"]
    assert off["as it is"]["translated"] < 1e-3 < 0.2 < off["8 bits"]["translated"]
    best = frames["rendered with glasses"]
    assert best > 0.5 and frames["back, as it is"] == pytest.approx(best, abs=1e-3)
    assert all(abs(frames[f"back, {name}"]) < best / 2 for name in ("8 bits", "noise 0.02", "blur 0.5"))
    assert abs(frames["back from the rendered"]) < best / 2


def test_a_disturbance_that_is_only_passed_on_is_not_counted(light):
    def same(pictures):
        return pictures

    found = training.hidden_information(light, same, same, 3)
    for direction, (start, other) in zip(
        ("light to the right", "light to the left"),
        ((light.test_source, light.test_target), (light.test_target, light.test_source)),
    ):
        rows = found[direction]
        assert rows["as it is"]["translated"] == 0
        apart = np.sqrt(((start.astype(np.float64) - other) ** 2).mean())
        assert rows["as it is"]["rendered"] == pytest.approx(apart, rel=1e-6)
        # Whoever passes everything on passes on the disturbance, which is taken off again.
        assert all(rows[name]["translated"] < 1e-6 for name in training.DISTURBANCES)
        assert all(abs(level - apart) < 1e-6 for level in rows["noise"]["rendered"])
    assert "frames" not in found


def test_a_kept_translator_takes_and_gives_intensities():
    inputs = keras.Input((16, 16, 1))
    negative = keras.Model(inputs, keras.layers.Rescaling(-1.0, 0.5)(inputs))
    faces = np.random.default_rng(0).random((3, 16, 16))
    kept = training.KeptTranslator(negative, FaceScaling.symmetric(), 0.9)
    # Intensities i are 2 i - 1 for the network, which answers 1.5 - 2 i; that is the intensity 1.25 - i.
    np.testing.assert_allclose(kept(faces), 1.25 - faces, atol=1e-6)


# ---- The script ----


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(lab, "two_domains", lambda *settings: domains.two_domains(*settings, test_people=6))
    builder = lambda *arguments, **options: translator(*arguments, channels=(2, 2), blocks=0, **options)  # noqa: E731
    monkeypatch.setattr(lab, "translator", builder)
    monkeypatch.setattr(training, "translator", builder)
    monkeypatch.setattr(lab, "patch_discriminator", lambda seed: patch_discriminator(channels=(2, 2), seed=seed))


def test_the_lab_runs(small, tmp_path, capsys):
    settings = ["--task", "glasses", "--pictures", "8", "--batch-size", "4", "--steps", "3", "--seed", "3"]
    lab.main([*settings, "--output", str(tmp_path / "out")])
    pictures = {"sheet.png", "hidden.png", "training.png", "training.gif"}
    assert {path.name for path in (tmp_path / "out").iterdir()} == pictures | {"record.json"}
    for name in pictures:
        picture = np.asarray(Image.open(tmp_path / "out" / name).convert("L"), float)
        assert min(picture.shape) > 80 and picture.std() > 5, f"{name} is blank"
    assert Image.open(tmp_path / "out" / "training.gif").n_frames == 4
    record = json.loads((tmp_path / "out" / "record.json").read_text())
    assert record["settings"]["task"] == "glasses" and record["settings"]["buffer"] == 50
    errors = record["measures"]["errors"]
    assert set(errors) == {"glasses on", "glasses off"} and errors["glasses on"]["do nothing"] > 0.02
    assert set(record["measures"]["training_seconds"]) == {"model", "pairs_0", "pairs_1"}
    text = capsys.readouterr().out
    assert "3/3" in text and "(1.00)" in text and "rendered with glasses" in text


def test_the_task_chooses_the_settings():
    for name, recipe in lab.RECIPES.items():
        options = lab.PARSER.parse_args(["--task", name])
        assert {setting: getattr(options, setting) for setting in recipe} == recipe


def test_the_seed_decides_all_initial_weights():
    first, same, other = (lab.cycle_networks("picture", seed) for seed in (3, 3, 4))
    seen = set()
    for name in NAMES:
        for one, two, three in zip(*(each[name].get_weights() for each in (first, same, other))):
            assert np.array_equal(one, two) and (one.std() == 0 or not np.array_equal(one, three))
            seen |= {float(each.ravel()[0]) for each in (one, three) if each.std() > 0}
    # No two layers begin with the same numbers, in either of the seeds.
    assert len(seen) == 2 * sum(array.std() > 0 for each in first.values() for array in each.get_weights())
