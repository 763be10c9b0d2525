"""Rows become jobs with outputs: where each song goes, and no two to the same place.

Conventions
-----------
- `output` of a planned job is the file that its record is named after. With `--part all` each part gets a file beside
  it, named after it.
- Outputs that rows name, and folders of stages, are relative to the output folder; so are those that nobody names,
  in the subfolder that the score has in a folder given as argument.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from svs_cli.audio import SUBTYPES
from svs_cli.batch.manifest import Row
from svs_cli.batch.options import job_of
from svs_cli.cli.job import Job, named_path, output_paths, read_material
from svs_cli.cli.score import ALL_PARTS
from svs_cli.cli.sound import output_format
from svs_cli.cli.streams import PIPE
from svs_cli.errors import SvsError, UsageError


@dataclass(frozen=True)
class Song:
    """One job of a batch, numbered from 1; `job.output` is the file to write, `where` is how messages call it."""

    number: int
    where: str
    job: Job

    @property
    def output(self) -> Path:
        """The file that its record is named after."""
        if self.job.output is None:
            raise ValueError("a planned song has an output")
        return self.job.output


def plan(rows: Sequence[Row], defaults: Mapping[str, str], folder: Path) -> list[Song]:
    """A song for each row; a row's options win over `defaults`, outputs go to `folder`. Raises UsageError."""
    check_folder(folder)
    songs = [song_of(row, number, defaults, folder) for number, row in enumerate(rows, 1)]
    check_outputs(songs)
    return songs


def check_folder(folder: Path) -> None:
    """Raise UsageError if the output folder is none."""
    looks_like_file = not folder.is_dir() and folder.suffix.lower().lstrip(".") in SUBTYPES
    if folder.is_file() or looks_like_file or str(folder) == PIPE:
        raise UsageError(f"{folder} is a file: a batch writes to a folder", fix="use svs synth for one song")


def song_of(row: Row, number: int, defaults: Mapping[str, str], folder: Path) -> Song:
    """Where a row's song goes. Raises UsageError that says which row."""
    job = job_of(row.score, {**defaults, **row.options}, row.where)
    if str(job.output) == PIPE:
        raise UsageError(f"{row.where}: a batch cannot write to standard output", fix="name a file")
    named = folder / row.subfolder if job.output is None else folder / job.output
    try:
        if job.output is None or str(row.options.get("output", "")).endswith(os.sep) or named.is_dir():
            output = named / named_path(replace(job, output=None)).name
        else:
            output = named_path(replace(job, output=named))
        output_format(output, job.format)
    except UsageError as error:
        raise UsageError(f"{row.where}: {error.message}", fix=error.fix) from error
    if os.path.realpath(output) == os.path.realpath(row.score):
        raise UsageError(f"{row.where}: {output} is the score itself", fix="name another output")
    stages = None if job.stages_folder is None else folder / job.stages_folder
    return Song(number, row.where, replace(job, output=output, stages_folder=stages))


def check_outputs(songs: Sequence[Song]) -> None:
    """Raise UsageError if two songs would write the same file."""
    owners: dict[str, Song] = {}
    for song in songs:
        for path in written_by(song, crowded(song, songs)):
            other = owners.setdefault(os.path.realpath(path), song)
            if other is not song:
                raise UsageError(
                    f"{other.where} and {song.where} would both write {path}",
                    fix="give them an 'output' each in a manifest, or other names",
                )


def crowded(song: Song, songs: Sequence[Song]) -> bool:
    """Whether a song that names its files after its parts may meet another's file."""
    if song.job.part != ALL_PARTS:
        return False
    stem = f"{song.output.stem}-"
    return any(
        other is not song and other.output.parent == song.output.parent and other.output.name.startswith(stem)
        for other in songs
    )


def written_by(song: Song, look_inside: bool) -> list[Path]:
    """The files that a song will write, as far as is known without looking into the score."""
    paths = [song.output]
    if look_inside:
        with suppress(SvsError):  # it will be reported when its turn comes
            paths += output_paths(song.job, read_material(song.job))
    if song.job.stages_folder is None:
        return paths
    return [*paths, *(song.job.stages_folder / f"{path.stem}.score.ds" for path in paths)]
