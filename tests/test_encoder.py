"""The stored encoder: it reads attributes of unseen faces, and its features show differences that pixels hide."""

import numpy as np
import pytest

from gankit.errors import InputError
from gankit.faces import load_faces
from gankit.faces.__main__ import main
from gankit.faces.renderer import render_faces
from gankit.metrics import frechet_distance
from gankit.networks import face_encoder as encoders


@pytest.fixture(scope="module")
def encoder():
    return encoders.FaceEncoder.load()


# The values of these three tests come from stored weights. Between instruction sets they change by less than 1e-6 of
# their size, and the bounds leave each of them at least 4 %.
@pytest.mark.stored
def test_attributes_of_new_faces_are_read(encoder):
    faces, attributes = render_faces(600, seed=4321)
    estimates = encoder.attributes(faces / 255)
    assert set(estimates) == (set(attributes) - {"hair_style"}) | set(encoders.HAIR_STYLES)
    assert all(values.shape == (600,) and values.dtype == np.float32 for values in estimates.values())
    # Correlations do not depend on the units, so the errors are checked too.
    for name, share in {"yaw": 0.7, "roll": 0.7, "skin": 0.4, "masculine": 0.25, "smile": 0.2}.items():
        truth = attributes[name].astype(float)
        assert ((estimates[name] - truth) ** 2).mean() < (1 - share) * truth.var(), name


@pytest.mark.stored
def test_features_tell_faces_from_a_gaussian_of_the_same_pixel_statistics(encoder):
    faces = load_faces()[:6000].reshape(6000, -1) / 255
    some, others = faces[::2], faces[1::2]
    random = np.random.default_rng(0)
    gaussian = random.multivariate_normal(some.mean(axis=0), np.cov(some.T), size=3000)
    floor, distance = frechet_distance(some, others), frechet_distance(some, gaussian)
    assert distance < 1.2 * floor

    def features(pixels):
        return encoder.features(pixels.reshape(-1, 16, 16))

    floor, distance = (frechet_distance(features(some), features(these)) for these in (others, gaussian))
    assert distance > 10 * floor


@pytest.mark.stored
def test_features_have_unit_deviation_over_rendered_faces(encoder):
    features = encoder.features(load_faces()[:4000] / 255)
    assert features.shape == (4000, encoders.FEATURES) and features.dtype == np.float32
    np.testing.assert_allclose(features.std(axis=0), 1.0, atol=0.1)


def test_faces_are_described_one_by_one_however_many_there_are(encoder, monkeypatch):
    faces = load_faces()[:7] / 255
    together = encoder.features(faces)
    monkeypatch.setattr(encoders, "FACES_AT_ONCE", 3)
    # The order of additions depends on the number of faces. With AVX2 a feature changed by 6e-6. A face in the wrong
    # position changes features by about 1, their deviation.
    np.testing.assert_allclose(encoder.features(faces), together, atol=1e-4)
    np.testing.assert_allclose(encoder.features(faces[4:5])[0], together[4], atol=1e-4)


@pytest.mark.parametrize("shape", [(3, 16, 15), (3, 16, 16, 1), (16, 16), (2, 32, 32), (0, 16, 16)])
def test_other_shapes_are_refused_in_a_sentence(encoder, shape):
    with pytest.raises(InputError, match=r"of shape \(n, 16, 16\), n >= 1, not"):
        encoder.features(np.zeros(shape))


def test_hair_styles_become_columns():
    names, table = encoders.attribute_names(), encoders.attribute_table(encoders.sample_attributes(50, seed=3))
    styles = encoders.sample_attributes(50, seed=3)["hair_style"]
    assert len(names) == len(set(names)) == table.shape[1]
    columns = [names.index(style) for style in encoders.HAIR_STYLES]
    np.testing.assert_array_equal(table[:, columns].argmax(axis=1), styles)
    np.testing.assert_array_equal(table[:, columns].sum(axis=1), 1)


def test_the_command_writes_an_encoder_in_units(tmp_path, capsys):
    path = tmp_path / "encoder.h5"
    main(["encoder", "--count", "600", "--epochs", "12", "--seed", "5", "--output", str(path)])
    assert "background_slope" in capsys.readouterr().out
    trained = encoders.FaceEncoder.load(path)
    faces, attributes = render_faces(600, seed=5)
    estimates = trained.attributes(faces / 255)
    # On its training faces the encoder is far better than the mean, also in degrees.
    for name in ("skin", "yaw", "roll"):
        assert ((estimates[name] - attributes[name]) ** 2).mean() < 0.8 * attributes[name].var(), name
    shares = encoders.explained_variance(trained, faces, attributes)
    share = 1 - ((estimates["yaw"] - attributes["yaw"]) ** 2).mean() / attributes["yaw"].var()
    np.testing.assert_allclose(shares["yaw"], share, rtol=1e-4)
    assert list(shares.values()) == sorted(shares.values(), reverse=True)
