"""Everything the toolkit raises on purpose, and the exit code each kind gives.

    SvsError                     exit 1   something went wrong that is ours
    ├── UsageError               exit 2   the command or configuration asks for something impossible
    ├── DataError                exit 3   the input cannot be used as it is
    │   ├── ScoreError                    a score; says which part and bar
    │   ├── LyricsError                   words that cannot become phones
    │   ├── PerformanceError              a .ds document
    │   └── CorpusError                   recordings or labels
    └── MissingError             exit 4   something that has to be installed or fetched first
        ├── VoiceMissingError             a voice or model that is not on any shelf
        └── ExtraMissingError             an optional Python package

A message says what is wrong, where, and how to mend it; `fix` is printed on a line of its own.
"""

from __future__ import annotations


class SvsError(Exception):
    """Base of all errors that a user may see without a traceback."""

    exit_code = 1

    def __init__(self, message: str, *, fix: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix


class UsageError(SvsError):
    """The command or configuration asks for something impossible."""

    exit_code = 2


class DataError(SvsError):
    """The input cannot be used as it is."""

    exit_code = 3


class ScoreError(DataError):
    """A score that cannot be sung; `part` and `bar` (the printed bar number) say where, when known."""

    def __init__(
        self, message: str, *, part: str | None = None, bar: str | int | None = None, fix: str | None = None
    ) -> None:
        where = [f"part {part!r}"] if part else []
        where += [f"bar {bar}"] if bar not in (None, "") else []
        super().__init__(f"{', '.join(where)}: {message}" if where else message, fix=fix)
        self.part = part
        self.bar = bar


class LyricsError(DataError):
    """Words that cannot become phones."""


class PerformanceError(DataError):
    """A `.ds` document that breaks its contract."""


class CorpusError(DataError):
    """Recordings or labels that cannot be learned from."""


class MissingError(SvsError):
    """Something that has to be installed or fetched first."""

    exit_code = 4


class VoiceMissingError(MissingError):
    """A voice or model that is on no shelf."""


class ExtraMissingError(MissingError):
    """An optional package; the fix is the command that installs it."""

    def __init__(self, package: str, *, extra: str, purpose: str) -> None:
        super().__init__(f"{purpose} needs the package {package!r}", fix=f"pip install 'svs-cli[{extra}]'")
        self.package = package
