"""The house rules that a machine can check: which way imports point, and what nobody may use."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "svs_cli"
MODULES = sorted(PACKAGE.rglob("*.py"))

# A folder may import from its own layer and the ones above it in this list.
LAYERS = [
    {"errors", "units", "bundled", "config", "atomic", "audio", "parallel", "__init__"},
    {"score", "performance", "analysis", "model_folder"},
    {"frontend"},
    {"duration", "pitch", "acoustic", "vocoder", "editing"},
    {"voices"},
    {"pipeline"},
    {"corpus", "alignment", "training", "evaluation", "plots"},
    {"cli", "batch", "bench"},
    {"__main__"},
]
LAYER_OF = {name: number for number, names in enumerate(LAYERS) for name in names}
# What a phone is (its class, whether it is voiced) is knowledge that documents need as well.
ALLOWED = {("performance", "svs_cli.frontend.inventory"), ("corpus", "svs_cli.frontend.inventory")}
# What is banned, and why not everywhere
BANNED_CALLS = {"eval", "exec"}
BANNED_IMPORTS = {"pickle", "dill", "shelve", "marshal"}


def part_of(path: Path) -> str:
    """The top-level name under svs_cli that a module belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@cache
def tree_of(path: Path) -> ast.Module:
    """A module, parsed."""
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imports_of(path: Path) -> list[str]:
    """Dotted names of all imported modules, those inside functions too."""
    found = []
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.append(node.module)
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_towards_the_foundations(path: Path) -> None:
    part = part_of(path)
    assert part in LAYER_OF, f"say in LAYERS where {part} belongs"
    for name in imports_of(path):
        words = name.split(".")
        if words[0] != "svs_cli" or len(words) < 2 or words[1] not in LAYER_OF:
            continue
        permitted = any(part == who and name.startswith(what) for who, what in ALLOWED)
        if name == "svs_cli.frontend" and any(part == who for who, _ in ALLOWED):
            continue
        assert permitted or LAYER_OF[words[1]] <= LAYER_OF[part], f"{path} imports {name}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_nothing_banned_is_used(path: Path) -> None:
    tree = tree_of(path)
    assert path.name not in ("utils.py", "helpers.py", "common.py")
    assert not tree.body or ast.get_docstring(tree), f"{path} does not say what it is"
    assert not {name.split(".")[0] for name in imports_of(path)} & BANNED_IMPORTS
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            assert all(alias.name != "*" for alias in node.names), f"star import in {path}"
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            keywords = {word.arg: ast.unparse(word.value) for word in node.keywords}
            assert called not in BANNED_CALLS, f"{called} in {path}"
            assert called != "print" or part_of(path) == "cli", f"print in {path}"
            assert called not in ("yaml.load", "torch.load"), f"{called} in {path}"
            assert keywords.get("shell") != "True"
            assert keywords.get("allow_pickle") != "True"


def test_heavy_packages_wait_until_they_are_needed() -> None:
    heavy = {"torch", "librosa", "music21", "scipy", "parselmouth", "pyworld", "phonemizer"}
    for path in MODULES:
        if part_of(path) not in ("cli", "voices", "score", "performance", "frontend", "pipeline", "config", "bundled"):
            continue
        for node in tree_of(path).body:
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
            assert not {name.split(".")[0] for name in names} & heavy, f"{path} imports {names} when it is imported"


def test_every_content_folder_says_what_it_is() -> None:
    """Whatever lies on a shelf goes into the wheel, by the build hook; half-made models must not."""
    for folder in (ROOT / "models").iterdir():
        if folder.is_dir():
            assert (folder / "model.toml").is_file(), folder
            assert (folder / "CARD.md").is_file(), folder
    for folder in (ROOT / "recipes").iterdir():
        if folder.is_dir():
            assert (folder / "recipe.toml").is_file(), folder
            assert (folder / "README.md").is_file(), folder


def test_pipeline_stays_short_enough_to_read_first() -> None:
    assert len((PACKAGE / "pipeline.py").read_text().splitlines()) < 80


def test_every_file_of_tests_mirrors_a_folder_of_the_package() -> None:
    folders = {path.name for path in (ROOT / "tests").iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders <= {path.name for path in PACKAGE.iterdir() if path.is_dir()}


def test_nothing_names_the_machine_it_was_written_on() -> None:
    words = re.compile(r"/(?:work|home|root)/|--(?:extra-)?index-url")
    for path in [*MODULES, *ROOT.glob("*.md"), ROOT / "Makefile", ROOT / "pyproject.toml", *ROOT.glob("tests/**/*.py")]:
        if path != Path(__file__):
            assert not words.search(path.read_text(encoding="utf-8")), path
