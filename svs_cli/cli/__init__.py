"""The command line: `svs`. One file per command; nothing heavy is imported before a command runs."""

from __future__ import annotations


def main() -> None:
    """Entry point of the `svs` script: run, and leave with the exit code of `svs_cli.errors`."""
    import sys

    from svs_cli.cli.run import run

    sys.exit(run(sys.argv[1:]))
