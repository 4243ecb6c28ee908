"""Tests to run while you work: `python -m pytest tests`. They look at forms, not at whether your losses are right."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import pytest
import tensorflow as tf

from gankit.networks.fully_connected import fully_connected_GenDiscr


def attempt(action):
    """Run what may not be written yet, and say kindly if it is not."""
    try:
        return action()
    except NotImplementedError as error:
        pytest.fail(f"Still to do: {error}.", pytrace=False)


def trained(class_name, module, **options):
    networks = fully_connected_GenDiscr([2, 4, 2], np.zeros((30, 2)), seed=0)
    examples = np.random.default_rng(0).uniform(size=(30, 2)).astype(np.float32)
    gan = getattr(__import__(module), class_name)(*networks, examples, 5, 2, 0.01, **options)
    before = [network.get_weights() for network in networks[:2]]
    losses = attempt(lambda: gan.train_step(None))
    return gan, before, losses


@pytest.mark.parametrize(
    ("class_name", "module", "keys"),
    [
        ("Simple_GAN", "simple_gan", {"discr_loss", "gen_loss"}),
        ("WGAN_clip", "wgan_clip", {"discr_loss", "gen_loss"}),
        ("WGAN_GP", "wgan_gp", {"discr_loss", "gen_loss", "gp"}),
    ],
)
def test_a_training_step_moves_both_networks_and_returns_losses(class_name, module, keys):
    gan, before, losses = trained(class_name, module)
    assert set(losses) >= keys, "train_step returns a dictionary with an entry for each loss"
    for key in keys:
        assert np.isfinite(float(losses[key])), f"{key} is one finite number"
    for network, old in zip((gan.generator, gan.discriminator), before):
        assert any((a != b).any() for a, b in zip(old, network.get_weights())), f"the {network.name} has not moved"


@pytest.mark.parametrize(
    ("class_name", "module"), [("Simple_GAN", "simple_gan"), ("WGAN_clip", "wgan_clip"), ("WGAN_GP", "wgan_gp")]
)
def test_fit_records_an_entry_for_each_epoch(class_name, module):
    networks = fully_connected_GenDiscr([2, 4, 2], np.zeros((30, 2)), seed=0)
    gan = getattr(__import__(module), class_name)(*networks, np.zeros((30, 2), np.float32), 5, 1)
    history = attempt(lambda: gan.fit(epochs=2, steps_per_epoch=2, verbose=0)).history
    assert len(history["discr_loss"]) == len(history["gen_loss"]) == 2


def test_the_convolutional_networks_fit_together():
    from convolutional_gan import convolutional_GenDiscr

    generator, discriminator = attempt(convolutional_GenDiscr)
    faces = generator(tf.zeros((3, 16)))
    assert faces.shape == (3, 16, 16, 1) and discriminator(faces).shape == (3, 1)
    assert (generator.name, discriminator.name) == ("generator", "discriminator")


@pytest.mark.parametrize(
    ("module", "arguments"),
    [
        ("face_generator", ["--steps", "1", "--batch-size", "2"]),
        ("pretrained_explorer", ["--segment"]),
    ],
)
def test_the_scripts_leave_pictures(module, arguments, tmp_path):
    attempt(lambda: __import__(module).main([*arguments, "--output", str(tmp_path / "out")]))
    assert list((tmp_path / "out").glob("*.png"))
