"""What a MusicXML file says, bar by bar, before anything is decided: the common ground of the modules around it.

Conventions
-----------
- Positions are exact fractions of a quarter note from the start of their own bar, in document order; repeats are not
  expanded and ties not merged.
- Pitch is sounding pitch already (`<transpose>` applied; MusicXML writes octave clefs and 8va lines as they sound).
- A grace note has duration 0 and a `Grace`.
- A voice is the pair (staff, voice); staff 1 unless the file says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from svs_cli.score.model import SyllablePosition

VoiceKey = tuple[int, str]
DynamicKind = Literal["level", "accent", "wedge", "gradual"]
TempoKind = Literal["absolute", "ratio", "gradual", "relative", "return", "primo"]


@dataclass(frozen=True, slots=True)
class Syllable:
    """The text that one note has in one verse; `text` is empty where only an extender line passes."""

    text: str
    position: SyllablePosition = "single"
    elided: tuple[str, ...] = ()
    language: str | None = None
    word_goes_on: bool = False  # a hyphen follows
    extends: bool = False  # an extender line starts or goes on here
    hyphenated_by_text: bool = False  # "Tra-": the hyphen was typed into the text


@dataclass(frozen=True, slots=True)
class Grace:
    """How a grace note gets its time. Fractions `steal_*` are of the note before or after."""

    slash: bool
    nominal_quarters: Fraction
    steal_previous: float | None = None
    steal_following: float | None = None


@dataclass(frozen=True, slots=True)
class RawNote:
    """One pitched note as printed."""

    onset: Fraction
    duration: Fraction
    midi: float
    key: VoiceKey
    syllables: dict[str, Syllable] = field(default_factory=dict)  # by verse
    in_chord: bool = False
    cue: bool = False
    grace: Grace | None = None
    tie_starts: bool = False
    tie_stops: bool = False
    slur_starts: frozenset[str] = frozenset()
    slur_stops: frozenset[str] = frozenset()
    beamed_to_previous: bool = False
    fermata: bool = False
    breath_after: bool = False
    articulations: frozenset[str] = frozenset()
    slurred: bool = False  # filled in when slurs are paired: together with the note before


@dataclass(frozen=True, slots=True)
class DynamicSign:
    """A dynamic mark of one staff. `value` is a name ("mf"), a wedge type, or the direction of a gradual word."""

    position: Fraction
    staff: int
    kind: DynamicKind
    value: str


@dataclass(frozen=True, slots=True)
class CharacterSign:
    """Words such as "dolce" on one staff, as `performance/character.py` names them; no names: ordinary singing."""

    position: Fraction
    staff: int
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TempoSign:
    """A tempo instruction. `value` is quarters per minute (absolute) or a factor on the tempo before.

    `printed` tells a mark that readers see from a playback value that only programs see.
    """

    position: Fraction
    kind: TempoKind
    value: float = 1.0
    printed: bool = True


@dataclass(slots=True, eq=False)
class Jumps:
    """Where playback leaves or enters this bar; united over all parts."""

    repeat_starts: bool = False
    repeat_times: int = 0  # 0: no repeat ends here; otherwise how often the section is sung
    ending: frozenset[int] | None = None  # a volta with these numbers starts here
    ending_stops: bool = False
    segno: bool = False
    coda: bool = False
    to_coda: bool = False
    fine: bool = False
    da_capo: bool = False
    dal_segno: bool = False
    repeats_after_jump: bool = False


@dataclass(slots=True, eq=False)
class Bar:
    """One measure of one part. `length` is its content; 0 if it has none."""

    number: str
    length: Fraction = Fraction(0)
    expected_quarters: Fraction | None = Fraction(4)  # None: senza misura
    beat_quarters: Fraction = Fraction(1)
    begun_quarters: Fraction = Fraction(0)  # how much of the printed bar lies before: second halves of split bars
    notes: list[RawNote] = field(default_factory=list)
    voices: set[VoiceKey] = field(default_factory=set)  # also those that only rest
    fermatas: list[tuple[Fraction, Fraction]] = field(default_factory=list)  # onset, duration; notes and rests
    dynamics: list[DynamicSign] = field(default_factory=list)
    characters: list[CharacterSign] = field(default_factory=list)
    tempos: list[TempoSign] = field(default_factory=list)
    jumps: Jumps = field(default_factory=Jumps)
    copies_bars_back: int = 0  # a percent sign: repeat what was that many bars before


@dataclass(slots=True, eq=False)
class RawPart:
    """One `<part>`, with what the part list says about it."""

    id: str
    name: str
    bars: list[Bar]
    is_vocal: bool = False
    has_unpitched: bool = False
    lyric_languages: dict[str, str] = field(default_factory=dict)  # by verse; "" for all
    warnings: list[str] = field(default_factory=list)

    @property
    def label(self) -> str:
        """Name for messages."""
        return self.name or self.id
