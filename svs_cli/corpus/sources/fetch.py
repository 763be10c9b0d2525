"""Getting a public corpus: from its repository, or from what is on disk already.

Conventions
-----------
- The result is a plain folder with the files that the source needs and the note `STAMP`, no repository. It is made
  under another name beside its place and renamed at the end, so it is there whole or not at all.
- A repository proves itself by the commit; what comes out is compared with the shipped listing all the same.
- Differences are errors unless they are accepted; then the stamp says so, and the folder is checked against itself.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from svs_cli.atomic import write_text
from svs_cli.corpus.sources.git_objects import (
    WAITS_SECONDS,
    Remote,
    begin_download,
    download_objects,
    files_of_commit,
    has_commit,
    head_of,
    store_of,
    write_files,
)
from svs_cli.corpus.sources.listing import (
    Difference,
    differences,
    digest_of,
    files_of,
    list_folder,
    shipped_listing,
    wanted,
)
from svs_cli.corpus.sources.table import TEACHER, Source, find_source, source_folder
from svs_cli.errors import CorpusError, MissingError, UsageError

STAMP = ".svs-source.json"
ACCEPT = "compare it with the source, or take it as it is with --accept-changes"
SHOWN_DIFFERENCES = 20

Progress = Callable[[str, float], None]
How = Literal["present", "git", "repository", "copy"]


@dataclass(frozen=True)
class Fetched:
    """Where a source is, how it came there, and how it differs from what was meant."""

    source: Source
    folder: Path
    how: How
    files: int
    accepted: tuple[str, ...] = ()


@dataclass(frozen=True)
class Network:
    """How a repository may be reached; tests use files."""

    protocols: str = "https"
    waits_seconds: Sequence[float] = WAITS_SECONDS


def fetch(
    name: str,
    *,
    origin: Path | None = None,
    output: Path | None = None,
    accept_changes: bool = False,
    progress: Progress = lambda stage, share: None,
) -> Fetched:
    """Have the source `name` in `output`, by default `$SVS_HOME/corpora/NAME`, and know that it is the right one.

    `origin` is a checkout, a bare repository or a plain copy; without it the source is downloaded. Raises UsageError
    for an unknown name or origin, CorpusError for content that is not the source's, MissingError if it cannot be had.
    """
    return fetch_source(find_source(name), origin, output or source_folder(name), accept_changes, progress)


def fetch_source(
    source: Source,
    origin: Path | None,
    folder: Path,
    accept_changes: bool,
    progress: Progress,
    network: Network = Network(),
) -> Fetched:
    """`fetch` for a source that need not be in the table."""
    if source.format == TEACHER:
        raise MissingError(
            f"{source.name} is a program that speaks, there are no recordings to fetch",
            fix="pip install 'svs-cli[teacher]', then make recordings with 'svs corpus teach'",
        )
    if origin is not None and not origin.is_dir():
        raise UsageError(f"there is no folder {origin}", fix="--from takes a checkout, a bare repository or a copy")
    try:
        if folder.is_dir() and any(folder.iterdir()):
            return already_there(source, folder, accept_changes, progress)
        if folder.exists() and not folder.is_dir():
            raise UsageError(f"{folder} is a file", fix="name a folder with -o")
        return fetch_anew(source, origin, folder, accept_changes, progress, network)
    except OSError as error:
        raise CorpusError(f"{error.filename or folder}: {error.strerror}", fix="mend this, then fetch again") from error


def already_there(source: Source, folder: Path, accept_changes: bool, progress: Progress) -> Fetched:
    """Check a folder against the listing, or against its own stamp if its differences were accepted once."""
    found = list_folder(folder, source.paths, lambda share: progress("checking", share))
    changed = differing(source, found)
    stamp = read_stamp(folder)
    known = stamp.get("digest") == digest_of(found) and stamp.get("address") == source.address
    if changed and not known and not accept_changes:
        raise CorpusError(
            f"{folder} is there, but is not {source.name}: {summary(changed)}",
            fix=f"move it away and fetch again, name another folder with -o, or {ACCEPT.partition(', or ')[2]}",
        )
    if not known:
        write_stamp(source, folder, found, changed)
    return Fetched(source, folder, "present", len(found), tuple(map(str, changed)))


def fetch_anew(
    source: Source, origin: Path | None, folder: Path, accept_changes: bool, progress: Progress, network: Network
) -> Fetched:
    """Fill a folder beside the place, compare, rename."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = folder.parent / f".{folder.name}.part"
    store = folder.parent / f".{folder.name}.git"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    try:
        how, found = fill(source, origin, store, part, accept_changes, progress, network)
        changed = differing(source, found)
        if changed and not accept_changes:
            raise CorpusError(f"{origin or source.url} is not {source.name}: {summary(changed)}", fix=ACCEPT)
        write_stamp(source, part, found, changed)
        if folder.is_dir():
            folder.rmdir()  # empty, or it would not have come to this
        part.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    shutil.rmtree(store, ignore_errors=True)
    return Fetched(source, folder, how, len(found), tuple(map(str, changed)))


def fill(
    source: Source,
    origin: Path | None,
    store: Path,
    part: Path,
    accept_changes: bool,
    progress: Progress,
    network: Network,
) -> tuple[How, dict[str, str]]:
    """Put the source's files into `part`; returns the way they came and their listing."""
    origin_store = store_of(origin) if origin else None
    if origin is not None and (origin_store is None or not has_commit(origin_store, source.commit)):
        return "copy", copy(source, origin, origin_store, part, accept_changes, progress)
    if origin_store is not None:
        extract(source, origin_store, part, progress)
    else:
        download(source, store, part, progress, network)
    found = list_folder(part, source.paths, lambda share: progress("checking", share))
    return "git" if origin is None else "repository", found


def download(source: Source, store: Path, part: Path, progress: Progress, network: Network) -> None:
    """From the source's repository; `store` keeps what has arrived until the source is whole."""
    progress("fetching", 0.0)
    remote = Remote(
        source.url,
        network.protocols,
        network.waits_seconds,
        waiting=lambda seconds: progress(f"again in {seconds:.0f} s", 0.0),
    )
    begin_download(store, remote, source.commit)
    names = list(wanted_files(source, store).values())
    download_objects(store, remote, names, lambda share: progress("fetching", share))
    extract(source, store, part, progress)


def extract(source: Source, store: Path, part: Path, progress: Progress) -> None:
    """From an object store that has the commit."""
    write_files(store, wanted_files(source, store), part, lambda share: progress("writing", share))


def wanted_files(source: Source, store: Path) -> dict[str, str]:
    """Object names by path of the files that the source needs."""
    files = files_of_commit(store, source.commit)
    return {path: name for path, name in files.items() if wanted(path, source.paths)}


def copy(
    source: Source, origin: Path, store: Path | None, part: Path, accept_changes: bool, progress: Progress
) -> dict[str, str]:
    """From plain files; everything that is not hidden if changes are accepted, since the layout may differ too.

    Files are compared first, so a wrong copy of a large corpus is refused at once. Returns the listing.
    """
    if store == origin:
        raise CorpusError(
            f"{origin} does not hold commit {source.commit[:12]} of {source.name}, it is at {head_of(origin)[:12]}",
            fix=f"git -C '{origin}' fetch {source.url} {source.commit}",
        )
    found = list_folder(origin, source.paths, lambda share: progress("comparing", share))
    if not accept_changes and differing(source, found):
        return found
    paths = files_of(origin, ("**",) if accept_changes else source.paths)
    if not paths:
        raise CorpusError(f"{origin} holds no files")
    for index, path in enumerate(paths):
        target = part / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(origin / path, target)
        progress("copying", (index + 1) / len(paths))
    return found


def differing(source: Source, found: dict[str, str]) -> list[Difference]:
    """Nothing if the digest over the whole listing is the source's, else the files that differ."""
    if digest_of(found) == source.digest:
        return []
    changed = differences(shipped_listing(source), found)
    return changed or [Difference("the listing", "has another digest")]


def summary(changed: list[Difference]) -> str:
    """The first differing file, and how many there are.

    >>> summary([Difference("a", "is missing"), Difference("b", "is missing")])
    'a is missing (and 1 more file differs)'
    """
    others = len(changed) - 1
    more = f" (and {others} more file{'s differ' if others > 1 else ' differs'})" if others else ""
    return f"{changed[0]}{more}"


def write_stamp(source: Source, folder: Path, found: dict[str, str], changed: list[Difference]) -> None:
    stamp = {
        "name": source.name,
        "address": source.address,
        "digest": digest_of(found),
        "accepted_changes": len(changed),
        "first_changes": [str(difference) for difference in changed[:SHOWN_DIFFERENCES]],
    }
    write_text(folder / STAMP, json.dumps(stamp, ensure_ascii=False, indent=1) + "\n")


def read_stamp(folder: Path) -> dict[str, object]:
    """The note that an earlier fetch left; empty if there is none or it cannot be read."""
    try:
        stamp = json.loads((folder / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}
