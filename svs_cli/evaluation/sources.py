"""Which recordings a vocoder makes again: audio files, corpus manifests, feature shards, made vowels.

Conventions
-----------
- A source becomes samples at 44.1 kHz, shape (n,), the F0 that is asked for, shape (frames,), and the frequency up to
  which the recording holds sound.
- F0 is what the extractor hears in a file; of a shard it is the prepared one, whose octaves its labels have mended;
  of a made vowel it is known.
- A shard says itself in which split a recording is. A manifest's recordings are split as `svs corpus prepare` splits
  them when no shares are given.
- Labels are what tables are grouped by. `kind` is "speech" for that style, else "sung"; made vowels are "made".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from svs_cli.corpus.audio_file import read_at
from svs_cli.corpus.manifest import SPLITS, Recording, read_manifest
from svs_cli.corpus.preparing.band import FULL_BAND_HZ, band_limit_hz
from svs_cli.corpus.preparing.split import SplitConfig, assign_splits, group_of
from svs_cli.corpus.shards import INT16_SCALE, Shard
from svs_cli.errors import UsageError
from svs_cli.evaluation.extract import F0Extractor
from svs_cli.evaluation.made_vowels import MADE_VOWELS, made_vowel
from svs_cli.evaluation.pairs import expanded

Label = Literal["folder", "speaker", "style", "language", "kind"]
LABELS: tuple[Label, ...] = get_args(Label)
MADE = "made"
SPEECH_STYLE = "speech"
SHARD_SUFFIX, MANIFEST_SUFFIX = ".safetensors", ".jsonl"


@dataclass(frozen=True)
class Source:
    """One recording by its place: a file, or recording `index` of a shard; made vowels have no path.

    `recording` is a manifest's line; `parts` are the sources that are joined in this one, see `joined.py`.
    """

    title: str
    path: Path | None
    index: int | None = None
    labels: dict[str, str] = field(default_factory=dict)
    split: str = ""
    recording: Recording | None = None
    parts: tuple[Source, ...] = ()


@dataclass(frozen=True)
class Original:
    """What is to be made again; shapes (n,) and (frames,). Above `band_hz` the recording holds nothing."""

    samples: NDArray[np.float32]
    f0_hz: NDArray[np.float32]
    band_hz: float = FULL_BAND_HZ


def sources_of(inputs: Sequence[str], split: str = "", limit: int | None = None) -> list[Source]:
    """The recordings that are named, with unique titles; at most `limit` of each speaker or folder, the first ones.

    Raises UsageError or DataError.
    """
    if split and split not in SPLITS:
        raise UsageError(f"there is no split {split!r}", fix=f"use one of: {', '.join(SPLITS)}")
    found = [source for path in expanded(inputs) for source in sources_in(path) if split in ("", source.split)]
    if limit is not None:
        found = list(first_of_each(found, limit))
    if not found:
        raise UsageError("there is no recording to measure", fix="name others, or leave --split out")
    return with_unique_titles(found)


def sources_in(path: Path) -> Iterator[Source]:
    """The recordings of one file."""
    if path.suffix.lower() == SHARD_SUFFIX:
        for index, info in enumerate(open_shard(path).infos):
            labels = labels_of(path, *(str(info.get(key, "")) for key in ("speaker", "style", "language")))
            yield Source(Path(str(info["path"])).stem, path, index, labels, str(info.get("split", "")))
    elif path.suffix.lower() == MANIFEST_SUFFIX:
        recordings = list(read_manifest(path))
        splits = assign_splits(recordings, SplitConfig())
        for one in recordings:
            labels = labels_of(one.audio, one.speaker, one.style, one.language)
            yield Source(one.audio.stem, one.audio, None, labels, splits[group_of(one)], one)
    else:
        yield Source(path.stem, path, None, {"folder": path.absolute().parent.name})


def labels_of(path: Path, speaker: str, style: str, language: str) -> dict[str, str]:
    """What a recording can be grouped by."""
    kind = "speech" if style == SPEECH_STYLE else "sung"
    return {"folder": path.parent.name, "speaker": speaker, "style": style, "language": language, "kind": kind}


def first_of_each(sources: Sequence[Source], limit: int) -> Iterator[Source]:
    """At most `limit` sources of each speaker, or folder where none is known."""
    counts: Counter[str] = Counter()
    for source in sources:
        whose = source.labels.get("speaker") or source.labels.get("folder", "")
        counts[whose] += 1
        if counts[whose] <= limit:
            yield source


def with_unique_titles(sources: Sequence[Source]) -> list[Source]:
    """Titles that occur more than once are numbered.

    >>> [one.title for one in with_unique_titles([Source("a", None), Source("b", None), Source("a", None)])]
    ['a', 'b', 'a (2)']
    """
    counts: Counter[str] = Counter()
    named = []
    for source in sources:
        counts[source.title] += 1
        count = counts[source.title]
        named.append(source if count == 1 else replace(source, title=f"{source.title} ({count})"))
    return named


def made_sources() -> list[Source]:
    """The made vowels of 65 to 1,100 Hz."""
    return [Source(vowel.title, None, index, {"kind": MADE}) for index, vowel in enumerate(MADE_VOWELS)]


def read_source(source: Source, extractor: F0Extractor) -> Original:
    """Samples, F0 and band of a source. Raises CorpusError, or UsageError for a compact shard."""
    if source.parts:
        from svs_cli.evaluation.joined import joined_original

        return joined_original([read_source(part, extractor) for part in source.parts], infos_of(source))
    if source.path is None:
        return Original(*made_vowel(MADE_VOWELS[source.index or 0]))
    if source.index is not None:
        features = open_shard(source.path)[source.index]
        samples = features.require_samples().astype(np.float32) / np.float32(INT16_SCALE)
        return Original(samples, np.array(features.f0_hz), float(features.info.get("band_hz", FULL_BAND_HZ)))
    samples, source_rate_hz = read_at(source.path)
    f0_hz = extractor.f0_hz(samples)
    return Original(samples, f0_hz, band_limit_hz(samples, f0_hz, source_rate_hz))


def info_of(source: Source) -> dict[str, Any]:
    """What is known of a recording, by the keys of shards; nothing of a plain audio file."""
    if source.parts:
        from svs_cli.evaluation.joined import joined_info

        return joined_info(infos_of(source))
    if source.index is not None and source.path is not None:
        return open_shard(source.path).infos[source.index]
    if source.recording is None:
        return {}
    known = asdict(source.recording)
    return {**known, "path": str(source.recording.audio), "ends_seconds": known["phone_ends_seconds"]}


def infos_of(source: Source) -> list[dict[str, Any]]:
    """What is known of the parts of a joined recording."""
    return [info_of(part) for part in source.parts]


@lru_cache(maxsize=2)
def open_shard(path: Path) -> Shard:
    """A shard; its list of recordings is parsed once."""
    return Shard(path)
