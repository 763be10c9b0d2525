"""Running a command line to an exit code: the one place where errors become words.

    0 done   1 our mistake   2 usage   3 bad score or data   4 voice or model missing   130 interrupted
"""

from __future__ import annotations

import errno
import os
import signal
import sys
import traceback
import warnings
from collections.abc import Sequence
from contextlib import suppress
from types import FrameType
from typing import Any

import typer

from svs_cli.cli.app import app
from svs_cli.errors import SvsError, UsageError

INTERRUPTED = 130
TERMINATED = 143
BROKEN_PIPE = 141
# typer carries its own copy of click in newer releases: the class is found through one that typer exports
CLICK_ERROR: Any = typer.BadParameter.__mro__[2]
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def run(arguments: Sequence[str]) -> int:
    """Run `svs` with these arguments and return its exit code; never raises, never shows a traceback unasked."""
    if not sys.warnoptions and not debugging():
        warnings.simplefilter("ignore")  # other packages' advice to programmers is no concern of a singer
    previous = signal.signal(signal.SIGTERM, leave_in_order) if hasattr(signal, "SIGTERM") else None
    try:
        check_streams()
        code = app(args=list(arguments), prog_name="svs", standalone_mode=False)
        sys.stdout.flush()
        if code == INTERRUPTED:  # what newer releases of typer make of Ctrl-C
            raise KeyboardInterrupt
        return code if isinstance(code, int) else 0
    except SvsError as error:
        report(error)
        return error.exit_code
    except CLICK_ERROR as error:
        with suppress(OSError):
            error.show()
        return int(error.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        say("interrupted: nothing half-written was left behind")
        return INTERRUPTED
    except BrokenPipeError:
        let_go_of_output()  # the reader has gone: leave quietly
        return BROKEN_PIPE
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else 1
    except MemoryError:
        say("error: out of memory\nfix: split the score, or close other programs")
        return SvsError.exit_code
    except OSError as error:
        return report_no_room(error) if error.errno in NO_ROOM else report_unexpected(error)
    except Exception as error:
        return report_unexpected(error)
    finally:
        if previous is not None:
            signal.signal(signal.SIGTERM, previous)


def leave_in_order(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
    """On SIGTERM: unwind, so that temporary files are removed."""
    raise SystemExit(TERMINATED)


def report(error: SvsError) -> None:
    """An expected error: what is wrong, and how to mend it."""
    say(f"error: {error.message}")
    if error.fix:
        say(f"fix: {error.fix}")
    if debugging():
        traceback.print_exception(error)


def report_unexpected(error: Exception) -> int:
    """An error that is ours: one line; the traceback only when asked for."""
    if debugging():
        traceback.print_exception(error)
    kind = type(error).__name__
    say(f"error: svs failed unexpectedly ({kind}: {str(error).splitlines()[0] if str(error) else 'no message'})")
    say("fix: please report it, with what SVS_DEBUG=1 shows and the output of 'svs doctor'")
    return SvsError.exit_code


def check_streams() -> None:
    """Raise UsageError if there is no standard output; without a standard error nothing is told to humans."""
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115 - print() would write to standard output instead
    if sys.stdout is None:
        raise UsageError("standard output is closed", fix="send it to a file, a pipe, or /dev/null")


def report_no_room(error: OSError) -> int:
    """Standard output, or a file that is not ours to name, lies on a full disk."""
    let_go_of_output()
    report(UsageError(f"there is no room for {error.filename or 'the output'}: {str(error.strerror).lower()}",
                      fix="make room there, or write to another disk"))  # fmt: skip
    return UsageError.exit_code


def let_go_of_output() -> None:
    """Keep Python from flushing at exit into what does not take it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def debugging() -> bool:
    """Whether the user wants tracebacks."""
    return os.environ.get("SVS_DEBUG", "") not in ("", "0")


def say(text: str) -> None:
    """A line for a human, to stderr, if it can take one."""
    with suppress(OSError):
        print(text, file=sys.stderr)
