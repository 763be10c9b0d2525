"""The draft of a performance: the notes of a part with their phones, phrase by phrase, before any timing.

Conventions
-----------
- One word a syllable: melisma notes are slurred to it. Nothing is sung that the score doesn't have.
- How phrases become segments is said in `segments.py`, how time is shared with breaths in `timeline.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from svs_cli.errors import LyricsError, ScoreError, UsageError
from svs_cli.frontend.articulation import articulate, check_expression, without_marks
from svs_cli.frontend.detect import detect_language
from svs_cli.frontend.dynamics import DynamicLine
from svs_cli.frontend.inventory import BREATH, load_inventory
from svs_cli.frontend.languages import LINE_LANGUAGES, language_code, pronounce
from svs_cli.frontend.segments import assemble
from svs_cli.frontend.syllables import split_syllable, with_nucleus
from svs_cli.frontend.timeline import Syllable, line_starts, phrases_of, syllables_of
from svs_cli.frontend.words import Reading, read_lyrics, whole_words
from svs_cli.performance.document import Performance
from svs_cli.score.model import Lyric, Note, Part, Score


def draft(
    score: Score,
    part: Part,
    *,
    language: str | None = None,
    available: frozenset[str] | None = None,
    default_syllable: str = "la",
    expression: float = 1.0,
) -> Performance:
    """The `.ds` draft of one part: phones and notes, no durations.

    `language` wins over what score and lyrics say; None detects it. `available` are the phones of the voice; None keeps
    all. `expression` is how far marks are followed, see `articulation.py`. Raises ScoreError for a part without notes,
    LyricsError for words that cannot be read, UsageError for an unknown language, ExtraMissingError where a language
    needs a package.
    """
    if not part.notes:
        raise ScoreError("there are no notes to sing", part=part.name or part.id, fix="choose another part with --part")
    warnings = list(score.warnings_for(part))
    if not check_expression(expression):
        part = replace(part, notes=tuple(map(without_marks, part.notes)), dynamics=())
    notes = with_default_syllables(part, default_syllable, warnings)
    main = language_code(language) if language else part_language(part, notes)
    syllables = syllables_of(notes, score.tempo)
    reading = read_lyrics(
        [note for note in notes if note.lyric is not None], main, language is not None, line_starts(syllables)
    )
    warnings += reading.warnings
    give_phones(syllables, reading, default_syllable, warnings)
    check_asked_lengths(syllables)
    if available is not None:
        substitute(syllables, available, warnings)
    breathes = available is None or BREATH in available
    phrases = phrases_of(sung_through(syllables))
    articulate(phrases, expression)
    segments = assemble(phrases, score.duration_seconds, DynamicLine(part.dynamics), breathes)
    performance = Performance(
        segments=tuple(segments),
        duration_seconds=score.duration_seconds,
        title=score.title,
        part=part.name or part.id,
        part_number=next((n for n, one in enumerate(score.parts, 1) if one.id == part.id), 1),
        language=main,
        warnings=tuple(dict.fromkeys(warnings)),
        expression=expression,
    )
    performance.check()
    return performance


def part_language(part: Part, notes: Sequence[Note]) -> str:
    """The language that the part declares, or the one that its lyrics are most likely in."""
    if part.language:
        try:
            return language_code(part.language)
        except UsageError:  # a language that is not sung yet: what the lyrics look like is the best guess
            return detect_language(whole_words(notes))
    return detect_language(whole_words(notes))


def with_default_syllables(part: Part, default_syllable: str, warnings: list[str]) -> list[Note]:
    """The notes with a syllable on each one that neither has a lyric nor continues one."""
    lacking = [i for i, note in enumerate(part.notes) if note.lyric is None and not (note.continues and i)]
    if lacking:
        bar = part.notes[lacking[0]].bar
        where = f", first in bar {bar}" if bar else ""
        warnings.append(f"{len(lacking)} notes have no words and sing {default_syllable!r}{where}")
    notes = list(part.notes)
    for i in lacking:
        notes[i] = replace(notes[i], lyric=Lyric(default_syllable), continues=False)
    return notes


def give_phones(syllables: list[Syllable], reading: Reading, default_syllable: str, warnings: list[str]) -> None:
    """Put the phones under the syllables; lyrics without anything to say hold the vowel before, or sing the default."""
    for index, syllable in enumerate(syllables):
        before = syllables[index - 1] if index else None
        number = syllable.lyric_number
        syllable.language = reading.languages[number] if number >= 0 else (before.language if before else "")
        phones = asked_phones(syllable) or (reading.phones[number] if number >= 0 else ())
        if phones:
            syllable.onset, syllable.body = split_syllable(phones)
        elif before is not None and (number < 0 or before.end_seconds == syllable.start_seconds):
            resume(before, syllable)
        else:
            language = "it" if syllable.language in LINE_LANGUAGES else syllable.language
            spoken = with_nucleus(list(pronounce(default_syllable, language)), load_inventory())
            syllable.onset, syllable.body = split_syllable(spoken)
            bar = syllable.notes[0].bar
            warnings.append(f"bar {bar}: {syllable.text!r} has nothing to sing and becomes {default_syllable!r}")


def asked_phones(syllable: Syllable) -> tuple[str, ...]:
    """The phones that a person wrote for this syllable, () for none. Raises LyricsError."""
    asked = syllable.notes[0].overrides
    if asked is None or not asked.phones:
        return ()
    inventory = load_inventory()
    phones = inventory.parse(" ".join(asked.phones))
    if not inventory.nuclei & set(phones):
        raise LyricsError(
            f"bar {syllable.notes[0].bar}: the phones {' '.join(phones)!r} have no vowel to sing on",
            fix="give all phones of the syllable, its vowel too",
        )
    return phones


def check_asked_lengths(syllables: Sequence[Syllable]) -> None:
    """Raise LyricsError for a length that is asked of a phone which the syllable does not have."""
    for syllable in syllables:
        asked = syllable.notes[0].overrides
        for place in (asked.phone_lengths_seconds or {}) if asked else {}:
            if not -len(syllable.onset) <= place < len(syllable.body):
                places = enumerate((*syllable.onset, *syllable.body), -len(syllable.onset))
                raise LyricsError(
                    f"bar {syllable.notes[0].bar}: {syllable.text!r} has no phone {place}",
                    fix=f"its phones, counted from the vowel: {', '.join(f'{i} {phone}' for i, phone in places)}",
                )


def resume(before: Syllable, syllable: Syllable) -> None:
    """Sing on with the nucleus before; its coda moves to the end of the new syllable."""
    syllable.body = before.body
    before.body = before.body[:1]


def sung_through(syllables: Sequence[Syllable]) -> list[Syllable]:
    """Syllables without a lyric of their own that follow immediately become melisma of the one before."""
    out: list[Syllable] = []
    for syllable in syllables:
        silent = syllable.lyric_number >= 0 and not any(c.isalnum() for c in syllable.text) and not syllable.onset
        if out and silent and out[-1].end_seconds == syllable.start_seconds:
            out[-1].notes += syllable.notes
            out[-1].starts_seconds += syllable.starts_seconds
            out[-1].end_seconds = syllable.end_seconds
            out[-1].body = syllable.body
            out[-1].breath_after = syllable.breath_after
        else:
            out.append(syllable)
    return out


def substitute(syllables: Sequence[Syllable], available: frozenset[str], warnings: list[str]) -> None:
    """Replace the phones that the voice lacks, each replacement reported once."""
    inventory = load_inventory()
    for syllable in syllables:
        for name in ("onset", "body"):
            sung, replaced = inventory.substitute(getattr(syllable, name), available, syllable.language)
            setattr(syllable, name, sung)
            for lacking, used in replaced.items():
                message = f"the voice lacks {lacking!r}: sung as {used!r}"
                if message not in warnings:
                    warnings.append(message)
