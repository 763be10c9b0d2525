"""A small phone table and segments for the rule stages, independent of the shipped inventory."""

from __future__ import annotations

from dataclasses import dataclass

from svs_cli.performance.document import Performance, Segment

VOWELS = ["a", "i", "ɯ", "e", "o", "ɪ", "ʊ", "ə"]
CLASSES = {
    "silence": ["SP", "cl"],
    "breath": ["AP"],
    "stop": ["k", "t", "p", "ɡ", "d", "b"],
    "fricative": ["s", "ɕ", "z", "h", "θ"],
    "affricate": ["ts", "tɕ", "dʑ"],
    "nasal": ["n", "m", "ŋ", "ɴ"],
    "liquid": ["ɾ", "l", "ɹ"],
    "glide": ["j", "w", "ɪ̯"],
    "vowel": VOWELS,
}
VOICELESS = {"SP", "AP", "cl", "k", "t", "p", "s", "ɕ", "h", "θ", "ts", "tɕ"}
SINGABLE = ("stop", "fricative", "affricate", "nasal", "liquid", "glide")
CONSONANTS = [p for c in SINGABLE for p in CLASSES[c] if p not in ("ɴ", "ɪ̯")]


@dataclass(frozen=True)
class FakePhone:
    phone_class: str
    voiced: bool
    nucleus: bool


TABLE = {
    phone: FakePhone(name, phone not in VOICELESS, name == "vowel" or phone == "ɴ")
    for name, members in CLASSES.items()
    for phone in members
}


def segment(words: list[tuple[str, list[tuple[float | None, float]]]], offset: float = 0.0) -> Segment:
    """A segment from words: phones separated by spaces, and the word's notes as (midi, seconds)."""
    return Segment(
        offset_seconds=offset,
        phones=tuple(p for phones, _ in words for p in phones.split()),
        phone_counts=tuple(len(phones.split()) for phones, _ in words),
        notes=tuple(midi for _, notes in words for midi, _ in notes),
        note_durations_seconds=tuple(seconds for _, notes in words for _, seconds in notes),
        note_slurs=tuple(int(i > 0) for _, notes in words for i in range(len(notes))),
    )


def performance(*segments: Segment) -> Performance:
    end = segments[-1].offset_seconds + segments[-1].duration_seconds
    return Performance(segments=tuple(segments), duration_seconds=end)
