"""Comparison of two treatments by pairs of runs."""

from __future__ import annotations

from math import comb

import numpy as np


def sign_test(first: np.ndarray, second: np.ndarray) -> dict[str, float]:
    """Test whether either of two paired values is larger more often than by chance: the exact two-sided sign test.

    If the two treatments do the same, each pair that differs is a fair coin. The p-value is the probability that as
    many coins fall at least as unevenly as the pairs do. With n pairs it is at least 2 / 2^n: three pairs can never
    reach 0.05, and six can only if all agree.

    Parameters
    ----------
    first, second : np.ndarray
        Values ``(n,)``; those at the same place belong together.

    Returns
    -------
    dict
        ``larger`` and ``smaller``, the number of pairs in which the first value is larger or smaller; ``ties``, the
        others, which the test leaves out; ``p_value``, 1 if there are only ties.

    Raises
    ------
    ValueError
        If the shapes differ, or a value is not a number.
    """
    first, second = np.asarray(first, np.float64), np.asarray(second, np.float64)
    if first.shape != second.shape or first.ndim != 1:
        raise ValueError(f"paired values must have one shape (n,), not {first.shape} and {second.shape}")
    if np.isnan(first).any() or np.isnan(second).any():
        raise ValueError("paired values must be numbers")
    larger, smaller = int((first > second).sum()), int((first < second).sum())
    coins = larger + smaller
    tail = sum(comb(coins, heads) for heads in range(min(larger, smaller) + 1)) / 2**coins
    return {"larger": larger, "smaller": smaller, "ties": len(first) - coins, "p_value": min(1.0, 2.0 * tail)}
