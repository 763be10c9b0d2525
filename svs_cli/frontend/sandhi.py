"""What words do to each other: French liaison, and English "the" before a vowel.

Conventions: only the closed class of words where every singer makes the liaison (les‿oiseaux, un‿ami, est‿il); never
across punctuation or a breath, and never before an aspirated h.
"""

from __future__ import annotations

from collections.abc import Sequence

from svs_cli.frontend.inventory import load_inventory

LIAISONS = {
    "z": "les des mes tes ses ces nos vos aux deux trois dans sans sous vous nous ils elles très chez quels quelles",
    "n": "en on un mon ton son aucun",
    "t": "est sont ont c'est n'est quand petit tout",
}
CONSONANT_OF = {word: consonant for consonant, words in LIAISONS.items() for word in words.split()}
ASPIRATED = frozenset(
    "hache haie haine hair haïr halte hameau hanche hardi harpe hasard hâte haut haute hauts hautes hauteur héros"
    " hêtre heurter hibou honte hors houle huit hurler onze oui ouate".split()
)


def starts_with_vowel(phones: Sequence[str]) -> bool:
    """Whether a word is sung without an onset consonant; French glides count as vowels (les‿yeux, les‿oiseaux)."""
    return bool(phones) and (load_inventory()[phones[0]].nucleus or phones[0] in ("j", "w", "ɥ"))


def link(
    word: str, phones: Sequence[str], next_word: str, next_phones: Sequence[str], language: str
) -> tuple[str, ...]:
    """The phones of a word as it is sung before the next one.

    >>> link("les", ["l", "e"], "oiseaux", ["w", "a", "z", "o"], "fr")
    ('l', 'e', 'z')
    >>> link("the", ["ð", "ə"], "end", ["ɛ", "n", "d"], "en")
    ('ð', 'i')
    """
    own = tuple(phones)
    if not starts_with_vowel(next_phones):
        return own
    if language == "fr" and word in CONSONANT_OF and next_word not in ASPIRATED:
        return own if own[-1] == CONSONANT_OF[word] else (*own, CONSONANT_OF[word])
    if language == "en" and word == "the" and load_inventory()[next_phones[0]].nucleus:
        return ("ð", "i")
    return own
