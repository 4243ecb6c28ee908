"""The general model and run, tested with three systems that are more than two networks and latents."""

import subprocess
import sys
from argparse import Namespace
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from tensorflow import keras

from gankit.errors import InputError
from gankit.fast import Adam
from gankit.models import AdversarialModel
from gankit.randomness import make_stream
from gankit.training import Run
from gankit.training.callbacks import AveragedWeights, FallingRates, LossCurve, Snapshots

KERAS_2 = version("keras").startswith("2.")


def dense(inputs, outputs, name, seed):
    start = keras.Input((inputs,))
    hidden = keras.layers.Dense(7, activation="tanh", kernel_initializer=keras.initializers.GlorotUniform(seed))(start)
    end = keras.layers.Dense(outputs, kernel_initializer=keras.initializers.GlorotUniform(seed + 1))(hidden)
    return keras.Model(start, end, name=name)


def descend(loss, tape, *networks):
    """One update of networks that share an optimizer."""
    variables = [variable for network in networks for variable in network.trainable_variables]
    networks[0].optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))


class Translator(AdversarialModel):
    """Four networks: two generators that translate between two clouds, and a critic of each cloud."""

    loss_names = ("critics", "generators", "cycle")

    def __init__(self, seed=0):
        random = np.random.default_rng(0)
        generators = Adam(0.01)
        super().__init__(
            {
                "to_right": dense(2, 2, "to_right", 1 + seed),
                "to_left": dense(2, 2, "to_left", 3 + seed),
                "left_critic": dense(2, 1, "left_critic", 5 + seed),
                "right_critic": dense(2, 1, "right_critic", 7 + seed),
            },
            {
                "to_right": generators,
                "to_left": generators,
                "left_critic": Adam(0.01),
                "right_critic": keras.optimizers.SGD(0.01, momentum=0.9),
            },
            examples={"left": random.normal(-1, 0.2, (40, 2)), "right": random.normal(1, 0.2, (30, 2))},
            seed=seed,
        )

    def train_step(self, _):
        left, right = tf.cast(self.draw("left", 8), tf.float32), tf.cast(self.draw("right", 8), tf.float32)
        with tf.GradientTape(persistent=True) as tape:
            losses = [
                tf.reduce_mean((self.left_critic(left) - 1) ** 2 + self.left_critic(self.to_left(right)) ** 2),
                tf.reduce_mean((self.right_critic(right) - 1) ** 2 + self.right_critic(self.to_right(left)) ** 2),
            ]
        descend(losses[0], tape, self.left_critic)
        descend(losses[1], tape, self.right_critic)
        with tf.GradientTape() as tape:
            fooling = tf.reduce_mean((self.left_critic(self.to_left(right)) - 1) ** 2)
            fooling += tf.reduce_mean((self.right_critic(self.to_right(left)) - 1) ** 2)
            cycle = tf.reduce_mean(tf.abs(self.to_left(self.to_right(left)) - left))
            total = fooling + cycle
        descend(total, tape, self.to_right, self.to_left)
        return {"critics": losses[0] + losses[1], "generators": fooling, "cycle": cycle}


class Conditional(AdversarialModel):
    """A pair with labels: both networks have two inputs; one has batch norm, the other dropout."""

    loss_names = ("discriminator", "generator")

    def __init__(self, seed=0):
        latents, asked = keras.Input((3,)), keras.Input((2,))
        hidden = keras.layers.Dense(6, kernel_initializer=keras.initializers.GlorotUniform(seed))(
            keras.layers.Concatenate()([latents, asked])
        )
        hidden = keras.layers.Activation("tanh")(keras.layers.BatchNormalization()(hidden))
        made = keras.layers.Dense(2, kernel_initializer=keras.initializers.GlorotUniform(seed + 1))(hidden)
        points, label = keras.Input((2,)), keras.Input((2,))
        both = keras.layers.Concatenate()([points, label])
        # On Keras 2, nothing can read the state of dropout.
        both = both if KERAS_2 else keras.layers.Dropout(0.3, seed=5)(both)
        score = keras.layers.Dense(1, kernel_initializer=keras.initializers.GlorotUniform(seed + 2))(both)
        places = np.random.default_rng(0).normal(size=(50, 2)).astype(np.float32)
        labels = np.eye(2, dtype=np.float32)[(places[:, 0] > 0).astype(int)]
        super().__init__(
            {"generator": keras.Model([latents, asked], made), "discriminator": keras.Model([points, label], score)},
            {name: Adam(0.01) for name in ("generator", "discriminator")},
            examples={"labelled": (places, labels)},
            seed=seed,
            streams={"latent": make_stream(seed + 9)},
        )

    def train_step(self, _):
        real, labels = self.draw("labelled", 10)
        fake = self.generator([self.latent_stream.normal((10, 3)), labels], training=True)
        with tf.GradientTape() as tape:
            d_loss = tf.reduce_mean(
                tf.nn.softplus(-self.discriminator([real, labels], training=True))
                + tf.nn.softplus(self.discriminator([fake, labels], training=True))
            )
        descend(d_loss, tape, self.discriminator)
        with tf.GradientTape() as tape:
            fake = self.generator([self.latent_stream.normal((10, 3)), labels], training=True)
            g_loss = tf.reduce_mean(tf.nn.softplus(-self.discriminator([fake, labels], training=True)))
        descend(g_loss, tape, self.generator)
        return {"discriminator": d_loss, "generator": g_loss}


class Restorer(AdversarialModel):
    """A generator that takes a picture, pairs of pictures, and a third network that is not trained."""

    loss_names = ("critic", "restorer")

    def __init__(self, seed=0):
        def of_pictures(name, seed, outputs):
            pictures = keras.Input((8, 8, 1))
            values = dense(64, outputs, f"{name}_values", seed)(keras.layers.Flatten()(pictures))
            return keras.Model(
                pictures, keras.layers.Reshape((8, 8, 1))(values) if outputs == 64 else values, name=name
            )

        sharp = np.random.default_rng(0).normal(size=(20, 8, 8, 1)).astype(np.float32)
        blurred = (sharp + np.roll(sharp, 1, axis=1)) / 2
        super().__init__(
            {
                "restorer": of_pictures("restorer", 11 + seed, 64),
                "critic": of_pictures("critic", 13 + seed, 1),
                "features": of_pictures("features", 99, 64),
            },
            {"restorer": Adam(0.01), "critic": Adam(0.01)},
            examples={"pairs": (blurred, sharp)},
            seed=seed,
        )

    def train_step(self, _):
        blurred, sharp = self.draw("pairs", 4)
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(self.critic(self.restorer(blurred))) - tf.reduce_mean(self.critic(sharp))
            loss += 0.1 * tf.reduce_mean(self.critic(sharp) ** 2)
        descend(loss, tape, self.critic)
        with tf.GradientTape() as tape:
            restored = self.restorer(blurred)
            g_loss = tf.reduce_mean((self.features(restored) - self.features(sharp)) ** 2)
            g_loss -= 0.1 * tf.reduce_mean(self.critic(restored))
        descend(g_loss, tape, self.restorer)
        return {"critic": loss, "restorer": g_loss}


SYSTEMS = [Translator, Conditional, Restorer]
INPUTS = {
    Translator: lambda n: np.ones((n, 2), np.float32),
    Conditional: lambda n: [np.ones((n, 3), np.float32), np.ones((n, 2), np.float32)],
    Restorer: lambda n: np.ones((n, 8, 8, 1), np.float32),
}


def assert_same_state(first, second):
    ours, theirs = first.state_arrays(), second.state_arrays()
    assert ours.keys() == theirs.keys()
    for name, array in ours.items():
        np.testing.assert_array_equal(array, theirs[name], err_msg=name)


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_run_trains_every_network_that_has_an_optimizer(system):
    model = system()
    before = {name: network.get_weights() for name, network in model.networks.items()}
    losses = Run().fit(model, epochs=3, steps_per_epoch=4)
    assert {name: len(values) for name, values in losses.items()} == dict.fromkeys(system.loss_names, 3)
    assert all(np.isfinite(values).all() for values in losses.values())
    for name, network in model.networks.items():
        moved = any((a != b).any() for a, b in zip(before[name], network.get_weights()))
        assert moved == (name != "features"), name
    assert model.predict(INPUTS[system](3), verbose=0).shape[0] == 3


@pytest.mark.parametrize("system", SYSTEMS)
def test_fit_and_run_make_the_same_steps(system):
    fitted, run = system(), system()
    history = fitted.fit(epochs=2, steps_per_epoch=3, verbose=0).history
    losses = Run().fit(run, epochs=2, steps_per_epoch=3)
    assert_same_state(fitted, run)
    for name in system.loss_names:
        np.testing.assert_allclose(history[name], losses[name], rtol=1e-5)


@pytest.mark.parametrize("system", SYSTEMS)
def test_saved_weights_hold_everything_that_training_needs(system, tmp_path):
    original, restored = system(), system(seed=20)
    original.fit(epochs=1, steps_per_epoch=3, verbose=0)
    original.save_weights(str(tmp_path / "model.weights.h5"))
    restored.load_weights(str(tmp_path / "model.weights.h5"))
    if system is Conditional:
        return  # Keras does not save the state of seeded dropout. A checkpoint holds it, see below
    for model in (original, restored):
        model.fit(epochs=1, steps_per_epoch=3, verbose=0)
    assert_same_state(original, restored)


class Killed(Exception):
    pass


class KillAfter(keras.callbacks.Callback):
    def __init__(self, calls):
        super().__init__()
        self._calls = calls

    def on_train_batch_end(self, batch, logs=None):
        self._calls -= 1
        if self._calls == 0:
            raise Killed


def observed(model, kill_after=0):
    """Callbacks with a state, and one that kills the run before its end."""
    first = next(iter(model.networks.values()))
    average = AveragedWeights(first, 0.8)
    return [
        average,
        FallingRates(model.distinct_optimizers, steps=15, share=0.7),
        Snapshots(lambda: average.averaged.get_weights()[0], every=2),
        LossCurve(every=3),
        *([KillAfter(kill_after)] if kill_after else []),
    ]


# Each epoch has calls of 2, 2 and 1 steps. A checkpoint follows each call, unless the run is killed in it.
RUN_LENGTH = {"epochs": 3, "steps_per_epoch": 5, "steps_per_call": 2}


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_resumed_run_ends_as_one_that_never_stopped(system, tmp_path):
    options = Namespace(seed=3, checkpoint_every=0, resume=False)
    whole = system()
    callbacks = observed(whole)
    losses = Run(tmp_path / "whole", options).fit(whole, **RUN_LENGTH, callbacks=callbacks)

    # The checkpoints that are left stand at the end of the first epoch, and inside the last one.
    for seed, kill_after in ((0, 4), (20, 5)):
        killed = system(seed)
        with pytest.raises(Killed):
            Run(tmp_path / "parts", options).fit(killed, **RUN_LENGTH, callbacks=observed(killed, kill_after))
        options.resume = True
    resumed = system(seed=30)
    others = observed(resumed)
    assert Run(tmp_path / "parts", options).fit(resumed, **RUN_LENGTH, callbacks=others) == losses
    assert_same_state(whole, resumed)
    for one, other in zip(callbacks, others):
        for name, array in one.state_arrays().items():
            np.testing.assert_array_equal(array, other.state_arrays()[name])
    # After the end, resuming trains no further steps.
    finished = system()
    assert Run(tmp_path / "parts", options).fit(finished, **RUN_LENGTH, callbacks=observed(finished)) == losses
    assert_same_state(whole, finished)


def test_a_run_that_was_killed_before_its_first_checkpoint_starts_again(tmp_path, eagerly):
    options = Namespace(seed=3, checkpoint_every=0, resume=False)
    length = {"epochs": 1, "steps_per_epoch": 4, "steps_per_call": 2}
    whole, killed, resumed = Restorer(), Restorer(), Restorer()
    losses = Run(tmp_path / "whole", options).fit(whole, **length, callbacks=observed(whole))
    with pytest.raises(Killed):
        Run(tmp_path / "parts", options).fit(killed, **length, callbacks=observed(killed, 1))
    assert not list(tmp_path.glob("parts/*.npz"))
    options.resume = True
    assert Run(tmp_path / "parts", options).fit(resumed, **length, callbacks=observed(resumed)) == losses
    assert_same_state(whole, resumed)


def test_a_checkpoint_of_another_run_is_refused_in_a_sentence(tmp_path):
    def run(model, resume, **settings):
        return Run(tmp_path, Namespace(resume=resume, checkpoint_every=0, **settings)).fit(model, 1, 2)

    run(Translator(), False, rate=0.1)
    with pytest.raises(InputError, match="--rate 0.1, and this one has 0.2"):
        run(Translator(), True, rate=0.2)
    with pytest.raises(InputError, match="another model or other training data"):
        run(Restorer(), True, rate=0.1)
    path = tmp_path / "model.npz"
    whole = path.read_bytes()
    for damaged in (whole[: len(whole) // 2], b"not a checkpoint", whole[:-3000] + b"\0" * 3000):
        path.write_bytes(damaged)
        with pytest.raises(InputError, match="model.npz is damaged"):
            run(Translator(), True, rate=0.1)


def test_what_does_not_fit_together_is_refused_in_a_sentence():
    unbuilt = keras.Sequential([keras.layers.Dense(2)])
    with pytest.raises(InputError, match="'maker' is not built"):
        AdversarialModel({"maker": unbuilt}, {})
    network = dense(2, 2, "maker", 0)
    with pytest.raises(InputError, match="optimizer for 'breaker'"):
        AdversarialModel({"maker": network}, {"breaker": Adam()})
    with pytest.raises(InputError, match="same number of rows"):
        AdversarialModel({"maker": network}, {}, examples={"pairs": (np.zeros((3, 2)), np.zeros((4, 2)))})
    with pytest.raises(InputError, match="same number of rows"):
        AdversarialModel({"maker": network}, {}, examples={"none": np.zeros((0, 2))})


REPLICAS = """
import numpy as np, tensorflow as tf
cpus = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(cpus[0], [tf.config.LogicalDeviceConfiguration()] * 2)
from gankit.datasets.point_clouds import four_clouds
from gankit.networks import fully_connected_GenDiscr
from gankit.training import Run
from wgan_gp import WGAN_GP
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
with strategy.scope():
    points = four_clouds(60)
    gan = WGAN_GP(*fully_connected_GenDiscr([2, 6, 5], points, seed=0), points, batch_size=8, disc_iter=1, seed=0)
    start = gan.generator.get_weights()
    losses = Run().fit(gan, 2, 3)
    history = gan.fit(epochs=1, steps_per_epoch=3, verbose=0).history
assert set(losses) == {"discr_loss", "gen_loss", "gp"} and np.isfinite(list(losses.values())).all()
assert np.isfinite(list(history.values())).all()
assert any((a != b).any() for a, b in zip(start, gan.generator.get_weights()))
for variable in [*gan.generator.variables, *gan.discriminator.variables]:
    value = variable if hasattr(variable, "values") else getattr(variable, "value", variable)
    copies = [copy.numpy() for copy in getattr(value, "values", [value])]
    assert len(copies) == 2 and (copies[0] == copies[1]).all(), variable.name
print("replicas agree")
"""


def test_two_replicas_train_one_model():
    root = Path(__file__).resolve().parents[1]
    done = subprocess.run([sys.executable, "-c", REPLICAS], cwd=root, capture_output=True, text=True, timeout=200)
    assert "replicas agree" in done.stdout, done.stderr[-3000:]
