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
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from svs_cli.corpus.breaths import label_breath
from svs_cli.corpus.label import SILENCE, LabelError
from svs_cli.corpus.manifest import Recording
from svs_cli.corpus.mora import Mora, alias_phones, moras_of_stem
from svs_cli.corpus.vcv_grid import SungEntry, fit_mora_times, places_of, tempo_of_folder
from svs_cli.corpus.vcv_labels import label_held, label_string
from svs_cli.errors import CorpusError

AUDIO_SUFFIXES = (".wav", ".flac")
ENCODINGS = ("utf-8", "cp932")
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


@dataclass(frozen=True)
class BankReading:
    """What a folder gave: labelled recordings, and what was left out with the reason."""

    recordings: list[Recording] = field(default_factory=list)
    rejected: list[tuple[Path, str]] = field(default_factory=list)


def decode(raw: bytes, encoding: str | None, where: Path) -> str:
    """Text of a bank's file; without `encoding`, UTF-8 is tried before cp932. Raises CorpusError."""
    for candidate in (encoding,) if encoding else ENCODINGS:
        try:
            return raw.decode(candidate).removeprefix("\ufeff")
        except UnicodeDecodeError:
            continue
        except LookupError as error:
            raise CorpusError(f"{where}: unknown encoding {encoding!r}", fix="use cp932 or utf-8") from error
    raise CorpusError(
        f"{where}: not text in {encoding or ' or '.join(ENCODINGS)}", fix="name the bank's encoding, often cp932"
    )


def read_oto(path: Path, *, encoding: str | None = None) -> list[OtoEntry]:
    """The entries of an oto.ini in file order; lines without an audio file or with broken numbers are skipped.

    Raises CorpusError if the file cannot be decoded or holds no entry at all.
    """
    entries = []
    for line in decode(path.read_bytes(), encoding, path).splitlines():
        name, separator, rest = line.partition("=")
        fields = rest.split(",")
        if not separator or len(fields) < 6:
            continue
        try:
            numbers = [float(value or 0) for value in fields[-5:]]
        except ValueError:
            continue
        stem = unicodedata.normalize("NFC", Path(name.strip()).stem)
        entries.append(OtoEntry(stem, ",".join(fields[:-5]).strip(), *numbers))
    if not entries:
        raise CorpusError(f"{path}: no line of the form file=alias,five numbers", fix="check that it is an oto.ini")
    return entries


def recordings_of(folder: Path) -> list[Path]:
    """The audio files of a folder itself, sorted by name."""
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in AUDIO_SUFFIXES)


def read_audio(path: Path) -> tuple[NDArray[np.float32], int]:
    """Mono samples, shape (n,), and the rate in Hz. Raises CorpusError if the file cannot be read."""
    import soundfile

    try:
        samples, sample_rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, OSError) as error:
        raise CorpusError(f"{path}: cannot be read as audio ({error})", fix="fetch the bank again") from error
    return samples.mean(axis=1), int(sample_rate_hz)


def read_bank(
    folder: Path, *, speaker: str, style: str = "", pitch_midi: float | None = None, encoding: str | None = None
) -> BankReading:
    """Label every recording of one folder from its name, its oto.ini and its sound.

    Raises CorpusError if the folder has no recordings or no usable oto.ini; a recording that cannot be labelled is
    in `rejected` with the reason.
    """
    paths = recordings_of(folder) if folder.is_dir() else []
    if not paths or not (folder / "oto.ini").is_file():
        raise CorpusError(f"{folder}: not a voicebank folder", fix="name a folder with recordings and an oto.ini")
    entries: dict[str, list[SungEntry]] = defaultdict(list)
    for entry in read_oto(folder / "oto.ini", encoding=encoding):
        entries[entry.stem].append(SungEntry(entry.vowel_onset_seconds, entry.alias))
    strings = {path: moras_of_stem(path.stem) for path in paths}
    tempo_seconds = tempo_of_folder(
        (entries.get(stem_of(path), []), len(moras)) for path, moras in strings.items() if moras
    )
    reading = BankReading()
    for path in paths:
        try:
            phones, ends = label_one(path, strings[path], entries.get(stem_of(path), []), tempo_seconds)
        except CorpusError as error:
            reading.rejected.append((path, str(error)))
            continue
        sung_midi = pitch_midi if set(phones) - {"SP", "AP"} else None
        recording = Recording(
            path,
            speaker,
            language="ja",
            style=style,
            phones=phones,
            phone_ends_seconds=ends,
            pitch_midi=sung_midi,
            label_origin="oto",
        )
        recording.check()
        reading.recordings.append(recording)
    return reading


def stem_of(path: Path) -> str:
    return unicodedata.normalize("NFC", path.stem)


def label_one(
    path: Path, moras: tuple[Mora, ...] | None, entries: list[SungEntry], tempo_seconds: float | None
) -> tuple[tuple[str, ...], tuple[float, ...]]:
    """Phones and their ends in seconds of one recording. Raises LabelError with the reason."""
    if moras is None or all(mora.phones == ("AP",) for mora in moras):
        if not path.stem.startswith(BREATH_STEMS):
            raise LabelError("the file name is no string of moras")
        if any(alias_phones(entry.alias) for entry in entries):
            raise LabelError("vowels are sung before the breaths, and the name does not say which")
        return label_breath(*read_audio(path))
    if not any(place.phones != {(SILENCE,)} for place in places_of(entries)) and not any(m.onset for m in moras):
        return label_held(*read_audio(path), moras)
    if tempo_seconds is None:
        raise LabelError("the folder's oto.ini is too sparse to find its tempo")
    times = fit_mora_times(moras, entries, tempo_seconds)
    return label_string(*read_audio(path), moras, times)
