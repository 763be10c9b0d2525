"""A report as a table for people, and as plain data for programs.

Conventions
-----------
- The table has one line a problem, rejections first, then in the manifest's order. What is wrong with most of a
  speaker's files is one line for the speaker, unless everything is asked for.
- JSON lines: one object a recording with its figures and problems, then one a speaker with `"speaker_summary"`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from os.path import commonpath
from pathlib import Path
from typing import Any

import numpy as np

from svs_cli.corpus.checks.check import Checked, Report
from svs_cli.corpus.checks.rules import RULES, Problem, Rules

TOGETHER_SHARE = 0.4
TOGETHER_COUNT = 6
HEADINGS = ("severity", "rule", "file", "what", "value", "what to do")


@dataclass(frozen=True)
class SpeakerSummary:
    """What a speaker's files are like; medians, None where nothing could be measured."""

    speaker: str
    files: int
    minutes: float
    sample_rates_hz: tuple[int, ...]
    bandwidth_hz: float | None
    level_db: float | None
    snr_db: float | None
    f0_low_hz: float | None
    f0_high_hz: float | None
    rejected: int
    warned: int

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        item = {key: value for key, value in vars(self).items() if value is not None}
        return {key: round(value, 3) if isinstance(value, float) else value for key, value in item.items()}


def summaries(report: Report) -> list[SpeakerSummary]:
    """One summary a speaker, in the manifest's order."""
    speakers: dict[str, list[Checked]] = defaultdict(list)
    for item in report.checked:
        speakers[item.recording.speaker].append(item)
    return [summary(speaker, items) for speaker, items in speakers.items()]


def summary(speaker: str, items: Sequence[Checked]) -> SpeakerSummary:
    """The summary of one speaker's recordings."""
    figures = [item.figures for item in items if item.figures is not None]
    lows = [figure.f0_low_hz for figure in figures if figure.f0_low_hz is not None]
    highs = [figure.f0_high_hz for figure in figures if figure.f0_high_hz is not None]
    return SpeakerSummary(
        speaker=speaker,
        files=len(items),
        minutes=sum(figure.seconds for figure in figures) / 60.0,
        sample_rates_hz=tuple(sorted({figure.sample_rate_hz for figure in figures})),
        bandwidth_hz=median([figure.bandwidth_hz for figure in figures]),
        level_db=median([figure.active_db for figure in figures]),
        snr_db=median([figure.snr_db for figure in figures if figure.snr_db is not None]),
        f0_low_hz=float(np.percentile(lows, 10)) if lows else None,
        f0_high_hz=float(np.percentile(highs, 90)) if highs else None,
        rejected=sum(item.rejected for item in items),
        warned=sum(bool(item.problems) and not item.rejected for item in items),
    )


def median(values: Sequence[float]) -> float | None:
    """The median, None of nothing."""
    return float(np.median(values)) if values else None


def as_lines(report: Report) -> Iterator[dict[str, Any]]:
    """JSON objects: recordings in the manifest's order, then speakers."""
    for item in report.checked:
        yield {
            "audio": str(item.recording.audio),
            "speaker": item.recording.speaker,
            "rejected": item.rejected,
            "problems": [problem_dict(problem) for problem in item.problems],
            "figures": item.figures.as_dict() if item.figures else None,
        }
    for found in summaries(report):
        yield {"speaker_summary": found.as_dict()}


def problem_dict(problem: Problem) -> dict[str, Any]:
    """A problem for JSON; the file is named by what it stands in."""
    item = {key: value for key, value in vars(problem).items() if key != "audio" and value not in (None, "", ())}
    if problem.other is not None:
        item["other"] = str(problem.other)
    return item


def as_text(report: Report, *, everything: bool = False) -> str:
    """The table of problems, the table of speakers, and the verdict in one line."""
    rows = problem_rows(report, everything)
    parts = [table([HEADINGS, *rows])] if rows else []
    parts += [table(speaker_rows(report)), verdict(report)]
    return "\n\n".join(parts)


def problem_rows(report: Report, everything: bool) -> list[tuple[str, ...]]:
    """Cells of the table of problems."""
    root = common_root([item.recording.audio for item in report.checked])
    together = {} if everything else shared_problems(report)
    found: list[tuple[int, tuple[str, ...]]] = []
    told: set[tuple[str, str, str]] = set()
    for item in report.checked:
        for problem in item.problems:
            key = (item.recording.speaker, problem.code, problem.severity)
            if key in told:
                continue
            name = shown_path(problem.audio, root)
            what, value = problem.what, problem.value_text
            if key in together:
                told.add(key)
                name = f"{together[key]} files of {item.recording.speaker}"
                what = f"{what}; first {shown_path(problem.audio, root)}"
            cells = (problem.severity, problem.code, name, what, value, problem.fix)
            found.append((0 if problem.severity == "reject" else 1, cells))
    return [cells for _, cells in sorted(found, key=lambda row: row[0])]


def shared_problems(report: Report) -> dict[tuple[str, str, str], int]:
    """Problems (speaker, rule, severity) of so many of a speaker's files that one line says it."""
    counts: dict[tuple[str, str, str], int] = defaultdict(int)
    files: dict[str, int] = defaultdict(int)
    for item in report.checked:
        files[item.recording.speaker] += 1
        for key in {(item.recording.speaker, problem.code, problem.severity) for problem in item.problems}:
            counts[key] += 1
    return {
        key: count
        for key, count in counts.items()
        if count >= TOGETHER_COUNT and count >= TOGETHER_SHARE * files[key[0]]
    }


def speaker_rows(report: Report) -> list[tuple[str, ...]]:
    """Cells of the table of speakers."""
    rows: list[tuple[str, ...]] = [
        ("speaker", "files", "minutes", "rate", "bandwidth", "level", "SNR", "F0", "rejected", "warned")
    ]
    for found in summaries(report):
        rates = "+".join(f"{rate / 1000:g}" for rate in found.sample_rates_hz)
        f0 = f"{found.f0_low_hz:.0f}-{found.f0_high_hz:.0f} Hz" if found.f0_low_hz and found.f0_high_hz else "-"
        rows.append((
            found.speaker, str(found.files), f"{found.minutes:.1f}", f"{rates} kHz" if rates else "-",
            figure(found.bandwidth_hz, 1000.0, ".1f", "kHz"), figure(found.level_db, 1.0, ".0f", "dB"),
            figure(found.snr_db, 1.0, ".0f", "dB"), f0, str(found.rejected), str(found.warned),
        ))  # fmt: skip
    return rows


def figure(value: float | None, per: float, form: str, unit: str) -> str:
    """A figure with its unit, "-" for none."""
    return "-" if value is None else f"{value / per:{form}} {unit}"


def verdict(report: Report) -> str:
    """How many recordings are good."""
    total, rejected = len(report.checked), len(report.rejected)
    warned = sum(bool(item.problems) for item in report.checked) - rejected
    moved = f"; {report.moved} moved to another split" if report.moved else ""
    return f"{total} recordings: {rejected} rejected ({report.rejected_share:.1%}), {warned} with warnings{moved}"


def table(rows: Sequence[tuple[str, ...]]) -> str:
    """Columns as wide as their longest cell; East Asian characters count as two."""
    widths = [max(width(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ("  ".join(cell + " " * (widths[i] - width(cell)) for i, cell in enumerate(row)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)


def width(text: str) -> int:
    """Columns of a terminal that a text takes.

    >>> width("ab"), width("さ")
    (2, 2)
    """
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(character) else 1 + (east_asian_width(character) in "WF") for character in text)


def common_root(paths: Sequence[Path]) -> Path:
    """The folder that all files are in, which the table need not repeat."""
    folders = {str(path.parent) for path in paths}
    try:
        return Path(commonpath(folders)) if folders else Path()
    except ValueError:  # on several drives
        return Path()


def shown_path(path: Path, root: Path) -> str:
    """A path as short as it is still clear."""
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)


def rules_table(rules: Rules = RULES) -> str:
    """The table of what is looked for, for `--rules`."""
    rows: list[tuple[str, ...]] = [("rule", "warns", "rejects", "unit", "finds", "what to do")]
    for rule in rules.values():
        sign = ">= " if rule.worse == "above" else "<= "
        stated = not rule.unit and rule.code != "confidence"
        cells = [
            "-" if at is None else "yes" if stated else f"{sign}{at:g}" for at in (rule.warn_at, rule.reject_at)
        ]
        rows.append((rule.code, *cells, rule.unit or "-", rule.finds, rule.fix))
    return table(rows)
