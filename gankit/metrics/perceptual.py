"""A distance between two pictures in the layers of a network, and how often a distance ranks pairs as it should.

Source: Zhang et al. 2018, "The Unreasonable Effectiveness of Deep Features as a Perceptual Metric" (LPIPS). Deviations:
the network is one of ours, and every channel has the weight 1, as in the paper's distance without learned weights.
:meth:`gankit.networks.face_encoder.FaceEncoder.perceptual_distance` applies it to faces.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

# Zhang's constant: a place whose channels are all 0 has no direction.
SMALLEST_LENGTH = 1e-10
# Two distances that differ by a smaller share are equal. Bisection equalises squared errors far more closely.
SAME = 1e-6


def perceptual_distance(first: Sequence[np.ndarray], second: Sequence[np.ndarray]) -> np.ndarray:
    """Return the distance of each pair of pictures, given the maps of some layers of a network.

    At every place of a map, the vector of its channels is divided by its length. The squared differences of these
    vectors are added over the channels, averaged over the places, and added over the layers.

    Parameters
    ----------
    first, second : sequence of numpy.ndarray
        The maps of the first and of the second pictures: one array ``(n, height, width, channels)`` for each layer, or
        ``(n, channels)`` for a layer without places.

    Returns
    -------
    numpy.ndarray
        float64, shape ``(n,)``: 0 for equal maps, at most 4 for each layer, and at most 2 if no value is negative, as
        after a ReLU. The length of a vector does not count, so a network without biases would see no difference between
        a picture and the same picture with less contrast.

    Raises
    ------
    ValueError
        If there are no maps, or they do not fit together.
    """
    shapes = [np.shape(maps) for maps in first]
    if not shapes or shapes != [np.shape(maps) for maps in second] or min(map(len, shapes)) < 2:
        raise ValueError(
            f"both pictures need maps (n, ..., channels) of the same layers, not {shapes} and "
            f"{[np.shape(maps) for maps in second]}"
        )
    total = np.zeros(shapes[0][0])
    for one, other in zip(first, second):
        squares = ((_directions(one) - _directions(other)) ** 2).sum(axis=-1)
        total += squares.reshape(len(squares), -1).mean(axis=1)
    return total


def _directions(maps: np.ndarray) -> np.ndarray:
    """Divide the vector of channels at each place by its length."""
    maps = np.asarray(maps, np.float64)
    return maps / np.sqrt((maps * maps).sum(axis=-1, keepdims=True) + SMALLEST_LENGTH)


def squared_error(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the mean squared difference of each pair of pictures, ``(n, ...)`` each: float64, shape ``(n,)``.

    Raises
    ------
    ValueError
        If the shapes differ.
    """
    first, second = np.asarray(first, np.float64), np.asarray(second, np.float64)
    if first.shape != second.shape:
        raise ValueError(f"both sets must have one shape, not {first.shape} and {second.shape}")
    return ((first - second) ** 2).reshape(len(first), -1).mean(axis=1)


def share_ranked(nearer: np.ndarray, farther: np.ndarray) -> float:
    """Return how often the distances ``(n,)`` that should be smaller are smaller than the others ``(n,)``.

    Equal distances count half, so a distance that cannot tell the two apart gets 0.5.
    """
    nearer, farther = np.asarray(nearer, np.float64), np.asarray(farther, np.float64)
    equal = np.abs(nearer - farther) <= SAME * np.maximum(nearer, farther)
    return float(np.where(equal, 0.5, nearer < farther).mean())
