"""Every command of svs, found by asking the program itself."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from svs_cli.cli.app import COMMANDS, load_command

Words = tuple[str, ...]


def walk(command: Any, words: Words) -> Iterator[tuple[Words, Any]]:
    """A command, or the commands of a group and the group, with the words that call them."""
    yield words, command
    for name, child in getattr(command, "commands", {}).items():
        yield from walk(child, (*words, name))


@cache
def every_command() -> dict[Words, Any]:
    """Words after `svs`, and what they call; groups of commands too."""
    return dict(pair for name, _, _ in COMMANDS for pair in walk(load_command(name), (name,)))


def leaves() -> dict[Words, Any]:
    """The commands that do something."""
    return {words: command for words, command in every_command().items() if not hasattr(command, "commands")}
