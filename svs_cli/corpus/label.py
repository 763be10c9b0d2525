"""A recording with phone labels, and its line in a manifest.

Conventions
-----------
- `phones[i]` sounds from `starts_seconds[i]` to `ends_seconds[i]`; intervals are contiguous, the first starts at 0,
  the last ends with the file. Silence is `SP`, breath is `AP`, so nothing of a file is without a phone.
- A consonant before a vowel ends where the vowel starts: the vowel's start is the musical onset.
- `pitch_midi` is the nominal pitch of the bank's folder; None where nothing is sung on a pitch.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from svs_cli.errors import CorpusError

SILENCE = "SP"
BREATH = "AP"


class LabelError(CorpusError):
    """Why one recording has no usable labels; ends up in the list of rejected recordings."""


@dataclass(frozen=True)
class LabelledRecording:
    """One audio file and its phones; `phone_ends_seconds` has one rising entry a phone, in seconds of the file."""

    path: Path
    speaker: str
    style: str
    pitch_midi: float | None
    phones: tuple[str, ...]
    phone_ends_seconds: tuple[float, ...]
    source: str = ""
    licence: str = ""

    @property
    def phone_starts_seconds(self) -> tuple[float, ...]:
        return (0.0, *self.phone_ends_seconds[:-1])

    @property
    def phone_durations_seconds(self) -> tuple[float, ...]:
        return tuple(end - start for start, end in zip(self.phone_starts_seconds, self.phone_ends_seconds, strict=True))

    @property
    def duration_seconds(self) -> float:
        return self.phone_ends_seconds[-1]

    def check(self) -> None:
        """Raise CorpusError unless there is one strictly rising, positive end for each phone."""
        if not self.phones or len(self.phones) != len(self.phone_ends_seconds):
            raise CorpusError(
                f"{self.path}: {len(self.phones)} phones but {len(self.phone_ends_seconds)} ends",
                fix="give every phone one end in seconds",
            )
        for index, duration in enumerate(self.phone_durations_seconds):
            if duration <= 0:
                raise CorpusError(
                    f"{self.path}: phone {index + 1} ({self.phones[index]}) ends before it starts",
                    fix="sort the ends and remove empty phones",
                )

    def to_json(self) -> str:
        """The recording as one line of a JSONL manifest; times have a tenth of a millisecond."""
        return json.dumps(
            {
                "path": str(self.path),
                "speaker": self.speaker,
                "style": self.style,
                "pitch_midi": self.pitch_midi,
                "phones": list(self.phones),
                "ends": [round(end, 4) for end in self.phone_ends_seconds],
                "source": self.source,
                "licence": self.licence,
            },
            ensure_ascii=False,
        )


def recording_of_json(line: str, where: str = "manifest") -> LabelledRecording:
    """The inverse of `LabelledRecording.to_json`. Raises CorpusError on a damaged line."""
    try:
        item = json.loads(line)
        pitch_midi = item["pitch_midi"]
        recording = LabelledRecording(
            path=Path(item["path"]),
            speaker=str(item["speaker"]),
            style=str(item["style"]),
            pitch_midi=None if pitch_midi is None else float(pitch_midi),
            phones=tuple(str(phone) for phone in item["phones"]),
            phone_ends_seconds=tuple(float(end) for end in item["ends"]),
            source=str(item.get("source", "")),
            licence=str(item.get("licence", "")),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise CorpusError(
            f"{where}: not a labelled recording ({error!r})", fix="write the manifest again with 'svs corpus prepare'"
        ) from error
    recording.check()
    return recording


def write_manifest(recordings: Iterable[LabelledRecording], path: Path) -> int:
    """Write one JSON line a recording, by way of a temporary file; returns how many."""
    temporary = path.with_name(f".{path.name}.part")
    count = 0
    with temporary.open("w", encoding="utf-8") as lines:
        for recording in recordings:
            lines.write(recording.to_json() + "\n")
            count += 1
    temporary.replace(path)
    return count


def read_manifest(path: Path) -> Iterator[LabelledRecording]:
    """The recordings of a manifest, in order. Raises CorpusError with the line number of a damaged line."""
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                yield recording_of_json(line, f"{path}, line {number}")
