"""What a student's code may have computed, right or wrong, and the search for the one that it did compute."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gankit.grading.judge.verdicts import Said, fails


@dataclass(frozen=True)
class Hypothesis:
    """One thing that may have been computed.

    Attributes
    ----------
    check, idea : str
        The check that it fails, and the name of the mistake in the catalogue; no name for what is right.
    predict : callable
        What it predicts of an observation, as an array.
    words : dict
        What fills the sentence of the catalogue.
    loss, penalty : callable, optional
        Of the losses: the value from the scores ``(r, f)``, and the penalty's from input gradients.
    exact : bool
        Whether the value is the same on every stack; gradients are compared in either case.
    """

    check: str
    idea: str
    predict: Callable[[Any], np.ndarray]
    words: dict[str, str] = field(default_factory=dict)
    loss: Callable[[np.ndarray, np.ndarray], float] | None = None
    penalty: Callable[[np.ndarray], float] | None = None
    exact: bool = True

    @property
    def verdict(self) -> list[Said]:
        """What is to be said if this is what was computed: nothing where it is right."""
        return [fails(self.check, self.idea, **self.words)] if self.idea else []


def explaining(
    observations: Sequence[Any], hypotheses: Sequence[Hypothesis]
) -> tuple[list[Hypothesis], list[Hypothesis]]:
    """Find the hypotheses that explain what was seen; the first is the right one, the others are its usual mistakes.

    What was seen has a method ``fits(hypothesis)``.

    Returns
    -------
    every, enough : list of Hypothesis
        Those that explain everything; and those that explain every observation which the right one does not. The
        mistakes are only tried where the right one does not explain everything.
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
