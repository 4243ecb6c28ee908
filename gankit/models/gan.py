"""The base class of the GANs in tasks 1 to 3: everything except the losses and the training step."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from keras.saving import deserialize_keras_object, serialize_keras_object
from tensorflow import keras

from gankit.choices import MOST_DISC_ITER
from gankit.errors import InputError, NotGivenError, first_line
from gankit.faces.scaling import FaceScaling
from gankit.fast.optimizer import Adam
from gankit.memory import network_in_parts, require_memory
from gankit.models.adversarial import AdversarialModel, passes
from gankit.networks.latents import LatentGenerator
from gankit.networks.stored_weights import read_weights
from gankit.randomness import make_stream, new_seed


class GAN(AdversarialModel):
    """Two networks with their optimizers, the real examples and the latents; subclasses add ``train_step``.

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
        Number of real examples, and of fake examples, in one update.
    disc_iter : int
        Discriminator updates in one training step, at most 100.
    learning_rate : float
        Step size of both Adam optimizers (Kingma and Ba 2015).
    beta_1, beta_2 : float, optional
        Weight of the past in Adam's two running means; by default, those of the class.
    seed : int, optional
        Seed of the sampling that this class does itself; by default, TensorFlow's global generator chooses it.
    decoding : FaceScaling, optional
        How to convert the generator's outputs to intensities or data units.
    fast : bool
        Use the faster arithmetic of :func:`gankit.fast.accelerate` in both networks.
    examples : mapping, optional
        Further examples that ``draw`` samples from, as in :class:`gankit.models.adversarial.AdversarialModel`. A saved
        model does not hold them.

    Raises
    ------
    InputError
        If a size is below 1, too large, or does not fit into memory, if the examples are not numbers, have fewer
        than two axes or no rows, or if generator, discriminator, latent generator and examples do not fit together.
    """

    loss_names: tuple[str, ...] = ("discr_loss", "gen_loss")
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
        decoding: FaceScaling | None = None,
        fast: bool = True,
        examples: Mapping[str, Any] | None = None,
    ):
        batch_size, disc_iter = _whole_number("batch_size", batch_size), _whole_number("disc_iter", disc_iter)
        if disc_iter > MOST_DISC_ITER:
            raise InputError(
                f"disc_iter is {disc_iter:,}; choose at most {MOST_DISC_ITER} discriminator updates in a training step."
            )
        if real_examples is not None:
            real_examples = _as_examples(real_examples)
        _check_latents(generator, latent_generator)
        fake = _first_fake(generator, latent_generator)
        _check_shapes(real_examples, fake, discriminator)
        if not discriminator.built:
            discriminator(fake)
        _check_memory(generator, discriminator, batch_size, f"A training step with batch_size {batch_size:,}")

        beta_1 = type(self).beta_1 if beta_1 is None else beta_1
        beta_2 = type(self).beta_2 if beta_2 is None else beta_2
        seed = new_seed() if seed is None else seed
        streams = {"mixing": make_stream(seed + 1)}
        if isinstance(latent_generator, LatentGenerator):
            streams["latent"] = latent_generator.stream
        super().__init__(
            {"generator": generator, "discriminator": discriminator},
            {name: Adam(learning_rate, beta_1=beta_1, beta_2=beta_2) for name in ("generator", "discriminator")},
            # A model that is loaded from a file gets its examples later.
            examples={"real": tf.zeros((1, 1)) if real_examples is None else real_examples, **(examples or {})},
            seed=seed,
            streams=streams,
            decoding=decoding,
            fast=fast,
        )
        self._has_examples = real_examples is not None
        self.latent_generator = latent_generator
        self.batch_size = batch_size
        self.disc_iter = disc_iter
        self.learning_rate = learning_rate
        self.beta_1, self.beta_2 = beta_1, beta_2

    # ------------------------------------------------------------------ samples

    @property
    def real_examples(self) -> tf.Tensor:
        """The examples to learn from, a tensor of shape ``(n, ...)``; it can be replaced by assignment.

        Raises
        ------
        NotGivenError
            If the model was loaded from a file, which holds no examples, and has not been given any since.
        """
        self.require_examples()
        return self._examples.tensors["real"]

    @real_examples.setter
    def real_examples(self, examples: tf.Tensor | np.ndarray) -> None:
        examples = _as_examples(examples)
        _check_shapes(examples, _first_fake(self.generator, self.latent_generator), self.discriminator)
        self._examples.tensors["real"] = examples
        self._has_examples = True
        self.retrace()

    def require_examples(self) -> None:
        """Raise ``NotGivenError`` if there are no real examples."""
        if not self._has_examples:
            raise NotGivenError(
                "This model was loaded without its examples; set gan.real_examples to train it further."
            )

    def require_latent_generator(self) -> LatentGenerator:
        """Return the latent generator, whose latents can be drawn from another seed.

        Raises
        ------
        InputError
            If it is another function of latents.
        """
        if not isinstance(self.latent_generator, LatentGenerator):
            raise InputError("This needs a gankit LatentGenerator; another function of latents takes no seed.")
        return self.latent_generator

    def get_real_sample(self, size: int | None = None) -> tf.Tensor:
        """Sample rows of ``real_examples`` without replacement: ``(min(size, n), ...)``, by default a batch."""
        self.require_examples()
        return self.draw("real", self.batch_size if size is None else _whole_number("size", size))

    def get_fake_sample(self, size: int | None = None, training: bool = False) -> tf.Tensor:
        """Sample latent vectors and return the generator's output for them: shape ``(size, ...)``."""
        if size is None:
            size = self.batch_size
        else:
            size = _whole_number("size", size)
            _check_memory(self.generator, None, size, f"A sample of {size:,} examples")
        return self.generator(self.latent_generator(size), training=training)

    def generate(self, count: int, seed: int = 0) -> np.ndarray:
        """Generate decoded examples from separate latents; this does not change any other random numbers.

        Parameters
        ----------
        count : int
            Number of examples, 1 or more.
        seed : int
            Seed of the latents; the same seed gives the same examples.

        Returns
        -------
        numpy.ndarray
            float32; faces of shape ``(count, height, width)`` with intensities in [0, 1].

        Raises
        ------
        InputError
            If the model does not know its decoding, its latent generator takes no seed, or the count is below 1 or
            does not fit into memory.
        """
        count = _whole_number("count", count)
        latent_generator = self.require_latent_generator()
        # The latents; the examples in parts, whole, and decoded.
        values = latent_generator.dimension + 4 * int(np.prod(self.generator.output_shape[1:]))
        require_memory(4 * values * count, f"Generating {count:,} examples", "ask for fewer")
        latents = latent_generator.reseeded(seed)(count)
        return self.decoding.recover(network_in_parts(self.generator, 1000, latents))

    def match(self, real: tf.Tensor, fake: tf.Tensor) -> tf.Tensor:
        """Return ``real`` with the dtype and the example shape of ``fake``.

        Face files have no channel axis, ``(n, 16, 16)``; a convolutional generator's output has one,
        ``(n, 16, 16, 1)``. Mixing the two would broadcast to ``(n, 16, 16, n)`` or fail.
        """
        return tf.cast(tf.reshape(real, [-1, *fake.shape[1:]]), fake.dtype)

    def in_pairs(self, real: tf.Tensor, fake: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Cut the longer one, so that both have equally many examples; ``real`` is also converted by :meth:`match`."""
        count = tf.minimum(tf.shape(real)[0], tf.shape(fake)[0])
        return self.match(real, fake)[:count], fake[:count]

    def draw_mixing(self, like: tf.Tensor) -> tf.Tensor:
        """Sample one u ~ U[0, 1) per example of ``like``: shape ``(batch, 1, ...)``, to broadcast over other axes."""
        shape = tf.concat([tf.shape(like)[:1], tf.ones(like.shape.rank - 1, tf.int32)], axis=0)
        return self.mixing_stream.uniform(shape, dtype=like.dtype)

    # ------------------------------------------------------------- Keras's life

    def fit(
        self, x: Any = None, *, epochs: int = 1, steps_per_epoch: int | None = None, **options: Any
    ) -> keras.callbacks.History:
        """Run exactly ``epochs * steps_per_epoch`` training steps; see :meth:`AdversarialModel.fit`.

        ``steps_per_epoch`` defaults to one pass over the examples.
        """
        if steps_per_epoch is None:
            steps_per_epoch = passes(self.real_examples.shape[0], self.batch_size)
        return super().fit(x, epochs=epochs, steps_per_epoch=steps_per_epoch, **options)

    def replace_weights(self, gen_h5: str | Path, disc_h5: str | Path) -> None:
        """Put stored weights into both networks, and their decoding of the generator's output into ``self.decoding``.

        Parameters
        ----------
        gen_h5, disc_h5 : path
            HDF5 weights of the generator and of the discriminator; see
            :func:`gankit.networks.stored_weights.read_weights`.

        Raises
        ------
        InputError
            If a file is missing or damaged, or has other shapes. Both networks then keep their weights.
        """
        generator_weights = read_weights(gen_h5, self.generator)
        discriminator_weights = read_weights(disc_h5, self.discriminator)
        self.generator.set_weights(generator_weights.arrays)
        self.discriminator.set_weights(discriminator_weights.arrays)
        self.decoding = generator_weights.decoding

    def replace_weight(self, gen_h5: str | Path, disc_h5: str | Path) -> None:
        """Call :meth:`replace_weights`; the older course uses both spellings."""
        self.replace_weights(gen_h5, disc_h5)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments from which :meth:`from_config` builds an equal model, without the real examples.

        Raises
        ------
        InputError
            If the latent generator is the user's own function, which cannot be saved.
        """
        if not isinstance(self.latent_generator, LatentGenerator):
            raise InputError(
                "Only a model with a gankit LatentGenerator can be saved as a whole; "
                "with another latent generator use save_weights and load_weights."
            )
        others = ("self", "generator", "discriminator", "latent_generator", "real_examples", "decoding", "seed", "fast")
        names = [name for name in _argument_names(type(self)) if name not in (*others, "examples")]
        config = {name: getattr(self, name) for name in names}
        for name, value in config.items():
            if not isinstance(value, (int, float, str, bool)):
                raise InputError(f"{name} is {value!r}, which a saved model cannot hold; use save_weights.")
        for name in ("generator", "discriminator"):
            config[name] = serialize_keras_object(getattr(self, name))
        config["latent_generator"] = self.latent_generator.get_config()
        config["decoding"] = FaceScaling.to_json(self._decoding_state.decoding)
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Mapping[str, Any] | None = None) -> GAN:
        """Build a model without real examples; assign them to :attr:`real_examples` afterwards."""
        config = dict(config)
        for name in ("generator", "discriminator"):
            config[name] = deserialize_keras_object(config[name], custom_objects=custom_objects)
        config["latent_generator"] = LatentGenerator(**config["latent_generator"])
        config["decoding"] = FaceScaling.from_json(config["decoding"])
        return cls(real_examples=None, **config)

    @classmethod
    def load(cls, path: str | Path) -> GAN:
        """Read a model that ``gan.save("name.keras")`` wrote: networks, optimizers, random state and decoding.

        The file does not hold the real examples. To train further, set ``gan.real_examples``.

        Raises
        ------
        InputError
            If there is no such file, or it does not hold a saved model of this class.
        """
        if not Path(path).is_file():
            raise InputError(f"There is no saved model at {path}; gan.save('name.keras') writes one.")
        try:
            model = keras.models.load_model(path, custom_objects={cls.__name__: cls}, compile=False)
        except InputError:
            raise
        except Exception as error:  # Keras raises many classes of exceptions
            raise InputError(
                f"{path} cannot be read as a saved {cls.__name__}: {str(error).splitlines()[0]}"
            ) from error
        if not isinstance(model, cls):
            raise InputError(f"{path} holds a {type(model).__name__}, not a {cls.__name__}.")
        return model


def _first_fake(generator: keras.Model, latent_generator: Callable[[int], tf.Tensor]) -> tf.Tensor:
    # A sample from the latent generator would change all later samples. If the network already knows its input shape,
    # zeros are used instead.
    input_shape = getattr(generator, "input_shape", None) if generator.built else None
    latents = latent_generator(1) if input_shape is None else tf.zeros((1, *input_shape[1:]))
    return generator(latents)


def _whole_number(name: str, value: Any) -> int:
    try:
        whole = int(value)
        if whole == value and whole >= 1:
            return whole
    except (TypeError, ValueError, OverflowError):
        pass
    raise InputError(f"{name} is {value}; it must be a whole number of at least 1.")


def _as_examples(examples: tf.Tensor | np.ndarray) -> tf.Tensor:
    try:
        # A tensor, because an array would be copied into the graph at each tracing.
        examples = tf.convert_to_tensor(examples)
    except (TypeError, ValueError) as error:
        raise InputError(f"real_examples is not an array of numbers ({first_line(error)}).") from error
    if not (examples.dtype.is_floating or examples.dtype.is_integer):
        raise InputError(f"real_examples holds {examples.dtype.name} values; it must hold numbers.")
    if examples.shape.rank < 2 or examples.shape[0] < 1:
        raise InputError(
            f"real_examples has shape {tuple(examples.shape)}; it needs at least one row and a second axis."
        )
    return examples


def _check_shapes(real_examples: tf.Tensor | None, fake: tf.Tensor, discriminator: keras.Model) -> None:
    """Refuse real examples, or a discriminator, that do not fit the generator's output."""
    made = tuple(fake.shape[1:])
    if real_examples is not None:
        # `match` reshapes real examples, so they may be flat or have other axes of length 1.
        shape = tuple(real_examples.shape[1:])
        long = [[length for length in each if length != 1] for each in (shape, made)]
        flat = min(map(len, long)) <= 1 and np.prod(shape) == np.prod(made)
        if long[0] != long[1] and not flat:
            raise InputError(
                f"The generator makes examples of shape {made}, but the real examples have the shape {shape}; "
                f"the two must agree except for axes of length 1."
            )
    wanted = getattr(discriminator, "input_shape", None) if discriminator.built else None
    if not isinstance(wanted, tuple):
        return
    wanted = tuple(wanted[1:])
    # Keras adds or removes a last axis of length 1.
    shorter, longer = sorted((made, wanted), key=len)
    fits = len(longer) - len(shorter) <= (1 if longer[-1:] in ((1,), (None,)) else 0)
    if not fits or any(b not in (a, None) for a, b in zip(made, wanted)):
        raise InputError(
            f"The generator makes examples of shape {made}, but the discriminator takes the shape {wanted}; "
            f"give the two networks the same shape."
        )


def _check_latents(generator: keras.Model, latent_generator: Callable[[int], tf.Tensor]) -> None:
    """Refuse a latent generator whose vectors do not fit the generator."""
    wanted = getattr(generator, "input_shape", None) if generator.built else None
    if not isinstance(latent_generator, LatentGenerator) or not isinstance(wanted, tuple):
        return
    if wanted[-1] not in (None, latent_generator.dimension):
        raise InputError(
            f"The generator takes latent vectors of length {wanted[-1]}, but the latent generator samples vectors of "
            f"length {latent_generator.dimension}; give the two the same length."
        )


def _check_memory(generator: keras.Model, discriminator: keras.Model | None, count: int, what: str) -> None:
    """Refuse a training step, or a sample if there is no discriminator, whose activations do not fit into memory."""
    networks = [network for network in (generator, discriminator) if network is not None]
    outputs = sum(
        int(np.prod([length or 1 for length in tensor.shape[1:]]))
        for network in networks
        for layer in network.layers
        for tensor in tf.nest.flatten(getattr(layer, "output", []) if layer.built else [])
    )
    # A step holds every layer's output for real and for fake examples, and a gradient of each. The measured memory of a
    # step is 0.8 to 1.3 times this estimate. A sample holds few outputs at the same time.
    copies = 3 if discriminator is not None else 1
    require_memory(4 * copies * max(outputs, 1) * count, what, "choose a smaller one")


def _argument_names(model_class: type) -> list[str]:
    constructors = [
        vars(each)["__init__"] for each in model_class.__mro__ if "__init__" in vars(each) and issubclass(each, GAN)
    ]
    parameters = [parameter for each in constructors for parameter in inspect.signature(each).parameters.values()]
    variable = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return list(dict.fromkeys(parameter.name for parameter in parameters if parameter.kind not in variable))
