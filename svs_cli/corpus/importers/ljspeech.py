"""LJSpeech and its kin: a `metadata.csv` with a name and a text a line, and the audio in wavs/ or beside it.

Conventions
-----------
- Fields are divided by |, a tab, ; or a comma, whichever divides every line. `id|text|normalised`:
  the last text is the one that is spoken.
- A first line of column names is understood (file, path, text, sentence, speaker, locale ...), as Common Voice has it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from svs_cli.corpus.importers.files import AudioIndex, Tree, audio_seconds, tree_of, without_label
from svs_cli.corpus.importers.prompts import PromptGroups, language_of_texts
from svs_cli.corpus.importers.protocol import Found, ImportRequest, Rejection, Remark
from svs_cli.corpus.text_files import read_text
from svs_cli.corpus.utau.words import LabelError
from svs_cli.errors import CorpusError

METADATA_NAMES = ("metadata.csv", "metadata.txt", "metadata.tsv", "validated.tsv", "train.tsv", "transcripts.csv")
DELIMITERS = ("|", "\t", ";", ",")
SAMPLE_LINES = 200
EVEN_SHARE = 0.9
LONGEST_FIELD = 100_000
NAME_COLUMNS = ("id", "file", "filename", "file_name", "path", "audio", "audio_file", "name", "item_name", "wav")
TEXT_COLUMNS = ("normalized_text", "normalised", "normalized_transcription", "text", "sentence", "transcription",
                "transcript", "txt", "lyrics")  # fmt: skip
SPEAKER_COLUMNS = ("speaker", "speaker_id", "speaker_name", "client_id", "singer")


@dataclass(frozen=True)
class Row:
    """One line: the audio's name, the text, and the speaker if the table has one."""

    number: int
    name: str
    text: str
    speaker: str = ""


def import_ljspeech(request: ImportRequest) -> Iterator[Found]:
    """Recordings of a folder with metadata.csv, or of its nearest subfolder that has one. Raises CorpusError."""
    tree = tree_of(request.root)
    yield from tree.refused
    path = metadata_of(tree)
    index = AudioIndex(tree)
    rows = rows_of(path, request.encoding)
    yield Remark(f"{len(rows)} lines in {path.relative_to(tree.root)}")
    language, remarks = language_of_texts(request, (row.text for row in rows))
    yield from remarks
    groups, used = PromptGroups(), set[Path]()
    for row in rows:
        try:
            audio = index.find(row.name, path)
            if audio in used:
                raise LabelError(f"{row.name!r} is listed twice")
            used.add(audio)
            audio_seconds(audio)
            if not any(character.isalnum() for character in row.text):
                raise LabelError(f"line {row.number} has no text")
            group = groups.group_of(audio.stem, row.text)
            yield request.recording(audio, language=language, speaker=row.speaker, text=row.text, group=group)
        except CorpusError as error:
            yield Rejection(path.parent / row.name, error.message)
    folders = {audio.parent for audio in used}
    yield from (left for left in without_label(index, used, "line") if left.path.parent in folders)


def metadata_of(tree: Tree) -> Path:
    """The table of the corpus, the nearest one to its root. Raises CorpusError."""
    for name in METADATA_NAMES:
        found = tree.named(name)
        if found:
            return found[0]
    tables = [path for path in tree.ending(".csv", ".tsv") if path.parent == tree.root]
    if len(tables) == 1:
        return tables[0]
    raise CorpusError(
        f"{tree.root} holds no {METADATA_NAMES[0]}",
        fix="name the folder with metadata.csv, or use --as folder for audio with text files beside it",
    )


def rows_of(path: Path, encoding: str | None) -> list[Row]:
    """The lines of a table. Raises CorpusError if it cannot be divided into names and texts."""
    lines = [line for line in read_text(path, encoding).split("\n") if line.strip()]
    delimiter, fields = fields_of(lines, path)
    header = [cell.strip().lower() for cell in fields[0]]
    name_column = next((header.index(name) for name in NAME_COLUMNS if name in header), None)
    text_column = next((header.index(name) for name in TEXT_COLUMNS if name in header), None)
    if name_column is None or text_column is None:
        return [plain_row(number, cells) for number, cells in enumerate(fields, 1)]
    speaker_column = next((header.index(name) for name in SPEAKER_COLUMNS if name in header), None)
    rows = []
    for number, cells in enumerate(fields[1:], 2):
        padded = [*cells, *[""] * (len(header) - len(cells))]
        speaker = padded[speaker_column].strip() if speaker_column is not None else ""
        rows.append(Row(number, padded[name_column].strip(), padded[text_column].strip(), speaker))
    if not rows:
        raise CorpusError(f"{path} holds column names ({delimiter.join(header)[:80]}) and no lines")
    return rows


def plain_row(number: int, cells: Sequence[str]) -> Row:
    """A line without column names: the first field is the name, the last one with a text is spoken."""
    texts = [cell.strip() for cell in cells[1:] if cell.strip()]
    return Row(number, cells[0].strip(), texts[-1] if texts else "")


def fields_of(lines: Sequence[str], path: Path) -> tuple[str, list[list[str]]]:
    """The delimiter, and the fields of every line. Raises CorpusError if there is no delimiter that fits."""
    if not lines:
        raise CorpusError(f"{path} is empty")
    sample = lines[:SAMPLE_LINES]
    for delimiter in DELIMITERS:
        cells = split_lines(sample, delimiter, path)
        divided = sum(len(line) > 1 for line in cells) / len(cells)
        usual = max(set(map(len, cells)), key=list(map(len, cells)).count)
        even = sum(len(line) == usual for line in cells) / len(cells)
        if divided < EVEN_SHARE:
            continue
        spaced = sum(any(cell.startswith(" ") for cell in line[2:]) for line in cells) / len(cells)
        if delimiter in ";," and (even < EVEN_SHARE or spaced > 0.5):
            return delimiter, [line.split(delimiter, 1) for line in lines]  # the text holds the sign as well
        return delimiter, split_lines(lines, delimiter, path)
    raise CorpusError(
        f"{path}: the lines are not divided by any of {' '.join(map(repr, DELIMITERS))}",
        fix="write 'name|text' lines",
    )


def split_lines(lines: Sequence[str], delimiter: str, path: Path) -> list[list[str]]:
    """The fields of lines; quotes count with , and ; only, as spreadsheets write them. Raises CorpusError."""
    csv.field_size_limit(LONGEST_FIELD)
    try:
        if delimiter in ";,":
            return [row for row in csv.reader(lines, delimiter=delimiter) if row]
        return [row for row in csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE) if row]
    except csv.Error as error:
        raise CorpusError(f"{path} is no table: {error}", fix="check that it is text with short lines") from error
