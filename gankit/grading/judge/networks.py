"""Small networks in NumPy, float64: forward, backward, and the gradient of functions of the input gradient."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Arrays = list[np.ndarray]

# Each activation with its derivative as a function of its value.
ACTIVATIONS: dict[str, tuple[Callable, Callable]] = {
    "linear": (lambda z: z, np.ones_like),
    "tanh": (np.tanh, lambda a: 1 - a**2),
}


def rows(array: np.ndarray) -> np.ndarray:
    """Flatten each example."""
    return np.asarray(array, np.float64).reshape(len(array), int(np.prod(np.shape(array)[1:])))


@dataclass(frozen=True)
class Perceptron:
    """A stack of dense layers; ``activations`` has one name a layer. Inputs of any shape are flattened."""

    activations: tuple[str, ...]

    def forward(self, weights: Arrays, x: np.ndarray) -> np.ndarray:
        """Return the outputs, shape ``(batch, units)``."""
        return self._values(weights, x)[-1]

    def _values(self, weights: Arrays, x: np.ndarray) -> Arrays:
        values = [rows(x)]
        for layer, name in enumerate(self.activations):
            values.append(ACTIVATIONS[name][0](values[-1] @ weights[2 * layer] + weights[2 * layer + 1]))
        return values

    def backward(self, weights: Arrays, x: np.ndarray, cotangent: np.ndarray) -> tuple[Arrays, np.ndarray]:
        """Return d(sum(cotangent * output)) with respect to the weights and to the flattened input."""
        values = self._values(weights, x)
        gradients: Arrays = []
        for layer, name in reversed(list(enumerate(self.activations))):
            cotangent = cotangent * ACTIVATIONS[name][1](values[layer + 1])
            gradients[:0] = [values[layer].T @ cotangent, cotangent.sum(axis=0)]
            cotangent = cotangent @ weights[2 * layer].T
        return gradients, cotangent

    def input_gradient(self, weights: Arrays, x: np.ndarray) -> np.ndarray:
        """Return d(sum of outputs)/dx, shape ``(batch, inputs)``."""
        return self.backward(weights, x, np.ones((len(x), weights[-1].shape[0])))[1]

    def directional_gradient(self, weights: Arrays, x: np.ndarray, direction: np.ndarray) -> Arrays:
        """Return the weights' gradient of sum over the batch of direction . dD(x)/dx, by central differences.

        That is how the gradient of D's values changes as the inputs move in the direction. With ``direction`` the
        derivative of a penalty by the input gradient, it is the second-order gradient of that penalty.
        """
        ones = np.ones((len(x), weights[-1].shape[0]))
        width = 1e-5 / (np.abs(direction).max() + 1e-12)
        ahead, behind = (self.backward(weights, rows(x) + far * rows(direction), ones)[0] for far in (width, -width))
        return [(a - b) / (2 * width) for a, b in zip(ahead, behind)]


def glorot_like(random: np.random.Generator, widths: list[int], scale: float = 1.0) -> Arrays:
    """Draw kernels and biases of a perceptron, float32, of the size that keeps tanh away from its flat ends."""
    weights: Arrays = []
    for inputs, outputs in zip(widths[:-1], widths[1:]):
        weights.append((scale * random.standard_normal((inputs, outputs)) / np.sqrt(inputs)).astype(np.float32))
        weights.append((0.3 * scale * random.standard_normal(outputs)).astype(np.float32))
    return weights


# ------------------------------------------------------------------ convolutional networks


def convolve_same(maps: np.ndarray, kernel: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """Convolve maps ``(n, h, w, c)`` with zeros around the edge, tap by tap; the kernel's side is odd."""
    _, height, width, _ = maps.shape
    side = kernel.shape[0]
    padded = np.pad(maps, ((0, 0), (side // 2,) * 2, (side // 2,) * 2, (0, 0)))
    out = np.zeros((*maps.shape[:3], kernel.shape[-1])) + bias
    for i in range(side):
        for j in range(side):
            out += padded[:, i : i + height, j : j + width] @ kernel[i, j]
    return out


def upsample_nearest(maps: np.ndarray) -> np.ndarray:
    """Repeat every pixel twice along both axes."""
    return maps.repeat(2, axis=1).repeat(2, axis=2)


def upsample_bilinear(maps: np.ndarray) -> np.ndarray:
    """Double both axes with linear interpolation between pixel centres."""
    for axis in (1, 2):
        length = maps.shape[axis]
        places = np.maximum((np.arange(2 * length) + 0.5) / 2 - 0.5, 0)
        low = np.floor(places).astype(int)
        high = np.minimum(low + 1, length - 1)
        shape = [1] * maps.ndim
        shape[axis] = 2 * length
        share = (places - low).reshape(shape)
        maps = maps.take(low, axis) * (1 - share) + maps.take(high, axis) * share
    return maps


def pool(maps: np.ndarray, kind: str) -> np.ndarray:
    """Halve both axes: the largest of four neighbours (``max``) or their mean (``average``)."""
    neighbours = [maps[:, i::2, j::2] for i in (0, 1) for j in (0, 1)]
    return np.maximum.reduce(neighbours) if kind == "max" else np.add.reduce(neighbours) / 4
