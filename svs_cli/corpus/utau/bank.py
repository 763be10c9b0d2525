"""Reading UTAU voicebanks: oto.ini, the recordings of a folder, and their labels.

Conventions
-----------
- A line of oto.ini is `file=alias,offset,consonant,cutoff,preutterance,overlap`, all in milliseconds; the vowel of the
  alias starts at offset + preutterance from the start of the file.
- The file named there may have been converted since: entries belong to a recording by stem, whatever the extension.
- Aliases are hints only: banks alias one place with several names, leave places out, and err.
- One folder is one bank here; its subfolders are other pitches or styles and are read one by one.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from svs_cli.corpus.audio_file import read_audio
from svs_cli.corpus.text_files import read_text
from svs_cli.corpus.utau.breaths import label_breath
from svs_cli.corpus.utau.grid import SungEntry, fit_mora_times, places_of, tempo_of_folder
from svs_cli.corpus.utau.labels import label_held, label_string
from svs_cli.corpus.utau.mora import Mora, alias_phones, moras_of_stem
from svs_cli.corpus.utau.words import SILENCE, LabelError
from svs_cli.errors import CorpusError

AUDIO_SUFFIXES = (".wav", ".flac")
LONGEST_MS = 3_600_000.0
BREATH_STEMS = ("br", "_br", "息", "吸", "_吸")


@dataclass(frozen=True)
class OtoEntry:
    """One line of oto.ini; times in milliseconds as in the file."""

    stem: str
    alias: str
    offset_ms: float
    consonant_ms: float
    cutoff_ms: float
    preutterance_ms: float
    overlap_ms: float

    @property
    def vowel_onset_seconds(self) -> float:
        return (self.offset_ms + self.preutterance_ms) / 1000.0


def read_oto(path: Path, *, encoding: str | None = None) -> list[OtoEntry]:
    """The entries of an oto.ini in file order; lines without an audio file or with broken numbers are skipped.

    Raises CorpusError if the file cannot be decoded or holds no entry at all.
    """
    entries = []
    for line in read_text(path, encoding).split("\n"):
        name, separator, rest = line.partition("=")
        fields = rest.split(",")
        if not separator or len(fields) < 6:
            continue
        try:
            numbers = [float(value or 0) for value in fields[-5:]]
        except ValueError:
            continue
        if not all(abs(number) < LONGEST_MS for number in numbers):
            continue
        stem = unicodedata.normalize("NFC", Path(name.strip().replace("\\", "/")).stem)
        entries.append(OtoEntry(stem, ",".join(fields[:-5]).strip(), *numbers))
    if not entries:
        raise CorpusError(f"{path}: no line of the form file=alias,five numbers", fix="check that it is an oto.ini")
    return entries


def recordings_of(folder: Path) -> list[Path]:
    """The audio files of a folder itself, sorted by name."""
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in AUDIO_SUFFIXES)


class UntimedError(LabelError):
    """It is known what is sung, but not when."""


@dataclass(frozen=True)
class SungFile:
    """A recording of a bank, the moras that its name promises (None: it is no mora string), and its entries."""

    path: Path
    moras: tuple[Mora, ...] | None
    entries: list[SungEntry]


def sung_files(folder: Path, *, encoding: str | None = None) -> tuple[list[SungFile], float | None]:
    """The recordings of one folder with their entries, and the seconds a mora of its guide track, if it has one.

    Raises CorpusError if the folder has no recordings or no usable oto.ini.
    """
    paths = recordings_of(folder) if folder.is_dir() else []
    if not paths or not (folder / "oto.ini").is_file():
        raise CorpusError(f"{folder}: not a voicebank folder", fix="name a folder with recordings and an oto.ini")
    entries: dict[str, list[SungEntry]] = defaultdict(list)
    for entry in read_oto(folder / "oto.ini", encoding=encoding):
        entries[entry.stem].append(SungEntry(entry.vowel_onset_seconds, entry.alias))
    files = [SungFile(path, moras_of_stem(path.stem), entries.get(stem_of(path), [])) for path in paths]
    return files, tempo_of_folder((file.entries, len(file.moras)) for file in files if file.moras)


def stem_of(path: Path) -> str:
    return unicodedata.normalize("NFC", path.stem)


def label_one(file: SungFile, tempo_seconds: float | None) -> tuple[tuple[str, ...], tuple[float, ...]]:
    """Phones and their ends in seconds of one recording.

    Raises LabelError with the reason, UntimedError if only the times are missing.
    """
    path, moras, entries = file.path, file.moras, file.entries
    if moras is None or all(mora.phones == ("AP",) for mora in moras):
        if not path.stem.startswith(BREATH_STEMS):
            raise LabelError("the file name is no string of moras")
        if any(alias_phones(entry.alias) for entry in entries):
            raise LabelError("vowels are sung before the breaths, and the name does not say which")
        return label_breath(*read_audio(path))
    if not any(place.phones != {(SILENCE,)} for place in places_of(entries)) and not any(m.onset for m in moras):
        return label_held_or_untimed(path, moras)
    if tempo_seconds is None:
        raise UntimedError("the folder's oto.ini is too sparse to find its tempo")
    try:
        times = fit_mora_times(moras, entries, tempo_seconds)
    except LabelError as error:
        raise UntimedError(str(error)) from error
    return label_string(*read_audio(path), moras, times)


def label_held_or_untimed(path: Path, moras: tuple[Mora, ...]) -> tuple[tuple[str, ...], tuple[float, ...]]:
    """Labels of held vowels. Raises UntimedError for a single one without silence beside it, LabelError for several."""
    try:
        return label_held(*read_audio(path), moras)
    except LabelError as error:
        if len(moras) > 1:
            raise
        raise UntimedError(str(error)) from error
