"""Recordings of single syllables (CV, CVVC): what is sung stands in the aliases, when in their numbers.

Conventions
-----------
- An entry's vowel starts at offset + preutterance; the consonant ends there. Aliases that end in a consonant ("a k")
  say nothing that their neighbours don't, and are passed over.
- Between two syllables of one file is a rest where the sound falls silent.
- Aliases are kana or romaji; for Mandarin banks, pinyin, whose phones go without times.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import numpy as np

from svs_cli.corpus.audio_file import read_audio
from svs_cli.corpus.utau.bank import SungFile
from svs_cli.corpus.utau.breaths import stretches
from svs_cli.corpus.utau.grid import SAME_PLACE_SECONDS, MoraTime, SungEntry
from svs_cli.corpus.utau.labels import label_string
from svs_cli.corpus.utau.mora import Mora, alias_phones, mora_of_romaji
from svs_cli.corpus.utau.signal import HOP_SECONDS, Features, features_of
from svs_cli.corpus.utau.words import SILENCE, LabelError
from svs_cli.frontend.inventory import load_inventory
from svs_cli.frontend.mandarin import pinyin_phones

MOST_SYLLABLES = 40
REST_BELOW_NUCLEUS_DB = 35.0
SHORTEST_REST_SECONDS = 0.15
ENDING = re.compile(r"[_\s]*(?:[A-G][#b]?\d|[↑↓PSWN]|\d+)$")

Syllable = tuple[float, tuple[str, ...]]  # start of the nucleus in seconds, phones


def syllable_of_alias(alias: str, language: str) -> tuple[str, ...] | None:
    """Phones of the syllable that an alias ends in, None if it ends in none.

    >>> syllable_of_alias("- ka_A3", "ja"), syllable_of_alias("a k", "ja"), syllable_of_alias("zhang", "zh")
    (('k', 'a'), None, ('ʈʂ', 'ɑ', 'ŋ'))
    """
    last = ENDING.sub("", unicodedata.normalize("NFKC", alias.strip())).split(" ")[-1]
    if language == "zh":
        return pinyin_phones(last) or None
    phones = alias_phones(alias)
    if phones is not None:
        return None if phones == (SILENCE,) else phones
    mora = mora_of_romaji(last.lower())
    return None if mora is None or mora.phones == (SILENCE,) else mora.phones


def syllables_of(entries: Sequence[SungEntry], language: str = "ja") -> list[Syllable]:
    """The syllables of a file in order of time; entries for one place are one. Raises LabelError if there are none."""
    named = [(entry.onset_seconds, syllable_of_alias(entry.alias, language)) for entry in entries]
    found: list[Syllable] = []
    for onset_seconds, phones in sorted((pair for pair in named if pair[1]), key=lambda pair: pair[0]):
        if not found or onset_seconds - found[-1][0] >= SAME_PLACE_SECONDS:
            found.append((onset_seconds, phones or ()))
    if not found:
        raise LabelError("no alias names a syllable")
    if len(found) > MOST_SYLLABLES:
        raise LabelError(f"oto.ini names {len(found)} syllables in one file")
    return found


def phones_by_aliases(
    entries: Sequence[SungEntry], language: str, audio_seconds: float
) -> tuple[tuple[str, ...], tuple[float, ...]]:
    """Phones of a file without their ends, and where their nuclei start. Raises LabelError."""
    syllables = syllables_of(entries, language)
    if syllables[-1][0] >= audio_seconds:
        raise LabelError(f"an entry points to {syllables[-1][0]:.2f} s, after the end of the audio")
    nuclei = load_inventory().nuclei
    sung = [syllable for syllable in syllables if any(phone in nuclei for phone in syllable[1])]
    return tuple(phone for _, phones in syllables for phone in phones), tuple(onset for onset, _ in sung)


def label_by_aliases(file: SungFile) -> tuple[tuple[str, ...], tuple[float, ...]]:
    """Phones and their ends in seconds of a file of Japanese syllables. Raises LabelError with the reason."""
    syllables = syllables_of(file.entries)
    moras = file.moras or ()
    if moras and [mora.phones for mora in moras if mora.nucleus != SILENCE] != [phones for _, phones in syllables]:
        raise LabelError(f"oto.ini names {len(syllables)} syllables, the file's name {len(moras)}")
    samples, rate_hz = read_audio(file.path)
    features = features_of(samples, rate_hz)
    sung: list[Mora] = []
    times: list[MoraTime] = []
    for index, (onset_seconds, phones) in enumerate(syllables):
        if index and rest_between(features, syllables[index - 1][0], onset_seconds):
            sung.append(Mora("R", (SILENCE,)))
            times.append(MoraTime((syllables[index - 1][0] + onset_seconds) / 2, False))
        sung.append(Mora("".join(phones), phones))
        times.append(MoraTime(onset_seconds, True))
    return label_string(samples, rate_hz, sung, times)


def rest_between(features: Features, first_seconds: float, second_seconds: float) -> bool:
    """Whether the sound falls silent between two nuclei."""
    level_db = features.levels_db["all"][features.frame(first_seconds) : features.frame(second_seconds)]
    if len(level_db) < 2:
        return False
    quiet = level_db < np.percentile(level_db, 90) - REST_BELOW_NUCLEUS_DB
    return bool(stretches(quiet, round(SHORTEST_REST_SECONDS / HOP_SECONDS), 1))
