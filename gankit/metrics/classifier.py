"""A classifier that tells two sets of pictures apart; its accuracy measures how different they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from tensorflow import keras


def classifier_accuracy(first: np.ndarray, second: np.ndarray, training: int = 7000, seed: int = 0) -> float:
    """Classifier two-sample test (Lopez-Paz and Oquab 2017): how often a small CNN tells two sets of pictures apart.

    Adam trains the CNN of :func:`small_cnn` for 8 epochs with batches of 64.

    Parameters
    ----------
    first, second : np.ndarray
        Pictures ``(n, height, width)`` and ``(m, height, width)``, or both with a last axis of 3 colours, with
        intensities in [0, 1]. Only the first ``min(n, m)`` pictures of each set are used.
    training : int
        Pictures to train on, at most 70 % of all; the rest is held out.
    seed : int
        Seed of the split, the initial weights and the batches.

    Returns
    -------
    float
        Share of held-out pictures assigned to the right set: about 0.5 for equal distributions, 1 for sets that have
        nothing in common.
    """
    from tensorflow import keras

    size = min(len(first), len(second))
    pictures = with_channels(np.concatenate([first[:size], second[:size]]))
    labels = np.repeat([0.0, 1.0], size).astype(np.float32)
    order = np.random.default_rng(seed).permutation(2 * size)
    pictures, labels = pictures[order], labels[order]
    training = min(training, int(1.4 * size))
    keras.utils.set_random_seed(seed)
    network = small_cnn(pictures.shape[1:], 1, "sigmoid")
    network.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    network.fit(pictures[:training], labels[:training], epochs=8, batch_size=64, verbose=0)
    return float(network.evaluate(pictures[training:], labels[training:], verbose=0)[1])


def small_cnn(shape: Sequence[int], outputs: int, activation: str) -> keras.Model:
    """Build a CNN for small pictures: two convolutions (32 and 64 channels, 3x3, ReLU, max-pooling), and a dense layer.

    Parameters
    ----------
    shape : sequence of int
        Height, width and channels of the pictures.
    outputs : int
        Width of the last layer, which follows a dense layer of 64 with ReLU.
    activation : str
        Activation of the last layer.
    """
    from tensorflow import keras

    return keras.Sequential(
        [
            keras.Input(tuple(shape)),
            keras.layers.Conv2D(32, 3, padding="same", activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Conv2D(64, 3, padding="same", activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Flatten(),
            keras.layers.Dense(64, activation="relu", name="features"),
            keras.layers.Dense(outputs, activation=activation),
        ]
    )


def with_channels(pictures: np.ndarray) -> np.ndarray:
    """Return pictures ``(n, height, width)`` or ``(n, height, width, 3)`` as float32 with an axis of channels."""
    pictures = np.asarray(pictures, np.float32)
    return pictures[..., None] if pictures.ndim == 3 else pictures
