"""Grading one submission: scenes are made, played by workers, and judged."""

from __future__ import annotations

import contextlib
import secrets
import time
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from importlib import metadata
from typing import Any

import numpy as np

from gankit.grading.judge.tasks import TASKS, Play, Task
from gankit.grading.judge.verdicts import TaskResult
from gankit.grading.runner import Limits, Outcome, Workers
from gankit.grading.submission import OLDER, TASK_FILES, Submission

# How many times the scenes that are left are tried after one of them has ended the process.
RETRIES = 3
TRAINING = ("train", "fit")
ENDED = ("ProcessEnded", "the code ended its process, or the process crashed")
ENDINGS = {
    "time": ("TimeLimit", "the time limit was reached"),
    "exit": ENDED,
    "output": ("TooMuchOutput", "the code printed more than 20 MB"),
    "garbled": ("Garbled", "the results that its process sent cannot be read"),
    "done": ENDED,
}
NOT_STARTED = (
    "Not started: a part of it still raises NotImplementedError. Write that part, or pass in its place to have the "
    "rest graded."
)
UNREADABLE = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, MemoryError, RecursionError)


@dataclass(frozen=True)
class TaskRun:
    """How a task was graded: the seed of its inputs, how long it took beside others, and the libraries.

    ``digest`` names the files and the grader: where it is the same, so is the result. ``program`` names the program,
    however it is spelled; see :mod:`gankit.grading.copies`.
    """

    seed: int = 0
    seconds: float = 0.0
    stack: str = ""
    digest: str = ""
    program: str = ""


@dataclass
class Report:
    """Everything that came of a submission: a result and a run for each task, and notes.

    Notes are on files that were left out, and on limits that this platform does not enforce.
    """

    name: str
    tasks: list[TaskResult]
    notes: list[str] = field(default_factory=list)
    runs: dict[int, TaskRun] = field(default_factory=dict)

    @property
    def points(self) -> float:
        """The points of all tasks."""
        return round(sum(task.points for task in self.tasks), 2)

    @property
    def most(self) -> float:
        """The points that can be had."""
        return round(sum(task.most for task in self.tasks), 2)

    @property
    def seconds(self) -> float:
        """How long all tasks took together."""
        return round(sum(run.seconds for run in self.runs.values()), 2)


def stack_in_words() -> str:
    """Name the libraries that the submission runs on."""
    versions = []
    for name in ("TensorFlow", "Keras"):
        with contextlib.suppress(metadata.PackageNotFoundError):
            versions.append(f"{name} {metadata.version(name.lower())}")
    return " with ".join(versions) or "this machine"


class Grader:
    """Grades submissions; one warmed worker serves all of them.

    Parameters
    ----------
    workers : Workers
        Where the students' code runs.
    seed : int, optional
        Seed of all inputs; a new one for every submission where it is left out.
    tasks : sequence of int, optional
        The tasks to grade; all of them where it is left out.
    jobs : int
        Tasks that run at the same time.
    scenes : set of str, optional
        Play these scenes only and leave every check that needs another one unchecked.
    limits : Limits, optional
        What each task's process may use.
    """

    def __init__(
        self,
        workers: Workers,
        seed: int | None = None,
        tasks: list[int] | None = None,
        jobs: int = 2,
        scenes: set[str] | None = None,
        limits: Limits | None = None,
    ):
        self._scenes = scenes
        self._limits = limits or Limits()
        self._workers = workers
        self.seed = seed
        self._tasks = [task for task in TASKS if tasks is None or task.number in tasks]
        self._jobs = jobs
        self.stack = stack_in_words()

    def tasks_of(self, submission: Submission) -> list[Task]:
        """Return the tasks that are graded of a submission: those asked for that the naming of its files has."""
        return [task for task in self._tasks if submission.has_task(task.number)]

    def grade(self, submission: Submission) -> Report:
        """Grade one submission; never raises for what a submission does."""
        return next(self.grade_all([submission]))

    def grade_all(
        self, submissions: Iterable[Submission], only: Mapping[str, Collection[int]] | None = None
    ) -> Iterator[Report]:
        """Grade many, in order; the next one is begun while the last tasks of the one before still run.

        ``only`` has the tasks that are graded of each submission, by its name.
        """
        begun: deque[tuple[Submission, dict[int, Future]]] = deque()
        with ThreadPoolExecutor(self._jobs) as pool:
            for submission in submissions:
                tasks = [t for t in self.tasks_of(submission) if only is None or t.number in only[submission.name]]
                begun.append((submission, self._begin(pool, submission, tasks)))
                if len(begun) > 1:
                    yield self._finish(*begun.popleft())
            while begun:
                yield self._finish(*begun.popleft())

    def _begin(self, pool: ThreadPoolExecutor, submission: Submission, tasks: list[Task]) -> dict[int, Future]:
        seed = secrets.randbits(32) if self.seed is None else self.seed
        # The longest tasks first.
        order = sorted(tasks, key=lambda task: -task.effort)
        return {task.number: pool.submit(self._grade_task, task, submission, seed) for task in order}

    def _finish(self, submission: Submission, futures: dict[int, Future]) -> Report:
        found = [futures[number].result() for number in sorted(futures)]
        # Where nothing ran, nothing was guarded.
        ran = any(result.file for result, _ in found)
        notes = submission.notes + (self._workers.not_enforced() if ran else [])
        return Report(submission.name, [r for r, _ in found], notes, {r.number: run for r, run in found})

    def _grade_task(self, task: Task, submission: Submission, seed: int) -> tuple[TaskResult, TaskRun]:
        started = time.monotonic()
        file = submission.tasks.get(task.number)
        result = TaskResult(task.number, task.title, file, task.checks_of(file))
        if file is None:
            names = " or ".join(n for n in TASK_FILES[task.number] if submission.naming != OLDER or n[0].isdigit())
            near = submission.near.get(task.number)
            result.finish(f"There is no {names} in the submission." + (f" {near}" if near else ""))
            return result, TaskRun(stack=self.stack)
        # A task's inputs depend on nothing but the seed and its number: alone or in a batch, in any order.
        play = task.prepare(np.random.default_rng([seed, task.number]), file, submission)
        requests = [scene for scene in play.requests if self._scenes is None or scene["name"] in self._scenes]
        outcome = self._play(requests, play.file, {**submission.files, **play.files})
        result.printed = outcome.printed
        self._judge(task, play, outcome, result)
        return result, TaskRun(seed, round(time.monotonic() - started, 2), self.stack)

    def _judge(self, task: Task, play: Play, outcome: Outcome, result: TaskResult) -> None:
        if any(error["type"] == "NotImplementedError" for error in outcome.errors.values()):
            result.finish(NOT_STARTED)
        elif "import" in outcome.errors:
            task.import_failed(result, outcome.errors["import"], self.stack)
        else:
            # Only what a tampered worker sends makes the judge stumble; findings so far stand.
            try:
                task.judge(play, outcome, result, self.stack)
            except UNREADABLE:
                outcome.ended = "garbled"
        if outcome.ended == "time":
            result.finish("The time limit was reached before this could be checked.")
        elif ENDINGS[outcome.ended] is ENDED:
            result.finish("An earlier item failed.")
        result.finish(f"This could not be checked: {ENDINGS[outcome.ended][1]}.")

    def _play(self, scenes: list[dict[str, Any]], file: str, files: dict[str, bytes]) -> Outcome:
        """Play all scenes; one that ends the process is left out, and the others are tried again without it."""
        total = Outcome()
        left = list(scenes)
        # A script is looked at on its own: neither a mistake in an earlier task nor its networks' size is to weigh.
        stand_ins = any(scene["kind"] == "script" for scene in scenes)
        for _ in range(RETRIES):
            request = {"file": file, "scenes": left, "stand_ins": stand_ins}
            outcome = self._workers.run(request, files, self._limits)
            total.printed, total.ended = total.printed or outcome.printed, outcome.ended
            total.results = {**outcome.results, **total.results}
            total.errors = {**outcome.errors, **total.errors}
            left = [s for s in left if s["name"] not in total.results and s["name"] not in total.errors]
            if not left or "import" in total.errors:
                return total
            kind, message = ENDINGS[outcome.ended]
            error = {"type": kind, "message": message, "where": None}
            if scenes[0]["kind"] == "script" or "import" in outcome.results:
                total.errors[left[0]["name"]] = error
                # A training step that does not end does not end in the other scenes either.
                alike = TRAINING if outcome.ended == "time" and left[0]["kind"] in TRAINING else ()
                left = [scene for scene in left[1:] if scene["kind"] not in alike]
            elif stand_ins or ENDINGS[outcome.ended] is not ENDED:
                total.errors["import"] = error
            else:
                # The import itself ended the process; it may have been an earlier task's file that it imports.
                stand_ins = True
            if not left or "import" in total.errors:
                return total
        for scene in left:
            total.errors.setdefault(scene["name"], error)
        return total
