"""Captions of faces: a small grammar whose sentences say what is true of a face, so that each of them can be checked.

A caption makes *claims*. Each claim is about one attribute of a face, and holds from a bound on::

    caption  = [article] {adjective} person ["with" thing {"and" thing}] {"," state}
    person   = "man" | "woman" | "person"
    adjective= "old" | "young" | "bald" | "fair-haired"
    thing    = "glasses" | "sunglasses" | "a beard" | "a hat"
    state    = "smiling" | "serious" | "turned to the" side | "lit from the" side
    side     = "left" | "right"                (as one sees them in the picture)

This is how :func:`write` words the claims of a caption in their usual order. :func:`parse` understands more:

- any order of adjectives, things and states, also of one before the person ("smiling, a man with a hat");
- the synonyms in :data:`CLAIMS` and :data:`VERBS`, such as "blond" or "facing";
- small words, commas and hyphens anywhere (:data:`SMALL_WORDS`); they say nothing.

"Left" and "right" belong to the last word before them that needs a side. Their order therefore matters: "turned left,
lit from the right" has the words of "turned right, lit from the left", and means the opposite.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from gankit.errors import InputError


class Claim(NamedTuple):
    """Something that a caption says.

    Attributes
    ----------
    group : str
        At most one claim of a group can be true.
    attribute : str
        The attribute that decides, by its name in the table of the face encoder.
    holds, fails : float
        The claim holds from ``holds`` on, and clearly fails from ``fails`` on; in between, it is neither.
    words : tuple of str
        The words that make the claim; a word of :data:`VERBS` needs a side behind it.
    written : str
        How :func:`write` words the claim; its first word is one of ``words``.
    unless : tuple of str
        Attributes whose presence hides this one.
    """

    group: str
    attribute: str
    holds: float
    fails: float
    words: tuple[str, ...]
    written: str
    unless: tuple[str, ...] = ()

    @property
    def sign(self) -> int:
        """1 if large values of the attribute speak for the claim, and -1 if small ones do."""
        return 1 if self.holds > self.fails else -1


#: Words that need a side behind them, and the verb that they stand for.
VERBS = {"turned": "turned", "facing": "turned", "looking": "turned", "lit": "lit", "light": "lit"}
SIDES = ("left", "right")
#: Words without a meaning of their own.
SMALL_WORDS = frozenset(
    ["a", "an", "and", "from", "hair", "haired", "has", "in", "is", "of", "on", "the", "to", "who", "with"]
)

#: All claims by name, in the order in which :func:`write` writes them.
CLAIMS: dict[str, Claim] = {
    "old": Claim("age", "age", 55, 40, ("old", "elderly"), "old"),
    "young": Claim("age", "age", 32, 45, ("young", "youthful"), "young"),
    "bald": Claim("hair", "bald", 1, 0, ("bald", "hairless"), "bald"),
    "fair": Claim("hair", "hair_shade", 0.4, 0.2, ("fair", "blond", "blonde"), "fair-haired", ("bald", "covered")),
    "man": Claim("person", "masculine", 1, 0, ("man", "gentleman"), "man"),
    "woman": Claim("person", "masculine", 0, 1, ("woman", "lady"), "woman"),
    "glasses": Claim("eyes", "glasses", 1, 0, ("glasses", "spectacles"), "glasses", ("sunglasses",)),
    "sunglasses": Claim("eyes", "sunglasses", 1, 0, ("sunglasses", "shades"), "sunglasses"),
    "beard": Claim("beard", "beard", 0.35, 0.05, ("beard", "bearded"), "a beard"),
    "hat": Claim("hat", "hat", 1, 0, ("hat", "cap"), "a hat"),
    "smiling": Claim("mouth", "smile", 0.75, 0.2, ("smiling", "happy"), "smiling"),
    "serious": Claim("mouth", "smile", 0.1, 0.6, ("serious", "solemn"), "serious"),
    "turned left": Claim("turned", "yaw", -10, 0, (), "turned to the left"),
    "turned right": Claim("turned", "yaw", 10, 0, (), "turned to the right"),
    "lit left": Claim("lit", "light_x", -0.3, 0, (), "lit from the left"),
    "lit right": Claim("lit", "light_x", 0.3, 0, (), "lit from the right"),
}
# "person" and "face" name nobody in particular.
PERSONS = ("person", "face")
ADJECTIVES, THINGS = ("age", "hair"), ("eyes", "beard", "hat")
GROUPS = tuple(dict.fromkeys(claim.group for claim in CLAIMS.values()))

_CLAIM_OF_WORD = {word: name for name, claim in CLAIMS.items() for word in claim.words}
#: The words that a text encoder sees; word ``i`` has the number ``i + 1``, and 0 stands for no word.
VOCABULARY = (*_CLAIM_OF_WORD, *PERSONS, *VERBS, *SIDES)
_NUMBERS = {word: number for number, word in enumerate(VOCABULARY, 1)}
#: Words of the longest caption: a word for each group, and a side for two of them.
MOST_WORDS = len(GROUPS) + 2


def words_of(caption: str) -> list[str]:
    """Return the words of a caption that say something, in their order.

    Raises
    ------
    InputError
        If there is an unknown word, or there are more words than :data:`MOST_WORDS`.
    """
    found = [word for word in re.split(r"[^\w']+", caption.lower()) if word and word not in SMALL_WORDS]
    for word in found:
        if word not in _NUMBERS:
            raise InputError(
                f"The captions have no word {word!r}; they know {', '.join(VOCABULARY)} and the small words "
                f"{', '.join(sorted(SMALL_WORDS))}."
            )
    if len(found) > MOST_WORDS:
        raise InputError(f"The caption has {len(found)} words that say something; use at most {MOST_WORDS}.")
    return found


def parse(caption: str) -> tuple[str, ...]:
    """Return the claims of a caption, in the order of :data:`CLAIMS`.

    Raises
    ------
    InputError
        If a word is unknown, the claims contradict each other, there are none and no person, or a side is missing or
        belongs to no word.
    """
    words, claims, verb = words_of(caption), set(), ""
    if not words:
        raise InputError(f"The caption {caption!r} says nothing; describe a face, such as 'an old man with a hat'.")
    for position, word in enumerate(words):
        if word in VERBS:
            if not set(words[position + 1 : position + 2]) & set(SIDES):
                raise InputError(f"The word {word!r} in the caption needs 'left' or 'right' behind it.")
            verb = VERBS[word]
        elif word in SIDES:
            if not verb:
                raise InputError(f"What is to the {word}? Write 'turned to the {word}' or 'lit from the {word}'.")
            claims.add(f"{verb} {word}")
            verb = ""
        elif word in _CLAIM_OF_WORD:
            claims.add(_CLAIM_OF_WORD[word])
    found = tuple(name for name in CLAIMS if name in claims)
    for name, other in zip(found, found[1:]):
        if CLAIMS[name].group == CLAIMS[other].group:
            raise InputError(f"The caption says {name!r} and {other!r} of one face; choose one of them.")
    return found


def write(claims: Iterable[str], random: np.random.Generator | None = None) -> str:
    """Write a caption that makes these claims.

    Parameters
    ----------
    claims : iterable of str
        Names in :data:`CLAIMS`, at most one of each group.
    random : numpy.random.Generator, optional
        Chooses the synonyms and the order of adjectives, things and states; by default, the usual ones are taken.

    Returns
    -------
    str
        A caption for which :func:`parse` returns these claims.
    """
    names = [name for name in CLAIMS if name in set(claims)]

    def say(name: str) -> str:
        claim = CLAIMS[name]
        if random is None:
            return claim.written
        if claim.words:
            word = str(random.choice(claim.words))
            return f"a {word}" if name == "hat" else "a beard" if name == "beard" else word
        verb, side = name.split()
        words = [word for word, meaning in VERBS.items() if meaning == verb]
        return f"{random.choice(words)} {'to' if verb == 'turned' else 'from'} the {side}"

    def some(groups: Sequence[str]) -> list[str]:
        found = [say(name) for name in names if CLAIMS[name].group in groups]
        return found if random is None else [found[place] for place in random.permutation(len(found))]

    person = some(("person",)) or [PERSONS[0] if random is None else str(random.choice(PERSONS))]
    text = " ".join([*some(ADJECTIVES), *person])
    text = f"{'an' if text[0] in 'aeiou' else 'a'} {text}"
    things = some(THINGS)
    if things:
        text += f" with {' and '.join(things)}"
    return ", ".join([text, *some(("mouth", "turned", "lit"))])


def encode(captions: Sequence[str]) -> np.ndarray:
    """Turn captions into the numbers of their words: int32, ``(n, MOST_WORDS)``, filled up with 0.

    Raises
    ------
    InputError
        As :func:`words_of`.
    """
    rows = np.zeros((len(captions), MOST_WORDS), np.int32)
    for row, caption in zip(rows, captions):
        numbers = [_NUMBERS[word] for word in words_of(caption)]
        row[: len(numbers)] = numbers
    return rows


def truths(attributes: Mapping[str, np.ndarray]) -> np.ndarray:
    """Tell which claims are true of which faces.

    Parameters
    ----------
    attributes : mapping
        The columns of the table of the face encoder by name, ``(n,)`` each.

    Returns
    -------
    numpy.ndarray
        int8, shape ``(n, len(CLAIMS))``: 1 if the claim holds, -1 if it clearly fails, 0 if it does neither.
    """
    columns = []
    for claim in CLAIMS.values():
        values = claim.sign * np.asarray(attributes[claim.attribute], np.float64)
        column = np.where(values >= claim.sign * claim.holds, 1, np.where(values <= claim.sign * claim.fails, -1, 0))
        for hiding in claim.unless:
            column = np.where(np.asarray(attributes[hiding]) > 0.5, 0, column)
        columns.append(column)
    return np.stack(columns, axis=1).astype(np.int8)


def captions_of(
    true: np.ndarray, seed: int, share: float = 0.6, always: Sequence[Sequence[str]] | None = None
) -> list[str]:
    """Write a caption for each face; it makes some of the claims that are true of the face.

    Parameters
    ----------
    true : numpy.ndarray
        As :func:`truths` returns it.
    seed : int
        Seed of the choices.
    share : float
        The probability with which a true claim is made.
    always : sequence, optional
        For each face, the claims that its caption makes in any case; they must be true.
    """
    random, names = np.random.default_rng(seed), list(CLAIMS)
    made = (true == 1) & (random.random(true.shape) < share)
    captions = []
    for number, row in enumerate(made):
        claims = {names[place] for place in np.flatnonzero(row)} | set(always[number] if always else ())
        captions.append(write(claims, random))
    return captions
