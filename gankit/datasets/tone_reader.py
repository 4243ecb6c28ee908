"""Read pitch, decay and timbre of plucked tones back from their waveforms.

*Pitch.* The autocorrelation of a periodic wave is largest at its period. It is divided by the energies of the two
parts that it compares, so that it is 1 at the period also if the wave decays. Zeros behind the spectrum make it four
times finer, and a parabola through the highest value and its neighbours gives the rest of the period. At two periods
it is as large as at one, so the first peak that reaches nine tenths of the highest one counts.

*Decay.* The wave times exp(-2 pi i f t), averaged over a window, is the envelope of the first harmonic. Its logarithm
is a line whose slope is -1 / decay. The fit weights each point by the squared envelope, because noise changes the
logarithm of a small value more.

*Brightness.* The envelope of the second harmonic at the beginning, divided by that of the first.

*Plucked.* The tone is loudest at its beginning and falls after: the loudest 16 milliseconds begin within the first 20,
and each quarter of the tone has less energy than the quarter before.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gankit.datasets.tones import PITCHES, RATE
from gankit.errors import InputError

# The range of pitches: three semitones beyond the notes on both sides.
LOWEST, HIGHEST = PITCHES.min() / 2**0.25, PITCHES.max() * 2**0.25
FINER = 4  # values of the autocorrelation per sample
FIRST_PEAK = 0.9
CLEAR = 0.7  # the least autocorrelation of a tone that has a pitch
WINDOW, HOP = 128, 8  # samples of the window that measures an envelope, and between two of its places
QUIETEST = 0.02  # points of the envelope below this share of its maximum are not fitted
FRAME, LOUDEST_BEFORE = 64, 80  # samples: 16 and 20 milliseconds
_BLOCK = 200  # tones read at a time


@dataclass(frozen=True)
class ToneReading:
    """What was read from tones; each array has the shape ``(n,)``.

    Attributes
    ----------
    pitches : numpy.ndarray
        Hertz; NaN for a tone without a clear pitch in the range.
    clarities : numpy.ndarray
        The autocorrelation at the period, at most 1.
    decays : numpy.ndarray
        Seconds in which the first harmonic falls to 1/e; infinite if it does not fall, NaN if there is no pitch.
    brightnesses : numpy.ndarray
        Amplitude of the second harmonic in the first 32 milliseconds, divided by that of the first; NaN if there is no
        pitch.
    plucked : numpy.ndarray
        bool: whether the tone is loudest at its beginning and falls after.
    """

    pitches: np.ndarray
    clarities: np.ndarray
    decays: np.ndarray
    brightnesses: np.ndarray
    plucked: np.ndarray

    @property
    def notes(self) -> np.ndarray:
        """Number of the nearest note, int64; -1 for a tone without a pitch."""
        return nearest_notes(self.pitches)

    @property
    def errors(self) -> np.ndarray:
        """Cents above the nearest note; NaN for a tone without a pitch."""
        return cents(self.pitches, PITCHES[self.notes])


def cents(pitches: np.ndarray, references: np.ndarray) -> np.ndarray:
    """Return how far pitches lie above others, in hundredths of a semitone."""
    return 1200.0 * np.log2(np.asarray(pitches, np.float64) / references)


def nearest_notes(pitches: np.ndarray) -> np.ndarray:
    """Return the number of the nearest note of each pitch ``(n,)``, on a logarithmic scale; -1 for NaN."""
    distances = np.abs(cents(np.asarray(pitches)[:, None], PITCHES))
    return np.where(np.isnan(pitches), -1, np.nan_to_num(distances, nan=0.0).argmin(axis=1))


def read_tones(waves: np.ndarray) -> ToneReading:
    """Read tones.

    Parameters
    ----------
    waves : numpy.ndarray
        Shape ``(n, samples)``, 400 samples or more.

    Raises
    ------
    InputError
        If the waves have another shape, or hold values that are not finite.
    """
    waves = np.asarray(waves, np.float64)
    if waves.ndim != 2 or not len(waves) or waves.shape[1] < 400:
        raise InputError(f"The waves have the shape {waves.shape}; tones have the shape (n, samples), 400 or more.")
    if not np.isfinite(waves).all():
        raise InputError("The waves hold values that are not finite numbers; the training may have failed.")
    found = []
    for start in range(0, len(waves), _BLOCK):
        block = waves[start : start + _BLOCK]
        pitches, clarities = _pitches(block)
        # A tone without a pitch gets any, so that the arithmetic works; the result is thrown away.
        some = np.where(np.isnan(pitches), LOWEST, pitches)
        first, second = _envelopes(block, some), _envelopes(block, 2 * some)
        decays = np.where(np.isnan(pitches), np.nan, _decays(first))
        with np.errstate(divide="ignore", invalid="ignore"):
            brightnesses = np.where(np.isnan(pitches), np.nan, second[:, 0] / first[:, 0])
        found.append((pitches, clarities, decays, brightnesses, _plucked(block)))
    return ToneReading(*(np.concatenate(parts) for parts in zip(*found)))


def _pitches(waves: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    count, samples = waves.shape
    size = 1 << (2 * samples - 1).bit_length()
    power = np.abs(np.fft.rfft(waves, size)) ** 2
    shortest, longest = int(FINER * RATE / HIGHEST), int(np.ceil(FINER * RATE / LOWEST))
    products = FINER * np.fft.irfft(power, FINER * size)[:, : longest + 2]
    # Energies of the two parts at each whole lag: all but the last samples, and all but the first.
    sums = np.pad(np.cumsum(waves**2, axis=1), ((0, 0), (1, 0)))
    whole = np.arange(longest // FINER + 3)
    energies = np.sqrt(sums[:, samples - whole] * (sums[:, -1:] - sums[:, whole]))
    lags = np.arange(longest + 2) / FINER
    below, part = lags.astype(int), lags % 1
    energies = (1 - part) * energies[:, below] + part * energies[:, below + 1]
    correlations = products / np.maximum(energies, 1e-12)

    inner = correlations[:, shortest : longest + 1]
    before, after = correlations[:, shortest - 1 : longest], correlations[:, shortest + 1 : longest + 2]
    peaks = np.where((inner >= before) & (inner > after), inner, -1.0)
    first = (peaks >= FIRST_PEAK * peaks.max(axis=1, keepdims=True)).argmax(axis=1)
    rows = np.arange(count)
    left, middle, right = before[rows, first], inner[rows, first], after[rows, first]
    curvature = left - 2 * middle + right
    shift = np.where(curvature < 0, 0.5 * (left - right) / np.where(curvature < 0, curvature, -1.0), 0.0)
    clarities = peaks[rows, first]
    clear = clarities >= CLEAR
    return np.where(clear, FINER * RATE / (first + shortest + shift), np.nan), clarities


def _envelopes(waves: np.ndarray, frequencies: np.ndarray) -> np.ndarray:
    """Return the amplitude of each wave at its frequency at places that are ``HOP`` samples apart."""
    kernels = np.hanning(WINDOW) * np.exp(-2j * np.pi * frequencies[:, None] * np.arange(WINDOW) / RATE)
    frames = np.lib.stride_tricks.sliding_window_view(waves, WINDOW, axis=1)[:, ::HOP]
    return np.abs(np.matmul(frames, kernels[:, :, None])[..., 0])


def _decays(envelopes: np.ndarray) -> np.ndarray:
    loud = envelopes > QUIETEST * envelopes.max(axis=1, keepdims=True)
    # Only up to the first quiet point: what comes after it is noise.
    loud = np.logical_and.accumulate(loud | (np.arange(loud.shape[1]) < 3), axis=1)
    weights = np.where(loud, envelopes**2, 0.0) + 1e-30
    weights /= weights.sum(axis=1, keepdims=True)
    times = np.arange(envelopes.shape[1]) * HOP / RATE
    logarithms = np.log(np.maximum(envelopes, 1e-12))
    centred = times - (weights * times).sum(axis=1, keepdims=True)
    slopes = (weights * centred * logarithms).sum(axis=1) / (weights * centred**2).sum(axis=1)
    return np.where(slopes < 0, -1.0 / np.where(slopes < 0, slopes, -1.0), np.inf)


def _plucked(waves: np.ndarray) -> np.ndarray:
    sums = np.pad(np.cumsum(waves**2, axis=1), ((0, 0), (1, 0)))
    loudest = (sums[:, FRAME:] - sums[:, :-FRAME]).argmax(axis=1)
    quarters = np.diff(sums[:, np.linspace(0, waves.shape[1], 5).astype(int)], axis=1)
    return (loudest <= LOUDEST_BEFORE) & (np.diff(quarters, axis=1) < 0).all(axis=1)
