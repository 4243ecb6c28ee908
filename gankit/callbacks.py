"""Callbacks for ``fit``: progress on the terminal, averaged weights, snapshots."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf
from tensorflow import keras


class Progress(keras.callbacks.Callback):
    """One line on stdout: a bar, the losses, and the time left.

    On a terminal the line is drawn over itself four times a second; in a file it is printed ten times in all.

    Parameters
    ----------
    total : int
        Epochs, or steps, that make up the whole.
    title : str
        What is being trained.
    unit : {"epoch", "step"}
        What ``total`` counts.
    """

    def __init__(self, total: int, title: str, unit: str = "step"):
        super().__init__()
        self._total = total
        self._title = title
        self._unit = unit

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Start the clock."""
        self._started = time.perf_counter()
        self._shown_at = 0.0
        self._lines = 0
        self._done = 0
        self._logs: dict = {}

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Advance by the steps made since the last call."""
        if self._unit == "step":
            self._advance(batch + 1, logs)

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Advance by one epoch."""
        if self._unit == "epoch":
            self._advance(epoch + 1, logs)

    def on_train_end(self, logs: dict | None = None) -> None:
        """Finish the line."""
        if sys.stdout.isatty():
            sys.stdout.write("\r" + self._line() + "\n")
        sys.stdout.flush()

    def _advance(self, done: int, logs: dict | None) -> None:
        self._done = done
        self._logs = logs or {}
        now = time.perf_counter()
        if sys.stdout.isatty():
            if now - self._shown_at > 0.25:
                self._shown_at = now
                sys.stdout.write("\r" + self._line())
                sys.stdout.flush()
        elif done * 10 // self._total > self._lines:
            self._lines = done * 10 // self._total
            print(self._line(), flush=True)

    def _line(self) -> str:
        share = self._done / self._total
        elapsed = time.perf_counter() - self._started
        remaining = elapsed / share - elapsed if share else 0.0
        bar = ("=" * int(20 * share)).ljust(20)
        losses = "  ".join(f"{name} {float(value):+.4f}" for name, value in self._logs.items())
        clock = f"{_clock(remaining)} left" if share < 1 else f"took {_clock(elapsed)}"
        return f"{self._title}: {self._done}/{self._total} [{bar}] {losses}  {clock} "


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


class LossCurve(keras.callbacks.Callback):
    """Collect the losses, each value a mean over the steps since the value before.

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
        self.steps: list[int] = []
        self.losses: dict[str, list[float]] = {}

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Take a value whenever enough steps have gone by, and start a new mean."""
        if batch + 1 - (self.steps[-1] if self.steps else 0) >= self._every:
            self.steps.append(batch + 1)
            for name, value in (logs or {}).items():
                self.losses.setdefault(name, []).append(float(value))
            self.model.reset_metrics()


class AveragedWeights(keras.callbacks.Callback):
    """Keep a running mean of a network's weights (Polyak and Juditsky 1992; for GANs: Yazici et al. 2019).

    The two networks of a GAN circle around each other; the mean of a lap lies nearer the middle than any point of it.

    Parameters
    ----------
    network : keras.Model
        The network to follow.
    decay : float
        Weight of the past in one step, in [0, 1). The mean reaches back about 1 / (1 - decay) steps.

    Attributes
    ----------
    averaged : keras.Model
        A copy of the network that carries the mean.
    """

    def __init__(self, network: keras.Model, decay: float):
        super().__init__()
        self._network = network
        self._decay = decay
        self._steps = 0
        self.averaged = keras.models.clone_model(network)
        self.averaged.set_weights(network.get_weights())
        self._mix_in = tf.function(self._mix)

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Batches are counted from 0 in each epoch."""
        self._last_batch = -1

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Mix the weights in; several steps at once weigh as much as they would have one by one."""
        made = batch - self._last_batch
        self._last_batch = batch
        self._steps += made
        # Early on the mean is over all steps so far: it forgets the initial weights instead of dragging them along.
        decay = min(self._decay, 1.0 - 1.0 / (1.0 + self._steps / max(made, 1)))
        self._mix_in(tf.constant(decay**made if decay == self._decay else decay, tf.float32))

    def _mix(self, decay: tf.Tensor) -> None:
        for mean, current in zip(self.averaged.weights, self._network.weights):
            mean.assign(decay * mean + (1.0 - decay) * current)


class LinearDecay(keras.callbacks.Callback):
    """Let learning rates fall linearly to 0 at the end of training: the two networks stop circling and settle.

    Parameters
    ----------
    optimizers : sequence of keras.optimizers.Optimizer
        Their learning rates are those of the start when training begins.
    steps : int
        Training steps.
    share : float
        Part of the steps, the last ones, over which the rates fall, in [0, 1); 0 keeps them as they are.
    """

    def __init__(self, optimizers: Sequence[keras.optimizers.Optimizer], steps: int, share: float):
        super().__init__()
        self._optimizers = list(optimizers)
        self._steps = steps
        self._share = share

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Remember the rates to start from."""
        self._rates = [float(np.array(optimizer.learning_rate)) for optimizer in self._optimizers]

    def on_train_batch_begin(self, batch: int, logs: dict | None = None) -> None:
        """Set the rates of the steps to come."""
        left = (self._steps - batch) / self._steps
        if left < self._share:
            for optimizer, rate in zip(self._optimizers, self._rates):
                optimizer.learning_rate.assign(rate * left / self._share)


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


class Snapshots(keras.callbacks.Callback):
    """Collect what a function of the training state returns, at evenly spread steps.

    Parameters
    ----------
    take : callable
        Called without arguments; returns an array.
    every : int
        Steps between two snapshots.

    Attributes
    ----------
    frames : list of numpy.ndarray
        What ``take`` returned, the state before training first.
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
        self._keep(0)

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Take one whenever enough steps have gone by."""
        if batch + 1 - self.steps[-1] >= self._every:
            self._keep(batch + 1)

    def _keep(self, step: int) -> None:
        self.frames.append(self._take())
        self.steps.append(step)
