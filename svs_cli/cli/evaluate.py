"""`svs evaluate`: how well a sound does what its score asks, in the figures of the field."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from svs_cli.cli.completion import complete_f0, complete_judge, complete_voice
from svs_cli.cli.console import Console
from svs_cli.cli.evaluate_controls import ControlsOption, evaluate_controls
from svs_cli.cli.evaluate_copies import (
    Choice,
    CopySynthesisOption,
    GroupOption,
    JobsOption,
    LimitOption,
    ShiftOption,
    SplitOption,
    SweepOption,
    copy_config,
    evaluate_copies,
    refuse,
)
from svs_cli.cli.evaluate_resing import DynamicsOption, JoinOption, ResingOption, evaluate_resung, resing_config
from svs_cli.cli.options import (
    AcousticOption,
    DeviceOption,
    JsonOption,
    LanguageOption,
    QuietOption,
    SeedOption,
    StepsOption,
    VocoderOption,
)
from svs_cli.errors import UsageError

if TYPE_CHECKING:
    from svs_cli.evaluation.evaluate import Keep
    from svs_cli.evaluation.extract import F0Extractor
    from svs_cli.evaluation.judges import Bench
    from svs_cli.evaluation.rows import Samples, Singing


def evaluate_command(
    inputs: Annotated[
        list[str],
        typer.Argument(metavar="FILE", help="Audio, or scores and .ds to sing first, or a .csv or .jsonl of pairs."),
    ],
    document: Annotated[
        Path | None, typer.Option("--ds", help="What the audio sings: a .ds or score, or a folder of them.")
    ] = None,
    reference: Annotated[
        Path | None, typer.Option("--reference", help="A recording of the same song, or a folder of them.")
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Also write an HTML report here.")] = None,
    voice: Annotated[
        list[str] | None,
        typer.Option(
            "--voice", envvar="SVS_VOICE", help="Who sings; several make a row each.", autocompletion=complete_voice
        ),
    ] = None,
    f0: Annotated[
        str,
        typer.Option("--f0", help="Who listens for the pitch: praat or harvest.", autocompletion=complete_f0),
    ] = "praat",
    f0_range: Annotated[
        str, typer.Option("--f0-range", help="Where the pitch may lie, in Hz: by default a bass to a soprano.")
    ] = "50-1400",
    baselines: Annotated[
        bool, typer.Option("--baselines/--no-baselines", help="The rows of rule and copy-synthesis beside the sound.")
    ] = True,
    language: LanguageOption = None,
    part: Annotated[str | None, typer.Option("--part", help="A score's part, by name or number.")] = None,
    key: Annotated[
        float | None,
        typer.Option(
            "--key",
            min=-48,
            max=48,
            help="Transpose by so many semitones; with --resing the octave that fits is the default.",
        ),
    ] = None,
    seed: SeedOption = 0,
    steps: StepsOption = None,
    device: DeviceOption = "auto",
    acoustic: AcousticOption = None,
    vocoder: VocoderOption = None,
    judge: Annotated[
        list[str] | None,
        typer.Option(
            "--judge",
            help="Also ask a predictor: naturalness, words, phones or speaker.",
            autocompletion=complete_judge,
        ),
    ] = None,
    whisper_model: Annotated[
        Path | None, typer.Option("--whisper-model", help="Folder of a faster-whisper model, for the judge of words.")
    ] = None,
    speaker: Annotated[
        Path | None, typer.Option("--speaker", help="A recording of the singer, for the judge of the speaker.")
    ] = None,
    save_audio: Annotated[
        Path | None, typer.Option("--save-audio", help="Folder for the sound of every row, to listen to.")
    ] = None,
    copy_synthesis: CopySynthesisOption = None,
    shift: ShiftOption = None,
    sweep: SweepOption = False,
    group: GroupOption = None,
    split: SplitOption = "",
    limit: LimitOption = None,
    jobs: JobsOption = None,
    controls: ControlsOption = None,
    resing: ResingOption = False,
    dynamics: DynamicsOption = True,
    join: JoinOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Measure audio against the score it sings: pitch, notes, voicing, onsets, lengths; and against a recording.

    With --copy-synthesis, measure what vocoders keep of recordings instead (a corpus manifest or a shard may be named
    then); with --resing, what voices make of labelled recordings; with --controls, what drawing a technique curve does
    to the sound.
    """
    from svs_cli.evaluation.extract import F0Extractor
    from svs_cli.evaluation.rows import Singing

    console = Console(quiet)
    extractor = F0Extractor(f0, *f0_bounds(f0_range))  # type: ignore[arg-type]  # it refuses other names itself
    singing = Singing(
        voices=tuple(voice or ()), acoustic=acoustic, vocoder=vocoder, device=device, seed=seed, steps=steps,
        language=language, part=part, key_semitones=key,
    )  # fmt: skip
    of_songs = {
        "--ds": document, "--reference": reference, "--output": output, "--speaker": speaker,
        "--whisper-model": whisper_model,
    }  # fmt: skip
    of_singing = {
        "--lang": language, "--part": part, "--key": key, "--steps": steps, "--acoustic": acoustic, "--vocoder": vocoder
    }  # fmt: skip
    of_copies = {
        "--shift": shift, "--sweep": sweep, "--group": group, "--split": split, "--limit": limit, "--jobs": jobs
    }  # fmt: skip
    if copy_synthesis:
        others: dict[str, object] = {
            **of_songs, **of_singing, "--controls": controls, "--resing": resing, "--join": join
        }  # fmt: skip
        refuse(others, "goes ill with --copy-synthesis", "leave one out")
        config = copy_config(copy_synthesis, baselines, shift, extractor, judge, device, seed, save_audio)
        choice = Choice(split, limit, tuple(group or ()), sweep)
        evaluate_copies(inputs, config, choice, jobs, as_json=as_json, console=console)
        return
    if resing:
        unfit: dict[str, object] = {**of_songs, "--controls": controls, "--shift": shift, "--sweep": sweep}
        unfit |= {"--lang": language, "--part": part, "--whisper-model": None}
        refuse(unfit, "goes ill with --resing", "leave one out")
        bench = bench_of(judge, whisper_model, None)
        choice = Choice(split, limit, tuple(group or ()), join_seconds=join)
        recordings = resing_config(singing, dynamics, extractor, bench, save_audio)
        evaluate_resung(inputs, recordings, choice, jobs, as_json=as_json, console=console)
        return
    refuse({"--no-dynamics": not dynamics, "--join": join}, "is about recordings sung again", "add --resing")
    refuse(of_copies, "is about copies of recordings", "name a vocoder with --copy-synthesis, or add --resing")
    if controls:
        sung = {**of_songs, "--judge": judge, "--save-audio": save_audio}
        refuse(sung, "goes ill with --controls", "leave one out")
        evaluate_controls(inputs, controls, singing, extractor, as_json=as_json, console=console)
        return
    pairs = (inputs, document, reference)
    evaluate_songs(
        pairs, singing, extractor, bench_of(judge, whisper_model, speaker), baselines=baselines, output=output,
        save_audio=save_audio, as_json=as_json, console=console,
    )  # fmt: skip


def evaluate_songs(
    named: tuple[list[str], Path | None, Path | None],
    singing: Singing,
    extractor: F0Extractor,
    bench: Bench,
    *,
    baselines: bool,
    output: Path | None,
    save_audio: Path | None,
    as_json: bool,
    console: Console,
) -> None:
    """Measure songs against what they sing and print it; `named` are inputs, documents and references."""
    from svs_cli.atomic import write_text
    from svs_cli.cli.streams import check_output
    from svs_cli.evaluation.evaluate import evaluate
    from svs_cli.evaluation.pairs import pairs_of
    from svs_cli.evaluation.report import as_html, as_text
    from svs_cli.evaluation.report import as_json as as_plain

    if output is not None:
        check_output(output, "a report", *named[0], *(path for path in named[1:] if path is not None))
    evaluation = evaluate(
        pairs_of(*named), singing, extractor=extractor, bench=bench, baselines=baselines, progress=console.stage,
        keep=keeper(save_audio),
    )  # fmt: skip
    console.finish()
    console.warn(evaluation.warnings)
    if output is not None:
        write_text(output, as_html(evaluation))
    print(json.dumps(as_plain(evaluation), ensure_ascii=False) if as_json else as_text(evaluation), flush=True)


def f0_bounds(text: str) -> tuple[float, float]:
    """"50-1400" as two numbers. Raises UsageError.

    >>> f0_bounds("80-500")
    (80.0, 500.0)
    """
    low, _, high = text.partition("-")
    try:
        return float(low), float(high)
    except ValueError:
        raise UsageError(f"--f0-range {text!r} is no range", fix="write lowest and highest Hz, e.g. 50-1400") from None


def bench_of(judges: list[str] | None, whisper_folder: Path | None, speaker: Path | None) -> Bench:
    """The judges that are asked for. Raises UsageError or DataError."""
    from svs_cli.evaluation.extract import read_audio
    from svs_cli.evaluation.judges import Bench

    samples = None if speaker is None else read_audio(speaker)
    asked = tuple(dict.fromkeys(judges or ()))
    return Bench(asked, whisper_folder, samples)  # type: ignore[arg-type]  # it refuses other names itself


def keeper(folder: Path | None) -> Keep:
    """What becomes of each row's sound: a WAV file in the folder, or nothing. Raises UsageError."""
    if folder is None:
        return lambda row, title, samples: None
    from svs_cli.audio import Tags, write_audio
    from svs_cli.cli.job import make_folder, unique_names
    from svs_cli.units import GRID

    make_folder(folder)

    def keep(row: str, title: str, samples: Samples) -> None:
        (name,) = unique_names([row])
        tags = Tags(title=title, comment=f"svs evaluate, row {row}")
        write_audio(folder / f"{title}.{name}.wav", samples, GRID.sample_rate_hz, "wav", tags)

    return keep
