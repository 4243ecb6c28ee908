"""Principal components of faces: the linear model that a GAN has to beat."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gankit.errors import InputError
from gankit.memory import require_memory


@dataclass(frozen=True)
class PrincipalComponents:
    """The directions in which faces vary most (Turk and Pentland 1991, eigenfaces).

    Attributes
    ----------
    mean : numpy.ndarray
        Mean face, float64, shape ``(height, width)``, intensities in [0, 1].
    components : numpy.ndarray
        Orthonormal rows, float64, shape ``(k, height * width)``, ordered by falling deviation.
    deviations : numpy.ndarray
        Standard deviation along each component, float64, shape ``(k,)``.
    """

    mean: np.ndarray
    components: np.ndarray
    deviations: np.ndarray

    @classmethod
    def fit(cls, faces: np.ndarray, count: int = 49) -> PrincipalComponents:
        """Measure the leading components.

        Parameters
        ----------
        faces : numpy.ndarray
            Intensities in [0, 1], shape ``(n, height, width)``, n > ``count``.
        count : int
            Number of components.

        Raises
        ------
        InputError
            If there are too few faces, they do not fit into memory, or they vary in fewer directions than asked for.
        """
        if len(faces) <= count:
            raise InputError(f"{count} principal components need more than {count} faces, and there are {len(faces)}.")
        pixels = int(np.prod(faces.shape[1:]))
        # Three float64 copies of the faces, and the covariances of all pairs of pixels.
        needed = 24 * faces.size + 24 * pixels**2
        require_memory(needed, f"Finding principal components of {len(faces):,} faces", "give fewer or smaller faces")
        flat = faces.reshape(len(faces), -1).astype(np.float64)
        mean = flat.mean(axis=0)
        variances, vectors = np.linalg.eigh(np.cov(flat - mean, rowvar=False))
        variances, vectors = variances[::-1][:count], vectors[:, ::-1][:, :count].T
        if variances[-1] <= 1e-12 * variances[0]:
            raise InputError(f"These faces vary in fewer than {count} directions; give a more varied set.")
        # The sign of a component is arbitrary. Fixing it makes pictures repeatable.
        signs = np.sign(vectors[np.arange(count), np.abs(vectors).argmax(axis=1)])
        return cls(mean.reshape(faces.shape[1:]), vectors * signs[:, None], np.sqrt(variances))

    def coordinates(self, faces: np.ndarray) -> np.ndarray:
        """Coordinates of faces along the components, each in units of its standard deviation: shape ``(n, k)``."""
        flat = (faces.astype(np.float64) - self.mean).reshape(len(faces), -1)
        return flat @ self.components.T / self.deviations

    def faces(self, coordinates: np.ndarray) -> np.ndarray:
        """Faces with these coordinates, clipped to [0, 1]: shape ``(n, height, width)``."""
        flat = (coordinates * self.deviations) @ self.components
        return np.clip(self.mean + flat.reshape(-1, *self.mean.shape), 0.0, 1.0)
