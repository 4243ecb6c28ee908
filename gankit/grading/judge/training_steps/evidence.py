"""Tasks 1 to 3: what came back of the scenes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from gankit.grading.judge.hypotheses import Hypothesis
from gankit.grading.judge.training_steps.kinds import Kind
from gankit.grading.judge.training_steps.scenes import Scene
from gankit.grading.judge.training_steps.trace import (
    DISCRIMINATOR,
    GENERATOR,
    Batches,
    Call,
    Run,
    Sorter,
    Step,
    Update,
    readings,
)
from gankit.grading.judge.verdicts import Said, TaskResult, alike, in_words, passes, unseen

TRAINING = ("points", "pictures")
# What a check keeps where all that was seen of it is right, and an error hid the rest.
PARTLY = 0.75
# The settings of a class that does not take them as arguments, in the order of the arguments.
DEFAULTS = {"batch_size": 200, "disc_iter": 2, "learning_rate": 0.005, "lambda_gp": 10.0}


@dataclass(frozen=True)
class UpdateInStep:
    """An update, what the discriminator was shown before it in the step, and what the generator was up to it."""

    recording: Recording
    update: Update
    earlier: list[Call]
    generated: list[Call]

    @property
    def shown(self) -> list[Call]:
        """What the discriminator is shown for this update."""
        return [call for call in self.update.calls if call.network == DISCRIMINATOR]

    @cached_property
    def readings(self) -> list[Batches]:
        """The ways to read which batches went into it, the plainest first."""
        # Two updates may share what was shown before the first of them.
        found = readings(self.shown or self.earlier, self.earlier, self.recording.sorter, self.generated)
        if not len(found[0].real) and len(found[0].other):
            # Examples that were changed after they were drawn: a batch of its own among the rows of neither kind.
            strange = [self.batches_of([call]) for call in self.shown]
            strange = [each.other for each in strange if not len(each.real) and not len(each.fake)]
            for place, batch in enumerate(strange):
                rest = [other for number, other in enumerate(strange) if number != place]
                other = np.concatenate(rest) if rest else batch[:0]
                found.append(replace(found[0], real=batch, other=other))
        return found

    def batches_of(self, calls: list[Call]) -> Batches:
        """Tell which rows of some calls of the discriminator are real, and which were generated."""
        return self.recording.sorter.sort(calls, self.generated)

    @property
    def weights(self) -> list[np.ndarray]:
        """The discriminator's weights as its loss saw them: a clip may come between the loss and the update."""
        states = [call.state for call in self.shown or self.earlier]
        return self.recording.run.trainable(states[-1] if states else self.update.before, DISCRIMINATOR)


@dataclass(frozen=True)
class Recording:
    """A training scene, the run that came back of it, and what tells its rows apart."""

    scene: Scene
    run: Run
    sorter: Sorter

    @cached_property
    def updates(self) -> list[UpdateInStep]:
        """All updates, in order."""
        return [found for step in self.run.steps for found in self._in_step(step.updates)]

    def turns(self, step: Step, network: str) -> list[Update]:
        """Return a network's updates in a step; joint ones count where it has none of its own."""
        mine = step.owned_by(network) or [update for update in step.updates if network in update.gradients]
        # The generator's gradients, taken for the discriminator's weights, are told in another place.
        astray = network == DISCRIMINATOR and len(mine) == self.scene.disc_iter + 1 == len(step.updates)
        return mine[:-1] if astray else mine

    def learning(self, network: str) -> list[UpdateInStep]:
        """Return the updates that tell a network's loss; where none is applied, the gradients that were computed."""
        found = []
        for step in self.run.steps:
            turns = self.turns(step, network)
            found += [each for each in self._in_step(step.updates) if any(each.update is turn for turn in turns)]
            if not turns:
                found += [each for each in self._in_step(step.computed) if network in each.update.gradients]
        return found

    def _in_step(self, updates: list[Update]) -> list[UpdateInStep]:
        found: list[UpdateInStep] = []
        generated: list[Call] = []
        earlier: list[Call] = []
        for update in updates:
            generated += [call for call in update.calls if call.network == GENERATOR]
            found.append(UpdateInStep(self, update, list(earlier), list(generated)))
            earlier += found[-1].shown
        return found


@dataclass
class Evidence:
    """What one of tasks 1 to 3 is judged by.

    Attributes
    ----------
    kind : Kind
        Which task.
    scenes : dict
        The scenes that were played, by name.
    results, errors : dict
        What came back of each, and what it raised; a scene may have both.
    out : TaskResult
        What was said so far.
    strict : bool
        Whether other forms of examples and the discriminator's training mode count: this project's statement asks for
        them, the older coursework's does not.
    stack : str
        The libraries' versions, for error messages.
    discriminator_loss, generator_loss : Hypothesis or None
        The losses as they were recognised.
    """

    kind: Kind
    scenes: dict[str, Scene]
    results: dict[str, Any]
    errors: dict[str, dict[str, Any]]
    out: TaskResult
    strict: bool
    stack: str
    discriminator_loss: Hypothesis | None = None
    generator_loss: Hypothesis | None = None

    def scene(self, name: str) -> Scene:
        """Return a scene with the settings that the class took from its arguments, be they in another order."""
        scene, arguments = self.scenes[name], self.scenes[name].request["arguments"]
        arguments = arguments[: int(self.results[name].get("arguments", len(arguments)))]
        settings = {}
        for setting, source in self._sources.items():
            value = arguments[source] if isinstance(source, int) and source < len(arguments) else DEFAULTS[setting]
            settings[setting] = source if isinstance(source, float) else value
        for setting in ("batch_size", "disc_iter"):
            settings[setting] = max(1, int(settings[setting]))
        return replace(scene, **settings)

    @cached_property
    def _sources(self) -> dict[str, int | float]:
        """For each setting the place of the argument that it is taken from, or a value that it always has."""
        places = {setting: place for place, setting in enumerate(DEFAULTS)}
        if not self.came_back("attributes"):
            return places
        passed = self.scenes["attributes"].request["arguments"]
        for setting, place in list(places.items())[: len(passed)]:
            kept = self.results["attributes"].get(setting)
            if kept is not None and not np.isclose(kept, passed[place], rtol=1e-4):
                others = [other for other, value in enumerate(passed) if np.isclose(kept, value, rtol=1e-4)]
                places[setting] = others[0] if others else float(kept)
        return places

    def recording(self, name: str) -> Recording:
        """Read the training scene of this name.

        Raises
        ------
        BrokenTrace
            If what came back does not fit together.
        """
        scene = self.scene(name)
        run = Run(self.results[name], scene.networks, scene.request["steps"], name in self.errors)
        return Recording(scene, run, Sorter(run, scene.request["real"], scene.request["decoy"]))

    @cached_property
    def recordings(self) -> list[Recording]:
        """The recorded training steps, on points and on pictures."""
        return [self.recording(name) for name in TRAINING if self.came_back(name)]

    @property
    def steps(self) -> list[Step]:
        """All training steps of them."""
        return [step for recording in self.recordings for step in recording.run.steps]

    @property
    def moved(self) -> set[str]:
        """The networks that were updated."""
        return {network for step in self.steps for update in step.updates for network in update.gradients}

    def came_back(self, name: str) -> bool:
        """Tell whether a scene has a result: what came of it, or of it before an error."""
        return isinstance(self.results.get(name), dict)

    def both_seen(self, check: str, seen: set[str]) -> Said:
        """Say what a check gets in which nothing is wrong, given the networks for which it was seen."""
        if len(seen) == 2:
            return passes(check)
        return unseen(check, "partly", PARTLY, network=next(iter(seen))) if seen else unseen(check, "nothing_seen")

    def failed(self, key: str) -> str:
        """Return the idea that a check has failed for, or an empty string."""
        return self.out.failed(key)

    def said_already(self, name: str) -> bool:
        """Tell whether a scene raised what the training steps raised."""
        return any(alike(self.errors[name], self.errors[other]) for other in TRAINING if other in self.errors)

    def error_in_words(self, name: str) -> str:
        """Say what a scene raised."""
        return in_words(self.errors[name], self.stack)
