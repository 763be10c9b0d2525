"""The work behind `svs synth`: which parts of which score go to which files, and what became of them."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from svs_cli.atomic import check_writable, write_bytes, write_text
from svs_cli.audio import SUBTYPES
from svs_cli.cli.console import Console
from svs_cli.cli.score import ALL_PARTS, choose_parts, prepare_score
from svs_cli.cli.sound import DEFAULT_FORMAT, output_format, tags_for, write_sound
from svs_cli.cli.streams import PIPE, read_document, refuse_terminal
from svs_cli.duration.feel import Feel, FeltDuration
from svs_cli.errors import UsageError
from svs_cli.performance.document import Performance
from svs_cli.pipeline import Rendering, perform
from svs_cli.pipeline import synth as synth_part
from svs_cli.score.model import Part, Score
from svs_cli.units import GRID
from svs_cli.voices.library import load_voice
from svs_cli.voices.singer import Singer, Take, load_duration_model, load_pitch_model, load_singer

Material = tuple[Score | None, Part | Performance]  # a part of a score, or a document alone


@dataclass(frozen=True)
class Job:
    """What `svs synth` was asked to do; None means the default that its help names."""

    source: str
    output: Path | None = None
    voice: str | None = None
    language: str | None = None
    part: str | None = None
    verse: int | None = None
    chord: str = "top"
    key_semitones: float = 0.0
    tempo_factor: float = 1.0
    expression: float = 1.0
    sing: Path | None = None
    seed: int = 0
    steps: int | None = None
    device: str = "auto"
    format: str | None = None
    acoustic: str | None = None
    vocoder: str | None = None
    timing: str | None = None
    pitch_model: str | None = None
    style: str | None = None
    swing: float = 0.0
    rubato: float = 0.0
    humanise_ms: float = 0.0
    stages_folder: Path | None = None


@dataclass(frozen=True)
class Result:
    """One rendered file; `real_time_factor` is work over sound, loading of models not counted."""

    output: str
    seconds: float
    title: str
    part: str
    voice: str
    language: str
    seed: int
    sample_rate_hz: int
    real_time_factor: float
    warnings: tuple[str, ...] = ()
    stages_seconds: dict[str, float] = field(default_factory=dict)

    @property
    def piped(self) -> bool:
        """Whether the sound went to standard output."""
        return self.output == PIPE

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self)


def singer_of(job: Job) -> Singer:
    """The voice that a job asks for, loaded. Raises SvsError."""
    return load_singer(load_voice(job.voice), device=job.device, acoustic=job.acoustic, vocoder=job.vocoder)


def timed_singer(job: Job, singer: Singer) -> Singer:
    """The singer with the job's own timing, liberties, pitch and style. Raises VoiceMissingError or UsageError."""
    feel = Feel(job.swing, job.rubato, job.humanise_ms, job.seed)
    model = singer.duration if job.timing is None else load_duration_model(job.timing)
    own = job.pitch_model is None and job.style is None
    pitch = singer.pitch if own else load_pitch_model(job.pitch_model, job.style)
    return replace(singer, duration=FeltDuration(model, feel) if feel else model, pitch=pitch)


def synth(job: Job, console: Console, load: Callable[[Job], Singer] = singer_of) -> Iterator[Result]:
    """Render what the job asks for, a file at a time; `load` may keep voices for later jobs. Raises SvsError."""
    if str(job.output) == PIPE:
        refuse_terminal("audio")
    console.stage("score")
    material = read_material(job)
    outputs = output_paths(job, material)
    for output in outputs:
        if str(output) != PIPE:
            check_writable(output)
    if job.stages_folder is not None:
        make_folder(job.stages_folder)
    console.stage("loading the voice")
    singer = timed_singer(job, load(job))
    for (score, line), output in zip(material, outputs, strict=True):
        started = time.perf_counter()
        take = Take(job.seed, job.steps, console.stage, job.expression, job.key_semitones, choir_of(material))
        if isinstance(line, Performance):
            rendering = perform(line, singer, take)
        else:
            rendering = synth_part(score, line, singer, job.language, take)  # type: ignore[arg-type]
        yield finish(job, singer, rendering, output, started, console)


def read_material(job: Job) -> list[Material]:
    """What is to be sung: a document alone, or parts of a score. Raises DataError or UsageError."""
    from svs_cli.score.read import is_performance

    if job.source == PIPE or is_performance(Path(job.source)):
        refuse_score_options(job)
        document = read_document(job.source)
        refuse_feel(job, document)
        return [(None, document)]
    score = prepare_score(
        Path(job.source), verse=job.verse, chord=job.chord, key_semitones=job.key_semitones,
        tempo_factor=job.tempo_factor, sing_file=job.sing,
    )  # fmt: skip
    return [(score, part) for part in choose_parts(score, job.part)]


def choir_of(material: list[Material]) -> tuple[Counter[float], ...]:
    """How often each of several parts has each note, () for one alone."""
    parts = [line for _, line in material if isinstance(line, Part)]
    return tuple(Counter(note.midi for note in part.notes) for part in parts) if len(parts) > 1 else ()


def refuse_score_options(job: Job) -> None:
    """Raise UsageError for options that a `.ds` document has settled already."""
    plain = Job(job.source)
    for option, name in (
        ("--lang", "language"), ("--part", "part"), ("--verse", "verse"), ("--chord", "chord"),
        ("--key", "key_semitones"), ("--tempo", "tempo_factor"), ("--expression", "expression"), ("--sing", "sing"),
    ):  # fmt: skip
        if getattr(job, name) != getattr(plain, name):
            raise UsageError(f"{option} cannot change a .ds document", fix="give it to 'svs score', which writes one")


def refuse_feel(job: Job, document: Performance) -> None:
    """Raise UsageError where liberties are asked of phones that have their lengths already."""
    timed = all(segment.phone_durations_seconds is not None for segment in document.segments)
    if timed and (job.swing or job.rubato or job.humanise_ms):
        raise UsageError(
            "the phones of this document have their lengths: no note of it moves",
            fix="give the option to 'svs duration'",
        )


def output_paths(job: Job, material: list[Material]) -> list[Path]:
    """One path a rendering. Raises UsageError."""
    if job.output is not None and str(job.output) == PIPE:
        if len(material) > 1:
            raise UsageError("several parts do not fit into one pipe", fix="choose one with --part, or name a folder")
        output_format(job.output, job.format)
        return [job.output]
    path = named_path(job)
    output_format(path, job.format)
    if job.part != ALL_PARTS:
        paths = [path]
    else:
        names = unique_names([line.name or line.id for _, line in material if isinstance(line, Part)])
        paths = [path.with_name(f"{path.stem}-{name}{path.suffix}") for name in names]
    if any(output.resolve() == Path(job.source).resolve() for output in paths):
        raise UsageError(f"{path} is the score itself", fix="name another file with -o")
    return paths


def named_path(job: Job) -> Path:
    """The output file for one part: as asked, or after the score, in the folder asked for or the current one."""
    if job.output is not None and not job.output.is_dir():
        return job.output if job.output.suffix.lower().lstrip(".") in SUBTYPES or job.format is None else (
            job.output.with_name(f"{job.output.name}.{job.format}")
        )
    if job.source == PIPE:
        raise UsageError("a piped document has no name", fix="name the audio file with -o")
    return (job.output or Path()) / f"{Path(job.source).stem}.{job.format or DEFAULT_FORMAT}"


def unique_names(names: list[str]) -> list[str]:
    """Part names as parts of file names, each different.

    >>> unique_names(["Soprano 1", "Alt/Mezzo", "Alt Mezzo", ""])
    ['soprano-1', 'alt-mezzo', 'alt-mezzo-2', 'part']
    """
    found: list[str] = []
    for name in names:
        slug = re.sub(r"[^\w]+", "-", name.lower()).strip("-_")[:60] or "part"
        number = 1
        while (candidate := slug if number == 1 else f"{slug}-{number}") in found:
            number += 1
        found.append(candidate)
    return found


def finish(
    job: Job, singer: Singer, rendering: Rendering, output: Path, started: float, console: Console
) -> Result:
    """Write the sound, and the stages if asked for; tell what was done."""
    console.stage("writing")
    performance = rendering.performance
    title = performance.title or (Path(job.source).stem if job.source != PIPE else "")
    format = output_format(output, job.format)
    loud = write_sound(output, rendering.samples, format, tags_for(singer.card, title))
    if job.stages_folder is not None:
        stem = output.stem if str(output) != PIPE else "song"
        save_stages(rendering, job.stages_folder, stem)
    seconds = len(rendering.samples) / GRID.sample_rate_hz
    elapsed = time.perf_counter() - started
    return Result(
        output=str(output),
        seconds=round(seconds, 4),
        title=title,
        part=performance.part,
        voice=singer.card.name,
        language=performance.language,
        seed=job.seed,
        sample_rate_hz=GRID.sample_rate_hz,
        real_time_factor=round(elapsed / max(seconds, GRID.frame_seconds), 4),
        warnings=tuple(dict.fromkeys((*performance.warnings, *loud))),
        stages_seconds=console.finish(),
    )


def make_folder(folder: Path) -> None:
    """Create a folder whose parent exists. Raises UsageError."""
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise UsageError(f"the folder {folder} cannot be made: {error.strerror}") from error


def save_stages(rendering: Rendering, folder: Path, stem: str) -> None:
    """Every artefact of a rendering, in the form that the stage commands read."""
    from svs_cli.performance.ds_file import to_json

    write_text(folder / f"{stem}.score.ds", to_json(rendering.draft))
    write_text(folder / f"{stem}.duration.ds", to_json(rendering.timed))
    write_text(folder / f"{stem}.pitch.ds", to_json(rendering.performance))
    write_bytes(folder / f"{stem}.mel.npz", rendering.spectrogram.to_bytes())
