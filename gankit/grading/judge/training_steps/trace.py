"""A recorded training run, taken apart into updates and the batches that went into each.

The events come from a process that ran a student's code: their shapes are checked here, and what the networks are
said to have answered is computed again from weights and inputs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from gankit.grading.judge.networks import Arrays, rows
from gankit.grading.judge.training_steps.adam import Move
from gankit.grading.judge.training_steps.scenes import Scene

# The bounds of the worker; a record beyond them was forged. Enough updates to tell a loss by.
MOST_ROWS, MOST_ROWS_IN_ALL, MOST_UPDATES = 500, 8_000, 12
GENERATOR, DISCRIMINATOR = NETWORKS = ("generator", "discriminator")


class BrokenTrace(ValueError):
    """The record does not fit together; only a process that was tampered with sends one."""


@dataclass
class Call:
    """One batch that was shown to a network."""

    network: str
    inputs: np.ndarray
    outputs: np.ndarray
    training: bool | None
    state: int
    order: int


@dataclass
class Batches:
    """What a discriminator was shown for one update: real rows, fake rows, and rows that are neither."""

    real: np.ndarray
    fake: np.ndarray
    latents: np.ndarray
    other: np.ndarray
    # Whether rows of the argument that is to be ignored stand among the real ones.
    decoy: bool = False


@dataclass
class Update:
    """Gradients of one network's weights, or of both, and the calls that went into them.

    The owner is a network, ``both``, or ``none`` where other variables are among them; ``before`` and ``after`` are
    states; ``earlier`` is what the discriminator was shown before in the step, ``generated`` what the generator was;
    ``applied`` says whether an optimizer took the gradients without an error.
    """

    run: Run
    owner: str
    gradients: dict[str, Arrays]
    before: int
    after: int
    calls: list[Call]
    earlier: list[Call]
    generated: list[Call]
    applied: bool = False

    @property
    def shown(self) -> list[Call]:
        """What the discriminator is shown for this update."""
        return [call for call in self.calls if call.network == DISCRIMINATOR]

    @cached_property
    def readings(self) -> list[Batches]:
        """The ways to read which batches went into it, the plainest first.

        A loss may be computed once more for a report, on the batch of the update before or on a new one; which calls
        belong to the update is then told by which reading reproduces its gradient.
        """
        # Two updates may share what was shown before the first of them.
        calls = self.shown or self.earlier
        # Of each kind of batch the last one.
        last: dict[tuple[bool, ...], Call] = {}
        for call in calls:
            batches = self.batches_of([call])
            last[len(batches.real) > 0, len(batches.fake) > 0, len(batches.other) > 0] = call
        found: dict[tuple[int, ...], Batches] = {}
        for choice in (unlike(calls), unlike(calls, self.earlier), calls, list(last.values())):
            found.setdefault(tuple(call.order for call in choice), self.batches_of(choice))
        return list(found.values())

    def batches_of(self, calls: list[Call]) -> Batches:
        """Tell which rows of some calls of the discriminator are real, and which were generated."""
        return self.run.sort(calls, self.generated)

    @property
    def weights(self) -> Arrays:
        """The discriminator's weights as its loss saw them: a clip may come between the loss and the update."""
        states = [call.state for call in self.shown or self.earlier]
        return self.run.trainable(states[-1] if states else self.before, DISCRIMINATOR)


@dataclass
class Step:
    """One training step: its updates, all gradients that were computed, applied or not, and the calls at its end."""

    first_state: int
    last_state: int
    updates: list[Update] = field(default_factory=list)
    computed: list[Update] = field(default_factory=list)
    late_calls: list[Call] = field(default_factory=list)
    returned: dict[str, np.ndarray] | None = None
    complete: bool = False

    @property
    def calls(self) -> list[Call]:
        """All calls of the step, in order."""
        return [call for update in self.updates for call in update.calls] + self.late_calls

    def owned_by(self, network: str) -> list[Update]:
        """Return the updates of a network alone."""
        return [update for update in self.updates if update.owner == network]


class Run:
    """A scene of training steps, as it was sent back; one that an error ended need not be complete."""

    def __init__(self, result: dict[str, Any], scene: Scene, broken_off: bool = False):
        self.scene = scene
        self.networks = scene.networks
        self._real, self._decoy = rows(scene.request["real"]), rows(scene.request["decoy"])
        self.states: list[dict[str, Arrays]] = result["states"]
        for state in self.states:
            if any([w.shape for w in state[name]] != self.networks[name].shapes for name in NETWORKS):
                raise BrokenTrace("weights have other shapes than the networks")
        self.steps = self._read(result["events"])
        complete = len(self.steps) == scene.request["steps"] and all(step.complete for step in self.steps)
        if not broken_off and not complete:
            raise BrokenTrace("another number of training steps was asked for")
        lengths = [len(call.inputs) for call in self.calls]
        if max(lengths, default=0) > MOST_ROWS or sum(lengths) > MOST_ROWS_IN_ALL:
            raise BrokenTrace("more rows than a worker lets through")
        for call in self.calls:
            self._check_call(call)

    @property
    def calls(self) -> list[Call]:
        """All calls, in order."""
        return [call for step in self.steps for call in step.calls]

    @property
    def updates(self) -> list[Update]:
        """All updates, in order."""
        return [update for step in self.steps for update in step.updates]

    def trainable(self, state: int, network: str) -> Arrays:
        """Return the trainable weights of a network in a state, in double precision."""
        return [self.states[state][network][place].astype(np.float64) for place in self.networks[network].trainable]

    def same(self, first: int, second: int, network: str) -> bool:
        """Tell whether a network's trainable weights are the same in two states."""
        pairs = zip(self.trainable(first, network), self.trainable(second, network))
        return all(np.array_equal(a, b, equal_nan=True) for a, b in pairs)

    def turns(self, step: Step, network: str) -> list[Update]:
        """Return a network's updates in a step; joint ones count where it has none of its own."""
        mine = step.owned_by(network) or [update for update in step.updates if network in update.gradients]
        # The generator's gradients, taken for the discriminator's weights, are told in another place.
        astray = network == DISCRIMINATOR and len(mine) == self.scene.disc_iter + 1 == len(step.updates)
        return mine[:-1] if astray else mine

    def learning(self, network: str) -> list[Update]:
        """Return the updates that tell a network's loss; where none is applied, the gradients that were computed."""
        found = []
        for step in self.steps:
            found += self.turns(step, network) or [each for each in step.computed if network in each.gradients]
        return found[:MOST_UPDATES]

    def moves_of(self, network: str) -> tuple[list[Move], list[int]]:
        """Return the updates that moved a network, as :mod:`adam` replays them, and their numbers among all updates."""
        numbered = list(enumerate((update for update in self.updates if update.applied), start=1))
        mine = [(number, u) for number, u in numbered if u.owner == network]
        mine = mine or [(number, u) for number, u in numbered if network in u.gradients]
        moves = [
            Move(self.trainable(u.before, network), u.gradients[network], self.trainable(u.after, network))
            for _, u in mine
        ]
        return moves, [number for number, _ in mine]

    def sort(self, calls: list[Call], generated: list[Call]) -> Batches:
        """Sort the rows of calls of the discriminator; ``generated`` are the generator's calls so far in the step."""
        width = self._real.shape[1]
        fakes = np.concatenate([np.zeros((0, width)), *(rows(call.outputs) for call in generated)])
        latents = [rows(call.inputs) for call in generated]
        shown = [rows(call.inputs) for call in calls]
        everything = np.concatenate([np.zeros((0, width)), *(array for array in shown if array.shape[1] == width)])
        in_fake = find_rows(everything, fakes)
        decoy = find_rows(everything, self._decoy) >= 0
        # Rows of the argument that is to be ignored stand for real ones here; that they are used is noted.
        is_real = (find_rows(everything, self._real) >= 0) | decoy
        is_fake = (in_fake >= 0) & ~is_real
        return Batches(
            everything[is_real],
            everything[is_fake],
            np.concatenate(latents)[in_fake[is_fake]] if latents else np.zeros((0, 1)),
            everything[~is_real & ~is_fake],
            bool(decoy.any()),
        )

    # ---------------------------------------------------------------- private

    def _read(self, events: list[dict[str, Any]]) -> list[Step]:
        steps: list[Step] = []
        # The calls of the step, those since the last update, and those since the last gradient.
        everything: list[Call] = []
        calls: list[Call] = []
        recent: list[Call] = []
        for order, event in enumerate(events):
            kind, state = event["kind"], int(event["state"])
            if not 0 <= state < len(self.states):
                raise BrokenTrace("a state is missing")
            if kind == "step":
                everything, calls, recent = [], [], []
                steps.append(Step(state, state, late_calls=calls))
            if not steps:
                continue
            step = steps[-1]
            step.last_state = state
            if kind == "call":
                call = Call(event["network"], event["inputs"], event["outputs"], event["training"], state, order)
                for listed in (everything, calls, recent):
                    listed.append(call)
            elif kind == "gradient":
                step.computed.append(self._update(event, recent, everything))
                recent = []
            elif kind == "apply":
                step.updates.append(self._update(event, calls, everything))
                calls, recent = [], []
                step.late_calls = calls
            elif kind == "applied" and step.updates:
                step.updates[-1].after, step.updates[-1].applied = state, True
            elif kind == "returned":
                step.returned = event["losses"] if isinstance(event["losses"], dict) else None
                step.complete = True
        return steps

    def _update(self, event: dict[str, Any], calls: list[Call], everything: list[Call]) -> Update:
        owners = {name for name, _, _ in event["gradients"]}
        known = [name for name in NETWORKS if name in owners]
        # Keras leaves a weight alone whose gradient is None; Adam does the same where it has always been zero.
        gradients = {
            name: [np.zeros(self.networks[name].shapes[place]) for place in self.networks[name].trainable]
            for name in known
        }
        for name, position, gradient in event["gradients"]:
            if name is None or gradient is None:
                continue
            if not 0 <= position < len(gradients[name]) or gradient.shape != gradients[name][position].shape:
                raise BrokenTrace("a gradient belongs to no weight")
            gradients[name][position] = gradient.astype(np.float64)
        owner = "both" if len(known) == 2 else known[0] if len(owners) == len(known) == 1 else "none"
        earlier = [call for call in everything[: len(everything) - len(calls)] if call.network == DISCRIMINATOR]
        generated = [call for call in everything if call.network == GENERATOR]
        state = int(event["state"])
        return Update(self, owner, {} if owner == "none" else gradients, state, state, calls, earlier, generated)

    def _check_call(self, call: Call) -> None:
        network = self.networks[call.network]
        if network.computed is None:
            return
        expected = network.computed.forward(self.trainable(call.state, call.network), call.inputs)
        found = rows(call.outputs)
        if found.shape != expected.shape or not np.allclose(found, expected, rtol=1e-3, atol=1e-4, equal_nan=True):
            raise BrokenTrace("a network is said to have answered what it cannot have answered")


def find_rows(wanted: np.ndarray, among: np.ndarray, tolerance: float = 1e-6) -> np.ndarray:
    """Return for each wanted row its place among the others, or -1."""
    if not len(wanted) or not len(among) or wanted.shape[1] != among.shape[1]:
        return np.full(len(wanted), -1)
    found = []
    for some in np.array_split(wanted, 1 + len(wanted) * len(among) // 500_000):
        distance = np.abs(some[:, None, :] - among[None, :, :]).max(axis=2, initial=0)
        near = distance.min(axis=1) <= tolerance * (1 + np.abs(some).max(axis=1, initial=0))
        found.append(np.where(near, distance.argmin(axis=1), -1))
    return np.concatenate(found)


def unlike(calls: list[Call], earlier: list[Call] | None = None) -> list[Call]:
    """Leave out calls that repeat a batch, of earlier calls or of their own."""
    kept: list[Call] = []
    for call in calls:
        if not any(np.array_equal(call.inputs, other.inputs) for other in [*(earlier or []), *kept]):
            kept.append(call)
    return kept
