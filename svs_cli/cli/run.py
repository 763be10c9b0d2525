"""Running a command line to an exit code: the one place where errors become words.

    0 done   1 our mistake   2 usage   3 bad score or data   4 voice or model missing   130 interrupted
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
import warnings
from collections.abc import Sequence
from types import FrameType
from typing import Any

import typer

from svs_cli.cli.app import app
from svs_cli.errors import SvsError

INTERRUPTED = 130
TERMINATED = 143
BROKEN_PIPE = 141
# typer carries its own copy of click in newer releases: the class is found through one that typer exports
CLICK_ERROR: Any = typer.BadParameter.__mro__[2]


def run(arguments: Sequence[str]) -> int:
    """Run `svs` with these arguments and return its exit code; never raises, never shows a traceback unasked."""
    if not sys.warnoptions and not debugging():
        warnings.simplefilter("ignore")  # other packages' advice to programmers is no concern of a singer
    previous = signal.signal(signal.SIGTERM, leave_in_order) if hasattr(signal, "SIGTERM") else None
    try:
        code = app(args=list(arguments), prog_name="svs", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except SvsError as error:
        report(error)
        return error.exit_code
    except CLICK_ERROR as error:
        error.show()
        return int(error.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        say("interrupted: nothing half-written was left behind")
        return INTERRUPTED
    except BrokenPipeError:
        return close_broken_pipe()
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else 1
    except MemoryError:
        say("error: out of memory\nfix: split the score, or close other programs")
        return SvsError.exit_code
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


def close_broken_pipe() -> int:
    """The reader of our output has gone: leave quietly, and keep Python from flushing into nothing at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return BROKEN_PIPE


def debugging() -> bool:
    """Whether the user wants tracebacks."""
    return os.environ.get("SVS_DEBUG", "") not in ("", "0")


def say(text: str) -> None:
    """A line for a human, to stderr."""
    print(text, file=sys.stderr)
