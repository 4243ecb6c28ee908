"""Averaged weights, recalibrated statistics, loss curves, snapshots, and the file of a checkpoint."""

import io
import zipfile

import numpy as np
import pytest
import tensorflow as tf
from tensorflow import keras

from benchmarks import which_gan
from convolutional_gan import convolutional_GenDiscr
from gankit import memory
from gankit.datasets.point_clouds import four_clouds
from gankit.errors import InputError
from gankit.networks.fully_connected import fully_connected_GenDiscr
from gankit.training import Run
from gankit.training.callbacks import AveragedWeights, FallingRates, LossCurve, Snapshots, recalibrate_batch_norm
from gankit.training.checkpoints import read_checkpoint, write_checkpoint
from simple_gan import Simple_GAN


def one_weight():
    inputs = keras.Input((1,))
    return keras.Model(inputs, keras.layers.Dense(1, use_bias=False)(inputs))


def feed(callback, network, values, block=1):
    callback.on_epoch_begin(0)
    for step, value in enumerate(values):
        network.set_weights([np.array([[value]], np.float32)])
        callback.on_train_batch_end((step + 1) * block - 1)
    return float(callback.averaged.get_weights()[0][0, 0])


def test_averaging_starts_as_a_plain_mean_and_goes_on_with_the_decay():
    network = one_weight()
    network.set_weights([np.array([[100.0]], np.float32)])
    values = [1.0, 3.0, 8.0]
    # At first, the initial weights and all steps have the same weight.
    np.testing.assert_allclose(feed(AveragedWeights(network, 0.9), network, values), (100 + 1 + 3 + 8) / 4, rtol=1e-6)
    network.set_weights([np.array([[100.0]], np.float32)])
    mean = (100.0 + 1.0) / 2
    for value in values[1:]:
        mean = 0.5 * mean + 0.5 * value
    np.testing.assert_allclose(feed(AveragedWeights(network, 0.5), network, values), mean, rtol=1e-6)
    assert feed(AveragedWeights(network, 0.0), network, values) == 8


@pytest.mark.parametrize("calls", [3, 30])
def test_steps_made_in_one_call_weigh_as_much_as_one_by_one(calls):
    network = one_weight()
    network.set_weights([np.array([[0.0]], np.float32)])
    callback = AveragedWeights(network, 0.9)
    # The mean reaches back 10 steps, which is one call: ten steps at one value leave 0.9^10 of the past.
    long_past = feed(callback, network, [0.0] * calls, block=10)
    assert long_past == 0
    network.set_weights([np.array([[1.0]], np.float32)])
    callback.on_train_batch_end(10 * calls + 9)
    np.testing.assert_allclose(callback.averaged.get_weights()[0], 1 - 0.9**10, rtol=1e-5)


def test_recalibrated_statistics_are_those_of_the_batch():
    generator, _ = convolutional_GenDiscr(seed=0)
    latents = tf.random.stateless_normal((512, 16), seed=[1, 2])
    momentum = generator.layers[5].momentum
    before = [np.array(w) for w in generator.trainable_weights]
    assert np.abs(generator(latents, training=True) - generator(latents, training=False)).max() > 0.1
    recalibrate_batch_norm(generator, latents)
    difference = generator(latents, training=True) - generator(latents, training=False)
    assert np.abs(difference).max() < 5e-3
    assert generator.layers[5].momentum == momentum > 0
    for a, b in zip(before, generator.trainable_weights):
        np.testing.assert_array_equal(a, np.array(b))


def test_curves_and_snapshots_follow_the_steps():
    examples = four_clouds(50)
    gan = Simple_GAN(*fully_connected_GenDiscr([2, 4, 5], examples, seed=0), examples, batch_size=5, seed=0)
    other = Simple_GAN(*fully_connected_GenDiscr([2, 4, 5], examples, seed=0), examples, batch_size=5, seed=0)
    curve, taken = LossCurve(every=4), iter(range(100))
    snapshots = Snapshots(lambda: np.array(next(taken)), every=6)
    by_epoch = Run().fit(gan, 2, 6, callbacks=[snapshots, curve], steps_per_call=2)
    assert curve.steps == [4, 8, 12] and snapshots.steps == [0, 6, 12]
    losses = np.array([float(other.train_step(None)["gen_loss"]) for _ in range(12)]).reshape(3, 4)
    np.testing.assert_allclose(curve.losses["gen_loss"], losses.mean(axis=1), rtol=1e-4)
    np.testing.assert_allclose(by_epoch["gen_loss"], losses.reshape(2, 6).mean(axis=1), rtol=1e-4)


@pytest.mark.parametrize(("share", "expected"), [(0.5, [1, 1, 1, 1, 1, 0.8, 0.6, 0.4, 0.2]), (0.0, [1] * 9)])
def test_rates_stay_and_then_fall_in_a_straight_line(share, expected):
    optimizers = [keras.optimizers.Adam(rate) for rate in (0.01, 0.3)]
    decay = FallingRates(optimizers, steps=10, share=share)
    decay.on_epoch_begin(0)
    for batch, factor in zip([0, 2, 3, 4, 5, 6, 7, 8, 9], expected):
        decay.steps_made = batch
        decay.on_train_batch_begin(batch)
        for optimizer, rate in zip(optimizers, (0.01, 0.3)):
            np.testing.assert_allclose(np.array(optimizer.learning_rate), rate * factor, rtol=1e-5)
    # A run may be longer than announced. The rates then stay at their last values.
    decay.steps_made = 13
    decay.on_train_batch_begin(13)
    np.testing.assert_allclose(np.array(optimizers[1].learning_rate), 0 if share else 0.3, rtol=1e-6)


def test_decay_reaches_the_compiled_step():
    examples = four_clouds(50)
    ends = []
    for share in (0.0, 0.9):
        gan = Simple_GAN(*fully_connected_GenDiscr([2, 4, 5], examples, seed=0), examples, batch_size=5, seed=0)
        gan.compile(steps_per_execution=2)
        start = gan.generator.get_weights()
        decay = FallingRates([gan.generator.optimizer, gan.discriminator.optimizer], 20, share)
        gan.fit(epochs=1, steps_per_epoch=20, verbose=0, callbacks=[decay])
        ends.append(sum(np.abs(a - b).sum() for a, b in zip(start, gan.generator.get_weights())))
    assert ends[1] < 0.8 * ends[0]


def test_a_checkpoint_is_read_as_it_was_written(tmp_path):
    arrays = {"a/b": np.arange(6.0).reshape(2, 3), "c": np.array(7), "d": np.zeros((0, 4), np.float32)}
    write_checkpoint(tmp_path / "run.npz", {"steps": 3, "settings": {"seed": 0}}, arrays)
    about, read = read_checkpoint(tmp_path / "run.npz")
    assert about == {"steps": 3, "settings": {"seed": 0}} and set(read) == set(arrays)
    for name, array in arrays.items():
        assert read[name].dtype == array.dtype
        np.testing.assert_array_equal(read[name], array)


def test_checkpoints_that_claim_too_much_are_refused(tmp_path, monkeypatch):
    path = tmp_path / "run.npz"
    write_checkpoint(path, {"steps": 3}, {"weights": np.zeros(25_000)})
    monkeypatch.setattr(memory, "available_bytes", lambda: 200_000)
    with pytest.raises(InputError, match="run.npz needs 200.0 kB of memory.* leave --resume out"):
        read_checkpoint(path)
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f4", "fortran_order": False, "shape": (10**12, 16)})
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("more.npy", header.getvalue() + bytes(1000))
    with pytest.raises(InputError, match="run.npz is damaged"):
        read_checkpoint(path)


@pytest.mark.parametrize("about", ["[1, 2]", "{", "[" * 50_000, None])
def test_checkpoints_of_another_content_are_refused(about, tmp_path):
    path = tmp_path / "run.npz"
    np.savez(path, **({} if about is None else {"about": np.array(about)}), weights=np.zeros(3))
    with pytest.raises(InputError, match="run.npz is damaged or of another format"):
        read_checkpoint(path)


def test_the_clock_of_a_comparison_lets_rates_fall_with_the_time_and_ends_the_training(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("gankit.training.callbacks.time.process_time", lambda: now[0])
    optimizer = keras.optimizers.SGD(0.4)
    clock = which_gan.Clock(10.0, [optimizer], share=0.5)
    clock.set_model(keras.Model())
    clock.model.stop_training = False
    rates, stopped = [], []
    for batch, spent in enumerate([4.0, 2.0, 3.0, 1.5]):
        clock.on_train_batch_begin(batch)
        rates.append(float(optimizer.learning_rate.numpy()))
        now[0] += spent
        clock.on_train_batch_end(batch)
        stopped.append(clock.model.stop_training)
        now[0] += 100.0  # other work between two steps
    # 0, 4, 6 and 9 of 10 seconds are used before the steps; the rate falls over the last 5.
    np.testing.assert_allclose(rates, [0.4, 0.4, 0.32, 0.08], rtol=1e-6)
    assert stopped == [False, False, False, True] and clock.used == 10.5


def test_medians_are_taken_over_seeds():
    rows = [
        {"system": name, "seed": seed, "steps": seed, "cnn": value + seed**2}
        for name, value in (("a", 0), ("b", 5))
        for seed in (0, 1, 2)
    ]
    assert which_gan.medians(rows) == {"a": {"steps": 1.0, "cnn": 1.0}, "b": {"steps": 1.0, "cnn": 6.0}}
