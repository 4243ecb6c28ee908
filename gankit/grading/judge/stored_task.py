"""Task 6: the verdicts on stored weights."""

from __future__ import annotations

import io
from typing import Any

import h5py
import numpy as np

from gankit.grading.judge.verdicts import Check, TaskResult, in_words

WIDTH, UNITS = 5, (6, 5)
SHAPES = [(WIDTH, UNITS[0]), (UNITS[0],), *[(UNITS[0],)] * 4, (UNITS[0], UNITS[1]), (UNITS[1],)]
ROLES = ["kernel", "bias", "gamma", "beta", "moving_mean", "moving_variance", "kernel", "bias"]
STATISTICS = (4, 5)

# The older coursework: the student writes replace_weights.
CLASS_CHECKS = (
    Check("method", "the class has replace_weights", 1),
    Check("generator", "the generator gets the weights of its file", 3),
    Check("discriminator", "the discriminator gets the weights of its file", 3),
    Check("runs", "what builds on the stored weights works", 3),
)


def _weights(random: np.random.Generator) -> list[np.ndarray]:
    arrays = []
    for role, shape in zip(ROLES, SHAPES):
        values = random.standard_normal(shape) / np.sqrt(shape[0])
        arrays.append((np.abs(values) + 0.5 if role == "moving_variance" else values).astype(np.float32))
    return arrays


def weights_file(layers: list[tuple[str, list[tuple[str, np.ndarray]]]]) -> bytes:
    """Return a weights file as Keras 2 writes it: one group a layer, in order, with names of a long session."""
    memory = io.BytesIO()
    with h5py.File(memory, "w") as file:
        file.attrs["layer_names"] = [name.encode() for name, _ in layers]
        file.attrs["backend"], file.attrs["keras_version"] = b"tensorflow", b"2.6.0"
        for name, weights in layers:
            group = file.create_group(name)
            group.attrs["weight_names"] = [f"{name}/{role}:0".encode() for role, _ in weights]
            for role, array in weights:
                group[f"{name}/{role}:0"] = array
    return memory.getvalue()


def _small_file(arrays: list[np.ndarray], first: int) -> bytes:
    named = list(zip(ROLES, arrays))
    return weights_file(
        [
            (f"input_{first}", []),
            (f"dense_{2 * first}", named[:2]),
            (f"batch_normalization_{first}", named[2:6]),
            (f"dense_{2 * first + 1}", named[6:]),
        ]
    )


def replace_scene(random: np.random.Generator) -> tuple[dict[str, Any], dict[str, bytes], dict[str, list[np.ndarray]]]:
    """Return the scene, its files, and the weights in them.

    Both networks have the same layout, so that files that are mixed up load without an error.
    """
    stored = {name: _weights(random) for name in ("generator", "discriminator")}
    other = [array[..., :-1] for array in _weights(random)]
    files = {
        "stored_generator.h5": _small_file(stored["generator"], 21),
        "stored_discriminator.h5": _small_file(stored["discriminator"], 42),
        "of_other_shapes.h5": _small_file(other, 3),
        "no_weights.h5": b"these are no weights\n" * 40,
    }
    scene: dict[str, Any] = {
        "name": "replace",
        "kind": "replace",
        "real": random.standard_normal((40, WIDTH)).astype(np.float32),
        "files": ["stored_generator.h5", "stored_discriminator.h5"],
        "unfit": {
            "missing": ["missing.h5", "stored_discriminator.h5"],
            "damaged": ["no_weights.h5", "stored_discriminator.h5"],
            "other shapes": ["stored_generator.h5", "of_other_shapes.h5"],
        },
    }
    for name in stored:
        scene[name] = {"input": [WIDTH], "units": list(UNITS), "weights": _weights(random)}
    return scene, files, stored


def judge_replace(
    scene: dict[str, Any],
    stored: dict[str, list[np.ndarray]],
    results: dict[str, Any],
    errors: dict[str, Any],
    result: TaskResult,
    stack: str,
) -> None:
    """Judge what ``replace_weights`` did."""
    keys = ("generator", "discriminator")
    if "replace" in errors:
        text = in_words(errors["replace"], stack)
        result.failed("generator", "replace_error", f"replace_weights raised an error on files that fit: {text}")
        return
    found = results.get("replace")
    if not isinstance(found, dict):
        return
    if not found["method"]:
        result.failed("method", "no_method", "The class has no method replace_weights(gen_h5, disc_h5).")
        return
    if found["method"] == "replace_weight":
        result.hints.append("The method is called replace_weight here; the kit's name for it is replace_weights.")
    result.passed("method")
    for key, other in zip(keys, reversed(keys)):
        arrays, before = found[key], scene[key]["weights"]
        if [array.shape for array in arrays] != [tuple(shape) for shape in SHAPES]:
            result.failed(key, "other_network", f"The {key} has become another network.")
            continue
        same = [np.array_equal(a, b) for a, b in zip(arrays, stored[key])]
        if all(same):
            result.passed(key)
        elif all(np.array_equal(a, b) for a, b in zip(arrays, stored[other])):
            result.failed(key, "files_swapped", "The two files are mixed up: each network got the other one's weights.")
        elif all(np.array_equal(a, b) for a, b in zip(arrays, before)):
            result.failed(
                key,
                f"{key}_unchanged",
                f"The {key} keeps the weights it had: its file has no effect. Layers are to be matched by their order, "
                "as their names differ from session to session.",
            )
        elif all(ok for place, ok in enumerate(same) if place not in STATISTICS):
            result.failed(
                key,
                "statistics_missing",
                f"The {key} does not get the statistics of batch normalisation, which are weights too, though not "
                "trainable.",
                0.5,
            )
        elif any(same):
            result.failed(key, "some_weights", f"The {key} gets only some of the weights of its file.", 0.3)
        else:
            result.failed(key, "other_weights", f"The {key}'s weights are neither the old ones nor those of its file.")
    refusals = found["refusals"]
    if any(not raised for raised, _ in refusals.values()):
        result.hints.append("A file that is missing, damaged or of other shapes is taken without an error.")
    if any(not kept for _, kept in refusals.values()):
        result.hints.append(
            "After a file that does not fit, one network has new weights and the other its old ones: reading both "
            "files before changing anything avoids that."
        )
