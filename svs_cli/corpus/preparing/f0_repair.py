"""In which range F0 is looked for, and what is done where a tracker takes an octave for another.

Conventions
-----------
- The range comes from the notes, from the pitch that a folder was sung on, or from what the speaker's other recordings
  show; else it is `LOWEST_F0_HZ` to `HIGHEST_F0_HZ`.
- A histogram counts voiced frames in semitones from `LOWEST_MIDI` on.
- Labels may be written an octave off (a tenor's part in a treble clef). `label_octave_semitones` finds that for a whole
  recording before anything is repaired, so that the label gives the note and the recording gives the octave.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from svs_cli.analysis.f0 import HIGHEST_F0_HZ, LOWEST_F0_HZ
from svs_cli.corpus.manifest import Recording
from svs_cli.corpus.preparing.silence import runs
from svs_cli.units import GRID, FloatArray, hz_to_midi, midi_to_hz

LOWEST_MIDI = int(np.floor(hz_to_midi(LOWEST_F0_HZ)))
HISTOGRAM_BINS = int(np.ceil(hz_to_midi(HIGHEST_F0_HZ))) - LOWEST_MIDI + 1
SEARCH_SEMITONES = 8.0
LEAST_VOICED_FRAMES = 40
AGREEMENT = 0.85  # share of frames that have to lie in one octave for the label to be an octave off
NEAR_SEMITONES = 4.0  # of an octave above or below the label
NEIGHBOUR_SECONDS = 0.25  # a voice moves to the next note this early or this late
SPIKE_FRAMES = 8
SPIKE_SEMITONES = 1.5


def histogram(f0_hz: NDArray[np.float32]) -> NDArray[np.int64]:
    """Voiced frames of each semitone, (frames,) -> (HISTOGRAM_BINS,)."""
    midi = hz_to_midi(f0_hz[f0_hz > 0].astype(np.float64))
    bins = np.clip(np.floor(midi - LOWEST_MIDI).astype(int), 0, HISTOGRAM_BINS - 1)
    return np.bincount(bins, minlength=HISTOGRAM_BINS)


def range_of_histogram(counts: NDArray[np.int64]) -> tuple[float, float]:
    """Where to look for a voice's F0, in Hz, from all that was found of it at first (De Looze and Hirst 2008, widened).

    Quartiles are safe from octave errors, the tails tell of a singer's range: the wider of both counts.
    """
    total = int(counts.sum())
    if total < LEAST_VOICED_FRAMES:
        return LOWEST_F0_HZ, HIGHEST_F0_HZ
    share = np.cumsum(counts) / total
    tail_low, low, high, tail_high = (LOWEST_MIDI + int(np.searchsorted(share, at)) for at in (0.03, 0.25, 0.75, 0.97))
    floor_hz = midi_to_hz(float(min(low - 7, tail_low - 2)))
    ceiling_hz = midi_to_hz(float(max(high + 11, tail_high + 4)))
    return max(LOWEST_F0_HZ, floor_hz), min(HIGHEST_F0_HZ, ceiling_hz)


def label_range(recording: Recording, octave_semitones: float = 0.0) -> tuple[float, float] | None:
    """Where to look for F0 by the label, in Hz; None if it says nothing about pitch."""
    midi = [note.midi + octave_semitones for note in recording.notes]
    if not midi and recording.pitch_midi is not None:
        midi = [recording.pitch_midi]
    if not midi:
        return None
    low, high = midi_to_hz(min(midi) - SEARCH_SEMITONES), midi_to_hz(max(midi) + SEARCH_SEMITONES)
    low = min(max(LOWEST_F0_HZ, low), HIGHEST_F0_HZ / 2)
    return low, min(HIGHEST_F0_HZ, max(high, 2 * low))


def expected_midi(recording: Recording, frames: int) -> NDArray[np.float64]:
    """The pitch that the label asks for in each frame, NaN where it says nothing, (frames,)."""
    if not recording.notes:
        fixed = recording.pitch_midi
        return np.full(frames, np.nan if fixed is None else fixed)
    wanted = np.full(frames, np.nan)
    for note in recording.notes:
        wanted[GRID.frame_of(max(0.0, note.start_seconds)) : max(0, GRID.frame_of(note.end_seconds))] = note.midi
    return wanted


def label_octave_semitones(f0_hz: NDArray[np.float32], wanted_midi: NDArray[np.float64]) -> float:
    """By how many whole octaves, in semitones, a recording is sung off its label: 0, 12, -12 and so on.

    Nearly all of it has to be, or else it is the tracker that errs.
    """
    known = (f0_hz > 0) & np.isfinite(wanted_midi)
    if known.sum() < LEAST_VOICED_FRAMES:
        return 0.0
    octaves = np.round((hz_to_midi(f0_hz[known].astype(np.float64)) - wanted_midi[known]) / 12)
    usual = np.median(octaves)
    return float(12 * usual) if np.mean(octaves == usual) >= AGREEMENT else 0.0


def repaired(f0_hz: NDArray[np.float32], wanted_midi: NDArray[np.float64]) -> tuple[NDArray[np.float32], int]:
    """F0 with octave errors mended by the label, and how many frames that were: (frames,), (frames,) -> (frames,), n.

    A frame is mended if it lies whole octaves off its note, within `NEAR_SEMITONES`, and near no neighbouring note.
    """
    wanted = wanted_midi + label_octave_semitones(f0_hz, wanted_midi)
    known = (f0_hz > 0) & np.isfinite(wanted)
    midi = np.where(f0_hz > 0, hz_to_midi(np.maximum(f0_hz, 1.0).astype(np.float64)), np.nan)
    deviation = np.where(known, midi - wanted, 0.0)
    octaves = np.round(deviation / 12)
    suspects = known & (octaves != 0) & (np.abs(deviation - 12 * octaves) <= NEAR_SEMITONES)
    reach = GRID.frame_of(NEIGHBOUR_SECONDS)
    mended = f0_hz.copy()
    count = 0
    for frame in np.flatnonzero(suspects):
        around = wanted[max(0, frame - reach) : frame + reach + 1]
        if np.nanmin(np.abs(around - midi[frame])) > NEAR_SEMITONES:
            mended[frame] = f0_hz[frame] * 2.0 ** -octaves[frame]
            count += 1
    return mended, count


def without_spikes(f0_hz: NDArray[np.float32]) -> tuple[NDArray[np.float32], int]:
    """F0 with short leaps of an octave and back undone, and how many frames that were; needs no label.

    >>> without_spikes(np.array([100.0] * 9 + [50.0] * 3 + [100.0] * 9, np.float32))[0].min()
    np.float32(100.0)
    """
    mended = f0_hz.copy()
    count = 0
    for begin, end in runs(f0_hz > 0):
        midi = hz_to_midi(f0_hz[begin:end].astype(np.float64))
        edges = [0, *(np.flatnonzero(np.abs(np.diff(midi)) > 6.0) + 1).tolist(), end - begin]
        for left, right, after in zip(edges, edges[1:], edges[2:], strict=False):
            octaves = spike_octaves(midi, (left, right, after), edges)
            if octaves:
                mended[begin + right : begin + after] *= np.float32(2.0**-octaves)
                count += after - right
    return mended, count


def spike_octaves(midi: FloatArray, bounds: tuple[int, int, int], edges: Sequence[int]) -> int:
    """Octaves of the leap at `bounds[1]` if it is short and leads back, else 0."""
    _, right, after = bounds
    if after - right > SPIKE_FRAMES or after == edges[-1]:
        return 0
    up, down = midi[right] - midi[right - 1], midi[after] - midi[after - 1]
    octaves = round(float(up) / 12)
    if abs(up - 12 * octaves) > SPIKE_SEMITONES or abs(down + 12 * octaves) > SPIKE_SEMITONES:
        return 0
    return octaves
