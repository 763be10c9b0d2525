"""What the marks of a score do to the lengths of its notes, more or less by `expression`.

Conventions
-----------
- `expression` scales how far marks are followed: 0 sings as if there were none (tempo marks and fermatas are tempo, so
  they stay), 1 as usual, 2 twice as much. In between all effects grow steadily.
- A staccato note keeps its onset and ends early: its vowel stops, its coda follows, and silence fills the rest of its
  time together with the next onset. The sum of all lengths stays the score's.
- The sounding shares are those of music playback (about half for staccato, three quarters for portato: under a slur or
  with a tenuto), not measured on singers.
- Words such as "leggiero" and "marcato" detach a little what neither a slur nor a word joins, see
  `performance/character.py`: "Cuckoo" stays one word.
- A staccato inside a melisma is left to the energy curve: one vowel cannot stop and go on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from svs_cli.errors import UsageError
from svs_cli.frontend.timeline import CLOSED_GAP_SECONDS, Syllable
from svs_cli.performance.character import effect_of
from svs_cli.performance.document import MOST_EXPRESSION
from svs_cli.score.model import Note

STACCATO_SHARE, STACCATISSIMO_SHARE, PORTATO_SHARE = 0.55, 0.4, 0.78
SHORTEST_SHARE = 0.25  # of a note that must sound, however much expression is asked
SHORTEST_SOUND_SECONDS = 0.08
LONGEST_GAP_SECONDS = 0.4  # at expression 1: on a long note staccato means "let go", not "half"


def check_expression(expression: float) -> float:
    """The value itself. Raises UsageError outside 0 to 2."""
    if not 0 <= expression <= MOST_EXPRESSION:
        raise UsageError(
            f"an expression of {expression:g} is outside 0 to {MOST_EXPRESSION:g}", fix="1 is usual, 0 sings it flat"
        )
    return expression


def without_marks(note: Note) -> Note:
    """The note as expression 0 sings it: pitch, place, words and wishes, no more."""
    plain = replace(note, articulations=frozenset(), character=(), slurred=note.continues)
    return replace(plain, fermata=False, breath_after=False)


def articulate(phrases: Sequence[Sequence[Syllable]], expression: float) -> None:
    """Let detached syllables end early, in place; what starts next does not move."""
    syllables = [syllable for phrase in phrases for syllable in phrase]
    for syllable, following in zip(syllables, [*syllables[1:], None], strict=True):
        slur_goes_on = following is not None and following.notes[0].slurred
        word_goes_on = following is not None and following.joined
        share = sounding_share(syllable.notes[-1], slur_goes_on, word_goes_on)
        if share < 1.0:
            shorten(syllable, share, expression)


def sounding_share(note: Note, slur_goes_on: bool, word_goes_on: bool) -> float:
    """How much of a note's length sounds at expression 1; 1.0 for notes without such a mark."""
    marks = note.articulations
    if marks & {"staccatissimo", "spiccato"}:
        return STACCATISSIMO_SHARE
    if "staccato" in marks:
        held = "tenuto" in marks or note.slurred or slur_goes_on
        return PORTATO_SHARE if held else STACCATO_SHARE
    if "detached-legato" in marks:
        return PORTATO_SHARE
    joined = note.slurred or slur_goes_on or "tenuto" in marks
    return 1.0 if joined or word_goes_on else 1.0 - effect_of(character_of(note)).silent_share


def character_of(note: Note) -> tuple[str, ...]:
    """What a person asks of the note's character, or else what the score does."""
    asked = note.overrides.character if note.overrides else None
    return note.character if asked is None else asked


def shorten(syllable: Syllable, share: float, expression: float) -> None:
    """End a syllable early by the silent share of its last note."""
    length = syllable.last_note_seconds
    shortest = max(SHORTEST_SHARE * length, min(SHORTEST_SOUND_SECONDS, length))
    gap = min((1.0 - share) * length, LONGEST_GAP_SECONDS) * expression
    gap = min(gap, length - shortest)
    if gap >= CLOSED_GAP_SECONDS:
        syllable.end_seconds -= gap
