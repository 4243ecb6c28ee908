"""Task 3: the verdict on the places at which the penalty looks."""

from __future__ import annotations

import numpy as np

from gankit.grading.judge.evidence import Evidence, Recording
from gankit.grading.judge.networks import rows
from gankit.grading.judge.trace import Batches


def judge_mixing(evidence: Evidence, recordings: list[Recording]) -> None:
    """Judge that the penalty looks between real and fake, at a random place for each example."""
    key = "mixing"
    if evidence.split_updates:
        return
    weights: list[np.ndarray] = []
    shown = [_with_mixtures(update.readings) for recording in recordings for update in recording.discriminator_updates]
    for batches in shown:
        if not _judge_one_mixing(evidence, batches, weights, shown):
            return
    if not weights:
        return
    evidence.seen.add(key)
    everything = np.concatenate(weights)
    if _repeated(weights):
        evidence.out.failed(
            key,
            "mixing_repeated",
            "The same interpolation weights are used for every update: each one needs fresh ones. Look at where they "
            "are drawn.",
            0.5,
        )
    elif any(np.ptp(u) < 1e-4 for u in weights if len(u) > 2):
        if np.ptp(everything) < 1e-4:
            evidence.out.failed(
                key,
                "mixing_constant",
                "The penalty always looks at the same place between real and fake: the place is to be drawn at "
                "random, for each example.",
                0.3,
            )
        else:
            evidence.out.failed(
                key,
                "mixing_shared",
                "One interpolation weight is shared by the whole batch: each example needs its own.",
                0.5,
            )
    elif everything.min() < -1e-3 or everything.max() > 1 + 1e-3:
        evidence.out.failed(
            key,
            "mixing_outside",
            "The penalty looks beyond the segment between real and fake: an interpolation weight drawn from a "
            "normal distribution does that, or a sign that is turned round.",
            0.3,
        )
    elif everything.max() < 0.6 or everything.min() > 0.4:
        evidence.out.failed(
            key,
            "mixing_not_uniform",
            "The interpolation weights keep to one side: they are to be uniform between real and fake.",
            0.5,
        )


def _repeated(weights: list[np.ndarray]) -> bool:
    """Tell whether two updates have the same weights, in any order, and not just one constant."""
    varied = [np.sort(u) for u in weights if len(u) > 2 and np.ptp(u) > 1e-3]
    pairs = ((a, b) for number, a in enumerate(varied) for b in varied[:number] if len(a) == len(b))
    return any(np.abs(a - b).max() < 1e-4 for a, b in pairs)


def _with_mixtures(readings: list[Batches]) -> Batches:
    return readings[1] if len(readings) > 1 and len(readings[1].other) else readings[0]


def _judge_one_mixing(
    evidence: Evidence, batches: Batches, weights: list[np.ndarray], all_shown: list[Batches]
) -> bool:
    key = "mixing"
    if not len(batches.other):
        evidence.out.failed(
            key,
            "no_mixing",
            "The penalty is not taken between real and fake: the critic is never shown a mixture of the two, one "
            "row of each.",
        )
        return False
    if not len(batches.real) or not len(batches.fake):
        return True
    u, distance = segment_weights(batches.other, batches.real, batches.fake)
    if (distance > 1e-4 * (1 + np.abs(batches.other).max())).any():
        low, high = (
            np.minimum(batches.real.min(0), batches.fake.min(0)),
            np.maximum(batches.real.max(0), batches.fake.max(0)),
        )
        # By chance the rows of one batch may lie so, in few dimensions; not those of all batches.
        if all(_between_by_coordinates(each) for each in all_shown if len(each.other)):
            evidence.out.failed(
                key,
                "mixing_per_coordinate",
                "Every coordinate has an interpolation weight of its own: one number an example places it on the "
                "segment between real and fake.",
                0.5,
            )
        else:
            inside = bool(((batches.other >= low - 1e-6) & (batches.other <= high + 1e-6)).all())
            evidence.out.failed(
                key,
                "mixing_other",
                "The penalty looks at places that are not on a segment between a real example and a fake of the "
                f"batch, though {'near' if inside else 'far from'} them. Look at how the two are mixed.",
            )
        return False
    weights.append(u)
    return True


def segment_weights(x: np.ndarray, real: np.ndarray, fake: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find for each row of x the pair (real, fake) on whose line it lies best.

    Returns
    -------
    u, distance : arrays of shape (rows,)
        x = u * real + (1 - u) * fake up to ``distance``.
    """
    difference = real[:, None, :] - fake[None, :, :]
    offset = x[:, None, None, :] - fake[None, None, :, :]
    u = (offset * difference).sum(-1) / np.maximum((difference**2).sum(-1), 1e-12)
    distance = np.linalg.norm(offset - u[..., None] * difference, axis=-1)
    flat = rows(distance)
    best = flat.argmin(axis=1)
    rows_ = np.arange(len(x))
    return rows(u)[rows_, best], flat[rows_, best]


def _between_by_coordinates(batches: Batches) -> bool:
    """Tell whether each row lies in the box spanned by a real example and a fake, as with one weight a coordinate."""
    low = np.minimum(batches.real[:, None], batches.fake[None]) - 1e-5
    high = np.maximum(batches.real[:, None], batches.fake[None]) + 1e-5
    x = batches.other[:, None, None, :]
    inside = ((x >= low) & (x <= high)).all(axis=-1)
    return bool(inside.any(axis=(1, 2)).all())
