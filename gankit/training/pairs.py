"""What labs share that turn a picture into another one: faces to learn from, faces to measure on, and the measures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from tensorflow import keras

from gankit.errors import InputError
from gankit.faces import FaceScaling, load_faces
from gankit.faces.attributes import sample_attributes
from gankit.faces.imports import area_average
from gankit.faces.renderer import render, render_faces
from gankit.memory import in_parts, network_in_parts
from gankit.metrics import frechet_distance, peak_signal_to_noise, structural_similarity
from gankit.networks.face_encoder import FaceEncoder
from gankit.randomness import separate_seed
from gankit.training.faces import hold_out

# Of faces from a file, this share is kept back to measure on.
SHARE_UNSEEN = 0.2
STORED = 16  # height and width of the faces of the course
AT_ONCE = 250  # pictures in one batch of a network


def faces_to_restore(
    path: str | Path | None, size: int, count: int, unseen: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Render faces, or read them from a file and shrink them.

    The faces of 16x16 pixels to learn from are those of the course, which are rendered already.

    Parameters
    ----------
    path : path, optional
        A file of square faces of at least ``size`` pixels, as :func:`gankit.faces.load_faces` reads it; larger ones are
        averaged down. Without it, faces are rendered.
    size : {16, 32, 64}
        Height and width of the faces.
    count, unseen : int
        Faces to learn from and to measure on. From a file, at most so many: a fifth of it is kept back to measure on.
    seed : int
        Seed of the rendered faces, or of the choice of those that are kept back.

    Returns
    -------
    training, unseen : numpy.ndarray
        float32, intensities in [0, 1], ``(n, size, size)`` each.

    Raises
    ------
    InputError
        If the file cannot be read, its faces are too small or not square, or there are too few.
    """
    if path is None:
        learned = load_faces()[:count] if size == STORED else render_faces(count, size, seed)[0]
        return shrunk(learned, size), shrunk(render_faces(unseen, size, separate_seed(seed))[0], size)
    faces = load_faces(path, size=None)
    height, width = faces.shape[1:]
    if height != width or height < size:
        raise InputError(f"{path} holds faces of {height}x{width} pixels; square ones of at least {size} are needed.")
    training, kept_back = hold_out(faces, SHARE_UNSEEN, seed)
    if not len(kept_back):
        raise InputError(f"{path} holds {len(faces)} faces; a fifth is kept back, so at least 18 are needed.")
    return shrunk(training[:count], size), shrunk(kept_back[:unseen], size)


def redrawn(unseen: int, size: int, seed: int) -> np.ndarray:
    """Render the unseen faces again with other textures and another noise: float32, ``(unseen, size, size)``.

    Nobody can know these from a smaller picture or from a part of it, so this is what a perfect guess would look like.

    Parameters
    ----------
    unseen, size, seed
        As given to :func:`faces_to_restore`.
    """
    own = separate_seed(seed)
    return shrunk(render(sample_attributes(unseen, own), size, separate_seed(own)), size)


def shrunk(faces: np.ndarray, size: int) -> np.ndarray:
    """Average square uint8 faces ``(n, side, side)`` down to float32 intensities ``(n, size, size)`` in [0, 1]."""
    averaged = faces if faces.shape[1] == size else np.stack([area_average(face, size) for face in faces])
    return (averaged / 255).astype(np.float32)


def apply_to_pictures(network: keras.Model, pictures: np.ndarray, scaling: FaceScaling) -> np.ndarray:
    """Apply a network to intensities ``(n, height, width)`` and return intensities in [0, 1], float32."""
    scaled = scaling.apply(np.asarray(pictures, np.float32))[..., None]
    return scaling.recover(network_in_parts(network, AT_ONCE, scaled))


def measure_restored(
    rows: Mapping[str, np.ndarray], truth: np.ndarray, encoder: FaceEncoder
) -> dict[str, dict[str, float]]:
    """Compare restored faces with the true ones.

    Parameters
    ----------
    rows : mapping
        Maps the name of each method to its faces, ``(n, size, size)``, intensities in [0, 1].
    truth : numpy.ndarray
        The true faces.
    encoder : FaceEncoder
        The network of the perceptual distance.

    Returns
    -------
    dict of dict
        For each method the means over the faces: ``PSNR`` in decibels, ``SSIM`` and ``perceptual``. ``Frechet`` is the
        Frechet distance between the sets of all restored and of all true faces, on :func:`textures`.
    """
    true_textures = textures(truth, encoder)
    return {
        name: {
            "PSNR": float(peak_signal_to_noise(faces, truth).mean()),
            "SSIM": float(structural_similarity(faces, truth).mean()),
            "perceptual": float(encoder.perceptual_distance(faces, truth).mean()),
            "Frechet": frechet_distance(true_textures, textures(faces, encoder)),
        }
        for name, faces in rows.items()
    }


def textures(faces: np.ndarray, encoder: FaceEncoder) -> np.ndarray:
    """Return the mean of each channel of the encoder's finest map over all places: ``(n, 64)``.

    They say how much of each fine pattern a face shows, and not where.
    """
    return in_parts(lambda part: encoder.maps(part)[0].mean(axis=(1, 2)), AT_ONCE, faces)
