"""Opencpop: `transcriptions.txt`, one line a piece: id|text|phones|notes|note durations|phone durations|slurs.

Conventions
-----------
- Phones, notes and durations (seconds) are lists of equal length: every phone names its note.
- The first four digits of an id are the song. Audio is in wavs/.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from svs_cli.corpus.importers.files import AudioIndex, audio_seconds, tree_of, without_label
from svs_cli.corpus.importers.note_tokens import Token, midi_of, sung_tokens
from svs_cli.corpus.importers.phone_sets import PHONE_SETS, detect_phone_set
from svs_cli.corpus.importers.prompts import song_of
from svs_cli.corpus.importers.protocol import AUTO, Found, ImportRequest, Rejection, Remark
from svs_cli.corpus.text_files import read_text
from svs_cli.corpus.utau.words import LabelError
from svs_cli.errors import CorpusError

TABLES = ("transcriptions.txt",)
PARTIAL_TABLES = ("train.txt", "test.txt")
FIELDS = 7


def import_opencpop(request: ImportRequest) -> Iterator[Found]:
    """Recordings of Opencpop or a corpus in its form. Raises CorpusError if it has no transcriptions."""
    tree = tree_of(request.root)
    yield from tree.refused
    index = AudioIndex(tree)
    tables = tree.named(*TABLES)[:1] or tree.named(*PARTIAL_TABLES)
    if not tables:
        raise CorpusError(f"there is no {TABLES[0]} in {request.root}", fix="name the folder that holds it and wavs/")
    lines = [(path, number, line) for path in tables for number, line in numbered_lines(path, request.encoding)]
    phone_set = request.phone_set
    if phone_set == AUTO:
        symbols = (symbol for _, _, line in lines if line.count("|") >= 2 for symbol in line.split("|")[2].split())
        phone_set = detect_phone_set(symbols, request.language or "zh")
        yield Remark(f"phone set: {phone_set}, judging by the symbols; --phones says otherwise")
    used = set[Path]()
    for path, number, line in lines:
        name, _, rest = line.partition("|")
        try:
            fields = rest.split("|")
            if len(fields) != FIELDS - 1:
                raise LabelError(f"line {number} has {line.count('|') + 1} fields, not {FIELDS}")
            audio = index.find(name.strip(), path)
            used.add(audio)
            sung = sung_tokens(tokens_of(fields), phone_set, audio_seconds(audio))
            yield request.recording(
                audio,
                language=(PHONE_SETS[phone_set].languages or ("",))[0],
                style="song",
                text=fields[0].strip(),
                group=song_of(name.strip()),
                phones=sung.phones,
                ends_seconds=sung.ends_seconds,
                notes=sung.notes,
            )
        except CorpusError as error:
            yield Rejection(path.parent / name[:80], error.message)
    yield from without_label(index, used, "transcription")


def numbered_lines(path: Path, encoding: str | None) -> list[tuple[int, str]]:
    """The lines of a table that are not empty, with their numbers. Raises CorpusError."""
    lines = read_text(path, encoding).split("\n")
    return [(number, line) for number, line in enumerate(lines, 1) if line.strip()]


def tokens_of(fields: list[str]) -> list[Token]:
    """The phones of a line: fields are text, phones, notes, note durations, phone durations, slurs.

    Raises LabelError if they are not equally many.
    """
    columns = [field.split() for field in fields[1:]]
    if len(set(map(len, columns))) != 1 or not columns[0]:
        counts = ", ".join(str(len(column)) for column in columns)
        raise LabelError(f"there are {counts} phones, notes, note durations, phone durations and slurs: not as many")
    symbols, notes, _, durations, slurs = columns
    try:
        seconds = [float(duration) for duration in durations]
    except ValueError:
        raise LabelError("a phone's duration is no number") from None
    return [
        Token(symbol, duration, midi_of(note), slur == "1")
        for symbol, note, duration, slur in zip(symbols, notes, seconds, slurs, strict=True)
    ]
