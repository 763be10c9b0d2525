"""Labelled recordings as the acoustic model learns from them: levelled mels, phone frames, bridged F0, energy.

Conventions
-----------
- Loudness of a frame is its mean mel magnitude in dB. A bank's recordings of one speaker and pitch share one gain,
  which brings the median loudness of their vowels to `VOWEL_LEVEL_DB` (whispered ones lie lower).
- Only recordings with times and a sung nucleus are examples. Their split is the shard's; test recordings are left out.
- `energy_db` of a frame is loudness against the speaker's median for that vowel, smoothed, and bridged over everything
  that is no vowel: what a player of dynamics means, free of the differences between phones.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from svs_cli.analysis.f0 import filled
from svs_cli.analysis.mel import LOG_FLOOR, MEL
from svs_cli.corpus.preparing.band import FULL_BAND_HZ, bands_within
from svs_cli.corpus.shards import USUAL_F0_HZ, Features, read_shard
from svs_cli.frontend.inventory import Inventory, load_inventory
from svs_cli.units import DB_PER_NEPER, GRID, amplitude_to_db, midi_to_hz

VOWEL_LEVEL_DB = -25.0
WHISPER_LEVEL_DB = -35.0
SMOOTHING_FRAMES = 15
SHORTEST_SUNG_FRAMES = 20


@dataclass(frozen=True)
class Example:
    """Shapes: mel (T, 128) float16; f0_hz, voiced, energy_db, sung (T,); phone_ids and phone_frames (P,).

    `bands` (128,) says in which bands the recording holds what was sung, see `corpus.band`.
    """

    mel: NDArray[np.float16]
    f0_hz: NDArray[np.float32]
    voiced: NDArray[np.bool_]
    energy_db: NDArray[np.float32]
    sung: NDArray[np.bool_]
    phone_ids: NDArray[np.int64]
    phone_frames: NDArray[np.int64]
    speaker: int
    split: str = "train"
    bands: NDArray[np.bool_] = field(default_factory=lambda: np.ones(MEL.bands, np.bool_))

    @property
    def frames(self) -> int:
        return len(self.mel)


def load_examples(
    paths: Iterable[Path], speakers: tuple[str, ...]
) -> tuple[tuple[str, ...], tuple[str, ...], list[Example]]:
    """Phones that occur (in the inventory's order), the speakers, and their examples. Raises CorpusError."""
    inventory = load_inventory()
    recordings = [f for path in paths for f in read_shard(path) if is_example(f.info, speakers, inventory)]
    found = {phone for f in recordings for phone in f.info["phones"]}
    phones = tuple(phone for phone in inventory.symbols if phone in found)
    groups: dict[tuple[str, float | None], list[Example]] = defaultdict(list)
    for features in recordings:
        group = (features.info["speaker"], features.info.get("nominal_midi"))
        groups[group].append(to_example(features, phones, speakers, inventory))
    vowels = np.array([inventory[p].phone_class == "vowel" for p in phones])
    levelled = [
        example
        for (speaker, _), members in groups.items()
        for example in level(members, vowels, WHISPER_LEVEL_DB if "whisper" in speaker else VOWEL_LEVEL_DB)
    ]
    return phones, speakers, with_energy(levelled, vowels, len(speakers))


def is_example(info: Mapping[str, Any], speakers: tuple[str, ...], inventory: Inventory) -> bool:
    """Whether the acoustic model learns from a recording: see the module's conventions."""
    phones = info.get("phones") or ()
    return (
        info["speaker"] in speakers
        and bool(info.get("ends_seconds"))
        and info.get("split") != "test"
        and any(phone in inventory.nuclei for phone in phones)
    )


def to_example(features: Features, phones: tuple[str, ...], speakers: tuple[str, ...], inventory: Inventory) -> Example:
    """One recording, not levelled yet."""
    info = features.info
    frames = len(features.mel)
    boundaries = np.minimum(GRID.frames_of([0.0, *info["ends_seconds"]]), frames)
    boundaries[-1] = frames
    phone_frames = np.diff(boundaries)
    ids = np.array([phones.index(p) for p in info["phones"]])
    sung = np.repeat(
        np.array([inventory[p].phone_class not in ("silence", "breath") for p in info["phones"]]), phone_frames
    )
    return Example(
        mel=features.mel,
        f0_hz=filled(np.where(sung, features.f0_hz, 0.0), fallback_hz=usual_hz(features)),
        voiced=(features.f0_hz > 0) & sung,
        energy_db=np.zeros(frames, np.float32),
        sung=sung,
        phone_ids=ids,
        phone_frames=phone_frames,
        speaker=speakers.index(info["speaker"]),
        split=info.get("split") or "train",
        bands=bands_within(info.get("band_hz", FULL_BAND_HZ)),
    )


def usual_hz(features: Features) -> float:
    """What stands for the F0 of a recording in which none was found while somebody sang."""
    nominal_midi = features.info.get("nominal_midi")
    if nominal_midi is not None:
        return float(midi_to_hz(float(nominal_midi)))
    voiced = features.f0_hz > 0
    return float(np.median(features.f0_hz[voiced])) if voiced.any() else USUAL_F0_HZ


def loudness_db(mel: NDArray[np.float16]) -> NDArray[np.float64]:
    """Mean mel magnitude of each frame in dB, (T, 128) -> (T,)."""
    return amplitude_to_db(np.exp(mel.astype(np.float32)).mean(axis=1))


def vowel_frames(example: Example, vowels: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Phone id of frames inside vowels (away from their ends), -1 elsewhere, (T,)."""
    ids = np.repeat(np.where(vowels[example.phone_ids], example.phone_ids, -1), example.phone_frames)
    inside = np.convolve((ids >= 0).astype(int), np.ones(7, int), mode="same") == 7
    return np.where(inside, ids, -1)


def level(examples: list[Example], vowels: NDArray[np.bool_], level_db: float) -> list[Example]:
    """One gain for all, so that the median loudness of vowels is `level_db`."""
    loud = np.concatenate([loudness_db(e.mel)[vowel_frames(e, vowels) >= 0] for e in examples] or [np.zeros(0)])
    gain_db = level_db - float(np.median(loud)) if len(loud) else 0.0
    gain = gain_db / DB_PER_NEPER
    return [replace(e, mel=np.maximum(e.mel.astype(np.float32) + gain, LOG_FLOOR).astype(np.float16)) for e in examples]


def with_energy(examples: list[Example], vowels: NDArray[np.bool_], speakers: int) -> list[Example]:
    """Fill in `energy_db`; see the module's conventions."""
    usual_db = np.zeros((speakers, len(vowels)))
    pools: dict[tuple[int, int], list[NDArray[np.float64]]] = defaultdict(list)
    tracks = [(loudness_db(e.mel), vowel_frames(e, vowels)) for e in examples]
    for example, (loud, ids) in zip(examples, tracks, strict=True):
        for phone in np.unique(ids[ids >= 0]):
            pools[example.speaker, int(phone)].append(loud[ids == phone])
    for key, values in pools.items():
        usual_db[key] = np.median(np.concatenate(values))
    return [
        replace(e, energy_db=bridged(loud - usual_db[e.speaker, ids], ids >= 0))
        for e, (loud, ids) in zip(examples, tracks, strict=True)
    ]


def bridged(values: NDArray[np.float64], known: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Values where known, straight lines between, smoothed over `SMOOTHING_FRAMES`, (T,) -> (T,)."""
    if not known.any():
        return np.zeros(len(values), np.float32)
    at = np.arange(len(values))
    line = np.interp(at, at[known], values[known])
    padded = np.pad(line, SMOOTHING_FRAMES // 2, mode="edge")
    return np.convolve(
        padded, np.hanning(SMOOTHING_FRAMES + 2)[1:-1] / np.hanning(SMOOTHING_FRAMES + 2).sum(), "valid"
    ).astype(np.float32)
