"""What a rendered face is like: its attributes, and the joint distribution they are drawn from."""

from __future__ import annotations

import numpy as np

#: Random numbers set aside for the attributes of one face; some are spare, so that a later attribute shifts no other.
DRAWS = 96

#: Values of the attribute ``hair_style``.
HAIR_STYLES = ("bald", "short", "medium", "long", "fringe", "curls", "covered")


def uniforms(count: int, per_face: int, seed: int, stream: int) -> np.ndarray:
    """Random numbers of which each row depends on the seed, the stream and its own number only.

    Parameters
    ----------
    count, per_face : int
        Shape of the result.
    seed, stream : int
        Which numbers; two streams of one seed have nothing to do with each other.

    Returns
    -------
    numpy.ndarray
        float64 in [0, 1), shape ``(count, per_face)``.
    """
    rows = np.empty((count, per_face))
    for face in range(count):
        key = np.array([seed + (stream << 40), face], np.uint64)
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


def sample_attributes(count: int, seed: int = 0) -> dict[str, np.ndarray]:
    """Draw the attributes of faces.

    Parameters
    ----------
    count : int
        Number of faces.
    seed : int
        Face ``i`` depends on the seed and on ``i`` only.

    Returns
    -------
    dict of numpy.ndarray
        One array of length ``count`` an attribute: float32, uint8 for categories, bool for what is there or not. The
        datasheet in ``data/README.md`` says what each means.
    """
    columns = iter(uniforms(count, DRAWS, seed, stream=0).T)

    def uniform(low: float = 0.0, high: float = 1.0) -> np.ndarray:
        return low + (high - low) * next(columns)

    def normal(mean: float, deviation: float, low: float, high: float) -> np.ndarray:
        return np.clip(mean + deviation * normal_quantile(next(columns)), low, high)

    def chance(probability: np.ndarray | float) -> np.ndarray:
        return next(columns) < probability

    masculine = chance(0.44)
    age = uniform(18, 75) * 0.6 + uniform(18, 60) * 0.4
    old = np.clip((age - 40) / 30, 0, 1)

    # Skin: three overlapping groups of tones, from very dark to very light.
    group = uniform()
    tone = normal(0.0, 0.06, -0.15, 0.15)
    skin = np.clip(np.where(group < 0.10, 0.30, np.where(group < 0.30, 0.52, 0.70)) + tone, 0.16, 0.84)
    dark_skin = skin < 0.42

    # Hair: dark is commonest, and on dark skin nearly the rule; age greys it.
    fair = chance(np.where(dark_skin, 0.03, 0.33))
    hair_shade = np.where(fair, uniform(0.3, 0.85), uniform(0.01, 0.18))
    hair_shade = hair_shade + old * chance(0.6) * uniform(0.2, 0.5)
    style = uniform()
    feminine_styles = np.digitize(style, [0.005, 0.05, 0.24, 0.66, 0.84, 0.95])
    masculine_styles = np.digitize(style, [0.08, 0.74, 0.83, 0.87, 0.93, 0.98])
    hair_style = np.where(masculine, masculine_styles, feminine_styles)
    hair_style = np.where(masculine & (old > 0.4) & (uniform() < 0.25), 0, hair_style)

    lipstick = ~masculine & chance(0.4)
    beard = np.where(masculine & chance(0.36), uniform(0.2, 1.0), 0.0)
    moustache = np.where(masculine & chance(np.where(beard > 0, 0.85, 0.06)), uniform(0.3, 1.0), 0.0)
    smile = np.where(chance(0.58), uniform(0.4, 1.05), uniform(-0.11, 0.33))
    mouth_open = np.where(
        smile > 0.45, 0.17 + chance(0.72) * uniform(0.37, 1.03), 0.17 + chance(0.15) * uniform(0.2, 0.85)
    )
    eyewear = uniform()
    sunglasses = eyewear < 0.035
    glasses = (eyewear >= 0.035) & (eyewear < 0.035 + 0.05 + 0.12 * old)
    hat = chance(np.where(masculine, 0.06, 0.035))

    # Studio black, overexposed white, or anything between.
    light_background = np.where(chance(0.45), uniform(0.75, 1.3), uniform(0.08, 0.75))
    background = np.where(chance(0.30), uniform(0.0, 0.1), light_background)

    attributes = {
        "masculine": masculine,
        "age": age,
        "skin": skin,
        "hair_shade": np.clip(hair_shade, 0.01, 0.85),
        "hair_style": hair_style.astype(np.uint8),
        "hairline": normal(0.02, 0.125, -0.3, 0.33) - 0.12 * masculine * old,
        "hair_volume": normal(0.085, 0.62, -1.2, 1.7),
        "parting": uniform(-1, 1),
        "beard": beard,
        "moustache": moustache,
        "lipstick": lipstick,
        "brows": normal(0.6, 0.2, 0.15, 1.0),
        "smile": smile,
        "mouth_open": mouth_open,
        "eyes_open": normal(0.8, 0.25, 0.15, 1.2) - 0.2 * np.clip(smile, 0, 1),
        "gaze": np.where(chance(0.2), uniform(-1, 1), uniform(-0.2, 0.2)),
        "glasses": glasses,
        "sunglasses": sunglasses,
        "hat": hat,
        "face_width": normal(0.006, 0.09, -0.23, 0.23) + 0.04 * masculine,
        "face_length": normal(0.0, 0.062, -0.16, 0.16),
        "jaw": normal(0.13, 0.4, -0.9, 1.1) + 0.3 * masculine,
        "yaw": np.where(chance(0.35), normal(0, 32, -40, 40), normal(0, 14, -40, 40)),
        "pitch": normal(-4.9, 11, -30, 25),
        "roll": normal(0, 5.5, -20, 20),
        "shift_x": normal(0, 0.044, -0.15, 0.15),
        "shift_y": normal(0.01, 0.055, -0.17, 0.17),
        "zoom": normal(1.03, 0.055, 0.88, 1.2),
        "light_x": normal(0.0, 0.65, -1.5, 1.5),
        "light_y": normal(-0.24, 0.35, -1.0, 0.8),
        "light_strength": uniform(0.35, 1.0),
        "shadow": chance(0.45) * uniform(0.1, 1.3),
        "background": background,
        "background_slope": normal(0, 1.4, -3.1, 3.1),
        "background_clutter": np.where(chance(0.65), uniform(0.1, 1.9), uniform(0, 0.08)),
        "exposure": normal(0.0, 0.26, -0.9, 0.7),
        "contrast": normal(1.42, 0.22, 0.8, 2.1),
        "blur": np.where(chance(0.38), uniform(0.2, 1.0), uniform(0.0, 0.16)),
        "noise": uniform(0.009, 0.035),
    }
    return {
        name: values if values.dtype in (np.bool_, np.uint8) else np.round(values, 6).astype(np.float32)
        for name, values in attributes.items()
    }
