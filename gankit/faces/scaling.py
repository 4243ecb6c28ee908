"""The scaling between pixel intensities and the numbers that a network trains on."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np

from gankit.errors import InputError
from gankit.memory import require_memory


@dataclass(frozen=True)
class FaceScaling:
    """The affine map between intensities in [0, 1] and a network's range: ``scaled = (intensity - mean) / scale``.

    It belongs to the weights that were trained with it and is stored with them. Decoded with another scaling, the faces
    of the same generator look washed out.

    Attributes
    ----------
    mean : numpy.ndarray
        Mean face, float32, intensities in [0, 1], shape ``(height, width)``; or 0 for no shift.
    scale : numpy.ndarray
        Divisor of each pixel, float32, above 0, with the shape of ``mean``; or 1 for no scaling.
    """

    mean: np.ndarray
    scale: np.ndarray

    @classmethod
    def identity(cls) -> FaceScaling:
        """Return the scaling of a network that works on intensities directly."""
        return cls(np.zeros((), np.float32), np.ones((), np.float32))

    @classmethod
    def symmetric(cls) -> FaceScaling:
        """Return the scaling of intensities to [-1, 1], the range of tanh, for pictures of any size."""
        middle = np.array(0.5, np.float32)
        return cls(middle, middle)

    @staticmethod
    def to_json(scaling: FaceScaling | None) -> str:
        """Write a scaling, or None, as text that keeps every digit."""
        return json.dumps(None if scaling is None else [scaling.mean.tolist(), scaling.scale.tolist()])

    @classmethod
    def from_json(cls, text: str | bytes) -> FaceScaling | None:
        """Read what :meth:`to_json` wrote."""
        stored = json.loads(text)
        return None if stored is None else cls(*(np.array(values, np.float32) for values in stored))

    @classmethod
    def fit(cls, faces: np.ndarray) -> FaceScaling:
        """Measure the mean face and the largest intensity of each pixel.

        Parameters
        ----------
        faces : numpy.ndarray
            uint8, shape ``(n, height, width)``.
        """
        mean = faces.mean(axis=0, dtype=np.float64) / 255
        # A pixel that is black in every face would cause a division by zero.
        largest = np.maximum(faces.max(axis=0), 1) / 255
        return cls(mean.astype(np.float32), largest.astype(np.float32))

    def apply(self, intensities: np.ndarray) -> np.ndarray:
        """Scale intensities in [0, 1], or points in data units, to the network's range.

        Parameters
        ----------
        intensities : numpy.ndarray
            Floats of shape ``(n, height, width)``, or of any shape if the scaling is the same for all pixels; for
            points ``(n, d)``.

        Returns
        -------
        numpy.ndarray
            The same shape and dtype.
        """
        return (intensities - self.mean) / self.scale

    def invert(self, scaled: np.ndarray) -> np.ndarray:
        """Undo :meth:`apply`: the same shape and dtype. Nothing is clipped, so intensities may lie outside [0, 1]."""
        return scaled * self.scale + self.mean

    def prepare(self, faces: np.ndarray) -> np.ndarray:
        """Scale stored faces for training.

        Parameters
        ----------
        faces : numpy.ndarray
            uint8, shape ``(n, height, width)``.

        Returns
        -------
        numpy.ndarray
            float32, same shape, in [-1, 1] for the faces that the scaling was fitted to.

        Raises
        ------
        InputError
            If the faces do not fit into memory.
        """
        # Three float32 arrays during the computation; afterwards the result and the model's copy of it.
        require_memory(12 * faces.size, f"Preparing {len(faces):,} faces for training", "give fewer faces")
        return self.apply(faces.astype(np.float32) / np.float32(255))

    def recover(self, outputs: np.ndarray) -> np.ndarray:
        """Turn a generator's output back into intensities.

        Parameters
        ----------
        outputs : array
            Shape ``(n, height, width)`` or ``(n, height, width, 1)``.

        Returns
        -------
        numpy.ndarray
            float32, shape ``(n, height, width)``, clipped to [0, 1].

        Raises
        ------
        InputError
            If the images do not have the size of the mean face.
        """
        images = np.asarray(outputs, np.float32)
        if images.ndim == 4 and images.shape[-1] == 1:
            images = images[..., 0]
        if self.mean.ndim and images.shape[1:] != self.mean.shape:
            raise InputError(f"The images are {images.shape[1:]}, but this scaling was fitted to {self.mean.shape}.")
        return np.clip(self.invert(images), 0.0, 1.0)
