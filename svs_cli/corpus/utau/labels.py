"""Phone boundaries of a sung string of moras: the grid's times, corrected by the sound.

Conventions
-----------
- Input times are those of the nuclei (see vcv_grid); output is contiguous phones over the whole file.
- A voiceless consonant lasts from where the low band falls to where it has risen again (voicing); a voiced one from
  where the middle band falls. Where there is no clear dip, the nominal length before the grid's time stands.
- A deep dip is believed up to `LONGEST_CONSONANT_SECONDS`: careful singers hold closures long.
- A correction never moves a known nucleus by more than `KNOWN_SHIFT_SECONDS`, an interpolated one by more than
  `GUESSED_SHIFT_SECONDS`; any other consonant keeps 0.5 to 1.8 times its nominal length.
- After silence a stop keeps 0.7 of its nominal length at least, although its closure cannot be heard there.
- Stretches of breath in leading and trailing silence become `AP`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from svs_cli.corpus.utau.breaths import split_breaths, stretches
from svs_cli.corpus.utau.grid import MoraTime
from svs_cli.corpus.utau.mora import NUCLEI, Mora
from svs_cli.corpus.utau.signal import HOP_SECONDS, Features, features_of, find_dip, turning_point
from svs_cli.corpus.utau.words import BREATH, SILENCE, LabelError

NOMINAL_SECONDS = {
    "k": 0.085, "kʲ": 0.095, "t": 0.075, "tʲ": 0.095, "p": 0.085, "pʲ": 0.095, "ts": 0.120, "tɕ": 0.115, "s": 0.120,
    "ɕ": 0.125, "h": 0.080, "ç": 0.100, "ɸ": 0.095, "ɡ": 0.060, "ɡʲ": 0.070, "b": 0.060, "bʲ": 0.070, "d": 0.055,
    "dʲ": 0.070, "z": 0.085, "dz": 0.085, "dʑ": 0.090, "n": 0.070, "ɲ": 0.080, "m": 0.070, "mʲ": 0.080, "ŋ": 0.070,
    "ɾ": 0.045, "ɾʲ": 0.060, "w": 0.060, "j": 0.065, "v": 0.075,
}  # fmt: skip
VOICELESS = frozenset({"k", "kʲ", "t", "tʲ", "p", "pʲ", "ts", "tɕ", "s", "ɕ", "h", "ç", "ɸ"})
STOPS = frozenset({"k", "kʲ", "t", "tʲ", "p", "pʲ", "ts", "tɕ", "ɡ", "ɡʲ", "b", "bʲ", "d", "dʲ"})
KNOWN_SHIFT_SECONDS = 0.06
VOICED_SHIFT_SECONDS = 0.03
GUESSED_SHIFT_SECONDS = 0.12
LEAST_DIP_DB = 6.0
CERTAIN_DIP_DB = 15.0
LONGEST_CONSONANT_SECONDS = 0.24
ATTACK_BELOW_NUCLEUS_DB = 18.0
HELD_ABOVE_SILENCE_DB = 20.0
LEAST_TURN_DB = 4.0
LEAST_CONSONANT_SECONDS = 0.02
LEAST_NUCLEUS_SECONDS = 0.05
GLIDE_AFTER_CONSONANT_SECONDS = 0.04
LEAST_SILENCE_SECONDS = 0.02


@dataclass(frozen=True)
class Sound:
    """Features, the level of the quietest parts and the typical level of the nuclei, in dB."""

    features: Features
    floor_db: float
    nucleus_db: float

    @property
    def threshold_db(self) -> float:
        """Level that tells a sounding frame from silence."""
        return max(self.floor_db + 0.3 * (self.nucleus_db - self.floor_db), self.nucleus_db - 32.0)


def label_string(
    samples: NDArray[np.float32], sample_rate_hz: int, moras: Sequence[Mora], times: Sequence[MoraTime]
) -> tuple[tuple[str, ...], tuple[float, ...]]:
    """Phones of the whole file and the end of each in seconds.

    `samples` is mono, shape (n,); `times` has one entry a mora. Raises LabelError if the sound does not bear them out.
    """
    features = features_of(samples, sample_rate_hz)
    if times[0].onset_seconds < 0 or times[-1].onset_seconds > features.duration_seconds - LEAST_NUCLEUS_SECONDS:
        raise LabelError("the string does not fit into the file")
    sound = sound_of(features, moras, times)
    starts: list[tuple[str, float]] = []
    for index in range(len(moras)):
        starts += starts_of_mora(sound, moras, times, index)
    end_seconds = end_of_nucleus(sound, times[-1].onset_seconds) if moras[-1].nucleus in NUCLEI else None
    if end_seconds is not None:
        starts.append((SILENCE, end_seconds))
    return with_silences(sound, in_order(starts, features.duration_seconds), features.duration_seconds)


def label_held(
    samples: NDArray[np.float32], sample_rate_hz: int, moras: Sequence[Mora]
) -> tuple[tuple[str, ...], tuple[float, ...]]:
    """Labels of nuclei with silence or breath between and after ("あ・あ", "あ吸"), from their loudness alone.

    Raises LabelError unless there are as many loud stretches as nuclei, and silence beside them.
    """
    features = features_of(samples, sample_rate_hz)
    level = features.levels_db["all"]
    floor_db, nucleus_db = float(np.percentile(level, 3)), float(np.percentile(level, 90))
    held = stretches(level > nucleus_db - ATTACK_BELOW_NUCLEUS_DB, round(0.1 / HOP_SECONDS), 2)
    nuclei = [mora.nucleus for mora in moras if mora.nucleus not in (SILENCE, BREATH)]
    if nucleus_db < floor_db + HELD_ABOVE_SILENCE_DB:
        above_db = nucleus_db - floor_db
        raise LabelError(f"no silence beside the vowel: it is {above_db:.0f} dB above the quietest sound")
    if len(held) != len(nuclei):
        raise LabelError(f"{len(held)} loud stretches for {len(nuclei)} held vowels, and no oto.ini entry names them")
    starts = [
        (phone, frame * HOP_SECONDS)
        for nucleus, span in zip(nuclei, held, strict=True)
        for phone, frame in zip((nucleus, SILENCE), span, strict=True)
    ]
    sound = Sound(features, floor_db, nucleus_db)
    return with_silences(sound, in_order(starts, features.duration_seconds), features.duration_seconds)


def sound_of(features: Features, moras: Sequence[Mora], times: Sequence[MoraTime]) -> Sound:
    """Levels of silence and of nuclei. Raises LabelError where a mora should sound and doesn't."""
    floor_db = float(np.percentile(features.levels_db["all"], 3))
    levels = [
        features.level("all", time.onset_seconds + 0.04, time.onset_seconds + 0.2)
        for mora, time in zip(moras, times, strict=True)
        if mora.nucleus in NUCLEI or mora.nucleus == "m"
    ]
    nucleus_db = float(np.median(levels))
    if nucleus_db < floor_db + 12.0:
        raise LabelError("the moras are no louder than the silence of the file")
    for number, level in enumerate(levels, 1):
        if level < nucleus_db - 25.0:
            raise LabelError(f"mora {number} is {nucleus_db - level:.0f} dB weaker than the others: not sung there")
    return Sound(features, floor_db, nucleus_db)


def starts_of_mora(
    sound: Sound, moras: Sequence[Mora], times: Sequence[MoraTime], index: int
) -> list[tuple[str, float]]:
    """(phone, start in seconds) of one mora's phones in order."""
    mora, time = moras[index], times[index]
    after_silence = index == 0 or moras[index - 1].nucleus in (SILENCE, BREATH)
    if mora.nucleus in (SILENCE, BREATH):
        return [(mora.nucleus, end_of_nucleus(sound, times[index - 1].onset_seconds if index else 0.0))]
    if after_silence:
        return attack(sound, mora, time)
    gap_seconds = time.onset_seconds - times[index - 1].onset_seconds
    if not mora.onset:
        return [(mora.nucleus, vowel_change(sound.features, time, gap_seconds))]
    return consonants_between(sound.features, mora, time, gap_seconds)


def nominal_lengths(onset: Sequence[str]) -> list[float]:
    """Nominal length of each onset consonant in seconds; a glide after a consonant is short."""
    lengths = [NOMINAL_SECONDS[phone] for phone in onset]
    return lengths[:1] + [GLIDE_AFTER_CONSONANT_SECONDS] * (len(lengths) - 1)


def spread(mora: Mora, start_seconds: float, nucleus_seconds: float, voicing_seconds: float) -> list[tuple[str, float]]:
    """Starts of onset consonants and nucleus; a glide starts with the voicing, if that leaves it room."""
    starts = [(mora.onset[0], start_seconds)]
    for glide in mora.onset[1:]:
        latest = nucleus_seconds - LEAST_CONSONANT_SECONDS
        earliest = max(start_seconds + LEAST_CONSONANT_SECONDS, nucleus_seconds - 0.08)
        usual = nucleus_seconds - GLIDE_AFTER_CONSONANT_SECONDS
        starts.append((glide, min(max(min(voicing_seconds, usual), earliest), latest)))
    return [*starts, (mora.nucleus, nucleus_seconds)]


def consonants_between(features: Features, mora: Mora, time: MoraTime, gap_seconds: float) -> list[tuple[str, float]]:
    """Onset consonants after another nucleus, from the dip of the low or the middle band."""
    onset_seconds, first = time.onset_seconds, mora.onset[0]
    nominal = sum(nominal_lengths(mora.onset))
    back = min(max(2.0 * nominal, LONGEST_CONSONANT_SECONDS) + 0.04, 0.6 * gap_seconds)
    voiceless = first in VOICELESS
    slack = GUESSED_SHIFT_SECONDS if not time.known else KNOWN_SHIFT_SECONDS if voiceless else VOICED_SHIFT_SECONDS
    before = (onset_seconds - min(back + 0.12, 0.85 * gap_seconds), onset_seconds - back)
    dip = find_dip(
        features,
        "low" if voiceless else "middle",
        before,
        (onset_seconds - back, onset_seconds + slack + 0.02),
        (onset_seconds + 0.06, onset_seconds + 0.16),
    )
    if dip.depth_db < LEAST_DIP_DB:
        return spread(mora, onset_seconds - nominal, onset_seconds, onset_seconds)
    voicing_seconds = float(np.clip(dip.rise_seconds, onset_seconds - slack, onset_seconds + slack))
    nucleus_seconds = onset_seconds if len(mora.onset) > 1 and voicing_seconds < onset_seconds else voicing_seconds
    longest = 1.8 * nominal
    if dip.depth_db >= CERTAIN_DIP_DB:
        longest = max(longest, LONGEST_CONSONANT_SECONDS)
    start = float(np.clip(dip.fall_seconds, nucleus_seconds - longest, nucleus_seconds - 0.5 * nominal))
    return spread(mora, start, nucleus_seconds, voicing_seconds)


def vowel_change(features: Features, time: MoraTime, gap_seconds: float) -> float:
    """Start in seconds of a nucleus that follows a nucleus; the same vowel again starts at the grid's time."""
    onset_seconds = time.onset_seconds
    slack = min(GUESSED_SHIFT_SECONDS if not time.known else KNOWN_SHIFT_SECONDS, 0.3 * gap_seconds)
    turn_seconds, distance_db = turning_point(
        features,
        (onset_seconds - min(0.2, 0.6 * gap_seconds), onset_seconds - 0.08),
        (onset_seconds + 0.08, onset_seconds + 0.2),
        (onset_seconds - slack, onset_seconds + slack),
    )
    return turn_seconds if distance_db >= LEAST_TURN_DB else onset_seconds


def attack(sound: Sound, mora: Mora, time: MoraTime) -> list[tuple[str, float]]:
    """Phones of a mora after silence: the nucleus starts with its voicing, the consonant where sound begins."""
    features, onset_seconds = sound.features, time.onset_seconds
    slack = GUESSED_SHIFT_SECONDS if not time.known else KNOWN_SHIFT_SECONDS
    if not mora.onset:
        band, drop_db, slack = "all", ATTACK_BELOW_NUCLEUS_DB, 2.0 * slack
    elif mora.onset[0] in VOICELESS:
        band, drop_db = "low", 12.0
    else:
        band, drop_db, slack = "middle", 10.0, VOICED_SHIFT_SECONDS if time.known else slack
    wanted_db = features.level(band, onset_seconds + 0.06, onset_seconds + 0.2) - drop_db
    level = features.levels_db[band]
    frame, first = features.frame(onset_seconds + slack), features.frame(onset_seconds - slack)
    while frame > first and level[frame] >= wanted_db:
        frame -= 1
    risen_seconds = min((frame + 1) * HOP_SECONDS, onset_seconds + slack)
    if not mora.onset:
        return [(mora.nucleus, risen_seconds)]
    nominal = sum(nominal_lengths(mora.onset))
    nucleus_seconds = onset_seconds if len(mora.onset) > 1 and risen_seconds < onset_seconds else risen_seconds
    least = nominal * (0.7 if mora.onset[0] in STOPS else 0.5)
    start = sound_begin(sound, nucleus_seconds - least, nucleus_seconds - 1.8 * nominal)
    return spread(mora, start, nucleus_seconds, risen_seconds)


def sound_begin(sound: Sound, latest_seconds: float, earliest_seconds: float) -> float:
    """Where the sound that is there at `latest_seconds` begins, not before `earliest_seconds`."""
    level = sound.features.levels_db["all"]
    frame, first = sound.features.frame(latest_seconds), sound.features.frame(earliest_seconds)
    threshold_db = max(sound.floor_db + 8.0, sound.threshold_db - 8.0)
    while frame > first and level[frame] >= threshold_db:
        frame -= 1
    return min(latest_seconds, (frame + 1) * HOP_SECONDS)


def end_of_nucleus(sound: Sound, onset_seconds: float) -> float:
    """Where a nucleus before silence ends: its level falls by 20 dB for at least 50 ms, or the file ends."""
    features = sound.features
    level = features.levels_db["all"]
    quiet_db = max(features.level("all", onset_seconds + 0.05, onset_seconds + 0.25) - 20.0, sound.threshold_db)
    quiet = level < quiet_db
    frames = round(0.05 / HOP_SECONDS)
    for frame in range(features.frame(onset_seconds + LEAST_NUCLEUS_SECONDS), len(level)):
        if quiet[frame : frame + frames].all():
            return frame * HOP_SECONDS
    return features.duration_seconds


def in_order(starts: list[tuple[str, float]], duration_seconds: float) -> list[tuple[str, float]]:
    """The starts, each at least a least length after the one before. Raises LabelError where that is impossible."""
    ordered: list[tuple[str, float]] = []
    for phone, start in starts:
        if ordered:
            least = LEAST_NUCLEUS_SECONDS if ordered[-1][0] in NUCLEI else LEAST_CONSONANT_SECONDS
            if start < ordered[-1][1] + least - 0.1:
                raise LabelError(f"{phone} at {start:.2f} s starts before the end of {ordered[-1][0]}")
            start = max(start, ordered[-1][1] + least)
        ordered.append((phone, start))
    if ordered[0][1] < 0 or ordered[-1][1] > duration_seconds + 0.1:
        raise LabelError("the string does not fit into the file")
    return [(phone, min(start, duration_seconds)) for phone, start in ordered]


def with_silences(
    sound: Sound, starts: list[tuple[str, float]], duration_seconds: float
) -> tuple[tuple[str, ...], tuple[float, ...]]:
    """Contiguous phones with their ends: leading silence added, breaths found in silences, nothing empty."""
    pieces: list[tuple[str, float]] = []
    bounds = [(SILENCE, 0.0), *starts, ("", duration_seconds)]
    for (phone, start), (_, end) in zip(bounds, bounds[1:], strict=False):
        if end - start < (LEAST_SILENCE_SECONDS if phone == SILENCE else 1e-4):
            pieces[-1:] = [(piece[0], end) for piece in pieces[-1:]]
        elif phone == SILENCE:
            pieces += split_breaths(sound.features, sound.nucleus_db, start, end)
        else:
            pieces.append((phone, end))
    return tuple(phone for phone, _ in pieces), tuple(end for _, end in pieces)
