"""A voicebank becomes a feature shard: samples, mel and F0 of every recording, with the labels of those that have some.

Conventions
-----------
- F0 is searched within eight semitones of the pitch that the folder was sung on.
- A recording without usable labels stays in the shard: the vocoder learns from it, the acoustic model skips it. So
  do recordings of breaths alone, which have no pitch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from svs_cli.corpus.banks import Bank, BankFolder, LabelReport, label_bank
from svs_cli.corpus.manifest import Recording
from svs_cli.corpus.shards import Features, extract, write_shard
from svs_cli.corpus.utau import recordings_of
from svs_cli.errors import CorpusError
from svs_cli.units import midi_to_hz

SEARCH_SEMITONES = 8.0
USUAL_MIDI = 60.0
Progress = Callable[[float], None]  # share done in 0..1


def prepare_bank(bank: Bank, root: Path, shard: Path, progress: Progress = lambda share: None) -> dict[str, int]:
    """Write `shard` from a checkout of the bank; returns counts of recordings, labelled ones and rejected ones.

    Raises CorpusError if a folder of the bank is missing.
    """
    counts = {"recordings": 0, "labelled": 0, "rejected": 0}

    def features() -> Iterator[Features]:
        for number, (folder, report) in enumerate(label_bank(bank, root)):
            for within, item in enumerate(folder_features(bank, folder, report, root)):
                paths = max(1, len(report.recordings) + len(report.rejected))
                progress((number + min(1.0, within / paths)) / len(bank.folders))
                counts["rejected"] += item is None
                counts["labelled"] += item is not None and "phones" in item.info
                if item is not None:
                    yield item

    counts["recordings"] = write_shard(shard, features())
    return counts


def folder_features(bank: Bank, folder: BankFolder, report: LabelReport, root: Path) -> Iterator[Features | None]:
    """Features of each recording of a folder, None for one that cannot be read."""
    labelled = {recording.audio: recording for recording in report.recordings}
    centre_midi = folder.pitch_midi if folder.pitch_midi is not None else USUAL_MIDI
    low_hz, high_hz = (float(midi_to_hz(centre_midi + side * SEARCH_SEMITONES)) for side in (-1, 1))
    for path in recordings_of(root / folder.path):
        info = info_of(bank, folder, labelled.get(path), path.relative_to(root).as_posix())
        try:
            yield extract(path, info, low_hz=low_hz, high_hz=high_hz)
        except CorpusError:
            yield None


def info_of(bank: Bank, folder: BankFolder, label: Recording | None, path: str) -> dict[str, Any]:
    """What a shard says about one recording."""
    info: dict[str, Any] = {
        "path": path,
        "bank": bank.name,
        "speaker": folder.speaker,
        "style": folder.style,
        "nominal_midi": folder.pitch_midi,
        "source": f"{bank.repository}@{bank.commit}",
        "licence": bank.licence,
    }
    if label is not None and label.pitch_midi is not None:
        info |= {"phones": list(label.phones), "ends_seconds": list(label.phone_ends_seconds)}
    return info
