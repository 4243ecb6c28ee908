"""A model knows how to decode its outputs from its construction on, and every way of saving keeps the decoding."""

from importlib.metadata import version

import numpy as np
import pytest
import tensorflow as tf
from tensorflow import keras

from convolutional_gan import convolutional_GenDiscr
from gankit.datasets.point_clouds import four_clouds
from gankit.errors import InputError, NotGivenError
from gankit.faces import FaceScaling, load_faces
from gankit.networks import LatentGenerator, fully_connected_GenDiscr, write_weights
from simple_gan import Simple_GAN
from wgan_clip import WGAN_clip
from wgan_gp import WGAN_GP

KERAS_2 = version("keras").startswith("2.")


@pytest.fixture(scope="module")
def faces():
    return load_faces()[:300]


def face_gan(faces, kind=WGAN_GP, seed=0, decoding=True, **options):
    scaling = FaceScaling.fit(faces)
    return kind(
        *convolutional_GenDiscr(seed=seed),
        LatentGenerator(16, seed=seed),
        scaling.prepare(faces),
        batch_size=6,
        disc_iter=1,
        seed=seed,
        decoding=scaling if decoding else None,
        **options,
    )


@pytest.fixture(scope="module")
def trained(faces):
    gan = face_gan(faces)
    gan.fit(epochs=1, steps_per_epoch=2, verbose=0)
    return gan


def save_whole(gan, path):
    gan.save(path / "gan.keras")
    return WGAN_GP.load(path / "gan.keras")


def save_whole_by_keras(gan, path):
    gan.save(str(path / "gan.keras"))
    return keras.models.load_model(str(path / "gan.keras"), custom_objects={"WGAN_GP": WGAN_GP})


def save_keras_weights(gan, path):
    gan.save_weights(str(path / "gan.weights.h5"))
    other = face_gan(load_faces()[:50], seed=7, decoding=False)
    other.load_weights(str(path / "gan.weights.h5"))
    return other


def save_tensorflow_weights(gan, path):
    gan.save_weights(str(path / "gan"), save_format="tf")
    other = face_gan(load_faces()[:50], seed=7, decoding=False)
    other.load_weights(str(path / "gan"))
    return other


def save_tensorflow_checkpoint(gan, path):
    written = tf.train.Checkpoint(gan).write(str(path / "checkpoint"))
    other = face_gan(load_faces()[:50], seed=7, decoding=False)
    tf.train.Checkpoint(other).read(written).expect_partial()
    return other


def save_network_files(gan, path):
    for network in (gan.generator, gan.discriminator):
        write_weights(path / f"{network.name}.h5", network, gan.decoding)
    other = face_gan(load_faces()[:50], seed=7, decoding=False)
    other.replace_weights(path / "generator.h5", path / "discriminator.h5")
    return other


WAYS = [save_whole, save_whole_by_keras, save_keras_weights, save_tensorflow_checkpoint, save_network_files]
WAYS += [save_tensorflow_weights] if KERAS_2 else []


@pytest.mark.parametrize("way", WAYS)
def test_the_decoding_survives_every_way_of_saving(way, trained, faces, tmp_path):
    restored = way(trained, tmp_path)
    for name in ("mean", "scale"):
        np.testing.assert_array_equal(getattr(restored.decoding, name), getattr(trained.decoding, name))
    made = restored.generate(40, seed=5)
    np.testing.assert_array_equal(made, trained.generate(40, seed=5))
    # Two steps train little, but the decoding turns outputs near 0 into faces near the mean face, not into black.
    assert abs(made.mean() - faces.mean() / 255) < 0.1


@pytest.mark.parametrize("kind", [Simple_GAN, WGAN_clip, WGAN_GP])
def test_a_loaded_model_goes_on_as_if_never_stopped(kind, tmp_path):
    points = four_clouds(60)
    extra = {"lambda_gp": 3.5} if kind is WGAN_GP else {}
    gan = kind(
        *fully_connected_GenDiscr([2, 6, 5], points, "spheric", seed=0), points, 7, 3, 0.01, beta_1=0.2, seed=0, **extra
    )
    gan.fit(epochs=1, steps_per_epoch=3, verbose=0)
    gan.save(tmp_path / "gan.keras")
    loaded = kind.load(tmp_path / "gan.keras")
    assert type(loaded) is kind
    for name in ("batch_size", "disc_iter", "learning_rate", "beta_1", "beta_2", *extra):
        assert getattr(loaded, name) == getattr(gan, name)
    assert loaded.latent_generator.latent_type == "spheric"
    for missing in (lambda: loaded.real_examples, loaded.get_real_sample, lambda: loaded.fit(epochs=1, verbose=0)):
        with pytest.raises(NotGivenError, match="set gan.real_examples"):
            missing()
    loaded.real_examples = points
    histories = [model.fit(epochs=2, steps_per_epoch=2, verbose=0).history for model in (gan, loaded)]
    assert histories[0] == histories[1]
    for name, array in gan.state_arrays().items():
        np.testing.assert_array_equal(array, loaded.state_arrays()[name], err_msg=name)


def test_a_model_that_was_not_told_says_so(faces, trained, tmp_path):
    gan = face_gan(faces, decoding=False)
    for asked in (lambda: gan.decoding, lambda: gan.generate(3)):
        with pytest.raises(NotGivenError, match="decoding=scaling"):
            asked()
    gan.save(tmp_path / "gan.keras")
    with pytest.raises(NotGivenError, match="decoding=scaling"):
        WGAN_GP.load(tmp_path / "gan.keras").generate(3)
    gan.decoding = trained.decoding
    assert gan.generate(3).shape == (3, 16, 16)


def test_training_on_other_examples_begins_with_the_next_step():
    points = four_clouds(60)
    gan = Simple_GAN(*fully_connected_GenDiscr([2, 6, 5], points, seed=0), points, 7, seed=0)
    other = Simple_GAN(*fully_connected_GenDiscr([2, 6, 5], points, seed=0), points, 7, seed=0)
    for model in (gan, other):
        model.fit(epochs=1, steps_per_epoch=2, verbose=0)
    gan.real_examples = points[:10] + 1
    losses = [model.fit(epochs=1, steps_per_epoch=2, verbose=0).history["discr_loss"] for model in (gan, other)]
    assert losses[0] != losses[1]
    with pytest.raises(InputError, match="shape"):
        gan.real_examples = points[:, :3]


def test_what_cannot_be_saved_or_loaded_is_said_in_a_sentence(tmp_path, trained):
    points = four_clouds(30)
    generator, discriminator, _ = fully_connected_GenDiscr([2, 4, 5], points)
    gan = Simple_GAN(generator, discriminator, lambda count: tf.random.normal((count, 2)), points, batch_size=5)
    with pytest.raises(InputError, match="LatentGenerator"):
        gan.save(tmp_path / "own.keras")
    with pytest.raises(InputError, match="LatentGenerator"):
        gan.generate(3)
    with pytest.raises(InputError, match=r"nowhere\.keras"):
        WGAN_GP.load(tmp_path / "nowhere.keras")
    (tmp_path / "bad.keras").write_bytes(b"no archive")
    with pytest.raises(InputError, match=r"bad\.keras"):
        WGAN_GP.load(tmp_path / "bad.keras")
    trained.save(tmp_path / "gan.keras")
    with pytest.raises(InputError, match="gan.keras"):
        WGAN_clip.load(tmp_path / "gan.keras")


def test_generating_depends_on_nothing_but_the_seed(trained):
    first = trained.generate(5, seed=3)
    trained.get_fake_sample(4)
    np.testing.assert_array_equal(first, trained.generate(5, seed=3))
    assert np.abs(first - trained.generate(5, seed=4)).max() > 0.01
    before = [np.array(stream.state) for stream in trained.streams.values()]
    trained.generate(5)
    assert all((np.array(s.state) == b).all() for s, b in zip(trained.streams.values(), before))
