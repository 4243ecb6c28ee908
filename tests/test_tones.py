"""Plucked tones: how they are made, read, stored and drawn, and the lab that learns them."""

import json
import wave
from argparse import Namespace
from functools import partial

import numpy as np
import oracle
import pytest
import tensorflow as tf
from command_lines import assert_answered_at_once
from PIL import Image
from tensorflow import keras

from gankit import metrics, plots
from gankit.datasets import tones as data
from gankit.datasets.tone_reader import cents, nearest_notes, read_tones
from gankit.datasets.wav_files import read_wav, write_wav
from gankit.errors import InputError
from gankit.networks import LatentGenerator
from gankit.networks.waves import wave_discriminators, wave_generator
from gankit.training import Run
from gankit.training import tones as training
from gankit.training.callbacks import FallingRates
from labs import tones as lab

# ---- Data ----


def test_the_notes_are_a_pentatonic_scale_of_two_octaves():
    # Frequencies of the piano's keys, from a table.
    table = {"C3": 130.81, "D3": 146.83, "E3": 164.81, "G3": 196.00, "A3": 220.00}
    table |= {"C4": 261.63, "D4": 293.66, "E4": 329.63, "G4": 392.00, "A4": 440.00}
    assert list(data.NOTES) == list(table)
    np.testing.assert_allclose(data.PITCHES, list(table.values()), atol=0.005)


def test_a_tone_is_the_sum_of_its_harmonics():
    (found,) = data.render([300.0], [0.1], [0.2], 500)
    expected = np.zeros(500)
    for n in range(1, 7):  # the seventh harmonic, 2,100 Hz, is above 1,800 Hz
        for k in range(500):
            t = k / 4000
            fall = np.exp(-t * (1 + 0.25 * (n - 1)) / 0.1)
            expected[k] += np.sin(n * np.pi * 0.2) / n * fall * np.sin(2 * np.pi * n * 300 * t)
    np.testing.assert_allclose(found, 0.9 * expected / np.abs(expected).max(), atol=1e-6)


def test_seed_and_place_in_the_set_decide_a_tone_and_nothing_else():
    few, many, other = data.tones(7, seed=3), data.tones(700, seed=3), data.tones(7, seed=4)
    np.testing.assert_array_equal(few.waves, many.waves[:7])
    assert not np.array_equal(few.waves, other.waves)
    assert many.waves.shape == (700, 1024) and many.waves.dtype == np.float32
    np.testing.assert_allclose(np.abs(many.waves).max(axis=1), 0.9, rtol=1e-6)
    # Five standard deviations of a count, and of a mean of uniform numbers.
    assert (np.abs(np.bincount(many.notes, minlength=10) - 70) < 5 * np.sqrt(63)).all()
    bound = 5 * np.sqrt(1 / 12 / 700)
    low, high = np.log(data.DECAYS)
    assert abs(np.mean((np.log(many.decays) - low) / (high - low)) - 0.5) < bound
    assert abs(np.mean(many.plucks) - 0.3) < 0.4 * bound


def test_what_is_not_possible_is_refused():
    for call in (lambda: data.tones(0), lambda: data.samples_of(0.05), lambda: data.tones(3, samples=9000)):
        with pytest.raises(InputError, match="not possible"):
            call()
    assert data.samples_of(0.256) == 1024 and data.samples_of(0.1) == 400


def test_chance_is_the_share_of_random_pitches():
    # All octaves of the scale, and pitches of one circle of 24 semitones.
    semitones = np.sort(np.concatenate([np.array([3, 5, 7, 10, 12]) + 12 * k for k in range(-3, 4)]))
    pitches = np.random.default_rng(0).uniform(0, 24, 20_000)
    off = 100 * np.abs(pitches[:, None] - semitones).min(axis=1)
    for limit in (30, 50, 100):
        assert data.chance_in_tune(limit) == pytest.approx((off <= limit).mean(), abs=0.015)


# ---- Reading ----


@pytest.fixture(scope="module")
def some_tones():
    tones = data.tones(600, seed=1)
    return tones, read_tones(tones.waves)


def test_the_reader_finds_pitch_decay_and_timbre(some_tones):
    tones, reading = some_tones
    assert np.abs(cents(reading.pitches, data.PITCHES[tones.notes])).max() < 4
    np.testing.assert_array_equal(reading.notes, tones.notes)
    np.testing.assert_allclose(reading.decays, tones.decays, rtol=1e-3)
    # Of the pluck's amplitudes sin(n pi p) / n, the second divided by the first is cos(pi p). It decays a quarter
    # faster, which lowers its mean over the first 32 milliseconds a little.
    np.testing.assert_allclose(reading.brightnesses, np.abs(np.cos(np.pi * tones.plucks)), atol=0.1)
    assert reading.plucked.all()


def test_the_reader_finds_them_in_noise(some_tones):
    tones, _ = some_tones
    noisy = tones.waves + np.random.default_rng(0).normal(0, 0.02, tones.waves.shape)
    # 18 decibels below the mean power of the tones.
    assert (tones.waves**2).mean() / 0.02**2 == pytest.approx(10**1.83, rel=0.1)
    reading = read_tones(noisy)
    np.testing.assert_array_equal(reading.notes, tones.notes)
    assert np.abs(reading.errors).max() < 8
    np.testing.assert_allclose(reading.decays, tones.decays, rtol=0.15)
    assert np.abs(reading.decays / tones.decays - 1).mean() < 0.02
    assert reading.plucked.mean() > 0.97


def test_pitches_beside_the_scale_are_read_as_such():
    pitches = np.geomspace(125, 460, 80)
    times = np.arange(1024) / 4000
    waves = np.exp(-times / 0.08) * (
        np.sin(2 * np.pi * pitches[:, None] * times) + 0.5 * np.cos(4 * np.pi * pitches[:, None] * times + 1)
    )
    reading = read_tones(waves)
    assert np.abs(cents(reading.pitches, pitches)).max() < 4
    np.testing.assert_allclose(reading.decays, 0.08, rtol=1e-3)
    np.testing.assert_allclose(reading.brightnesses, 0.5, rtol=0.02)
    for pitch, note, error in zip(pitches, reading.notes, reading.errors):
        off = [12 * np.log2(pitch / each) for each in data.PITCHES]
        assert note == np.argmin(np.abs(off)) and error == pytest.approx(100 * off[note], abs=4)


def test_noise_has_no_pitch_and_what_does_not_fall_is_not_plucked(some_tones):
    tones, _ = some_tones
    random = np.random.default_rng(0)
    noise = read_tones(random.standard_normal((100, 1024)))
    assert np.isnan(noise.pitches).all() and np.isnan(noise.decays).all() and (noise.notes == -1).all()
    assert np.isnan(read_tones(np.zeros((1, 1024))).pitches).all()
    assert not read_tones(tones.waves[:50, ::-1]).plucked.any()
    steady = read_tones(np.sin(2 * np.pi * 220 * np.arange(1024) / 4000)[None])
    assert steady.pitches[0] == pytest.approx(220, rel=1e-3) and steady.decays[0] > 10 and not steady.plucked[0]
    # Beating: it falls and rises again.
    beating = tones.waves[:20] + tones.waves[:20, ::-1]
    assert not read_tones(beating).plucked.any()


def test_waves_that_cannot_be_read_are_refused():
    for wrong in (np.zeros((0, 1024)), np.zeros(1024), np.zeros((2, 399)), np.full((1, 1024), np.nan)):
        with pytest.raises(InputError, match="waves"):
            read_tones(wrong)
    np.testing.assert_array_equal(nearest_notes(np.array([np.nan, 131.0, 437.0])), [-1, 0, 9])


# ---- WAV files ----


def test_a_wav_file_holds_the_sound(tmp_path):
    values = np.array([0.0, 0.5, -0.25, 1.0, -1.0, 1.7, -2.0], np.float32)
    write_wav(tmp_path / "sound.wav", values, 4000)
    with wave.open(str(tmp_path / "sound.wav")) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate(), file.getnframes()) == (1, 2, 4000, 7)
        raw = file.readframes(7)
    # Low byte first, and negative numbers as two's complement: -0.25 is -8192 = 0xE000.
    assert raw[:2] == b"\x00\x00" and raw[4:6] == b"\x00\xe0" and raw[6:8] == b"\xff\x7f"
    again, rate = read_wav(tmp_path / "sound.wav")
    assert rate == 4000 and again.dtype == np.float32
    np.testing.assert_allclose(again, np.clip(values, -1, 1), atol=0.5001 / 32767)


def test_what_is_no_sound_is_refused(tmp_path):
    for wrong in (np.zeros((3, 2)), np.array([np.nan])):
        with pytest.raises(InputError, match="cannot be written"):
            write_wav(tmp_path / "sound.wav", wrong, 4000)
    (tmp_path / "text.wav").write_text("no sound")
    for name in ("text.wav", "missing.wav"):
        with pytest.raises(InputError, match="cannot be read"):
            read_wav(tmp_path / name)
    with wave.open(str(tmp_path / "stereo.wav"), "wb") as file:
        file.setparams((2, 2, 4000, 0, "NONE", ""))
        file.writeframes(bytes(8))
    with pytest.raises(InputError, match="2 channels of 16 bits"):
        read_wav(tmp_path / "stereo.wav")


# ---- Networks, against matrices in NumPy ----


def convolution_matrix(kernel, length, stride=4):
    """The matrix of a `same` convolution: (windows * filters, length * channels), from its definition."""
    size, channels, filters = kernel.shape
    windows = -(-length // stride)
    before = max((windows - 1) * stride + size - length, 0) // 2
    matrix = np.zeros((windows, filters, length, channels))
    for window in range(windows):
        for tap in range(size):
            place = window * stride + tap - before
            if 0 <= place < length:
                matrix[window, :, place] += kernel[tap].T
    return matrix.reshape(windows * filters, length * channels)


def with_random_weights(network, seed=0):
    random = np.random.default_rng(seed)
    # Biases begin at 0, which would hide a mistake.
    network.set_weights([w + 0.1 * random.standard_normal(w.shape) for w in network.get_weights()])
    return [w.astype(np.float64) for w in network.get_weights()]


def test_the_generator_is_what_matrices_give():
    generator = wave_generator(70, 3, 4, seed=0, channels=(5, 4))
    weights = with_random_weights(generator)
    random = np.random.default_rng(1)
    latents, notes = random.standard_normal((6, 3)), np.eye(4)[[0, 1, 2, 3, 0, 2]]
    embedding, kernel_1, bias_1, kernel_2, bias_2, kernel_3, bias_3, kernel_4, bias_4 = weights
    values = np.maximum(np.concatenate([latents, notes @ embedding], axis=1) @ kernel_1 + bias_1, 0)
    maps = np.maximum(values @ kernel_2 + bias_2, 0).reshape(6, 5, 5)  # 70 / 16, rounded up, is 5 places
    # A transposed convolution multiplies by the transposed matrix of the convolution from its output to its input.
    # Keras's kernel (taps, outputs, inputs) is that of this convolution.
    maps = np.maximum((maps.reshape(6, -1) @ convolution_matrix(kernel_3, 20)).reshape(6, 20, 4) + bias_3, 0)
    wave = np.tanh((maps.reshape(6, -1) @ convolution_matrix(kernel_4, 80)).reshape(6, 80, 1) + bias_4)
    found = generator([latents.astype(np.float32), notes.astype(np.float32)], training=False)
    assert found.shape == (6, 70, 1)
    np.testing.assert_allclose(found, wave[:, :70], atol=2e-5)


def mean_of_four(wave):
    """Means of four samples, two apart; places beyond the ends do not count."""
    means = []
    for start in range(-1, len(wave) - 2, 2):
        inside = [wave[k] for k in range(start, start + 4) if 0 <= k < len(wave)]
        means.append(sum(inside) / len(inside))
    return np.array(means)


def test_the_discriminators_are_what_matrices_give_at_three_scales():
    network = wave_discriminators(64, 4, seed=0, channels=(3, 5))
    with_random_weights(network)
    random = np.random.default_rng(1)
    waves, notes = random.standard_normal((6, 64)), np.eye(4)[[0, 1, 2, 3, 0, 2]]
    found = network([waves[..., None].astype(np.float32), notes.astype(np.float32)], training=False)
    assert [tuple(scores.shape) for scores in found] == [(6, 4), (6, 2), (6, 1)]

    def weights(name):
        return [w.astype(np.float64) for w in network.get_layer(name).get_weights()]

    for scale, scores in zip((1, 2, 4), found):
        maps = waves[..., None]
        for number in range(2):
            kernel, bias = weights(f"scale_{scale}_convolution_{number}")
            matrix = convolution_matrix(kernel, maps.shape[1])
            maps = (maps.reshape(6, -1) @ matrix.T).reshape(6, -1, kernel.shape[-1]) + bias
            maps = np.where(maps > 0, maps, 0.2 * maps)
        kernel, bias = weights(f"scale_{scale}_score")
        alone = maps.reshape(6, -1) @ convolution_matrix(kernel, maps.shape[1], stride=1).T + bias
        (embedding,) = weights(f"scale_{scale}_notes")
        expected = alone + np.einsum("btc,bc->bt", maps, notes @ embedding)
        np.testing.assert_allclose(scores, expected, atol=2e-5)
        waves = np.array([mean_of_four(each) for each in waves])


def test_a_longer_generator_is_trimmed():
    short, long = wave_generator(50, 3, 4, seed=0, channels=(4, 4)), wave_generator(64, 3, 4, seed=0, channels=(4, 4))
    long.set_weights(short.get_weights())
    inputs = [np.random.default_rng(0).standard_normal((2, 3)).astype(np.float32), np.eye(4, dtype=np.float32)[:2]]
    np.testing.assert_array_equal(short(inputs), long(inputs)[:, :50])
    assert wave_generator(65, 3, 4, seed=0, channels=(4, 4)).output_shape == (None, 65, 1)


# ---- Losses and the training step ----


def small_gan(r1=0.0, told=True):
    """Waves of three samples, two kinds of notes, two scales; everything linear, so that derivatives are by hand."""
    keras.utils.set_random_seed(0)
    noise, note = keras.Input((2,)), keras.Input((2,))
    made = keras.layers.Dense(3)(keras.layers.Concatenate()([noise, note]))
    generator = keras.Model([noise, note], keras.layers.Reshape((3, 1))(made))
    x, y = keras.Input((3, 1)), keras.Input((2,))
    flat = keras.layers.Flatten()(x)
    projected = keras.layers.Dot(axes=1)([flat, keras.layers.Dense(3, use_bias=False)(y)])
    discriminator = keras.Model([x, y], [keras.layers.Dense(2)(flat), projected])
    waves = np.random.default_rng(1).standard_normal((4, 3, 1)).astype(np.float32)
    notes = np.eye(2, dtype=np.float32)[[0, 1, 1, 0]]
    gan = lab.Tone_GAN(
        generator,
        discriminator,
        LatentGenerator(2, seed=0),
        waves,
        notes,
        4,
        0.02,
        0.5,
        generator_rate=0.5,
        r1=r1,
        told=told,
        seed=0,
    )
    return gan, waves[..., 0].astype(np.float64), notes.astype(np.float64)


def test_losses_are_hinges_summed_over_scales():
    gan, _, _ = small_gan()
    real = [tf.constant([[0.5, 2.0], [-1.0, 1.0]]), tf.constant([[0.0], [3.0]])]
    fake = [tf.constant([[0.5, -2.0], [-1.0, -0.5]]), tf.constant([[1.0], [-3.0]])]
    # max(0, 1 - real): (.5, 0, 2, 0) and (1, 0); max(0, 1 + fake): (1.5, 0, 0, .5) and (2, 0).
    assert float(gan.discriminator_loss(real, fake)) == pytest.approx(2.5 / 4 + 1 / 2 + 2.0 / 4 + 2 / 2)
    assert float(gan.generator_loss(fake)) == pytest.approx(3.0 / 4 + 2.0 / 2)


def test_the_penalty_is_the_squared_slope():
    gan, waves, notes = small_gan()
    weights = {tuple(w.shape): w.numpy() for w in gan.discriminator.trainable_variables}
    # S is the mean of two scores x w + b, plus x . (V y).
    slopes = weights[(3, 2)].mean(axis=1) + notes @ weights[(2, 3)]
    found = gan.slope_penalty(tf.constant(waves[..., None], tf.float32), tf.constant(notes, tf.float32))
    np.testing.assert_allclose(found, (slopes**2).sum(axis=1).mean(), rtol=1e-5)


@pytest.mark.parametrize(("r1", "told"), [(0.0, True), (3.0, True), (3.0, False)])
def test_one_step_is_that_of_a_derivation(r1, told, monkeypatch):
    gan, _, _ = small_gan(r1, told)
    random = np.random.default_rng(3)
    waves, latents = random.standard_normal((4, 3)), random.standard_normal((2, 4, 2))
    one_hot = np.eye(2)[[[0, 1, 1, 1], [1, 0, 1, 0], [0, 0, 1, 0]]]  # of real waves, of fakes, of new fakes
    batches = iter([(waves[..., None], one_hot[0]), (waves[..., None], one_hot[1]), (waves[..., None], one_hot[2])])
    queue = iter(latents)
    monkeypatch.setattr(gan, "draw", lambda name, size: tuple(tf.constant(a, tf.float32) for a in next(batches)))
    monkeypatch.setattr(gan, "latent_generator", lambda size: tf.constant(next(queue), tf.float32))
    places = {tuple(w.shape): k for k, w in enumerate(gan.discriminator.trainable_variables)}
    g = [w.astype(np.float64) for w in gan.generator.get_weights()]
    d = [v.numpy().astype(np.float64) for v in gan.discriminator.trainable_variables]

    def scores(d, x, y):
        projected = ((y if told else 0 * y) @ d[places[(2, 3)]] * x).sum(axis=1)
        return x @ d[places[(3, 2)]] + d[places[(2,)]], projected

    def make(g, z, y):
        return np.concatenate([z, y], axis=1) @ g[0] + g[1]

    def loss_of_d(d):
        fake = make(g, latents[0], one_hot[1])
        loss = sum(np.maximum(0, 1 - each).mean() for each in scores(d, waves, one_hot[0]))
        return loss + sum(np.maximum(0, 1 + each).mean() for each in scores(d, fake, one_hot[1]))

    def penalised(d):
        slopes = d[places[(3, 2)]].mean(axis=1) + told * one_hot[0] @ d[places[(2, 3)]]
        return loss_of_d(d) + r1 / 2 * (slopes**2).sum(axis=1).mean()

    def loss_of_g(g):
        return sum(-each.mean() for each in scores(new_d, make(g, latents[1], one_hot[2]), one_hot[2]))

    new_d = oracle.Adam(0.02, 0.5, 0.99)(d, oracle.numerical_gradient(penalised, d))
    new_g = oracle.Adam(0.01, 0.5, 0.99)(g, oracle.numerical_gradient(loss_of_g, g))
    losses = gan.train_step(None)
    # A step of Adam has the length of its rate wherever the derivative is not 0: a wrong sign is far outside the bound.
    for found, expected in zip(gan.discriminator.trainable_variables, new_d):
        np.testing.assert_allclose(found, expected, atol=2e-4)
    for found, expected in zip(gan.generator.get_weights(), new_g):
        np.testing.assert_allclose(found, expected, atol=2e-4)
    assert float(losses["discr_loss"]) == pytest.approx(loss_of_d(d), rel=1e-4)
    assert float(losses["gen_loss"]) == pytest.approx(loss_of_g(g), rel=1e-3, abs=1e-4)


# ---- Measures ----


def test_the_largest_gap_is_that_of_the_distribution_functions():
    random = np.random.default_rng(0)
    first, second = random.integers(0, 6, 40).astype(float), random.integers(1, 9, 25).astype(float)
    gaps = [abs((first <= x).mean() - (second <= x).mean()) for x in range(-1, 10)]
    assert metrics.largest_gap(first, second) == pytest.approx(max(gaps))
    assert metrics.largest_gap([1, 2, 3], [4, np.inf]) == 1 and metrics.largest_gap([2, 1], [1, 2]) == 0
    for wrong in ([], [np.nan]):
        with pytest.raises(ValueError, match="no NaN"):
            metrics.largest_gap([1.0], wrong)


def test_measures_of_known_tones(some_tones):
    tones, reading = some_tones
    real, _ = training.measure_tones(data.tones(500, seed=9).waves, None, reading)
    assert (real["clear"], real["in_tune_50"], real["in_tune_30"], real["plucked"]) == (1, 1, 1, 1)
    assert real["never_generated"] == [] and real["as_asked_100"] is None and real["decay_gap"] < 0.12
    # The deviation of a uniform number on an interval is its length divided by the root of 12.
    assert real["decay_spread"] == pytest.approx(np.log(4) / np.sqrt(12), rel=0.08)
    # A quarter is noise, a quarter a half tone too high, a quarter asked for otherwise, and no note is D3.
    rows = np.flatnonzero(tones.notes != 1)[:400]
    waves, asked = tones.waves[rows].copy(), tones.notes[rows].copy()
    waves[:100] = np.random.default_rng(0).normal(0, 0.1, (100, 1024))
    high = data.PITCHES[asked[100:200]] * 2 ** (0.8 / 12)
    waves[100:200] = data.render(high, np.full(100, 0.1), np.full(100, 0.3), 1024)
    asked[200:300] = (asked[200:300] + 5) % 10
    found, _ = training.measure_tones(waves, asked, reading)
    assert found["clear"] == 0.75 and found["in_tune_50"] == found["in_tune_30"] == 0.5
    assert found["as_asked_100"] == 0.5 and found["as_asked_30"] == 0.25
    assert found["never_generated"] == ["D3"] and sum(found["counts"].values()) == 200
    nothing, _ = training.measure_tones(np.zeros((3, 1024)), None, reading)
    assert nothing["clear"] == nothing["plucked"] == 0 and nothing["decay_gap"] == 1


def test_random_sums_have_the_moments_of_the_waves():
    waves = np.random.default_rng(0).standard_normal((30, 3)) @ np.array([[1, 0.5, 0], [0, 1, 2], [0, 0, 0.3]]) + 4
    made = training.gaussian_tones(waves, 40_000, np.random.default_rng(1))
    np.testing.assert_allclose(made.mean(axis=0), waves.mean(axis=0), atol=0.06)
    np.testing.assert_allclose(np.cov(made.T), np.cov(waves.T), atol=0.15)


def test_the_song_is_played_at_its_beats():
    scale = np.zeros((10, 800), np.float32)
    scale[:, 0], scale[:, 799] = np.arange(1, 11) / 20, -0.01
    sound = training.song(scale)
    names = list(data.NOTES)
    # Beats of the first notes: G3 at 0, C4 at 1, C4 at 2.5, C4 at 3; a beat is 1,200 samples.
    for beat, name in [(0, "G3"), (1, "C4"), (2.5, "C4"), (3, "C4"), (4, "E4"), (5, "D4"), (13, "A4")]:
        assert sound[int(1200 * beat)] == pytest.approx((names.index(name) + 1) / 20)
    assert np.count_nonzero(sound) == 2 * len(training.SONG.split(", "))
    chosen = training.one_of_each(np.arange(12.0).reshape(4, 3), np.array([2, 0, 2, -1]))
    np.testing.assert_array_equal(chosen[[0, 1, 2]], [[3, 4, 5], [0, 0, 0], [0, 1, 2]])


def test_tones_without_a_gan_know_what_they_should(some_tones):
    tones, reading = some_tones
    asked = np.arange(200) % 10
    rows = {
        name: training.measure_tones(waves, asked if knows else None, reading)[0]
        for name, (waves, knows) in training.without_gan(tones, asked, seed=0).items()
    }
    assert rows["noisy_copies"]["as_asked_30"] == 1 and rows["noisy_copies"]["decay_gap"] < 0.2
    assert rows["mean_of_each_note"]["as_asked_30"] == 1 and rows["mean_of_each_note"]["decay_gap"] > 0.3
    assert rows["mean_of_each_note"]["decay_spread"] < 1e-6
    # Sums of all notes are no tones.
    assert rows["gaussian"]["in_tune_30"] < 0.5 and rows["gaussian"]["as_asked_30"] is None


# ---- Pictures ----


def test_a_spectrogram_shows_the_level_of_a_sine():
    times = np.arange(1024) / 4000
    found = plots.spectrogram(0.1 * np.sin(2 * np.pi * 500 * times))
    assert found.shape == (129, 17) and found.min() == -60
    # 500 Hz is bin 32 of 256; the ends of the sound are beyond the middle windows.
    assert (found[:, 4:-4].argmax(axis=0) == 32).all()
    np.testing.assert_allclose(found[32, 4:-4], -20, atol=1e-6)
    picture = plots.spectrogram_picture(found)
    assert picture.dtype == np.uint8 and picture[129 - 1 - 32, 8].sum() > picture[5, 8].sum()


# ---- The lab ----

# The notebook of the lab trains with the penalty, whose graph takes as long to build as all the rest.
SMALL = ["--steps", "4", "--tones", "100", "--duration", "0.1", "--batch-size", "4", "--r1", "0", "--seed", "3"]


@pytest.fixture(scope="module")
def lab_run(tmp_path_factory):
    out = tmp_path_factory.mktemp("tones") / "out"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "TONES_MEASURED", 60)
        # Most of the time of a short run goes into the graph, which grows with the layers.
        patch.setattr(lab, "wave_generator", partial(wave_generator, channels=(4, 4)))
        patch.setattr(lab, "wave_discriminators", partial(wave_discriminators, channels=(4,)))
        lab.main([*SMALL, "--output", str(out)])
    return out


def test_the_lab_leaves_sounds_pictures_an_animation_and_a_record(lab_run):
    sounds = {"scale_real.wav", "scale_generated.wav", "song.wav"}
    pictures = {"spectrograms.png", "waves.png", "readings.png"}
    assert {path.name for path in lab_run.iterdir()} == sounds | pictures | {"training.gif", "record.json"}
    for name in pictures:
        picture = np.asarray(Image.open(lab_run / name).convert("L"), float)
        assert min(picture.shape) > 80 and picture.std() > 5, f"{name} is blank"
    assert Image.open(lab_run / "training.gif").n_frames == 5
    real, rate = read_wav(lab_run / "scale_real.wav")
    np.testing.assert_array_equal(read_tones(real.reshape(10, 400)).notes, np.arange(10))
    assert rate == 4000
    record = json.loads((lab_run / "record.json").read_text())
    assert record["settings"]["notes"] == "asked" and record["settings"]["duration"] == 0.1
    rows = record["measures"]["rows"]
    baselines = {"gaussian", "mean_of_each_note", "gaussian_of_each_note", "noisy_copies"}
    assert set(rows) == {"generated", "real"} | baselines
    assert rows["real"]["as_asked_30"] == 1 and rows["real"]["plucked"] == 1
    assert record["measures"]["as_asked_30"] < 0.5, "nothing is learned in four steps"


def linear_run(folder, steps, resume=False, interrupt_at=None):
    """Train linear networks for tones of 512 samples; return the kept generator's tones, and the film."""
    keras.utils.set_random_seed(0)
    noise, note, x, y = keras.Input((2,)), keras.Input((10,)), keras.Input((512, 1)), keras.Input((10,))
    made = keras.layers.Dense(512)(keras.layers.Concatenate()([noise, note]))
    generator = keras.Model([noise, note], keras.layers.Reshape((512, 1))(made))
    flat = keras.layers.Flatten()(x)
    projected = keras.layers.Dot(axes=1)([flat, keras.layers.Dense(512, use_bias=False)(y)])
    discriminator = keras.Model([x, y], [keras.layers.Dense(2)(flat), projected])
    tones = data.tones(100, seed=0, samples=512)
    notes = np.eye(10, dtype=np.float32)[tones.notes]
    gan = lab.Tone_GAN(
        generator, discriminator, LatentGenerator(2, seed=0), tones.waves[..., None], notes, 8, 0.01, r1=0.0, seed=0
    )
    kept = training.KeptTones(gan, 0.5, seed=0)
    film = kept.film(steps)
    callbacks = [kept, FallingRates(gan.distinct_optimizers, steps, 0.5), film]
    if interrupt_at is not None:
        callbacks.insert(0, Interrupted(interrupt_at))
    run = Run(folder, Namespace(resume=resume, checkpoint_every=0))
    run.fit(gan, 1, steps, callbacks=callbacks, steps_per_call=1)
    return kept.generate(np.arange(10)), film


class Interrupted(keras.callbacks.Callback):
    """Ends a training as Ctrl-C does."""

    def __init__(self, at):
        super().__init__()
        self.at = at

    def on_train_batch_end(self, batch, logs=None):
        if batch == self.at:
            raise KeyboardInterrupt


def test_a_resumed_run_ends_like_one_that_never_stopped(tmp_path):
    whole, film = linear_run(tmp_path / "whole", 6)
    with pytest.raises(KeyboardInterrupt):
        linear_run(tmp_path / "halved", 6, interrupt_at=3)
    halved, its_film = linear_run(tmp_path / "halved", 6, resume=True)
    np.testing.assert_allclose(whole, halved, atol=1e-5)
    assert film.steps == its_film.steps == list(range(7))
    np.testing.assert_allclose(film.frames, its_film.frames, atol=2)
    assert whole.shape == (10, 512) and np.abs(film.frames[0].astype(int) - film.frames[-1]).max() > 20


def test_without_notes_a_scale_is_put_together_from_what_was_read(tmp_path, monkeypatch):
    monkeypatch.setattr(training, "TONES_MEASURED", 60)
    tones = data.tones(100, seed=2, samples=400)

    class Kept:
        def generate(self, notes):
            return data.tones(60, seed=5, samples=400).waves

    found = training.report(Kept(), tones, asked=False, seed=0)
    assert found.measures["as_asked_100"] is None and found.asked is None
    np.testing.assert_array_equal(read_tones(found.examples["generated"]).notes, np.arange(10))
    plots.tone_readings(found.readings, found.asked)


def test_help_and_mistakes_are_answered_without_tensorflow(tmp_path):
    options = ("--seed", "--output", "--steps", "--resume", "--duration", "--notes", "--tones")
    assert_answered_at_once("labs/tones.py", options, (["--duration", "3"], ["--notes", "some"]), tmp_path)
