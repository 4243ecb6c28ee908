"""The six tasks: which checks each has, how it is played, and who judges it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gankit.grading.judge import builder_task, gan_tasks, script_task, stored_task
from gankit.grading.judge.evidence import Evidence
from gankit.grading.judge.gan_scenes import SceneMaker
from gankit.grading.judge.kinds import KINDS, Kind
from gankit.grading.judge.verdicts import Check, TaskResult, in_words
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
        """Write the findings."""
        raise NotImplementedError

    def import_failed(self, result: TaskResult, error: dict[str, Any], stack: str) -> None:
        """Write the findings where the file cannot even be imported."""
        result.failed(result.checks[0].key, "import_error", f"The file cannot be imported: {in_words(error, stack)}")
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
        gan_tasks.judge(Evidence(self._kind, play.kept, outcome.results, outcome.errors, result, strict, stack))


class BuilderTask(Task):
    """Task 4."""

    number = 4
    title = "convolutional_GenDiscr"
    checks = builder_task.CHECKS
    effort = 2

    def prepare(self, random: np.random.Generator, file: str, submission: Submission) -> Play:
        """Make weights and inputs."""
        scenes = builder_task.scenes(random)
        return Play(scenes, file, kept=scenes[1])

    def judge(self, play: Play, outcome: Outcome, result: TaskResult, stack: str) -> None:
        """Judge the networks."""
        builder_task.BuilderJudge(play.kept, outcome.results, outcome.errors, result, stack).judge()


class FacesTask(Task):
    """Task 5."""

    number = 5
    title = "face generator"
    checks = script_task.FACES_CHECKS
    effort = 4

    def prepare(self, random: np.random.Generator, file: str, submission: Submission) -> Play:
        """Make a few faces."""
        scene = {**script_task.faces_scene(), "file": file}
        pictures = script_task.faces(random)
        return Play([scene], file, {"few_faces.npy": script_task.faces_file(pictures)}, kept=pictures)

    def judge(self, play: Play, outcome: Outcome, result: TaskResult, stack: str) -> None:
        """Judge what the script left."""
        found = script_task.judge_script("leaves", outcome.results, outcome.errors, result, stack, pictures=1)
        if found is not None:
            script_task.judge_face_generator(play.kept, found, result)


class ExplorerTask(Task):
    """Task 6: ``replace_weights``, and what builds on it."""

    number = 6
    title = "pretrained explorer"
    checks = script_task.EXPLORER_CHECKS
    effort = 4

    def checks_of(self, file: str | None) -> tuple[Check, ...]:
        """Return the checks of the script, or those of the older coursework's class."""
        return stored_task.CLASS_CHECKS if file is not None and file[0].isdigit() else self.checks

    def prepare(self, random: np.random.Generator, file: str, submission: Submission) -> Play:
        """Make files of weights; the coursework's file holds the class itself, the project's is a script."""
        scene, files, stored = stored_task.replace_scene(random)
        if file[0].isdigit():
            maker = SceneMaker("WGAN_GP", random)
            return Play([scene, maker.short()], file, files, kept=(scene, stored, {}, None))
        explorer = {**script_task.explorer_scene(), "file": file}
        pictures = script_task.faces(random)
        files["few_faces.npy"] = script_task.faces_file(pictures)
        networks = script_task.stored_networks(random)
        files.update(script_task.network_files(networks))
        class_file = submission.tasks.get(3)
        requests = [explorer] if class_file is None else [{**scene, "import": class_file}, explorer]
        return Play(requests, file, files, kept=(scene, stored, networks, pictures))

    def judge(self, play: Play, outcome: Outcome, result: TaskResult, stack: str) -> None:
        """Judge the weights, and what builds on them."""
        scene, stored, networks, _ = play.kept
        stored_task.judge_replace(scene, stored, outcome.results, outcome.errors, result, stack)
        if not play.file[0].isdigit():
            found = script_task.judge_script("runs", outcome.results, outcome.errors, result, stack, pictures=1)
            if found is not None:
                script_task.judge_explorer(networks, play.kept[3], found, result)
        elif "short" in outcome.errors:
            text = in_words(outcome.errors["short"], stack)
            result.failed("runs", "step_error", f"The class no longer trains: train_step raised {text}")
        elif isinstance(outcome.results.get("short"), dict):
            result.passed("runs")


TASKS: tuple[Task, ...] = (*(GanTask(kind) for kind in KINDS), BuilderTask(), FacesTask(), ExplorerTask())
