"""`svs corpus teach`: exactly labelled speech of a controllable text-to-speech voice."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from svs_cli.cli.completion import complete_language, offering
from svs_cli.cli.console import Console
from svs_cli.cli.options import JsonOption, QuietOption

VOICES = ("alpha", "gongitsune", "nezumi", "tebukuro", "kumo")  # the teacher's module loads numpy; a test compares


@offering
def complete_teacher() -> list[tuple[str, str]]:
    """The teacher's voices."""
    return [(name, "") for name in VOICES]


def teach_command(
    texts: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="TEXTS",
            help="Text files, one sentence a line; by default those that ship with svs for the language.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Folder for audio and manifest; by default $SVS_HOME/teacher/<lang>."),
    ] = None,
    language: Annotated[
        str,
        typer.Option(
            "--lang", "--language", help="Language of the sentences, e.g. fr.", autocompletion=complete_language
        ),
    ] = "en",
    voice: Annotated[
        list[str] | None,
        typer.Option(
            help="A voice or a mixture, e.g. alpha or kumo:0.6+tebukuro:0.4; may be repeated.",
            autocompletion=complete_teacher,
        ),
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only so many sentences, from the first.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Another number gives other tempos, notes and pauses.")] = 0,
    threads: Annotated[int, typer.Option(min=1, help="Processor cores to use.")] = 1,
    json_output: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Have sentences spoken and sung by a public voice whose every phone has a known time. Prints the manifest's path.

    It teaches the aligner, and fills in phones that no recording at hand has. A run that was interrupted goes on
    where it stopped. Needs the extra 'teacher'.
    """
    from svs_cli.bundled import home
    from svs_cli.corpus.teacher.speaker import load_network
    from svs_cli.corpus.teacher.teach import MANIFEST, teach
    from svs_cli.corpus.teacher.texts import read_sentences, shipped_texts
    from svs_cli.corpus.teacher.voices import DEFAULT_VOICES, parse_voice
    from svs_cli.frontend.languages import language_code

    code = language_code(language)
    voices = voice or list(DEFAULT_VOICES)
    for name in voices:
        parse_voice(name)
    console = Console(quiet)
    sentences, left_out = read_sentences(texts or [shipped_texts(code)], code)
    console.warn(left_out)
    folder = output or home() / "teacher" / code
    network = load_network(home() / "teacher", threads)
    recordings = teach(
        sentences[:limit], voices, code, folder, network, seed, lambda share: console.stage(f"teaching {code}", share)
    )
    console.finish()
    seconds = sum(recording.phone_ends_seconds[-1] for recording in recordings)
    failed = len(sentences[:limit]) * len(voices) - len(recordings)
    if failed:
        left_out.append(f"{failed} sentences did not come out well in a voice")
        console.warn(left_out[-1:])
    console.note(f"{len(recordings)} recordings of {len(voices)} speakers, {seconds / 60:.1f} minutes")
    result = {
        "manifest": str(folder / MANIFEST),
        "recordings": len(recordings),
        "seconds": round(seconds, 2),
        "left_out": left_out,
    }
    print(json.dumps(result, ensure_ascii=False) if json_output else folder / MANIFEST)
