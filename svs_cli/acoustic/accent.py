"""Consonants in a language that a speaker was never recorded in: half of them is lent by one who was, its *native*.

A network that never heard a speaker say a consonant guesses at it, and words suffer most there. A speaker is known by
the vowels, which stay: only the vectors of frames inside consonants move towards the native's.

Conventions
-----------
- A model's *natives* are, by language, the speakers who were recorded in it, most of all the first, who lends.
- A frame whose language nobody was recorded in, or is not known, is the speaker's own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from svs_cli.frontend.inventory import load_inventory

Natives = Mapping[str, Sequence[str]]
LENT = 0.5
OWN_CLASSES = frozenset({"vowel", "silence", "breath"})


def consonant_frames(phones: Sequence[str], phone_frames: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which frames lie inside consonants, (sum of phone_frames,)."""
    inventory = load_inventory()
    lendable = np.array([inventory[phone].phone_class not in OWN_CLASSES for phone in phones], np.bool_)
    return np.repeat(lendable, phone_frames)


def foreign(natives: Natives, languages: Sequence[str], speaker: str) -> NDArray[np.bool_]:
    """In which of a model's languages the speaker is helped, and one more, the unknown one, (languages + 1,).

    >>> foreign({"en": ["kathleen"], "ja": ["kumi"]}, ("en", "fr", "ja"), "kumi").tolist()
    [True, False, False, False]
    """
    helped = [bool(natives.get(language)) and speaker not in natives[language] for language in languages]
    return np.array([*helped, False], np.bool_)


def lenders(natives: Natives, languages: Sequence[str], speakers: Sequence[str]) -> NDArray[np.int64]:
    """Who lends in each of a model's languages, and in the unknown one: a row of its speakers, (languages + 1,).

    Nobody is the last row, "not known".

    >>> lenders({"ja": ["kumi", "yuki"]}, ("en", "ja"), ("yuki", "kumi")).tolist()
    [2, 1, 2]
    """
    places = {name: index for index, name in enumerate(speakers)}
    first = [next(iter(natives.get(language, ())), "") for language in languages]
    return np.array([*(places.get(name, len(places)) for name in first), len(places)])
