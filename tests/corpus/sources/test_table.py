"""The table of public corpora keeps its promises."""

import importlib.util
from pathlib import Path

import pytest

from svs_cli.config import load_config
from svs_cli.corpus.sources.listing import shipped_listing, wanted
from svs_cli.corpus.sources.table import TEACHER, SourceTable, corpora_shelf, find_source, load_sources, source_folder
from svs_cli.corpus.sources.terms import check_mixing, conditions_of
from svs_cli.errors import UsageError

ROOT = Path(__file__).parents[3]
FETCHED = [source for source in load_sources().values() if source.format != TEACHER]


@pytest.mark.parametrize("source", FETCHED, ids=lambda source: source.name)
def test_every_source_has_a_listing_that_its_globs_cover(source) -> None:
    listing = shipped_listing(source)
    assert len(listing) == source.files > 0
    as_files = [name if wanted(name, source.paths) else f"{name}.wav" for name in listing]
    assert all(wanted(name, source.paths) for name in as_files)
    for folder in source.folders:
        assert any(folder.path == "." or name.startswith(f"{folder.path}/") for name in listing), folder
    assert source.minutes > 0


def test_no_listing_is_left_over() -> None:
    assert {path.stem for path in (corpora_shelf() / "listings").iterdir()} == {source.name for source in FETCHED}


def test_every_licence_is_explained_and_all_sources_may_be_mixed() -> None:
    sources = load_sources().values()
    for source in sources:
        assert conditions_of(source.licence).id == source.licence  # spelled as it stands in the table
    notes = check_mixing(source.terms for source in sources)
    assert any("name stays" in note and "kumi" in note and "yuki" not in note for note in notes)


def test_a_voice_belongs_to_one_source() -> None:
    speakers = [speaker for source in load_sources().values() for speaker in source.speakers]
    assert len(speakers) == len(set(speakers))
    assert find_source("kumi").speakers == ("kumi", "kumi_strong", "kumi_whisper")


def test_the_folder_is_under_the_users_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SVS_HOME", str(tmp_path))
    assert source_folder("yuki") == tmp_path / "corpora" / "yuki"
    with pytest.raises(UsageError, match="'yuky'") as caught:
        source_folder("yuky")
    assert "yuki" in (caught.value.fix or "")


TABLE = """
[[source]]
name = "x"
url = "https://example.org/x"
commit = "0123456789abcdef0123456789abcdef01234567"
about = "tones"
format = "utau"
language = "ja"
licence = "CC0-1.0"
credit = "x"
consent = "x"
paths = ["*.wav"]
files = 1
digest = "0"
folders = [{ path = ".", speaker = "x" }]
"""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('about = "tones"', 'abuot = "tones"', "unknown key 'abuot'"),
        ("https://", "http://", "https"),
        ("https://", "ext::sh ", "https"),
        ('path = "."', 'path = "../up"', "leaves the source"),
        ("0123456789abcdef0123456789abcdef01234567", "main", "40 hexadecimal"),
        ('format = "utau"', 'format = "utua"', "utua"),
        ('consent = "x"', 'consent = ""', "consent"),
        ('name = "x"', 'name = "../x"', "small letters"),
        ('paths = ["*.wav"]', "", "paths"),
        ("[[source]]", TABLE + "[[source]]", "named twice"),
    ],
)
def test_a_table_that_breaks_the_rules_is_refused(old: str, new: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "sources.toml"
    path.write_text(TABLE)
    assert load_config(SourceTable, path).source[0].speakers == ("x",)
    path.write_text(TABLE.replace(old, new, 1))
    with pytest.raises(UsageError, match=message):
        load_config(SourceTable, path)


@pytest.mark.skipif(importlib.util.find_spec("hatchling") is None, reason="needs the build backend")
def test_the_tables_are_in_the_wheel() -> None:
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    build_data: dict[str, dict[str, str]] = {"force_include": {}}
    module.BundledContent(str(ROOT), {}, None, None, "", "wheel").initialize("standard", build_data)
    assert build_data["force_include"][str(ROOT / "data" / "corpora")] == "svs_cli/_bundled/data/corpora"
