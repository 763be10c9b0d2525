"""Options that several commands share, so that they mean the same everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from svs_cli.cli.completion import (
    complete_acoustic,
    complete_chord,
    complete_device,
    complete_language,
    complete_pitch_model,
    complete_style,
    complete_timing,
    complete_vocoder,
    complete_voice,
)
from svs_cli.errors import UsageError

VoiceOption = Annotated[
    str | None,
    typer.Option(
        "--voice",
        envvar="SVS_VOICE",
        help="Who sings; 'svs voices list' shows all.",
        autocompletion=complete_voice,
    ),
]
LanguageOption = Annotated[
    str | None,
    typer.Option(
        "--lang",
        help="Language of the lyrics, e.g. ja; found out from them by default.",
        autocompletion=complete_language,
    ),
]
PartOption = Annotated[
    str | None, typer.Option("--part", help="The part's name or number. Default: first with lyrics.")
]
VerseOption = Annotated[
    int | None, typer.Option("--verse", min=1, help="Sing this verse; by default each repeat takes the next one.")
]
ChordOption = Annotated[
    str,
    typer.Option(
        "--chord",
        help="Which note of a chord: top, bottom, or 1 from the top.",
        autocompletion=complete_chord,
    ),
]
KeyOption = Annotated[
    float, typer.Option("--key", min=-48, max=48, help="Transpose by this many semitones, e.g. -3 or 0.5.")
]
TempoOption = Annotated[
    float, typer.Option("--tempo", min=0.1, max=10, help="Speed factor: 0.9 is a tenth slower, 2 twice as fast.")
]
ExpressionOption = Annotated[
    float,
    typer.Option("--expression", min=0, max=2, help="How far dynamics and articulation are followed; 0 sings flat."),
]
SingOption = Annotated[
    Path | None,
    typer.Option("--sing", metavar="FILE", help="Wishes for single notes; default: the score's own .sing.toml."),
]
SeedOption = Annotated[int, typer.Option("--seed", min=0, help="Another number is another take of the same song.")]
StepsOption = Annotated[
    int | None, typer.Option("--steps", min=1, max=1000, help="Steps of the acoustic sampler: more is slower, finer.")
]
DeviceOption = Annotated[
    str,
    typer.Option(
        "--device",
        help="auto, or a device that 'svs doctor' shows, e.g. cpu or cuda.",
        autocompletion=complete_device,
    ),
]
AcousticOption = Annotated[
    str | None,
    typer.Option(
        "--acoustic",
        help="Instead of the voice's own model: rule, neural, or a model's name.",
        autocompletion=complete_acoustic,
    ),
]
VocoderOption = Annotated[
    str | None,
    typer.Option(
        "--vocoder",
        help="Instead of the voice's own: world, neural, or a model's name or folder.",
        autocompletion=complete_vocoder,
    ),
]
PitchModelOption = Annotated[
    str | None,
    typer.Option(
        "--pitch-model",
        help="rule, or a model's name; by default the one that ships with svs.",
        autocompletion=complete_pitch_model,
    ),
]
StyleOption = Annotated[
    str | None,
    typer.Option("--style", help="How it is sung, e.g. pop or straight.", autocompletion=complete_style),
]
TimingOption = Annotated[
    str | None,
    typer.Option(
        "--timing",
        help="Instead of the shipped timing model: rule, neural, or a model's name.",
        autocompletion=complete_timing,
    ),
]
SwingOption = Annotated[
    float, typer.Option("--swing", min=0, max=1, help="Notes between two beats come later; 1 is triplets.")
]
RubatoOption = Annotated[
    float, typer.Option("--rubato", min=0, max=1, help="Phrases begin and end slower; each keeps its length.")
]
HumaniseOption = Annotated[
    float, typer.Option("--humanise", min=0, max=200, metavar="MS", help="Onsets off by chance, by about this much.")
]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="No warnings and no progress on stderr.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
DocumentArgument = Annotated[str, typer.Argument(metavar="FILE", help="A .ds document; - is standard input.")]
DocumentOutput = Annotated[
    Path, typer.Option("--output", "-o", help="Where the .ds document goes; - is standard output.")
]
MovedOption = Annotated[
    str | None,
    typer.Option("--moved", metavar="OLD=NEW", help="Look for the audio of folder OLD in folder NEW."),
]


def moved_folders(text: str | None) -> tuple[Path, Path] | None:
    """The two folders of "old=new", absolute as in manifests. Raises UsageError.

    >>> moved_folders("/old/bank=/new/bank")
    (PosixPath('/old/bank'), PosixPath('/new/bank'))
    """
    if text is None:
        return None
    old, equals, new = text.partition("=")
    if not (old and equals and new):
        raise UsageError(f"{text!r} is not of the form OLD=NEW", fix="name the old and the new folder")
    return Path(old).absolute(), Path(new).absolute()
