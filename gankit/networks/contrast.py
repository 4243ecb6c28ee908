"""How strongly an untrained generator's maps vary."""

from __future__ import annotations

import numpy as np
from tensorflow import keras


def set_contrast(generator: keras.Model, hidden: float, output: float) -> None:
    """Set how strongly an untrained generator's maps vary before each activation: the gammas of its batch norms.

    A gamma is the deviation of what it scales, and starts at 1. Prepared faces have a deviation of 0.28, and training
    takes hundreds of steps to bring the output's down to it. Hidden maps are as good as linear under tanh where they
    vary little; more of them vary on their own where they reach its bend. A generator without batch norms is left as
    it is.

    Parameters
    ----------
    generator : keras.Model
        Changed in place.
    hidden : float
        The deviation in all batch norms but the last, above 0.
    output : float
        The deviation in the last one, above 0.
    """
    norms = [layer for layer in generator.layers if isinstance(layer, keras.layers.BatchNormalization)]
    for norm in norms:
        deviation = output if norm is norms[-1] else hidden
        norm.gamma.assign(np.full(norm.gamma.shape, deviation, np.float32))
