"""Feature shards: what the training loops read, with numpy and safetensors alone.

Conventions
-----------
- A shard is one safetensors file. Recording `i` has the tensors `i.samples` (int16, 44.1 kHz mono), `i.mel`
  (float16, (frames, 128)) and `i.f0_hz` (float32, (frames,), 0 where unvoiced).
- The file's metadata key "recordings" is a JSON list, one dict a recording: its path in the bank, `speaker`,
  `style`, `source`, `licence`, and, where labels exist, `phones` and `ends_seconds`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from svs_cli.atomic import writing
from svs_cli.errors import CorpusError
from svs_cli.units import GRID

INT16_SCALE = 32_767.0
SHORTEST_SECONDS = 0.2
LONGEST_SECONDS = 60.0


@dataclass(frozen=True)
class Features:
    """One recording on the frame grid."""

    samples: NDArray[np.int16]
    mel: NDArray[np.float16]
    f0_hz: NDArray[np.float32]
    info: dict[str, Any] = field(default_factory=dict)


def read_audio(path: Path) -> NDArray[np.float32]:
    """Mono float samples at 44.1 kHz, DC removed. Raises CorpusError with the file's name."""
    import soundfile

    try:
        samples, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, OSError) as error:
        raise CorpusError(f"{path} cannot be read as audio: {error}") from error
    mono = samples.mean(axis=1)
    if rate_hz != GRID.sample_rate_hz:
        import librosa

        mono = librosa.resample(mono, orig_sr=rate_hz, target_sr=GRID.sample_rate_hz)
    if not np.isfinite(mono).all():
        raise CorpusError(f"{path} holds samples that are not finite")
    if not SHORTEST_SECONDS <= len(mono) / GRID.sample_rate_hz <= LONGEST_SECONDS:
        raise CorpusError(
            f"{path} lasts {len(mono) / GRID.sample_rate_hz:.1f} s; {SHORTEST_SECONDS}-{LONGEST_SECONDS} s"
        )
    return (mono - mono.mean()).astype(np.float32)


def extract(path: Path, info: dict[str, Any], *, low_hz: float, high_hz: float) -> Features:
    """Samples, mel and F0 of one file; `low_hz` and `high_hz` bound the F0 search."""
    from svs_cli.analysis.f0 import praat_f0
    from svs_cli.analysis.mel import log_mel

    samples = read_audio(path)
    peak = float(np.abs(samples).max())
    if peak > 1.0:
        samples = samples / peak
    return Features(
        samples=np.round(samples * INT16_SCALE).astype(np.int16),
        mel=log_mel(samples).astype(np.float16),
        f0_hz=praat_f0(samples, low_hz=low_hz, high_hz=high_hz),
        info=info,
    )


def write_shard(path: Path, recordings: Iterable[Features]) -> int:
    """Write all recordings into one file, atomically; returns their number."""
    from safetensors.numpy import save_file

    tensors: dict[str, NDArray[Any]] = {}
    infos = []
    for index, features in enumerate(recordings):
        tensors |= {
            f"{index}.samples": features.samples,
            f"{index}.mel": features.mel,
            f"{index}.f0_hz": features.f0_hz,
        }
        infos.append(features.info)
    with writing(path) as part:
        save_file(tensors, part, metadata={"recordings": json.dumps(infos, ensure_ascii=False)})
    return len(infos)


def read_shard(path: Path) -> Iterator[Features]:
    """All recordings of a shard. Raises CorpusError when it is none."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as shard:
            infos = json.loads((shard.metadata() or {})["recordings"])
            for index, info in enumerate(infos):
                samples, mel, f0_hz = (shard.get_tensor(f"{index}.{name}") for name in ("samples", "mel", "f0_hz"))
                yield Features(samples, mel, f0_hz, info)
    except (SafetensorError, KeyError, ValueError, OSError) as error:
        raise CorpusError(
            f"{path} is no feature shard: {error}", fix="make it again with 'svs corpus prepare'"
        ) from error
