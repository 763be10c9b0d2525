"""F0 against the label: is it an octave off, and which of the two is wrong? Or is something else sung?

Conventions
-----------
- What is asked comes from `notes`, else from `pitch_midi` for the whole file; without either there is nothing to check.
- A deviation is heard minus asked, in semitones; shares are of the sung time.
- Trackers err by octaves too. Between two octaves the subharmonic ratio decides (Sun 2002): if the lower one is sung,
  its odd harmonics are there; if not, there is only noise between the harmonics of the upper one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from svs_cli.corpus.checks.finder import Finder, Span
from svs_cli.corpus.checks.listen import F0_GRID, MONO_RATE_HZ, Heard
from svs_cli.units import hz_to_midi, midi_to_hz

ATTACK_SECONDS, RELEASE_SECONDS = 0.08, 0.04
FEWEST_FRAMES = 5
FEWEST_VOICED_SECONDS = 0.3
OCTAVE_SLACK = 1.5  # semitones around +-12
LOWER_SUNG = 0.25
RATIO_WINDOW = 2048
RATIO_TOP_HZ = 2_500.0
MOST_RATIO_FRAMES = 24


@dataclass(frozen=True)
class SungSpan:
    """A stretch with an asked pitch and what was heard in it; `deviation` in semitones."""

    start_seconds: float
    end_seconds: float
    asked_midi: float
    heard_midi: float

    @property
    def deviation(self) -> float:
        return self.heard_midi - self.asked_midi

    @property
    def seconds(self) -> float:
        return self.end_seconds - self.start_seconds

    @property
    def span(self) -> Span:
        return self.start_seconds, self.end_seconds

    @property
    def octaves(self) -> int:
        """How many octaves off, 0 if it is not an octave error."""
        octaves = round(self.deviation / 12.0)
        return octaves if octaves and abs(self.deviation - 12.0 * octaves) <= OCTAVE_SLACK else 0


def check_pitch(find: Finder, heard: Heard) -> None:
    """Octave errors of label or tracker, and other contradictions."""
    sung = sung_spans(find, heard)
    total = sum(span.seconds for span in sung)
    if not total:
        return
    label_wrong: list[SungSpan] = []
    tracker_wrong: list[SungSpan] = []
    for span in sung:
        if span.octaves:
            (label_wrong if label_errs(span, heard) else tracker_wrong).append(span)
    for code, spans in (("octave_label", label_wrong), ("octave_tracker", tracker_wrong)):
        share = sum(span.seconds for span in spans) / total
        find.judge(code, share, described(spans), spans=[span.span for span in spans])
    others = [span for span in sung if not span.octaves]
    if not others:
        return
    deviations = np.array([span.deviation for span in others])
    off = [span for span in others if abs(span.deviation) > 1.0]
    if find.recording.notes:
        share = sum(span.seconds for span in off) / total
        find.judge("notes_off", share, f"{len(off)} of {len(sung)} notes", spans=[span.span for span in off])
    middle = float(np.median(deviations))
    find.judge("pitch_off", abs(middle), f"{middle:+.1f} semitones from the label", spans=[span.span for span in off])


def check_notes(find: Finder, heard: Heard) -> None:
    """Notes that the file does not hold."""
    if find.recording.notes:
        beyond_seconds = max(note.end_seconds for note in find.recording.notes) - heard.seconds
        find.judge("notes_outside", beyond_seconds, f"by {beyond_seconds:.2f} s")


def described(spans: Sequence[SungSpan]) -> str:
    """The worst of some stretches in words."""
    if not spans:
        return ""
    longest = max(spans, key=lambda span: span.seconds)
    return f"asked {longest.asked_midi:.0f}, heard {longest.heard_midi:.1f} (MIDI)"


def sung_spans(find: Finder, heard: Heard) -> list[SungSpan]:
    """What was heard inside each note, or in the whole file; stretches without a pitch are left out."""
    recording = find.recording
    found = []
    for note in recording.notes:
        inside = heard_midi(heard, note.start_seconds + ATTACK_SECONDS, note.end_seconds - RELEASE_SECONDS)
        if len(inside) >= FEWEST_FRAMES:
            found.append(SungSpan(note.start_seconds, note.end_seconds, note.midi, float(np.median(inside))))
    if recording.notes or recording.pitch_midi is None:
        return found
    inside = heard_midi(heard, 0.0, heard.seconds)
    if len(inside) * F0_GRID.frame_seconds < FEWEST_VOICED_SECONDS:
        return []
    return [SungSpan(0.0, heard.seconds, recording.pitch_midi, float(np.median(inside)))]


def heard_midi(heard: Heard, start_seconds: float, end_seconds: float) -> NDArray[np.float64]:
    """MIDI numbers of the voiced frames between two times, shape (voiced,)."""
    first, last = F0_GRID.frame_of(start_seconds), F0_GRID.frame_of(end_seconds)
    inside = heard.f0_hz[max(0, first) : max(0, last)]
    return np.asarray(hz_to_midi(inside[inside > 0]), np.float64)


def label_errs(span: SungSpan, heard: Heard) -> bool:
    """Whether the label, rather than the tracker, is in the wrong octave."""
    upper_hz = midi_to_hz(max(span.asked_midi, span.heard_midi))
    lower_is_sung = subharmonic_ratio(heard, span, float(upper_hz) / 2.0) > LOWER_SUNG
    heard_is_lower = span.deviation < 0
    return lower_is_sung == heard_is_lower


def subharmonic_ratio(heard: Heard, span: SungSpan, low_hz: float) -> float:
    """Strength of the odd harmonics of `low_hz` over that of the even ones, median over the stretch; 0: none are there.

    The candidate is refined by the heard F0 of each frame, so that vibrato does not smear the harmonics.
    """
    frames = np.arange(F0_GRID.frame_of(span.start_seconds), F0_GRID.frame_of(span.end_seconds))
    frames = frames[frames < len(heard.f0_hz)]
    frames = frames[heard.f0_hz[frames] > 0]
    if not len(frames):
        return 0.0
    chosen = frames[np.linspace(0, len(frames) - 1, min(MOST_RATIO_FRAMES, len(frames))).astype(int)]
    ratios = []
    for frame in chosen:
        centre = int(frame) * F0_GRID.hop_samples
        piece = heard.mono[max(0, centre - RATIO_WINDOW // 2) : centre + RATIO_WINDOW // 2]
        if len(piece) == RATIO_WINDOW:
            octaves = round(float(np.log2(heard.f0_hz[frame] / low_hz)))
            ratios.append(odd_over_even(piece, float(heard.f0_hz[frame]) / 2.0**octaves))
    return float(np.median(ratios)) if ratios else 0.0


def odd_over_even(piece: NDArray[np.float32], low_hz: float) -> float:
    """Magnitude of the odd harmonics of `low_hz` over the even ones' up to 2.5 kHz, samples (n,) at 16 kHz."""
    size = 4 * len(piece)
    magnitude = np.abs(np.fft.rfft(piece * np.hanning(len(piece)), size))
    pairs = max(1, int(RATIO_TOP_HZ / low_hz) // 2)
    strengths = []
    for harmonic in range(1, 2 * pairs + 1):
        low, high = ((harmonic + side) * low_hz * size / MONO_RATE_HZ for side in (-0.15, 0.15))
        strengths.append(float(magnitude[int(low) : int(high) + 2].max()))
    odd, even = sum(strengths[0::2]), sum(strengths[1::2])
    return odd / max(even, 1e-12)
