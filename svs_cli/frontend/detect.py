"""Which language lyrics are in, judged on all words of a part.

Conventions: scripts decide first (kana: Japanese; Han without kana: Mandarin). Latin script is scored by frequent
words and typical letter sequences (`data/lexicon/stopwords.toml`), per word, so that scores of languages compare.
Romaji is recognised because every syllable is a mora. When nothing speaks for any language, the answer is English.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable
from functools import cache

from svs_cli.bundled import shelf
from svs_cli.errors import MissingError
from svs_cli.frontend.japanese import is_kanji
from svs_cli.frontend.kana import is_kana, romaji_moras
from svs_cli.frontend.languages import clean

FALLBACK = "en"
ROMAJI_MINIMUM = 8


@cache
def evidence() -> tuple[dict[str, frozenset[str]], dict[str, list[tuple[re.Pattern[str], float]]]]:
    """Stop words and weighted letter patterns of each language. Raises MissingError."""
    path = shelf("data") / "lexicon" / "stopwords.toml"
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        words = {language: frozenset(text.split()) for language, text in raw["words"].items()}
        letters = {
            language: [(re.compile(pattern), float(weight)) for pattern, weight in table.items()]
            for language, table in raw["letters"].items()
        }
    except (OSError, KeyError, AttributeError, ValueError, re.error) as error:
        raise MissingError(f"the word lists {path} are damaged: {error}", fix="reinstall svs-cli") from error
    return words, letters


def detect_language(words: Iterable[str]) -> str:
    """The language code of a text given as whole words (or syllables, with less certainty).

    >>> detect_language("Im wunderschönen Monat Mai als alle Knospen sprangen".split())
    'de'
    """
    texts = list(words)
    characters = "".join(texts)
    if any(map(is_kana, (c for c in characters if not c.isspace() and ord(c) > 0x3000))):
        return "ja"
    if sum(map(is_kanji, characters)) > len(characters) / 4:
        return "zh"
    counts = Counter(word for word in (clean(text)[0] for text in texts) if word)
    scores = latin_scores(counts)
    best = max(scores, key=lambda language: scores[language])
    if sum(counts.values()) >= ROMAJI_MINIMUM and scores[best] < 0.6 and all(map(romaji_moras, counts)):
        return "ja"
    return best if scores[best] > 0 else FALLBACK


def latin_scores(counts: Counter[str]) -> dict[str, float]:
    """Mean evidence a word for each Latin-script language; frequent words are damped, so that refrains don't decide."""
    stopwords, letters = evidence()
    total = sum(count**0.5 for count in counts.values()) or 1.0
    scores = dict.fromkeys((FALLBACK, *stopwords), 0.0)
    for word, count in counts.items():
        for language, known in stopwords.items():
            points = 1.0 if word in known else 0.0
            points += sum(weight for pattern, weight in letters[language] if pattern.search(word))
            scores[language] += points * count**0.5 / total
    return scores
