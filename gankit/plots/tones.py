"""Pictures of tones: spectrograms, waves, and what was read from them."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from gankit.datasets.tone_reader import ToneReading, cents
from gankit.datasets.tones import DECAYS, NOTES, PITCHES, RATE
from gankit.plots.common import FAKE_COLOUR, REAL_COLOUR, new_figure

WINDOW, HOP = 256, 64  # samples
FLOOR = -60.0  # decibels below the loudest possible tone


def spectrogram(wave: np.ndarray, window: int = WINDOW, hop: int = HOP) -> np.ndarray:
    """Return the power of a sound over frequency and time (a short-time Fourier transform with Hann's window).

    Parameters
    ----------
    wave : numpy.ndarray
        Shape ``(samples,)``, values from -1 to 1.
    window, hop : int
        Samples of a window, and between the middles of two.

    Returns
    -------
    numpy.ndarray
        Decibels, from -60 to 0, shape ``(window // 2 + 1, 1 + samples // hop)``; row k is the frequency k / window of
        the sampling rate. A sine of amplitude 1 has 0 decibels at its frequency.
    """
    padded = np.pad(np.asarray(wave, np.float64), window // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, window)[::hop][: 1 + len(wave) // hop]
    shape = np.hanning(window + 1)[:-1]
    amplitudes = 2 * np.abs(np.fft.rfft(frames * shape, axis=1)).T / shape.sum()
    return np.maximum(20 * np.log10(np.maximum(amplitudes, 1e-10)), FLOOR)


def spectrogram_picture(decibels: np.ndarray) -> np.ndarray:
    """Colour a spectrogram, low frequencies at the bottom: uint8, shape ``(frequencies, times, 3)``."""
    coloured = matplotlib.colormaps["magma"](np.clip(1 - decibels[::-1] / FLOOR, 0, 1))
    return np.round(255 * coloured[..., :3]).astype(np.uint8)


def spectrograms(sounds: Mapping[str, np.ndarray]) -> Figure:
    """Draw the spectrograms of sounds ``(samples,)`` above each other, each under its title."""
    figure = new_figure((9, 2.6 * len(sounds)))
    for axes, (title, wave) in zip(figure.subplots(len(sounds), 1, squeeze=False)[:, 0], sounds.items()):
        decibels = spectrogram(wave)
        extent = (0.0, len(wave) / RATE, 0.0, RATE / 2)
        shown = axes.imshow(decibels, origin="lower", aspect="auto", extent=extent, cmap="magma", vmin=FLOOR, vmax=0)
        axes.set_title(title, fontsize=11)
        axes.set_ylabel("Hz")
        figure.colorbar(shown, ax=axes, label="dB", pad=0.01)
    axes.set_xlabel("seconds")
    return figure


def tone_waves(examples: Mapping[str, np.ndarray], rate: int, columns: tuple[int, ...] = (0, 4, 9)) -> Figure:
    """Draw tones: a row for each set of one tone per note ``(10, samples)``, and a column for each chosen note."""
    figure = new_figure((10, 1.9 * len(examples) + 0.3))
    grid = figure.subplots(len(examples), len(columns), sharex=True, sharey=True, squeeze=False)
    names = list(NOTES)
    for row, (title, waves) in zip(grid, examples.items()):
        colour = FAKE_COLOUR if title == "generated" else REAL_COLOUR
        for axes, note in zip(row, columns):
            axes.plot(1000 * np.arange(waves.shape[1]) / rate, waves[note], color=colour, linewidth=0.7)
            axes.set_title(f"{names[note]}, {title}", fontsize=10)
            axes.grid(alpha=0.25)
    for axes in grid[-1]:
        axes.set_xlabel("milliseconds")
    return figure


def tone_readings(readings: Mapping[str, ToneReading], asked: np.ndarray | None) -> Figure:
    """Draw what was read: the pitches, their distances from notes, and the distribution of the decays.

    Parameters
    ----------
    readings : mapping
        ``real`` and ``generated``.
    asked : numpy.ndarray or None
        The note that each generated tone was asked for; without, the nearest note stands for it.
    """
    generated = readings["generated"]
    clear = ~np.isnan(generated.pitches)
    wanted = generated.notes[clear] if asked is None else asked[clear]
    figure = new_figure((11, 3.6))
    pitches, errors, decays = figure.subplots(1, 3)
    for pitch in PITCHES:
        pitches.axhline(pitch, color="0.8", linewidth=0.8, zorder=0)
    jitter = np.linspace(-0.3, 0.3, 7)[np.arange(len(wanted)) % 7]
    pitches.plot(wanted + jitter, generated.pitches[clear], ".", color=FAKE_COLOUR, markersize=2, alpha=0.5)
    pitches.set_yscale("log")
    pitches.set_yticks(PITCHES, list(NOTES), fontsize=7)
    pitches.set_yticks([], minor=True)
    pitches.set_xticks(range(len(NOTES)), list(NOTES), fontsize=7)
    pitches.set_xlabel("nearest note" if asked is None else "note that was asked for")
    pitches.set_title("pitch of generated tones", fontsize=11)

    edges = np.linspace(-100, 100, 41).tolist()
    for (title, reading), colour in zip(readings.items(), (REAL_COLOUR, FAKE_COLOUR)):
        off = reading.errors
        if title == "generated" and asked is not None:
            off = cents(reading.pitches, PITCHES[asked])
        off = np.clip(off[~np.isnan(off)], -100, 100)
        share = np.full(len(off), 1 / max(1, len(reading.pitches)))
        errors.hist(off, bins=edges, weights=share, color=colour, alpha=0.55, label=title)
        # What does not fall at all stands at the right edge.
        shown = np.sort(1000 * np.minimum(reading.decays[~np.isnan(reading.pitches)], 3 * DECAYS[1]))
        decays.plot(shown, np.arange(1, len(shown) + 1) / max(1, len(shown)), color=colour, label=title)
    errors.set_xlabel("cents from the note; beyond 100 in the last bars")
    errors.set_title("share of tones", fontsize=11)
    decays.set_xlabel("decay in milliseconds")
    decays.set_title("share of tones that decay faster", fontsize=11)
    for axes in (errors, decays):
        axes.grid(alpha=0.25)
        axes.legend(fontsize=8)
    return figure
