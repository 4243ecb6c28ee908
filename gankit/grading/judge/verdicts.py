"""Checks, what judges say of them, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from gankit.grading.answers import plain, shortened
from gankit.grading.judge.catalogue import IDEAS

PASS, FAIL, NOT_CHECKED = "pass", "fail", "not checked"
HINT = "hint"


@dataclass(frozen=True)
class Check:
    """One idea that is worth points; the title says what is right when it passes."""

    key: str
    title: str
    points: float


@dataclass(frozen=True)
class Said:
    """What a judge says of a check: a verdict, and the name of its reason in the catalogue."""

    check: str
    verdict: str
    name: str = ""
    share: float | None = None
    words: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str]:
        """Where the catalogue has it."""
        return self.check if self.verdict in (FAIL, HINT) else self.verdict, self.name


def passes(check: str) -> Said:
    """Say that a check passes."""
    return Said(check, PASS)


def fails(check: str, idea: str, share: float | None = None, **words: Any) -> Said:
    """Say that a check fails for an idea of the catalogue; ``words`` fill its sentence."""
    return Said(check, FAIL, idea, share, words)


def unseen(check: str, reason: str, share: float = 0.0, **words: Any) -> Said:
    """Say that a check could not be looked at, or only partly: then a share of its points is given."""
    return Said(check, NOT_CHECKED, reason, share, words)


def hints(name: str, kind: str = HINT, **words: Any) -> Said:
    """Give a hint, which costs nothing."""
    return Said(kind, HINT, name, None, words)


@dataclass
class Finding:
    """The verdict on one check, the share of its points that is given, and the sentence that students read.

    The verdict is ``pass``, ``fail`` or ``not checked`` (an earlier item failed, or time ran out). The idea is a key
    that names the mistake, for tests and statistics.
    """

    verdict: str
    share: float = 0.0
    sentence: str = ""
    idea: str = ""


@dataclass
class TaskResult:
    """What came of a task: a finding for each check, and hints that cost nothing."""

    number: int
    title: str
    file: str | None
    checks: tuple[Check, ...]
    findings: dict[str, Finding] = field(default_factory=dict)
    hints: list[str] = field(default_factory=list)
    printed: str = ""

    def add(self, everything: Iterable[Said]) -> None:
        """Write down what a judge says: the first failure stands, and nothing but a failure replaces anything."""
        keys = {check.key for check in self.checks}
        for said in everything:
            if said.verdict == HINT:
                hint = _finding(said).sentence
                self.hints += [hint] if hint not in self.hints else []
            elif said.check in keys and said.verdict != FAIL:
                self.findings.setdefault(said.check, _finding(said))
            elif said.check in keys and not self.failed(said.check):
                self.findings[said.check] = _finding(said)

    @property
    def pairs(self) -> list[tuple[Check, Finding]]:
        """Each check with its finding."""
        return [(check, self.findings[check.key]) for check in self.checks]

    def failed(self, key: str) -> str:
        """Return the idea that a check has failed for, or an empty string."""
        finding = self.findings.get(key)
        return finding.idea if finding is not None and finding.verdict == FAIL else ""

    def finish(self, sentence: str) -> None:
        """Mark every check that has no verdict yet as not checked."""
        for check in self.checks:
            self.findings.setdefault(check.key, Finding(NOT_CHECKED, 0.0, sentence))

    @property
    def most(self) -> float:
        """The points that can be had."""
        return sum(check.points for check in self.checks)

    @property
    def points(self) -> float:
        """The points that were given."""
        return round(sum(check.points * finding.share for check, finding in self.pairs), 2)

    @property
    def lost_ideas(self) -> list[str]:
        """The ideas for which points were lost, in the order of the checks."""
        return [finding.idea for _, finding in self.pairs if finding.verdict == FAIL]


@dataclass
class Evidence:
    """What a task is judged by: results and errors by the name of each scene, which may have both, and the stack.

    ``out`` is what was said so far.
    """

    results: dict[str, Any]
    errors: dict[str, dict[str, Any]]
    out: TaskResult
    stack: str

    def came_back(self, name: str) -> bool:
        """Tell whether a scene has a result: what came of it, or of it before an error."""
        return isinstance(self.results.get(name), dict)

    def failed(self, key: str) -> str:
        """Return the idea that a check has failed for, or an empty string."""
        return self.out.failed(key)

    def error_in_words(self, name: str) -> str:
        """Say what a scene raised."""
        return in_words(self.errors[name], self.stack)


def _finding(said: Said) -> Finding:
    if said.verdict == PASS:
        return Finding(PASS, 1.0)
    found = IDEAS[said.key]
    share = found.share if said.share is None else said.share
    return Finding(said.verdict, share, found.sentence.format(**said.words), said.name if said.verdict == FAIL else "")


def in_words(error: dict[str, Any], stack: str) -> str:
    """Say what was raised, on which stack, and where in the student's file."""
    where = f" ({error['where'][0]}, line {error['where'][1]})" if error["where"] else ""
    message = shortened(plain(error["message"])).rstrip(".")
    return f"{error['type']}{f': {message}' if message else ''}{where}, on {stack}."


def alike(error: dict[str, Any], other: dict[str, Any]) -> bool:
    """Tell whether two errors were raised by the same line for the same reason."""
    return error["type"] == other["type"] and error["where"] == other["where"]
