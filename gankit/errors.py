"""Exceptions for mistakes that a user can correct."""

from __future__ import annotations


class InputError(ValueError):
    """An input is wrong; the message says what is wrong, where, and what to do.

    Scripts print the message on stderr and exit with status 2. In a notebook it is an ordinary ``ValueError``.
    """


class NotGivenError(InputError, AttributeError):
    """A caller asks a model for something that it was not given, such as examples or a decoding.

    It is also an ``AttributeError``: Keras reads an attribute before setting it, and ``hasattr`` must return False.
    """


def first_line(error: Exception) -> str:
    """Return the first line of an error's message, or the name of its class if the message is empty."""
    return (str(error).splitlines() or [type(error).__name__])[0]
