"""Extracted features are gathered into shards, with all that is known of each recording.

Conventions
-----------
- A shard's parts are filled to `SHARD_BYTES` in order, so they depend on nothing but the recordings.
- A shard that already holds just these recordings, told just so, is left as it is.
- Features come from the work folder or from shards of an earlier run in the same folder, by their key.
"""

from __future__ import annotations

import glob
import json
import os
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from svs_cli.analysis.mel import MEL
from svs_cli.corpus.manifest import Recording
from svs_cli.corpus.preparing.extract import Job
from svs_cli.corpus.preparing.prepared import MENDED, Prepared
from svs_cli.corpus.preparing.split import group_of
from svs_cli.corpus.shards import Features, MelScale, Shard, is_compact, read_infos, write_shard
from svs_cli.errors import CorpusError
from svs_cli.units import GRID

SHARD_BYTES = 500_000_000
Source = tuple[Path, int]  # a file and the place of a recording's first stretch in it


@dataclass(frozen=True)
class Planned:
    """A recording whose features are or will be there; `path` is within its corpus."""

    job: Job
    path: str
    split: str
    band_hz: float

    @cached_property
    def infos(self) -> list[dict[str, Any]]:
        """What the shard says about each stretch."""
        key = self.job.key
        infos = [info_of(label, self, key) for label in self.job.labels]
        if len(infos) > 1:
            for number, info in enumerate(infos):
                info["stretch"] = number
        return infos

    def bytes(self, *, compact: bool) -> int:
        """The size of its tensors."""
        frames = sum(GRID.frames_of_samples(last - first) for first, last in self.job.stretches)
        samples = sum(last - first for first, last in self.job.stretches)
        return frames * (MEL.bands + 2) if compact else 2 * samples + frames * (2 * MEL.bands + 4)

    @property
    def shard_name(self) -> str:
        """The shard's name without number and suffix."""
        words = [word for word in (self.job.recording.speaker, self.job.recording.style) if word]
        return re.sub(r"[^\w.-]+", "_", "-".join(words)) or "unnamed"


def info_of(label: Recording, planned: Planned, key: str) -> dict[str, Any]:
    """What a shard says about one stretch; the order of keys is that of the shards' documentation."""
    timed = {"ends_seconds": list(label.phone_ends_seconds)} if label.phone_ends_seconds else {}
    return {
        "path": planned.path,
        "speaker": label.speaker,
        "language": label.language,
        "style": label.style,
        "text": label.text,
        "phones": list(label.phones),
        **timed,
        "phone_confidences": list(label.phone_confidences),
        "nuclei_seconds": list(label.nuclei_seconds),
        "notes": [asdict(note) for note in label.notes],
        "nominal_midi": label.pitch_midi,
        "group": group_of(label),
        "split": planned.split,
        "label_origin": label.label_origin,
        "band_hz": planned.band_hz,
        "gain_db": planned.job.gain_db,
        "terms": asdict(label.terms),
        "key": key,
    }


def paths_within(recordings: Sequence[Recording]) -> list[str]:
    """The path of each audio file from the folder that holds them all, with slashes."""
    if not recordings:
        return []
    common = Path(os.path.commonpath([recording.audio.parent.absolute() for recording in recordings]))
    return [recording.audio.absolute().relative_to(common).as_posix() for recording in recordings]


def parts_of(plan: Sequence[Planned], folder: Path, *, compact: bool) -> dict[Path, list[Planned]]:
    """Which recordings each shard holds, shards in the order of their first recording."""
    named: dict[str, list[list[Planned]]] = {}
    sizes: dict[str, int] = defaultdict(int)
    for item in plan:
        parts = named.setdefault(item.shard_name, [[]])
        size = item.bytes(compact=compact)
        if parts[-1] and sizes[item.shard_name] + size > SHARD_BYTES:
            parts.append([])
            sizes[item.shard_name] = 0
        parts[-1].append(item)
        sizes[item.shard_name] += size
    return {
        folder / (f"{name}.safetensors" if number == 1 else f"{name}-{number}.safetensors"): part
        for name, parts in named.items()
        for number, part in enumerate(parts, 1)
    }


def is_as_planned(path: Path, part: Sequence[Planned], *, compact: bool) -> bool:
    """Whether a shard already says just what it would say."""
    if not path.is_file():
        return False
    try:
        there = [{key: value for key, value in info.items() if key != MENDED} for info in read_infos(path)]
        same_kind = is_compact(path) == compact
    except CorpusError:
        return False
    planned = [info for item in part for info in item.infos]
    return same_kind and there == json.loads(json.dumps(planned))


def features_by_key(folder: Path, work: Path) -> dict[str, Source]:
    """Where finished features of each key are: in the work folder or in a shard with samples."""
    found: dict[str, Source] = {}
    for path in sorted(folder.glob("*.safetensors")):
        try:
            infos = [] if is_compact(path) else read_infos(path)
        except CorpusError:
            continue
        for index, info in enumerate(infos):
            if "key" in info and info.get("stretch", 0) == 0:
                found.setdefault(info["key"], (path, index))
    for path in sorted(work.glob("*.safetensors")):
        found[path.stem] = path, 0
    return found


def write_shards(plan: Sequence[Planned], folder: Path, work: Path, compact: bool, result: Prepared) -> None:
    """Write every shard that is not there yet, and count what they hold."""
    sources = features_by_key(folder, work)
    parts = parts_of(plan, folder, compact=compact)
    for path, part in parts.items():
        if not is_as_planned(path, part, compact=compact):
            gathered = work / path.name
            scale = scale_of(part, sources) if compact else None
            write_shard(gathered, features_of_part(part, sources), scale)
            os.replace(gathered, path)
        result.shards.append(path)
        lengths = [(last - first) / GRID.sample_rate_hz for item in part for first, last in item.job.stretches]
        for info, seconds in zip(read_infos(path), lengths, strict=True):
            result.count(info, seconds)
    remove_stale_parts({item.shard_name for item in plan}, set(parts), folder)


def remove_stale_parts(names: set[str], written: set[Path], folder: Path) -> None:
    """Remove numbered parts of an earlier, larger run, which recipes would still find."""
    for name in names:
        for path in folder.glob(f"{glob.escape(name)}-*.safetensors"):
            if path not in written and re.fullmatch(r"\d+", path.stem[len(name) + 1 :]):
                path.unlink()


def features_of_part(part: Sequence[Planned], sources: Mapping[str, Source]) -> Iterator[Features]:
    """The features of a shard's recordings, told what is known of them."""
    opened: tuple[Path, Shard] | None = None
    for item in part:
        path, first = sources[item.job.key]
        if opened is None or opened[0] != path:
            opened = path, Shard(path)
        for number, info in enumerate(item.infos):
            features = opened[1][first + number]
            yield replace(features, info={**info, MENDED: features.info.get(MENDED, 0)})


def scale_of(part: Sequence[Planned], sources: Mapping[str, Source]) -> MelScale:
    """The 8-bit scale that holds all mels of a shard."""
    bounds = [(float(f.mel.min()), float(f.mel.max())) for f in features_of_part(part, sources)]
    return MelScale.between(min(low for low, _ in bounds), max(high for _, high in bounds))
