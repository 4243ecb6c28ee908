"""Pictures made without a GAN: what a simple model of the real pictures can do, to hold a GAN against."""

from __future__ import annotations

import numpy as np


def independent_pixels(pictures: np.ndarray, count: int, seed: int = 0) -> np.ndarray:
    """Take each pixel of each new picture from a real picture of its own: right pixels, no relation between them.

    Parameters
    ----------
    pictures : numpy.ndarray
        Real pictures, ``(n, height, width)``, intensities in [0, 1].
    count : int
        Number of new pictures.
    seed : int
        Seed of the choice.

    Returns
    -------
    numpy.ndarray
        float32, shape ``(count, height, width)``.
    """
    flat = pictures.reshape(len(pictures), -1)
    rows = np.random.default_rng(seed).integers(len(flat), size=(count, flat.shape[1]))
    return flat[rows, np.arange(flat.shape[1])].reshape(count, *pictures.shape[1:]).astype(np.float32)


def gaussian(pictures: np.ndarray, count: int, seed: int = 0) -> np.ndarray:
    """Sample a Gaussian with the mean and the covariance of the real pictures, cut to [0, 1].

    The arguments and the result are those of :func:`independent_pixels`.
    """
    flat = pictures.reshape(len(pictures), -1).astype(np.float64)
    mean = flat.mean(axis=0)
    values, vectors = np.linalg.eigh(np.cov(flat.T))
    normal = np.random.default_rng(seed).standard_normal((count, flat.shape[1]))
    samples = mean + (normal * np.sqrt(np.maximum(values, 0))) @ vectors.T
    return np.clip(samples, 0, 1).reshape(count, *pictures.shape[1:]).astype(np.float32)


def noisy_copies(pictures: np.ndarray, count: int, seed: int = 0, deviation: float = 0.1) -> np.ndarray:
    """Copy real pictures and add noise to each pixel (a kernel density, Parzen 1962), cut to [0, 1].

    The arguments and the result are those of :func:`independent_pixels`; ``deviation`` is that of the noise.
    """
    random = np.random.default_rng(seed)
    noise = deviation * random.standard_normal((count, *pictures.shape[1:]))
    return np.clip(pictures[random.integers(len(pictures), size=count)] + noise, 0, 1).astype(np.float32)


#: The baselines by the names under which they are reported.
BASELINES = {"independent_pixels": independent_pixels, "gaussian": gaussian, "noisy_copies": noisy_copies}
