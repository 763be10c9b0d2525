"""Words of character in a score ("dolce", "con forza", "zart"), and what they do to how it is sung.

Conventions
-----------
- A character is a name of `CHARACTERS`, or a degree and a name: "dolce", "molto dolce" (half as much again), "poco
  dolce" (half). A note has those in force; they add up.
- Words are Italian, German, French and English. A word that is not known says nothing. What is negated ("non legato",
  "nicht schwer") does nothing and ends that one if it was in force, but "non troppo" is a little. `ORDINARY` words end
  all that was in force.
- A level of ff or more ends gentle characters, one of pp or less forceful ones: nobody shouts "dolce".
- "sotto voce" and "mezza voce" are levels as well, which the score's dynamics know.
- Levels are amplitude decibels like the curves of `energy.py`; what a word does to breathiness and tension is all that
  it does, its level adds none. A passing character ends where the tempo returns.
- "sussurrando" is what Kumi's whispering bank differs by from her usual one on the same tones, tension of "con forza"
  what her strong one does (medians: level -9.8, breathiness +2.7, tension -6.4; tension +2.1). The others lie between,
  by what the words mean to musicians: nobody has measured them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache

LONGEST_TEXT = 100  # what is longer is a footnote
NON, POCO, MOLTO = "non", "poco", "molto"
DEGREES = {NON: 0.0, POCO: 0.5, "": 1.0, MOLTO: 1.5}


@dataclass(frozen=True)
class Effect:
    """What characters do to a note; see the module's conventions."""

    level_db: float = 0.0
    breathiness_db: float = 0.0
    tension_db: float = 0.0
    attack_db: float = 0.0  # at the beginning of each syllable, from where it decays like an accent
    swell: float = 0.0  # share by which phrases arch more
    silent_share: float = 0.0  # of a note's length, at its end
    legato: float = 0.0  # moves are shared by both notes, as under a slur

    def scaled(self, factor: float) -> Effect:
        """All of it times a factor."""
        return Effect(*(factor * getattr(self, field.name) for field in fields(self)))

    def __add__(self, other: Effect) -> Effect:
        return Effect(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(self)))


PLAIN = Effect()
CHARACTERS = {
    "dolce": Effect(level_db=-1.5, breathiness_db=1.2, tension_db=-1.5, attack_db=-0.7),
    "teneramente": Effect(level_db=-1.0, breathiness_db=1.2, tension_db=-1.2, attack_db=-0.5, swell=0.2),
    "sotto voce": Effect(breathiness_db=1.8, tension_db=-3.0, attack_db=-1.0),
    "mezza voce": Effect(breathiness_db=1.0, tension_db=-1.5, attack_db=-0.5),
    "sussurrando": Effect(level_db=-9.8, breathiness_db=2.7, tension_db=-6.4, attack_db=-1.0),
    "misterioso": Effect(level_db=-1.5, breathiness_db=1.2, tension_db=-2.0, attack_db=-0.7),
    "morendo": Effect(breathiness_db=1.2, tension_db=-1.5, attack_db=-0.7),
    "tranquillo": Effect(level_db=-0.7, tension_db=-0.8, attack_db=-0.7, swell=-0.2),
    "semplice": Effect(tension_db=-0.3, swell=-0.6),
    "dolente": Effect(level_db=-0.7, breathiness_db=0.8, tension_db=-0.7, attack_db=-0.3, swell=0.3),
    "leggiero": Effect(level_db=-1.5, breathiness_db=0.3, tension_db=-0.8, silent_share=0.12),
    "grazioso": Effect(level_db=-1.0, breathiness_db=0.3, tension_db=-0.6, attack_db=-0.3),
    "cantabile": Effect(attack_db=-0.5, swell=0.4, legato=1.0),
    "legato": Effect(attack_db=-0.7, legato=1.0),
    "espressivo": Effect(tension_db=0.4, swell=0.7),
    "appassionato": Effect(level_db=1.5, tension_db=1.5, attack_db=0.7, swell=0.6),
    "agitato": Effect(level_db=0.5, breathiness_db=0.5, tension_db=1.2, attack_db=1.0, swell=0.3),
    "marcato": Effect(level_db=0.5, tension_db=0.5, attack_db=2.2, silent_share=0.1),
    "pesante": Effect(level_db=1.0, tension_db=0.8, attack_db=1.2),
    "maestoso": Effect(level_db=1.5, breathiness_db=-0.4, tension_db=1.0, attack_db=0.4),
    "con forza": Effect(level_db=2.5, breathiness_db=-0.6, tension_db=2.1, attack_db=1.0),
}
PASSING = frozenset({"morendo"})
GENTLE = frozenset({"dolce", "teneramente", "sotto voce", "mezza voce", "sussurrando", "misterioso", "tranquillo"})
FORCEFUL = frozenset({"con forza", "maestoso", "appassionato"})
ORDINARY = "ordinario, ordinaria, ord, normale, naturale, nat, gewöhnlich, normal, ordinaire, naturel, ordinary"
# Nouns stand without "con", "mit", "avec", "with".
WORDS = {
    "dolce": "dolcemente, dolcezza, doux, douce, doucement, douceur, sanft, weich, süß, sweet, sweetly, gentle, gently",
    "teneramente": "tenero, tenerezza, zart, zärtlich, innig, inniger, innigkeit, lieblich, tendre, tendrement, "
    "tendresse, tender, tenderly, amoroso, amorevole, amore, amoureusement, affettuoso, affetto, liebevoll, lovingly",
    "sotto voce": "sottovoce, presque sans voix, à voix basse, mit gedämpfter stimme, undertone",
    "mezza voce": "mezzavoce, m v, halbe stimme, halber stimme, à mi voix, à demi voix, demi voix, half voice",
    "sussurrando": "sussurrato, bisbigliando, flüsternd, geflüstert, chuchoté, en chuchotant, murmuré, mormorando, "
    "whispered, whispering, whisper",
    "misterioso": "mistero, geheimnisvoll, heimlich, mystérieux, mystérieusement, mystère, mysterious, mysteriously",
    "morendo": "smorzando, smorz, perdendosi, estinto, ersterbend, verklingend, verhauchend, verlöschend, "
    "en mourant, en s'éteignant, dying, dying away, fading, fading away",
    "tranquillo": "tranquillamente, calmo, calmato, placido, ruhig, friedlich, calme, tranquille, paisible, calm, "
    "calmly, tranquil, peaceful, peacefully",
    "semplice": "semplicemente, semplicità, einfach, schlicht, simple, simplement, simplicité, simply",
    "dolente": "doloroso, dolore, mesto, lamentoso, piangendo, malinconico, malinconia, triste, tristezza, traurig, "
    "schmerzlich, klagend, wehmütig, schwermütig, douloureux, plaintif, mélancolie, mélancolique, sad, sadly, "
    "mournful, mournfully",
    "leggiero": "leggero, leggieramente, leggermente, leggerezza, leicht, duftig, léger, légère, légèrement, lightly, "
    "light, scherzando, giocoso, giojoso, playfully",
    "grazioso": "grazia, grazie, anmutig, gracieux, gracieusement, grâce, graceful, gracefully",
    "cantabile": "cantando, cant, gesangvoll, sangbar, singend, chantant, bien chanté, singing",
    "legato": "gebunden, lié, smooth, smoothly, sostenuto, soutenu, getragen, sustained",
    "espressivo": "espress, espr, espressione, sentimento, anima, enfasi, ausdrucksvoll, ausdruck, empfindung, "
    "seelenvoll, gefühlvoll, expressif, expressive, expression, expressivement, âme, expressively",
    "appassionato": "passione, passionato, leidenschaftlich, leidenschaft, passionné, passion, passionate, "
    "passionately, fuoco, feurig, feu, ardente, ardore, ardent, slancio, glühend",
    "agitato": "agitazione, unruhig, aufgeregt, agité, agitated, inquieto, inquiet, restless, restlessly, stürmisch",
    "marcato": "marc, markiert, betont, marqué, marked, accented, accentato, martellato, scandito",
    "pesante": "schwer, wuchtig, gewichtig, lourd, heavy, heavily",
    "maestoso": "majestätisch, majestueux, majestic, majestically, grandioso, nobile, nobilmente, pomposo, feierlich, "
    "solenne, solennel, solemn, solemnly, hymnisch",
    "con forza": "forza, kräftig, kraft, kraftvoll, stark, force, vigoroso, vigore, vigorously, vigoureux, energico, "
    "energia, energisch, énergique, energetic, deciso, entschlossen, entschieden, décidé, resolutely, risoluto, "
    "robusto, powerfully, strongly",
}
DEGREE_WORDS = {
    POCO: "poco, po, peu, etwas, wenig, little, slightly, meno, moins, weniger, less, quasi",
    MOLTO: "molto, molta, assai, ben, bien, très, sehr, recht, very, much, più, plus, mehr, more, tutta, toute, aller",
}
NEGATIONS = frozenset("senza sans ohne without non nicht pas not kein".split())
NOT_TOO = frozenset("troppo zu trop too".split())
GRADUAL = re.compile(r"\b(poco a poco|poco à poco|peu à peu|nach und nach|little by little)\b")
BETWEEN = 3  # words before a character that may say its degree: "con molta", "mit sehr viel"


def read_character(text: str) -> tuple[str, ...] | None:
    """The characters that printed words ask for, () for ordinary singing again, None if they say nothing of it.

    >>> read_character("p molto dolce ed espress."), read_character("Langsam und zart"), read_character("ord.")
    (('molto dolce', 'espressivo'), ('teneramente',), ())
    >>> read_character("dolciss."), read_character("Kräftig, nicht zu schwer"), read_character("a tempo")
    (('molto dolce',), ('con forza', 'poco pesante'), None)
    >>> read_character("non legato"), read_character("dolce, senza espressione")
    (('non legato',), ('dolce', 'non espressivo'))
    """
    if len(text) > LONGEST_TEXT:
        return None
    tokens = tokens_of(text)
    found: dict[str, str] = {}
    ordinary, free_from, i = False, 0, 0
    while i < len(tokens):
        name, length = named_at(tokens, i)
        if not length:
            i += 1
            continue
        degree = degree_at(tokens, free_from, i, i + length)
        if not name:
            ordinary |= tokens[i - 1 : i] != ["tempo"]
        else:
            found[name] = degree
        i = free_from = i + length
    if not found:
        return () if ordinary else None
    return tuple(f"{degree} {name}".strip() for name, degree in found.items())


def effect_of(characters: Iterable[str]) -> Effect:
    """What characters do together.

    >>> effect_of(("poco marcato", "semplice")).attack_db, effect_of(()).swell
    (1.1, 0.0)
    """
    return sum((_effect(character) for character in characters), PLAIN)


def without_passing(characters: Sequence[str]) -> tuple[str, ...]:
    """The characters that stay where the tempo returns.

    >>> without_passing(("dolce", "molto morendo"))
    ('dolce',)
    """
    return tuple(one for one in characters if split(one)[1] not in PASSING)


def followed(before: Sequence[str], said: Sequence[str]) -> tuple[str, ...]:
    """The characters in force after words: what they ask for instead of those before, or without what they negate.

    >>> followed(("dolce", "legato"), ("non legato",)), followed(("dolce",), ("con forza", "non pesante"))
    (('dolce',), ('con forza',))
    """
    asked = tuple(one for one in said if split(one)[0] != NON)
    ended = {split(one)[1] for one in said if split(one)[0] == NON}
    return asked if asked or not ended else tuple(one for one in before if split(one)[1] not in ended)


def split(character: str) -> tuple[str, str]:
    """Degree and name.

    >>> split("molto sotto voce"), split("con forza")
    (('molto', 'sotto voce'), ('', 'con forza'))
    """
    degree, _, name = character.partition(" ")
    return (degree, name) if degree in DEGREES and name in CHARACTERS else ("", character)


@cache
def _effect(character: str) -> Effect:
    degree, name = split(character)
    effect = CHARACTERS.get(name, PLAIN)  # documents of later versions may know more
    return replace(effect.scaled(DEGREES[degree]), legato=effect.legato if DEGREES[degree] else 0.0)


def tokens_of(text: str) -> list[str]:
    """Words and commas as they are compared; superlatives in full: "dolciss." is "molto dolce"."""
    words = GRADUAL.sub(" ", " ".join(text.lower().replace("’", "'").split()))
    tokens: list[str] = []
    for word in re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)*|[,;:()]", words):
        stem = re.fullmatch(r"(\w{3,})iss(?:imo|ima|imamente)?", word)
        plain = [stem[1] + ending for ending in "eo" if (stem[1] + ending,) in phrases()] if stem else []
        tokens += [MOLTO, plain[0]] if plain else [word]
    return tokens


@cache
def phrases() -> dict[tuple[str, ...], str]:
    """The name that each phrase stands for, "" for ordinary singing."""
    known = {tuple(phrase.split()): "" for phrase in ORDINARY.split(", ")}
    for name, words in WORDS.items():
        known |= {tuple(phrase.split()): name for phrase in (name, *words.split(", "))}
    return known


def named_at(tokens: Sequence[str], i: int) -> tuple[str, int]:
    """The character that words name from number `i` on, and how many words do; ("", 0) for none."""
    for length in (3, 2, 1):
        phrase = tuple(tokens[i : i + length])
        if len(phrase) == length and phrase in phrases():
            return phrases()[phrase], length
    return "", 0


def degree_at(tokens: Sequence[str], free_from: int, start: int, stop: int) -> str:
    """How much of a character is meant by the words around it."""
    before = tokens[max(free_from, start - BETWEEN) : start]
    breaks = [k for k, token in enumerate(before, 1) if not token.isalpha() and "'" not in token]
    before = before[breaks[-1] if breaks else 0 :]
    if NEGATIONS & set(before):
        return POCO if NOT_TOO & set(before) else NON
    after = list(tokens[stop : stop + 1]) if stop + 1 >= len(tokens) or not named_at(tokens, stop + 1)[1] else []
    if tuple(tokens[stop : stop + 2]) in {("non", "troppo"), ("pas", "trop")}:
        return POCO
    for word in (*reversed(before), *after):
        for degree, words in DEGREE_WORDS.items():
            if word in words.split(", "):
                return degree
    return ""
