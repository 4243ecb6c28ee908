"""Reports: what came of a submission, as text, Markdown, CSV, JUnit XML, Gradescope's and GitHub Classroom's JSON."""

from __future__ import annotations

import base64
import csv
import io
import json
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

from gankit.files import whole_file
from gankit.grading.copies import same_programs
from gankit.grading.grade import Report
from gankit.grading.judge.verdicts import FAIL, NOT_CHECKED, PASS, Check, Finding, TaskResult

SIGNS = {PASS: "+", FAIL: "-", NOT_CHECKED: "?"}
# Gradescope cuts an output beyond this.
LONGEST = 100_000


def number(points: float) -> str:
    """Write points without needless digits."""
    return f"{points:g}"


def earned(check: Check, finding: Finding) -> float:
    """Return the points of one check."""
    return round(check.points * finding.share, 2)


class Outline(NamedTuple):
    """A task's findings in the order in which they are read.

    ``start`` is what to mend first, empty where everything passed. ``scored`` are the checks that passed or failed,
    ``further`` those that failed but for the first one, ``unchecked`` the reasons why some were not made.
    """

    start: str
    scored: list[tuple[Check, Finding]]
    further: list[tuple[Check, Finding]]
    unchecked: list[tuple[str, list[Check]]]


def outline(task: TaskResult) -> Outline:
    """Order the findings of a task."""
    pairs = [(check, task.findings[check.key]) for check in task.checks]
    failed = [pair for pair in pairs if pair[1].verdict == FAIL]
    reasons: dict[str, list[Check]] = {}
    for check, finding in pairs:
        if finding.verdict == NOT_CHECKED:
            reasons.setdefault(finding.sentence, []).append(check)
    start = ""
    if failed:
        start = f"{failed[0][1].sentence} (Item: {failed[0][0].title}.)"
    elif reasons:
        start = next(iter(reasons))
    scored = [pair for pair in pairs if pair[1].verdict != NOT_CHECKED]
    # Checks stand in the order in which one builds on the other: the first that failed is the one to mend first.
    return Outline(start, scored, failed[1:], list(reasons.items()))


def together(checks: list[Check]) -> str:
    """Name several checks in one line."""
    return "; ".join(check.title for check in checks)


def replay(report: Report) -> str:
    """Say how the inputs of a report can be made again."""
    seeds: dict[int, list[str]] = {}
    for task in report.tasks:
        if task.file:
            seeds.setdefault(report.runs[task.number].seed, []).append(str(task.number))
    stacks = sorted({run.stack for run in report.runs.values() if run.stack})
    options = [f"--tasks {','.join(numbers)} --seed {seed}" for seed, numbers in seeds.items()]
    return f"Graded on {' and '.join(stacks)}. To repeat it: {'; '.join(options)}." if options else ""


def text(report: Report) -> str:
    """Return the table for the terminal: what to mend first, a line a check, and a sentence for each that failed."""
    lines = [f"{report.name}: {number(report.points)} of {number(report.most)} points"]
    for task in report.tasks:
        parts = outline(task)
        lines += ["", f"  {task.number}. {task.title} ({task.file or 'no file'}): {_points(task)}"]
        lines += [f"    Start here: {parts.start}"] if parts.start and task.file else []
        lines += [f"    {parts.start}"] if not task.file else []
        told = {check.key: finding.sentence for check, finding in parts.further}
        for check, finding in parts.scored:
            score = f"{number(earned(check, finding))}/{number(check.points)}"
            lines.append(f"    {SIGNS[finding.verdict]} {score:>7}  {check.title}")
            lines += [f"               {told[check.key]}"] if check.key in told else []
        for reason, checks in parts.unchecked if task.file else ():
            score = f"0/{number(sum(check.points for check in checks))}"
            lines.append(f"    {SIGNS[NOT_CHECKED]} {score:>7}  not checked: {together(checks)}. {reason}")
        lines += [f"    hint: {hint}" for hint in task.hints]
    notes = [*report.notes, *filter(None, [replay(report)])]
    lines += ([""] if notes else []) + [f"  note: {note}" for note in notes]
    return "\n".join(map(printable, lines)) + "\n"


def _points(task: TaskResult) -> str:
    return f"{number(task.points)} of {number(task.most)}"


def quoted(printed: str, most: int = 20) -> list[str]:
    """Return lines that a student's code printed, each behind a bar, so that none is taken for the report's own."""
    lines = ["".join(c if c.isprintable() else " " for c in line)[:160] for line in printed.splitlines()]
    return [f"| {line}" for line in lines[:most]] + (["| ..."] if len(lines) > most else [])


def _escaped(sentence: str) -> str:
    # A student's error message is no Markdown and no HTML.
    for character in "\\`*_<>[]|#":
        sentence = sentence.replace(character, "\\" + character)
    return sentence


def markdown(report: Report) -> str:
    """Return the feedback for a student."""
    lines = [f"# {_escaped(report.name)}: {number(report.points)} of {number(report.most)} points", ""]
    for task in report.tasks:
        parts = outline(task)
        lines += [f"## {task.number}. {task.title}: {_points(task)}", ""]
        if task.file is None:
            lines += [_escaped(parts.start), ""]
            continue
        lines += [f"**Start here:** {_escaped(parts.start)}", ""] if parts.start else []
        lines += ["| | points | |", "| --- | --- | --- |"] if parts.scored else []
        for check, finding in parts.scored:
            score = f"{number(earned(check, finding))} / {number(check.points)}"
            lines.append(f"| {finding.verdict} | {score} | {_escaped(check.title)} |")
        lines.append("")
        lines += [f"- **{_escaped(check.title)}**: {_escaped(found.sentence)}" for check, found in parts.further]
        for reason, checks in parts.unchecked:
            lines.append(f"- Not checked: {_escaped(together(checks))}. {_escaped(reason)}")
        lines += [f"- Hint: {_escaped(hint)}" for hint in task.hints]
        if task.printed and parts.start:
            lines += ["", "It printed:", "", *("    " + line for line in quoted(task.printed))]
        lines.append("")
    notes = [*report.notes, *filter(None, [replay(report)])]
    return "\n".join(lines + [f"*{_escaped(note)}*\n" for note in notes]).rstrip() + "\n"


def table(reports: Iterable[Report]) -> str:
    """Return the class as CSV: a row a submission, points in all, of each task, and of each check."""
    reports = list(reports)
    memory = io.StringIO()
    writer = csv.writer(memory, lineterminator="\n")
    if not reports:
        return ""
    # Submissions with the older coursework's names have other checks, and no task 5.
    tasks = [task for report in reports for task in report.tasks]
    keys = dict.fromkeys(f"{task.number}.{check.key}" for task in sorted(tasks, key=_number) for check in task.checks)
    numbers = sorted({task.number for task in tasks})
    writer.writerow(["submission", "points", "most", *(f"task_{n}" for n in numbers), "same_program_as", *keys])
    same = same_programs(reports)
    for report in reports:
        points = {task.number: number(task.points) for task in report.tasks}
        single = {f"{t.number}.{c.key}": number(earned(c, t.findings[c.key])) for t in report.tasks for c in t.checks}
        others = "; ".join(f"{n}: {', '.join(names)}" for n, names in same.get(report.name, {}).items())
        row = [number(report.points), number(report.most), *(points.get(n, "") for n in numbers)]
        writer.writerow([_cell(report.name), *row, others, *(single.get(key, "") for key in keys)])
    return memory.getvalue()


def _number(task: TaskResult) -> int:
    return task.number


def _cell(name: str) -> str:
    # A name that begins like a formula is one to a spreadsheet.
    return "'" + name if name[:1] in "=+-@" else name


def junit(reports: Iterable[Report]) -> str:
    """Return JUnit XML: a suite a submission, a case a check, its points among the properties."""
    root = ElementTree.Element("testsuites")
    for report in reports:
        cases = [(task, check, task.findings[check.key]) for task in report.tasks for check in task.checks]
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            name=printable(report.name),
            tests=str(len(cases)),
            failures=str(sum(finding.verdict == FAIL for _, _, finding in cases)),
            skipped=str(sum(finding.verdict == NOT_CHECKED for _, _, finding in cases)),
            time=f"{report.seconds:.1f}",
        )
        for task, check, finding in cases:
            name = f"task {task.number} {task.title}"
            case = ElementTree.SubElement(suite, "testcase", classname=name, name=check.title, time="0")
            properties = ElementTree.SubElement(case, "properties")
            for key, value in (("points", earned(check, finding)), ("most", check.points)):
                ElementTree.SubElement(properties, "property", name=key, value=number(value))
            if finding.verdict == FAIL:
                ElementTree.SubElement(case, "failure", message=printable(finding.sentence))
            elif finding.verdict == NOT_CHECKED:
                ElementTree.SubElement(case, "skipped", message=printable(f"not checked: {finding.sentence}"))
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def printable(sentence: str) -> str:
    """Leave out control characters, which XML refuses and terminals obey."""
    return "".join(character for character in sentence if character.isprintable())


def gradescope(report: Report, hidden: Collection[str] = ()) -> dict[str, Any]:
    """Return Gradescope's ``results.json``.

    Parameters
    ----------
    report : Report
        One submission's report.
    hidden : set of str
        Tasks (``"3"``) or checks (``"3.penalty"``) that students are not shown.
    """
    tests = []
    for task in report.tasks:
        for place, check in enumerate(task.checks, start=1):
            finding = task.findings[check.key]
            said = finding.sentence if finding.verdict != NOT_CHECKED else f"Not checked: {finding.sentence}"
            is_hidden = str(task.number) in hidden or f"{task.number}.{check.key}" in hidden
            tests.append(
                {
                    "score": earned(check, finding),
                    "max_score": check.points,
                    "status": "passed" if finding.verdict == PASS else "failed",
                    "name": f"{task.title}: {check.title}",
                    "number": f"{task.number}.{place}",
                    "output": said[:LONGEST],
                    "output_format": "text",
                    "tags": [check.key],
                    "visibility": "hidden" if is_hidden else "visible",
                }
            )
    hints = [f"Task {task.number}, hint: {hint}" for task in report.tasks for hint in task.hints]
    return {
        "score": report.points,
        "execution_time": round(report.seconds, 1),
        "output": "\n".join([*hints, *report.notes, replay(report)])[:LONGEST],
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": tests,
    }


def failing_gradescope() -> dict[str, Any]:
    """Return what Gradescope is to find if grading ends before it is done."""
    words = "Grading ended before it was done. This is not the submission's fault: tell your instructor."
    return {"score": 0, "output": words, "stdout_visibility": "hidden", "tests": []}


def classroom(report: Report) -> str:
    """Return GitHub Classroom's result, in base64: the value of a grader step's output ``result``."""
    tests = [
        {
            "name": f"{task.number}. {task.title}: {check.title}",
            "status": "pass" if finding.verdict == PASS else "fail",
            "score": earned(check, finding),
            "message": printable(finding.sentence),
            "test_code": "",
            "filename": task.file or "",
            "line_no": 0,
            "duration": 0,
        }
        for task in report.tasks
        for check in task.checks
        for finding in [task.findings[check.key]]
    ]
    result = {
        "version": 1,
        "status": "pass" if report.points == report.most else "fail",
        "max_score": report.most,
        "tests": tests,
    }
    return base64.b64encode(json.dumps(result).encode()).decode()


def write(path: Path, content: str) -> None:
    """Write a file so that it is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as partial, partial.open("w", encoding="utf-8", newline="\n") as file:
        file.write(content)
