"""Task 2: the verdict on clipping."""

from __future__ import annotations

import numpy as np

from gankit.grading.judge.evidence import Evidence, Recording
from gankit.grading.judge.trace import (
    DISCRIMINATOR,
    GENERATOR,
    Step,
)


def judge_clipping(evidence: Evidence, recording: Recording) -> None:
    """Judge that every trainable weight of the critic, and nothing else, is clipped after each of its updates."""
    run = recording.run
    key = "clipping"
    if evidence.split_updates:
        return
    flat = [(step, update) for step in run.steps for update in step.updates]
    clipped: list[bool] = []
    last_of_step: list[bool] = []
    failing: list[tuple[Step, list[np.ndarray], list[np.ndarray], list[np.ndarray]]] = []
    for number, (step, update) in enumerate(flat):
        if update.owner != DISCRIMINATOR:
            continue
        evidence.seen.add(key)
        following = flat[number + 1][1] if number + 1 < len(flat) else None
        later = following.before if following is not None else step.last_state
        after, settled = run.trainable(update.after, DISCRIMINATOR), run.trainable(later, DISCRIMINATOR)
        expected = [np.clip(w, -1, 1) for w in after]
        clipped.append(_close(settled, expected))
        last_of_step.append(following is None or following.owner != DISCRIMINATOR)
        if not clipped[-1]:
            failing.append((step, after, settled, expected))
    if failing:
        step, after, settled, expected = failing[0]
        biases = [w for w in settled if w.ndim == 1]
        kernels = [w for w in settled if w.ndim > 1]
        inside = [_in_box(group) for group in (kernels, biases)]
        unchanged = _close(settled, after)
        only_last = any(clipped) and all(ok != last for ok, last in zip(clipped, last_of_step))
        if unchanged and only_last:
            evidence.out.failed(
                key,
                "clipped_before_update",
                "The critic is clipped before its update and leaves the box again in it: clip after the update.",
                0.3,
            )
        elif unchanged and any(clipped):
            evidence.out.failed(
                key,
                "clipped_sometimes",
                "The critic is not clipped after each of its updates, only after some. Look at what is inside the "
                "loop.",
                0.3,
            )
        elif unchanged and _in_box(run.trainable(step.last_state, DISCRIMINATOR)):
            evidence.out.failed(
                key,
                "clipped_late",
                "The critic is clipped at the end of the training step only: the generator learns from a critic "
                "outside the box. Clip after each of the critic's updates.",
                0.3,
            )
        elif unchanged:
            evidence.out.failed(key, "not_clipped", "The critic's weights are not clipped: they stay outside the box.")
        elif inside == [True, False]:
            evidence.out.failed(
                key,
                "biases_not_clipped",
                "Biases were not clipped: every trainable weight of the critic belongs into the box.",
                0.5,
            )
        elif inside == [False, True]:
            evidence.out.failed(
                key,
                "kernels_not_clipped",
                "Kernels were not clipped: every trainable weight of the critic belongs into the box.",
                0.3,
            )
        elif any(_close([s], [e]) for s, e in zip(settled, expected)) and not all(inside):
            evidence.out.failed(
                key,
                "some_not_clipped",
                "Only some of the critic's weights were clipped: every trainable weight belongs into the box.",
                0.3,
            )
        elif _clipped_to_other_box(after, settled):
            evidence.out.failed(
                key, "clip_box", "The critic's weights are clipped to another box than the task's.", 0.5
            )
        else:
            evidence.out.failed(
                key,
                "clip_other",
                "The critic's weights are changed after the update, but not by clipping each of them to the box.",
            )
        return
    for step in run.steps:
        before, after = run.trainable(step.first_state, GENERATOR), run.trainable(step.last_state, GENERATOR)
        if max(np.abs(w).max() for w in before) > 1.05 and max(np.abs(w).max() for w in after) <= 1 + 1e-6:
            evidence.out.failed(
                key,
                "generator_clipped",
                "The generator's weights are clipped too: only the critic has to be kept in bounds.",
                0.5,
            )


def _close(first: list[np.ndarray], second: list[np.ndarray]) -> bool:
    return all(np.abs(a - b).max() <= 1e-6 for a, b in zip(first, second))


def _in_box(arrays: list[np.ndarray]) -> bool:
    return all(np.abs(w).max() <= 1 + 1e-6 for w in arrays)


def _clipped_to_other_box(after: list[np.ndarray], settled: list[np.ndarray]) -> bool:
    largest = max(np.abs(w).max() for w in settled)
    return _close(settled, [np.clip(w, -largest, largest) for w in after]) or _close(
        settled, [np.clip(w, 0, largest) for w in after]
    )
