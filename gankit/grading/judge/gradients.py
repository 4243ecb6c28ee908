"""Which losses give the gradients that were recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from gankit.grading.judge.candidates import Candidate
from gankit.grading.judge.evidence import UpdateInStep
from gankit.grading.judge.formulas import Formula, slopes
from gankit.grading.judge.networks import rows
from gankit.grading.judge.trace import DISCRIMINATOR, GENERATOR, AppliedUpdate, Run, find_rows


def explaining(
    updates: Sequence, count: int, fitting: Callable[[object, Iterable[int]], set[int]]
) -> tuple[list[int], list[int]]:
    """Find the candidates that explain updates; the first is the right one, the others are its usual mistakes.

    Parameters
    ----------
    updates : sequence
        The updates.
    count : int
        How many candidates there are.
    fitting : callable
        ``fitting(update, numbers)`` returns those of the candidates with these numbers that explain the update.

    Returns
    -------
    every, enough : list of int
        The candidates that explain every update; and those that explain every update which the right one does not.
        The mistakes are only tried where the right one does not explain everything.
    """
    explained = [bool(fitting(update, [0])) for update in updates]
    if all(explained):
        return [0], [0]
    enough = list(range(1, count))
    for update in (update for update, right in zip(updates, explained) if not right):
        enough = sorted(fitting(update, enough))
    every = enough
    for update in (update for update, right in zip(updates, explained) if right):
        every = sorted(fitting(update, every))
    return every, enough


class Matcher:
    """Compares one recorded gradient of the discriminator with those of candidates, on each reading of its batches."""

    def __init__(self, update: UpdateInStep, candidates: list[Candidate]):
        self._scene = update.recording.scene
        self._perceptron = self._scene.networks[DISCRIMINATOR].perceptron
        self._weights = update.weights
        self._found = _flat(update.applied.gradients)
        self._update = update
        self._candidates = candidates
        # Slopes are costly, and candidates share them: by reading, and by formula or by penalty and place.
        self._known: dict[tuple, Any] = {}

    def fitting(self, numbers: Iterable[int]) -> set[int]:
        """Return those of the candidates that give the recorded gradient."""
        return {n for n in numbers if any(_near(self._found, self._expected(n, place)) for place in self._places())}

    def clipped(self) -> bool:
        """Tell whether the right candidate gives the recorded gradient, had that been clipped."""
        return any(_near(self._found, np.clip(self._expected(0, place), -1, 1)) for place in self._places())

    def _places(self) -> range:
        return range(len(self._update.readings))

    def _expected(self, number: int, place: int) -> np.ndarray:
        candidate = self._candidates[number]
        loss = self._once(("loss", place, id(candidate.formula)), lambda: self._loss_gradient(candidate, place))
        if candidate.penalty is None:
            return loss
        weight, penalty_weight = candidate.weights(self._scene.lambda_gp)
        if not penalty_weight:
            return weight * loss
        key = ("penalty", place, id(candidate.penalty), candidate.place)
        return weight * loss + penalty_weight * self._once(key, lambda: self._penalty_gradient(candidate, place))

    def _once(self, key: tuple, compute: Callable[[], Any]) -> Any:
        if key not in self._known:
            self._known[key] = compute()
        return self._known[key]

    def _loss_gradient(self, candidate: Candidate, place: int) -> np.ndarray:
        batches = self._update.readings[place]
        r, by_real = self._once(("real", place), lambda: self._scores(batches.real))
        f, by_fake = self._once(("fake", place), lambda: self._scores(batches.fake))
        dr, df = slopes(candidate.formula.loss, r, f)
        return dr @ by_real + df @ by_fake

    def _scores(self, batch: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        if not len(batch):
            return np.zeros(0), np.zeros((0, len(self._found)))
        scores = self._perceptron.forward(self._weights, batch)[:, 0]
        one = np.ones((1, 1))
        return scores, np.stack([_flat(self._perceptron.backward(self._weights, row[None], one)[0]) for row in batch])

    def _penalty_gradient(self, candidate: Candidate, place: int) -> np.ndarray:
        x = getattr(self._update.readings[place], candidate.place)
        if not len(x):
            return np.full(len(self._found), np.nan)
        gradients = self._perceptron.input_gradient(self._weights, x).reshape(len(x), *self._scene.example)
        (direction,) = slopes(candidate.penalty.value, gradients)
        return _flat(self._perceptron.directional_gradient(self._weights, x, direction))


def generator_fits(run: Run, update: AppliedUpdate, formulas: list[Formula], numbers: Iterable[int]) -> set[int]:
    """Return those of the formulas that give the recorded gradient of the generator."""
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
        for number in numbers:
            _, df = slopes(formulas[number].loss, r, f)
            _, by_x = discriminator.backward(d, x, df[:, None])
            if _near(found, _flat(generator.backward(g, z, by_x)[0])):
                fits.add(number)
    return fits


def _flat(arrays: list[np.ndarray]) -> np.ndarray:
    return np.concatenate([np.asarray(array, np.float64).ravel() for array in arrays])


def _near(found: np.ndarray, expected: np.ndarray) -> bool:
    if found.shape != expected.shape or not np.isfinite(expected).all():
        return False
    return bool(np.linalg.norm(found - expected) <= 5e-4 * np.linalg.norm(expected) + 1e-6)
