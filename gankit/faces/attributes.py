"""The attributes of a rendered face, and their joint distribution."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Union

import numpy as np

#: Values of the attribute ``hair_style``.
HAIR_STYLES = ("bald", "short", "medium", "long", "fringe", "curls", "covered")

#: Share of each hair style, in the order of :data:`HAIR_STYLES`.
FEMININE_STYLES = (0.01, 0.30, 0.08, 0.50, 0.03, 0.05, 0.03)
MASCULINE_STYLES = (0.17, 0.63, 0.05, 0.05, 0.035, 0.04, 0.025)


class Normal(NamedTuple):
    """A normal distribution, cut off at ``low`` and ``high``."""

    mean: float
    deviation: float
    low: float
    high: float


class Uniform(NamedTuple):
    """A uniform distribution."""

    low: float
    high: float


class Chance(NamedTuple):
    """An event that happens with a given probability."""

    probability: float


Distribution = Union[Normal, Uniform, Chance]

#: The distributions that are sampled for a face, each with its own random number. :func:`sample_attributes` combines
#: them. Add a new entry at the end, so that it changes no other.
DISTRIBUTIONS: dict[str, Distribution] = {
    # person
    "masculine": Chance(0.44),
    "age_wide": Uniform(18, 75),
    "age_narrow": Uniform(18, 60),
    "skin_group": Uniform(0, 1),
    "skin_tone": Normal(0.109, 0.0665, -0.15, 0.15),
    # hair
    "fair": Chance(0.256),
    "fair_on_dark_skin": Chance(0.01),
    "fair_shade": Uniform(0, 0.95),
    "dark_shade": Uniform(0, 0.296),
    "greying": Chance(0.18),
    "grey": Uniform(0, 0.491),
    "style": Uniform(0, 1),
    "balding": Chance(0.108),
    "hairline": Normal(0.0479, 0.136, -0.3, 0.33),
    "hair_volume": Normal(-0.207, 0.977, -2.0, 2.0),
    "parting": Uniform(-1, 1),
    "hair_texture": Uniform(0.01, 0.7),
    "is_swept": Chance(0.189),
    "sweep": Normal(-0.46, 0.711, -1.3, 1.3),
    "bearded": Chance(0.2),
    "beard": Uniform(0, 0.941),
    "moustache_with_beard": Chance(0.538),
    "moustache_alone": Chance(0.0945),
    "moustache": Uniform(0, 1),
    # face
    "face_width": Normal(0.0609, 0.119, -0.23, 0.23),
    "face_length": Normal(0.0781, 0.0825, -0.2, 0.25),
    "jaw": Normal(-0.175, 0.547, -0.9, 1.1),
    "chin": Normal(1.08, 1.1, -1, 3),
    "cheeks": Normal(-0.241, 0.405, -0.6, 2.6),
    "eye_spacing": Normal(0.396, 0.0328, 0.33, 0.45),
    "eye_height": Normal(-0.157, 0.026, -0.27, -0.11),
    "eye_size": Normal(1.11, 0.178, 0.7, 1.35),
    "sockets": Normal(0.734, 0.547, 0, 2),
    "brows": Normal(0.623, 0.233, 0.15, 1),
    "brow_height": Normal(-0.0279, 0.0438, -0.08, 0.08),
    "brow_slope": Normal(0.124, 0.192, -0.35, 0.35),
    "nose_width": Normal(0.648, 0.301, 0.5, 1.6),
    "nose_length": Normal(0.0071, 0.0438, -0.08, 0.08),
    "nose_height": Normal(1.04, 0.432, 0.2, 1.8),
    "mouth_height": Normal(0.0197, 0.0539, -0.1, 0.1),
    "mouth_width": Normal(-0.05, 0.0412, -0.08, 0.08),
    "lips": Normal(1.36, 0.355, 0.4, 1.7),
    "teeth": Uniform(0.5, 1.1),
    "skin_texture": Uniform(0, 0.06),
    "gloss": Uniform(0.0534, 3.94),
    "lipstick": Chance(0.573),
    "made_up": Chance(0.8),
    "make_up": Uniform(0, 1.2),
    # expression
    "smiling": Chance(0.6),
    "smile": Uniform(0.35, 1.15),
    "serious": Uniform(-0.3, 0.4),
    "laughing": Chance(0.65),
    "laugh": Uniform(0.3, 1.25),
    "speaking": Chance(0.25),
    "speech": Uniform(0.2, 1.1),
    "eyes_open": Normal(0.422, 0.287, 0.15, 1.2),
    "looks_aside": Chance(0.28),
    "gaze_aside": Uniform(-1, 1),
    "gaze": Uniform(-0.2, 0.2),
    # worn
    "eyewear": Uniform(0, 1),
    "frame": Uniform(0.0381, 1),
    "hat_feminine": Chance(0.025),
    "hat_masculine": Chance(0.04),
    # pose and place
    "turned": Chance(0.3),
    "yaw_turned": Normal(0, 18.6, -40, 40),
    "yaw": Normal(-1.36, 16, -40, 40),
    "pitch": Normal(9.27, 15.1, -30, 25),
    "roll": Normal(-1.18, 7.83, -20, 20),
    "shift_x": Normal(0.0015, 0.0425, -0.15, 0.15),
    "shift_y": Normal(-0.0084, 0.0193, -0.17, 0.17),
    "zoom": Normal(1.01, 0.03, 0.88, 1.2),
    # light
    "light_x": Normal(-0.0073, 0.411, -1.5, 1.5),
    "light_y": Normal(-0.124, 0.279, -1, 0.8),
    "light_strength": Uniform(0.075, 1.15),
    "shadowed": Chance(0.1),
    "shadow": Uniform(0, 1.5),
    # background
    "black_wall": Chance(0.246),
    "white_wall": Chance(0.897),
    "wall_black": Uniform(0.0034, 0.304),
    "wall_white": Uniform(0.176, 1.6),
    "wall_grey": Uniform(0, 0.9),
    "background_slope": Normal(0.799, 1.69, -3.1, 3.1),
    "cluttered": Chance(0.4),
    "clutter": Uniform(0, 2.2),
    "two_walls": Chance(0.799),
    "other_black": Chance(0.272),
    "other_wall": Uniform(0.0314, 1.5),
    "background_edge": Uniform(-1.3, 1.3),
    "background_tilt": Normal(0.0516, 0.547, -1, 1),
    # camera
    "exposure": Normal(-0.252, 0.32, -0.9, 0.7),
    "contrast": Normal(1.68, 0.241, 0.8, 2.4),
    "blur": Normal(0.307, 0.278, -0.6, 1),
    "noise": Uniform(0, 0.03),
    "aliasing": Uniform(0.0182, 1),
    "squareness": Normal(0.222, 0.328, -0.3, 0.9),
    "rim": Uniform(0, 0.895),
    "nose_shine": Uniform(0, 1.34),
    "eye_white": Uniform(0.023, 0.7),
    "outline_softness": Uniform(0.01, 0.276),
    "hair_softness": Uniform(0.0586, 0.3),
    "hollow": Uniform(0, 0.895),
    "cheek_shine": Uniform(0.0556, 2.93),
    "folds": Uniform(0, 1.02),
    "bags": Uniform(0.0323, 1.19),
    "eye_corners": Uniform(0.142, 1.3),
    "mouth_corners": Uniform(0.0205, 1.3),
    "lip_shine": Uniform(0.017, 1.3),
    "brow_thickness": Normal(0.919, 0.328, 0.5, 1.7),
}


def uniforms(count: int, per_face: int, seed: int, stream: int, first: int = 0) -> np.ndarray:
    """Random numbers; each row depends only on the seed, the stream and the row's number.

    Parameters
    ----------
    count, per_face : int
        Shape of the result.
    seed, stream : int
        They choose the numbers; two streams of one seed are independent.
    first : int
        Number of the first row.

    Returns
    -------
    numpy.ndarray
        float64 in [0, 1), shape ``(count, per_face)``.
    """
    rows = np.empty((count, per_face))
    for face in range(count):
        key = np.array([seed + (stream << 40), first + face], np.uint64)
        np.random.Generator(np.random.Philox(key=key)).random(out=rows[face])
    return rows


def normal_quantile(p: np.ndarray) -> np.ndarray:
    """Quantile function of the standard normal distribution, by Hastings' approximation (error below 4.5e-4).

    Source: Abramowitz and Stegun 1964, equation 26.2.23.
    """
    tail = np.clip(np.minimum(p, 1 - p), 1e-6, 0.5)
    t = np.sqrt(-2 * np.log(tail))
    x = t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)))
    return np.where(p < 0.5, -x, x)


def draw(count: int, seed: int = 0, distributions: Mapping[str, Distribution] = DISTRIBUTIONS) -> dict[str, np.ndarray]:
    """Sample the numbers that a face is made of.

    Parameters
    ----------
    count, seed : int
        Face ``i`` depends on the seed and on ``i`` only.
    distributions : mapping
        One entry per sampled number.

    Returns
    -------
    dict of numpy.ndarray
        One array of length ``count`` per entry: bool for a :class:`Chance`, float64 otherwise.
    """
    columns = uniforms(count, len(distributions), seed, stream=0).T
    drawn = {}
    for (name, distribution), u in zip(distributions.items(), columns):
        if isinstance(distribution, Chance):
            drawn[name] = u < distribution.probability
        elif isinstance(distribution, Uniform):
            drawn[name] = distribution.low + (distribution.high - distribution.low) * u
        else:
            mean, deviation, low, high = distribution
            drawn[name] = np.clip(mean + deviation * normal_quantile(u), low, high)
    return drawn


def compose(d: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Combine the sampled numbers into consistent attributes of faces.

    Parameters
    ----------
    d : mapping of numpy.ndarray
        As :func:`draw` returns it.

    Returns
    -------
    dict of numpy.ndarray
        See :func:`sample_attributes`.
    """
    masculine = d["masculine"]
    age = 0.6 * d["age_wide"] + 0.4 * d["age_narrow"]
    old = np.clip((age - 40) / 30, 0, 1)

    # Skin: three overlapping groups of tones, from very dark to very light.
    skin = np.where(d["skin_group"] < 0.10, 0.24, np.where(d["skin_group"] < 0.30, 0.52, 0.70)) + d["skin_tone"]
    # Hair: dark hair is the most common, and nearly the rule on dark skin. Age turns hair grey.
    fair = np.where(skin < 0.42, d["fair_on_dark_skin"], d["fair"])
    hair_shade = np.where(fair, d["fair_shade"], d["dark_shade"]) + old * d["greying"] * d["grey"]
    hair_style = np.where(
        masculine,
        np.digitize(d["style"], np.cumsum(MASCULINE_STYLES)[:-1]),
        np.digitize(d["style"], np.cumsum(FEMININE_STYLES)[:-1]),
    )
    hair_style = np.where(masculine & (old > 0.4) & d["balding"], HAIR_STYLES.index("bald"), hair_style)

    beard = np.where(masculine & d["bearded"], d["beard"], 0)
    moustached = masculine & np.where(beard > 0, d["moustache_with_beard"], d["moustache_alone"])
    smile = np.where(d["smiling"], d["smile"], d["serious"])
    # Teeth show as a line if the lips are not pressed together.
    mouth_open = np.where(
        smile > 0.45, np.where(d["laughing"], d["laugh"], 0.17), np.where(d["speaking"], d["speech"], 0.17)
    )
    sunglasses = d["eyewear"] < 0.025
    glasses = ~sunglasses & (d["eyewear"] < 0.075 + 0.12 * old)

    wall = np.where(d["white_wall"], d["wall_white"], d["wall_grey"])
    wall = np.where(d["black_wall"], d["wall_black"], wall)
    other = np.where(d["other_black"], d["wall_black"], d["other_wall"])

    attributes = {
        "masculine": masculine,
        "age": age,
        "skin": np.clip(skin, 0.16, 0.84),
        "hair_shade": np.clip(hair_shade, 0.01, 0.85),
        "hair_style": hair_style.astype(np.uint8),
        "hairline": d["hairline"] - 0.12 * masculine * old,
        "sweep": d["is_swept"] * d["sweep"],
        "folds": np.minimum(d["folds"] + 0.4 * old, 1.5),
        "bags": np.minimum(d["bags"] + 0.4 * old, 1.5),
        "beard": beard,
        "moustache": np.where(moustached, d["moustache"], 0),
        "lipstick": ~masculine & d["lipstick"],
        "make_up": np.where(~masculine & d["made_up"], d["make_up"], 0),
        "smile": smile,
        "mouth_open": mouth_open,
        "eyes_open": d["eyes_open"] - 0.2 * np.clip(smile, 0, 1),
        "gaze": np.where(d["looks_aside"], d["gaze_aside"], d["gaze"]),
        "glasses": glasses,
        "sunglasses": sunglasses,
        "hat": np.where(masculine, d["hat_masculine"], d["hat_feminine"]),
        "face_width": d["face_width"] + 0.04 * masculine,
        "jaw": d["jaw"] + 0.3 * masculine,
        "yaw": np.where(d["turned"], d["yaw_turned"], d["yaw"]),
        "shadow": d["shadowed"] * d["shadow"],
        "background": wall,
        "background_other": np.where(d["two_walls"], other, wall),
        "background_clutter": d["cluttered"] * d["clutter"],
    }
    as_drawn = (
        "hair_volume parting hair_texture face_length chin cheeks eye_spacing eye_height eye_size sockets brows "
        "brow_height brow_slope nose_width nose_length nose_height mouth_height mouth_width lips teeth skin_texture "
        "gloss frame pitch roll shift_x shift_y zoom light_x light_y light_strength background_slope background_edge "
        "background_tilt exposure contrast blur noise "
        "squareness rim nose_shine eye_white brow_thickness cheek_shine eye_corners mouth_corners lip_shine "
        "outline_softness hair_softness hollow aliasing"
    )
    attributes.update({name: d[name] for name in as_drawn.split()})
    return {
        name: values if values.dtype in (np.bool_, np.uint8) else np.round(values, 6).astype(np.float32)
        for name, values in attributes.items()
    }


def sample_attributes(count: int, seed: int = 0) -> dict[str, np.ndarray]:
    """Sample the attributes of faces.

    Parameters
    ----------
    count : int
        Number of faces.
    seed : int
        Face ``i`` depends on the seed and on ``i`` only.

    Returns
    -------
    dict of numpy.ndarray
        One array of length ``count`` per attribute: float32, uint8 for categories, bool for what is present or not. The
        datasheet in ``data/README.md`` explains each attribute.
    """
    return compose(draw(count, seed))
