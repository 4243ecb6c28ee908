"""``python -m gankit.grading DIR...`` grades; ``python -m gankit.grading starter OUT`` writes the student's version."""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
import time
from pathlib import Path

from gankit.errors import InputError
from gankit.grading import reports
from gankit.grading.grade import Grader, Report
from gankit.grading.judge.tasks import TASKS
from gankit.grading.runner import Workers
from gankit.grading.submission import LEFT_OUT, Submission, read_submission
from gankit.scripts import OneSentenceParser, run_script

DESCRIPTION = "Grade the task files in one or many folders."


def command_line() -> argparse.ArgumentParser:
    """Return the parser."""
    parser = OneSentenceParser(
        prog="python -m gankit.grading",
        description=DESCRIPTION,
        epilog="python -m gankit.grading starter OUT writes the student's version of the kit.",
    )
    parser.add_argument("folders", nargs="+", type=Path, metavar="DIR", help="a submission, or a folder of submissions")
    parser.add_argument("--output", type=Path, help="folder for all reports; submissions that are done are left out")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="feedback (appended, so a step summary will do)")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="the points of all submissions")
    parser.add_argument("--junit", type=Path, metavar="FILE", help="JUnit XML")
    parser.add_argument("--gradescope", type=Path, metavar="FILE", help="results.json of one submission")
    parser.add_argument("--classroom", type=Path, metavar="FILE", help="GitHub Classroom's result= line, appended")
    parser.add_argument(
        "--hide", default="", metavar="LIST", help="what Gradescope hides: tasks or checks, as 5,3.penalty"
    )
    parser.add_argument(
        "--tasks", default="", metavar="LIST", help="the tasks to grade, as 1,2,3; all of them by default"
    )
    parser.add_argument("--seed", type=int, help="seed of all inputs; a new one for each submission by default")
    parser.add_argument("--jobs", type=int, default=2, help="tasks that run at the same time (default: 2)")
    parser.add_argument("--no-fork", action="store_true", help="start a cold process for each task")
    return parser


def find_submissions(folders: list[Path]) -> list[Submission]:
    """Read every folder; one without task files whose subfolders have them is a class of submissions."""
    found = []
    for folder in folders:
        submission = read_submission(folder)
        inner = (
            []
            if submission.tasks
            else sorted(
                path for path in folder.iterdir() if path.is_dir() and path.name not in LEFT_OUT and path.name[0] != "."
            )
        )
        class_ = [read_submission(path) for path in inner]
        # In a class, a folder without any task file is a submission of nothing.
        found += class_ if any(one.tasks for one in class_) else [submission]
    names: dict[str, int] = {}
    for submission in found:
        names[submission.name] = names.get(submission.name, 0) + 1
        if names[submission.name] > 1:
            submission.name += f" ({names[submission.name]})"
    return found


def grade_command(arguments: list[str] | None) -> None:
    """Grade and write reports."""
    options = command_line().parse_args(arguments)
    wanted = _task_numbers(options.tasks)
    submissions = find_submissions(options.folders)
    if len(submissions) > 1 and (options.gradescope or options.classroom):
        raise InputError("--gradescope and --classroom take a single submission.")
    if options.gradescope:
        reports.write(options.gradescope, json.dumps(reports.failing_gradescope()))
    finished: list[Report] = []
    with Workers(fork=False if options.no_fork else None) as workers:
        grader = Grader(workers, options.seed, wanted, options.jobs)
        progress = _Progress(len(submissions))
        done = {one.name: _stored(options.output, one, grader) for one in submissions} if options.output else {}
        fresh = grader.grade_all([one for one in submissions if done.get(one.name) is None])
        for submission in submissions:
            report = done.get(submission.name)
            if report is None:
                report = next(fresh)
                if options.output:
                    _store(options.output, submission, report, grader, options.hide)
            finished.append(report)
            progress.show(report)
            if options.output:
                # Written as results come: a run that is stopped leaves what it has.
                reports.write(options.output / "grades.csv", reports.table(finished))
    _write_all(options, finished)
    if len(finished) == 1:
        print(reports.text(finished[0]), end="")


def _task_numbers(listed: str) -> list[int] | None:
    if not listed:
        return None
    try:
        numbers = [int(word) for word in listed.split(",")]
    except ValueError:
        numbers = [0]
    if not set(numbers) <= {task.number for task in TASKS}:
        raise InputError(f"--tasks is {listed!r}; give numbers from 1 to {len(TASKS)}, as 1,2,3.")
    return numbers


def _write_all(options: argparse.Namespace, finished: list[Report]) -> None:
    if options.markdown:
        options.markdown.parent.mkdir(parents=True, exist_ok=True)
        with options.markdown.open("a", encoding="utf-8") as file:
            file.write("\n".join(reports.markdown(report) for report in finished))
    if options.csv:
        reports.write(options.csv, reports.table(finished))
    if options.junit:
        reports.write(options.junit, reports.junit(finished))
    if options.output:
        reports.write(options.output / "junit.xml", reports.junit(finished))
    if options.gradescope:
        hidden = set(options.hide.split(","))
        reports.write(options.gradescope, json.dumps(reports.gradescope(finished[0], hidden), indent=2))
    if options.classroom:
        with options.classroom.open("a", encoding="utf-8") as file:
            file.write(f"result={reports.classroom(finished[0])}\n")


# --------------------------------------------------------------------------- resuming


def _digest(submission: Submission, grader: Grader) -> str:
    """Name what a stored report depends on: the files, the tasks asked for, and the grader itself."""
    digest = hashlib.sha256(repr((grader.task_numbers, grader.seed)).encode())
    for name in sorted(submission.files):
        digest.update(name.encode() + b"\0" + submission.files[name])
    for source in sorted([*Path(__file__).parent.rglob("*.py"), *Path(__file__).parent.rglob("*.txt")]):
        digest.update(source.read_bytes())
    return digest.hexdigest()


def _folder(output: Path, submission: Submission) -> Path:
    return output / (re.sub(r"[^\w.()@+ -]", "_", submission.name).strip(" .") or "submission")


def _stored(output: Path, submission: Submission, grader: Grader) -> Report | None:
    try:
        stored = json.loads((_folder(output, submission) / "report.json").read_text(encoding="utf-8"))
        if stored["digest"] != _digest(submission, grader):
            return None
        return reports.from_json(stored, {task.number: (task.title, task.checks) for task in TASKS})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _store(output: Path, submission: Submission, report: Report, grader: Grader, hide: str) -> None:
    folder = _folder(output, submission)
    reports.write(folder / "feedback.md", reports.markdown(report))
    reports.write(folder / "results.json", json.dumps(reports.gradescope(report, set(hide.split(","))), indent=2))
    reports.write(folder / "classroom.txt", f"result={reports.classroom(report)}\n")
    # Last: its being there says that the others are.
    stored = {**reports.to_json(report), "digest": _digest(submission, grader)}
    reports.write(folder / "report.json", json.dumps(stored, indent=1))


class _Progress:
    """A line for each submission of many, with a bar and the time left."""

    def __init__(self, total: int):
        self._total = total
        self._started = time.monotonic()
        self._done = 0

    def show(self, report: Report) -> None:
        self._done += 1
        if self._total == 1:
            return
        elapsed = time.monotonic() - self._started
        left = elapsed / self._done * (self._total - self._done)
        bar = ("=" * (20 * self._done // self._total)).ljust(20)
        points = f"{reports.number(report.points)} of {reports.number(report.most)}"
        print(f"[{bar}] {self._done}/{self._total}  {report.name}: {points}  ({left:.0f} s left)", flush=True)


def main(arguments: list[str] | None = None) -> None:
    """Grade, or write the student's version."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments[:1] == ["starter"]:
        from gankit.grading.starter import starter_command

        starter_command(arguments[1:])
    else:
        grade_command(arguments)


if __name__ == "__main__":
    run_script(main)
