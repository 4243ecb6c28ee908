"""Faces with and without an attribute: a few with labels to learn from, all others without, and some to test on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from gankit.errors import InputError
from gankit.faces.files import FACES_FILE
from gankit.stored_arrays import read_arrays

# The last faces of the file are tested on. No network learns from them.
TEST_FACES = 2000
#: What a label says, by the attributes of ``data/README.md``. The author chose the limits of the continuous ones.
LABELS: dict[str, Callable[[Mapping[str, np.ndarray]], np.ndarray]] = {
    "glasses": lambda attributes: attributes["glasses"] | attributes["sunglasses"],
    "smile": lambda attributes: attributes["smile"] > 0.45,
    "fair_hair": lambda attributes: attributes["hair_shade"] > 0.3,
    "beard": lambda attributes: attributes["beard"] > 0.2,
}


class Labelled(NamedTuple):
    """Faces with labels.

    Attributes
    ----------
    faces : numpy.ndarray
        Intensities in [0, 1], float32, ``(..., 16, 16)``.
    labels : numpy.ndarray
        Whether a face has the attribute, bool, ``(...)``.
    """

    faces: np.ndarray
    labels: np.ndarray


def labelled_faces(attribute: str, test: int = TEST_FACES) -> tuple[Labelled, Labelled]:
    """Read the faces of the course with the labels of an attribute.

    Parameters
    ----------
    attribute : str
        One of :data:`LABELS`.
    test : int
        How many faces at the end of the file are kept back.

    Returns
    -------
    training, test : Labelled
        No face is in both.

    Raises
    ------
    InputError
        If there is no such attribute.
    """
    if attribute not in LABELS:
        raise InputError(f"There are no labels for {attribute!r}; choose one of {', '.join(LABELS)}.")
    held = read_arrays(FACES_FILE)
    faces, labels = held["faces"].astype(np.float32) / np.float32(255), LABELS[attribute](held)
    return Labelled(faces[:-test], labels[:-test]), Labelled(faces[-test:], labels[-test:])


def few_labels(labels: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Draw faces to label: half of them have the attribute (stratified), each half at random and without repetition.

    Parameters
    ----------
    labels : numpy.ndarray
        bool, ``(n,)``.
    count : int
        An even number of faces, at least 2.
    seed : int
        Seed of the draw. With one seed, a smaller draw is the beginning of each half of a larger one.

    Returns
    -------
    numpy.ndarray
        Row numbers, ``(count,)``: first those without the attribute.

    Raises
    ------
    InputError
        If the number is odd, or too large for one of the two kinds.
    """
    kinds = np.flatnonzero(~labels), np.flatnonzero(labels)
    most = 2 * min(map(len, kinds))
    if count % 2 or not 2 <= count <= most:
        raise InputError(
            f"{count} labels cannot be drawn; half of the faces have the attribute, so choose an even number "
            f"from 2 to {most}."
        )
    return np.concatenate(
        [np.random.default_rng([seed, kind]).permutation(rows)[: count // 2] for kind, rows in enumerate(kinds)]
    )
