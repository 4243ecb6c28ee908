"""Labelled gray pictures of ten classes: scikit-learn's 8x8 digits, MNIST, and Fashion-MNIST.

The first needs no download. The other two come through ``keras.datasets``, which downloads them once.
"""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gankit.errors import InputError, first_line

TEST_SHARE = 0.25  # of the 8x8 digits, which come without a division
DIGIT_NAMES = tuple("0123456789")
FASHION_NAMES = (
    "T-shirt",
    "trousers",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "boot",
)
FASHION_FILES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)


@dataclass(frozen=True)
class LabelledPictures:
    """Pictures with their classes, divided into a part to learn from and a part to test on.

    Attributes
    ----------
    train, test : numpy.ndarray
        float32, shape ``(n, side, side)``, intensities in [0, 1].
    train_labels, test_labels : numpy.ndarray
        int64, shape ``(n,)``, the number of each picture's class.
    names : tuple of str
        The name of each class.
    """

    train: np.ndarray
    train_labels: np.ndarray
    test: np.ndarray
    test_labels: np.ndarray
    names: tuple[str, ...]


def load_digits(name: str = "digits") -> LabelledPictures:
    """Load a data set of pictures of ten classes.

    Parameters
    ----------
    name : {"digits", "mnist", "fashion_mnist"}
        ``digits``: 1,797 pictures of 8x8 (Alpaydin and Kaynak 1998), of which a quarter of each class is the test part;
        ``mnist`` and ``fashion_mnist``: 60,000 and 10,000 pictures of 28x28.

    Raises
    ------
    InputError
        If there is no such data set, scikit-learn is missing, or files are missing and cannot be downloaded.
    """
    if name not in _LOADERS:
        raise InputError(f"There is no data set {name!r}; choose one of {', '.join(_LOADERS)}.")
    return _LOADERS[name]()


def split_by_class(labels: np.ndarray, share: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Divide row numbers into two parts, each with the same share of every class.

    Parameters
    ----------
    labels : numpy.ndarray
        The class of each row, shape ``(n,)``.
    share : float
        Share of the second part.
    seed : int
        Seed of the choice.

    Returns
    -------
    tuple of numpy.ndarray
        The row numbers of the first and of the second part, each in rising order.
    """
    order = np.random.default_rng(seed).permutation(len(labels))
    chosen = [order[labels[order] == label] for label in np.unique(labels)]
    second = np.sort(np.concatenate([rows[: round(share * len(rows))] for rows in chosen]))
    return np.setdiff1d(np.arange(len(labels)), second), second


def _small_digits() -> LabelledPictures:
    try:
        from sklearn import datasets
    except ImportError as error:
        raise InputError(
            'The 8x8 digits come with scikit-learn, which is not installed; install it with pip install -e ".[labs]".'
        ) from error
    held = datasets.load_digits()
    pictures, labels = (held.images / 16).astype(np.float32), held.target.astype(np.int64)
    train, test = split_by_class(labels, TEST_SHARE)
    return LabelledPictures(pictures[train], labels[train], pictures[test], labels[test], DIGIT_NAMES)


def _mnist() -> LabelledPictures:
    path = _cache() / "mnist.npz"

    def read() -> list[np.ndarray]:
        with np.load(path, allow_pickle=False) as arrays:
            return [arrays[name] for name in ("x_train", "y_train", "x_test", "y_test")]

    return _from_cache("mnist", "MNIST", [path], read, DIGIT_NAMES)


def _fashion_mnist() -> LabelledPictures:
    paths = [_cache() / "fashion-mnist" / name for name in FASHION_FILES]

    def read() -> list[np.ndarray]:
        raw = [np.frombuffer(gzip.decompress(path.read_bytes()), np.uint8) for path in paths]
        # The IDX format: a header of 16 bytes before pictures, and of 8 bytes before labels.
        return [raw[0][16:].reshape(-1, 28, 28), raw[1][8:], raw[2][16:].reshape(-1, 28, 28), raw[3][8:]]

    return _from_cache("fashion_mnist", "Fashion-MNIST", paths, read, FASHION_NAMES)


def _cache() -> Path:
    """Return the folder where ``keras.datasets`` keeps its files."""
    return Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras").expanduser() / "datasets"


def _from_cache(
    name: str, title: str, paths: list[Path], read: Callable[[], list[np.ndarray]], names: tuple[str, ...]
) -> LabelledPictures:
    """Read the files if they are there, and otherwise let Keras download them."""
    # Keras is asked only if a file is missing: it deletes files that it wants to replace, also if it cannot.
    if all(path.is_file() for path in paths):
        try:
            arrays = read()
            pictures = [np.asarray(each, np.float32) / np.float32(255) for each in arrays[::2]]
            labels = [np.asarray(each, np.int64) for each in arrays[1::2]]
            for each, belonging in zip(pictures, labels):
                if each.ndim != 3 or each.shape[0] != len(belonging) or not len(belonging):
                    raise ValueError(f"pictures {each.shape} do not fit labels {belonging.shape}")
        except Exception as error:  # zipfile, zlib, NumPy and the file system raise many classes of exceptions
            raise InputError(
                f"The files of {title} in {paths[0].parent} cannot be read ({first_line(error)}); delete them, "
                f"and they are downloaded again."
            ) from error
        return LabelledPictures(pictures[0], labels[0], pictures[1], labels[1], names)

    from tensorflow import keras

    try:
        (train, train_labels), (test, test_labels) = getattr(keras.datasets, name).load_data()
    except Exception as error:  # Keras raises plain exceptions
        wanted = (
            f"the file {paths[0]}" if len(paths) == 1 else f"{', '.join(p.name for p in paths)} into {paths[0].parent}"
        )
        raise InputError(
            f"{title} cannot be downloaded ({first_line(error)}); put {wanted}, or use --data digits, "
            f"which needs no download."
        ) from error
    return LabelledPictures(
        train.astype(np.float32) / np.float32(255),
        train_labels.astype(np.int64),
        test.astype(np.float32) / np.float32(255),
        test_labels.astype(np.int64),
        names,
    )


_LOADERS: dict[str, Callable[[], LabelledPictures]] = {
    "digits": _small_digits,
    "mnist": _mnist,
    "fashion_mnist": _fashion_mnist,
}
