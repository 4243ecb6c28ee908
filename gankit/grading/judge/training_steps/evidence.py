"""Tasks 1 to 3: what came back of the scenes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from gankit.grading.judge import verdicts
from gankit.grading.judge.hypotheses import Hypothesis
from gankit.grading.judge.training_steps.kinds import Kind
from gankit.grading.judge.training_steps.scenes import Scene
from gankit.grading.judge.training_steps.trace import Run, Step
from gankit.grading.judge.verdicts import Said, alike, passes, unseen

TRAINING = ("points", "pictures")
# What a check keeps where all that was seen of it is right, and an error hid the rest.
PARTLY = 0.75
# The settings of a class that does not take them as arguments, in the order of the arguments.
DEFAULTS = {"batch_size": 200, "disc_iter": 2, "learning_rate": 0.005, "lambda_gp": 10.0}


@dataclass
class Evidence(verdicts.Evidence):
    """What one of tasks 1 to 3 is judged by; the last two are the losses as they were recognised.

    A ``strict`` judge counts other forms of examples and the discriminator's training mode: this project's statement
    asks for them, the older coursework's does not.
    """

    kind: Kind
    scenes: dict[str, Scene]
    strict: bool
    discriminator_loss: Hypothesis | None = None
    generator_loss: Hypothesis | None = None

    def scene(self, name: str) -> Scene:
        """Return a scene with the settings that the class took from its arguments, be they in another order."""
        scene, arguments = self.scenes[name], self.scenes[name].request["arguments"]
        if "attributes" in self.errors:
            # The class takes fewer arguments, which is told there.
            arguments = arguments[: int(self.results[name].get("arguments", len(arguments)))]
        settings: dict[str, Any] = {}
        for setting, source in self._sources.items():
            passed = arguments[source] if isinstance(source, int) and source < len(arguments) else DEFAULTS[setting]
            settings[setting] = source if isinstance(source, float) else passed
        for setting in ("batch_size", "disc_iter"):
            settings[setting] = max(1, int(settings[setting]))
        return replace(scene, **settings)

    @cached_property
    def _sources(self) -> dict[str, int | float]:
        """For each setting the place of the argument that it is taken from, or a value that it always has."""
        places: dict[str, int | float] = {setting: place for place, setting in enumerate(DEFAULTS)}
        passed = self.scenes["attributes"].request["arguments"] if self.came_back("attributes") else []
        for setting, value in zip(DEFAULTS, passed):
            kept = self.results["attributes"].get(setting)
            if kept is not None and not np.isclose(kept, value, rtol=1e-4):
                others = [place for place, other in enumerate(passed) if np.isclose(kept, other, rtol=1e-4)]
                places[setting] = others[0] if others else float(kept)
        return places

    def run(self, name: str) -> Run:
        """Read the training scene of this name.

        Raises
        ------
        BrokenTrace
            If what came back does not fit together.
        """
        return Run(self.results[name], self.scene(name), name in self.errors)

    @cached_property
    def runs(self) -> list[Run]:
        """The recorded training steps, on points and on pictures."""
        return [self.run(name) for name in TRAINING if self.came_back(name)]

    @property
    def steps(self) -> list[Step]:
        """All training steps of them."""
        return [step for run in self.runs for step in run.steps]

    def both_seen(self, check: str, seen: set[str]) -> Said:
        """Say what a check gets in which nothing is wrong, given the networks for which it was seen."""
        if len(seen) == 2:
            return passes(check)
        return unseen(check, "partly", PARTLY, network=next(iter(seen))) if seen else unseen(check, "nothing_seen")

    def said_already(self, name: str) -> bool:
        """Tell whether a scene raised what the training steps raised."""
        return any(alike(self.errors[name], self.errors[other]) for other in TRAINING if other in self.errors)
