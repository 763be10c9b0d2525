"""`svs voices`: who can sing, and on which terms."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from svs_cli.cli.completion import complete_voice
from svs_cli.cli.demos import demo_command
from svs_cli.cli.options import JsonOption

if TYPE_CHECKING:
    from svs_cli.voices.library import Voice

voices_app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help="The voices that can sing here.")


@voices_app.command("list")
def list_command(as_json: JsonOption = False) -> None:
    """List the voices: name, languages, range and licence."""
    from svs_cli.voices.library import default_voice_name, list_voices

    default = default_voice_name()
    voices = [described(voice, default) for voice in list_voices()]
    if as_json:
        print(json.dumps(voices, ensure_ascii=False, indent=1))
        return
    rows = [("NAME", "TITLE", "LANGUAGES", "RANGE", "LICENCE")]
    for voice in voices:
        name = f"{voice['name']}*" if voice["default"] else voice["name"]
        rows.append((name, voice["title"], " ".join(voice["languages"]), voice["range"], voice["licence"]))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    print("* sings when no voice is named")


@voices_app.command("show")
def show_command(
    name: Annotated[
        str, typer.Argument(help="A name that 'svs voices list' shows.", autocompletion=complete_voice)
    ],
    as_json: JsonOption = False,
) -> None:
    """Show all about one voice: its models, its terms, where it lies."""
    from svs_cli.voices.library import default_voice_name, load_voice

    voice = described(load_voice(name), default_voice_name())
    if as_json:
        print(json.dumps(voice, ensure_ascii=False, indent=1))
        return
    width = max(map(len, voice))
    for key, value in voice.items():
        if value not in ("", None, ()):
            text = " ".join(map(str, value)) if isinstance(value, (list, tuple)) else value
            print(f"{key.ljust(width)}  {text}")


def described(voice: Voice, default: str) -> dict[str, Any]:
    """A voice as plain values: its card, its ranges as note names, its folder."""
    card = asdict(voice.card)
    del card["kind"]
    comfortable = voice.card.comfortable_midi
    return {
        **card, "default": voice.name == default, "range": in_notes(voice.card.range_midi),
        "comfortable_range": "" if comfortable is None else in_notes(comfortable), "folder": str(voice.folder),
    }  # fmt: skip


def in_notes(range_midi: tuple[int, int]) -> str:
    """A range as it is written.

    >>> in_notes((54, 77))
    'F#3-F5'
    """
    from svs_cli.performance.ds_file import note_name

    return "-".join(map(note_name, range_midi))


voices_app.command("demo")(demo_command)
