"""Faces with captions, the generator that is kept, and the report on what it makes of captions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow import keras

from gankit import plots
from gankit.datasets.captions import CLAIMS, captions_of, encode, parse, truths
from gankit.faces.attributes import DISTRIBUTIONS, Chance, Distribution, Normal, Uniform, compose, draw
from gankit.faces.renderer import render
from gankit.metrics import frechet_distance
from gankit.models.adversarial import AdversarialModel
from gankit.networks.face_encoder import FaceEncoder, attribute_names, attribute_table
from gankit.networks.latents import LatentGenerator
from gankit.plots import few_grays, tile
from gankit.randomness import separate_seed
from gankit.training.callbacks import AveragedGenerator, Snapshots
from gankit.training.conditional import Report

FACES, TESTED = 6000, 700
CAPTIONS_OF_A_FACE = 2
TRAIN_SEED, TEST_SEED = 3000, 3001
CALIBRATING = 500
FRAMES = 20
COLUMNS = 9
#: Claims that no face and no caption of the training combines.
HELD_OUT_PAIRS = (
    ("bald", "sunglasses"),
    ("glasses", "turned left"),
    ("hat", "lit right"),
    ("beard", "smiling"),
)
#: What is more frequent than in the stored faces, so that a few thousand faces show it often enough.
FREQUENT: dict[str, Distribution] = {
    **DISTRIBUTIONS,
    "eyewear": Uniform(0, 0.2),
    "bearded": Chance(0.45),
    "balding": Chance(0.5),
    "hat_feminine": Chance(0.12),
    "hat_masculine": Chance(0.12),
    "fair": Chance(0.45),
    "light_x": Normal(0, 0.6, -1.5, 1.5),
}
#: The captions of the sheet and of the film. The first four combine what was held out.
SHOWN = (
    "a bald man with sunglasses, lit from the left",
    "a woman with glasses, turned to the left",
    "a man with a hat, lit from the right",
    "a man with a beard, smiling",
    "an old woman with glasses, smiling",
    "a young fair-haired woman, serious",
    "a man with a beard and sunglasses",
    "a bald man, turned to the right, lit from the left",
)
#: Captions between which a row of faces is drawn.
WAYS = (
    ("a young woman, turned to the left", "a bald man with a beard, turned to the right"),
    ("a man, lit from the left", "a man with sunglasses, lit from the right"),
    ("a fair-haired woman, serious", "an old woman with glasses, smiling"),
)
TITLES = {
    "unseen": "generated, unseen combinations",
    "seen": "generated, seen combinations",
    "real": "real faces of the unseen captions",
    "nearest": "no GAN: face of the nearest caption",
    "chance": "chance: any training face",
}


def has_held_out_pair(true: np.ndarray) -> np.ndarray:
    """Tell for which rows, ``(n, len(CLAIMS))``, both claims of a held-out pair are 1: ``(n, pairs)``."""
    names = list(CLAIMS)
    pairs = [
        (true[:, names.index(first)] == 1) & (true[:, names.index(second)] == 1) for first, second in HELD_OUT_PAIRS
    ]
    return np.stack(pairs, axis=1)


def claims_made(captions: Sequence[str]) -> np.ndarray:
    """Return which claims each caption makes: bool, ``(n, len(CLAIMS))``."""
    return np.array([[name in made for name in CLAIMS] for made in map(parse, captions)])


def threshold(holds: np.ndarray, fails: np.ndarray) -> float:
    """Return the value that separates two samples best: at or above it lie most of ``holds``, and few of ``fails``.

    It maximises the mean of the two shares that are on the right side. Of several such values it is the middle one.
    """
    values = np.unique(np.concatenate([holds, fails]))
    between = np.concatenate([[values[0]], (values[1:] + values[:-1]) / 2])
    above = 1 - np.searchsorted(np.sort(holds), between) / len(holds)
    below = np.searchsorted(np.sort(fails), between) / len(fails)
    best = np.flatnonzero(above + below >= (above + below).max() - 1e-12)
    return float(between[best[len(best) // 2]])


class ClaimReader:
    """Reads the claims of faces with the encoder: an estimate beyond a threshold counts as the claim.

    Parameters
    ----------
    faces : numpy.ndarray
        Real faces, ``(n, 16, 16)``, intensities in [0, 1], that decide on the thresholds.
    true : numpy.ndarray
        Their :func:`truths`.
    """

    def __init__(self, faces: np.ndarray, true: np.ndarray):
        self.encoder = FaceEncoder.load()
        estimates = self._estimates(faces)
        self._thresholds = [threshold(column[now == 1], column[now == -1]) for column, now in zip(estimates.T, true.T)]

    def _estimates(self, faces: np.ndarray) -> np.ndarray:
        read = self.encoder.attributes(faces)
        return np.stack([claim.sign * read[claim.attribute] for claim in CLAIMS.values()], axis=1)

    def read(self, faces: np.ndarray) -> np.ndarray:
        """Tell which claims are read in each face: bool, ``(n, len(CLAIMS))``."""
        return self._estimates(faces) >= np.array(self._thresholds)


class CaptionedFaces:
    """Rendered faces with captions.

    No training face has both claims of a pair in :data:`HELD_OUT_PAIRS`. Test faces and captions come in two sets:
    ``unseen`` have such a pair, and ``seen`` have none.

    Attributes
    ----------
    train : numpy.ndarray
        Training faces, intensities in [0, 1], float32, ``(n, 16, 16)``; each occurs with several captions.
    train_texts, train_captions : list of str, numpy.ndarray
        Their captions, and these as word numbers, ``(n, words)``.
    test, test_texts, test_true : dict
        Faces, captions and :func:`truths` of the two sets, by name.
    """

    def __init__(self, faces: int = FACES, tested: int = TESTED):
        attributes, true = _people(4 * faces, TRAIN_SEED)
        rows = np.flatnonzero(~has_held_out_pair(true).any(axis=1))[:faces]
        self._real, self._true = _rendered(attributes, rows, TRAIN_SEED), true[rows]
        self.train = np.concatenate([self._real] * CAPTIONS_OF_A_FACE)
        self.train_texts = [
            text for again in range(CAPTIONS_OF_A_FACE) for text in captions_of(self._true, TRAIN_SEED + again)
        ]
        self.train_captions = encode(self.train_texts)

        attributes, true = _people(20 * tested, TEST_SEED)
        pairs = has_held_out_pair(true)
        self.test, self.test_texts, self.test_true = {}, {}, {}
        for name, chosen in (("unseen", pairs.any(axis=1)), ("seen", ~pairs.any(axis=1))):
            rows = np.flatnonzero(chosen)[:tested]
            always = [
                [claim for pair, both in zip(HELD_OUT_PAIRS, row) if both for claim in pair] for row in pairs[rows]
            ]
            self.test[name] = _rendered(attributes, rows, TEST_SEED)
            self.test_true[name] = true[rows]
            self.test_texts[name] = captions_of(true[rows], TEST_SEED, always=always)

    def nearest(self, captions: Sequence[str]) -> np.ndarray:
        """Return for each caption the face of the training caption that differs in the fewest claims."""
        asked, known = claims_made(captions).astype(np.float32), claims_made(self.train_texts).astype(np.float32)
        differences = asked.sum(axis=1)[:, None] + known.sum(axis=1) - 2 * asked @ known.T
        return self.train[differences.argmin(axis=1)]

    def report(self, kept: KeptCaptions, captions: Sequence[str], seed: int) -> Report:
        """Read the claims of the test captions back, and draw faces for captions, also for those of a user.

        The record holds, for each row of :data:`TITLES`, the share of the claims that are read (``all``) and the share
        of each claim; ``ratio``: for both generated sets, each share divided by that of real faces that have the claim;
        ``frechet``: the Frechet distance of the encoder's features to held-out real faces, of generated and of training
        faces.
        """
        reader = ClaimReader(self._real, self._true)
        made = {name: claims_made(texts) for name, texts in self.test_texts.items()}
        faces = {name: kept.generate(encode(texts)) for name, texts in self.test_texts.items()}
        read = {
            **{name: (reader.read(each), made[name]) for name, each in faces.items()},
            "real": (reader.read(self.test["unseen"]), made["unseen"]),
            "real, seen": (reader.read(self.test["seen"]), made["seen"]),
            "nearest": (reader.read(self.nearest(self.test_texts["unseen"])), made["unseen"]),
            "chance": (
                reader.read(self._real[np.arange(len(made["unseen"])) % len(self._real)]),
                made["unseen"],
            ),
        }
        measures: dict[str, Any] = {name: shares(*pair) for name, pair in read.items()}
        measures["ratio"] = {
            name: {claim: measures[name][claim] / max(measures[real][claim], 1e-9) for claim in ("all", *CLAIMS)}
            for name, real in (("unseen", "real"), ("seen", "real, seen"))
        }
        count = len(self.test["seen"])
        features = reader.encoder.features(self.test["seen"])
        measures["frechet"] = {
            name: frechet_distance(features, reader.encoder.features(each))
            for name, each in (("generated", faces["seen"]), ("training", self._real[:count]))
        }
        # ---- Pictures: real faces of each caption beside generated ones; from one caption to another ----
        texts = [*captions, *SHOWN]
        real, true = (np.concatenate([each["seen"], each["unseen"]]) for each in (self.test, self.test_true))
        rows = {text: (self._with_claims(real, true, text), kept.sheet([text])) for text in texts}
        ways = {(first, last): kept.between(first, last) for first, last in WAYS}
        shown = {TITLES[name]: [measures[name][claim] for claim in CLAIMS] for name in TITLES}
        figures = {
            "sheet.png": plots.captioned_rows(rows),
            "interpolation.png": plots.between_captions(ways, COLUMNS),
            "claims.png": plots.claims_read(shown, list(CLAIMS)),
        }
        return Report(measures, figures, table(measures))

    @staticmethod
    def _with_claims(faces: np.ndarray, true: np.ndarray, text: str, count: int = 3) -> np.ndarray:
        """Return real faces that have the claims of a caption; white ones if there are too few."""
        found = faces[(true[:, claims_made([text])[0]] == 1).all(axis=1)][:count]
        return np.concatenate([found, np.ones((count - len(found), *faces.shape[1:]), faces.dtype)])


def _people(count: int, seed: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
    attributes = compose(draw(count, seed, FREQUENT))
    return attributes, truths(dict(zip(attribute_names(), attribute_table(attributes).T)))


def _rendered(attributes: Mapping[str, np.ndarray], rows: np.ndarray, seed: int) -> np.ndarray:
    return render({name: values[rows] for name, values in attributes.items()}, seed=seed) / np.float32(255)


def shares(read: np.ndarray, made: np.ndarray) -> dict[str, float]:
    """Return the share of the claims made that are read: of ``all``, and of each by name (nan if it is never made)."""
    counts = made.sum(axis=0)
    each = np.where(counts > 0, (read & made).sum(axis=0) / np.maximum(counts, 1), np.nan)
    return {"all": float((read & made).sum() / made.sum()), **dict(zip(CLAIMS, each.tolist()))}


class KeptCaptions(AveragedGenerator):
    """The text encoder and the generator that are kept: the running means of their weights, as one network.

    Parameters
    ----------
    gan : AdversarialModel
        An untrained model with the networks ``text_encoder`` and ``generator``.
    captions : numpy.ndarray
        Captions of the training, ``(n, words)``; they calibrate the batch normalisation.
    past : float
        Weight of the past in one step, in [0, 1).
    seed : int
        Seed of the latents, which are not those of the training.
    """

    def __init__(self, gan: AdversarialModel, captions: np.ndarray, past: float, seed: int):
        latents, width = gan.generator.input_shape[0][-1], gan.text_encoder.input_shape[-1]
        noise, words = keras.Input((latents,)), keras.Input((width,), dtype="int32")
        both = keras.Model([noise, words], gan.generator([noise, gan.text_encoder(words)]))
        super().__init__(both, past, gan.decoding)
        self._latents = LatentGenerator(latents, seed=separate_seed(seed))
        self._calibrating = [self.latents(CALIBRATING), captions[np.arange(CALIBRATING) % len(captions)]]
        self._sheet_latents = self.latents(COLUMNS)

    def latents(self, count: int) -> np.ndarray:
        """Sample latents: float32, ``(count, latents)``."""
        return self._latents(count).numpy()

    def vectors(self, captions: np.ndarray) -> np.ndarray:
        """Turn captions, as word numbers ``(n, words)``, into their vectors, ``(n, k)``."""
        return self.averaged.get_layer("text_encoder")(tf.constant(captions), training=False).numpy()

    def from_vectors(self, vectors: np.ndarray, latents: np.ndarray) -> np.ndarray:
        """Make a face for each vector ``(n, k)``: intensities in [0, 1], ``(n, 16, 16)``."""
        noise, captions = self._calibrating
        calibrating = [tf.constant(noise), tf.constant(self.vectors(captions))]
        return self._pictures([latents, vectors], calibrating, self.averaged.get_layer("generator"))

    def generate(self, captions: np.ndarray, latents: np.ndarray | None = None) -> np.ndarray:
        """Make a face for each caption, as word numbers ``(n, words)``."""
        return self.from_vectors(self.vectors(captions), self.latents(len(captions)) if latents is None else latents)

    def sheet(self, texts: Sequence[str] = SHOWN, columns: int = COLUMNS) -> np.ndarray:
        """Make a row of faces for each caption, always with the same latents."""
        rows = np.repeat(encode(texts), columns, axis=0)
        return self.generate(rows, np.tile(self._sheet_latents[:columns], (len(texts), 1)))

    def between(self, first: str, last: str, rows: int = 3, columns: int = COLUMNS) -> np.ndarray:
        """Make rows of faces on the straight line between the vectors of two captions, each with one latent."""
        ends = self.vectors(encode([first, last]))
        shares = np.linspace(0, 1, columns, dtype=np.float32)[:, None]
        vectors = (1 - shares) * ends[0] + shares * ends[1]
        return self.from_vectors(np.tile(vectors, (rows, 1)), np.repeat(self._sheet_latents[:rows], columns, axis=0))

    def film(self, steps: int) -> Snapshots:
        """Return a callback that collects sheets over ``steps`` training steps."""
        return Snapshots(lambda: few_grays(tile(self.sheet(), COLUMNS)), every=max(1, steps // FRAMES))


def table(measures: Mapping[str, Any]) -> str:
    """Write the shares of each claim as lines of text."""
    names = [name for name in measures if name not in ("ratio", "frechet")]
    lines = [f"{'claim read':<16}" + "".join(f"{name:>12}" for name in names) + f"{'unseen/real':>14}"]
    for claim in ("all", *CLAIMS):
        cells = "".join(f"{measures[name][claim]:12.2f}" for name in names)
        lines.append(f"{claim:<16}{cells}{measures['ratio']['unseen'][claim]:14.2f}")
    lines.append("Frechet distance of features: " + ", ".join(f"{k} {v:.1f}" for k, v in measures["frechet"].items()))
    return "\n".join(lines)
