"""The older coursework's name of task 2."""

from wgan_clip import WGAN_clip as WGAN_clip
