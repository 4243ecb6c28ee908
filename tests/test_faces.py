"""Reading files of faces, preparing them, and their principal components."""

import numpy as np
import pytest

from gankit.errors import InputError
from gankit.faces import FaceScaling, load_faces
from gankit.faces.principal import PrincipalComponents


def test_the_committed_faces_load():
    faces = load_faces()
    assert faces.shape == (10000, 16, 16) and faces.dtype == np.uint8
    assert faces.std(axis=0).min() > 5 and len(np.unique(faces.reshape(10000, -1), axis=0)) == 10000


def test_scaling_follows_the_coursework_s_formula(some_faces):
    faces = load_faces(some_faces)
    scaling = FaceScaling.fit(faces)
    prepared = scaling.prepare(faces)
    intensities = faces / 255
    expected = (intensities - intensities.mean(axis=0)) / intensities.max(axis=0)
    np.testing.assert_allclose(prepared, expected, atol=1e-6)
    assert prepared.dtype == np.float32 and prepared.min() >= -1 and prepared.max() <= 1
    np.testing.assert_allclose(scaling.recover(prepared), intensities, atol=1e-6)
    np.testing.assert_allclose(scaling.recover(prepared[..., None]), intensities, atol=1e-6)


def test_scaling_survives_a_pixel_that_is_always_black():
    faces = np.full((3, 16, 16), 7, np.uint8)
    faces[:, 0, 0] = 0
    scaling = FaceScaling.fit(faces)
    assert np.isfinite(scaling.prepare(faces)).all()
    np.testing.assert_allclose(scaling.recover(scaling.prepare(faces)), faces / 255, atol=1e-6)


def test_recover_clips_and_refuses_other_sizes():
    assert FaceScaling.identity().recover(np.array([[[-1.0, 0.5, 2.0]]])).tolist() == [[[0, 0.5, 1]]]
    with pytest.raises(InputError, match="8, 8"):
        FaceScaling.fit(np.ones((3, 16, 16), np.uint8)).recover(np.zeros((2, 8, 8)))


def test_npz_and_channel_axis_load_as_well(some_faces, tmp_path):
    faces = load_faces(some_faces)
    np.savez(tmp_path / "named.npz", other=np.zeros(3), faces=faces)
    np.savez(tmp_path / "single.npz", anything=faces[..., None])
    for name in ("named.npz", "single.npz"):
        np.testing.assert_array_equal(load_faces(tmp_path / name), faces)


def write_bad(path, kind):
    good = np.zeros((5, 16, 16), np.uint8)
    if kind == "text":
        path.write_text("not an array")
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind == "truncated":
        np.save(path, good)
        path.write_bytes(path.read_bytes()[:-100])
    elif kind == "pickle":
        np.save(path, np.array([{"a": 1}], object), allow_pickle=True)
    elif kind == "two arrays":
        with path.open("wb") as file:
            np.savez(file, a=good, b=good)
    else:
        arrays = {
            "float": good.astype(float),
            "large": np.zeros((5, 32, 32), np.uint8),
            "single": good[:1],
            "flat": good[0],
        }
        np.save(path, arrays[kind])


BAD_KINDS = ("text", "empty", "truncated", "pickle", "two arrays", "float", "large", "single", "flat")


@pytest.mark.parametrize("kind", BAD_KINDS)
def test_bad_files_are_refused_in_a_sentence_that_names_them(kind, tmp_path):
    path = tmp_path / "bad.npy"
    write_bad(path, kind)
    with pytest.raises(InputError, match="bad.npy") as refusal:
        load_faces(path)
    assert "\n" not in str(refusal.value)


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    for path in (tmp_path / "nowhere.npy", tmp_path):
        with pytest.raises(InputError, match=path.name):
            load_faces(path)


def test_principal_components_find_the_directions_a_cloud_was_made_with():
    random = np.random.default_rng(0)
    axes = np.linalg.qr(random.standard_normal((256, 3)))[0].T
    deviations = np.array([0.3, 0.2, 0.1])
    faces = (0.5 + (random.standard_normal((4000, 3)) * deviations) @ axes).reshape(-1, 16, 16)
    principal = PrincipalComponents.fit(faces, 3)
    np.testing.assert_allclose(principal.deviations, deviations, rtol=0.05)
    np.testing.assert_allclose(np.abs(np.sum(principal.components * axes, axis=1)), 1, atol=0.01)
    coordinates = principal.coordinates(faces)
    np.testing.assert_allclose(np.cov(coordinates.T), np.eye(3), atol=1e-6)
    np.testing.assert_allclose(principal.faces(coordinates), np.clip(faces, 0, 1), atol=1e-9)


def test_principal_components_refuse_what_they_cannot_do():
    with pytest.raises(InputError, match="more than 49"):
        PrincipalComponents.fit(np.zeros((20, 16, 16)))
    with pytest.raises(InputError, match="directions"):
        PrincipalComponents.fit(np.ones((80, 16, 16)))
