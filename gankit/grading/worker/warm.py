"""Imports that every task file makes, done once. No operation is run: forking after one may hang."""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import pkgutil
import sys
from typing import Any


def set_environment() -> None:
    """Keep libraries quiet, small and on one thread each."""
    os.environ.update(
        TF_CPP_MIN_LOG_LEVEL="3",
        TF_ENABLE_ONEDNN_OPTS="0",
        TF_NUM_INTRAOP_THREADS="1",
        TF_NUM_INTEROP_THREADS="1",
        OMP_NUM_THREADS="1",
        OPENBLAS_NUM_THREADS="1",
        MALLOC_ARENA_MAX="2",
        CUDA_VISIBLE_DEVICES="-1",
        MPLBACKEND="Agg",
        PYTHONHASHSEED="0",
        KERAS_BACKEND="tensorflow",
    )
    sys.dont_write_bytecode = True


def import_libraries() -> None:
    """Import TensorFlow, Keras, Matplotlib and the staged kit, and spare the garbage collector all of them."""
    set_environment()
    gc.disable()
    import tensorflow as tf

    # Loaded lazily otherwise, once in every child.
    for name in ("Model", "layers", "optimizers", "losses", "metrics", "callbacks", "initializers"):
        getattr(tf.keras, name)
    share_variable_kernels()
    importlib.import_module("grading_worker.keras2").allow_idioms()
    for name in ("matplotlib.pyplot", "h5py", "PIL.Image", "gankit"):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    kit = sys.modules.get("gankit")
    for found in pkgutil.walk_packages(kit.__path__, "gankit.") if kit else ():
        if not found.name.endswith("__main__"):
            with contextlib.suppress(ImportError):
                importlib.import_module(found.name)
    gc.collect()
    gc.freeze()
    # A worker lives for seconds; looking for garbage as often as Python does by itself takes a quarter of them.
    gc.set_threshold(50_000, 20, 1000)
    gc.enable()


def share_variable_kernels() -> None:
    """Let all variables of a shape and dtype share one kernel.

    TensorFlow makes a kernel for every variable, as the debugging name is part of the operation; that takes longer
    than all else a small network asks for. Nothing but messages from inside TensorFlow shows the name.
    """
    with contextlib.suppress(ImportError, AttributeError):
        from tensorflow.python.eager import context
        from tensorflow.python.ops import gen_resource_variable_ops

        original = gen_resource_variable_ops.var_handle_op

        def nameless(*arguments: Any, **options: Any) -> Any:
            if context.executing_eagerly() and "debug_name" in options:
                options["debug_name"] = ""
            return original(*arguments, **options)

        gen_resource_variable_ops.var_handle_op = nameless
