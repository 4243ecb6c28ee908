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

    Where a step ends with an error, it is tried once more with help (see :class:`Trace`). The record of the try that
    came further is returned, with the error of the first.
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
        value: Any = getattr(gan, name, None)
        with contextlib.suppress(TypeError, ValueError):
            found[name] = float(value)
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
        "history": {str(k)[:40]: np.asarray(v, np.float64) for k, v in list(history.history.items())[:20]},
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
        "weights": [
            [_role(weight)[:40], [int(n) for n in weight.shape], id(weight) in trainable] for weight in network.weights
        ],
    }


def builder(module: ModuleType, scene: dict[str, Any]) -> dict[str, Any]:
    """Build the networks of task 4 twice and describe their weights."""
    first = list(module.convolutional_GenDiscr())
    second = list(module.convolutional_GenDiscr())
    fresh = all(a is not b for a, b in zip(first, second)) and len(first) == 2
    for a, b in zip(first, second):
        fresh = fresh and not {id(w) for w in a.weights} & {id(w) for w in b.weights}
    models = [isinstance(network, keras.Model) for network in first]
    layouts = [_layout(network) for network in first if isinstance(network, keras.Model)]
    return {"count": len(first), "models": models, "layouts": layouts, "fresh": fresh}


def forward(module: ModuleType, scene: dict[str, Any]) -> dict[str, Any]:
    """Set weights by their role and shape, and return what the networks make of inputs in both modes."""
    outputs = {}
    for network in module.convolutional_GenDiscr():
        # Whatever the order in which they are returned, a picture is what the discriminator is shown.
        name = "discriminator" if len(network.input_shape) > 2 else "generator"
        wanted = [(role, array) for role, array in scene[name]["weights"]]
        for weight in network.weights:
            for position, (role, array) in enumerate(wanted):
                if role == _role(weight) and tuple(array.shape) == tuple(weight.shape):
                    weight.assign(array)
                    del wanted[position]
                    break
        found = []
        for inputs in scene[name]["inputs"]:
            # Evaluation comes first: training moves the statistics.
            found.append(
                [np.asarray(network(tf.constant(inputs), training=mode), np.float32) for mode in (False, True)]
            )
            for weight in network.weights:
                for role, array in scene[name]["weights"]:
                    if (
                        role.startswith("moving")
                        and role == _role(weight)
                        and tuple(array.shape) == tuple(weight.shape)
                    ):
                        weight.assign(array)
        outputs[name] = found
    return outputs


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
    examples = tf.constant(scene["real"])
    gan = module.WGAN_GP(*networks, lambda k: tf.random.normal((k, width)), examples, 4)
    name = next((name for name in ("replace_weights", "replace_weight") if hasattr(gan, name)), "")
    if not name:
        return {"method": ""}
    method = getattr(gan, name)
    folder = Path.cwd()
    method(*(str(folder / file) for file in scene["files"]))
    found: dict[str, Any] = {"method": name}
    for network in ("generator", "discriminator"):
        found[network] = getattr(gan, network).get_weights()
    refusals = {}
    for case, files in scene["unfit"].items():
        before = [network.get_weights() for network in (gan.generator, gan.discriminator)]
        try:
            method(*(str(folder / file) for file in files))
            raised = False
        except Exception:  # noqa: BLE001
            raised = True
        after = [network.get_weights() for network in (gan.generator, gan.discriminator)]
        kept = all((a == b).all() for old, new in zip(before, after) for a, b in zip(old, new))
        refusals[case] = [raised, kept]
    found["refusals"] = refusals
    return found


def script(module: ModuleType, scene: dict[str, Any]) -> dict[str, Any]:
    """Run a task file as a script, on small settings, and list what it leaves."""
    figures = leavings.watch_figures()
    for name, values in scene.get("settings", {}).items():
        # What the kit measures on thousands of faces is measured on a few here.
        vars(importlib.import_module(name)).update(values)
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
