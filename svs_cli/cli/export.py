"""`svs export`: models for other programs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from svs_cli.cli.completion import complete_vocoder
from svs_cli.cli.console import Console
from svs_cli.cli.options import JsonOption, QuietOption

if TYPE_CHECKING:
    from svs_cli.vocoder.export_onnx import VocoderExport

export_app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help="Write models for other programs, as ONNX.")


@export_app.callback()
def export() -> None:
    """Write models for other programs, as ONNX."""


@export_app.command("vocoder")
def vocoder_command(
    model: Annotated[
        str, typer.Argument(metavar="NAME", help="A trained vocoder's name or folder.", autocompletion=complete_vocoder)
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder that takes the package.")],
    name: Annotated[str | None, typer.Option("--name", help="The package's name; by default the model's.")] = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Write a vocoder for OpenUtau and DiffSinger, and compare it with torch first."""
    from svs_cli.voices.library import find_vocoder

    console = Console(quiet)
    folder = find_vocoder(model)
    console.note(f"exporting {folder.name}: this takes half a minute")
    from svs_cli.vocoder.export_onnx import export_vocoder

    done = export_vocoder(folder, output, name)
    if as_json:
        print(json.dumps(described(done), ensure_ascii=False, indent=1))
        return
    for found in done.agreements:
        print(
            f"{found.frames} frames: onnxruntime and torch differ by {found.largest_difference:.2g} at most, "
            f"{found.relative_difference:.2g} of the peak"
        )
    for file in done.files:
        print(done.folder / file)


def described(done: VocoderExport) -> dict[str, Any]:
    """An export as plain values."""
    return {
        "folder": str(done.folder),
        "files": list(done.files),
        "graph_bytes": done.graph_bytes,
        "check": [
            {
                "frames": found.frames,
                "largest_difference": found.largest_difference,
                "peak": found.peak,
                "relative_difference": found.relative_difference,
            }
            for found in done.agreements
        ],
    }
