"""The renderer: the same bytes everywhere, and pictures that agree with their attributes."""

import hashlib

import numpy as np
import pytest

from gankit.errors import InputError
from gankit.faces import FACES_FILE, load_faces
from gankit.faces.__main__ import main
from gankit.faces.attributes import HAIR_STYLES, normal_quantile, sample_attributes
from gankit.faces.renderer import RENDERER_VERSION, render, render_faces

COUNT = 40


@pytest.fixture(scope="module")
def attributes():
    return sample_attributes(COUNT, seed=0)


@pytest.fixture(scope="module")
def plain(attributes):
    """Faces seen from the front in even light, so that each test changes one thing and checks one thing."""
    zeros = ("yaw", "pitch", "roll", "shift_x", "shift_y", "light_x", "shadow", "hat", "glasses", "sunglasses")
    zeros += ("beard", "moustache", "lipstick", "make_up", "mouth_open", "smile", "blur", "gaze", "sweep", "aliasing")
    zeros += ("background_clutter", "background_slope", "background_tilt", "skin_texture", "noise")
    values = {"exposure": 0, "contrast": 1.2, "skin": 0.6, "zoom": 1, "hair_shade": 0.1, "background": 0.3}
    values |= {"background_edge": 1.3, "face_length": 0, "hairline": 0.05, "hair_volume": 0}
    plain = {name: np.zeros_like(array) if name in zeros else array.copy() for name, array in attributes.items()}
    for name, value in values.items():
        plain[name] = np.full_like(plain[name], value)
    plain["hair_style"] = np.full_like(plain["hair_style"], HAIR_STYLES.index("short"))
    return plain


def with_(attributes, **values):
    changed = dict(attributes)
    for name, value in values.items():
        changed[name] = np.full_like(attributes[name], value)
    return changed


def pictures(attributes, **values):
    return render(with_(attributes, **values)).astype(float)


@pytest.mark.stored
def test_the_committed_faces_are_those_the_renderer_makes():
    # The bytes are equal on any machine, because pixels use operations whose rounding IEEE 754 fixes. Libraries round
    # sines, powers and logarithms differently, so these are computed in float64 and rounded to 6 decimals. For these
    # faces, all of them are more than 100,000 steps of float64 away from a change in the direction of that rounding.
    stored = np.load(FACES_FILE, allow_pickle=False)
    assert str(stored["renderer_version"]) == RENDERER_VERSION
    faces, attributes = render_faces(COUNT, 16, int(stored["seed"]))
    assert hashlib.sha256(faces.tobytes()).hexdigest() == hashlib.sha256(load_faces()[:COUNT].tobytes()).hexdigest()
    assert set(attributes) | {"faces", "seed", "renderer_version"} == set(stored.files)
    for name, values in attributes.items():
        assert stored[name].shape == (10000,) and stored[name].dtype == values.dtype
        np.testing.assert_array_equal(stored[name][:COUNT], values)


def test_a_face_depends_on_its_own_number_only():
    few, many = render_faces(5, seed=3)[0], render_faces(40, seed=3)[0]
    np.testing.assert_array_equal(few, many[:5])
    assert (render_faces(5, seed=4)[0] != few).any(axis=(1, 2)).all()
    np.testing.assert_array_equal(render_faces(5, seed=3, processes=2)[0], few)


@pytest.mark.parametrize("size", [16, 32, 64])
def test_sizes(size, attributes):
    few = {name: values[:6] for name, values in attributes.items()}
    faces = render(few, size)
    assert faces.shape == (6, size, size) and faces.dtype == np.uint8
    reduced = faces.reshape(6, 16, size // 16, 16, size // 16).mean(axis=(2, 4))
    # The same faces, except for noise and for the blurring and clipping of each size.
    assert np.corrcoef(reduced.ravel(), render(few, 16).ravel())[0, 1] > 0.97


def test_other_sizes_are_refused(attributes):
    with pytest.raises(InputError, match="16, 32, 64"):
        render(attributes, 20)


def test_attributes_have_the_ranges_the_datasheet_gives():
    a = sample_attributes(4000, seed=1)
    assert a["masculine"].dtype == bool and 0.4 < a["masculine"].mean() < 0.48
    assert a["hair_style"].max() < len(HAIR_STYLES) and len(np.unique(a["hair_style"])) == len(HAIR_STYLES)
    assert np.abs(a["yaw"]).max() <= 40 and a["age"].min() >= 18 and a["age"].max() <= 75
    assert not (a["beard"][~a["masculine"]] > 0).any() and not (a["lipstick"] & a["masculine"]).any()
    assert not (a["glasses"] & a["sunglasses"]).any()
    assert a["hair_shade"][a["skin"] < 0.4].mean() < a["hair_shade"][a["skin"] > 0.6].mean()
    assert all(np.isfinite(values.astype(float)).all() for values in a.values())


def test_normal_quantile():
    from statistics import NormalDist

    p = np.array([0.001, 0.1, 0.3, 0.5, 0.8, 0.99])
    np.testing.assert_allclose(normal_quantile(p), [NormalDist().inv_cdf(float(q)) for q in p], atol=5e-4)


@pytest.mark.parametrize(("light", "brighter"), [(-1.0, slice(3, 7)), (1.0, slice(9, 13))])
def test_light_brightens_its_own_side(plain, light, brighter):
    lit, even = pictures(plain, light_x=light, light_strength=1.0), pictures(plain, light_strength=1.0)
    darker = slice(9, 13) if brighter.start == 3 else slice(3, 7)
    change = (lit - even)[:, 7:13]
    gain = change[:, :, brighter].mean(axis=(1, 2)) - change[:, :, darker].mean(axis=(1, 2))
    assert (gain > 5).mean() > 0.98


ALL = (slice(0, 16), slice(0, 16))
EYES = (slice(5, 8), slice(2, 14))
BROWS = (slice(2, 7), slice(3, 13))
NOSE = (slice(3, 12), slice(5, 11))
CHEEKS = (slice(6, 14), slice(2, 14))
MOUTH = (slice(10, 15), slice(4, 12))
CHIN = (slice(13, 16), slice(5, 11))
FOREHEAD = (slice(0, 4), slice(3, 13))
LEFT_EDGE = (slice(2, 12), slice(0, 3))
RIGHT_EDGE = (slice(4, 12), slice(14, 16))

# Attribute, two values, where the second picture differs from the first, whether it is brighter (1) or darker (-1)
# there, and the other attributes that make the change visible.
CHANGES = [
    ("age", 20, 75, CHEEKS, None, {}),
    ("skin", 0.25, 0.8, (slice(7, 11), slice(4, 12)), 1, {}),
    ("skin_texture", 0.0, 0.3, CHEEKS, None, {}),
    ("gloss", 0.0, 3.0, NOSE, 1, {}),
    ("rim", 0.0, 0.9, (slice(3, 12), slice(1, 4)), -1, {"hair_style": 0}),
    ("hollow", 0.0, 1.0, (slice(9, 13), slice(2, 14)), -1, {}),
    ("folds", 0.0, 1.2, (slice(9, 13), slice(4, 12)), -1, {}),
    ("bags", 0.0, 1.2, (slice(6, 9), slice(3, 13)), -1, {}),
    ("cheeks", 0.0, 2.5, CHEEKS, None, {}),
    ("cheek_shine", 0.0, 2.0, (slice(6, 10), slice(3, 13)), 1, {}),
    ("chin", -1.0, 3.0, CHIN, None, {"light_y": -0.5, "light_strength": 1.0}),
    ("jaw", -1.0, 1.0, (slice(11, 16), slice(1, 5)), None, {}),
    ("squareness", 0.0, 0.9, (slice(10, 16), slice(1, 5)), None, {}),
    ("face_width", -0.1, 0.1, (slice(4, 12), slice(1, 3)), None, {}),
    ("outline_softness", 0.03, 0.25, ALL, None, {}),
    ("eyes_open", 0.1, 1.2, EYES, None, {}),
    ("eye_white", 0.2, 0.7, EYES, 1, {}),
    ("eye_size", 0.8, 1.3, EYES, None, {}),
    ("eye_spacing", 0.34, 0.44, EYES, None, {}),
    ("eye_height", -0.26, -0.12, (slice(4, 8), slice(2, 14)), None, {}),
    ("eye_corners", 0.0, 1.2, (slice(5, 8), slice(5, 11)), -1, {}),
    ("sockets", 0.0, 1.5, EYES, -1, {"light_strength": 0}),
    ("gaze", -1.0, 1.0, EYES, None, {}),
    ("make_up", 0.0, 1.0, EYES, -1, {}),
    ("brows", 0.1, 1.0, BROWS, -1, {}),
    ("brow_height", -0.08, 0.08, BROWS, None, {}),
    ("brow_slope", -0.3, 0.3, BROWS, None, {}),
    ("brow_thickness", 0.5, 1.6, BROWS, -1, {}),
    ("nose_width", 0.5, 1.6, NOSE, None, {"light_x": 0.8, "light_strength": 1.0}),
    ("nose_length", -0.1, 0.1, (slice(8, 13), slice(5, 11)), None, {}),
    ("nose_height", 0.2, 1.8, NOSE, None, {"light_x": 0.8, "light_strength": 1.0}),
    ("nose_shine", 0.0, 1.5, (slice(3, 8), slice(6, 10)), 1, {}),
    ("smile", 0.0, 1.0, (slice(8, 14), slice(3, 13)), None, {}),
    ("mouth_open", 0.0, 1.0, MOUTH, 1, {"teeth": 1.0}),
    ("teeth", 0.4, 1.1, MOUTH, 1, {"mouth_open": 1.0}),
    ("mouth_height", -0.1, 0.1, MOUTH, None, {}),
    ("mouth_width", -0.08, 0.08, MOUTH, None, {}),
    ("mouth_corners", 0.0, 1.2, MOUTH, -1, {}),
    ("lips", 0.5, 1.6, MOUTH, -1, {}),
    ("lip_shine", 0.0, 1.2, MOUTH, 1, {}),
    ("lipstick", False, True, MOUTH, -1, {}),
    ("beard", 0.0, 1.0, CHIN, -1, {}),
    ("moustache", 0.0, 1.0, (slice(10, 12), slice(5, 11)), -1, {}),
    ("sunglasses", False, True, EYES, -1, {}),
    ("glasses", False, True, EYES, -1, {"frame": 0.8}),
    ("frame", 0.0, 1.0, EYES, -1, {"glasses": True}),
    ("hat", False, True, (slice(0, 3), slice(4, 12)), None, {}),
    ("hair_shade", 0.02, 0.8, (slice(0, 3), slice(0, 3)), 1, {}),
    ("hair_texture", 0.0, 1.0, (slice(0, 4), slice(0, 16)), None, {"hair_shade": 0.5}),
    ("hair_volume", -1.2, 1.5, ALL, None, {"background": 1.0}),
    ("hair_softness", 0.03, 0.25, FOREHEAD, None, {}),
    ("hairline", 0.25, -0.25, (slice(0, 3), slice(4, 12)), -1, {}),
    ("parting", -1.0, 1.0, FOREHEAD, None, {"hairline": -0.1}),
    ("sweep", 0.0, 1.0, (slice(1, 6), slice(9, 13)), -1, {}),
    ("background", 0.0, 1.0, (slice(6, 11), slice(0, 1)), 1, {"hair_volume": -1.2}),
    ("background_other", 0.0, 1.0, RIGHT_EDGE, 1, {"background_edge": 0.0}),
    ("background_edge", 1.3, -0.9, RIGHT_EDGE, 1, {"background": 0.0, "background_other": 1.0}),
    ("background_tilt", -1.0, 1.0, ALL, None, {"background_edge": 0.0, "background": 0.0, "background_other": 1.0}),
    ("background_slope", 0.0, 2.0, RIGHT_EDGE, 1, {}),
    ("light_y", 0.5, -0.8, FOREHEAD, 1, {"light_strength": 1.0, "hair_style": 0}),
    ("light_strength", 0.3, 1.0, ALL, None, {}),
    ("shadow", 0.0, 1.3, (slice(8, 12), slice(4, 8)), -1, {"light_x": 1.0}),
    ("exposure", -0.5, 0.5, ALL, 1, {}),
]
SEEN_ELSEWHERE = {
    *("yaw", "pitch", "roll", "shift_x", "shift_y", "zoom", "face_length"),  # test_pose_and_place_move_the_face
    *("blur", "noise", "contrast", "aliasing", "background_clutter"),  # test_camera
    *("light_x", "hair_style"),  # test_light_brightens_its_own_side, test_hair_styles_differ
    "masculine",  # decides which other attributes are sampled, and nothing in the picture
}


def test_every_attribute_is_tested(attributes):
    assert {change[0] for change in CHANGES} | SEEN_ELSEWHERE == set(attributes)


@pytest.mark.parametrize(("attribute", "low", "high", "region", "sign", "context"), CHANGES)
def test_an_attribute_changes_its_own_region(plain, attribute, low, high, region, sign, context):
    before = pictures(plain, **context, **{attribute: low})
    change = pictures(plain, **context, **{attribute: high}) - before
    here = np.abs(change[(slice(None), *region)]).mean()
    assert here > 1.0, "the attribute must be visible"
    if sign is not None:
        agree = (sign * change[(slice(None), *region)].mean(axis=(1, 2)) > 0).mean()
        assert agree > 0.95
    # The camera's exposure and contrast spread only a small part of every change over the whole picture.
    assert here >= np.abs(change).mean()


def test_pose_and_place_move_the_face(plain):
    face = pictures(plain)
    # 0.125 is one pixel, so this shift moves a face by one column.
    shifted = pictures(plain, shift_x=0.125)[:, 3:13, 3:13]
    follows = np.abs(shifted - face[:, 3:13, 2:12]).mean(axis=(1, 2))
    stays = np.abs(shifted - face[:, 3:13, 3:13]).mean(axis=(1, 2))
    assert (follows < stays).mean() > 0.95
    for name, value in (
        ("yaw", 35),
        ("pitch", 18),
        ("roll", 12),
        ("zoom", 1.12),
        ("shift_y", 0.1),
        ("face_length", 0.1),
    ):
        assert np.abs(pictures(plain, **{name: value}) - face).mean() > 2, name
    # A face turned to one side differs from the face turned to the other.
    assert np.abs(pictures(plain, yaw=30) - pictures(plain, yaw=-30)).mean() > 5


def test_camera(plain):
    def detail(faces):
        return np.abs(np.diff(faces, axis=1)).mean()

    assert detail(pictures(plain, blur=1.0)) < detail(pictures(plain, blur=0.0))
    assert detail(pictures(plain, aliasing=1.0)) > detail(pictures(plain, aliasing=0.0))
    assert detail(pictures(plain, noise=0.1)) > detail(pictures(plain, noise=0.0))
    assert pictures(plain, contrast=2.0).std() > pictures(plain, contrast=1.0).std()
    clutter = pictures(plain, background_clutter=1.5, contrast=1.0)[:, :, 0].std(axis=1)
    assert (clutter > pictures(plain, background_clutter=0.0, contrast=1.0)[:, :, 0].std(axis=1)).mean() > 0.85


def test_hair_styles_differ(plain):
    styles = [pictures(plain, hair_style=number) for number in range(len(HAIR_STYLES))]
    for number, first in enumerate(styles):
        for second in styles[:number]:
            assert np.abs(first - second).mean() > 0.8
    bald, long = styles[HAIR_STYLES.index("bald")], styles[HAIR_STYLES.index("long")]
    assert long[:, 0:2, 2:14].mean() < bald[:, 0:2, 2:14].mean(), "dark hair darkens the crown"


def test_the_command_writes_the_same_file_twice(tmp_path):
    for name in ("one.npz", "two.npz"):
        main(["render", "--count", "7", "--size", "32", "--seed", "2", "--output", str(tmp_path / name)])
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()
    assert load_faces(tmp_path / "one.npz", size=32).shape == (7, 32, 32)
    main(["grid", "--faces", str(tmp_path / "one.npz"), "--output", str(tmp_path / "grid.png")])
    assert (tmp_path / "grid.png").stat().st_size > 1000
    (tmp_path / "blocked").write_text("a file, not a folder")
    with pytest.raises(InputError, match="blocked"):
        main(["render", "--count", "2", "--output", str(tmp_path / "blocked" / "faces.npz")])
