"""Tasks 1 to 3: the verdicts on both losses and on the penalty, from their gradients on the recorded batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from gankit.grading.judge.hypotheses import Hypothesis, explaining, near
from gankit.grading.judge.networks import Perceptron, rows
from gankit.grading.judge.training_steps.evidence import Evidence
from gankit.grading.judge.training_steps.losses import Loss, Penalty, slopes
from gankit.grading.judge.training_steps.reports import reports
from gankit.grading.judge.training_steps.trace import DISCRIMINATOR, GENERATOR, Batches, Update, find_rows
from gankit.grading.judge.verdicts import Said, fails, passes, unseen

LOSS_AND_PENALTY = ("discriminator_loss", "penalty", "penalty_applied")
ONE_TERM = ("", "real_term_missing", "fake_term_missing")


def _learning(evidence: Evidence, network: str) -> list[Learning]:
    updates = [update for run in evidence.runs for update in run.learning(network)]
    return [Learning(update, network) for update in updates]


def judge_discriminator_loss(evidence: Evidence) -> Iterator[Said]:
    """Find the loss, with its penalty, that reproduces every recorded gradient of the discriminator."""
    hypotheses = evidence.kind.discriminator_losses
    updates = _learning(evidence, DISCRIMINATOR)
    if not updates:
        yield from (unseen(check, "never_updated", network=DISCRIMINATOR) for check in LOSS_AND_PENALTY)
        return
    if evidence.failed("rhythm") == "one_update_per_term":
        terms = [hypothesis for hypothesis in hypotheses if hypothesis.idea in ONE_TERM]
        if all(any(update.fits(term) for term in terms) for update in updates):
            yield passes("discriminator_loss")
        yield from (unseen(check, "split_updates") for check in LOSS_AND_PENALTY)
        return
    every, enough = explaining(updates, hypotheses)
    # Two penalties may have the same gradient, being apart by a constant; the value that was reported tells them apart.
    penalised = every if evidence.kind.has_penalty and len(every) > 1 else []
    reported = [found for found in penalised if all(reports(r, "gp", found) for r in evidence.runs)]
    found = next(iter(reported + every + enough), None)
    evidence.discriminator_loss = found
    if found is not None:
        yield from found.verdict
        yield from (passes(check) for check in LOSS_AND_PENALTY)
        return
    right = replace(hypotheses[0], penalty=None)
    if evidence.kind.has_penalty and all(reports(r, "discr_loss", right) for r in evidence.runs):
        evidence.discriminator_loss = right
        yield fails("penalty", "penalty_other")
        yield passes("discriminator_loss")
    else:
        clipped = any(update.fits_clipped(right) for update in updates)
        yield fails("discriminator_loss", "gradients_clipped" if clipped else "loss_other")
    yield from (unseen(check, "not_recognised") for check in LOSS_AND_PENALTY)


def judge_generator_loss(evidence: Evidence) -> Iterator[Said]:
    """Find the loss that reproduces every recorded gradient of the generator."""
    check = "generator_loss"
    updates = _learning(evidence, GENERATOR)
    if not updates:
        yield unseen(check, "never_updated", network=GENERATOR)
        return
    every, enough = explaining(updates, evidence.kind.generator_losses)
    # Two losses may have the same gradient on these batches; the value that was reported tells them apart.
    reported = [found for found in every if all(reports(r, "gen_loss", None, found) for r in evidence.runs)]
    evidence.generator_loss = next(iter(reported + every + enough), None)
    if evidence.generator_loss is None:
        yield fails(check, "generator_loss_other")
    else:
        yield from evidence.generator_loss.verdict
        yield passes(check)


# ------------------------------------------------------------------------------------------ gradients


class _DiscriminatorView:
    """One reading of the batches of a discriminator's update, on which losses and penalties have gradients."""

    def __init__(self, update: Update, batches: Batches):
        scene = update.run.scene
        self.lambda_gp = scene.lambda_gp
        self._example = scene.example
        self._perceptron = scene.networks[DISCRIMINATOR].perceptron
        self._weights = update.weights
        self._batches = batches
        # Slopes are costly, and hypotheses share them.
        self._known: dict[Any, np.ndarray] = {}

    def loss_gradient(self, loss: Loss) -> np.ndarray:
        """Return the gradient of a loss by the weights."""
        return self._once(loss, lambda: self._loss_gradient(loss))

    def penalty_gradient(self, penalty: Penalty, place: str) -> np.ndarray:
        """Return the gradient of a penalty that is taken at the rows of ``place``: real, fake or other."""
        return self._once((penalty, place), lambda: self._penalty_gradient(penalty, getattr(self._batches, place)))

    def _once(self, key: Any, compute: Callable[[], np.ndarray]) -> np.ndarray:
        if key not in self._known:
            self._known[key] = compute()
        return self._known[key]

    @cached_property
    def _scores(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """The scores of the real and of the fake rows, each with its gradient by the weights."""
        size, one, found = len(_flat(self._weights)), np.ones((1, 1)), []
        for batch in (self._batches.real, self._batches.fake):
            scores = self._perceptron.forward(self._weights, batch)[:, 0] if len(batch) else np.zeros(0)
            by_row = [_flat(self._perceptron.backward(self._weights, row[None], one)[0]) for row in batch]
            found.append((scores, np.stack(by_row) if by_row else np.zeros((0, size))))
        return found

    def _loss_gradient(self, loss: Loss) -> np.ndarray:
        (r, by_real), (f, by_fake) = self._scores
        dr, df = slopes(loss, r, f)
        return dr @ by_real + df @ by_fake

    def _penalty_gradient(self, penalty: Penalty, x: np.ndarray) -> np.ndarray:
        if not len(x):
            return np.full(len(_flat(self._weights)), np.nan)
        gradients = self._perceptron.input_gradient(self._weights, x).reshape(len(x), *self._example)
        (direction,) = slopes(penalty, gradients)
        return _flat(self._perceptron.directional_gradient(self._weights, x, direction))


class _GeneratorView:
    """One choice of the fakes that a generator's loss may have been taken of."""

    def __init__(self, networks: tuple[Perceptron, Perceptron], weights: tuple, latents: np.ndarray, fakes: np.ndarray):
        self._generator, self._discriminator = networks
        self._weights = weights
        self._latents, self._fakes = latents, fakes

    def loss_gradient(self, loss: Loss) -> np.ndarray:
        """Return the gradient of a loss of the scores by the generator's weights."""
        g, d = self._weights
        _, df = slopes(loss, np.zeros(0), self._discriminator.forward(d, self._fakes)[:, 0])
        _, by_fake = self._discriminator.backward(d, self._fakes, df[:, None])
        return _flat(self._generator.backward(g, self._latents, by_fake)[0])


class Learning:
    """A recorded gradient of one network, and the ways to read what it was taken of."""

    def __init__(self, update: Update, network: str):
        self._update = update
        self._found = _flat(update.gradients[network])
        self._network = network

    @cached_property
    def _views(self) -> list[Any]:
        if self._network == DISCRIMINATOR:
            return [_DiscriminatorView(self._update, batches) for batches in self._update.readings]
        return list(self._generator_views())

    def _generator_views(self) -> Iterator[_GeneratorView]:
        run, calls = self._update.run, self._update.calls
        made = [call for call in calls if call.network == GENERATOR]
        shown = self._update.shown
        if not made or not shown:
            return
        networks = (run.networks[GENERATOR].perceptron, run.networks[DISCRIMINATOR].perceptron)
        outputs = np.concatenate([rows(call.outputs) for call in made])
        latents = np.concatenate([rows(call.inputs) for call in made])
        for choice in ([shown] if len(shown) > 1 else []) + [[call] for call in reversed(shown)]:
            weights = (
                run.trainable(self._update.before, GENERATOR),
                run.trainable(choice[-1].state, DISCRIMINATOR),
            )
            inputs = np.concatenate([rows(call.inputs) for call in choice])
            places = find_rows(inputs, outputs)
            if (places >= 0).any():
                yield _GeneratorView(networks, weights, latents[places[places >= 0]], inputs[places >= 0])

    def fits(self, hypothesis: Hypothesis) -> bool:
        """Tell whether a hypothesis gives the recorded gradient."""
        return any(near(self._found, hypothesis.predict(view), 5e-4, 1e-6) for view in self._views)

    def fits_clipped(self, hypothesis: Hypothesis) -> bool:
        """Tell whether a hypothesis gives the recorded gradient, had that been clipped."""
        return any(near(self._found, np.clip(hypothesis.predict(view), -1, 1), 5e-4, 1e-6) for view in self._views)


def _flat(arrays: list[np.ndarray]) -> np.ndarray:
    return np.concatenate([np.asarray(array, np.float64).ravel() for array in arrays])
