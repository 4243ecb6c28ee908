"""Builders of networks that several lessons share, latent vectors, and stored weights."""

from gankit.networks.augmentation import change_pictures, shift_points
from gankit.networks.chains import apply_with, features_of
from gankit.networks.contrast import set_contrast
from gankit.networks.dcgan import PICTURE_BUILDERS, dcgan, dense_pictures, upsampling
from gankit.networks.fully_connected import fully_connected_GenDiscr
from gankit.networks.growing import growing_GenDiscr
from gankit.networks.latents import LatentGenerator
from gankit.networks.picture_to_picture import (
    SubPixel,
    inpainting_generator,
    picture_discriminator,
    residual_upsampler,
)
from gankit.networks.several import MinibatchDiscrimination, Packing
from gankit.networks.signs import Signs
from gankit.networks.small_faces import small_GenDiscr
from gankit.networks.spectral import SpectralConv2D, SpectralDense
from gankit.networks.stabilised import stabilised_discriminator
from gankit.networks.stored_weights import read_weights, write_weights
from gankit.networks.wide_faces import face_builder, fitting_networks, wide_GenDiscr

__all__ = [
    "PICTURE_BUILDERS",
    "LatentGenerator",
    "MinibatchDiscrimination",
    "Packing",
    "Signs",
    "SpectralConv2D",
    "SpectralDense",
    "SubPixel",
    "apply_with",
    "change_pictures",
    "dcgan",
    "dense_pictures",
    "face_builder",
    "features_of",
    "fitting_networks",
    "fully_connected_GenDiscr",
    "growing_GenDiscr",
    "inpainting_generator",
    "picture_discriminator",
    "read_weights",
    "residual_upsampler",
    "set_contrast",
    "shift_points",
    "small_GenDiscr",
    "stabilised_discriminator",
    "upsampling",
    "wide_GenDiscr",
    "write_weights",
]
