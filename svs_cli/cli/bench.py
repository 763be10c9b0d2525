"""`svs bench`: how fast this machine sings, and how much memory it takes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from svs_cli.cli.console import Console
from svs_cli.cli.options import (
    AcousticOption,
    DeviceOption,
    JsonOption,
    QuietOption,
    StepsOption,
    VocoderOption,
    VoiceOption,
)
from svs_cli.cli.streams import PIPE, write_output


def bench_command(
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Where the report goes; - is standard output.")
    ] = Path(PIPE),
    quick: Annotated[bool, typer.Option("--quick", help="Only songs of 10 and 30 s: under a minute.")] = False,
    voice: VoiceOption = None,
    steps: StepsOption = None,
    threads: Annotated[
        int | None, typer.Option("--threads", min=1, max=1024, help="Threads; by default one a core.")
    ] = None,
    device: DeviceOption = "auto",
    acoustic: AcousticOption = None,
    vocoder: VocoderOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Measure time and memory of every stage, cold and warm, and how they grow with the length of the song."""
    from svs_cli.atomic import check_writable
    from svs_cli.bench.measure import Singing
    from svs_cli.bench.run import bench
    from svs_cli.bench.table import report

    if str(output) != PIPE:
        check_writable(output)
    console = Console(quiet)
    singing = Singing(voice, acoustic, vocoder, steps, device)
    result = bench(singing, threads=threads, quick=quick, progress=console.stage)
    console.finish()
    text = json.dumps(result.as_dict(), ensure_ascii=False, indent=1) + "\n" if as_json else report(result)
    write_output(text.encode("utf-8"), output)
