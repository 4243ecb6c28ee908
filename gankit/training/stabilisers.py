"""What a comparison of stabilisers needs: the two subjects with their measures, balanced rates, costs, and a table."""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from gankit import plots
from gankit.datasets.baselines import gaussian
from gankit.datasets.densities import Density, get_density
from gankit.faces import FaceScaling, load_faces
from gankit.memory import network_in_parts
from gankit.metrics import frechet_distance, mode_coverage, sign_test
from gankit.models.gan import GAN
from gankit.networks.face_encoder import FaceEncoder
from gankit.randomness import separate_seed
from gankit.training.callbacks import AveragedWeights, FallingRates, Snapshots, recalibrate_batch_norm
from gankit.training.run import Run

STEPS_PER_CALL = 20
PAST = 0.995  # weight of the past in averaged weights
CALIBRATING = 1000
REAL_POINTS = 100_000
FEWEST_MODES = 13  # of 25: with fewer than half, a run has failed
FRAMES = 30
KEPT = 2500  # outputs of a frame


@dataclass(frozen=True)
class Subject:
    """Data to learn, and how to judge what was learned.

    Attributes
    ----------
    examples : numpy.ndarray
        The real examples, prepared for training.
    rescaling : float
        What D multiplies them by first, so that their deviation is about 1.
    count : int
        How many generated examples to measure, at most 5,000.
    measure : callable
        Maps a generator's outputs to measures by name; ``failed`` is 1.0 for a run that failed.
    watch : callable
        Maps fewer outputs to the one measure that is drawn over the training.
    watched, best : str and float
        What ``watch`` measures, and the value that a perfect generator reaches.
    compared : mapping
        The measures that the sign test compares, and +1 if larger is better, or -1.
    references : mapping
        Outputs to hold a generator against: fresh real examples, and what is possible without a GAN.
    decode : callable
        Maps outputs to what a picture shows.
    density : Density, optional
        Where points come from; None for faces.
    """

    examples: np.ndarray
    rescaling: float
    count: int
    measure: Callable[[np.ndarray], dict[str, float]]
    watch: Callable[[np.ndarray], float]
    watched: str
    best: float
    compared: Mapping[str, int]
    references: Mapping[str, np.ndarray]
    decode: Callable[[np.ndarray], np.ndarray]
    density: Density | None = None

    @property
    def limits(self) -> tuple[float, float] | None:
        """The least and the largest coordinate of a picture of points; None for faces."""
        return None if self.density is None else self.density.limits


def grid_of_points() -> Subject:
    """Return the grid of 25 clouds. A run fails if it finds fewer than half of them."""
    density = get_density("grid")

    def measure(points: np.ndarray) -> dict[str, float]:
        found = mode_coverage(points, density.centres, 3 * density.deviation)
        return {**found, "failed": float(found["modes"] < FEWEST_MODES)}

    like_real = Density(density.mean[None], density.total_covariance)
    return Subject(
        density.sample(REAL_POINTS),
        # The mean of the grid is 0.
        1 / float(np.sqrt(np.trace(density.total_covariance) / 2)),
        2500,
        measure,
        lambda points: measure(points)["modes"],
        "modes found",
        len(density.centres),
        {"modes": 1, "high_quality": 1},
        {"real": density.sample(2500, 1), "a Gaussian": like_real.sample(2500, 1)},
        lambda points: points,
        density,
    )


def faces(count: int = 5000) -> Subject:
    """Return the faces. A run fails if its faces are farther from the real ones than the mean face alone.

    The Frechet distance of the mean face, drawn again and again, is the sum of the variances of the real faces.
    """
    stored = load_faces()
    scaling = FaceScaling.fit(stored)
    prepared = scaling.prepare(stored)
    count = min(count, len(stored) // 2)
    real, others = (scaling.recover(each) for each in (prepared[:count], prepared[count : 2 * count]))
    encoder = FaceEncoder.load()
    real_features = encoder.features(real)
    of_the_mean = float(real.reshape(count, -1).var(axis=0, ddof=1).sum())

    def measure(outputs: np.ndarray) -> dict[str, float]:
        pictures = scaling.recover(outputs)
        distance = frechet_distance(pictures, real)
        features = frechet_distance(encoder.features(pictures), real_features)
        return {"frechet": distance, "frechet_features": features, "failed": float(distance > of_the_mean)}

    mean_faces = np.repeat(real.mean(axis=0)[None], count, axis=0)
    return Subject(
        prepared,
        1 / float(prepared.std()),
        count,
        measure,
        lambda outputs: frechet_distance(scaling.recover(outputs), real),
        "Frechet distance on pixels",
        frechet_distance(others, real),
        {"frechet": -1, "frechet_features": -1},
        {
            "real": scaling.apply(others),
            "a Gaussian": scaling.apply(gaussian(real, count)),
            "the mean face": scaling.apply(mean_faces),
        },
        scaling.recover,
    )


SUBJECTS: dict[str, Callable[[], Subject]] = {"grid": grid_of_points, "faces": faces}


class FinalGenerator(AveragedWeights):
    """The generator that is measured: the last weights, or their running mean; statistics of batch norms recalibrated.

    Parameters
    ----------
    gan : GAN
        An untrained model.
    past : float
        Weight of the past in one step, in [0, 1); 0 keeps the last weights.
    seed : int
        Seed of the latents, which are separate from those of the training.
    """

    def __init__(self, gan: GAN, past: float, seed: int):
        super().__init__(gan.generator, past)
        self._latents = gan.require_latent_generator().reseeded(separate_seed(seed))(max(CALIBRATING, 5000))

    def outputs(self, count: int) -> np.ndarray:
        """Return the outputs for the same ``count`` latents at each call, at most 5,000."""
        recalibrate_batch_norm(self.averaged, self._latents[:CALIBRATING])
        return network_in_parts(self.averaged, 1000, self._latents[:count])


# ---- Balanced rates ----

Rule = Callable[[Mapping[str, float]], tuple[float, float]]


def loss_rule(losses: Mapping[str, float]) -> tuple[float, float]:
    """Return the factors of D's and of G's rate by the rule of many tutorials: slow down whoever clearly wins."""
    if losses["discr_loss"] < 0.1 and losses["gen_loss"] > 2.0:
        return 0.9, 1.1
    if losses["gen_loss"] < 0.1 and losses["discr_loss"] > 2.0:
        return 1.1, 0.9
    return 1.0, 1.0


def accuracy_rule(losses: Mapping[str, float]) -> tuple[float, float]:
    """Return the factors of D's and of G's rate by the share that D gets right: up to 60 %, or more than 80 %."""
    if losses["right"] > 0.8:
        return 0.9, 1.1
    if losses["right"] < 0.6:
        return 1.1, 0.9
    return 1.0, 1.0


RULES: dict[str, Rule] = {"loss_balancing": loss_rule, "accuracy_balancing": accuracy_rule}


class BalancedRates(FallingRates):
    """Falling rates that a rule multiplies after each call of the graph, if the model has such a stabiliser.

    Parameters
    ----------
    gan : GAN
        The model.
    names : set of str
        Its stabilisers; without one of :data:`RULES` the rates only fall.
    steps, share
        As in :class:`gankit.training.callbacks.FallingRates`.

    Attributes
    ----------
    changes : int
        How often the rule changed the rates.
    """

    SMALLEST, LARGEST = 0.1, 10.0

    def __init__(self, gan: GAN, names: set[str], steps: int, share: float):
        super().__init__([gan.discriminator.optimizer, gan.generator.optimizer], steps, share)
        self._rules = [RULES[name] for name in RULES if name in names]
        self._first_rates = list(self._rates)
        self._factors = [1.0, 1.0]
        self.changes = 0

    def after_steps(self, steps: int, logs: dict) -> None:
        """Apply the rule; the factors stay between a tenth and ten."""
        for rule in self._rules:
            factors = rule(logs)
            self.changes += factors != (1.0, 1.0)
            self._factors = [
                float(np.clip(old * new, self.SMALLEST, self.LARGEST)) for old, new in zip(self._factors, factors)
            ]

    def on_train_batch_begin(self, batch: int, logs: dict | None = None) -> None:
        """Set the rates of the next steps."""
        self._rates = [rate * factor for rate, factor in zip(self._first_rates, self._factors)]
        for optimizer, rate in zip(self._optimizers, self._rates):
            optimizer.learning_rate.assign(rate)
        super().on_train_batch_begin(batch, logs)

    def state_arrays(self) -> dict[str, np.ndarray]:
        """Return the factors, and how often they changed."""
        return {**super().state_arrays(), "factors": np.array(self._factors), "changes": np.array(self.changes)}

    def restore_arrays(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Restore the arrays that :meth:`state_arrays` returned."""
        super().restore_arrays(arrays)
        self._factors, self.changes = arrays["factors"].tolist(), int(arrays["changes"])


# ---- Training ----


def train(
    gan: GAN, names: set[str], subject: Subject, options: Namespace, run: Run, name: str, seed: int, looks: int = 1
) -> tuple[Snapshots, dict[str, float]]:
    """Train a model for all steps, and measure what its generator makes.

    Parameters
    ----------
    gan : GAN
        The model.
    names : set of str
        Its stabilisers; those that are about weights and rates are brought in here.
    subject : Subject
        What it learns.
    options : argparse.Namespace
        ``steps`` and ``decay``.
    run : Run
        What trains it.
    name : str
        The name of this training.
    seed : int
        Seed of the latents of all outputs.
    looks : int
        At how many moments to keep outputs; with 1, none are kept.

    Returns
    -------
    film : Snapshots
        The outputs of the same latents at these moments.
    measures : dict of str to float
        Those of the subject; ``rates_changed``, how often balancing changed the rates; ``seconds`` of training.
    """
    final = FinalGenerator(gan, PAST if "averaging" in names else 0.0, seed)
    rates = BalancedRates(gan, names, options.steps, options.decay)
    film = Snapshots(lambda: final.outputs(KEPT if looks > 1 else 1), every=max(1, options.steps // looks))
    run.fit(gan, 1, options.steps, name=name, title=name, callbacks=[final, rates, film], steps_per_call=STEPS_PER_CALL)
    measures = subject.measure(final.outputs(subject.count))
    return film, {**measures, "rates_changed": rates.changes, "seconds": run.seconds[name]}


def train_seeds(
    build: Callable[[str, int], Any], names: Sequence[str], subject: Subject, options: Namespace, run: Run
) -> tuple[dict[str, list[dict[str, float]]], dict[str, float]]:
    """Train with each stabiliser and each of ``options.seeds`` seeds.

    Parameters
    ----------
    build : callable
        ``build(name, seed)`` returns the GAN with these stabilisers; its attribute ``on`` is the set of them.
    names : sequence of str
        The stabilisers, ``plain`` among them.
    subject, options, run
        As in :func:`train`.

    Returns
    -------
    results : dict of list of dict
        For each name the measures of each seed.
    costs : dict of float
        The results of :func:`costs_of_a_step`.
    """
    models = {name: build(name, 0) for name in names}
    results: dict[str, list[dict[str, float]]] = {name: [] for name in models}
    for seed in range(options.seeds):
        for name, gan in models.items():
            # A model takes over the state of a new one, so that its training step is traced once for all seeds.
            gan.restore_arrays(build(name, seed).state_arrays())
            results[name].append(train(gan, gan.on, subject, options, run, f"{name}_{seed}", seed)[1])
    return results, costs_of_a_step(models)


# ---- Results ----

FORMS = {"modes": "{:.0f}", "high_quality": "{:.0%}", "frechet": "{:.2f}", "frechet_features": "{:.1f}"}
Results = Mapping[str, Sequence[Mapping[str, float]]]


def against_plain(results: Results, measure: str, sign: int) -> dict[str, dict[str, Any]]:
    """Compare each stabiliser with the plain GAN, seed by seed.

    Parameters
    ----------
    results : mapping
        For ``plain`` and each stabiliser, the measures of each seed.
    measure : str
        The measure to compare.
    sign : int
        +1 if larger is better, -1 if smaller is.

    Returns
    -------
    dict of dict
        For each stabiliser with several seeds: ``differences`` from the plain GAN, one per seed; ``better``, ``worse``
        and ``ties``, the numbers of seeds; ``p_value`` of the sign test.
    """
    plain = np.array([run[measure] for run in results["plain"]])
    found = {}
    for name, runs in results.items():
        if name != "plain" and len(runs) == len(plain) > 1:
            values = np.array([run[measure] for run in runs])
            test = sign_test(sign * values, sign * plain)
            found[name] = {
                "differences": (values - plain).tolist(),
                "better": test["larger"],
                "worse": test["smaller"],
                "ties": test["ties"],
                "p_value": test["p_value"],
            }
    return found


def table(results: Results, compared: Mapping[str, int], costs: Mapping[str, float] | None = None) -> str:
    """Return the results as a Markdown table: medians over the seeds, the worst seed in brackets, and the sign tests.

    Runs that were not trained, such as real examples, have a single entry and no comparison.
    """
    seeds = len(results["plain"])
    tests = {measure: against_plain(results, measure, sign) for measure, sign in compared.items()}
    heads = [measure.replace("_", " ") for measure in compared]
    if seeds > 1:
        heads += ["failed", *(f"{measure.replace('_', ' ')}, seeds better : worse" for measure in compared)]
    heads += ["cost of a step"] if costs else []
    lines = ["| " + " | ".join(["", *heads]) + " |", "| --- " * (len(heads) + 1) + "|"]
    for name, runs in results.items():
        cells = [name.replace("_", " ")]
        for measure, sign in compared.items():
            values = [run[measure] for run in runs]
            worst = f" ({FORMS[measure].format(min(values) if sign > 0 else max(values))})" if len(runs) > 1 else ""
            cells.append(FORMS[measure].format(np.median(values)) + worst)
        if seeds > 1:
            cells.append(f"{sum(run['failed'] for run in runs):.0f} of {len(runs)}")
            cells += [_verdict(test[name]) if name in test else "" for test in tests.values()]
        if costs:
            cells.append(f"{costs[name]:.1f}" if name in costs else "")
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _verdict(test: Mapping[str, Any]) -> str:
    return f"{test['better']} : {test['worse']}, p {test['p_value']:.3f}"


def costs_of_a_step(models: Mapping[str, GAN], steps: int = 20, turns: int = 5) -> dict[str, float]:
    """Return the processor time of a training step of each model, divided by that of the model ``plain``.

    The models make their steps in turns, since the speed of a machine drifts; the result is the median over the turns.
    """
    seconds: dict[str, list[float]] = {name: [] for name in models}
    for _ in range(turns):
        for name, gan in models.items():
            started = time.process_time()
            gan.train_steps(steps)
            seconds[name].append(time.process_time() - started)
    plain = np.array(seconds["plain"])
    return {name: float(np.median(np.array(values) / plain)) for name, values in seconds.items()}


# ---- Pictures ----


def draw_comparison(results: Results, compared: Mapping[str, int]) -> Figure:
    """Draw the differences from the plain GAN, one dot for each seed, with the seeds that were better and worse."""
    tests = {measure: against_plain(results, measure, sign) for measure, sign in compared.items()}
    differences = {
        measure: {name: test["differences"] for name, test in by_name.items()} for measure, by_name in tests.items()
    }
    notes = {measure: {name: _verdict(test) for name, test in by_name.items()} for measure, by_name in tests.items()}
    return plots.paired_differences(differences, notes, compared)


def draw_runs(subject: Subject, films: Mapping[str, Snapshots], measures: Results) -> Figure:
    """Draw what each run generates at the end, and the watched measure of all runs during the training."""
    titles = []
    for name, (found,) in measures.items():
        numbers = [
            f"{FORMS[measure].format(found[measure])} {measure.replace('_', ' ')}" for measure in subject.compared
        ]
        titles.append("\n".join([name.replace("_", " "), *numbers]))
    return plots.stabilised_runs(
        {name: subject.decode(film.frames[-1]) for name, film in films.items()},
        titles,
        subject.decode(subject.examples[:1000]),
        subject.limits,
        next(iter(films.values())).steps,
        {name: [subject.watch(frame) for frame in film.frames] for name, film in films.items()},
        subject.watched,
        subject.best,
    )


def draw_film(subject: Subject, films: Mapping[str, Snapshots]) -> list[np.ndarray]:
    """Draw the frames of an animation of all runs side by side."""
    steps = next(iter(films.values())).steps
    frames = [
        {name: subject.decode(film.frames[number][:1000]) for name, film in films.items()}
        for number in range(len(steps))
    ]

    def title(number: int, name: str) -> str:
        return f"{name.replace('_', ' ')}\nstep {steps[number]:,}"

    return plots.stabilised_film(frames, title, subject.decode(subject.examples[:500]), subject.limits)
