"""Importing real faces: every pixel counts, every bad file is named, and LFW is tested without a network."""

import os
import subprocess
import sys
import types
import zlib
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks import compare_faces
from gankit import memory, scripts
from gankit.errors import InputError
from gankit.faces import load_faces
from gankit.faces.__main__ import main
from gankit.faces.imports import LFW_CROP, area_average, import_faces, import_lfw, to_face

ROOT = Path(__file__).resolve().parents[1]


def half_up(value):
    return int(value + Fraction(1, 2))


def averaged_by_hand(picture, size):
    """The definition, in fractions: each pixel contributes to a cell in proportion to their common area."""
    side = len(picture)
    cell = Fraction(side, size)

    def overlaps(i):
        shares = {j: min((i + 1) * cell, j + 1) - max(i * cell, Fraction(j)) for j in range(side)}
        return {j: share for j, share in shares.items() if share > 0}

    rows = [overlaps(i) for i in range(size)]
    return [
        [
            sum(h * w * Fraction(int(picture[y, x])) for y, h in down.items() for x, w in across.items()) / cell**2
            for across in rows
        ]
        for down in rows
    ]


def luma(red, green, blue):
    return Fraction(299 * int(red) + 587 * int(green) + 114 * int(blue), 1000)


def pixels(*shape, seed=0, dtype=np.uint8):
    return np.random.default_rng(seed).integers(0, np.iinfo(dtype).max + 1, shape).astype(dtype)


def save(path, array, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path, **options)
    return path


@pytest.mark.parametrize(("side", "size"), [(16, 16), (48, 16), (17, 16), (31, 16), (45, 32), (5, 3), (7, 1)])
def test_area_averages_are_exact(side, size):
    picture = pixels(side, side, seed=side)
    by_hand = averaged_by_hand(picture, size)
    np.testing.assert_allclose(area_average(picture, size), np.array(by_hand, float), rtol=1e-15)
    np.testing.assert_array_equal(to_face(picture, size), [[half_up(value) for value in row] for row in by_hand])


def test_colours_are_weighed_before_they_are_rounded():
    picture = pixels(23, 23, 3)
    gray = np.array([[luma(*pixel) * 1000 for pixel in row] for row in picture])
    expected = [[half_up(value / 1000) for value in row] for row in averaged_by_hand(gray, 16)]
    np.testing.assert_array_equal(to_face(picture, 16), expected)


def test_halves_are_rounded_up():
    # Each cell has four pixels with the mean 0.5, 1.5, 2.5 ... Rounding to even would round every other one down.
    picture = np.kron(np.arange(255).reshape(15, 17)[:, :15], np.ones((2, 2), int)).astype(np.uint8)
    picture[::2] += 1
    np.testing.assert_array_equal(to_face(picture, 15), np.arange(255).reshape(15, 17)[:, :15] + 1)


def test_transparent_pixels_show_white_behind_them():
    picture = pixels(16, 16, 4)
    expected = [
        [half_up((luma(*pixel[:3]) * int(pixel[3]) + 255 * (255 - int(pixel[3]))) / 255) for pixel in row]
        for row in picture
    ]
    np.testing.assert_array_equal(to_face(picture, 16), expected)


@pytest.mark.parametrize(("height", "width", "top", "left"), [(20, 33, 0, 6), (34, 20, 7, 0), (24, 24, 0, 0)])
def test_the_middle_square_is_taken_where_no_other_is_asked_for(height, width, top, left):
    picture = pixels(height, width)
    side = min(height, width)
    middle = picture[top : top + side, left : left + side]
    np.testing.assert_array_equal(to_face(picture, 16), to_face(middle, 16))


def test_the_crop_box_is_right_to_the_pixel(tmp_path):
    for number in range(2):
        save(tmp_path / f"{number}.png", pixels(218, 178, seed=number))
    imported = import_faces(tmp_path, 16, (25, 45, 41, 61))
    for number in range(2):
        np.testing.assert_array_equal(imported.faces[number], pixels(218, 178, seed=number)[45:61, 25:41])


@pytest.fixture
def one_face():
    return pixels(16, 16, seed=9)


def as_16_bit(face):
    return face.astype(np.uint16) * 257 - 128 * (face > 0).astype(np.uint16)  # still rounds to the same byte


FORMATS = {
    "gray.png": lambda face: Image.fromarray(face),
    "gray.bmp": lambda face: Image.fromarray(face),
    "gray.tiff": lambda face: Image.fromarray(face),
    "gray.gif": lambda face: Image.fromarray(face),
    "rgb.png": lambda face: Image.fromarray(np.stack([face] * 3, axis=-1)),
    "rgba.png": lambda face: Image.fromarray(np.stack([face] * 3 + [np.full_like(face, 255)], axis=-1)),
    "gray_and_alpha.png": lambda face: Image.fromarray(face).convert("LA"),
    "palette.png": lambda face: Image.fromarray(np.stack([face] * 3, axis=-1)).quantize(256),
    "16_bit.png": lambda face: Image.fromarray(as_16_bit(face)),
    "16_bit.tiff": lambda face: Image.fromarray(as_16_bit(face)),
    "NAME WITHOUT ENDING": lambda face: Image.fromarray(face),
}


@pytest.mark.parametrize("name", FORMATS)
def test_every_kind_of_picture_gives_the_same_face(name, one_face, tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        FORMATS[name](one_face).save(tmp_path / folder / name, None if "." in name else "PNG")
    np.testing.assert_array_equal(import_faces(tmp_path).faces, [one_face, one_face])


def test_transparent_palettes_show_white(tmp_path):
    picture = Image.fromarray(np.zeros((16, 16), np.uint8)).convert("P")
    for name in ("1.png", "2.gif"):
        picture.save(tmp_path / name, transparency=picture.getpixel((0, 0)))
    assert (import_faces(tmp_path).faces == 255).all()


def test_pictures_are_set_upright_before_they_are_cropped(tmp_path):
    upright = pixels(40, 20)
    # For each EXIF orientation, what a camera stores so that a standard viewer shows the upright picture.
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.T,
        6: np.rot90(upright, 1),
        7: upright[::-1, ::-1].T,
        8: np.rot90(upright, -1),
    }
    for orientation, array in stored.items():
        exif = Image.Exif()
        exif[0x0112] = orientation
        save(tmp_path / f"{orientation}.png", np.ascontiguousarray(array), exif=exif)
    faces = import_faces(tmp_path, 16, (2, 1, 18, 17)).faces
    assert len(faces) == 8
    for face in faces:
        np.testing.assert_array_equal(face, upright[1:17, 2:18])


def write_bad_files(folder):
    """Files that give no face, each with a word of the reason."""
    folder.mkdir(parents=True, exist_ok=True)
    good = save(folder / "corrupt.jpg", pixels(60, 60, 3)).read_bytes()
    (folder / "corrupt.jpg").write_bytes(good[: len(good) // 2])
    (folder / "empty.png").write_bytes(b"")
    (folder / "floats.tiff").write_bytes(b"")
    save(folder / "floats.tiff", np.ones((20, 20), np.float32))
    (folder / "notes.txt").write_text("Taken in summer.")
    save(folder / "small.png", pixels(15, 40))
    save(folder / "wide.tiff", np.full((20, 20), 70_000, np.int32))
    (folder / "zz_link.png").symlink_to(folder / "gone.png")
    return {
        "corrupt.jpg": "truncated",
        "empty.png": "not a readable picture",
        "floats.tiff": "floats",
        "notes.txt": "not a readable picture",
        "small.png": "40x15",
        "wide.tiff": "16 bits",
        "zz_link.png": "not a file",
    }


def test_bad_files_are_named_with_a_reason_and_the_rest_is_imported_in_order(tmp_path):
    reasons = write_bad_files(tmp_path / "b")
    kept = ["a.png", "b/c.jpg", "b/deep/er/1.png", "b/deep/er/10.png", "c.png"]
    for number, name in enumerate(kept):
        save(tmp_path / name, np.full((20, 20), 10 * number, np.uint8))
    save(tmp_path / ".hidden.png", pixels(20, 20))
    save(tmp_path / ".hidden" / "a.png", pixels(20, 20))
    imported = import_faces(tmp_path)
    assert imported.names == kept
    np.testing.assert_array_equal(imported.faces[:, 0, 0], [0, 10, 20, 30, 40])
    assert [name for name, _ in imported.skipped] == [f"b/{name}" for name in reasons]
    for (_, told), word in zip(imported.skipped, reasons.values()):
        assert word in told and "\n" not in told and str(tmp_path) not in told


def write_huge_png(path, width, height):
    """A picture file of a few bytes that claims many pixels."""

    def chunk(kind, content):
        return len(content).to_bytes(4, "big") + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")

    beginning = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([8, 2, 0, 0, 0])
    content = chunk(b"IHDR", beginning) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + content)


def test_pictures_that_claim_too_many_pixels_are_skipped_before_they_are_read(tmp_path, monkeypatch):
    for name in "ab":
        save(tmp_path / f"{name}.png", pixels(20, 20))
    write_huge_png(tmp_path / "x.png", 100_000, 100_000)
    write_huge_png(tmp_path / "y.png", 2_000_000_000, 1)
    # For this number of pixels Pillow only warns.
    write_huge_png(tmp_path / "z.png", 13_000, 13_000)
    monkeypatch.setattr(memory, "available_bytes", lambda: 10**9)
    monkeypatch.setattr(Image.Image, "convert", limited(Image.Image.convert))
    imported = import_faces(tmp_path)
    assert imported.names == ["a.png", "b.png"]
    assert [name for name, _ in imported.skipped] == ["x.png", "y.png", "z.png"]
    reasons = [reason for _, reason in imported.skipped]
    assert all("178,956,970 pixels that Pillow reads" in reason for reason in reasons[:2])
    assert "13000x13000 pixels needs 5.4 GB of memory, and 1.0 GB are free" in reasons[2]


def limited(convert):
    def checked(picture, *arguments):
        assert picture.width * picture.height < 10**6
        return convert(picture, *arguments)

    return checked


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_among_the_pictures_does_not_block(tmp_path):
    for name in "ab":
        save(tmp_path / f"{name}.png", pixels(20, 20))
    os.mkfifo(tmp_path / "pipe.png")
    assert import_faces(tmp_path).skipped == [("pipe.png", "it is not a file")]


def test_a_subfolder_that_cannot_be_opened_is_named(tmp_path, monkeypatch):
    for name in ("a.png", "b.png", "locked/c.png"):
        save(tmp_path / name, pixels(20, 20))
    scan = os.scandir

    def refuse(path):
        if str(path).endswith("locked"):
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert import_faces(tmp_path).skipped == [("locked", "Permission denied")]


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (pixels(5, 16, 16), pixels(5, 16, 16)),
        (pixels(5, 16, 16)[..., None], pixels(5, 16, 16)),
        (pixels(5, 16, 16).astype(np.int64), pixels(5, 16, 16)),
        (pixels(5, 16, 16) / 255, pixels(5, 16, 16)),
        ((pixels(5, 16, 16) / 255).astype(np.float32), pixels(5, 16, 16)),
        (pixels(5, 16, 16).astype(np.float32), pixels(5, 16, 16)),
        (np.repeat(pixels(5, 16, 16)[..., None], 3, axis=-1), pixels(5, 16, 16)),
        (np.kron(pixels(5, 16, 16), np.ones((1, 3, 3), np.uint8)), pixels(5, 16, 16)),
        (np.pad(pixels(5, 16, 16), ((0, 0), (0, 0), (4, 4))), pixels(5, 16, 16)),
    ],
    ids=["bytes", "channel", "integers", "unit_floats", "float32", "byte_floats", "colour", "large", "oblong"],
)
def test_arrays_of_many_forms_are_imported(array, expected, tmp_path):
    np.save(tmp_path / "faces.npy", array)
    np.savez(tmp_path / "faces.npz", faces=array, other=np.zeros(2))
    for name in ("faces.npy", "faces.npz"):
        imported = import_faces(tmp_path / name)
        assert imported.faces.dtype == np.uint8 and imported.names == imported.skipped == []
        np.testing.assert_array_equal(imported.faces, expected)


@pytest.mark.parametrize(
    ("array", "word"),
    [
        (pixels(16, 16), r"\(16, 16\)"),
        (pixels(1, 16, 16), r"\(1, 16, 16\)"),
        (pixels(5, 16, 16, 2), r"\(5, 16, 16, 2\)"),
        (np.zeros((5, 0, 0), np.uint8), r"\(5, 0, 0\)"),
        (pixels(5, 15, 16), "16x15"),
        (np.full((5, 16, 16), np.nan), "nan"),
        (np.full((5, 16, 16), -0.1), "-0.1"),
        (np.full((5, 16, 16), 256), "256"),
        (np.full((5, 16, 16), True), "bool"),
        (np.full((5, 16, 16), "a"), "<U1"),
    ],
)
def test_arrays_that_hold_no_faces_are_refused_in_a_sentence(array, word, tmp_path):
    np.save(tmp_path / "bad.npy", array)
    with pytest.raises(InputError, match=f"bad.npy.*{word}") as refusal:
        import_faces(tmp_path / "bad.npy")
    assert "\n" not in str(refusal.value)


def test_arrays_that_do_not_fit_are_refused_before_they_are_copied(tmp_path, monkeypatch):
    np.save(tmp_path / "large.npy", pixels(3, 200, 200))
    monkeypatch.setattr(memory, "available_bytes", lambda: 10**6)
    with pytest.raises(InputError, match="large.npy needs 1.3 MB of memory"):
        import_faces(tmp_path / "large.npy")
    with pytest.raises(InputError, match="Reading LFW needs 6.6 GB"):
        import_lfw(crop=(0, 0, 250, 250))


@pytest.mark.parametrize("size", [0, -16])
def test_sizes_below_1_are_refused(size, tmp_path):
    with pytest.raises(InputError, match=f"size of the faces is {size}"):
        import_faces(tmp_path, size)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["render", "--count", "1000000000000"], ["1,000,000,000,000 faces of 16x16", "PB", "render fewer"]),
        (["encoder", "--count", "1000000000000"], ["1,000,000,000,000 faces", "render fewer"]),
        (["grid", "--columns", "1000000000000"], ["1 x 1,000,000,000,000 faces", "fewer --columns"]),
        (["grid", "--columns", "1", "--rows", "1000000000000"], []),
        (["grid", "--columns", "1" + 400 * "0", "--rows", "1" + 400 * "0"], ["fewer --columns"]),
        (["import", "--faces", "lie.npy"], ["lie.npy", "promises 256.0 TB"]),
        (["grid", "--faces", "lie.npy"], ["lie.npy", "promises 256.0 TB"]),
    ],
)
def test_sizes_beyond_all_memory_are_answered_in_one_sentence(arguments, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with (tmp_path / "lie.npy").open("wb") as file:
        shape = {"descr": "|u1", "fortran_order": False, "shape": (10**12, 16, 16)}
        np.lib.format.write_array_header_1_0(file, shape)
        file.write(bytes(1000))
    np.save(tmp_path / "few.npy", pixels(5, 16, 16))
    if arguments[0] == "grid" and "--faces" not in arguments:
        arguments = [*arguments, "--faces", "few.npy"]
    if not words:
        # There are not enough faces for this many rows.
        main([*arguments, "--output", "out.png"])
        assert Image.open("out.png").size == (48, 3 * (5 * 17 - 1))
        return
    with pytest.raises(InputError) as refusal:
        main([*arguments, "--output", "out"])
    assert "\n" not in str(refusal.value) and all(word in str(refusal.value) for word in words)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("crop", [(0, 0, 20, 21), (4, 4, 19, 19), (20, 20, 4, 4), (-1, 0, 19, 20)])
def test_crop_boxes_that_give_no_face_are_refused(crop, tmp_path):
    with pytest.raises(InputError, match="crop box"):
        import_faces(tmp_path, 16, crop)


def run_command(*arguments, cwd=ROOT):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "gankit.faces", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=120)


def test_the_command_imports_a_folder_and_tells_what_it_skipped(tmp_path):
    reasons = write_bad_files(tmp_path / "pictures")
    for number in range(3):
        save(tmp_path / "pictures" / f"face {number}.png", pixels(40, 50, 3, seed=number))
    out = tmp_path / "deep" / "real.npz"
    done = run_command(
        "import", "--faces", "pictures", "--crop", 1, 2, 34, 35, "--size", 32, "--output", out, cwd=tmp_path
    )
    assert done.returncode == 0
    assert done.stderr.splitlines()[0].startswith("Skipped corrupt.jpg: ") and len(done.stderr.splitlines()) == 7
    assert done.stdout == f"3 faces of 32x32 pixels are in {out}; skipped files: {len(reasons)}.\n"
    faces = load_faces(out, size=32)
    for number, face in enumerate(faces):
        np.testing.assert_array_equal(face, to_face(pixels(40, 50, 3, seed=number)[2:35, 1:34], 32))
    assert np.load(out)["names"].tolist() == ["face 0.png", "face 1.png", "face 2.png"]
    assert [path.name for path in out.parent.iterdir()] == ["real.npz"]


def test_the_command_imports_the_coursework_s_array_unchanged(some_faces, tmp_path, capsys):
    for name in ("one.npz", "two.npz"):
        main(["import", "--faces", str(some_faces), "--output", str(tmp_path / name)])
    np.testing.assert_array_equal(load_faces(tmp_path / "one.npz"), load_faces(some_faces))
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()
    assert "120 faces" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--faces", "nowhere"], ["nowhere"]),
        (["--faces", "empty"], ["empty", "too few"]),
        (["--faces", "bad"], ["bad", "corrupt.jpg", "7 had to be skipped"]),
        (["--faces", "bad/notes.txt"], ["notes.txt"]),
        (["--faces", "flat.npy"], ["flat.npy", "(16, 16)"]),
        (["--faces", "bad", "--crop", "0", "0", "20", "30"], ["crop box 0 0 20 30"]),
        (["--faces", "bad", "--crop", "0", "0", "20"], ["--crop"]),
        (["--faces", "bad", "--crop", "-1", "0", "20", "21"], ["--crop"]),
        (["--faces", "bad", "--size", "20"], ["--size"]),
        (["--faces", "bad", "--cache", "bad"], ["--cache", "--lfw"]),
        (["--faces", "bad", "--lfw"], ["--lfw"]),
        (["--lfw", "--crop", "200", "200", "251", "251"], ["250x250"]),
        ([], ["--faces", "--lfw"]),
    ],
)
def test_mistakes_are_answered_in_one_sentence_and_leave_nothing(arguments, words, tmp_path):
    (tmp_path / "empty").mkdir()
    write_bad_files(tmp_path / "bad")
    np.save(tmp_path / "flat.npy", pixels(16, 16))
    before = sorted(tmp_path.rglob("*"))
    done = run_command("import", *arguments, "--output", "new/out.npz", cwd=tmp_path)
    assert done.returncode == 2 and done.stdout == "" and done.stderr.count("\n") == 1, done.stderr
    for word in words:
        assert word in done.stderr
    assert sorted(tmp_path.rglob("*")) == before


def test_an_output_that_cannot_be_written_is_told_before_the_pictures_are_read(some_faces, tmp_path, monkeypatch):
    monkeypatch.setattr("gankit.faces.__main__.import_faces", lambda *_: pytest.fail("the work was begun"))
    for output in (tmp_path, some_faces / "out.npz"):
        with pytest.raises(InputError, match="cannot be written"):
            main(["import", "--faces", str(some_faces), "--output", str(output)])


def test_an_output_file_appears_whole_or_not_at_all(tmp_path):
    target = tmp_path / "a" / "b" / "file.txt"
    with pytest.raises(RuntimeError), scripts.output_file(target) as file:
        file.write_text("half")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []
    for text in ("first", "second"):
        with scripts.output_file(target) as file:
            file.write_text(text)
            assert target.exists() == (text == "second")
        assert target.read_text() == text
    assert list(target.parent.iterdir()) == [target]


def fake_scikit_learn(monkeypatch, fetch):
    package, datasets = types.ModuleType("sklearn"), types.ModuleType("sklearn.datasets")
    datasets.fetch_lfw_people, package.datasets = fetch, datasets
    monkeypatch.setitem(sys.modules, "sklearn", package)
    monkeypatch.setitem(sys.modules, "sklearn.datasets", datasets)


@pytest.mark.parametrize("white", [1, 255])
def test_lfw_is_cropped_and_averaged(white, monkeypatch, tmp_path):
    pictures = pixels(3, 250, 250)
    asked = {}

    def fetch(data_home=None, resize=0.5, color=True, slice_=None):
        asked.update(data_home=data_home, resize=resize, color=color)
        images = (pictures[:, slice_[0], slice_[1]] / np.float32(255)) * np.float32(white)
        return types.SimpleNamespace(images=images.astype(np.float32))

    fake_scikit_learn(monkeypatch, fetch)
    main(["import", "--lfw", "--cache", str(tmp_path / "cache"), "--output", str(tmp_path / "lfw.npz")])
    left, top, right, bottom = LFW_CROP
    expected = [to_face(picture[top:bottom, left:right], 16) for picture in pictures]
    np.testing.assert_array_equal(load_faces(tmp_path / "lfw.npz"), expected)
    assert asked == {"data_home": str(tmp_path / "cache"), "resize": None, "color": False}
    # With another box, and with scikit-learn's default folder.
    np.testing.assert_array_equal(import_lfw(32, (10, 20, 42, 52)).faces, pictures[:, 20:52, 10:42])
    assert asked["data_home"] is None


def test_a_failed_download_is_one_sentence(monkeypatch, recwarn, tmp_path):
    def fetch(**_):
        import warnings
        from urllib.error import URLError

        warnings.warn("Retry downloading", stacklevel=1)
        raise URLError("no network\nat all")

    fake_scikit_learn(monkeypatch, fetch)
    with pytest.raises(InputError, match="no network") as refusal:
        import_lfw(cache=tmp_path)
    assert "\n" not in str(refusal.value) and str(tmp_path) in str(refusal.value) and len(recwarn) == 0


def test_without_scikit_learn_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(InputError, match=r"\.\[labs\]"):
        import_lfw()


def test_scikit_learn_itself_reads_its_cache_without_a_network(tmp_path, monkeypatch):
    pytest.importorskip("sklearn", reason="LFW is an optional extra")
    home = tmp_path / "lfw_home"
    for number, person in enumerate(("Ann_Able", "Ann_Able", "Bea_Baker")):
        gray = np.kron(pixels(10, 10, seed=number), np.ones((25, 25), np.uint8))
        # PNG data under the file name of the layout, so that every pixel is known.
        picture = home / "lfw_funneled" / person / f"{person}_{number:04d}.jpg"
        save(picture, np.repeat(gray[..., None], 3, axis=-1), format="PNG")
    for name in ("pairs.txt", "pairsDevTrain.txt", "pairsDevTest.txt"):
        (home / name).touch()
    monkeypatch.setattr("socket.socket", lambda *_, **__: pytest.fail("the network was used"))
    from_folder = import_faces(home / "lfw_funneled", 16, LFW_CROP).faces
    from_cache = import_lfw(cache=tmp_path).faces
    # scikit-learn changes the order.
    assert sorted(face.tobytes() for face in from_cache) == sorted(face.tobytes() for face in from_folder)


def test_help_comes_without_tensorflow():
    code = "import sys, gankit.faces.__main__; sys.exit('tensorflow' in sys.modules or 'matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=60).returncode == 0
    done = run_command("import", "--help")
    assert done.returncode == 0 and "--crop LEFT TOP RIGHT BOTTOM" in done.stdout


def test_the_comparison_takes_a_folder_of_pictures(some_faces, tmp_path, monkeypatch, capsys):
    accuracies = {0: 0.9, 1: 0.5, 2: 0.6}
    monkeypatch.setattr(compare_faces.metrics, "classifier_accuracy", lambda *_, seed: accuracies[seed])
    coarse = np.random.default_rng(0).uniform(0, 255, (40, 4, 4))
    for number, face in enumerate(np.kron(coarse, np.ones((1, 6, 5))).astype(np.uint8)):
        save(tmp_path / "real" / f"{number:02d}.png", face)
    write_bad_files(tmp_path / "real" / "bad")
    sets = ["--faces", str(tmp_path / "real"), "--crop", "0", "0", "20", "20", "--rendered", str(some_faces)]
    compare_faces.main([*sets, "--output", str(tmp_path / "out")])
    printed = capsys.readouterr().out
    assert "120 rendered faces, 40 real ones; 7 files skipped" in printed
    for word in ("Frechet distance", "precision", "coverage", "mean faces", "component 10", "brightness", "contrast"):
        assert word in printed
    assert "0.600 (0.500 to 0.900)" in printed
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"grids.png", "components.png", "histograms.png"}


def test_the_comparison_refuses_a_handful(tmp_path):
    np.save(tmp_path / "few.npy", pixels(19, 16, 16))
    with pytest.raises(InputError, match=r"few.npy holds 19 faces"):
        compare_faces.main(["--faces", str(tmp_path / "few.npy"), "--output", str(tmp_path / "out")])
    assert not (tmp_path / "out").exists()
