"""Plucked tones: short waveforms whose note, decay and timbre are known.

A tone is a sum of harmonics of its note, as a plucked string makes them. Harmonic n has the amplitude sin(n pi p) / n,
where p is the place of the pluck on the string, and its own decay. All harmonics begin at the phase 0, at the first
sample:

    x(t) = sum over n of  sin(n pi p) / n * sin(2 pi n f t) * exp(-t / decay_n)
    decay_n = decay / (1 + 0.25 (n - 1))

The notes are those of a pentatonic scale over two octaves, so a pitch can be wrong: of all pitches between C3 and C5,
only a quarter lie within 30 cents of a note (:func:`chance_in_tune`). A cent is a hundredth of a semitone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gankit.errors import InputError
from gankit.memory import require_memory

RATE = 4000  # samples per second
SHORTEST, LONGEST = 0.1, 2.0  # seconds of a tone
# Semitones above A4 = 440 Hz.
NOTES = {"C3": -21, "D3": -19, "E3": -17, "G3": -14, "A3": -12, "C4": -9, "D4": -7, "E4": -5, "G4": -2, "A4": 0}
PITCHES = 440.0 * 2.0 ** (np.array(list(NOTES.values())) / 12)
# The smallest and the largest decay of the first harmonic, in seconds; its logarithm is uniform between them.
DECAYS = (0.04, 0.16)
# The smallest and the largest place of the pluck; uniform between them. 0.5 is the middle of the string.
PLUCKS = (0.1, 0.5)
FASTER = 0.25  # how much faster each harmonic decays than the one below it
# Harmonics above this frequency are left out; at half the sampling rate they could not be told from lower ones.
HIGHEST_FREQUENCY = 0.45 * RATE
PEAK = 0.9  # largest absolute value of a tone
_BLOCK = 500  # tones rendered at a time


@dataclass(frozen=True)
class Tones:
    """Waveforms with what made them.

    Attributes
    ----------
    waves : numpy.ndarray
        float32, shape ``(n, samples)``, values from -1 to 1.
    notes : numpy.ndarray
        Number of each tone's note in :data:`NOTES`, int64, shape ``(n,)``.
    decays : numpy.ndarray
        Seconds in which the first harmonic falls to 1/e, shape ``(n,)``.
    plucks : numpy.ndarray
        Place of the pluck, shape ``(n,)``.
    """

    waves: np.ndarray
    notes: np.ndarray
    decays: np.ndarray
    plucks: np.ndarray


def samples_of(duration: float) -> int:
    """Return the number of samples of a duration in seconds.

    Raises
    ------
    InputError
        If the duration is outside 0.1 to 2 seconds.
    """
    if not SHORTEST <= duration <= LONGEST:
        raise InputError(f"A tone of {duration:g} seconds is not possible; choose {SHORTEST:g} to {LONGEST:g} seconds.")
    return round(duration * RATE)


def render(pitches: np.ndarray, decays: np.ndarray, plucks: np.ndarray, samples: int) -> np.ndarray:
    """Render tones with the given truth.

    Parameters
    ----------
    pitches, decays, plucks : numpy.ndarray
        Hertz, seconds and place of the pluck of each tone, shape ``(n,)``.
    samples : int
        Length of the tones.

    Returns
    -------
    numpy.ndarray
        float32, shape ``(n, samples)``; the largest absolute value of each tone is 0.9.
    """
    pitches, decays, plucks = (np.asarray(each, np.float64)[:, None] for each in (pitches, decays, plucks))
    require_memory(4 * len(pitches) * samples, f"Rendering {len(pitches):,} tones", "ask for fewer")
    waves = np.empty((len(pitches), samples), np.float32)
    times = np.arange(samples) / RATE
    for start in range(0, len(pitches), _BLOCK):
        rows = slice(start, start + _BLOCK)
        pitch, decay, pluck = pitches[rows], decays[rows], plucks[rows]
        wave = np.zeros((len(pitch), samples))
        for n in range(1, int(HIGHEST_FREQUENCY / pitch.min()) + 1):
            amplitude = np.where(n * pitch <= HIGHEST_FREQUENCY, np.sin(n * np.pi * pluck) / n, 0.0)
            fall = np.exp(-times * (1 + FASTER * (n - 1)) / decay)
            wave += amplitude * fall * np.sin(2 * np.pi * n * pitch * times)
        waves[rows] = PEAK * wave / np.abs(wave).max(axis=1, keepdims=True)
    return waves


def tones(count: int, seed: int = 0, samples: int = 1024) -> Tones:
    """Make tones of random notes, decays and places of the pluck.

    Parameters
    ----------
    count : int
        Number of tones, at least 1. Tone number i depends only on the seed and on i.
    seed : int
        Seed of the random numbers.
    samples : int
        Length of the tones, as :func:`samples_of` gives it.

    Raises
    ------
    InputError
        If there are no tones or their length is not possible.
    """
    if count < 1:
        raise InputError(f"{count} tones are not possible; ask for at least 1.")
    samples_of(samples / RATE)
    uniform = np.random.default_rng(seed).random((count, 3))
    notes = (uniform[:, 0] * len(NOTES)).astype(np.int64)
    decays = DECAYS[0] * (DECAYS[1] / DECAYS[0]) ** uniform[:, 1]
    plucks = PLUCKS[0] + (PLUCKS[1] - PLUCKS[0]) * uniform[:, 2]
    return Tones(render(PITCHES[notes], decays, plucks, samples), notes, decays, plucks)


def chance_in_tune(cents: float) -> float:
    """Return the share of all pitches of the two octaves, on a logarithmic scale, that lie that near to a note."""
    # Past C5 the scale would go on, so the octaves are a circle, and every gap between neighbours counts once.
    places = np.sort(np.array(list(NOTES.values())) % 24) * 100.0
    gaps = np.diff(np.append(places, places[0] + 2400.0))
    return float(np.minimum(gaps, 2 * cents).sum() / 2400.0)
