"""The networks of the point-cloud tasks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from tensorflow import keras

from gankit.choices import DISCRIMINATOR_OUTPUTS
from gankit.errors import InputError
from gankit.memory import require_memory
from gankit.networks.latents import LatentGenerator
from gankit.randomness import SeedSequence


def fully_connected_GenDiscr(  # noqa: N802 - the coursework's name
    gen_shape: Sequence[int],
    real_examples: np.ndarray,
    latent_type: str = "normal",
    seed: int | None = None,
    discriminator_output: str = "tanh",
) -> tuple[keras.Model, keras.Model, LatentGenerator]:
    """Build a fully connected generator, its mirror image as discriminator, and the latent generator.

    Parameters
    ----------
    gen_shape : sequence of int
        The generator's widths, input first: ``[1, 100, 100, 2]`` maps 1-dimensional latents to points in the plane.
    real_examples : array of shape (n, gen_shape[-1])
        The examples that the generator learns to imitate; only their width is used here.
    latent_type : {"normal", "uniform", "spheric"}
        Distribution of the latent vectors.
    seed : int, optional
        Seed of the initial weights and of the latents; by default, TensorFlow's global generator chooses it.
    discriminator_output : {"tanh", "linear"}
        The activation of the discriminator's last layer. A critic that ends in tanh can only give scores between -1 and
        1, and stops learning once all scores are close to -1 or 1.

    Returns
    -------
    generator : keras.Model
        Hidden layers tanh, output sigmoid: ``(batch, gen_shape[0]) -> (batch, gen_shape[-1])`` in (0, 1).
    discriminator : keras.Model
        The widths in reverse, hidden layers tanh: ``(batch, gen_shape[-1]) -> (batch, 1)``, in (-1, 1) by default.
    latent_generator : LatentGenerator
        ``latent_generator(k)`` samples k latent vectors.

    Raises
    ------
    InputError
        If there are fewer than two widths, the last one is not the width of the examples, ``discriminator_output`` is
        unknown, or the networks do not fit into memory.
    """
    if discriminator_output not in DISCRIMINATOR_OUTPUTS:
        raise InputError(
            f"discriminator_output is {discriminator_output!r}; choose one of {', '.join(DISCRIMINATOR_OUTPUTS)}."
        )
    widths = [int(width) for width in gen_shape]
    if len(widths) < 2 or min(widths) < 1:
        raise InputError(f"gen_shape is {list(gen_shape)}; give at least an input and an output width, each 1 or more.")
    if tuple(real_examples.shape[1:]) != (widths[-1],):
        raise InputError(
            f"gen_shape ends in {widths[-1]}, but the real examples have shape {tuple(real_examples.shape)}; "
            f"the generator's last width must be the number of columns."
        )
    # The weights of both networks, Adam's two means of each weight, and copies during initialisation.
    weights = 2 * sum(width * following for width, following in zip(widths, widths[1:]))
    require_memory(4 * 4 * weights, f"Training networks of the widths {list(gen_shape)}", "choose smaller widths")
    next_seed = SeedSequence(seed)

    def dense_stack(name: str, stack: list[int], output_activation: str) -> keras.Model:
        inputs = keras.Input((stack[0],))
        outputs = inputs
        for position, width in enumerate(stack[1:], start=1):
            outputs = keras.layers.Dense(
                width,
                activation=output_activation if position == len(stack) - 1 else "tanh",
                kernel_initializer=keras.initializers.GlorotUniform(seed=next_seed()),
            )(outputs)
        return keras.Model(inputs, outputs, name=name)

    generator = dense_stack("generator", widths, "sigmoid")
    discriminator = dense_stack("discriminator", [*widths[:0:-1], 1], discriminator_output)
    return generator, discriminator, LatentGenerator(widths[0], latent_type, seed=next_seed())
