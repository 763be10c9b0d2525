"""`svs takes`: a song, or some bars of it, several times; measured, ranked, and the best kept."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from svs_cli.cli.completion import complete_judge, complete_keep
from svs_cli.cli.console import Console
from svs_cli.cli.options import (
    DeviceOption,
    ExpressionOption,
    JsonOption,
    KeyOption,
    LanguageOption,
    PartOption,
    QuietOption,
    SeedOption,
    SingOption,
    StepsOption,
    TempoOption,
    VoiceOption,
)
from svs_cli.cli.sound import DEFAULT_FORMAT, AudioFormat, output_format
from svs_cli.errors import UsageError

if TYPE_CHECKING:
    from svs_cli.cli.job import Job, Material
    from svs_cli.evaluation.judges import Bench
    from svs_cli.evaluation.takes import Figures
    from svs_cli.performance.document import Performance
    from svs_cli.pipeline import Rendering
    from svs_cli.voices.singer import Singer

Keep = Literal["best", "all"]
KEEPS: tuple[Keep, ...] = ("best", "all")
MOST_TAKES = 100
SHOWN = {
    "f0_median_absolute_cents": ("F0 error, cents", 1.0, 1),
    "note_accuracy": ("in tune, %", 100.0, 1),
    "onset_median_absolute_ms": ("onsets, ms", 1.0, 1),
    "onset_detected": ("onsets heard, %", 100.0, 1),
    "roughness_db": ("roughness, dB", 1.0, 2),
    "naturalness_mos": ("naturalness", 1.0, 2),
    "character_error_rate": ("wrong letters, %", 100.0, 1),
    "phone_error_rate": ("wrong phones, %", 100.0, 1),
}


@dataclass(frozen=True)
class TakeFile:
    """One take: its seed, the files it went to (empty if it was not kept), its place among the others."""

    place: int
    seed: int
    mean_rank: float
    audio: str
    document: str
    figures: Figures

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return {"place": self.place, "seed": self.seed, "mean_rank": round(self.mean_rank, 3), "audio": self.audio,
                "document": self.document, **self.figures}  # fmt: skip


def takes_command(
    score: Annotated[str, typer.Argument(metavar="FILE", help="A score, or a .ds with F0.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for audio and .ds.")] = Path("takes"),
    count: Annotated[int, typer.Option("--n", min=2, max=MOST_TAKES, help="How many takes.")] = 5,
    bars: Annotated[str | None, typer.Option("--bars", help="Only these bars are sung anew, e.g. 5-8.")] = None,
    seconds: Annotated[str | None, typer.Option("--seconds", help="Or this stretch of time, e.g. 3:10.")] = None,
    keep: Annotated[
        str, typer.Option("--keep", help="Which takes stay: best or all.", autocompletion=complete_keep)
    ] = "best",
    judge: Annotated[
        list[str] | None,
        typer.Option("--judge", help="Also ask a predictor: naturalness or phones.", autocompletion=complete_judge),
    ] = None,
    voice: VoiceOption = None,
    language: LanguageOption = None,
    part: PartOption = None,
    key: KeyOption = 0.0,
    tempo: TempoOption = 1.0,
    expression: ExpressionOption = 1.0,
    sing: SingOption = None,
    seed: SeedOption = 1,
    steps: StepsOption = None,
    device: DeviceOption = "auto",
    format: AudioFormat = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Sing a song, or some of its bars, several times, and keep the best take.

    Takes differ in pitch and timing, by their seeds. They are ranked by pitch, onsets and roughness, as measured by
    svs, and by what judges say. With --bars all takes are alike outside them. Prints a table, the best take first.
    """
    from svs_cli.cli.job import Job
    from svs_cli.evaluation.judges import Bench

    if keep not in KEEPS:
        raise UsageError(f"--keep {keep!r}: which takes?", fix=f"use {' or '.join(KEEPS)}")
    bench = Bench(tuple(dict.fromkeys(judge or ())))  # type: ignore[arg-type]  # it refuses other names itself
    job = Job(
        source=score, output=output, voice=voice, language=language, part=part, key_semitones=key, tempo_factor=tempo,
        expression=expression, sing=sing, seed=seed, steps=steps, device=device, format=format,
    )  # fmt: skip
    console = Console(quiet)
    found = takes(job, count, (bars, seconds), bench, keep_all=keep == "all", console=console)
    console.finish()
    print(json.dumps([take.as_dict() for take in found], ensure_ascii=False) if as_json else table(found), flush=True)


def takes(
    job: Job, count: int, stretch: tuple[str | None, str | None], bench: Bench, *, keep_all: bool, console: Console
) -> list[TakeFile]:
    """Sing, measure, rank, keep; the best first. `stretch` is bars or seconds as text, or neither. Raises SvsError."""
    from svs_cli.atomic import check_writable
    from svs_cli.cli.job import make_folder, read_material, singer_of
    from svs_cli.cli.sound import tags_for, write_sound
    from svs_cli.cli.streams import PIPE, write_document
    from svs_cli.evaluation.takes import figures_of

    bench.check()
    format = output_format(Path(), job.format or DEFAULT_FORMAT)
    material, *others = read_material(job)
    if others:
        raise UsageError("takes are of one part", fix="choose it by name or number with --part")
    folder, stem = job.output or Path(), "song" if job.source == PIPE else Path(job.source).stem
    make_folder(folder)
    check_writable(folder / f"{stem}.{format}")
    singer = singer_of(job)
    figures: list[Figures] = []
    files: list[tuple[int, Path]] = []
    with tempfile.TemporaryDirectory(prefix=".takes.", dir=folder) as waiting:  # what is interrupted leaves nothing
        for seed, rendering in renderings(material, job, count, stretch, singer, console):
            console.stage("measuring", len(figures) / count)
            audio = Path(waiting) / f"{stem}-{seed}.{format}"
            tags = tags_for(singer.card, rendering.performance.title or stem)
            console.warn((*rendering.performance.warnings, *write_sound(audio, rendering.samples, format, tags)))
            write_document(rendering.performance, audio.with_suffix(".ds"))
            figures.append(figures_of(rendering.performance, rendering.samples, bench))
            files.append((seed, audio))
        return kept_takes(figures, files, folder, keep_all=keep_all)


def kept_takes(
    figures: list[Figures], files: list[tuple[int, Path]], folder: Path, *, keep_all: bool
) -> list[TakeFile]:
    """The takes ranked, the best first; the files of those that are kept go to `folder`."""
    from svs_cli.evaluation.takes import ranked

    found = []
    for one in ranked(figures):
        seed, audio = files[one.number]
        names = ("", "")
        if keep_all or one.place == 1:
            document = audio.with_suffix(".ds")
            names = (str(folder / audio.name), str(folder / document.name))
            os.replace(audio, names[0])
            os.replace(document, names[1])
        found.append(TakeFile(one.place, seed, one.mean_rank, *names, figures[one.number]))
    return found


def renderings(
    material: Material,
    job: Job,
    count: int,
    stretch: tuple[str | None, str | None],
    singer: Singer,
    console: Console,
) -> Iterator[tuple[int, Rendering]]:
    """Each take's seed and rendering: the song with other seeds, or one song with a stretch of it sung anew."""
    from svs_cli.cli.retake import stretch_of
    from svs_cli.duration.variation import another_timing
    from svs_cli.editing.retake import retake
    from svs_cli.performance.document import Performance
    from svs_cli.pipeline import perform
    from svs_cli.voices.singer import Take, pitch_model_of

    line, whole = material[1], stretch == (None, None)
    first = Take(0, job.steps, console.stage, job.expression)
    seeds = range(job.seed, job.seed + count)
    if not isinstance(line, Performance):
        timed = timed_draft(material, job, singer, console)
        if whole:
            for seed in seeds:
                song = drawn(another_timing(timed, seed), singer, seed)
                yield seed, perform(seeded(song, replace(first, seed=seed)), singer, first)
            return
        line = drawn(timed, singer, first.seed)
    start, end = (0.0, line.duration_seconds) if whole else stretch_of(line, *stretch)
    pitch = pitch_model_of(line)
    for seed in seeds:
        yield seed, perform(as_in_file(retake(line, start, end, seed, pitch.predict, timing=True)), singer, first)


def timed_draft(material: Material, job: Job, singer: Singer, console: Console) -> Performance:
    """The part of a score with its phones in time, not yet with a pitch. Raises SvsError."""
    from svs_cli.frontend.draft import draft
    from svs_cli.parallel import single_threaded

    console.stage("lyrics", 0.0)
    score, part = material
    phones = singer.acoustic.phones()
    with single_threaded():
        return singer.duration.predict(
            draft(score, part, language=job.language, available=phones, expression=job.expression)  # type: ignore[arg-type]
        )


def drawn(timed: Performance, singer: Singer, seed: int) -> Performance:
    """The document with F0 and energy, as its file will hold it."""
    from svs_cli.parallel import single_threaded
    from svs_cli.performance.energy import rule_energy

    with single_threaded():
        return as_in_file(rule_energy(singer.pitch.predict(timed, seed)))


def as_in_file(performance: Performance) -> Performance:
    """The document with its numbers as a file holds them, so that the file gives the same samples again."""
    from svs_cli.performance.ds_file import from_json, to_json

    return from_json(to_json(performance))


def seeded(performance: Performance, take: Any) -> Performance:
    """The document with the seed that each phrase was sung with."""
    phrases = enumerate(performance.segments)
    return performance.with_(
        segments=tuple(phrase.with_(seed=take.own_seed_of(phrase, number)) for number, phrase in phrases)
    )


def table(found: list[TakeFile]) -> str:
    """The takes as text, the best first."""
    names = [name for name in SHOWN if any(take.figures.get(name) is not None for take in found)]
    rows = [["", "seed", "rank", *(SHOWN[name][0] for name in names), "file"]]
    for take in found:
        figures = [shown(take.figures.get(name), *SHOWN[name][1:]) for name in names]
        rows.append([f"{take.place}.", str(take.seed), f"{take.mean_rank:.2f}", *figures, take.audio])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    return "\n".join(line.rstrip() for line in lines)


def shown(value: float | None, factor: float, decimals: int) -> str:
    """A figure in a table.

    >>> shown(0.973, 100.0, 1), shown(None, 1.0, 1)
    ('97.3', '-')
    """
    return "-" if value is None else f"{value * factor:.{decimals}f}"
