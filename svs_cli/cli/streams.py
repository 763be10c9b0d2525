"""Files and pipes: `-` is standard input or output, for documents and for spectrograms."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from svs_cli.atomic import check_writable, write_bytes
from svs_cli.errors import DataError, UsageError

if TYPE_CHECKING:
    from svs_cli.performance.document import Performance
    from svs_cli.performance.spectrogram import Spectrogram

PIPE = "-"
LARGEST_INPUT_BYTES = 512 * 2**20


def read_input(source: str) -> bytes:
    """All bytes of a file or of standard input. Raises DataError or UsageError."""
    if source == PIPE:
        if sys.stdin.isatty():
            raise UsageError("no input", fix="name a file, or pipe one in: svs score song.musicxml | svs duration")
        raw = sys.stdin.buffer.read(LARGEST_INPUT_BYTES + 1)
    else:
        try:
            with Path(source).open("rb") as file:
                raw = file.read(LARGEST_INPUT_BYTES + 1)
        except FileNotFoundError as error:
            raise DataError(f"there is no file {source}") from error
        except OSError as error:
            raise DataError(f"{source} cannot be read: {error.strerror}") from error
    if len(raw) > LARGEST_INPUT_BYTES:
        raise DataError(f"{name_of(source)} is over {LARGEST_INPUT_BYTES // 2**20} MiB")
    if not raw:
        raise DataError(f"{name_of(source)} is empty")
    return raw


def name_of(source: str) -> str:
    """How messages call an input."""
    return "standard input" if source == PIPE else source


def read_document(source: str) -> Performance:
    """A `.ds` document from a file or pipe. Raises DataError."""
    from svs_cli.performance.ds_file import from_json

    raw = read_input(source)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{name_of(source)} is no .ds document: it is not UTF-8 text") from error
    return from_json(text, name_of(source))


def write_document(performance: Performance, output: Path) -> None:
    """A `.ds` document to a file or pipe."""
    from svs_cli.performance.ds_file import to_json

    write_output(to_json(performance).encode("utf-8"), output)


def read_spectrogram(source: str) -> Spectrogram:
    """A `.mel.npz` from a file or pipe. Raises DataError."""
    from svs_cli.performance.spectrogram import Spectrogram

    return Spectrogram.from_bytes(read_input(source), name_of(source))


def write_output(content: bytes, output: Path) -> None:
    """Bytes to a file, atomically, or to standard output."""
    if str(output) == PIPE:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    else:
        write_bytes(output, content)


def check_output(output: Path, what: str, *inputs: str | Path) -> None:
    """Ask before the work: raise UsageError if `what` cannot be written, or would take the place of an input."""
    if str(output) == PIPE:
        refuse_terminal(what)
        return
    check_writable(output)
    if any(str(source) != PIPE and output.resolve() == Path(source).resolve() for source in inputs):
        raise UsageError(f"{output} is read here, and {what} would take its place", fix="name another file with -o")


def refuse_terminal(what: str) -> None:
    """Raise UsageError if binary content would land on the user's screen."""
    if sys.stdout.isatty():
        raise UsageError(f"{what} would be written to the terminal", fix="give a file with -o, or pipe it on")
