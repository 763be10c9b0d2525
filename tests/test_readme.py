"""The README's commands run as they stand there, and every command has a line in it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from svs_cli.cli.app import app

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SHELL_BLOCKS = re.findall(r"^```sh\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
PYTHON_BLOCKS = re.findall(r"^```python\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
SCORE = """<?xml version="1.0"?><score-partwise version="4.0"><part-list><score-part id="P1"><part-name>Alto</part-name>
</score-part></part-list><part id="P1"><measure number="1"><attributes><divisions>1</divisions><time><beats>4</beats>
<beat-type>4</beat-type></time></attributes>{notes}</measure></part></score-partwise>"""
NOTE = "<note><pitch><step>{step}</step><octave>4</octave></pitch><duration>1</duration>{lyrics}</note>"
LYRIC = '<lyric number="{verse}"><text>{text}</text></lyric>'


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's folder with the scores that the README talks about, and `svs` on the path."""
    folder = tmp_path_factory.mktemp("readme")
    songs = {"song": ["さくらと"], "choir": ["やよいの"], "hymn": ["I see the sun", "we hear the sea"]}
    for name, verses in songs.items():
        (folder / f"{name}.musicxml").write_text(small_score(verses), encoding="utf-8")
    script = folder / "bin" / "svs"
    script.parent.mkdir()
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m svs_cli "$@"\n')
    script.chmod(0o755)
    return folder


def small_score(verses: list[str]) -> str:
    """Four notes with these verses: one word a note, or one kana."""
    syllables = [verse.split() if " " in verse else list(verse) for verse in verses]
    notes = ""
    for step, texts in zip("FGAG", zip(*syllables, strict=True), strict=True):
        lyrics = "".join(LYRIC.format(verse=number, text=text) for number, text in enumerate(texts, 1))
        notes += NOTE.format(step=step, lyrics=lyrics)
    return SCORE.format(notes=notes)


def environment(folder: Path) -> dict[str, str]:
    """The quick voice, so that the commands are tested and not the models."""
    path = os.pathsep.join([str(folder / "bin"), os.environ["PATH"]])
    own = {"PATH": path, "PYTHONPATH": str(ROOT), "SVS_VOICE": "formant", "SVS_HOME": str(folder / "home")}
    return {**os.environ, **own}


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(SHELL_BLOCKS)))
def test_shell_blocks_run(folder: Path, number: int) -> None:
    script = "set -e -o pipefail\n" + SHELL_BLOCKS[number]
    ran = subprocess.run(
        ["bash", "-c", script], cwd=folder, env=environment(folder), capture_output=True, text=True, timeout=300
    )
    assert ran.returncode == 0, ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(PYTHON_BLOCKS)))
def test_python_blocks_run(folder: Path, number: int) -> None:
    block = PYTHON_BLOCKS[number].replace("load_voice()", "load_voice('formant')")
    ran = subprocess.run(
        [sys.executable, "-c", block], cwd=folder, env=environment(folder), capture_output=True, text=True, timeout=300
    )
    assert ran.returncode == 0, ran.stderr


def test_every_command_has_a_line() -> None:
    commands = [command.name for command in app.registered_commands] + [group.name for group in app.registered_groups]
    assert len(commands) >= 9
    for command in commands:
        assert f"svs {command} " in README or f"svs {command}\n" in README, command


def test_every_option_named_exists() -> None:
    known = {"--resume", "--recipe", *re.findall(r'"(--[a-z-]+)"', "".join(
        path.read_text() for path in (ROOT / "svs_cli" / "cli").glob("*.py")
    ))}  # fmt: skip
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", README)) <= known


def test_files_named_are_there() -> None:
    for path in re.findall(r"`((?:svs_cli|data|recipes|models)/[\w./-]*)`", README):
        assert (ROOT / path).exists(), path
