"""Make many training steps in one call of a graph: each call costs about 3 ms, and a step on points takes 0.5 ms."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import tensorflow as tf
from tensorflow import keras

# A function that makes one training step and returns its losses, scalars by name.
Step = Callable[[], dict[str, tf.Tensor]]


class RunningMeans:
    """The means of losses over training steps, by name; a loss that first appears during training gets its own mean.

    This is neither a list nor a dictionary: Keras tracks the content of those, and allows no new metrics once a model
    is built.

    Parameters
    ----------
    names : iterable of str
        The losses that are known from the start.

    Attributes
    ----------
    by_name : dict of keras.metrics.Mean
        The means.
    """

    def __init__(self, names: Iterable[str]):
        self.by_name = {name: keras.metrics.Mean(name=name) for name in names}

    def add(self, name: str, loss: tf.Tensor) -> None:
        """Add the loss of one step with two operations; ``Mean.update_state`` needs ten."""
        if name not in self.by_name:
            with tf.init_scope():
                self.by_name[name] = keras.metrics.Mean(name=name)
        mean = self.by_name[name]
        mean.total.assign_add(tf.cast(loss, mean.total.dtype))
        mean.count.assign_add(tf.ones((), mean.count.dtype))

    def reset(self) -> None:
        """Discard all steps so far."""
        for mean in self.by_name.values():
            mean.reset_state()

    def results(self) -> dict[str, tf.Tensor]:
        """Return the means since the last reset."""
        return {name: mean.result() for name, mean in self.by_name.items()}


def loop_over_steps(
    step: Step, means: RunningMeans, strategy: tf.distribute.Strategy, eager: bool = False
) -> Callable[[tf.Tensor], dict[str, tf.Tensor]]:
    """Return a function that makes a number of training steps in one graph and returns the losses' running means.

    Keras's own loop reads a data set in every step, and updates every mean with about ten operations.

    Parameters
    ----------
    step : callable
        Makes one step; it is traced once.
    means : RunningMeans
        The means that collect the losses.
    strategy : tf.distribute.Strategy
        Runs each step on all of its replicas.
    eager : bool
        Run without a graph, for use with a debugger.
    """

    def tracked_step() -> None:
        for name, loss in step().items():
            means.add(name, loss)

    def counted_step(made: tf.Tensor) -> tuple[tf.Tensor]:
        strategy.run(tracked_step)
        return (made + 1,)

    def run_steps(count: tf.Tensor) -> dict[str, tf.Tensor]:
        tf.while_loop(lambda made: made < count, counted_step, (tf.constant(0),))
        return means.results()

    # Autograph rewrites Python's `if` and `for`, also in the code of every layer, which takes seconds. The steps here
    # contain none that depends on a tensor. Keras 3 does not rewrite training steps either.
    return run_steps if eager else tf.function(run_steps, autograph=False, reduce_retracing=True)
