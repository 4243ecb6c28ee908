"""Adam replayed from recorded gradients, which tells learning rate, betas and lost state apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Arrays = list[np.ndarray]


@dataclass(frozen=True)
class Move:
    """One update of one network: the weights before, the gradients given, the weights right after."""

    before: Arrays
    gradients: Arrays
    after: Arrays


def adam_moves(
    updates: list[Move],
    rate: float,
    beta_1: float,
    beta_2: float,
    epsilon: float = 1e-7,
    fresh: bool = False,
    steps: list[int] | None = None,
) -> list[Arrays]:
    """Return how far Adam moves each weight in each update, in order, from a state of zero.

    A ``fresh`` optimizer has that state at every update, as one that is made anew each time. ``steps`` are the counts
    of the updates, where they are shared with another network's.
    """
    moves: list[Arrays] = []
    m: Arrays = []
    v: Arrays = []
    for number, update in enumerate(updates, start=1):
        if not moves or fresh:
            m = [np.zeros_like(g, np.float64) for g in update.gradients]
            v = [np.zeros_like(g, np.float64) for g in update.gradients]
        m = [beta_1 * a + (1 - beta_1) * g for a, g in zip(m, update.gradients)]
        v = [beta_2 * a + (1 - beta_2) * g.astype(np.float64) ** 2 for a, g in zip(v, update.gradients)]
        step = 1 if fresh else steps[number - 1] if steps else number
        alpha = rate * np.sqrt(1 - beta_2**step) / (1 - beta_1**step)
        moves.append([-alpha * a / (np.sqrt(b) + epsilon) for a, b in zip(m, v)])
    return moves


def moves_fit(updates: list[Move], moves: list[Arrays]) -> bool:
    """Tell whether the recorded weights moved that far, to within single precision."""
    for update, move in zip(updates, moves):
        for before, after, expected in zip(update.before, update.after, move):
            found = after.astype(np.float64) - before
            size = np.abs(expected).max(initial=0) + np.abs(found).max(initial=0)
            # Weights are stored in single precision, so a move is known to about 1e-7 of the weight.
            tolerance = 4e-3 * size + 3e-7 * (np.abs(before).max(initial=0) + 1)
            if np.abs(found - expected).max(initial=0) > tolerance:
                return False
    return True


def _into_box(updates: list[Move], moves: list[Arrays], box: float) -> list[Arrays]:
    return [
        [np.clip(before + move, -box, box) - before for before, move in zip(update.before, each)]
        for update, each in zip(updates, moves)
    ]


def moves_fit_up_to_size(updates: list[Move], moves: list[Arrays]) -> float:
    """Return the factor that brings the moves to the recorded ones, or 0 where none does."""
    pairs = [
        (after.astype(np.float64) - before, expected)
        for update, move in zip(updates, moves)
        for before, after, expected in zip(update.before, update.after, move)
    ]
    length = sum((expected**2).sum() for _, expected in pairs)
    factor = float(sum((found * expected).sum() for found, expected in pairs) / length) if length else 0.0
    scaled = [[factor * expected for expected in move] for move in moves]
    return factor if moves_fit(updates, scaled) else 0.0


def explain(
    updates: list[Move], rate: float, betas: tuple[float, float], counters: list[int], box: float | None = None
) -> str:
    """Find out how the weights were moved: return an idea of the catalogue, or an empty string for the right Adam.

    ``counters`` are the counts of the updates, were the optimizer shared with the other network. The weights may be
    clipped to [-box, box] in the update itself, as constraints do it.
    """
    beta_1, beta_2 = betas
    for epsilon in (1e-7, 1e-8, 1e-6):
        moves = adam_moves(updates, rate, beta_1, beta_2, epsilon)
        if moves_fit(updates, moves) or box is not None and moves_fit(updates, _into_box(updates, moves, box)):
            return ""
    pairs = (betas, (0.5, 0.9), (0.3, 0.9), (0.9, 0.999), (0.0, 0.9), (0.5, 0.999), (0.9, 0.9), (beta_2, beta_1))
    if any(moves_fit(updates, adam_moves(updates, rate, *pair)) for pair in pairs[1:]):
        return "betas"
    for pair in pairs:
        factor = moves_fit_up_to_size(updates, adam_moves(updates, rate, *pair))
        if factor:
            return "learning_rate" if factor > 0 else "ascent"
    if any(moves_fit_up_to_size(updates, adam_moves(updates, rate, *pair, fresh=True)) for pair in pairs):
        return "fresh_optimizer"
    if moves_fit(updates, adam_moves(updates, rate, beta_1, beta_2, steps=counters)):
        return "shared_optimizer"
    return "not_adam" if moves_fit_up_to_size(updates, [update.gradients for update in updates]) else "other"
