"""Task 2: the verdict on clipping."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from gankit.grading.judge.networks import Arrays
from gankit.grading.judge.training_steps.evidence import Evidence
from gankit.grading.judge.training_steps.trace import DISCRIMINATOR, GENERATOR, Run, Step, Update
from gankit.grading.judge.verdicts import Said, fails, passes, unseen


@dataclass(frozen=True)
class _Clip:
    """What became of the critic's weights between an update of it and the next one."""

    step: Step
    after: Arrays
    settled: Arrays
    last_of_step: bool

    @property
    def expected(self) -> Arrays:
        return [np.clip(weights, -1, 1) for weights in self.after]

    @property
    def right(self) -> bool:
        return _close(self.settled, self.expected)


def judge_clipping(evidence: Evidence) -> Iterator[Said]:
    """Judge that every trainable weight of the critic, and nothing else, is clipped after each of its updates."""
    if not evidence.kind.has_clipping:
        return
    seen = False
    for run in evidence.runs:
        clips = [clip for step in run.steps for clip in _clips(run, step)]
        seen = seen or bool(clips)
        if not all(clip.right for clip in clips):
            if evidence.failed("rhythm") == "one_update_per_term":
                yield unseen("clipping", "split_updates")
            else:
                yield fails("clipping", _clipping_mistake(run, clips))
        elif any(_clips_generator(run, step) for step in run.steps):
            yield fails("clipping", "generator_clipped")
    yield passes("clipping") if seen else unseen("clipping", "nothing_seen")


def _followers(step: Step) -> Iterator[tuple[Update, int, bool]]:
    """Yield each update with the state that it is left in, and whether the next update is another network's."""
    for update, following in zip(step.updates, step.updates[1:]):
        yield update, following.before, following.owner != update.owner
    if step.complete and step.updates:
        yield step.updates[-1], step.last_state, True


def _clips(run: Run, step: Step) -> Iterator[_Clip]:
    turns = [id(update) for update in run.turns(step, DISCRIMINATOR) if update.applied]
    for update, later, last in _followers(step):
        if id(update) in turns:
            yield _Clip(step, run.trainable(update.after, DISCRIMINATOR), run.trainable(later, DISCRIMINATOR), last)


def _clips_generator(run: Run, step: Step) -> bool:
    """Tell whether the generator's weights are brought into the box somewhere in a step."""
    states = [(run.trainable(u.after, GENERATOR), run.trainable(later, GENERATOR)) for u, later, _ in _followers(step)]
    return any(not _in_box(after) and _in_box(settled) for after, settled in states)


def _clipping_mistake(run: Run, clips: list[_Clip]) -> str:
    failing = next(clip for clip in clips if not clip.right)
    after, settled = failing.after, failing.settled
    if _close(settled, after):
        if any(clip.right for clip in clips):
            before_update = all(clip.right != clip.last_of_step for clip in clips)
            return "clipped_before_update" if before_update else "clipped_sometimes"
        return "clipped_late" if _in_box(run.trainable(failing.step.last_state, DISCRIMINATOR)) else "not_clipped"
    kernels, biases = (_in_box([w for w in settled if (w.ndim > 1) == kernel]) for kernel in (True, False))
    if kernels != biases:
        return "biases_not_clipped" if kernels else "kernels_not_clipped"
    if not kernels and any(_close([s], [e]) for s, e in zip(settled, failing.expected)):
        return "some_not_clipped"
    largest = max(np.abs(w).max() for w in settled)
    other_boxes = [[np.clip(w, low, largest) for w in after] for low in (-largest, 0)]
    return "clip_box" if any(_close(settled, box) for box in other_boxes) else "clip_other"


def _close(first: Arrays, second: Arrays) -> bool:
    return all(np.abs(a - b).max() <= 1e-6 for a, b in zip(first, second))


def _in_box(arrays: Arrays) -> bool:
    return all(np.abs(w).max() <= 1 + 1e-6 for w in arrays)
