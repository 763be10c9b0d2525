"""DiffSinger data: `transcriptions.csv` with wavs/, or a `.ds` document beside each recording.

Conventions
-----------
- ph_seq and ph_dur (seconds) fill the file from 0 on; note_seq and note_dur, where given, do the same with names like
  C4, C4+12 (cents) or rest. note_slur does not matter here: every note has its own time.
- Phones may carry their language (zh/ang), which then decides the phone set.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from svs_cli.corpus.importers.files import AudioIndex, Tree, audio_seconds, tree_of, without_label
from svs_cli.corpus.importers.labels import contiguous, notes_inside, pieces_of
from svs_cli.corpus.importers.phone_sets import PHONE_SETS, detect_phone_set, pause_of, read_phones
from svs_cli.corpus.importers.phone_tables import LANGUAGE_PREFIX
from svs_cli.corpus.importers.prompts import song_of
from svs_cli.corpus.importers.protocol import AUTO, Found, ImportRequest, Rejection, Remark
from svs_cli.corpus.manifest import Note, Recording
from svs_cli.corpus.text_files import read_text
from svs_cli.corpus.utau.words import LabelError
from svs_cli.errors import CorpusError, PerformanceError
from svs_cli.performance.ds_file import note_midi

TABLE = "transcriptions.csv"
LONGEST_FIELD = 1_000_000
# The dictionaries of multilingual voices, by the language before the phone
SET_OF_LANGUAGE = {"zh": "pinyin", "ja": "romaji", "jp": "romaji", "en": "arpabet"}

Item = Mapping[str, Any]


def import_diffsinger(request: ImportRequest) -> Iterator[Found]:
    """Recordings of a folder of DiffSinger data. Raises CorpusError if there is neither a table nor a `.ds` file."""
    tree = tree_of(request.root)
    yield from tree.refused
    index = AudioIndex(tree)
    tables = tree.named(TABLE)
    items: list[tuple[Path, str, Item]] = []
    if tables:
        for table in tables:
            items += [(table, str(row.get("name", "")), row) for row in table_rows(table, request.encoding)]
    else:
        documents = list(read_documents(tree, request.encoding))
        items = [found for found in documents if not isinstance(found, Rejection)]
        yield from (found for found in documents if isinstance(found, Rejection))
        if not documents:
            raise CorpusError(f"there is no {TABLE} and no .ds file in {request.root}", fix="name the folder with them")
    symbols = [words(item, "ph_seq") for _, _, item in items]
    phone_set = request.phone_set
    if phone_set == AUTO and not any(map(language_marks, symbols)):
        phone_set = detect_phone_set((symbol for row in symbols for symbol in row), request.language)
        yield Remark(f"phone set: {phone_set}, judging by the symbols; --phones says otherwise")
    used = set[Path]()
    for path, name, item in items:
        try:
            audio = index.find(name, path)
            used.add(audio)
            yield labelled(request, audio, item, phone_set)
        except CorpusError as error:
            yield Rejection(path.parent / name, error.message)
    yield from without_label(index, used, "transcription")


def table_rows(path: Path, encoding: str | None) -> list[dict[str, str]]:
    """The rows of transcriptions.csv by column. Raises CorpusError if it lacks the columns."""
    csv.field_size_limit(LONGEST_FIELD)
    try:
        reader = csv.DictReader(io.StringIO(read_text(path, encoding)))
        missing = [column for column in ("name", "ph_seq") if column not in (reader.fieldnames or ())]
        if missing:
            raise CorpusError(
                f"{path} has no column {' and '.join(missing)}", fix="the columns are name,ph_seq,ph_dur[,ph_num,...]"
            )
        return [{str(key): value or "" for key, value in row.items() if key is not None} for row in reader]
    except csv.Error as error:
        raise CorpusError(f"{path} is no table: {error}", fix="write it again with MakeDiffSinger") from error


def read_documents(tree: Tree, encoding: str | None) -> Iterator[tuple[Path, str, Item] | Rejection]:
    """The `.ds` documents: one recording each; several segments are put where their offsets say."""
    for path in tree.ending(".ds"):
        try:
            content = json.loads(read_text(path, encoding))
            segments = content if isinstance(content, list) else [content]
            if not segments or not all(isinstance(segment, dict) for segment in segments):
                raise LabelError("not a list of segments")
            yield path, path.stem, joined(segments)
        except (ValueError, RecursionError) as error:
            yield Rejection(path, f"not a .ds document ({error})")
        except CorpusError as error:
            yield Rejection(path, error.message)


def joined(segments: Sequence[Item]) -> Item:
    """The segments of a document as one, with silence between. Raises LabelError where their numbers are broken."""
    parts: dict[str, list[str]] = {"ph_seq": [], "ph_dur": [], "note_seq": [], "note_dur": []}
    text = []
    position = 0.0
    for segment in segments:
        durations = numbers(segment, "ph_dur")
        gap = numbers({"offset": str(segment.get("offset", 0) if len(segments) > 1 else 0)}, "offset")[0] - position
        if gap > 0:
            for key, value in (("ph_seq", "SP"), ("ph_dur", gap), ("note_seq", "rest"), ("note_dur", gap)):
                parts[key].append(str(value))
            position += gap
        for key, values in parts.items():
            values += words(segment, key)
        position += sum(durations)
        text.append(str(segment.get("text", "")))
    if len(parts["note_seq"]) != len(parts["note_dur"]):
        parts["note_seq"] = parts["note_dur"] = []
    return {key: " ".join(values) for key, values in parts.items()} | {"text": " ".join(text)}


def words(item: Item, key: str) -> list[str]:
    """The words of a field, [] without it."""
    value = item.get(key)
    return str(value).split() if value else []


def numbers(item: Item, key: str) -> list[float]:
    """The numbers of a field. Raises LabelError if one is none, or negative."""
    try:
        values = [float(word) for word in words(item, key)]
    except ValueError:
        raise LabelError(f"{key} holds something that is no number") from None
    if not all(0 <= value < 86_400 for value in values):
        raise LabelError(f"{key} holds a duration that is negative or absurd")
    return values


def language_marks(symbols: Sequence[str]) -> set[str]:
    """The languages that symbols carry before a slash."""
    marked = (LANGUAGE_PREFIX.match(symbol) for symbol in symbols)
    return {match[0].rstrip("/") for match in marked if match}


def labelled(request: ImportRequest, audio: Path, item: Item, phone_set: str) -> Recording:
    """One recording. Raises CorpusError with the reason."""
    symbols, durations = words(item, "ph_seq"), numbers(item, "ph_dur")
    if not symbols:
        raise LabelError("there are no phones")
    marks = language_marks(symbols)
    read = read_marked(symbols) if marks and phone_set == AUTO else read_phones(symbols, phone_set)
    language = next(iter(marks)) if len(marks) == 1 else ""
    if not language and phone_set != AUTO:
        language = (PHONE_SETS[phone_set].languages or ("",))[0]
    seconds = audio_seconds(audio)
    phones, ends = tuple(phone for group in read for phone in group), tuple[float, ...]()
    if durations:
        phones, ends = contiguous(pieces_of(read, durations), seconds)
    return request.recording(
        audio,
        language={"jp": "ja"}.get(language, language),
        style="song",
        text=str(item.get("text") or ""),
        group=song_of(audio.stem),
        phones=phones,
        ends_seconds=ends,
        notes=notes_inside(notes_of(item), seconds),
    )


def read_marked(symbols: Sequence[str]) -> list[tuple[str, ...]]:
    """Phones of symbols that carry their languages, run by run. Raises LabelError for an unknown one."""
    read: list[tuple[str, ...]] = []
    run: list[str] = []
    chosen = "ipa"
    for symbol in symbols:
        mark = LANGUAGE_PREFIX.match(symbol)
        own = chosen if mark is None else SET_OF_LANGUAGE.get(mark[0].rstrip("/"), "ipa")
        if mark is None and pause_of(symbol.strip("<>")) is None:
            raise LabelError(f"{symbol!r} does not say its language, as other symbols of this file do")
        if own != chosen and run:
            read += read_phones(run, chosen)
            run = []
        chosen = own
        run.append(symbol)
    return read + (read_phones(run, chosen) if run else [])


def notes_of(item: Item) -> Iterator[Note]:
    """The notes of a row, from note_seq and note_dur. Raises LabelError if they do not fit."""
    names, durations = words(item, "note_seq"), numbers(item, "note_dur")
    if not durations:
        return
    if len(names) != len(durations):
        raise LabelError(f"{len(names)} notes but {len(durations)} note durations")
    position = 0.0
    for name, duration in zip(names, durations, strict=True):
        try:
            midi = note_midi(name)
        except PerformanceError as error:
            raise LabelError(error.message) from error
        if midi is not None:
            yield Note(position, position + duration, midi)
        position += duration
