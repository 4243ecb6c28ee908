"""Callbacks that follow training: progress on the terminal, averaged weights, falling rates, snapshots.

Each works in ``fit`` and in :class:`gankit.training.run.Run`. Those whose state matters later can hand it out as arrays
(``state_arrays``) and take it back (``restore_arrays``), so that a resumed run goes on as if never stopped.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import tensorflow as tf
from tensorflow import keras

from gankit.fast.accelerate import accelerate


class StepCallback(keras.callbacks.Callback):
    """Counts training steps, over epochs, where several may be made between two calls.

    Attributes
    ----------
    steps_made : int
        Training steps so far.
    """

    def __init__(self) -> None:
        super().__init__()
        self.steps_made = 0
        self._last_batch = -1

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Batches are counted from 0 in each epoch."""
        self._last_batch = -1

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Count the steps since the last call, and hand them on."""
        steps = batch - self._last_batch
        self._last_batch = batch
        self.steps_made += steps
        self.after_steps(steps, logs or {})

    def after_steps(self, steps: int, logs: dict) -> None:
        """React to ``steps`` more steps, whose mean losses are in ``logs``."""

    def state_arrays(self) -> dict[str, np.ndarray]:
        """Return the state as arrays by name."""
        return {"steps": np.array([self.steps_made, self._last_batch])}

    def restore_arrays(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Put back what :meth:`state_arrays` returned."""
        self.steps_made, self._last_batch = (int(number) for number in arrays["steps"])


class Progress(StepCallback):
    """One line on stdout: a bar, the losses, and the time left.

    On a terminal the line is drawn over itself four times a second; in a file it is printed ten times in all.

    Parameters
    ----------
    epochs, steps_per_epoch : int
        The length of the whole.
    title : str
        What is being trained.
    """

    def __init__(self, epochs: int, steps_per_epoch: int, title: str):
        super().__init__()
        # Of a run of one epoch the steps are counted, of any other the epochs.
        self._unit = steps_per_epoch if epochs > 1 else 1
        self._total = epochs if epochs > 1 else steps_per_epoch
        self._title = title

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Start the clock."""
        self._started = time.perf_counter()
        self._steps_before = self.steps_made
        self._shown_at = 0.0
        self._lines = self._done() * 10 // self._total
        self._logs: dict = {}

    def after_steps(self, steps: int, logs: dict) -> None:
        """Draw the line anew, or print it, where it is time to."""
        self._logs = logs
        now = time.perf_counter()
        if sys.stdout.isatty():
            if now - self._shown_at > 0.25:
                self._shown_at = now
                sys.stdout.write("\r" + self._line())
                sys.stdout.flush()
        elif self._done() * 10 // self._total > self._lines:
            self._lines = self._done() * 10 // self._total
            print(self._line(), flush=True)

    def on_train_end(self, logs: dict | None = None) -> None:
        """Finish the line."""
        if sys.stdout.isatty():
            sys.stdout.write("\r" + self._line() + "\n")
        sys.stdout.flush()

    def _done(self) -> int:
        return self.steps_made // self._unit

    def _line(self) -> str:
        share = self._done() / self._total
        elapsed = time.perf_counter() - self._started
        made, all_steps = self.steps_made - self._steps_before, self._total * self._unit
        remaining = elapsed * (all_steps - self.steps_made) / made if made else 0.0
        bar = ("=" * int(20 * share)).ljust(20)
        losses = "  ".join(f"{name} {float(value):+.4f}" for name, value in self._logs.items())
        clock = f"{_clock(remaining)} left" if share < 1 else f"took {_clock(elapsed)}"
        return f"{self._title}: {self._done()}/{self._total} [{bar}] {losses}  {clock} "


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


class LossCurve(StepCallback):
    """Collect the losses of a :class:`gankit.training.run.Run`, each value a mean over the steps since the one before.

    Parameters
    ----------
    every : int
        Steps that one value stands for, at least.

    Attributes
    ----------
    steps : list of int
        The step at which each value was taken.
    losses : dict of list of float
        The values of each loss.
    """

    def __init__(self, every: int):
        super().__init__()
        self._every = every
        self._sums: dict[str, float] = {}
        self.steps: list[int] = []
        self.losses: dict[str, list[float]] = {}

    def after_steps(self, steps: int, logs: dict) -> None:
        """Add the losses up, and take a value whenever enough steps have gone by."""
        for name, value in logs.items():
            self._sums[name] = self._sums.get(name, 0.0) + steps * float(value)
        since = self.steps_made - (self.steps[-1] if self.steps else 0)
        if since >= self._every:
            self.steps.append(self.steps_made)
            for name, total in self._sums.items():
                self.losses.setdefault(name, []).append(total / since)
            self._sums = {}

    def state_arrays(self) -> dict[str, np.ndarray]:
        """Return the values and the sums that are not values yet."""
        return {
            **super().state_arrays(),
            "at": np.array(self.steps, np.int64),
            **{f"loss/{name}": np.array(values) for name, values in self.losses.items()},
            **{f"sum/{name}": np.array(total) for name, total in self._sums.items()},
        }

    def restore_arrays(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Put back what :meth:`state_arrays` returned."""
        super().restore_arrays(arrays)
        self.steps = arrays["at"].tolist()
        self.losses = {name: values.tolist() for name, values in below("loss", arrays).items()}
        self._sums = {name: float(total) for name, total in below("sum", arrays).items()}


class AveragedWeights(StepCallback):
    """Keep a running mean of a network's weights (Polyak and Juditsky 1992; for GANs: Yazici et al. 2019).

    The two networks of a GAN circle around each other; the mean of a lap lies nearer the middle than any point of it.

    Parameters
    ----------
    network : keras.Model
        The network to follow.
    past : float
        Weight of the past in one step, in [0, 1). The mean reaches back about 1 / (1 - past) steps.

    Attributes
    ----------
    averaged : keras.Model
        A copy of the network that carries the mean.
    """

    def __init__(self, network: keras.Model, past: float):
        super().__init__()
        self._network = network
        self._past = past
        self.averaged = accelerate(keras.models.clone_model(network))
        self.averaged.set_weights(network.get_weights())
        self._mix_in = tf.function(self._mix)

    def after_steps(self, steps: int, logs: dict) -> None:
        """Mix the weights in; several steps at once weigh as much as they would have one by one."""
        # Early on the mean is over all steps so far: it forgets the initial weights instead of dragging them along.
        past = min(self._past, 1.0 - 1.0 / (1.0 + self.steps_made / max(steps, 1)))
        self._mix_in(tf.constant(past**steps if past == self._past else past, tf.float32))

    def _mix(self, past: tf.Tensor) -> None:
        for mean, current in zip(self.averaged.weights, self._network.weights):
            mean.assign(past * mean + (1.0 - past) * current)

    def state_arrays(self) -> dict[str, np.ndarray]:
        """Return the means."""
        weights = self.averaged.get_weights()
        return {**super().state_arrays(), **{f"mean/{number}": array for number, array in enumerate(weights)}}

    def restore_arrays(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Put back what :meth:`state_arrays` returned."""
        super().restore_arrays(arrays)
        means = below("mean", arrays)
        self.averaged.set_weights([means[str(number)] for number in range(len(means))])


class FallingRates(StepCallback):
    """Let learning rates fall linearly to 0 at the end of training: the two networks stop circling and settle.

    Parameters
    ----------
    optimizers : sequence of keras.optimizers.Optimizer
        The rates that they have now are those to start from.
    steps : int
        Training steps.
    share : float
        Part of the steps, the last ones, over which the rates fall, in [0, 1); 0 keeps them as they are.
    """

    def __init__(self, optimizers: Sequence[keras.optimizers.Optimizer], steps: int, share: float):
        super().__init__()
        self._optimizers = list(optimizers)
        self._rates = [float(np.array(optimizer.learning_rate)) for optimizer in self._optimizers]
        self._steps = steps
        self._share = share

    def on_train_batch_begin(self, batch: int, logs: dict | None = None) -> None:
        """Set the rates of the steps to come."""
        left = max(0.0, (self._steps - self.steps_made) / self._steps)
        if left < self._share:
            for optimizer, rate in zip(self._optimizers, self._rates):
                optimizer.learning_rate.assign(rate * left / self._share)


class Snapshots(StepCallback):
    """Collect what a function of the training state returns, at evenly spread steps.

    Parameters
    ----------
    take : callable
        Called without arguments; returns an array, always of the same shape.
    every : int
        Steps between two snapshots.

    Attributes
    ----------
    frames : list of numpy.ndarray
        What ``take`` returned, the state before training first, and the state after it last.
    steps : list of int
        The step of each frame.
    """

    def __init__(self, take: Callable[[], np.ndarray], every: int):
        super().__init__()
        self._take = take
        self._every = every
        self.frames: list[np.ndarray] = []
        self.steps: list[int] = []

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Take the first one."""
        if not self.steps:
            self._keep()

    def after_steps(self, steps: int, logs: dict) -> None:
        """Take one whenever enough steps have gone by."""
        if self.steps_made - self.steps[-1] >= self._every:
            self._keep()

    def on_train_end(self, logs: dict | None = None) -> None:
        """Take the last one, unless it was just taken."""
        if self.steps[-1] != self.steps_made:
            self._keep()

    def _keep(self) -> None:
        self.frames.append(self._take())
        self.steps.append(self.steps_made)

    def state_arrays(self) -> dict[str, np.ndarray]:
        """Return the frames and their steps."""
        return {**super().state_arrays(), "at": np.array(self.steps, np.int64), "frames": np.array(self.frames)}

    def restore_arrays(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Put back what :meth:`state_arrays` returned."""
        super().restore_arrays(arrays)
        self.frames, self.steps = list(arrays["frames"]), arrays["at"].tolist()


def below(prefix: str, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the arrays whose names begin with ``prefix/``, without it."""
    start = len(prefix) + 1
    return {name[start:]: array for name, array in arrays.items() if name.startswith(f"{prefix}/")}


def recalibrate_batch_norm(network: keras.Model, inputs: tf.Tensor) -> None:
    """Set the running statistics of every batch normalisation to those of one large batch.

    The mean of the statistics of many networks is not the statistics of their mean (Izmailov et al. 2018, section 3.2):
    left as they are, averaged generators draw washed-out faces.

    Parameters
    ----------
    network : keras.Model
        The network to recalibrate.
    inputs : tf.Tensor
        A batch of its inputs, large enough to stand for all of them.
    """
    layers = [layer for layer in network.layers if isinstance(layer, keras.layers.BatchNormalization)]
    momenta = [layer.momentum for layer in layers]
    try:
        for layer in layers:
            layer.momentum = 0.0
        network(inputs, training=True)
    finally:
        for layer, momentum in zip(layers, momenta):
            layer.momentum = momentum
