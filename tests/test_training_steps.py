"""Each class's training step compared with a derivation in NumPy: losses, gradients, Adam, clipping, order."""

import numpy as np
import oracle
import pytest
import tensorflow as tf
from tensorflow import keras

from gankit.networks.fully_connected import fully_connected_GenDiscr
from simple_gan import Simple_GAN
from wgan_clip import WGAN_clip
from wgan_gp import WGAN_GP

CLASSES = (Simple_GAN, WGAN_clip, WGAN_GP)
LAMBDA_GP = 3.7
RATE = 0.02


def losses(kind, real, fake):
    """(discriminator loss, generator loss) computed from the scores by their definitions."""
    if kind is Simple_GAN:
        return np.mean((real - 1) ** 2) + np.mean((fake + 1) ** 2), np.mean((fake - 1) ** 2)
    return np.mean(fake) - np.mean(real), -np.mean(fake)


class Script:
    """Fixed batches for one step, in place of those that the model would sample."""

    def __init__(self, seed, disc_iter, batch=5):
        random = np.random.default_rng(seed)
        self.real = random.uniform(-1, 2, (disc_iter, batch, 2))
        self.latents = random.standard_normal((disc_iter + 1, batch, 2))
        self.u = random.uniform(0, 1, (disc_iter, batch, 1))

    def play(self, gan, monkeypatch):
        real, latents, u = iter(self.real), iter(self.latents), iter(self.u)
        constant = lambda array: tf.constant(array, tf.float32)  # noqa: E731
        monkeypatch.setattr(gan, "get_real_sample", lambda size=None: constant(next(real)))
        monkeypatch.setattr(gan, "latent_generator", lambda size: constant(next(latents)))
        monkeypatch.setattr(gan, "draw_mixing", lambda like: constant(next(u)), raising=False)


def build(kind, disc_iter, seed=0):
    generator, discriminator, latent_generator = fully_connected_GenDiscr([2, 3, 2], np.zeros((9, 2)), seed=seed)
    random = np.random.default_rng(seed + 100)
    for network in (generator, discriminator):
        # Weights beyond 1 make sure that clipping has an effect. Biases are not 0.
        network.set_weights([random.uniform(-1.4, 1.4, w.shape).astype(np.float32) for w in network.get_weights()])
    options = {"lambda_gp": LAMBDA_GP} if kind is WGAN_GP else {}
    examples = np.zeros((9, 2), np.float32)
    return kind(generator, discriminator, latent_generator, examples, 5, disc_iter, RATE, **options)


def recorded_gradients(network, monkeypatch):
    record = []
    apply = network.optimizer.apply_gradients

    def apply_and_record(pairs, *args, **kwargs):
        pairs = list(pairs)
        record.append([np.asarray(gradient, np.float64) for gradient, _ in pairs])
        return apply(pairs, *args, **kwargs)

    monkeypatch.setattr(network.optimizer, "apply_gradients", apply_and_record)
    return record


def numpy_step(kind, script, g, d, adam_g, adam_d):
    """One training step. Returns the new weights, every gradient, and the last losses."""
    gradients = []
    reported = {}
    for real, latents, u in zip(script.real, script.latents, script.u):
        fake = oracle.dense_stack(g, latents, oracle.sigmoid)

        def loss(weights, real=real, fake=fake):
            scores = (oracle.dense_stack(weights, x, np.tanh) for x in (real, fake))
            return losses(kind, *scores)[0]

        def penalised(weights, real=real, fake=fake, u=u, loss=loss):
            return loss(weights) + LAMBDA_GP * oracle.penalty(weights, real, fake, u)

        reported["discr_loss"] = loss(d)
        if kind is WGAN_GP:
            reported["gp"] = oracle.penalty(d, real, fake, u)
        gradients.append(oracle.numerical_gradient(penalised if kind is WGAN_GP else loss, d))
        d = adam_d(d, gradients[-1])
        if kind is WGAN_clip:
            d = [np.clip(w, -1, 1) for w in d]

    def generator_loss(weights):
        fake = oracle.dense_stack(weights, script.latents[-1], oracle.sigmoid)
        return losses(kind, np.zeros(1), oracle.dense_stack(d, fake, np.tanh))[1]

    reported["gen_loss"] = generator_loss(g)
    g_gradient = oracle.numerical_gradient(generator_loss, g)
    return adam_g(g, g_gradient), d, g_gradient, gradients, reported


@pytest.mark.parametrize("kind", CLASSES)
@pytest.mark.parametrize("disc_iter", [1, 2, 3])
def test_three_steps_match_numpy(kind, disc_iter, monkeypatch):
    gan = build(kind, disc_iter)
    g = [w.astype(np.float64) for w in gan.generator.get_weights()]
    d = [w.astype(np.float64) for w in gan.discriminator.get_weights()]
    betas = (0.3, 0.9) if kind is WGAN_GP else (0.5, 0.9)
    adam_g, adam_d = oracle.Adam(RATE, *betas), oracle.Adam(RATE, *betas)
    g_record = recorded_gradients(gan.generator, monkeypatch)
    d_record = recorded_gradients(gan.discriminator, monkeypatch)
    for step in range(3):
        script = Script(step, disc_iter)
        script.play(gan, monkeypatch)
        returned = gan.train_step(None)
        g, d, g_gradient, d_gradients, reported = numpy_step(kind, script, g, d, adam_g, adam_d)

        assert set(returned) == set(reported)
        for name, value in reported.items():
            assert returned[name].shape == ()
            np.testing.assert_allclose(float(returned[name]), value, rtol=2e-4, atol=2e-5)
        # Compare the gradients as well as the weights, because Adam hides a constant factor of the loss.
        assert len(d_record) == disc_iter * (step + 1) and len(g_record) == step + 1
        for ours, theirs in zip(d_record[-disc_iter:], d_gradients):
            for a, b in zip(ours, theirs):
                np.testing.assert_allclose(a, b, rtol=2e-3, atol=5e-5)
        for a, b in zip(g_record[-1], g_gradient):
            np.testing.assert_allclose(a, b, rtol=2e-3, atol=5e-5)
        for ours, theirs in ((gan.generator.get_weights(), g), (gan.discriminator.get_weights(), d)):
            for a, b in zip(ours, theirs):
                np.testing.assert_allclose(a, b, atol=3e-4)


def linear_critic(weights, shape=None):
    inputs = keras.Input(shape or (len(weights),))
    flat = keras.layers.Flatten()(inputs) if shape else inputs
    network = keras.Model(inputs, keras.layers.Dense(1)(flat), name="discriminator")
    network.set_weights([np.asarray(weights, np.float32).reshape(-1, 1), np.zeros(1, np.float32)])
    return network


def critic_gan(critic, shape, examples=None, **options):
    latents = keras.Input((2,))
    outputs = keras.layers.Reshape(shape)(keras.layers.Dense(int(np.prod(shape)))(latents))
    generator = keras.Model(latents, outputs, name="generator")
    examples = np.random.default_rng(0).standard_normal((30, *shape)) if examples is None else examples
    latent_generator = lambda k: tf.random.normal((k, 2))  # noqa: E731
    return WGAN_GP(generator, critic, latent_generator, examples.astype(np.float32), batch_size=8, **options)


@pytest.mark.parametrize("scale", [0.2, 1.0, 2.5])
@pytest.mark.parametrize("shape", [(3,), (4, 4), (4, 4, 1)])
def test_penalty_of_a_linear_critic_is_known(scale, shape):
    weights = scale * np.random.default_rng(1).standard_normal(int(np.prod(shape)))
    gan = critic_gan(linear_critic(weights, shape), shape)
    expected = (np.linalg.norm(weights.astype(np.float32)) - 1) ** 2
    gp = gan.gradient_penalty(gan.get_real_sample(), gan.get_fake_sample())
    np.testing.assert_allclose(float(gp), expected, rtol=1e-5, atol=1e-9)


def test_penalty_of_a_dead_critic_is_one_and_nothing_becomes_nan():
    gan = critic_gan(linear_critic(np.zeros(3)), (3,))
    returned = gan.train_step(None)
    assert float(gan.gradient_penalty(tf.zeros((4, 3)), tf.ones((4, 3)))) >= 0
    assert float(returned["gp"]) <= 1.0
    for network in (gan.generator, gan.discriminator):
        assert all(np.isfinite(w).all() for w in network.get_weights())
    dead = critic_gan(linear_critic(np.zeros(3)), (3,))
    np.testing.assert_allclose(float(dead.gradient_penalty(tf.zeros((4, 3)), tf.ones((4, 3)))), 1.0, atol=1e-5)


def test_one_mixing_weight_per_example_between_real_and_fake():
    gan = critic_gan(linear_critic(np.ones(16), (4, 4)), (4, 4))
    u = gan.draw_mixing(tf.zeros((500, 4, 4))).numpy()
    assert u.shape == (500, 1, 1)
    assert len(np.unique(u)) > 490 and u.min() >= 0 and u.max() < 1
    assert abs(u.mean() - 0.5) < 0.05 and abs(u.var() - 1 / 12) < 0.01


def test_penalty_looks_between_real_and_fake():
    # D(x) = x^2 / 2 has the slope x: at u real + (1 - u) fake with real = 4, fake = 0 it is 4 u.
    inputs = keras.Input((1,))
    square = keras.layers.Multiply()([inputs, inputs])
    critic = keras.Model(inputs, keras.layers.Dense(1, use_bias=False)(square), name="discriminator")
    critic.set_weights([np.array([[0.5]], np.float32)])
    gan = critic_gan(critic, (1,))
    drawn = []
    draw = gan.draw_mixing
    gan.draw_mixing = lambda like: drawn.append(draw(like)) or drawn[-1]
    gp = float(gan.gradient_penalty(tf.fill((64, 1), 4.0), tf.zeros((64, 1))))
    np.testing.assert_allclose(gp, np.mean((4 * drawn[0].numpy() - 1) ** 2), rtol=1e-5)


def test_clipping_holds_every_weight_and_bias_in_the_box():
    gan = build(WGAN_clip, disc_iter=2)
    assert max(np.abs(w).max() for w in gan.discriminator.get_weights()) > 1
    before = gan.generator.get_weights()
    assert max(np.abs(w).max() for w in before) > 1
    gan.train_step(None)
    for weight in gan.discriminator.get_weights():
        assert np.abs(weight).max() <= 1
    assert max(np.abs(w).max() for w in gan.generator.get_weights()) > 1, "the generator must not be clipped"


@pytest.mark.parametrize("kind", CLASSES)
def test_one_network_is_bit_identical_while_the_other_is_updated(kind, monkeypatch):
    gan = build(kind, disc_iter=2)
    seen = []
    for own, other in ((gan.discriminator, gan.generator), (gan.generator, gan.discriminator)):
        apply = own.optimizer.apply_gradients

        def watch(pairs, *args, own=own, other=other, apply=apply, **kwargs):
            pairs = list(pairs)
            assert {id(v) for _, v in pairs} == {id(v) for v in own.trainable_variables}
            before = [w.copy() for w in other.get_weights()]
            apply(pairs, *args, **kwargs)
            seen.append(own.name)
            for a, b in zip(before, other.get_weights()):
                np.testing.assert_array_equal(a, b)

        monkeypatch.setattr(own.optimizer, "apply_gradients", watch)
    snapshots = [gan.generator.get_weights()]
    gan.train_step(None)
    assert seen == ["discriminator", "discriminator", "generator"]
    assert any((a != b).any() for a, b in zip(snapshots[0], gan.generator.get_weights()))
