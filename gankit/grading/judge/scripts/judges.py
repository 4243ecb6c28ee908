"""Tasks 5 and 6: the verdicts on what scripts draw, train and leave, and on weights that are read from files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gankit.grading.judge import verdicts
from gankit.grading.judge.networks import rows
from gankit.grading.judge.scripts.inputs import SHAPES, SIDE, STEPS
from gankit.grading.judge.verdicts import Check, Said, fails, hints, passes, unseen
from gankit.grading.worker.leavings import PIXEL

HDF5, PICTURES = "894844460d0a1a0a", ("89504e47", "47494638", "ffd8ff", "25504446")
# Places of the statistics among the weights of a network of `replace_weights`.
STATISTICS = (4, 5)
FACES_CHECKS = (
    Check("runs", "a short training run ends without an error, on prepared faces", 3),
    Check("leaves", "it leaves pictures of recovered faces and the weights of what it trained", 2),
)
EXPLORER_CHECKS = (
    Check("method", "the class has replace_weights", 0.5),
    Check("generator", "the generator gets the weights of its file", 0.5),
    Check("discriminator", "the discriminator gets the weights of its file", 0.5),
    Check("runs", "the script ends without an error and shows the stored generator's faces", 0.5),
    Check("sorted", "question 1: faces sorted by the discriminator's score", 2.5),
    Check("segment", "question 2: a straight line between two latent vectors", 2.5),
    Check("components", "question 3: new faces made from principal components", 1.5),
    Check("squares", "question 4: sums of 49 squared coordinates", 1.5),
)
# The older coursework: the student writes replace_weights.
CLASS_CHECKS = (
    Check("method", "the class has replace_weights", 1),
    Check("generator", "the generator gets the weights of its file", 3),
    Check("discriminator", "the discriminator gets the weights of its file", 3),
    Check("runs", "what builds on the stored weights works", 3),
)


@dataclass
class Evidence(verdicts.Evidence):
    """What tasks 5 and 6 are judged by.

    Scripts are given ``pictures`` and ``networks`` (weights by name); ``scene`` calls ``replace_weights``, whose files
    hold the ``stored`` weights.
    """

    pictures: np.ndarray = field(default_factory=lambda: np.zeros((0, SIDE, SIDE)))
    scene: dict[str, Any] = field(default_factory=dict)
    stored: dict[str, list[np.ndarray]] = field(default_factory=dict)
    networks: dict[str, list[np.ndarray]] = field(default_factory=dict)

    @property
    def left(self) -> dict[str, Any]:
        """What the script left."""
        return self.results["script"]

    @property
    def ended_well(self) -> bool:
        """Whether the script came to its end."""
        return self.came_back("script") and "script" not in self.errors and self.left["status"] == 0

    @property
    def faces_drawn(self) -> list[list[np.ndarray]]:
        """The faces in each figure."""
        return [[face for image in figure for face in faces_in(image)] for figure in self.left["figures"]]


# ------------------------------------------------------------------------------------------ scripts


def _judge_run(evidence: Evidence, check: str) -> Iterator[Said]:
    """Judge that a script ends well and leaves pictures."""
    if "script" in evidence.errors:
        yield fails("runs", "script_error", error=evidence.error_in_words("script"))
    elif evidence.came_back("script"):
        if evidence.left["status"] != 0:
            yield fails("runs", "script_status", said=" ".join(evidence.out.printed.split())[-200:])
        elif not any(start.startswith(PICTURES) for _, _, start in evidence.left["files"]):
            yield fails(check, "no_pictures")


def judge_face_generator(evidence: Evidence) -> Iterator[Said]:
    """Judge what ``face_generator.py`` trained, drew and left."""
    yield from _judge_run(evidence, "leaves")
    if not evidence.ended_well:
        return
    pictures, left = evidence.pictures, evidence.left
    trained = left["trained"]
    if trained and not any(_is_prepared(gan["examples"], pictures) for gan in trained):
        yield fails("runs", "not_prepared")
    if trained and not any(gan["steps"] == STEPS for gan in trained):
        yield fails("runs", "steps_other")
    yield passes("runs")
    if not any(start.startswith(HDF5) for _, _, start in left["files"]):
        yield fails("leaves", "no_weights")
    elif trained and not any(_is_trained(array, gan) for gan in trained for file in left["weights"] for array in file):
        yield fails("leaves", "weights_untrained")
    drawn = [face for figure in evidence.faces_drawn for face in figure]
    made = [face for face in drawn if np.abs(pictures / 255 - face).max(axis=(1, 2)).min() > 0.02]
    if made and not 0.25 < np.mean(made) < 0.75:
        yield fails("leaves", "not_recovered")
    yield passes("leaves")


def _is_prepared(examples: np.ndarray, pictures: np.ndarray) -> bool:
    # Some faces may have been kept back.
    if not 0.7 * len(pictures) < len(examples) <= len(pictures):
        return False
    flat = rows(examples)
    return bool(np.abs(flat).max() < 1.05 and np.abs(flat.mean(axis=0)).max() < 0.05 and flat.std() > 0.1)


def _is_trained(array: np.ndarray, gan: dict[str, Any]) -> bool:
    """Tell whether an array is the generator's kernel after training, or a mean over training."""
    before, after = gan["before"][0], gan["after"][0]
    if array.shape != before.shape or np.array_equal(before, after):
        return False
    way = (array - before) / (after - before)
    return bool(np.ptp(way) < 0.02 and 0 < way.mean() < 1.01)


def judge_explorer(evidence: Evidence) -> Iterator[Said]:
    """Judge what ``pretrained_explorer.py`` drew: the stored generator's faces, and an answer to each question."""
    yield from _judge_run(evidence, "runs")
    if not evidence.ended_well:
        return
    kernel, bias = (np.asarray(array, np.float64) for array in evidence.networks["generator"])
    scorer = np.asarray(evidence.networks["discriminator"][0], np.float64)[:, 0]
    figures = [[face.ravel() for face in figure] for figure in evidence.faces_drawn]
    made = [[face for face in figure if _is_made(face, kernel, bias)] for figure in figures]
    drawn = [array for figure in evidence.left["figures"] for array in figure]
    if sum(len(figure) for figure in made) < 20:
        # Matplotlib leaves a single pixel; any other picture was written by other means, and cannot be read here.
        if any(start.startswith(PICTURES) and size != len(PIXEL) for _, size, start in evidence.left["files"]):
            yield from (unseen(check.key, "not_matplotlib") for check in EXPLORER_CHECKS)
            return
        yield fails("runs", "not_decoded")
    yield passes("runs")
    answered = {
        "sorted": any(_is_sorted(np.array(figure) @ scorer) for figure in made if len(figure) >= 40),
        "segment": any(_is_segment(np.array(figure)) for figure in made if 10 <= len(figure) <= 40),
        "components": any(_are_of_components(figure, evidence.pictures) for figure in figures),
        "squares": any(_holds_sums(array) for array in drawn if array.ndim == 1),
    }
    yield from (passes(check) for check, is_answered in answered.items() if is_answered)
    left = [check for check, is_answered in answered.items() if not is_answered]
    if not evidence.failed("runs"):
        if len(left) > 2:
            # Not a mistake in each of them: they have not been written.
            yield fails(left[0], "no_pictures", count=len(answered) - len(left))
        else:
            yield from (fails(check, f"no_{check}") for check in left)
    yield from (unseen(check, "not_answered") for check in left)


def _is_made(face: np.ndarray, kernel: np.ndarray, bias: np.ndarray) -> bool:
    """Tell whether a face is the linear generator's, up to brightness and contrast."""
    basis = np.column_stack([kernel.T, bias, np.ones(len(bias))])
    weights = np.linalg.lstsq(basis, face, rcond=None)[0]
    spread = face.std()
    return bool(spread > 1e-3 and np.sqrt(np.mean((basis @ weights - face) ** 2)) < 0.05 * spread)


def _are_of_components(figure: list[np.ndarray], pictures: np.ndarray) -> bool:
    """Tell whether ten faces of a figure are mixtures of the real faces, and none of them."""
    real = pictures.reshape(len(pictures), -1) / 255
    basis = np.column_stack([(real[1:] - real[0]).T, real[0], np.ones(real.shape[1])])
    count = 0
    for face in figure:
        # Where intensities were cut off, a mixture is none.
        inside = (face > face.min() + 1e-3) & (face < face.max() - 1e-3)
        if inside.sum() < 2 * basis.shape[1] or face.std() < 1e-3:
            continue
        rest = face - basis @ np.linalg.lstsq(basis[inside], face[inside], rcond=None)[0]
        unlike = np.abs(real - face).max(axis=1).min() > 0.05 and np.abs(real.mean(axis=0) - face).max() > 0.05
        count += unlike and np.sqrt(np.mean(rest[inside] ** 2)) < 0.03 * face.std()
    return count >= 10


def _holds_sums(extent: np.ndarray) -> bool:
    # Sums of 49 squares lie around 49 and not below 0; so does the histogram's axis.
    return bool(np.isfinite(extent).all() and -1 <= extent[0] < 49 < extent[1])


def _is_sorted(scores: np.ndarray) -> bool:
    # Pictures of eight bits tell scores to about a hundredth of their range.
    steps, tolerance = np.diff(scores), 0.02 * np.ptp(scores)
    return bool((steps <= tolerance).all() or (steps >= -tolerance).all())


def _is_segment(made: np.ndarray) -> bool:
    steps = np.diff(made, axis=0)
    return bool(np.abs(steps - steps.mean(axis=0)).max() < 0.2 * np.abs(steps).max() and np.abs(steps).max() > 1e-4)


def faces_in(image: np.ndarray) -> list[np.ndarray]:
    """Cut a picture of one face or of many, with or without a line between them, into faces."""
    if image.ndim == 3:
        image = image[..., 0]
    for gap in (1, 0, 2):
        pitch = SIDE + gap
        if all((length + gap) % pitch == 0 for length in image.shape):
            corners = [(top, left) for top in range(0, len(image), pitch) for left in range(0, image.shape[1], pitch)]
            return [image[top : top + SIDE, left : left + SIDE].astype(np.float64) for top, left in corners]
    return []


# ------------------------------------------------------------------------------------------ stored weights


def judge_replace(evidence: Evidence) -> Iterator[Said]:
    """Judge what ``replace_weights`` did."""
    if "replace" in evidence.errors:
        yield fails("generator", "replace_error", error=evidence.error_in_words("replace"))
        return
    if not evidence.came_back("replace"):
        return
    found = evidence.results["replace"]
    if not found["method"]:
        yield fails("method", "no_method")
        return
    if found["method"] == "replace_weight":
        yield hints("replace_weight")
    yield passes("method")
    for network, other in (("generator", "discriminator"), ("discriminator", "generator")):
        idea = _replace_mistake(found[network], evidence, network, other)
        yield fails(network, idea, network=network) if idea else passes(network)
    refusals = found["refusals"].values()
    if not all(raised for raised, _ in refusals):
        yield hints("accepts_unfit")
    if not all(kept for _, kept in refusals):
        yield hints("half_replaced")


def _replace_mistake(arrays: list[np.ndarray], evidence: Evidence, network: str, other: str) -> str:
    if [array.shape for array in arrays] != [tuple(shape) for shape in SHAPES]:
        return "other_network"
    same = [np.array_equal(a, b) for a, b in zip(arrays, evidence.stored[network])]
    if all(same):
        return ""
    if all(np.array_equal(a, b) for a, b in zip(arrays, evidence.stored[other])):
        return "files_swapped"
    if all(np.array_equal(a, b) for a, b in zip(arrays, evidence.scene[network]["weights"])):
        return f"{network}_unchanged"
    if all(ok for place, ok in enumerate(same) if place not in STATISTICS):
        return "statistics_missing"
    return "some_weights" if any(same) else "other_weights"


def judge_short_training(evidence: Evidence) -> Iterator[Said]:
    """Judge that the class of the coursework's fourth file still trains."""
    if "short" in evidence.errors:
        yield fails("runs", "class_error", error=evidence.error_in_words("short"))
    elif evidence.came_back("short"):
        yield passes("runs")
