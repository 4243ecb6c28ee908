"""The exceptions for mistakes that a user can mend."""

from __future__ import annotations


class InputError(ValueError):
    """Something given to the kit is wrong; the message says what, where, and what to do.

    Scripts print the message on stderr and leave with exit status 2; in a notebook it is an ordinary ``ValueError``.
    """


class NotGivenError(InputError, AttributeError):
    """A model is asked for something that it was not given, such as examples or a decoding.

    An ``AttributeError`` as well: Keras looks at an attribute before it sets it, and ``hasattr`` answers False.
    """


def first_line(error: Exception) -> str:
    """Return the first line of an error's message, or its kind where it has none."""
    return (str(error).splitlines() or [type(error).__name__])[0]
