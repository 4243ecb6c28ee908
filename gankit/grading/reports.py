"""Reports: what came of a submission, as text, Markdown, CSV, JUnit XML, Gradescope's and GitHub Classroom's JSON."""

from __future__ import annotations

import base64
import csv
import io
import json
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

from gankit.files import whole_file
from gankit.grading.copies import same_programs
from gankit.grading.grade import Report
from gankit.grading.judge.verdicts import FAIL, NOT_CHECKED, PASS, Check, Finding, TaskResult

SIGNS = {PASS: "+", FAIL: "-"}
# Gradescope cuts an output beyond this.
LONGEST = 100_000


def number(points: float) -> str:
    """Write points without needless digits."""
    return f"{points:g}"


def earned(check: Check, finding: Finding) -> float:
    """Return the points of one check."""
    return round(check.points * finding.share, 2)


def in_all(result: Report | TaskResult) -> str:
    """Say how many points a submission or a task has."""
    return f"{number(result.points)} of {number(result.most)}"


class Outline(NamedTuple):
    """A task's findings in words, in the order in which they are read.

    ``start`` is what to mend first, empty where everything passed; ``scored`` has (verdict, points, title) of what
    passed or failed, ``further`` the sentences by title of what failed but for the first one, and ``unchecked``
    (points, titles, reason) of the rest.
    """

    start: str
    scored: list[tuple[str, str, str]]
    further: dict[str, str]
    unchecked: list[tuple[str, str, str]]


def outline(task: TaskResult) -> Outline:
    """Order the findings of a task."""
    scored: list[tuple[str, str, str]] = []
    failed: list[tuple[str, str]] = []
    reasons: dict[str, list[Check]] = {}
    for check, finding in task.pairs:
        if finding.verdict == NOT_CHECKED:
            reasons.setdefault(finding.sentence, []).append(check)
        else:
            scored.append((finding.verdict, f"{number(earned(check, finding))}/{number(check.points)}", check.title))
        if finding.verdict == FAIL:
            failed.append((check.title, finding.sentence))
    # Checks stand in the order in which one builds on the other: the first that failed is the one to mend first.
    start = f"{failed[0][1]} (Item: {failed[0][0]}.)" if failed else next(iter(reasons), "")
    unchecked = [
        (f"0/{number(sum(check.points for check in checks))}", "; ".join(check.title for check in checks), reason)
        for reason, checks in reasons.items()
    ]
    return Outline(start, scored, dict(failed[1:]), unchecked)


def notes_of(report: Report) -> list[str]:
    """Return the notes on a submission, and how its inputs can be made again."""
    seeds: dict[int, list[str]] = {}
    for task in report.tasks:
        if task.file:
            seeds.setdefault(report.runs[task.number].seed, []).append(str(task.number))
    options = "; ".join(f"--tasks {','.join(numbers)} --seed {seed}" for seed, numbers in seeds.items())
    again = [f"Graded on {' and '.join(stacks_of([report]))}. To repeat it: {options}."] if seeds else []
    return report.notes + again


def stacks_of(reports: Iterable[Report]) -> list[str]:
    """Name the libraries on which submissions were graded."""
    return sorted({run.stack for report in reports for run in report.runs.values() if run.stack})


def text(report: Report) -> str:
    """Return the table for the terminal: what to mend first, a line a check, and a sentence for each that failed."""
    lines = [f"{report.name}: {in_all(report)} points"]
    for task in report.tasks:
        parts = outline(task)
        lines += ["", f"  {task.number}. {task.title} ({task.file or 'no file'}): {in_all(task)}"]
        if task.file is None:
            lines.append(f"    {parts.start}")
            continue
        lines += [f"    Start here: {parts.start}"] if parts.start else []
        for verdict, points, title in parts.scored:
            lines.append(f"    {SIGNS[verdict]} {points:>7}  {title}")
            lines += [f"               {parts.further[title]}"] if title in parts.further else []
        lines += [f"    ? {points:>7}  not checked: {titles}. {reason}" for points, titles, reason in parts.unchecked]
        lines += [f"    hint: {hint}" for hint in task.hints]
    notes = [f"  note: {note}" for note in notes_of(report)]
    return "\n".join(printable(line) for line in [*lines, *([""] if notes else []), *notes]) + "\n"


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
    lines = [f"# {_escaped(report.name)}: {in_all(report)} points", ""]
    for task in report.tasks:
        parts = outline(task)
        lines += [f"## {task.number}. {task.title}: {in_all(task)}", ""]
        if task.file is None:
            lines += [_escaped(parts.start), ""]
            continue
        lines += [f"**Start here:** {_escaped(parts.start)}", ""] if parts.start else []
        lines += ["| | points | |", "| --- | --- | --- |"] if parts.scored else []
        for verdict, points, title in parts.scored:
            lines.append(f"| {verdict} | {points.replace('/', ' / ')} | {_escaped(title)} |")
        lines.append("")
        lines += [f"- **{_escaped(title)}**: {_escaped(sentence)}" for title, sentence in parts.further.items()]
        lines += [f"- Not checked: {_escaped(f'{titles}. {reason}')}" for _, titles, reason in parts.unchecked]
        lines += [f"- Hint: {_escaped(hint)}" for hint in task.hints]
        if task.printed and parts.start:
            lines += ["", "It printed:", "", *("    " + line for line in quoted(task.printed))]
        lines.append("")
    return "\n".join(lines + [f"*{_escaped(note)}*\n" for note in notes_of(report)]).rstrip() + "\n"


def table(reports: Iterable[Report]) -> str:
    """Return the class as CSV: a row a submission, points in all, of each task, and of each check."""
    reports = list(reports)
    if not reports:
        return ""
    memory = io.StringIO()
    writer = csv.writer(memory, lineterminator="\n")
    # Submissions with the older coursework's names have other checks, and no task 5.
    tasks = sorted((task for report in reports for task in report.tasks), key=lambda task: task.number)
    keys = dict.fromkeys(f"{task.number}.{check.key}" for task in tasks for check in task.checks)
    numbers = dict.fromkeys(task.number for task in tasks)
    writer.writerow(["submission", "points", "most", *(f"task_{n}" for n in numbers), "same_program_as", *keys])
    same = same_programs(reports)
    for report in reports:
        points = {task.number: number(task.points) for task in report.tasks}
        single = {f"{task.number}.{check.key}": number(earned(check, found)) for task, check, found in _cases(report)}
        others = "; ".join(f"{n}: {', '.join(names)}" for n, names in same.get(report.name, {}).items())
        # A name that begins like a formula is one to a spreadsheet.
        row = ["'" + report.name if report.name[:1] in "=+-@" else report.name]
        row += [number(report.points), number(report.most), *(points.get(n, "") for n in numbers), others]
        writer.writerow([*row, *(single.get(key, "") for key in keys)])
    return memory.getvalue()


def _cases(report: Report) -> Iterator[tuple[TaskResult, Check, Finding]]:
    return ((task, check, finding) for task in report.tasks for check, finding in task.pairs)


def junit(reports: Iterable[Report]) -> str:
    """Return JUnit XML: a suite a submission, a case a check, its points among the properties."""
    root = ElementTree.Element("testsuites")
    for report in reports:
        cases = list(_cases(report))
        verdicts = [finding.verdict for _, _, finding in cases]
        numbers = {"tests": len(cases), "failures": verdicts.count(FAIL), "skipped": verdicts.count(NOT_CHECKED)}
        about = {"name": printable(report.name), "time": f"{report.seconds:.1f}"}
        suite = ElementTree.SubElement(root, "testsuite", about, **{key: str(n) for key, n in numbers.items()})
        for task, check, finding in cases:
            about = {"classname": f"task {task.number} {task.title}", "name": check.title, "time": "0"}
            case = ElementTree.SubElement(suite, "testcase", about)
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
    """Return Gradescope's ``results.json``; ``hidden`` are tasks and checks that students do not see."""
    tests = []
    for task, check, finding in _cases(report):
        said = finding.sentence if finding.verdict != NOT_CHECKED else f"Not checked: {finding.sentence}"
        is_hidden = str(task.number) in hidden or f"{task.number}.{check.key}" in hidden
        test = {
            "score": earned(check, finding),
            "max_score": check.points,
            "status": "passed" if finding.verdict == PASS else "failed",
            "name": f"{task.title}: {check.title}",
            "number": f"{task.number}.{task.checks.index(check) + 1}",
            "output": said[:LONGEST],
            "output_format": "text",
            "tags": [check.key],
            "visibility": "hidden" if is_hidden else "visible",
        }
        tests.append(test)
    hints = [f"Task {task.number}, hint: {hint}" for task in report.tasks for hint in task.hints]
    return {
        "score": report.points,
        "execution_time": round(report.seconds, 1),
        "output": "\n".join([*hints, *notes_of(report)])[:LONGEST],
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
        for task, check, finding in _cases(report)
    ]
    status = "pass" if report.points == report.most else "fail"
    result = {"version": 1, "status": status, "max_score": report.most, "tests": tests}
    return base64.b64encode(json.dumps(result).encode()).decode()


def write(path: Path, content: str) -> None:
    """Write a file so that it is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as partial, partial.open("w", encoding="utf-8", newline="\n") as file:
        file.write(content)
