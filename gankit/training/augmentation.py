"""Classifiers that learn an attribute of faces from few labels, and the report on what added faces do to them."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from gankit.faces.labelled import Labelled
from gankit.fast import Adam
from gankit.fast.accelerate import accelerate
from gankit.metrics.classifier import small_cnn

CHANNELS = (16, 32)
RATE = 0.001


class AttributeClassifier:
    """A small CNN that learns whether faces have an attribute, by Adam on the cross-entropy.

    It can learn anew any number of times. Each time it makes one step for each batch that it is given, from initial
    weights that the seed decides.

    Parameters
    ----------
    side : int
        Height and width of the faces.
    """

    def __init__(self, side: int = 16):
        self._network = accelerate(small_cnn((side, side, 1), 1, None, CHANNELS))
        self._optimizer = Adam(RATE)
        self._optimizer.build(self._network.trainable_variables)
        # One graph for all classifiers, as making it takes longer than many steps.
        shapes = (tf.TensorSpec((None, None, side, side, 1)), tf.TensorSpec((None, None, 1)))
        self._learn = tf.function(self._make_steps, input_signature=shapes, autograph=False)

    def learn(self, batches: Labelled, seed: int) -> None:
        """Forget everything, and make a step for each batch.

        Parameters
        ----------
        batches : Labelled
            Faces ``(steps, batch, side, side)`` with their labels ``(steps, batch)``.
        seed : int
            Seed of the initial weights.
        """
        random = np.random.default_rng(seed)
        for variable in self._network.trainable_variables:
            # He's normal weights; no biases.
            deviation = np.sqrt(2.0 / np.prod(variable.shape[:-1])) if len(variable.shape) > 1 else 0.0
            variable.assign(deviation * random.standard_normal(variable.shape))
        rate = getattr(self._optimizer, "_learning_rate", None)
        for variable in self._optimizer.variables:
            if variable is not rate:
                variable.assign(np.zeros(variable.shape))
        self._learn(tf.constant(batches.faces[..., None]), tf.constant(batches.labels[..., None], tf.float32))

    def _make_steps(self, faces: tf.Tensor, labels: tf.Tensor) -> None:
        variables = self._network.trainable_variables

        def step(made: tf.Tensor) -> tuple[tf.Tensor]:
            with tf.GradientTape() as tape:
                logits = self._network(faces[made], training=True)
                loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels[made], logits))
            self._optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
            return (made + 1,)

        tf.while_loop(lambda made: made < tf.shape(faces)[0], step, (tf.constant(0),))

    def sees(self, faces: np.ndarray) -> np.ndarray:
        """Return for each face, ``(n, side, side)``, whether it seems to have the attribute: bool, ``(n,)``."""
        parts = [self._network(faces[start : start + 2000, ..., None]) for start in range(0, len(faces), 2000)]
        return np.concatenate(parts)[:, 0] > 0

    def accuracy(self, test: Labelled) -> float:
        """Return the balanced accuracy: the mean of the shares of right answers with and without the attribute.

        Always answering the same gives 0.5, however rare the attribute is.
        """
        right = self.sees(test.faces) == test.labels
        return float(right[test.labels].mean() + right[~test.labels].mean()) / 2


def rows_of_batches(labels: np.ndarray, steps: int, size: int, random: np.random.Generator) -> np.ndarray:
    """Draw the rows of batches with repetition, half of each batch with the attribute: ``(steps, size)``.

    Parameters
    ----------
    labels : numpy.ndarray
        bool, ``(n,)``, of both kinds.
    steps, size : int
        Number of batches, and of rows in each; an odd row has no attribute.
    random : numpy.random.Generator
        Source of the random numbers.
    """
    halves = (~labels, size - size // 2), (labels, size // 2)
    return np.concatenate([random.choice(np.flatnonzero(kind), (steps, count)) for kind, count in halves], axis=1)
