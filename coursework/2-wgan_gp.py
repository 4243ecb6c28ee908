"""The older coursework's name of task 3."""

from wgan_gp import WGAN_GP as WGAN_GP
