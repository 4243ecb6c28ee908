"""Settings of training runs: parts of the point-cloud lessons, and three recipes for faces.

Importing this module does not import TensorFlow. ``benchmarks/README.md`` reports how the recipes were found.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Part:
    """The data and settings of one GAN of a point-cloud lesson; the defaults are those of the classes.

    Attributes
    ----------
    cloud : str or path
        One of :data:`gankit.choices.CLOUDS`, or a file of points.
    widths : tuple of int
        Widths of the generator's latents and hidden layers; its output has the width of the points.
    discriminator_output : str
        One of :data:`gankit.choices.DISCRIMINATOR_OUTPUTS`.
    gan : str
        Name of the class, if it is not the class of the lesson.
    latent_type : str
        One of :data:`gankit.choices.LATENT_TYPES`.
    batch_size, disc_iter, learning_rate, beta_1, lambda_gp
        As in the classes. If ``beta_1`` is None, it is the default of the class. ``lambda_gp`` is for WGAN_GP only.
    decay : float
        Last part of the steps, in which the learning rates fall to 0.
    epochs, steps_per_epoch : int
        The length of the training; the losses are means over an epoch.
    """

    cloud: str | Path
    widths: tuple[int, ...]
    discriminator_output: str = "tanh"
    gan: str = ""
    latent_type: str = "normal"
    batch_size: int = 200
    disc_iter: int = 2
    learning_rate: float = 0.005
    beta_1: float | None = None
    lambda_gp: float = 10.0
    decay: float = 0.0
    epochs: int = 16
    steps_per_epoch: int = 100

    @property
    def steps(self) -> int:
        """The number of training steps."""
        return self.epochs * self.steps_per_epoch


# Labs on faces with conditions: the settings that they share.
CONDITIONAL_FACES = {
    "batch_size": 32,
    "latents": 32,
    "learning_rate": 0.001,
    "decay": 0.3,
    "beta_1": 0.0,
    "beta_2": 0.99,
    "r1": 0.1,
    "mismatch": 1.0,
    "averaging": 0.998,
}

# Settings that several recipes for faces share.
_OFTEN = {
    "batch_size": 32,
    "disc_iter": 1,
    "learning_rate": 0.001,
    "beta_1": 0.0,
    "beta_2": 0.9,
    "lambda_gp": 2.0,
    "contrast": 0.25,
}
_WIDE = {**_OFTEN, "decay": 0.5, "hidden_contrast": 1.0}
# "fast" gives the best faces that a laptop reaches in two and a half minutes. "best" takes half an hour.
# "convolutional" trains task 4's networks. "coursework" trains them for the older course's 150 epochs of 200 steps,
# from Keras's initial values.
RECIPES = {
    "fast": {"networks": "wide", "steps": 2100, **_WIDE, "averaging": 0.999},
    "convolutional": {
        "networks": "convolutional",
        "steps": 1800,
        **_OFTEN,
        "decay": 0.0,
        "averaging": 0.995,
        "hidden_contrast": 3.0,
    },
    "best": {"networks": "wide", "steps": 25000, **_WIDE, "averaging": 0.998},
    "coursework": {
        "networks": "convolutional",
        "steps": 30000,
        "batch_size": 200,
        "disc_iter": 2,
        "learning_rate": 0.0001,
        "decay": 0.0,
        "beta_1": 0.3,
        "beta_2": 0.9,
        "lambda_gp": 10.0,
        "averaging": 0.0,
        "contrast": 1.0,
        "hidden_contrast": 1.0,
    },
}
