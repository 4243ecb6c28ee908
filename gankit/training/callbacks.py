"""Callbacks that follow training: progress on the terminal, averaged weights, falling rates, snapshots.

Each works in ``fit`` and in :class:`gankit.training.run.Run`. Callbacks with a state return it as arrays
(``state_arrays``) and restore it (``restore_arrays``), so that a resumed run continues as if it had never stopped.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow import keras

from gankit.faces.scaling import FaceScaling
from gankit.fast.accelerate import accelerate
from gankit.memory import network_in_parts

PICTURES_AT_ONCE = 1000


class StepCallback(keras.callbacks.Callback):
    """Counts training steps over all epochs; several steps may be made between two calls.

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
        """Restart the count of batches, which begins at 0 in each epoch."""
        self._last_batch = -1

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Count the steps since the last call, and call :meth:`after_steps` with them."""
        steps = batch - self._last_batch
        self._last_batch = batch
        self.steps_made += steps
        self.after_steps(steps, logs or {})

    def after_steps(self, steps: int, logs: dict) -> None:
        """Process ``steps`` more steps, whose mean losses are in ``logs``."""

    def state_arrays(self) -> dict[str, np.ndarray]:
        """Return the state as arrays by name."""
        return {"steps": np.array([self.steps_made, self._last_batch])}

    def restore_arrays(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Restore the arrays that :meth:`state_arrays` returned."""
        self.steps_made, self._last_batch = (int(number) for number in arrays["steps"])


class Progress(StepCallback):
    """Prints one line on stdout: a bar, the losses, and the time left.

    On a terminal the line is updated four times a second. In a file it is printed ten times in all.

    Parameters
    ----------
    epochs, steps_per_epoch : int
        The length of the training.
    title : str
        What is being trained.
    """

    def __init__(self, epochs: int, steps_per_epoch: int, title: str):
        super().__init__()
        # If there is only one epoch, the line counts steps, and otherwise epochs.
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
        """Update or print the line if it is due."""
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


class ProcessorTime(StepCallback):
    """Measures the processor time of the training steps.

    Listed first, it counts no other callback. Listed last, it counts all of them.

    Parameters
    ----------
    limit : float, optional
        End the training after this many seconds.

    Attributes
    ----------
    used : float
        Processor time so far, in seconds, of all threads together.
    """

    def __init__(self, limit: float | None = None):
        super().__init__()
        self._limit = limit
        self.used = 0.0

    def on_train_batch_begin(self, batch: int, logs: dict | None = None) -> None:
        """Start the clock."""
        self._started = time.process_time()

    def after_steps(self, steps: int, logs: dict) -> None:
        """Stop the clock, and the training if its time is up."""
        self.used += time.process_time() - self._started
        if self._limit is not None and self.used >= self._limit:
            self.model.stop_training = True

    def state_arrays(self) -> dict[str, np.ndarray]:
        """Return the time so far."""
        return {**super().state_arrays(), "seconds": np.array(self.used)}

    def restore_arrays(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Restore the arrays that :meth:`state_arrays` returned."""
        super().restore_arrays(arrays)
        self.used = float(arrays["seconds"])


class LossCurve(StepCallback):
    """Collects losses of a :class:`gankit.training.run.Run`; each value is a mean over the steps since the last value.

    Parameters
    ----------
    every : int
        The smallest number of steps that one value stands for.

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
        """Sum the losses, and append a value after every ``every`` steps."""
        for name, value in logs.items():
            self._sums[name] = self._sums.get(name, 0.0) + steps * float(value)
        since = self.steps_made - (self.steps[-1] if self.steps else 0)
        if since >= self._every:
            self.steps.append(self.steps_made)
            for name, total in self._sums.items():
                self.losses.setdefault(name, []).append(total / since)
            self._sums = {}

    def state_arrays(self) -> dict[str, np.ndarray]:
        """Return the values, and the sums of the value in progress."""
        return {
            **super().state_arrays(),
            "at": np.array(self.steps, np.int64),
            **{f"loss/{name}": np.array(values) for name, values in self.losses.items()},
            **{f"sum/{name}": np.array(total) for name, total in self._sums.items()},
        }

    def restore_arrays(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Restore the arrays that :meth:`state_arrays` returned."""
        super().restore_arrays(arrays)
        self.steps = arrays["at"].tolist()
        self.losses = {name: values.tolist() for name, values in below("loss", arrays).items()}
        self._sums = {name: float(total) for name, total in below("sum", arrays).items()}


class AveragedWeights(StepCallback):
    """Keeps a running mean of a network's weights (Polyak and Juditsky 1992; for GANs: Yazici et al. 2019).

    The two networks of a GAN circle around each other. The mean over a circle is closer to its centre than any point on
    it.

    Parameters
    ----------
    network : keras.Model
        The network to follow.
    past : float
        Weight of the past in one step, in [0, 1). The mean reaches back about 1 / (1 - past) steps.

    Attributes
    ----------
    averaged : keras.Model
        A copy of the network with the mean weights.
    """

    def __init__(self, network: keras.Model, past: float):
        super().__init__()
        self._network = network
        self._past = past
        # The number of steps when the mean began.
        self._begun = 0
        self.averaged = accelerate(keras.models.clone_model(network))
        self.averaged.set_weights(network.get_weights())
        self._mix_in = tf.function(self._mix)

    def after_steps(self, steps: int, logs: dict) -> None:
        """Update the mean; several steps at once have the same weight as single steps."""
        # At first the mean is over all steps so far, so that the initial weights lose their influence quickly.
        made = self.steps_made - self._begun
        past = min(self._past**steps, 1.0 - 1.0 / (1.0 + made / max(steps, 1)))
        self._mix_in(tf.constant(past, tf.float32))

    def _mix(self, past: tf.Tensor) -> None:
        for mean, current in zip(self.averaged.weights, self._network.weights):
            mean.assign(past * mean + (1.0 - past) * current)

    def state_arrays(self) -> dict[str, np.ndarray]:
        """Return the means."""
        weights = self.averaged.get_weights()
        return {**super().state_arrays(), **{f"mean/{number}": array for number, array in enumerate(weights)}}

    def restore_arrays(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Restore the arrays that :meth:`state_arrays` returned."""
        super().restore_arrays(arrays)
        means = below("mean", arrays)
        self.averaged.set_weights([means[str(number)] for number in range(len(means))])


class AveragedGenerator(AveragedWeights):
    """The running mean of a generator's weights, which makes pictures with recalibrated batch-norm statistics.

    Parameters
    ----------
    network, past
        As in :class:`AveragedWeights`.
    decoding : FaceScaling
        How to convert the generator's outputs to intensities.
    """

    def __init__(self, network: keras.Model, past: float, decoding: FaceScaling):
        super().__init__(network, past)
        self._decoding = decoding

    def _pictures(self, inputs: Any, calibrating: Any, network: keras.Model | None = None) -> np.ndarray:
        """Make pictures, intensities in [0, 1], with the statistics of a calibrating batch of inputs.

        ``network`` is a part of the averaged network, if its inputs are not those of the whole.
        """
        network = self.averaged if network is None else network
        recalibrate_batch_norm(network, calibrating)
        arrays = inputs if isinstance(inputs, (list, tuple)) else [inputs]
        return self._decoding.recover(network_in_parts(network, PICTURES_AT_ONCE, *arrays))


class FallingRates(StepCallback):
    """Lets learning rates fall linearly to 0 at the end of training, so that the two networks stop circling.

    Parameters
    ----------
    optimizers : sequence of keras.optimizers.Optimizer
        Their current learning rates are the initial ones.
    steps : int
        All training steps.
    share : float
        Last part of the steps, in which the rates fall, in [0, 1); with 0 the rates stay constant.
    """

    def __init__(self, optimizers: Sequence[keras.optimizers.Optimizer], steps: int, share: float):
        super().__init__()
        self._optimizers = list(optimizers)
        self._rates = [float(np.array(optimizer.learning_rate)) for optimizer in self._optimizers]
        self._steps = steps
        self._share = share

    def on_train_batch_begin(self, batch: int, logs: dict | None = None) -> None:
        """Set the rates of the next steps."""
        left = max(0.0, (self._steps - self.steps_made) / self._steps)
        if left < self._share:
            for optimizer, rate in zip(self._optimizers, self._rates):
                optimizer.learning_rate.assign(rate * left / self._share)


class Snapshots(StepCallback):
    """Calls a function of the training state at evenly spread steps and collects the results.

    Parameters
    ----------
    take : callable
        Called without arguments; returns an array, always of the same shape.
    every : int
        Steps between two snapshots.

    Attributes
    ----------
    frames : list of numpy.ndarray
        The results of ``take``, from the state before training to the state after training.
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
        """Take the first snapshot."""
        if not self.steps:
            self._keep()

    def after_steps(self, steps: int, logs: dict) -> None:
        """Take a snapshot after every ``every`` steps."""
        if self.steps_made - self.steps[-1] >= self._every:
            self._keep()

    def on_train_end(self, logs: dict | None = None) -> None:
        """Take the last snapshot, unless it was just taken."""
        if self.steps[-1] != self.steps_made:
            self._keep()

    def _keep(self) -> None:
        self.frames.append(self._take())
        self.steps.append(self.steps_made)

    def state_arrays(self) -> dict[str, np.ndarray]:
        """Return the frames and their steps."""
        return {**super().state_arrays(), "at": np.array(self.steps, np.int64), "frames": np.array(self.frames)}

    def restore_arrays(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Restore the arrays that :meth:`state_arrays` returned."""
        super().restore_arrays(arrays)
        self.frames, self.steps = list(arrays["frames"]), arrays["at"].tolist()


def below(prefix: str, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the arrays whose names begin with ``prefix/``, with this prefix removed."""
    start = len(prefix) + 1
    return {name[start:]: array for name, array in arrays.items() if name.startswith(f"{prefix}/")}


def recalibrate_batch_norm(network: keras.Model, inputs: tf.Tensor) -> None:
    """Set the running statistics of every batch normalisation to those of one large batch.

    The mean of the statistics of many networks differs from the statistics of the mean network (Izmailov et al. 2018,
    section 3.2). Without recalibration, the faces of averaged generators look washed out.

    Parameters
    ----------
    network : keras.Model
        The network to recalibrate.
    inputs : tf.Tensor
        A batch of its inputs, large enough to stand for all of them.
    """
    layers = [layer for layer in network.layers if isinstance(layer, keras.layers.BatchNormalization)]
    if not layers:
        return
    momenta = [layer.momentum for layer in layers]
    try:
        for layer in layers:
            layer.momentum = 0.0
        network(inputs, training=True)
    finally:
        for layer, momentum in zip(layers, momenta):
            layer.momentum = momentum
