"""Additions to a run of growing networks: the plan of the resolutions, the course of the training, and its measures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from gankit.datasets.baselines import gaussian
from gankit.faces.changes import reduced
from gankit.faces.renderer import render_faces
from gankit.metrics import classifier_accuracy, frechet_distance
from gankit.models.growing import GrowingGAN
from gankit.networks.face_encoder import FaceEncoder
from gankit.networks.growing import set_growth
from gankit.plots import distances_over_time, faces_side_by_side, picture_of
from gankit.training.callbacks import ProcessorTime, StepCallback, below
from gankit.training.faces import KeptGenerator

SIZE = 32
# Processor time of a training step at each resolution, as a share of one at 32x32, and the share of the whole time that
# each resolution gets. The costs were measured with batches of 16 on one core (lessons/progressive_growing.md).
COSTS = {4: 0.10, 8: 0.28, 16: 0.52, 32: 1.0}
GRAPHS = 80  # steps at 32x32 that take as long as making the graphs of the smaller resolutions
TIMES = {4: 0.1, 8: 0.2, 16: 0.3, 32: 0.4}
LOOKS = 12
FACES_IN_A_FRAME, FACES_MEASURED = 32, 2000
# Half of the faces that are measured train the CNN, as the other half must be unseen.
FACES_FOR_CNN = 2000
LABELS = {
    "growing": "growing",
    "direct": "32x32 from the start",
    "real": "real (floor)",
    "gaussian": "no GAN: a Gaussian",
}


@dataclass(frozen=True)
class Stage:
    """Some training steps at one resolution; in the first ``fading`` of them it is faded in."""

    resolution: int
    steps: int
    fading: int = 0


def growth_plan(steps: int, fade: float, size: int = SIZE) -> list[Stage]:
    """Divide the time of ``steps`` steps at the largest resolution among all resolutions from 4x4 upwards.

    Parameters
    ----------
    steps : int
        Steps at the largest resolution that take as long as the whole plan with its graphs.
    fade : float
        Share of the steps of a resolution in which it is faded in, in [0, 1); with 0 it appears at once.
    size : {4, 8, 16, 32}
        The largest resolution.
    """
    times = {resolution: share for resolution, share in TIMES.items() if resolution <= size}
    unit = max(0, steps - GRAPHS) * COSTS[size] / sum(times.values())
    plan: list[Stage] = []
    for resolution, share in times.items():
        count = max(1, round(unit * share / COSTS[resolution]))
        plan.append(Stage(resolution, count, round(fade * count) if plan else 0))
    return plan


def direct_plan(steps: int, size: int = SIZE) -> list[Stage]:
    """Return a plan of ``steps`` steps at the largest resolution."""
    return [Stage(size, steps)]


def length(plan: Sequence[Stage]) -> int:
    """Return the number of all steps of a plan."""
    return sum(stage.steps for stage in plan)


def looks(plan: Sequence[Stage], count: int) -> list[int]:
    """Return the steps at which equal shares of the plan's time have passed, from the first step to the last."""
    ends = np.cumsum([0] + [stage.steps for stage in plan])
    times = np.cumsum([0.0] + [stage.steps * COSTS[stage.resolution] for stage in plan])
    found = np.interp(np.linspace(0, times[-1], count + 1), times, ends)
    return sorted({int(round(step)) for step in found})


def position(plan: Sequence[Stage], step: int) -> tuple[int, float]:
    """Return the resolution and the alpha of a step, counted from 0."""
    for stage in plan:
        if step < stage.steps:
            break
        step -= stage.steps
    return stage.resolution, min(1.0, step / stage.fading) if stage.fading else 1.0


class Growth(StepCallback):
    """Sets the resolution and alpha before each call of the graph, and restarts Adam at each new resolution.

    A change takes effect at the next call, so a plan is followed to the step if its stages are whole calls.

    Parameters
    ----------
    gan : GrowingGAN
        The model.
    plan : sequence of Stage
        Its stages, the smallest resolution first.
    """

    def __init__(self, gan: GrowingGAN, plan: Sequence[Stage]):
        super().__init__()
        self._gan, self._plan = gan, list(plan)
        gan.grow(*position(plan, 0))

    def on_train_batch_begin(self, batch: int, logs: dict | None = None) -> None:
        """Set what the next steps train."""
        resolution, alpha = position(self._plan, self.steps_made)
        if resolution != self._gan.resolution:
            # Adam corrects its means for the number of steps since the start. The layers that join later have none.
            self._gan.restart_optimizers()
        self._gan.grow(resolution, alpha)

    def restore_arrays(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Restore the arrays that :meth:`state_arrays` returned, and the resolution of the last step made."""
        super().restore_arrays(arrays)
        self._gan.grow(*position(self._plan, max(0, self.steps_made - 1)))


class GrowingGenerator(KeptGenerator):
    """The running mean of a growing generator; it makes pictures of the present resolution, enlarged to the largest.

    The mean begins anew at each resolution. Otherwise the weights with which a layer began would spoil its pictures for
    hundreds of steps.
    """

    def __init__(self, gan: GrowingGAN, past: float, seed: int):
        super().__init__(gan, past, seed)
        self._gan = gan
        self.resolution = gan.resolution
        set_growth(self.averaged, gan.resolution, float(gan.alpha))

    def after_steps(self, steps: int, logs: dict) -> None:
        """Update the mean of the weights; alpha is not averaged."""
        if self._gan.resolution != self.resolution:
            self.resolution, self._begun = self._gan.resolution, self.steps_made - steps
        super().after_steps(steps, logs)
        set_growth(self.averaged, self._gan.resolution, float(self._gan.alpha))

    def state_arrays(self) -> dict[str, np.ndarray]:
        """Return the means, and when they began."""
        return {**super().state_arrays(), "growth": np.array([self.resolution, self._begun])}

    def restore_arrays(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Restore the arrays that :meth:`state_arrays` returned."""
        super().restore_arrays(arrays)
        self.resolution, self._begun = (int(number) for number in arrays["growth"])

    def same_faces(self) -> np.ndarray:
        """Generate 1,000 faces, always from the same latents: intensities in [0, 1], ``(1000, 32, 32)``."""
        return self._generate(self._calibration_latents)


class Course(ProcessorTime):
    """Follows a training: at some steps, the distance of generated from unseen faces, the time used, and some faces.

    It comes after all other callbacks that are a part of the training, because their time counts too. Its own does not.

    Parameters
    ----------
    kept : GrowingGenerator
        What is measured.
    unseen : numpy.ndarray
        Faces that are not trained on, intensities in [0, 1], ``(n, 32, 32)``.
    at : sequence of int
        The steps to look at; 0 is before the training.

    Attributes
    ----------
    steps, resolutions : list of int
        The step and the resolution of each look.
    seconds : list of float
        Seconds of processor time that the training had used.
    distances : list of float
        The Frechet distance of 1,000 generated faces on means of 2x2 pixels.
    faces : list of numpy.ndarray
        The first 32 of these faces, ``(32, 32, 32)``.
    """

    def __init__(self, kept: GrowingGenerator, unseen: np.ndarray, at: Sequence[int]):
        super().__init__()
        self._kept, self._unseen, self._at = kept, reduced(unseen), list(at)
        self.steps: list[int] = []
        self.resolutions: list[int] = []
        self.seconds: list[float] = []
        self.distances: list[float] = []
        self.faces: list[np.ndarray] = []

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Look at the untrained generator."""
        if not self.steps:
            self._look()

    def after_steps(self, steps: int, logs: dict) -> None:
        """Stop the clock, and look if it is time."""
        super().after_steps(steps, logs)
        if len(self.steps) < len(self._at) and self.steps_made >= self._at[len(self.steps)]:
            self._look()

    def _look(self) -> None:
        faces = self._kept.same_faces()
        self.steps.append(self.steps_made)
        self.resolutions.append(self._kept.resolution)
        self.seconds.append(self.used)
        self.distances.append(frechet_distance(reduced(faces), self._unseen))
        self.faces.append(faces[:FACES_IN_A_FRAME])

    def state_arrays(self) -> dict[str, np.ndarray]:
        """Return everything that was collected."""
        names = ("resolutions", "seconds", "distances", "faces")
        collected = {f"look/{name}": np.array(getattr(self, name)) for name in names}
        return {**super().state_arrays(), "at": np.array(self.steps), **collected}

    def restore_arrays(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Restore the arrays that :meth:`state_arrays` returned."""
        super().restore_arrays(arrays)
        self.steps = arrays["at"].tolist()
        found = below("look", arrays)
        self.resolutions, self.seconds = found["resolutions"].tolist(), found["seconds"].tolist()
        self.distances, self.faces = found["distances"].tolist(), list(found["faces"])


def film(growing: Course, direct: Course) -> list[np.ndarray]:
    """Draw the looks at two trainings side by side: uint8 frames ``(height, width, 3)``."""
    frames = []
    for number in range(min(len(growing.steps), len(direct.steps))):
        grids = {
            f"{name}: {course.resolutions[number]}x{course.resolutions[number]}, step {course.steps[number]:,}": (
                course.faces[number]
            )
            for name, course in (("growing", growing), ("from the start", direct))
        }
        frames.append(picture_of(faces_side_by_side(grids, columns=8), dpi=80))
    return frames


def rendered(count: int, seed: int) -> np.ndarray:
    """Render faces of 32x32 pixels: uint8, ``(count, 32, 32)``."""
    return render_faces(count, SIZE, seed)[0]


def report(samples: Mapping[str, np.ndarray], training: np.ndarray, unseen: np.ndarray, seed: int) -> dict[str, Any]:
    """Compare samples with unseen faces, beside the training faces (the floor) and a Gaussian (no GAN).

    Parameters
    ----------
    samples : mapping
        Maps names to generated faces, intensities in [0, 1], each ``(n, 32, 32)``.
    training, unseen : numpy.ndarray
        Real faces that were trained on, and others; ``(m, 32, 32)`` each.
    seed : int
        Seed of the Gaussian and of the CNN.

    Returns
    -------
    dict of dict
        For each sample, ``real`` and ``gaussian``: the Frechet distance to the unseen faces on pixels of 32x32
        (``pixels_32``), on means of 2x2 pixels (``pixels_16``), and on the encoder's features of these (``encoder``),
        and the accuracy of a CNN that tells generated from unseen faces by these means (``classifier``).
    """
    encoder = FaceEncoder.load()
    features = encoder.features(reduced(unseen))
    rows = {**samples, "real": training[: len(unseen)], "gaussian": gaussian(training, len(unseen), seed)}
    return {
        name: {
            "pixels_32": frechet_distance(faces, unseen),
            "pixels_16": frechet_distance(reduced(faces), reduced(unseen)),
            "encoder": frechet_distance(encoder.features(reduced(faces)), features),
            "classifier": classifier_accuracy(reduced(unseen), reduced(faces), FACES_FOR_CNN, seed),
        }
        for name, faces in rows.items()
    }


def limits(training: np.ndarray, unseen: np.ndarray) -> dict[str, float]:
    """Return the best distance on means of 2x2 pixels that pictures of each smaller resolution allow.

    It is that of real faces ``(n, 32, 32)``, averaged down to the resolution and enlarged again.
    """
    found = {}
    for resolution in [each for each in COSTS if each < SIZE]:
        small, factor = training, SIZE // resolution
        while small.shape[1] > resolution:
            small = reduced(small)
        enlarged = small.repeat(factor, axis=1).repeat(factor, axis=2)
        found[str(resolution)] = frechet_distance(reduced(enlarged), reduced(unseen))
    return found


def record_of(
    rows: Mapping[str, Mapping[str, float]],
    plans: Mapping[str, Sequence[Stage]],
    courses: Mapping[str, Course],
    wall: Mapping[str, float],
) -> dict[str, Any]:
    """Return the measures for ``record.json``: the report, and for each training its plan, its time and its course."""
    trainings = {
        name: {
            "plan": [vars(stage) for stage in plan],
            "processor_seconds": round(courses[name].seconds[-1], 1),
            "seconds": round(wall[name], 1),
            "course": {
                "step": courses[name].steps,
                "processor_seconds": [round(each, 1) for each in courses[name].seconds],
                "distance": [round(each, 3) for each in courses[name].distances],
            },
        }
        for name, plan in plans.items()
    }
    return {"rows": dict(rows), "trainings": trainings}


def draw_courses(courses: Mapping[str, Course], rows: Mapping[str, Mapping[str, float]]) -> Figure:
    """Draw the distances of both trainings against their processor time."""
    named = {LABELS[name]: course for name, course in courses.items()}
    return distances_over_time(
        {name: course.seconds for name, course in named.items()},
        {name: course.distances for name, course in named.items()},
        {name: course.resolutions for name, course in named.items()},
        rows["real"]["pixels_16"],
    )


def table(rows: Mapping[str, Mapping[str, float]], seconds: Mapping[str, float]) -> str:
    """Write a report as lines of text, with the processor time of each training."""
    lines = [f"{'':24}32x32   16x16  encoder   CNN  seconds"]
    for name, row in rows.items():
        spent = f"{seconds[name]:8.0f}" if name in seconds else ""
        lines.append(
            f"{LABELS.get(name, name):22}{row['pixels_32']:7.2f} {row['pixels_16']:7.2f} {row['encoder']:8.1f} "
            f"{row['classifier']:5.0%}{spent}"
        )
    return "\n".join(lines)
