"""What the acoustic stage hands to the vocoder: mel and F0 of a whole piece, and its `.mel.npz` file.

Conventions
-----------
- Frames lie on `GRID`; frames of silence hold exactly the floor in every band, so silence can be found again.
- The file is an uncompressed NumPy archive: `mel` (frames, 128) natural log, `f0_hz` (frames,) with 0 where
  unvoiced, `sample_rate_hz`, `hop_samples`, and `part_number` where it is not the score's first part, so that the
  vocoder draws each singer's own noise. Equal spectrograms give equal bytes.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from svs_cli.analysis.mel import LOG_FLOOR, MEL
from svs_cli.errors import PerformanceError
from svs_cli.units import GRID

LARGEST_FILE_BYTES = 512 * 2**20  # two and a half hours
SILENCE_TOLERANCE = 1e-3
PART = "part_number"
JOINED_GAP_FRAMES = 18  # a stop closure may reach the floor; a gap of over 0.2 s is a rest


@dataclass(frozen=True)
class Spectrogram:
    """Shapes: mel (frames, 128), f0_hz (frames,)."""

    mel: NDArray[np.float32]
    f0_hz: NDArray[np.float32]
    part_number: int = 1

    @classmethod
    def silent(cls, frames: int, part_number: int = 1) -> Spectrogram:
        """Nothing but floor, to be filled."""
        return cls(np.full((frames, MEL.bands), LOG_FLOOR, np.float32), np.zeros(frames, np.float32), part_number)

    @property
    def frames(self) -> int:
        return len(self.f0_hz)

    @staticmethod
    def samples_of(frames: slice) -> slice:
        """The samples of a stretch of frames."""
        return slice(GRID.samples_of_frames(frames.start), GRID.samples_of_frames(frames.stop))

    def place(self, start_frame: int, mel: NDArray[np.float32], f0_hz: NDArray[np.float32]) -> None:
        """Write a phrase in; what would stand after the end of the piece is cut (rounding: one frame at most)."""
        stop_frame = min(start_frame + len(mel), self.frames)
        self.mel[start_frame:stop_frame] = mel[: stop_frame - start_frame]
        self.f0_hz[start_frame:stop_frame] = f0_hz[: stop_frame - start_frame]

    def sounding_spans(self) -> list[slice]:
        """Stretches of frames between silences, in order; short gaps belong to the stretch around them.

        >>> song = Spectrogram.silent(100)
        >>> song.mel[10:20], song.mel[25:30], song.mel[60:70] = 0, 0, 0
        >>> song.sounding_spans()
        [slice(10, 30, None), slice(60, 70, None)]
        """
        sounding = (self.mel > LOG_FLOOR + SILENCE_TOLERANCE).any(axis=1)
        edges = np.flatnonzero(np.diff(np.concatenate([[False], sounding, [False]]).astype(np.int8)))
        spans: list[slice] = []
        for start, stop in edges.reshape(-1, 2).tolist():
            if spans and start - spans[-1].stop <= JOINED_GAP_FRAMES:
                spans[-1] = slice(spans[-1].start, stop)
            else:
                spans.append(slice(start, stop))
        return spans

    def to_bytes(self) -> bytes:
        """The `.mel.npz` file."""
        buffer = io.BytesIO()
        part: dict[str, Any] = {} if self.part_number == 1 else {PART: np.int64(self.part_number)}
        np.savez(
            buffer,
            mel=self.mel.astype(np.float32),
            f0_hz=self.f0_hz.astype(np.float32),
            sample_rate_hz=np.int64(GRID.sample_rate_hz),
            hop_samples=np.int64(GRID.hop_samples),
            **part,
        )
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, raw: bytes, source: str = ".mel.npz") -> Spectrogram:
        """Read and check a `.mel.npz` file. Raises PerformanceError."""
        arrays = read_arrays(raw, source)
        rate_hz, hop_samples = arrays["sample_rate_hz"], arrays["hop_samples"]
        if (
            rate_hz.size != 1
            or hop_samples.size != 1
            or (rate_hz.item(), hop_samples.item())
            != (
                GRID.sample_rate_hz,
                GRID.hop_samples,
            )
        ):
            raise PerformanceError(
                f"{source} is not on the grid of svs ({GRID.sample_rate_hz} Hz, hop {GRID.hop_samples} samples)"
            )
        mel, f0_hz = arrays["mel"], arrays["f0_hz"]
        if mel.ndim != 2 or mel.shape[1] != MEL.bands or f0_hz.shape != mel.shape[:1] or not len(mel):
            raise PerformanceError(
                f"{source}: mel must be (frames, {MEL.bands}) and f0_hz (frames,), not {mel.shape} and {f0_hz.shape}"
            )
        if mel.dtype.kind != "f" or f0_hz.dtype.kind != "f":
            raise PerformanceError(f"{source}: mel and f0_hz must hold floating-point numbers")
        if not (np.isfinite(mel).all() and np.isfinite(f0_hz).all() and (f0_hz >= 0).all()):
            raise PerformanceError(f"{source} holds a value that is not finite, or a negative F0")
        part = arrays.get(PART, np.int64(1))
        if part.size != 1 or part.dtype.kind not in "iu" or part.item() < 1:
            raise PerformanceError(f"{source}: part_number must be a whole number from 1")
        floored = np.maximum(mel.astype(np.float32), np.float32(LOG_FLOOR))
        return cls(floored, f0_hz.astype(np.float32), int(part.item()))


def read_arrays(raw: bytes, source: str) -> dict[str, NDArray[Any]]:
    """The arrays of the archive, never unpickled, never larger than the cap. Raises PerformanceError."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            unpacked_bytes = sum(member.file_size for member in archive.infolist())
        if unpacked_bytes > LARGEST_FILE_BYTES:
            raise PerformanceError(f"{source} would unpack to {unpacked_bytes / 2**20:.0f} MiB: no song needs that")
        with np.load(io.BytesIO(raw), allow_pickle=False) as arrays:
            known = ["mel", "f0_hz", "sample_rate_hz", "hop_samples", *([PART] if PART in arrays else [])]
            return {key: arrays[key] for key in known}
    except KeyError as error:
        raise PerformanceError(f"{source} lacks an array: {error.args[0]}") from error
    except (zipfile.BadZipFile, ValueError, OSError, EOFError) as error:
        raise PerformanceError(
            f"{source} is not a .mel.npz file", fix="write one with 'svs acoustic FILE -o song.mel.npz'"
        ) from error
