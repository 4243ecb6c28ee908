"""Pictures of point clouds: real against fake points, the discriminator's scores, losses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from gankit.plots.common import FAKE_COLOUR, REAL_COLOUR, new_figure, show_losses


def circle(real: np.ndarray, fake: np.ndarray, scores: np.ndarray, history: Mapping[str, Sequence[float]]) -> Figure:
    """Draw real against fake points in the plane, D's values over the unit square, and the losses.

    Parameters
    ----------
    real, fake : numpy.ndarray
        Shape ``(n, 2)``.
    scores : numpy.ndarray
        D on a regular grid over [0, 1]^2, y first.
    history : mapping
        One sequence a loss, a value an epoch.
    """
    figure = new_figure(figsize=(13, 4.2))
    points, plane, curves = figure.subplots(1, 3)
    points.scatter(*real.T, s=8, color=REAL_COLOUR, label="real")
    points.scatter(*fake.T, s=8, color=FAKE_COLOUR, label="fake")
    points.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
    points.set_title("real and fake points", fontsize=11)
    points.legend(fontsize=8)
    image = plane.imshow(scores, origin="lower", extent=(0, 1, 0, 1), cmap="RdBu")
    plane.scatter(*fake.T, s=2, color="black")
    plane.set_title("D over the plane (dots: fake points)", fontsize=11)
    figure.colorbar(image, ax=plane, shrink=0.8)
    show_losses(curves, history)
    return figure


def clouds(
    real: np.ndarray,
    fake: np.ndarray,
    real_scores: np.ndarray,
    fake_scores: np.ndarray,
    latent_axis: np.ndarray,
    latent_plane_scores: np.ndarray,
    latents: np.ndarray,
    latent_scores: np.ndarray,
    history: Mapping[str, Sequence[float]],
) -> Figure:
    """Draw the coloured clouds: both samples, D on each, D(G(z)) on the latent plane and on a latent sample, losses.

    Parameters
    ----------
    real, fake : numpy.ndarray
        Shape ``(n, 5)``: x, y and a colour.
    real_scores, fake_scores : numpy.ndarray
        D on them, shape ``(n,)``.
    latent_axis : numpy.ndarray
        Coordinates of the grid over the latent plane.
    latent_plane_scores : numpy.ndarray
        D(G(z)) on that grid, second coordinate first.
    latents, latent_scores : numpy.ndarray
        A latent sample, shape ``(m, 2)``, and D(G(z)) on it.
    history : mapping
        One sequence a loss, a value an epoch.
    """
    figure = new_figure(figsize=(14, 7))
    axes = figure.subplots(2, 4)
    for place, points, title in ((axes[0, 0], real, "real points"), (axes[1, 0], fake, "fake points")):
        place.scatter(*points[:, :2].T, s=12, c=np.clip(points[:, 2:], 0, 1))
        place.set_title(title, fontsize=11)
    low = min(real_scores.min(), fake_scores.min(), latent_plane_scores.min())
    high = max(real_scores.max(), fake_scores.max(), latent_plane_scores.max())
    for place, points, scores, title in (
        (axes[0, 1], real, real_scores, "D on real"),
        (axes[1, 1], fake, fake_scores, "D on fake"),
        (axes[1, 2], latents, latent_scores, "D(G(z)) on a latent sample"),
    ):
        drawn = place.scatter(*points[:, :2].T, s=12, c=scores, cmap="RdBu", vmin=low, vmax=high)
        place.set_title(title, fontsize=11)
    extent = (latent_axis[0], latent_axis[-1], latent_axis[0], latent_axis[-1])
    axes[0, 2].imshow(latent_plane_scores, origin="lower", extent=extent, cmap="RdBu", vmin=low, vmax=high)
    axes[0, 2].set_title("D(G(z)) over the latent plane", fontsize=11)
    for place in axes[:, :2].flat:
        place.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
    axes[1, 2].set(xlim=extent[:2], ylim=extent[2:], aspect="equal")
    figure.colorbar(drawn, ax=axes[:, 2], shrink=0.6)
    show_losses(axes[0, 3], {name: history[name] for name in ("discr_loss", "gen_loss") if name in history})
    if "gp" in history:
        show_losses(axes[1, 3], {"gp": history["gp"]})
        axes[1, 3].set_title("gradient penalty", fontsize=11)
    else:
        axes[1, 3].set_axis_off()
    return figure


def corner(
    real: np.ndarray,
    samples: Mapping[str, np.ndarray],
    histories: Mapping[str, Mapping[str, Sequence[float]]],
    distances: Mapping[str, Mapping[str, float]],
    expected: Mapping[str, float],
) -> Figure:
    """Set GANs side by side on the cloud in the corner, with the two distances under each.

    Parameters
    ----------
    real : numpy.ndarray
        Shape ``(n, N)``.
    samples, histories, distances : mapping
        One entry a GAN: its points, its losses, and what :func:`gankit.datasets.point_clouds.corner_distances` found.
    expected : mapping
        The distances of the true cloud.
    """
    figure = new_figure(figsize=(4.4 * len(samples), 7.4))
    axes = figure.subplots(2, len(samples), squeeze=False)
    for column, (name, fake) in enumerate(samples.items()):
        place = axes[0, column]
        place.scatter(*real[:, :2].T, s=6, color=REAL_COLOUR, label="real")
        place.scatter(*fake[:, :2].T, s=6, color=FAKE_COLOUR, label="fake", alpha=0.6)
        place.set(xlim=(0.4, 1.05), ylim=(0.4, 1.05), aspect="equal")
        place.set_title(f"{name}: two of {real.shape[1]} coordinates", fontsize=11)
        place.legend(fontsize=8)
        place.set_xlabel(
            f"mean squared distance {distances[name]['mean_squared_distance']:.4f}"
            f" (true {expected['mean_squared_distance']:.4f})\n"
            f"barycentre {distances[name]['barycentre_squared_distance']:.6f}"
            f" (true {expected['barycentre_squared_distance']:.6f})",
            fontsize=9,
        )
        show_losses(axes[1, column], histories[name])
    return figure
