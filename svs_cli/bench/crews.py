"""How `svs batch` fills the machine: many workers of few threads against few workers of many, on equal songs."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from svs_cli.batch.manifest import Row
from svs_cli.batch.plan import plan
from svs_cli.batch.run import run
from svs_cli.batch.workers import usable_cores
from svs_cli.bench.song import write_song
from svs_cli.errors import SvsError

SONGS_A_CORE = 6
SONG_SECONDS = 10.0


@dataclass(frozen=True)
class Crew:
    """One way to fill the machine, from the start of the first worker to the last file."""

    workers: int
    threads: int
    songs: int
    sung_seconds: float
    elapsed_seconds: float

    @property
    def real_time_factor(self) -> float:
        """Elapsed time over sound."""
        return self.elapsed_seconds / self.sung_seconds


def splits(cores: int) -> list[tuple[int, int]]:
    """Workers and threads, from one worker a core to one for all.

    >>> splits(8), splits(1)
    ([(8, 1), (4, 2), (2, 4), (1, 8)], [(1, 1)])
    """
    found = []
    threads = 1
    while threads <= cores:
        found.append((cores // threads, threads))
        threads *= 2
    return found


def measure_crew(folder: Path, workers: int, threads: int, options: dict[str, str]) -> Crew:
    """Sing equal songs with a crew. Raises SvsError if one of them fails."""
    song = write_song(folder, SONG_SECONDS)
    songs = SONGS_A_CORE * usable_cores()
    rows = [Row(song.name, str(song), {"output": f"{number}.wav"}) for number in range(songs)]
    target = folder / f"{workers}x{threads}"
    started = time.perf_counter()
    reports = list(run(plan(rows, options, target), workers=workers, threads=threads))
    elapsed_seconds = time.perf_counter() - started
    for report in reports:
        if report.failure:
            raise SvsError(f"a song of the batch failed: {report.failure.message}")
    sung_seconds = sum(report.sung_seconds for report in reports)
    return Crew(workers, threads, songs, round(sung_seconds, 2), round(elapsed_seconds, 2))
