"""Running `svs` inside the test: its exit code, what it printed, and a folder with scores.

The vocoder is a stand-in, so that these tests are about the commands; the README's tests use the real one.
"""

from __future__ import annotations

import io
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from svs_cli.cli.run import run
from svs_cli.units import GRID
from svs_cli.voices import singer

SCORES = Path(__file__).parents[2] / "data" / "scores"
Samples = NDArray[np.float32]


@dataclass(frozen=True)
class Sines:
    """A vocoder that is quick."""

    name: str = "sines"

    def render(self, mel: Samples, f0_hz: Samples, *, seed: int = 0) -> Samples:
        phase = np.cumsum(np.repeat(f0_hz, GRID.hop_samples)) * 2 * np.pi / GRID.sample_rate_hz
        return (0.3 * np.sin(phase + seed)).astype(np.float32)


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str
    raw: bytes


class Pipe(io.TextIOWrapper):
    """A standard stream that is no terminal, and keeps its bytes."""

    def __init__(self, content: bytes = b"") -> None:
        super().__init__(io.BytesIO(content), encoding="utf-8", write_through=True)

    @property
    def content(self) -> bytes:
        return self.buffer.getvalue()  # type: ignore[attr-defined,no-any-return]


class Svs:
    """`svs(...)` runs a command line in the current folder."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.monkeypatch = monkeypatch

    def __call__(self, *arguments: object, stdin: bytes = b"") -> Ran:
        streams = Pipe(stdin), Pipe(), Pipe()
        with self.monkeypatch.context() as context:
            for name, stream in zip(("stdin", "stdout", "stderr"), streams, strict=True):
                context.setattr(sys, name, stream)
            code = run([str(argument) for argument in arguments])
        _, out, err = streams
        assert "Traceback" not in err.content.decode()
        return Ran(code, out.content.decode(errors="replace"), err.content.decode(), out.content)


@pytest.fixture
def svs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Svs:
    for name in ("sakura.musicxml", "amazing_grace.musicxml", "twinkle.mid"):
        shutil.copy(SCORES / name, tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SVS_VOICE", "formant")
    monkeypatch.setenv("SVS_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("SVS_DEBUG", raising=False)
    monkeypatch.setattr(singer, "load_vocoder_model", lambda name, device="auto": Sines())
    return Svs(monkeypatch)
