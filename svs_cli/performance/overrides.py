"""What a person asks of one note, against what the stages would do: in the `.ds`, and in a `song.sing.toml`.

Conventions
-----------
- None leaves the choice to the stage. The duration stage reads `phone_lengths_seconds` and `nucleus_offset_seconds`,
  the pitch stage `vibrato`, `portamento_seconds`, `scoop_cents` and `style`, the energy curve `dynamic` and
  `character`, the frontend `language` and `phones`.
- `phone_lengths_seconds` counts phones from the note's vowel, which takes what they leave: -1 is the consonant right
  before it (it lies in the word before), 1 the phone right after it.
- `nucleus_offset_seconds` moves the start of the vowel against the beat: positive is late.
- `vibrato`: rate, depth (amplitude in cents, half of its extent), onset (from the start of the vowel) and fade (until
  it has its full depth); or "off".
- `portamento_seconds` is how long the move into this note takes, `scoop_cents` how far below it the note is begun
  (negative: above), 0 for neither.
- `dynamic` is the level at the note's onset and at its end, 0..1 as in `score/model.py`.
- `character` takes the place of the score's words, see `character.py`; none of them is ordinary singing.
- `phones` replaces all phones of the syllable: onset, vowel, coda, in IPA symbols of the inventory.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Literal

from svs_cli.config import build
from svs_cli.errors import PerformanceError, UsageError
from svs_cli.performance.character import CHARACTERS, read_character

# Least and greatest value of every number; what lies outside is a slip of the keyboard.
BOUNDS = {
    "rate_hz": (0.1, 15.0),
    "depth_cents": (0.0, 600.0),
    "onset_seconds": (0.0, 60.0),
    "fade_seconds": (0.0, 60.0),
    "nucleus_offset_seconds": (-1.0, 1.0),
    "portamento_seconds": (0.0, 5.0),
    "scoop_cents": (-1200.0, 1200.0),
}
LONGEST_PHONE_SECONDS = 60.0


@dataclass(frozen=True)
class VibratoOverride:
    """A note's vibrato; None keeps the stage's own value."""

    rate_hz: float | None = None
    depth_cents: float | None = None
    onset_seconds: float | None = None
    fade_seconds: float | None = None

    def __post_init__(self) -> None:
        check_bounds(self)


@dataclass(frozen=True)
class NoteOverrides:
    """One note's wishes; see the module's conventions. Raises ValueError for values that nobody can sing."""

    phone_lengths_seconds: dict[int, float] | None = None
    nucleus_offset_seconds: float | None = None
    vibrato: Literal["off"] | VibratoOverride | None = None
    portamento_seconds: float | None = None
    scoop_cents: float | None = None
    dynamic: tuple[float, float] | None = None
    character: tuple[str, ...] | None = None
    style: str | None = None
    language: str | None = None
    phones: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        check_bounds(self)
        if self.phone_lengths_seconds is not None:
            lengths = {phone_place(key): value for key, value in self.phone_lengths_seconds.items()}
            if any(not 0 < value <= LONGEST_PHONE_SECONDS for value in lengths.values()):
                raise ValueError("phone_lengths_seconds must be positive")
            object.__setattr__(self, "phone_lengths_seconds", lengths)
        if self.dynamic is not None and not all(0 <= level <= 1 for level in self.dynamic):
            raise ValueError("dynamic must lie between 0 (niente) and 1 (ffff); mezzo forte is 0.55")
        if self.character is not None:
            object.__setattr__(self, "character", tuple(name for one in self.character for name in characters(one)))
        if self.phones is not None and (not self.phones or any(not p or p.split() != [p] for p in self.phones)):
            raise ValueError("phones must be a list of symbols such as ['k', 'a']")
        if self.style == "" or self.language == "":
            raise ValueError("style and language must be names")

    def __bool__(self) -> bool:
        return any(getattr(self, field.name) is not None for field in fields(self))

    def over(self, weaker: NoteOverrides | None) -> NoteOverrides:
        """These wishes, and those of `weaker` where these have none.

        >>> NoteOverrides(scoop_cents=0.0).over(NoteOverrides(scoop_cents=50.0, style="pop"))
        NoteOverrides(scoop_cents=0.0, style='pop')
        """
        return self if weaker is None else merged(self, weaker)

    def __repr__(self) -> str:
        told = [f"{f.name}={getattr(self, f.name)!r}" for f in fields(self) if getattr(self, f.name) is not None]
        return f"NoteOverrides({', '.join(told)})"

    def as_dict(self) -> dict[str, Any]:
        """For JSON and TOML: only what is asked for; the inverse of `read_overrides`.

        >>> NoteOverrides(vibrato=VibratoOverride(depth_cents=60.0), phones=("a",)).as_dict()
        {'vibrato': {'depth_cents': 60.0}, 'phones': ['a']}
        """
        return plain(self)


def characters(text: str) -> tuple[str, ...]:
    """The characters that a person names. Raises ValueError."""
    found = read_character(text)
    if found is None:
        raise ValueError(f"character {text!r} is none that is known, such as 'dolce' or 'molto {list(CHARACTERS)[-1]}'")
    return found


def phone_place(key: object) -> int:
    """A phone's place counted from the vowel. Raises ValueError."""
    try:
        place = int(str(key))
    except ValueError as error:
        raise ValueError(f"phone_lengths_seconds: {key!r} is no place such as -1 (right before the vowel)") from error
    if not place:
        raise ValueError("phone_lengths_seconds: the vowel (0) takes what the consonants leave; give their lengths")
    return place


def check_bounds(values: VibratoOverride | NoteOverrides) -> None:
    """Raise ValueError for a number outside its bounds."""
    for field in fields(values):
        value = getattr(values, field.name)
        if field.name in BOUNDS and value is not None:
            least, greatest = BOUNDS[field.name]
            if not least <= value <= greatest:
                raise ValueError(f"{field.name} must lie between {least:g} and {greatest:g}, not {value:g}")


def merged(stronger: Any, weaker: Any) -> Any:
    """A dataclass of two; tables in it are merged key by key."""
    values: dict[str, Any] = {}
    for field in fields(stronger):
        first, second = getattr(stronger, field.name), getattr(weaker, field.name)
        if is_dataclass(first) and is_dataclass(second):
            values[field.name] = merged(first, second)
        elif isinstance(first, dict) and isinstance(second, dict):
            values[field.name] = {**second, **first}
        else:
            values[field.name] = second if first is None else first
    return type(stronger)(**values)


def plain(values: Any) -> Any:
    """Dataclasses, tuples and dictionaries as JSON has them, without what is None."""
    if is_dataclass(values):
        own = {field.name: getattr(values, field.name) for field in fields(values)}
        return {key: plain(value) for key, value in own.items() if value is not None}
    if isinstance(values, dict):
        return {str(key): plain(value) for key, value in values.items()}
    return list(values) if isinstance(values, tuple) else values


def read_overrides(raw: object, where: str) -> NoteOverrides:
    """From JSON or TOML values. Raises PerformanceError that names `where` and the key."""
    try:
        return build(NoteOverrides, raw, where)
    except UsageError as error:
        raise PerformanceError(error.message, fix=error.fix) from error
