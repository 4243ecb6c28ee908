"""Adversarial models: what every GAN of the course has in common."""

from gankit.models.adversarial import AdversarialModel
from gankit.models.gan import GAN
from gankit.models.growing import GrowingGAN
from gankit.models.history import WeightHistory
from gankit.models.picture_buffer import PictureBuffer

__all__ = ["GAN", "AdversarialModel", "GrowingGAN", "PictureBuffer", "WeightHistory"]
