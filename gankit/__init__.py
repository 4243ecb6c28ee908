"""Shared parts of the GAN course: the code that the six task files have in common."""
