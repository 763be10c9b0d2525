"""Feature shards: what the training loops read, with numpy alone.

Conventions
-----------
- A shard is one safetensors file. Recording `i` has the tensors `i.samples` (int16, 44.1 kHz mono), `i.mel`
  (float16, (frames, 128)) and `i.f0_hz` (float32, (frames,), 0 where unvoiced).
- The file's metadata key "recordings" is a JSON list, one dict a recording: `path`, `speaker`, `language`, `style`,
  `text`, `phones`, `ends_seconds` (absent if the phones have no times), `phone_confidences`, `nuclei_seconds`, `notes`,
  `nominal_midi`, `group`, `split`, `label_origin`, `band_hz`, `gain_db` and `terms`.
- It may have the technique curves of `analysis/technique.py` as well, `i.energy_db`, `i.breathiness_db` and
  `i.tension_db` (float16, (frames,), NaN where unknown): 'svs corpus prepare' and 'svs corpus measure' put them there.
- A *compact* shard has no samples; `i.mel` is uint8 in equal steps between the shard's least and largest value (an
  error of half a step, at most 0.05), and `i.f0_cents` is float16 from the recording's median (NaN: unvoiced).
- Reading maps the file: hours of samples take no memory until they are used.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from svs_cli.corpus.shard_file import MADE_BY, MappedTensors, TensorFile, map_tensors, writing_tensors
from svs_cli.errors import CorpusError, UsageError

INT16_SCALE = 32_767.0
LARGEST_MEL_ERROR = 0.05
USUAL_F0_HZ = 220.0
CURVES = ("energy_db", "breathiness_db", "tension_db")


@dataclass(frozen=True)
class Features:
    """One recording on the frame grid; `samples` is None in compact shards, `curves` empty if nobody measured them."""

    samples: NDArray[np.int16] | None
    mel: NDArray[np.float16]
    f0_hz: NDArray[np.float32]
    info: dict[str, Any] = field(default_factory=dict)
    curves: dict[str, NDArray[np.float16]] = field(default_factory=dict)

    def require_samples(self) -> NDArray[np.int16]:
        """The samples. Raises UsageError for a recording of a compact shard."""
        if self.samples is None:
            raise UsageError(
                f"{self.info.get('path', 'the recording')} comes from a compact shard, which holds no samples",
                fix="make the shard without --compact",
            )
        return self.samples


@dataclass(frozen=True)
class MelScale:
    """How 8-bit mels are to be read: `lowest` + number * `step`, natural log magnitude."""

    lowest: float
    step: float

    @staticmethod
    def between(lowest: float, largest: float) -> MelScale:
        """The scale that covers a range. Raises CorpusError if steps would be coarser than what is promised."""
        step = max(1e-6, (largest - lowest) / 255)
        if step / 2 > LARGEST_MEL_ERROR:
            raise CorpusError(f"mels between {lowest:.1f} and {largest:.1f} are no spectra of sound", fix=MADE_BY)
        return MelScale(lowest, step)

    def encoded(self, mel: NDArray[np.float16]) -> NDArray[np.uint8]:
        steps = np.round((mel.astype(np.float32) - self.lowest) / self.step)
        return np.clip(steps, 0, 255).astype(np.uint8)

    def decoded(self, numbers: NDArray[np.uint8]) -> NDArray[np.float16]:
        return (self.lowest + numbers.astype(np.float32) * self.step).astype(np.float16)


def write_shard(path: Path, recordings: Iterable[Features], scale: MelScale | None = None) -> int:
    """Write recordings one by one into one file, atomically; with `scale` compactly. Returns their number."""
    infos: list[dict[str, Any]] = []
    references_hz: list[float] = []
    with writing_tensors(path) as tensors:
        for index, features in enumerate(recordings):
            if scale is None:
                tensors.add(f"{index}.samples", features.require_samples())
                tensors.add(f"{index}.mel", features.mel)
                tensors.add(f"{index}.f0_hz", features.f0_hz)
            else:
                references_hz.append(add_compact(tensors, index, features, scale))
            for name, curve in features.curves.items():
                tensors.add(f"{index}.{name}", curve)
            infos.append(features.info)
        tensors.metadata["recordings"] = json.dumps(infos, ensure_ascii=False)
        if scale is not None:
            compact = {"mel_lowest": scale.lowest, "mel_step": scale.step, "f0_references_hz": references_hz}
            tensors.metadata["compact"] = json.dumps(compact)
    return len(infos)


def add_compact(tensors: TensorFile, index: int, features: Features, scale: MelScale) -> float:
    """Add 8-bit mel and 16-bit F0 of one recording; returns the F0 in Hz that its cents count from."""
    voiced = features.f0_hz > 0
    reference_hz = round(float(np.median(features.f0_hz[voiced])), 3) if voiced.any() else USUAL_F0_HZ
    cents = np.full(len(voiced), np.nan)
    cents[voiced] = 1200 * np.log2(features.f0_hz[voiced].astype(np.float64) / reference_hz)
    tensors.add(f"{index}.mel", scale.encoded(features.mel))
    tensors.add(f"{index}.f0_cents", cents.astype(np.float16))
    return reference_hz


def read_infos(path: Path) -> list[dict[str, Any]]:
    """What a shard says about its recordings, without reading any of them. Raises CorpusError."""
    return infos_of(map_tensors(path), path)


def infos_of(tensors: MappedTensors, path: Path) -> list[dict[str, Any]]:
    """The list in a shard's metadata. Raises CorpusError."""
    try:
        infos = json.loads(tensors.metadata["recordings"])
        if not isinstance(infos, list) or not all(isinstance(info, dict) for info in infos):
            raise ValueError("its list of recordings is none")
    except (KeyError, ValueError) as error:
        raise CorpusError(f"{path} is no feature shard: {error}", fix=MADE_BY) from error
    return infos


class Shard:
    """A shard, plain or compact, as a sequence of recordings that are read when they are asked for."""

    def __init__(self, path: Path) -> None:
        """Raises CorpusError if the file is none."""
        self.path = path
        self._tensors = map_tensors(path)
        self.infos = infos_of(self._tensors, path)
        self._scale: MelScale | None = None
        try:
            if "compact" in self._tensors.metadata:
                told = json.loads(self._tensors.metadata["compact"])
                self._scale = MelScale(float(told["mel_lowest"]), float(told["mel_step"]))
                self._references_hz = [float(hz) for hz in told["f0_references_hz"]]
        except (KeyError, ValueError, TypeError) as error:
            raise CorpusError(f"{path} is no feature shard: {error}", fix=MADE_BY) from error

    @property
    def is_compact(self) -> bool:
        return self._scale is not None

    def __len__(self) -> int:
        return len(self.infos)

    def __getitem__(self, index: int) -> Features:
        """One recording; its tensors lie on the disk until they are used. Raises CorpusError, IndexError."""
        info, tensors = self.infos[index], self._tensors
        curves = {name: tensors[f"{index}.{name}"] for name in CURVES if f"{index}.{name}" in tensors}
        try:
            if self._scale is None:
                return Features(
                    tensors[f"{index}.samples"], tensors[f"{index}.mel"], tensors[f"{index}.f0_hz"], info, curves
                )
            cents = tensors[f"{index}.f0_cents"].astype(np.float64)
            f0_hz = np.where(np.isnan(cents), 0.0, self._references_hz[index] * 2.0 ** (cents / 1200))
            mel = self._scale.decoded(tensors[f"{index}.mel"])
            return Features(None, mel, f0_hz.astype(np.float32), info, curves)
        except (KeyError, ValueError) as error:
            raise CorpusError(f"{self.path} is no feature shard: {error}", fix=MADE_BY) from error

    def __iter__(self) -> Iterator[Features]:
        return (self[index] for index in range(len(self)))


def read_shard(path: Path) -> Iterator[Features]:
    """All recordings of a shard, plain or compact, mapped from the disk. Raises CorpusError when it is none."""
    yield from Shard(path)


def is_compact(path: Path) -> bool:
    """Whether a shard is compact. Raises CorpusError when it is none."""
    return Shard(path).is_compact


def shards_matching(folder: Path, names: Iterable[str]) -> list[Path]:
    """The shards that a recipe names, in its order; a name may have wildcards, e.g. kumi-*.safetensors.

    Raises CorpusError for a name that matches nothing.
    """
    paths: list[Path] = []
    for name in names:
        found = [folder / name]
        if any(mark in name for mark in "*?["):
            found = sorted(folder.glob(name), key=lambda path: path.stem)
        if not found or not found[0].is_file():
            raise CorpusError(f"there is no shard {folder / name}", fix="make it with 'svs corpus prepare'")
        paths += [path for path in found if path not in paths]
    return paths
