"""What theory says about a GAN whose two densities are known: the best discriminator, its loss, and recovered moments.

For a fixed generator, the discriminator that minimises the cross-entropy is p / (p + q), where p is the density of the
real points and q the density of the generated ones (Goodfellow et al. 2014, proposition 1).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gankit.datasets.densities import Density, mixture_log_density
from gankit.metrics.distances import sliced_wasserstein_distance
from gankit.metrics.modes import mode_coverage

# The bandwidths that are tried, as multiples of the sample's deviation.
BANDWIDTHS = np.geomspace(0.003, 0.5, 12)
JUDGES = 1000  # held-out points that choose among them

LogDensity = Callable[[np.ndarray], np.ndarray]


def kernel_log_density(sample: np.ndarray, seed: int = 0) -> LogDensity:
    """Estimate the density that a sample comes from, with Gaussian kernels of equal width.

    The width is the one that makes 1,000 points of the sample most likely under the estimate from the others.

    Parameters
    ----------
    sample : numpy.ndarray
        Shape ``(n, d)``, with n at least 2.
    seed : int
        Chooses the held-out points.

    Returns
    -------
    callable
        Maps points ``(m, d)`` to the logarithms of their densities, float64, shape ``(m,)``.
    """
    shuffled = np.asarray(sample, np.float64)[np.random.default_rng(seed).permutation(len(sample))]
    held_out = min(JUDGES, len(sample) // 2)
    judges, others = shuffled[:held_out], shuffled[held_out:]
    # A sample of equal points has no deviation, and a kernel needs a width.
    spread = max(float(shuffled.std(axis=0).mean()), 1e-6)
    identity = np.eye(shuffled.shape[1])
    widths = [(spread * bandwidth) ** 2 * identity for bandwidth in BANDWIDTHS]
    best = max(widths, key=lambda width: mixture_log_density(judges, others, width).mean())
    return lambda points: mixture_log_density(points, shuffled, best)


def optimal_discriminator(log_p: np.ndarray, log_q: np.ndarray) -> np.ndarray:
    """Return p / (p + q) from the logarithms of both densities, without overflow."""
    return np.exp(-np.logaddexp(0.0, np.asarray(log_q) - log_p))


def moments_in_standard_errors(
    mean: np.ndarray, covariance: np.ndarray, true_mean: np.ndarray, true_covariance: np.ndarray, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """Compare the moments of a Gaussian distribution with the true ones, in standard errors of a sample's moments.

    Parameters
    ----------
    mean, covariance : numpy.ndarray
        The recovered moments, shapes ``(d,)`` and ``(d, d)``.
    true_mean, true_covariance : numpy.ndarray
        The true moments.
    count : int
        The size of the sample that a standard error is for, usually the number of real points.

    Returns
    -------
    tuple of numpy.ndarray
        The differences, divided by the standard errors: of a mean, sqrt(S_ii / n), and of a covariance, sqrt((S_ii S_jj
        + S_ij^2) / n). For the moments of a sample, they are approximately standard normal.
    """
    variances = np.diag(true_covariance)
    of_mean = np.sqrt(variances / count)
    of_covariance = np.sqrt((np.outer(variances, variances) + true_covariance**2) / count)
    return (mean - true_mean) / of_mean, (covariance - true_covariance) / of_covariance


def point_quality(points: np.ndarray, density: Density, count: int, seed: int = 0) -> dict[str, float]:
    """Compare points ``(n, 2)`` with a density.

    Parameters
    ----------
    points : numpy.ndarray
        Shape ``(n, 2)``.
    density : Density
        Where they should come from.
    count, seed : int
        Size and seed of the real sample that they are compared with.

    Returns
    -------
    dict of str to float
        ``sliced_wasserstein``, the distance from the real sample; if the density has several modes, also the results of
        :func:`gankit.metrics.mode_coverage` within three deviations.
    """
    measures = {"sliced_wasserstein": sliced_wasserstein_distance(points, density.sample(count, seed))}
    if density.has_modes and len(density.centres) > 1:
        measures |= mode_coverage(points, density.centres, 3 * density.deviation)
    return measures
