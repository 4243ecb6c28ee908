"""What labs that compare generators of faces share: a judge with faces that no network saw, and task 4 as a rival."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from tensorflow import keras

from gankit.faces.changes import reduced
from gankit.metrics import frechet_distance, precision_recall
from gankit.models.gan import GAN
from gankit.networks.contrast import set_contrast
from gankit.networks.face_encoder import FaceEncoder
from gankit.networks.latents import LatentGenerator
from gankit.training.callbacks import ProcessorTime
from gankit.training.faces import KeptGenerator
from gankit.training.recipes import RECIPES
from gankit.training.run import Run

# Examples of each set for precision and recall, which compare every example with every other one.
FACES_COMPARED = 2000


def for_encoder(faces: np.ndarray) -> np.ndarray:
    """Average blocks of pixels until faces ``(n, size, size)`` have the 16x16 pixels that the encoder reads."""
    return reduced(faces, faces.shape[1] // 16)


class FaceJudge:
    """Compares generated faces with faces that no network has seen, on pixels and on the features of the encoder.

    Parameters
    ----------
    faces, unseen : numpy.ndarray
        The faces of the training, and those kept back: uint8, ``(n, size, size)``.

    Attributes
    ----------
    floor : dict of float
        The measures of :meth:`compare` for the training faces: what a perfect generator would get.
    """

    def __init__(self, faces: np.ndarray, unseen: np.ndarray):
        self.encoder = FaceEncoder.load()
        self._real, self._unseen = faces.astype(np.float32) / 255, unseen.astype(np.float32) / 255
        self.floor: dict[str, float] = {}
        self._unseen_features = self.features(self._unseen)
        self.floor = self.compare(self._real)

    def features(self, faces: np.ndarray) -> np.ndarray:
        """Compute the encoder's features of faces of any size."""
        return self.encoder.features(for_encoder(faces))

    def compare(self, faces: np.ndarray) -> dict[str, float]:
        """Compare faces, intensities in [0, 1], with those kept back.

        Returns
        -------
        dict of float
            Squared Frechet distances on ``pixels`` and on ``features``; ``precision`` and ``recall`` on features.
        """
        features = self.features(faces)
        size = min(FACES_COMPARED, len(features), len(self._unseen_features))
        neighbours = min(5, size - 1)
        return {
            "pixels": frechet_distance(faces, self._unseen),
            "features": frechet_distance(features, self._unseen_features),
            **precision_recall(self._unseen_features[:size], features[:size], neighbours),
        }

    def examples(self, generators: Mapping[str, KeptGenerator]) -> dict[str, np.ndarray]:
        """Return faces of each generator and faces kept back, for a picture."""
        generated = {name: each.generate(80) for name, each in generators.items()}
        return {**generated, "real, kept back": self._unseen[:80]}


def train_task_4(
    run: Run,
    gan: GAN,
    faces: np.ndarray,
    seconds: float,
    seed: int,
    most: int,
    build: Callable[[int], tuple[keras.Model, keras.Model]],
    model: type[GAN],
) -> KeptGenerator:
    """Train task 4's networks with the penalty of task 3, in task 5's settings for them, for some processor time.

    Parameters
    ----------
    run : Run
        What trains them.
    gan : GAN
        The model that they compete with; its scaling is used.
    faces : numpy.ndarray
        The faces that it learned from: uint8, ``(n, 16, 16)``.
    seconds : float
        Processor time.
    seed : int
        Seed of weights, latents and batches.
    most : int
        Steps in one call of the graph.
    build, model : callable, type
        Task 4's builder and task 3's class. They are arguments because this package imports no task.
    """
    recipe: dict[str, Any] = RECIPES["convolutional"]
    generator, discriminator = build(seed)
    set_contrast(generator, recipe["hidden_contrast"], recipe["contrast"])
    names = ("batch_size", "disc_iter", "learning_rate", "lambda_gp", "beta_1", "beta_2")
    rival = model(
        generator,
        discriminator,
        LatentGenerator(generator.input_shape[-1], seed=seed),
        gan.decoding.prepare(faces),
        **{name: recipe[name] for name in names},
        seed=seed,
        decoding=gan.decoding,
    )
    clock, kept = ProcessorTime(limit=seconds), KeptGenerator(rival, recipe["averaging"], seed)
    # More steps than there is time for: the clock ends the training.
    run.fit(rival, 1, 1_000_000, name="task_4", title="Task 4", callbacks=[clock, kept], steps_per_call=most)
    return kept
