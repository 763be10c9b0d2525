"""The tab key: commands, options and values, as bash, zsh and fish ask for them."""

from __future__ import annotations

import os
import resource
import shlex
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from svs_cli.cli import completion
from tests.cli.command_list import leaves
from tests.cli.conftest import Svs

ROOT = Path(__file__).parents[2]
ANSWER_SECONDS = 0.3
CHOSEN_FROM_A_LIST = {"voice", "language", "device", "acoustic", "vocoder", "format", "recipe", "chord", "judge"}


def asked(svs: Svs, line: str) -> list[str]:
    """What bash is offered when the tab key is pressed at the end of this line."""
    words = shlex.split(line)
    typed = len(words) if line.endswith(" ") else len(words) - 1
    with svs.monkeypatch.context() as context:
        context.setenv("_SVS_COMPLETE", "complete_bash")
        context.setenv("COMP_WORDS", line)
        context.setenv("COMP_CWORD", str(typed))
        ran = svs()
    assert (ran.code, ran.err) == (0, "")
    return ran.out.split()


def environment(folder: Path) -> dict[str, str]:
    """An environment where `svs` is this checkout."""
    script = folder / "bin" / "svs"
    script.parent.mkdir(exist_ok=True)
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m svs_cli "$@"\n')
    script.chmod(0o755)
    path = os.pathsep.join([str(script.parent), os.environ["PATH"]])
    return {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "SVS_HOME": str(folder / "home"), "HOME": str(folder)}


def test_commands_and_options_are_offered(svs: Svs) -> None:
    assert {"synth", "batch", "corpus", "train", "voices"} <= set(asked(svs, "svs "))
    assert asked(svs, "svs sy") == ["synth"]
    assert sorted(asked(svs, "svs voices ")) == ["demo", "list", "show"]
    assert {"--voice", "--vocoder", "--verse"} <= set(asked(svs, "svs synth song.mid --v"))


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("svs synth --voice k", {"kumi", "kumi-strong", "kumi-whisper"}),
        ("svs evaluate song.mid --voice form", {"formant"}),
        ("svs voices show yu", {"yuki"}),
        ("svs synth --lang ", {"de", "en", "ja", "zh"}),
        ("svs synth --vocoder ", {"world", "neural", "vocoder-universal"}),
        ("svs acoustic --acoustic ", {"rule", "neural", "acoustic"}),
        ("svs vocode --format ", {"wav", "flac", "ogg"}),
        ("svs bench --device c", {"cpu", "cuda"}),
        ("svs plot --chord b", {"bottom"}),
        ("svs batch --engine ", {"processes", "ray"}),
        ("svs batch --part a", {"all"}),
        ("svs evaluate --judge n", {"naturalness"}),
        ("svs evaluate --f0 h", {"harvest"}),
        ("svs train ", {"acoustic", "vocoder"}),
        ("svs train acoustic --recipe ac", {"acoustic"}),
        ("svs corpus import --as u", {"utau"}),
        ("svs corpus fetch k", {"kumi", "kathleen", "kerstin"}),
        ("svs corpus teach --voice a", {"alpha"}),
        ("svs align --lang d", {"de"}),
    ],
)
def test_values_are_offered(svs: Svs, line: str, offered: set[str]) -> None:
    found = set(asked(svs, line))
    typed = "" if line.endswith(" ") else line.split()[-1]
    assert offered <= found
    assert all(value.startswith(typed) for value in found)


def test_a_voice_of_ones_own_is_offered_and_a_damaged_one_keeps_silent(svs: Svs) -> None:
    for name, text in (("alto", (ROOT / "models/formant/model.toml").read_text()), ("altered", "kind = ")):
        folder = Path("home/voices", name)
        folder.mkdir(parents=True)
        (folder / "model.toml").write_text(text.replace('name = "formant"', 'name = "alto"'))
    assert asked(svs, "svs synth --voice al") == ["alto"]


def test_files_are_left_to_the_shell(svs: Svs) -> None:
    for line in ("svs synth ", "svs synth song.mid -o ", "svs batch --save-stages "):
        assert asked(svs, line) == []


def test_offers_are_what_the_modules_know() -> None:
    from svs_cli.audio import SUBTYPES
    from svs_cli.cli.corpus_teach import VOICES
    from svs_cli.corpus.teacher.voices import FULL_NAMES
    from svs_cli.evaluation.extract import Method
    from svs_cli.evaluation.judges import JUDGES

    assert sorted(VOICES) == sorted(FULL_NAMES)
    assert [name for name, _ in completion.AUDIO_FORMATS] == list(SUBTYPES)
    assert [name for name, _ in completion.F0_METHODS] == list(get_args(Method))
    assert [name for name, _ in completion.JUDGES] == list(JUDGES)


def test_options_with_a_known_choice_have_offers() -> None:
    """A new command that takes a voice, a language or a device offers them too."""
    lacking = [
        f"svs {' '.join(words)}: {parameter.name}"
        for words, command in leaves().items()
        for parameter in command.params
        if parameter.name in CHOSEN_FROM_A_LIST and getattr(parameter, "_custom_shell_complete", None) is None
    ]
    assert not lacking


def test_completion_is_quick_and_loads_nothing_heavy(tmp_path: Path) -> None:
    # Processor time, which other programs on the machine change less than the time on the wall.
    code = "import sys\nfrom svs_cli.cli.run import run\nrun([])\nprint('|', *sys.modules)"
    asking = {"_SVS_COMPLETE": "complete_bash", "COMP_WORDS": "svs synth --voice ", "COMP_CWORD": "3"}
    seconds = []
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        ran = subprocess.run(
            [sys.executable, "-c", code], env={**environment(tmp_path), **asking}, capture_output=True, text=True,
            check=True,
        )  # fmt: skip
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        if seconds[-1] < ANSWER_SECONDS:
            break
    offered, _, modules = ran.stdout.partition("|")
    assert "formant" in offered.split()
    assert not set(modules.split()) & {"numpy", "torch", "librosa", "music21", "scipy", "yaml", "soundfile"}
    assert min(seconds) < ANSWER_SECONDS


def test_bash_itself_completes(tmp_path: Path) -> None:
    """The script that --show-completion prints, sourced by a real bash."""
    script = """
    source <(_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION=1 svs --show-completion bash)
    complete -p svs
    COMP_WORDS=(svs synth '"my song.mid"' --voice form); COMP_CWORD=4
    _svs_completion svs; echo "value ${COMPREPLY[*]}"
    COMP_WORDS=(svs cor); COMP_CWORD=1
    _svs_completion svs; echo "command ${COMPREPLY[*]}"
    """
    ran = subprocess.run(
        ["bash", "--norc", "-c", script], env=environment(tmp_path), capture_output=True, text=True, check=True
    )
    assert "-o default" in ran.stdout  # where svs offers nothing, bash offers files
    assert "value formant\n" in ran.stdout
    assert "command corpus\n" in ran.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_installing_writes_the_script_of_the_shell(shell: str, tmp_path: Path) -> None:
    asking = {**environment(tmp_path), "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    ran = subprocess.run(["svs", "--install-completion", shell], env=asking, capture_output=True, text=True, check=True)
    assert f"{shell} completion installed" in ran.stdout
    written = [path.read_text() for path in tmp_path.rglob("*svs*") if path.parent.name != "bin" and path.is_file()]
    assert any(f"complete_{shell}" in text for text in written)


def test_zsh_and_fish_say_a_few_words_about_each_value(svs: Svs) -> None:
    svs.monkeypatch.setenv("_TYPER_COMPLETE_ARGS", "svs synth --lang d")
    svs.monkeypatch.setenv("_SVS_COMPLETE", "complete_zsh")
    assert '"de":"german"' in svs().out
    svs.monkeypatch.setenv("_SVS_COMPLETE", "complete_fish")
    svs.monkeypatch.setenv("_TYPER_COMPLETE_FISH_ACTION", "get-args")
    assert svs().out.strip() == "de\tgerman"
