"""Tasks 5 and 6: the faces, the weights files and the scenes that a script gets.

Small networks stand in for those of task 4, and a class that does not learn for the one of task 3: its training step
only counts, and shifts the generator's weights, so that they tell what was trained.
"""

from __future__ import annotations

import io
from typing import Any

import h5py
import numpy as np

SIDE = 16
STEPS = 2
FEW_FACES = {"gankit.training.faces": {"FACES_MEASURED": 60, "FACES_CALIBRATING": 20, "FRAMES": 2}}
# Both networks of `replace_weights` have this layout, so that files that are mixed up load without an error.
WIDTH, UNITS = 5, (6, 5)
SHAPES = [(WIDTH, UNITS[0]), (UNITS[0],), *[(UNITS[0],)] * 4, (UNITS[0], UNITS[1]), (UNITS[1],)]
ROLES = ["kernel", "bias", "gamma", "beta", "moving_mean", "moving_variance", "kernel", "bias"]


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


def faces_scene(file: str) -> dict[str, Any]:
    """Return the scene that runs ``face_generator.py`` for two steps."""
    arguments = ["--faces", "few_faces.npy", "--steps", str(STEPS), "--batch-size", "4", "--output", "left"]
    return {"name": "script", "kind": "script", "settings": FEW_FACES, "arguments": arguments, "file": file}


def explorer_scene(file: str) -> dict[str, Any]:
    """Return the scene that runs ``pretrained_explorer.py`` on the weights of small networks."""
    arguments = ["--generator", "g.h5", "--discriminator", "d.h5", "--faces", "few_faces.npy", "--output", "left"]
    return {"name": "script", "kind": "script", "arguments": arguments, "file": file}


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


def _weights(random: np.random.Generator) -> list[np.ndarray]:
    arrays = []
    for role, shape in zip(ROLES, SHAPES):
        values = random.standard_normal(shape) / np.sqrt(shape[0])
        arrays.append((np.abs(values) + 0.5 if role == "moving_variance" else values).astype(np.float32))
    return arrays


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
    """Return the scene that calls ``replace_weights``, its files, and the weights in them."""
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
