"""`svs plot`: a picture of a score, a performance, a spectrogram or a recording."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from svs_cli.cli.console import Console
from svs_cli.cli.options import (
    ChordOption,
    KeyOption,
    LanguageOption,
    PartOption,
    QuietOption,
    SeedOption,
    TempoOption,
    VerseOption,
)
from svs_cli.cli.streams import PIPE, check_output, read_document, read_spectrogram, write_output
from svs_cli.errors import DataError, UsageError

if TYPE_CHECKING:
    from svs_cli.performance.document import Performance
    from svs_cli.plots.bars import Stretch
    from svs_cli.plots.scene import Scene

AUDIO_SUFFIXES = frozenset({".wav", ".flac", ".ogg", ".mp3", ".aif", ".aiff"})
LONGEST_PICTURE_SECONDS = 40.0
LONGEST_PAGE_SECONDS = 24.0
DEFAULT_FORMAT = "png"


@dataclass(frozen=True)
class ScoreOptions:
    """How a score is read, as `svs synth` reads it."""

    language: str | None = None
    part: str | None = None
    verse: int | None = None
    chord: str = "top"
    key_semitones: float = 0.0
    tempo_factor: float = 1.0
    seed: int = 0


def plot_command(
    source: Annotated[str, typer.Argument(help="A score, a .ds, a .mel.npz, or a recording; - is a piped .ds.")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="A .png, .svg or .pdf; by default the source's name, here, as PNG."),
    ] = None,
    audio: Annotated[
        Path | None, typer.Option("--audio", help="What was sung: adds the heard F0, level and spectrogram.")
    ] = None,
    against: Annotated[
        list[Path] | None,
        typer.Option("--against", help="Other .ds documents of the song whose F0 is drawn too; four at most."),
    ] = None,
    bars: Annotated[str | None, typer.Option("--bars", help="Only these bars, e.g. 5-8.")] = None,
    seconds: Annotated[str | None, typer.Option("--seconds", help="Only from:to, in seconds, e.g. 3:10.")] = None,
    language: LanguageOption = None,
    part: PartOption = None,
    verse: VerseOption = None,
    chord: ChordOption = "top",
    key: KeyOption = 0.0,
    tempo: TempoOption = 1.0,
    seed: SeedOption = 0,
    quiet: QuietOption = False,
) -> None:
    """Draw notes, lyrics, phones, F0, dynamics and spectrogram on one time axis. Prints the picture's path."""
    target = output or Path(f"{stem_of(source)}.{DEFAULT_FORMAT}")
    check_output(target, "a picture")  # no input ends as a picture does
    format = picture_format(target)
    console = Console(quiet)
    scene = read_scene(source, audio, ScoreOptions(language, part, verse, chord, key, tempo, seed), console)
    scene = with_documents(scene, against or [])
    stretches, note = choose_stretches(scene, bars, seconds, format)
    if note:
        console.note(note)
    from svs_cli.plots.figure import draw

    write_output(draw(scene, stretches, format), target)
    if str(target) != PIPE:
        print(target)


def stem_of(source: str) -> str:
    """The source's name without its endings. Raises UsageError for a pipe.

    >>> stem_of("out/song.mel.npz"), stem_of("song.pitch.ds")
    ('song', 'song.pitch')
    """
    if source == PIPE:
        raise UsageError("a piped document has no name", fix="name the output with -o")
    return Path(source).name.removesuffix(".mel.npz") if source.endswith(".mel.npz") else Path(source).stem


def picture_format(target: Path) -> str:
    """"png", "svg" or "pdf", from the name; PNG for a pipe. Raises UsageError."""
    from svs_cli.plots.figure import FORMATS

    if str(target) == PIPE:
        return DEFAULT_FORMAT
    suffix = target.suffix.lower().lstrip(".")
    if suffix not in FORMATS:
        raise UsageError(
            f"svs cannot tell the picture's format from {target.name!r}",
            fix=f"end its name with one of: {', '.join('.' + format for format in FORMATS)}",
        )
    return suffix


def read_scene(source: str, audio: Path | None, options: ScoreOptions, console: Console) -> Scene:
    """Whatever the source is, as a scene. Raises SvsError."""
    from svs_cli.evaluation.extract import read_audio
    from svs_cli.plots.scene import scene_of, scene_of_sound, scene_of_spectrogram
    from svs_cli.plots.sound import heard_in

    suffix = Path(source).suffix.lower()
    if suffix in AUDIO_SUFFIXES:
        if audio is not None:
            raise UsageError(f"{source} is a recording already", fix="leave --audio out, or plot the .ds or the score")
        return scene_of_sound(heard_in(read_audio(Path(source))), stem_of(source))
    heard = heard_in(read_audio(audio)) if audio is not None else None
    if suffix == ".npz":
        return scene_of_spectrogram(read_spectrogram(source), stem_of(source), heard)
    performance = read_performance(source, options, console)
    return scene_of(performance, heard, "" if source == PIPE else stem_of(source))


def with_documents(scene: Scene, paths: list[Path]) -> Scene:
    """The scene with the F0 of other documents, called after their files. Raises UsageError, PerformanceError."""
    from svs_cli.plots.scene import with_others
    from svs_cli.plots.view import OTHERS

    if len(paths) > len(OTHERS):
        raise UsageError(f"{len(paths)} more curves could not be told apart", fix=f"compare {len(OTHERS)} at most")
    return with_others(scene, [(stem_of(str(path)).rpartition(".")[2], read_document(str(path))) for path in paths])


def read_performance(source: str, options: ScoreOptions, console: Console) -> Performance:
    """A document with timing and F0: as they are in a `.ds`, as synth would sing them where they are missing."""
    from svs_cli.plots.scene import completed
    from svs_cli.score.read import is_performance

    if source == PIPE or is_performance(Path(source)):
        refuse_score_options(options)
        document = read_document(source)
    else:
        document = draft_of(Path(source), options)
    console.warn(document.warnings)
    return completed(document, options.seed)


def refuse_score_options(options: ScoreOptions) -> None:
    """Raise UsageError for options that a `.ds` document has settled already."""
    plain = ScoreOptions()
    for option, name in (
        ("--lang", "language"), ("--part", "part"), ("--verse", "verse"), ("--chord", "chord"),
        ("--key", "key_semitones"), ("--tempo", "tempo_factor"),
    ):  # fmt: skip
        if getattr(options, name) != getattr(plain, name):
            raise UsageError(f"{option} cannot change a .ds document", fix="give it to 'svs score', which writes one")


def draft_of(path: Path, options: ScoreOptions) -> Performance:
    """The draft of a score's part. Raises SvsError."""
    from svs_cli.cli.score import choose_parts, prepare_score
    from svs_cli.frontend.draft import draft

    if not path.exists():
        raise DataError(f"there is no file {path}")
    score = prepare_score(
        path, verse=options.verse, chord=options.chord, key_semitones=options.key_semitones,
        tempo_factor=options.tempo_factor,
    )  # fmt: skip
    parts = choose_parts(score, options.part)
    if len(parts) > 1:
        raise UsageError("a picture shows one part", fix="choose it by name or number with --part")
    return draft(score, parts[0], language=options.language)


def choose_stretches(
    scene: Scene, bars: str | None, seconds: str | None, format: str
) -> tuple[list[Stretch], str]:
    """The pages to draw, and what to tell the user if that is not all. Raises UsageError."""
    from svs_cli.plots.bars import Stretch, bars_in, pages, stretch_of_bars, stretch_of_seconds

    if bars is not None and seconds is not None:
        raise UsageError("--bars and --seconds choose the same thing", fix="use one of them")
    end = scene.duration_seconds
    whole = Stretch(0.0, end)
    if bars is not None:
        whole = stretch_of_bars(bars, scene.bars, end)
    elif seconds is not None:
        whole = stretch_of_seconds(seconds, end)
    if format == "pdf":
        cut = whole.seconds > LONGEST_PICTURE_SECONDS
        return (pages(scene.bars, whole, LONGEST_PAGE_SECONDS) if cut else [whole]), ""
    if whole.seconds <= LONGEST_PICTURE_SECONDS or bars is not None or seconds is not None:
        return [whole], ""
    first = pages(scene.bars, whole, LONGEST_PAGE_SECONDS)[0]
    what = bars_in(scene.bars, first) or f"the first {first.seconds:.0f} s"
    return [first], (
        f"the piece lasts {end:.0f} s: the picture shows {what}; choose others with --bars or --seconds, "
        "or write a .pdf with a page for each stretch"
    )
