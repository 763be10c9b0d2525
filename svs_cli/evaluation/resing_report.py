"""Voices side by side by what they made of recordings, as tables for a terminal or as plain values.

Conventions
-----------
- As in `copies_report`: a table stands for all recordings and for each group; sound figures are means over files, pitch
  figures are of all frames of the table's files together.
- Distances to the copy-synthesis (MCD) are of the recordings that the voice's own singer made, which the table counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from svs_cli.evaluation.copies import RECORDING_ROW, Copied, Values
from svs_cli.evaluation.copies_report import DECIMALS, Group, framed, groups_of
from svs_cli.evaluation.likeness import PitchErrors
from svs_cli.evaluation.metrics import metric
from svs_cli.evaluation.report import aligned
from svs_cli.evaluation.resing import ResingConfig, singer_of
from svs_cli.evaluation.rows import COPY_ROW
from svs_cli.evaluation.sources import Label

WITHIN_CENTS = 50.0
HEADS = {
    "naturalness_mos": "MOS",
    "naturalness_to_copy_mos": "to copy",
    "f0_median_absolute_cents": "F0 cents",
    "within_50_cents": "<50 cents %",
    "voicing_error": "voicing %",
    "character_error_rate": "CER %",
    "character_error_ratio": "CER ratio",
    "mcd_db": "MCD dB",
    "mcd_stft_db": "MCD STFT",
}
OWN = "own_recordings"


def row_names(config: ResingConfig) -> tuple[str, ...]:
    """All rows, in order."""
    return (RECORDING_ROW, COPY_ROW, *(row.name for row in config.rows))


def values_of(group: Group, row: str) -> Values:
    """The figures of a row over a group, by their metrics' names, and of how many files MCD is."""
    found = {name: value for name, value in group.values(row).items() if name in HEADS}
    figures = [file.rows[row] for file in group.files if row in file.rows]
    errors = sum((one.pitch for one in figures), PitchErrors()).error_cents
    if len(errors):
        found["within_50_cents"] = float(np.mean(np.abs(errors) < WITHIN_CENTS))
    heard, recorded = (group.values(name).get("character_error_rate") for name in (row, RECORDING_ROW))
    if heard is not None and recorded and row != RECORDING_ROW:
        found["character_error_ratio"] = heard / recorded
    own = sum("mcd_db" in one.values for one in figures)
    return found | ({OWN: own} if own else {})


def as_text(files: Sequence[Copied], labels: Sequence[Label], config: ResingConfig) -> str:
    """The tables for a terminal."""
    return "\n\n".join([header(files, config), *(table(group, config) for group in groups_of(files, labels))])


def header(files: Sequence[Copied], config: ResingConfig) -> str:
    """The lines that say how the figures came about."""
    measured = [file for file in files if not file.error]
    failed = len(files) - len(measured)
    return "\n".join([
        f"recordings: {len(measured)}, {sum(file.seconds for file in measured) / 60:.1f} minutes"
        + (f"; {failed} could not be sung" if failed else ""),
        f"heard F0: {config.extractor}",
        *(f"{row}: {note}" for row, note in notes(config)),
    ])  # fmt: skip


def notes(config: ResingConfig) -> Iterator[tuple[str, str]]:
    """What each row is."""
    vocoder = singer_of(config.rows[0], config).vocoder.name
    yield COPY_ROW, f"vocoder {vocoder} on the mel and the F0 heard in the recording"
    own_choice = "in the octave that fits (the own singer: as it was)"
    key = own_choice if config.key_semitones is None else f"{config.key_semitones:+g} semitones"
    level = "phones, timing, F0 and dynamics" if config.dynamics else "phones, timing and F0"
    for row in config.rows:
        singer = singer_of(row, config)
        yield row.name, f"{singer.acoustic.name} and {singer.vocoder.name} on the recording's {level}, {key}"


def table(group: Group, config: ResingConfig) -> str:
    """One group, a line a row."""
    values = {row: values_of(group, row) for row in row_names(config)}
    names = [name for name in HEADS if any(name in found for found in values.values())]
    counted = any(OWN in found for found in values.values())
    lines = [[f"{group.name} ({len(group.files)})", *(HEADS[name] for name in names), *(["of files"] * counted)]]
    for row, found in values.items():
        if found:
            own = [f"{found[OWN]:.0f}" if OWN in found else "-"] * counted
            lines.append([f"  {row}", *(cell(name, found.get(name)) for name in names), *own])
    return aligned(lines)


def cell(name: str, value: float | None) -> str:
    """A figure in a table, "-" where there is none.

    >>> cell("within_50_cents", 0.99127), cell("mcd_db", None)
    ('99.1', '-')
    """
    if value is None:
        return "-"
    scaled = value * 100 if metric(name).unit == "%" else value
    return f"{scaled:.{DECIMALS.get(name, metric(name).decimals)}f}"


def as_json(files: Sequence[Copied], labels: Sequence[Label], config: ResingConfig) -> dict[str, Any]:
    """Everything, as plain values: each table, each file, and what failed."""
    tables = [
        {"name": group.name, "recordings": len(group.files),
         "rows": [{"name": row, "values": values_of(group, row)} for row in row_names(config)]}
        for group in groups_of(files, labels)
    ]  # fmt: skip
    return framed(files, [*HEADS], str(config.extractor), config.seed, dict(notes(config)), tables, file_json)


def file_json(file: Copied) -> dict[str, Any]:
    """One recording as plain values."""
    alone = Group(file.source.title, (file,))
    rows = {row: {**figures.values, **values_of(alone, row)} for row, figures in file.rows.items()}
    return {
        "title": file.source.title, "path": str(file.source.path), **file.source.labels, "split": file.source.split,
        "seconds": round(file.seconds, 3), "rows": rows,
    }  # fmt: skip
