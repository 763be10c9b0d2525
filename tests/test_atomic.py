"""Files appear whole or not at all."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import time
import types
from pathlib import Path

import pytest

from svs_cli.atomic import write_text, writing
from svs_cli.errors import DataError, UsageError


def test_a_finished_block_replaces_the_file(tmp_path: Path) -> None:
    target = tmp_path / "song.txt"
    target.write_text("old")
    write_text(target, "new ♪")
    assert target.read_text(encoding="utf-8") == "new ♪"
    assert list(tmp_path.iterdir()) == [target]
    plain = tmp_path / "plain"
    plain.touch()
    assert target.stat().st_mode == plain.stat().st_mode


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_an_interrupted_block_leaves_the_old_file(tmp_path: Path, error: type[BaseException]) -> None:
    target = tmp_path / "song.txt"
    target.write_text("old")
    with pytest.raises(error), writing(target) as temporary:
        temporary.write_text("half")
        raise error
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_impossible_places_are_refused_with_a_fix(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no folder") as caught:
        write_text(tmp_path / "none" / "song.txt", "")
    assert caught.value.fix is not None
    assert "mkdir" in caught.value.fix
    with pytest.raises(UsageError, match="is a folder"):
        write_text(tmp_path, "")


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs a folder that even root cannot write to")
def test_a_folder_that_cannot_be_written_to_is_said() -> None:
    with pytest.raises(UsageError, match="cannot be written"):
        write_text(Path("/proc/song.txt"), "")


def test_a_terminated_command_leaves_no_half_file(tmp_path: Path) -> None:
    script = (
        "import sys, time\nfrom pathlib import Path\nimport svs_cli.cli.run as run\n"
        "from svs_cli.atomic import writing\n"
        "def work(**_):\n"
        "    with writing(Path('song.wav')) as temporary:\n"
        "        temporary.write_bytes(b'half')\n"
        "        print('started', flush=True)\n"
        "        time.sleep(30)\n"
        "run.app = work\nsys.exit(run.run([]))\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script], cwd=tmp_path, stdout=subprocess.PIPE, env=environment())
    assert process.stdout is not None
    assert process.stdout.readline() == b"started\n"
    assert len(list(tmp_path.iterdir())) == 1
    started = time.monotonic()
    process.terminate()
    assert process.wait(timeout=20) == 143
    assert time.monotonic() - started < 10
    assert list(tmp_path.iterdir()) == []
    process.stdout.close()


def environment() -> dict[str, str]:
    """This environment, with the package importable from any folder."""
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}


@pytest.mark.parametrize(
    ("error", "free_bytes", "expected"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), 1 << 40, UsageError),
        (RuntimeError("System error."), 0, UsageError),  # as libsndfile has it
        (RuntimeError("a mistake of ours"), 1 << 40, RuntimeError),
        (DataError("said already"), 0, DataError),
    ],
)
def test_a_full_disk_is_said_and_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, free_bytes: int, expected: type[Exception]
) -> None:
    path = tmp_path / "song.wav"
    path.write_text("old")
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: types.SimpleNamespace(free=free_bytes))
    with pytest.raises(expected) as caught, writing(path):
        raise error
    assert type(caught.value) is expected
    assert [(found.name, found.read_text()) for found in tmp_path.iterdir()] == [("song.wav", "old")]
