"""The command line: `svs`. One file per command; nothing heavy is imported before a command runs."""

from __future__ import annotations


def main() -> None:
    """Entry point of the `svs` script: run, and leave with the exit code of `svs_cli.errors`."""
    import sys

    try:
        from svs_cli.cli.run import run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:  # while the commands are being imported
        code = 130
    sys.exit(code)
