"""The lab of progressive growing: layers, continuity of fading, the plan, one training step, resuming, the script."""

import json
from argparse import Namespace

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from tensorflow import keras

from gankit.datasets import baselines
from gankit.errors import InputError
from gankit.faces import FaceScaling
from gankit.faces.changes import reduced
from gankit.metrics import frechet_distance
from gankit.networks import LatentGenerator, growing_GenDiscr
from gankit.networks.growing import (
    BatchDeviation,
    EqualisedConv,
    EqualisedDense,
    Fade,
    Growing,
    PixelNorm,
    set_growth,
)
from gankit.randomness import separate_seed
from gankit.training import Run
from gankit.training import growing as training
from labs import progressive_growing as lab

IDENTITY = FaceScaling.identity()


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def enlarged(pictures):
    """Each pixel becomes four."""
    return np.repeat(np.repeat(pictures, 2, axis=1), 2, axis=2)


def halved(pictures):
    """The mean of each four pixels."""
    return (pictures[:, ::2, ::2] + pictures[:, 1::2, ::2] + pictures[:, ::2, 1::2] + pictures[:, 1::2, 1::2]) / 4


# ---- Layers ----


@pytest.mark.parametrize(
    ("layer", "plain", "inputs", "fan_in"),
    [
        (EqualisedDense(4, dtype="float64"), keras.layers.Dense(4, dtype="float64"), numbers(5, 7), 7),
        (
            EqualisedConv(4, 3, dtype="float64"),
            keras.layers.Conv2D(4, 3, padding="same", dtype="float64"),
            numbers(2, 6, 6, 3),
            27,
        ),
        (
            EqualisedConv(2, 1, gain=1.0, dtype="float64"),
            keras.layers.Conv2D(2, 1, dtype="float64"),
            numbers(2, 4, 4, 5),
            5,
        ),
    ],
    ids=["dense", "3x3", "1x1 with a gain of 1"],
)
def test_an_equalised_layer_is_a_plain_one_with_scaled_weights_and_a_scaled_gradient(layer, plain, inputs, fan_in):
    scale = np.sqrt((1 if layer.gain == 1 else 2) / fan_in)
    plain(inputs)
    layer(inputs)
    kernel, bias = numbers(*layer.kernel.shape, seed=1), numbers(*layer.bias.shape, seed=2)
    layer.set_weights([kernel, bias])
    plain.set_weights([scale * kernel, bias])
    gradients = []
    for each in (layer, plain):
        with tf.GradientTape() as tape:
            outputs = each(tf.constant(inputs))
            loss = tf.reduce_sum(outputs**3)
        gradients.append([outputs, *tape.gradient(loss, each.trainable_variables)])
    (found, of_kernel, of_bias), (expected, of_plain_kernel, of_plain_bias) = gradients
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(of_kernel, scale * of_plain_kernel, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(of_bias, of_plain_bias, rtol=1e-10)


def test_weights_start_from_the_standard_normal_distribution_and_signals_keep_their_size():
    generator, discriminator = growing_GenDiscr(32, (64, 32, 16, 8), seed=3)
    kernels = [v.numpy() for n in (generator, discriminator) for v in n.trainable_variables if len(v.shape) > 1]
    assert len(kernels) == 18
    for kernel in kernels:
        if kernel.size > 1000:
            # Five standard errors.
            assert abs(kernel.std() - 1) < 5 / np.sqrt(2 * kernel.size) and abs(kernel.mean()) < 5 / np.sqrt(
                kernel.size
            )
    assert len({kernel.ravel()[0] for kernel in kernels}) == len(kernels), "every layer has numbers of its own"
    again = EqualisedDense(64 * 16, seed=generator.get_layer("dense").seed)
    again(numbers(1, 32).astype("f"))
    np.testing.assert_array_equal(again.get_weights()[0], generator.get_weights()[0])
    # With the gain of sqrt(2) and inputs of mean square 1, LeakyReLU(.2) gives a mean square of 1.04.
    values = EqualisedDense(3000, seed=0)(numbers(200, 50).astype(np.float32))
    assert np.mean(np.square(keras.layers.LeakyReLU(0.2)(values))) == pytest.approx(1.04, rel=0.03)


def test_pixel_norm_in_closed_form():
    maps = np.array([[[[3.0, 4.0], [0.0, 0.0]], [[-5.0, 0.0], [1e3, -1e3]]]])
    root = np.sqrt(12.5)
    expected = [[[[3 / root, 4 / root], [0, 0]], [[-np.sqrt(2), 0], [1, -1]]]]
    np.testing.assert_allclose(PixelNorm(dtype="float64")(maps), expected, atol=1e-8)
    np.testing.assert_allclose(np.mean(np.square(PixelNorm()(numbers(4, 32).astype("f"))), axis=1), 1, rtol=1e-5)


def test_the_deviation_over_the_batch_is_that_of_numpy():
    maps = numbers(6, 3, 3, 5)
    found = np.asarray(BatchDeviation(dtype="float64")(maps))
    assert found.shape == (6, 3, 3, 6)
    np.testing.assert_array_equal(found[..., :5], maps)
    np.testing.assert_allclose(found[..., 5], np.std(maps, axis=0).mean(), rtol=1e-7)
    # Of copies it is 0, up to the guard of the root, and has a slope.
    copies = tf.constant(np.repeat(maps[:1], 6, axis=0))
    with tf.GradientTape() as tape:
        tape.watch(copies)
        deviations = BatchDeviation(dtype="float64")(copies)[..., 5]
    assert np.max(deviations) == pytest.approx(1e-4)
    assert np.isfinite(tape.gradient(deviations, copies)).all()


@pytest.mark.parametrize(
    "layer",
    [EqualisedDense(3, 1.0, 5), EqualisedConv(3, 3, 1.0, 5), PixelNorm(), BatchDeviation(), Fade(16)],
    ids=lambda layer: type(layer).__name__,
)
def test_a_layer_is_made_again_from_its_configuration(layer):
    again = type(layer).from_config(layer.get_config())
    inputs = numbers(2, 4, 4, 3).astype("f")
    inputs = [inputs, 2 * inputs] if isinstance(layer, Fade) else inputs
    np.testing.assert_array_equal(layer(inputs), again(inputs))


# ---- Fading ----


@pytest.fixture(scope="module")
def pair():
    """A pair for pictures up to 16x16, and the networks inside it."""
    generator, discriminator = growing_GenDiscr(6, (5, 4, 3), seed=1)
    return generator, discriminator, Growing(generator, discriminator)


def test_every_resolution_has_its_networks_and_all_share_their_weights(pair):
    generator, discriminator, growing = pair
    assert growing.resolutions == [4, 8, 16]
    assert growing.generators[16] is generator and growing.discriminators[16] is discriminator
    for size in growing.resolutions:
        assert growing.generators[size].output_shape == (None, size, size, 1)
        assert growing.discriminators[size].input_shape == (None, size, size, 1)
        assert growing.discriminators[size].output_shape == (None, 1)
        for inside, whole in ((growing.generators, generator), (growing.discriminators, discriminator)):
            owned = {id(variable) for variable in whole.trainable_variables}
            part = {id(variable) for variable in inside[size].trainable_variables}
            assert part <= owned and (part == owned) == (size == 16)


@pytest.mark.parametrize("size", [8, 16])
def test_pictures_fade_in_continuously(pair, size):
    generator, _, growing = pair
    latents = numbers(3, 6).astype("f")
    new_picture = keras.Model(generator.input, generator.get_layer(f"picture_{size}").output)

    def pictures(resolution, alpha):
        set_growth(generator, resolution, alpha)
        return growing.generators[size](latents).numpy()

    set_growth(generator, size, 0.0)
    low = enlarged(growing.generators[size // 2](latents).numpy())
    high = new_picture(latents).numpy()
    assert np.abs(high - low).max() > 0.1
    np.testing.assert_array_equal(pictures(size, 0.0), low)
    np.testing.assert_array_equal(pictures(size, 1.0), high)
    for alpha in (0.01, 0.3, 0.75):
        np.testing.assert_allclose(pictures(size, alpha), low + alpha * (high - low), atol=1e-5)
    # The whole network shows what the smaller one makes.
    set_growth(generator, size // 2, 1.0)
    whole = generator(latents).numpy()
    while low.shape[1] < 16:
        low = enlarged(low)
    np.testing.assert_array_equal(whole, low)


@pytest.mark.parametrize("size", [8, 16])
def test_scores_fade_in_continuously(size):
    generator, discriminator = growing_GenDiscr(6, (5, 4, 3)[: 2 if size == 8 else 3], seed=1)
    pictures = numbers(5, size, size, 1).astype("f")
    new, old = discriminator, Growing(generator, discriminator).discriminators[size // 2]

    def scores(alpha):
        set_growth(discriminator, size, alpha)
        return new(pictures).numpy()

    np.testing.assert_allclose(scores(0.0), old(halved(pictures)), rtol=1e-5, atol=1e-6)
    # What the next layers see is linear in alpha.
    mixed = keras.Model(new.input, new.get_layer(f"fade_{size}").output)

    def maps(alpha):
        set_growth(discriminator, size, alpha)
        return mixed(pictures).numpy()

    np.testing.assert_allclose(maps(0.3), 0.7 * maps(0.0) + 0.3 * maps(1.0), atol=1e-5)
    # At 1 the smaller pictures have no say: their first layer can be anything.
    whole, smaller = scores(1.0), discriminator.get_layer(f"from_picture_{size // 2}")
    before = smaller.get_weights()
    smaller.set_weights([10 * array + 3 for array in before])
    changed, changed_at_0 = scores(1.0), scores(0.0)
    smaller.set_weights(before)
    np.testing.assert_array_equal(changed, whole)
    assert np.abs(changed_at_0 - scores(0.0)).max() > 0.1
    # No jump at either end.
    for end in (0.0, 1.0):
        assert np.abs(scores(abs(end - 1e-4)) - scores(end)).max() < 0.01 * np.abs(scores(0.0) - scores(1.0)).max()


def make_gan(channels=(4, 3), seed=0, batch_size=3, **options):
    size = 4 * 2 ** (len(channels) - 1)
    real = np.random.default_rng(seed).uniform(-1, 1, (12, size, size)).astype("f")
    networks, latents = growing_GenDiscr(5, channels, seed), LatentGenerator(5, seed=seed)
    options = {"learning_rate": 0.01, "lambda_gp": 2.0, "decoding": IDENTITY, **options}
    return lab.Progressive_GAN(*networks, latents, real, batch_size, 1, seed=seed, **options)


def test_real_pictures_are_averaged_down_and_faded_like_generated_ones():
    gan = make_gan((4, 3, 2))
    real = gan.real_examples.numpy()[..., None]
    eight, four = halved(real), halved(halved(real))
    for resolution, alpha, expected in (
        (4, 1.0, four),
        (8, 0.0, enlarged(four)),
        (8, 0.25, 0.75 * enlarged(four) + 0.25 * eight),
        (8, 1.0, eight),
        (16, 0.0, enlarged(eight)),
        (16, 0.5, (enlarged(eight) + real) / 2),
        (16, 1.0, real),
    ):
        gan.grow(resolution, alpha)
        np.testing.assert_allclose(gan.at_present(tf.constant(real[..., 0])), expected, atol=1e-6)


def test_growing_at_0_changes_neither_pictures_nor_scores():
    gan = make_gan((4, 3, 2))
    latents, real = numbers(3, 5).astype("f"), gan.real_examples
    for resolution in (8, 16):
        gan.grow(resolution // 2, 1.0)
        before = gan.generator(latents).numpy()
        pictures, scores = gan.present_generator(latents), gan.present_discriminator(gan.at_present(real))
        gan.grow(resolution, 0.0)
        np.testing.assert_array_equal(gan.generator(latents), before)
        np.testing.assert_array_equal(gan.present_generator(latents), enlarged(pictures.numpy()))
        np.testing.assert_allclose(gan.present_discriminator(gan.at_present(real)), scores, rtol=1e-5, atol=1e-6)


def test_what_the_networks_do_not_have_is_refused():
    gan = make_gan()
    for resolution, alpha, text in ((16, 1.0, r"16.*\[4, 8\]"), (8, 1.5, "alpha is 1.5"), (8, -0.1, "alpha is -0.1")):
        with pytest.raises(InputError, match=text):
            gan.grow(resolution, alpha)
    with pytest.raises(InputError, match="channels"):
        growing_GenDiscr(5, ())


# ---- The training step ----


def test_the_penalty_is_that_of_finite_differences():
    gan = make_gan((3,))
    real, fake = numbers(2, 4, 4, 1, seed=1).astype("f"), numbers(2, 4, 4, 1, seed=2).astype("f")
    gan.draw_mixing = lambda like: tf.constant([0.25, 0.75])[:, None, None, None]
    mixed = np.array([0.25, 0.75])[:, None, None, None]
    mixed = (mixed * real + (1 - mixed) * fake).astype("f")
    slopes = np.zeros_like(mixed)
    for place in np.ndindex(mixed.shape):
        step = np.zeros_like(mixed)
        step[place] = 2e-3
        above, below = (np.sum(gan.discriminator(each)) for each in (mixed + step, mixed - step))
        slopes[place] = (above - below) / 4e-3
    norms = np.sqrt((slopes**2).sum(axis=(1, 2, 3)))
    # Differences of float32 scores of size 1 over 4e-3 are right to 1e-4.
    np.testing.assert_allclose(gan.gradient_penalty(real, fake), np.mean((norms - 1) ** 2), rtol=5e-3, atol=1e-4)


def test_one_step_at_8x8_is_that_of_a_derivation(eagerly):
    """Adam without a first mean moves each weight at first by its rate, against the sign of the slope."""
    gan = make_gan((4, 3, 2), beta_1=0.0)
    gan.grow(8, 0.3)
    generator, discriminator = gan.present_generator, gan.present_discriminator
    latents = tf.constant(numbers(2, 3, 5).astype("f"))
    u = tf.constant([0.2, 0.5, 0.9])[:, None, None, None]
    real = gan.real_examples[:3]
    queue = iter(latents)
    gan.latent_generator, gan.get_real_sample = lambda size: next(queue), lambda: real
    gan.draw_mixing = lambda like: u
    every = {id(v): v for network in (gan.generator, gan.discriminator) for v in network.trainable_variables}
    before = {key: variable.numpy() for key, variable in every.items()}

    # ---- The discriminator's loss, written anew ----
    eight = halved(real.numpy()[..., None])
    faded = tf.constant((0.7 * enlarged(halved(eight)) + 0.3 * eight).astype("f"))
    fake = generator(latents[0])
    with tf.GradientTape() as tape:
        mixed = u * faded + (1 - u) * fake
        with tf.GradientTape() as inner:
            inner.watch(mixed)
            scores = discriminator(mixed)
        norms = tf.norm(tf.reshape(inner.gradient(scores, mixed), [3, -1]), axis=1)
        gp = tf.reduce_mean(tf.square(norms - 1))
        of_real, of_fake = discriminator(faded), discriminator(fake)
        loss = tf.reduce_mean(of_fake) - tf.reduce_mean(of_real) + 2 * gp + 0.001 * tf.reduce_mean(of_real**2)
    slopes = tape.gradient(loss, discriminator.trainable_variables)
    expected_losses = {"discr_loss": np.mean(of_fake) - np.mean(of_real), "gp": float(gp)}

    found = gan.train_step(None)
    for name, value in expected_losses.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-4, atol=1e-5)

    def assert_moved(variables, slopes):
        for variable, slope in zip(variables, slopes):
            certain = np.abs(slope) > 1e-4
            moved = variable.numpy() - before[id(variable)]
            np.testing.assert_allclose(moved[certain], -0.01 * np.sign(slope)[certain], rtol=1e-2)

    assert_moved(discriminator.trainable_variables, slopes)

    # ---- The generator's loss, against the new discriminator ----
    moved_to = [variable.numpy() for variable in generator.trainable_variables]
    for variable in generator.trainable_variables:
        variable.assign(before[id(variable)])
    with tf.GradientTape() as tape:
        loss = -tf.reduce_mean(discriminator(generator(latents[1])))
    slopes = tape.gradient(loss, generator.trainable_variables)
    np.testing.assert_allclose(found["gen_loss"], loss, rtol=1e-4, atol=1e-5)
    for variable, value in zip(generator.trainable_variables, moved_to):
        variable.assign(value)
    assert_moved(generator.trainable_variables, slopes)

    # ---- The layers of 16x16 wait ----
    used = {id(v) for network in (generator, discriminator) for v in network.trainable_variables}
    waiting = [key for key in every if key not in used]
    assert len(waiting) == 8
    for key in waiting:
        np.testing.assert_array_equal(every[key].numpy(), before[key])


def test_restarted_optimizers_know_nothing_but_their_rate(eagerly):
    gan = make_gan((3,))
    gan.train_steps(2)
    gan.restart_optimizers()
    for optimizer in gan.distinct_optimizers:
        assert int(optimizer.iterations) == 0 and float(optimizer.learning_rate) == np.float32(0.01)
        sums = [np.abs(np.asarray(each)).sum() for each in optimizer.variables]
        assert sum(value > 0 for value in sums) <= 1, "only the learning rate is not 0"


# ---- The plan ----


def test_a_plan_takes_the_time_of_its_steps_at_the_largest_size():
    plan = training.growth_plan(600 + training.GRAPHS, 0.5)
    assert [stage.resolution for stage in plan] == [4, 8, 16, 32]
    assert sum(training.TIMES.values()) == pytest.approx(1)
    for stage in plan:
        assert stage.steps * training.COSTS[stage.resolution] == pytest.approx(
            600 * training.TIMES[stage.resolution], abs=0.5
        )
        assert stage.fading == (0 if stage.resolution == 4 else round(stage.steps / 2))
    half = training.growth_plan(600 + training.GRAPHS, 0.0, 16)
    assert [stage.resolution for stage in half] == [4, 8, 16] and not any(stage.fading for stage in half)
    # 4x4, 8x8 and 16x16 get one, two and three sixths of the time.
    assert half[2].steps == pytest.approx(300, abs=1)
    times = [stage.steps * training.COSTS[stage.resolution] for stage in half]
    assert sum(times) == pytest.approx(600 * training.COSTS[16], abs=1)
    assert training.length(training.direct_plan(600)) == 600
    assert all(stage.steps >= 1 for stage in training.growth_plan(1, 0.5))


def test_positions_follow_the_plan():
    plan = [training.Stage(4, 10), training.Stage(8, 20, 8), training.Stage(16, 4, 0)]
    expected = {0: (4, 1), 9: (4, 1), 10: (8, 0), 12: (8, 0.25), 18: (8, 1), 29: (8, 1), 30: (16, 1), 99: (16, 1)}
    assert {step: training.position(plan, step) for step in expected} == expected
    alphas = [training.position(plan, step)[1] for step in range(10, 30)]
    np.testing.assert_allclose(np.diff(alphas), [1 / 8] * 8 + [0] * 11)


def test_looks_are_equally_far_apart_in_time(monkeypatch):
    monkeypatch.setattr(training, "COSTS", {4: 0.25, 8: 1.0})
    # The first stage takes a quarter of the time of the second.
    plan = [training.Stage(4, 100), training.Stage(8, 100)]
    assert training.looks(plan, 5) == [0, 100, 125, 150, 175, 200]
    assert training.looks([training.Stage(8, 2)], 10) == [0, 1, 2]


# ---- Callbacks ----

PLAN = [training.Stage(4, 2), training.Stage(8, 3, 2)]


class Stop(Exception):
    pass


class StopAt(keras.callbacks.Callback):
    def __init__(self, step):
        super().__init__()
        self.step = step

    def on_train_batch_begin(self, batch, logs=None):
        if batch == self.step:
            raise Stop


def trained(folder, resume=False, stop_at=None):
    """Train after a plan; return everything that the training left."""
    gan = make_gan()
    growth = training.Growth(gan, PLAN)
    kept = training.GrowingGenerator(gan, 0.5, 0)
    kept._calibration_latents = kept._calibration_latents[:40]
    course = training.Course(kept, np.random.default_rng(0).random((9, 8, 8)), [0, 1, 4, 5])
    run = Run(folder, Namespace(resume=resume, checkpoint_every=0))
    callbacks = [growth, kept, course, StopAt(stop_at)]
    losses = run.fit(gan, 1, training.length(PLAN), callbacks=callbacks, steps_per_call=1)
    arrays = {**gan.state_arrays(), **{f"kept/{n}": array for n, array in enumerate(kept.averaged.get_weights())}}
    collected = {name: np.array(getattr(course, name)) for name in ("steps", "resolutions", "distances", "faces")}
    return gan, course, {**arrays, **collected, **{name: np.array(values) for name, values in losses.items()}}


def test_a_resumed_run_equals_an_uninterrupted_one(tmp_path, eagerly):
    gan, course, expected = trained(tmp_path / "whole")
    assert gan.resolution == 8 and float(gan.alpha) == 1
    assert course.steps == [0, 1, 4, 5] and course.resolutions == [4, 4, 8, 8]
    assert course.seconds[0] == 0 and (np.diff(course.seconds) > 0).all()
    # Adam restarted when the 8x8 layers joined.
    assert [int(optimizer.iterations) for optimizer in gan.distinct_optimizers] == [3, 3]
    # Once at a change of resolution, once while the new layers fade in.
    for stop_at in (2, 3):
        with pytest.raises(Stop):
            trained(tmp_path / "parts", resume=stop_at == 3, stop_at=stop_at)
    _, resumed, found = trained(tmp_path / "parts", resume=True)
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        np.testing.assert_array_equal(found[name], array, err_msg=name)
    assert (np.diff(resumed.seconds) > 0).all()


def test_the_kept_generator_averages_the_weights_since_a_resolution_joined_but_not_alpha(eagerly):
    gan = make_gan()
    training.Growth(gan, PLAN)
    kept = training.GrowingGenerator(gan, 0.9, 0)
    first = gan.generator.get_weights()

    def assert_means(added, alpha):
        for mean, array in zip(kept.averaged.get_weights(), first):
            np.testing.assert_allclose(mean, array + added if array.ndim else alpha, atol=1e-5)

    # At first the mean is over the weights at the beginning and after each step.
    for resolution, alpha, added, alpha_of_8 in ((4, 1.0, 1 / 2, 0), (4, 1.0, 3 / 3, 0), (8, 0.25, 2, 0.25)):
        gan.grow(resolution, alpha)
        gan.generator.set_weights([array + 1 if array.ndim else array for array in gan.generator.get_weights()])
        kept.steps_made += 1
        kept.after_steps(1, {})
        assert kept.resolution == resolution
        assert_means(added, alpha_of_8)
    # At the change, the mean so far counts as one step: (1 + 3) / 2 = 2, and then (1 + 3 + 4) / 3.
    gan.generator.set_weights([array + 1 if array.ndim else array for array in gan.generator.get_weights()])
    kept.steps_made += 1
    kept.after_steps(1, {})
    assert_means(8 / 3, 0.25)
    faces = kept.same_faces()
    assert faces.shape == (1000, 8, 8)
    np.testing.assert_array_equal(faces, kept.same_faces())


# ---- Saving, measures, the script ----


def test_a_saved_model_is_loaded_with_all_its_sizes(tmp_path):
    gan = make_gan()
    gan.grow(8, 0.25)
    gan.save(tmp_path / "gan.keras")
    loaded = lab.Progressive_GAN.load(tmp_path / "gan.keras")
    np.testing.assert_array_equal(loaded.generate(4, seed=3), gan.generate(4, seed=3))
    for each in (loaded, gan):
        each.grow(4, 1.0)
    latents = numbers(2, 5).astype("f")
    np.testing.assert_array_equal(loaded.present_generator(latents), gan.present_generator(latents))
    assert loaded.lambda_gp == 2.0


def test_halved_faces_are_means_of_four_pixels():
    faces = np.random.default_rng(0).random((3, 8, 8))
    np.testing.assert_allclose(reduced(faces), halved(faces))


def test_limits_are_distances_of_averaged_faces():
    faces, unseen = np.random.default_rng(0).random((2, 30, 32, 32))
    found = training.limits(faces, unseen)
    assert list(found) == ["4", "8", "16"]
    eight = enlarged(halved(halved(faces)))
    assert found["8"] == pytest.approx(frechet_distance(eight, halved(unseen)), rel=1e-6)
    # 16x16 is compared at 16x16, so that it loses nothing.
    assert found["16"] == pytest.approx(frechet_distance(halved(faces), halved(unseen)), rel=1e-6)
    four = enlarged(enlarged(halved(halved(halved(faces)))))
    assert found["4"] == pytest.approx(frechet_distance(four, halved(unseen)), rel=1e-6)


def test_the_script_runs_and_reports(tmp_path, monkeypatch, capsys, eagerly):
    monkeypatch.setattr(training, "FACES_MEASURED", 40)
    monkeypatch.setattr(training, "LOOKS", 1)
    # Four CNNs would take most of this test's time; test_metrics.py trains one.
    compared = []

    def accuracy(first, second, *_):
        compared.append((first, second))
        return 0.75

    monkeypatch.setattr(training, "classifier_accuracy", accuracy)
    monkeypatch.setattr(lab, "CHANNELS", (4, 4, 3, 2))
    settings = ["--steps", "2", "--pictures", "50", "--batch-size", "2", "--output", str(tmp_path)]
    lab.main(settings)
    assert "32x32 from the start" in capsys.readouterr().out
    record = json.loads((tmp_path / "record.json").read_text())
    rows = record["measures"]["rows"]
    assert set(rows) == {"growing", "direct", "real", "gaussian"}
    for row in rows.values():
        assert set(row) == {"pixels_32", "pixels_16", "encoder", "classifier"} and np.isfinite(list(row.values())).all()
    faces = training.rendered(50, 0) / np.float32(255)
    unseen = training.rendered(40, separate_seed(0)) / np.float32(255)
    assert len(compared) == 4 and rows["growing"]["classifier"] == 0.75
    for first, second in compared:
        np.testing.assert_array_equal(first, reduced(unseen))
        assert second.shape == (40, 16, 16)
    assert rows["real"]["pixels_32"] == pytest.approx(frechet_distance(faces[:40], unseen), rel=1e-6)
    gaussian = baselines.gaussian(faces, 40, 0)
    assert rows["gaussian"]["pixels_16"] == pytest.approx(frechet_distance(halved(gaussian), halved(unseen)), rel=1e-6)
    assert set(record["measures"]["limits"]) == {"4", "8", "16"}
    trainings = record["measures"]["trainings"]
    assert [stage["resolution"] for stage in trainings["growing"]["plan"]] == [4, 8, 16, 32]
    assert trainings["direct"]["plan"] == [{"resolution": 32, "steps": 2, "fading": 0}]
    assert all(each["processor_seconds"] > 0 for each in trainings.values())
    for name in ("faces.png", "distance.png"):
        with Image.open(tmp_path / name) as picture:
            assert picture.width > 500
    with Image.open(tmp_path / "training.gif") as film:
        assert film.n_frames == 2
