"""`svs evaluate --copy-synthesis`: what vocoders keep of recordings."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from svs_cli.cli.completion import complete_label, complete_split, complete_vocoder
from svs_cli.cli.console import Console
from svs_cli.errors import DataError, UsageError

if TYPE_CHECKING:
    from svs_cli.evaluation.copies import Copied, CopyConfig
    from svs_cli.evaluation.extract import F0Extractor
    from svs_cli.evaluation.sources import Label

JUDGE = "naturalness"

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


@dataclass(frozen=True)
class Choice:
    """Which recordings are measured, and what tables they are grouped into."""

    split: str = ""
    limit: int | None = None
    labels: tuple[str, ...] = ()
    sweep: bool = False
    join_seconds: float | None = None


def evaluate_copies(
    inputs: Sequence[str], config: CopyConfig, choice: Choice, jobs: int | None, *, as_json: bool, console: Console
) -> None:
    """Measure, print, and say which files failed. Raises SvsError, or typer.Exit with 3 if some failed."""
    from svs_cli.evaluation.copies import measure_copies
    from svs_cli.evaluation.copies_report import as_json as as_plain
    from svs_cli.evaluation.copies_report import as_text
    from svs_cli.evaluation.sources import made_sources, sources_of

    labels = checked_labels(choice.labels)
    sources = [*sources_of(inputs, choice.split, choice.limit), *(made_sources() if choice.sweep else ())]
    files = measure_copies(sources, config, jobs, console.stage)
    tell(files, lambda: as_plain(files, labels, config) if as_json else as_text(files, labels, config), console)


def tell(files: Sequence[Copied], said: Callable[[], str | dict[str, Any]], console: Console) -> None:
    """Print a table, or plain values as JSON, and say which recordings were left out: then raises typer.Exit with 3."""
    console.finish()
    failed = [file for file in files if file.error]
    console.warn(f"{file.source.title} was left out: {file.error}" for file in failed)
    text = said()
    print(text if isinstance(text, str) else json.dumps(text, ensure_ascii=False), flush=True)
    if failed:
        raise typer.Exit(DataError.exit_code)


def copy_config(
    vocoders: Sequence[str],
    world: bool,
    shifts: str | None,
    extractor: F0Extractor,
    judges: Sequence[str] | None,
    device: str,
    seed: int,
    save_audio: Path | None,
) -> CopyConfig:
    """What the options say. Raises UsageError."""
    from svs_cli.cli.job import make_folder
    from svs_cli.evaluation.copies import CopyConfig
    from svs_cli.voices.singer import resolve_device

    refuse({"--judge": [name for name in judges or () if name != JUDGE]}, f"has {JUDGE} alone for copies", "leave it")
    semitones = numbers_of(shifts, "--shift", "-12,-5,5,12")
    if save_audio is not None:
        make_folder(save_audio)
    return CopyConfig(
        tuple(vocoders), world, semitones, extractor, bool(judges), resolve_device(device), seed, save_audio
    )


def checked_labels(labels: Sequence[str]) -> tuple[Label, ...]:
    """The labels to group by. Raises UsageError for one that recordings do not have."""
    from svs_cli.evaluation.sources import LABELS

    for label in labels:
        if label not in LABELS:
            raise UsageError(f"recordings cannot be grouped by {label!r}", fix=f"use one of: {', '.join(LABELS)}")
    return tuple(dict.fromkeys(labels))  # type: ignore[arg-type]  # checked above


def numbers_of(text: str | None, option: str, example: str) -> tuple[float, ...]:
    """"-12,5" as numbers, each once. Raises UsageError that names the option.

    >>> numbers_of("-12,5", "--shift", "-12,12")
    (-12.0, 5.0)
    """
    try:
        return tuple(dict.fromkeys(float(word) for word in (text or "").split(",") if word.strip()))
    except ValueError:
        raise UsageError(f"{option} {text!r} is no list of numbers", fix=f"write e.g. {option} {example}") from None


def refuse(given: Mapping[str, object], why: str, fix: str) -> None:
    """Raise UsageError if any of these options, by name, is set: `option why`."""
    for option, value in given.items():
        if value not in (None, "", False, 0, 0.0, [], ()):
            raise UsageError(f"{option} {why}", fix=fix)
