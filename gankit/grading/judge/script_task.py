"""Tasks 5 and 6: the verdicts on scripts that are run end to end, from what they draw, train and leave.

Small networks stand in for those of task 4, and a class that does not learn for the one of task 3: its training step
only counts, and shifts the generator's weights, so that they tell what was trained.
"""

from __future__ import annotations

import io
from typing import Any

import numpy as np

from gankit.grading.judge.networks import rows
from gankit.grading.judge.stored_task import weights_file
from gankit.grading.judge.verdicts import PASS, Check, TaskResult, in_words
from gankit.grading.worker.leavings import PIXEL

SIDE = 16
STEPS = 2
HDF5, PICTURES = "894844460d0a1a0a", ("89504e47", "47494638", "ffd8ff", "25504446")

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
FEW_FACES = {
    "gankit.training.faces": {"FACES_MEASURED": 60, "FACES_CALIBRATING": 20, "FRAMES": 2},
}


def faces(random: np.random.Generator, count: int = 60) -> np.ndarray:
    """Return smooth random pictures, uint8, that can stand in for faces."""
    coarse = random.uniform(0, 255, (count, 4, 4))
    pictures = np.kron(coarse, np.ones((1, 4, 4))) * 0.8 + random.uniform(0, 51, (count, SIDE, SIDE))
    return pictures.astype(np.uint8)


def faces_file(pictures: np.ndarray) -> bytes:
    """Return such pictures as a file of the coursework's form."""
    memory = io.BytesIO()
    np.save(memory, pictures)
    return memory.getvalue()


def faces_scene() -> dict[str, Any]:
    """Return the scene that runs ``face_generator.py`` for two steps."""
    arguments = ["--faces", "few_faces.npy", "--steps", str(STEPS), "--batch-size", "4", "--output", "left"]
    return {"name": "script", "kind": "script", "settings": FEW_FACES, "arguments": arguments}


def explorer_scene() -> dict[str, Any]:
    """Return the scene that runs ``pretrained_explorer.py`` on stored weights of small networks."""
    arguments = ["--generator", "g.h5", "--discriminator", "d.h5", "--faces", "few_faces.npy", "--output", "left"]
    return {"name": "script", "kind": "script", "arguments": arguments}


def stored_networks(random: np.random.Generator) -> dict[str, list[np.ndarray]]:
    """Draw kernel and bias of a linear generator and a linear discriminator.

    The generator's outputs lie well inside [0, 1], so that nothing is cut off where they are shown as they are.
    """
    kernel = 0.02 * random.standard_normal((16, SIDE * SIDE))
    bias = random.uniform(0.4, 0.6, SIDE * SIDE)
    scorer = random.standard_normal((SIDE * SIDE, 1))
    drawn = {"generator": [kernel, bias], "discriminator": [scorer, random.standard_normal(1)]}
    return {name: [array.astype(np.float32) for array in arrays] for name, arrays in drawn.items()}


def network_files(stored: dict[str, list[np.ndarray]]) -> dict[str, bytes]:
    """Return weights files of the two networks, with layer names that no fresh network has."""
    return {
        f"{name[0]}.h5": weights_file([("layer_30", list(zip(("kernel", "bias"), arrays)))])
        for name, arrays in stored.items()
    }


# ------------------------------------------------------------------------------------- verdicts


def judge_script(
    key: str, results: dict[str, Any], errors: dict[str, Any], result: TaskResult, stack: str, pictures: int
) -> dict[str, Any] | None:
    """Judge that a script ended well and left pictures; return what it left, or None where it did not."""
    if "script" in errors:
        result.failed("runs", "script_error", f"Run as a script it raised {in_words(errors['script'], stack)}")
        return None
    found = results.get("script")
    if not isinstance(found, dict):
        return None
    if found["status"] != 0:
        said = " ".join(result.printed.split())[-200:]
        result.failed("runs", "script_status", f"Run as a script it ended with an error status, and said: {said}")
        return None
    drawn = [name for name, size, start in found["files"] if start.startswith(PICTURES)]
    if len(drawn) < pictures:
        result.failed(
            key,
            "no_pictures",
            "Run as a script it ends without an error, and leaves too few pictures in the folder that --output names.",
            0.5 if drawn else 0.3,
        )
    return found


def judge_face_generator(pictures: np.ndarray, found: dict[str, Any], result: TaskResult) -> None:
    """Judge what ``face_generator.py`` trained, drew and left."""
    trained = found["trained"]
    if trained and not any(_is_prepared(gan["examples"], pictures) for gan in trained):
        result.failed(
            "runs",
            "not_prepared",
            "The faces that the GAN is given are not prepared: divided by 255, less the mean face, divided by each "
            "pixel's maximum. Look at what is passed to the class.",
            0.5,
        )
    if trained and not any(gan["steps"] == STEPS for gan in trained):
        result.failed(
            "runs",
            "steps_other",
            "The GAN is trained for another number of steps than --steps says. Look at the call of fit.",
            0.5,
        )
    result.passed("runs")
    if not any(start.startswith(HDF5) for _, _, start in found["files"]):
        result.failed("leaves", "no_weights", "The run leaves no HDF5 file with the weights of what it trained.", 0.5)
    elif trained and not any(_is_trained(array, gan) for gan in trained for file in found["weights"] for array in file):
        result.failed(
            "leaves",
            "weights_untrained",
            "The weights that are stored are not those of the generator that was trained. Look at which network's "
            "weights are written, and when.",
            0.5,
        )
    drawn = [face for figure in found["figures"] for image in figure for face in faces_in(image)]
    made = [face for face in drawn if np.abs(pictures / 255 - face).max(axis=(1, 2)).min() > 0.02]
    if made and not 0.25 < np.mean(made) < 0.75:
        result.failed(
            "leaves",
            "not_recovered",
            "The pictures do not show intensities between 0 and 1: what the generator makes has to be recovered, by "
            "the scaling that the faces were prepared with.",
            0.7,
        )
    result.passed("leaves")


def _is_prepared(examples: np.ndarray, pictures: np.ndarray) -> bool:
    if len(examples) != len(pictures):
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


QUESTIONS = {
    "sorted": (
        "not_sorted",
        "No picture shows generated faces sorted by the discriminator's score. Look at which scores belong to which "
        "faces.",
    ),
    "segment": (
        "no_segment",
        "No picture shows faces that go in equal steps from one latent vector to another. Look at how the latent "
        "vectors between the two are put together.",
    ),
    "components": (
        "no_components",
        "No picture shows new faces that are made from the real faces' principal components. Draw normal coordinates, "
        "multiply each by its standard deviation, go back to pixels, add the mean face.",
    ),
    "squares": (
        "no_squares",
        "No histogram shows the sums of 49 squares. Divide each coordinate by its standard deviation first: the sums "
        "of the real faces then lie around 49.",
    ),
}


def judge_explorer(
    stored: dict[str, list[np.ndarray]], pictures: np.ndarray, found: dict[str, Any], result: TaskResult
) -> None:
    """Judge what ``pretrained_explorer.py`` drew: the stored generator's faces, and an answer to each question."""
    kernel, bias = (np.asarray(array, np.float64) for array in stored["generator"])
    scorer = np.asarray(stored["discriminator"][0], np.float64)[:, 0]
    figures = [[face.ravel() for image in figure for face in faces_in(image)] for figure in found["figures"]]
    made = [[face for face in figure if _is_made(face, kernel, bias)] for figure in figures]
    if sum(len(figure) for figure in made) < 20:
        # Matplotlib leaves a single pixel; any other picture was written by other means, and cannot be read here.
        if any(start.startswith(PICTURES) and size != len(PIXEL) for _, size, start in found["files"]):
            result.finish("The pictures were not drawn with Matplotlib's imshow, and cannot be read.")
            return
        result.failed(
            "runs",
            "not_decoded",
            "The pictures do not show what the generator makes with the stored weights. Such weights give intensities "
            "in [0, 1] directly: another recovery washes the faces out. Look at what is loaded, and at what is drawn.",
        )
    result.passed("runs")
    answered = {
        "sorted": any(_is_sorted(np.array(figure) @ scorer) for figure in made if len(figure) >= 40),
        "segment": any(_is_segment(np.array(figure)) for figure in made if 10 <= len(figure) <= 40),
        "components": any(_are_of_components(figure, pictures) for figure in figures),
        "squares": any(_holds_sums(array) for figure in found["figures"] for array in figure if array.ndim == 1),
    }
    for key in (key for key, is_answered in answered.items() if is_answered):
        result.passed(key)
    left = [key for key, is_answered in answered.items() if not is_answered]
    if len(left) > 2 and result.findings["runs"].verdict == PASS:
        # Not a mistake in each of them: they have not been written.
        count = len(QUESTIONS) - len(left)
        result.failed(left[0], "no_pictures", f"The pictures answer {count} of the 4 questions. Begin with this one.")
    elif result.findings["runs"].verdict == PASS:
        for key in left:
            result.failed(key, *QUESTIONS[key])
    result.finish("No picture answers this question yet.")


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
    if image.ndim < 2:
        return []
    if image.ndim == 3:
        image = image[..., 0]
    for gap in (1, 0, 2):
        pitch = SIDE + gap
        if all((length + gap) % pitch == 0 for length in image.shape):
            corners = [(top, left) for top in range(0, len(image), pitch) for left in range(0, image.shape[1], pitch)]
            return [image[top : top + SIDE, left : left + SIDE].astype(np.float64) for top, left in corners]
    return []
