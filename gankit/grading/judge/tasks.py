"""The six tasks: which checks each has, how it is played, and who judges it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gankit.grading.judge.gan_scenes import SceneMaker
from gankit.grading.judge.gan_tasks import KINDS, GanJudge, Kind, in_words
from gankit.grading.judge.verdicts import Check, TaskResult
from gankit.grading.runner import Outcome
from gankit.grading.submission import Submission


@dataclass
class Play:
    """The scenes of a task, the file that plays them, further files beside it, and what the judge keeps."""

    requests: list[dict[str, Any]]
    file: str
    files: dict[str, bytes] = field(default_factory=dict)
    kept: Any = None


class Task:
    """One of the six tasks."""

    number: int
    title: str
    checks: tuple[Check, ...]
    # How long it takes beside the others; the longest are started first.
    effort: int = 1

    def prepare(self, random: np.random.Generator, file: str, submission: Submission) -> Play:
        """Make the scenes."""
        raise NotImplementedError

    def judge(self, play: Play, outcome: Outcome, result: TaskResult, stack: str) -> None:
        """Write the findings."""
        raise NotImplementedError

    def import_failed(self, result: TaskResult, error: dict[str, Any], stack: str) -> None:
        """Write the findings where the file cannot even be imported."""
        result.failed(
            self.checks[0].key, "import_error", f"The file cannot be imported: {in_words(error, stack)}"
        )
        result.finish("The file cannot be imported.")


class GanTask(Task):
    """Tasks 1 to 3."""

    effort = 3

    def __init__(self, kind: Kind):
        self.number = kind.number
        self.title = kind.class_name
        self.checks = kind.checks
        self._kind = kind

    def prepare(self, random: np.random.Generator, file: str, submission: Submission) -> Play:
        """Make the scenes of a training step."""
        scenes = SceneMaker(self._kind.class_name, random).make()
        return Play([scene.request for scene in scenes.values()], file, kept=scenes)

    def judge(self, play: Play, outcome: Outcome, result: TaskResult, stack: str) -> None:
        """Judge the trace."""
        strict = not play.file[0].isdigit()
        GanJudge(self._kind, play.kept, outcome.results, outcome.errors, result, strict, stack).judge()


TASKS: tuple[Task, ...] = tuple(GanTask(kind) for kind in KINDS)
