"""A procedural renderer of faces: it draws a lit surface with skin, hair and features large, and averages it down.

All computations on pixels use only +, -, *, /, square roots and comparisons. IEEE 754 fixes their results to the last
bit, so the same seed gives the same bytes on every machine and with every version of NumPy. Sines and cosines are only
computed once per face and angle, in double precision, and rounded.

The picture is [-1, 1] x [-1, 1] with y pointing down. The eyes lie near (-0.39, -0.22) and (0.39, -0.22), the mouth
near (0, 0.53).
"""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np

from gankit.choices import FACE_SIZES
from gankit.errors import InputError
from gankit.faces.attributes import HAIR_STYLES, sample_attributes, uniforms
from gankit.memory import require_memory

RENDERER_VERSION = "2"
DRAWN = 64
CHUNK = 8
# Memory per face: the random numbers of its attributes, and its pixels in a process's part, in the whole, and in a
# file.
BYTES_OF_ATTRIBUTES, BYTES_OF_A_PIXEL = 4000, 6
#: Uniform numbers per face for blobs, coarse, mottled and fine surfaces, locks of hair, and colours of cloth.
LOCKS = 48
TEXTURE_SHAPE = (4 * 4, 8 * 8, 12 * 12, 32 * 32, LOCKS, 8)


def render_faces(
    count: int, size: int = 16, seed: int = 0, processes: int = 1
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Sample attributes and render them.

    Parameters
    ----------
    count : int
        Number of faces, at least 1.
    size : {16, 32, 64}
        Height and width in pixels.
    seed : int
        Face ``i`` depends on the seed and on ``i`` only.
    processes : int
        See :func:`render`.

    Returns
    -------
    faces : numpy.ndarray
        uint8, shape ``(count, size, size)``.
    attributes : dict of numpy.ndarray
        See :func:`gankit.faces.attributes.sample_attributes`.

    Raises
    ------
    InputError
        If the count is below 1, the faces do not fit into memory, or the size is not one of these.
    """
    if count < 1:
        raise InputError(f"The count is {count}; at least 1 face can be rendered.")
    require_memory(
        count * (BYTES_OF_ATTRIBUTES + BYTES_OF_A_PIXEL * size * size),
        f"Rendering {count:,} faces of {size}x{size} pixels",
        "render fewer",
    )
    attributes = sample_attributes(count, seed)
    return render(attributes, size, seed, processes), attributes


def render(attributes: dict[str, np.ndarray], size: int = 16, seed: int = 0, processes: int = 1) -> np.ndarray:
    """Render faces with given attributes.

    Parameters
    ----------
    attributes : dict of numpy.ndarray
        As :func:`gankit.faces.attributes.sample_attributes` returns them.
    size : {16, 32, 64}
        Height and width in pixels.
    seed : int
        Seed of the textures and of the camera's noise, which do not depend on the attributes.
    processes : int
        Number of processes that share the work; the result does not depend on it. With more than one, the program's
        main module must be importable.

    Returns
    -------
    numpy.ndarray
        uint8, shape ``(n, size, size)``.

    Raises
    ------
    InputError
        If the size is not one of these.
    """
    if size not in FACE_SIZES:
        raise InputError(f"The size is {size}; faces can be rendered at {', '.join(map(str, FACE_SIZES))}.")
    count = len(attributes["skin"])
    if processes == 1:
        return _render_part(attributes, 0, size, seed)
    # Threads would wait for each other, because the arrays are small and every operation needs the interpreter.
    bounds = np.linspace(0, count, processes + 1).astype(int)
    parts = [{name: values[a:b] for name, values in attributes.items()} for a, b in zip(bounds, bounds[1:])]
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
        rendered = pool.map(_render_part, parts, bounds[:-1].tolist(), [size] * processes, [seed] * processes)
        return np.concatenate(list(rendered))


def _render_part(attributes: dict[str, np.ndarray], first: int, size: int, seed: int) -> np.ndarray:
    """Render the faces with the numbers ``first``, ``first + 1``, ..."""
    count = len(attributes["skin"])
    faces = np.empty((count, size, size), np.uint8)
    for start in range(0, count, CHUNK):
        rows = slice(start, start + CHUNK)
        chunk = {name: values[rows] for name, values in attributes.items()}
        length = len(chunk["skin"])
        noise = uniforms(length, sum(TEXTURE_SHAPE), seed, stream=1, first=first + start).astype(np.float32)
        grain = uniforms(length, 3 * size * size, seed, stream=2 + size, first=first + start).astype(np.float32)
        faces[rows] = _render_chunk(chunk, noise, grain, size)
    return faces


# ---------------------------------------------------------------- shapes made of basic arithmetic


def _ramp(x: np.ndarray, low: float | np.ndarray, high: float | np.ndarray) -> np.ndarray:
    """Rise smoothly from 0 at ``low`` to 1 at ``high`` (or fall, if ``high`` is smaller)."""
    t = x - low
    t *= 1 / np.asarray(high - low, np.float32)
    np.clip(t, 0, 1, out=t)
    smooth = t * -2
    smooth += 3
    smooth *= t
    smooth *= t
    return smooth


def _spot(x: np.ndarray, y: float | np.ndarray, width: float | np.ndarray, height: float | np.ndarray) -> np.ndarray:
    """Fall from 1 at the origin like a Gaussian, with heavier tails."""
    q = x * x * _half_over_square(width) + y * y * _half_over_square(height)
    q += 1
    q *= q
    return np.divide(1, q, out=q)


def _half_over_square(width: float | np.ndarray) -> float | np.ndarray:
    return 0.5 / (width * width)


def _mix(below: np.ndarray, above: np.ndarray | float, share: np.ndarray) -> np.ndarray:
    change = above - below
    if change.shape == np.broadcast(change, share).shape:
        change *= share
    else:
        change = change * share
    change += below
    return change


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
    """Average areas by adding shifted copies, which fixes the order of the sum; ``mean`` does not."""
    while pictures.shape[1] > size:
        pairs = pictures[:, 0::2] + pictures[:, 1::2]
        pictures = (pairs[:, :, 0::2] + pairs[:, :, 1::2]) * 0.25
    return pictures


def _middle_of_pixels(pictures: np.ndarray, size: int) -> np.ndarray:
    """Average the four drawn points around the middle of each pixel."""
    step = DRAWN // size
    if step == 1:
        return pictures
    first = step // 2 - 1
    pairs = pictures[:, first::step] + pictures[:, first + 1 :: step]
    return (pairs[:, :, first::step] + pairs[:, :, first + 1 :: step]) * 0.25


# ---------------------------------------------------------------- the face


@dataclass
class Head:
    """Where each point of the picture lies on the head; arrays broadcast to ``(n, DRAWN, DRAWN)``."""

    x: np.ndarray  # the upright picture, origin at the middle of the face
    y: np.ndarray
    outline_x: np.ndarray  # the same, with the origin at the centre of the skull's outline
    outline_y: np.ndarray
    half_width: np.ndarray
    half_height: np.ndarray
    nx: np.ndarray  # the skull's surface: its normal before relief
    ny: np.ndarray
    depth: np.ndarray
    u: np.ndarray  # position on the face if it looked straight at the camera
    v: np.ndarray
    side: np.ndarray  # |u|
    facing: np.ndarray  # above 0 where this point is visible on the unturned face
    on_head: np.ndarray


@dataclass
class Textures:
    """Random surfaces from -1 to 1, ``(n, DRAWN, DRAWN)``, from coarse to fine."""

    blobs: np.ndarray
    coarse: np.ndarray
    mottle: np.ndarray
    fine: np.ndarray
    strands: np.ndarray
    shades: np.ndarray  # eight numbers per face from 0 to 1, (n, 8, 1, 1): colours of cloth


def _render_chunk(raw: dict[str, np.ndarray], noise: np.ndarray, grain: np.ndarray, size: int) -> np.ndarray:
    a = {name: values.astype(np.float32)[:, None, None] for name, values in raw.items()}
    style = raw["hair_style"][:, None, None]
    a |= {name: (style == number).astype(np.float32) for number, name in enumerate(HAIR_STYLES)}
    head = _head(raw, a)
    textures = _textures(noise, head, a)
    brightness, gloss = _light(a, head)
    skin = _skin(a, head, textures) * brightness + 0.12 * gloss * (0.5 + a["skin"])
    hair_light = 0.45 + 0.55 * brightness
    hair = a["hair_shade"] * hair_light * np.maximum(1 + a["hair_texture"] * textures.strands, 0.05)
    behind, front = _hair(a, head, textures)

    picture = _background(a, head, textures)
    picture = _mix(picture, hair * 0.85, behind)
    rim = 1 - a["rim"] * _ramp(head.facing, 0.45, 0.02)
    picture = _mix(picture, skin * rim, head.on_head)
    picture = _mix(picture, hair, front)
    picture = _worn(picture, a, head, textures, hair_light, behind)
    return _photograph(picture, a, raw["exposure"], grain, size)


def _head(raw: dict[str, np.ndarray], a: dict[str, np.ndarray]) -> Head:
    def turn(name: str) -> tuple[np.ndarray, np.ndarray]:
        radians = raw[name].astype(np.float64) * (np.pi / 180)
        sine, cosine = (np.round(f(radians), 6).astype(np.float32)[:, None, None] for f in (np.sin, np.cos))
        return sine, cosine

    (sin_yaw, cos_yaw), (sin_pitch, cos_pitch), (sin_roll, cos_roll) = turn("yaw"), turn("pitch"), turn("roll")
    axis = (np.arange(DRAWN, dtype=np.float32) + 0.5) / np.float32(DRAWN / 2) - 1
    x = (axis[None, None, :] - a["shift_x"]) / a["zoom"]
    y = (axis[None, :, None] - a["shift_y"]) / a["zoom"]
    x, y = x * cos_roll + y * sin_roll, y * cos_roll - x * sin_roll
    half_width = 0.83 + a["face_width"]
    half_height = 1.30 + a["face_length"]
    # The crop follows the eyes, so turning the head moves its outline and not its features.
    outline_x = x + 0.72 * half_width * sin_yaw
    outline_y = y + 0.10 + 0.3 * sin_pitch
    # The skull is a wide ellipse above the eyes and narrows to the chin below.
    lower = np.maximum(outline_y, 0)
    width_here = half_width * (1 - (0.25 - 0.10 * a["jaw"]) * lower * lower)
    nx, ny = outline_x / width_here, outline_y / half_height
    # A square face fills the corners of its ellipse.
    radius = nx * nx + ny * ny - a["squareness"] * (nx * nx) * (ny * ny)
    depth = np.sqrt(np.maximum(1 - radius, 0))
    # Position of this point of the surface on the unturned face.
    u = width_here * (nx * cos_yaw - depth * sin_yaw)
    v = y * cos_pitch + 0.35 * depth * sin_pitch - 0.25 * sin_pitch
    return Head(
        x=x,
        y=y,
        outline_x=outline_x,
        outline_y=outline_y,
        half_width=half_width,
        half_height=half_height,
        nx=nx,
        ny=ny,
        depth=depth,
        u=u,
        v=v,
        side=np.sqrt(u * u + np.float32(1e-6)),
        facing=depth * cos_yaw + nx * sin_yaw,
        on_head=_ramp(radius, 1.0 + a["outline_softness"], 1.0 - a["outline_softness"]),
    )


def _textures(noise: np.ndarray, head: Head, a: dict[str, np.ndarray]) -> Textures:
    parts = np.split(2 * noise - 1, np.cumsum(TEXTURE_SHAPE)[:-1], axis=1)
    blobs, coarse, mottle, fine, locks, shades = parts
    mottle = _enlarge(mottle.reshape(-1, 12, 12), DRAWN)
    fine = _enlarge(fine.reshape(-1, 32, 32), DRAWN)
    # Strands of hair: random lines in the direction in which the hair falls from its parting.
    falls = head.x + 0.25 * a["parting"] * np.minimum(head.y, 0) + 0.12 * mottle
    place = np.minimum(np.maximum((falls + 1.6) * np.float32(LOCKS / 3.2), 0), LOCKS - 1.01)
    low = place.astype(int)
    part = place - low
    flat = low.reshape(len(low), -1)
    left = np.take_along_axis(locks, flat, 1).reshape(low.shape)
    right = np.take_along_axis(locks, flat + 1, 1).reshape(low.shape)
    return Textures(
        blobs=_enlarge(blobs.reshape(-1, 4, 4), DRAWN),
        coarse=_enlarge(coarse.reshape(-1, 8, 8), DRAWN),
        mottle=mottle,
        fine=fine,
        strands=0.5 * (left + (right - left) * part) + 0.4 * mottle + 0.5 * fine,
        shades=(0.5 * shades + 0.5)[:, :, None, None],
    )


def _light(a: dict[str, np.ndarray], head: Head) -> tuple[np.ndarray, np.ndarray]:
    """The light that falls on each point, and the highlights on wet or oily skin."""
    u, v, side = head.u, head.v, head.side
    smile = np.maximum(a["smile"], 0)
    old = _oldness(a)
    nose_line = _ramp(v, -0.35, 0.22) * _ramp(v, 0.36, 0.24)
    nose_width = 0.11 * a["nose_width"]
    relief = (
        0.10 * a["nose_height"] * nose_line * _spot(u, 0, nose_width, 1.0)
        + 0.05 * a["nose_height"] * _spot(u, v - 0.20 - a["nose_length"], nose_width + 0.03, 0.12)
        + 0.05 * _spot(side - 0.34, v + 0.41 + a["brow_height"], 0.26, 0.09)
        - 0.085 * a["sockets"] * _spot(side - a["eye_spacing"], v - a["eye_height"], 0.19, 0.13)
        + (0.08 * a["cheeks"] + 0.05 * smile) * _spot(side - 0.42, v - 0.15, 0.24, 0.20)
        + 0.03 * _spot(u, v - _mouth_height(a), 0.24, 0.10)
        - 0.045 * _spot(u, v - _mouth_height(a) - 0.14, 0.30, 0.07)
        + 0.03 * a["chin"] * _spot(u, v - 0.90, 0.22, 0.14)
    )
    fold = _spot(side - 0.24 - 0.35 * (v - 0.25), 0, 0.05, 1.0)
    fold = fold * _ramp(v, 0.15, 0.3) * _ramp(v, 0.72, 0.55)
    relief = relief - (0.010 + 0.05 * old + 0.035 * smile) * fold

    rise = np.maximum(head.depth, 0.12)
    normal_x = 0.75 * head.nx - _slope(relief, 2) * rise
    normal_y = 0.48 * head.ny - _slope(relief, 1) * rise
    normal_z = rise + 0.15
    length = np.sqrt(normal_x * normal_x + normal_y * normal_y + normal_z * normal_z)
    light_length = np.sqrt(a["light_x"] ** 2 + a["light_y"] ** 2 + 0.64)
    toward = (normal_x * a["light_x"] + normal_y * a["light_y"] + normal_z * 0.8) / (length * light_length)
    diffuse = np.maximum(toward, 0)
    brightness = 1 - 0.62 * a["light_strength"] + 1.05 * a["light_strength"] * diffuse
    # The nose casts a shadow on the side away from the light.
    away = u * np.minimum(np.maximum(-3 * a["light_x"], -1), 1)
    cast = _ramp(away, 0.04, 0.12) * _ramp(away, 0.34, 0.2) * _ramp(v, -0.2, 0.1) * _ramp(v, 0.45, 0.3)
    brightness = brightness * (1 - 0.35 * a["shadow"] * cast)
    gloss = diffuse * diffuse
    gloss = gloss * gloss
    # Skin shines where it is stretched: between the brows, on the tip of the nose, on the apples of the cheeks.
    bridge = _spot(u, 0, 0.08, 1.0) * _ramp(v, -0.55, -0.3) * _ramp(v, 0.15, -0.15)
    apples = _spot(side - 0.44, v - 0.10, 0.17, 0.13)
    shine = a["nose_shine"] * bridge + a["cheek_shine"] * apples
    return brightness, a["gloss"] * gloss * gloss + shine * brightness


def _oldness(a: dict[str, np.ndarray]) -> np.ndarray:
    return np.minimum(np.maximum((a["age"] - 35) / 40, 0), 1)


def _mouth_height(a: dict[str, np.ndarray]) -> np.ndarray:
    return 0.53 + 0.4 * a["face_length"] + a["mouth_height"]


def _skin(a: dict[str, np.ndarray], head: Head, textures: Textures) -> np.ndarray:
    """Reflectance of the face with its eyes, brows, nostrils, mouth and beard."""
    u, v, side = head.u, head.v, head.side
    old = _oldness(a)
    eye_x, eye_y = a["eye_spacing"], a["eye_height"]
    spots = (0.03 + 0.06 * old) * textures.coarse + a["skin_texture"] * (0.5 * textures.mottle + 0.5 * textures.fine)
    albedo = a["skin"] * (1 + spots)
    albedo = albedo * (1 - 0.4 * a["hollow"] * _spot(side - 0.56, v - 0.32, 0.13, 0.2))
    # Lines run from the wings of the nose to the corners of the mouth, and under the eyes.
    line = _spot(side - 0.20 - 0.42 * (v - 0.25), 0, 0.05, 1.0) * _ramp(v, 0.12, 0.3) * _ramp(v, 0.75, 0.5)
    albedo = albedo * (1 - 0.4 * a["folds"] * line)
    albedo = albedo * (1 - 0.3 * a["bags"] * _spot(side - eye_x + 0.02, v - eye_y - 0.16, 0.14, 0.05))
    albedo = albedo * (1 - 0.45 * a["eye_corners"] * _spot(side - 0.19, v - eye_y, 0.07, 0.10))
    # Eye sockets are in shade, most of all between brow and nose. Make-up deepens the shade.
    socket = _spot(side - eye_x - 0.03, v - eye_y + 0.035, 0.25, 0.13)
    albedo = albedo * np.maximum(1 - (0.42 * a["sockets"] + 0.25 * a["make_up"]) * socket, 0.1)
    brow_y = -0.35 - a["brow_height"] + 0.10 * (side - 0.36) ** 2 - a["brow_slope"] * (side - 0.36)
    brow_y = brow_y + 0.02 * a["pitch"] / 20
    brow = _ramp(np.abs(v - brow_y), 0.08 * a["brow_thickness"], 0.02 * a["brow_thickness"])
    brow = brow * _ramp(side, 0.10, 0.18) * _ramp(side, 0.66, 0.54)
    albedo = _mix(albedo, np.minimum(a["hair_shade"] * 0.7, a["skin"] * 0.8), brow * a["brows"])

    eye_side = np.where(u > 0, np.float32(1), np.float32(-1))
    eye_u = side - eye_x
    lid = (0.035 + 0.045 * np.maximum(a["eyes_open"], 0.1)) * a["eye_size"]
    eye_shape = (eye_u / (0.165 * a["eye_size"])) ** 2 + ((v - eye_y) / lid) ** 2
    eye = _ramp(eye_shape, 1.15, 0.75)
    iris_u = eye_u - 0.07 * a["gaze"] * eye_side
    iris = _ramp(iris_u * iris_u + (v - eye_y) ** 2, 0.0125, 0.006)
    lashes = _ramp(np.abs(eye_shape - 1.1), 0.55, 0.1) * _ramp(v - eye_y, 0.05, -0.02)
    albedo = _mix(albedo, a["eye_white"], eye * 0.6)
    albedo = _mix(albedo, 0.05, eye * iris)
    albedo = _mix(albedo, albedo * 0.25, np.minimum(lashes * (0.58 + 0.5 * a["make_up"]), 1))

    nose_y = 0.29 + a["nose_length"]
    nostril = _spot(side - 0.085 * a["nose_width"], v - nose_y, 0.045, 0.028)
    albedo = albedo * (1 - 0.4 * nostril)
    albedo = albedo * (1 - 0.10 * _spot(u, v - nose_y - 0.035, 0.16, 0.035))

    mouth_y = _mouth_height(a)
    mouth_half = 0.25 + a["mouth_width"] + 0.10 * a["smile"]
    curve = mouth_y + 0.05 * a["smile"] - 0.9 * a["smile"] * u * u
    gap = 0.075 * a["mouth_open"] * np.maximum(1 - (u / mouth_half) ** 2, 0)
    inside_mouth = _ramp(side, mouth_half * 1.08, mouth_half * 0.9)
    lips = _ramp(np.abs(v - curve), gap + 0.095 * a["lips"], gap + 0.055 * a["lips"]) * inside_mouth
    albedo = _mix(albedo, albedo * (0.84 - 0.30 * a["lipstick"]), lips)
    corners = _spot(side - mouth_half, v - curve, 0.07, 0.07)
    albedo = albedo * (1 - 0.5 * a["mouth_corners"] * corners)
    albedo = albedo * (1 + 0.5 * a["lip_shine"] * _spot(u, v - curve - gap - 0.06, 0.12, 0.05))
    line = _ramp(np.abs(v - curve), gap + 0.028, gap + 0.008) * inside_mouth
    albedo = _mix(albedo, albedo * 0.35, line * 0.7)
    teeth = _ramp(np.abs(v - curve + 0.008), gap, gap * 0.6 - 0.001)
    teeth = teeth * inside_mouth * np.minimum(a["mouth_open"] * 2.5, 1)
    albedo = _mix(albedo, a["teeth"], teeth * 0.9)

    stubble = np.minimum(a["hair_shade"], a["skin"]) * (0.95 + 0.3 * textures.fine)
    chin_area = _ramp(v + 0.55 * side, 0.42, 0.80) * (1 - 0.8 * np.maximum(lips, teeth))
    chin_area = chin_area * _ramp(v, 0.02, 0.22)
    albedo = _mix(albedo, stubble, chin_area * a["beard"] * 0.85)
    upper_lip = _ramp(np.abs(v - mouth_y + 0.145), 0.09, 0.02) * _ramp(side, 0.36, 0.16)
    return _mix(albedo, stubble, upper_lip * a["moustache"] * 0.9)


def _background(a: dict[str, np.ndarray], head: Head, textures: Textures) -> np.ndarray:
    """A wall in two tones with a gradient and clutter, and the neck and shoulders in front of it."""
    x, y = head.x, head.y
    wall = a["background"] + 0.1 * a["background_slope"] * (x + 0.7 * y)
    edge = _ramp(x + a["background_tilt"] * y - a["background_edge"], -0.04, 0.04)
    wall = _mix(wall, a["background_other"], edge)
    clutter = 0.5 * textures.blobs + 0.4 * textures.coarse + 0.3 * textures.mottle + 0.2 * textures.fine
    picture = np.maximum(wall + a["background_clutter"] * (0.2 + np.minimum(wall, 1)) * clutter, 0)
    neck = _ramp(np.abs(head.outline_x), head.half_width * 0.72, head.half_width * 0.58) * _ramp(y, 0.62, 0.75)
    picture = _mix(picture, a["skin"] * 0.6 * (1.3 - 0.62 * a["light_strength"]), neck)
    clothes = _ramp(y + 0.05 * textures.mottle - 0.35 * np.abs(head.outline_x), 0.83, 0.91)
    cloth = textures.shades[:, 0] * 1.1 * (1 + 0.3 * textures.coarse + 0.3 * textures.fine)
    return _mix(picture, cloth, clothes)


def _hair(a: dict[str, np.ndarray], head: Head, textures: Textures) -> tuple[np.ndarray, np.ndarray]:
    """Where hair covers the background, and where it covers the face."""
    u, v, side = head.u, head.v, head.side
    long_hair = np.maximum(a["long"], 0.55 * a["medium"])
    long_hair = np.maximum(long_hair, 0.8 * np.maximum(a["fringe"], a["curls"]))
    any_hair = 1 - a["bald"]
    volume = 0.11 + 0.06 * a["hair_volume"] + 0.12 * a["curls"] + 0.07 * long_hair
    bulge = 0.05 * textures.coarse * (0.5 + a["curls"])
    outer_x = head.outline_x / (head.half_width + volume)
    outer_y = (head.outline_y + 0.05) / (head.half_height + volume)
    crown = outer_x * outer_x + outer_y * outer_y + bulge
    crown = _ramp(crown, 1 + 1.5 * a["hair_softness"], 1 - 1.5 * a["hair_softness"]) * _ramp(head.y, 0.15, -0.15)
    reach = 0.25 + 1.1 * long_hair + 0.25 * a["hair_volume"]
    fall_width = head.half_width + volume + 0.10 * np.maximum(head.y, 0) + 0.06 * textures.coarse
    falls = _ramp(np.abs(head.outline_x), fall_width + 0.05, fall_width - 0.06) * _ramp(head.y, reach, reach - 0.2)
    falls = falls * _ramp(head.y, -0.45, -0.25) * np.minimum(long_hair * 2, 1)
    behind = np.maximum(crown, falls) * any_hair

    # The hairline is an arch that the parting tilts, or a fringe. Side-swept hair crosses the forehead.
    parted = a["parting"] * 0.24 * u
    arch = 1.15 * u * u * (0.75 + 0.5 * long_hair)
    edge = -0.97 - 1.2 * a["hairline"] - 0.05 * a["hair_volume"] + arch + parted
    edge = _mix(edge, -0.60 + 0.25 * u * u + 1.25 * parted, a["fringe"])
    swept = -1.0 + np.abs(a["sweep"]) * 0.4 + (0.85 * a["sweep"]) * u
    edge = np.maximum(edge, np.minimum(swept, 0.3)) + 0.10 * textures.mottle * (0.5 + a["curls"])
    front = _ramp(v, edge + a["hair_softness"], edge - a["hair_softness"])
    curtain_edge = 0.70 - 0.07 * a["hair_volume"] - 0.18 * np.maximum(a["parting"] * u, 0) + 0.05 * textures.coarse
    curtain = _ramp(side, curtain_edge - a["hair_softness"], curtain_edge + a["hair_softness"]) * _ramp(
        v, reach, reach - 0.25
    )
    curtain = curtain * np.minimum(long_hair * 1.3, 1)
    sideburn = _ramp(side, 0.70, 0.78) * _ramp(v, 0.0, -0.2)
    far = _ramp(head.facing, 0.12, -0.02) * _ramp(v, 0.3, 0.0)
    front = np.maximum(np.maximum(front, curtain), np.maximum(sideburn, far))
    return behind, front * any_hair * head.on_head


def _worn(
    picture: np.ndarray,
    a: dict[str, np.ndarray],
    head: Head,
    textures: Textures,
    light: np.ndarray,
    behind: np.ndarray,
) -> np.ndarray:
    """Put on scarves, hats, glasses and sunglasses; what nobody in the chunk wears is not drawn."""
    u, v, side = head.u, head.v, head.side
    folds = light * (1 + 0.2 * textures.coarse + 0.2 * textures.strands)
    if a["covered"].any():
        scarf_edge = -0.62 + 0.45 * u * u
        scarf = np.maximum(_ramp(v, scarf_edge + 0.05, scarf_edge - 0.05), _ramp(side, 0.62, 0.70))
        scarf = np.maximum(scarf * head.on_head, behind) * a["covered"]
        picture = _mix(picture, (0.05 + 0.7 * textures.shades[:, 1]) * folds, scarf)

    if a["hat"].any():
        brim = -0.85 + 0.10 * u * u + 0.06 * a["hairline"]
        crown_x = head.outline_x / (head.half_width + 0.15)
        crown_y = (head.outline_y + 0.05) / (head.half_height + 0.15)
        hat = _ramp(v, brim + 0.03, brim - 0.03) * _ramp(crown_x * crown_x + crown_y * crown_y, 1.25, 1.1)
        under_brim = _ramp(v, brim + 0.3, brim + 0.05) * head.on_head
        picture = picture * (1 - 0.45 * under_brim * a["hat"])
        hat_shade = 0.03 + 0.7 * textures.shades[:, 2] * textures.shades[:, 3]
        picture = _mix(picture, hat_shade * folds, hat * a["hat"])

    if not (a["glasses"].any() or a["sunglasses"].any()):
        return picture
    lens_u, lens_v = (side - 0.37) / 0.25, (v - a["eye_height"] - 0.03) / 0.17
    lens = lens_u * lens_u * (0.5 + 0.5 * lens_u * lens_u) + lens_v * lens_v
    bridge = _ramp(np.abs(v - a["eye_height"] + 0.03), 0.04, 0.015) * _ramp(side, 0.16, 0.12)
    temple = _ramp(np.abs(v - a["eye_height"] + 0.04), 0.04, 0.015) * _ramp(side, 0.58, 0.62)
    frame = np.maximum(_ramp(np.abs(lens - 1), 0.36, 0.14), np.maximum(bridge, temple)) * head.on_head
    picture = _mix(picture, 0.06, frame * np.maximum(a["glasses"] * a["frame"], a["sunglasses"]))
    tinted = _ramp(lens, 1.1, 0.9) * head.on_head
    picture = _mix(picture, 0.05 + 0.025 * textures.coarse, tinted * a["sunglasses"] * 0.95)
    return _mix(picture, picture * 0.85 + 0.06 * np.maximum(textures.blobs, 0), tinted * a["glasses"])


def _photograph(
    picture: np.ndarray, a: dict[str, np.ndarray], exposure: np.ndarray, grain: np.ndarray, size: int
) -> np.ndarray:
    """Turn light into bytes: focus, exposure, contrast, highlights, noise."""
    # A sensor's pixels do not fill their squares, and few programs average the whole picture when they shrink it.
    # Details finer than a pixel therefore show as grain.
    small = _mix(_average_down(picture, size), _middle_of_pixels(picture, size), a["aliasing"])
    soft = small.copy()
    soft[:, 1:-1] = (small[:, :-2] + small[:, 2:]) * 0.25 + small[:, 1:-1] * 0.5
    softer = soft.copy()
    softer[:, :, 1:-1] = (soft[:, :, :-2] + soft[:, :, 2:]) * 0.25 + soft[:, :, 1:-1] * 0.5
    small = np.maximum(_mix(small, softer, a["blur"]), 0)
    # Automatic exposure and contrast: the camera corrects a part of the difference to medium values.
    middling = 0.42 / (_average_down(small, 1) + 0.03)
    gain = np.round(2.0 ** exposure.astype(np.float64), 6).astype(np.float32)[:, None, None]
    small = small * np.sqrt(np.sqrt(middling)) * gain * 1.04
    spread = small - _average_down(small, 1)
    spread = np.sqrt(_average_down(spread * spread, 1))
    pivot = 0.25 + 0.45 * _average_down(small, 1)
    small = (small - pivot) * (a["contrast"] * np.sqrt(0.2 / (spread + 0.05))) + pivot
    # Highlights and shadows are compressed before they are clipped, as film and sensors do.
    over = np.maximum(small - 0.6, 0)
    small = small - over * over / (over + 0.9)
    under = np.maximum(0.05 - small, 0)
    small = small + under * under / (under + 0.1)
    thirds = grain.reshape(len(small), 3, size, size)
    hiss = thirds[:, 0] + thirds[:, 1] + thirds[:, 2] - 1.5
    small = small + 2 * a["noise"] * hiss
    small = np.minimum(np.maximum(small, 0), 1)
    return (small * 255 + 0.5).astype(np.uint8)
