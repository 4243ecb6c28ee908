"""Additions to a run of a style-based GAN: styles that are exchanged, what they move, path lengths, truncation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gankit.faces import load_faces
from gankit.faces.attributes import sample_attributes
from gankit.faces.renderer import render, render_faces
from gankit.memory import network_in_parts
from gankit.metrics import path_length, squared_error
from gankit.models.gan import GAN
from gankit.networks.latents import LatentGenerator
from gankit.networks.style import LATENTS, parts_of, style_layers, truncate
from gankit.randomness import separate_seed
from gankit.training.faces import KeptGenerator
from gankit.training.rivals import FACES_COMPARED, FaceJudge, for_encoder

FACES_MEASURED = 5000
# Pairs of faces between which styles are exchanged, and pairs of latents between which paths run.
PAIRS = 1000
LATENTS_AVERAGED = 10_000
EPSILON = 1e-3
PSIS = (1.0, 0.7, 0.5)
PSIS_SHOWN = (1.0, 0.7, 0.4, 0.0, -0.4, -0.7, -1.0)
# Each purpose has latents of its own.
MOVES, PATHS, TRUNCATED, SHOWN = 3, 4, 5, 6
# What the encoder reads from 16x16 pixels: 0.84 to 0.31 of the variance in rendered faces (data/README.md).
ATTRIBUTES = (
    "yaw",
    "roll",
    "light_x",
    "exposure",
    "blur",
    "face_width",
    "masculine",
    "hair_shade",
    "skin",
    "lipstick",
    "beard",
    "glasses",
    "smile",
)
# What coarse styles should decide (pose and light), and what fine ones should.
KINDS = {"pose": ("yaw", "roll"), "light": ("light_x",), "skin and exposure": ("skin", "exposure")}
NAMES = {4: "coarse", 8: "middle", 16: "fine", 32: "finest"}
ALL, NOISE, GRAIN = "all styles", "noise", "renderer's noise"


def faces_of(size: int, count: int) -> np.ndarray:
    """Return faces to learn from: uint8, ``(n, size, size)``.

    Those of 16 pixels are the first ``count`` of the stored 10,000. Larger ones are rendered, always the same ones.
    """
    return load_faces()[:count] if size == 16 else render_faces(count, size)[0]


class KeptStyles(KeptGenerator):
    """The style-based generator that is kept, with its two parts.

    The arguments are those of :class:`gankit.training.faces.KeptGenerator`.
    """

    def __init__(self, gan: GAN, past: float, seed: int):
        super().__init__(gan, past, seed)
        self._seed = seed
        self.size = gan.generator.output_shape[1]
        self.layers = style_layers(self.size)

    def draw(self, count: int, purpose: int) -> tuple[np.ndarray, np.ndarray]:
        """Sample z, ``(count, 64)``, and noise, ``(count, noise)``, from a stream of their own for each purpose."""
        latents = LatentGenerator(self.averaged.input_shape[-1], seed=separate_seed(self._seed, purpose))(count).numpy()
        return latents[:, :LATENTS], latents[:, LATENTS:]

    def map(self, latents: np.ndarray) -> np.ndarray:
        """Turn z, ``(n, 64)``, into w, ``(n, 64)``."""
        mapping, _ = parts_of(self.averaged)
        return network_in_parts(mapping, 1000, np.asarray(latents, np.float32))

    def mean_style(self) -> np.ndarray:
        """Return the mean w of 10,000 latents: ``(64,)``."""
        return self.map(self.draw(LATENTS_AVERAGED, TRUNCATED)[0]).mean(axis=0)

    def each_layer(self, w: np.ndarray) -> np.ndarray:
        """Repeat w, ``(n, 64)``, for every layer: ``(n, layers, 64)``."""
        return np.repeat(np.asarray(w, np.float32)[:, None], 2 * len(self.layers), axis=1)

    def faces(self, styles: np.ndarray, noise: np.ndarray) -> np.ndarray:
        """Make faces from a style for each layer, ``(n, layers, 64)``, and noise: intensities in [0, 1]."""
        _, synthesis = parts_of(self.averaged)
        outputs = network_in_parts(synthesis, 1000, styles, noise)
        return self._decoding.recover(outputs)

    def mixing_sheet(self, rows: int = 2, columns: int = 8) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
        """Return faces above, faces at the left, and what both give, for each side of maps that takes the upper style.

        Returns
        -------
        above : numpy.ndarray
            ``(columns, size, size)``.
        left : numpy.ndarray
            ``(rows, size, size)``; each occurs once for every side.
        mixed : dict of numpy.ndarray
            ``(rows * columns, size, size)``, row by row: the left face with the styles of the upper one in some layers.
        """
        z, noise = self.draw(rows + columns, SHOWN)
        styles = self.each_layer(self.map(z))
        pictures = self.faces(styles, noise)
        to, taken = np.repeat(np.arange(rows), columns), np.tile(np.arange(rows, rows + columns), rows)
        mixed = {
            f"{NAMES[side]} ({side}x{side})": self.faces(exchange(styles[to], styles[taken], layers), noise[to])
            for side, layers in self.layers.items()
        }
        return pictures[rows:], pictures[:rows], mixed

    def truncation_rows(self, columns: int = 12) -> dict[float, np.ndarray]:
        """Return the same faces with their styles at several distances from the mean style, by psi."""
        z, noise = self.draw(columns, SHOWN)
        w, mean = self.map(z), self.mean_style()
        return {psi: self.faces(self.each_layer(truncate(w, mean, psi)), noise) for psi in PSIS_SHOWN}


def exchange(styles: np.ndarray, others: np.ndarray, layers: Sequence[int]) -> np.ndarray:
    """Return the styles, ``(n, layers, length)``, with those of some layers taken from the others."""
    exchanged = styles.copy()
    exchanged[:, list(layers)] = others[:, list(layers)]
    return exchanged


class AttributeJudge(FaceJudge):
    """A judge that also reads the attributes of faces; the arguments are those of :class:`FaceJudge`."""

    def attributes(self, faces: np.ndarray) -> np.ndarray:
        """Read the attributes of faces of any size: ``(n, len(ATTRIBUTES))``."""
        found = self.encoder.attributes(for_encoder(faces))
        return np.stack([found[name] for name in ATTRIBUTES], axis=1)


# ---------------------------------------------------------------- what styles and noise move


@dataclass(frozen=True)
class Moves:
    """How far attributes move, in units of their deviation among generated faces.

    Attributes
    ----------
    rows : tuple of str
        What was exchanged.
    attributes : tuple of str
        What was read.
    table : numpy.ndarray
        Mean absolute moves, ``(rows, attributes)``.
    pixels : numpy.ndarray
        Mean absolute change of the intensity of a pixel, ``(rows,)``.
    """

    rows: tuple[str, ...]
    attributes: tuple[str, ...]
    table: np.ndarray
    pixels: np.ndarray


def moves_between(read: Callable[[np.ndarray], np.ndarray], before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Return the mean absolute move of each attribute, in units of its deviation before.

    Parameters
    ----------
    read : callable
        Reads attributes, ``(n, k)``, from faces.
    before, after : numpy.ndarray
        Faces, ``(n, size, size)``.

    Returns
    -------
    numpy.ndarray
        ``(k,)``. Two independent normal values differ by 1.13 on average.
    """
    first, second = read(before), read(after)
    return np.abs(second - first).mean(axis=0) / np.maximum(first.std(axis=0), 1e-9)


def attribute_moves(kept: KeptStyles, judge: AttributeJudge, seed: int, pairs: int = PAIRS) -> Moves:
    """Exchange the styles of the layers of each side, or draw the noise again, and read what has moved.

    The row ``all styles`` exchanges all of them. The row ``renderer's noise`` is the floor: real faces that are
    rendered again with other random textures and grain, and read again. Its unit is the deviation among real faces.
    """
    z, noise = kept.draw(2 * pairs, MOVES)
    styles = kept.each_layer(kept.map(z))
    own, others, noise, other_noise = styles[:pairs], styles[pairs:], noise[:pairs], noise[pairs:]
    before = kept.faces(own, noise)
    after = {
        f"{NAMES[side]} ({side}x{side})": kept.faces(exchange(own, others, layers), noise)
        for side, layers in kept.layers.items()
    }
    after[ALL] = kept.faces(others, noise)
    after[NOISE] = kept.faces(own, other_noise)
    compared = {name: (before, faces) for name, faces in after.items()}
    attributes = sample_attributes(min(pairs, 500), seed)
    compared[GRAIN] = tuple(render(attributes, kept.size, seed + more) / np.float32(255) for more in (0, 1))
    return Moves(
        tuple(compared),
        ATTRIBUTES,
        np.stack([moves_between(judge.attributes, *both) for both in compared.values()]),
        np.array([np.abs(second - first).mean() for first, second in compared.values()]),
    )


def shares_of_sides(moves: Moves) -> dict[str, dict[str, float]]:
    """Divide what moves each kind of attributes among the sides of the maps, whose styles were exchanged.

    Styles of one side may move everything more than others do. So each move is divided by the sum over all sides.

    Returns
    -------
    dict of dict of float
        For each kind of :data:`KINDS` the share of each side, the mean over its attributes. The shares of a kind add up
        to 1.
    """
    sides = [number for number, row in enumerate(moves.rows) if row.split()[0] in NAMES.values()]
    shares = moves.table[sides] / moves.table[sides].sum(axis=0)
    return {
        kind: {
            moves.rows[side]: float(np.mean([line[moves.attributes.index(name)] for name in names]))
            for side, line in zip(sides, shares)
        }
        for kind, names in KINDS.items()
    }


# ---------------------------------------------------------------- paths and truncation


def path_lengths(kept: KeptStyles, judge: FaceJudge, seed: int, pairs: int = PAIRS) -> dict[str, float]:
    """Measure path lengths in z, along great circles, and in w, along straight lines, between the same faces.

    Returns
    -------
    dict of float
        ``z_pixels``, ``w_pixels``, ``z_perceptual``, ``w_perceptual``, by squared error and by the perceptual distance
        in the layers of the encoder. Every path keeps its noise.
    """
    z, noise = kept.draw(2 * pairs, PATHS)
    noise = noise[:pairs]
    w = kept.map(z)
    ways = {
        "z": (lambda points: kept.faces(kept.each_layer(kept.map(points)), noise), z, True),
        "w": (lambda points: kept.faces(kept.each_layer(points), noise), w, False),
    }
    distances = {"pixels": squared_error, "perceptual": judge.encoder.perceptual_distance}
    return {
        f"{way}_{name}": path_length(make, distance, ends[:pairs], ends[pairs:], spherical, EPSILON, seed)
        for name, distance in distances.items()
        for way, (make, ends, spherical) in ways.items()
    }


def truncation(kept: KeptStyles, judge: FaceJudge, count: int = FACES_COMPARED) -> dict[float, dict[str, float]]:
    """Compare faces with truncated styles with faces kept back: the results of :meth:`FaceJudge.compare`, by psi."""
    z, noise = kept.draw(count, TRUNCATED)
    w, mean = kept.map(z), kept.mean_style()
    return {psi: judge.compare(kept.faces(kept.each_layer(truncate(w, mean, psi)), noise)) for psi in PSIS}


# ---------------------------------------------------------------- the report


def record_of(
    rows: Mapping[str, Mapping[str, float]],
    floor: Mapping[str, float],
    moves: Moves,
    lengths: Mapping[str, float],
    truncated: Mapping[float, Mapping[str, float]],
) -> dict[str, Any]:
    """Return all measures for ``record.json``."""
    return {
        "generators": {**rows, "training faces (floor)": floor},
        "moves": {row: dict(zip(moves.attributes, line.tolist())) for row, line in zip(moves.rows, moves.table)},
        "shares_of_sides": shares_of_sides(moves),
        "pixels_moved": dict(zip(moves.rows, moves.pixels.tolist())),
        "path_lengths": dict(lengths),
        "truncation": {str(psi): dict(measures) for psi, measures in truncated.items()},
    }


def table(measures: Mapping[str, Any]) -> str:
    """Write the measures of :func:`record_of` as lines of text."""
    columns = ("pixels", "features", "precision", "recall")
    sets = {**measures["generators"], **{f"psi {psi}": each for psi, each in measures["truncation"].items()}}
    lines = ["against faces kept back" + "".join(f"{column:>11}" for column in columns)]
    lines += [f"  {name:21}" + "".join(f"{each[column]:11.3f}" for column in columns) for name, each in sets.items()]
    lines.append("moved most by the styles of")
    for row, line in measures["moves"].items():
        most = sorted(line, key=lambda name: -line[name])[:4]
        found = ", ".join(f"{name} {line[name]:.2f}" for name in most)
        lines.append(f"  {row:21}  {found}   (pixels {measures['pixels_moved'][row]:.3f})")
    for kind, shares in measures["shares_of_sides"].items():
        found = ", ".join(f"{side} {share:.0%}" for side, share in shares.items())
        lines.append(f"{kind} moved by: {found}")
    lengths = measures["path_lengths"]
    for name in ("pixels", "perceptual"):
        lines.append(f"path length, {name}: {lengths['z_' + name]:.4g} in z, {lengths['w_' + name]:.4g} in w")
    return "\n".join(lines)
