"""Tasks 1 to 3: the verdict on the losses that train_step returns."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from gankit.grading.judge.candidates import Recognised
from gankit.grading.judge.evidence import Evidence, Recording
from gankit.grading.judge.formulas import Formula
from gankit.grading.judge.networks import rows
from gankit.grading.judge.trace import DISCRIMINATOR, GENERATOR, Call, Step, find_rows

NOTHING = np.zeros(0)


def judge_reported(
    evidence: Evidence, recording: Recording, recognised: Recognised, generator_formula: Formula | None
) -> None:
    """Judge that the losses come back under their names: those of the last updates, or their means."""
    key, keys = "reported", evidence.kind.keys
    fair = _FairReports(recording, recognised, generator_formula)
    for step in recording.run.steps:
        returned = step.returned
        if returned is None:
            evidence.out.failed(key, "no_dictionary", "train_step does not return a dictionary of its losses.")
            return
        missing = [name for name in keys if name not in returned]
        if missing:
            evidence.out.failed(
                key,
                "key_missing",
                f"The dictionary that train_step returns has no entry {missing[0]!r}; scripts and plots look for it.",
            )
            return
        if any(returned[name].size != 1 for name in keys):
            if "sum_for_mean" in (evidence.failed("discriminator_loss"), evidence.failed("generator_loss")):
                # A loss of one number an example is minimised as their sum: that was said.
                evidence.out.skipped(key, "train_step returns losses that are no single numbers.")
                return
            evidence.out.failed(key, "not_scalar", "train_step returns a loss that is not a single number.", 0.5)
            return
        if recognised.formula is not None and generator_formula is not None:
            evidence.seen.add(key)
        values = {name: float(returned[name].reshape(())) for name in keys}
        possible = fair.of(step)
        for name in keys:
            options = possible.get(name)
            if options and not _among(values[name], options):
                _wrong_report(evidence, name, values, possible)
                return
        plain = possible["plain"]
        if evidence.kind.has_penalty and plain and not _among(values["discr_loss"], plain) and not evidence.out.hints:
            evidence.out.hints.append(
                "discr_loss is reported with the penalty in it. That is accepted; without it, it can be "
                "compared with task 2's."
            )


def _wrong_report(evidence: Evidence, name: str, values: dict[str, float], possible: dict[str, list[float]]) -> None:
    other = "gen_loss" if name == "discr_loss" else "discr_loss"
    if possible.get(other) and name != "gp" and _among(values[name], possible[other]):
        idea, symptom = "reports_swapped", "it holds the other network's loss"
    elif _among(-values[name], possible[name]):
        idea, symptom = "report_sign", "its sign is turned round"
    else:
        idea, symptom = "report_value", "it is not the loss of the last update, nor the mean over the updates"
    evidence.out.failed("reported", idea, f"The value returned as {name!r} is another one: {symptom}.", 0.5)


def reports_generator_loss(step: Step, formula: Formula) -> bool:
    """Tell whether a step's reported generator loss is this formula's on a batch that its last update was shown."""
    value = (step.returned or {}).get("gen_loss")
    updates = [update for update in step.updates if update.owner == GENERATOR]
    if value is None or value.size != 1 or not updates:
        return False
    shown = [call for call in updates[-1].calls if call.network == DISCRIMINATOR]
    scores = [call.outputs.astype(np.float64).reshape(-1) for call in shown]
    return _among(float(value.reshape(())), [formula.loss(NOTHING, f) for f in scores])


def reports_loss(recording: Recording, formula: Formula) -> bool:
    """Tell whether the ``discr_loss`` that every step returned is this formula's value, without a penalty."""
    fair = _FairReports(recording, Recognised(formula, None), None)
    for step in recording.run.steps:
        value = (step.returned or {}).get("discr_loss")
        if value is None or value.size != 1 or not _among(float(value.reshape(())), fair.of(step)["plain"]):
            return False
    return True


def reports_penalty(recording: Recording, recognised: Recognised) -> bool:
    """Tell whether the ``gp`` that every step returned is a fair report of this penalty."""
    fair = _FairReports(recording, recognised, None)
    for step in recording.run.steps:
        value = (step.returned or {}).get("gp")
        if value is None or value.size != 1 or not _among(float(value.reshape(())), fair.of(step).get("gp", [])):
            return False
    return True


class _History:
    """The losses of the steps so far: a report may be a running mean, as Keras's trackers make it."""

    def __init__(self) -> None:
        self._each: dict[str, list[float]] = {}
        self._last: dict[str, list[float]] = {}

    def running_means(self, name: str, values: list[float]) -> list[float]:
        """Add a step's values, one an update, and return the means over all updates and over the last ones."""
        if not values:
            return []
        self._each.setdefault(name, []).extend(values)
        self._last.setdefault(name, []).append(values[-1])
        return [float(np.mean(self._each[name])), float(np.mean(self._last[name]))]


@dataclass
class _Scores:
    """What the discriminator answered to real rows and to fakes, call by call; and the calls with rows of neither."""

    real: list[np.ndarray] = field(default_factory=list)
    fake: list[np.ndarray] = field(default_factory=list)
    other: list[tuple[Call, np.ndarray]] = field(default_factory=list)


class _FairReports:
    """Every value that a training step may fairly report, given the losses that were recognised."""

    def __init__(self, recording: Recording, recognised: Recognised, generator_formula: Formula | None):
        self._recording = recording
        self._recognised = recognised
        self._generator_formula = generator_formula
        self._history = _History()

    def of(self, step: Step) -> dict[str, list[float]]:
        """Return the values of a step for each key, ``plain`` being discr_loss without a penalty.

        There are none for what was not recognised, or has no exact value. Steps are to be asked for in order.
        """
        updates = [number for number, update in enumerate(step.updates) if update.owner == DISCRIMINATOR]
        if not updates:
            return {"plain": []}
        generated = [call for call in step.calls if call.network == GENERATOR]
        tail = [call for update in step.updates[updates[-1] + 1 :] for call in update.calls] + step.late_calls
        windows = [step.updates[number].calls for number in updates]
        each = [self._scores(calls, generated) for calls in windows]
        last = self._scores(windows[-1] + tail, generated)
        plain = self._discriminator_losses(each, last)
        penalties = self._penalties(each, last)
        weight = self._recording.scene.lambda_gp
        penalised = [loss + factor * gp for loss in plain for gp in penalties for factor in (1, weight)]
        if self._recognised.check == "penalty_applied":
            # Reported with or without its weight: the idea was named already.
            penalties = penalties + [weight * gp for gp in penalties]
        losses = self._generator_losses(self._scores(tail, generated))
        return {"plain": plain, "discr_loss": plain + penalised, "gp": penalties, "gen_loss": losses}

    def _discriminator_losses(self, each: list[_Scores], last: _Scores) -> list[float]:
        if self._recognised.formula is None or not self._recognised.formula.exact:
            return []
        loss = self._recognised.formula.loss
        means = [loss((scores.real or [NOTHING])[-1], (scores.fake or [NOTHING])[-1]) for scores in each]
        return [
            *(loss(r, f) for r in last.real or [NOTHING] for f in last.fake or [NOTHING]),
            float(np.mean(means)),
            *self._history.running_means("discr_loss", means),
        ]

    def _penalties(self, each: list[_Scores], last: _Scores) -> list[float]:
        if self._recognised.penalty is None:
            return []
        values = [self._penalty(*shown) for shown in last.other]
        means = [self._penalty(*scores.other[-1]) for scores in each if scores.other]
        return values + ([float(np.mean(means)), *self._history.running_means("gp", means)] if means else [])

    def _penalty(self, call: Call, x: np.ndarray) -> float:
        run, scene = self._recording.run, self._recording.scene
        weights = run.trainable(call.state, DISCRIMINATOR)
        gradient = scene.networks[DISCRIMINATOR].perceptron.input_gradient(weights, x)
        return self._recognised.penalty.value(gradient.reshape(len(x), *scene.example))

    def _generator_losses(self, late: _Scores) -> list[float]:
        if self._generator_formula is None or not self._generator_formula.exact:
            return []
        losses = [self._generator_formula.loss(NOTHING, f) for f in late.fake]
        return losses + self._history.running_means("gen_loss", losses[:1])

    def _scores(self, calls: list[Call], generated: list[Call]) -> _Scores:
        found = _Scores()
        for call in calls:
            inputs, answers = rows(call.inputs), call.outputs.astype(np.float64).reshape(-1)
            if call.network != DISCRIMINATOR or len(answers) != len(inputs):
                continue
            batches = self._recording.sorter.sort([call], generated)
            is_real = find_rows(inputs, batches.real) >= 0
            is_fake = find_rows(inputs, batches.fake) >= 0
            neither = ~is_real & ~is_fake
            found.real += [answers[is_real]] if is_real.any() else []
            found.fake += [answers[is_fake]] if is_fake.any() else []
            found.other += [(call, inputs[neither])] if neither.any() else []
        return found


def _among(value: float, options: list[float]) -> bool:
    return any(abs(value - option) <= 1e-3 * abs(option) + 2e-5 for option in options)
