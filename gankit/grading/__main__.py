"""Grades folders; ``starter OUT`` writes the student's version of the kit, ``points`` prints the points of checks."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from gankit.errors import InputError
from gankit.grading import reports
from gankit.grading.grade import Grader, Report
from gankit.grading.judge.tasks import TASKS
from gankit.grading.points import default_points, read_points, refuse_unknown, with_points
from gankit.grading.results import Results, missing
from gankit.grading.runner import Workers
from gankit.grading.submission import Submission, find_submissions
from gankit.scripts import OneSentenceParser, run_script, whole_number

DESCRIPTION = "Grade the task files in one or many folders."


def command_line() -> argparse.ArgumentParser:
    """Return the parser."""
    parser = OneSentenceParser(
        prog="python -m gankit.grading",
        description=DESCRIPTION,
        epilog="python -m gankit.grading starter OUT writes the student's version of the kit, "
        "and python -m gankit.grading points prints the points of all checks.",
    )
    add = parser.add_argument
    add("folders", nargs="+", type=Path, metavar="DIR", help="a submission, or a class: a folder of submissions")
    add("--output", type=Path, metavar="FOLDER", help="where all reports go; only what has changed is graded")
    add("--regrade", action="store_true", help="grade what has not changed as well")
    add("--markdown", type=Path, metavar="FILE", help="feedback (appended, so a step summary will do)")
    add("--csv", type=Path, metavar="FILE", help="the points of all submissions")
    add("--junit", type=Path, metavar="FILE", help="JUnit XML")
    add("--gradescope", type=Path, metavar="FILE", help="results.json of one submission")
    add("--classroom", type=Path, metavar="FILE", help="GitHub Classroom's result= line, appended")
    add("--hide", default="", metavar="LIST", help="what Gradescope hides: tasks or checks, as 5,3.penalty")
    add("--tasks", default="", metavar="LIST", help="the tasks to grade, as 1,2,3; all of them by default")
    add("--points", type=Path, metavar="FILE", help='points by check, as {"3.penalty": 5}')
    add("--names", choices=("exact", "loose"), default="exact", help='loose takes "simple_gan (1).py" too')
    add("--as", dest="kind", choices=("class", "submission"), help="what DIR is, if it is mistaken for the other")
    add("--seed", type=int, help="seed of all inputs; a new one for each submission by default")
    add("--jobs", type=whole_number(1), default=2, help="tasks that run at the same time (default: 2)")
    add("--no-fork", action="store_true", help="start a cold process for each task")
    return parser


def grade_command(arguments: list[str] | None) -> None:
    """Grade and write reports."""
    options = command_line().parse_args(arguments)
    wanted, hidden = _task_numbers(options.tasks), _hidden(options.hide)
    points = read_points(options.points)
    submissions, remarks = find_submissions(options.folders, options.names == "loose", options.kind)
    print("".join(f"{reports.printable(remark)}\n" for remark in remarks), end="")
    if len(submissions) > 1 and (options.gradescope or options.classroom):
        raise InputError("--gradescope and --classroom take a single submission.")
    if options.gradescope:
        reports.write(options.gradescope, json.dumps(reports.failing_gradescope()))
    results = Results(options.output, points, hidden) if options.output else None
    with Workers(fork=False if options.no_fork else None) as workers:
        grader = Grader(workers, options.seed, wanted, options.jobs)
        finished = _grade(grader, submissions, results, points, options.regrade)
    _write_all(options, finished, hidden)
    if results:
        results.write_class()
        print(f"{len(results.reports)} results are in {options.output}: open index.html there.")


def _grade(
    grader: Grader, submissions: list[Submission], results: Results | None, points: dict[str, float], regrade: bool
) -> list[Report]:
    """Grade what has to be graded, store it as it comes, and say so; return all reports."""
    everything = {one.name: [task.number for task in grader.tasks_of(one)] for one in submissions}
    only = everything
    if results and not regrade:
        only = {one.name: results.outdated(one, grader) for one in submissions}
    fresh = grader.grade_all([one for one in submissions if only[one.name]], only)
    progress = Progress(submissions, only)
    finished = []
    for submission in submissions:
        is_new = bool(only[submission.name])
        if results and not is_new and submission.name in results.reports:
            report = results.reports[submission.name]
        else:
            report = next(fresh) if is_new else Report(submission.name, [], submission.notes)
            if results:
                report = results.merge(submission, report, grader)
                results.write_table()
            else:
                report.notes += missing(everything[submission.name], submission)
                report = with_points(report, points)
        finished.append(report)
        progress.show(report, is_new)
    progress.end()
    if len(finished) == 1:
        print(reports.text(finished[0]), end="")
    return finished


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


def _hidden(listed: str) -> set[str]:
    """Return what Gradescope hides; what there is not is refused, as it would hide nothing."""
    hidden = {word.strip() for word in listed.split(",")} - {""}
    for word in sorted(hidden - {str(task.number) for task in TASKS}):
        refuse_unknown(word, "--hide")
    return hidden


def _write_all(options: argparse.Namespace, finished: list[Report], hidden: set[str]) -> None:
    if options.markdown:
        options.markdown.parent.mkdir(parents=True, exist_ok=True)
        with options.markdown.open("a", encoding="utf-8") as file:
            file.write("\n".join(reports.markdown(report) for report in finished))
    if options.csv:
        reports.write(options.csv, reports.table(finished))
    if options.junit:
        reports.write(options.junit, reports.junit(finished))
    if options.gradescope:
        reports.write(options.gradescope, json.dumps(reports.gradescope(finished[0], hidden), indent=2))
    if options.classroom:
        with options.classroom.open("a", encoding="utf-8") as file:
            file.write(f"result={reports.classroom(finished[0])}\n")


class Progress:
    """A line for each submission of many, with a bar and the time left; in the end a line on all of them."""

    def __init__(self, submissions: list[Submission], only: dict[str, list[int]]):
        self._total = len(submissions)
        self._to_grade = sum(bool(only[one.name]) for one in submissions)
        self._started = time.monotonic()
        self._shown = self._graded = 0

    def show(self, report: Report, is_new: bool) -> None:
        """Show a line."""
        self._shown += 1
        self._graded += is_new
        if self._total == 1:
            return
        points = f"{reports.number(report.points)} of {reports.number(report.most)}"
        left = "unchanged"
        if is_new:
            elapsed = time.monotonic() - self._started
            left = f"{elapsed / self._graded * (self._to_grade - self._graded):.0f} s left"
        bar = ("=" * (20 * self._shown // self._total)).ljust(20)
        print(f"[{bar}] {self._shown}/{self._total}  {reports.printable(report.name)}: {points}  ({left})", flush=True)

    def end(self) -> None:
        """Say how many were graded."""
        if self._graded < self._total:
            unchanged = self._total - self._graded
            print(f"{self._graded} graded, {unchanged} unchanged since they were graded (--regrade repeats them).")
        elif self._total > 1:
            print(f"{self._graded} graded in {time.monotonic() - self._started:.0f} s.")


def main(arguments: list[str] | None = None) -> None:
    """Grade, or write the student's version."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments[:1] == ["starter"]:
        from gankit.grading.starter import starter_command

        starter_command(arguments[1:])
    elif arguments == ["points"]:
        print(default_points(), end="")
    else:
        grade_command(arguments)


if __name__ == "__main__":
    run_script(main)
