"""What all commands share: help, versions, start-up time, exit codes; and the small commands."""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from svs_cli import __version__
from svs_cli.cli.app import COMMANDS
from svs_cli.cli.console import Console
from svs_cli.cli.doctor import examine
from svs_cli.cli.job import unique_names
from tests.cli.command_list import every_command
from tests.cli.conftest import Svs

ROOT = Path(__file__).parents[2]
HELP_SECONDS = 0.3


@pytest.mark.parametrize("command", [(), *every_command()], ids=" ".join)
def test_every_command_has_help(svs: Svs, command: tuple[str, ...]) -> None:
    long, short = svs(*command, "--help"), svs(*command, "-h")
    assert (long.code, long.err) == (0, "")
    assert long.out == short.out
    assert "Usage: svs" in long.out
    assert not re.search(r"\[\[|\.\.\.[\]}]", long.out), "typer adds brackets and dots to a metavar itself"
    described = [line for line in long.out.splitlines() if line.startswith("  -")]
    assert all(len(line.split()) > 1 for line in described)


def test_help_names_every_command(svs: Svs) -> None:
    text = svs("--help").out
    for name, _, short_help in COMMANDS:
        assert re.search(rf"\n  {name} +{re.escape(short_help)}\n", text + "\n")
    assert "..." not in text.partition("Commands:")[2], "a short help is cut"


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, env=environment, check=True)


def test_help_is_quick() -> None:
    # Processor time, which other programs on the machine change less than the time on the wall.
    seconds = []
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        python("-m", "svs_cli", "--help")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        if seconds[-1] < HELP_SECONDS:
            break
    assert min(seconds) < HELP_SECONDS


@pytest.mark.parametrize("name", ["", *(name for name, _, _ in COMMANDS)])
def test_help_imports_nothing_heavy(name: str) -> None:
    arguments = [name, "--help"] if name else ["--help"]
    code = f"import sys\nfrom svs_cli.cli.run import run\nrun({arguments})\nprint(*sys.modules)"
    loaded = set(python("-c", code).stdout.splitlines()[-1].split())
    assert f"svs_cli.cli.{name or 'app'}" in loaded
    assert not loaded & {"numpy", "torch", "librosa", "music21", "scipy", "rich", "yaml", "soundfile"}


def test_version_and_no_command(svs: Svs) -> None:
    assert svs("--version").out == f"svs {__version__}\n"
    assert "Commands:" in svs().out + svs().err
    assert svs("sing").code == 2


def test_a_reader_that_leaves_is_no_error() -> None:
    command = f'"{sys.executable}" -m svs_cli voices list --json | true; echo "${{PIPESTATUS[0]}}"'
    ran = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True
    )
    assert ran.stderr == ""
    assert ran.stdout.strip() in ("0", "1", "141")


def test_voices_are_listed_and_shown(svs: Svs) -> None:
    table = svs("voices", "list").out
    assert "formant" in table
    assert "sings when no voice is named" in table
    voices = json.loads(svs("voices", "list", "--json").out)
    assert sum(voice["default"] for voice in voices) == 1
    shown = svs("voices", "show", "formant").out
    for words in ("Apache-2.0", "C2-C6", "terms"):
        assert words in shown
    assert json.loads(svs("voices", "show", "formant", "--json").out)["name"] == "formant"
    missed = svs("voices", "show", "nobody")
    assert (missed.code, missed.out) == (4, "")


def test_doctor_finds_this_environment_whole(svs: Svs) -> None:
    findings = json.loads(svs("doctor", "--json").out)
    by_name = {finding["name"]: finding for finding in findings}
    assert by_name["svs"]["detail"] == __version__
    assert "cpu" in by_name["devices"]["detail"]
    assert by_name["voice formant"]["status"] == "ok"
    assert by_name["import soundfile"]["status"] == "ok"


def test_doctor_says_what_is_broken_and_how_to_mend_it(svs: Svs) -> None:
    folder = Path("home/voices/alto")
    folder.mkdir(parents=True)
    (folder / "model.toml").write_text(
        'kind = "voice"\nname = "alto"\ntitle = "An Alto"\nacoustic = "missing-model"\nspeaker = "alto"\n'
        'vocoder = "world"\nlanguages = ["ja"]\nlicence = "CC0"\n'
    )
    ran = svs("doctor")
    assert ran.code == 4
    assert "broken  voice alto" in ran.out
    assert "missing-model" in ran.out
    assert "fix: " in ran.out
    assert all(finding.fix for finding in examine() if finding.status != "ok")


def test_recipes_are_found_by_name_or_missed_with_a_hint(svs: Svs) -> None:
    ran = svs("train", "vocoder", "--recipe", "vocoder-sun")
    assert ran.code == 2
    assert "did you mean 'vocoder-universal'?" in ran.err
    assert svs("train", "singer", "--recipe", "vocoder-universal").code == 2


def test_part_names_become_file_names() -> None:
    assert unique_names(["Ténor", "ソプラノ", "../../etc", "", ""]) == ["ténor", "ソプラノ", "etc", "part", "part-2"]


def test_warnings_are_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    console = Console()
    console.warn(["low", "high", "low"])
    console.warn(["high"])
    captured = capsys.readouterr()
    assert captured.err == "warning: low\nwarning: high\n"
    assert captured.out == ""


def test_the_bar_appears_on_terminals_after_two_seconds(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr("svs_cli.cli.console.time.monotonic", lambda: now[0])
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    console = Console()
    console.stage("acoustic", 0.1)
    now[0] += 1.5
    console.stage("acoustic", 0.2)
    assert capsys.readouterr().err == ""
    now[0] += 1.0
    console.stage("acoustic", 0.5)
    assert "acoustic           [############............]  50%" in capsys.readouterr().err
    assert console.finish() == {"acoustic": 2.5}
    assert capsys.readouterr().err.endswith("\r")
    silent = Console(quiet=True)
    silent.stage("acoustic")
    now[0] += 5
    silent.stage("acoustic", 0.5)
    assert capsys.readouterr().err == ""
