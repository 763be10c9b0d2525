"""`svs corpus sources` and `svs corpus fetch`: the public corpora that recipes know, and getting one."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from svs_cli.cli.completion import offering
from svs_cli.cli.console import Console
from svs_cli.cli.options import JsonOption, QuietOption

if TYPE_CHECKING:
    from svs_cli.corpus.sources.fetch import Fetched
    from svs_cli.corpus.sources.table import Source

COLUMNS = ("NAME", "FORMAT", "LANGUAGE", "MINUTES", "LICENCE", "COMMERCIAL", "HERE")
HOW = {
    "present": "is there and whole",
    "git": "fetched from its repository",
    "repository": "taken from the repository on disk",
    "copy": "copied",
}


@offering
def complete_source() -> list[tuple[str, str]]:
    """The public corpora that recipes know."""
    from svs_cli.corpus.sources.table import load_sources

    return [(source.name, source.about) for source in load_sources().values()]


def sources_command(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAME", help="Show all about these only.", autocompletion=complete_source),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List the public corpora that recipes know: where they are, and on which terms.

    With names: all about these. HERE says which ones 'svs corpus fetch' has put in its usual place.
    """
    from svs_cli.corpus.sources.table import find_source, load_sources

    sources = [find_source(name) for name in names] if names else list(load_sources().values())
    if as_json:
        print(json.dumps([described(source) for source in sources], ensure_ascii=False, indent=1))
    elif names:
        print("\n\n".join(details(source) for source in sources))
    else:
        print(table(sources))


def described(source: Source) -> dict[str, Any]:
    """A source as plain values, with what its licence means and where it would lie."""
    from svs_cli.corpus.sources.table import TEACHER, source_folder
    from svs_cli.corpus.sources.terms import conditions_of

    folder = source_folder(source.name)
    return {
        **asdict(source),
        "address": source.address,
        "speakers": list(source.speakers),
        "conditions": asdict(conditions_of(source.licence)),
        "folder": None if source.format == TEACHER else str(folder),
        "here": folder.is_dir(),
    }


def table(sources: list[Source]) -> str:
    """One line a source."""
    rows = [COLUMNS]
    for source in map(described, sources):
        commercial = "yes" if source["conditions"]["commercial"] else "no"
        minutes = f"{source['minutes']:g}" if source["minutes"] else "-"
        cells = [source["name"], source["format"], source["language"], minutes, source["licence"], commercial]
        rows.append((*cells, "yes" if source["here"] else "no"))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join(lines)


def details(source: Source) -> str:
    """All about one source, a line a fact."""
    values = described(source)
    facts = {
        "": source.about,
        "from": source.address,
        "format": source.format,
        "language": source.language,
        "minutes": f"{source.minutes:g}" if source.minutes else "",
        "speakers": " ".join(source.speakers),
        "folder": f"{values['folder']}{'' if values['here'] else ' (not fetched yet)'}" if values["folder"] else "",
    }
    lines = [f"  {key:<9} {value}" for key, value in facts.items() if value] + terms_lines(source)
    return "\n".join([source.name, *lines, *([f"  limits    {source.limits}"] if source.limits else [])])


def terms_lines(source: Source) -> list[str]:
    """Licence, credit, consent, what one has to do."""
    from svs_cli.corpus.sources.terms import conditions_of

    conditions = conditions_of(source.licence)
    return [
        f"  licence   {source.licence}: {conditions.summary}",
        *([f"            {conditions.url}"] if conditions.url else []),
        f"  credit    {source.credit}",
        f"  consent   {source.consent}",
        *([f"  do        {source.duties}"] if source.duties else []),
    ]


def fetch_command(
    name: Annotated[
        str, typer.Argument(help="A name that 'svs corpus sources' shows.", autocompletion=complete_source)
    ],
    origin: Annotated[
        Path | None,
        typer.Option("--from", help="Take it from this checkout, bare repository or copy instead of the network."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder to put it in; by default $SVS_HOME/corpora/NAME.")
    ] = None,
    accept_changes: Annotated[
        bool, typer.Option("--accept-changes", help="Take files that differ from the listing; says which.")
    ] = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Get a public corpus, check that it is the right one, show its terms. Prints its folder.

    It is cloned by git at one commit, only the files that are needed; an interrupted download goes on where it
    stopped. Once it is there, the command checks it and does nothing else.
    """
    from svs_cli.corpus.sources.fetch import fetch

    console = Console(quiet)
    fetched = fetch(name, origin=origin, output=output, accept_changes=accept_changes, progress=console.stage)
    console.finish()
    report(fetched, console)
    if as_json:
        print(json.dumps(fetched_values(fetched), ensure_ascii=False, indent=1))
    else:
        print(fetched.folder)


def report(fetched: Fetched, console: Console) -> None:
    """How it came there, its terms, and what differs, on stderr."""
    source = fetched.source
    console.note(f"{source.name}: {HOW[fetched.how]}, {fetched.files} files")
    for line in terms_lines(source):
        console.note(line)
    if fetched.accepted:
        others = len(fetched.accepted) - 1
        console.warn([f"accepted: {fetched.accepted[0]}{f' and {others} more' if others else ''}"])


def fetched_values(fetched: Fetched) -> dict[str, Any]:
    return {
        "name": fetched.source.name,
        "folder": str(fetched.folder),
        "how": fetched.how,
        "files": fetched.files,
        "address": fetched.source.address,
        "terms": asdict(fetched.source.terms),
        "duties": fetched.source.duties,
        "accepted": list(fetched.accepted),
    }
