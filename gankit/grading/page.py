"""The class and each student's feedback as web pages that need no network."""

from __future__ import annotations

import html
import re
import statistics
import urllib.parse
from collections.abc import Iterable
from pathlib import Path

from gankit.grading.copies import same_programs
from gankit.grading.grade import Report
from gankit.grading.judge.verdicts import FAIL, Finding, TaskResult
from gankit.grading.reports import earned, number, outline, printable, quoted, replay, together
from gankit.grading.submission import folder_name

BINS = 10
# So many mistakes of a task stand open; the others are behind a click.
OPEN = 5


def _page(title: str, body: Iterable[str]) -> str:
    style = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")
    lines = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        # Nothing that a submission printed can load or run anything here.
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{_(title)}</title><style>{style}</style></head><body><main>",
        *body,
        "</main></body></html>",
    ]
    return "\n".join(lines) + "\n"


def _(text: str) -> str:
    return html.escape(printable(text))


def _short(name: str) -> str:
    """Leave out what Moodle adds to a student's name."""
    return _(re.sub(r"_\d+_assignsubmission_\w*$", "", name))


def _link(name: str) -> str:
    return f'<a href="{urllib.parse.quote(folder_name(name))}/feedback.html">{_short(name)}</a>'


def _seconds(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def index(reports: list[Report]) -> str:
    """Return the class at a glance: points, a histogram, the students, their mistakes, and equal programs."""
    reports = sorted(reports, key=lambda report: (-report.points, report.name))
    shares = [100 * report.points / report.most for report in reports if report.most]
    stacks = sorted({run.stack for report in reports for run in report.runs.values() if run.stack})
    numbers = sorted({task.number for report in reports for task in report.tasks})
    seconds = sum(report.seconds for report in reports)
    figures = {
        "submissions": str(len(reports)),
        "median": f"{statistics.median(shares):.0f} %" if shares else "",
        "mean": f"{statistics.mean(shares):.0f} %" if shares else "",
        "full points": str(sum(share == 100 for share in shares)),
        "no points": str(sum(share == 0 for share in shares)),
        "grading time": _seconds(seconds),
    }
    body = [
        f'<h1>Class results</h1><p class="soft">Graded on {_(" and ".join(stacks) or "nothing")}.</p>',
        '<div class="figures">',
        *(f"<div><b>{value}</b>{name}</div>" for name, value in figures.items()),
        "</div>",
        *_histogram(shares),
        *_class_table(reports),
        '<section><h2 style="margin-top:30px">Frequent mistakes</h2>',
        *(line for task_number in numbers for line in _mistakes(reports, task_number)),
        "</section>",
        *_copies(reports),
    ]
    return _page("Class results", body)


def _histogram(shares: list[float]) -> list[str]:
    counts = [sum(min(int(share * BINS // 100), BINS - 1) == place for share in shares) for place in range(BINS)]
    most = max([*counts, 1])
    bars = (f'<div>{count or ""}<i style="height:{120 * count / most:.0f}px"></i></div>' for count in counts)
    labels = (f"<span>{100 * place // BINS}&ndash;{100 * (place + 1) // BINS}</span>" for place in range(BINS))
    head = '<section class="card"><h2>Points</h2><div class="histogram">'
    foot = '</div><p class="soft">Submissions by percent of the points that they can have.</p></section>'
    return [head, *bars, '</div><div class="labels">', *labels, foot]


def _class_table(reports: list[Report]) -> list[str]:
    numbers = sorted({task.number for report in reports for task in report.tasks})
    titles = {task.number: task.title for report in reports for task in report.tasks}
    heads = "".join(f'<th class="number" title="{_(titles[n])}">Task {n}</th>' for n in numbers)
    same = same_programs(reports)
    lines = ['<section class="card"><h2>Students</h2><div class="scroll"><table class="class"><tr><th>Submission</th>']
    lines.append(
        f'<th class="number">Points</th>{heads}<th class="number">Time</th><th>Same program as (tasks)</th></tr>'
    )
    for report in reports:
        tasks = {task.number: task for task in report.tasks}
        cells = "".join(f'<td class="number">{_share(tasks.get(n))}</td>' for n in numbers)
        points = f"<b>{number(report.points)}</b> of {number(report.most)}"
        lines.append(
            f'<tr><td title="{_(report.name)}">{_link(report.name)}</td><td class="number">{points}</td>{cells}'
        )
        others = _others(same.get(report.name, {}))
        lines.append(f'<td class="number">{_seconds(report.seconds)}</td><td class="others">{others}</td></tr>')
    return [*lines, "</table></div></section>"]


def _others(same: dict[int, list[str]]) -> str:
    """Name the one with whom most programs are shared, and count the others."""
    tasks: dict[str, list[str]] = {}
    for task_number, names in same.items():
        for name in names:
            tasks.setdefault(name, []).append(str(task_number))
    if not tasks:
        return ""
    first = max(tasks, key=lambda name: len(tasks[name]))
    everybody = "; ".join(f"{_short(name)}: task {', '.join(numbers)}" for name, numbers in tasks.items())
    more = f", {len(tasks) - 1} more" if len(tasks) > 1 else ""
    return f'<a href="#same" title="{everybody}">{_short(first)} ({len(tasks[first])}){more}</a>'


def _share(task: TaskResult | None) -> str:
    if task is None or task.file is None:
        return f'<span class="none">{"no file" if task else ""}</span>'
    share = task.points / task.most if task.most else 1
    kind = "all" if share == 1 else "most" if share >= 0.8 else "some" if share >= 0.4 else "few"
    return f'<span class="share {kind}">{number(task.points)}</span>'


def _mistakes(reports: list[Report], task_number: int) -> list[str]:
    """Return the mistakes in a task, the most frequent first, each with those who made it."""
    made: dict[tuple[str, str], list[tuple[str, Finding]]] = {}
    tasks = [(r.name, task) for r in reports for task in r.tasks if task.number == task_number and task.file]
    for name, task in tasks:
        for check in task.checks:
            finding = task.findings[check.key]
            if finding.verdict == FAIL:
                made.setdefault((check.title, finding.idea), []).append((name, finding))
    entries = [
        f'<div class="mistake"><b>{len(found)}</b><div><strong>{_(title)}:</strong> '
        f"{_(_most_frequent(finding.sentence for _name, finding in found))}</div>"
        f'<div class="soft">{", ".join(_link(name) for name, _finding in found)}</div></div>'
        for (title, _idea), found in sorted(made.items(), key=lambda item: -len(item[1]))
    ]
    full = sum(task.points == task.most for _name, task in tasks)
    head = f"<h3>Task {task_number}: {_(next((t.title for _name, t in tasks), ''))}</h3>"
    count = f'<span class="soft">{len(tasks)} handed in, {full} right</span>'
    lines = ['<div class="card">', f'<div class="head">{head}{count}</div>']
    lines += entries[:OPEN] or ['<p class="soft">No mistakes.</p>']
    if entries[OPEN:]:
        lines += [f"<details><summary>{len(entries) - OPEN} more</summary>", *entries[OPEN:], "</details>"]
    return [*lines, "</div>"]


def _most_frequent(sentences: Iterable[str]) -> str:
    sentences = list(sentences)
    return max(sentences, key=sentences.count)


def _copies(reports: list[Report]) -> list[str]:
    groups: dict[tuple[str, ...], set[int]] = {}
    for name, found in same_programs(reports).items():
        for task_number, others in found.items():
            groups.setdefault(tuple(sorted([name, *others])), set()).add(task_number)
    if not groups:
        return []
    rows = [
        f'<tr><td class="number">{", ".join(map(str, sorted(tasks)))}</td><td>{", ".join(map(_link, names))}</td></tr>'
        for names, tasks in sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))
    ]
    return [
        '<section class="card" id="same"><h2>The same program</h2><p class="soft">',
        "These files are the same but for the spelling of names, comments and docstrings. Short tasks can agree by "
        "chance, above all where most of a file was given: compare the files before you draw conclusions.</p>",
        '<table><tr><th class="number">Tasks</th><th>Submissions</th></tr>',
        *rows,
        "</table></section>",
    ]


def feedback(report: Report) -> str:
    """Return a student's feedback."""
    points = f"{number(report.points)} of {number(report.most)} points"
    body = [f"<h1>{_(report.name)}</h1><p><b>{points}</b></p>"]
    for task in report.tasks:
        body += _task(task)
    notes = [*report.notes, replay(report)]
    body += [f'<p class="soft" style="margin-top:14px">{_(note)}</p>' for note in notes if note]
    return _page(f"{report.name}: {points}", body)


def _task(task: TaskResult) -> list[str]:
    parts = outline(task)
    score = f"{number(task.points)} of {number(task.most)}"
    lines = [f'<section class="card"><div class="head"><h2>{task.number}. {_(task.title)}</h2><b>{score}</b></div>']
    if task.file is None:
        return [*lines, f"<p>{_(parts.start)}</p></section>"]
    lines += [f'<p class="start"><b>Start here:</b> {_(parts.start)}</p>'] if parts.start else []
    lines.append("<table>")
    for check, finding in parts.scored:
        worth = f"{number(earned(check, finding))} / {number(check.points)}"
        verdict = f'<td class="verdict verdict-{finding.verdict}">{finding.verdict}</td>'
        lines.append(f'<tr>{verdict}<td class="number worth">{worth}</td><td>{_(check.title)}</td></tr>')
    for reason, checks in parts.unchecked:
        most = number(sum(check.points for check in checks))
        lines.append(f'<tr><td class="verdict verdict-not">not checked</td><td class="number worth">0 / {most}</td>')
        lines.append(f'<td class="soft">{_(together(checks))}. {_(reason)}</td></tr>')
    lines.append("</table><ul>")
    lines += [f"<li><b>{_(check.title)}</b>: {_(finding.sentence)}</li>" for check, finding in parts.further]
    lines += [f"<li>Hint: {_(hint)}</li>" for hint in task.hints]
    lines.append("</ul>")
    if task.printed and parts.start:
        shown = "\n".join(_(line) for line in quoted(task.printed))
        lines.append(f"<details><summary>What it printed</summary><pre>{shown}</pre></details>")
    return [*lines, "</section>"]
