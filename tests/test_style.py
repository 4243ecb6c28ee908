"""The style-based generator: its layers and networks, mixing, the training step, what styles move, and the lab."""

import json

import numpy as np
import pytest
import tensorflow as tf
from command_lines import assert_answered_at_once
from eager import without_graphs
from PIL import Image
from tensorflow import keras

from gankit import metrics, plots
from gankit.errors import InputError
from gankit.faces import FaceScaling
from gankit.faces.renderer import render_faces
from gankit.fast import accelerate
from gankit.networks import LatentGenerator, style
from gankit.networks.face_encoder import FaceEncoder
from gankit.randomness import make_stream
from gankit.training import callbacks
from gankit.training import style as training
from labs import style_gan

# ---- Layers ----


def test_adain_gives_each_channel_the_mean_and_the_deviation_of_its_style():
    random = np.random.default_rng(0)
    maps = (3 * random.standard_normal((4, 6, 5, 3)) - 1).astype(np.float32)
    styles = random.standard_normal((4, 6)).astype(np.float32)
    found = style.AdaIN()([maps, styles]).numpy()
    for example in range(4):
        for channel in range(3):
            values = maps[example, :, :, channel].astype(np.float64)
            normalised = (values - values.mean()) / np.sqrt(values.var() + 1e-5)
            expected = (1 + styles[example, channel]) * normalised + styles[example, 3 + channel]
            np.testing.assert_allclose(found[example, :, :, channel], expected, atol=1e-5)
    # Contrast and brightness of the maps have no influence, and neither have other examples.
    np.testing.assert_allclose(style.AdaIN()([7 * maps[:1] + 2, styles[:1]]), found[:1], atol=1e-4)
    flat = style.AdaIN()([np.full((1, 4, 4, 2), 9.0, np.float32), np.array([[1, 1, 5, 6]], np.float32)]).numpy()
    np.testing.assert_allclose(flat[..., 0], 5, atol=1e-5)
    np.testing.assert_allclose(flat[..., 1], 6, atol=1e-5)


def test_noise_has_a_strength_for_each_channel_and_starts_at_none():
    random = np.random.default_rng(0)
    maps = random.standard_normal((2, 4, 4, 3)).astype(np.float32)
    noise = random.standard_normal((2, 4, 4, 1)).astype(np.float32)
    layer = style.Noise()
    np.testing.assert_array_equal(layer([maps, noise]), maps)
    layer.set_weights([np.array([0.0, 0.5, -2.0], np.float32)])
    found = layer([maps, noise]).numpy()
    for channel, strength in enumerate((0.0, 0.5, -2.0)):
        np.testing.assert_allclose(found[..., channel], maps[..., channel] + strength * noise[..., 0], rtol=1e-6)


def test_the_constant_does_not_depend_on_its_input():
    layer = style.Constant(4, 300, seed=1)
    first = layer(tf.zeros((2, 2))).numpy()
    np.testing.assert_array_equal(first[0], first[1])
    # Five standard deviations of the deviation of 4,800 standard normal numbers.
    assert first.std() == pytest.approx(1, abs=5 / np.sqrt(2 * 4800))
    layer = style.Constant(4, 3)
    layer(tf.zeros((1, 2)))
    learned = np.random.default_rng(0).standard_normal((1, 4, 4, 3)).astype(np.float32)
    layer.set_weights([learned])
    np.testing.assert_array_equal(layer(tf.random.normal((3, 2), seed=1)), np.repeat(learned, 3, axis=0))


def test_a_slow_dense_layer_moves_at_its_rate():
    inputs = np.random.default_rng(0).standard_normal((200, 50)).astype(np.float32)
    layer = style.SlowDense(40, 0.1, seed=3)
    found = layer(inputs).numpy()
    kernel, bias = layer.get_weights()
    np.testing.assert_allclose(found, inputs @ (0.1 * kernel) + 0.1 * bias, rtol=1e-4, atol=1e-4)
    # He's deviation, whatever the rate; 2,000 weights are within a few percent of it.
    assert np.std(0.1 * kernel) == pytest.approx(np.sqrt(2 / 50), rel=0.08) and (bias == 0).all()
    optimizer = keras.optimizers.Adam(0.01, beta_1=0.0)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(layer(inputs) * tf.constant(np.linspace(1, 2, 40, dtype=np.float32)))
    gradients = tape.gradient(loss, layer.trainable_variables)
    optimizer.apply_gradients(zip(gradients, layer.trainable_variables))
    moved = 0.1 * (layer.get_weights()[0] - kernel)
    np.testing.assert_allclose(moved, -0.1 * 0.01 * np.sign(gradients[0]), rtol=0.02)


# ---- Networks ----


@pytest.mark.parametrize(
    ("size", "layers", "noise"), [(16, 6, 2 * (16 + 64 + 256)), (32, 8, 2 * (16 + 64 + 256 + 1024))]
)
def test_networks_have_a_style_and_a_noise_for_every_layer(size, layers, noise):
    generator, discriminator = style.style_GenDiscr(size, seed=0)
    mapping, synthesis = style.parts_of(generator)
    assert sum(style.style_layers(size).values(), []) == list(range(layers)) and style.noise_length(size) == noise
    assert [tuple(shape) for shape in synthesis.input_shape] == [(None, layers, 64), (None, noise)]
    assert sum(isinstance(layer, style.SlowDense) for layer in mapping.layers) == 8
    latents = np.random.default_rng(1).standard_normal((3, 64 + noise)).astype(np.float32)
    faces = generator(latents).numpy()
    assert faces.shape == (3, size, size, 1) and discriminator(faces).shape == (3, 1)
    # All layers get the same w; only the direction of z counts; the first noise has no strength.
    w = mapping(latents[:, :64]).numpy()
    np.testing.assert_allclose(synthesis([np.repeat(w[:, None], layers, 1), latents[:, 64:]]), faces, atol=1e-5)
    np.testing.assert_allclose(generator(np.c_[5 * latents[:, :64], 0 * latents[:, 64:]]), faces, atol=1e-4)
    # With strengths, every number of the noise counts, and so does the style of every layer.
    for layer in synthesis.layers:
        if isinstance(layer, style.Noise):
            layer.set_weights([np.ones_like(layer.get_weights()[0])])
    inputs = [tf.constant(np.repeat(w[:, None], layers, 1)), tf.constant(latents[:, 64:])]
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        score = tf.reduce_sum(discriminator(synthesis(inputs)))
    of_styles, of_noise = tape.gradient(score, inputs)
    assert (np.abs(of_styles).max(axis=2) > 0).all() and (np.abs(of_noise) > 0).mean() > 0.99
    # The copy that averages weights, and the faster arithmetic, compute the same.
    before, copy = generator(latents).numpy(), keras.models.clone_model(generator)
    copy.set_weights(generator.get_weights())
    np.testing.assert_allclose(accelerate(copy)(latents), before, rtol=1e-4, atol=1e-4)
    assert not np.allclose(before, faces, atol=1e-3)


def test_other_sizes_are_refused():
    for size in (8, 20, 64):
        with pytest.raises(InputError, match="16 or 32"):
            style.style_GenDiscr(size)


# ---- Mixing and truncation ----


def test_styles_cross_over_with_their_probability_at_every_layer():
    count, layers = 20_000, 6
    for probability in (0.0, 0.5, 0.9):
        crossovers = style.draw_crossovers(make_stream(3), count, layers, probability).numpy()
        shares = np.bincount(crossovers, minlength=layers + 1) / count
        expected = np.array([0, *[probability / (layers - 1)] * (layers - 1), 1 - probability])
        # Five standard deviations of a binomial share.
        assert (np.abs(shares - expected) <= 5 * np.sqrt(expected * (1 - expected) / count)).all()


def test_layers_before_the_crossover_take_the_first_style_and_others_the_second():
    first, second = np.random.default_rng(0).standard_normal((2, 5, 3)).astype(np.float32)
    crossovers = [1, 2, 3, 4, 4]
    mixed = style.mix_styles(first, second, tf.constant(crossovers), 4).numpy()
    for row, crossover in enumerate(crossovers):
        for layer in range(4):
            np.testing.assert_array_equal(mixed[row, layer], (first if layer < crossover else second)[row])


def test_truncation_is_a_step_towards_the_mean():
    styles, mean = np.array([[1.0, 2.0], [3.0, -2.0]]), np.array([2.0, 1.0])
    np.testing.assert_allclose(style.truncate(styles, mean, 1.0), styles)
    np.testing.assert_allclose(style.truncate(styles, mean, 0.0), [mean, mean])
    np.testing.assert_allclose(style.truncate(styles, mean, 0.5), [[1.5, 1.5], [2.5, -0.5]])
    np.testing.assert_allclose(style.truncate(styles, mean, -1.0), [[3.0, 0.0], [1.0, 4.0]])


# ---- The training step ----


def small_gan(size=16, mixing=0.5, r1=3.0, batch=6, linear=True):
    """The style networks with a linear discriminator, and what they learn from."""
    generator, discriminator = style.style_GenDiscr(size, seed=2)
    if linear:
        discriminator = keras.Sequential(
            [
                keras.Input((size, size, 1)),
                keras.layers.Flatten(),
                keras.layers.Dense(1, kernel_initializer="he_normal"),
            ]
        )
    real = np.random.default_rng(1).uniform(-1, 1, (batch, size, size)).astype(np.float32)
    gan = style_gan.Style_GAN(
        generator,
        discriminator,
        LatentGenerator(generator.input_shape[-1], seed=5),
        real,
        batch_size=batch,
        disc_iter=1,
        learning_rate=0.01,
        mixing=mixing,
        r1=r1,
        seed=0,
        decoding=FaceScaling.identity(),
    )
    return gan, real.reshape(batch, -1)


def sigmoid(values):
    return 1 / (1 + np.exp(-values))


def test_a_mixed_sample_is_made_of_two_styles_and_the_noise_of_the_latents():
    gan, _ = small_gan(mixing=0.9)
    mapping, synthesis = style.parts_of(gan.generator)
    for layer in synthesis.layers:
        if isinstance(layer, style.Noise):
            layer.set_weights([np.ones_like(layer.get_weights()[0])])
    found = gan.get_mixed_sample().numpy()
    source, stream = LatentGenerator(64 + 672, seed=5), make_stream(1)
    latents = source(6).numpy()
    others = stream.normal((6, 64))
    crossovers = style.draw_crossovers(stream, 6, 6, 0.9).numpy()
    assert len(set(crossovers)) > 2
    first, second = mapping(latents[:, :64]).numpy(), mapping(others).numpy()
    styles = np.stack([[first[n] if layer < crossovers[n] else second[n] for layer in range(6)] for n in range(6)])
    np.testing.assert_allclose(found, synthesis([styles, latents[:, 64:]]), atol=1e-5)
    # Without mixing, a sample of the training step is an ordinary one.
    gan.mixing = 0.0
    np.testing.assert_allclose(gan.get_mixed_sample(), gan.generator(source(6)), atol=1e-5)


def test_losses_are_those_of_2014_with_the_generator_that_does_not_saturate():
    gan = style_gan.Style_GAN
    real, fake = 3 * np.random.default_rng(0).standard_normal((2, 50, 1))
    expected = -np.mean(np.log(sigmoid(real))) - np.mean(np.log(1 - sigmoid(fake)))
    np.testing.assert_allclose(gan.discriminator_loss(None, tf.constant(real), tf.constant(fake)), expected, rtol=1e-9)
    np.testing.assert_allclose(gan.generator_loss(None, tf.constant(fake)), -np.mean(np.log(sigmoid(fake))), rtol=1e-9)
    assert float(gan.generator_loss(None, tf.constant([[-2000.0], [2000.0]]))) == 1000


def test_one_step_is_that_of_a_derivation_by_hand(monkeypatch):
    r1 = 3.0
    gan, real = small_gan(r1=r1)
    w, b = (weight.numpy().astype(np.float64) for weight in gan.discriminator.trainable_variables)
    fakes, gradients = [], []
    sample = gan.get_mixed_sample
    monkeypatch.setattr(gan, "get_mixed_sample", lambda: fakes.append(sample()) or fakes[-1])
    for network in (gan.discriminator, gan.generator):
        apply = network.optimizer.apply_gradients

        def recorded(pairs, apply=apply):
            pairs = list(pairs)
            gradients.append({id(variable): np.asarray(gradient) for gradient, variable in pairs})
            return apply(pairs)

        monkeypatch.setattr(network.optimizer, "apply_gradients", recorded)
    losses = gan.train_step(None)
    first, second = (fake.numpy().reshape(6, -1).astype(np.float64) for fake in fakes)

    # D = x w + b. Its slope is w everywhere, so the penalty r1 / 2 * ||w||^2 has the derivative r1 * w.
    on_real, on_fake = sigmoid(real @ w + b), sigmoid(first @ w + b)
    kernel, bias = gan.discriminator.trainable_variables
    slope_w = (real.T @ (on_real - 1) + first.T @ on_fake) / 6 + r1 * w
    np.testing.assert_allclose(gradients[0][id(kernel)], slope_w, rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(
        gradients[0][id(bias)], [((on_real - 1).sum() + on_fake.sum()) / 6], rtol=1e-3, atol=1e-5
    )
    np.testing.assert_allclose(losses["slope"], (w**2).sum(), rtol=1e-4)
    np.testing.assert_allclose(
        losses["discr_loss"], -np.mean(np.log(on_real)) - np.mean(np.log(1 - on_fake)), rtol=1e-4
    )

    # G follows, on new fakes, against the D that has just been updated. Its last bias is added to every pixel.
    assert not np.allclose(first, second)
    moved, b = (weight.numpy().astype(np.float64) for weight in gan.discriminator.trainable_variables)
    assert not np.allclose(moved, w)
    error = sigmoid(second @ moved + b) - 1
    last = next(each for each in gan.generator.trainable_variables if each.shape == (1,))
    np.testing.assert_allclose(gradients[1][id(last)], [error.mean() * moved.sum()], rtol=1e-3, atol=1e-6)
    assert len(gradients[1]) == len(gan.generator.trainable_variables)
    assert all(np.abs(gradient).max() > 0 for gradient in gradients[1].values())


def test_a_step_on_large_faces_moves_all_networks():
    gan, _ = small_gan(size=32, batch=2, linear=False)
    parts = [*style.parts_of(gan.generator), gan.discriminator]
    before = [[array.copy() for array in network.get_weights()] for network in parts]
    losses = gan.train_step(None)
    assert all(np.isfinite(float(loss)) for loss in losses.values()) and set(losses) == set(gan.loss_names)
    for network, arrays in zip(parts, before):
        assert all(not np.array_equal(old, new) for old, new in zip(arrays, network.get_weights()))


# ---- What styles and noise move ----


class Known:
    """Stands for a kept generator whose faces are known: each side of maps decides one pixel, and noise another one."""

    size, layers = 16, style.style_layers(16)
    map_matrix = np.random.default_rng(8).standard_normal((64, 64)) / 8

    def draw(self, count, purpose):
        random = np.random.default_rng(purpose)
        return random.standard_normal((count, 64)), random.standard_normal((count, 672))

    def map(self, latents):
        return latents @ self.map_matrix

    def each_layer(self, w):
        return np.repeat(w[:, None], 6, axis=1)

    def faces(self, styles, noise):
        faces = np.zeros((len(styles), 16, 16))
        for number, layers in enumerate(self.layers.values()):
            faces[:, 0, number] = styles[:, layers].mean(axis=1)[:, number]
        faces[:, 0, 3] = noise[:, 0]
        return faces


class Reader:
    """Stands for a judge: reads the first four pixels. Its other distance is three times the squared error."""

    def attributes(self, faces):
        return faces[:, 0, :4]

    @property
    def encoder(self):
        return self

    def perceptual_distance(self, first, second):
        return 3 * ((first - second) ** 2).sum(axis=(1, 2))


def test_styles_of_a_side_move_only_what_they_decide():
    moves = training.attribute_moves(Known(), Reader(), seed=0, pairs=1500)
    assert moves.rows == ("coarse (4x4)", "middle (8x8)", "fine (16x16)", "all styles", "noise", "renderer's noise")
    # Two independent normal values differ by 2 / sqrt(pi) deviations on average.
    once = 2 / np.sqrt(np.pi)
    expected = np.array([[once, 0, 0, 0], [0, once, 0, 0], [0, 0, once, 0], [once, once, once, 0], [0, 0, 0, once]])
    # Five standard deviations of a mean of 1,500 such differences, and of the deviation that divides it.
    np.testing.assert_allclose(moves.table[:5], expected, atol=0.15)
    assert (moves.table[:5][expected == 0] == 0).all()
    # The noise here has the deviation 1, and it is one pixel of 256.
    assert moves.pixels[4] == pytest.approx(once / 256, rel=0.1)
    assert moves.table.shape == (6, 4) and moves.attributes == training.ATTRIBUTES


def test_shares_of_sides_add_up_and_compare_within_an_attribute():
    rows = ("coarse (4x4)", "middle (8x8)", "fine (16x16)", "all styles", "noise")
    table = np.ones((5, len(training.ATTRIBUTES)))
    for name, column in (("yaw", [3, 1, 0]), ("roll", [0.1, 0.1, 0.2]), ("skin", [0, 0, 5]), ("exposure", [1, 1, 2])):
        table[:3, training.ATTRIBUTES.index(name)] = column
    shares = training.shares_of_sides(training.Moves(rows, training.ATTRIBUTES, table, np.ones(5)))
    expected = {"pose": (0.5, 0.25, 0.25), "light": (1 / 3, 1 / 3, 1 / 3), "skin and exposure": (0.125, 0.125, 0.75)}
    for kind, values in expected.items():
        assert list(shares[kind]) == list(rows[:3])
        np.testing.assert_allclose(list(shares[kind].values()), values)


def test_path_lengths_of_a_linear_generator_are_those_of_a_formula():
    known = Known()
    found = training.path_lengths(known, Reader(), seed=0, pairs=3000)
    z, _ = known.draw(6000, training.PATHS)
    matrix = known.map_matrix[:, :3]
    straight = (((z[:3000] - z[3000:]) @ matrix) ** 2).sum(axis=1).mean() / 256
    assert found["w_pixels"] == pytest.approx(straight, rel=1e-6)
    # A quarter of a circle is pi / 2 times its radius; the straight line has the square root of 2.
    assert found["z_pixels"] == pytest.approx(straight * np.pi**2 / 8, rel=0.04)
    assert found["w_perceptual"] == pytest.approx(3 * 256 * straight, rel=1e-6)
    assert found["z_perceptual"] == pytest.approx(3 * 256 * found["z_pixels"], rel=1e-6)


def test_path_length_of_a_linear_map_does_not_depend_on_the_step():
    random = np.random.default_rng(0)
    first, last, matrix = (
        random.standard_normal((50, 4)),
        random.standard_normal((50, 4)),
        random.standard_normal((4, 7)),
    )
    expected = (((last - first) @ matrix) ** 2).sum(axis=1).mean()
    for epsilon in (1e-4, 0.3):
        found = metrics.path_length(
            lambda latents: latents @ matrix, lambda a, b: ((a - b) ** 2).sum(axis=1), first, last, epsilon=epsilon
        )
        assert found == pytest.approx(expected, rel=1e-6)


def test_exchanged_styles_are_those_of_the_others():
    styles, others = np.zeros((2, 6, 3)), np.ones((2, 6, 3))
    exchanged = training.exchange(styles, others, [2, 3])
    np.testing.assert_array_equal(exchanged.mean(axis=(0, 2)), [0, 0, 1, 1, 0, 0])
    assert (styles == 0).all()


def test_large_faces_are_read_as_small_ones():
    large, _ = render_faces(150, 32, seed=4)
    small, _ = render_faces(150, 16, seed=4)
    shrunk = training.for_encoder(large / np.float32(255))
    np.testing.assert_allclose(shrunk[5, 2, 3], large[5, 4:6, 6:8].mean() / 255, rtol=1e-5)
    encoder = FaceEncoder.load()
    read = [encoder.attributes(faces)["yaw"] for faces in (shrunk, small / np.float32(255))]
    assert np.corrcoef(read)[0, 1] > 0.95


def test_the_judge_finds_no_difference_between_a_set_and_itself():
    faces = np.random.default_rng(0).integers(0, 256, (60, 16, 16), dtype=np.uint8)
    judge = training.AttributeJudge(faces[:30], faces[30:])
    same = judge.compare(faces[30:] / np.float32(255))
    assert same["pixels"] == pytest.approx(0, abs=1e-6) and same["features"] == pytest.approx(0, abs=1e-3)
    assert same["precision"] == same["recall"] == 1
    assert judge.floor["pixels"] > 0.1 and judge.attributes(faces / np.float32(255)).shape == (60, 13)
    black = judge.compare(np.zeros((40, 16, 16), np.float32))
    assert black["pixels"] > judge.floor["pixels"] and black["precision"] == 0


def test_the_clock_counts_the_steps_alone_and_ends_the_training(monkeypatch):
    now = iter([10.0, 12.0, 50.0, 53.5])
    monkeypatch.setattr(callbacks.time, "process_time", lambda: next(now))

    class Model:
        stop_training = False

    clock = callbacks.ProcessorTime(limit=5.0)
    clock.set_model(Model())
    clock.on_train_batch_begin(0)
    clock.on_train_batch_end(4)
    assert (clock.used, clock.model.stop_training) == (2.0, False)
    other = callbacks.ProcessorTime(limit=5.0)
    other.set_model(Model())
    other.restore_arrays(clock.state_arrays())
    other.on_train_batch_begin(5)
    other.on_train_batch_end(9)
    assert (other.used, other.steps_made, other.model.stop_training) == (5.5, 10, True)


# ---- The lab ----


@pytest.fixture(scope="module")
def lab_run(tmp_path_factory):
    out = tmp_path_factory.mktemp("style") / "out"
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("FACES_MEASURED", 60), ("LATENTS_AVERAGED", 100), ("PSIS_SHOWN", (1.0, 0.0))):
            patch.setattr(training, name, value)
        for function in (training.attribute_moves, training.path_lengths, training.truncation):
            patch.setattr(function, "__defaults__", (40,))
        # Tracing the graphs takes most of the time of so short a run. The page's notebook runs them.
        with without_graphs():
            style_gan.main(["--steps", "2", "--batch-size", "4", "--pictures", "60", "--compare", "--output", str(out)])
    return out


def test_the_lab_leaves_pictures_an_animation_and_a_record(lab_run):
    pictures = {"faces.png", "mixing.png", "attributes.png", "truncation.png", "losses.png"}
    assert {path.name for path in lab_run.iterdir()} == {*pictures, "training.gif", "record.json"}
    for name in pictures:
        picture = np.asarray(Image.open(lab_run / name).convert("L"), float)
        assert min(picture.shape) > 80 and picture.std() > 5, f"{name} is blank"
    # One frame at the start, and one after each step.
    assert Image.open(lab_run / "training.gif").n_frames == 3
    record = json.loads((lab_run / "record.json").read_text())
    assert record["settings"]["size"] == "16" and record["settings"]["compare"] is True
    measures = record["measures"]
    assert set(measures["generators"]) == {"styles", "task 4", "training faces (floor)"}
    floor = measures["generators"]["training faces (floor)"]
    assert all(floor["features"] < measures["generators"][name]["features"] for name in ("styles", "task 4"))
    assert set(measures["truncation"]) == {"1.0", "0.7", "0.5"} and measures["processor_seconds"] > 0
    # After two steps the noise has hardly any strength, and styles of all layers together move the most.
    pixels = measures["pixels_moved"]
    assert 0 < pixels["noise"] < 0.2 * pixels["all styles"]
    printed = training.table(measures)
    assert "task 4" in printed and "in w" in printed and "psi 0.5" in printed


def test_help_and_mistakes_are_answered_without_tensorflow(tmp_path):
    options = ("--seed", "--output", "--steps", "--resume", "--mixing", "--size", "--compare", "--mapping-rate")
    mistakes = (["--mixing", "1.5"], ["--size", "64"], ["--mapping-rate", "0"])
    assert_answered_at_once("labs/style_gan.py", options, mistakes, tmp_path)


# ---- Pictures ----


def test_the_sheet_of_mixed_styles_has_margins_and_a_block_for_each_side():
    random = np.random.default_rng(0)
    above, left = random.random((5, 16, 16)), random.random((2, 16, 16))
    mixed = {name: random.random((10, 16, 16)) for name in ("coarse", "middle", "fine")}
    axes = plots.style_mixing(above, left, mixed).axes
    shown = [np.asarray(each.images[0].get_array()) for each in axes]
    np.testing.assert_allclose(shown[0], plots.tile(above, 5))
    for number, faces in enumerate(mixed.values()):
        np.testing.assert_allclose(shown[1 + 2 * number], plots.tile(left, 1))
        np.testing.assert_allclose(shown[2 + 2 * number], plots.tile(faces, 5))
    drawn = [text.get_text() for each in axes for text in each.texts]
    assert drawn == ["coarse", "middle", "fine"]


def test_the_heat_map_shows_every_number_at_its_place():
    table = np.array([[0.1, 1.2], [0.0, 0.55]])
    axes = plots.attribute_moves(table, ["coarse", "noise"], ["yaw", "light_x"]).axes[0]
    np.testing.assert_array_equal(axes.images[0].get_array(), table)
    written = {tuple(map(int, text.get_position())): text.get_text() for text in axes.texts}
    assert written == {(0, 0): "0.10", (1, 0): "1.20", (0, 1): "0.00", (1, 1): "0.55"}
    assert [label.get_text() for label in axes.get_xticklabels()] == ["yaw", "light x"]
