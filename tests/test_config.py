"""The strict TOML loader: types, nesting, overrides, and errors that say what was meant."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest

from svs_cli.config import build, load_config
from svs_cli.errors import UsageError


@dataclass(frozen=True)
class Optimiser:
    rate: float = 1e-3
    kind: Literal["adam", "muon"] = "adam"
    betas: tuple[float, float] = (0.9, 0.99)

    def __post_init__(self) -> None:
        if self.rate <= 0:
            raise ValueError("rate must be positive")


@dataclass(frozen=True)
class Source:
    folder: Path
    weight: float = 1.0


@dataclass(frozen=True)
class Recipe:
    name: str
    steps: int = 100
    compile: bool = False
    limit: int | None = None
    languages: tuple[str, ...] = ()
    weights: dict[str, float] = field(default_factory=dict)
    optimiser: Optimiser = field(default_factory=Optimiser)
    sources: tuple[Source, ...] = ()


FULL = """
name = "first"
steps = 5
compile = true
limit = 7
languages = ["ja", "en"]
weights = { mel = 1, stft = 0.5 }
[optimiser]
rate = 1
betas = [0.8, 0.9]
[[sources]]
folder = "one"
[[sources]]
folder = "two"
weight = 2
"""


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "recipe.toml"
    path.write_text(FULL)
    return path


def test_every_type_is_read(recipe: Path) -> None:
    loaded = load_config(Recipe, recipe)
    assert loaded == Recipe(
        name="first",
        steps=5,
        compile=True,
        limit=7,
        languages=("ja", "en"),
        weights={"mel": 1.0, "stft": 0.5},
        optimiser=Optimiser(rate=1.0, betas=(0.8, 0.9)),
        sources=(Source(Path("one")), Source(Path("two"), 2.0)),
    )
    assert isinstance(loaded.optimiser.rate, float)


def test_overrides_reach_nested_keys_and_accept_bare_strings(recipe: Path) -> None:
    loaded = load_config(Recipe, recipe, ["optimiser.rate=0.25", "name=second", "languages=['de']", "compile=false"])
    assert (loaded.optimiser.rate, loaded.name, loaded.languages, loaded.compile) == (0.25, "second", ("de",), False)


@pytest.mark.parametrize(
    ("override", "message", "fix"),
    [
        ("stpes=3", "unknown key 'stpes'", "did you mean 'steps'?"),
        ("optimiser.rat=3", "[optimiser]: unknown key 'rat'", "did you mean 'rate'?"),
        ("zzz=3", "unknown key 'zzz'", "use one of: name"),
        ("steps=many", "steps must be a whole number, not 'many'", None),
        ("steps=1.5", "steps must be a whole number", None),
        ("steps=true", "steps must be a whole number", None),
        ("compile=1", "compile must be true or false", None),
        ("limit=x", "limit must be a whole number", None),
        ("languages=ja", "languages must be an array", None),
        ("languages=[1]", "languages[0] must be a string", None),
        ("optimiser.kind=adan", "optimiser.kind = 'adan' is not a choice", "did you mean 'adam'?"),
        ("optimiser.betas=[1]", "optimiser.betas must hold 2 values, not 1", None),
        ("optimiser.rate=-1", "[optimiser]: rate must be positive", None),
        ("optimiser=3", "[optimiser] must be a table", None),
        ("name.x=3", "'name' is a value, not a table", None),
        ("name", "not of the form table.key=value", None),
    ],
)
def test_mistakes_name_the_key_and_the_fix(recipe: Path, override: str, message: str, fix: str | None) -> None:
    with pytest.raises(UsageError) as caught:
        load_config(Recipe, recipe, [override])
    assert message in caught.value.message
    if fix is not None:
        assert caught.value.fix is not None
        assert fix in caught.value.fix


def test_missing_keys_and_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="missing 'name'"):
        build(Recipe, {}, "recipe.toml")
    with pytest.raises(UsageError, match="there is no file"):
        load_config(Recipe, tmp_path / "none.toml")
    with pytest.raises(UsageError, match="cannot be read"):
        load_config(Recipe, tmp_path)
    (tmp_path / "bad.toml").write_text("name = ")
    with pytest.raises(UsageError, match="not valid TOML"):
        load_config(Recipe, tmp_path / "bad.toml")
