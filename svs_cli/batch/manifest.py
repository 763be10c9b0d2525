"""What a user names on the command line becomes rows: one row a song, each a mapping of option to text.

Conventions
-----------
- A row's keys are the long names of `svs synth`'s options without dashes ("lang", "save-stages"; "_" counts as "-"),
  and "score". An empty cell, or null in JSON, means the default.
- CSV has a header line, which tells the separator (comma, semicolon or tab), and is UTF-8; JSON Lines has an object a
  line, "-" reads it from standard input.
- Scores in a manifest are relative to the manifest, so that a folder can be moved as a whole.
- A folder gives every score under it; `subfolder` says where, so that outputs mirror the tree. A `.ds` document beside
  the score that it was made from is left out.
"""

from __future__ import annotations

import csv
import glob
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from svs_cli.config import suggestion
from svs_cli.errors import DataError, UsageError

SCORE_COLUMN = "score"
PIPE = "-"
DOCUMENT_SUFFIX = ".ds"
SEPARATORS = ",;\t"  # spreadsheets write what their language does; the header tells
LARGEST_MANIFEST_BYTES = 256 * 2**20


@dataclass(frozen=True)
class Row:
    """One song to sing; `where` is how messages call it."""

    where: str
    score: str
    options: dict[str, str] = field(default_factory=dict)
    subfolder: Path = Path()


def rows_of(sources: Sequence[str], columns: Sequence[str]) -> list[Row]:
    """Rows for files, globs, folders and manifests, in the order given; a score named twice in one way counts once.

    `columns` are the option names that a manifest may use. Raises UsageError or DataError.
    """
    rows: list[Row] = []
    seen: set[str] = set()
    for source in sources:
        for row in rows_of_source(source, columns):
            if row.options or row.score not in seen:
                rows.append(row)
            if not row.options:
                seen.add(row.score)
    return rows


def rows_of_source(source: str, columns: Sequence[str]) -> Iterator[Row]:
    """Rows of one argument."""
    path = Path(source)
    if source == PIPE:
        yield from json_rows(sys.stdin.buffer.read(LARGEST_MANIFEST_BYTES), "standard input", Path(), columns)
    elif path.is_dir():
        yield from folder_rows(path)
    elif path.suffix.lower() in (".csv", ".jsonl"):
        yield from manifest_rows(path, columns)
    elif not path.exists() and glob.has_magic(source):
        found = sorted(glob.glob(source, recursive=True))
        if not found:
            raise UsageError(f"nothing matches {source!r}")
        for name in found:
            yield from rows_of_source(name, columns)
    else:
        yield Row(source, source)


def folder_rows(folder: Path) -> Iterator[Row]:
    """Every score under a folder, by suffix; hidden files and folders are left out. Raises UsageError if none is."""
    from svs_cli.score.read import SUFFIXES

    names = [path.relative_to(folder) for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES]
    visible = {name for name in names if not any(part.startswith(".") for part in name.parts)}
    sung = {name.with_suffix("") for name in visible if name.suffix.lower() != DOCUMENT_SUFFIX}
    scores = sorted(
        name for name in visible if name.suffix.lower() != DOCUMENT_SUFFIX or name.with_suffix("") not in sung
    )
    if not scores:
        raise UsageError(f"there is no score in {folder}", fix=f"svs reads {', '.join(SUFFIXES)}")
    for name in scores:
        yield Row(str(folder / name), str(folder / name), subfolder=name.parent)


def manifest_rows(path: Path, columns: Sequence[str]) -> Iterator[Row]:
    """Rows of a CSV or JSON Lines file. Raises DataError if it cannot be read, UsageError for what it asks."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise DataError(f"the manifest {path} cannot be read: {error.strerror}") from error
    read = csv_rows if path.suffix.lower() == ".csv" else json_rows
    yield from read(raw, str(path), path.parent, columns)


def text_of(raw: bytes, source: str) -> str:
    """UTF-8 with or without a byte order mark. Raises DataError."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"the manifest {source} is not UTF-8 text", fix="save it as UTF-8") from error


def csv_rows(raw: bytes, source: str, folder: Path, columns: Sequence[str]) -> Iterator[Row]:
    """Rows of CSV text; the row number in messages is the line that an editor shows."""
    lines = text_of(raw, source).splitlines(keepends=True)
    separator = max(SEPARATORS, key=lambda mark: lines[0].count(mark) if lines else 0)
    reader = csv.reader(lines, strict=True, delimiter=separator)
    try:
        header = next(reader, [])
        names = [column_name(name, f"{source}, row 1", columns) for name in header]
        if len(set(names)) != len(names):
            raise UsageError(f"{source}, row 1: a column is there twice")
        for cells in reader:
            where = f"{source}, row {reader.line_num}"
            if len(cells) > len(names):
                raise UsageError(f"{where}: {len(cells)} cells for {len(names)} columns", fix='put commas in "quotes"')
            if any(cell.strip() for cell in cells):
                yield manifest_row(dict(zip(names, cells, strict=False)), where, folder)
    except csv.Error as error:
        raise DataError(f"{source}, row {reader.line_num} is no CSV: {error}") from error


def json_rows(raw: bytes, source: str, folder: Path, columns: Sequence[str]) -> Iterator[Row]:
    """Rows of JSON Lines text."""
    for number, line in enumerate(text_of(raw, source).splitlines(), 1):
        if not line.strip():
            continue
        where = f"{source}, row {number}"
        try:
            values = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise DataError(f"{where} is no JSON: {error}") from error
        if not isinstance(values, dict):
            raise UsageError(f"{where} must be an object", fix='write {"score": "song.musicxml"} on each line')
        named = {column_name(name, where, columns): cell_of(name, value, where) for name, value in values.items()}
        yield manifest_row(named, where, folder)


def cell_of(name: str, value: Any, where: str) -> str:
    """A JSON value as the text of a cell. Raises UsageError if it is neither text, a number nor null."""
    if value is None:
        return ""
    if isinstance(value, (str, int, float)) and not isinstance(value, bool):
        return str(value)
    raise UsageError(f"{where}: {name} must be text or a number, not {json.dumps(value)[:40]}")


def column_name(name: str, where: str, columns: Iterable[str]) -> str:
    """The option that a column stands for. Raises UsageError, with what was probably meant."""
    plain = name.strip().lstrip("-").replace("_", "-").lower()
    known = [SCORE_COLUMN, *columns]
    if plain not in known:
        raise UsageError(f"{where}: there is no option {name!r}", fix=suggestion(plain, known))
    return plain


def manifest_row(cells: dict[str, str], where: str, folder: Path) -> Row:
    """A row from named cells. Raises UsageError if it names no score."""
    filled = {name: cell.strip() for name, cell in cells.items() if cell.strip()}
    score = filled.pop(SCORE_COLUMN, None)
    if score is None:
        raise UsageError(f"{where} names no score", fix=f"fill its column {SCORE_COLUMN!r}")
    return Row(where, str(folder / score), filled)
