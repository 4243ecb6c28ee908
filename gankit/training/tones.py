"""Additions to a run on tones: the generator that is kept, a film, and a report of what is read and can be heard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from gankit.datasets.tone_reader import ToneReading, cents, read_tones
from gankit.datasets.tones import NOTES, PITCHES, RATE, Tones, chance_in_tune, tones
from gankit.memory import network_in_parts
from gankit.metrics import copied_share, largest_gap
from gankit.models.adversarial import AdversarialModel
from gankit.networks.latents import LatentGenerator
from gankit.plots import spectrogram, spectrogram_picture
from gankit.randomness import separate_seed
from gankit.training.callbacks import AveragedWeights, Snapshots

FRAMES = 25
TONES_MEASURED = 2000
NEW, REPORTING = 1, 2  # other tones and latents than those of the training
# The first lines of a traditional song: notes and beats.
SONG = (
    "G3 1, C4 1.5, C4 .5, C4 1, E4 1, D4 1.5, C4 .5, D4 1, E4 1, C4 1.5, C4 .5, E4 1, G4 1, A4 3, "
    "A4 1, G4 1.5, E4 .5, E4 1, C4 1, D4 1.5, C4 .5, D4 1, E4 1, C4 1.5, A3 .5, A3 1, G3 1, C4 3"
)
BEAT = 0.3  # seconds


class KeptTones(AveragedWeights):
    """The generator that is kept: the running mean of the weights. Its latents are not those of the training.

    Parameters
    ----------
    gan : AdversarialModel
        An untrained model with a network ``generator``, which takes latents and notes.
    past : float
        Weight of the past in one step, in [0, 1).
    seed : int
        Seed of the latents.
    """

    def __init__(self, gan: AdversarialModel, past: float, seed: int):
        super().__init__(gan.generator, past)
        self._latents = LatentGenerator(gan.generator.input_shape[0][-1], seed=separate_seed(seed, REPORTING))
        self._film_latents = self._latents(len(NOTES)).numpy()

    def generate(self, notes: np.ndarray, latents: np.ndarray | None = None) -> np.ndarray:
        """Make a tone for each note number ``(n,)``: float32, ``(n, samples)``, values from -1 to 1."""
        latents = self._latents(len(notes)).numpy() if latents is None else latents
        one_hot = np.eye(len(NOTES), dtype=np.float32)[notes]
        waves = network_in_parts(self.averaged, 500, latents, one_hot)
        return waves[..., 0]

    def film(self, steps: int) -> Snapshots:
        """Return a callback that collects spectrograms of the scale, always from the same latents."""

        def frame() -> np.ndarray:
            scale = self.generate(np.arange(len(NOTES)), self._film_latents)
            # 16 levels keep the file small.
            return spectrogram_picture(4 * np.round(spectrogram(scale.ravel()) / 4))

        return Snapshots(frame, every=max(1, steps // FRAMES))


def measure_tones(waves: np.ndarray, asked: np.ndarray | None, real: ToneReading) -> tuple[dict[str, Any], ToneReading]:
    """Read tones, and compare what is read with the scale, with what was asked for, and with real tones.

    Parameters
    ----------
    waves : numpy.ndarray
        Tones, ``(n, samples)``.
    asked : numpy.ndarray or None
        The number of the note that was asked for, ``(n,)``.
    real : ToneReading
        What was read from real tones.

    Returns
    -------
    dict
        ``clear``: share of tones with a pitch; ``in_tune_50``, ``in_tune_30``: share within 50 and 30 cents of a note
        of the scale; ``as_asked_100``, ``as_asked_30``: share within 100 and 30 cents of the note that was asked for,
        or None; ``counts``: tones within 50 cents of each note; ``never_generated``: names of notes without any;
        ``plucked``: share that is loudest at the beginning and falls after; ``decay_gap``, ``brightness_gap``: the
        largest difference between the distribution functions of generated and real tones; ``decay_spread``: standard
        deviation of the logarithm of the decay among tones read as the same note, a mean over the notes. Tones without
        a pitch are in no share, and are left out of the gaps and the spread.
    reading : ToneReading
        What was read.
    """
    reading = read_tones(waves)
    errors, clear = np.abs(np.nan_to_num(reading.errors, nan=np.inf)), ~np.isnan(reading.pitches)
    counts = np.bincount(reading.notes[errors <= 50], minlength=len(NOTES))
    measures = {
        "clear": float(clear.mean()),
        "in_tune_50": float((errors <= 50).mean()),
        "in_tune_30": float((errors <= 30).mean()),
        "as_asked_100": None,
        "as_asked_30": None,
        "counts": dict(zip(NOTES, counts.tolist())),
        "never_generated": [name for name, count in zip(NOTES, counts) if not count],
        "plucked": float(reading.plucked.mean()),
        "decay_gap": largest_gap(reading.decays[clear], real.decays) if clear.any() else 1.0,
        "brightness_gap": largest_gap(reading.brightnesses[clear], real.brightnesses) if clear.any() else 1.0,
    }
    falls = clear & np.isfinite(reading.decays)
    spreads = [np.log(reading.decays[falls & (reading.notes == note)]) for note in range(len(NOTES))]
    measures["decay_spread"] = float(np.mean([each.std() if len(each) else 0.0 for each in spreads]))
    if asked is not None:
        off = np.abs(np.nan_to_num(cents(reading.pitches, PITCHES[asked]), nan=np.inf))
        measures |= {f"as_asked_{limit}": float((off <= limit).mean()) for limit in (100, 30)}
    return measures, reading


def gaussian_tones(waves: np.ndarray, count: int, random: np.random.Generator) -> np.ndarray:
    """Sample a Gaussian with the mean and the covariance of waves ``(n, samples)``: shape ``(count, samples)``.

    Random sums of the centred waves have exactly their covariance, so no matrix needs to be decomposed.
    """
    mean = waves.mean(axis=0)
    weights = random.standard_normal((count, len(waves))) / np.sqrt(max(1, len(waves) - 1))
    return mean + weights @ (waves - mean)


def without_gan(data: Tones, asked: np.ndarray, seed: int) -> dict[str, tuple[np.ndarray, bool]]:
    """Make tones for the notes ``asked`` without a GAN, in four ways; say of each whether it knows the note."""
    random = np.random.default_rng(separate_seed(seed, NEW))
    shape = (len(asked), data.waves.shape[1])
    means, gaussians, copies = (np.zeros(shape, np.float32) for _ in range(3))
    for note in np.unique(data.notes):
        own, rows = data.waves[data.notes == note], asked == note
        means[rows] = own.mean(axis=0)
        gaussians[rows] = gaussian_tones(own, rows.sum(), random)
        copies[rows] = own[random.integers(len(own), size=rows.sum())]
    return {
        "gaussian": (gaussian_tones(data.waves, len(asked), random), False),
        "mean_of_each_note": (means, True),
        "gaussian_of_each_note": (gaussians, True),
        "noisy_copies": (copies + 0.01 * random.standard_normal(shape), True),
    }


def one_of_each(waves: np.ndarray, notes: np.ndarray) -> np.ndarray:
    """Return the first tone of each note, ``(10, samples)``; silence for a note that has none."""
    found = np.zeros((len(NOTES), waves.shape[1]), np.float32)
    for note in range(len(NOTES)):
        rows = np.flatnonzero(notes == note)
        if len(rows):
            found[note] = waves[rows[0]]
    return found


def song(scale: np.ndarray) -> np.ndarray:
    """Play :data:`SONG` on one tone of each note, ``(10, samples)``: values from -1 to 1, ``(samples,)``.

    A tone rings on while the next ones are played.
    """
    names = list(NOTES)
    score = [each.split() for each in SONG.split(", ")]
    beats = np.cumsum([0.0] + [float(length) for _, length in score])
    starts = np.round(beats * BEAT * RATE).astype(int)
    sound = np.zeros(starts[-1] + scale.shape[1], np.float32)
    for (name, _), start in zip(score, starts):
        sound[start : start + scale.shape[1]] += scale[names.index(name)]
    return sound / max(1.0, float(np.abs(sound).max()))


@dataclass(frozen=True)
class ToneReport:
    """What a run found.

    Attributes
    ----------
    measures : dict
        For ``record.json``: the results of :func:`measure_tones` for the generated tones, and in ``rows`` for each set.
    readings : dict of ToneReading
        What was read from real and from generated tones.
    asked : numpy.ndarray or None
        The notes that were asked for.
    scales : dict of numpy.ndarray
        The scale, real and generated, one sound each.
    examples : dict of numpy.ndarray
        One tone of each note, real and generated, ``(10, samples)``.
    sounds : dict of numpy.ndarray
        Sounds by the names of their files.
    text : str
        A table.
    """

    measures: dict[str, Any]
    readings: dict[str, ToneReading]
    asked: np.ndarray | None
    scales: dict[str, np.ndarray]
    examples: dict[str, np.ndarray]
    sounds: dict[str, np.ndarray]
    text: str


def report(kept: KeptTones, data: Tones, asked: bool, seed: int) -> ToneReport:
    """Measure generated tones beside new real ones and tones without a GAN.

    Parameters
    ----------
    kept : KeptTones
        The generator.
    data : Tones
        The training tones.
    asked : bool
        Whether the generator was told the notes.
    seed : int
        Seed of the new real tones, which are not those of the training, and of the tones without a GAN.
    """
    samples = data.waves.shape[1]
    notes = np.arange(TONES_MEASURED) % len(NOTES)
    new = tones(TONES_MEASURED, separate_seed(seed, NEW), samples)
    others = tones(len(data.waves), separate_seed(seed, REPORTING), samples).waves
    reading = read_tones(data.waves)
    generated = kept.generate(notes)
    sets: dict[str, tuple[np.ndarray, np.ndarray | None]] = {
        "generated": (generated, notes if asked else None),
        "real": (new.waves, new.notes),
    }
    for name, (waves, knows) in without_gan(data, notes, seed).items():
        sets[name] = (waves, notes if knows else None)
    rows, readings = {}, {}
    for name, (waves, wanted) in sets.items():
        rows[name], readings[name] = measure_tones(waves, wanted, reading)
        rows[name]["copied"] = copied_share(waves, data.waves, others)
    read = notes if asked else np.where(np.abs(readings["generated"].errors) <= 50, readings["generated"].notes, -1)
    examples = {"real": one_of_each(new.waves, new.notes), "generated": one_of_each(generated, read)}
    scales = {name: each.ravel() for name, each in examples.items()}
    return ToneReport(
        {**rows["generated"], "chance_in_tune_50": chance_in_tune(50), "chance_in_tune_30": chance_in_tune(30)}
        | {"rows": rows},
        {"real": readings["real"], "generated": readings["generated"]},
        notes if asked else None,
        scales,
        examples,
        {**{f"scale_{name}": sound for name, sound in scales.items()}, "song": song(examples["generated"])},
        table(rows),
    )


def table(rows: Mapping[str, Mapping[str, Any]]) -> str:
    """Write the measures of each set of tones as lines of text."""
    columns = {
        "in tune, 50 ct": "in_tune_50",
        "30 ct": "in_tune_30",
        "as asked, 100 ct": "as_asked_100",
        "as asked, 30 ct": "as_asked_30",
        "plucked": "plucked",
        "decay gap": "decay_gap",
        "decay spread": "decay_spread",
        "brightness gap": "brightness_gap",
        "copied": "copied",
    }
    lines = [" " * 23 + "".join(f"{title:>{len(title) + 2}}" for title in columns)]
    for name, row in rows.items():
        cells = (f"{'-' if row[key] is None else format(row[key], '.3f'):>{len(t) + 2}}" for t, key in columns.items())
        lines.append(f"{name.replace('_', ' '):<23}" + "".join(cells))
    chances = f"{chance_in_tune(50):>16.3f}{chance_in_tune(30):>7.3f}"
    lines.append(f"{'chance':<23}{chances}{200 / 2400:>18.3f}{60 / 2400:>17.3f}")
    lines.append(f"Notes that were never generated: {', '.join(rows['generated']['never_generated']) or 'none'}.")
    return "\n".join(lines)
