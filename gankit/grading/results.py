"""A folder of results: they are merged by student and task, and old ones stay until new ones are complete."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Collection
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from gankit.grading import page, reports
from gankit.grading.copies import program_name
from gankit.grading.grade import Grader, Report, TaskRun
from gankit.grading.judge.tasks import TASKS
from gankit.grading.judge.verdicts import NOT_CHECKED, Check, Finding, TaskResult
from gankit.grading.points import with_points
from gankit.grading.submission import TASK_FILES, Submission, folder_name

PACKAGE = Path(__file__).resolve().parents[1]
# What only writes reports has no say in a verdict.
WRITING = {"__main__", "reports", "page", "results", "copies", "points", "starter", "visible_tests"}


@functools.lru_cache(maxsize=1)
def _grader_digest() -> bytes:
    """Name the version of the grader, and of the package that submissions import."""
    digest = hashlib.sha256()
    for path in sorted([*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.txt")]):
        if path.parent != PACKAGE / "grading" or path.stem not in WRITING:
            digest.update(path.read_bytes())
    return digest.digest()


def _digest(submission: Submission, grader: Grader) -> str:
    """Name what a result depends on: the files, the libraries, and the grader itself."""
    known = (submission.tasks, submission.near, submission.naming, grader.stack)
    digest = hashlib.sha256(repr(known).encode() + _grader_digest())
    for name, content in sorted(submission.files.items()):
        digest.update(repr((name, len(content))).encode() + content)
    return digest.hexdigest()


class Results:
    """The results in a folder, or those of this run alone, which are not stored.

    Parameters
    ----------
    folder : path or None
        The folder; it need not exist yet.
    points : dict
        Points by check, where they differ from the grader's own. They hold for what is stored as well.
    hidden : set of str
        What Gradescope does not show students.
    """

    def __init__(self, folder: Path | None, points: dict[str, float], hidden: Collection[str] = ()):
        self._folder = folder
        self._points = points
        self._hidden = set(hidden)
        self.reports: dict[str, Report] = {}
        self._stored: dict[str, str] = {}
        for path in sorted(folder.glob("*/report.json")) if folder else ():
            try:
                text = path.read_text(encoding="utf-8")
                report = with_points(from_json(json.loads(text)), points)
            except (OSError, ValueError, KeyError, TypeError, AttributeError):
                continue
            self.reports[report.name] = report
            self._stored[report.name] = text

    def outdated(self, submission: Submission, grader: Grader) -> list[int]:
        """Return the tasks that have to be graded: those asked for whose stored result is of something else."""
        report = self.reports.get(submission.name)
        left = []
        for task in grader.tasks_of(submission):
            run = report.runs.get(task.number) if report else None
            other_seed = run and grader.seed not in (None, run.seed) and task.number in submission.tasks
            if run is None or other_seed or run.digest != _digest(submission, grader):
                left.append(task.number)
        return left

    def merge(self, submission: Submission, fresh: Report, grader: Grader) -> Report:
        """Put fresh results in the place of the stored ones, and store the whole."""
        digest = _digest(submission, grader)
        old = self.reports.get(submission.name) or Report(submission.name, [])
        tasks = {task.number: task for task in old.tasks if submission.has_task(task.number)}
        runs = {number: old.runs[number] for number in tasks}
        for task in fresh.tasks:
            tasks[task.number] = task
            runs[task.number] = replace(
                fresh.runs[task.number], digest=digest, program=_program_of(task, submission.files)
            )
        notes = list(fresh.notes)
        missing = [str(number) for number in TASK_FILES if submission.has_task(number) and number not in tasks]
        notes += [f"Not graded: task {', '.join(missing)}."] if missing else []
        aged = [str(number) for number in sorted(tasks) if runs[number].digest != digest]
        if aged:
            notes.append(f"Task {', '.join(aged)}: graded earlier, with other files, libraries or another grader.")
        report = Report(submission.name, [tasks[number] for number in sorted(tasks)], notes, runs)
        self.reports[submission.name] = with_points(report, self._points)
        self._write(submission.name)
        self._write_table()
        return self.reports[submission.name]

    def _write(self, name: str) -> None:
        if self._folder is None:
            return
        report = self.reports[name]
        text = json.dumps(to_json(report), indent=1)
        if text == self._stored.get(name):
            return
        folder = self._folder / folder_name(name)
        reports.write(folder / "feedback.md", reports.markdown(report))
        reports.write(folder / "feedback.html", page.feedback(report))
        reports.write(folder / "results.json", json.dumps(reports.gradescope(report, self._hidden), indent=2))
        reports.write(folder / "classroom.txt", f"result={reports.classroom(report)}\n")
        # Last: its being there says that the others are.
        reports.write(folder / "report.json", text)
        self._stored[name] = text

    def _write_table(self) -> None:
        # After each submission, so that a run that is stopped leaves what it has.
        if self._folder:
            reports.write(self._folder / "grades.csv", reports.table(self.reports.values()))

    def write_class(self) -> None:
        """Write what is about the whole class, and again what other points have changed."""
        if self._folder is None:
            return
        for name in self.reports:
            self._write(name)
        self._write_table()
        reports.write(self._folder / "junit.xml", reports.junit(self.reports.values()))
        reports.write(self._folder / "index.html", page.index(list(self.reports.values())))
        print(f"{len(self.reports)} results are in {self._folder}: open index.html there.")


def _program_of(task: TaskResult, files: dict[str, bytes]) -> str:
    # What has not been started is the same for everybody.
    started = any(finding.verdict != NOT_CHECKED for finding in task.findings.values())
    return program_name(files[task.file]) if task.file and started else ""


def to_json(report: Report) -> dict[str, Any]:
    """Return a report as JSON can hold it."""
    tasks = []
    for task in report.tasks:
        checks = [
            {**asdict(check), "points": reports.earned(check, finding), "most": check.points, **vars(finding)}
            for check, finding in task.pairs
        ]
        about = {"number": task.number, "title": task.title, "file": task.file, "points": task.points}
        rest = {"hints": task.hints, "printed": task.printed, "checks": checks}
        tasks.append({**about, "most": task.most, **asdict(report.runs[task.number]), **rest})
    return {"name": report.name, "points": report.points, "most": report.most, "notes": report.notes, "tasks": tasks}


def from_json(stored: dict[str, Any]) -> Report:
    """Return the report that :func:`to_json` stored."""
    tasks, runs = [], {}
    for entry in stored["tasks"]:
        number, file = entry["number"], entry["file"]
        findings = {c["key"]: Finding(c["verdict"], c["share"], c["sentence"], c["idea"]) for c in entry["checks"]}
        own = {check.key: check for check in TASKS[number - 1].checks_of(file)}
        checks = tuple(own.get(c["key"], Check(c["key"], c["title"], c["most"])) for c in entry["checks"])
        tasks.append(TaskResult(number, entry["title"], file, checks, findings, entry["hints"], entry["printed"]))
        runs[number] = TaskRun(**{key: entry[key] for key in ("seed", "seconds", "stack", "digest", "program")})
    return Report(stored["name"], tasks, stored["notes"], runs)
