"""Idioms of Keras 2 that Keras 3 refuses: they are made to work in the worker, and noted under a name of their own.

What a student has learned about GANs is graded, and not which Keras was at hand. Keras 2 itself is left alone.
"""

from __future__ import annotations

import contextlib
import importlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import tensorflow as tf

# The idioms that were used, in the order of their first use.
used: list[str] = []


def _note(idiom: str) -> None:
    if idiom not in used:
        used.append(idiom)


def allow_idioms() -> None:
    """Change Keras 3 so that the idioms work; to be called before a student's file is imported."""
    if int(keras.__version__.split(".")[0]) < 3:
        return
    _allow_watching_variables()
    _allow_plain_numbers_for_shapes()
    _allow_old_optimizers()
    _allow_weights_files()
    keras.Variable.read_value = _noting("read_value", lambda variable: tf.convert_to_tensor(variable))


def _noting(idiom: str, function: Callable) -> Callable:
    def noting(*arguments: Any, **options: Any) -> Any:
        _note(idiom)
        return function(*arguments, **options)

    return noting


def _adjusted(owner: Any, name: str, adjust: Callable[[list[Any], dict[str, Any]], None]) -> None:
    """Let a function change the arguments of another one before that is called."""
    original = getattr(owner, name)

    # Keras looks for a first argument by its place.
    def adjusted(first: Any = None, *arguments: Any, **options: Any) -> Any:
        listed = [first, *arguments]
        adjust(listed, options)
        return original(*listed, **options)

    setattr(owner, name, adjusted)


def _allow_watching_variables() -> None:
    def adjust(arguments: list[Any], _: dict[str, Any]) -> None:
        tensors = tf.nest.flatten(arguments[1:])
        if any(isinstance(tensor, keras.Variable) for tensor in tensors):
            _note("tape_watch")
        arguments[1:] = [
            [getattr(each, "value", each) if isinstance(each, keras.Variable) else each for each in tensors]
        ]

    _adjusted(tf.GradientTape, "watch", adjust)


def _allow_plain_numbers_for_shapes() -> None:
    def adjust(arguments: list[Any], options: dict[str, Any]) -> None:
        arguments[0] = options.pop("shape", arguments[0])
        if isinstance(arguments[0], int):
            _note("input_number")
            arguments[0] = (arguments[0],)

    def adjust_layer(_: list[Any], options: dict[str, Any]) -> None:
        if "batch_input_shape" in options:
            _note("batch_input_shape")
            options["input_shape"] = tuple(options.pop("batch_input_shape")[1:])

    for name in ("keras", "keras.layers", "tensorflow.keras", "tensorflow.keras.layers", "keras._tf_keras.keras"):
        _adjusted(importlib.import_module(name), "Input", adjust)
    _adjusted(keras.layers.Layer, "__init__", adjust_layer)


def _allow_old_optimizers() -> None:
    base = keras.optimizers.Adam.__mro__[1]

    def set_rate(optimizer: Any, rate: Any) -> None:
        optimizer.learning_rate = rate

    def minimize(optimizer: Any, loss: Any, var_list: Any, tape: Any = None) -> None:
        if callable(loss):
            with tf.GradientTape() as tape:
                loss = loss()
        variables = var_list() if callable(var_list) else var_list
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))

    def adjust(_: list[Any], options: dict[str, Any]) -> None:
        if "lr" in options:
            _note("lr_argument")
            options["learning_rate"] = options.pop("lr")

    rate = _noting("optimizer_lr", lambda optimizer: optimizer.learning_rate)
    base.lr = property(rate, _noting("optimizer_lr", set_rate))
    base.minimize = _noting("minimize", minimize)
    for name in ("Adam", "SGD", "RMSprop"):
        _adjusted(getattr(keras.optimizers, name), "__init__", adjust)
        for module in ("keras", "tensorflow.keras", "keras._tf_keras.keras"):
            legacy = importlib.import_module(f"{module}.optimizers.legacy")
            setattr(legacy, name, _noting("legacy_optimizer", getattr(keras.optimizers, name)))


def _allow_weights_files() -> None:
    save, load = keras.Model.save_weights, keras.Model.load_weights

    def saving(model: Any, filepath: Any, *arguments: Any, **options: Any) -> None:
        # Keras 3 writes and reads files of its own form under its own ending only.
        proper = str(filepath).endswith(".weights.h5")
        written = Path(filepath if proper else f"{filepath}.weights.h5")
        save(model, str(written), *arguments, **options)
        if not proper:
            _note("weights_file")
            written.replace(filepath)

    def loading(model: Any, filepath: Any, *arguments: Any, **options: Any) -> None:
        copy = Path(f"{filepath}.copy.weights.h5")
        with contextlib.suppress(OSError), h5py.File(filepath, "r") as file:
            if not str(filepath).endswith(".weights.h5") and "layer_names" not in file.attrs:
                shutil.copyfile(filepath, copy)
        try:
            load(model, str(copy) if copy.exists() else filepath, *arguments, **options)
        finally:
            copy.unlink(missing_ok=True)

    keras.Model.save_weights, keras.Model.load_weights = saving, loading
