"""A procedural renderer of faces: a lit surface with skin, hair and features, drawn large and averaged down.

Everything done to pixels uses +, -, *, /, square roots and comparisons alone, whose results IEEE 754 fixes to the last
bit: the same seed gives the same bytes on every machine and with every NumPy. Sines and cosines are taken of one number
a face only, in double precision, and rounded.

The picture is [-1, 1] x [-1, 1] with y downwards; eyes lie near (-0.39, -0.22) and (0.39, -0.22), the mouth near
(0, 0.53).
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from gankit.errors import InputError
from gankit.faces.attributes import HAIR_STYLES, sample_attributes, uniforms

RENDERER_VERSION = "1"
SIZES = (16, 32, 64)
DRAWN = 64
CHUNK = 16
TEXTURE_DRAWS = 3 * 64


def render_faces(count: int, size: int = 16, seed: int = 0) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Draw attributes and render them.

    Parameters
    ----------
    count : int
        Number of faces, at least 1.
    size : {16, 32, 64}
        Height and width in pixels.
    seed : int
        Face ``i`` depends on the seed and on ``i`` only.

    Returns
    -------
    faces : numpy.ndarray
        uint8, shape ``(count, size, size)``.
    attributes : dict of numpy.ndarray
        See :func:`gankit.faces.attributes.sample_attributes`.
    """
    attributes = sample_attributes(count, seed)
    return render(attributes, size, seed), attributes


def render(attributes: dict[str, np.ndarray], size: int = 16, seed: int = 0) -> np.ndarray:
    """Render faces with given attributes.

    Parameters
    ----------
    attributes : dict of numpy.ndarray
        As :func:`gankit.faces.attributes.sample_attributes` returns them.
    size : {16, 32, 64}
        Height and width in pixels.
    seed : int
        Of the textures and the camera's noise; attributes play no part in them.

    Returns
    -------
    numpy.ndarray
        uint8, shape ``(n, size, size)``.

    Raises
    ------
    InputError
        If the size is another one.
    """
    if size not in SIZES:
        raise InputError(f"The size is {size}; faces can be rendered at {', '.join(map(str, SIZES))}.")
    count = len(attributes["skin"])
    textures = uniforms(count, TEXTURE_DRAWS, seed, stream=1).astype(np.float32)
    grain = uniforms(count, 3 * size * size, seed, stream=2 + size).astype(np.float32)
    faces = np.empty((count, size, size), np.uint8)

    def render_rows(start: int) -> None:
        rows = slice(start, start + CHUNK)
        chunk = {name: values[rows] for name, values in attributes.items()}
        faces[rows] = _render_chunk(chunk, textures[rows], grain[rows], size)

    # NumPy lets go of the interpreter while it computes, so threads are enough to use every core.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(render_rows, range(0, count, CHUNK)))
    return faces


# ---------------------------------------------------------------- shapes made of basic arithmetic


def _ramp(x: np.ndarray, low: float | np.ndarray, high: float | np.ndarray) -> np.ndarray:
    """Rise smoothly from 0 at ``low`` to 1 at ``high`` (or fall, where ``high`` is the smaller)."""
    t = (x - low) * (1 / np.asarray(high - low, np.float32))
    t = np.minimum(np.maximum(t, 0), 1)
    return t * t * (3 - 2 * t)


def _spot(x: np.ndarray, y: np.ndarray, width: float | np.ndarray, height: float | np.ndarray) -> np.ndarray:
    """Fall from 1 at the origin like a Gaussian, with heavier tails."""
    d = x * x * _half_over_square(width) + y * y * _half_over_square(height)
    q = 1 / (1 + d)
    return q * q


def _half_over_square(width: float | np.ndarray) -> np.ndarray:
    return 0.5 / (1 * width * width)


def _mix(below: np.ndarray, above: np.ndarray | float, share: np.ndarray) -> np.ndarray:
    return below + (above - below) * share


def _enlarge(grid: np.ndarray, size: int) -> np.ndarray:
    """Bilinear enlargement of ``(n, k, k)`` to ``(n, size, size)``."""
    k = grid.shape[1]
    places = (np.arange(size, dtype=np.float32) + 0.5) * np.float32((k - 1) / size)
    low = np.minimum(places.astype(int), k - 2)
    part = (places - low).astype(np.float32)
    rows = grid[:, low] * (1 - part)[None, :, None] + grid[:, low + 1] * part[None, :, None]
    return rows[:, :, low] * (1 - part) + rows[:, :, low + 1] * part


def _slope(height: np.ndarray, axis: int) -> np.ndarray:
    """Central differences in picture units."""
    out = np.zeros_like(height)
    scale = np.float32(DRAWN / 4)
    if axis == 2:
        out[:, :, 1:-1] = (height[:, :, 2:] - height[:, :, :-2]) * scale
    else:
        out[:, 1:-1] = (height[:, 2:] - height[:, :-2]) * scale
    return out


def _average_down(pictures: np.ndarray, size: int) -> np.ndarray:
    """Area average by adding shifted copies: the order of the sum is fixed, unlike that of ``mean``."""
    while pictures.shape[1] > size:
        pairs = pictures[:, 0::2] + pictures[:, 1::2]
        pictures = (pairs[:, :, 0::2] + pairs[:, :, 1::2]) * 0.25
    return pictures


# ---------------------------------------------------------------- the face


def _render_chunk(raw: dict[str, np.ndarray], textures: np.ndarray, grain: np.ndarray, size: int) -> np.ndarray:
    a = {name: values.astype(np.float32)[:, None, None] for name, values in raw.items()}
    style = raw["hair_style"][:, None, None]
    styled = {name: (style == number).astype(np.float32) for number, name in enumerate(HAIR_STYLES)}

    def turn(name: str) -> tuple[np.ndarray, np.ndarray]:
        radians = raw[name].astype(np.float64) * (np.pi / 180)
        return tuple(np.round(f(radians), 6).astype(np.float32)[:, None, None] for f in (np.sin, np.cos))

    (sin_yaw, cos_yaw), (sin_pitch, cos_pitch), (sin_roll, cos_roll) = turn("yaw"), turn("pitch"), turn("roll")
    coarse = _enlarge(textures[:, :64].reshape(-1, 8, 8), DRAWN)
    strands = _enlarge(textures[:, 64:128].reshape(-1, 8, 8), DRAWN)
    blobs = _enlarge(textures[:, 128:144].reshape(-1, 4, 4), DRAWN)

    # ---- picture -> head, turned upright, with its centre at the origin ----
    axis = (np.arange(DRAWN, dtype=np.float32) + 0.5) / np.float32(DRAWN / 2) - 1
    x = (axis[None, None, :] - a["shift_x"]) / a["zoom"]
    y = (axis[None, :, None] - a["shift_y"]) / a["zoom"]
    x, y = x * cos_roll + y * sin_roll, y * cos_roll - x * sin_roll
    half_width = 0.83 + a["face_width"]
    half_height = 1.30 + a["face_length"]
    # The crop follows the eyes, so a turned head moves its outline and not its features.
    head_x = x + 0.72 * half_width * sin_yaw
    head_y = y + 0.10 + 0.3 * sin_pitch
    # The skull is a wide ellipse above the eyes and narrows to the chin below.
    lower = np.maximum(head_y, 0)
    width_here = half_width * (1 - (0.25 - 0.10 * a["jaw"]) * lower * lower)
    nx, ny = head_x / width_here, head_y / half_height
    radius = nx * nx + ny * ny
    depth = np.sqrt(np.maximum(1 - radius, 0))
    on_head = _ramp(radius, 1.03, 0.95)

    # ---- head -> face: where on an unturned face this point of the surface lies ----
    u = width_here * (nx * cos_yaw - depth * sin_yaw)
    facing = depth * cos_yaw + nx * sin_yaw
    v = y * cos_pitch + 0.35 * depth * sin_pitch - 0.25 * sin_pitch
    side = np.sqrt(u * u + np.float32(1e-6))

    # ---- relief ----
    eye_x, eye_y = 0.39, -0.19
    mouth_y = 0.53 + 0.4 * a["face_length"]
    smile = np.maximum(a["smile"], 0)
    nose_line = _ramp(v, -0.35, 0.22) * _ramp(v, 0.36, 0.24)
    relief = (
        0.10 * nose_line * _spot(u, 0, 0.11, 1.0)
        + 0.05 * _spot(u, v - 0.20, 0.14, 0.12)
        + 0.05 * _spot(side - 0.34, v + 0.41, 0.26, 0.09)
        - 0.085 * _spot(side - eye_x, v - eye_y, 0.19, 0.13)
        + (0.08 + 0.05 * smile) * _spot(side - 0.42, v - 0.15, 0.24, 0.20)
        + 0.03 * _spot(u, v - mouth_y, 0.24, 0.10)
        - 0.045 * _spot(u, v - mouth_y - 0.14, 0.30, 0.07)
        + 0.03 * _spot(u, v - 0.90, 0.22, 0.14)
    )
    old = np.minimum(np.maximum((a["age"] - 35) / 40, 0), 1)
    fold = _spot(side - 0.24 - 0.35 * (v - 0.25), 0, 0.05, 1.0)
    fold = fold * _ramp(v, 0.15, 0.3) * _ramp(v, 0.72, 0.55)
    relief = relief - (0.010 + 0.05 * old + 0.035 * smile) * fold

    # ---- light ----
    slope_x, slope_y = _slope(relief, 2), _slope(relief, 1)
    rise = np.maximum(depth, 0.12)
    normal_x = 0.75 * nx - slope_x * rise
    normal_y = 0.48 * ny - slope_y * rise
    normal_z = rise + 0.15
    length = np.sqrt(normal_x * normal_x + normal_y * normal_y + normal_z * normal_z)
    light_length = np.sqrt(a["light_x"] ** 2 + a["light_y"] ** 2 + 0.64)
    toward = (normal_x * a["light_x"] + normal_y * a["light_y"] + normal_z * 0.8) / (length * light_length)
    diffuse = np.maximum(toward, 0)
    ambient = 1 - 0.62 * a["light_strength"]
    brightness = ambient + 1.05 * a["light_strength"] * diffuse
    # The nose throws a shadow on the side away from the light.
    away = u * np.minimum(np.maximum(-3 * a["light_x"], -1), 1)
    cast = _ramp(away, 0.04, 0.12) * _ramp(away, 0.34, 0.2) * _ramp(v, -0.2, 0.1) * _ramp(v, 0.45, 0.3)
    brightness = brightness * (1 - 0.35 * a["shadow"] * cast)
    gloss = diffuse * diffuse
    gloss = gloss * gloss
    gloss = gloss * gloss * gloss

    # ---- skin and features ----
    albedo = a["skin"] * (0.97 + (0.06 + 0.12 * old) * (coarse - 0.1 * old))
    bags = _spot(side - eye_x, v - eye_y - 0.15, 0.15, 0.05)
    albedo = albedo * (1 - 0.22 * old * bags)
    # Sockets lie in shade, most of all between brow and nose.
    socket = _spot(side - 0.42, v - eye_y + 0.035, 0.25, 0.13)
    albedo = albedo * (1 - 0.42 * socket)
    brow_y = -0.35 + 0.10 * (side - 0.36) ** 2 + 0.02 * a["pitch"] / 20
    brow = _ramp(np.abs(v - brow_y), 0.075, 0.025) * _ramp(side, 0.10, 0.18) * _ramp(side, 0.66, 0.54)
    brow_shade = np.minimum(a["hair_shade"] * 0.7, a["skin"] * 0.8)
    albedo = _mix(albedo, brow_shade, brow * a["brows"])

    eye_side = np.where(u > 0, np.float32(1), np.float32(-1))
    eye_u = side - eye_x
    lid = 0.035 + 0.045 * np.maximum(a["eyes_open"], 0.1)
    eye_shape = (eye_u / 0.165) ** 2 + ((v - eye_y) / lid) ** 2
    eye = _ramp(eye_shape, 1.15, 0.75)
    iris_u = eye_u - 0.07 * a["gaze"] * eye_side
    iris = _ramp(iris_u * iris_u + (v - eye_y) ** 2, 0.0105, 0.0055)
    lashes = _ramp(np.abs(eye_shape - 1.1), 0.55, 0.1) * _ramp(v - eye_y, 0.05, -0.02)
    albedo = _mix(albedo, 0.55, eye * 0.6)
    albedo = _mix(albedo, 0.05, eye * iris)
    make_up = 0.45 + 0.35 * a["lipstick"]
    albedo = _mix(albedo, albedo * 0.25, np.minimum(lashes * make_up * 1.3, 1))

    nostril = _spot(side - 0.085, v - 0.29, 0.045, 0.028)
    albedo = albedo * (1 - 0.4 * nostril)
    under_nose = _spot(u, v - 0.325, 0.16, 0.035)
    albedo = albedo * (1 - 0.10 * under_nose)

    mouth_half = 0.25 + 0.10 * a["smile"]
    curve = mouth_y + 0.05 * a["smile"] - 0.9 * a["smile"] * u * u
    gap = 0.075 * a["mouth_open"] * np.maximum(1 - (u / mouth_half) ** 2, 0)
    inside_mouth = _ramp(side, mouth_half * 1.08, mouth_half * 0.9)
    lips = _ramp(np.abs(v - curve), gap + 0.095, gap + 0.055) * inside_mouth
    lip_shade = albedo * (0.84 - 0.30 * a["lipstick"])
    albedo = _mix(albedo, lip_shade, lips)
    line = _ramp(np.abs(v - curve), gap + 0.028, gap + 0.008) * inside_mouth
    albedo = _mix(albedo, albedo * 0.35, line * 0.7)
    teeth = _ramp(np.abs(v - curve + 0.008), gap, gap * 0.6 - 0.001)
    teeth = teeth * inside_mouth * np.minimum(a["mouth_open"] * 2.5, 1)
    albedo = _mix(albedo, 0.82, teeth * 0.9)

    # ---- beard and moustache ----
    stubble_shade = np.minimum(a["hair_shade"], a["skin"]) * (0.75 + 0.4 * strands)
    chin_area = _ramp(v + 0.55 * side, 0.50, 0.68) * (1 - 0.8 * np.maximum(lips, teeth))
    chin_area = chin_area * _ramp(v, 0.02, 0.22)
    albedo = _mix(albedo, stubble_shade, chin_area * a["beard"] * 0.85)
    upper_lip = _ramp(np.abs(v - mouth_y + 0.145), 0.07, 0.035) * _ramp(side, 0.34, 0.24)
    albedo = _mix(albedo, stubble_shade, upper_lip * a["moustache"] * 0.9)

    skin_light = albedo * brightness + 0.10 * gloss * (0.5 + a["skin"])

    # ---- background, neck and shoulders ----
    tilt = a["background_slope"] * (axis[None, None, :] * 0.45 + axis[None, :, None] * 0.3)
    clutter = a["background_clutter"] * 1.6 * (0.6 * blobs + 0.4 * coarse - 0.5)
    picture = np.maximum(a["background"] + 0.35 * tilt * 0.6 + clutter, 0)
    neck = _ramp(np.abs(head_x), half_width * 0.72, half_width * 0.58) * _ramp(y, 0.62, 0.75)
    picture = _mix(picture, a["skin"] * 0.6 * (ambient + 0.3), neck)
    clothes = _ramp(y + 0.1 * strands - 0.25 * np.abs(head_x), 0.86, 0.94)
    picture = _mix(picture, blobs[:, :1, :1] * 1.15 * (0.7 + 0.4 * coarse), clothes)

    # ---- hair behind the face ----
    long_hair = np.maximum(styled["long"], 0.55 * styled["medium"])
    long_hair = np.maximum(long_hair, 0.8 * np.maximum(styled["fringe"], styled["curls"]))
    any_hair = 1 - styled["bald"]
    volume = 0.15 + 0.06 * a["hair_volume"] + 0.12 * styled["curls"]
    volume = volume + 0.07 * long_hair
    bulge = 0.10 * (coarse - 0.5) * (0.5 + styled["curls"])
    outer = (head_x / (half_width + volume)) ** 2 + ((head_y + 0.05) / (half_height + volume)) ** 2
    crown = _ramp(outer + bulge, 1.06, 0.92) * _ramp(y, 0.15, -0.15)
    reach = 0.25 + 1.1 * long_hair + 0.25 * a["hair_volume"]
    fall_width = half_width + volume + 0.10 * np.maximum(y, 0)
    falls = _ramp(np.abs(head_x), fall_width + 0.05, fall_width - 0.06) * _ramp(y, reach, reach - 0.2)
    falls = falls * _ramp(y, -0.45, -0.25) * np.minimum(long_hair * 2, 1)
    behind = np.maximum(crown, falls) * any_hair
    hair_light = 0.45 + 0.55 * brightness
    sheen = 0.5 + 0.9 * strands
    hair = a["hair_shade"] * hair_light * sheen
    picture = _mix(picture, hair * 0.85, behind)

    # ---- the head itself, ears and far side in shade ----
    rim = 0.55 + 0.45 * _ramp(facing, 0.02, 0.35)
    picture = _mix(picture, skin_light * rim, on_head)

    # ---- hair before the face: hairline, temples, fringe ----
    parted = a["parting"] * 0.30 * u
    bare = -0.97 - 1.2 * a["hairline"] - 0.05 * a["hair_volume"]
    arch = 0.85 * u * u * (0.75 + 0.5 * long_hair)
    edge = bare + arch + parted * 0.8 + 0.12 * (strands - 0.5)
    edge = _mix(edge, -0.60 + 0.25 * u * u + parted, styled["fringe"])
    front = _ramp(v, edge + 0.06, edge - 0.06)
    curtain_edge = 0.70 - 0.07 * a["hair_volume"] - 0.18 * np.maximum(a["parting"] * u, 0)
    curtain = _ramp(side, curtain_edge - 0.05, curtain_edge + 0.06) * _ramp(v, reach, reach - 0.25)
    curtain = curtain * np.minimum(long_hair * 1.3, 1)
    sideburn = _ramp(side, 0.70, 0.78) * _ramp(v, 0.0, -0.2)
    far = _ramp(facing, 0.12, -0.02) * _ramp(v, 0.3, 0.0)
    front = np.maximum(np.maximum(front, curtain), np.maximum(sideburn, far)) * any_hair * on_head
    picture = _mix(picture, hair, front)

    # ---- what is worn ----
    scarf_edge = -0.62 + 0.45 * u * u
    scarf = np.maximum(_ramp(v, scarf_edge + 0.05, scarf_edge - 0.05), _ramp(side, 0.62, 0.70))
    scarf = np.maximum(scarf * on_head, behind) * styled["covered"]
    cloth = (0.15 + 0.7 * blobs[:, 5:6, 5:6]) * hair_light * (0.8 + 0.4 * coarse)
    picture = _mix(picture, cloth, scarf)
    brim = -0.66 + 0.10 * u * u + 0.06 * a["hairline"]
    hat = _ramp(v, brim + 0.03, brim - 0.03) * _ramp(outer, 1.25, 1.1)
    under_brim = _ramp(v, brim + 0.3, brim + 0.05) * on_head
    picture = picture * (1 - 0.45 * under_brim * a["hat"])
    hat_shade = 0.05 + 0.75 * blobs[:, 60:61, 3:4] * blobs[:, 60:61, 3:4]
    picture = _mix(picture, hat_shade * hair_light * (0.8 + 0.4 * coarse), hat * a["hat"])
    lens_u, lens_v = (side - 0.37) / 0.25, (v - eye_y - 0.03) / 0.17
    lens = lens_u * lens_u * (0.5 + 0.5 * lens_u * lens_u) + lens_v * lens_v
    frame = _ramp(np.abs(lens - 1), 0.36, 0.14)
    bridge = _ramp(np.abs(v - eye_y + 0.03), 0.04, 0.015) * _ramp(side, 0.16, 0.12)
    temple = _ramp(np.abs(v - eye_y + 0.04), 0.04, 0.015) * _ramp(side, 0.58, 0.62)
    frame = np.maximum(frame, np.maximum(bridge, temple)) * on_head
    picture = _mix(picture, 0.06, frame * np.maximum(a["glasses"] * 0.75, a["sunglasses"]))
    tinted = _ramp(lens, 1.1, 0.9) * on_head
    picture = _mix(picture, 0.03 + 0.05 * coarse, tinted * a["sunglasses"] * 0.95)
    picture = _mix(picture, picture * 0.8 + 0.06 * strands, tinted * a["glasses"])

    return _photograph(picture, a, raw["exposure"], grain, size)


def _photograph(
    picture: np.ndarray, a: dict[str, np.ndarray], exposure: np.ndarray, grain: np.ndarray, size: int
) -> np.ndarray:
    """Turn light into bytes: blur, exposure, contrast, highlights, noise."""
    small = _average_down(picture, size)
    soft = small.copy()
    soft[:, 1:-1] = (small[:, :-2] + small[:, 2:]) * 0.25 + small[:, 1:-1] * 0.5
    softer = soft.copy()
    softer[:, :, 1:-1] = (soft[:, :, :-2] + soft[:, :, 2:]) * 0.25 + soft[:, :, 1:-1] * 0.5
    small = _mix(small, softer, a["blur"])
    # Automatic exposure: the camera makes up for a part of what is missing to a middling brightness, in stops.
    middling = 0.42 / (_average_down(small, 1) + 0.03)
    small = small * np.sqrt(np.sqrt(middling))
    gain = np.round(2.0 ** exposure.astype(np.float64), 6).astype(np.float32)[:, None, None]
    small = (small * gain * 1.04 - 0.45) * a["contrast"] + 0.45
    # Highlights are compressed, as film and sensors do, before they are cut off.
    over = np.maximum(small - 0.6, 0)
    small = small - over * over / (over + 0.9)
    thirds = grain.reshape(len(small), 3, size, size)
    hiss = thirds[:, 0] + thirds[:, 1] + thirds[:, 2] - 1.5
    small = small + 2 * a["noise"] * hiss
    small = np.minimum(np.maximum(small, 0), 1)
    return (small * 255 + 0.5).astype(np.uint8)
