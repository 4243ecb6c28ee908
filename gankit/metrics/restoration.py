"""How near a restored picture is to the truth: the peak signal-to-noise ratio and the structural similarity.

Source: Wang et al. 2004, "Image Quality Assessment: From Error Visibility to Structural Similarity" (SSIM). As there,
the windows have 11x11 pixels with Gaussian weights of deviation 1.5, and only windows inside the picture count.
"""

from __future__ import annotations

import numpy as np

from gankit.metrics.perceptual import squared_error

WINDOW, DEVIATION = 11, 1.5
# Wang's (K L)^2 with K_1 = 0.01, K_2 = 0.03, and the range L = 1 of intensities. They keep quotients finite where a
# window is black or flat.
C_1, C_2 = 0.01**2, 0.03**2


def peak_signal_to_noise(restored: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return the peak signal-to-noise ratio of each picture in decibels, ``-10 log10(mean squared error)``.

    Parameters
    ----------
    restored, truth : numpy.ndarray
        Pictures ``(n, ...)`` of one shape, intensities in [0, 1].

    Returns
    -------
    numpy.ndarray
        float64, shape ``(n,)``; infinite for equal pictures. Half the squared error is 3 dB more.

    Raises
    ------
    ValueError
        If the shapes differ.
    """
    with np.errstate(divide="ignore"):
        return -10.0 * np.log10(squared_error(restored, truth))


def structural_similarity(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the structural similarity of each pair of pictures.

    It is the mean over all windows of ``(2 m1 m2 + C1) (2 c + C2) / ((m1^2 + m2^2 + C1) (v1 + v2 + C2))``, with the
    means m1, m2, the variances v1, v2 and the covariance c of the two pictures in the window.

    Parameters
    ----------
    first, second : numpy.ndarray
        Pictures ``(n, height, width)`` of one shape, at least 11x11, intensities in [0, 1].

    Returns
    -------
    numpy.ndarray
        float64, shape ``(n,)``: 1 for equal pictures, less for all others.

    Raises
    ------
    ValueError
        If the shapes differ, or the pictures are smaller than a window.
    """
    first, second = np.asarray(first, np.float64), np.asarray(second, np.float64)
    if first.shape != second.shape or first.ndim != 3 or min(first.shape[1:]) < WINDOW:
        raise ValueError(
            f"both sets must have one shape (n, height, width) of at least {WINDOW}x{WINDOW} pixels, "
            f"not {first.shape} and {second.shape}"
        )
    rows, columns = (_windows(length) for length in first.shape[1:])

    def mean(pictures: np.ndarray) -> np.ndarray:
        return rows @ pictures @ columns.T

    mean_1, mean_2 = mean(first), mean(second)
    variances = mean(first * first) - mean_1 * mean_1 + mean(second * second) - mean_2 * mean_2
    covariance = mean(first * second) - mean_1 * mean_2
    brightness = (2 * mean_1 * mean_2 + C_1) / (mean_1 * mean_1 + mean_2 * mean_2 + C_1)
    return (brightness * (2 * covariance + C_2) / (variances + C_2)).mean(axis=(1, 2))


def _windows(length: int) -> np.ndarray:
    """Return the weights of each window along a line of pixels: ``(length - 10, length)``, each row adds up to 1."""
    places = np.arange(length)[None, :] - np.arange(length - WINDOW + 1)[:, None] - WINDOW // 2
    weights = np.where(np.abs(places) <= WINDOW // 2, np.exp(-(places**2) / (2 * DEVIATION**2)), 0.0)
    return weights / weights.sum(axis=1, keepdims=True)
