"""The base class of the three GANs: everything but the losses and the training step."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow import keras

from gankit.errors import InputError
from gankit.faces.scaling import FaceScaling
from gankit.optimizers import Adam
from gankit.randomness import draw_without_replacement, make_stream, new_seed
from gankit.weights import read_weights

# Steps that `fit` runs in one call of the graph, at most: leaving the graph costs about 3 ms, a step on points 0.5 ms.
# Large networks leave it more often, as nothing can interrupt a call; what that costs is then little beside a step.
STEPS_IN_ONE_CALL = 100
STEPS_OF_LARGE_NETWORKS = 20
LARGE_NETWORKS = 100_000  # weights


class GAN(keras.Model):
    """Two networks, two optimizers, and where the examples come from; subclasses add ``train_step``.

    Parameters
    ----------
    generator : keras.Model
        Maps latents ``(batch, latent_dim)`` to examples ``(batch, ...)``.
    discriminator : keras.Model
        Maps examples ``(batch, ...)`` to scores ``(batch, 1)``.
    latent_generator : callable
        ``latent_generator(k)`` returns a ``(k, latent_dim)`` tensor.
    real_examples : tensor or array of shape (n, ...), any rank >= 2
        float32 or float64; ``n`` may be smaller than the batch size.
    batch_size : int
        Real, and fake, examples in one update.
    disc_iter : int
        Discriminator updates in one training step.
    learning_rate : float
        Step size of both Adam optimizers (Kingma and Ba 2015).
    beta_1, beta_2 : float, optional
        Decay of Adam's two running means; the class's own where they are left out.
    seed : int, optional
        Seed of the draws this class makes itself; drawn from TensorFlow's global generator where it is left out.

    Raises
    ------
    InputError
        If a size is below 1, or the examples have fewer than two axes or no rows.
    """

    #: Keys of the dictionary that ``train_step`` returns.
    loss_names = ("discr_loss", "gen_loss")
    beta_1, beta_2 = 0.5, 0.9

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        latent_generator: Callable[[int], tf.Tensor],
        real_examples: tf.Tensor | np.ndarray,
        batch_size: int = 200,
        disc_iter: int = 2,
        learning_rate: float = 0.005,
        *,
        beta_1: float | None = None,
        beta_2: float | None = None,
        seed: int | None = None,
    ):
        super().__init__()
        for name, value in (("batch_size", batch_size), ("disc_iter", disc_iter)):
            if int(value) != value or value < 1:
                raise InputError(f"{name} is {value}; it must be a whole number of at least 1.")
        # The rows live in one tensor: an array would be copied into the graph each time it is traced.
        real_examples = tf.convert_to_tensor(real_examples)
        if real_examples.shape.rank < 2 or real_examples.shape[0] < 1:
            raise InputError(
                f"real_examples has shape {tuple(real_examples.shape)}; it needs at least one row and a second axis."
            )
        self.generator = generator
        self.discriminator = discriminator
        self.latent_generator = latent_generator
        self.real_examples = real_examples
        self.batch_size = batch_size
        self.disc_iter = disc_iter
        self.learning_rate = learning_rate
        self.beta_1 = type(self).beta_1 if beta_1 is None else beta_1
        self.beta_2 = type(self).beta_2 if beta_2 is None else beta_2
        self.decoding = FaceScaling.identity()

        seed = new_seed() if seed is None else seed
        # Two streams, so that neither draw depends on how often the other was made.
        self._real_stream = make_stream(seed)
        self._mixing_stream = make_stream(seed + 1)
        self._means = _RunningMeans(self.loss_names)

        # Everything is built here and now: state restored into a network or an optimizer that does not exist yet
        # would be dropped without a word.
        self._build_networks()
        for network in (generator, discriminator):
            network.compile(optimizer=Adam(learning_rate, beta_1=self.beta_1, beta_2=self.beta_2))
            network.optimizer.build(network.trainable_variables)
        self.compile()

    # ------------------------------------------------------------------ samples

    def get_real_sample(self, size: int | None = None) -> tf.Tensor:
        """Draw rows of ``real_examples`` without replacement: shape ``(min(size, n), ...)``, default the batch size."""
        rows = draw_without_replacement(self._real_stream, self.real_examples.shape[0], size or self.batch_size)
        return tf.gather(self.real_examples, rows)

    def get_fake_sample(self, size: int | None = None, training: bool = False) -> tf.Tensor:
        """Draw latent vectors and return what the generator makes of them: shape ``(size, ...)``."""
        return self.generator(self.latent_generator(size or self.batch_size), training=training)

    def match(self, real: tf.Tensor, fake: tf.Tensor) -> tf.Tensor:
        """Return ``real`` with the dtype and the example shape of ``fake``.

        Face files have no channel axis, ``(n, 16, 16)``; a convolutional generator's output has one,
        ``(n, 16, 16, 1)``. Mixing the two would broadcast to ``(n, 16, 16, n)`` or fail.
        """
        return tf.cast(tf.reshape(real, [-1, *fake.shape[1:]]), fake.dtype)

    def draw_mixing(self, like: tf.Tensor) -> tf.Tensor:
        """Draw one u ~ U[0, 1) per example of ``like``, shaped ``(batch, 1, ...)`` to broadcast over the other axes."""
        shape = tf.concat([tf.shape(like)[:1], tf.ones(like.shape.rank - 1, tf.int32)], axis=0)
        return self._mixing_stream.uniform(shape, dtype=like.dtype)

    # ------------------------------------------------------------- Keras's life

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Generate from latent vectors, so that ``predict`` and saving know what this model computes."""
        return self.generator(inputs, training=training)

    def compile(self, *arguments: Any, steps_per_execution: int | None = None, **options: Any) -> None:
        """Configure ``fit``; the losses and optimizers are the class's own and are not set here.

        Parameters
        ----------
        steps_per_execution : int, optional
            Steps between two visits to Python. Left out, ``fit`` chooses: the largest divisor of ``steps_per_epoch``
            up to 100 (20 for large networks), or 1 where a callback watches single steps.
        *arguments, **options
            Passed to ``keras.Model.compile``. ``jit_compile`` is off unless asked for: compiled for a CPU the
            convolutions are several times slower.
        """
        self._compile_arguments = (arguments, {"jit_compile": False, **options})
        self._fixed_steps_per_execution = steps_per_execution is not None
        self._compile_for(steps_per_execution or 1)

    def fit(
        self,
        x: Any = None,
        *,
        epochs: int = 1,
        steps_per_epoch: int | None = None,
        callbacks: Any = None,
        **options: Any,
    ) -> keras.callbacks.History:
        """Run exactly ``epochs * steps_per_epoch`` training steps.

        Parameters
        ----------
        x : optional
            Accepted because Keras's ``fit`` takes data first; the training step draws from ``self.real_examples``.
        epochs, steps_per_epoch : int
            ``steps_per_epoch`` defaults to one pass over the examples.
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
        if steps_per_epoch is None:
            steps_per_epoch = math.ceil(self.real_examples.shape[0] / self.batch_size)
        for name, value in (("epochs", epochs), ("steps_per_epoch", steps_per_epoch)):
            if value < 1:
                raise InputError(f"{name} is {value}; it must be at least 1.")
        if not self._fixed_steps_per_execution:
            watched = any(_watches_steps(callback) for callback in _as_list(callbacks))
            large = self.generator.count_params() + self.discriminator.count_params() > LARGE_NETWORKS
            limit = STEPS_OF_LARGE_NETWORKS if large else STEPS_IN_ONE_CALL
            steps = 1 if watched else largest_divisor(steps_per_epoch, limit)
            if steps != self._compiled_steps:
                self._compile_for(steps)
        # Keras wants data to iterate over, and stops when it runs out; this never does, and the steps do not read it.
        ticks = tf.data.Dataset.range(1).repeat().batch(self.distribute_strategy.num_replicas_in_sync)
        self._fitting = True
        try:
            return super().fit(ticks, epochs=epochs, steps_per_epoch=steps_per_epoch, callbacks=callbacks, **options)
        finally:
            self._fitting, self.train_function = False, None

    def make_train_function(self, force: bool = False) -> Callable[[Any], dict[str, tf.Tensor]]:
        """Return what ``fit`` calls: a loop over training steps in one graph, which returns the losses' running means.

        Keras's own loop asks a data set for every step, and updates every mean with some ten operations.
        """
        if not self._fitting:
            return super().make_train_function(force)
        if force or self._fit_function is None:
            self._fit_function = self._loop_over_steps()
        self.train_function = self._fit_function
        return self.train_function

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """The running means of the losses; listing them makes Keras reset them at each epoch."""
        return list(self._means.by_name.values())

    def replace_weights(self, gen_h5: str, disc_h5: str) -> None:
        """Put stored weights into both networks; ``self.decoding`` then tells how to read the generator's output.

        Parameters
        ----------
        gen_h5, disc_h5 : path
            HDF5 weights of the generator and of the discriminator; see :func:`gankit.weights.read_weights`.

        Raises
        ------
        InputError
            If a file is missing, damaged, or of other shapes. Both networks then keep the weights they had.
        """
        generator_weights = read_weights(gen_h5, self.generator)
        discriminator_weights = read_weights(disc_h5, self.discriminator)
        self.generator.set_weights(generator_weights.arrays)
        self.discriminator.set_weights(discriminator_weights.arrays)
        self.decoding = generator_weights.decoding

    def replace_weight(self, gen_h5: str, disc_h5: str) -> None:
        """Call :meth:`replace_weights`; the older course has both spellings."""
        self.replace_weights(gen_h5, disc_h5)

    def save_own_variables(self, store: Any) -> None:
        """Save the state of the random streams with the weights, so that a resumed run goes on as if never stopped."""
        store["random_state"] = np.stack([stream.state.numpy() for stream in self._streams()])

    def load_own_variables(self, store: Any) -> None:
        """Restore what :meth:`save_own_variables` saved."""
        for stream, state in zip(self._streams(), store["random_state"][...]):
            stream.state.assign(state)

    # ------------------------------------------------------------------ private

    def _streams(self) -> list[tf.random.Generator]:
        latent_stream = getattr(self.latent_generator, "stream", None)
        return [self._real_stream, self._mixing_stream] + ([latent_stream] if latent_stream is not None else [])

    def _build_networks(self) -> None:
        # A draw from the latent generator would shift everything drawn after it, so zeros are used where the
        # network already knows its input shape.
        input_shape = getattr(self.generator, "input_shape", None) if self.generator.built else None
        latents = self.latent_generator(1) if input_shape is None else tf.zeros((1, *input_shape[1:]))
        fake = self(latents)
        if not self.discriminator.built:
            self.discriminator(self.match(self.real_examples[:1], fake))

    def _loop_over_steps(self) -> Callable[[Any], dict[str, tf.Tensor]]:
        steps = self._compiled_steps
        train_step = tf.function(self.train_step, jit_compile=True) if self.jit_compile else self.train_step

        def tracked_step() -> None:
            for name, loss in train_step(None).items():
                self._means.add(name, loss)

        def counted_step(made: tf.Tensor) -> tuple[tf.Tensor]:
            self.distribute_strategy.run(tracked_step)
            return (made + 1,)

        def run_steps(iterator: Any) -> dict[str, tf.Tensor]:
            tf.while_loop(lambda made: made < steps, counted_step, (tf.constant(0),))
            if hasattr(self, "_train_counter"):
                self._train_counter.assign_add(steps)
            return {name: mean.result() for name, mean in self._means.by_name.items()}

        # Rewriting Python's `if` and `for` takes seconds, of every layer's code as well, and a step here has none that
        # depends on a tensor; Keras 3 does not rewrite training steps either.
        return run_steps if self.run_eagerly else tf.function(run_steps, autograph=False, reduce_retracing=True)

    def _compile_for(self, steps: int) -> None:
        arguments, options = self._compile_arguments
        self._compiled_steps = steps
        self._fitting, self._fit_function = False, None
        super().compile(*arguments, steps_per_execution=steps, **options)


class _RunningMeans:
    """The means of losses over an epoch, by name; one that appears during training gets its own then.

    Neither a list nor a dictionary: Keras would look inside those, and refuses new metrics once a model is built.
    """

    def __init__(self, names: Iterable[str]):
        self.by_name = {name: keras.metrics.Mean(name=name) for name in names}

    def add(self, name: str, loss: tf.Tensor) -> None:
        """Take in the loss of one step, with two operations where ``Mean.update_state`` has ten."""
        if name not in self.by_name:
            with tf.init_scope():
                self.by_name[name] = keras.metrics.Mean(name=name)
        self.by_name[name].total.assign_add(loss)
        self.by_name[name].count.assign_add(1.0)


def largest_divisor(number: int, limit: int) -> int:
    """Return the largest divisor of ``number`` that does not exceed ``limit``."""
    return max(divisor for divisor in range(1, min(number, limit) + 1) if number % divisor == 0)


def _as_list(callbacks: Any) -> list:
    if callbacks is None:
        return []
    # A `keras.callbacks.CallbackList` holds the callbacks; anything else is a sequence of them, or a single one.
    callbacks = getattr(callbacks, "callbacks", callbacks)
    return list(callbacks) if isinstance(callbacks, (list, tuple)) else [callbacks]


def _watches_steps(callback: keras.callbacks.Callback) -> bool:
    hooks = ("on_batch_begin", "on_batch_end", "on_train_batch_begin", "on_train_batch_end")
    return any(getattr(type(callback), hook) is not getattr(keras.callbacks.Callback, hook) for hook in hooks)
