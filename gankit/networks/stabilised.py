"""Discriminators with the stabilisers that are layers: packing, minibatch discrimination, spectral normalisation."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from tensorflow import keras

from gankit.networks.blocks import leaky
from gankit.networks.several import MinibatchDiscrimination, Packing
from gankit.networks.spectral import SpectralConv2D, SpectralDense
from gankit.randomness import SeedSequence

WIDTHS, CHANNELS = 3 * (64,), (32, 64, 128)
PACKED = 2  # examples in a pack
NEARNESS = {"kernels": 5, "width": 3}  # of minibatch discrimination, as in many tutorials


def stabilised_discriminator(
    shape: Sequence[int], rescaling: float, stabilisers: Collection[str], seed: int
) -> keras.Model:
    """Build a discriminator of points or of pictures; its layers form a chain.

    Parameters
    ----------
    shape : sequence of int
        ``(2,)`` for points, or ``(16, 16, 1)`` for pictures.
    rescaling : float
        What to multiply the examples by first, so that their deviation is about 1.
    stabilisers : collection of str
        Names of :data:`gankit.choices.STABILISERS`; those that are no layers change nothing.
    seed : int
        Seed of the initial weights. Hidden layers begin with the same weights whatever is on, except the first one
        behind packs, which has more of them.

    Returns
    -------
    keras.Model
        ``(batch, *shape) -> (batch, 1)``, or one score for each pack.
    """
    next_seed = SeedSequence(seed)
    dense, convolution = keras.layers.Dense, keras.layers.Conv2D
    if "spectral_norm" in stabilisers:
        dense, convolution = SpectralDense, SpectralConv2D

    def initial() -> keras.initializers.Initializer:
        return keras.initializers.HeNormal(seed=next_seed())

    inputs = keras.Input(tuple(shape))
    values = keras.layers.Rescaling(rescaling)(inputs)
    if "packing" in stabilisers:
        values = Packing(PACKED)(values)
    if len(shape) == 1:
        # ---- 2 -> 64, three times ----
        for width in WIDTHS:
            values = leaky(dense(width, kernel_initializer=initial())(values))
    else:
        # ---- 16x16x1 -> 8x8x32 -> 4x4x64 -> 2x2x128 -> 512 ----
        for channels in CHANNELS:
            layer = convolution(channels, 4, strides=2, padding="same", kernel_initializer=initial())
            values = leaky(layer(values))
        values = keras.layers.Flatten()(values)
    if "minibatch_discrimination" in stabilisers:
        values = MinibatchDiscrimination(**NEARNESS, seed=next_seed())(values)
    return keras.Model(inputs, dense(1, kernel_initializer=initial())(values), name="discriminator")
