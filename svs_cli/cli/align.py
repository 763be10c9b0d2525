"""`svs align`: when each phone of a recording sounds."""

from __future__ import annotations

import json
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from svs_cli.alignment.conventions import Convention
from svs_cli.atomic import check_writable
from svs_cli.cli.completion import complete_conventions, complete_labels, complete_language
from svs_cli.cli.console import Console
from svs_cli.cli.options import JsonOption, MovedOption, QuietOption, moved_folders
from svs_cli.errors import CorpusError, UsageError
from svs_cli.voices.library import DEFAULT_ALIGNER

if TYPE_CHECKING:
    from svs_cli.alignment.aligner import Aligner
    from svs_cli.alignment.recordings import Outcome
    from svs_cli.corpus.manifest import Recording

MANIFEST_SUFFIXES = (".jsonl", ".json")


class LabelFormat(StrEnum):
    """How the phones of single files are written."""

    textgrid = "textgrid"
    hts = "hts"
    manifest = "manifest"


SUFFIXES = {LabelFormat.textgrid: ".TextGrid", LabelFormat.hts: ".lab", LabelFormat.manifest: ".jsonl"}


def align_command(
    inputs: Annotated[list[Path], typer.Argument(metavar="AUDIO|MANIFEST", help="Recordings, or one manifest.")],
    text: Annotated[str | None, typer.Option(help="What is sung or said; by default AUDIO.txt beside it.")] = None,
    score: Annotated[
        Path | None, typer.Option(help="The score that is sung: its words, and when each note begins.")
    ] = None,
    language: Annotated[
        str | None, typer.Option("--lang", help="Language of the text, e.g. en.", autocompletion=complete_language)
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Label file, folder of label files, or manifest to write.")
    ] = None,
    format: Annotated[
        LabelFormat | None,
        typer.Option(help="By default told by the output's suffix.", autocompletion=complete_labels),
    ] = None,
    recognise: Annotated[bool, typer.Option("--recognise", help="Find the phones too; no text is needed.")] = False,
    evaluate: Annotated[
        bool, typer.Option("--evaluate", help="Compare with the manifest's labels instead of writing any.")
    ] = False,
    review: Annotated[
        Path | None, typer.Option(help="Write the recordings that a person should look at, one JSON line each.")
    ] = None,
    model: Annotated[str, typer.Option(help="Name of the aligner model.")] = DEFAULT_ALIGNER,
    own: Annotated[
        bool,
        typer.Option("--own", help="Learn each speaker's own phones from the manifest, from the model's rough start."),
    ] = False,
    convention: Annotated[
        Convention,
        typer.Option(
            help="Whose short silences are: their own, or, as in NIT SONG070, the consonant's after them.",
            autocompletion=complete_conventions,
        ),
    ] = Convention.sound,
    moved: MovedOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Find when each phone sounds: of one recording with its text, or of a whole manifest.

    A manifest goes to the one named with --output; recordings get a TextGrid beside them. With --evaluate a table of
    how far boundaries lie from labels made by hand is printed, and nothing is written. With --own what the
    model or labels in the manifest say is only the start: phones are learned from ten minutes or more of each speaker.
    """
    console = Console(quiet)
    is_manifest = inputs[0].suffix in MANIFEST_SUFFIXES
    if is_manifest and len(inputs) > 1:
        raise UsageError("one manifest at a time", fix="join them with 'cat', or call svs for each")
    check_arguments(is_manifest, output, text, evaluate, len(inputs))
    check_score(score, is_manifest, text, recognise, len(inputs))
    if own and (not is_manifest or recognise):
        raise UsageError("--own learns from the texts of a manifest", fix="make one with 'svs corpus import'")
    if convention is not Convention.sound and (own or recognise):
        found = "--own" if own else "--recognise"
        raise UsageError("--convention is for the model's alignment of known words", fix=f"leave out {found}")
    if review is not None:
        check_writable(review)
    from svs_cli.corpus.manifest import read_manifest, require_audio

    if is_manifest:
        recordings = [with_language(r, language) for r in read_manifest(inputs[0], moved_folders(moved))]
    else:
        recordings = [recording_of(path, text, score, language, recognise) for path in inputs]
    if not recordings:
        raise CorpusError(f"{inputs[0]} holds no recording", fix="write it with 'svs corpus import'")
    require_audio(recordings)
    from svs_cli.alignment.aligner import load_aligner
    from svs_cli.cli.align_table import print_accuracy
    from svs_cli.voices.library import find_model

    folder = find_model(model, "aligner")
    aligner = load_aligner(folder)
    aligner.convention = convention
    if evaluate:
        print_accuracy(aligner, recordings, own, console, as_json)
    elif own and output:
        from svs_cli.alignment.speaker.outcomes import align_speakers

        tell_outcomes(align_speakers(recordings, aligner, console.stage), output, review, console, as_json)
    elif is_manifest and output:
        align_manifest(aligner, folder, recordings, output, recognise, review, console, as_json)
    else:
        label_files(aligner, recordings, output, format, recognise, console, as_json)


def check_arguments(is_manifest: bool, output: Path | None, text: str | None, evaluate: bool, count: int) -> None:
    """Raise UsageError for what does not go together."""
    if is_manifest and text is not None:
        raise UsageError("the texts of a manifest stand in it", fix="leave out --text")
    if text is not None and count > 1:
        raise UsageError("--text is for one recording", fix="put each text into a .txt beside its recording")
    if evaluate and not is_manifest:
        raise UsageError("--evaluate needs a manifest with labels", fix="make one with 'svs corpus import'")
    if is_manifest and not evaluate and output is None:
        raise UsageError("where shall the aligned manifest go?", fix="add --output ALIGNED.jsonl")
    if is_manifest and output is not None:
        check_writable(output)


def check_score(score: Path | None, is_manifest: bool, text: str | None, recognise: bool, count: int) -> None:
    """Raise UsageError for what does not go with --score."""
    if score is None:
        return
    if is_manifest:
        raise UsageError("--score is for a recording", fix="'svs corpus import' finds the scores beside recordings")
    if text is not None or recognise:
        raise UsageError("the words stand in the score", fix="leave out " + ("--recognise" if recognise else "--text"))
    if count > 1:
        raise UsageError("--score is for one recording", fix="call svs for each, or import the folder")


def with_language(recording: Recording, language: str | None) -> Recording:
    """The recording in the language named on the command line, if its own is not known."""
    return replace(recording, language=language) if language and not recording.language else recording


def recording_of(
    audio: Path, text: str | None, score: Path | None, language: str | None, recognise: bool
) -> Recording:
    """A single recording with its text or score. Raises UsageError when text or language is missing."""
    from svs_cli.corpus.manifest import Recording
    from svs_cli.corpus.text_files import read_text

    if recognise:
        return Recording(audio.absolute(), speaker="", language=language or "")
    if score is not None:
        from svs_cli.corpus.importers.scores import score_of, sung_score

        sung = sung_score(score_of(score), language)
        asked = sung.nuclei_seconds
        return Recording(
            audio.absolute(), "", sung.language, text=sung.text, phones=sung.phones, score_nuclei_seconds=asked
        )
    beside = audio.with_suffix(".txt")
    if text is None and not beside.is_file():
        raise UsageError(f"what is sung in {audio}?", fix=f"add --text, write {beside.name}, or use --recognise")
    if not language:
        raise UsageError(f"which language is sung in {audio}?", fix="add --lang, e.g. --lang en")
    return Recording(audio.absolute(), "", language, text=read_text(beside).strip() if text is None else text)


def align_manifest(
    aligner: Aligner,
    folder: Path,
    recordings: list[Recording],
    output: Path,
    recognise: bool,
    review: Path | None,
    console: Console,
    as_json: bool,
) -> None:
    """Align everything and write the manifest; a run that was stopped goes on."""
    import hashlib

    from svs_cli.alignment.aligner import companions_of
    from svs_cli.alignment.recordings import align_recordings

    weights = b"".join((one / "model.safetensors").read_bytes() for one in (folder, *companions_of(folder)))
    digest = hashlib.sha256(weights).hexdigest()[:16] + ("r" if recognise else aligner.convention)
    journal = output.with_name(f".{output.name}.done.jsonl")
    outcomes = list(align_recordings(aligner, recordings, journal, digest, console.stage, recognise))
    tell_outcomes(outcomes, output, review, console, as_json)
    journal.unlink(missing_ok=True)


def tell_outcomes(outcomes: list[Outcome], output: Path, review: Path | None, console: Console, as_json: bool) -> None:
    """Write the manifest, and say what needs a look. Raises CorpusError if nothing was aligned."""
    from svs_cli.corpus.manifest import write_manifest

    console.finish()
    done = [outcome for outcome in outcomes if not outcome.reason]
    if not done:
        raise CorpusError(f"none of {len(outcomes)} recordings could be aligned; the first: {outcomes[0].reason}")
    write_manifest((outcome.recording for outcome in done), output)
    doubtful = [outcome for outcome in outcomes if outcome.doubts]
    if review:
        write_review(review, doubtful)
    for outcome in outcomes:
        if as_json:
            print(json.dumps(review_line(outcome), ensure_ascii=False))
        elif outcome.reason:
            console.note(f"left out: {outcome.recording.audio.name}: {outcome.reason}")
    kept = sum(outcome.kept for outcome in done)
    console.note(
        f"{len(done) - kept} aligned, {kept} kept as labelled, {len(outcomes) - len(done)} left out, "
        f"{len(doubtful)} to look at" + (f" in {review}" if review else " (--review FILE lists them)" * bool(doubtful))
    )
    if not as_json:
        print(output)


def write_review(path: Path, doubtful: list[Outcome]) -> None:
    """The doubtful recordings as JSON lines, least sure first."""
    from svs_cli.atomic import write_text

    lines = [json.dumps(review_line(o), ensure_ascii=False) for o in sorted(doubtful, key=lambda o: o.confidence)]
    write_text(path, "".join(f"{line}\n" for line in lines))


def review_line(outcome: Outcome) -> dict[str, object]:
    """What `--json` and `--review` say of a recording."""
    return {
        "audio": str(outcome.recording.audio),
        "aligned": not outcome.reason,
        "kept": outcome.kept,
        "confidence": round(outcome.confidence, 3),
        "look_at": outcome.doubts,
    }


def label_files(
    aligner: Aligner,
    recordings: list[Recording],
    output: Path | None,
    format: LabelFormat | None,
    recognise: bool,
    console: Console,
    as_json: bool,
) -> None:
    """Write a label file for each recording; the first that cannot be aligned ends it with its error."""
    from svs_cli.alignment.recordings import align_recordings
    from svs_cli.cli.align_table import write_labels

    chosen = format or next((kind for kind, s in SUFFIXES.items() if output and output.suffix == s), None)
    chosen = chosen or LabelFormat.textgrid
    into_folder = output is not None and (output.is_dir() or len(recordings) > 1)
    if into_folder and output is not None:
        output.mkdir(parents=True, exist_ok=True)
    for outcome in align_recordings(aligner, recordings, progress=console.stage, recognised=recognise):
        if outcome.reason:
            raise CorpusError(outcome.reason)
        audio = outcome.recording.audio
        path = output if output and not into_folder else (output or audio.parent) / (audio.stem + SUFFIXES[chosen])
        write_labels(path, outcome.recording, chosen.value)
        console.finish()
        if outcome.doubts:
            console.warn([f"{audio.name}: {outcome.doubts}"])
        if as_json:
            print(outcome.recording.to_json())
        else:
            print(path)
