"""Tasks 1 to 3: the verdict on the losses that train_step returns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from gankit.grading.judge.hypotheses import Hypothesis
from gankit.grading.judge.networks import rows
from gankit.grading.judge.training_steps.evidence import Evidence
from gankit.grading.judge.training_steps.losses import Loss
from gankit.grading.judge.training_steps.trace import DISCRIMINATOR, GENERATOR, Call, Run, Step, find_rows
from gankit.grading.judge.verdicts import Said, fails, hints, unseen

NOTHING = np.zeros(0)


def judge_reported(evidence: Evidence) -> Iterator[Said]:
    """Judge that the losses come back under their names: those of the last updates, or their means."""
    for run in evidence.runs:
        fair = _FairReports(run, evidence.discriminator_loss, evidence.generator_loss)
        for step in run.steps:
            if step.complete:
                yield from _judge_step(evidence, step, fair)
    if any(step.complete for step in evidence.steps):
        known = {DISCRIMINATOR: evidence.discriminator_loss, GENERATOR: evidence.generator_loss}
        yield evidence.both_seen("reported", {network for network, loss in known.items() if loss is not None})


def _judge_step(evidence: Evidence, step: Step, fair: _FairReports) -> Iterator[Said]:
    keys, returned = evidence.kind.keys, step.returned
    if returned is None:
        yield fails("reported", "no_dictionary")
        return
    missing = [name for name in keys if name not in returned]
    if missing:
        yield fails("reported", "key_missing", name=missing[0])
        return
    if any(returned[name].size != 1 for name in keys):
        # A loss of one number an example is minimised as their sum: that is told of the loss.
        said = "sum_for_mean" in (evidence.failed("discriminator_loss"), evidence.failed("generator_loss"))
        yield unseen("reported", "no_numbers") if said else fails("reported", "not_scalar")
        return
    values = {name: float(returned[name].reshape(())) for name in keys}
    possible = fair.of(step)
    for name in keys:
        if possible.get(name) and not _among(values[name], possible[name]):
            yield fails("reported", _report_mistake(name, values, possible), name=name)
            return
    plain = possible["plain"]
    if evidence.kind.has_penalty and plain and not _among(values["discr_loss"], plain):
        yield hints("penalty_reported")


def _report_mistake(name: str, values: dict[str, float], possible: dict[str, list[float]]) -> str:
    other = "gen_loss" if name == "discr_loss" else "discr_loss"
    if possible.get(other) and name != "gp" and _among(values[name], possible[other]):
        return "reports_swapped"
    return "report_sign" if _among(-values[name], possible[name]) else "report_value"


def reports(run: Run, key: str, loss: Hypothesis | None = None, generator_loss: Hypothesis | None = None) -> bool:
    """Tell whether what every step returned under a key is a fair report of these losses."""
    fair = _FairReports(run, loss, generator_loss)
    pairs = [((step.returned or {}).get(key, NOTHING), fair.of(step).get(key, [])) for step in run.steps]
    return all(value.size == 1 and _among(float(value.reshape(())), options) for value, options in pairs)


@dataclass
class _Scores:
    """What the discriminator answered to real rows and to fakes, call by call; and the calls with rows of neither."""

    real: list[np.ndarray] = field(default_factory=list)
    fake: list[np.ndarray] = field(default_factory=list)
    other: list[tuple[Call, np.ndarray]] = field(default_factory=list)


class _FairReports:
    """Every value that a training step may fairly report, given the losses that were recognised."""

    def __init__(self, run: Run, loss: Hypothesis | None, generator_loss: Hypothesis | None):
        self._run = run
        self._loss = loss
        self._generator_loss = generator_loss
        # The losses of the updates so far, step by step: a report may be a running mean, as Keras's trackers make it.
        self._past: dict[str, list[list[float]]] = {}

    def of(self, step: Step) -> dict[str, list[float]]:
        """Return the values of a step for each key, ``plain`` being discr_loss without a penalty.

        There are none for what was not recognised, or has no exact value. Steps are to be asked for in order.
        """
        turns = self._run.turns(step, DISCRIMINATOR)
        if not turns:
            return {"plain": []}
        last_turn = max(number for number, update in enumerate(step.updates) if update is turns[-1])
        generated = [call for call in step.calls if call.network == GENERATOR]
        tail = [call for update in step.updates[last_turn + 1 :] for call in update.calls] + step.late_calls
        each = [self._scores(update.calls, generated) for update in turns]
        last = self._scores(turns[-1].calls + tail, generated)
        plain, penalties = self._discriminator_losses(each, last), self._penalties(each, last)
        weight = self._run.scene.lambda_gp
        penalised = [loss + factor * gp for loss in plain for gp in penalties for factor in (1, weight)]
        if self._loss is not None and self._loss.check == "penalty_applied":
            # Reported with or without its weight: the idea was named already.
            penalties = penalties + [weight * gp for gp in penalties]
        loss = _exact(self._generator_loss)
        losses = [loss(NOTHING, f) for f in self._scores(tail, generated).fake] if loss else []
        losses += self._means("gen_loss", losses[:1])
        return {"plain": plain, "discr_loss": plain + penalised, "gp": penalties, "gen_loss": losses}

    def _means(self, key: str, values: list[float]) -> list[float]:
        """Return the means of a step's values, and those over all steps: of every update, and of the last ones."""
        if not values:
            return []
        past = self._past.setdefault(key, [])
        past.append(values)
        return [float(np.mean(each)) for each in (values, sum(past, []), [step[-1] for step in past])]

    def _discriminator_losses(self, each: list[_Scores], last: _Scores) -> list[float]:
        loss = _exact(self._loss)
        if loss is None:
            return []
        means = [loss((scores.real or [NOTHING])[-1], (scores.fake or [NOTHING])[-1]) for scores in each]
        values = [loss(r, f) for r in last.real or [NOTHING] for f in last.fake or [NOTHING]]
        return values + self._means("discr_loss", means)

    def _penalties(self, each: list[_Scores], last: _Scores) -> list[float]:
        penalty = self._loss.computed.penalty if self._loss else None
        if penalty is None:
            return []
        values = [penalty(self._input_gradient(*shown)) for shown in last.other]
        means = [penalty(self._input_gradient(*scores.other[-1])) for scores in each if scores.other]
        return values + self._means("gp", means)

    def _input_gradient(self, call: Call, x: np.ndarray) -> np.ndarray:
        scene, weights = self._run.scene, self._run.trainable(call.state, DISCRIMINATOR)
        gradient = scene.networks[DISCRIMINATOR].perceptron.input_gradient(weights, x)
        return gradient.reshape(len(x), *scene.example)

    def _scores(self, calls: list[Call], generated: list[Call]) -> _Scores:
        found = _Scores()
        for call in calls:
            inputs, answers = rows(call.inputs), call.outputs.astype(np.float64).reshape(-1)
            if call.network != DISCRIMINATOR or len(answers) != len(inputs):
                continue
            batches = self._run.sort([call], generated)
            is_real = find_rows(inputs, batches.real) >= 0
            is_fake = find_rows(inputs, batches.fake) >= 0
            neither = ~is_real & ~is_fake
            found.real += [answers[is_real]] if is_real.any() else []
            found.fake += [answers[is_fake]] if is_fake.any() else []
            found.other += [(call, inputs[neither])] if neither.any() else []
        return found


def _exact(recognised: Hypothesis | None) -> Loss | None:
    """Return a recognised loss, unless its value differs from stack to stack."""
    return recognised.computed.loss if recognised is not None and recognised.computed.exact else None


def _among(value: float, options: list[float]) -> bool:
    return any(abs(value - option) <= 1e-3 * abs(option) + 2e-5 for option in options)
