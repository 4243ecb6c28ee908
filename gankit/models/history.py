"""The mean of the weights that a network had, and a pull towards it."""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf


class WeightHistory:
    """Historical averaging (Salimans et al. 2016, section 3.3): a penalty on the distance from the mean of all past.

    This is neither a list nor a layer, so that Keras does not take its variables for weights.

    Parameters
    ----------
    variables : sequence of variables
        The weights to follow. The mean begins as their present values.

    Attributes
    ----------
    means : list of tf.Variable
        The mean of each weight at the start and after each ``update``.
    count : tf.Variable
        How many values each mean is over.
    """

    def __init__(self, variables: Sequence[tf.Variable]):
        self._variables = list(variables)
        self.means = [tf.Variable(tf.convert_to_tensor(each), trainable=False) for each in self._variables]
        self.count = tf.Variable(1.0, trainable=False)

    def squared_distance(self) -> tf.Tensor:
        """Return the sum of (weight - mean)^2 over all weights, a scalar; the means are constants in its gradient."""
        squares = [
            tf.reduce_sum((tf.convert_to_tensor(each) - tf.convert_to_tensor(mean)) ** 2)
            for each, mean in zip(self._variables, self.means)
        ]
        return tf.add_n(squares)

    def update(self) -> None:
        """Take the present weights into the mean."""
        self.count.assign_add(1.0)
        for each, mean in zip(self._variables, self.means):
            mean.assign_add((tf.convert_to_tensor(each) - tf.convert_to_tensor(mean)) / tf.cast(self.count, mean.dtype))
