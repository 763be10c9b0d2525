"""A manifest: one JSON line a recording, the same for every corpus; `svs corpus import` writes it.

Conventions
-----------
- Times are seconds from the start of the audio file. `phones[i]` sounds from `phone_starts_seconds[i]` to
  `phone_ends_seconds[i]`; the intervals are contiguous, the first starts at 0, the last ends with the file. Silence is
  `SP`, breath is `AP`, so nothing of a file is without a phone.
- `phones` without `phone_ends_seconds`: what is sung is known, not when. Neither: only the text is known.
- A consonant before a vowel ends where the vowel starts: the vowel's start is the musical onset.
- `nuclei_seconds` are known starts of syllable nuclei, of an oto.ini; the aligner takes them as priors.
- `score_nuclei_seconds` are those of a score, one a nucleus, None where it has no note of its own. They are on the
  score's clock: when the recording begins to follow it, and how fast, is not known.
- `group` is what a split never divides: a song, or a prompt read by several speakers.
- `audio` is an absolute path. A corpus that has moved is found again with `moved`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from svs_cli.atomic import writing
from svs_cli.errors import CorpusError

LABEL_ORIGINS = ("hand", "oto", "aligned", "teacher")
SPLITS = ("train", "dev", "test")
REIMPORT = "write the manifest again with 'svs corpus import'"


@dataclass(frozen=True)
class Note:
    """A sung note; `midi` may have a fraction. A rest is a gap between notes, not a note."""

    start_seconds: float
    end_seconds: float
    midi: float
    lyric: str = ""


@dataclass(frozen=True)
class Terms:
    """What may be done with a recording and what has to be said; `licence` is an SPDX identifier where there is one."""

    licence: str = ""
    credit: str = ""
    source: str = ""
    consent: str = ""


@dataclass(frozen=True)
class Recording:
    """One audio file and what is known of it; see the module's conventions."""

    audio: Path
    speaker: str
    language: str = ""
    style: str = ""
    text: str = ""
    phones: tuple[str, ...] = ()
    phone_ends_seconds: tuple[float, ...] = ()
    phone_confidences: tuple[float, ...] = ()
    nuclei_seconds: tuple[float, ...] = ()
    score_nuclei_seconds: tuple[float | None, ...] = ()
    notes: tuple[Note, ...] = ()
    pitch_midi: float | None = None
    group: str = ""
    split: str = ""
    label_origin: str = ""
    terms: Terms = field(default_factory=Terms)

    @property
    def phone_starts_seconds(self) -> tuple[float, ...]:
        return (0.0, *self.phone_ends_seconds[:-1])

    @property
    def phone_durations_seconds(self) -> tuple[float, ...]:
        return tuple(end - start for start, end in zip(self.phone_starts_seconds, self.phone_ends_seconds, strict=True))

    def check(self) -> None:
        """Raise CorpusError unless times fit phones, durations are positive, and words are from the known lists."""
        timed = self.phone_ends_seconds
        if timed and len(self.phones) != len(timed):
            raise CorpusError(
                f"{self.audio}: {len(self.phones)} phones but {len(timed)} ends",
                fix="give every phone one end in seconds, or none at all",
            )
        if self.phone_confidences and len(self.phone_confidences) != len(self.phones):
            raise CorpusError(f"{self.audio}: {len(self.phones)} phones but {len(self.phone_confidences)} confidences")
        for index, duration in enumerate(self.phone_durations_seconds if timed else ()):
            if not duration > 0:
                raise CorpusError(
                    f"{self.audio}: phone {index + 1} ({self.phones[index]}) ends before it starts",
                    fix="sort the ends and remove empty phones",
                )
        for value, known, name in (
            (self.split, SPLITS, "split"),
            (self.label_origin, LABEL_ORIGINS, "label_origin"),
        ):
            if value and value not in known:
                raise CorpusError(f"{self.audio}: {name} {value!r} is none of {', '.join(known)}")

    def to_json(self) -> str:
        """One line of a manifest, without what is empty; times have a tenth of a millisecond."""
        item = {key: value for key, value in asdict(self).items() if value not in (None, "", ())}
        item["audio"] = str(self.audio)
        item["terms"] = {key: value for key, value in item["terms"].items() if value}
        for key in ("phone_ends_seconds", "nuclei_seconds"):
            if key in item:
                item[key] = [round(seconds, 4) for seconds in item[key]]
        if "score_nuclei_seconds" in item:
            item["score_nuclei_seconds"] = [None if s is None else round(s, 4) for s in item["score_nuclei_seconds"]]
        return json.dumps(item, ensure_ascii=False)


def recording_of_json(line: str, where: str = "manifest") -> Recording:
    """The inverse of `Recording.to_json`. Raises CorpusError on a damaged line or an unknown key."""
    try:
        item: dict[str, Any] = json.loads(line)
        unknown = set(item) - {f.name for f in fields(Recording)}
        if unknown:
            raise ValueError(f"unknown keys {sorted(unknown)}")
        pitch_midi = item.get("pitch_midi")
        recording = Recording(
            audio=Path(item["audio"]),
            speaker=str(item["speaker"]),
            **{key: str(item.get(key, "")) for key in ("language", "style", "text", "group", "split", "label_origin")},
            phones=tuple(str(phone) for phone in item.get("phones", ())),
            phone_ends_seconds=tuple(float(end) for end in item.get("phone_ends_seconds", ())),
            phone_confidences=tuple(float(value) for value in item.get("phone_confidences", ())),
            nuclei_seconds=tuple(float(start) for start in item.get("nuclei_seconds", ())),
            score_nuclei_seconds=tuple(None if s is None else float(s) for s in item.get("score_nuclei_seconds", ())),
            notes=tuple(Note(**note) for note in item.get("notes", ())),
            pitch_midi=None if pitch_midi is None else float(pitch_midi),
            terms=Terms(**item.get("terms", {})),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CorpusError(f"{where}: not a recording ({error})", fix=REIMPORT) from error
    recording.check()
    return recording


def write_manifest(recordings: Iterable[Recording], path: Path) -> int:
    """Write one JSON line a recording, atomically; returns how many."""
    count = 0
    with writing(path) as part, part.open("w", encoding="utf-8") as lines:
        for recording in recordings:
            lines.write(recording.to_json() + "\n")
            count += 1
    return count


def read_manifest(path: Path, moved: tuple[Path, Path] | None = None) -> Iterator[Recording]:
    """The recordings of a manifest, in order; audio under the folder `moved[0]` is looked for under `moved[1]`.

    Raises CorpusError with the number of a damaged line, or when there is no such file.
    """
    try:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield relocated(recording_of_json(line, f"{path}, line {number}"), moved)
    except (OSError, UnicodeDecodeError) as error:
        raise CorpusError(f"{path} cannot be read as a manifest: {error}", fix=REIMPORT) from error


def relocated(recording: Recording, moved: tuple[Path, Path] | None) -> Recording:
    """The recording with its audio under `moved[1]` if it was under `moved[0]`."""
    if moved is None or not recording.audio.is_relative_to(moved[0]):
        return recording
    return replace(recording, audio=moved[1] / recording.audio.relative_to(moved[0]))


def require_audio(recordings: list[Recording]) -> None:
    """Raise CorpusError that counts the audio files that are not there, before any work is begun."""
    missing = [recording.audio for recording in recordings if not recording.audio.is_file()]
    if missing:
        raise CorpusError(
            f"{len(missing)} of {len(recordings)} audio files are not there, the first is {missing[0]}",
            fix="if the corpus was moved, add --moved OLD_FOLDER=NEW_FOLDER",
        )
