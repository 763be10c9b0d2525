"""A manifest becomes feature shards: one for each speaker and style, split into train, dev and test.

Conventions
-----------
- Recordings keep the manifest's order. A shard is named after speaker and style; from half a gigabyte on it has parts
  (`kumi-core.safetensors`, `kumi-core-2.safetensors`).
- Loudness: see `levels`. Recordings without a sung vowel (breaths) take their speaker's gain.
- Recordings without labels or without times stay: vocoder and aligner learn from them, the acoustic model skips them.
- The same audio twice counts once. Everything that is left out is listed with its reason.
- Work in progress lies in `.prepare` beside the shards; what is finished there or in a shard is not done again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from svs_cli.corpus.crew import each_in_processes
from svs_cli.corpus.manifest import Recording, read_manifest, require_audio
from svs_cli.corpus.preparing.extract import Job, extract_into
from svs_cli.corpus.preparing.f0_repair import label_range, range_of_histogram
from svs_cli.corpus.preparing.gather import (
    Planned,
    features_by_key,
    is_as_planned,
    parts_of,
    paths_within,
    write_shards,
)
from svs_cli.corpus.preparing.levels import PEAK_DB, group_gain_db
from svs_cli.corpus.preparing.measure import Measures, measure_all
from svs_cli.corpus.preparing.prepared import Prepared
from svs_cli.corpus.preparing.split import SplitConfig, assign_splits, group_of
from svs_cli.errors import CorpusError, UsageError
from svs_cli.frontend.inventory import load_inventory

WORK_FOLDER = ".prepare"
JOURNAL = "measures.jsonl"
Progress = Callable[[str, float], None]
Usable = tuple[Recording, Measures, str]  # the recording, its measures, its path in the corpus


@dataclass(frozen=True)
class PrepareConfig:
    """What the user may choose; `jobs` is the number of processes, None for one on each core."""

    split: SplitConfig = field(default_factory=SplitConfig)
    compact: bool = False
    jobs: int | None = None


def prepare(
    manifests: Sequence[Path],
    folder: Path,
    config: PrepareConfig | None = None,
    *,
    moved: tuple[Path, Path] | None = None,
    progress: Progress = lambda stage, share: None,
) -> Prepared:
    """Write the shards of all recordings that manifests list into `folder`.

    Raises CorpusError for a damaged manifest, missing audio or a corpus of which nothing can be used, UsageError if the
    folder cannot be written.
    """
    config = config or PrepareConfig()
    recordings, paths = read_all(manifests, moved)
    work = make_work_folder(folder)
    measures = measure_all(recordings, work / JOURNAL, config.jobs, lambda share: progress("measuring", share))
    result = Prepared()
    usable = without_duplicates(list(zip(recordings, measures, paths, strict=True)), result)
    if not usable:
        raise CorpusError(
            f"not one of {len(recordings)} recordings can be used; the first: {result.rejected[0].reason}",
            fix="'svs corpus check' says more",
        )
    plan = planned(usable, config)
    extract_all(plan, folder, config, result, progress)
    lost = {rejected.audio for rejected in result.rejected}
    write_shards([item for item in plan if item.job.recording.audio not in lost], folder, work, config.compact, result)
    progress("writing", 1.0)
    for finished in work.glob("*.safetensors"):
        finished.unlink()
    return result


def read_all(manifests: Sequence[Path], moved: tuple[Path, Path] | None) -> tuple[list[Recording], list[str]]:
    """All recordings, and the path of each within its corpus. Raises CorpusError."""
    recordings: list[Recording] = []
    paths: list[str] = []
    for manifest in manifests:
        own = list(read_manifest(manifest, moved))
        recordings += own
        paths += paths_within(own)
    if not recordings:
        raise CorpusError("the manifest lists no recordings", fix="make one with 'svs corpus import'")
    require_audio(recordings)
    return recordings, paths


def make_work_folder(folder: Path) -> Path:
    """The folder for work in progress, without what a kill left half-written. Raises UsageError."""
    work = folder / WORK_FOLDER
    try:
        work.mkdir(parents=True, exist_ok=True)
        for remains in work.glob(".*.part"):
            remains.unlink()
    except OSError as error:
        raise UsageError(f"{folder} cannot be written to: {error.strerror}", fix="choose another with -o") from error
    return work


def without_duplicates(found: Sequence[Usable], result: Prepared) -> list[Usable]:
    """What can be used; the rest is added to the rejected ones."""
    usable: list[Usable] = []
    first: dict[str, str] = {}
    for item in found:
        recording, measures, path = item
        if measures.reason:
            result.reject(recording, measures.reason)
        elif measures.content in first:
            result.reject(recording, f"{recording.audio}: the same audio as {first[measures.content]}")
        else:
            first[measures.content] = path
            usable.append(item)
    return usable


def planned(usable: Sequence[Usable], config: PrepareConfig) -> list[Planned]:
    """Gain, range of F0, split and path of each recording."""
    splits = assign_splits((recording for recording, _, _ in usable), config.split)
    gains = gains_db(usable)
    ranges = speaker_ranges(usable)
    plan = []
    for index, (recording, measures, path) in enumerate(usable):
        low_hz, high_hz = label_range(recording, measures.octave_semitones) or ranges[recording.speaker]
        job = Job(recording, measures.content, measures.stretches, gains[index], low_hz, high_hz)
        plan.append(Planned(job, path, splits[group_of(recording)], measures.band_hz))
    return plan


def gains_db(usable: Sequence[Usable]) -> list[float]:
    """The gain of each recording: that of its speaker, style and pitch."""
    groups: dict[tuple[str, str, float | None], list[Measures]] = defaultdict(list)
    for recording, measures, _ in usable:
        if has_voice(recording):
            groups[recording.speaker, recording.style, recording.pitch_midi].append(measures)
    gains = {
        key: group_gain_db(
            np.concatenate([np.array(m.blocks_lufs) for m in members]),
            [m.peak_db for m in members],
            whispered="whisper" in f"{key[0]} {key[1]}".lower(),
        )
        for key, members in groups.items()
    }
    result = []
    for recording, measures, _ in usable:
        own = gains.get((recording.speaker, recording.style, recording.pitch_midi))
        if own is None or not has_voice(recording):
            like = [gain for (speaker, style, _), gain in gains.items() if speaker == recording.speaker]
            own = round(min(float(np.median(like)) if like else 0.0, PEAK_DB - measures.peak_db), 2)
        result.append(own)
    return result


def has_voice(recording: Recording) -> bool:
    """Whether a vowel is sung or spoken, as far as is known."""
    nuclei = load_inventory().nuclei
    return not recording.phones or any(phone in nuclei for phone in recording.phones)


def speaker_ranges(usable: Sequence[Usable]) -> dict[str, tuple[float, float]]:
    """Where to look for the F0 of each speaker's recordings that have no notes, in Hz."""
    counts: dict[str, np.ndarray] = {}
    for recording, measures, _ in usable:
        own = np.array(measures.histogram or [0], np.int64)
        before = counts.get(recording.speaker, np.zeros(1, np.int64))
        counts[recording.speaker] = own + before  # one of them may be the single 0 of a recording on a known pitch
    return {speaker: range_of_histogram(count) for speaker, count in counts.items()}


def extract_all(
    plan: Sequence[Planned], folder: Path, config: PrepareConfig, result: Prepared, progress: Progress
) -> None:
    """Make the features of all recordings that neither the work folder nor a shard has yet."""
    work = folder / WORK_FOLDER
    done = finished_keys(plan, folder, config.compact)
    missing = [item for item in plan if item.job.key not in done]
    require_room(folder, missing)
    jobs = [(item.job, work / f"{item.job.key}.safetensors") for item in missing]
    reasons = each_in_processes(extract_into, jobs, config.jobs)
    for number, (item, reason) in enumerate(zip(missing, reasons, strict=True), 1):
        if reason:
            result.reject(item.job.recording, reason)
        progress("extracting", number / len(missing))


def finished_keys(plan: Sequence[Planned], folder: Path, compact: bool) -> set[str]:
    """Keys of recordings of which nothing has to be computed."""
    done = set(features_by_key(folder, folder / WORK_FOLDER))
    for path, part in parts_of(plan, folder, compact=compact).items():
        if is_as_planned(path, part, compact=compact):
            done |= {item.job.key for item in part}
    return done


def require_room(folder: Path, missing: Sequence[Planned]) -> None:
    """Raise UsageError before the work begins if the disk cannot hold features and, while they are gathered, copies."""
    import shutil

    wanted = 2 * sum(item.bytes(compact=False) for item in missing)
    free = shutil.disk_usage(folder).free
    if wanted > free:
        raise UsageError(
            f"{folder} has {free / 1e9:.1f} GB left, about {wanted / 1e9:.1f} GB are needed",
            fix="make room, choose another folder with -o, or prepare one manifest at a time",
        )
