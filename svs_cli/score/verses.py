"""Which verse's syllable a note sings on which pass.

Conventions
-----------
- The n-th pass of a repeated section sings verse n if the line offers it, otherwise the first verse; a verse asked for
  by the user is sung on every pass.
- Text that only another verse has (a refrain printed once, a coda) is sung by all verses; but where the note merely
  prolongs the asked verse's own syllable (slur, hyphen, extender, or the other verse's word began on a syllable that
  the asked verse has too), the syllable is held.
- After a rest, a note that has words of other verses alone, in a bar that has words of the asked one, is not sung: it
  is an upbeat of theirs.
"""

from __future__ import annotations

from collections.abc import Sequence

from svs_cli.score.bars import RawNote, Syllable
from svs_cli.score.lyric_text import verse_order

HELD = Syllable("")


class VerseReader:
    """Reads one line in singing order; remembers enough of the way to tell a held syllable from a shared one."""

    def __init__(self, offered: Sequence[str], verse: int | None) -> None:
        self.offered = tuple(offered)
        self.first = self.offered[0] if self.offered else "1"
        self.verse = None if verse is None else str(verse)
        self.own_syllable: Syllable | None = None  # the last syllable of the asked verse, if it still sounds
        self.shared_word_was_own = False  # the first verse's current word began where the asked verse had text too
        self.silent = False  # the note before was another verse's
        self.asked: set[str] = set()  # verses of the passes on which the line sang, offered or not
        self.unsung_bars: list[str] = []  # of notes that were other verses'

    def wanted(self, verse_pass: int) -> str:
        """The verse to sing on a pass."""
        verse = self.verse or str(verse_pass)
        return verse if verse in self.offered else self.first

    def sings(self, note: RawNote, bar: Sequence[RawNote], verse_pass: int, *, contiguous: bool) -> bool:
        """Whether the pass's verse has this note at all. Call in singing order, before `read`."""
        self.asked.add(self.verse or str(verse_pass))
        if not contiguous:
            self.own_syllable = None
        elif not self.silent:
            return True
        wanted = self.wanted(verse_pass)
        others = any(syllable.text for syllable in note.syllables.values()) and wanted not in note.syllables
        prolongs = contiguous and self.silent and not note.syllables
        self.silent = prolongs or (others and self._shared(note, bar, wanted) is None)
        return not self.silent

    def read(self, note: RawNote, bar: Sequence[RawNote], verse_pass: int) -> Syllable | None:
        """The syllable for a note that `sings`, or None. Call in singing order.

        Its text is empty where the syllable before is held: under an extender line, or because only other verses
        have a new syllable here.
        """
        wanted = self.wanted(verse_pass)
        own = note.syllables.get(wanted)
        shared = self._shared(note, bar, wanted)
        if own is not None:
            if own.text:
                self.own_syllable = own
                if shared is not None and shared.position in ("begin", "single"):
                    self.shared_word_was_own = True
            return own
        if shared is None or not shared.text:
            return HELD if self.own_syllable is not None and note.syllables else shared
        if shared.position in ("begin", "single"):
            self.shared_word_was_own = False
        if self._holds(note, shared):
            return HELD
        self.own_syllable = None
        return shared

    def _shared(self, note: RawNote, bar: Sequence[RawNote], wanted: str) -> Syllable | None:
        """What another verse offers: the first verse, or any if the bar has nothing of the asked one."""
        if wanted != self.first and self.first in note.syllables:
            return note.syllables[self.first]
        if note.syllables and not any(wanted in other.syllables for other in bar):
            return note.syllables[min(note.syllables, key=verse_order)]
        return None

    def _holds(self, note: RawNote, shared: Syllable) -> bool:
        if self.own_syllable is None:
            return False
        prolonged = note.slurred or self.own_syllable.word_goes_on or self.own_syllable.extends
        return prolonged or (self.shared_word_was_own and shared.position in ("middle", "end"))
