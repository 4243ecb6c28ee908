"""Faces with attributes as conditions, and the report on what a generator makes of them.

The encoder reads the attributes of generated faces. It makes errors, so its own errors on real faces stand beside each
number. When one condition is changed and nothing else, the renderer shows what should move: it draws the same faces
with that one thing changed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from gankit import plots
from gankit.faces import FACES_FILE
from gankit.faces.renderer import render
from gankit.metrics import expected_movements, frechet_by_class, movements, read_back
from gankit.networks.conditional import CONVOLUTIONAL
from gankit.networks.face_encoder import FaceEncoder, attribute_names, attribute_table
from gankit.stored_arrays import read_arrays
from gankit.training.conditional import KeptConditional, Report

HELD_OUT = 2000
# Faces that are changed in one condition. The renderer draws each of them twice for every condition.
CHANGED = 250
# An attribute is watched if the encoder reads it from real faces with at least this correlation.
READABLE = 0.5
# For each condition: the values that a change leads from and to, which are the outer tenths of the data; the value that
# divides faces into two classes; and the ends of a sheet.
CONDITIONS = {
    "glasses": ((0.0, 1.0), 0.5, (0.0, 1.0)),
    "smile": ((-0.12, 1.0), 0.45, (-0.3, 1.15)),
    "hair_shade": ((0.04, 0.55), 0.3, (0.0, 0.7)),
    "yaw": ((-22.0, 21.0), 0.0, (-30.0, 30.0)),
}
COLUMNS = 7
TITLES = {"real": "real, held out", "nearest": "no GAN: nearest face", "renderer": "the renderer", "data": "the data"}


class Faces:
    """The faces with four of their attributes, each with mean 0 and deviation 1.

    See :class:`gankit.training.conditional.Subject`. The last 2,000 faces are held out.
    """

    inner = CONVOLUTIONAL

    def __init__(self) -> None:
        held = read_arrays(FACES_FILE)
        faces = held["faces"].astype(np.float32) / np.float32(255)
        attributes = {name: array for name, array in held.items() if np.shape(array) == (len(faces),)}
        values = np.stack([attributes[name].astype(np.float32) for name in CONDITIONS], axis=1)
        self.train, self.test = faces[:-HELD_OUT], faces[-HELD_OUT:]
        self.test_attributes = {name: array[-HELD_OUT:] for name, array in attributes.items()}
        self.train_values, self.test_values = values[:-HELD_OUT], values[-HELD_OUT:]
        self._mean, self._deviation = self.train_values.mean(axis=0), self.train_values.std(axis=0)
        self.train_conditions, self.test_conditions = map(self.prepare, (self.train_values, self.test_values))
        self.sheet = self.columns("yaw")

    def prepare(self, values: np.ndarray) -> np.ndarray:
        """Turn conditions in their own units, ``(n, 4)``, into what the networks take."""
        return ((values - self._mean) / self._deviation).astype(np.float32)

    def columns(self, name: str) -> np.ndarray:
        """Return the conditions of a sheet in which one varies; the others are the mean, without glasses."""
        values = np.tile(self._mean, (COLUMNS, 1))
        values[:, 0] = 0.0
        values[:, list(CONDITIONS).index(name)] = np.linspace(*CONDITIONS[name][2], COLUMNS)
        return self.prepare(values)

    def nearest(self, conditions: np.ndarray) -> np.ndarray:
        """Return the training face with the nearest conditions, for each row of ``(n, 4)``."""
        squares = sum((conditions[:, [k]] - self.train_conditions[:, k]) ** 2 for k in range(len(CONDITIONS)))
        return self.train[np.argmin(squares, axis=1)]

    def report(self, kept: Mapping[str, KeptConditional], seed: int) -> Report:
        """Let the encoder read what was asked for, and follow all attributes when one condition is changed.

        The record holds, for each generator, for the nearest training face (``nearest``) and for held-out faces
        (``real``), and for each condition: ``correlation``, ``error`` and ``slope`` of :func:`read_back`; ``frechet``,
        the distances of the encoder's features of two classes, below and above the middle, to those of held-out faces
        (for ``real``: of training faces); ``own`` and ``others``, the mean movement of the changed attribute and the
        mean size of the movements of the other readable ones. Under ``renderer``, the movements of faces that are drawn
        again, and under ``data`` those that the regression on real faces expects.
        """
        encoder = FaceEncoder.load()

        def attributes(faces: np.ndarray) -> np.ndarray:
            return np.stack(list(encoder.attributes(faces).values()), axis=1)

        # ---- The encoder on held-out faces: what can be read ----
        names = list(attribute_names())
        truth, read = attribute_table(self.test_attributes), attributes(self.test)
        correlations = [read_back(*pair)["correlation"] for pair in zip(truth.T, read.T)]
        watched = [
            number for number, each in enumerate(correlations) if each >= READABLE or names[number] in CONDITIONS
        ]
        own = {name: watched.index(names.index(name)) for name in CONDITIONS}
        real = read[:, watched]
        deviations = real.std(axis=0)

        # ---- What was asked for is read back ----
        makers: dict[str, Callable[..., np.ndarray]] = {kind: each.generate for kind, each in kept.items()}
        faces = {name: make(self.test_conditions) for name, make in {**makers, "nearest": self.nearest}.items()}
        readings = {**{name: attributes(each)[:, watched] for name, each in faces.items()}, "real": real}
        measures: dict[str, Any] = {
            name: {
                condition: read_back(self.test_values[:, number], values[:, own[condition]])
                for number, condition in enumerate(CONDITIONS)
            }
            for name, values in readings.items()
        }

        # ---- Each class beside the same class of held-out faces ----
        features = {name: encoder.features(each) for name, each in {**faces, "real": self.train}.items()}
        held_out = encoder.features(self.test)
        for number, (condition, (_, middle, _)) in enumerate(CONDITIONS.items()):
            classes = (self.test_values[:, number] > middle).astype(int)
            of_training = (self.train_values[:, number] > middle).astype(int)
            sets = {name: (each, of_training if name == "real" else classes) for name, each in features.items()}
            for name, distances in frechet_by_class(sets, (held_out, classes), 2, seed=seed).items():
                measures[name][condition]["frechet"] = distances.tolist()

        # ---- One condition is changed; latents and other conditions stay ----
        latents = {kind: each.latents(CHANGED) for kind, each in kept.items()}
        some = {name: array[:CHANGED] for name, array in self.test_attributes.items()}
        means: dict[str, np.ndarray] = {}
        for number, (condition, (ends, _, _)) in enumerate(CONDITIONS.items()):
            pairs: dict[str, list[np.ndarray]] = {name: [] for name in (*faces, "renderer")}
            for end in ends:
                values = self.test_values[:CHANGED].copy()
                values[:, number] = end
                wanted = self.prepare(values)
                for kind, each in kept.items():
                    pairs[kind].append(each.generate(wanted, latents[kind]))
                pairs["nearest"].append(self.nearest(wanted))
                changed = np.full(CHANGED, end).astype(some[condition].dtype)
                pairs["renderer"].append(render({**some, condition: changed}, seed=seed) / np.float32(255))
            step = np.zeros(len(CONDITIONS))
            step[number] = ends[1] - ends[0]
            expected = expected_movements(self.test_values, real, step, deviations)
            found = {
                name: movements(attributes(pair[0])[:, watched], attributes(pair[1])[:, watched], deviations)
                for name, pair in pairs.items()
            }
            found["data"] = {"mean": expected, "size": np.abs(expected)}
            others = np.delete(np.arange(len(watched)), own[condition])
            for name, moved in found.items():
                measures.setdefault(name, {}).setdefault(condition, {}).update(
                    own=float(moved["mean"][own[condition]]),
                    others=float(moved["size"][others].mean()),
                    others_mean=float(np.abs(moved["mean"][others]).mean()),
                    moved={names[place]: float(value) for place, value in zip(watched, moved["mean"])},
                )
                means[name] = np.vstack([*means.get(name, []), moved["mean"]])
        shown = {name: means[name] for name in (*kept, "data", "renderer")}
        figures = {
            "sheet.png": self._sheets(kept),
            "read.png": self._read(measures, readings, own, next(iter(kept))),
            "moved.png": plots.moves(
                {TITLES.get(name, name): each for name, each in shown.items()},
                list(CONDITIONS),
                [names[place] for place in watched],
            ),
        }
        return Report(measures, figures, table(measures))

    def _sheets(self, kept: Mapping[str, KeptConditional]) -> Figure:
        grids, labels = {}, []
        for kind, each in kept.items():
            for name in reversed(CONDITIONS):
                grids[f"{kind}: {name}"] = each.sheet(self.columns(name))
                labels.append([f"{value:.3g}" for value in np.linspace(*CONDITIONS[name][2], COLUMNS)])
        return plots.sheets(grids, labels)

    def _read(
        self, measures: Mapping[str, Any], readings: Mapping[str, np.ndarray], own: Mapping[str, int], kind: str
    ) -> Figure:
        panels = {
            name: (self.test_values[:, number], readings[kind][:, own[name]], readings["real"][:, own[name]])
            for number, name in enumerate(CONDITIONS)
        }
        pairs = {name: tuple(measures[each][name]["correlation"] for each in (kind, "real")) for name in CONDITIONS}
        return plots.asked_and_read(panels, pairs)


def table(measures: Mapping[str, Mapping[str, Any]]) -> str:
    """Write the main numbers of each condition as lines of text."""
    columns = ("correlation", "error", "own", "others", "frechet")
    heads = ("correlation", "error", "own moves", "others move", "Frechet below", "above")
    lines = [" " * 34 + "".join(f"{head:>15}" for head in heads)]
    for condition in CONDITIONS:
        for name, rows in measures.items():
            found = rows[condition]
            numbers = [value for column in columns for value in np.ravel(found.get(column, np.nan))]
            cells = "".join(f"{'' if np.isnan(number) else f'{number:.2f}':>15}" for number in numbers)
            lines.append(f"{condition:<12}{TITLES.get(name, name):<22}{cells.rstrip()}")
    return "\n".join(lines)
