"""Networks for waveforms: a generator of transposed convolutions, and discriminators at several scales."""

from __future__ import annotations

from collections.abc import Sequence

from tensorflow import keras

from gankit.networks.blocks import leaky
from gankit.randomness import SeedSequence

STRIDE = 4
# A multiple of the stride. Each output of a transposed convolution is then the sum of equally many products, and the
# layer draws no pattern of its own (Odena et al. 2016, Deconvolution and Checkerboard Artifacts).
KERNEL = 16
EMBEDDING = 16  # values that stand for a note beside the latents
HIDDEN_UNITS = 128
GENERATOR_CHANNELS, DISCRIMINATOR_CHANNELS = (96, 48, 24), (16, 32, 64)
SCALES = 3  # the wave itself, its means at half the rate, and at a quarter


def wave_generator(
    samples: int, latents: int, conditions: int, seed: int, channels: Sequence[int] = GENERATOR_CHANNELS
) -> keras.Model:
    """Build a generator of waves (Donahue et al. 2019, WaveGAN, but smaller, and with a condition).

    Dense layers make the first map of ``samples / 4^k`` places, rounded up, for k kinds of ``channels``. Each
    transposed convolution makes four places of one, and what is longer than ``samples`` is trimmed. As in WaveGAN there
    is no batch normalisation.

    Parameters
    ----------
    samples : int
        Length of a wave; any.
    latents, conditions : int
        Length of a latent vector and of a condition.
    seed : int
        Seed of the initial weights.
    channels : sequence of int
        Channels of each map but the last, which has one.

    Returns
    -------
    keras.Model
        Maps latents ``(batch, latents)`` and conditions ``(batch, conditions)`` to ``(batch, samples, 1)`` in (-1, 1).
    """
    next_seed = SeedSequence(seed)

    def initial() -> keras.initializers.Initializer:
        return keras.initializers.HeNormal(seed=next_seed())

    noise, condition = keras.Input((latents,)), keras.Input((conditions,))
    embedding = keras.initializers.RandomNormal(stddev=1.0, seed=next_seed())
    embedded = keras.layers.Dense(EMBEDDING, use_bias=False, kernel_initializer=embedding)(condition)
    values = keras.layers.Concatenate()([noise, embedded])
    values = keras.layers.Dense(HIDDEN_UNITS, activation="relu", kernel_initializer=initial())(values)
    # ---- 1,024 samples: 16 x 96 -> 64 x 48 -> 256 x 24 -> 1,024 x 1 ----
    places = -(-samples // STRIDE ** len(channels))
    values = keras.layers.Dense(places * channels[0], activation="relu", kernel_initializer=initial())(values)
    maps = keras.layers.Reshape((places, channels[0]))(values)
    for each in channels[1:]:
        layer = keras.layers.Conv1DTranspose(each, KERNEL, STRIDE, padding="same", kernel_initializer=initial())
        maps = keras.layers.Activation("relu")(layer(maps))
    last = keras.initializers.GlorotUniform(seed=next_seed())
    maps = keras.layers.Conv1DTranspose(1, KERNEL, STRIDE, padding="same", kernel_initializer=last)(maps)
    longer = keras.layers.Activation("tanh")(maps)
    wave = keras.layers.Cropping1D((0, places * STRIDE ** len(channels) - samples))(longer)
    return keras.Model([noise, condition], wave, name="generator")


def wave_discriminators(
    samples: int, conditions: int, seed: int, channels: Sequence[int] = DISCRIMINATOR_CHANNELS
) -> keras.Model:
    """Build discriminators of waves at the scales 1, 2 and 4 (Kumar et al. 2019, MelGAN), with projected conditions.

    The first sees the wave, and each other one the means that average pooling makes of the previous one's input, at
    half its rate. Each has its own convolutions with strides of 4, and gives a score for every window of its last map.
    The score is a product with the features f of the window plus the inner product of f with an embedding of the
    condition (Miyato and Koyama 2018).

    Parameters
    ----------
    samples, conditions, seed
        As in :func:`wave_generator`.
    channels : sequence of int
        Channels of the maps of each discriminator.

    Returns
    -------
    keras.Model
        Maps waves ``(batch, samples, 1)`` and conditions to a list of scores, ``(batch, windows)`` for each scale.
    """
    next_seed = SeedSequence(seed)
    wave, condition = keras.Input((samples, 1)), keras.Input((conditions,))
    scores, scaled = [], wave
    for scale in range(SCALES):
        if scale:
            # The padding has no weight in the mean.
            scaled = keras.layers.AveragePooling1D(4, strides=2, padding="same")(scaled)
        maps, name = scaled, f"scale_{2**scale}"
        for number, each in enumerate(channels):
            layer = keras.layers.Conv1D(
                each,
                KERNEL,
                STRIDE,
                padding="same",
                kernel_initializer=keras.initializers.HeNormal(seed=next_seed()),
                name=f"{name}_convolution_{number}",
            )
            maps = leaky(layer(maps))
        kernel = keras.initializers.GlorotUniform(seed=next_seed())
        layer = keras.layers.Conv1D(1, 3, padding="same", kernel_initializer=kernel, name=f"{name}_score")
        alone = keras.layers.Flatten()(layer(maps))
        kernel = keras.initializers.GlorotUniform(seed=next_seed())
        embed = keras.layers.Dense(channels[-1], use_bias=False, kernel_initializer=kernel, name=f"{name}_notes")
        scores.append(keras.layers.Add()([alone, keras.layers.Dot(axes=(2, 1))([maps, embed(condition)])]))
    return keras.Model([wave, condition], scores, name="discriminator")
