"""`svs evaluate --copy-synthesis`: what vocoders keep of recordings."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from svs_cli.cli.completion import complete_label, complete_split, complete_vocoder
from svs_cli.cli.console import Console
from svs_cli.errors import DataError, UsageError

if TYPE_CHECKING:
    from svs_cli.evaluation.copies import CopyConfig
    from svs_cli.evaluation.sources import Label

CopySynthesisOption = Annotated[
    list[str] | None,
    typer.Option(
        "--copy-synthesis",
        metavar="VOCODER",
        help="Compare vocoders: recordings, manifests or shards are made again by each, and by WORLD.",
        autocompletion=complete_vocoder,
    ),
]
ShiftOption = Annotated[
    str | None, typer.Option("--shift", metavar="SEMITONES", help="Also copies with F0 moved, e.g. -12,-5,5,12.")
]
SweepOption = Annotated[bool, typer.Option("--sweep", help="Also copies of made vowels from 65 to 1,100 Hz.")]
GroupOption = Annotated[
    list[str] | None,
    typer.Option(
        "--group",
        help="A table of copies for each folder, speaker, style, language or kind (sung, speech).",
        autocompletion=complete_label,
    ),
]
SplitOption = Annotated[
    str, typer.Option("--split", help="Of manifests and shards: train, dev or test.", autocompletion=complete_split)
]
LimitOption = Annotated[
    int | None, typer.Option("--limit", min=1, help="At most this many recordings of each speaker or folder.")
]
JobsOption = Annotated[
    int | None, typer.Option("--jobs", min=1, help="Recordings to copy at once; by default one for each core.")
]


def evaluate_copies(
    inputs: Sequence[str],
    config: CopyConfig,
    *,
    split: str,
    limit: int | None,
    labels: Sequence[str],
    sweep: bool,
    jobs: int | None,
    as_json: bool,
    console: Console,
) -> None:
    """Measure, print, and say which files failed. Raises SvsError, or typer.Exit with 3 if some failed."""
    from svs_cli.evaluation.copies import measure_copies
    from svs_cli.evaluation.copies_report import as_json as as_plain
    from svs_cli.evaluation.copies_report import as_text
    from svs_cli.evaluation.sources import made_sources, sources_of

    chosen = checked_labels(labels)
    sources = [*sources_of(inputs, split, limit), *(made_sources() if sweep else ())]
    files = measure_copies(sources, config, jobs, console.stage)
    console.finish()
    failed = [file for file in files if file.error]
    console.warn(f"{file.source.title} was left out: {file.error}" for file in failed)
    told = json.dumps(as_plain(files, chosen, config), ensure_ascii=False) if as_json else ""
    print(told or as_text(files, chosen, config), flush=True)
    if failed:
        raise typer.Exit(DataError.exit_code)


def checked_labels(labels: Sequence[str]) -> tuple[Label, ...]:
    """The labels to group by. Raises UsageError for one that recordings do not have."""
    from svs_cli.evaluation.sources import LABELS

    for label in labels:
        if label not in LABELS:
            raise UsageError(f"recordings cannot be grouped by {label!r}", fix=f"use one of: {', '.join(LABELS)}")
    return tuple(dict.fromkeys(labels))  # type: ignore[arg-type]  # checked above


def shifts_of(text: str | None) -> tuple[float, ...]:
    """"-12,5" as semitones. Raises UsageError.

    >>> shifts_of("-12,5")
    (-12.0, 5.0)
    """
    try:
        return tuple(dict.fromkeys(float(word) for word in (text or "").split(",") if word.strip()))
    except ValueError:
        raise UsageError(f"--shift {text!r} is no list of semitones", fix="write e.g. --shift -12,-5,5,12") from None


def refuse(given: Mapping[str, object], why: str, fix: str) -> None:
    """Raise UsageError if any of these options, by name, is set."""
    for option, value in given.items():
        if value not in (None, "", False, 0, 0.0, [], ()):
            raise UsageError(f"{option} {why}", fix=fix)


def keep_folder(folder: Path | None) -> Path | None:
    """The folder for listening, made if need be. Raises UsageError."""
    if folder is not None:
        from svs_cli.cli.job import make_folder

        make_folder(folder)
    return folder
