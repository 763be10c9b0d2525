"""A vocoder as OpenUtau and DiffSinger exchange it: a folder with `vocoder.yaml` and an ONNX graph.

Conventions
-----------
- The graph takes `mel` float32 (1, n_frames, bands) and `f0` float32 (1, n_frames), and gives samples (1, n_samples).
- `mel_base` is "10" where the file does not say: so it was before vocoders began to say it.
- `oudep.yaml` names the package, for OpenUtau's installer: the folder, zipped, is a `.oudep` file.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import yaml

from svs_cli.analysis.mel import MEL
from svs_cli.errors import DataError, VoiceMissingError

HEADER = "vocoder.yaml"
INSTALLER_HEADER = "oudep.yaml"
BASES = ("10", "e")
LARGEST_HEADER_BYTES = 1 << 16


@dataclass(frozen=True)
class VocoderYaml:
    """`vocoder.yaml`: the names and defaults are OpenUtau's."""

    name: str = "vocoder"
    model: str = "model.onnx"
    sample_rate: int = MEL.sample_rate_hz
    hop_size: int = MEL.hop_samples
    win_size: int = MEL.window_samples
    fft_size: int = MEL.window_samples
    num_mel_bins: int = MEL.bands
    mel_fmin: float = MEL.low_hz
    mel_fmax: float = MEL.high_hz
    mel_base: str = "10"
    mel_scale: str = "slaney"
    pitch_controllable: bool = False

    def to_text(self) -> str:
        """The file."""
        return yaml.safe_dump(asdict(self), sort_keys=False, allow_unicode=True)


def read_vocoder_yaml(folder: Path) -> VocoderYaml:
    """The header of a vocoder's folder; keys that svs does not know are passed over.

    Raises VoiceMissingError if it or the graph is not there, DataError if svs cannot use such a vocoder.
    """
    path = folder / HEADER
    try:
        raw = yaml.safe_load(path.read_bytes()[:LARGEST_HEADER_BYTES].decode("utf-8-sig"))
    except FileNotFoundError as error:
        raise VoiceMissingError(f"{folder} holds no {HEADER}", fix="unpack the whole vocoder into it") from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise DataError(f"{path} cannot be read: {error}") from error
    if not isinstance(raw, dict):
        raise DataError(f"{path} holds no keys and values")
    header = VocoderYaml(**{field.name: typed(raw[field.name], field.default, f"{path}: {field.name}")
                            for field in fields(VocoderYaml) if field.name in raw})  # fmt: skip
    check_grid(header, path)
    graph = folder / header.model
    if Path(header.model).name != header.model:
        raise DataError(f"{path}: model must be the name of a file beside it, not {header.model!r}")
    if not graph.is_file():
        raise VoiceMissingError(f"{graph} is missing", fix="unpack the whole vocoder into this folder")
    return header


def typed(value: Any, default: object, where: str) -> Any:
    """A value of YAML as the type that its default has. Raises DataError.

    >>> typed(40, 40.0, ""), typed(10, "10", "")
    (40.0, '10')
    """
    if isinstance(default, str) and isinstance(value, (str, int)) and not isinstance(value, bool):
        return str(value)
    if isinstance(default, float) and isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    if type(value) is type(default):
        return value
    raise DataError(f"{where} must be like {default!r}, not {value!r}")


def check_grid(header: VocoderYaml, path: Path) -> None:
    """Raise DataError unless the vocoder reads the spectrogram of svs, apart from the base of its logarithm."""
    own = VocoderYaml()
    free = ("name", "model", "mel_base", "pitch_controllable")
    wrong = [
        f"{key} {value} (svs: {getattr(own, key)})"
        for key, value in asdict(header).items()
        if key not in free and value != getattr(own, key)
    ]
    if header.mel_base not in BASES:
        wrong.append(f"mel_base {header.mel_base} (svs: {' or '.join(BASES)})")
    if wrong:
        raise DataError(
            f"{path} describes a vocoder of another spectrogram: {', '.join(wrong)}",
            fix="use one for 44.1 kHz, hop 512, 128 mel bands from 40 to 16,000 Hz",
        )
