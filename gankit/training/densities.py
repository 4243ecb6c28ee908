"""What a run on points of a known density shows: both discriminators, their losses, and measures of the points."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from gankit.datasets.densities import Density, mixture_log_density
from gankit.metrics.densities import (
    kernel_log_density,
    moments_in_standard_errors,
    optimal_discriminator,
    point_quality,
)
from gankit.models.gan import GAN
from gankit.plots.densities import Fields, TrainedDensity, density_film
from gankit.randomness import separate_seed
from gankit.training.callbacks import LossCurve, Snapshots
from gankit.training.points import undecided_losses

FRAMES = 30
# Cells along a side of the fields, and fakes that a density is estimated from: in a picture, and in a frame.
PICTURE_GRID, FRAME_GRID = 151, 101
PICTURE_SAMPLE, FRAME_SAMPLE = 10_000, 1500
POINTS_COMPARED = 2000
UPDATES_WATCHED, UPDATES_BETWEEN = 1000, 20
POINTS_MEASURED = 2500  # as in the papers' tables
# A field is empty where fewer than this many of 10,000 points are expected in a cell.
FEWEST_EXPECTED = 0.02

Function = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Verdict:
    """How the scores of a discriminator stand for probabilities that a point is real.

    Attributes
    ----------
    to_probability, to_score : callable
        Map scores to probabilities, and probabilities to scores.
    """

    to_probability: Function
    to_score: Function


def _log_odds(probabilities: np.ndarray) -> np.ndarray:
    bounded = np.clip(np.asarray(probabilities, np.float64), 1e-300, 1 - 1e-16)
    return np.log(bounded) - np.log1p(-bounded)


#: A score is the logit of D, as in the cross-entropy losses.
LOGIT = Verdict(lambda scores: optimal_discriminator(scores, np.zeros(())), _log_odds)
#: Targets are -1 and +1, as in the least-squares loss, whose best D is (p - q) / (p + q) (Mao et al. 2017, equation 5).
PLUS_MINUS_ONE = Verdict(lambda scores: (np.asarray(scores) + 1) / 2, lambda probabilities: 2 * probabilities - 1)


class DensityObserver:
    """Compares a model of points with the density that they come from.

    Parameters
    ----------
    gan : GAN
        A model of points ``(n, 2)``.
    density : Density
        Where its real points come from.
    verdict : Verdict, optional
        How its scores stand for probabilities; None for losses without a best discriminator that p and q determine.
    is_affine : bool
        Whether the generator is an affine map of normal latents; then its density is known exactly.
    seed : int
        Seed of the latents and points. They are separate, so that looking does not change the training.
    """

    def __init__(self, gan: GAN, density: Density, verdict: Verdict | None, is_affine: bool, seed: int):
        self._gan, self._density, self._verdict, self._is_affine = gan, density, verdict, is_affine
        self._seed = separate_seed(seed)
        self._latents = gan.require_latent_generator().reseeded(self._seed)(PICTURE_SAMPLE)

    def film(self, steps: int) -> DensityFilm:
        """Return a callback that collects the frames of an animation over ``steps`` training steps."""
        return DensityFilm(self, steps)

    def show(self, curve: LossCurve) -> TrainedDensity:
        """Return the content of the picture at the end."""
        real, fake = self._density.sample(POINTS_COMPARED, self._seed), self._fakes()
        learned = optimal = np.zeros(0)
        log_q = None
        if self._verdict is not None:
            both, log_q = np.concatenate([real, fake[:POINTS_COMPARED]]), self._log_q(fake)
            learned = self._verdict.to_probability(self._scores(both))
            optimal = optimal_discriminator(self._density.log_density(both), log_q(both))
        return TrainedDensity(
            real=real,
            limits=self._density.limits,
            fields=self._fields(fake, log_q, PICTURE_GRID),
            losses=curve.losses,
            loss_steps=curve.steps,
            undecided=undecided_losses(self._gan),
            learned_at_points=learned,
            optimal_at_points=optimal,
        )

    def measure(self) -> dict[str, Any]:
        """Measure the points, and D if there is a best one, beside floor and baseline.

        Returns
        -------
        dict
            ``points``, ``points_floor`` (fresh real points) and ``points_baseline`` (a Gaussian distribution with the
            mean and covariance of the real points): the sliced Wasserstein distance from real points and, if there are
            modes, the results of :func:`gankit.metrics.mode_coverage`. ``discriminator``: the loss of D on new points,
            the loss of the best D for these fakes, the loss if both sets are alike, and the mean difference between the
            two probabilities. ``recovered``: for an affine generator, its exact mean and covariance, and their
            differences from the true ones in standard errors of a sample as large as the real one.
        """
        like_real = Density(self._density.mean[None], self._density.total_covariance)
        measures: dict[str, Any] = {
            "points": self.measure_points(),
            "points_floor": self._quality(self._density.sample(POINTS_MEASURED, self._seed + 1)),
            "points_baseline": self._quality(like_real.sample(POINTS_MEASURED, self._seed + 3)),
        }
        if self._verdict is not None:
            measures["discriminator"] = self.measure_discriminator()
        if self._is_affine and len(self._density.centres) == 1:
            mean, covariance = self._moments()
            errors = moments_in_standard_errors(
                mean, covariance, self._density.mean, self._density.total_covariance, len(self._gan.real_examples)
            )
            recovered = {"mean": mean, "covariance": covariance}
            recovered |= {f"{name}_in_standard_errors": each for name, each in zip(("mean", "covariance"), errors)}
            measures["recovered"] = {name: array.tolist() for name, array in recovered.items()}
        return measures

    def measure_points(self) -> dict[str, float]:
        """Measure 2,500 generated points, as in the papers' tables."""
        return self._quality(self._fakes(POINTS_MEASURED))

    def measure_discriminator(self) -> dict[str, float]:
        """Compare D with the best D for these fakes, on new points; see :meth:`measure`."""
        assert self._verdict is not None  # there is no best D to compare with
        fake = self._fakes()
        real = self._density.sample(POINTS_COMPARED, self._seed + 2)
        # The density is estimated from other fakes than those that D is judged on.
        judged, optimum = fake[:POINTS_COMPARED], self._optimum(fake[POINTS_COMPARED:])
        scores = [self._scores(real), self._scores(judged)]
        best = [optimum(real), optimum(judged)]

        def loss(pair: Sequence[np.ndarray]) -> float:
            return float(self._gan.discriminator_loss(*(tf.constant(each, tf.float64) for each in pair)))

        learned = self._verdict.to_probability(np.concatenate(scores))
        return {
            "loss": loss(scores),
            "loss_of_the_best": loss([self._verdict.to_score(each) for each in best]),
            "loss_if_alike": self.undecided["discr_loss"],
            "mean_difference_from_the_best": float(np.abs(learned - np.concatenate(best)).mean()),
        }

    def fields(self, cells: int, sample: int) -> Fields:
        """Return the fakes of ``sample`` latents, and both discriminators on a grid of ``cells`` by ``cells``."""
        fake = self._fakes(sample)
        return self._fields(fake, None if self._verdict is None else self._log_q(fake), cells)

    def _fields(self, fake: np.ndarray, log_q: Function | None, cells: int) -> Fields:
        low, high = self._density.limits
        places = self._density.places(cells)
        scores = self._scores(places)
        if self._verdict is None or log_q is None:
            return Fields(fake, scores.reshape(cells, cells), np.zeros((0, 0)))
        log_p, log_q_there = self._density.log_density(places), log_q(places)
        expected = np.exp(np.logaddexp(log_p, log_q_there)) / 2 * 10_000 * ((high - low) / cells) ** 2
        optimal = np.where(expected < FEWEST_EXPECTED, np.nan, optimal_discriminator(log_p, log_q_there))
        learned = self._verdict.to_probability(scores)
        return Fields(fake, learned.reshape(cells, cells), optimal.reshape(cells, cells))

    @property
    def density(self) -> Density:
        """Where the real points come from."""
        return self._density

    @property
    def undecided(self) -> dict[str, float]:
        """The value of each loss if D takes every point for real and for fake alike."""
        return undecided_losses(self._gan)

    def _fakes(self, count: int | None = None) -> np.ndarray:
        return self._gan.generator(self._latents[:count], training=False).numpy()

    def _scores(self, points: np.ndarray) -> np.ndarray:
        scores = self._gan.discriminator(tf.constant(points, tf.float32), training=False)
        return scores.numpy()[:, 0].astype(np.float64)

    def _moments(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the exact mean and covariance of an affine generator's points, for standard normal latents."""
        dimension = self._latents.shape[1]
        outputs = self._gan.generator(np.concatenate([np.zeros((1, dimension)), np.eye(dimension)]).astype(np.float32))
        constant, *ends = outputs.numpy().astype(np.float64)
        matrix = np.stack(ends, axis=1) - constant[:, None]
        return constant, matrix @ matrix.T

    def _log_q(self, fake: np.ndarray) -> Function:
        if not self._is_affine:
            return kernel_log_density(fake, self._seed)
        mean, covariance = self._moments()
        # A generator that has collapsed to a line has no density; this width is far below a pixel.
        covariance = covariance + 1e-9 * np.eye(2)
        return lambda points: mixture_log_density(points, mean[None], covariance)

    def _optimum(self, fake: np.ndarray) -> Function:
        log_q = self._log_q(fake)
        return lambda points: optimal_discriminator(self._density.log_density(points), log_q(points))

    def _quality(self, points: np.ndarray) -> dict[str, float]:
        return point_quality(points, self._density, POINTS_MEASURED, self._seed)


class DensityFilm(Snapshots):
    """Collects the frames of an animation; made by :meth:`DensityObserver.film`."""

    def __init__(self, observer: DensityObserver, steps: int):
        super().__init__(self._frame, every=max(1, steps // FRAMES))
        self._observer = observer

    def draw(self, curve: LossCurve) -> list[np.ndarray]:
        """Draw the frames so far: uint8, shape ``(height, width, 3)``."""
        observer, cells, points = self._observer, FRAME_GRID**2, 2 * FRAME_SAMPLE
        frames = [
            Fields(
                frame[:points].reshape(FRAME_SAMPLE, 2),
                frame[points : points + cells].reshape(FRAME_GRID, FRAME_GRID),
                frame[points + cells :].reshape(-1, FRAME_GRID),
            )
            for frame in self.frames
        ]
        real = observer.density.sample(POINTS_COMPARED, 0)
        limits, undecided = observer.density.limits, observer.undecided
        return density_film(real, limits, frames, self.steps, curve.losses, curve.steps, undecided)

    def _frame(self) -> np.ndarray:
        # One array per frame, so that a checkpoint can hold the frames.
        fields = self._observer.fields(FRAME_GRID, FRAME_SAMPLE)
        return np.concatenate([part.ravel() for part in (fields.fake, fields.learned, fields.optimal)]).astype("f4")


def watch_gradients(gan: GAN, losses: Mapping[str, Callable], seed: int) -> dict[str, Any]:
    """Train a model whose generator stands still, and follow the gradients that generator losses would have.

    Parameters
    ----------
    gan : GAN
        A model whose generator has the learning rate 0.
    losses : mapping
        Functions of D's logits of fakes, shape ``(n, 1)``.
    seed : int
        Seed of the latents of the fakes.

    Returns
    -------
    dict
        The arguments of :func:`gankit.plots.saturation`.
    """
    latents = gan.require_latent_generator().reseeded(separate_seed(seed))(POINTS_COMPARED)
    steps: list[int] = []
    caught: list[float] = []
    slopes: dict[str, list[float]] = {name: [] for name in losses}
    for step in range(0, UPDATES_WATCHED + 1, UPDATES_BETWEEN):
        if step:
            gan.train_steps(UPDATES_BETWEEN)
        norms, scores = gradient_norms(gan, losses, latents)
        steps.append(step)
        caught.append(float(tf.reduce_mean(tf.sigmoid(scores))))
        for name, norm in norms.items():
            slopes[name].append(norm)
    return {"steps": steps, "slopes": slopes, "caught": caught}


def gradient_norms(gan: GAN, losses: Mapping[str, Callable], latents: tf.Tensor) -> tuple[dict[str, float], tf.Tensor]:
    """Return the norm of each loss's gradient with respect to the generator's weights, and D's scores of the fakes."""
    variables = gan.generator.trainable_variables
    with tf.GradientTape(persistent=True) as tape:
        scores = gan.discriminator(gan.generator(latents, training=False), training=False)
        values = {name: loss(scores) for name, loss in losses.items()}
    return {
        name: float(tf.linalg.global_norm(tape.gradient(value, variables))) for name, value in values.items()
    }, scores


def describe(measures: Mapping[str, Any]) -> str:
    """Return sentences that say what a run found, from the measures of its record."""
    trained = measures["as_trained"]
    lines = []
    for key, title in (("points", "generated"), ("points_floor", "real"), ("points_baseline", "a Gaussian")):
        found = trained[key]
        line = f"{title:>10}: sliced Wasserstein distance {found['sliced_wasserstein']:.3f}"
        if "modes" in found:
            line += f", {found['modes']} modes, high quality {found['high_quality']:.1%}"
            line += f", divergence of the modes' shares {found['mode_divergence']:.3f}"
        lines.append(line)
    for key, title in (("mean", "mean"), ("covariance", "covariance")):
        if "recovered" in trained:
            values, errors = (np.ravel(trained["recovered"][f"{key}{end}"]) for end in ("", "_in_standard_errors"))
            pairs = ", ".join(f"{value:.4f} ({error:+.1f})" for value, error in zip(values, errors))
            lines.append(f"recovered {title} (difference in standard errors): {pairs}")
    stages = {"as trained": trained.get("discriminator"), "trained on": measures.get("with_d_trained_on")}
    for stage, found in stages.items():
        if found:
            lines.append(
                f"D {stage}: loss {found['loss']:.4f}; the best D for these fakes {found['loss_of_the_best']:.4f}; "
                f"if real and fake are alike {found['loss_if_alike']:.4f}; "
                f"mean difference from the best D {found['mean_difference_from_the_best']:.3f}"
            )
    return "\n".join(lines)


def table(results: Mapping[str, Mapping[str, Sequence[Mapping[str, float]]]]) -> str:
    """Return the comparison of losses as a Markdown table: the median over the seeds, and the worst in brackets."""
    lines = [
        "| cloud | loss | modes | high quality | divergence of shares | seconds |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for cloud, losses in results.items():
        for loss, runs in losses.items():
            cells = [cloud, loss.replace("_", " ")]
            for key, worst, form in (
                ("modes", min, "{:.0f}"),
                ("high_quality", min, "{:.0%}"),
                ("mode_divergence", max, "{:.2f}"),
                ("seconds", max, "{:.0f}"),
            ):
                values = [run[key] for run in runs]
                cells.append(f"{form.format(np.median(values))} ({form.format(worst(values))})")
            # Without any mode there is no divergence.
            lines.append(f"| {' | '.join(cells)} |".replace("nan (nan)", "none"))
    return "\n".join(lines)
