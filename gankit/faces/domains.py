"""Two kinds of faces that differ in one thing: two unpaired sets to learn from, and pairs to measure with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from gankit.errors import InputError
from gankit.faces.attributes import sample_attributes
from gankit.faces.changes import lit_from, wearing
from gankit.faces.renderer import render

Change = Callable[[Mapping[str, np.ndarray]], dict[str, np.ndarray]]


class Task(NamedTuple):
    """Two kinds of faces, source and target.

    Attributes
    ----------
    changes : tuple of two callables
        What is done to the attributes of any face to get each kind.
    directions : tuple of two str
        What the translations are called, from source to target and back.
    """

    changes: tuple[Change, Change]
    directions: tuple[str, str]


TASKS = {
    "glasses": Task(
        (lambda attributes: wearing(attributes, False), lambda attributes: wearing(attributes, True)),
        ("glasses on", "glasses off"),
    ),
    "light": Task(
        (lambda attributes: lit_from(attributes, -1.0), lambda attributes: lit_from(attributes, 1.0)),
        ("light to the right", "light to the left"),
    ),
}
TEST_PEOPLE = 500


@dataclass(frozen=True)
class Domains:
    """Faces of two kinds; all arrays of faces are float32 intensities in [0, 1], ``(n, 16, 16)``.

    Attributes
    ----------
    task : str
        One of :data:`TASKS`.
    source, target : numpy.ndarray
        Training faces. Nobody is in both.
    partners : numpy.ndarray
        The people of ``source``, drawn as targets. They are for networks that learn from pairs.
    test_source, test_target : numpy.ndarray
        Other people, each drawn twice: rows belong together, and differ in nothing but the kind.
    test_attributes : dict of numpy.ndarray
        The attributes of these people (:func:`gankit.faces.attributes.sample_attributes`).
    """

    task: str
    source: np.ndarray
    target: np.ndarray
    partners: np.ndarray
    test_source: np.ndarray
    test_target: np.ndarray
    test_attributes: dict[str, np.ndarray]


def two_domains(task: str, pictures: int, seed: int, test_people: int = TEST_PEOPLE) -> Domains:
    """Render the faces of a task, about 1.7 ms each.

    Parameters
    ----------
    task : str
        One of :data:`TASKS`.
    pictures : int
        Training faces of each kind.
    seed : int
        Seed of people and pictures. No seed gives the people of ``data/faces.npz``.
    test_people : int
        People to measure with.

    Raises
    ------
    InputError
        If there is no such task.
    """
    if task not in TASKS:
        raise InputError(f"There is no task {task!r}; the tasks are {', '.join(TASKS)}.")
    to_source, to_target = TASKS[task].changes

    def draw(change: Change, count: int, group: int) -> np.ndarray:
        # Three groups of people for each seed; a group's pictures differ in nothing but the change.
        own = 1_000_000 + 3 * seed + group
        return (render(change(sample_attributes(count, own)), 16, own) / 255).astype(np.float32)

    return Domains(
        task=task,
        source=draw(to_source, pictures, 0),
        target=draw(to_target, pictures, 1),
        partners=draw(to_target, pictures, 0),
        test_source=draw(to_source, test_people, 2),
        test_target=draw(to_target, test_people, 2),
        test_attributes=sample_attributes(test_people, 1_000_000 + 3 * seed + 2),
    )
