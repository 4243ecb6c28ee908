"""Points by check: the grader's own, or those of a file."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

from gankit.errors import InputError
from gankit.grading.grade import Report
from gankit.grading.judge.scripts.judges import CLASS_CHECKS
from gankit.grading.judge.tasks import TASKS
from gankit.grading.judge.verdicts import TaskResult


def all_checks() -> dict[str, float]:
    """Return the points of every check by its full key, as ``3.penalty``; also those of the older coursework alone."""
    return {**{f"6.{check.key}": check.points for check in CLASS_CHECKS}, **own_points()}


def own_points() -> dict[str, float]:
    """Return the points of this project's checks."""
    return {f"{task.number}.{check.key}": check.points for task in TASKS for check in task.checks}


def default_points() -> str:
    """Return a file with the points of all checks, to be changed."""
    return json.dumps(own_points(), indent=2) + "\n"


def read_points(path: Path | None) -> dict[str, float]:
    """Read a file such as ``{"3.penalty": 5, "5.runs": 0}``; checks that it leaves out keep their points.

    Raises
    ------
    InputError
        If the file cannot be read, names a check that there is not, or gives something else than points.
    """
    if path is None:
        return {}
    try:
        points = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(
            f"{path} cannot be read as JSON; python -m gankit.grading points writes an example."
        ) from error
    if not isinstance(points, dict):
        raise InputError(f'{path} holds no points by check; write them as {{"3.penalty": 5}}.')
    for key, value in points.items():
        refuse_unknown(key, str(path))
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < math.inf:
            raise InputError(f"{path} gives {key} {value!r} points; give a number that is not negative.")
    return points


def with_points(report: Report, points: dict[str, float]) -> Report:
    """Return a report whose checks are worth other points; what was right stays right."""

    def changed(task: TaskResult) -> TaskResult:
        worth = [replace(c, points=points.get(f"{task.number}.{c.key}", c.points)) for c in task.checks]
        return replace(task, checks=tuple(worth))

    return replace(report, tasks=[changed(task) for task in report.tasks])


def refuse_unknown(key: str, where: str) -> None:
    """Raise an error for a check that there is not; it names those of the same task."""
    if key not in all_checks():
        known = [name for name in all_checks() if name.split(".")[0] == key.split(".")[0]] or ["1.builds", "3.penalty"]
        raise InputError(f"{where} names {key!r}, and there is no such check; take one of {', '.join(known)}.")
