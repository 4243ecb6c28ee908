"""The six tasks: which checks each has, how it is played, and who judges it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gankit.grading.judge import verdicts
from gankit.grading.judge.builder import judges as builder
from gankit.grading.judge.catalogue import IDEAS
from gankit.grading.judge.scripts import inputs
from gankit.grading.judge.scripts import judges as scripts
from gankit.grading.judge.training_steps.evidence import Evidence
from gankit.grading.judge.training_steps.judges import judge
from gankit.grading.judge.training_steps.kinds import KINDS, Kind
from gankit.grading.judge.training_steps.scenes import SceneMaker
from gankit.grading.judge.verdicts import Check, TaskResult, fails, hints, in_words
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

    def checks_of(self, file: str | None) -> tuple[Check, ...]:
        """Return the checks of a file, whose name tells the project's statement from the older coursework's."""
        return self.checks

    def prepare(self, random: np.random.Generator, file: str, submission: Submission) -> Play:
        """Make the scenes."""
        raise NotImplementedError

    def judge(self, play: Play, outcome: Outcome, result: TaskResult, stack: str) -> None:
        """Write the findings, and the idioms of Keras 2 that were made to work."""
        self._judge(play, verdicts.Evidence(outcome.results, outcome.errors, result, stack))
        used = [name for found in outcome.results.values() for name in found.get("idioms", [])]
        result.add(hints(name, kind) for kind, name in IDEAS if kind == "idiom" and name in used)

    def _judge(self, play: Play, found: verdicts.Evidence) -> None:
        raise NotImplementedError

    def import_failed(self, result: TaskResult, error: dict[str, Any], stack: str) -> None:
        """Write the findings where the file cannot even be imported."""
        result.add([fails(result.checks[0].key, "import_error", error=in_words(error, stack))])
        result.finish("The file cannot be imported.")


class GanTask(Task):
    """Tasks 1 to 3."""

    effort = 3

    def __init__(self, kind: Kind):
        self.number, self.title, self.checks = kind.number, kind.class_name, kind.checks
        self._kind = kind

    def prepare(self, random: np.random.Generator, file: str, submission: Submission) -> Play:
        """Make the scenes of a training step."""
        scenes = SceneMaker(self._kind.class_name, random).make()
        return Play([scene.request for scene in scenes.values()], file, kept=scenes)

    def _judge(self, play: Play, found: verdicts.Evidence) -> None:
        strict = not play.file[0].isdigit()
        judge(Evidence(**vars(found), kind=self._kind, scenes=play.kept, strict=strict))


class BuilderTask(Task):
    """Task 4."""

    number, title, checks, effort = 4, "convolutional_GenDiscr", builder.CHECKS, 2

    def prepare(self, random: np.random.Generator, file: str, submission: Submission) -> Play:
        """Make weights and inputs."""
        scenes = builder.scenes(random)
        return Play(scenes, file, kept=scenes[1])

    def _judge(self, play: Play, found: verdicts.Evidence) -> None:
        builder.judge(builder.Evidence(**vars(found), forward=play.kept))


class FacesTask(Task):
    """Task 5."""

    number, title, checks, effort = 5, "face generator", scripts.FACES_CHECKS, 4

    def prepare(self, random: np.random.Generator, file: str, submission: Submission) -> Play:
        """Make a few faces."""
        pictures = inputs.faces(random)
        files = {"few_faces.npy": inputs.faces_file(pictures)}
        return Play([inputs.faces_scene(file)], file, files, kept=pictures)

    def _judge(self, play: Play, found: verdicts.Evidence) -> None:
        evidence = scripts.Evidence(**vars(found), pictures=play.kept)
        evidence.out.add(scripts.judge_face_generator(evidence))


class ExplorerTask(Task):
    """Task 6: ``replace_weights``, and what builds on it."""

    number, title, checks, effort = 6, "pretrained explorer", scripts.EXPLORER_CHECKS, 4

    def checks_of(self, file: str | None) -> tuple[Check, ...]:
        """Return the checks of the script, or those of the older coursework's class."""
        return scripts.CLASS_CHECKS if file is not None and file[0].isdigit() else self.checks

    def prepare(self, random: np.random.Generator, file: str, submission: Submission) -> Play:
        """Make files of weights; the coursework's file holds the class itself, the project's is a script."""
        scene, files, stored = inputs.replace_scene(random)
        kept = {"scene": scene, "stored": stored}
        if file[0].isdigit():
            return Play([scene, SceneMaker("WGAN_GP", random).short()], file, files, kept=kept)
        explorer = inputs.explorer_scene(file)
        pictures = inputs.faces(random)
        networks = inputs.stored_networks(random)
        files.update({"few_faces.npy": inputs.faces_file(pictures), **inputs.network_files(networks)})
        class_file = submission.tasks.get(3)
        requests = [explorer] if class_file is None else [{**scene, "import": class_file}, explorer]
        return Play(requests, file, files, kept={**kept, "pictures": pictures, "networks": networks})

    def _judge(self, play: Play, found: verdicts.Evidence) -> None:
        evidence = scripts.Evidence(**vars(found), **play.kept)
        evidence.out.add(scripts.judge_replace(evidence))
        builds_on_it = scripts.judge_short_training if play.file[0].isdigit() else scripts.judge_explorer
        evidence.out.add(builds_on_it(evidence))


TASKS: tuple[Task, ...] = (*(GanTask(kind) for kind in KINDS), BuilderTask(), FacesTask(), ExplorerTask())
