"""An evaluation as text, JSON or one HTML page.

Conventions
-----------
- Metrics are lines and rows of the evaluation are columns. A cell is a mean over songs; the interval in brackets is
  the 95 % bootstrap interval over songs, and is missing where one song stands alone.
- Every form names the F0 extractor with its range, the number of songs, what each row is, and the conventions.
"""

from __future__ import annotations

import html
from typing import Any

from svs_cli import __version__
from svs_cli.evaluation.bootstrap import Summary
from svs_cli.evaluation.evaluate import Evaluation, Row
from svs_cli.evaluation.metrics import Metric
from svs_cli.evaluation.onsets import HeardSyllable
from svs_cli.evaluation.pitch import HeardNote
from svs_cli.performance.ds_file import note_name

GROUPS = {"asked": "against what was asked", "reference": "against the reference recording", "judges": "by predictors"}
WORST_NOTES = 10
STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; color: #1d2430 }
table { border-collapse: collapse; margin: .8rem 0 1.6rem } th, td { padding: .25rem .7rem; text-align: right }
th:first-child, td:first-child { text-align: left } thead th { border-bottom: 2px solid #1d2430 }
tbody tr:nth-child(even) { background: #f3f5f8 } td small { color: #5b6675 } h2 { margin-top: 2rem }
tr.group td { font-weight: 600; padding-top: .9rem; background: white } dt { font-weight: 600 }
dd { margin: 0 0 .5rem 0 }
@media (prefers-color-scheme: dark) { body { background: #14181f; color: #dde3ec } thead th { border-color: #dde3ec }
  tbody tr:nth-child(even) { background: #1c222c } tr.group td { background: #14181f } td small { color: #94a0b2 } }
"""


def header(evaluation: Evaluation) -> list[str]:
    """The lines that say how the figures came about."""
    songs = len(evaluation.titles)
    lines = [
        f"songs: {songs}" + ("; means with 95 % bootstrap intervals over songs" if songs > 1 else " (so no intervals)"),
        f"heard F0: {evaluation.f0}",
    ]
    asked = {"f0_seq": "the documents' f0_seq", "notes": "the steps of the notes"}
    if evaluation.asked_f0:
        lines.append("asked F0: " + " and ".join(asked[source] for source in evaluation.asked_f0.split(" and ")))
    return lines + [f"{row.name}: {row.note}" for row in evaluation.rows]


def label(metric: Metric) -> str:
    """A metric with its unit."""
    return f"{metric.label} ({metric.unit})" if metric.unit else metric.label


def cell(metric: Metric, summary: Summary | None) -> tuple[str, str]:
    """The mean and its interval, "" where there is none; a mean over fewer songs than others says how many."""
    if summary is None:
        return metric.shown(None), ""
    if summary.low is None:
        return metric.shown(summary.mean), ""
    return metric.shown(summary.mean), f"[{metric.shown(summary.low)}, {metric.shown(summary.high)}]"


def as_text(evaluation: Evaluation) -> str:
    """The table for a terminal."""
    lines: list[list[str]] = []
    group = ""
    for metric in evaluation.metrics():
        if metric.group != group:
            group = metric.group
            lines.append([GROUPS[group].upper(), *("" if lines else row.name for row in evaluation.rows)])
        cells = [" ".join(filter(None, cell(metric, row.summary(metric)))) for row in evaluation.rows]
        lines.append([f"  {label(metric)}", *cells])
    return "\n".join([*header(evaluation), "", aligned(lines)])


def aligned(lines: list[list[str]]) -> str:
    """Cells as columns, the first flush left and the others flush right.

    >>> print(aligned([["", "x"], ["one", "10"]]))
          x
    one  10
    """
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    table = [
        "  ".join([line[0].ljust(widths[0]), *(text.rjust(n) for text, n in zip(line[1:], widths[1:], strict=True))])
        for line in lines
    ]
    return "\n".join(line.rstrip() for line in table)


def as_json(evaluation: Evaluation) -> dict[str, Any]:
    """Everything, as plain values: means and intervals a row, figures a song, errors a note and syllable."""
    metrics = evaluation.metrics()
    return {
        "svs": __version__,
        "songs": list(evaluation.titles),
        "f0": evaluation.f0,
        "asked_f0": evaluation.asked_f0,
        "intervals": "95 % bootstrap over songs",
        "metrics": {m.name: {"label": m.label, "unit": m.unit, "convention": m.convention} for m in metrics},
        "rows": [row_json(row, metrics) for row in evaluation.rows],
        "warnings": list(evaluation.warnings),
    }


def row_json(row: Row, metrics: list[Metric]) -> dict[str, Any]:
    """One row as plain values."""
    means = {metric.name: row.summary(metric) for metric in metrics}
    return {
        "name": row.name,
        "note": row.note,
        "summary": {
            name: {"mean": s.mean, "low": s.low, "high": s.high, "songs": s.songs} for name, s in means.items() if s
        },
        "songs": [
            {
                "title": song.title,
                "values": song.measures.values,
                "notes": [note_json(note) for note in song.measures.notes],
                "syllables": [
                    syllable_json(syllable)
                    for syllable in song.measures.syllables
                ],
            }
            for song in row.songs
        ],
    }  # fmt: skip


def syllable_json(syllable: HeardSyllable) -> dict[str, Any]:
    """One syllable as plain values."""
    asked = syllable.asked
    return {
        "bar": asked.bar, "lyric": asked.lyric, "onset_seconds": round(asked.onset_seconds, 6),
        "onset_error_ms": rounded(syllable.onset_error_ms), "duration_error_ms": rounded(syllable.duration_error_ms),
    }  # fmt: skip


def note_json(note: HeardNote) -> dict[str, Any]:
    """One note as plain values."""
    asked = note.asked
    return {
        "bar": asked.bar, "lyric": asked.lyric, "midi": asked.midi, "onset_seconds": round(asked.start_seconds, 6),
        "error_cents": rounded(note.error_cents),
    }  # fmt: skip


def rounded(value: float | None) -> float | None:
    """To a hundredth."""
    return None if value is None else round(value, 2)


def as_html(evaluation: Evaluation) -> str:
    """One self-contained page: the table, each song's table, the notes that are furthest off, and the conventions."""
    title = "Measures of " + ", ".join(evaluation.titles[:3]) + (" ..." if len(evaluation.titles) > 3 else "")
    means = {row.name: {m.name: row.summary(m) for m in evaluation.metrics()} for row in evaluation.rows}
    parts = [
        f"<!doctype html><html lang='en'><meta charset='utf-8'><title>{html.escape(title)}</title>",
        "<meta name='viewport' content='width=device-width'>",
        f"<style>{STYLE}</style><body><h1>{html.escape(title)}</h1>",
        "<p>" + "<br>".join(html.escape(line) for line in header(evaluation)) + f"<br>svs {__version__}</p>",
        html_table(evaluation, means),
    ]
    if len(evaluation.titles) > 1:
        for song in evaluation.titles:
            parts += [f"<h2>{html.escape(song)}</h2>", html_table(evaluation, song_summaries(evaluation, song))]
    parts += [worst_notes(row) for row in evaluation.rows]
    parts += ["<h2>Conventions</h2><dl>"]
    parts += [f"<dt>{html.escape(m.label)}</dt><dd>{html.escape(m.convention)}</dd>" for m in evaluation.metrics()]
    parts += ["</dl>"]
    if evaluation.warnings:
        parts += ["<h2>Warnings</h2><ul>", *(f"<li>{html.escape(text)}</li>" for text in evaluation.warnings), "</ul>"]
    return "\n".join([*parts, "</body></html>", ""])


def song_summaries(evaluation: Evaluation, title: str) -> dict[str, dict[str, Summary | None]]:
    """One song's figures in the form of `html_table`."""
    found: dict[str, dict[str, Summary | None]] = {}
    for row in evaluation.rows:
        values = next((song.measures.values for song in row.songs if song.title == title), {})
        known = {name: value for name, value in values.items() if value is not None}
        found[row.name] = {name: Summary(value, None, None, 1) for name, value in known.items()}
    return found


def html_table(evaluation: Evaluation, summaries: dict[str, dict[str, Summary | None]]) -> str:
    """Metrics as lines, rows as columns."""
    names = [row.name for row in evaluation.rows]
    heads = "".join(f"<th>{html.escape(name)}</th>" for name in names)
    lines = [f"<table><thead><tr><th></th>{heads}</tr></thead><tbody>"]
    group = ""
    for metric in evaluation.metrics():
        if metric.group != group:
            group = metric.group
            lines.append(f"<tr class='group'><td colspan='{len(names) + 1}'>{GROUPS[group]}</td></tr>")
        lines.append(f"<tr><td title='{html.escape(metric.convention, quote=True)}'>{html.escape(label(metric))}</td>")
        for name in names:
            mean, interval = cell(metric, summaries[name].get(metric.name))
            lines.append(f"<td>{mean}" + (f" <small>{interval}</small>" if interval else "") + "</td>")
        lines.append("</tr>")
    return "\n".join([*lines, "</tbody></table>"])


def worst_notes(row: Row) -> str:
    """The notes of a row that are out of tune or unheard, the worst first."""
    notes = [(song.title, note) for song in row.songs for note in song.measures.notes if not note.in_tune]
    if not notes:
        return ""
    notes.sort(key=lambda pair: -abs(pair[1].error_cents) if pair[1].error_cents is not None else float("-inf"))
    lines = [
        f"<h2>Out of tune: {html.escape(row.name)}</h2><p>{len(notes)} of "
        f"{sum(len(song.measures.notes) for song in row.songs)} notes, the worst first</p>",
        "<table><thead><tr><th>song</th><th>bar</th><th>at</th><th>note</th><th>lyric</th><th>cents</th></tr></thead>",
        "<tbody>",
    ]
    for title, note in notes[:WORST_NOTES]:
        off = "not heard" if note.error_cents is None else f"{note.error_cents:+.0f}"
        asked = note.asked
        cells = (title, asked.bar, f"{asked.start_seconds:.2f} s", note_name(asked.midi), asked.lyric, off)
        lines.append("<tr>" + "".join(f"<td>{html.escape(text)}</td>" for text in cells) + "</tr>")
    return "\n".join([*lines, "</tbody></table>"])
