"""Task 3: the verdict on the places at which the penalty looks."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gankit.grading.judge.networks import rows
from gankit.grading.judge.training_steps.evidence import Evidence
from gankit.grading.judge.training_steps.trace import DISCRIMINATOR, Batches
from gankit.grading.judge.verdicts import Said, fails, passes, unseen


def judge_mixing(evidence: Evidence) -> Iterator[Said]:
    """Judge that the penalty looks between real and fake, at a random place for each example."""
    if not evidence.kind.has_penalty or evidence.failed("rhythm") == "one_update_per_term":
        return
    weights: list[np.ndarray] = []
    updates = [update for run in evidence.runs for update in run.learning(DISCRIMINATOR)]
    shown = [update.readings[0] for update in updates]
    for batches in shown:
        if not len(batches.other):
            yield fails("mixing", "no_mixing")
        elif len(batches.real) and len(batches.fake):
            u, distance = segment_weights(batches.other, batches.real, batches.fake)
            if (distance > 1e-4 * (1 + np.abs(batches.other).max())).any():
                # By chance the rows of one batch may lie so, in few dimensions; not those of all batches.
                boxed = all(_between_by_coordinates(each) for each in shown if len(each.other))
                yield fails("mixing", "mixing_per_coordinate" if boxed else "mixing_other")
            weights.append(u)
    if not weights:
        yield unseen("mixing", "nothing_seen")
        return
    idea = _weights_mistake(weights)
    yield fails("mixing", idea) if idea else passes("mixing")


def _weights_mistake(weights: list[np.ndarray]) -> str:
    everything = np.concatenate(weights)
    if _repeated(weights):
        return "mixing_repeated"
    if any(np.ptp(u) < 1e-4 for u in weights if len(u) > 2):
        return "mixing_constant" if np.ptp(everything) < 1e-4 else "mixing_shared"
    if everything.min() < -1e-3 or everything.max() > 1 + 1e-3:
        return "mixing_outside"
    return "mixing_not_uniform" if everything.max() < 0.6 or everything.min() > 0.4 else ""


def _repeated(weights: list[np.ndarray]) -> bool:
    """Tell whether two updates have the same weights, in any order, and not just one constant."""
    varied = [np.sort(u) for u in weights if len(u) > 2 and np.ptp(u) > 1e-3]
    pairs = ((a, b) for number, a in enumerate(varied) for b in varied[:number] if len(a) == len(b))
    return any(np.abs(a - b).max() < 1e-4 for a, b in pairs)


def segment_weights(x: np.ndarray, real: np.ndarray, fake: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return u and distance for each row of x: it is u * real + (1 - u) * fake up to the distance, of the best pair."""
    difference = real[:, None, :] - fake[None, :, :]
    offset = x[:, None, None, :] - fake[None, None, :, :]
    u = (offset * difference).sum(-1) / np.maximum((difference**2).sum(-1), 1e-12)
    distance = np.linalg.norm(offset - u[..., None] * difference, axis=-1)
    flat = rows(distance)
    best = np.arange(len(x)), flat.argmin(axis=1)
    return rows(u)[best], flat[best]


def _between_by_coordinates(batches: Batches) -> bool:
    """Tell whether each row lies in the box spanned by a real example and a fake, as with one weight a coordinate."""
    low = np.minimum(batches.real[:, None], batches.fake[None]) - 1e-5
    high = np.maximum(batches.real[:, None], batches.fake[None]) + 1e-5
    x = batches.other[:, None, None, :]
    inside = ((x >= low) & (x <= high)).all(axis=-1)
    return bool(inside.any(axis=(1, 2)).all())
