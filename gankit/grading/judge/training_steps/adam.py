"""Adam replayed from recorded gradients, which tells learning rate, betas and lost state apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gankit.grading.judge.networks import Arrays


@dataclass(frozen=True)
class Move:
    """One update of one network: the weights before, the gradients given, the weights right after."""

    before: Arrays
    gradients: Arrays
    after: Arrays


def adam_moves(
    updates: list[Move],
    rate: float,
    betas: tuple[float, float],
    epsilon: float = 1e-7,
    fresh: bool = False,
    steps: list[int] | None = None,
) -> list[Arrays]:
    """Return how far Adam moves each weight in each update, in order, from a state of zero.

    A ``fresh`` optimizer has that state at every update, as one that is made anew each time. ``steps`` are the counts
    of the updates, where they are shared with another network's.
    """
    (beta_1, beta_2), moves = betas, []
    m = v = [np.zeros(gradient.shape) for gradient in updates[0].gradients]
    for number, update in enumerate(updates, start=1):
        # All weights of a fresh one are those of a first update.
        old_1, old_2 = (0, 0) if fresh else betas
        m = [old_1 * a + (1 - beta_1) * g for a, g in zip(m, update.gradients)]
        v = [old_2 * a + (1 - beta_2) * g**2 for a, g in zip(v, update.gradients)]
        step = 1 if fresh else steps[number - 1] if steps else number
        alpha = rate * np.sqrt(1 - beta_2**step) / (1 - beta_1**step)
        moves.append([-alpha * a / (np.sqrt(b) + epsilon) for a, b in zip(m, v)])
    return moves


def moves_fit(updates: list[Move], moves: list[Arrays]) -> bool:
    """Tell whether the recorded weights moved that far, to within single precision."""
    for update, move in zip(updates, moves):
        for before, after, expected in zip(update.before, update.after, move):
            found = after - before
            size = np.abs(expected).max() + np.abs(found).max()
            # Weights are stored in single precision, so a move is known to about 1e-7 of the weight.
            if np.abs(found - expected).max() > 4e-3 * size + 3e-7 * (np.abs(before).max() + 1):
                return False
    return True


def moves_fit_up_to_size(updates: list[Move], moves: list[Arrays]) -> float:
    """Return the factor that brings the moves to the recorded ones, or 0 where none does."""
    found = np.concatenate([(b - a).ravel() for update in updates for a, b in zip(update.before, update.after)])
    expected = np.concatenate([array.ravel() for move in moves for array in move])
    factor = float(found @ expected / max(expected @ expected, 1e-30))
    return factor if moves_fit(updates, [[factor * array for array in move] for move in moves]) else 0.0


def explain(
    updates: list[Move], rate: float, betas: tuple[float, float], counters: list[int], box: float | None = None
) -> str:
    """Find out how the weights were moved: return an idea of the catalogue, or an empty string for the right Adam.

    ``counters`` are the counts of the updates, were the optimizer shared with the other network. The weights may be
    clipped to [-box, box] in the update itself, as constraints do it.
    """
    for epsilon in (1e-7, 1e-8, 1e-6):
        moves = adam_moves(updates, rate, betas, epsilon)
        if moves_fit(updates, moves) or box is not None and moves_fit(updates, _into_box(updates, moves, box)):
            return ""
    pairs = (betas, (0.5, 0.9), (0.3, 0.9), (0.9, 0.999), (0.0, 0.9), (0.5, 0.999), (0.9, 0.9), betas[::-1])
    all_moves = [adam_moves(updates, rate, pair) for pair in pairs]
    if any(moves_fit(updates, moves) for moves in all_moves[1:]):
        return "betas"
    factors = [factor for factor in (moves_fit_up_to_size(updates, moves) for moves in all_moves) if factor]
    if factors:
        return "learning_rate" if factors[0] > 0 else "ascent"
    if any(moves_fit_up_to_size(updates, adam_moves(updates, rate, pair, fresh=True)) for pair in pairs):
        return "fresh_optimizer"
    if moves_fit(updates, adam_moves(updates, rate, betas, steps=counters)):
        return "shared_optimizer"
    return "not_adam" if moves_fit_up_to_size(updates, [update.gradients for update in updates]) else "other"


def _into_box(updates: list[Move], moves: list[Arrays], box: float) -> list[Arrays]:
    return [
        [np.clip(before + move, -box, box) - before for before, move in zip(update.before, each)]
        for update, each in zip(updates, moves)
    ]
