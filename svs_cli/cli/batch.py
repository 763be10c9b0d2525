"""`svs batch`: many scores become audio files; a run that was stopped goes on where it was."""

from __future__ import annotations

import json
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from svs_cli.cli.completion import complete_part
from svs_cli.cli.console import Console
from svs_cli.cli.options import (
    AcousticOption,
    ChordOption,
    DeviceOption,
    JsonOption,
    KeyOption,
    LanguageOption,
    QuietOption,
    SeedOption,
    StepsOption,
    TempoOption,
    VerseOption,
    VocoderOption,
    VoiceOption,
)
from svs_cli.cli.sound import AudioFormat
from svs_cli.errors import DataError, MissingError, SvsError, UsageError

if TYPE_CHECKING:
    from svs_cli.batch.run import Engine, Report

# Of several kinds of failure, the first here gives the exit code.
GRAVEST_FIRST = (SvsError.exit_code, MissingError.exit_code, UsageError.exit_code, DataError.exit_code)


def batch_command(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="SOURCE",
            help="Scores, folders, globs, or manifests: .csv or .jsonl with a row a song and a column an option.",
            show_default=False,
        ),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the audio files.")] = Path(),
    workers: Annotated[
        int | None, typer.Option("--workers", min=1, max=1024, help="Songs at a time; by default one a core.")
    ] = None,
    threads: Annotated[
        int | None, typer.Option("--threads", min=1, max=1024, help="Threads a worker; by default cores / workers.")
    ] = None,
    engine: Annotated[
        Literal["processes", "ray"], typer.Option("--engine", help="Where workers run: here, or on a Ray cluster.")
    ] = "processes",
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Take only the songs that failed the last time.")
    ] = False,
    voice: VoiceOption = None,
    language: LanguageOption = None,
    part: Annotated[
        str | None,
        typer.Option(
            "--part",
            help="The part's name or number, or all. Default: first with lyrics.",
            autocompletion=complete_part,
        ),
    ] = None,
    verse: VerseOption = None,
    chord: ChordOption = "top",
    key: KeyOption = 0.0,
    tempo: TempoOption = 1.0,
    seed: SeedOption = 0,
    steps: StepsOption = None,
    device: DeviceOption = "auto",
    format: AudioFormat = None,
    acoustic: AcousticOption = None,
    vocoder: VocoderOption = None,
    save_stages: Annotated[
        Path | None, typer.Option("--save-stages", help="Folder, in the output folder, for every stage's files.")
    ] = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Sing many scores at once. What is finished is not sung again; a song that fails does not stop the others.

    Options hold for every song, unless its row in a manifest says otherwise. Prints the path of each file written, or
    with --json an object a song. The exit code is 0 if every song is there, else that of the gravest failure.
    """
    from svs_cli.batch.manifest import rows_of
    from svs_cli.batch.options import option_names
    from svs_cli.batch.plan import plan
    from svs_cli.batch.run import run

    asked = {
        "voice": voice, "lang": language, "part": part, "verse": verse, "chord": chord, "key": key, "tempo": tempo,
        "seed": seed, "steps": steps, "device": device, "format": format, "acoustic": acoustic, "vocoder": vocoder,
        "save-stages": save_stages,
    }  # fmt: skip
    defaults = {name: str(value) for name, value in asked.items() if value is not None}
    songs = plan(rows_of(sources, list(option_names())), defaults, output)
    tally = Tally(Console(quiet))
    chosen = engine_called(engine)
    with closing(
        run(songs, engine=chosen, workers=workers, threads=threads, retry_failed=retry_failed)
    ) as reports:
        for report in reports:
            tally.add(report)
            if as_json:
                print(json.dumps(report.as_dict(), ensure_ascii=False), flush=True)
            elif report.status == "sung":
                for result in report.results:
                    print(result["output"], flush=True)
    tally.close()
    if tally.failure_codes:
        raise typer.Exit(next(code for code in (*GRAVEST_FIRST, *tally.failure_codes) if code in tally.failure_codes))


def engine_called(name: str) -> Engine:
    """The engine by its name. Raises ExtraMissingError."""
    if name == "ray":
        from svs_cli.batch.ray_engine import load_ray, on_ray

        load_ray()
        return on_ray
    from svs_cli.batch.run import processes

    return processes


@dataclass
class Tally:
    """Counts songs, says on stderr what failed and how far the batch is."""

    console: Console
    counts: Counter[str] = field(default_factory=Counter)
    failure_codes: set[int] = field(default_factory=set)
    sung_seconds: float = 0.0
    started: float = field(default_factory=time.monotonic)

    def add(self, report: Report) -> None:
        """One more song is done."""
        self.counts[report.status] += 1
        self.sung_seconds += report.sung_seconds
        for result in report.results if report.status == "sung" else ():
            self.console.warn(f"{report.song.where}: {warning}" for warning in result["warnings"])
        if report.failure:
            self.failure_codes.add(report.failure.exit_code)
            fix = f"\n  fix: {report.failure.fix}" if report.failure.fix else ""
            self.console.note(f"failed: {report.song.where}: {report.failure.message}{fix}")
        done = sum(self.counts.values())
        self.console.stage(f"{done} of {report.of} songs, {self.speed()}", done / report.of)

    def close(self) -> None:
        """The last line."""
        self.console.finish()
        counts = self.counts
        self.console.note(
            f"{counts['sung']} sung, {counts['kept']} already there, {counts['failed']} failed; {self.speed()}"
        )

    def speed(self) -> str:
        """How fast it goes: elapsed time over sound made."""
        elapsed_seconds = time.monotonic() - self.started
        if not self.sung_seconds:
            return f"{elapsed_seconds:.0f} s"
        factor = elapsed_seconds / self.sung_seconds
        return f"{self.sung_seconds:.0f} s of sound in {elapsed_seconds:.0f} s, real-time factor {factor:.3f}"
