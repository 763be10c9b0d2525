"""Nominal lengths of consonants, breaths and off-glides in singing.

Conventions
-----------
- Lengths are milliseconds at about 110 quarter notes a minute (one syllable every half second), for one consonant
  between two vowels; a stop's length is closure plus burst plus aspiration.
- They are the medians of the labels of the four VCV banks that the voices are trained on (2,500 recordings, about half
  a second a syllable): k 115, t 120, p 110, s 140, z 115, n 75, m 80, ɾ 35 ms. Pairs and clusters shrink as in Klatt,
  "Linguistic uses of segmental duration in English" (1976).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol


class PhoneFacts(Protocol):
    """What the rules need to know of a phone (see `svs_cli.frontend.inventory`)."""

    @property
    def phone_class(self) -> str: ...
    @property
    def voiced(self) -> bool: ...
    @property
    def nucleus(self) -> bool: ...


class PhoneTable(Protocol):
    """The phone inventory."""

    def __getitem__(self, phone: str) -> PhoneFacts: ...


TAPS = frozenset({"ɾ", "ɾʲ"})
ASPIRATES = frozenset({"h", "ɦ", "ç", "ɸ"})
GEMINATE = "cl"
NON_SYLLABIC = "\u032f"  # the combining arc below of ɪ̯ and ʊ̯
OFF_GLIDES = frozenset({"ɪ̯", "ʊ̯", "ɪ", "ʊ", "i", "u", "y", "ʏ", "ɯ", "ə", "ɐ"})


@dataclass(frozen=True)
class ConsonantTimes:
    """Nominal lengths, and the limits that keep a vowel a vowel; see the module's conventions."""

    stop_voiceless_ms: float = 110.0
    stop_voiced_ms: float = 75.0
    affricate_voiceless_ms: float = 140.0
    affricate_voiced_ms: float = 105.0
    fricative_voiceless_ms: float = 140.0
    fricative_voiced_ms: float = 105.0
    aspirate_ms: float = 100.0  # h and its kin: noise of the following vowel, shorter than a sibilant
    nasal_ms: float = 78.0
    moraic_nasal_ms: float = 120.0  # ん after a vowel on the same note: a mora, so longer than an onset nasal
    tap_ms: float = 45.0
    liquid_ms: float = 65.0
    glide_ms: float = 65.0
    closure_ms: float = 105.0  # っ: 90-120 ms
    inner_silence_ms: float = 60.0  # a pause that another program put inside a syllable

    pair_factor: float = 0.8  # each consonant of a pair is shorter than alone (Klatt 1976) ...
    cluster_factor: float = 0.68  # ... and of three or more still shorter
    released_factor: float = 0.6  # a stop after っ: its closure has been heard already

    reference_note_ms: float = 500.0
    tempo_exponent: float = 0.3  # consonants give way to tempo much less than vowels do
    slowest_scale: float = 1.2
    fastest_scale: float = 0.65

    nucleus_lag_ms: float = 0.0  # of every nucleus behind its note's onset
    off_glide_ms: float = 150.0  # at most, and at most `off_glide_share` of the vowels' time
    breath_shortest_ms: float = 250.0
    breath_longest_ms: float = 400.0

    nucleus_share: float = 0.4  # of its word, at least
    onset_share: float = 0.3  # of a word that holds its own onset, at most
    closure_share: float = 0.3  # of its word, at most
    off_glide_share: float = 0.25
    breath_share: float = 0.7  # of the rest that the onset consonants leave free, at most
    rest_consonant_share: float = 0.8  # of a rest, at most

    def nominal_ms(self, phone: str, facts: PhoneFacts) -> float:
        """Length in ms of one consonant (or closure, or inner pause) between vowels at the reference tempo."""
        if phone == GEMINATE:
            return self.closure_ms
        if phone in TAPS:
            return self.tap_ms
        if phone in ASPIRATES:
            return self.aspirate_ms
        match facts.phone_class, facts.voiced:
            case "stop", voiced:
                return self.stop_voiced_ms if voiced else self.stop_voiceless_ms
            case "affricate", voiced:
                return self.affricate_voiced_ms if voiced else self.affricate_voiceless_ms
            case "fricative", voiced:
                return self.fricative_voiced_ms if voiced else self.fricative_voiceless_ms
            case "nasal", _:
                return self.moraic_nasal_ms if facts.nucleus else self.nasal_ms
            case "liquid", _:
                return self.liquid_ms
            case "glide", _:
                return self.glide_ms
            case "breath", _:
                return self.breath_shortest_ms
        return self.inner_silence_ms

    def tempo_scale(self, *neighbour_notes_seconds: float) -> float:
        """How much longer (above 1) or shorter consonants are between notes of these lengths.

        >>> ConsonantTimes().tempo_scale(0.5, 0.5)
        1.0
        """
        if not neighbour_notes_seconds:
            return 1.0
        product = 1.0
        for seconds in neighbour_notes_seconds:
            product *= 1000.0 * seconds / self.reference_note_ms
        scale = math.pow(product, self.tempo_exponent / len(neighbour_notes_seconds))
        return min(self.slowest_scale, max(self.fastest_scale, scale))
