"""`svs corpus import`: recordings of any format become a manifest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from svs_cli.cli.completion import complete_language, offering
from svs_cli.cli.console import Console
from svs_cli.cli.corpus_import_report import missing_terms, show, speaker_lines, tell, write_results
from svs_cli.cli.corpus_sources import complete_source
from svs_cli.cli.options import JsonOption, QuietOption
from svs_cli.errors import CorpusError, UsageError

if TYPE_CHECKING:
    from svs_cli.corpus.importers.protocol import ImportRequest

ALLOWED_SHARE = 0.05


@offering
def complete_format() -> list[tuple[str, str]]:
    """The formats that can be imported."""
    from svs_cli.corpus.importers.formats import FORMATS

    return [(name, known.about) for name, known in FORMATS.items()]


@offering
def complete_phone_set() -> list[tuple[str, str]]:
    """The phone sets that are understood."""
    from svs_cli.corpus.importers.phone_sets import PHONE_SETS

    return [(name, known.about) for name, known in PHONE_SETS.items()]


def import_command(
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="SOURCE",
            help="A folder, or the name of a public corpus ('svs corpus sources').",
            show_default=False,
            autocompletion=complete_source,
        ),
    ] = None,
    format_name: Annotated[
        str | None,
        typer.Option(
            "--as", metavar="FORMAT", help="What the folder holds; see --formats.", autocompletion=complete_format
        ),
    ] = None,
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="MANIFEST", help="By default SOURCE.jsonl; - is stdout.")
    ] = None,
    speaker: Annotated[str, typer.Option(help="Who it is; by default the folder's name, or what the labels say.")] = "",
    language: Annotated[
        str,
        typer.Option("--language", "--lang", help="E.g. ja; found from the texts.", autocompletion=complete_language),
    ] = "",
    style: Annotated[str, typer.Option(help="How it is sung or said, e.g. soft.")] = "",
    licence: Annotated[str, typer.Option(help="Its licence, e.g. CC-BY-4.0; 'own' for your own recordings.")] = "",
    credit: Annotated[str, typer.Option(help="Whom to name.")] = "",
    consent: Annotated[str, typer.Option(help="How the singer has agreed, e.g. 'my own voice'.")] = "",
    pitch: Annotated[str | None, typer.Option(help="The one pitch that all is sung on, e.g. A3 or 57.")] = None,
    encoding: Annotated[str | None, typer.Option(help="Of text files, e.g. cp932; found out by default.")] = None,
    phones: Annotated[
        str, typer.Option(help="Phone set of the labels; auto finds it.", autocompletion=complete_phone_set)
    ] = "auto",
    root: Annotated[
        Path | None, typer.Option("--root", help="Where a public corpus lies, if not where fetch puts it.")
    ] = None,
    rejected: Annotated[
        Path | None, typer.Option("--rejected", help="Write what was left out, with reasons, here as JSON lines.")
    ] = None,
    allow_rejected: Annotated[
        float, typer.Option("--allow-rejected", min=0, max=1, help="Exit with 3 if a larger share is left out.")
    ] = ALLOWED_SHARE,
    formats: Annotated[bool, typer.Option("--formats", help="Print the formats and phone sets.")] = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Make a manifest of recordings with their texts, phones, notes and terms. Prints its path.

    Files that cannot be used are left out, each with its reason. Of a public corpus everything is known, also its
    format; a folder's is guessed without --as. Exits with 3 if more than --allow-rejected of the files are left out.
    """
    if formats:
        print("\n".join(format_lines()))
        return
    if source is None:
        raise UsageError("no source is given", fix="svs corpus import my_recordings --as folder")
    from svs_cli.corpus.importers.run import import_corpus, import_source

    known = format_name is None and is_source(source)
    target = manifest_path(output, source)
    check_targets(target, rejected)
    console = Console(quiet)
    wishes = wishes_of(speaker, language, style, licence, credit, consent, pitch, encoding)
    counted = counting(console)
    if known:
        refuse_wishes(source, wishes)
        report = import_source(source, root, counted, phones)
    else:
        folder = folder_of(source, root)
        chosen = format_name or guessed(folder, console)
        report = import_corpus(request_of(folder, wishes, phones), chosen, counted)
    console.finish()
    console.warn(missing_terms(report))
    tell(report, console)
    write_results(report, target, rejected)
    show(report, target, as_json)
    for line in speaker_lines(report):
        console.note(line)
    if report.rejected_share > allow_rejected:
        raise CorpusError(
            f"{len(report.rejected)} of {report.files} files were left out; the manifest has the others",
            fix="see the reasons with --rejected FILE; --allow-rejected 1 accepts any share",
        )


def format_lines() -> Iterator[str]:
    """The formats and phone sets, a line each."""
    from svs_cli.corpus.importers.formats import FORMATS
    from svs_cli.corpus.importers.phone_sets import PHONE_SETS

    for title, table in (("formats (--as)", FORMATS), ("phone sets (--phones)", PHONE_SETS)):
        yield title
        yield from (f"  {name:<11} {entry.about}" for name, entry in table.items())


def is_source(source: str) -> bool:
    """Whether a word is the name of a public corpus; a path with a slash never is."""
    from svs_cli.corpus.sources.table import load_sources

    return source in load_sources()


def manifest_path(output: str | None, source: str) -> Path | None:
    """Where the manifest goes; None is standard output."""
    if output == "-":
        return None
    return Path(output) if output else Path(f"{Path(source).resolve().name or 'corpus'}.jsonl")


def check_targets(*paths: Path | None) -> None:
    """Raise UsageError now if a result could not be written later."""
    from svs_cli.atomic import check_writable

    for path in paths:
        if path is not None:
            check_writable(path)


def wishes_of(
    speaker: str,
    language: str,
    style: str,
    licence: str,
    credit: str,
    consent: str,
    pitch: str | None,
    encoding: str | None,
) -> dict[str, Any]:
    """What was asked for, without what was not. Raises UsageError for an unknown language or pitch."""
    from svs_cli.frontend.languages import language_code

    wishes = {"speaker": speaker, "style": style, "licence": licence, "credit": credit, "consent": consent}
    wishes["language"] = language_code(language) if language else ""
    given: dict[str, Any] = {name: value for name, value in wishes.items() if value}
    if encoding:
        given["encoding"] = encoding
    if pitch is not None:
        given["pitch"] = midi_of_option(pitch)
    return given


def midi_of_option(pitch: str) -> float:
    """MIDI number of "A3" or "57". Raises UsageError."""
    from svs_cli.errors import PerformanceError
    from svs_cli.performance.ds_file import note_midi

    try:
        midi = float(pitch) if pitch.replace(".", "", 1).isdigit() else note_midi(pitch)
    except PerformanceError:
        midi = None
    if midi is None or not 12 <= midi <= 120:
        raise UsageError(f"{pitch!r} is no pitch that is sung", fix="write a note like A3, or a MIDI number like 57")
    return float(midi)


def refuse_wishes(source: str, wishes: dict[str, Any]) -> None:
    """Raise UsageError for options that contradict what is known of a public corpus."""
    if wishes:
        raise UsageError(
            f"{source} is a public corpus: its {' and '.join(wishes)} {'is' if len(wishes) == 1 else 'are'} known",
            fix="leave the options out, or name the folder and its format with --as",
        )


def folder_of(source: str, root: Path | None) -> Path:
    """The folder to import. Raises UsageError if there is none."""
    from svs_cli.config import suggestion
    from svs_cli.corpus.sources.table import load_sources

    folder = root or Path(source)
    if not folder.is_dir() and is_source(source):
        raise UsageError(f"{source!r} is no folder here, but a public corpus", fix="leave out --as")
    if not folder.is_dir():
        raise UsageError(
            f"{source!r} is no folder and no public corpus", fix=suggestion(source, list(load_sources()))
        )
    return folder


def guessed(folder: Path, console: Console) -> str:
    """The format that a folder looks like. Raises UsageError if it looks like none."""
    from svs_cli.corpus.importers.formats import FORMATS, guess_format

    found = guess_format(folder)
    if found is None:
        raise UsageError(f"{folder} does not say its format", fix=f"add --as with one of: {', '.join(FORMATS)}")
    console.note(f"format: {found}, judging by the files; --as says otherwise")
    return found


def request_of(folder: Path, wishes: dict[str, Any], phones: str) -> ImportRequest:
    """The request of a folder."""
    from svs_cli.corpus.importers.protocol import ImportRequest
    from svs_cli.corpus.manifest import Terms

    terms = Terms(wishes.get("licence", ""), wishes.get("credit", ""), folder.resolve().name, wishes.get("consent", ""))
    return ImportRequest(
        folder,
        speaker=wishes.get("speaker", ""),
        language=wishes.get("language", ""),
        style=wishes.get("style", ""),
        terms=terms,
        pitch_midi=wishes.get("pitch"),
        encoding=wishes.get("encoding"),
        phone_set=phones,
    )


def counting(console: Console) -> Callable[[int], None]:
    """A progress function that shows how many files have been read; how many there are is not known before."""
    return lambda files: console.stage("import", 1.0 - 0.5 ** (files / 500))
