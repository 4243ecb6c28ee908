"""The older coursework's name of the class that loads pretrained weights."""

from wgan_gp import WGAN_GP as WGAN_GP
