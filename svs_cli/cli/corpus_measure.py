"""`svs corpus measure`: technique curves for feature shards."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from svs_cli.cli.console import Console
from svs_cli.cli.options import QuietOption


def measure_command(
    shards: Annotated[list[Path], typer.Argument(metavar="SHARD", help="Feature shards with samples.")],
    jobs: Annotated[
        int | None, typer.Option("--jobs", "-j", min=1, help="Processes at once; by default one for each core.")
    ] = None,
    quiet: QuietOption = False,
) -> None:
    """Add energy, breathiness and tension to shards that lack them. Prints the path of each shard that was changed."""
    from svs_cli.corpus.preparing.technique import add_curves

    console = Console(quiet)
    changed = add_curves(shards, jobs, console.stage)
    console.finish()
    for path in changed:
        print(path)
