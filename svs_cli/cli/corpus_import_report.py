"""What `svs corpus import` says and writes when it is done."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from svs_cli.cli.console import Console
    from svs_cli.corpus.importers.protocol import Rejection
    from svs_cli.corpus.importers.run import ImportReport

SHOWN_REJECTIONS = 20


def missing_terms(report: ImportReport) -> Iterable[str]:
    """A warning if nothing is said about the licence: nothing may be trained without."""
    if not all(recording.terms.licence for recording in report.recordings):
        yield "no licence is stated: add --licence (own, for your own recordings) and --consent, or training refuses it"


def tell(report: ImportReport, console: Console) -> None:
    """Remarks and rejections on stderr, the first of each reason."""
    for remark in report.remarks:
        console.note(remark)
    for rejection in report.rejected[:SHOWN_REJECTIONS]:
        console.note(f"left out: {rejection.path.name}: {rejection.reason}")
    if len(report.rejected) > SHOWN_REJECTIONS:
        console.note(f"... and {len(report.rejected) - SHOWN_REJECTIONS} more; --rejected FILE has them all")


def write_results(report: ImportReport, target: Path | None, rejected: Path | None) -> None:
    """The manifest, and the rejections if they are asked for; atomically."""
    from svs_cli.atomic import write_text
    from svs_cli.corpus.manifest import write_manifest

    if target is not None:
        write_manifest(report.recordings, target)
    if rejected is not None:
        write_text(rejected, "".join(map(rejection_line, report.rejected)))


def rejection_line(rejection: Rejection) -> str:
    """A rejection as a JSON line."""
    return json.dumps({"file": str(rejection.path), "reason": rejection.reason}, ensure_ascii=False) + "\n"


def show(report: ImportReport, target: Path | None, as_json: bool) -> None:
    """The result on stdout: the manifest's path, a summary as JSON, or the manifest itself."""
    if target is None:
        sys.stdout.writelines(recording.to_json() + "\n" for recording in report.recordings)
    elif as_json:
        print(json.dumps(summary(report, target), ensure_ascii=False, indent=1))
    else:
        print(target)


def speaker_lines(report: ImportReport) -> Iterator[str]:
    """Recordings and minutes of each speaker."""
    count = Counter(recording.speaker for recording in report.recordings)
    for speaker, minutes in report.minutes_by_speaker().items():
        yield f"{speaker}: {count[speaker]} recordings, {minutes:.1f} minutes"


def summary(report: ImportReport, target: Path) -> dict[str, Any]:
    """Counts of an import."""
    minutes = report.minutes_by_speaker()
    return {
        "manifest": str(target),
        "files": report.files,
        "recordings": len(report.recordings),
        "labelled": report.labelled,
        "rejected": len(report.rejected),
        "reasons": dict(Counter(rejection.reason for rejection in report.rejected)),
        "minutes": round(sum(minutes.values()), 2),
        "minutes_by_speaker": {speaker: round(value, 2) for speaker, value in minutes.items()},
        "languages": sorted({recording.language for recording in report.recordings}),
        "remarks": report.remarks,
    }
