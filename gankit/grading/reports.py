"""Reports: what came of a submission, as text, Markdown, CSV, JUnit XML, Gradescope's and GitHub Classroom's JSON."""

from __future__ import annotations

import base64
import csv
import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from gankit.files import whole_file
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


def text(report: Report) -> str:
    """Return the table for the terminal: a line a check, and a sentence for each that failed."""
    lines = [f"{report.name}: {number(report.points)} of {number(report.most)} points"]
    for task in report.tasks:
        lines.append("")
        file = task.file or "no file"
        lines.append(f"  {task.number}. {task.title} ({file}): {number(task.points)} of {number(task.most)}")
        for check in task.checks:
            finding = task.findings[check.key]
            score = f"{number(earned(check, finding))}/{number(check.points)}"
            lines.append(f"    {SIGNS[finding.verdict]} {score:>7}  {check.title}")
            if finding.verdict == FAIL or (finding.verdict == NOT_CHECKED and task.file):
                said = finding.sentence if finding.verdict == FAIL else f"not checked: {finding.sentence}"
                lines.append(f"               {said}")
        lines += [f"    hint: {hint}" for hint in task.hints]
    if report.notes:
        lines += ["", *(f"  note: {note}" for note in report.notes)]
    return "\n".join(lines) + "\n"


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
        lines += [f"## {task.number}. {task.title}: {number(task.points)} of {number(task.most)}", ""]
        if task.file is None:
            lines += [_escaped(task.findings[task.checks[0].key].sentence), ""]
            continue
        lines += ["| | points | |", "| --- | --- | --- |"]
        for check in task.checks:
            finding = task.findings[check.key]
            score = f"{number(earned(check, finding))} / {number(check.points)}"
            lines.append(f"| {finding.verdict} | {score} | {_escaped(check.title)} |")
        lines.append("")
        for check in task.checks:
            finding = task.findings[check.key]
            if finding.verdict == FAIL:
                lines.append(f"- **{_escaped(check.title)}**: {_escaped(finding.sentence)}")
            elif finding.verdict == NOT_CHECKED:
                lines.append(f"- {_escaped(check.title)}: not checked. {_escaped(finding.sentence)}")
        lines += [f"- Hint: {_escaped(hint)}" for hint in task.hints]
        if task.printed and any(task.findings[check.key].verdict != PASS for check in task.checks):
            lines += ["", "It printed:", "", *("    " + line for line in quoted(task.printed))]
        lines.append("")
    lines += [f"*{_escaped(note)}*" for note in report.notes]
    return "\n".join(lines).rstrip() + "\n"


def table(reports: Iterable[Report]) -> str:
    """Return the class as CSV: a row a submission, points in all, of each task, and of each check."""
    reports = list(reports)
    memory = io.StringIO()
    writer = csv.writer(memory, lineterminator="\n")
    if reports:
        columns = [(task, check) for task in reports[0].tasks for check in task.checks]
        names = [f"task_{task.number}" for task in reports[0].tasks]
        writer.writerow(["submission", "points", "most", *names, *(f"{t.number}.{c.key}" for t, c in columns)])
        for report in reports:
            single = [earned(c, t.findings[c.key]) for t in report.tasks for c in t.checks]
            # A name that begins like a formula is one to a spreadsheet.
            name = "'" + report.name if report.name[:1] in "=+-@" else report.name
            writer.writerow([name, report.points, report.most, *(t.points for t in report.tasks), *single])
    return memory.getvalue()


def junit(reports: Iterable[Report]) -> str:
    """Return JUnit XML: a suite a submission, a case a check, its points among the properties."""
    root = ElementTree.Element("testsuites")
    for report in reports:
        cases = [(task, check, task.findings[check.key]) for task in report.tasks for check in task.checks]
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            name=_xml(report.name),
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
                ElementTree.SubElement(case, "failure", message=_xml(finding.sentence))
            elif finding.verdict == NOT_CHECKED:
                ElementTree.SubElement(case, "skipped", message=_xml(f"not checked: {finding.sentence}"))
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _xml(sentence: str) -> str:
    return "".join(character for character in sentence if character.isprintable())


def gradescope(report: Report, hidden: set[str] = frozenset()) -> dict[str, Any]:
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
        "output": "\n".join(hints + report.notes)[:LONGEST],
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
            "message": _xml(finding.sentence),
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


# -------------------------------------------------------------------- storing and reading back


def to_json(report: Report) -> dict[str, Any]:
    """Return a report as JSON can hold it."""
    return {
        "name": report.name,
        "points": report.points,
        "most": report.most,
        "seconds": round(report.seconds, 2),
        "notes": report.notes,
        "tasks": [
            {
                "number": task.number,
                "file": task.file,
                "points": task.points,
                "hints": task.hints,
                "printed": task.printed,
                "findings": {key: vars(finding) for key, finding in task.findings.items()},
            }
            for task in report.tasks
        ],
    }


def from_json(stored: dict[str, Any], checks: dict[int, tuple[str, tuple[Check, ...]]]) -> Report:
    """Return the report that :func:`to_json` stored; ``checks`` gives each task's title and checks."""
    tasks = []
    for entry in stored["tasks"]:
        title, own = checks[entry["number"]]
        findings = {key: Finding(**value) for key, value in entry["findings"].items()}
        if {check.key for check in own} - set(findings):
            raise KeyError("the stored report is of another version of the grader")
        tasks.append(TaskResult(entry["number"], title, entry["file"], own, findings, entry["hints"], entry["printed"]))
    return Report(stored["name"], tasks, stored["seconds"], stored["notes"])


def write(path: Path, content: str) -> None:
    """Write a file so that it is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as partial, partial.open("w", encoding="utf-8", newline="\n") as file:
        file.write(content)
