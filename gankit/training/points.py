"""Results of training on point clouds: the arrays that the pictures show, an animation, and measures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from gankit.datasets.point_clouds import QUALITIES, colours
from gankit.metrics import beside_floor, frechet_distance
from gankit.models.gan import GAN
from gankit.plots import TrainedPoints, points_film
from gankit.randomness import separate_seed
from gankit.training.callbacks import Snapshots
from gankit.training.recipes import Part

POINTS_MEASURED = 1000
FRAMES = 40
POINTS_IN_A_FRAME = 400
# Points along a side of the grids on which D is evaluated: in a picture, in a frame, and for the arrows of a frame.
PICTURE_GRID, FRAME_GRID, ARROWS = 101, 41, 15
# 99.7 % of normal latents lie within three standard deviations.
LATENT_REACH = {"normal": 3.0}

Losses = Mapping[str, Sequence[float]]


def show_points(gan: GAN, losses: Losses, part: Part, seed: int) -> TrainedPoints:
    """Generate 1,000 fake points from separate latents, and return the content of their picture.

    Parameters
    ----------
    gan : GAN
        A trained model of points ``(n, d)``.
    losses : mapping
        One sequence per loss, with one value per epoch.
    part : Part
        The part that it was trained on. For clouds of :mod:`gankit.datasets.point_clouds` the measures include quality.
    seed : int
        Seed of the latents. It is separate, so that the picture does not change later random numbers.
    """
    fake, latents = _fakes(gan, seed)
    everything = gan.real_examples.numpy()
    real = everything[:POINTS_MEASURED]
    fake_scores = _scores(gan, fake)
    planar, axis = has_plane(gan, part), None
    if latents.shape[1] == 2:
        reach = LATENT_REACH.get(getattr(gan.latent_generator, "latent_type", "normal"), 1.0)
        axis = np.linspace(-reach, reach, PICTURE_GRID, dtype=np.float32)
    measures = QUALITIES[part.cloud](fake) if part.cloud in QUALITIES else {}
    return TrainedPoints(
        real=real,
        fake=fake,
        real_scores=_scores(gan, real),
        fake_scores=fake_scores,
        latents=latents,
        latent_scores=fake_scores,
        losses=losses,
        undecided=undecided_losses(gan),
        measures={**measures, "frechet_distance": frechet_distance(fake, everything)},
        plane_scores=_plane_scores(gan, PICTURE_GRID) if planar else None,
        latent_axis=axis,
        latent_plane_scores=None if axis is None else _latent_plane_scores(gan, axis),
    )


def measure_points(gan: GAN, losses: Losses, part: Part, seed: int) -> dict[str, Any]:
    """Compare the 1,000 fake points of :func:`show_points` with the real ones.

    Returns
    -------
    dict
        The last losses, the results of :func:`gankit.metrics.beside_floor`, and for a known cloud the quality of fake
        and of real points, ``quality`` and ``quality_floor``.
    """
    fake, real = _fakes(gan, seed)[0], gan.real_examples.numpy()
    measures: dict[str, Any] = {name: values[-1] for name, values in losses.items()}
    measures.update(beside_floor(real, fake))
    if part.cloud in QUALITIES:
        measures.update(
            quality=QUALITIES[part.cloud](fake), quality_floor=QUALITIES[part.cloud](real[:POINTS_MEASURED])
        )
    return measures


def undecided_losses(gan: GAN) -> dict[str, float]:
    """Return the value of each loss if D is 0 everywhere."""
    nothing = tf.zeros((1, 1))
    return {
        "discr_loss": float(gan.discriminator_loss(nothing, nothing)),
        "gen_loss": float(gan.generator_loss(nothing)),
    }


def has_plane(gan: GAN, part: Part) -> bool:
    """Return whether D can be drawn over the plane: points have two coordinates, or two and a colour given by them."""
    return gan.real_examples.shape[1] == 2 or part.cloud == "four_clouds"


class PointFilm(Snapshots):
    """Collects the frames of an animation of training on points.

    Parameters
    ----------
    gan : GAN
        The model, before it is trained.
    part : Part
        The part that it is trained on; one frame is taken in every fortieth part of the steps.
    seed : int
        Seed of the latents, which are the same in every frame, so that each point is seen to move.
    """

    def __init__(self, gan: GAN, part: Part, seed: int):
        super().__init__(self._frame, every=max(1, part.steps // FRAMES))
        self._gan = gan
        self._planar = has_plane(gan, part)
        self._latents = gan.require_latent_generator().reseeded(separate_seed(seed))(POINTS_IN_A_FRAME)

    def draw(self, losses: Losses) -> list[np.ndarray]:
        """Draw the frames so far: uint8, shape ``(height, width, 3)``."""
        shapes: dict[str, tuple[int, ...]] = {"fake": (POINTS_IN_A_FRAME, self._gan.real_examples.shape[1])}
        if self._planar:
            shapes.update(scores=(FRAME_GRID, FRAME_GRID), uphill=(ARROWS, ARROWS, 2))
        cuts = np.cumsum([np.prod(shape) for shape in shapes.values()])[:-1]
        frames = [
            {name: part.reshape(shape) for (name, shape), part in zip(shapes.items(), np.split(frame, cuts))}
            for frame in self.frames
        ]
        return points_film(self._gan.real_examples.numpy(), frames, self.steps, losses, undecided_losses(self._gan))

    def _frame(self) -> np.ndarray:
        parts = [self._gan.generator(self._latents, training=False).numpy()]
        if self._planar:
            parts += [_plane_scores(self._gan, FRAME_GRID), self._uphill()]
        # One array per frame, so that a checkpoint can hold the frames.
        return np.concatenate([part.ravel() for part in parts])

    def _uphill(self) -> np.ndarray:
        middles = (np.arange(ARROWS, dtype=np.float32) + 0.5) / ARROWS
        places = tf.constant(_on_plane(_grid(middles), self._gan.real_examples.shape[1]))
        with tf.GradientTape() as tape:
            tape.watch(places)
            scores = self._gan.discriminator(places, training=False)
        return tape.gradient(scores, places).numpy()[:, :2]


def _fakes(gan: GAN, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return fake points and their latents."""
    latents = gan.require_latent_generator().reseeded(separate_seed(seed))(POINTS_MEASURED)
    return gan.generator(latents, training=False).numpy(), latents.numpy()


def _scores(gan: GAN, examples: np.ndarray) -> np.ndarray:
    return gan.discriminator(examples, training=False).numpy()[:, 0]


def _plane_scores(gan: GAN, side: int) -> np.ndarray:
    places = _on_plane(_grid(np.linspace(0, 1, side, dtype=np.float32)), gan.real_examples.shape[1])
    return _scores(gan, places).reshape(side, side)


def _latent_plane_scores(gan: GAN, axis: np.ndarray) -> np.ndarray:
    outputs = gan.generator(_grid(axis), training=False).numpy()
    return _scores(gan, outputs).reshape(len(axis), len(axis))


def _on_plane(places: np.ndarray, coordinates: int) -> np.ndarray:
    """Return points at these positions; points of the coloured clouds have the right colour there."""
    return places if coordinates == 2 else np.concatenate([places, colours(places)], axis=1).astype(np.float32)


def _grid(axis: np.ndarray) -> np.ndarray:
    return np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
