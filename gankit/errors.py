"""The one exception for mistakes that a user can mend."""

from __future__ import annotations


class InputError(ValueError):
    """Something given to the kit is wrong; the message says what, where, and what to do.

    Scripts print the message on stderr and leave with exit status 2; in a notebook it is an ordinary ``ValueError``.
    """
