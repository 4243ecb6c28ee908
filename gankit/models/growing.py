"""The base class of a GAN whose networks grow: everything except the losses and the training step."""

from __future__ import annotations

from typing import Any

import tensorflow as tf
from tensorflow import keras

from gankit.errors import InputError
from gankit.models.gan import GAN
from gankit.networks.growing import SMALLEST, Fade, Growing, set_growth


class GrowingGAN(GAN):
    """A GAN whose training step uses the networks of the present resolution.

    The generator and the discriminator are those of the largest pictures, and contain all others. So one optimizer for
    each, saving and checkpoints work as in :class:`gankit.models.gan.GAN`, whose arguments this class takes. At first
    the largest pictures are trained.

    Parameters
    ----------
    generator, discriminator : keras.Model
        A pair that :func:`gankit.networks.growing.growing_GenDiscr` built.
    *arguments, **options
        As in :class:`gankit.models.gan.GAN`. The real examples are the largest pictures.

    Attributes
    ----------
    resolution : int
        Height and width of the pictures that are trained now.
    """

    def __init__(self, generator: keras.Model, discriminator: keras.Model, *arguments: Any, **options: Any):
        super().__init__(generator, discriminator, *arguments, **options)
        self._growing = Growing(self.generator, self.discriminator)
        self.resolution = self.resolutions[-1]

    @property
    def resolutions(self) -> list[int]:
        """Heights and widths of the pictures, from 4 upwards."""
        return self._growing.resolutions

    @property
    def present_generator(self) -> keras.Model:
        """The generator of the present resolution."""
        return self._growing.generators[self.resolution]

    @property
    def present_discriminator(self) -> keras.Model:
        """The discriminator of the present resolution."""
        return self._growing.discriminators[self.resolution]

    @property
    def alpha(self) -> tf.Tensor:
        """Share of the present resolution in its pictures, from 0 to 1; those of 4x4 are always whole."""
        if self.resolution == SMALLEST:
            return tf.ones(())
        (layer,) = (
            each for each in self.generator.layers if isinstance(each, Fade) and each.resolution == self.resolution
        )
        return tf.convert_to_tensor(layer.alpha)

    def grow(self, resolution: int, alpha: float) -> None:
        """Train pictures of this resolution from the next step on, faded in by a share of ``alpha``.

        Raises
        ------
        InputError
            If the networks have no pictures of this resolution, or alpha is not between 0 and 1.
        """
        if resolution not in self.resolutions:
            raise InputError(f"The resolution is {resolution}; these networks have {self.resolutions}.")
        if not 0 <= alpha <= 1:
            raise InputError(f"alpha is {alpha}; it must be between 0 and 1.")
        if resolution != self.resolution:
            self.resolution = resolution
            self.retrace()
        for network in (self.generator, self.discriminator):
            set_growth(network, resolution, alpha)
