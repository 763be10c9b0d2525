"""Pitches that stand in names of folders and files: "_Core_A3", "F#4", "Bb3".

Conventions: C4 is MIDI 60. A letter that is part of a word is no pitch.
"""

from __future__ import annotations

import re

from svs_cli.performance.ds_file import note_midi
from svs_cli.score.compass import HIGHEST_MIDI, LOWEST_MIDI

PITCH = re.compile(r"(?<![A-Za-z#])([A-Ga-g])(#|♯|b|♭|s)?(-?\d)(?!\d)")


def pitch_in_name(name: str) -> float | None:
    """The last pitch in a name as MIDI number, None if there is none that is sung.

    >>> pitch_in_name("_Core_A3"), pitch_in_name("Fs4 soft"), pitch_in_name("Strong_High"), pitch_in_name("take2")
    (57.0, 66.0, None, None)
    """
    for letter, accidental, octave in reversed(PITCH.findall(name)):
        midi = note_midi(f"{letter.upper()}{'#' if accidental == 's' else accidental}{octave}")
        if midi is not None and LOWEST_MIDI <= midi <= HIGHEST_MIDI:
            return float(midi)
    return None


def without_pitch(name: str) -> str:
    """A name without its pitches and the signs around them, in small letters.

    >>> without_pitch("_Core_A3"), without_pitch("E3")
    ('core', '')
    """
    return re.sub(r"[\s_\-]+", "_", PITCH.sub("", name)).strip("_ ").lower()
