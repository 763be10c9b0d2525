"""Importing a whole corpus: a folder in a format, or a public source by its name.

Conventions
-----------
- The report keeps recordings in the importer's order, which is sorted: the same folder gives the same manifest.
- An audio file is imported once; what names it again is rejected.
- A corpus in which everything would be one group is divided into its files, or it could not be split at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from svs_cli.config import suggestion
from svs_cli.corpus.importers.files import audio_seconds
from svs_cli.corpus.importers.formats import FORMATS
from svs_cli.corpus.importers.phone_sets import PHONE_SETS
from svs_cli.corpus.importers.prompts import song_of
from svs_cli.corpus.importers.protocol import AUTO, ImportRequest, Rejection, Remark
from svs_cli.corpus.manifest import Recording
from svs_cli.corpus.sources.table import TEACHER, Source, find_source, source_folder
from svs_cli.errors import CorpusError, MissingError, UsageError

Progress = Callable[[int], None]  # files looked at so far
EXPECTED_REASONS = 5


@dataclass
class ImportReport:
    """What an import gave: recordings, what was left out with the reason, and what the user should know."""

    recordings: list[Recording] = field(default_factory=list)
    rejected: list[Rejection] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    @property
    def files(self) -> int:
        """Recordings that were found, imported or not."""
        return len(self.recordings) + len(self.rejected)

    @property
    def rejected_share(self) -> float:
        """Share of the files that were left out, 0..1."""
        return len(self.rejected) / self.files if self.files else 0.0

    @property
    def labelled(self) -> int:
        """Recordings whose phones have times."""
        return sum(bool(recording.phone_ends_seconds) for recording in self.recordings)

    def minutes_by_speaker(self) -> dict[str, float]:
        """Minutes of audio of each speaker, in the order in which they come."""
        minutes: dict[str, float] = {}
        for recording in self.recordings:
            minutes[recording.speaker] = minutes.get(recording.speaker, 0.0) + audio_seconds(recording.audio) / 60.0
        return minutes

    def extend(self, other: ImportReport) -> None:
        """Add what another folder of the same corpus gave."""
        self.recordings += other.recordings
        self.rejected += other.rejected
        self.remarks += [remark for remark in other.remarks if remark not in self.remarks]


def import_corpus(request: ImportRequest, format_name: str, progress: Progress = lambda files: None) -> ImportReport:
    """Import one folder. Raises UsageError for an unknown format or phone set, CorpusError if nothing can be used."""
    if format_name not in FORMATS:
        raise UsageError(f"no format is called {format_name!r}", fix=suggestion(format_name, list(FORMATS)))
    if request.phone_set != AUTO and request.phone_set not in PHONE_SETS:
        raise UsageError(
            f"no phone set is called {request.phone_set!r}", fix=suggestion(request.phone_set, [AUTO, *PHONE_SETS])
        )
    report = read_folder(request, format_name, progress)
    require_some(report, request.root)
    return with_groups(report)


def import_source(
    name: str, root: Path | None = None, progress: Progress = lambda files: None, phone_set: str = AUTO
) -> ImportReport:
    """Import a public source by name, with everything that is known of it; `root` is where it lies, if elsewhere.

    Raises MissingError if it is not there, UsageError for an unknown name, CorpusError if nothing can be used.
    """
    source = find_source(name)
    if source.format == TEACHER:
        raise UsageError(f"{name} is a model that speaks, not recordings", fix="make recordings with svs corpus teach")
    folder = root or source_folder(name)
    if not folder.is_dir():
        raise MissingError(
            f"{name} is not at {folder}", fix=f"svs corpus fetch {name}, or name its folder with --root DIR"
        )
    report = ImportReport()
    for request in requests_of(source, folder, phone_set):
        before = report.files
        report.extend(read_folder(request, source.format, lambda files, before=before: progress(before + files)))  # type: ignore[misc]
    require_some(report, folder)
    return with_groups(report)


def requests_of(source: Source, root: Path, phone_set: str) -> list[ImportRequest]:
    """One request for each folder of a source; of a source with one folder, `root` may be that folder itself."""
    alone = len(source.folders) == 1 and not (root / source.folders[0].path).is_dir()
    return [
        ImportRequest(
            root if alone else root / folder.path,
            speaker=folder.speaker,
            language=source.language,
            style=folder.style,
            terms=source.terms,
            pitch_midi=folder.pitch_midi,
            encoding=source.encoding or None,
            phone_set=phone_set,
            single_folder=source.format == "utau",
        )
        for folder in source.folders
    ]


def read_folder(request: ImportRequest, format_name: str, progress: Progress) -> ImportReport:
    """What the importer of a format yields for one folder. Raises CorpusError."""
    report = ImportReport()
    seen: set[Path] = set()
    for found in FORMATS[format_name].read(request):
        if isinstance(found, Remark):
            report.remarks.append(found.text)
        elif isinstance(found, Rejection):
            report.rejected.append(found)
        elif found.audio in seen:
            report.rejected.append(Rejection(found.audio, "it is labelled twice; the first label counts"))
        else:
            seen.add(found.audio)
            report.recordings.append(found)
        progress(report.files)
    return report


def require_some(report: ImportReport, root: Path) -> None:
    """Raise CorpusError with the commonest reasons if nothing was imported."""
    if report.recordings:
        return
    reasons = Counter(rejection.reason for rejection in report.rejected).most_common(EXPECTED_REASONS)
    listed = "; ".join(f"{reason} ({count})" for reason, count in reasons) or "there are no recordings in it"
    raise CorpusError(f"nothing could be imported from {root}: {listed}", fix="check --as, or see --rejected FILE")


def with_groups(report: ImportReport) -> ImportReport:
    """The report with each file a group of its own if all would be one, judging by their names."""
    groups = {recording.group for recording in report.recordings}
    by_name = all(recording.group == song_of(recording.audio.stem) for recording in report.recordings)
    if len(report.recordings) > 1 and len(groups) == 1 and by_name:
        report.recordings = [replace(recording, group=recording.audio.stem) for recording in report.recordings]
        report.remarks.append("all files look like parts of one song: each is a group of its own")
    return report
