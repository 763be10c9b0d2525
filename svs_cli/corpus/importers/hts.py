"""NNSVS and HTS databases: label files, mono or full-context, with the audio and perhaps MusicXML of the same name.

Conventions
-----------
- Label, audio and score are found by name anywhere in the folder; a label's name may have something before the audio's.
- Of several labels of one recording, the one in a folder called mono is taken, then the first.
- Full-context labels say the note of each phone (the field /E:); otherwise MusicXML does, matched by nuclei.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from svs_cli.corpus.hts import LabelLine, asked_notes, phone_of_full_context, read_hts
from svs_cli.corpus.importers.files import AudioIndex, audio_seconds, key_of, tree_of, without_label
from svs_cli.corpus.importers.labels import Piece, SungPiece, contiguous, notes_inside, notes_of_pieces
from svs_cli.corpus.importers.phone_sets import PHONE_SETS, detect_phone_set, read_phones
from svs_cli.corpus.importers.protocol import AUTO, Found, ImportRequest, Rejection, Remark
from svs_cli.corpus.importers.scores import SCORE_SUFFIXES, notes_at_labels, score_of, sung_score
from svs_cli.corpus.manifest import Note, Recording
from svs_cli.corpus.utau.words import LabelError
from svs_cli.errors import CorpusError, SvsError
from svs_cli.frontend.inventory import load_inventory
from svs_cli.performance.ds_file import note_midi

LABEL_SUFFIX = ".lab"
FULL_NOTE = re.compile(r"/E:([A-G][b#]?-?\d)\](.*?)/F:")


def import_hts(request: ImportRequest) -> Iterator[Found]:
    """Recordings of a database of labels. Raises CorpusError if it has no labels or no audio at all."""
    tree = tree_of(request.root)
    yield from tree.refused
    index = AudioIndex(tree)
    labels = tree.ending(LABEL_SUFFIX)
    if not labels:
        raise CorpusError(f"there are no {LABEL_SUFFIX} files in {request.root}", fix="name the database's own folder")
    if not index.paths:
        raise CorpusError(
            f"{request.root} has {len(labels)} label files but no audio",
            fix="put the recordings there, as wav/NAME.wav for NAME.lab; some databases give labels only",
        )
    pairs, alone = pairs_of(labels, index)
    yield from alone
    lines: dict[Path, list[LabelLine]] = {}
    for audio, label in pairs.items():
        try:
            lines[audio] = read_hts(label, encoding=request.encoding)
        except CorpusError as error:
            yield Rejection(label, error.message)
    phone_set = request.phone_set
    if phone_set == AUTO and lines:
        symbols = (phone_of_full_context(line.label) for of_file in lines.values() for line in of_file)
        phone_set = detect_phone_set(symbols, request.language)
        yield Remark(f"phone set: {phone_set}, judging by the labels; --phones says otherwise")
    language = (PHONE_SETS[phone_set].languages or ("",))[0] if lines else ""
    scores = {key_of(path.stem): path for path in reversed(tree.ending(*SCORE_SUFFIXES))}
    for audio, of_file in lines.items():
        try:
            yield from labelled(request, audio, of_file, phone_set, language, scores.get(key_of(audio.stem)))
        except CorpusError as error:
            yield Rejection(audio, error.message)
    yield from without_label(index, set(pairs), "label")


def pairs_of(labels: Sequence[Path], index: AudioIndex) -> tuple[dict[Path, Path], list[Rejection]]:
    """The label of each audio file, and the labels without audio."""
    pairs: dict[Path, Path] = {}
    alone: list[Rejection] = []
    for label in sorted(labels, key=lambda path: ("mono" not in path.parent.name.lower(), path)):
        stem = key_of(label.stem)
        name = label.stem
        if stem not in index.stems:
            ends = [known for known in index.stems if stem.endswith(known) and not stem[-len(known) - 1].isalnum()]
            name = max(ends, key=len, default=label.stem)
        try:
            pairs.setdefault(index.find(f"{name}.wav", label), label)
        except LabelError as error:
            alone.append(Rejection(label, error.message))
    return pairs, alone


def labelled(
    request: ImportRequest,
    audio: Path,
    lines: Sequence[LabelLine],
    phone_set: str,
    language: str,
    score: Path | None,
) -> Iterator[Recording | Remark]:
    """One recording, and a remark if its score does not fit. Raises CorpusError with the reason."""
    seconds = audio_seconds(audio)
    read = read_phones([phone_of_full_context(line.label) for line in lines], phone_set)
    pieces = [Piece(line.start_seconds, line.end_seconds, p) for line, p in zip(lines, read, strict=True)]
    phones, ends = contiguous(pieces, seconds)
    notes = notes_of_context(lines, pieces)
    asked = nuclei_of_context(lines, pieces)
    text = ""
    if score is not None:
        try:
            sung = sung_score(score_of(score), request.language or language or None)
            text = sung.text
            asked = asked or sung.nuclei_seconds
            notes = notes or list(notes_at_labels(sung, phones, (0.0, *ends[:-1]), ends))
        except SvsError as error:
            yield Remark(f"{score.name} gives no notes: {error.message}")
    nuclei = sum(map(load_inventory().nuclei.__contains__, phones))
    yield request.recording(
        audio,
        language=language,
        style="song",
        text=text,
        phones=phones,
        ends_seconds=ends,
        score_nuclei_seconds=asked if len(asked) == nuclei else (),
        notes=notes_inside(notes, seconds),
    )


def nuclei_of_context(lines: Sequence[LabelLine], pieces: Sequence[Piece]) -> tuple[float | None, ...]:
    """When each nucleus begins by the score that full-context labels know of; () for other labels."""
    nuclei = load_inventory().nuclei
    found: list[float | None] = []
    timed = -1.0
    for asked, piece in zip(asked_notes(lines), pieces, strict=False):
        for _ in filter(nuclei.__contains__, piece.phones):
            found.append(None if asked.start_seconds == timed else asked.start_seconds)
            timed = asked.start_seconds
    return tuple(found)


def notes_of_context(lines: Sequence[LabelLine], pieces: Sequence[Piece]) -> list[Note]:
    """The notes that full-context labels name, from the first nucleus of each; [] for other labels."""
    nuclei = load_inventory().nuclei
    sung: list[SungPiece] = []
    current = ""
    for line, piece in zip(lines, pieces, strict=True):
        match = FULL_NOTE.search(line.label)
        if match is None:
            sung.append(SungPiece(piece, None, False))
            continue
        begins = match[0] != current and any(phone in nuclei for phone in piece.phones)
        current = match[0] if begins else current
        sung.append(SungPiece(piece, note_midi(match[1]), begins))
    return notes_of_pieces(sung)
