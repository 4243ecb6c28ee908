"""Which losses give the gradients that were recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from gankit.grading.judge.candidates import Candidate
from gankit.grading.judge.evidence import Recording
from gankit.grading.judge.formulas import Formula, slopes
from gankit.grading.judge.trace import (
    DISCRIMINATOR,
    GENERATOR,
    AppliedUpdate,
    Batches,
    Call,
    Run,
    find_rows,
    readings,
    rows,
)


def discriminator_updates(
    recordings: list[Recording],
) -> Iterator[tuple[Recording, AppliedUpdate, Callable[[], list[Batches]]]]:
    """Yield each update of the discriminator with a function that reads its batches, to be called before the next."""
    for recording in recordings:
        for step in recording.run.steps:
            generated: list[Call] = []
            earlier: list[Call] = []
            for update in step.updates:
                generated += [call for call in update.calls if call.network == GENERATOR]
                if update.owner == DISCRIMINATOR:
                    yield recording, update, partial(readings, update.calls, earlier, recording.sorter, generated)
                earlier += [call for call in update.calls if call.network == DISCRIMINATOR]


class Matcher:
    """Compares one recorded gradient of the discriminator with those of all candidates."""

    def __init__(self, recording: Recording, update: AppliedUpdate):
        run = recording.run
        self._scene = recording.scene
        self._perceptron = self._scene.networks[DISCRIMINATOR].perceptron
        # The weights as the networks saw them: a clip may come between the loss and the update.
        states = [call.state for call in update.calls if call.network == DISCRIMINATOR]
        self._weights = run.trainable(states[-1] if states else update.before, DISCRIMINATOR)
        self._found = _flat(update.gradients)
        self.clipped = 0

    def fitting(self, batches: Batches, candidates: list[Candidate]) -> set[int]:
        """Return the numbers of the candidates that give the recorded gradient on these batches."""
        r, by_real = self._scores(batches.real)
        f, by_fake = self._scores(batches.fake)
        penalties: dict[tuple[int, str], np.ndarray] = {}
        losses: dict[int, np.ndarray] = {}
        fitting = set()
        for number, candidate in enumerate(candidates):
            formula = candidate.formula
            if id(formula) not in losses:
                dr, df = slopes(formula.loss, r, f)
                losses[id(formula)] = dr @ by_real + df @ by_fake
            expected = losses[id(formula)]
            if candidate.penalty is not None:
                weight, penalty_weight = candidate.weights(self._scene.lambda_gp)
                expected = weight * expected
                if penalty_weight:
                    part = (id(candidate.penalty), candidate.place)
                    if part not in penalties:
                        penalties[part] = self._penalty_gradient(candidate, batches)
                    expected = expected + penalty_weight * penalties[part]
            if _near(self._found, expected):
                fitting.add(number)
            elif number == 0 and _near(self._found, np.clip(expected, -1, 1)):
                self.clipped += 1
        return fitting

    def _scores(self, batch: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        if not len(batch):
            return np.zeros(0), np.zeros((0, len(self._found)))
        scores = self._perceptron.forward(self._weights, batch)[:, 0]
        one = np.ones((1, 1))
        return scores, np.stack([_flat(self._perceptron.backward(self._weights, row[None], one)[0]) for row in batch])

    def _penalty_gradient(self, candidate: Candidate, batches: Batches) -> np.ndarray:
        x = getattr(batches, candidate.place)
        if not len(x):
            return np.full(len(self._found), np.nan)
        gradients = self._perceptron.input_gradient(self._weights, x).reshape(len(x), *self._scene.example)
        (direction,) = slopes(candidate.penalty.value, gradients)
        return _flat(self._perceptron.directional_gradient(self._weights, x, direction))


def generator_fits(run: Run, update: AppliedUpdate, formulas: list[Formula]) -> set[int]:
    """Return the numbers of the formulas that give the recorded gradient of the generator."""
    if any(gradient is None for gradient in update.gradients):
        return set()
    found = _flat(update.gradients)
    generator, discriminator = (run.networks[name].perceptron for name in (GENERATOR, DISCRIMINATOR))
    g = run.trainable(update.before, GENERATOR)
    made = [call for call in update.calls if call.network == GENERATOR]
    shown = [call for call in update.calls if call.network == DISCRIMINATOR]
    if not made or not shown:
        return set()
    fits: set[int] = set()
    outputs = np.concatenate([rows(call.outputs) for call in made])
    latents = np.concatenate([rows(call.inputs) for call in made])
    choices = [[call] for call in shown] + ([shown] if len(shown) > 1 else [])
    for choice in reversed(choices):
        d = run.trainable(choice[-1].state, DISCRIMINATOR)
        inputs = np.concatenate([rows(call.inputs) for call in choice])
        places = find_rows(inputs, outputs)
        x, z = inputs[places >= 0], latents[places[places >= 0]]
        if not len(x):
            continue
        r, f = np.zeros(0), discriminator.forward(d, x)[:, 0]
        for number, formula in enumerate(formulas):
            _, df = slopes(formula.loss, r, f)
            _, by_x = discriminator.backward(d, x, df[:, None])
            expected = _flat(generator.backward(g, z, by_x)[0])
            if _near(found, expected):
                fits.add(number)
    return fits


def first_fit(fits: list[set[int]], count: int) -> int | None:
    """Return the first candidate that explains every update, or else every update that the right one does not."""
    if all(0 in found for found in fits):
        return 0
    for wanted in (fits, [found for found in fits if 0 not in found]):
        for number in range(1, count):
            if all(number in found for found in wanted):
                return number
    return None


def _flat(arrays: list[np.ndarray]) -> np.ndarray:
    return np.concatenate([np.asarray(array, np.float64).ravel() for array in arrays])


def _near(found: np.ndarray, expected: np.ndarray) -> bool:
    if found.shape != expected.shape or not np.isfinite(expected).all():
        return False
    return bool(np.linalg.norm(found - expected) <= 5e-4 * np.linalg.norm(expected) + 1e-6)
