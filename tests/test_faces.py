"""Reading files of faces, preparing them, and their principal components."""

import io
import re
import zipfile

import numpy as np
import pytest

from gankit import memory
from gankit.errors import InputError
from gankit.faces import FaceScaling, load_faces
from gankit.faces.imports import import_faces
from gankit.faces.principal import PrincipalComponents
from gankit.stored_arrays import read_arrays


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


def header(shape, dtype="|u1", version=1):
    """A .npy header as the format defines it."""
    text = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    text += b" " * (-(len(text) + 11) % 64) + b"\n"
    return b"\x93NUMPY" + bytes([version, 0]) + len(text).to_bytes(2 if version == 1 else 4, "little") + text


def entry_of_zeros(path, name, shape, entry_bytes):
    """An archive whose entry unpacks to a header and zeros; on the disk it has a thousandth of their size."""
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open(name, "w", force_zip64=True) as entry,
    ):
        entry.write(header(shape))
        for _ in range(entry_bytes // 10**6):
            entry.write(bytes(10**6))


LYING_FILES = {
    "rows.npy": header((10**12, 16, 16)) + bytes(5000),
    "bytes.npy": header((20 * 10**9,)) + bytes(5000),
    "beyond_64_bits.npy": header((10**30, 16, 16)) + bytes(256),
    "astronomical.npy": header((10**1000,)) + bytes(256),
    "one_too_many.npy": header((6, 16, 16)) + bytes(5 * 256),
    "long_values.npy": header((5, 16, 16), "|S1000000000") + bytes(5 * 256),
    "version_2.npy": header((10**12, 16, 16), version=2) + bytes(5000),
    "version_9.npy": header((5, 16, 16), version=9) + bytes(5 * 256),
    "negative.npy": header((-5, 16, 16)) + bytes(5 * 256),
    "negative_twice.npy": header((-5, -16, 16)) + bytes(5 * 256),
    "objects.npy": header((5, 16, 16), "|O") + bytes(5 * 256 * 8),
    "long_header.npy": b"\x93NUMPY\x02\x00\xff\xff\xff\xff" + bytes(5000),
    "no_header.npy": b"\x93NUMPY\x01\x00\x40\x00" + b"{'descr': (((((" * 5,
    "nested_header.npy": b"\x93NUMPY\x01\x00\x40\x1f" + b"-" * 8000,
}


@pytest.fixture
def nothing_large_is_allocated(monkeypatch):
    """NumPy allocates an array here before reading it."""
    real = np.lib.format.read_array

    def read_array(file, **options):
        array = real(file, **options)
        assert array.nbytes < 10**8
        return array

    monkeypatch.setattr(np.lib.format, "read_array", read_array)
    monkeypatch.setattr(np, "fromfile", lambda *_, **__: pytest.fail("the values were read"))


@pytest.mark.parametrize("name", LYING_FILES)
@pytest.mark.parametrize("read", [load_faces, import_faces])
@pytest.mark.parametrize("archived", [False, True])
def test_headers_that_promise_more_than_the_file_holds(name, read, archived, tmp_path, nothing_large_is_allocated):
    path = tmp_path / name
    if archived:
        path = path.with_suffix(".npz")
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("faces.npy", LYING_FILES[name])
    else:
        path.write_bytes(LYING_FILES[name])
    with pytest.raises(InputError, match=path.name) as refusal:
        read(path)
    assert "\n" not in str(refusal.value) and len(str(refusal.value)) < 500


def test_a_zip_bomb_is_refused_by_the_memory_it_would_take(tmp_path, monkeypatch, nothing_large_is_allocated):
    bomb = tmp_path / "bomb.npz"
    entry_of_zeros(bomb, "faces.npy", (100 * 10**6,), 100 * 10**6)
    assert bomb.stat().st_size < 200_000
    monkeypatch.setattr(memory, "available_bytes", lambda: 99 * 10**6)
    with pytest.raises(InputError, match=r"bomb.npz needs 100.0 MB of memory, and 99.0 MB are free"):
        load_faces(bomb)


def test_entries_that_are_not_asked_for_may_be_large(tmp_path, monkeypatch):
    path = tmp_path / "faces.npz"
    entry_of_zeros(path, "extra.npy", (10**6,), 10**6)
    with zipfile.ZipFile(path, "a") as archive:
        entry = io.BytesIO()
        np.save(entry, np.ones((5, 16, 16), np.uint8))
        archive.writestr("faces.npy", entry.getvalue())
    monkeypatch.setattr(memory, "available_bytes", lambda: 10**5)
    assert load_faces(path).shape == (5, 16, 16)


def test_damaged_archives_are_refused(some_faces, tmp_path):
    faces = load_faces(some_faces)
    np.savez_compressed(tmp_path / "good.npz", faces=faces)
    good = (tmp_path / "good.npz").read_bytes()
    path = tmp_path / "bad.npz"
    damaged = [good[:-1], good[: len(good) // 2], b"PK\x03\x04", good[:500] + bytes(500) + good[1000:]]
    damaged.append(good.replace(b"faces.npy", b"faces.txt"))
    for content in damaged:
        path.write_bytes(content)
        with pytest.raises(InputError, match="bad.npz") as refusal:
            load_faces(path)
        assert "\n" not in str(refusal.value)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_BZIP2) as archive:
        archive.write(some_faces, "faces.npy")
    with pytest.raises(InputError, match="compressed in a way that NumPy does not use"):
        load_faces(path)


def test_arrays_are_read_as_numpy_reads_them(tmp_path):
    random = np.random.default_rng(0)
    arrays = [
        random.integers(0, 256, (3, 16, 16)).astype(np.uint8),
        np.asfortranarray(random.standard_normal((4, 5, 6))),
        random.standard_normal((2, 3)).astype(">f4"),
        np.zeros((0, 16, 16), np.uint8),
        np.array(7),
    ]
    for array in arrays:
        np.save(tmp_path / "one.npy", array)
        with (tmp_path / "two.npy").open("wb") as file:
            np.lib.format.write_array(file, array, (2, 0))
        np.savez(tmp_path / "three.npz", a=array)
        np.savez_compressed(tmp_path / "four.npz", a=array)
        for path in sorted(tmp_path.iterdir()):
            (read,) = read_arrays(path).values()
            assert read.dtype == array.dtype and read.flags.f_contiguous == array.flags.f_contiguous
            np.testing.assert_array_equal(read, array)


def some_pictures(*shape, high=256, dtype=np.uint8):
    return np.random.default_rng(0).integers(0, high, shape).astype(dtype)


@pytest.mark.parametrize("size", [16, 32, None])
@pytest.mark.parametrize(
    "array",
    [
        some_pictures(5, 28, 28),
        some_pictures(5, 40, 60, 1),
        some_pictures(5, 33, 32, 3),
        some_pictures(5, 16, 16, 3),
        some_pictures(5, 16, 16) / 255,
        some_pictures(5, 16, 16).astype(np.float32),
        some_pictures(5, 16, 16).astype(np.int64),
        some_pictures(5, 16, 16) / 100 - 1,
        some_pictures(5, 28, 28).astype(np.int64) * 2,
        some_pictures(5, 28, 28) * np.nan,
        some_pictures(5, 8, 8),
        some_pictures(5, 8, 8) / 255,
        some_pictures(1, 28, 28),
        some_pictures(0, 28, 28),
        some_pictures(28, 28),
        some_pictures(5, 28, 28, 4),
        some_pictures(5, 28, 28, high=2).astype(bool),
        some_pictures(5, 28, 28).astype("U3"),
        some_pictures(5, 28, 28).astype(complex),
    ],
)
def test_the_import_command_is_named_exactly_where_it_helps(array, size, tmp_path):
    path = tmp_path / "my pictures.npy"
    np.save(path, array)
    try:
        load_faces(path, size)
    except InputError as refusal:
        message = str(refusal)
    else:
        assert size is None and array.dtype == np.uint8
        return
    try:
        imported = import_faces(path, size or 16)
    except InputError:
        imported = None
    assert ("gankit.faces import" in message) == (imported is not None), message
    assert "\n" not in message and message.endswith(".")
    if imported is not None:
        wanted = " --size 32" if size == 32 else ""
        command = f"python -m gankit.faces import --faces '{path}'{wanted} --output faces.npz"
        assert message.endswith(f"turn it into such faces with: {command}.")
        assert imported.faces.shape == (5, size or 16, size or 16)


def test_the_import_command_does_not_overwrite_what_it_reads(tmp_path):
    np.savez(tmp_path / "faces.npz", faces=some_pictures(5, 28, 28))
    with pytest.raises(InputError, match=r"--output faces_16x16\.npz"):
        load_faces(tmp_path / "faces.npz")


def test_a_folder_of_pictures_is_answered_with_the_import_command(tmp_path):
    with pytest.raises(InputError, match=re.escape(f"gankit.faces import --faces {tmp_path} --output faces.npz")):
        load_faces(tmp_path)


def test_a_scaling_maps_intensities_and_points_there_and_back():
    scaling = FaceScaling(np.array([1.0, -2.0], np.float32), np.array([0.5, 4.0], np.float32))
    points = np.array([[2.0, -2.0], [1.0, 6.0], [-7.0, 0.0]])
    np.testing.assert_array_equal(scaling.apply(points), [[2, 0], [0, 2], [-16, 0.5]])
    np.testing.assert_array_equal(scaling.invert(scaling.apply(points)), points)
    picture = np.array([[[0.0, 0.25, 1.0]]], np.float32)
    scaled = FaceScaling.symmetric().apply(picture)
    assert scaled.dtype == np.float32 and scaled.tolist() == [[[-1, -0.5, 1]]]


def test_memory_is_asked_for_before_it_is_taken(monkeypatch):
    faces = np.ones((100, 16, 16), np.uint8)
    monkeypatch.setattr(memory, "available_bytes", lambda: 12 * faces.size - 1)
    with pytest.raises(InputError, match="Preparing 100 faces"):
        FaceScaling.fit(faces).prepare(faces)
    with pytest.raises(InputError, match="principal components of 100 faces"):
        PrincipalComponents.fit(faces / 255)


@pytest.mark.parametrize(
    ("size", "words"),
    [(999, "1.0 kB"), (20 * 10**9, "20.0 GB"), (256 * 10**12, "256.0 TB"), (10**400, "more than 1,000 PB")],
)
def test_sizes_in_words(size, words, monkeypatch):
    monkeypatch.setattr(memory, "available_bytes", lambda: 1)
    with pytest.raises(InputError, match=f"It needs {words} of memory, and 0.0 kB are free; ask for less."):
        memory.require_memory(size, "It", "ask for less")


def test_long_arrays_are_processed_in_parts():
    first, second = np.arange(14.0).reshape(7, 2), 10.0 * np.arange(7)[:, None]
    sizes = []

    def add(some, others):
        sizes.append((len(some), len(others)))
        return some + others

    np.testing.assert_array_equal(memory.in_parts(add, 3, first, second), first + second)
    assert sizes == [(3, 3), (3, 3), (1, 1)]
    # The function also answers for no rows, so that the result has its other axes.
    assert memory.in_parts(add, 3, first[:0], second[:0]).shape == (0, 2)


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
