"""`check_recordings`: every check over a whole corpus, on all cores, with results in the manifest's order."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial

from svs_cli.corpus.checks.corpus import (
    by_speaker,
    check_bandwidths,
    check_copies,
    check_detected_language,
    check_groups,
    check_loudness,
    check_pace,
    check_rates,
    mended_splits,
)
from svs_cli.corpus.checks.examine import Examined, Figures, examine
from svs_cli.corpus.checks.finder import Finder
from svs_cli.corpus.checks.rules import RULES, Problem, Rules
from svs_cli.corpus.manifest import Recording
from svs_cli.errors import CorpusError

Progress = Callable[[str, float], None]
FEWEST_FOR_PROCESSES = 48
BUNDLE = 8


@dataclass(frozen=True)
class Checked:
    """One recording, what was measured, and what is wrong with it."""

    recording: Recording
    figures: Figures | None
    problems: tuple[Problem, ...]

    @property
    def rejected(self) -> bool:
        return any(problem.severity == "reject" for problem in self.problems)


@dataclass(frozen=True)
class Report:
    """All recordings in order; `moved` counts those whose split was changed."""

    checked: tuple[Checked, ...]
    moved: int = 0

    @property
    def rejected(self) -> list[Checked]:
        return [item for item in self.checked if item.rejected]

    @property
    def rejected_share(self) -> float:
        return len(self.rejected) / max(1, len(self.checked))

    def kept(self) -> list[Recording]:
        """The recordings that can be learned from."""
        return [item.recording for item in self.checked if not item.rejected]


def check_recordings(
    recordings: Sequence[Recording],
    rules: Rules = RULES,
    *,
    jobs: int | None = None,
    fix_splits: bool = False,
    progress: Progress = lambda stage, share: None,
) -> Report:
    """Run all checks. With `fix_splits`, leaks between splits are mended instead of rejected.

    `jobs` is the number of processes, by default one a core; it changes nothing in the results. Raises CorpusError if
    a worker process dies, which is a matter of memory.
    """
    examined = list(examine_all(recordings, rules, jobs, progress))
    progress("comparing", 0.0)
    finders = [
        Finder(recording, rules, list(item.problems)) for recording, item in zip(recordings, examined, strict=True)
    ]
    for members in by_speaker(finders, examined).values():
        check_rates(members)
        check_bandwidths(members)
        check_loudness(members)
        check_pace(members)
        check_detected_language(members)
    progress("comparing", 0.5)
    moved = 0
    if fix_splits:
        pairs = check_copies([Finder(recording, rules) for recording in recordings], examined)
        mended = mended_splits(recordings, pairs)
        moved = sum(new.split != old.split for new, old in zip(mended, recordings, strict=True))
        for find, recording in zip(finders, mended, strict=True):
            find.recording = recording
    check_copies(finders, examined)
    check_groups(finders)
    progress("comparing", 1.0)
    return Report(
        tuple(
            Checked(find.recording, item.figures, tuple(find.problems))
            for find, item in zip(finders, examined, strict=True)
        ),
        moved,
    )


def examine_all(
    recordings: Sequence[Recording], rules: Rules, jobs: int | None, progress: Progress
) -> Iterator[Examined]:
    """`examine` of each recording, in order; in this process if there are few."""
    progress("listening", 0.0)
    task = partial(examine, rules=rules)
    crew = min(jobs or cores(), -(-len(recordings) // BUNDLE))
    if crew < 2 or (jobs is None and len(recordings) < FEWEST_FOR_PROCESSES):
        for number, recording in enumerate(recordings, 1):
            yield task(recording)
            progress("listening", number / len(recordings))
        return
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(crew, mp_context=context, initializer=use_one_thread)
    try:
        for number, item in enumerate(pool.map(task, recordings, chunksize=BUNDLE), 1):
            yield item
            progress("listening", number / len(recordings))
    except BrokenProcessPool as error:
        raise CorpusError("a worker process died while listening", fix="use fewer processes, e.g. --jobs 1") from error
    finally:
        pool.shutdown(cancel_futures=True)


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def use_one_thread() -> None:
    """Workers fill the cores; matrix libraries in them must not."""
    from threadpoolctl import threadpool_limits

    threadpool_limits(1)
