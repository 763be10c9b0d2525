"""Shards of copies, made recording by recording by several processes; a run that was ended goes on where it stopped.

Finished copies wait in a folder beside the shard that will be, whose name ends in `.making`; it says what they are
copies of, and is emptied when that changes.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from svs_cli.atomic import write_text
from svs_cli.corpus.crew import each_in_processes
from svs_cli.corpus.preparing.technique import with_curves
from svs_cli.corpus.shards import Features, Shard, write_shard
from svs_cli.errors import CorpusError, UsageError
from svs_cli.units import GRID

Copy = Callable[[Features, np.random.Generator], Features]
COPIED = "shift_semitones"  # the key by which a recording says that it is a copy, and how far from its original


@dataclass(frozen=True)
class Order:
    """One copy to make: of which recording, how, with which random numbers, and where to put it."""

    source: Path
    index: int
    copy: Copy
    seed: tuple[int, int]
    target: Path


def write_copies(
    source: Path,
    target: Path,
    copy: Copy,
    seed: int,
    keep: Callable[[Features], bool] = lambda features: True,
    minutes: float | None = None,
    jobs: int | None = None,
    progress: Callable[[float], None] = lambda share: None,
) -> int:
    """Write one copy of each recording that is labelled and accepted into a shard; returns their number.

    `copy` must be a function of a module (or a partial of one). `minutes` limits what is copied, evenly over the shard.
    Raises CorpusError if nothing can be copied, UsageError for a shard without samples, a folder that cannot be
    written, or a target that is the source.
    """
    if target.resolve() == source.resolve():
        raise UsageError(f"{target} is the shard that is to be copied", fix="name another file with -o")
    shard = Shard(source)
    chosen = [index for index in range(len(shard)) if is_sung(shard[index]) and keep(shard[index])]
    if minutes is not None:
        chosen = spread_over(chosen, [minutes_of(shard[index]) for index in chosen], minutes)
    if not chosen:
        raise CorpusError(f"{source} holds no labelled recording to copy", fix="align it first, or ask for others")
    work = working_folder(target, json.dumps([source.name, source.stat().st_size, seed, in_words(copy), chosen]))
    orders = [Order(source, index, copy, (seed, n), work / f"{n}.safetensors") for n, index in enumerate(chosen)]
    missing = [order for order in orders if not order.target.is_file()]
    for number, _ in enumerate(each_in_processes(fulfil, missing, jobs), 1):
        progress(number / len(missing))
    written = write_shard(target, (Shard(order.target)[0] for order in orders))
    shutil.rmtree(work)
    return written


def in_words(copy: Copy) -> str:
    """What a copy is made by, the same in every process: a function's own repr holds its address.

    >>> in_words(partial(round, ndigits=2))
    "builtins.round () {'ndigits': 2}"
    """
    given = copy if isinstance(copy, partial) else partial(copy)
    return f"{given.func.__module__}.{given.func.__qualname__} {given.args} {given.keywords}"


def minutes_of(features: Features) -> float:
    """How long a recording is."""
    return len(features.mel) * GRID.frame_seconds / 60


def fulfil(order: Order) -> None:
    """Make one copy, with its technique curves."""
    import torch  # noqa: F401  # single_threaded limits what is loaded

    from svs_cli.parallel import single_threaded

    with single_threaded():
        made = order.copy(Shard(order.source)[order.index], np.random.default_rng(order.seed))
        write_shard(order.target, [with_curves(made)])


def is_sung(features: Features) -> bool:
    """Whether a recording has phones with times and a pitch, and is no copy, nor kept for checking."""
    info = features.info
    labelled = bool(info.get("phones") and info.get("ends_seconds")) and bool((features.f0_hz > 0).any())
    return labelled and COPIED not in info and info.get("split", "train") == "train"


def spread_over(chosen: Sequence[int], lengths: Sequence[float], wanted: float) -> list[int]:
    """Items at equal distances whose lengths sum to about what is wanted.

    >>> spread_over([4, 5, 6, 7], [1, 1, 1, 1], 2)
    [4, 6]
    """
    whole = sum(lengths)
    if wanted >= whole:
        return list(chosen)
    step = whole / wanted
    return [chosen[int(place)] for place in np.arange(0, len(chosen), step)]


def working_folder(target: Path, about: str) -> Path:
    """The folder for finished copies of this order. Raises UsageError."""
    work = target.with_name(f"{target.name}.making")
    note = work / "order.json"
    try:
        if work.is_dir() and (not note.is_file() or note.read_text(encoding="utf-8") != about):
            shutil.rmtree(work)
        work.mkdir(parents=True, exist_ok=True)
        for remains in work.glob(".*.part"):
            remains.unlink()
        write_text(note, about)
    except OSError as error:
        raise UsageError(f"{work} cannot be written to: {error.strerror}", fix="choose another with -o") from error
    return work
