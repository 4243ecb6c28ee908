"""The contrast of an untrained generator: how strongly its maps vary."""

from __future__ import annotations

import numpy as np
from tensorflow import keras


def set_contrast(generator: keras.Model, hidden: float, output: float) -> None:
    """Set how strongly an untrained generator's maps vary before each activation, by the gammas of its batch norms.

    A gamma is the deviation of the map that it scales, and starts at 1. Prepared faces have a deviation of 0.28, and
    training takes hundreds of steps to bring the output's deviation down to it. If hidden maps vary little, tanh acts
    on them almost linearly. If they reach the curved part of tanh, more of them vary independently. A generator without
    batch norms is not changed.

    Parameters
    ----------
    generator : keras.Model
        Changed in place.
    hidden : float
        The deviation in all batch norms except the last, above 0.
    output : float
        The deviation in the last one, above 0.
    """
    norms = [layer for layer in generator.layers if isinstance(layer, keras.layers.BatchNormalization)]
    for norm in norms:
        deviation = output if norm is norms[-1] else hidden
        norm.gamma.assign(np.full(norm.gamma.shape, deviation, np.float32))
