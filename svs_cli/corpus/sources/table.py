"""The public corpora that recipes know: where they are, on which terms, how they are laid out.

Conventions
-----------
- The table is `data/corpora/sources.toml`; a key that `Source` lacks is refused.
- A source is a git repository at one commit. `paths` are globs relative to its root that say which files are needed
  (`*` stays inside a folder, `**` does not); `folders` are relative to the root as well, "." is the root itself.
- `pitch_midi` is the pitch that a folder was sung on; `speaker` names a voice of a model: one a style, because a strong
  and a whispered voice are other timbres.
- A source of format "teacher" is a Python package that speaks: nothing to fetch, `svs corpus teach` makes recordings.
- `licence` is an SPDX identifier, or a LicenseRef that `data/corpora/licences.toml` explains; see `terms.py`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from svs_cli.bundled import home, shelf
from svs_cli.config import load_config, suggestion
from svs_cli.corpus.manifest import Terms
from svs_cli.errors import UsageError

TEACHER = "teacher"
FORMATS = ("utau", "hts", "diffsinger", "opencpop", "gtsinger", "textgrid", "ljspeech", "folder", TEACHER)
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class SourceFolder:
    """One folder of recordings of one speaker in one style, on one pitch where it is known."""

    path: str
    speaker: str
    style: str = ""
    pitch_midi: float | None = None

    def __post_init__(self) -> None:
        if Path(self.path).is_absolute() or ".." in Path(self.path).parts:
            raise ValueError(f"the folder {self.path!r} leaves the source")


@dataclass(frozen=True)
class Source:
    """A public corpus; `minutes` of audio, `duties` is what one has to do when using it."""

    name: str
    url: str
    format: str
    licence: str
    credit: str
    consent: str
    language: str
    about: str
    commit: str = ""
    minutes: float = 0.0
    encoding: str = ""
    paths: tuple[str, ...] = ()
    files: int = 0
    digest: str = ""
    folders: tuple[SourceFolder, ...] = ()
    duties: str = ""
    limits: str = ""

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise ValueError(f"the name {self.name!r} may only hold small letters, digits, - and _")
        if not self.url.startswith("https://"):
            raise ValueError(f"{self.name}: the url must start with https://")
        if self.format not in FORMATS:
            raise ValueError(
                f"{self.name}: the format {self.format!r} is unknown, {suggestion(self.format, [*FORMATS])}"
            )
        if self.format != TEACHER and not COMMIT.fullmatch(self.commit):
            raise ValueError(f"{self.name}: commit must be 40 hexadecimal digits")
        if self.format != TEACHER and not (self.paths and self.folders and self.files and self.digest):
            raise ValueError(f"{self.name}: paths, files, digest and folders say what there is and where")
        if not (self.licence and self.credit and self.consent):
            raise ValueError(f"{self.name}: licence, credit and consent must be stated")

    @property
    def address(self) -> str:
        """Where it is, exactly: the URL, and the commit behind an @."""
        return f"{self.url}@{self.commit}" if self.commit else self.url

    @property
    def terms(self) -> Terms:
        """What every recording of this source carries in a manifest."""
        return Terms(licence=self.licence, credit=self.credit, source=self.address, consent=self.consent)

    @property
    def speakers(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(folder.speaker for folder in self.folders))


@dataclass(frozen=True)
class SourceTable:
    """The file `sources.toml`: an array of tables called `source`."""

    source: tuple[Source, ...]

    def __post_init__(self) -> None:
        names = [source.name for source in self.source]
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise ValueError(f"named twice: {', '.join(sorted(twice))}")


def corpora_shelf() -> Path:
    """The folder of the shipped tables of sources and licences."""
    return shelf("data") / "corpora"


@cache
def load_sources() -> dict[str, Source]:
    """All known sources by name, in the order of the table. Raises UsageError for a table that breaks the rules."""
    return {source.name: source for source in load_config(SourceTable, corpora_shelf() / "sources.toml").source}


def find_source(name: str) -> Source:
    """The source of that name. Raises UsageError with the names that exist.

    >>> find_source("yuki").language
    'ja'
    """
    sources = load_sources()
    if name not in sources:
        raise UsageError(f"no source is called {name!r}", fix=suggestion(name, list(sources)))
    return sources[name]


def source_folder(name: str) -> Path:
    """Where `svs corpus fetch` puts a source unless told otherwise: `$SVS_HOME/corpora/NAME`."""
    return home() / "corpora" / find_source(name).name
