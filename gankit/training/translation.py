"""Additions to a run that translates faces: kept translators, errors against the truth, and what is hidden in pictures.

A *translator* is any function from faces to faces, float arrays ``(n, 16, 16)``. What it returns may lie outside of
[0, 1], since the networks are not bounded; errors are those of the clipped picture.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure
from tensorflow import keras

from gankit import plots
from gankit.faces import FaceScaling
from gankit.faces.changes import blurred, noisy
from gankit.faces.domains import TASKS, Domains
from gankit.fast import Adam
from gankit.memory import network_in_parts
from gankit.metrics import squared_error
from gankit.models import AdversarialModel
from gankit.networks.translation import translator
from gankit.plots import few_grays, tile
from gankit.training.callbacks import AveragedWeights, FallingRates, LossCurve, Snapshots
from gankit.training.faces import steps_per_call
from gankit.training.run import Run

Translator = Callable[[np.ndarray], np.ndarray]

FRAMES = 30
FILMED = 100  # people whose errors are followed during the training
SHOWN = 10
AT_ONCE = 500  # faces that pass through a network together
# What may happen to a translated picture before it is mapped back. Each takes pictures and a seed.
DISTURBANCES: dict[str, Callable[[np.ndarray, int], np.ndarray]] = {
    "as it is": lambda pictures, seed: pictures,
    "8 bits": lambda pictures, seed: np.round(255 * np.clip(pictures, 0, 1)) / 255,
    "noise 0.02": lambda pictures, seed: _noisy(pictures, 0.02, seed),
    "noise 0.05": lambda pictures, seed: _noisy(pictures, 0.05, seed),
    "blur 0.5": lambda pictures, seed: blurred(pictures, np.full(len(pictures), 0.5)),
}
NOISES = (0.0, 0.005, 0.01, 0.02, 0.035, 0.05, 0.075, 0.1)


def _noisy(pictures: np.ndarray, deviation: float, seed: int) -> np.ndarray:
    return noisy(pictures, np.full(len(pictures), deviation), seed)


def error(pictures: np.ndarray, truth: np.ndarray) -> float:
    """Return the root of the mean squared difference over all pixels, after clipping the pictures to [0, 1]."""
    return float(np.sqrt(squared_error(np.clip(pictures, 0, 1), truth).mean()))


class KeptTranslator(AveragedWeights):
    """The generator that is kept, the running mean of the weights, as a translator.

    Parameters
    ----------
    network : keras.Model
        Maps prepared pictures ``(n, 16, 16, 1)`` to such pictures.
    scaling : FaceScaling
        What prepared them.
    past : float
        Weight of the past in one step, in [0, 1).
    """

    def __init__(self, network: keras.Model, scaling: FaceScaling, past: float):
        super().__init__(network, past)
        self._scaling = scaling

    def __call__(self, faces: np.ndarray) -> np.ndarray:
        """Translate intensities ``(n, 16, 16)``; the result is not clipped."""
        scaled = self._scaling.apply(np.asarray(faces, np.float32))[..., None]
        outputs = network_in_parts(self.averaged, AT_ONCE, scaled)
        return self._scaling.invert(outputs[..., 0])


class Film(Snapshots):
    """Follows what both translators make of the first test faces.

    Attributes
    ----------
    frames : list of numpy.ndarray
        Translations forward and backward, ``(2, n, 16, 16)`` with n at most 100.
    """

    def __init__(self, forward: Translator, backward: Translator, faces: Domains, steps: int):
        self._faces = faces
        starts = faces.test_source[:FILMED], faces.test_target[:FILMED]
        super().__init__(lambda: np.stack([forward(starts[0]), backward(starts[1])]), max(1, steps // FRAMES))

    def pictures(self) -> list[np.ndarray]:
        """Return a picture of each frame: for each direction faces, translations, and truth."""
        real = self._faces.test_source[:SHOWN], self._faces.test_target[:SHOWN]
        count = len(real[0])
        gap = np.ones((3 * 17 - 1, 8), np.float32)
        pictures = []
        for frame in self.frames:
            made = np.clip(frame[:, :count], 0, 1)
            blocks = [tile(np.concatenate([real[k], made[k], real[1 - k]]), count) for k in range(2)]
            pictures.append(few_grays(np.concatenate([blocks[0], gap, blocks[1]], axis=1)))
        return pictures

    def errors(self) -> list[list[float]]:
        """Return the error of each frame, forward and backward."""
        truth = self._faces.test_target[:FILMED], self._faces.test_source[:FILMED]
        return [[error(frame[k], truth[k]) for frame in self.frames] for k in range(2)]


class PairedModel(AdversarialModel):
    """One translator that learns from pairs by squared errors: what a CycleGAN could reach if it had the answers."""

    loss_names = ("squared_error",)

    def __init__(self, network: keras.Model, start: np.ndarray, truth: np.ndarray, options: Namespace):
        optimizer = Adam(options.learning_rate, beta_1=0.9, beta_2=0.999)
        pairs = {"pairs": (start[..., None], truth[..., None])}
        super().__init__({"translator": network}, {"translator": optimizer}, pairs, seed=options.seed)
        self._batch_size = options.batch_size

    def train_step(self, _: object) -> dict[str, tf.Tensor]:
        """Minimise the mean of (T(x) - y)^2 over pairs."""
        start, truth = self.draw("pairs", self._batch_size)
        variables = self.translator.trainable_variables
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((self.translator(start, training=True) - truth) ** 2)
        self.translator.optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
        return {"squared_error": loss}


def with_pairs(faces: Domains, scaling: FaceScaling, run: Run, options: Namespace) -> tuple[Translator, Translator]:
    """Train the same networks with pairs, for as many steps, forward and backward."""
    start, truth = scaling.apply(faces.source), scaling.apply(faces.partners)
    kept = []
    for number, direction in enumerate(TASKS[faces.task].directions):
        network = translator(options.form, seed=4 * options.seed + number)
        model = PairedModel(network, *((start, truth) if number == 0 else (truth, start)), options)
        each = KeptTranslator(network, scaling, options.averaging)
        callbacks = [each, FallingRates(model.distinct_optimizers, options.steps, options.decay)]
        name = f"pairs_{number}"
        run.fit(
            model,
            1,
            options.steps,
            name=name,
            title=f"{direction}, with pairs",
            callbacks=callbacks,
            steps_per_call=steps_per_call(options.steps),
        )
        kept.append(each)
    return kept[0], kept[1]


def translation_errors(
    faces: Domains, translators: tuple[Translator, Translator], paired: tuple[Translator, Translator]
) -> dict[str, dict[str, float]]:
    """Compare translations of the test faces with the truth, in both directions.

    Returns
    -------
    dict of dict of float
        For each direction, the :func:`error` of doing nothing (``do nothing``); of adding the difference of the two
        mean training faces (``mean difference``); for light, of the mirror image (``mirror image``); of the
        translators (``CycleGAN``) and of those that learned from pairs (``with pairs``).
    """
    difference = faces.target.mean(axis=0) - faces.source.mean(axis=0)
    found = {}
    for number, direction in enumerate(TASKS[faces.task].directions):
        start, truth = faces.test_source, faces.test_target
        start, truth = (start, truth) if number == 0 else (truth, start)
        rows = {"do nothing": start, "mean difference": start + (difference if number == 0 else -difference)}
        if faces.task == "light":
            rows["mirror image"] = start[:, :, ::-1]
        rows.update({"CycleGAN": translators[number](start), "with pairs": paired[number](start)})
        found[direction] = {name: error(made, truth) for name, made in rows.items()}
    return found


def after(back: Translator, pictures: np.ndarray, disturbed: np.ndarray) -> np.ndarray:
    """Map disturbed pictures back, and take the disturbance off again.

    Otherwise the noise itself, which a translator passes on, would be most of the error. What is left is what the
    disturbance did to the translation.
    """
    return back(disturbed) - (disturbed - pictures)


def hidden_information(faces: Domains, forward: Translator, backward: Translator, seed: int) -> dict[str, Any]:
    """Measure what a translated picture knows that a picture of its kind cannot know.

    Test faces are translated, disturbed, and mapped back. For comparison, the rendered truth is disturbed and mapped
    back. If the translated picture comes back much better, then it holds more than it shows; if a faint disturbance is
    enough to lose that, it was written into faint details. If not, it stands there for everyone to see, as a change
    that was not completed.

    Returns
    -------
    dict
        For each direction, in which the face is translated first: for each of the :data:`DISTURBANCES` the errors after
        the way back, ``translated`` and ``rendered``; and under ``noise`` such errors for each of the :data:`NOISES`.
        For glasses, also ``frames``: see :func:`remembered_frames`; and ``spread``, the deviation of the glasses'
        :func:`darkness` over the people, ``rendered`` and ``translated``.
    """
    found: dict[str, Any] = {}
    sides, both = (faces.test_source, faces.test_target), (forward, backward)
    for number, direction in enumerate(TASKS[faces.task].directions):
        start, there, back = sides[number], both[number], both[1 - number]
        pictures = {"translated": there(start), "rendered": sides[1 - number]}
        found[direction] = {
            name: {kind: error(after(back, each, disturb(each, seed)), start) for kind, each in pictures.items()}
            for name, disturb in DISTURBANCES.items()
        }
        found[direction]["noise"] = {
            kind: [error(after(back, each, _noisy(each, level, seed)), start) for level in NOISES]
            for kind, each in pictures.items()
        }
    if faces.task == "glasses":
        found["frames"] = remembered_frames(faces, forward, backward, seed)
        pictures = {"rendered": faces.test_target, "translated": forward(faces.test_source)}
        found["spread"] = {name: float(darkness(each, faces).std()) for name, each in pictures.items()}
    return found


def darkness(pictures: np.ndarray, faces: Domains) -> np.ndarray:
    """Measure how dark the glasses of each test person are, ``(n,)``: 0 without glasses, and 1 in the mean with them.

    It is the difference from the person's picture without glasses, projected on the mean of this difference over the
    rendered pairs.
    """
    change = (faces.test_target - faces.test_source).mean(axis=0)
    return ((np.clip(pictures, 0, 1) - faces.test_source) * change).sum(axis=(1, 2)) / (change**2).sum()


def remembered_frames(faces: Domains, forward: Translator, backward: Translator, seed: int) -> dict[str, float]:
    """Take glasses off and put them on again, and ask whether they are as dark as those that the person wore.

    The renderer draws frames from pale to dark, independently of everything else. So a picture without glasses cannot
    tell how dark the person's frames are.

    Returns
    -------
    dict of float
        Correlations of the :func:`darkness` with the attribute ``frame``, over the test people: ``rendered with
        glasses`` (the most that can be expected); ``back from the rendered`` pictures without glasses (0 but for
        chance, of deviation 1 / sqrt(n)); ``back, NAME`` for translations, after each of the :data:`DISTURBANCES`.
    """
    without, worn = faces.test_source, faces.test_target

    def correlation(pictures: np.ndarray) -> float:
        return float(np.corrcoef(darkness(pictures, faces), faces.test_attributes["frame"])[0, 1])

    removed = backward(worn)
    back = {f"back, {name}": correlation(after(forward, removed, f(removed, seed))) for name, f in DISTURBANCES.items()}
    ends = {"rendered with glasses": worn, "back from the rendered": forward(without)}
    return {**{name: correlation(pictures) for name, pictures in ends.items()}, **back}


def table(errors: Mapping[str, Mapping[str, float]], hidden: Mapping[str, Any]) -> str:
    """Write the errors, and those after the way back, as lines of text."""
    lines = ["Error against the truth (share of the error of doing nothing)"]
    for direction, rows in errors.items():
        cells = [f"{name} {value:.4f} ({value / rows['do nothing']:.2f})" for name, value in rows.items()]
        lines.append(f"  {direction:<14} " + "   ".join(cells))
    lines.append("Error after the way back, of translated and of rendered pictures")
    for direction in errors:
        found = {name: hidden[direction][name] for name in DISTURBANCES}
        cells = [f"{name} {each['translated']:.4f}, {each['rendered']:.4f}" for name, each in found.items()]
        lines.append(f"  {direction:<14} " + "   ".join(cells))
    if "frames" in hidden:
        lines.append("Correlation of the glasses' darkness with that of the person's frames")
        lines.append("  " + "   ".join(f"{name} {value:.2f}" for name, value in hidden["frames"].items()))
        spread = hidden["spread"]
        lines.append(
            f"Deviation of this darkness: {spread['rendered']:.2f} rendered, {spread['translated']:.2f} translated"
        )
    return "\n".join(lines)


def figures(
    faces: Domains,
    forward: Translator,
    backward: Translator,
    hidden: Mapping[str, Any],
    film: Film,
    curve: LossCurve,
    seed: int,
) -> dict[str, Figure]:
    """Draw the faces of both directions, the hidden information, and the errors during the training."""
    directions = TASKS[faces.task].directions
    source, target = faces.test_source[:SHOWN], faces.test_target[:SHOWN]
    sheet = {}
    for direction, start, truth, there, back in (
        (directions[0], source, target, forward, backward),
        (directions[1], target, source, backward, forward),
    ):
        made = there(start)
        sheet[direction] = {"face": start, "translated": made, "truth": truth, "mapped back": back(made)}
    removed = backward(target)
    noise = "noise 0.05"
    rows = {
        "face": target,
        "translated": removed,
        "truth": source,
        "4 (translated - truth)": 0.5 + 4 * (removed - source),
        "mapped back": forward(removed),
        f"back, {noise}": after(forward, removed, DISTURBANCES[noise](removed, seed)),
        "back from the truth": forward(source),
    }
    series = {direction: hidden[direction]["noise"] for direction in directions}
    truth_errors = dict(zip(directions, film.errors()))
    return {
        "sheet.png": plots.translations(sheet),
        "hidden.png": plots.hidden_writing(rows, directions[1], NOISES, series),
        "training.png": plots.translation_training(film.steps, truth_errors, curve.steps, curve.losses),
    }
