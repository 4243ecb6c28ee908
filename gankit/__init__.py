"""Shared parts of the GAN course: everything the six task files have in common."""
