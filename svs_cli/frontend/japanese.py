"""Japanese lyrics, a line at a time: kana by table, kanji and particles through pyopenjtalk (optional).

Conventions
-----------
- A *line* is the lyrics of consecutive notes; readings of kanji and the particles は (wa) and へ (e) come from it as
  a whole.
- Without pyopenjtalk, kana sing as written and kanji raise ExtraMissingError.
- A word of kanji over several notes gives each note its share of the reading, guided by the kana around it.
"""

from __future__ import annotations

import contextlib
import io
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from functools import cache

from svs_cli.errors import ExtraMissingError
from svs_cli.frontend.kana import hiragana, is_kana, moras, romaji_moras

Mora = tuple[str, ...]
PARTICLES = {("は", "わ"): ("w", "a"), ("へ", "え"): ("e",)}


def is_kanji(character: str) -> bool:
    """Whether a character is a Han character (or its repetition mark)."""
    return (
        "㐀" <= character <= "鿿"
        or "豈" <= character <= "﫿"
        or "\U00020000" <= character <= "\U0003ffff"
        or character in "々〆"
    )


@cache
def analyser() -> Callable[[str], list[dict[str, str]]] | None:
    """Text analysis by pyopenjtalk (words with "string", "read" and "pron"), or None when it is not installed."""
    with silence():
        try:
            import pyopenjtalk
        except ImportError:
            return None

    def analyse(text: str) -> list[dict[str, str]]:
        with silence():
            return list(pyopenjtalk.run_frontend(text))

    return analyse


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """Keep other people's prints and deprecation warnings away from the user."""
    quiet = io.StringIO()
    with contextlib.redirect_stdout(quiet), contextlib.redirect_stderr(quiet), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def read_notes(texts: Sequence[str], vowel_before: str = "a") -> list[list[Mora]]:
    """Moras of each note of a line; an empty list where a text cannot be read or has no share in a reading.

    Raises ExtraMissingError for kanji without pyopenjtalk.
    """
    characters = [(c, note) for note, text in enumerate(texts) for c in hiragana(text) if is_kana(c) or is_kanji(c)]
    line = "".join(c for c, _ in characters)
    has_kanji = any(map(is_kanji, line))
    if has_kanji and analyser() is None:
        raise ExtraMissingError("pyopenjtalk-plus", extra="ja", purpose=f"reading the kanji of {line!r}")
    readings = character_readings(line) if has_kanji or set(line) & set("はへ") else [None] * len(line)
    spoken: list[str] = ["" for _ in texts]
    for (character, note), reading in zip(characters, readings, strict=True):
        spoken[note] += character if reading is None else reading
    out = []
    for text, kana in zip(texts, spoken, strict=True):
        found = moras(kana, vowel_before)[0] if kana else romaji_moras(text)
        out.append(found)
        vowel_before = next((m[-1] for m in reversed(found) if m[-1] in "aiɯeo"), vowel_before)
    return out


def character_readings(line: str) -> list[str | None]:
    """What each character of a line is sung as, in hiragana; None: as it is written."""
    analyse = analyser()
    words = analyse(line) if analyse else []
    if "".join(hiragana(word["string"]) for word in words) != line:
        words = [word for c in line for word in analyse(c)] if analyse else []
        if "".join(hiragana(word["string"]) for word in words) != line:
            return [None] * len(line)
    out: list[str | None] = []
    for word in words:
        out += word_readings(hiragana(word["string"]), hiragana(word["read"]), hiragana(word["pron"].replace("’", "")))
    return out


def word_readings(written: str, read: str, spoken: str) -> list[str | None]:
    """Share of the reading that each character of one word sings; None: as written.

    >>> word_readings("食べる", "たべる", "たべる"), word_readings("は", "は", "わ")
    (['た', None, None], ['わ'])
    >>> word_readings("今日", "きょう", "きょー")
    ['きょ', 'う']
    """
    if not any(map(is_kanji, written)):
        changed = len(written) == len(spoken) and len(spoken) == len(moras(spoken)[0])
        pairs = zip(written, spoken, strict=True) if changed else []
        return [s if (w, s) in PARTICLES else None for w, s in pairs] or [None] * len(written)
    runs = re.findall(r"[ぁ-ゖーゝゞ]+|[^ぁ-ゖーゝゞ]+", written)
    pattern = "".join(re.escape(run) if is_kana(run[0]) else "(.+?)" for run in runs)
    match = re.fullmatch(pattern, read)
    if not match:
        return list(shares(read, len(written)))
    groups = iter(match.groups())
    out: list[str | None] = []
    for run in runs:
        out += [None] * len(run) if is_kana(run[0]) else shares(next(groups), len(run))
    return out


def shares(reading: str, characters: int) -> list[str]:
    """A reading cut at moras into one piece a character, as evenly as possible."""
    units = re.findall(r".[ゃゅょぁぃぅぇぉゎ]?", reading)
    cuts = [round(i * len(units) / characters) for i in range(characters + 1)]
    return ["".join(units[a:b]) for a, b in zip(cuts, cuts[1:], strict=False)]
