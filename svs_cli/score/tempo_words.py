"""What tempo words ask for: Italian, German, French and English, as real scores mix them.

Conventions
-----------
- Absolute words give quarter notes per minute of a middle-of-the-road performance (the middle of the range on a
  metronome's scale); they count only where the score has no number.
- Gradual words (rit., accel.) give the factor reached at their end; relative ones (più mosso, langsamer) act at once.
- What isn't known says nothing about tempo: expression words must not change it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from svs_cli.score.bars import TempoKind

ABSOLUTE_QPM = {
    "larghissimo": 30, "grave": 40, "sehr langsam": 46, "très lent": 46, "molto lento": 46, "very slow": 46,
    "very slowly": 46, "largo": 48, "lento": 54, "adagio": 58, "langsam": 58, "lent": 56, "lentement": 56, "slow": 58,
    "slowly": 58, "larghetto": 62, "adagietto": 66, "ziemlich langsam": 66, "etwas langsam": 66, "assez lent": 64,
    "nicht zu langsam": 70, "not too slow": 70, "sostenuto": 72, "getragen": 66, "ruhig": 72, "feierlich": 66,
    "tranquillo": 72, "calme": 70, "andante": 76, "gehend": 76, "modéré": 92, "très modéré": 80,
    "andante con moto": 84, "andantino": 84, "moderato": 100, "mäßig": 96, "mässig": 96, "massig": 96,
    "moderately": 100, "allegretto": 112, "allegro moderato": 116, "allegro ma non troppo": 118,
    "ziemlich bewegt": 112, "etwas bewegt": 108, "bewegt": 116, "zart bewegt": 104, "marschtempo": 112,
    "tempo di marcia": 112, "alla marcia": 112, "tempo di valse": 160, "animé": 126, "assez animé": 116,
    "frisch": 120, "munter": 120, "lebhaft": 132, "sehr lebhaft": 144, "lively": 132, "fast": 140, "allegro": 128,
    "allegro molto": 144, "vivace": 150, "vivo": 150, "vif": 144, "très vif": 160, "vite": 150, "très vite": 168,
    "schnell": 150, "sehr schnell": 168, "rasch": 144, "vivacissimo": 168, "presto": 176, "prestissimo": 200,
    "etwas geschwind": 116, "geschwind": 132,
}  # fmt: skip
LITTLE = re.compile(r"\b(poco|un po'?|un peu|etwas|ein wenig|a little|slightly)\b")
MUCH = re.compile(r"\b(molto|assai|très|sehr|beaucoup|much|viel)\b")
GRADUAL_SLOWER = re.compile(
    r"\b(rit|ritard\w*|rall|rallent\w*|allarg\w*|slargando|calando|morendo|smorz\w*|ritenen\w*|en retenant|cédez|"
    r"ralenti\w*|zurückhalt\w*|zögernd|verlangs\w*|langsamer werd\w*|slowing|slow down|verklingend)\b"
)
GRADUAL_FASTER = re.compile(
    r"\b(accel\w*|string\w*|affrett\w*|stretto|animando|incalzando|en pressant|pressez|serrez|drängend|beschleunig\w*|"
    r"schneller werd\w*|animez|speed(ing)? up)\b"
)
AT_ONCE_SLOWER = re.compile(
    r"\b(riten\w*|retenu|retenez|meno (mosso|allegro|vivo)|più (lento|adagio|tranquillo)|plus (lent|lentement|calme)|"
    r"moins vite|langsamer|ruhiger|breiter|gehalten|weniger bewegt|slower|calmato|trattenuto)\b"
)
AT_ONCE_FASTER = re.compile(
    r"\b(più (mosso|moto|vivo|allegro|animato|presto)|poco mosso|mosso|plus (vite|animé|vif|mouvementé)|schneller|"
    r"bewegter|lebhafter|faster|quicker|un poco animato)\b"
)
RETURN = re.compile(r"\b(a ?tempo|im (ersten )?(tempo|zeitma(ß|ss))|in tempo|au mouv\w*|mouvement|wie vorher)\b")
PRIMO = re.compile(
    r"\b(tempo (i|1|primo|1o|1mo)\b|(i|1)(°|º|o|\.|er|re|mo)? ?tempo|tempo (del )?principio|"
    r"erstes (tempo|zeitma(ß|ss))|1er mouv\w*)"
)
NEVER = re.compile(
    r"\b(senza rit|sans (ralentir|retenir|presser)|nicht (schleppen|zögern|eilen)|non rit|l'istesso|même mouvement)"
)


@dataclass(frozen=True)
class TempoWord:
    """One instruction; `value` is quarters per minute (absolute) or a factor."""

    kind: TempoKind
    value: float = 1.0


def read_tempo_words(text: str) -> list[TempoWord]:
    """The tempo instructions in printed words, in order of reading ("rit. a tempo" has two), often none.

    >>> [(w.kind, w.value) for w in read_tempo_words("Andante con moto")]
    [('absolute', 84)]
    >>> [w.kind for w in read_tempo_words("poco rit.  -  a tempo")], read_tempo_words("dolce")
    (['gradual', 'return'], [])
    """
    words = " ".join(text.lower().replace("-", " ").replace("_", " ").split())
    if not words or len(words) > 100 or NEVER.search(words):
        return []
    found: list[tuple[int, TempoWord]] = []
    for pattern, kind, factor in (
        (GRADUAL_SLOWER, "gradual", 0.72),
        (GRADUAL_FASTER, "gradual", 1.25),
        (AT_ONCE_SLOWER, "relative", 0.85),
        (AT_ONCE_FASTER, "relative", 1.15),
    ):
        if match := pattern.search(words):
            found.append((match.start(), TempoWord(kind, _graded(factor, words))))  # type: ignore[arg-type]
            break
    if match := PRIMO.search(words):
        found.append((match.start(), TempoWord("primo")))
    elif match := RETURN.search(words) or re.fullmatch(r"[\[(]?(tempo|mouv\w*)[.\])]?", words):
        found.append((match.start(), TempoWord("return")))
    if not found and (absolute := _absolute(words)):
        found.append(absolute)
    return [word for _, word in sorted(found, key=lambda pair: pair[0])]


def _graded(factor: float, words: str) -> float:
    """The factor softened by "poco", strengthened by "molto"."""
    share = 0.5 if LITTLE.search(words) else 1.4 if MUCH.search(words) else 1.0
    return round(1.0 + (factor - 1.0) * share, 3)


def _absolute(words: str) -> tuple[int, TempoWord] | None:
    """The longest known tempo word that stands at the start of the text or after a bracket or comma."""
    best: tuple[int, str] | None = None
    for word in ABSOLUTE_QPM:
        match = re.search(rf"(?:^|[(,;.] ?|\btempo (?:di |ma )?|\bpoco |\bmolto |\bun ){re.escape(word)}\b", words)
        if match and (best is None or (-match.start(), len(word)) > (-best[0], len(best[1]))):
            best = (match.start(), word)
    return (best[0], TempoWord("absolute", ABSOLUTE_QPM[best[1]])) if best else None
