"""The older coursework's name of task 1."""

from simple_gan import Simple_GAN as Simple_GAN
