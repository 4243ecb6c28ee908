"""Networks that write down every batch they are shown, and optimizers that write down every gradient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow import keras

MOST_EVENTS = 600
MOST_BYTES = 24_000_000
# The rows of a batch, and all rows: the judge compares each of them with every other one.
MOST_ROWS, MOST_ROWS_IN_ALL = 500, 8_000


class TraceFull(RuntimeError):
    """The training step does far more than a training step should."""


class Trace:
    """The events of a training run, in order, each with the state of both networks at that moment."""

    def __init__(self) -> None:
        self.networks: dict[str, keras.Model] = {}
        self.events: list[dict[str, Any]] = []
        self.states: list[dict[str, list[np.ndarray]]] = []
        self.recording = False
        # Help over mistakes that end a training step, so that the rest of it can be seen.
        self.helping = False
        self.tapes: list[tf.GradientTape] = []
        self._bytes = self._rows = 0
        # With how many of its arguments the class was built.
        self.arguments = 0
        # Counted inside graphs, where nothing else can be written down.
        self.updates: dict[str, tf.Variable] = {}

    def count_updates_of(self, names: list[str]) -> None:
        """Begin to count the updates of each network, in graphs too."""
        self.updates = {name: tf.Variable(0, trainable=False, dtype=tf.int64) for name in names}

    def owner(self, variable: Any) -> tuple[str | None, int]:
        """Return which network a variable belongs to, and its place among the trainable ones."""
        inner = getattr(variable, "_value", None)
        for name, network in self.networks.items():
            for position, own in enumerate(network.trainable_variables):
                if variable is own or variable is getattr(own, "_value", own) or (inner is not None and inner is own):
                    return name, position
        return None, -1

    def add(self, kind: str, **details: Any) -> None:
        """Write down an event."""
        if not self.recording:
            return
        self._bytes += sum(value.nbytes for value in details.values() if isinstance(value, np.ndarray))
        count = len(details["inputs"]) if kind == "call" else 0
        self._rows += count
        if count > MOST_ROWS or self._rows > MOST_ROWS_IN_ALL:
            self.recording = False
            raise TraceFull(f"the training step shows a network {max(count, self._rows)} rows")
        if len(self.events) >= MOST_EVENTS or self._bytes > MOST_BYTES:
            self.recording = False
            raise TraceFull("the training step calls the networks hundreds of times")
        self.events.append({"kind": kind, "state": self._state_number(), **details})

    def _state_number(self) -> int:
        state = {name: [weight.numpy() for weight in network.weights] for name, network in self.networks.items()}
        last = self.states[-1] if self.states else {}
        if not last or any(a.tobytes() != b.tobytes() for name in state for a, b in zip(state[name], last[name])):
            self.states.append(state)
        return len(self.states) - 1


def build_network(name: str, specification: dict[str, Any], trace: Trace) -> keras.Model:
    """Build a network whose calls are written down.

    Its specification has ``input``, the shape of one example, ``layers``, a list of ``[kind, argument, ...]``, and
    ``weights``.
    """

    class Recorded(keras.Model):
        def __call__(self, inputs: Any, *arguments: Any, **options: Any) -> Any:
            # Keras 2 takes `training` by its place as well; Keras 3 no longer does.
            if arguments:
                options.setdefault("training", arguments[0])
            if trace.helping:
                for tape in trace.tapes:
                    tape.watch(inputs)
            return super().__call__(inputs, **options)

        def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
            outputs = super().call(inputs, training=training)
            if trace.recording and tf.executing_eagerly() and hasattr(inputs, "numpy"):
                flag = None if training is None else bool(training)
                trace.add("call", network=name, inputs=inputs.numpy(), outputs=outputs.numpy(), training=flag)
            return outputs

    makers: dict[str, Callable[..., Any]] = {
        # The weights are set below; drawing others first would take most of the time.
        "dense": lambda units, activation: keras.layers.Dense(units, activation=activation, kernel_initializer="zeros"),
        "flatten": keras.layers.Flatten,
        "reshape": lambda shape: keras.layers.Reshape(tuple(shape)),
        "dropout": keras.layers.Dropout,
        "batch_norm": keras.layers.BatchNormalization,
    }
    inputs = keras.Input(tuple(specification["input"]))
    outputs = inputs
    for kind, *arguments in specification["layers"]:
        outputs = makers[kind](*arguments)(outputs)
    network = Recorded(inputs, outputs, name=name)
    network.set_weights(specification["weights"])
    trace.networks[name] = network
    return network


def record_tapes(trace_of: Callable[[], Trace]) -> None:
    """Make gradient tapes write down the gradients of a network's weights, as they may never reach an optimizer."""
    enter, leave, gradient = (getattr(tf.GradientTape, name) for name in ("__enter__", "__exit__", "gradient"))

    def entering(tape: tf.GradientTape) -> tf.GradientTape:
        trace_of().tapes.append(tape)
        return enter(tape)

    def leaving(tape: tf.GradientTape, *arguments: Any) -> Any:
        trace_of().tapes[:] = [other for other in trace_of().tapes if other is not tape]
        return leave(tape, *arguments)

    def recorded(tape: tf.GradientTape, target: Any, sources: Any, *arguments: Any, **options: Any) -> Any:
        found = gradient(tape, target, sources, *arguments, **options)
        trace = trace_of()
        if trace.recording and tf.executing_eagerly():
            pairs = list(zip(tf.nest.flatten(found), tf.nest.flatten(sources)))
            listed = _described(pairs, trace)
            if listed and all(name for name, _, _ in listed):
                trace.add("gradient", gradients=listed)
        return found

    tf.GradientTape.__enter__, tf.GradientTape.__exit__, tf.GradientTape.gradient = entering, leaving, recorded


def record_optimizers(trace_of: Callable[[], Trace]) -> None:
    """Make every Keras optimizer write down what it is given; ``trace_of()`` is where."""
    classes = [keras.optimizers.Adam, keras.optimizers.SGD, keras.optimizers.RMSprop]
    legacy_adam = getattr(getattr(keras.optimizers, "legacy", None), "Adam", None)
    if isinstance(legacy_adam, type):
        classes.append(legacy_adam)
    depth = [0]
    done = set()
    for optimizer_class in classes:
        for owner in optimizer_class.__mro__:
            for method in ("apply_gradients", "apply"):
                if method in vars(owner) and (owner, method) not in done:
                    done.add((owner, method))
                    setattr(owner, method, _recording(vars(owner)[method], method, trace_of, depth))


def _recording(original: Callable, method: str, trace_of: Callable[[], Trace], depth: list[int]) -> Callable:
    def recorded(self: Any, first: Any, *arguments: Any, **options: Any) -> Any:
        if depth[0]:
            return original(self, first, *arguments, **options)
        trace = trace_of()
        first = list(first)
        if method == "apply_gradients":
            pairs = [tuple(pair) for pair in first]
        else:
            variables = arguments[0] if arguments else options.get("trainable_variables")
            pairs = list(zip(first, self._trainable_variables if variables is None else variables))
        depth[0] += 1
        try:
            written = trace.recording and tf.executing_eagerly()
            if written:
                trace.add("apply", gradients=_described(pairs, trace))
            result = original(self, first, *arguments, **options)
        except Exception:
            if not trace.helping:
                raise
            result = None
        finally:
            depth[0] -= 1
        if written:
            trace.add("applied")
        for name in sorted(trace.updates.keys() & {trace.owner(variable)[0] for _, variable in pairs}):
            trace.updates[name].assign_add(1)
        return result

    return recorded


def _described(pairs: list[tuple[Any, Any]], trace: Trace) -> list[list[Any]]:
    listed: list[list[Any]] = []
    for gradient, variable in pairs:
        name, position = trace.owner(variable)
        is_known = gradient is not None and name is not None
        listed.append([name, position, tf.convert_to_tensor(gradient).numpy() if is_known else None])
    return listed
