"""Behaviour that all three classes share: samples, fit, saving and restoring."""

import numpy as np
import pytest
import tensorflow as tf
from tensorflow import keras

from convolutional_gan import convolutional_GenDiscr
from gankit import memory
from gankit.datasets.point_clouds import four_clouds
from gankit.errors import InputError
from gankit.faces import FaceScaling
from gankit.networks.fully_connected import fully_connected_GenDiscr
from gankit.networks.latents import LatentGenerator
from gankit.randomness import chance_of_too_few, make_stream
from gankit.training import Run
from simple_gan import Simple_GAN
from wgan_clip import WGAN_clip
from wgan_gp import WGAN_GP

CLASSES = (Simple_GAN, WGAN_clip, WGAN_GP)


def make(kind=Simple_GAN, examples=None, seed=0, **options):
    examples = four_clouds(50) if examples is None else examples
    networks = fully_connected_GenDiscr([2, 6, examples.shape[1]], examples, seed=seed)
    return kind(*networks, examples, **{"batch_size": 10, "seed": seed, **options})


@pytest.mark.parametrize("kind", CLASSES)
def test_arguments_become_attributes_in_the_coursework_s_order(kind):
    examples = four_clouds(30)
    generator, discriminator, latent_generator = fully_connected_GenDiscr([2, 4, 5], examples)
    extra = (7.5,) if kind is WGAN_GP else ()
    gan = kind(generator, discriminator, latent_generator, examples, 7, 3, 0.25, *extra)
    assert gan.generator is generator and gan.discriminator is discriminator
    assert gan.latent_generator is latent_generator
    np.testing.assert_array_equal(gan.real_examples, examples)
    assert (gan.batch_size, gan.disc_iter, gan.learning_rate) == (7, 3, 0.25)
    assert (gan.beta_1, gan.beta_2) == ((0.3, 0.9) if kind is WGAN_GP else (0.5, 0.9))
    for network in (generator, discriminator):
        adam = network.optimizer.get_config()
        np.testing.assert_allclose([adam["learning_rate"], adam["beta_1"], adam["beta_2"]], [0.25, gan.beta_1, 0.9])
    defaults = kind(generator, discriminator, latent_generator, examples)
    assert (defaults.batch_size, defaults.disc_iter, defaults.learning_rate) == (200, 2, 0.005)
    if kind is WGAN_GP:
        assert gan.lambda_gp == 7.5 and defaults.lambda_gp == 10


@pytest.mark.parametrize(("population", "size"), [(7, 7), (7, 3), (9, 2), (60, 10), (5000, 200), (5, 1)])
def test_real_samples_are_distinct_rows_and_every_row_is_as_likely(population, size):
    examples = np.arange(2 * population, dtype=np.float32).reshape(population, 2)
    gan = make(examples=examples)
    counts = np.zeros(population)
    rounds = max(60, 40 * population // size) if population < 100 else 60
    for _ in range(rounds):
        sample = gan.get_real_sample(size).numpy()
        rows = (sample[:, 0] / 2).astype(int)
        np.testing.assert_array_equal(sample, examples[rows])
        assert len(set(rows)) == size
        counts[rows] += 1
    if population < 100:
        expected = rounds * size / population
        spread = np.sqrt(expected * (1 - size / population)) if size < population else 1e-9
        assert np.abs(counts - expected).max() <= 5 * spread + 1e-6


def test_streams_are_tensorflow_s():
    ours, theirs = make_stream(3), tf.random.Generator.from_seed(3, alg="philox")
    for _ in range(2):
        np.testing.assert_array_equal(ours.normal((30, 7)), theirs.normal((30, 7)))
        np.testing.assert_array_equal(ours.uniform((5,)), theirs.uniform((5,)))
        whole = theirs.uniform((9,), maxval=1000, dtype=tf.int64)
        np.testing.assert_array_equal(ours.uniform((9,), maxval=1000, dtype=tf.int64), whole)
    np.testing.assert_array_equal(ours.state, theirs.state)


@pytest.mark.parametrize(("population", "size"), [(9, 2), (13, 3), (30, 6)])
def test_the_chance_of_too_few_distinct_rows_is_bounded(population, size):
    # The exact probability, from the number of distinct rows after each sample.
    chances = np.zeros(population + 1)
    chances[0] = 1
    for _ in range(2 * size):
        stay = chances * np.arange(population + 1) / population
        chances = stay + np.concatenate([[0], (chances - stay)[:-1]])
    assert chances[:size].sum() <= chance_of_too_few(population, size) * (1 + 1e-9) <= 1
    assert chance_of_too_few(1000, 200) < 1e-60 and chance_of_too_few(9, 1) == 0


def test_sample_sizes():
    gan = make()
    assert gan.get_real_sample().shape == (10, 5) and gan.get_fake_sample().shape == (10, 5)
    assert gan.get_real_sample(3).shape == (3, 5) and gan.get_fake_sample(3).shape == (3, 5)
    assert gan.get_real_sample(1000).shape == (50, 5)
    assert not np.array_equal(gan.get_real_sample(), gan.get_real_sample())
    assert not np.array_equal(gan.get_fake_sample(), gan.get_fake_sample())


def test_samples_do_not_depend_on_the_order_they_are_drawn_in():
    first, second = make(seed=3), make(seed=3)
    real, fake = first.get_real_sample().numpy(), first.get_fake_sample().numpy()
    second.get_fake_sample()
    np.testing.assert_array_equal(second.get_real_sample(), real)
    third = make(seed=3)
    third.get_real_sample()
    np.testing.assert_array_equal(third.get_fake_sample(), fake)


def test_tensorflow_s_global_seed_decides_what_is_not_seeded():
    def draw():
        tf.random.set_seed(11)
        examples = four_clouds(50)
        gan = WGAN_GP(*fully_connected_GenDiscr([2, 4, 5], examples), examples, batch_size=5)
        return [float(v) for v in gan.train_step(None).values()]

    assert draw() == draw()


@pytest.mark.parametrize(
    ("kind", "examples", "epochs", "steps"),
    [
        (Simple_GAN, 6, 2, 7),
        (Simple_GAN, 300, 3, 40),
        (Simple_GAN, 50, 1, 23),
        (WGAN_clip, 6, 2, 7),
        (WGAN_GP, 50, 1, 23),
    ],
)
def test_fit_runs_exactly_epochs_times_steps(kind, examples, epochs, steps):
    gan = make(kind, four_clouds(examples))
    gan.compile()
    history = gan.fit(gan.real_examples, epochs=epochs, steps_per_epoch=steps, verbose=0).history
    assert int(gan.generator.optimizer.iterations.numpy()) == epochs * steps
    assert int(gan.discriminator.optimizer.iterations.numpy()) == epochs * steps * gan.disc_iter
    assert set(history) == set(gan.loss_names)
    assert all(len(values) == epochs and np.isfinite(values).all() for values in history.values())


@pytest.mark.parametrize("kind", CLASSES)
def test_history_is_the_mean_over_the_epoch_and_a_step_returns_its_own_losses(kind):
    fitted, stepped = make(kind), make(kind)
    history = fitted.fit(x=fitted.real_examples, epochs=2, steps_per_epoch=6, verbose=0).history
    steps = [stepped.train_step(None) for _ in range(12)]
    for name in fitted.loss_names:
        values = np.array([float(step[name]) for step in steps]).reshape(2, 6)
        np.testing.assert_allclose(history[name], values.mean(axis=1), rtol=1e-3, atol=1e-5)
    # Also after fitting, so that no state of the averaging remains.
    after_fit, after_steps = fitted.train_step(None), stepped.train_step(None)
    for name in after_fit:
        np.testing.assert_allclose(after_fit[name], after_steps[name], rtol=1e-3, atol=1e-5)


def test_losses_beyond_the_usual_ones_reach_the_history():
    class Talkative(Simple_GAN):
        def train_step(self, data):
            return {**super().train_step(data), "four": tf.constant(4.0)}

    history = make(Talkative).fit(epochs=2, steps_per_epoch=3, verbose=0).history
    assert set(history) == {"discr_loss", "gen_loss", "four"} and history["four"] == [4.0, 4.0]


def test_callbacks_that_watch_steps_see_every_one():
    seen = []

    class Watcher(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            seen.append(batch)

    make().fit(epochs=2, steps_per_epoch=6, verbose=0, callbacks=[Watcher()])
    assert seen == [*range(6), *range(6)]


@pytest.mark.parametrize("kind", CLASSES)
@pytest.mark.parametrize("channel", [False, True])
@pytest.mark.parametrize(("count", "dtype"), [(4, np.float64), (40, np.float32)])
def test_trains_on_faces_with_and_without_a_channel_axis(kind, channel, count, dtype):
    examples = np.random.default_rng(0).uniform(-1, 1, (count, 16, 16, 1) if channel else (count, 16, 16)).astype(dtype)
    gan = kind(
        *convolutional_GenDiscr(seed=0), LatentGenerator(16, seed=0), examples, batch_size=6, disc_iter=1, seed=0
    )
    assert gan.get_real_sample(2).shape == (2, *examples.shape[1:])
    losses = gan.train_step(None)
    assert all(np.isfinite(float(value)) for value in losses.values())


def test_both_forms_of_faces_give_the_same_losses():
    examples = np.random.default_rng(0).uniform(-1, 1, (40, 16, 16)).astype(np.float32)
    losses = []
    for form in (examples, examples[..., None]):
        gan = WGAN_GP(*convolutional_GenDiscr(seed=0), LatentGenerator(16, seed=0), form, 6, 2, 0.001, seed=0)
        losses.append([float(value) for value in gan.train_step(None).values()])
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-5)


def test_batch_norm_statistics_move_and_dropout_is_on():
    examples = np.random.default_rng(0).uniform(-1, 1, (20, 16, 16)).astype(np.float32)
    gan = Simple_GAN(*convolutional_GenDiscr(seed=0), LatentGenerator(16, seed=0), examples, 5, 1, 0.001)
    statistics = [w for w in gan.generator.weights if not w.trainable]
    assert len(statistics) == 6
    before = [np.array(w) for w in statistics]
    gan.train_step(None)
    assert all((np.array(w) != b).any() for w, b in zip(statistics, before))
    still = [np.array(w) for w in statistics]
    gan.get_fake_sample()
    assert all((np.array(w) == b).all() for w, b in zip(statistics, still))

    inputs = keras.Input((5,))
    everything_dropped = keras.layers.Dropout(0.999999)(inputs)
    discriminator = keras.Model(inputs, keras.layers.Dense(1, use_bias=False)(everything_dropped), name="discriminator")
    generator, _, latent_generator = fully_connected_GenDiscr([2, 4, 5], four_clouds(30))
    gan = WGAN_clip(generator, discriminator, latent_generator, four_clouds(30), batch_size=5)
    assert float(gan.train_step(None)["discr_loss"]) == 0, "both networks run with training=True in an update"


@pytest.mark.parametrize("kind", CLASSES)
def test_a_restored_instance_goes_on_as_if_never_stopped(kind, tmp_path):
    original = make(kind, seed=1)
    original.fit(epochs=1, steps_per_epoch=4, verbose=0)
    path = str(tmp_path / "gan.weights.h5")
    original.save_weights(path)
    restored = make(kind, seed=2)
    restored.load_weights(path)
    for own, other in ((original.generator, restored.generator), (original.discriminator, restored.discriminator)):
        for a, b in zip(own.get_weights(), other.get_weights()):
            np.testing.assert_array_equal(a, b)
        assert int(own.optimizer.iterations.numpy()) == int(other.optimizer.iterations.numpy())
        for a, b in zip(own.optimizer.variables, other.optimizer.variables):
            np.testing.assert_array_equal(np.asarray(a), np.asarray(b))
    histories = [gan.fit(epochs=1, steps_per_epoch=3, verbose=0).history for gan in (original, restored)]
    assert histories[0] == histories[1]
    for a, b in zip(original.generator.get_weights(), restored.generator.get_weights()):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("kind", CLASSES)
def test_predict_and_model_checkpoint(kind, tmp_path):
    gan = make(kind)
    latents = np.random.default_rng(0).standard_normal((9, 2)).astype(np.float32)
    np.testing.assert_allclose(gan.predict(latents, verbose=0), gan.generator(latents), atol=1e-6)
    path = tmp_path / "epoch_{epoch}.weights.h5"
    checkpoint = keras.callbacks.ModelCheckpoint(str(path), save_weights_only=True)
    gan.fit(epochs=2, steps_per_epoch=2, verbose=0, callbacks=[checkpoint])
    fresh = make(kind, seed=9)
    fresh.load_weights(str(tmp_path / "epoch_2.weights.h5"))
    np.testing.assert_array_equal(fresh.predict(latents, verbose=0), gan.predict(latents, verbose=0))
    assert int(fresh.generator.optimizer.iterations.numpy()) == 4


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"batch_size": 0}, "batch_size"),
        ({"disc_iter": 0}, "disc_iter"),
        ({"batch_size": 2.5}, "batch_size"),
        ({"batch_size": "ten"}, "batch_size"),
        ({"batch_size": float("inf")}, "batch_size"),
        ({"batch_size": float("nan")}, "batch_size"),
        ({"batch_size": None}, "batch_size"),
        ({"batch_size": 10**14}, "batch_size 100,000,000,000,000 needs .* of memory"),
        ({"batch_size": 10**400}, "more than 1,000 PB"),
        ({"disc_iter": 101}, "disc_iter is 101; choose at most 100"),
        ({"disc_iter": 10**12}, "disc_iter"),
    ],
)
def test_bad_sizes_are_refused_in_a_sentence(options, word):
    with pytest.raises(InputError, match=word):
        make(**options)


def test_whole_sizes_of_other_types_are_taken():
    gan = make(batch_size=np.int64(7), disc_iter=3.0)
    assert (gan.batch_size, gan.disc_iter) == (7, 3) and type(gan.batch_size) is type(gan.disc_iter) is int
    assert gan.get_real_sample(np.int32(4)).shape == (4, 5) and gan.get_fake_sample(tf.constant(4)).shape == (4, 5)


@pytest.mark.parametrize("draw", ["get_real_sample", "get_fake_sample", "generate"])
@pytest.mark.parametrize("size", [0, -1, 2.5, "ten"])
def test_samples_of_no_whole_size_are_refused(draw, size):
    with pytest.raises(InputError, match="must be a whole number of at least 1"):
        getattr(make(decoding=FaceScaling.identity()), draw)(size)


@pytest.mark.parametrize("draw", ["get_fake_sample", "generate"])
def test_samples_beyond_all_memory_are_refused(draw):
    gan = make(decoding=FaceScaling.identity())
    with pytest.raises(InputError, match="1,000,000,000,000,000 examples needs .* of memory"):
        getattr(gan, draw)(10**15)
    assert gan.get_real_sample(10**15).shape == (50, 5), "there are only 50 real examples"


@pytest.mark.parametrize("kind", CLASSES)
def test_a_batch_is_refused_exactly_where_its_activations_do_not_fit(kind, monkeypatch):
    # Three copies of four-byte numbers: 2 + 6 + 5 in the generator, 5 + 6 + 1 in the discriminator.
    needed = 3 * 4 * (2 + 6 + 5 + 5 + 6 + 1) * 1000
    monkeypatch.setattr(memory, "available_bytes", lambda: needed)
    assert make(kind, batch_size=1000).batch_size == 1000
    monkeypatch.setattr(memory, "available_bytes", lambda: needed - 1)
    with pytest.raises(InputError, match="batch_size 1,000 needs 300.0 kB of memory"):
        make(kind, batch_size=1000)


def test_more_epochs_than_losses_fit_into_memory_are_refused():
    for train in (lambda epochs: make().fit(epochs=epochs), lambda epochs: Run().fit(make(), epochs, 1)):
        with pytest.raises(InputError, match="losses of 1,000,000,000,000,000 epochs"):
            train(10**15)


def test_widths_beyond_all_memory_are_refused():
    with pytest.raises(InputError, match=r"widths \[1000000000, 1000000000, 5\] needs"):
        fully_connected_GenDiscr([10**9, 10**9, 5], four_clouds(30))


def test_bad_examples_are_refused_in_a_sentence():
    networks = fully_connected_GenDiscr([2, 4, 5], four_clouds(30))
    gan = Simple_GAN(*networks, four_clouds(30))
    for examples in (
        np.zeros(5, np.float32),
        np.zeros((0, 5), np.float32),
        np.full((9, 5), "a"),
        np.full((9, 5), None),
        np.full((9, 5), True),
        np.zeros((9, 5), complex),
    ):
        with pytest.raises(InputError, match="real_examples") as refusal:
            Simple_GAN(*networks, examples)
        assert "\n" not in str(refusal.value)
        with pytest.raises(InputError, match="real_examples"):
            gan.real_examples = examples
    np.testing.assert_array_equal(gan.real_examples, four_clouds(30))


def network_of(taken, given, name):
    inputs = keras.Input(taken)
    outputs = keras.layers.Dense(int(np.prod(given)))(keras.layers.Flatten()(inputs))
    return keras.Model(inputs, keras.layers.Reshape(given)(outputs), name=name)


def zeros(*shape):
    return np.zeros((9, *shape), np.float32)


@pytest.mark.parametrize(
    ("made", "taken", "examples", "words"),
    [
        ((3,), (3,), zeros(2), ["(3,)", "real examples have the shape (2,)"]),
        ((3,), (2,), zeros(2), ["(3,)", "(2,)"]),
        ((3,), (2,), zeros(3), ["(3,)", "discriminator takes the shape (2,)"]),
        ((4, 4, 1), (4, 4, 1), zeros(5, 5), ["(4, 4, 1)", "(5, 5)"]),
        ((4, 4, 1), (4, 4, 1), zeros(4, 4, 3), ["(4, 4, 1)", "(4, 4, 3)"]),
        ((4, 4, 1), (4, 4, 1), zeros(15), ["(4, 4, 1)", "(15,)"]),
        ((4, 4), (8, 2), zeros(4, 4), ["(4, 4)", "(8, 2)"]),
        ((8, 2), (8, 2), zeros(4, 4), ["(8, 2)", "(4, 4)"]),
        ((4, 4, 1), (16,), zeros(16), ["(4, 4, 1)", "(16,)"]),
        ((16,), (4, 4), zeros(16), ["(16,)", "(4, 4)"]),
        ((4, 4, 3), (4, 4, 1), zeros(4, 4, 3), ["(4, 4, 3)", "(4, 4, 1)"]),
        ((1, 5), (5,), zeros(5), ["(1, 5)", "(5,)"]),
        ((4, 4, 1), (4, 4, 1), zeros(4, 4), None),
        ((4, 4, 1), (4, 4), zeros(4, 4), None),
        ((4, 4), (4, 4, 1), zeros(16), None),
        ((16,), (16,), zeros(4, 4, 1), None),
        ((5,), (5, 1), zeros(1, 5), None),
        ((1,), (1,), zeros(1), None),
    ],
)
def test_shapes_that_do_not_fit_are_refused_and_others_train(made, taken, examples, words):
    networks = network_of((2,), made, "generator"), network_of(taken, (1,), "discriminator")
    if words is None:
        losses = WGAN_GP(*networks, LatentGenerator(2, seed=0), examples, 4, 1).train_step(None)
        assert all(np.isfinite(float(loss)) for loss in losses.values())
        return
    with pytest.raises(InputError) as refusal:
        Simple_GAN(*networks, LatentGenerator(2, seed=0), examples, 4, 1)
    message = str(refusal.value)
    assert message.startswith("The generator makes examples of shape") and "\n" not in message
    assert all(word in message for word in words)


def test_other_examples_must_have_the_shape_of_the_first():
    gan = make()
    with pytest.raises(InputError, match=r"\(5,\).*\(4,\)"):
        gan.real_examples = zeros(4)
    assert gan.real_examples.shape == (50, 5)


def test_latent_vectors_must_have_the_length_that_the_generator_takes():
    networks = network_of((2,), (5,), "generator"), network_of((5,), (1,), "discriminator")
    with pytest.raises(InputError, match="latent vectors of length 2, .* of length 3"):
        Simple_GAN(*networks, LatentGenerator(3, seed=0), zeros(5))
