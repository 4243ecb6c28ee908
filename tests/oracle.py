"""Derivations in NumPy, in float64 and without TensorFlow, of the results of networks and training steps."""

import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def dense_stack(weights, x, last):
    """A fully connected network with tanh in the hidden layers; `weights` alternates kernels and biases."""
    kernels, biases = weights[::2], weights[1::2]
    for kernel, bias in zip(kernels[:-1], biases[:-1]):
        x = np.tanh(x @ kernel + bias)
    return last(x @ kernels[-1] + biases[-1])


def input_gradient(weights, x):
    """dD/dx by the chain rule, for a stack with tanh in every layer and one output."""
    kernels, biases = weights[::2], weights[1::2]
    activations = [x]
    for kernel, bias in zip(kernels, biases):
        activations.append(np.tanh(activations[-1] @ kernel + bias))
    gradient = np.ones_like(activations[-1])
    for kernel, activation in zip(kernels[::-1], activations[:0:-1]):
        gradient = (gradient * (1 - activation**2)) @ kernel.T
    return gradient


def penalty(weights, real, fake, u):
    mixed = u * real + (1 - u) * fake
    return np.mean((np.linalg.norm(input_gradient(weights, mixed), axis=1) - 1) ** 2)


def numerical_gradient(function, weights, width=1e-6):
    """Central differences of a function of a list of arrays."""
    gradients = []
    for position, array in enumerate(weights):
        gradient = np.zeros_like(array)
        for index in np.ndindex(array.shape):
            values = []
            for sign in (1, -1):
                moved = [other.copy() for other in weights]
                moved[position][index] += sign * width
                values.append(function(moved))
            gradient[index] = (values[0] - values[1]) / (2 * width)
        gradients.append(gradient)
    return gradients


class Adam:
    """Kingma and Ba 2015, algorithm 1, in the rearranged form of its section 2."""

    def __init__(self, learning_rate, beta_1, beta_2, epsilon=1e-7):
        self.settings = learning_rate, beta_1, beta_2, epsilon
        self.step = 0

    def __call__(self, weights, gradients):
        rate, beta_1, beta_2, epsilon = self.settings
        if self.step == 0:
            self.m = [np.zeros_like(w) for w in weights]
            self.v = [np.zeros_like(w) for w in weights]
        self.step += 1
        self.m = [beta_1 * m + (1 - beta_1) * g for m, g in zip(self.m, gradients)]
        self.v = [beta_2 * v + (1 - beta_2) * g * g for v, g in zip(self.v, gradients)]
        alpha = rate * np.sqrt(1 - beta_2**self.step) / (1 - beta_1**self.step)
        return [w - alpha * m / (np.sqrt(v) + epsilon) for w, m, v in zip(weights, self.m, self.v)]


def convolve_same(maps, kernel, bias):
    """3x3 convolution of maps (n, h, w, c), padded with zeros, tap by tap."""
    _, height, width, _ = maps.shape
    padded = np.pad(maps, ((0, 0), (1, 1), (1, 1), (0, 0)))
    out = np.zeros((*maps.shape[:3], kernel.shape[-1])) + bias
    for i in range(3):
        for j in range(3):
            out += padded[:, i : i + height, j : j + width] @ kernel[i, j]
    return out


def upsample(maps):
    return maps.repeat(2, axis=1).repeat(2, axis=2)


def max_pool(maps):
    return np.maximum.reduce([maps[:, i::2, j::2] for i in (0, 1) for j in (0, 1)])


def convolutional_generator(weights, latents, training):
    """The generator of task 4; `weights` in the order of `get_weights()`."""
    weights = [np.asarray(w, np.float64) for w in weights]
    maps = np.tanh(latents @ weights[0] + weights[1]).reshape(-1, 2, 2, 512)
    for block in range(3):
        kernel, bias, gamma, beta, mean, variance = weights[2 + 6 * block : 8 + 6 * block]
        maps = convolve_same(upsample(maps), kernel, bias)
        if training:
            mean, variance = maps.mean(axis=(0, 1, 2)), maps.var(axis=(0, 1, 2))
        maps = np.tanh(gamma * (maps - mean) / np.sqrt(variance + 1e-3) + beta)
    return maps


def convolutional_discriminator(weights, pictures):
    """The discriminator of task 4."""
    weights = [np.asarray(w, np.float64) for w in weights]
    maps = pictures
    for block in range(4):
        maps = np.tanh(max_pool(convolve_same(maps, weights[2 * block], weights[2 * block + 1])))
    return maps.reshape(len(maps), -1) @ weights[8] + weights[9]
