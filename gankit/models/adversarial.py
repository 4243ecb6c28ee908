"""The base class of every system in this course: any number of networks that train against each other."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow import keras

from gankit.errors import InputError, NotGivenError
from gankit.faces.scaling import FaceScaling
from gankit.fast.accelerate import accelerate
from gankit.fast.loop import RunningMeans, loop_over_steps
from gankit.memory import require_memory
from gankit.randomness import Stream, draw_without_replacement, make_stream, new_seed

# The largest number of steps in one call of the graph. Nothing can interrupt a call, so large networks make fewer steps
# in it. For them, the cost of a call is small compared with a step.
STEPS_IN_ONE_CALL = 100
STEPS_OF_LARGE_NETWORKS = 20
LARGE_NETWORKS = 100_000  # weights


class AdversarialModel(keras.Model):
    """Networks, their optimizers and random streams, all built at construction; subclasses add ``train_step``.

    ``train_step(_)`` ignores its argument and samples its examples itself. It updates each network once or several
    times and returns its losses, which are scalars under the names in ``loss_names``.

    Parameters
    ----------
    networks : mapping of str to keras.Model
        Built networks. Each becomes an attribute under its name. ``call``, and therefore ``predict``, applies the first
        one.
    optimizers : mapping of str to keras.optimizers.Optimizer
        The optimizer of each trained network, under the network's name; it becomes ``network.optimizer``. Two networks
        may share an optimizer.
    examples : mapping of str to array, or to a tuple of arrays
        The arrays of shape ``(n, ...)`` that ``draw`` samples rows from. The rows of arrays in a tuple belong together,
        for example pictures and their labels, or pairs of pictures.
    seed : int, optional
        Seed of this sampling; by default, TensorFlow's global generator chooses it.
    streams : mapping of str to gankit.randomness.Stream
        Other streams of random numbers that the training step uses. Each becomes an attribute ``<name>_stream``. The
        states of all streams are saved with the weights.
    decoding : FaceScaling, optional
        How to convert the first network's outputs to intensities or data units; saved with the weights.
    fast : bool
        Use the faster arithmetic of :func:`gankit.fast.accelerate` in all networks.

    Raises
    ------
    InputError
        If a network is not built, an optimizer belongs to no network, or examples have no rows or unequal numbers of
        them.
    """

    #: Keys of the dictionary that ``train_step`` returns.
    loss_names: tuple[str, ...] = ()
    # What Keras's `fit` calls, and the loop over training steps in it; None until they are made.
    train_function: Callable[[Any], dict[str, tf.Tensor]] | None
    _loop_function: Callable[[tf.Tensor], dict[str, tf.Tensor]] | None

    def __init__(
        self,
        networks: Mapping[str, keras.Model],
        optimizers: Mapping[str, keras.optimizers.Optimizer],
        examples: Mapping[str, Any] | None = None,
        seed: int | None = None,
        streams: Mapping[str, Stream] | None = None,
        decoding: FaceScaling | None = None,
        fast: bool = True,
    ):
        super().__init__()
        self._network_names = tuple(networks)
        self._examples = _Examples(examples or {})
        seed = new_seed() if seed is None else seed
        # Each has its own stream, so that a sample does not depend on how often others were taken.
        own = {name: make_stream(seed + position) for position, name in enumerate(self._examples.tensors)}
        streams = {**own, **(streams or {})}
        self._stream_names = tuple(streams)
        for name, network in networks.items():
            if not network.built:
                raise InputError(f"The network {name!r} is not built; begin it with keras.Input, or call it once.")
            setattr(self, name, accelerate(network) if fast else network)
        for name, stream in streams.items():
            setattr(self, f"{name}_stream", stream)
        self._decoding_state = _DecodingState(decoding)
        self._means = RunningMeans(self.loss_names)

        # Everything is built here. Keras silently drops state that is restored into an optimizer that is not built.
        unknown = set(optimizers) - set(networks)
        if unknown:
            raise InputError(f"There is an optimizer for {sorted(unknown)[0]!r}, but no network of that name.")
        for name, optimizer in optimizers.items():
            networks[name].compile(optimizer=optimizer)
        for optimizer in self.distinct_optimizers:
            owners = [network for network in self.networks.values() if getattr(network, "optimizer", None) is optimizer]
            optimizer.build([variable for network in owners for variable in network.trainable_variables])
        self.built = True
        self.compile()

    # ---------------------------------------------------------------- its parts

    @property
    def networks(self) -> dict[str, keras.Model]:
        """The networks by name, in the order of the constructor."""
        return {name: getattr(self, name) for name in self._network_names}

    @property
    def distinct_optimizers(self) -> list[keras.optimizers.Optimizer]:
        """The optimizers in the order of their networks, each one once."""
        optimizers: list[keras.optimizers.Optimizer] = []
        for network in self.networks.values():
            optimizer = getattr(network, "optimizer", None)
            if optimizer is not None and all(optimizer is not other for other in optimizers):
                optimizers.append(optimizer)
        return optimizers

    @property
    def streams(self) -> dict[str, Stream]:
        """The streams of random numbers by name."""
        return {name: getattr(self, f"{name}_stream") for name in self._stream_names}

    @property
    def decoding(self) -> FaceScaling:
        """How to convert the first network's outputs to intensities or data units.

        Raises
        ------
        NotGivenError
            If neither the constructor nor loaded weights gave the model a decoding.
        """
        if self._decoding_state.decoding is None:
            raise NotGivenError(
                f"This {type(self).__name__} does not know how to decode its outputs; "
                f"construct it with decoding=scaling, the scaling that prepared its examples."
            )
        return self._decoding_state.decoding

    @decoding.setter
    def decoding(self, decoding: FaceScaling | None) -> None:
        self._decoding_state.decoding = decoding

    def draw(self, name: str, size: int) -> Any:
        """Sample rows of the examples of that name without replacement.

        Parameters
        ----------
        name : str
            A name that ``examples`` had at construction.
        size : int
            Number of rows.

        Returns
        -------
        tf.Tensor, or a tuple of them
            Shape ``(min(size, n), ...)``; for a tuple of arrays, the same rows of each.
        """
        held = self._examples.tensors[name]
        first = held[0] if isinstance(held, tuple) else held
        rows = draw_without_replacement(self.streams[name], first.shape[0], size)
        return tf.nest.map_structure(lambda tensor: tf.gather(tensor, rows), held)

    # ------------------------------------------------------------- Keras's life

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Apply the first network; ``predict`` and saving need to know what this model computes."""
        return getattr(self, self._network_names[0])(inputs, training=training)

    def compile(self, *arguments: Any, steps_per_execution: int | None = None, **options: Any) -> None:
        """Configure ``fit``; losses and optimizers belong to the class and are not set here.

        Parameters
        ----------
        steps_per_execution : int, optional
            Steps in one call of the graph. By default, ``fit`` chooses the largest divisor of ``steps_per_epoch`` up to
            100 (20 for large networks), or 1 if a callback watches single steps.
        *arguments, **options
            Passed to ``keras.Model.compile``. ``jit_compile`` is off by default, because it makes convolutions several
            times slower on a CPU.
        """
        self._compile_arguments = (arguments, {"jit_compile": False, **options})
        self._fixed_steps_per_execution = steps_per_execution is not None
        self._compile_for(steps_per_execution or 1)

    def fit(
        self,
        x: Any = None,
        *,
        epochs: int = 1,
        steps_per_epoch: int = 1,
        callbacks: Any = None,
        **options: Any,
    ) -> keras.callbacks.History:
        """Run exactly ``epochs * steps_per_epoch`` training steps.

        Parameters
        ----------
        x : optional
            Accepted because Keras's ``fit`` takes data first; the training step samples its examples itself.
        epochs, steps_per_epoch : int
            At least 1.
        callbacks : list of keras.callbacks.Callback, optional
            As in Keras.
        **options
            Further options of ``keras.Model.fit``; a ``batch_size`` among them has no effect.

        Returns
        -------
        keras.callbacks.History
            ``history.history`` holds each epoch's mean of every loss.
        """
        options.pop("batch_size", None)
        options.setdefault("shuffle", False)
        for name, value in (("epochs", epochs), ("steps_per_epoch", steps_per_epoch)):
            if value < 1:
                raise InputError(f"{name} is {value}; it must be at least 1.")
        self.require_memory_for_losses(epochs)
        if not self._fixed_steps_per_execution:
            watched = any(_watches_steps(callback) for callback in _as_list(callbacks))
            steps = 1 if watched else largest_divisor(steps_per_epoch, self.most_steps_in_one_call())
            if steps != self._compiled_steps:
                self._compile_for(steps)
        # Keras needs data to iterate over and stops at its end. This data set has no end, and the steps do not read it.
        ticks = tf.data.Dataset.range(1).repeat().batch(self.distribute_strategy.num_replicas_in_sync)
        self._fitting = True
        try:
            return super().fit(ticks, epochs=epochs, steps_per_epoch=steps_per_epoch, callbacks=callbacks, **options)
        finally:
            self._fitting, self.train_function = False, None

    def train_steps(self, count: int) -> dict[str, float]:
        """Make ``count`` training steps in one call of the graph; return each loss's mean over them."""
        self._means.reset()
        losses = self._loop()(tf.constant(count))
        return {name: float(loss) for name, loss in losses.items()}

    def retrace(self) -> None:
        """Make the graph of the training step anew before the next step.

        The graph holds what ``train_step`` found when it was made: examples, and Python's values such as the choice of
        a network.
        """
        self._loop_function = None

    def restart_optimizers(self) -> None:
        """Let every optimizer forget the gradients so far; the learning rates stay."""
        for optimizer in self.distinct_optimizers:
            rate = getattr(optimizer, "_learning_rate", None)
            for variable in optimizer.variables:
                if variable is not rate:
                    variable.assign(np.zeros(variable.shape))

    def require_memory_for_losses(self, epochs: int) -> None:
        """Refuse a number of epochs whose losses do not fit into memory.

        Raises
        ------
        InputError
            If the losses do not fit into memory.
        """
        # A number in a list takes 40 bytes. The list also holds the number of each epoch.
        require_memory(
            40 * (len(self.loss_names) + 1) * epochs,
            f"Recording the losses of {epochs:,} epochs",
            "choose fewer epochs of more steps",
        )

    def most_steps_in_one_call(self) -> int:
        """Return the largest number of steps that one call of the graph should make."""
        weights = sum(network.count_params() for network in self.networks.values())
        return STEPS_OF_LARGE_NETWORKS if weights > LARGE_NETWORKS else STEPS_IN_ONE_CALL

    def make_train_function(self, force: bool = False) -> Callable[[Any], dict[str, tf.Tensor]]:
        """Return the function that ``fit`` calls: it makes training steps in one graph and returns the running means.

        Keras resets the means at each epoch.
        """
        if not self._fitting:
            return super().make_train_function(force)
        run_steps, steps = self._loop(force), tf.constant(self._compiled_steps)

        def train_function(iterator: Any) -> dict[str, tf.Tensor]:
            losses = run_steps(steps)
            if hasattr(self, "_train_counter"):
                self._train_counter.assign_add(self._compiled_steps)
            return losses

        self.train_function = train_function
        return train_function

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """The running means of the losses. Keras resets the listed metrics at each epoch."""
        return list(self._means.by_name.values())

    # ------------------------------------------------------- saving and resuming

    def save_own_variables(self, store: Any) -> None:
        """Save the random streams and the decoding with the weights, so that a restored model continues as this one."""
        if self._stream_names:
            store["random_state"] = np.stack([stream.state.numpy() for stream in self.streams.values()])
        for name, array in self._decoding_state.arrays().items():
            store[name] = array

    def load_own_variables(self, store: Any) -> None:
        """Restore what :meth:`save_own_variables` saved."""
        if self._stream_names:
            for stream, state in zip(self.streams.values(), store["random_state"][...]):
                stream.state.assign(state)
        self._decoding_state.restore({name: store[name][...] for name in DECODING_NAMES if name in store})

    def state_arrays(self) -> dict[str, np.ndarray]:
        """Return everything that training changes, as arrays by name, for a checkpoint."""
        return {
            **{name: np.array(variable) for name, variable in self._changing_variables().items()},
            **self._decoding_state.arrays(),
        }

    def restore_arrays(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Put back what :meth:`state_arrays` returned.

        Raises
        ------
        InputError
            If an array is missing or has another shape. The model is not changed in that case.
        """
        variables = self._changing_variables()
        for name, variable in variables.items():
            found = arrays[name].shape if name in arrays else None
            if found != tuple(variable.shape):
                raise InputError(
                    f"The checkpoint holds {name} with the shape {found}, but this model needs "
                    f"{tuple(variable.shape)}; it belongs to another model."
                )
        for name, variable in variables.items():
            variable.assign(arrays[name])
        self._decoding_state.restore({name: arrays[name] for name in DECODING_NAMES if name in arrays})

    def other_variables(self) -> dict[str, tf.Variable]:
        """Return further variables that training changes, by name; a subclass that has any lists them here.

        Checkpoints hold them. Files of a saved model do not.
        """
        return {}

    def fingerprint(self) -> int:
        """Return a checksum of the examples; a checkpoint can be resumed only if it agrees."""
        tensors = tf.nest.flatten(self._examples.tensors)
        raw = [np.ascontiguousarray(each).reshape(-1).view(np.uint8).data for each in tensors]
        return zlib.crc32(b"".join(zlib.crc32(each).to_bytes(4, "big") for each in raw))

    # ------------------------------------------------------------------ private

    def _changing_variables(self) -> dict[str, tf.Variable]:
        variables: dict[str, tf.Variable] = {}
        for name, network in self.networks.items():
            # Weights, and the states of seeded layers such as dropout. Keras 3 lists these states; Keras 2 has
            # generators.
            known = {id(variable): variable for variable in [*network.weights, *network.variables]}
            generators = [
                getattr(getattr(layer, "_random_generator", None), "_generator", None) for layer in network.layers
            ]
            known.update((id(g.state), g.state) for g in generators if isinstance(g, tf.random.Generator))
            variables.update((f"{name}/{number}", variable) for number, variable in enumerate(known.values()))
        for number, optimizer in enumerate(self.distinct_optimizers):
            known = {id(variable): variable for variable in optimizer.variables}
            rate = getattr(optimizer, "_learning_rate", None)
            if hasattr(rate, "assign"):
                known[id(rate)] = rate
            variables.update((f"optimizer_{number}/{n}", variable) for n, variable in enumerate(known.values()))
        variables.update((f"stream/{name}", stream.state) for name, stream in self.streams.items())
        return variables | self.other_variables()

    def _loop(self, force: bool = False) -> Callable[[tf.Tensor], dict[str, tf.Tensor]]:
        if force or self._loop_function is None:
            step = tf.function(self.train_step, jit_compile=True) if self.jit_compile else self.train_step
            self._loop_function = loop_over_steps(
                lambda: step(None), self._means, self.distribute_strategy, self.run_eagerly
            )
        return self._loop_function

    def _compile_for(self, steps: int) -> None:
        arguments, options = self._compile_arguments
        self._compiled_steps = steps
        self._fitting, self._loop_function = False, None
        super().compile(*arguments, steps_per_execution=steps, **options)


DECODING_NAMES = ("decoding_mean", "decoding_scale")


class _Examples:
    """Examples by name. Keras does not track the content of a plain class, so it does not save the examples."""

    def __init__(self, examples: Mapping[str, Any]):
        # Examples are tensors, because an array would be copied into the graph at each tracing.
        self.tensors = {name: tf.nest.map_structure(tf.convert_to_tensor, held) for name, held in examples.items()}
        for name, held in self.tensors.items():
            shapes = [tuple(tensor.shape) for tensor in tf.nest.flatten(held)]
            if any(not shape or not shape[0] or shape[0] != shapes[0][0] for shape in shapes):
                raise InputError(f"The examples {name!r} have the shapes {shapes}; all need the same number of rows.")


class _DecodingState(tf.train.experimental.PythonState):
    """A model's decoding, in a form that TensorFlow's checkpoints can store."""

    def __init__(self, decoding: FaceScaling | None):
        super().__init__()
        self.decoding = decoding

    def arrays(self) -> dict[str, np.ndarray]:
        if self.decoding is None:
            return {}
        return dict(zip(DECODING_NAMES, (self.decoding.mean, self.decoding.scale)))

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        if arrays:
            self.decoding = FaceScaling(*(np.asarray(arrays[name], np.float32) for name in DECODING_NAMES))

    def serialize(self) -> str:
        return FaceScaling.to_json(self.decoding)

    def deserialize(self, string_value: bytes | str) -> None:
        self.decoding = FaceScaling.from_json(string_value)


def largest_divisor(number: int, limit: int) -> int:
    """Return the largest divisor of ``number`` that does not exceed ``limit``."""
    return max(divisor for divisor in range(1, min(number, limit) + 1) if number % divisor == 0)


def passes(examples: int, batch_size: int) -> int:
    """Return the number of batches in one pass over the examples."""
    return math.ceil(examples / batch_size)


def _as_list(callbacks: Any) -> list:
    if callbacks is None:
        return []
    # A `keras.callbacks.CallbackList` holds the callbacks. Otherwise this is a sequence of callbacks or a single one.
    callbacks = getattr(callbacks, "callbacks", callbacks)
    return list(callbacks) if isinstance(callbacks, (list, tuple)) else [callbacks]


def _watches_steps(callback: keras.callbacks.Callback) -> bool:
    hooks = ("on_batch_begin", "on_batch_end", "on_train_batch_begin", "on_train_batch_end")
    return any(getattr(type(callback), hook) is not getattr(keras.callbacks.Callback, hook) for hook in hooks)
