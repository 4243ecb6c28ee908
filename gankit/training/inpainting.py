"""Additions to a run of inpainting: holes to train on and to measure on, answers, their spread, and the report."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure

from gankit.choices import HOLES
from gankit.datasets.holes import RidgeFill, draw_holes, fill, mean_fill, nearest_fill
from gankit.faces import FaceScaling
from gankit.memory import in_parts
from gankit.networks.face_encoder import FaceEncoder
from gankit.networks.latents import LatentGenerator
from gankit.plots import columns_of_faces, spread_and_error, tile, without_hidden
from gankit.randomness import separate_seed
from gankit.training.callbacks import Snapshots
from gankit.training.pairs import measure_restored

SIZE = 16
# Holes of each kind to train on, faces to measure on, and answers of which the spread is measured.
HOLES_OF_A_KIND, FACES_MEASURED, ANSWERS = 1000, 500, 16
FACES_IN_A_FRAME, FRAMES = 10, 20
# The best of 1e-4, 1e-3 and 1e-2 on half faces.
RIDGE = 1e-4
AT_ONCE = 500

# Fills faces and holes, (n, size, size) each, from latents (n, latents).
Answer = Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tf.Tensor]


def training_holes(size: int, seed: int) -> np.ndarray:
    """Draw equally many holes of each kind: float32, ``(n, size, size, 1)``, 1 where a pixel is hidden."""
    kinds = [draw_holes(kind, HOLES_OF_A_KIND, size, seed + number) for number, kind in enumerate(HOLES)]
    return np.concatenate(kinds)[..., None].astype(np.float32)


def measured_holes(count: int, size: int, seed: int) -> dict[str, np.ndarray]:
    """Draw holes of each kind to measure on: bool, ``(count, size, size)`` each."""
    return {kind: draw_holes(kind, count, size, separate_seed(seed) + number) for number, kind in enumerate(HOLES)}


class Answers:
    """Fills faces with several answers, always from the same latents.

    Parameters
    ----------
    answer : callable
        The model's; takes scaled faces and holes with a channel axis, and latents.
    scaling : FaceScaling
        The model's.
    latents : int
        Length of a latent vector.
    seed : int
        Seed of the latents, which serve no other purpose.
    """

    def __init__(self, answer: Answer, scaling: FaceScaling, latents: int, seed: int):
        self._answer, self._scaling = answer, scaling
        self._latents, self._seed = latents, separate_seed(seed)

    def __call__(self, faces: np.ndarray, hidden: np.ndarray, number: int = 0) -> np.ndarray:
        """Return the answer of that number for each face: float32, ``(n, size, size)``; known pixels stay as they are.

        Parameters
        ----------
        faces : numpy.ndarray
            Intensities in [0, 1], ``(n, size, size)``.
        hidden : numpy.ndarray
            bool, ``(n, size, size)``.
        number : int
            Each number has latents of its own.
        """
        latents = LatentGenerator(self._latents, seed=self._seed + number)(len(faces))
        # What is hidden must not be seen, so it is not even given to the network.
        given = self._scaling.apply(np.where(hidden, 0.5, faces).astype(np.float32))[..., None]
        answers = in_parts(self._answer, AT_ONCE, given, hidden[..., None].astype(np.float32), latents)
        return fill(faces, hidden, self._scaling.recover(answers))

    def several(self, faces: np.ndarray, hidden: np.ndarray, count: int = ANSWERS) -> np.ndarray:
        """Return ``count`` answers for each face: ``(count, n, size, size)``."""
        return np.stack([self(faces, hidden, number) for number in range(count)])

    def film(self, faces: np.ndarray, hidden: np.ndarray, steps: int) -> Snapshots:
        """Return a callback that collects frames over ``steps`` training steps: two answers for each of ten faces."""
        some = faces[:FACES_IN_A_FRAME], hidden[:FACES_IN_A_FRAME]

        def frame() -> np.ndarray:
            return tile(self.several(*some, 2).reshape(-1, *faces.shape[1:]), columns=FACES_IN_A_FRAME)

        return Snapshots(frame, every=max(1, steps // FRAMES))


def spread(answers: np.ndarray) -> np.ndarray:
    """Return the variance of answers ``(count, n, size, size)`` for each pixel, without bias: ``(n, size, size)``."""
    return answers.var(axis=0, ddof=1, dtype=np.float64)


def measure_spread(
    answers: np.ndarray, truth: np.ndarray, hidden: np.ndarray, ridge: np.ndarray
) -> tuple[dict[str, float], np.ndarray, np.ndarray]:
    """Compare the spread of answers with what cannot be known.

    Parameters
    ----------
    answers : numpy.ndarray
        Several answers, ``(count, n, size, size)``.
    truth, ridge : numpy.ndarray
        The true faces, and those of the ridge regression, ``(n, size, size)``.
    hidden : numpy.ndarray
        bool, ``(n, size, size)``.

    Returns
    -------
    measures : dict of str to float
        ``spread``: the root of the mean variance of the answers over hidden pixels. ``error``: the root of the mean
        squared error of the mean answer, less what is due to the number of answers; for perfect answers, it equals the
        spread. ``correlation``: that of the two maps below, over pixels.
    spreads, errors : numpy.ndarray
        Maps ``(size, size)`` over the faces in which a pixel is hidden: the root of the mean variance of the answers,
        and the root of the mean squared error of the ridge regression; NaN where a pixel is never hidden.
    """
    variance, count = spread(answers), len(answers)
    of_mean = (answers.mean(axis=0, dtype=np.float64) - truth) ** 2 - variance / count
    often = hidden.sum(axis=0)
    with np.errstate(invalid="ignore"):
        spreads = np.sqrt((variance * hidden).sum(axis=0) / often)
        errors = np.sqrt(((ridge - truth) ** 2 * hidden).sum(axis=0) / often)
    there = often > 0
    return (
        {
            "spread": float(np.sqrt(variance[hidden].mean())),
            "error": float(np.sqrt(max(0.0, of_mean[hidden].mean()))),
            "correlation": float(np.corrcoef(spreads[there], errors[there])[0, 1]),
        },
        spreads,
        errors,
    )


def fillings(known: np.ndarray, truth: np.ndarray, hidden: np.ndarray, answers: np.ndarray) -> dict[str, np.ndarray]:
    """Fill the same faces by every method; the GAN's first answer and the mean of all its answers are two of them."""
    return {
        "mean fill": mean_fill(known, truth, hidden),
        "nearest face": nearest_fill(known, truth, hidden),
        "ridge regression": RidgeFill(known, RIDGE)(truth, hidden),
        "GAN": answers[0],
        "GAN, mean of answers": fill(truth, hidden, answers.mean(axis=0)),
    }


def report(
    known: np.ndarray, truth: np.ndarray, holes: Mapping[str, np.ndarray], answers: Answers
) -> tuple[dict[str, dict[str, float]], dict[str, dict[str, float]], dict[str, dict[str, np.ndarray]]]:
    """Fill holes of each kind by every method, and measure everything.

    Parameters
    ----------
    known, truth : numpy.ndarray
        Faces to learn from, and faces that are filled, intensities in [0, 1].
    holes : mapping
        Maps each kind of hole to one hole for each of the true faces.
    answers : Answers
        The GAN's.

    Returns
    -------
    rows : dict of dict
        The measures of each method (:func:`gankit.training.pairs.measure_restored`) under ``kind: method``.
    spreads : dict of dict
        For each kind the measures of :func:`measure_spread`.
    arrays : dict of dict
        For each kind the filled faces by method, several ``answers``, and the maps ``spread`` and ``error``.
    """
    encoder = FaceEncoder.load()
    rows: dict[str, dict[str, float]] = {}
    spreads: dict[str, dict[str, float]] = {}
    arrays: dict[str, dict[str, np.ndarray]] = {}
    for kind, hidden in holes.items():
        several = answers.several(truth, hidden, ANSWERS)
        filled = fillings(known, truth, hidden, several)
        measured = measure_restored(filled, truth, encoder)
        rows.update({f"{kind}: {method}": measures for method, measures in measured.items()})
        spreads[kind], spread_map, error_map = measure_spread(several, truth, hidden, filled["ridge regression"])
        arrays[kind] = {**filled, "answers": several, "spread": spread_map, "error": error_map}
    return rows, spreads, arrays


def draw_methods(
    truth: np.ndarray, holes: Mapping[str, np.ndarray], arrays: Mapping[str, Mapping[str, np.ndarray]]
) -> Figure:
    """Draw two faces with each kind of hole, filled by every method, beside the true ones."""
    columns: dict[str, list[np.ndarray]] = {}
    for position, (kind, hidden) in enumerate(holes.items()):
        some = slice(2 * position, 2 * position + 2)
        columns.setdefault("hidden", []).append(without_hidden(truth[some], hidden[some]))
        for method in ("mean fill", "nearest face", "ridge regression", "GAN"):
            columns.setdefault(method.replace(" ", "\n"), []).append(_coloured(arrays[kind][method][some]))
        columns.setdefault("truth", []).append(_coloured(truth[some]))
    return columns_of_faces({title: np.concatenate(faces) for title, faces in columns.items()})


def draw_answers(truth: np.ndarray, hidden: np.ndarray, answers: np.ndarray, faces: int = 6, shown: int = 6) -> Figure:
    """Draw several answers ``(count, n, size, size)`` for each of some faces, beside the true ones."""
    columns = {"hidden": without_hidden(truth[:faces], hidden[:faces])}
    columns.update({f"answer {number + 1}": _coloured(answers[number, :faces]) for number in range(shown)})
    return columns_of_faces({**columns, "truth": _coloured(truth[:faces])})


def draw_spread(spreads: Mapping[str, Mapping[str, float]], arrays: Mapping[str, Mapping[str, np.ndarray]]) -> Figure:
    """Draw the maps of spread and error for each kind of hole."""
    return spread_and_error(
        {kind: (found["spread"], found["error"], spreads[kind]["correlation"]) for kind, found in arrays.items()}
    )


def _coloured(faces: np.ndarray) -> np.ndarray:
    return np.repeat(faces[..., None], 3, axis=-1)
