"""A plain folder: audio with its words (.txt, .lab) or its score (MusicXML, MIDI, UST) beside it, under the same name.

Conventions
-----------
- A text file holds what is said or sung and nothing else. A .lab file with times belongs to the format hts.
- A score gives text, phones and notes; its notes are kept only if it lasts as long as the recording, because only then
  was it sung to the score's clock. When a score's phones sound is for the aligner to find.
- A folder without a single text is imported for its sound alone (a vocoder needs no words); the pitch may then stand in
  the file's name: "A2.wav".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from svs_cli.corpus.importers.files import AudioIndex, Tree, audio_seconds, key_of, tree_of
from svs_cli.corpus.importers.pitch_names import pitch_in_name
from svs_cli.corpus.importers.prompts import PromptGroups, language_of_texts
from svs_cli.corpus.importers.protocol import Found, ImportRequest, Rejection, Remark
from svs_cli.corpus.importers.scores import SCORE_SUFFIXES, score_of, sung_score
from svs_cli.corpus.manifest import Recording
from svs_cli.corpus.text_files import MEBIBYTE, read_text
from svs_cli.corpus.utau.words import LabelError
from svs_cli.errors import CorpusError, SvsError

TEXT_SUFFIXES = (".txt", ".lab", ".text", ".lyrics", ".normalized.txt")
LARGEST_TEXT_BYTES = MEBIBYTE
LABEL_LINE = re.compile(r"^\s*\d+(?:\.\d+)?\s+\d+(?:\.\d+)?\s+\S+")
NOT_A_TEXT = ("readme", "license", "licence", "copying", "character", "requirements", "changelog", "credits")


def import_folder(request: ImportRequest) -> Iterator[Found]:
    """Recordings of a folder and its subfolders. Raises CorpusError if there is no audio at all."""
    tree = tree_of(request.root)
    yield from tree.refused
    index = AudioIndex(tree)
    if not index.paths:
        raise CorpusError(f"there is no audio in {request.root}", fix="name a folder with WAV, FLAC, Ogg or MP3 files")
    companions = companions_of(tree, index)
    if not companions:
        yield Remark("no texts and no scores: for the vocoder only")
        yield from without_words(request, index)
        return
    texts = {audio: text for audio, path in companions.items() if (text := quiet_text(path, request.encoding))}
    language, remarks = language_of_texts(request, texts.values())
    yield from remarks
    groups = PromptGroups()
    for audio in index.paths:
        try:
            yield recording_of(request, audio, companions.get(audio), language, groups)
        except SvsError as error:
            yield Rejection(audio, error.message)


def companions_of(tree: Tree, index: AudioIndex) -> dict[Path, Path]:
    """The text or score of each audio file: scores first, the nearest of its name."""
    found: dict[Path, Path] = {}
    for suffixes in (SCORE_SUFFIXES, TEXT_SUFFIXES):
        for path in tree.ending(*suffixes):
            stem = path.name[: -len(next(s for s in sorted(suffixes, key=len)[::-1] if path.name.lower().endswith(s)))]
            if key_of(stem) in index.stems and not key_of(stem).startswith(NOT_A_TEXT):
                found.setdefault(index.find(f"{stem}.wav", path), path)
    return found


def quiet_text(path: Path, encoding: str | None) -> str:
    """The words of a companion, "" for a score or what cannot be read (it is rejected later, with its reason)."""
    try:
        return "" if path.suffix.lower() in SCORE_SUFFIXES else text_of(path, encoding)
    except CorpusError:
        return ""


def text_of(path: Path, encoding: str | None) -> str:
    """The words of a text file, on one line. Raises LabelError if there are none."""
    text = read_text(path, encoding, largest_bytes=LARGEST_TEXT_BYTES)
    if LABEL_LINE.match(text):
        raise LabelError(f"{path.name} holds labels with times: import it with --as hts")
    words = " ".join(text.split())
    if not any(character.isalnum() for character in words):
        raise LabelError(f"{path.name} holds no words")
    return words


def recording_of(
    request: ImportRequest, audio: Path, companion: Path | None, language: str, groups: PromptGroups
) -> Recording:
    """One recording with its words. Raises SvsError with the reason why it can't be used."""
    seconds = audio_seconds(audio)
    if companion is None:
        raise LabelError("there is no text and no score of this name")
    if companion.suffix.lower() in SCORE_SUFFIXES:
        sung = sung_score(score_of(companion), request.language or language or None)
        return request.recording(
            audio,
            language=sung.language,
            text=sung.text,
            phones=sung.phones,
            score_nuclei_seconds=sung.nuclei_seconds,
            notes=sung.notes if sung.lasts_as_long_as(seconds) else (),
            group=audio.stem,
        )
    text = text_of(companion, request.encoding)
    return request.recording(audio, language=language, text=text, group=groups.group_of(audio.stem, text))


def without_words(request: ImportRequest, index: AudioIndex) -> Iterator[Found]:
    """Recordings of which nothing is known but their sound, and the pitch where the name says it."""
    for audio in index.paths:
        try:
            audio_seconds(audio)
            recording = request.recording(audio)
        except CorpusError as error:
            yield Rejection(audio, error.message)
            continue
        named = pitch_in_name(audio.stem) if request.pitch_midi is None else None
        yield recording if named is None else replace(recording, pitch_midi=named)
