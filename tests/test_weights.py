"""Stored weights: writing, reading, other layouts, and refusals."""

from importlib.metadata import version

import h5py
import numpy as np
import oracle
import pytest
import tensorflow as tf

from convolutional_gan import convolutional_GenDiscr
from gankit import memory
from gankit.errors import InputError
from gankit.faces import DATA, FaceScaling, load_faces
from gankit.networks.latents import LatentGenerator
from gankit.networks.stored_weights import read_weights, write_weights
from wgan_gp import WGAN_GP


@pytest.fixture(scope="module")
def trained():
    """Networks whose every weight differs from its initial value."""
    networks = convolutional_GenDiscr(seed=1)
    random = np.random.default_rng(0)
    for network in networks:
        network.set_weights([random.uniform(0.1, 1, w.shape).astype(np.float32) for w in network.get_weights()])
    return networks


@pytest.fixture
def scaling():
    return FaceScaling.fit(np.random.default_rng(0).integers(0, 256, (9, 16, 16)).astype(np.uint8))


def fresh():
    examples = np.zeros((4, 16, 16), np.float32)
    return WGAN_GP(*convolutional_GenDiscr(seed=2), LatentGenerator(16, seed=0), examples, batch_size=2)


def assert_same(network, other):
    for a, b in zip(network.get_weights(), other.get_weights()):
        np.testing.assert_array_equal(a, b)


def test_round_trip_with_decoding_and_provenance(trained, scaling, tmp_path):
    paths = [tmp_path / "generator.h5", tmp_path / "discriminator.h5"]
    for path, network in zip(paths, trained):
        write_weights(path, network, scaling, {"seed": 3})
    gan = fresh()
    gan.replace_weights(*paths)
    assert_same(gan.generator, trained[0])
    assert_same(gan.discriminator, trained[1])
    np.testing.assert_array_equal(gan.decoding.mean, scaling.mean)
    np.testing.assert_array_equal(gan.decoding.scale, scaling.scale)
    assert read_weights(paths[0], trained[0]).provenance == {"seed": 3}
    other = fresh()
    other.replace_weight(*(str(path) for path in paths))
    assert_same(other.generator, trained[0])


def test_keras_itself_reads_the_files(trained, scaling, tmp_path):
    path = tmp_path / "generator.h5"
    write_weights(path, trained[0], scaling)
    network = convolutional_GenDiscr(seed=5)[0]
    network.load_weights(str(path))
    assert_same(network, trained[0])


@pytest.mark.parametrize("position", [0, 1])
def test_reads_what_keras_writes(trained, position, tmp_path):
    # Keras 3 no longer writes the older layout, which Keras 2 and Keras 3 both read.
    keras_2 = version("keras").startswith("2.")
    names = ["own.weights.h5"] + (["legacy.h5"] if keras_2 else [])
    for name in names:
        path = tmp_path / name
        trained[position].save_weights(str(path))
        stored = read_weights(path, convolutional_GenDiscr()[position])
        for a, b in zip(stored.arrays, trained[position].get_weights()):
            np.testing.assert_array_equal(a, b)


def write_foreign(path, network, offset=40):
    """A file as Keras 2.6 wrote it: numbered layer names of a long session, nested weight names, no decoding."""
    counts = {}
    with h5py.File(path, "w") as file:
        names = []
        for layer in network.layers:
            kind = type(layer).__name__.lower()
            counts[kind] = counts.get(kind, offset) + 1
            name = f"{kind}_{counts[kind]}"
            names.append(name.encode())
            group = file.create_group(name)
            weights = [f"{name}/weight_{i}:0" for i in range(len(layer.weights))]
            group.attrs["weight_names"] = [weight.encode() for weight in weights]
            for weight, array in zip(weights, layer.get_weights()):
                group[weight] = array
        # Keras 2 splits long lists of names into chunks.
        file.attrs["layer_names0"], file.attrs["layer_names1"] = names[:5], names[5:]
        file.attrs["backend"], file.attrs["keras_version"] = b"tensorflow", b"2.6.0"


def test_reads_the_coursework_s_files_as_intensities(trained, tmp_path):
    paths = [tmp_path / "generator.h5", tmp_path / "discriminator.h5"]
    for path, network in zip(paths, trained):
        write_foreign(path, network)
    gan = fresh()
    gan.replace_weights(*paths)
    assert_same(gan.generator, trained[0])
    assert_same(gan.discriminator, trained[1])
    outputs = np.linspace(0, 1, 256).reshape(1, 16, 16, 1)
    np.testing.assert_allclose(gan.decoding.recover(outputs), outputs[..., 0], atol=1e-7)


def damaged(kind, path, networks, first):
    generator, other = networks if first else networks[::-1]
    if kind == "missing":
        return path
    if kind == "text":
        path.write_text("not HDF5")
    elif kind == "truncated":
        write_weights(path, generator)
        path.write_bytes(path.read_bytes()[:200_000])
    elif kind == "no layers":
        with h5py.File(path, "w") as file:
            file["x"] = 1.0
    elif kind == "other network":
        write_weights(path, other)
    elif kind == "other shape":
        inputs = tf.keras.Input((8,))
        small = tf.keras.Model(inputs, tf.keras.layers.Dense(2048)(inputs))
        write_weights(path, generator)
        with h5py.File(path, "r+") as file:
            name = file.attrs["layer_names"][1].decode()
            weight = file[name].attrs["weight_names"][0].decode()
            del file[name][weight]
            file[name][weight] = small.get_weights()[0]
    elif kind == "not a number":
        write_weights(path, generator)
        with h5py.File(path, "r+") as file:
            name = file.attrs["layer_names"][1].decode()
            file[name][file[name].attrs["weight_names"][0].decode()][0, 0] = np.nan
    return path


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("missing", ["no weights file"]),
        ("text", ["damaged"]),
        ("truncated", ["damaged"]),
        ("no layers", ["no layers"]),
        ("other network", ["generator"]),
        ("other shape", ["(8, 2048)", "(16, 2048)"]),
        ("not a number", ["finite"]),
    ],
)
def test_bad_files_are_refused_and_the_networks_keep_their_weights(kind, words, first, trained, tmp_path):
    bad = damaged(kind, tmp_path / "bad.h5", trained, first)
    good = tmp_path / "good.h5"
    write_weights(good, trained[1] if first else trained[0])
    gan = fresh()
    before = gan.get_weights()
    with pytest.raises(InputError) as refusal:
        gan.replace_weights(*((bad, good) if first else (good, bad)))
    message = str(refusal.value)
    assert "bad.h5" in message and "\n" not in message
    if first:
        assert all(word in message for word in words)
    for a, b in zip(before, gan.get_weights()):
        np.testing.assert_array_equal(a, b)


def claim(file, name, shape, dtype="f4", **options):
    """Put an array into the file that claims this shape and holds no values."""
    del file[name]
    file.create_dataset(name, shape, dtype, **options)


def lying(kind, path, network):
    """Write weights in a file that claims more than it holds."""
    plain = path.with_name("plain.h5")
    write_weights(plain, network, FaceScaling(np.zeros((16, 16), np.float32), np.ones((16, 16), np.float32)))
    # In the newest layout, attributes may have any length.
    with h5py.File(plain, "r") as source, h5py.File(path, "w", libver="latest") as file:
        for name, group in source.items():
            for kept in group:
                source.copy(group[kept], file.require_group(name))
            file.require_group(name).attrs.update(group.attrs)
        file.attrs.update(source.attrs)
        layer = file.attrs["layer_names"][1].decode()
        weight = file[layer].attrs["weight_names"][0].decode()
        place = f"{layer}/{weight}"
        if kind == "rows":
            claim(file, place, (10**12, 2048))
        elif kind == "chunk":
            chunks = (2**15, 2**15 - 1)
            claim(file, place, (16, 2048), maxshape=(None, None), chunks=chunks, compression="gzip")
        elif kind == "values":
            claim(file, place, (16, 2048), "S1000000")
        elif kind == "objects":
            claim(file, place, (16, 2048), h5py.string_dtype())
        elif kind == "group":
            del file[place]
            file.create_group(place)
        elif kind == "null":
            del file[place]
            file[place] = h5py.Empty("f4")
        elif kind == "decoding":
            claim(file, "decoding/mean", (10**6, 10**6))
        elif kind == "one weight many times":
            file[layer].attrs["weight_names"] = np.full(20_000, weight.encode())
        elif kind == "one layer many times":
            file.attrs["layer_names"] = np.full(9000, layer.encode())
            file[layer].attrs["weight_names"] = np.full(9000, weight.encode())
        elif kind == "names":
            file.attrs["layer_names"] = np.full(200_000, layer.encode())
        elif kind == "long name":
            file.attrs["layer_names"] = np.array([b"x" * 20_000_000])
        else:
            file.attrs["provenance"] = "[" * 50_000
    return path


LIES = ("rows", "chunk", "values", "objects", "group", "null", "decoding")
LONG_LISTS = ("one weight many times", "one layer many times", "names", "long name", "nested provenance")


@pytest.mark.parametrize("kind", LIES + LONG_LISTS)
def test_files_that_claim_too_much_are_refused_before_it_is_read(kind, trained, tmp_path, monkeypatch):
    path = lying(kind, tmp_path / "lie.h5", trained[0])
    monkeypatch.setattr(memory, "available_bytes", lambda: 4 * 10**9)
    read = h5py.Dataset.__getitem__

    def checked(dataset, *arguments, **options):
        assert dataset.nbytes < 10**7
        return read(dataset, *arguments, **options)

    monkeypatch.setattr(h5py.Dataset, "__getitem__", checked)
    monkeypatch.setattr(h5py.Dataset, "__array__", lambda dataset, *_, **__: checked(dataset, ()))
    with pytest.raises(InputError, match="lie.h5") as refusal:
        read_weights(path, trained[0])
    message = str(refusal.value)
    assert "\n" not in message and len(message) < 600
    if kind == "rows":
        assert "(1000000000000, 2048)" in message and "(16, 2048)" in message


def test_one_list_of_weights_in_many_layers_is_refused(trained, tmp_path):
    path = tmp_path / "own.weights.h5"
    with h5py.File(path, "w") as file:
        variables = file.create_group("layers/dense/vars")
        variables["0"] = np.zeros(1, np.float32)
        for number in range(1, 5000):
            variables[str(number)] = variables["0"]
            file[f"layers/dense_{number}"] = file["layers/dense"]
    with pytest.raises(InputError, match="own.weights.h5"):
        read_weights(path, trained[0])


@pytest.mark.stored
def test_the_committed_weights_draw_the_same_faces_everywhere():
    gan = fresh()
    gan.replace_weights(DATA / "generator.h5", DATA / "discriminator.h5")
    latents = np.random.default_rng(0).standard_normal((12, 16))
    # Both stacks must agree with the oracle, and therefore with each other.
    expected = oracle.convolutional_generator(gan.generator.get_weights(), latents, training=False)
    outputs = gan.generator(latents.astype(np.float32)).numpy()
    # The oracle computes in float64 and the network in float32. They differ by up to 3.4e-7 on both stacks with every
    # instruction set tried. Other machines add in other orders, so the bound is some 60 times as large.
    np.testing.assert_allclose(outputs, expected, atol=2e-5)
    # Both values, 0.931 and 0.966 here, change by 1e-7 between instruction sets.
    faces, real = gan.decoding.recover(outputs), load_faces() / 255
    assert np.corrcoef(faces.mean(axis=0).ravel(), real.mean(axis=0).ravel())[0, 1] > 0.9
    assert 0.5 < faces.std(axis=0).mean() / real.std(axis=0).mean() < 1.5
