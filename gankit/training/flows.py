"""What a run of a flow shows: its points, its density beside the true one, and how far its likelihoods are off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
import tensorflow as tf

from gankit.datasets.densities import Density, mixture_log_density
from gankit.faces.scaling import FaceScaling
from gankit.memory import in_parts
from gankit.metrics.densities import kernel_log_density, point_quality
from gankit.networks.latents import LatentGenerator
from gankit.plots.flows import LearnedFlow, flow_film
from gankit.randomness import separate_seed
from gankit.training.callbacks import LossCurve

POINTS_MEASURED, POINTS_MOVED = 2500, 600
LIKELIHOODS_MEASURED = 10_000
KERNELS = 10_000  # real points that the kernel estimate is made of
FRAMES, STILLS = 40, 4
CELLS, ARROWS = 120, 16
AT_A_TIME = 4000


def scaling_of(density: Density) -> FaceScaling:
    """Return the scaling that gives points of a density the mean 0 and, over both coordinates, the deviation 1."""
    scale = np.sqrt(np.trace(density.total_covariance) / 2)
    return FaceScaling(density.mean.astype(np.float32), np.full(2, scale, np.float32))


class Flow(Protocol):
    """What is needed of a model; its points have mean 0 and deviation 1."""

    decoding: FaceScaling

    def velocity(self, positions: tf.Tensor, time: float) -> tf.Tensor:
        """Return the field at positions ``(n, 2)``, at a time in [0, 1]."""

    def flow(self, latents: tf.Tensor, end: float = 1.0) -> tf.Tensor:
        """Carry latents ``(n, 2)`` from time 0 to ``end``."""

    def log_likelihood(self, points: tf.Tensor) -> tf.Tensor:
        """Return the log-likelihood of points ``(n, 2)``, shape ``(n,)``."""


class FlowObserver:
    """Compares a flow with the density that its points come from.

    Parameters
    ----------
    model : Flow
        The flow, in scaled units.
    density : Density
        Where the real points come from.
    latent_generator : LatentGenerator
        Latents of the generated points.
    seed : int
        Seed of the real points that the flow is compared with; the training has others.
    """

    def __init__(self, model: Flow, density: Density, latent_generator: LatentGenerator, seed: int):
        self._model, self._density = model, density
        self._latents = latent_generator(POINTS_MEASURED)
        self._seed = separate_seed(seed)
        self._log_likelihood = tf.function(model.log_likelihood)

    def log_likelihood(self, points: np.ndarray) -> np.ndarray:
        """Return log p of points ``(n, 2)`` in data units: float64, shape ``(n,)``."""
        found = in_parts(self._log_likelihood, AT_A_TIME, tf.constant(self._scaled(points)))
        # A density in other units is divided by the area that a unit takes there.
        return found.astype(np.float64) - np.log(self._model.decoding.scale).sum()

    def generated(self, end: float = 1.0) -> np.ndarray:
        """Return the latents' positions at a time, in data units: shape ``(n, 2)``."""
        moved = self._model.flow(self._latents, end) if end else self._latents
        return self._model.decoding.invert(np.asarray(moved))

    def measure(self) -> dict[str, Any]:
        """Measure the points and the likelihoods of new real points, beside floor and baselines.

        Returns
        -------
        dict
            ``log_likelihood``: the mean log-likelihood of new real points under the true density (``truth``), the flow
            (``flow``), kernels around 10,000 real points (``kernels``), and one Gaussian distribution (``gaussian``).
            ``standard_error``: of the mean difference between flow and truth. ``points``, ``points_floor``: the sliced
            Wasserstein distance of generated, and of new real points, to real points; and the results of
            :func:`gankit.metrics.mode_coverage` if there are modes.
        """
        density, real = self._density, self._density.sample(LIKELIHOODS_MEASURED, self._seed)
        learned_from = density.sample(KERNELS, self._seed + 1)
        truth, flow = density.log_density(real), self.log_likelihood(real)
        covariance = np.cov(learned_from, rowvar=False)
        found = {
            "truth": truth,
            "flow": flow,
            "kernels": kernel_log_density(learned_from, self._seed)(real),
            "gaussian": mixture_log_density(real, learned_from.mean(axis=0)[None], covariance),
        }
        return {
            "log_likelihood": {name: float(values.mean()) for name, values in found.items()},
            "standard_error": float((flow - truth).std() / np.sqrt(len(real))),
            "points": point_quality(self.generated(), density, POINTS_MEASURED),
            "points_floor": point_quality(density.sample(POINTS_MEASURED, self._seed + 2), density, POINTS_MEASURED),
        }

    def show(self, curve: LossCurve) -> LearnedFlow:
        """Return the content of the picture at the end."""
        places = self._density.places(CELLS)
        truth = self._density.log_density(places)
        # In data units, and from the negative likelihood of scaled points.
        area = float(np.log(self._model.decoding.scale).sum())
        entropy = -float(self._density.log_density(self._density.sample(LIKELIHOODS_MEASURED, self._seed)).mean())
        times = np.linspace(0, 1, STILLS)
        return LearnedFlow(
            limits=self._density.limits,
            times=times,
            positions=np.stack([self.generated(time)[:POINTS_MOVED] for time in times]),
            densities={
                "true density": np.exp(truth).reshape(CELLS, CELLS),
                "density of the flow": np.exp(self.log_likelihood(places)).reshape(CELLS, CELLS),
            },
            losses=[value + area for value in curve.losses["negative_log_likelihood"]],
            loss_steps=curve.steps,
            least_loss=entropy,
        )

    def film(self) -> tuple[list[np.ndarray], list[int]]:
        """Draw points and field over time: frames, uint8, ``(height, width, 3)``, and the time of each in percent."""
        places = self._density.places(ARROWS)
        scaled = self._scaled(places)
        times = np.linspace(0, 1, FRAMES)
        positions = np.stack([self.generated(time)[:POINTS_MOVED] for time in times])
        fields = [np.asarray(self._model.velocity(tf.constant(scaled), time)) for time in times]
        return flow_film(self._density.limits, positions, places, np.stack(fields), times)

    def _scaled(self, points: np.ndarray) -> np.ndarray:
        return self._model.decoding.apply(points).astype(np.float32)


def table(measures: Mapping[str, Any]) -> str:
    """Return the measures as lines for the terminal."""
    likelihood = measures["log_likelihood"]
    lines = [f"mean log-likelihood of {LIKELIHOODS_MEASURED:,} new points"]
    titles = {"truth": "true density", "flow": "flow", "kernels": "kernel estimate", "gaussian": "one Gaussian"}
    for name, title in titles.items():
        below = f"   {likelihood['truth'] - likelihood[name]:.3f} below the truth" if name != "truth" else ""
        lines.append(f"  {title:>15}: {likelihood[name]:7.3f}{below}")
    for key, title in (("points", "generated"), ("points_floor", "real")):
        found = measures[key]
        line = f"  {title:>15}: sliced Wasserstein distance {found['sliced_wasserstein']:.3f}"
        if "modes" in found:
            line += f", {found['modes']} modes, high quality {found['high_quality']:.1%}"
        lines.append(line)
    return "\n".join(lines)
