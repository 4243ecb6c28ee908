"""The lab on distillation: both losses and their gradients by hand, halved flows in closed form, costs, the script."""

import json

import numpy as np
import pytest
import tensorflow as tf
from command_lines import assert_answered_at_once
from tensorflow import keras

from gankit import plots
from gankit.datasets.densities import get_density
from gankit.faces import FaceScaling
from gankit.networks import LatentGenerator, small_GenDiscr, wide_GenDiscr
from gankit.networks.small_faces import channels_to_pixels, pixels_to_channels
from gankit.training import distillation as training
from gankit.training import rivals
from labs import distillation as lab
from labs.distillation import Distilled_GAN, Halved_Flow, euler, velocity
from wgan_gp import WGAN_GP

MATRIX = np.array([[0.3, -0.8], [0.5, -0.4]])
IDENTITY = np.eye(2)


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


# ---- A smaller generator ----


def make_student(seed=0, **options):
    """A linear student and critic, and lessons: 3 latents, pictures of 4 values."""
    latents, pictures = keras.Input((3,)), keras.Input((4,))
    student = keras.Model(latents, keras.layers.Dense(4)(latents))
    critic = keras.Model(pictures, keras.layers.Dense(1, use_bias=False)(pictures))
    for number, network in enumerate((student, critic)):
        network.set_weights([np.abs(numbers(*each.shape, seed=number)) for each in network.get_weights()])
    lessons = numbers(20, 3, seed=5), 0.5 * numbers(20, 4, seed=6)
    settings = {"disc_iter": 1, "learning_rate": 0.01, "lambda_gp": 2.0, "seed": seed, **options}
    latents, real = LatentGenerator(3, seed=seed), numbers(12, 4, seed=3)
    return Distilled_GAN(student, critic, latents, real, 6, lessons=lessons, **settings)


def gradients_of_a_step(gan):
    """Return the losses of one step and the gradients that each optimizer was given; no weight changes."""
    given = {}
    for name in ("generator", "discriminator"):

        def take(pairs, name=name):
            given[name] = [np.asarray(gradient) for gradient, _ in pairs]

        getattr(gan, name).optimizer.apply_gradients = take
    losses = gan.train_step(None)
    return {name: float(value) for name, value in losses.items()}, given


@pytest.mark.parametrize(("taught", "adversarial"), [(1.0, 0.1), (1.0, 0.0), (0.0, 1.0)])
def test_losses_and_gradients_are_those_of_a_derivation(taught, adversarial, eagerly):
    gan = make_student(taught=taught, adversarial=adversarial)
    real, first = numbers(6, 4, seed=7), numbers(6, 3, seed=8)
    latents, wanted = numbers(6, 3, seed=9), numbers(6, 4, seed=10)
    gan.latent_generator = lambda size: tf.constant(first)
    samples = {"real": tf.constant(real), "lessons": (tf.constant(latents), tf.constant(wanted))}
    gan.draw = lambda name, size: samples[name]
    variance = np.var(0.5 * numbers(20, 4, seed=6), axis=0).mean()
    (kernel, bias), (w,) = gan.generator.get_weights(), gan.discriminator.get_weights()
    losses, given = gradients_of_a_step(gan)

    difference = latents @ kernel + bias - wanted
    expected = {"error": (difference**2).mean() / variance, "gen_loss": 0.0, "discr_loss": 0.0, "gp": 0.0}
    slopes = taught * 2 * difference / difference.size / variance
    if adversarial:
        length, fake = np.linalg.norm(w), first @ kernel + bias
        expected["gen_loss"] = -((latents @ kernel + bias) @ w).mean()
        expected["discr_loss"] = (fake @ w).mean() - (real @ w).mean()
        expected["gp"] = (length - 1) ** 2
        slopes = slopes - adversarial * np.repeat(w.T, 6, axis=0) / 6
        of_critic = fake.mean(axis=0) - real.mean(axis=0) + 2.0 * 2 * (length - 1) * w[:, 0] / length
        np.testing.assert_allclose(given["discriminator"][0][:, 0], of_critic, rtol=1e-4, atol=1e-5)
    else:
        assert "discriminator" not in given
    assert losses == pytest.approx(expected, rel=1e-4, abs=1e-6)
    np.testing.assert_allclose(given["generator"][0], latents.T @ slopes, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(given["generator"][1], slopes.sum(axis=0), rtol=1e-4, atol=1e-5)


def test_without_a_discriminator_only_the_student_learns(eagerly):
    for adversarial in (0.1, 0.0):
        gan = make_student(adversarial=adversarial)
        networks = gan.generator, gan.discriminator
        before = [network.get_weights() for network in networks]
        gan.train_steps(2)
        changed = [
            any(not np.array_equal(one, other) for one, other in zip(old, network.get_weights()))
            for old, network in zip(before, networks)
        ]
        assert changed == [True, bool(adversarial)]


def test_lessons_are_pictures_of_the_teacher_and_belong_to_their_latents(eagerly):
    teacher = make_student()
    latents, pictures = training.lessons(teacher, 1500, seed=0)
    kernel, bias = teacher.generator.get_weights()
    before = [array.copy() for array in (kernel, bias)]
    np.testing.assert_allclose(pictures, latents @ kernel + bias, rtol=1e-4, atol=1e-4)
    assert pictures.shape == (1500, 4) and abs(latents.std() - 1) < 0.05
    student = make_student(adversarial=0.0)
    drawn, wanted = student.draw("lessons", 8)
    rows = [np.flatnonzero((numbers(20, 3, seed=5) == row).all(axis=1))[0] for row in drawn.numpy()]
    np.testing.assert_array_equal(wanted, 0.5 * numbers(20, 4, seed=6)[rows])
    student.train_steps(1)
    for old, new in zip(before, teacher.generator.get_weights()):
        np.testing.assert_array_equal(old, new)


def test_a_student_that_knows_only_the_mean_has_the_error_one():
    gan = make_student()
    pictures = numbers(400, 4, seed=7)
    gan.variance = pictures.var(axis=0).mean()
    mean = np.repeat(pictures.mean(axis=0, keepdims=True), 400, axis=0)
    assert float(gan.squared_error(tf.constant(mean), tf.constant(pictures))) == pytest.approx(1, rel=1e-5)
    assert training.unexplained(mean, pictures) == pytest.approx(1, rel=1e-5)
    assert training.unexplained(pictures + 3.0, pictures) == pytest.approx(9 / gan.variance, rel=1e-4)


def test_the_student_has_a_tenth_of_the_weights_and_its_cost_is_counted():
    (teacher, _), (student, discriminator) = wide_GenDiscr(seed=0), small_GenDiscr(seed=0)
    assert teacher.count_params() == 236_517, "the stored generator's, as data/README.md says"
    assert student.count_params() <= teacher.count_params() / 10
    taps = 9 * (64 * 128 * 64 + 256 * 65 * 32 + 256 * 33 * 32 + 256 * 32)
    assert training.multiplications(teacher) == 64 * 2048 + taps
    taps = 9 * (64 * 12 * 28 + 64 * 33 * 22 + 64 * 22 * 4)
    assert training.multiplications(student) == 64 * 192 + taps
    assert student.input_shape == teacher.input_shape and student.output_shape == discriminator.input_shape
    pictures = student(numbers(2, 384), training=False).numpy()
    assert pictures.shape == (2, 16, 16, 1) and np.abs(pictures).max() < 1
    # The latent of a pixel or of a place moves what is near it.
    for number, (row, column) in {64 + 8 * 2 + 5: (4, 10), 128 + 16 * 9 + 3: (9, 3)}.items():
        latents = numbers(1, 384)
        before = student(latents, training=False)
        latents[0, number] += 1
        moved = np.abs(student(latents, training=False) - before)[0, :, :, 0]
        rows, columns = np.nonzero(moved > 0)
        assert len(rows) and max(np.abs(rows - row).max(), np.abs(columns - column).max()) <= 5


def test_four_channels_are_the_pixels_of_a_square():
    picture = np.arange(256.0, dtype=np.float32).reshape(1, 16, 16, 1)
    inputs = keras.Input((16, 16, 1))
    maps = pixels_to_channels(inputs)
    found, again = keras.Model(inputs, [maps, channels_to_pixels(maps)])(picture)
    for row, column in ((0, 0), (3, 6), (7, 7)):
        square = picture[0, 2 * row : 2 * row + 2, 2 * column : 2 * column + 2, 0]
        np.testing.assert_array_equal(found[0, row, column], square.ravel())
    np.testing.assert_array_equal(again, picture)


def test_all_students_take_equally_long(monkeypatch):
    monkeypatch.setattr(training, "COST", 0.25)
    steps = {name: training.steps_of(name, 300) for name in ("beginning", "distilled", "squared_error", "no_teacher")}
    assert steps == {"beginning": 1200, "distilled": 300, "squared_error": 1200, "no_teacher": 600}


# ---- A flow of fewer steps ----


def linear_field(matrix, dtype="float64"):
    """dz/dt = matrix z."""
    inputs = keras.Input((3,), dtype=dtype)
    layer = keras.layers.Dense(2, use_bias=False, dtype=dtype)
    field = keras.Model(inputs, layer(inputs))
    layer.set_weights([np.concatenate([matrix.T, np.zeros((1, 2))])])
    return field


def clock_field():
    """dz/dt = (t, 2 t), whatever z is."""
    field = linear_field(np.zeros((2, 2)))
    field.set_weights([np.array([[0.0, 0.0], [0.0, 0.0], [1.0, 2.0]])])
    return field


def halved(student, teacher, steps, batch=5, rate=0.01):
    return Halved_Flow(student, teacher, LatentGenerator(2, seed=1), steps, batch, rate)


def exponential(matrix):
    values, vectors = np.linalg.eig(matrix)
    return np.real(vectors @ np.diag(np.exp(values)) @ np.linalg.inv(vectors))


def best_student(matrix, steps):
    """The matrix of the linear field one step of which lands where two half steps with this matrix land."""
    return steps * (np.linalg.matrix_power(IDENTITY + matrix / (2 * steps), 2) - IDENTITY)


def test_euler_takes_the_velocity_at_the_start_of_each_step():
    latents = tf.constant(numbers(4, 2).astype(np.float64))
    path = euler(linear_field(MATRIX), latents, 5)
    assert len(path) == 6
    for number, positions in enumerate(path):
        expected = latents.numpy() @ np.linalg.matrix_power(IDENTITY + MATRIX / 5, number).T
        np.testing.assert_allclose(positions, expected, rtol=1e-10, atol=1e-12)
    # The times of four steps are 0, 1/4, 1/2 and 3/4: their mean is 3/8.
    moved = euler(clock_field(), latents, 4)[-1] - latents
    np.testing.assert_allclose(moved, np.tile([0.375, 0.75], (4, 1)))
    each = tf.constant([[0.0], [0.5], [1.0], [2.0]], tf.float64)
    np.testing.assert_allclose(velocity(clock_field(), latents, each), each.numpy() * [1, 2])


def test_lessons_are_where_two_steps_of_the_teacher_land():
    latents = numbers(3, 2).astype(np.float64)
    starts, times, wanted = halved(linear_field(MATRIX), linear_field(MATRIX), 4).lessons(tf.constant(latents))
    np.testing.assert_allclose(times[:, 0], np.repeat([0, 0.25, 0.5, 0.75], 3))
    powers = [np.linalg.matrix_power(IDENTITY + MATRIX / 8, 2 * number) for number in range(5)]
    np.testing.assert_allclose(starts, np.concatenate([latents @ power.T for power in powers[:4]]))
    landings = np.concatenate([latents @ power.T for power in powers[1:]])
    np.testing.assert_allclose(starts + wanted / 4, landings)
    # Two steps of the length 1/8 from time t, with the velocities t and t + 1/8: the mean is t + 1/16.
    _, times, wanted = halved(clock_field(), clock_field(), 4).lessons(tf.constant(latents))
    np.testing.assert_allclose(wanted, (times.numpy() + 1 / 16) * [1, 2])


def test_halving_a_linear_flow_down_to_one_step_loses_nothing(eagerly):
    matrix, steps = MATRIX, 16
    while steps > 1:
        steps //= 2
        best = best_student(matrix, steps)
        teacher = linear_field(matrix, "float32")
        errors = [
            float(halved(linear_field(each, "float32"), teacher, steps).train_step(None)["error"])
            for each in (best, matrix)
        ]
        # Rounding of positions near 1, times the steps: (8 * 1e-7)^2.
        assert errors[0] < 1e-10 < 1e-6 < errors[1]
        np.testing.assert_array_equal(teacher.get_weights()[0][:2].T, matrix.astype(np.float32))
        matrix = best
    sixteen, exact = np.linalg.matrix_power(IDENTITY + MATRIX / 16, 16), exponential(MATRIX)
    np.testing.assert_allclose(IDENTITY + matrix, sixteen, rtol=1e-10)
    # What is left is the error of the 16 steps, not that of one.
    assert np.abs(IDENTITY + matrix - exact).max() < np.abs(IDENTITY + MATRIX - exact).max() / 10


def test_training_finds_the_student_of_the_closed_form():
    teacher = linear_field(4 * MATRIX, "float32")
    model = halved(linear_field(np.zeros((2, 2)), "float32"), teacher, 1, batch=64, rate=0.1)
    model.train_steps(150)
    found = model.student.get_weights()[0][:2].T
    np.testing.assert_allclose(found, best_student(4 * MATRIX, 1), atol=0.05)
    np.testing.assert_array_equal(teacher.get_weights()[0][:2].T, (4 * MATRIX).astype(np.float32))


def test_points_are_compared_with_the_density_and_with_the_teacher():
    density = get_density("clouds")
    teacher = density.sample(2000, 5).astype(np.float64)
    ways = {"euler": {4: teacher, 2: teacher + [0.3, 0.4]}, "distilled": {2: teacher}, "exact": {64: teacher}}
    found = training.measure_steps(ways, density, seed=0)
    deviation = np.sqrt(teacher.var(axis=0).mean())
    assert found["euler"]["2"]["from_teacher"] == pytest.approx(np.sqrt((0.09 + 0.16) / 2) / deviation)
    assert found["distilled"]["2"]["from_teacher"] == found["euler"]["4"]["from_teacher"] == 0
    # A shift s has the sliced distance |s| / sqrt(2).
    assert found["euler"]["2"]["sliced_wasserstein"] == pytest.approx(0.5 / np.sqrt(2), rel=0.1)
    assert max(found["real"]["0"]["sliced_wasserstein"], found["euler"]["4"]["sliced_wasserstein"]) < 0.03
    assert "from_teacher" not in found["real"]["0"]
    scaled = training.points_of(
        {"euler": {1: np.ones((2, 2))}}, FaceScaling(np.array([1.0, 2.0]), np.array([3.0, 4.0]))
    )
    np.testing.assert_array_equal(scaled["euler"][1], [[4, 6], [4, 6]])


def test_the_picture_shows_points_and_distances():
    density = get_density("clouds")
    ways = {
        "distilled": {2: density.sample(50, 0), 1: density.sample(50, 1)},
        "euler": {4: density.sample(50, 2), 2: density.sample(50, 3), 1: density.sample(50, 4)},
        "order_4": {4: density.sample(50, 5)},
        "exact": {64: density.sample(50, 6)},
    }
    measures = training.measure_steps(ways, density, seed=0)
    figure = plots.quality_against_cost(ways, measures, density.limits, training.WAYS)
    *clouds, curve = sorted(figure.axes, key=lambda axes: len(axes.lines))
    assert len(clouds) == 4
    drawn = {line.get_label(): line.get_xydata().tolist() for line in curve.lines}
    expected = [[count, measures["distilled"][str(count)]["sliced_wasserstein"]] for count in (1, 2)]
    assert drawn["distilled"] == expected and [x for x, _ in drawn["Euler"]] == [1, 2, 4]
    assert drawn["real points (floor)"][0][1] == measures["real"]["0"]["sliced_wasserstein"]


# ---- The script ----


def small_networks(seed):
    """A generator of one layer, and a linear critic."""
    inputs, pictures = keras.Input((5,)), keras.Input((16, 16, 1))
    kernel = keras.initializers.GlorotUniform(seed=seed)
    maps = keras.layers.BatchNormalization()(keras.layers.Dense(256, kernel_initializer=kernel)(inputs))
    generator = keras.Model(inputs, keras.layers.Reshape((16, 16, 1))(keras.layers.Activation("tanh")(maps)))
    return generator, keras.Model(pictures, keras.layers.Dense(1)(keras.layers.Flatten()(pictures)))


@pytest.fixture
def small(monkeypatch, eagerly):
    """Make the lab small: networks of one layer, few faces and points."""
    faces = np.random.default_rng(0).integers(0, 256, (300, 16, 16)).astype(np.uint8)
    scaling = FaceScaling.symmetric()

    def load_gan(faces, seed):
        return WGAN_GP(*small_networks(9), LatentGenerator(5, seed=seed), scaling.prepare(faces), decoding=scaling)

    replaced = {
        lab: {
            "load_gan": load_gan,
            "load_faces": lambda: faces,
            "small_GenDiscr": small_networks,
            "TEACHERS_STEPS": 4,
            "POINTS_IN_A_BATCH": 8,
        },
        training: {
            "unseen_faces": lambda seed: faces[::-1],
            "FACES_MEASURED": 300,
            "POINTS_MEASURED": 200,
            "REAL_POINTS": 300,
            "EXACT_STEPS": 2,
            "TIMES": 1,
        },
        rivals: {"FACES_COMPARED": 50},
    }
    for module, values in replaced.items():
        for name, value in values.items():
            monkeypatch.setattr(module, name, value)
    return ["--steps", "1", "--seed", "3", "--hidden-units", "4", "--hidden-layers", "1"]


def test_the_lab_runs(small, tmp_path, capsys):
    lab.main([*small, "--batch-size", "4", "--lessons", "20", "--output", str(tmp_path)])
    assert {path.name for path in tmp_path.iterdir()} == {"faces.png", "steps.png", "record.json"}
    measures = json.loads((tmp_path / "record.json").read_text())["measures"]
    rows = measures["student"]
    assert list(rows) == ["teacher", "distilled", "squared_error", "no_teacher", "real"]
    assert rows["teacher"]["unexplained"] == 0 < rows["distilled"]["unexplained"]
    assert rows["distilled"]["training_seconds"] >= 0 and "training_seconds" not in rows["teacher"]
    steps = measures["steps"]
    assert {way: list(found) for way, found in steps.items()} == {
        "distilled": ["2", "1"],
        "euler": ["4", "2", "1"],
        "order_4": ["16", "8", "4"],
        "exact": ["8"],
        "real": ["0"],
    }
    assert steps["euler"]["4"]["from_teacher"] == 0
    printed = capsys.readouterr().out
    assert "GAN without a teacher" in printed and "real points (floor)" in printed


def test_a_stopped_halving_goes_on_with_the_same_students(small, tmp_path, monkeypatch):
    run = ["--part", "steps", *small, "--checkpoint-every", "0", "--output"]
    lab.main([*run, str(tmp_path / "whole")])
    step = Halved_Flow.train_step

    def stop(self, _):
        if self.steps == 1:
            raise KeyboardInterrupt
        return step(self, _)

    with monkeypatch.context() as patch:
        patch.setattr(Halved_Flow, "train_step", stop)
        with pytest.raises(KeyboardInterrupt):
            lab.main([*run, str(tmp_path / "resumed")])
    lab.main([*run, str(tmp_path / "resumed"), "--resume"])
    first, second = (
        json.loads((tmp_path / name / "record.json").read_text())["measures"]["steps"] for name in ("whole", "resumed")
    )
    for way, by_count in first.items():
        for count, row in by_count.items():
            assert second[way][count] == pytest.approx(row, rel=1e-4, abs=1e-6, nan_ok=True)


def test_help_comes_without_tensorflow(tmp_path):
    options = ["--part", "--seed", "--output", "--steps", "--resume", "--adversarial"]
    mistakes = [["--part", "weights"], ["--data", "letters"]]
    assert_answered_at_once("labs/distillation.py", options, mistakes, tmp_path)
