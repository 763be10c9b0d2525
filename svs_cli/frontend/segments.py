"""Phrases of syllables become segments of the `.ds` document.

Conventions
-----------
- The contract of `performance/document.py` holds: a word's phones begin with its nucleus; the onset of the next
  syllable closes the word before. One exception: where a phrase begins without any time before it (the piece opens with
  a note), the first word is a note and its onset consonants stand in it, before the nucleus.
- A segment begins with a rest (`SP`, `AP` where it lasts 0.35 s or more, onset consonants) and ends with a rest
  `SP`; short rests inside are words of their own. At a breath mark a shorter rest is `AP` alone: a quick breath.
- Segments never overlap.
- If the piece ends with a note, that note gives up at most 0.05 s (a tenth of it) for the closing rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from svs_cli.frontend.articulation import character_of
from svs_cli.frontend.dynamics import DynamicLine
from svs_cli.frontend.inventory import BREATH, SILENCE
from svs_cli.frontend.languages import LINE_LANGUAGES
from svs_cli.frontend.timeline import Syllable
from svs_cli.performance.character import effect_of
from svs_cli.performance.document import NoteDetail, Segment
from svs_cli.score.model import Note

LONGEST_LEAD_SECONDS = 1.0
SHORTEST_LEAD_SECONDS = 0.04
LONGEST_TAIL_SECONDS = 0.25
TAIL_SHARE = 0.3
BREATH_REST_SECONDS = 0.35
QUICK_BREATH_SECONDS = 0.1
STOLEN_TAIL_SECONDS = 0.05
STOLEN_TAIL_SHARE = 0.1
SHORTEST_TAIL_SECONDS = 0.01


@dataclass
class SegmentBuilder:
    """Collects the words of one segment; `times_seconds` are the absolute starts of the notes."""

    times_seconds: list[float] = field(default_factory=list)
    phones: list[str] = field(default_factory=list)
    phone_counts: list[int] = field(default_factory=list)
    notes: list[float | None] = field(default_factory=list)
    slurs: list[int] = field(default_factory=list)
    details: list[NoteDetail] = field(default_factory=list)

    def rest(self, start_seconds: float, phones: Sequence[str], detail: NoteDetail) -> None:
        """Add a rest word."""
        self.word([start_seconds], phones, [None], [detail])

    def word(
        self,
        starts: Sequence[float],
        phones: Sequence[str],
        notes: Sequence[float | None],
        details: Sequence[NoteDetail],
    ) -> None:
        """Add a word: a note and those slurred to it."""
        self.times_seconds += starts
        self.phones += phones
        self.phone_counts.append(len(phones))
        self.notes += notes
        self.slurs += [0] + [1] * (len(notes) - 1)
        self.details += details

    def build(self, end_seconds: float, text: str) -> Segment:
        """The segment, which ends at `end_seconds` of the piece."""
        ends = [*self.times_seconds[1:], end_seconds]
        return Segment(
            offset_seconds=self.times_seconds[0],
            phones=tuple(self.phones),
            phone_counts=tuple(self.phone_counts),
            notes=tuple(self.notes),
            note_durations_seconds=tuple(end - start for start, end in zip(self.times_seconds, ends, strict=True)),
            note_slurs=tuple(self.slurs),
            details=tuple(self.details),
            text=text,
        )


def assemble(
    phrases: Sequence[Sequence[Syllable]], end_seconds: float, dynamics: DynamicLine, breathes: bool
) -> list[Segment]:
    """One segment a phrase, with its share of the rests around."""
    segments = []
    free_from = 0.0
    for number, phrase in enumerate(phrases):
        next_start = phrases[number + 1][0].start_seconds if number + 1 < len(phrases) else end_seconds
        is_last = number + 1 == len(phrases)
        tail_end = tail_of(phrase[-1], next_start, is_last)
        quick = bool(number) and phrases[number - 1][-1].breath_after
        lead = min(LONGEST_LEAD_SECONDS, phrase[0].start_seconds - free_from)
        pause = pause_of(lead, quick) if breathes else [SILENCE]
        segments.append(build_phrase(phrase, lead, pause, tail_end, dynamics, breathes))
        free_from = tail_end
    return segments


def tail_of(last: Syllable, next_start_seconds: float, is_last: bool) -> float:
    """Where the segment ends; makes room after the last syllable if there is none."""
    if next_start_seconds - last.end_seconds < SHORTEST_TAIL_SECONDS:
        last.end_seconds -= min(STOLEN_TAIL_SECONDS, STOLEN_TAIL_SHARE * last.last_note_seconds)
    gap = next_start_seconds - last.end_seconds
    return last.end_seconds + min(LONGEST_TAIL_SECONDS, gap if is_last else TAIL_SHARE * gap)


def pause_of(rest_seconds: float, quick_breath: bool) -> list[str]:
    """What a rest before a syllable holds: silence, silence and breath where there is room, or a quick breath."""
    if rest_seconds >= BREATH_REST_SECONDS:
        return [SILENCE, BREATH]
    return [BREATH] if quick_breath and rest_seconds >= QUICK_BREATH_SECONDS else [SILENCE]


def build_phrase(
    phrase: Sequence[Syllable],
    lead: float,
    pause: Sequence[str],
    tail_end: float,
    dynamics: DynamicLine,
    breathes: bool,
) -> Segment:
    """The segment of one phrase: `lead` seconds with the phones of `pause` before it, then its syllables, a rest."""
    builder = SegmentBuilder()
    first = phrase[0]
    onset = list(first.onset)
    if lead >= SHORTEST_LEAD_SECONDS:
        builder.rest(first.start_seconds - lead, [*pause, *onset], rest_detail(first, dynamics))
        onset = []
    for syllable, following in zip(phrase, [*phrase[1:], None], strict=True):
        phones = [*onset, *syllable.body]
        gap = following.start_seconds - syllable.end_seconds if following else 0.0
        onset = []
        if following and gap <= 0:
            phones += following.onset
        details = [note_detail(note, syllable, i, dynamics) for i, note in enumerate(syllable.notes)]
        builder.word(syllable.starts_seconds, phones, [note.midi for note in syllable.notes], details)
        if following and gap > 0:
            inner = pause_of(gap, True) if breathes and syllable.breath_after else [SILENCE]
            builder.rest(syllable.end_seconds, [*inner, *following.onset], rest_detail(following, dynamics))
    builder.rest(phrase[-1].end_seconds, [SILENCE], rest_detail(phrase[-1], dynamics))
    return builder.build(tail_end, readable(phrase))


def note_detail(note: Note, syllable: Syllable, index: int, dynamics: DynamicLine) -> NoteDetail:
    """What the score says of one note."""
    return NoteDetail(
        bar=note.bar,
        beat=note.beat,
        lyric="" if index else syllable.text,
        language=syllable.language,
        dynamic=dynamics.over(note.onset_quarters, note.end_quarters),
        articulations=tuple(sorted(note.articulations)),
        fermata=note.fermata,
        breath_after=note.breath_after,
        character=note.character,
        legato=note.slurred or effect_of(character_of(note)).legato > 0,
        grace=note.grace,
        overrides=note.overrides,
    )


def rest_detail(neighbour: Syllable, dynamics: DynamicLine) -> NoteDetail:
    """A rest has the dynamic level of the note it leads to or comes from."""
    level = round(dynamics.level_at(neighbour.notes[0].onset_quarters), 3)
    return NoteDetail(bar=neighbour.notes[0].bar, beat=neighbour.notes[0].beat, dynamic=(level, level))


def readable(phrase: Sequence[Syllable]) -> str:
    """The words of a phrase as one would write them."""
    text = ""
    for syllable in phrase:
        apart = text and not syllable.joined and syllable.language not in LINE_LANGUAGES
        text += (" " if apart else "") + syllable.text.replace("‿", "" if syllable.language in LINE_LANGUAGES else " ")
    return text.strip()
