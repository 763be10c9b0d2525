"""Vocoders side by side, as tables for a terminal or as plain values.

Conventions
-----------
- A line is a row of the comparison, a column a figure; a table stands for all recordings and for each group.
- Sound figures are means over files, pitch and voicing figures are of all frames of the table's files together.
- The worst file of a row is the one that lost most naturalness, or where nobody judged it has the largest MCD.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from svs_cli import __version__
from svs_cli.corpus.preparing.band import FULL_BAND_HZ
from svs_cli.evaluation.bootstrap import summary
from svs_cli.evaluation.copies import (
    EXACT_ROW,
    RECORDING_ROW,
    WORLD_MEL_ROW,
    WORLD_ROW,
    Copied,
    CopyConfig,
    Figures,
    Values,
    pitch_values,
)
from svs_cli.evaluation.likeness import PitchErrors
from svs_cli.evaluation.metrics import metric
from svs_cli.evaluation.report import aligned
from svs_cli.evaluation.sources import MADE, Label

HEADS = {
    "naturalness_mos": "MOS",
    "naturalness_difference_mos": "lost",
    "mcd_db": "MCD dB",
    "mcd_stft_db": "MCD STFT",
    "stft_distance": "STFT dist",
    "stft_convergence": "STFT conv",
    "stft_log_magnitude": "STFT log",
    "voicing_error": "voicing %",
    "f0_median_absolute_cents": "F0 cents",
    "f0_99th_absolute_cents": "F0 99th",
    "within_20_cents": "<20 cents %",
    "within_20_cents_of_exact": "of exact %",
    "level_difference_db": "level dB",
    "dc_db": "DC dB",
    "silence_db": "silence dB",
}
DECIMALS = {"naturalness_mos": 2, "naturalness_difference_mos": 2, "mcd_db": 2, "within_20_cents": 2,
            "within_20_cents_of_exact": 2}  # fmt: skip
EVERYTHING = "all recordings"
MADE_VOWELS = "made vowels, 65 to 1,100 Hz"


@dataclass(frozen=True)
class Group:
    """Files that share a table."""

    name: str
    files: tuple[Copied, ...]

    def values(self, row: str, semitones: float | None = None) -> Values:
        """The figures of a row over the group's files, by their metrics' names."""
        figures = [one for file in self.files if (one := figures_of(file, row, semitones)) is not None]
        found: Values = {}
        for name in dict.fromkeys(name for one in figures for name in one.values):
            if (told := summary([one.values.get(name) for one in figures])) is not None:
                found[name] = told.mean
        pitch = sum((one.pitch for one in figures), PitchErrors())
        return found | pitch_values(pitch, sum((one.beside_exact for one in figures), PitchErrors()))

    def worst(self, row: str) -> tuple[str, float] | None:
        """Title and figure of the row's worst file; see the module's conventions."""
        for name, sign in (("naturalness_difference_mos", 1), ("mcd_db", -1)):
            known = [
                (sign * value, file.source.title)
                for file in self.files
                if (figures := file.rows.get(row)) and (value := figures.values.get(name)) is not None
            ]
            if known:
                least, title = min(known)
                return title, sign * least
        return None


def figures_of(file: Copied, row: str, semitones: float | None) -> Figures | None:
    """The figures of a row of a file, or of one of its shifts."""
    return file.rows.get(row) if semitones is None else file.shifted.get((row, semitones))


def groups_of(files: Sequence[Copied], labels: Sequence[Label] = ()) -> list[Group]:
    """All recordings, then each value of each label, then the made vowels; failed files are in none."""
    measured = [file for file in files if not file.error]
    real = [file for file in measured if file.source.labels.get("kind") != MADE]
    groups = [Group(EVERYTHING, tuple(real))] if real else []
    for label in labels:
        values = sorted({value for file in real if (value := file.source.labels.get(label))})
        for value in values:
            members = tuple(file for file in real if file.source.labels.get(label) == value)
            groups.append(Group(f"{label} {value}", members))
    made = tuple(file for file in measured if file.source.labels.get("kind") == MADE)
    return groups + ([Group(MADE_VOWELS, made)] if made else [])


def as_text(files: Sequence[Copied], labels: Sequence[Label], config: CopyConfig) -> str:
    """The tables for a terminal."""
    blocks = [header(files, config)]
    for group in groups_of(files, labels):
        blocks.append(table(group, config))
        if config.shifts_semitones:
            blocks.append(shift_table(group, config))
    return "\n\n".join(blocks)


def header(files: Sequence[Copied], config: CopyConfig) -> str:
    """The lines that say how the figures came about."""
    measured = [file for file in files if not file.error and file.source.labels.get("kind") != MADE]
    lines = [
        f"recordings: {len(measured)}, {sum(file.seconds for file in measured) / 60:.1f} minutes"
        + (f"; {len(failed)} could not be measured" if (failed := [file for file in files if file.error]) else ""),
        f"heard F0: {config.extractor}",
        *(f"{row}: {note}" for row, note in notes(config)),
    ]
    narrow = sorted(file.band_hz for file in measured if file.band_hz < FULL_BAND_HZ)
    if narrow:
        lines.append(
            f"band: {len(narrow)} recordings hold nothing above {narrow[0] / 1000:.1f} to {narrow[-1] / 1000:.1f} kHz; "
            "their MCD and STFT distance count what lies below"
        )
    return "\n".join(lines)


def notes(config: CopyConfig) -> Iterator[tuple[str, str]]:
    """What each row is."""
    for row in config.pitch_rows:
        if row == EXACT_ROW:
            yield row, "a tone of exactly the asked F0: the extractor's own error"
        elif row == WORLD_ROW:
            yield row, "WORLD's analysis of the samples (harvest, CheapTrick, D4C) and its synthesis"
        elif row == WORLD_MEL_ROW:
            yield row, "WORLD on an envelope from the mel, and the F0 heard in the recording"
        else:
            yield row, "this vocoder on the mel and the F0 heard in the recording"


def table(group: Group, config: CopyConfig) -> str:
    """One group: the recording and its copies, each with its worst file."""
    values = {row: group.values(row) for row in (RECORDING_ROW, *config.pitch_rows)}
    rows = [row for row, figures in values.items() if figures or row != RECORDING_ROW]
    names = [name for name in HEADS if any(name in values[row] for row in rows)]
    lines = [[f"{group.name} ({len(group.files)})", *(HEADS[name] for name in names)]]
    lines += [[f"  {row}", *shown(values[row], names)] for row in rows]
    worst = [group.worst(row) for row in rows]
    ends = ["worst", *(f"{one[1]:.2f} {one[0]}" if one else "" for one in worst)]
    return "\n".join(f"{line}  {end}".rstrip() for line, end in zip(padded(aligned(lines)), ends, strict=True))


def padded(text: str) -> list[str]:
    """Lines of equal length.

    >>> padded("a\\nbc")
    ['a ', 'bc']
    """
    lines = text.splitlines()
    return [line.ljust(max(map(len, lines))) for line in lines]


def shift_table(group: Group, config: CopyConfig) -> str:
    """What a group's copies keep of the F0 they are asked for when it is moved against the mel."""
    one = PitchErrors(np.zeros(1, np.float32), 0, 1)
    names = [*pitch_values(one, one if config.world else PitchErrors())]
    lines = [[f"{group.name}, F0 shifted", *(HEADS[name] for name in names)]]
    for semitones in config.shifts_semitones:
        for row in config.pitch_rows:
            figures = group.values(row, semitones)
            lines.append([f"  {row} {semitones:+g}", *shown(figures, names)])
    return aligned(lines)


def shown(values: Values, names: Sequence[str]) -> list[str]:
    """Cells of a line, "-" where there is no figure."""
    cells = []
    for name in names:
        value = values.get(name)
        decimals = DECIMALS.get(name, metric(name).decimals)
        if value is not None and metric(name).unit == "%":
            value *= 100
        cells.append("-" if value is None else f"{value:.{decimals}f}")
    return cells


def as_json(files: Sequence[Copied], labels: Sequence[Label], config: CopyConfig) -> dict[str, Any]:
    """Everything, as plain values: each table, each file, and what failed."""
    tables = [group_json(group, config) for group in groups_of(files, labels)]
    return framed(files, [*HEADS], str(config.extractor), config.seed, dict(notes(config)), tables, file_json)


def framed(
    files: Sequence[Copied], figures: Sequence[str], extractor: str, seed: int, told: dict[str, str],
    tables: Sequence[dict[str, Any]], one: Callable[[Copied], dict[str, Any]],
) -> dict[str, Any]:  # fmt: skip
    """What every report on recordings says around its tables: how the figures came about, each file, what failed."""
    named = [metric(name) for name in figures]
    return {
        "svs": __version__,
        "f0": extractor,
        "seed": seed,
        "notes": told,
        "metrics": {m.name: {"label": m.label, "unit": m.unit, "convention": m.convention} for m in named},
        "groups": list(tables),
        "files": [one(file) for file in files if not file.error],
        "failed": [{"title": file.source.title, "path": None if file.source.path is None else str(file.source.path),
                    "error": file.error} for file in files if file.error],
    }  # fmt: skip


def group_json(group: Group, config: CopyConfig) -> dict[str, Any]:
    """One table as plain values."""
    rows = []
    for row in (RECORDING_ROW, *config.pitch_rows):
        worst = group.worst(row)
        rows.append({
            "name": row,
            "values": group.values(row),
            "worst": None if worst is None else {"title": worst[0], "value": worst[1]},
            "shifted": {f"{semitones:+g}": group.values(row, semitones)
                        for semitones in config.shifts_semitones if row != RECORDING_ROW},
        })  # fmt: skip
    return {"name": group.name, "recordings": len(group.files), "rows": rows}


def file_json(file: Copied) -> dict[str, Any]:
    """One file as plain values."""
    source = file.source
    return {
        "title": source.title, "path": None if source.path is None else str(source.path), **source.labels,
        "split": source.split, "seconds": round(file.seconds, 3), "band_hz": file.band_hz,
        "rows": {row: figures.all_values() for row, figures in file.rows.items()},
        "shifted": {f"{row} {semitones:+g}": figures.all_values()
                    for (row, semitones), figures in file.shifted.items()},
    }  # fmt: skip
