"""What a trained GAN makes of point clouds: measures, and the arrays that its pictures show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure
from tensorflow import keras

from gankit import plots
from gankit.datasets.point_clouds import CLOUD_CENTRES, CLOUD_DEVIATION
from gankit.metrics import beside_floor, modes_found
from gankit.models.gan import GAN

POINTS_MEASURED = 1000
Losses = Mapping[str, Sequence[float]]


def measure_points(gan: GAN, losses: Losses, seed: int, centres: np.ndarray | None = None) -> dict[str, Any]:
    """Compare 1,000 generated points with the real ones.

    Parameters
    ----------
    gan : GAN
        A trained model of points ``(n, d)``.
    losses : mapping
        One sequence a loss, a value an epoch; the last ones are among the measures.
    seed : int
        Of the latents, which are the measures' own: measuring changes nothing that is drawn afterwards.
    centres : numpy.ndarray, optional
        Centres of clouds in the first two coordinates, ``(k, 2)``, to count those that were found.

    Returns
    -------
    dict
        The last losses, and what :func:`gankit.metrics.beside_floor` returns; with ``centres`` its two dictionaries
        also hold what :func:`gankit.metrics.modes_found` returns.
    """
    latents = gan.latent_generator.reseeded(seed + 1_000_003)(POINTS_MEASURED)
    fake, real = gan.generator(latents, training=False).numpy(), gan.real_examples.numpy()
    measures = {name: values[-1] for name, values in losses.items()}
    measures.update(beside_floor(real, fake))
    if centres is not None:
        for key, points in {"metrics": fake, "metrics_floor": real}.items():
            measures[key].update(modes_found(points[:, :2], centres, 3 * CLOUD_DEVIATION))
    return measures


def plot_circle(gan: GAN, losses: Losses) -> Figure:
    """Plot a GAN in the plane: real against fake points, D's values over the unit square, losses."""
    plane = _grid(np.linspace(0, 1, 101, dtype=np.float32))
    scores = _scores(gan.discriminator, plane).reshape(101, 101)
    return plots.circle(gan.get_real_sample().numpy(), gan.get_fake_sample().numpy(), scores, losses)


def plot_clouds(gan: GAN, losses: Losses) -> Figure:
    """Plot a GAN of coloured points with two latents: samples, D on each, D(G(z)) over the latents, losses."""
    real, fake = gan.get_real_sample().numpy(), gan.get_fake_sample().numpy()
    latents = gan.latent_generator(1000).numpy()
    reach = 3 if gan.latent_generator.latent_type == "normal" else 1
    axis = np.linspace(-reach, reach, 101, dtype=np.float32)
    return plots.clouds(
        real,
        fake,
        _scores(gan.discriminator, real),
        _scores(gan.discriminator, fake),
        axis,
        _scores(gan.discriminator, gan.generator(_grid(axis))).reshape(101, 101),
        latents,
        _scores(gan.discriminator, gan.generator(latents)),
        losses,
    )


def measure_clouds(gan: GAN, losses: Losses, seed: int) -> dict[str, Any]:
    """Return :func:`measure_points` with the four clouds counted."""
    return measure_points(gan, losses, seed, CLOUD_CENTRES)


def _grid(axis: np.ndarray) -> np.ndarray:
    return np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)


def _scores(discriminator: keras.Model, examples: np.ndarray | tf.Tensor) -> np.ndarray:
    return discriminator(examples, training=False).numpy()[:, 0]
