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
from gankit.grading.points import default_points, read_points, refuse_unknown
from gankit.grading.results import Results
from gankit.grading.runner import Workers
from gankit.grading.submission import Submission, find_submissions
from gankit.scripts import OneSentenceParser, run_script, whole_number


def command_line() -> argparse.ArgumentParser:
    """Return the parser."""
    parser = OneSentenceParser(
        prog="python -m gankit.grading",
        description="Grade the task files in one or many folders.",
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
    results = Results(options.output, points, hidden)
    with Workers(fork=False if options.no_fork else None) as workers:
        grader = Grader(workers, options.seed, wanted, options.jobs)
        finished = _grade(grader, submissions, results, options.regrade)
    _write_all(options, finished, hidden)
    results.write_class()


def _grade(grader: Grader, submissions: list[Submission], results: Results, regrade: bool) -> list[Report]:
    """Grade what has to be graded, store it as it comes, and say so; return all reports."""
    only = {one.name: [task.number for task in grader.tasks_of(one)] for one in submissions}
    if not regrade:
        only = {one.name: results.outdated(one, grader) for one in submissions}
    to_grade = [one for one in submissions if only[one.name]]
    fresh = grader.grade_all(to_grade, only)
    started, graded, finished = time.monotonic(), 0, []
    for submission in submissions:
        is_new = bool(only[submission.name])
        graded += is_new
        if is_new or submission.name not in results.reports:
            report = next(fresh) if is_new else Report(submission.name, [], submission.notes)
            finished.append(results.merge(submission, report, grader))
        else:
            finished.append(results.reports[submission.name])
        if len(submissions) > 1:
            left = (time.monotonic() - started) / max(graded, 1) * (len(to_grade) - graded)
            _show(finished, len(submissions), f"{left:.0f} s left" if is_new else "unchanged")
    if graded < len(submissions):
        unchanged = len(submissions) - graded
        print(f"{graded} graded, {unchanged} unchanged since they were graded (--regrade repeats them).")
    elif len(submissions) > 1:
        print(f"{graded} graded in {time.monotonic() - started:.0f} s.")
    if len(finished) == 1:
        print(reports.text(finished[0]), end="")
    return finished


def _show(finished: list[Report], total: int, left: str) -> None:
    """Print a line on the last of many reports, with a bar."""
    bar, name = "=" * (20 * len(finished) // total), reports.printable(finished[-1].name)
    print(f"[{bar:20}] {len(finished)}/{total}  {name}: {reports.in_all(finished[-1])}  ({left})", flush=True)


def _task_numbers(listed: str) -> list[int] | None:
    words = [word.strip() for word in listed.split(",")]
    if listed and not set(words) <= {str(task.number) for task in TASKS}:
        raise InputError(f"--tasks is {listed!r}; give numbers from 1 to {len(TASKS)}, as 1,2,3.")
    return [int(word) for word in words] if listed else None


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
