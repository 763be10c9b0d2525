"""Files of one commit, out of a git object store: a bare repository, a checkout's `.git`, or a download.

Conventions
-----------
- `store` is a git directory. Nothing is checked out: contents are written byte for byte, so neither attributes nor
  filters nor hooks of a foreign repository have a say, and objects that nobody needs may be missing.
- A download brings the commit and its folders first, then the wanted contents in batches; what has arrived stays in
  the store, so the next attempt goes on behind it.
- git asks no questions (no password prompt), may only use the protocols that are named, and gives up when less than
  `SLOWEST_BYTES_A_SECOND` arrive for `STALLED_SECONDS`.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from svs_cli.errors import CorpusError, MissingError

SLOWEST_BYTES_A_SECOND = 1000
STALLED_SECONDS = 60
LONGEST_CALL_SECONDS = 3600
BATCH_FILES = 100
WAITS_SECONDS = (2.0, 8.0, 30.0)
FILE_MODES = ("100644", "100755")
LFS_POINTER = b"version https://git-lfs.github.com/spec/"
GO_ON = "try again: what has arrived is kept; or name a copy on disk with --from"
# What no second attempt mends, in git's words
FINAL = ("not our ref", "not found", "Authentication failed", "could not read Username", "not allowed")

Progress = Callable[[float], None]


@dataclass(frozen=True)
class Remote:
    """Where a repository is and how it may be reached; `waiting` is told of the seconds before another attempt."""

    url: str
    protocols: str = "https"
    waits_seconds: Sequence[float] = WAITS_SECONDS
    waiting: Callable[[float], None] = lambda seconds: None


def run_git(arguments: Sequence[str], store: Path, protocols: str = "") -> bytes:
    """What git prints. Raises MissingError if there is no git, CorpusError with git's last words if it fails."""
    command = ["git", f"--git-dir={store}", *network_settings(), *arguments]
    try:
        done = subprocess.run(
            command, capture_output=True, env=environment(protocols), timeout=LONGEST_CALL_SECONDS, check=False
        )
    except FileNotFoundError as error:
        raise no_git() from error
    except subprocess.TimeoutExpired as error:
        raise CorpusError(f"git took over {LONGEST_CALL_SECONDS // 60} minutes and was ended", fix=GO_ON) from error
    if done.returncode:
        raise CorpusError(f"git {arguments[0]} failed: {last_words(done.stderr)}")
    return done.stdout


def network_settings() -> tuple[str, ...]:
    return (
        "-c", f"http.lowSpeedLimit={SLOWEST_BYTES_A_SECOND}",
        "-c", f"http.lowSpeedTime={STALLED_SECONDS}",
        "-c", "gc.auto=0",
        "-c", "fetch.negotiationAlgorithm=noop",
    )  # fmt: skip


def environment(protocols: str) -> dict[str, str]:
    """The user's environment (proxies are set there), without what could redirect git or make it ask."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    kept |= {name: value for name, value in os.environ.items() if name in ("GIT_SSL_CAINFO", "GIT_SSL_CAPATH")}
    # C: the words of failures are looked at. No lazy fetch: a missing object is an answer, not a download.
    return kept | {
        "LC_ALL": "C",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_ALLOW_PROTOCOL": protocols or "none",
    }


def no_git() -> MissingError:
    return MissingError("fetching a corpus needs git, which is not installed", fix="install git (https://git-scm.com)")


def last_words(stderr: bytes) -> str:
    lines = [line for line in stderr.decode("utf-8", "replace").splitlines() if line.strip()]
    return lines[-1].removeprefix("fatal: ").strip() if lines else "it gave no reason"


def store_of(folder: Path) -> Path | None:
    """The git directory of a checkout or of a bare repository; None for a plain folder."""
    if (folder / ".git").is_dir():
        return folder / ".git"
    if (folder / "HEAD").is_file() and (folder / "objects").is_dir() and (folder / "refs").is_dir():
        return folder
    return None


def has_commit(store: Path, commit: str) -> bool:
    """Whether the store holds this commit. Raises MissingError without git, CorpusError if git refuses the store."""
    try:
        run_git(["cat-file", "-e", f"{commit}^{{commit}}"], store)
    except CorpusError as error:
        if "dubious ownership" in error.message:
            raise
        return False
    return True


def head_of(store: Path) -> str:
    """The commit that a store is at, or "no commit"."""
    try:
        return run_git(["rev-parse", "HEAD"], store).decode().strip()
    except CorpusError:
        return "no commit"


def files_of_commit(store: Path, commit: str) -> dict[str, str]:
    """Object names of all regular files of a commit by path. Raises CorpusError for a path that leaves the folder."""
    files = {}
    for entry in run_git(["ls-tree", "-r", "-z", "--full-tree", commit], store).split(b"\0"):
        if not entry:
            continue
        meaning, _, raw_path = entry.partition(b"\t")
        mode, kind, name = meaning.decode().split(" ")
        path = os.fsdecode(raw_path)
        if kind == "blob" and mode in FILE_MODES:
            pure = PurePosixPath(path)
            if pure.is_absolute() or {"..", ".git"} & set(pure.parts) or "\\" in path:
                raise CorpusError(f"commit {commit} holds the path {path!r}, which leaves its folder")
            files[path] = name
    return files


def present_objects(store: Path) -> set[str]:
    """Names of all objects in a store."""
    listed = run_git(["cat-file", "--batch-all-objects", "--batch-check=%(objectname)", "--unordered"], store)
    return set(listed.decode().split())


def begin_download(store: Path, remote: Remote, commit: str) -> None:
    """Make an empty store if there is none and bring commit and folders. Raises MissingError."""
    if not (store / "HEAD").is_file():
        store.mkdir(parents=True, exist_ok=True)
        run_git(["init", "--bare", "--quiet"], store)
    if not has_commit(store, commit):
        bring(store, remote, [commit], ("--depth=1",))


def download_objects(store: Path, remote: Remote, names: Sequence[str], progress: Progress) -> None:
    """Bring the named contents that the store lacks, batch by batch. Raises MissingError."""
    missing = sorted(set(names) - present_objects(store))
    whole = len(set(names))
    for start in range(0, len(missing), BATCH_FILES):
        progress(1 - (len(missing) - start) / whole)
        bring(store, remote, missing[start : start + BATCH_FILES])


def bring(store: Path, remote: Remote, names: Sequence[str], more: Sequence[str] = ()) -> None:
    """Fetch objects by name, again after each wait. Raises MissingError when the last attempt has failed."""
    arguments = ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--recurse-submodules=no"]
    arguments += ["--filter=blob:none", *more, remote.url, *names]
    for wait_seconds in (*remote.waits_seconds, None):
        try:
            run_git(arguments, store, remote.protocols)
            return
        except CorpusError as error:
            if wait_seconds is None or any(word in error.message for word in FINAL):
                raise MissingError(f"{remote.url} could not be fetched: {error.message}", fix=GO_ON) from error
            remote.waiting(wait_seconds)
            time.sleep(wait_seconds)


def write_files(store: Path, files: dict[str, str], folder: Path, progress: Progress) -> None:
    """Write contents (object names by path) below `folder`. Raises CorpusError for one that is missing or a pointer."""
    command = ["git", f"--git-dir={store}", "cat-file", "--batch"]
    try:
        reader = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment("")
        )
    except FileNotFoundError as error:
        raise no_git() from error
    with reader:
        try:
            for index, (path, content) in enumerate(contents(reader, files)):
                if content.startswith(LFS_POINTER):
                    raise CorpusError(f"{path} is a Git LFS pointer, not the file", fix="name a whole copy with --from")
                target = folder / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
                progress((index + 1) / len(files))
        finally:
            reader.kill()


def contents(reader: subprocess.Popen[bytes], files: dict[str, str]) -> Iterator[tuple[str, bytes]]:
    """Path and content of each file, in order of paths, from a running `git cat-file --batch`."""
    asked, answered = piped(reader.stdin), piped(reader.stdout)
    for path in sorted(files):
        try:
            asked.write(f"{files[path]}\n".encode())
            asked.flush()
        except BrokenPipeError as error:
            raise CorpusError(f"git ended while reading {path}") from error
        answer = answered.readline().decode().split()
        if len(answer) != 3 or answer[1] != "blob":
            raise CorpusError(
                f"the repository lacks the content of {path} (object {files[path][:12]})", fix="name a whole copy"
            )
        yield path, answered.read(int(answer[2]))
        answered.read(1)


def piped(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise CorpusError("git was started without pipes")
    return stream
