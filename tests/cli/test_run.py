"""Standard output and error as a shell may hand them over: full, closed, or read by nobody."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from svs_cli.cli.run import run

FULL = Path("/dev/full")
SAKURA = str(Path(__file__).parents[2] / "data" / "scores" / "sakura.musicxml")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")


def svs(*arguments: str, stdout: int | None = subprocess.PIPE, closed: int | None = None) -> tuple[int, str]:
    """Exit code and standard error of a process; `closed` is a descriptor that it does not get."""
    close = None if closed is None else lambda: os.close(closed)
    command = [sys.executable, "-m", "svs_cli", *arguments]
    done = subprocess.run(command, stdout=stdout, stderr=subprocess.PIPE, text=True, preexec_fn=close)
    return done.returncode, done.stderr


@needs_full
@pytest.mark.parametrize("arguments", [("--version",), ("synth", "--help"), ("score", SAKURA)])
def test_a_full_disk_behind_standard_output_is_told(arguments: tuple[str, ...]) -> None:
    with FULL.open("w") as full:
        code, told = svs(*arguments, stdout=full.fileno())
    assert code == 2
    assert told.splitlines()[0] == "error: there is no room for the output: no space left on device"
    assert "Traceback" not in told and "Exception ignored" not in told


@pytest.mark.skipif(os.name == "nt", reason="descriptors are closed otherwise there")
def test_a_closed_standard_output_is_told() -> None:
    code, told = svs("--version", stdout=None, closed=1)
    assert code == 2 and "standard output is closed" in told


@pytest.mark.skipif(os.name == "nt", reason="descriptors are closed otherwise there")
def test_without_a_standard_error_the_exit_code_speaks() -> None:
    assert svs("score", "nothing.musicxml", closed=2) == (3, "")


def test_an_interrupted_command_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("svs_cli.voices.library.list_voices", interrupted)
    assert run(["voices", "list"]) == 130
    assert "interrupted" in capsys.readouterr().err
