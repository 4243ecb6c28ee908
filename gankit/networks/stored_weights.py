"""Stored weights: HDF5 files that Keras 2 and Keras 3 read, which also say how to decode a generator's output.

A file written here has the layout of Keras 2's ``save_weights``, so that ``network.load_weights`` reads it too. The
root attribute ``layer_names`` lists the layers in topological order. Each layer has a group with the attribute
``weight_names`` and one dataset per weight. The group ``decoding`` holds the generator's
:class:`~gankit.faces.scaling.FaceScaling`. The root attribute ``provenance`` holds a JSON record of how the weights
were made.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np

from gankit.errors import InputError
from gankit.faces.scaling import FaceScaling
from gankit.memory import require_memory

if TYPE_CHECKING:
    from tensorflow import keras

# Limits for the layers in a file and for their weights. Damaged or hostile files may list more, and each look-up takes
# time.
MOST_LAYERS, MOST_WEIGHTS = 10_000, 10_000
MOST_BYTES_OF_AN_ATTRIBUTE = 10_000_000


@dataclass(frozen=True)
class StoredWeights:
    """Weights read from a file.

    Attributes
    ----------
    arrays : list of numpy.ndarray
        In the order of ``network.get_weights()``.
    decoding : FaceScaling
        How to decode the output of a generator with these weights; the identity (intensities in [0, 1]) if the file
        does not say.
    provenance : dict
        How the weights were made; empty if the file does not say.
    """

    arrays: list[np.ndarray]
    decoding: FaceScaling
    provenance: dict[str, Any] = field(default_factory=dict)


def write_weights(
    path: str | Path,
    network: keras.Model,
    decoding: FaceScaling | None = None,
    provenance: dict[str, Any] | None = None,
) -> None:
    """Write a network's weights.

    Parameters
    ----------
    path : path
        The file to write; an existing file is replaced.
    network : keras.Model
        A built network without nested models.
    decoding : FaceScaling, optional
        How to decode the network's output, for a generator whose outputs are not intensities.
    provenance : dict, optional
        A record that JSON can hold.
    """
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [np.bytes_(layer.name) for layer in network.layers]
        file.attrs["backend"] = np.bytes_("tensorflow")
        file.attrs["keras_version"] = np.bytes_("2.15.0")
        for layer in network.layers:
            group = file.create_group(layer.name)
            arrays = layer.get_weights()
            names = [f"{layer.name}/{_short_name(weight.name)}:0" for weight in layer.weights]
            group.attrs["weight_names"] = [np.bytes_(name) for name in names]
            for name, array in zip(names, arrays):
                group.create_dataset(name, data=array)
        if decoding is not None:
            group = file.create_group("decoding")
            group.create_dataset("mean", data=decoding.mean)
            group.create_dataset("scale", data=decoding.scale)
        file.attrs["provenance"] = json.dumps(provenance or {}, sort_keys=True)


def read_weights(path: str | Path, network: keras.Model) -> StoredWeights:
    """Read weights for a network; layers are matched by their order and not by their names.

    Three layouts are supported: files of :func:`write_weights`; Keras 2's ``save_weights`` and ``save`` in HDF5, whose
    layers have names such as ``conv2d_42``; and the ``.weights.h5`` files of Keras 3 and Keras 2.15.

    Parameters
    ----------
    path : path
        An HDF5 file.
    network : keras.Model
        The network that the weights are meant for; it is not changed.

    Raises
    ------
    InputError
        If the file is missing, truncated, not HDF5, or holds other layers or shapes than the network. Shapes are
        compared before values are read, because a small file can claim large arrays.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"There is no weights file at {path}; give the path of an HDF5 file.")
    expected = [(layer.name, [tuple(weight.shape) for weight in layer.weights]) for layer in network.layers]
    expected = [(name, shapes) for name, shapes in expected if shapes]
    try:
        with h5py.File(path, "r") as file:
            layers = _find_layers(file, network)
            if layers is None:
                raise InputError(f"{path} is an HDF5 file but holds no layers; write it with save_weights.")
            _check_layers(path, layers, expected, network)
            arrays = [dataset[()] for _, datasets in layers for dataset in datasets]
            decoding = _read_decoding(file, path.stat().st_size)
            provenance = json.loads(_attribute(file, "provenance")) if "provenance" in file.attrs else {}
    except InputError:
        raise
    # An OverflowError is possible because HDF5 counts in 64 bits.
    except (OSError, KeyError, ValueError, RuntimeError, TypeError, AttributeError, OverflowError) as error:
        raise InputError(
            f"{path} cannot be read as an HDF5 weights file: it is damaged, cut short, or of another format."
        ) from error
    names = [name for name, datasets in layers for _ in datasets]
    for name, array in zip(names, arrays):
        if not np.isfinite(array).all():
            raise _not_finite(path, name)
    return StoredWeights(arrays, decoding, provenance)


def _check_layers(
    path: Path,
    layers: list[tuple[str, list[h5py.Dataset]]],
    expected: list[tuple[str, list[tuple[int, ...]]]],
    network: keras.Model,
) -> None:
    """Refuse a file whose layers do not match the network's; this compares shapes and dtypes only."""
    if len(layers) != len(expected):
        raise InputError(
            f"{path} holds {len(layers)} layers with weights, but the {network.name} has {len(expected)}; "
            f"it belongs to another network."
        )
    for (name, datasets), (own_name, shapes) in zip(layers, expected):
        found = [tuple(dataset.shape) for dataset in datasets]
        if found != shapes:
            raise InputError(
                f"{path}: layer {name} has weights of shapes {_in_words(found)}, but layer {own_name} of the "
                f"{network.name} needs {_in_words(shapes)}; the file belongs to another network."
            )
        if not all(np.issubdtype(dataset.dtype, np.floating) for dataset in datasets):
            raise _not_finite(path, name)
    # HDF5 reads whole chunks, which can be larger than the array.
    needed = sum(
        dataset.dtype.itemsize * max(math.prod(dataset.shape), math.prod(dataset.chunks or ()))
        for _, datasets in layers
        for dataset in datasets
    )
    require_memory(needed, f"Reading the weights in {path}", "give a file that save_weights wrote")


def _not_finite(path: Path, layer: str) -> InputError:
    return InputError(f"{path}: layer {layer} holds values that are not finite numbers; the file cannot be used.")


def _find_layers(file: h5py.File, network: keras.Model) -> list[tuple[str, list[h5py.Dataset]]] | None:
    """Find the layers that have weights, in order, without reading the weights."""
    root = file["model_weights"] if "model_weights" in file and "layer_names" not in file.attrs else file
    if _has_names(root, "layer_names"):
        layers, most = [], MOST_WEIGHTS
        for name in _names(root, "layer_names", MOST_LAYERS):
            weights = _names(root[name], "weight_names", most)
            most -= len(weights)
            layers.append((name, [_dataset(root[name], weight) for weight in weights]))
    else:
        stored = next((file[key] for key in ("layers", "_layer_checkpoint_dependencies") if key in file), None)
        if stored is None:
            return None
        if len(stored) > MOST_LAYERS:
            raise ValueError("too many layers")
        ordered = [name for name in _automatic_names(network) if name in stored]
        layers, most = [], MOST_WEIGHTS
        for name in [*ordered, *sorted(set(stored) - set(ordered))]:
            layers.append((name, _numbered(stored[name], most)))
            most -= len(layers[-1][1])
    return [(name, datasets) for name, datasets in layers if datasets]


def _has_names(group: h5py.Group, attribute: str) -> bool:
    return attribute in group.attrs or f"{attribute}0" in group.attrs


def _names(group: h5py.Group, attribute: str, most: int) -> list[str]:
    # HDF5 limits the size of an attribute, so Keras 2 splits long lists into name0, name1, ...
    names: list[Any] = []
    if attribute in group.attrs:
        names = list(_attribute(group, attribute))
    else:
        chunk = 0
        while f"{attribute}{chunk}" in group.attrs and chunk <= most >= len(names):
            names += list(_attribute(group, f"{attribute}{chunk}"))
            chunk += 1
    if len(names) > most:
        raise ValueError(f"too many {attribute}")
    return [name.decode() if isinstance(name, bytes) else str(name) for name in names]


def _attribute(group: h5py.Group, name: str) -> Any:
    stored = group.attrs.get_id(name)
    if math.prod(stored.shape) * stored.dtype.itemsize > MOST_BYTES_OF_AN_ATTRIBUTE:
        raise ValueError(f"{name} is too long")
    return group.attrs[name]


def _dataset(group: h5py.Group, name: str) -> h5py.Dataset:
    dataset = group[name]
    if not isinstance(dataset, h5py.Dataset) or dataset.shape is None:
        raise ValueError(f"{name} is not an array")
    return dataset


def _numbered(group: h5py.Group, most: int) -> list[h5py.Dataset]:
    variables = group.get("vars", {})
    if len(variables) > most:
        raise ValueError("too many weights")
    return [_dataset(variables, key) for key in sorted(variables, key=int)]


def _automatic_names(network: keras.Model) -> list[str]:
    # `.weights.h5` files name a layer by its class in snake case. From the second one on, they append a number.
    counts: dict[str, int] = {}
    names = []
    for layer in network.layers:
        name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", type(layer).__name__).lower()
        name = re.sub(r"conv_(\d)_d", r"conv\1d", name).replace("2_d", "2d")
        counts[name] = counts.get(name, -1) + 1
        names.append(f"{name}_{counts[name]}" if counts[name] else name)
    return names


def _read_decoding(file: h5py.File, size: int) -> FaceScaling:
    if "decoding" not in file:
        return FaceScaling.identity()
    stored = [_dataset(file, f"decoding/{name}") for name in ("mean", "scale")]
    for dataset in stored:
        if not np.issubdtype(dataset.dtype, np.floating) or dataset.nbytes > size or dataset.chunks is not None:
            raise ValueError("the decoding is not an array of numbers that the file holds")
    return FaceScaling(*(np.asarray(dataset) for dataset in stored))


def _short_name(name: str) -> str:
    # Keras 2: "dense/kernel:0"; Keras 3: "kernel".
    return name.split("/")[-1].split(":")[0]


def _in_words(shapes: list[tuple[int, ...]]) -> str:
    listed = ", ".join(str(shape) for shape in shapes[:10]) or "none"
    return listed if len(shapes) <= 10 else f"{listed} and {len(shapes) - 10} more"
