"""Builders of networks that several lessons share, latent vectors, and stored weights."""

from gankit.networks.contrast import set_contrast
from gankit.networks.dcgan import PICTURE_BUILDERS, dcgan, dense_pictures, upsampling
from gankit.networks.fully_connected import fully_connected_GenDiscr
from gankit.networks.latents import LatentGenerator
from gankit.networks.signs import Signs
from gankit.networks.stored_weights import read_weights, write_weights
from gankit.networks.wide_faces import face_builder, wide_GenDiscr

__all__ = [
    "PICTURE_BUILDERS",
    "LatentGenerator",
    "Signs",
    "dcgan",
    "dense_pictures",
    "face_builder",
    "fully_connected_GenDiscr",
    "read_weights",
    "set_contrast",
    "upsampling",
    "wide_GenDiscr",
    "write_weights",
]
