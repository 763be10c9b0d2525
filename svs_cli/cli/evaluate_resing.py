"""`svs evaluate --resing`: what voices make of labelled recordings, with the singer's own timing and F0."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from svs_cli.cli.console import Console
from svs_cli.cli.evaluate_copies import Choice, checked_labels, tell

if TYPE_CHECKING:
    from svs_cli.evaluation.extract import F0Extractor
    from svs_cli.evaluation.judges import Bench
    from svs_cli.evaluation.resing import ResingConfig
    from svs_cli.evaluation.rows import Singing

ResingOption = Annotated[
    bool,
    typer.Option(
        "--resing",
        help="Compare voices on labelled recordings, manifests or shards: each sings the same phones, timing and F0.",
    ),
]
DynamicsOption = Annotated[
    bool, typer.Option("--dynamics/--no-dynamics", help="With --resing: the singer's loudness too, or one level.")
]
JoinOption = Annotated[
    float | None,
    typer.Option(
        "--join",
        metavar="SECONDS",
        help="With --resing: short recordings of a speaker in one, up to so long, e.g. 25 for the judge of words.",
    ),
]


def resing_config(
    singing: Singing, dynamics: bool, extractor: F0Extractor, bench: Bench, save_audio: Path | None
) -> ResingConfig:
    """What the options say; --acoustic may name several models. Raises UsageError."""
    from svs_cli.cli.job import make_folder
    from svs_cli.evaluation.resing import ResingConfig
    from svs_cli.voices.singer import NEURAL, resolve_device

    if save_audio is not None:
        make_folder(save_audio)
    models = [name.strip() for name in (singing.acoustic or NEURAL).split(",") if name.strip()]
    return ResingConfig(
        voices=singing.voices, acoustics=tuple(dict.fromkeys(models)) or (NEURAL,), vocoder=singing.vocoder,
        dynamics=dynamics, key_semitones=singing.key_semitones, extractor=extractor, bench=bench,
        device=resolve_device(singing.device), seed=singing.seed, steps=singing.steps, keep_folder=save_audio,
    )  # fmt: skip


def evaluate_resung(
    inputs: Sequence[str], config: ResingConfig, choice: Choice, jobs: int | None, *, as_json: bool, console: Console
) -> None:
    """Sing, measure, print, and say which recordings could not be sung. Raises SvsError, or typer.Exit with 3."""
    from svs_cli.evaluation.joined import joined
    from svs_cli.evaluation.resing import measure_resung
    from svs_cli.evaluation.resing_report import as_json as as_plain
    from svs_cli.evaluation.resing_report import as_text
    from svs_cli.evaluation.sources import sources_of

    labels = checked_labels(choice.labels)
    sources = sources_of(inputs, choice.split, choice.limit)
    if choice.join_seconds is not None:
        sources = joined(sources, choice.join_seconds)
    files = measure_resung(sources, config, jobs, console.stage)
    tell(files, lambda: as_plain(files, labels, config) if as_json else as_text(files, labels, config), console)
