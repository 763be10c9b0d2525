"""When a phone is heard, from the frames that it was given: the network speaks each a little ahead of its frames.

Conventions
-----------
- *Nominal* ends are sums of frames. What is heard comes earlier, by a lag that depends on what meets (LAG_SECONDS;
  medians over 51 phrases of two voices in eight languages, with a median deviation of 15 ms).
- Around that place the boundary moves to where the sound itself changes: onset and end of voicing, of friction, or the
  greatest change of the spectrum. A prior keeps it near: a weak cue moves nothing.
- A vowel starts with its voicing, so a stop holds its burst and aspiration.
- A phrase starts and ends where it is loud enough to be heard, however early or late that is: the network often begins
  late, and fades before its frames end. Only a stop may begin in silence, where nobody can hear it.
- `ends[i]` is the end of `phones[i]` in seconds; the first and the last phone are silence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from svs_cli.corpus.teacher.speaker import FRAME_SECONDS, SAMPLE_RATE_HZ
from svs_cli.corpus.teacher.symbols import Script
from svs_cli.frontend.inventory import CLOSURE, SILENCE, load_inventory

HOP_SAMPLES, WINDOW_SAMPLES, FFT_SAMPLES = 60, 240, 512  # 2.5 ms, 10 ms
HOP_SECONDS = HOP_SAMPLES / SAMPLE_RATE_HZ
SPAN = 6  # hops on either side of a boundary that are compared
REACH_SECONDS, PRIOR_SECONDS = 0.055, 0.028
EDGE_REACH_SECONDS = 0.12  # how much earlier than expected a phrase may start, and how much later it may end
EDGE_DROP_DB = {"hiss": 45.0, "buzz": 45.0}  # below the loudest moment, where a phrase starts and ends
USUAL_EDGE_DROP_DB = 32.0
FLOOR_DB = 55.0  # below the loudest moment: all is silence there
LEAST_CUE_DB = 3.0
SHORTEST_PHONE_SECONDS = 0.015
LAG_SECONDS = {  # kinds of the phones that meet
    ("vowel", "quiet"): 0.066,
    ("vowel", "hiss"): 0.059,
    ("vowel", "buzz"): 0.055,
    ("vowel", "murmur"): 0.055,
    ("vowel", "sonorant"): 0.057,
    ("quiet", "vowel"): 0.076,
    ("hiss", "vowel"): 0.068,
    ("buzz", "vowel"): 0.076,
    ("murmur", "vowel"): 0.077,
    ("sonorant", "vowel"): 0.087,
    ("quiet", "hiss"): 0.075,
}
USUAL_LAG_SECONDS = 0.068


@dataclass(frozen=True)
class Cues:
    """Changes of a sound, each of shape (hops,) and in dB, later minus earlier: lows, highs, all, and any change."""

    low: NDArray[np.float64]
    high: NDArray[np.float64]
    level: NDArray[np.float64]
    change: NDArray[np.float64]
    level_db: NDArray[np.float64]


def nominal_ends(script: Script, frames: NDArray[np.int64]) -> NDArray[np.float64]:
    """End of every phone in seconds as its frames say, shape (phones,)."""
    owners = np.array(script.owners)
    owned = np.bincount(owners[owners >= 0], weights=frames[owners >= 0], minlength=len(script.phones))
    return np.asarray(np.cumsum(owned) * FRAME_SECONDS, dtype=np.float64)


def kind(phone: str) -> str:
    """What a phone is to the ear: quiet (silence, voiceless stops), hiss, buzz, murmur (voiced
    stops), vowel or sonorant.

    >>> [kind(phone) for phone in ("SP", "t", "s", "z", "a", "n", "d")]
    ['quiet', 'quiet', 'hiss', 'buzz', 'vowel', 'sonorant', 'murmur']
    """
    entry = load_inventory()[phone]
    if phone in (SILENCE, CLOSURE) or (entry.phone_class == "stop" and not entry.voiced):
        return "quiet"
    if entry.phone_class == "stop":
        return "murmur"
    if entry.phone_class in ("fricative", "affricate"):
        return "buzz" if entry.voiced else "hiss"
    return "vowel" if entry.nucleus and entry.phone_class == "vowel" else "sonorant"


def sounding_ends(
    phones: Sequence[str], nominal: NDArray[np.float64], samples: NDArray[np.float32]
) -> NDArray[np.float64]:
    """When the phones of a rendered phrase are heard to end, shape (phones,); the last is the end of the samples."""
    cues = measure(samples)
    kinds = [kind(phone) for phone in phones]
    ends = nominal.copy()
    for index in range(1, len(phones) - 2):
        pair = (kinds[index], kinds[index + 1])
        expected = float(nominal[index]) - LAG_SECONDS.get(pair, USUAL_LAG_SECONDS)
        ends[index] = place_boundary(measured_cue(cues, *pair), expected)
    ends[0] = first_sound(cues, kinds[1], float(nominal[0]) - USUAL_LAG_SECONDS)
    ends[-2] = last_sound(cues, kinds[-2], float(nominal[-2]) - USUAL_LAG_SECONDS)
    ends[-1] = len(samples) / SAMPLE_RATE_HZ
    return within_edges(ends)


def measure(samples: NDArray[np.float32]) -> Cues:
    """The changes of a sound from hop to hop; shape (n,) samples -> (n // 60 + 1,) hops."""
    padded = np.pad(samples.astype(np.float64), WINDOW_SAMPLES // 2)
    views = np.lib.stride_tricks.sliding_window_view(padded, WINDOW_SAMPLES)[::HOP_SAMPLES]
    power = np.abs(np.fft.rfft(views * np.hanning(WINDOW_SAMPLES), FFT_SAMPLES)) ** 2
    hz = np.fft.rfftfreq(FFT_SAMPLES, 1 / SAMPLE_RATE_HZ)
    edges = np.array([80, 300, 600, 1000, 1500, 2100, 2800, 3600, 4500, 5600, 7000, 9000, 11900])
    bands = np.stack(
        [power[:, (hz >= low) & (hz < high)].sum(1) for low, high in zip(edges[:-1], edges[1:], strict=True)]
    )
    low, high, level = decibels(bands[:3].sum(0)), decibels(bands[8:].sum(0)), decibels(bands.sum(0))
    change = np.sqrt(np.mean([step(decibels(band, bands.max())) ** 2 for band in bands], axis=0))
    return Cues(step(low), step(high), step(level), change, level)


def decibels(power: NDArray[np.float64], loudest: float | None = None) -> NDArray[np.float64]:
    """Level in dB, never below FLOOR_DB under the loudest."""
    top = float(loudest if loudest is not None else power.max(initial=0.0)) + 1e-12
    return 10 * np.log10(np.maximum(power, top * 10 ** (-FLOOR_DB / 10)))


def step(curve: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean of the `SPAN` hops from each place on minus that of the `SPAN` before, shape (hops,) -> (hops,)."""
    sums = np.cumsum(np.pad(np.pad(curve, SPAN, mode="edge"), (1, 0)))
    means = (sums[SPAN:] - sums[:-SPAN]) / SPAN
    return means[SPAN : SPAN + len(curve)] - means[: len(curve)]


def measured_cue(cues: Cues, before: str, after: str) -> NDArray[np.float64]:
    """What shows a boundary between two kinds of phones, in dB: the higher, the likelier."""
    voiced, silent = ("vowel", "sonorant", "buzz", "murmur"), ("quiet", "hiss")
    if before in silent and after in ("vowel", "sonorant", "murmur"):
        return cues.low
    if before in ("vowel", "sonorant", "murmur") and after in silent:
        return -cues.low
    if before == "hiss" and after == "quiet":
        return -cues.high
    if before in ("quiet", "murmur") and after in ("hiss", "buzz"):
        return cues.high
    if before == "buzz" and after in ("vowel", "sonorant"):
        return cues.low - cues.high
    if before in ("vowel", "sonorant") and after == "buzz":
        return cues.high - cues.low
    if before in voiced and after == "murmur":
        return -cues.level
    if before == "murmur" and after in ("vowel", "sonorant"):
        return cues.level
    return cues.change


def place_boundary(cue: NDArray[np.float64], expected_seconds: float) -> float:
    """The peak of the cue that is highest when weighted by its nearness; the expected time if all are weak."""
    first = max(0, int(np.ceil((expected_seconds - REACH_SECONDS) / HOP_SECONDS)))
    last = min(len(cue), int((expected_seconds + REACH_SECONDS) / HOP_SECONDS) + 1)
    if last - first < 3:
        return expected_seconds
    times = np.arange(first, last) * HOP_SECONDS
    scores = cue[first:last] * np.exp(-0.5 * ((times - expected_seconds) / PRIOR_SECONDS) ** 2)
    if scores.max() <= LEAST_CUE_DB:
        return expected_seconds
    best = first + int(np.argmax(scores))
    while first < best < last - 1 and max(cue[best - 1], cue[best + 1]) > cue[best]:
        best += 1 if cue[best + 1] > cue[best - 1] else -1
    return best * HOP_SECONDS


def first_sound(cues: Cues, kind: str, expected_seconds: float) -> float:
    """Where a phrase that begins with such a phone is first heard; a stop is as expected, unless it hums."""
    if kind == "quiet":
        return expected_seconds
    if kind == "murmur":
        return place_boundary(cues.low, expected_seconds)
    first = max(0, round((expected_seconds - EDGE_REACH_SECONDS) / HOP_SECONDS))
    loud = np.flatnonzero(is_loud(cues.level_db, kind)[first:])
    return (first + int(loud[0])) * HOP_SECONDS if len(loud) else expected_seconds


def last_sound(cues: Cues, kind: str, expected_seconds: float) -> float:
    """Where a phrase that ends with such a phone has faded away, not long after its expected end."""
    last = round((expected_seconds + EDGE_REACH_SECONDS) / HOP_SECONDS)
    loud = np.flatnonzero(is_loud(cues.level_db, kind)[:last])
    return (int(loud[-1]) + 1) * HOP_SECONDS if len(loud) else expected_seconds


def is_loud(level_db: NDArray[np.float64], kind: str) -> NDArray[np.bool_]:
    """Whether a phone of that kind would be heard at such a level among the others, (hops,)."""
    return level_db > level_db.max(initial=-np.inf) - EDGE_DROP_DB.get(kind, USUAL_EDGE_DROP_DB)


def within_edges(ends: NDArray[np.float64]) -> NDArray[np.float64]:
    """The ends in order; what would begin after the last sound ends there, as short as may be.

    >>> within_edges(np.array([0.1, 0.3, 0.25, 0.5])).round(3).tolist()
    [0.1, 0.235, 0.25, 0.5]
    """
    left = np.arange(len(ends) - 2, -2, -1) * SHORTEST_PHONE_SECONDS
    inner = np.minimum(ends, ends[-2] - left)
    return in_order(np.concatenate([ends[:1], inner[1:-1], ends[-1:]]))


def in_order(ends: NDArray[np.float64]) -> NDArray[np.float64]:
    """The ends with no phone shorter than SHORTEST_PHONE_SECONDS: later ones give way.

    >>> in_order(np.array([0.1, 0.1, 0.5])).round(3).tolist()
    [0.1, 0.115, 0.5]
    """
    steps = np.arange(len(ends)) * SHORTEST_PHONE_SECONDS
    return np.maximum.accumulate(ends - steps) + steps
