"""Checks and what came of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

PASS, FAIL, NOT_CHECKED = "pass", "fail", "not checked"


@dataclass(frozen=True)
class Check:
    """One idea that is worth points.

    Attributes
    ----------
    key : str
        Short name within its task.
    title : str
        What is right when it passes, as a short phrase.
    points : float
        What it is worth.
    """

    key: str
    title: str
    points: float


@dataclass
class Finding:
    """The verdict on one check.

    Attributes
    ----------
    verdict : str
        ``pass``, ``fail`` or ``not checked`` (an earlier item failed, or time ran out).
    share : float
        The share of the points that is given.
    sentence : str
        The idea that failed, the symptom, and where to look.
    idea : str
        A key that names the mistake, for tests and statistics; students read the sentence.
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

    def passed(self, key: str) -> None:
        """Give a check its points, unless it has failed already."""
        self.findings.setdefault(key, Finding(PASS, 1.0))

    def failed(self, key: str, idea: str, sentence: str, share: float = 0.0) -> None:
        """Fail a check; the first failure stands."""
        if self.findings.get(key, Finding(PASS)).verdict != FAIL:
            self.findings[key] = Finding(FAIL, share, sentence, idea)

    def skipped(self, key: str, sentence: str) -> None:
        """Leave a check out."""
        self.findings.setdefault(key, Finding(NOT_CHECKED, 0.0, sentence))

    def finish(self, sentence: str) -> None:
        """Mark every check that has no verdict yet as not checked."""
        for check in self.checks:
            self.skipped(check.key, sentence)

    @property
    def most(self) -> float:
        """The points that can be had."""
        return sum(check.points for check in self.checks)

    @property
    def points(self) -> float:
        """The points that were given."""
        return round(sum(check.points * self.findings[check.key].share for check in self.checks), 2)

    @property
    def lost_ideas(self) -> list[str]:
        """The ideas for which points were lost, in the order of the checks."""
        return [self.findings[c.key].idea for c in self.checks if self.findings[c.key].verdict == FAIL]


def in_words(error: dict[str, Any], stack: str) -> str:
    """Say what was raised, on which stack, and where in the student's file."""
    where = f" ({error['where'][0]}, line {error['where'][1]})" if error["where"] else ""
    message = f": {error['message'].rstrip('.')}" if error["message"] else ""
    return f"{error['type']}{message}{where}, on {stack}."
