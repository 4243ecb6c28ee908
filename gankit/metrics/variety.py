"""Variety: how similar examples are to each other, and how smoothly they change with the latents.

Sources
-------
Karras et al. 2019, "A Style-Based Generator Architecture for Generative Adversarial Networks", section 4.1: perceptual
path length. Deviations: the distance is the caller's; all paths count, where the paper's program leaves out the 1 %
shortest and the 1 % longest; a spherical path runs between two latents of any length.

Shoemake 1985, "Animating Rotation with Quaternion Curves": spherical interpolation.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gankit.metrics.distances import _vectors


def pairwise_similarity(examples: np.ndarray, centre: np.ndarray | None = None) -> float:
    """Return the mean cosine similarity of all pairs of different examples.

    Tutorials take a value near 1 for mode collapse. It says little. Pictures with intensities in [0, 1] are all similar
    to each other, and a generator that makes only two opposite examples scores about 0, the value of perfect variety.

    Parameters
    ----------
    examples : numpy.ndarray
        ``(n, ...)``, n >= 2.
    centre : numpy.ndarray, optional
        What is subtracted from every example, such as the mean of the real ones; by default nothing. With the mean of
        ``examples`` themselves, the result is near 0, whatever they are.

    Returns
    -------
    float
        Between -1 / (n - 1) and 1. No pair is formed: the squared length of the sum of all directions is n plus the sum
        over the pairs.

    Raises
    ------
    ValueError
        For fewer than two examples, for values that are not finite, or for an example without a direction.
    """
    vectors = _vectors(examples, "examples")
    if centre is not None:
        vectors = vectors - np.asarray(centre, np.float64).reshape(1, -1)
    lengths = np.sqrt((vectors * vectors).sum(axis=1))
    if not lengths.all():
        raise ValueError("an example that is 0 everywhere, or equal to the centre, has no direction")
    total = (vectors / lengths[:, None]).sum(axis=0)
    count = len(vectors)
    return float((total @ total - count) / (count * (count - 1)))


def between(first: np.ndarray, last: np.ndarray, t: np.ndarray, spherical: bool = False) -> np.ndarray:
    """Return the points at ``t`` on the paths from each first latent to each last one.

    Parameters
    ----------
    first, last : numpy.ndarray
        ``(n, d)``.
    t : numpy.ndarray
        ``(n,)``: 0 for the first latent, 1 for the last.
    spherical : bool
        Move along the great circle instead of the straight line. In many dimensions normal latents have nearly equal
        lengths, and the middle of a straight line is shorter than any of them.

    Returns
    -------
    numpy.ndarray
        float64, ``(n, d)``.
    """
    first, last = np.asarray(first, np.float64), np.asarray(last, np.float64)
    t = np.asarray(t, np.float64)[:, None]
    if not spherical:
        return first + t * (last - first)
    lengths = np.sqrt((first * first).sum(axis=1) * (last * last).sum(axis=1))[:, None]
    angles = np.arccos(np.clip((first * last).sum(axis=1, keepdims=True) / lengths, -1, 1))
    # Between two equal directions the circle is a straight line, and between opposite ones it is not determined.
    sines = np.sin(angles)
    straight = sines < 1e-6
    sines = np.where(straight, 1.0, sines)
    round_about = (np.sin((1 - t) * angles) * first + np.sin(t * angles) * last) / sines
    return np.where(straight, first + t * (last - first), round_about)


def path_length(
    generate: Callable[[np.ndarray], np.ndarray],
    distance: Callable[[np.ndarray, np.ndarray], np.ndarray],
    first: np.ndarray,
    last: np.ndarray,
    spherical: bool = False,
    epsilon: float = 1e-4,
    seed: int = 0,
) -> float:
    """Path length: the mean over paths of ``distance(G(z(t)), G(z(t + epsilon))) / epsilon^2``, with t uniform.

    It is small if pictures change smoothly on the way between two latents. A generator that always makes the same
    picture has the length 0, so it is no measure of quality by itself.

    Parameters
    ----------
    generate : callable
        Maps latents, float64 ``(n, d)``, to pictures.
    distance : callable
        Maps two arrays of pictures to ``(n,)`` distances that grow with the square of a small difference, such as
        :func:`gankit.metrics.squared_error` or the perceptual distance.
    first, last : numpy.ndarray
        Both ends of each path, ``(n, d)``.
    spherical : bool
        As in :func:`between`.
    epsilon : float
        The step along the path, in (0, 1).
    seed : int
        Seed of the places t, which lie between 0 and 1 - epsilon.

    Returns
    -------
    float
        The length. For a linear generator G(z) = A z, straight paths and the squared distance, it is the mean of
        ``|A (last - first)|^2``, whatever epsilon is.

    Raises
    ------
    ValueError
        If the ends do not have one shape ``(n, d)``, or epsilon does not lie between 0 and 1.
    """
    first, last = np.asarray(first, np.float64), np.asarray(last, np.float64)
    if first.shape != last.shape or first.ndim != 2:
        raise ValueError(f"both ends must have one shape (n, d), not {first.shape} and {last.shape}")
    if not 0 < epsilon < 1:
        raise ValueError(f"epsilon must lie between 0 and 1, not {epsilon}")
    t = (1 - epsilon) * np.random.default_rng(seed).random(len(first))
    here = generate(between(first, last, t, spherical))
    there = generate(between(first, last, t + epsilon, spherical))
    return float(np.mean(distance(here, there)) / epsilon**2)
