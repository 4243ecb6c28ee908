"""A small network that reads attributes from faces; distances between its features show differences that pixels hide.

Pictures sampled from a Gaussian with the mean and the covariance of faces look like blurred heads, but their Frechet
distance on pixels is 0. The encoder was trained to read the attributes of rendered faces (smile, yaw, beard, ...) from
their pixels, and these pictures lack what it reads. It replaces the Inception network of the usual measures (Heusel et
al. 2017), which was made for colour photographs of 299x299 pixels.

``data/README.md`` tells how it was trained, and what it can and cannot read.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gankit.errors import InputError
from gankit.faces.attributes import HAIR_STYLES, sample_attributes
from gankit.faces.changes import reduced
from gankit.faces.files import DATA
from gankit.memory import in_parts
from gankit.metrics import perceptual_distance

if TYPE_CHECKING:
    from tensorflow import keras

ENCODER_FILE = DATA / "encoder.h5"
FEATURES = 64
MOMENTUM = 0.9  # of the running statistics: Keras's 0.99 needs hundreds of steps to settle
# Faces in one batch. Their largest maps, 16x16 with 32 channels, then take 65 MB.
FACES_AT_ONCE = 2000
# A pair of faces keeps the maps of both, in float64, while it is compared.
PAIRS_AT_ONCE = 500


class FaceEncoder:
    """The encoder with its weights.

    Parameters
    ----------
    network : keras.Model
        A network that :func:`build_encoder` built.

    Attributes
    ----------
    network : keras.Model
        The network.
    """

    def __init__(self, network: keras.Model):
        from tensorflow import keras

        self.network = network
        self._to_features = keras.Model(network.input, network.get_layer("features").output)
        # The layers whose maps the perceptual distance compares: the second convolution, and what the attributes are
        # computed from. The convolution alone takes pictures of any size.
        relus = [layer for layer in network.layers if isinstance(layer, keras.layers.ReLU)]
        self._to_maps = keras.Model(network.input, [relus[1].output, relus[2].output])
        pictures = maps = keras.Input((None, None, 1))
        for layer in network.layers[1 : network.layers.index(relus[1]) + 1]:
            maps = layer(maps)
        self._to_fine_maps = keras.Model(pictures, maps)

    @classmethod
    def load(cls, path: str | Path = ENCODER_FILE) -> FaceEncoder:
        """Read an encoder that ``python -m gankit.faces encoder`` wrote.

        Raises
        ------
        InputError
            If the file is missing, damaged, or holds other weights.
        """
        from gankit.networks.stored_weights import read_weights

        network = build_encoder()
        network.set_weights(read_weights(path, network).arrays)
        return cls(network)

    def features(self, faces: np.ndarray) -> np.ndarray:
        """Compute the features of faces; each has deviation 1 over rendered faces.

        Parameters
        ----------
        faces : numpy.ndarray
            Intensities in [0, 1], shape ``(n, 16, 16)``, n >= 1.

        Returns
        -------
        numpy.ndarray
            float32, shape ``(n, 64)``.

        Raises
        ------
        InputError
            If there are no faces, or they have another shape.
        """
        return self._apply(self._to_features, faces)

    def attributes(self, faces: np.ndarray) -> dict[str, np.ndarray]:
        """Estimate the attributes of faces; the arguments are those of :meth:`features`.

        Returns
        -------
        dict of numpy.ndarray
            One float32 array of length ``n`` per attribute, in the units of ``data/README.md``. Values for bool
            attributes and hair styles are similar to probabilities, but may lie outside [0, 1].
        """
        return dict(zip(attribute_names(), self._apply(self.network, faces).T))

    def maps(self, faces: np.ndarray) -> list[np.ndarray]:
        """Compute the maps that :meth:`perceptual_distance` compares, finest first.

        Parameters
        ----------
        faces : numpy.ndarray
            Intensities in [0, 1], shape ``(n, size, size)``, n >= 1, with a size of 16, 32, 64 or another double.

        Returns
        -------
        list of numpy.ndarray
            float32. For 16x16 faces, the maps after the second convolution, ``(n, 8, 8, 64)``, and the features,
            ``(n, 64)``, both after the ReLU. Larger faces come first in their own size, ``(n, size / 2, size / 2, 64)``
            from the convolutions alone, and are halved by means of 2x2 pixels until they have 16x16.

        Raises
        ------
        InputError
            If there are no faces, or they have another shape.
        """
        faces = np.asarray(faces, np.float32)
        size = faces.shape[-1]
        doubles = size >= 16 and size % 16 == 0 and (size // 16) & (size // 16 - 1) == 0
        if faces.ndim != 3 or faces.shape[1] != size or not doubles or not len(faces):
            raise InputError(
                f"The perceptual distance takes faces of shape (n, size, size), n >= 1, with a size of 16, 32, 64 or "
                f"another double, not {faces.shape}."
            )
        if size == 16:
            return [np.asarray(maps) for maps in self._to_maps(faces[..., None], training=False)]
        fine = np.asarray(self._to_fine_maps(faces[..., None], training=False))
        return [fine, *self.maps(reduced(faces))]

    def perceptual_distance(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Return the perceptual distance of each pair of faces (:func:`gankit.metrics.perceptual_distance`).

        Faces of 16x16 pixels are compared in two layers, and each doubling adds a layer for the details that only the
        larger picture shows. Compare distances of faces of one size only.

        Parameters
        ----------
        first, second : numpy.ndarray
            Faces as in :meth:`maps`, of one shape.

        Returns
        -------
        numpy.ndarray
            float64, shape ``(n,)``: 0 for equal faces, at most 2 for each layer.

        Raises
        ------
        InputError
            If the faces have different or other shapes.
        """
        if np.shape(first) != np.shape(second):
            raise InputError(f"Pairs of faces must have one shape, not {np.shape(first)} and {np.shape(second)}.")
        return in_parts(lambda *pair: perceptual_distance(*map(self.maps, pair)), PAIRS_AT_ONCE, first, second)

    def _apply(self, network: keras.Model, faces: np.ndarray) -> np.ndarray:
        faces = np.asarray(faces, np.float32)
        if faces.ndim != 3 or faces.shape[1:] != (16, 16) or not len(faces):
            raise InputError(f"The encoder takes faces of shape (n, 16, 16), n >= 1, not {faces.shape}.")
        return in_parts(lambda part: network(part[..., None], training=False), FACES_AT_ONCE, faces)


def build_encoder(seed: int | None = None) -> keras.Model:
    """Build the network, which maps ``(batch, 16, 16, 1)`` to 64 features, and the features to the attributes.

    Parameters
    ----------
    seed : int, optional
        Seed of the initial weights; by default, TensorFlow's global generator chooses it.
    """
    from tensorflow import keras

    from gankit.randomness import SeedSequence

    next_seed = SeedSequence(seed)

    def initial() -> keras.initializers.Initializer:
        return keras.initializers.HeNormal(seed=next_seed())

    pictures = keras.Input((16, 16, 1))
    maps = keras.layers.Rescaling(4.0, offset=-2.0)(pictures)
    for channels in (32, 64):
        maps = keras.layers.Conv2D(channels, 3, padding="same", kernel_initializer=initial())(maps)
        maps = keras.layers.ReLU()(keras.layers.BatchNormalization(momentum=MOMENTUM)(maps))
        maps = keras.layers.MaxPooling2D()(maps)
    maps = keras.layers.Dense(FEATURES, kernel_initializer=initial())(keras.layers.Flatten()(maps))
    # Without a learned scale, this layer gives every feature the deviation 1.
    features = keras.layers.BatchNormalization(momentum=MOMENTUM, scale=False, name="features")(maps)
    attributes = keras.layers.Dense(len(attribute_names()), kernel_initializer=initial())(keras.layers.ReLU()(features))
    return keras.Model(pictures, attributes, name="encoder")


def attribute_names() -> list[str]:
    """Return the names of the columns of :func:`attribute_table`."""
    return list(_columns(sample_attributes(1)))


def attribute_table(attributes: dict[str, np.ndarray]) -> np.ndarray:
    """Return attributes as one table: float32, shape ``(n, number of names)``.

    Hair styles have no order, so each becomes a column, which is 1 for the faces that have it.
    """
    return np.stack([np.asarray(values, np.float32) for values in _columns(attributes).values()], axis=1)


def _columns(attributes: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    columns = {name: values for name, values in attributes.items() if name != "hair_style"}
    return {**columns, **{name: attributes["hair_style"] == style for style, name in enumerate(HAIR_STYLES)}}


def train_encoder(
    faces: np.ndarray, attributes: dict[str, np.ndarray], epochs: int, seed: int, verbose: int = 0
) -> FaceEncoder:
    """Train an encoder to read attributes from pixels, by least squares in units of each attribute's deviation.

    Parameters
    ----------
    faces : numpy.ndarray
        uint8, shape ``(n, 16, 16)``, n >= 2.
    attributes : dict of numpy.ndarray
        As :func:`gankit.faces.renderer.render_faces` returns them.
    epochs : int
        Passes over the faces.
    seed : int
        Seed of the initial weights and of the order of the faces.
    verbose : int
        As in Keras's ``fit``.

    Returns
    -------
    FaceEncoder
        The trained encoder; :func:`gankit.networks.stored_weights.write_weights` stores its ``network``.
    """
    from tensorflow import keras

    table = attribute_table(attributes)
    mean, deviation = table.mean(axis=0), np.maximum(table.std(axis=0), 1e-6)
    pictures = faces.astype(np.float32)[..., None] / 255
    network = build_encoder(seed)
    steps = epochs * -(-len(faces) // 128)
    rate = keras.optimizers.schedules.CosineDecay(0.002, steps)
    network.compile(optimizer=keras.optimizers.Adam(rate), loss="mse")
    keras.utils.set_random_seed(seed)  # for the order of the faces
    network.fit(pictures, (table - mean) / deviation, batch_size=128, epochs=epochs, verbose=verbose)

    # From now on, the last layer converts to the units of the attributes.
    head = network.layers[-1]
    kernel, bias = head.get_weights()
    head.set_weights([kernel * deviation, bias * deviation + mean])
    return FaceEncoder(network)


def explained_variance(encoder: FaceEncoder, faces: np.ndarray, attributes: dict[str, np.ndarray]) -> dict[str, float]:
    """Measure how well an encoder reads each attribute of faces it has not seen: 1 - squared error / variance.

    Parameters
    ----------
    encoder : FaceEncoder
        A trained encoder.
    faces : numpy.ndarray
        uint8, shape ``(n, 16, 16)``.
    attributes : dict of numpy.ndarray
        The attributes of these faces.

    Returns
    -------
    dict of str to float
        1 for perfect estimates, 0 for estimates no better than the mean, below 0 for worse ones; sorted, best first.
    """
    estimates = encoder.attributes(faces.astype(np.float32) / 255)
    shares = {
        name: float(1 - np.mean((estimates[name] - truth) ** 2) / max(truth.var(), 1e-12))
        for name, truth in zip(attribute_names(), attribute_table(attributes).T)
    }
    return dict(sorted(shares.items(), key=lambda item: -item[1]))
