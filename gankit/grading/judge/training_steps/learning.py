"""Tasks 1 to 3: the verdicts on both losses and on the penalty, from their gradients on the recorded batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from gankit.grading.judge.hypotheses import Hypothesis, explaining, near
from gankit.grading.judge.networks import Arrays
from gankit.grading.judge.training_steps.evidence import Evidence
from gankit.grading.judge.training_steps.losses import Loss, Minimised, Penalty, slopes
from gankit.grading.judge.training_steps.reports import reports
from gankit.grading.judge.training_steps.trace import DISCRIMINATOR, GENERATOR, Batches, Update
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
    right = replace(hypotheses[0], computed=replace(hypotheses[0].computed, penalty=None))
    if evidence.kind.has_penalty and all(reports(r, "discr_loss", right) for r in evidence.runs):
        evidence.discriminator_loss = right
        yield fails("penalty", "penalty_other")
        yield passes("discriminator_loss")
    else:
        clipped = any(update.fits(right, most=1) for update in updates)
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


class Learning:
    """A recorded gradient of one network, and the ways to read what it was taken of."""

    def __init__(self, update: Update, network: str):
        self._update = update
        self._found = _flat(update.gradients[network])
        self._network = network

    def fits(self, hypothesis: Hypothesis, most: float = np.inf) -> bool:
        """Tell whether a hypothesis gives the recorded gradient, which may have been clipped."""
        expected = (np.clip(view.gradient(hypothesis.computed), -most, most) for view in self._views)
        return any(near(self._found, gradient, 5e-4, 1e-6) for gradient in expected)

    @cached_property
    def _views(self) -> list[_View]:
        update, run = self._update, self._update.run
        if self._network == DISCRIMINATOR:
            return [_View(update, update.weights, batches) for batches in update.readings]
        found = []
        for call in reversed(update.shown):
            batches, critic = update.batches_of([call]), run.trainable(call.state, DISCRIMINATOR)
            if len(batches.fake):
                alone = replace(batches, real=batches.real[:0])
                found.append(_View(update, critic, alone, run.trainable(update.before, GENERATOR)))
        return found


class _View:
    """One reading of the batches that went into an update, on which losses and penalties have gradients.

    They are those of the critic's weights, or of the generator's where these are given.
    """

    def __init__(self, update: Update, critic: Arrays, batches: Batches, generator: Arrays | None = None):
        self._scene = update.run.scene
        self._critic, self._generator = critic, generator
        self._batches = batches
        # Slopes are costly, and hypotheses share them.
        self._known: dict[Any, np.ndarray] = {}

    def gradient(self, minimised: Minimised) -> np.ndarray:
        """Return the gradient of what may have been minimised."""
        loss, penalty, place = minimised.loss, minimised.penalty, minimised.place
        weight, penalty_weight = minimised.weights(self._scene.lambda_gp)
        gradient = weight * self._once(loss, lambda: self._of_loss(loss))
        if penalty is None or not penalty_weight:
            return gradient
        return gradient + penalty_weight * self._once((penalty, place), lambda: self._of_penalty(penalty, place))

    def _once(self, key: Any, compute: Callable[[], np.ndarray]) -> np.ndarray:
        if key not in self._known:
            self._known[key] = compute()
        return self._known[key]

    def _of_loss(self, loss: Loss) -> np.ndarray:
        critic, shown = self._scene.networks[DISCRIMINATOR].perceptron, (self._batches.real, self._batches.fake)
        scores = (critic.forward(self._critic, batch)[:, 0] for batch in shown)
        of_real, of_fake = (
            critic.backward(self._critic, batch, slope[:, None]) for batch, slope in zip(shown, slopes(loss, *scores))
        )
        if self._generator is None:
            return _flat(of_real[0]) + _flat(of_fake[0])
        generator = self._scene.networks[GENERATOR].perceptron
        return _flat(generator.backward(self._generator, self._batches.latents, of_fake[1])[0])

    def _of_penalty(self, penalty: Penalty, place: str) -> np.ndarray:
        critic, x = self._scene.networks[DISCRIMINATOR].perceptron, getattr(self._batches, place)
        if not len(x):
            return np.full(1, np.nan)
        gradients = critic.input_gradient(self._critic, x).reshape(len(x), *self._scene.example)
        (direction,) = slopes(penalty, gradients)
        return _flat(critic.directional_gradient(self._critic, x, direction))


def _flat(arrays: Arrays) -> np.ndarray:
    return np.concatenate([np.asarray(array, np.float64).ravel() for array in arrays])
