"""`svs corpus prepare`: feature shards."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from svs_cli.cli.console import Console
from svs_cli.cli.options import JsonOption, MovedOption, QuietOption, moved_folders

if TYPE_CHECKING:
    from svs_cli.corpus.preparing.prepared import Prepared

REASONS_SHOWN = 10


def prepare_command(
    manifests: Annotated[
        list[Path], typer.Argument(metavar="MANIFEST", help="Manifests of 'svs corpus import' or 'svs align'.")
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder for the shards; by default $SVS_HOME/shards.")
    ] = None,
    compact: Annotated[
        bool, typer.Option("--compact", help="A tenth of the size: 8-bit mel, no samples, to send elsewhere.")
    ] = False,
    jobs: Annotated[
        int | None, typer.Option("--jobs", "-j", min=1, help="Processes at once; by default one for each core.")
    ] = None,
    dev: Annotated[float, typer.Option(min=0, max=0.5, help="Share of songs or prompts kept for checking.")] = 0.02,
    test: Annotated[float, typer.Option(min=0, max=0.5, help="Share kept for the final test.")] = 0.02,
    seed: Annotated[int, typer.Option(min=0, help="Another number keeps other songs.")] = 0,
    moved: MovedOption = None,
    rejected: Annotated[
        Path | None, typer.Option(help="Write what is left out, and why, as JSON lines to this file.")
    ] = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Cut, level and analyse recordings, and write them as feature shards for training. Prints the path of each."""
    from svs_cli.bundled import home
    from svs_cli.corpus.preparing.prepare import PrepareConfig, prepare
    from svs_cli.corpus.preparing.split import SplitConfig

    if rejected is not None:
        from svs_cli.atomic import check_writable

        check_writable(rejected)
    console = Console(quiet)
    config = PrepareConfig(SplitConfig(dev, test, seed), compact, jobs)
    result = prepare(
        manifests, output or home() / "shards", config, moved=moved_folders(moved), progress=console.stage
    )
    console.finish()
    report(result, rejected, console, as_json)


def report(result: Prepared, rejected: Path | None, console: Console, as_json: bool) -> None:
    """Write and print what was done."""
    if rejected is not None:
        from svs_cli.atomic import write_text

        write_text(rejected, "".join(item.to_json() + "\n" for item in result.rejected))
    for summary in result.speakers.values():
        console.note(summary.line())
    console.warn(f"left out: {item.reason}" for item in result.rejected[:REASONS_SHOWN])
    if len(result.rejected) > REASONS_SHOWN:
        console.warn([f"{len(result.rejected)} recordings are left out; --rejected FILE lists all of them"])
    if as_json:
        print(json.dumps(result.to_dict(), ensure_ascii=False, indent=2))
    else:
        for path in result.shards:
            print(path)
