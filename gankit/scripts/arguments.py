"""A parser whose errors are one sentence, and argument types."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from gankit.datasets.captions import parse
from gankit.errors import InputError


class DefaultsFormatter(argparse.ArgumentDefaultsHelpFormatter):
    """Shows the default of each option that has one and is not a flag."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        no_default = action.default is None or action.default is False
        return action.help if no_default else super()._get_help_string(action)


class OneSentenceParser(argparse.ArgumentParser):
    """Argument parser whose errors are one sentence."""

    def error(self, message: str) -> NoReturn:
        """Print one sentence on stderr and exit with status 2."""
        self.exit(2, f"{self.prog}: {message}; {self.prog} --help lists the options.\n")


def whole_number(minimum: int, maximum: int | None = None) -> Callable[[str], int]:
    """Return an argument type that takes whole numbers of at least ``minimum``, and at most ``maximum`` if given."""

    def parse(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = minimum - 1
        if number < minimum:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least {minimum}")
        if maximum is not None and number > maximum:
            raise argparse.ArgumentTypeError(f"{text} is too large; choose at most {maximum}")
        return number

    return parse


def joined(names: Sequence[str]) -> Callable[[str], str]:
    """Return an argument type that takes one of the names, or several that are joined by +, in the order of ``names``.

    The order in which they are given makes no difference, so it is lost.
    """

    def parse(text: str) -> str:
        given = text.split("+")
        for each in given:
            if each not in names:
                raise argparse.ArgumentTypeError(f"there is no {each!r}; choose of {', '.join(names)}")
        return "+".join(name for name in names if name in given)

    return parse


def existing_file(text: str) -> Path:
    """Argument type for the path of a file that exists."""
    path = Path(text)
    if not path.is_file():
        raise argparse.ArgumentTypeError(f"there is no file {text!r}")
    return path


def face_caption(text: str) -> str:
    """Argument type for a caption of a face (:mod:`gankit.datasets.captions`)."""
    try:
        parse(text)
    except InputError as error:
        raise argparse.ArgumentTypeError(str(error).rstrip(".")) from error
    return text


def fraction(text: str) -> float:
    """Argument type for a number in [0, 1)."""
    number = _number(text)
    if not 0 <= number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 up to, but not including, 1")
    return number


def positive(text: str) -> float:
    """Argument type for a finite number above 0."""
    number = _number(text)
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return number


def not_negative(text: str) -> float:
    """Argument type for a finite number of at least 0."""
    number = _number(text)
    if not 0 <= number < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of at least 0")
    return number


def between(lowest: float, highest: float) -> Callable[[str], float]:
    """Return an argument type that takes numbers from ``lowest`` to ``highest``, both included."""

    def parse(text: str) -> float:
        number = _number(text)
        if not lowest <= number <= highest:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number from {lowest:g} to {highest:g}")
        return number

    return parse


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
