"""Files appear whole or not at all."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from svs_cli.errors import SvsError, UsageError

FULL_BYTES = 1 << 16  # what is left of a disk on which something did not fit


def check_writable(path: Path) -> None:
    """Raise UsageError if a file at `path` could not be created; costs nothing, so ask before the work."""
    folder = path.parent
    if path.is_dir():
        raise UsageError(f"{path} is a folder", fix="name a file in it")
    if not folder.is_dir():
        raise UsageError(f"there is no folder {folder} to write {path.name!r} into", fix=f"mkdir -p '{folder}'")
    if not os.access(folder, os.W_OK):
        raise UsageError(f"the folder {folder} cannot be written to")


@contextmanager
def writing(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` that takes its place when the block ends well, and is removed otherwise.

    The content reaches the disk before the name does, so a crash leaves the old file or the new one. Raises
    UsageError if the folder is missing, cannot be written to, or lies on a disk that is full.
    """
    check_writable(path)
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name[:40]}.", suffix=".part", dir=path.parent)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from error
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.chmod(usual_mode())
        os.replace(temporary, path)
    except SvsError:
        raise
    except Exception as error:  # every library has its own for a full disk
        if is_full(path.parent, error):
            raise UsageError(
                f"there is no room for {path}: the disk is full",
                fix="make room there; what was finished before is kept",
            ) from error
        raise
    finally:
        temporary.unlink(missing_ok=True)


def is_full(folder: Path, error: Exception) -> bool:
    """Whether writing into a folder failed for lack of room."""
    full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    return full or shutil.disk_usage(folder).free < FULL_BYTES


def usual_mode() -> int:
    """The permissions that a plainly opened new file gets; `mkstemp` makes private ones."""
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def write_bytes(path: Path, content: bytes) -> None:
    """Write a whole file atomically."""
    with writing(path) as temporary:
        temporary.write_bytes(content)


def write_text(path: Path, content: str) -> None:
    """Write a whole UTF-8 text file atomically, with line feeds as they are."""
    write_bytes(path, content.encode("utf-8"))
