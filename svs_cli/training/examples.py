"""Labelled recordings as the acoustic model learns from them: mels with a gain, phone frames, bridged F0, techniques.

Conventions
-----------
- Only recordings with times and a sung nucleus are examples. Their split is the shard's; test recordings are left out.
- A *singer* may have recorded under several names (`kumi`, `kumi_strong`): `Naming` says who is meant. A *style* is the
  shard's, by another name if `Naming` has one; what a vocoder copied to other pitches is marked.
- A bank's recordings on one pitch share one gain, which brings the median loudness of their vowels to
  `VOWEL_LEVEL_DB` (whispered ones lie lower). Mels stay on the disk; the gain is added when one is read.
- `doubtful` phones are those of lowest confidence: the given share of a speaker's phones.
- Where most recordings of a speaker end at a band limit, those in which none was found (no fricative tells it) end at
  the usual one: a few that "reach" to the top would teach that this speaker has no sound there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from svs_cli.analysis.f0 import filled
from svs_cli.analysis.mel import LOG_FLOOR, MEL
from svs_cli.corpus.copies import COPIED
from svs_cli.corpus.preparing.band import FULL_BAND_HZ, bands_within
from svs_cli.corpus.shards import USUAL_F0_HZ, Features, read_shard
from svs_cli.errors import UsageError
from svs_cli.frontend.inventory import Inventory, load_inventory
from svs_cli.training.techniques import loudness_db, raw_curves, vowel_frames, with_techniques
from svs_cli.units import DB_PER_NEPER, GRID, midi_to_hz

VOWEL_LEVEL_DB = -25.0
WHISPER_LEVEL_DB = -35.0
USUAL_STYLE = "core"


@dataclass(frozen=True)
class Naming:
    """Whom the names in shards mean: `speakers` are the names that count, `singers` and `styles` map some to others."""

    speakers: tuple[str, ...]
    singers: Mapping[str, str] = field(default_factory=dict)
    styles: Mapping[str, str] = field(default_factory=dict)
    doubtful_share: float = 0.05

    def singer(self, info: Mapping[str, Any]) -> str:
        return self.singers.get(info["speaker"], info["speaker"])

    def style(self, info: Mapping[str, Any]) -> str:
        style = info.get("style") or USUAL_STYLE
        return self.styles.get(style, style)


@dataclass(frozen=True)
class Vocabulary:
    """All names that occur, in the order of a model's tables."""

    phones: tuple[str, ...]
    speakers: tuple[str, ...]
    styles: tuple[str, ...]
    languages: tuple[str, ...]


@dataclass(frozen=True)
class Example:
    """Shapes: mel (T, 128) float16; f0_hz, voiced, sung (T,); curves (3, T); phone_ids, phone_frames, doubtful (P,).

    `curves` are the techniques of `acoustic.conditions`, NaN where not known. `bands` (128,) says in which bands the
    recording holds what was sung, see `corpus.preparing.band`.
    """

    mel: NDArray[np.float16]
    f0_hz: NDArray[np.float32]
    voiced: NDArray[np.bool_]
    curves: NDArray[np.float32]
    sung: NDArray[np.bool_]
    phone_ids: NDArray[np.int64]
    phone_frames: NDArray[np.int64]
    doubtful: NDArray[np.bool_]
    recorded_as: str  # the speaker's name in the shard
    speaker: int
    style: int
    language: int
    copied: bool
    group: tuple[str, float | None]
    split: str = "train"
    gain_db: float = 0.0
    bands: NDArray[np.bool_] = field(default_factory=lambda: np.ones(MEL.bands, np.bool_))

    @property
    def frames(self) -> int:
        return len(self.mel)

    def levelled(self, span: slice = slice(None), more_db: float = 0.0) -> NDArray[np.float32]:
        """The mel with the gain, (frames of span, 128)."""
        gain = np.float32((self.gain_db + more_db) / DB_PER_NEPER)
        return np.maximum(self.mel[span].astype(np.float32) + gain, np.float32(LOG_FLOOR))


def load_examples(
    paths: Iterable[Path], naming: Naming, known: Vocabulary | None = None
) -> tuple[Vocabulary, list[Example]]:
    """The names that occur (or `known`, to which they must belong), and all examples.

    Raises CorpusError for a damaged shard, UsageError if there is no example or one that `known` cannot name.
    """
    inventory = load_inventory()
    recordings = [f for path in paths for f in read_shard(path) if is_example(f.info, naming.speakers, inventory)]
    if not recordings:
        raise UsageError("no shard holds a labelled recording of the recipe's speakers", fix="see its README.md")
    names = known or vocabulary_of([f.info for f in recordings], naming, inventory)
    check_known([f.info for f in recordings], naming, names)
    limits = doubtful_limits([f.info for f in recordings], naming.doubtful_share)
    tops_hz = usual_bands_hz([f.info for f in recordings])
    examples = [
        to_example(f, names, naming, inventory, limits[f.info["speaker"]], tops_hz[f.info["speaker"]])
        for f in recordings
    ]
    vowels = np.array([inventory[phone].phone_class == "vowel" for phone in names.phones])
    loudness = [loudness_db(example.mel) for example in examples]
    inside = [vowel_frames(example.phone_ids, example.phone_frames, vowels) for example in examples]
    examples = level(examples, loudness, inside, names)
    raw = [raw_curves(f, loud, e.gain_db) for f, loud, e in zip(recordings, loudness, examples, strict=True)]
    curves = with_techniques(
        raw,
        inside,
        [example.f0_hz for example in examples],
        [example.recorded_as for example in examples],
        [example.copied for example in examples],
    )
    return names, [replace(e, curves=curve) for e, curve in zip(examples, curves, strict=True)]


def is_example(info: Mapping[str, Any], speakers: Sequence[str], inventory: Inventory) -> bool:
    """Whether the acoustic model learns from a recording: see the module's conventions."""
    return (
        info["speaker"] in speakers
        and bool(info.get("ends_seconds"))
        and info.get("split") != "test"
        and any(phone in inventory.nuclei for phone in info.get("phones") or ())
    )


def vocabulary_of(infos: Sequence[Mapping[str, Any]], naming: Naming, inventory: Inventory) -> Vocabulary:
    """What occurs: phones in the inventory's order, singers in the recipe's, the usual style first."""
    found = {phone for info in infos for phone in info["phones"]}
    styles = sorted({naming.style(info) for info in infos}, key=lambda style: (style != USUAL_STYLE, style))
    there = {naming.singer(info) for info in infos}
    singers = dict.fromkeys(naming.singers.get(name, name) for name in naming.speakers)
    return Vocabulary(
        tuple(phone for phone in inventory.symbols if phone in found),
        tuple(singer for singer in singers if singer in there),
        tuple(styles),
        tuple(sorted({info["language"] for info in infos if info.get("language")})),
    )


def check_known(infos: Sequence[Mapping[str, Any]], naming: Naming, known: Vocabulary) -> None:
    """Raises UsageError for recordings that a model to be taught further has no words for."""
    for what, names, have in (
        ("phones", {phone for info in infos for phone in info["phones"]}, known.phones),
        ("speakers", {naming.singer(info) for info in infos}, known.speakers),
        ("styles", {naming.style(info) for info in infos}, known.styles),
    ):
        unknown = sorted(names - set(have))
        if unknown:
            raise UsageError(
                f"the model has no {what} {', '.join(unknown)}", fix=f"it has {', '.join(have)}: leave others out"
            )


def doubtful_limits(infos: Iterable[Mapping[str, Any]], share: float) -> dict[str, float]:
    """The confidence below which a phone is doubtful, by speaker; negative if none has a confidence."""
    found: dict[str, list[float]] = defaultdict(list)
    for info in infos:
        found[info["speaker"]] += info.get("phone_confidences") or []
    return {name: float(np.quantile(values, share)) if values else -1.0 for name, values in found.items()}


def usual_bands_hz(infos: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    """The median band limit of each speaker's recordings: the full band if most of them fill it."""
    found: dict[str, list[float]] = defaultdict(list)
    for info in infos:
        found[info["speaker"]].append(info.get("band_hz", FULL_BAND_HZ))
    return {name: float(np.median(values)) for name, values in found.items()}


def to_example(
    features: Features, names: Vocabulary, naming: Naming, inventory: Inventory, limit: float, usual_band_hz: float
) -> Example:
    """One recording, not levelled yet, without techniques."""
    info, frames = features.info, len(features.mel)
    band_hz = info.get("band_hz", FULL_BAND_HZ)
    boundaries = np.minimum(GRID.frames_of([0.0, *info["ends_seconds"]]), frames)
    boundaries[-1] = frames
    phone_frames = np.diff(boundaries)
    sounding = np.array([inventory[p].phone_class not in ("silence", "breath") for p in info["phones"]])
    sung = np.repeat(sounding, phone_frames)
    language, places = info.get("language", ""), {name: place for place, name in enumerate(names.languages)}
    confidences = info.get("phone_confidences") or [1.0] * len(sounding)
    return Example(
        mel=features.mel,
        f0_hz=filled(np.where(sung, features.f0_hz, 0.0), fallback_hz=usual_hz(features)),
        voiced=(features.f0_hz > 0) & sung,
        curves=np.zeros((0, frames), np.float32),
        sung=sung,
        phone_ids=np.array([names.phones.index(phone) for phone in info["phones"]]),
        phone_frames=phone_frames,
        doubtful=np.array(confidences) < limit,
        recorded_as=info["speaker"],
        speaker=names.speakers.index(naming.singer(info)),
        style=names.styles.index(naming.style(info)),
        language=places.get(language, len(places)),
        copied=COPIED in info,
        group=(info["speaker"], info.get("nominal_midi")),
        split=info.get("split") or "train",
        bands=bands_within(usual_band_hz if band_hz >= FULL_BAND_HZ else band_hz),
    )


def usual_hz(features: Features) -> float:
    """What stands for the F0 of a recording in which none was found while somebody sang."""
    nominal_midi = features.info.get("nominal_midi")
    if nominal_midi is not None:
        return float(midi_to_hz(float(nominal_midi)))
    voiced = features.f0_hz > 0
    return float(np.median(features.f0_hz[voiced])) if voiced.any() else USUAL_F0_HZ


def level(
    examples: list[Example],
    loudness: list[NDArray[np.float32]],
    inside: list[NDArray[np.int64]],
    names: Vocabulary,
) -> list[Example]:
    """One gain for each group, so that the median loudness of its vowels is the wanted one."""
    pools: dict[tuple[str, float | None], list[NDArray[np.float32]]] = defaultdict(list)
    for example, loud, ids in zip(examples, loudness, inside, strict=True):
        pools[example.group].append(loud[ids >= 0])
    medians = {group: float(np.median(np.concatenate(pool))) for group, pool in pools.items() if sum(map(len, pool))}

    def gain_db(example: Example) -> float:
        whispered = "whisper" in names.styles[example.style]
        wanted_db = WHISPER_LEVEL_DB if whispered else VOWEL_LEVEL_DB
        return wanted_db - medians[example.group] if example.group in medians else 0.0

    return [replace(example, gain_db=gain_db(example)) for example in examples]
