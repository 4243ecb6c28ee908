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


def _replaced(owner: Any, name: str, wrap: Callable[[Callable], Callable]) -> None:
    setattr(owner, name, wrap(getattr(owner, name)))


def _allow_watching_variables() -> None:
    def wrap(watch: Callable) -> Callable:
        def watching(tape: tf.GradientTape, tensors: Any) -> None:
            for tensor in tf.nest.flatten(tensors):
                if isinstance(tensor, keras.Variable):
                    _note("tape_watch")
                    tensor = tensor.value
                watch(tape, tensor)

        return watching

    _replaced(tf.GradientTape, "watch", wrap)


def _allow_plain_numbers_for_shapes() -> None:
    def wrap(make: Callable) -> Callable:
        def making(shape: Any = None, *arguments: Any, **options: Any) -> Any:
            if isinstance(shape, int):
                _note("input_number")
                shape = (shape,)
            return make(shape, *arguments, **options)

        return making

    for name in ("keras", "keras.layers", "tensorflow.keras", "tensorflow.keras.layers", "keras._tf_keras.keras"):
        _replaced(importlib.import_module(name), "Input", wrap)

    def wrap_layer(initialise: Callable) -> Callable:
        def initialising(layer: Any, *arguments: Any, **options: Any) -> None:
            if "batch_input_shape" in options:
                _note("batch_input_shape")
                options["input_shape"] = tuple(options.pop("batch_input_shape")[1:])
            initialise(layer, *arguments, **options)

        return initialising

    _replaced(keras.layers.Layer, "__init__", wrap_layer)


def _allow_old_optimizers() -> None:
    base = keras.optimizers.Adam.__mro__[1]

    def set_rate(optimizer: Any, rate: Any) -> None:
        optimizer.learning_rate = rate

    base.lr = property(
        _noting("optimizer_lr", lambda optimizer: optimizer.learning_rate), _noting("optimizer_lr", set_rate)
    )

    def minimize(optimizer: Any, loss: Any, var_list: Any, tape: Any = None) -> None:
        if callable(loss):
            with tf.GradientTape() as tape:
                loss = loss()
        variables = var_list() if callable(var_list) else var_list
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))

    base.minimize = _noting("minimize", minimize)
    for name in ("Adam", "SGD", "RMSprop"):
        kind = getattr(keras.optimizers, name)

        def wrap(initialise: Callable) -> Callable:
            def initialising(optimizer: Any, *arguments: Any, **options: Any) -> None:
                if "lr" in options:
                    _note("lr_argument")
                    options["learning_rate"] = options.pop("lr")
                initialise(optimizer, *arguments, **options)

            return initialising

        _replaced(kind, "__init__", wrap)
        for module in ("keras", "tensorflow.keras", "keras._tf_keras.keras"):
            legacy = importlib.import_module(f"{module}.optimizers.legacy")
            setattr(legacy, name, _noting("legacy_optimizer", kind))


def _allow_weights_files() -> None:
    def wrap(save: Callable) -> Callable:
        def saving(model: Any, filepath: Any, *arguments: Any, **options: Any) -> None:
            if str(filepath).endswith(".weights.h5"):
                save(model, filepath, *arguments, **options)
                return
            _note("weights_file")
            Path(filepath).parent.mkdir(parents=True, exist_ok=True)
            save(model, f"{filepath}.weights.h5", *arguments, **options)
            Path(f"{filepath}.weights.h5").replace(filepath)

        return saving

    def wrap_load(load: Callable) -> Callable:
        def loading(model: Any, filepath: Any, *arguments: Any, **options: Any) -> None:
            copy = f"{filepath}.copy.weights.h5"
            # Keras 3 reads files of its own form under its own ending only.
            with contextlib.suppress(OSError), h5py.File(filepath, "r") as file:
                if not str(filepath).endswith(".weights.h5") and "layer_names" not in file.attrs:
                    shutil.copyfile(filepath, copy)
            try:
                load(model, copy if Path(copy).exists() else filepath, *arguments, **options)
            finally:
                Path(copy).unlink(missing_ok=True)

        return loading

    _replaced(keras.Model, "save_weights", wrap)
    _replaced(keras.Model, "load_weights", wrap_load)
