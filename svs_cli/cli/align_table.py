"""What `svs align` prints and writes: label files, and the table of boundary errors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from svs_cli.cli.console import Console
from svs_cli.errors import CorpusError

if TYPE_CHECKING:
    from svs_cli.alignment.aligner import Aligner
    from svs_cli.corpus.manifest import Recording


def write_labels(path: Path, recording: Recording, kind: str) -> None:
    """A recording's phones as a TextGrid (with its text and confidences), HTS label file or manifest line."""
    if kind == "hts":
        from svs_cli.corpus.hts import write_hts

        write_hts(path, recording.phones, recording.phone_ends_seconds)
    elif kind == "manifest":
        from svs_cli.corpus.manifest import write_manifest

        write_manifest([recording], path)
    else:
        from svs_cli.corpus.textgrid import Interval, write_textgrid

        spans = list(zip(recording.phone_starts_seconds, recording.phone_ends_seconds, strict=True))
        seconds = recording.phone_ends_seconds[-1]
        tiers = {"phones": [Interval(*span, phone) for span, phone in zip(spans, recording.phones, strict=True)]}
        if recording.text:
            tiers = {"text": [Interval(0.0, seconds, recording.text)]} | tiers
        sure = recording.phone_confidences
        tiers["confidence"] = [Interval(*span, f"{value:.2f}") for span, value in zip(spans, sure, strict=False)]
        write_textgrid(path, tiers, seconds)


def print_accuracy(aligner: Aligner, recordings: list[Recording], own: bool, console: Console, as_json: bool) -> None:
    """Align labelled recordings by their phones alone, and print how far boundaries lie from the labels.

    With `own` each speaker's phones are learned from these recordings, but not from their labels.

    Raises CorpusError if no recording has timed phones.
    """
    from svs_cli.alignment.accuracy import TOLERANCES_MS, accuracy_of, accuracy_of_own, by_group
    from svs_cli.alignment.recordings import is_spoken

    labelled = [recording for recording in recordings if recording.phone_ends_seconds and is_spoken(recording)]
    if not labelled:
        raise CorpusError("no recording of the manifest has timed phones to compare with")
    found = (accuracy_of_own if own else accuracy_of)(aligner, labelled, console.stage)
    groups = by_group(found)
    console.finish()
    rows = {name: group.to_row() for name, group in groups.items()}
    if as_json:
        print(json.dumps(rows, ensure_ascii=False))
        return
    titles = ("", "files", "boundaries", *(f"<={t} ms" for t in TOLERANCES_MS), "median ms", "phone errors")
    table = [titles]
    for name, row in rows.items():
        shares = [percent(row[f"within_{t}_ms"]) for t in TOLERANCES_MS]
        median = "-" if row["median_ms"] is None else f"{row['median_ms']:+.1f}"
        table.append(
            (name, str(row["recordings"]), str(row["boundaries"]), *shares, median, percent(row["phone_error_rate"]))
        )
    widths = [max(len(line[column]) for line in table) for column in range(len(titles))]
    for line in table:
        figures = [cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)]
        print("  ".join([line[0].ljust(widths[0]), *figures]).rstrip())


def percent(share: float | int | None) -> str:
    """A share 0..1 as the table shows it."""
    return "-" if share is None else f"{100 * share:.1f} %"
