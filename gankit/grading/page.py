"""The class and each student's feedback as web pages that need no network."""

from __future__ import annotations

import html
import re
import statistics
import string
import urllib.parse
from collections.abc import Iterable
from pathlib import Path

from gankit.grading.copies import same_programs
from gankit.grading.grade import Report
from gankit.grading.judge.verdicts import FAIL, NOT_CHECKED, TaskResult
from gankit.grading.reports import in_all, notes_of, number, outline, printable, quoted, stacks_of
from gankit.grading.submission import folder_name

BINS = 10
# So many mistakes of a task stand open; the others are behind a click.
OPEN = 5


def _filled(template: str, **parts: str | Iterable[str]) -> str:
    """Fill one of the HTML files beside this one; lines are joined."""
    source = (Path(__file__).parent / template).read_text(encoding="utf-8")
    words = {name: part if isinstance(part, str) else "\n".join(part) for name, part in parts.items()}
    return string.Template(source).substitute(words)


def _page(title: str, body: str) -> str:
    style = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")
    return _filled("page.html", title=_(title), style=style, body=body)


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
    counts = [sum(min(int(share * BINS // 100), BINS - 1) == place for share in shares) for place in range(BINS)]
    titles = dict(sorted((task.number, task.title) for report in reports for task in report.tasks))
    same = same_programs(reports)
    figures = {
        "submissions": str(len(reports)),
        "median": f"{statistics.median(shares):.0f} %" if shares else "",
        "mean": f"{statistics.mean(shares):.0f} %" if shares else "",
        "full points": str(sum(share == 100 for share in shares)),
        "no points": str(sum(share == 0 for share in shares)),
        "grading time": _seconds(sum(report.seconds for report in reports)),
    }
    body = _filled(
        "class.html",
        stacks=_(" and ".join(stacks_of(reports)) or "nothing"),
        figures=(f"<div><b>{value}</b>{name}</div>" for name, value in figures.items()),
        bars=(f'<div>{n or ""}<i style="height:{120 * n / max([*counts, 1]):.0f}px"></i></div>' for n in counts),
        labels=(f"<span>{100 * n // BINS}&ndash;{100 * (n + 1) // BINS}</span>" for n in range(BINS)),
        heads=(f'<th class="number" title="{_(title)}">Task {n}</th>' for n, title in titles.items()),
        students=(_student(report, titles, same.get(report.name, {})) for report in reports),
        mistakes=(_mistakes(reports, task_number, title) for task_number, title in titles.items()),
        copies=_copies(same),
    )
    return _page("Class results", body)


def _student(report: Report, numbers: Iterable[int], same: dict[int, list[str]]) -> str:
    """Return a row of the class's table."""
    tasks = {task.number: task for task in report.tasks}
    points = f"<b>{number(report.points)}</b> of {number(report.most)}"
    cells = [points, *(_share(tasks.get(n)) for n in numbers), _seconds(report.seconds)]
    row = "".join(f'<td class="number">{cell}</td>' for cell in cells)
    return (
        f'<tr><td title="{_(report.name)}">{_link(report.name)}</td>{row}<td class="others">{_others(same)}</td></tr>'
    )


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


def _mistakes(reports: list[Report], task_number: int, title: str) -> str:
    """Return the mistakes in a task, the most frequent first, each with those who made it."""
    made: dict[tuple[str, str], list[tuple[str, str]]] = {}
    tasks = [(r.name, task) for r in reports for task in r.tasks if task.number == task_number and task.file]
    for name, task in tasks:
        for check, finding in task.pairs:
            if finding.verdict == FAIL:
                made.setdefault((check.title, finding.idea), []).append((name, finding.sentence))
    entries = []
    for (check_title, _idea), found in sorted(made.items(), key=lambda item: -len(item[1])):
        sentences = [sentence for _name, sentence in found]
        said = f"<strong>{_(check_title)}:</strong> {_(max(sentences, key=sentences.count))}"
        names = ", ".join(_link(name) for name, _sentence in found)
        entries.append(
            f'<div class="mistake"><b>{len(found)}</b><div>{said}</div><div class="soft">{names}</div></div>'
        )
    full = sum(task.points == task.most for _name, task in tasks)
    count = f'<span class="soft">{len(tasks)} handed in, {full} right</span>'
    lines = [f'<div class="card"><div class="head"><h3>Task {task_number}: {_(title)}</h3>{count}</div>']
    lines += entries[:OPEN] or ['<p class="soft">No mistakes.</p>']
    if entries[OPEN:]:
        lines += [f"<details><summary>{len(entries) - OPEN} more</summary>", *entries[OPEN:], "</details>"]
    return "\n".join([*lines, "</div>"])


def _copies(same: dict[str, dict[int, list[str]]]) -> str:
    groups: dict[tuple[str, ...], set[int]] = {}
    for name, found in same.items():
        for task_number, others in found.items():
            groups.setdefault(tuple(sorted([name, *others])), set()).add(task_number)
    rows = [
        f'<tr><td class="number">{", ".join(map(str, sorted(tasks)))}</td><td>{", ".join(map(_link, names))}</td></tr>'
        for names, tasks in sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))
    ]
    return _filled("copies.html", groups=rows) if rows else ""


def feedback(report: Report) -> str:
    """Return a student's feedback."""
    points = f"{in_all(report)} points"
    body = [f"<h1>{_(report.name)}</h1><p><b>{points}</b></p>", *(_task(task) for task in report.tasks)]
    body += [f'<p class="soft" style="margin-top:14px">{_(note)}</p>' for note in notes_of(report)]
    return _page(f"{report.name}: {points}", "\n".join(body))


def _task(task: TaskResult) -> str:
    parts = outline(task)
    head = f"<h2>{task.number}. {_(task.title)}</h2><b>{in_all(task)}</b>"
    lines = [f'<section class="card"><div class="head">{head}</div>']
    if task.file is None:
        return "\n".join([*lines, f"<p>{_(parts.start)}</p></section>"])
    lines += [f'<p class="start"><b>Start here:</b> {_(parts.start)}</p>'] if parts.start else []
    rows = [(verdict, verdict, points, f"<td>{_(title)}</td>") for verdict, points, title in parts.scored]
    for points, titles, reason in parts.unchecked:
        rows.append(("not", NOT_CHECKED, points, f'<td class="soft">{_(titles)}. {_(reason)}</td>'))
    lines.append("<table>")
    for kind, verdict, points, cell in rows:
        worth = f'<td class="number worth">{points.replace("/", " / ")}</td>'
        lines.append(f'<tr><td class="verdict verdict-{kind}">{verdict}</td>{worth}{cell}</tr>')
    lines.append("</table><ul>")
    lines += [f"<li><b>{_(title)}</b>: {_(sentence)}</li>" for title, sentence in parts.further.items()]
    lines += [f"<li>Hint: {_(hint)}</li>" for hint in task.hints]
    lines.append("</ul>")
    if task.printed and parts.start:
        shown = "\n".join(_(line) for line in quoted(task.printed))
        lines.append(f"<details><summary>What it printed</summary><pre>{shown}</pre></details>")
    return "\n".join([*lines, "</section>"])
