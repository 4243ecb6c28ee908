"""What a student's code may have computed, right or wrong, and the search for the one that it did compute."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gankit.grading.judge.verdicts import Said, fails


@dataclass(frozen=True)
class Hypothesis:
    """One thing that may have been computed: the check that it fails and the idea, none for what is right.

    What was seen knows how to compare itself with ``computed``; ``words`` fill the sentence of the catalogue.
    """

    check: str
    idea: str
    computed: Any
    words: dict[str, str] = field(default_factory=dict)

    @property
    def verdict(self) -> list[Said]:
        """What is to be said if this is what was computed: nothing where it is right."""
        return [fails(self.check, self.idea, None, **self.words)] if self.idea else []


def explaining(
    observations: Sequence[Any], hypotheses: Sequence[Hypothesis]
) -> tuple[list[Hypothesis], list[Hypothesis]]:
    """Find the hypotheses that explain what was seen; the first is the right one, the others are its usual mistakes.

    What was seen has a method ``fits(hypothesis)``. Returned are those that explain everything, and those that explain
    all that the right one does not. The mistakes are only tried where the right one does not explain everything.
    """
    right, *wrong = hypotheses
    explained = [seen.fits(right) for seen in observations]
    if all(explained):
        return [right], [right]
    enough = fitting(wrong, [seen for seen, fits in zip(observations, explained) if not fits])
    return fitting(enough, [seen for seen, fits in zip(observations, explained) if fits]), enough


def fitting(hypotheses: Iterable[Hypothesis], observations: Iterable[Any]) -> list[Hypothesis]:
    """Return the hypotheses that explain all observations."""
    left = list(hypotheses)
    for seen in observations:
        left = [hypothesis for hypothesis in left if seen.fits(hypothesis)]
    return left


def near(found: np.ndarray, expected: np.ndarray, relative: float, absolute: float) -> bool:
    """Tell whether two arrays are the same up to rounding, measured by their length."""
    if found.shape != expected.shape or not np.isfinite(found).all() or not np.isfinite(expected).all():
        return False
    return bool(np.linalg.norm(found - expected) <= relative * np.linalg.norm(expected) + absolute)
