"""The scenes: what a student's code is asked to do. Each returns raw numbers and never a judgement."""

from __future__ import annotations

import contextlib
import importlib
import runpy
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow import keras

from . import leavings, loading
from .recording import Trace, build_network, record_optimizers, record_tapes

_current = [Trace()]


def prepare() -> None:
    """Set up what all scenes need; called once in a fresh process, before any student's code."""
    # Graphs run for a few steps only: improving them takes longer than running them.
    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
    record_optimizers(lambda: _current[0])
    record_tapes(lambda: _current[0])


# ------------------------------------------------------------------ tasks 1 to 3


class _Latents:
    """Hands out the latent vectors that were sent, one after the other, in graphs as well."""

    def __init__(self, pool: np.ndarray):
        self._pool = tf.constant(pool)
        self._next = tf.Variable(0, trainable=False, dtype=tf.int64)
        self.dimension = int(pool.shape[1])

    def __call__(self, count: int) -> tf.Tensor:
        wanted = tf.cast(count, tf.int64)
        first = self._next.assign_add(wanted) - wanted
        latents = tf.gather(self._pool, (first + tf.range(wanted)) % self._pool.shape[0])
        # A static shape in graphs too, as `tf.random.normal((count, dimension))` has.
        latents.set_shape((None if tf.is_tensor(count) else int(count), self.dimension))
        return latents


def _build(module: ModuleType, scene: dict[str, Any], fewest: int = 0) -> tuple[Any, Trace]:
    """Build the class; where it does not take all arguments, with as many as it takes, but ``fewest`` at least."""
    trace = Trace()
    _current[0] = trace
    networks = [build_network(name, scene[name], trace) for name in ("generator", "discriminator")]
    kind, first = getattr(module, scene["class"]), None
    for trace.arguments in range(len(scene["arguments"]), fewest - 1, -1):
        try:
            arguments = scene["arguments"][: trace.arguments]
            return kind(*networks, _Latents(scene["latents"]), tf.constant(scene["real"]), *arguments), trace
        except TypeError as error:
            first = first or error
    assert first is not None
    raise first


def _compile(gan: Any) -> None:
    # Compiling for XLA takes seconds and changes nothing that is looked at here; nor do several steps in one graph.
    try:
        gan.compile(jit_compile=False, steps_per_execution=1)
    except TypeError:
        gan.compile()


def train(module: ModuleType, scene: dict[str, Any]) -> dict[str, Any]:
    """Run training steps eagerly and write down everything that the networks and optimizers see.

    Where a step ends with an error, it is tried once more with help (see :class:`Trace`). If that comes to an end, its
    record is returned, with the error of the first try.
    """
    found = _train(module, scene, helping=False)
    if isinstance(found.get("error"), Exception):
        helped = _train(module, scene, helping=True)
        if "error" not in helped:
            return {**helped, "error": found["error"]}
    return found


def _train(module: ModuleType, scene: dict[str, Any], helping: bool) -> dict[str, Any]:
    tf.config.run_functions_eagerly(True)
    found: dict[str, Any] = {}
    try:
        gan, trace = _build(module, scene)
        trace.helping = helping
        with contextlib.suppress(Exception):
            _compile(gan)
        trace.recording = True
        for step in range(scene["steps"]):
            trace.add("step", number=step)
            returned = gan.train_step(tf.constant(scene["decoy"]))
            trace.add("returned", losses=_numbers(returned))
    except BaseException as error:  # noqa: BLE001 - what ran before it is judged all the same
        found["error"] = error
    finally:
        _current[0].recording = _current[0].helping = False
        tf.config.run_functions_eagerly(False)
    trace = _current[0]
    return {**found, "events": trace.events, "states": trace.states, "helped": helping, "arguments": trace.arguments}


def _numbers(returned: Any) -> Any:
    if not isinstance(returned, dict):
        return None
    return {str(key)[:40]: np.asarray(value, np.float64) for key, value in list(returned.items())[:20]}


def attributes(module: ModuleType, scene: dict[str, Any]) -> dict[str, Any]:
    """Build the class and read the attributes that it should have kept."""
    gan, _ = _build(module, scene, fewest=len(scene["arguments"]))
    found = {}
    for name in scene["names"]:
        with contextlib.suppress(TypeError, ValueError, AttributeError):
            found[name] = float(getattr(gan, name))
    return found


def samplers(module: ModuleType, scene: dict[str, Any]) -> dict[str, Any]:
    """Call the two samplers in the ways that others call them."""
    gan, trace = _build(module, scene)
    found: dict[str, Any] = {}
    trace.recording = True
    size = scene["size"]
    calls = {
        "real_default": lambda: gan.get_real_sample(),
        "real_again": lambda: gan.get_real_sample(),
        "real_sized": lambda: gan.get_real_sample(size),
        "fake_default": lambda: gan.get_fake_sample(),
        "fake_sized": lambda: gan.get_fake_sample(size),
        "fake_training": lambda: gan.get_fake_sample(training=True),
    }
    for name, call in calls.items():
        trace.add("sample", name=name)
        try:
            found[name] = np.asarray(call(), np.float64)
        except Exception as error:  # noqa: BLE001
            found[name] = {"type": type(error).__name__[:60], "message": " ".join(str(error).split())[:300]}
    trace.recording = False
    return {"samples": found, "events": trace.events}


def fit(module: ModuleType, scene: dict[str, Any]) -> dict[str, Any]:
    """Train with ``fit``, in a graph, as the scripts do; with help where that fails, as in :func:`train`."""
    try:
        return _fit(module, scene, helping=False)
    except Exception as error:
        with contextlib.suppress(Exception):
            return {**_fit(module, scene, helping=True), "error": error}
        raise


def _fit(module: ModuleType, scene: dict[str, Any], helping: bool) -> dict[str, Any]:
    gan, trace = _build(module, scene)
    trace.helping = helping
    _compile(gan)
    trace.count_updates_of(["generator", "discriminator"])
    epochs, steps = scene["epochs"], scene["steps_per_epoch"]
    history = gan.fit(tf.constant(scene["real"]), epochs=epochs, steps_per_epoch=steps, verbose=0)
    return {
        "history": _numbers(history.history),
        "updates": {name: int(count.numpy()) for name, count in trace.updates.items()},
    }


# ------------------------------------------------------------------------ task 4


def _role(variable: Any) -> str:
    path = str(getattr(variable, "path", None) or variable.name)
    return path.split("/")[-1].split(":")[0]


def _layout(network: Any) -> dict[str, Any]:
    trainable = {id(variable) for variable in network.trainable_variables}
    return {
        "name": str(network.name)[:60],
        "input": [int(length or 0) for length in network.input_shape],
        "output": [int(length or 0) for length in network.output_shape],
        "weights": [[_role(w)[:40], [int(n) for n in w.shape], id(w) in trainable] for w in network.weights],
    }


def builder(module: ModuleType, scene: dict[str, Any]) -> dict[str, Any]:
    """Build the networks of task 4 twice and describe their weights."""
    first, second = list(module.convolutional_GenDiscr()), list(module.convolutional_GenDiscr())
    shared = [a is b or {id(w) for w in a.weights} & {id(w) for w in b.weights} for a, b in zip(first, second)]
    layouts = [_layout(network) for network in first if isinstance(network, keras.Model)]
    return {"count": len(first), "layouts": layouts, "fresh": not any(shared) and len(first) == 2}


def forward(module: ModuleType, scene: dict[str, Any]) -> dict[str, Any]:
    """Set weights by their role and shape, and return what the networks make of inputs in both modes."""
    outputs: dict[str, list] = {}
    for network in module.convolutional_GenDiscr():
        # Whatever the order in which they are returned, a picture is what the discriminator is shown.
        name = "discriminator" if len(network.input_shape) > 2 else "generator"
        outputs[name] = []
        for inputs in scene[name]["inputs"]:
            # Training moves the statistics: they are set anew for each input, and evaluation comes first.
            _set_weights(network, scene[name]["weights"])
            answers = [network(tf.constant(inputs), training=mode) for mode in (False, True)]
            outputs[name].append([np.asarray(answer, np.float32) for answer in answers])
    return outputs


def _set_weights(network: Any, wanted: list[tuple[str, np.ndarray]]) -> None:
    left = list(wanted)
    for weight in network.weights:
        for position, (role, array) in enumerate(left):
            if role == _role(weight) and tuple(array.shape) == tuple(weight.shape):
                weight.assign(array)
                del left[position]
                break


# ------------------------------------------------------------------- tasks 5 and 6


def _small_network(name: str, specification: dict[str, Any]) -> keras.Model:
    inputs = keras.Input(tuple(specification["input"]))
    outputs = keras.layers.Dense(specification["units"][0], activation="tanh")(inputs)
    outputs = keras.layers.BatchNormalization()(outputs)
    network = keras.Model(inputs, keras.layers.Dense(specification["units"][1])(outputs), name=name)
    network.set_weights(specification["weights"])
    return network


def replace(module: ModuleType, scene: dict[str, Any]) -> dict[str, Any]:
    """Put stored weights into both networks with ``replace_weights``, then try files that do not fit."""
    networks = [_small_network(name, scene[name]) for name in ("generator", "discriminator")]
    width = int(scene["generator"]["input"][0])
    gan = module.WGAN_GP(*networks, lambda k: tf.random.normal((k, width)), tf.constant(scene["real"]), 4)
    name = next((name for name in ("replace_weights", "replace_weight") if hasattr(gan, name)), "")
    if not name:
        return {"method": ""}

    def call(files: list[str]) -> None:
        getattr(gan, name)(*(str(Path.cwd() / file) for file in files))

    def weights() -> list[np.ndarray]:
        return [*gan.generator.get_weights(), *gan.discriminator.get_weights()]

    call(scene["files"])
    found = {"method": name, **{each: getattr(gan, each).get_weights() for each in ("generator", "discriminator")}}
    found["refusals"] = {}
    for case, files in scene["unfit"].items():
        before, raised = weights(), False
        try:
            call(files)
        except Exception:  # noqa: BLE001
            raised = True
        found["refusals"][case] = [raised, all((a == b).all() for a, b in zip(before, weights()))]
    return found


def script(module: ModuleType, scene: dict[str, Any]) -> dict[str, Any]:
    """Run a task file as a script, on small settings, and list what it leaves."""
    figures = leavings.watch_figures()
    for name, values in scene.get("settings", {}).items():
        # What the kit measures on thousands of faces is measured on a few here.
        vars(importlib.import_module(name)).update(values)
    vars(importlib.import_module("gankit.networks.wide_faces"))["wide_GenDiscr"] = loading.small_networks
    folder = Path.cwd()
    before = {path for path in folder.rglob("*") if path.is_file()}
    arguments, status = sys.argv, 0
    sys.argv = [scene["file"], *scene["arguments"]]
    try:
        runpy.run_path(str(folder / scene["file"]), run_name="__main__")
    except SystemExit as leaving:
        status = leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    finally:
        sys.argv = arguments
    return {
        "status": status,
        "files": leavings.files_made(folder, before),
        "figures": figures,
        "weights": leavings.weights_stored(folder, before),
        "trained": leavings.stand_ins_trained(loading.stand_ins_built),
    }


SCENES = {scene.__name__: scene for scene in (train, attributes, samplers, fit, builder, forward, replace, script)}
