"""What helps where a part leaves a voice's range or language: another key, or another voice.

Conventions
-----------
- A part is told by how often it has each note, as MIDI numbers at sounding pitch; ranges are MIDI numbers too, and half
  a semitone beyond them is still inside.
- A key is given as --key has to be given: counted from the score's own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from svs_cli.voices.card import VoiceCard
from svs_cli.voices.library import FLOOR_VOICE, list_voices

FARTHEST_SEMITONES = 24
MOST_VOICES = 3


def outside(sung: Counter[float], low: int, high: int, semitones: float = 0.0) -> int:
    """How many notes lie outside a range, moved by so many semitones.

    >>> outside(Counter({60.0: 2, 72.0: 1}), 59, 67), outside(Counter({60.0: 2, 72.0: 1}), 59, 67, -5)
    (1, 2)
    """
    return sum(count for midi, count in sung.items() if not low - 0.5 <= midi + semitones <= high + 0.5)


def best_key(parts: Sequence[Counter[float]], low: int, high: int) -> tuple[int, int]:
    """The smallest transposition that leaves the fewest notes of all parts outside, and how many those are."""
    left = {more: sum(outside(sung, low, high, more) for sung in parts) for more in range(
        -FARTHEST_SEMITONES, FARTHEST_SEMITONES + 1
    )}  # fmt: skip
    best = min(left, key=lambda more: (left[more], abs(more)))
    return best, left[best]


def helpful_key(parts: Sequence[Counter[float]], low: int, high: int, key_semitones: float = 0.0) -> str:
    """The smallest transposition that brings every note into the range, or most of them.

    `key_semitones` is how much higher than it is written the score was read.
    """
    best, left = best_key(parts, low, high)
    asked = f"--key {key_semitones + best:+g}"
    if not left:
        return f"{asked} brings all of them in"
    return f"the tune is wider than the voice{f', {asked} leaves {left}' if best else ''}"


def voices_for(sung: Counter[float], card: VoiceCard, language: str, choir: Sequence[Counter[float]]) -> list[str]:
    """The voices that hold a part which shares its key with a choir, none if one key serves all or nobody holds it.

    Those that sing the language come first; the voice that sings by rule is named if there is no other.
    """
    if not choir or not best_key(choir, *card.range_midi)[1]:
        return []
    able = [voice.card for voice in list_voices() if not outside(sung, *voice.card.range_midi)]
    able.sort(key=lambda one: (one.name == FLOOR_VOICE, language not in one.languages))
    names = [one.name for one in able if one.name != FLOOR_VOICE or len(able) == 1]
    return names[:MOST_VOICES]


def voices_at_home_in(language: str) -> list[str]:
    """Names of the voices whose own language it is; the voice by rule has none."""
    cards = [voice.card for voice in list_voices()]
    return [card.name for card in cards if language in card.languages and card.name != FLOOR_VOICE][:MOST_VOICES]
