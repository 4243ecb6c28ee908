"""Tasks 1 to 3: what came back of the scenes, and where findings go."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from gankit.grading.judge.gan_scenes import Scene
from gankit.grading.judge.kinds import Kind
from gankit.grading.judge.trace import DISCRIMINATOR, GENERATOR, AppliedUpdate, Batches, Call, Run, Sorter, readings
from gankit.grading.judge.verdicts import TaskResult, in_words


@dataclass(frozen=True)
class Recording:
    """A training scene, the run that came back of it, and what tells its rows apart."""

    scene: Scene
    run: Run
    sorter: Sorter

    @cached_property
    def updates(self) -> list[UpdateInStep]:
        """All updates, in order."""
        found = []
        for step in self.run.steps:
            generated: list[Call] = []
            earlier: list[Call] = []
            for update in step.updates:
                generated += [call for call in update.calls if call.network == GENERATOR]
                found.append(UpdateInStep(self, update, list(earlier), list(generated)))
                earlier += found[-1].shown
        return found

    @property
    def discriminator_updates(self) -> list[UpdateInStep]:
        """All updates of the discriminator, in order."""
        return [update for update in self.updates if update.applied.owner == DISCRIMINATOR]


@dataclass(frozen=True)
class UpdateInStep:
    """An update, what the discriminator was shown before it in the step, and what the generator was up to it."""

    recording: Recording
    applied: AppliedUpdate
    earlier: list[Call]
    generated: list[Call]

    @property
    def shown(self) -> list[Call]:
        """What the discriminator is shown for this update."""
        return [call for call in self.applied.calls if call.network == DISCRIMINATOR]

    @cached_property
    def readings(self) -> list[Batches]:
        """The ways to read which batches went into it, the plainest first."""
        return readings(self.shown, self.earlier, self.recording.sorter, self.generated)

    def batches_of(self, calls: list[Call]) -> Batches:
        """Tell which rows of some calls of the discriminator are real, and which were generated."""
        return self.recording.sorter.sort(calls, self.generated)

    @property
    def weights(self) -> list[np.ndarray]:
        """The discriminator's weights as its loss saw them: a clip may come between the loss and the update."""
        states = [call.state for call in self.shown]
        return self.recording.run.trainable(states[-1] if states else self.applied.before, DISCRIMINATOR)


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
        What came back of each, or what it raised.
    out : TaskResult
        Where the findings go.
    strict : bool
        Whether other forms of examples and the discriminator's training mode count: this project's statement asks for
        them, the older coursework's does not.
    stack : str
        The libraries' versions, for error messages.
    seen : set of str
        The checks for which something was seen: no failure seen is no pass.
    updates_a_step : dict
        How many updates each network has in a training step with ``disc_iter`` 1.
    """

    kind: Kind
    scenes: dict[str, Scene]
    results: dict[str, Any]
    errors: dict[str, dict[str, Any]]
    out: TaskResult
    strict: bool
    stack: str
    seen: set[str] = field(default_factory=set)
    updates_a_step: dict[str, float] = field(default_factory=lambda: {DISCRIMINATOR: 1.0, GENERATOR: 1.0})

    def recording(self, name: str) -> Recording:
        """Read the training scene of this name.

        Raises
        ------
        BrokenTrace
            If what came back does not fit together.
        """
        scene = self.scenes[name]
        run = Run(self.results[name], scene.networks, scene.request["steps"])
        return Recording(scene, run, Sorter(run, scene.request["real"], scene.request["decoy"]))

    @property
    def split_updates(self) -> bool:
        """Whether not every update of the discriminator is one of its whole loss, which was said."""
        return self.failed("rhythm") in ("one_update_per_term", "generator_loss_on_discriminator")

    def failed(self, key: str) -> str:
        """Return the idea that a check has failed for, or an empty string."""
        finding = self.out.findings.get(key)
        return finding.idea if finding is not None else ""

    def error_in_words(self, name: str) -> str:
        """Say what a scene raised."""
        return in_words(self.errors[name], self.stack)
