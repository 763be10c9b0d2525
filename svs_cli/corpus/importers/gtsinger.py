"""GTSinger: a JSON file beside each recording, or one metadata list (GTSinger's metadata.json, M4Singer's meta.json).

Conventions
-----------
- A recording's file is a list of words, each with ph, ph_start, ph_end, note, note_start, note_end; note 0 is a rest,
  <SP> and <AP> are silence and breath.
- A metadata list has one entry a recording: item_name, txt, ph, ph_durs, ep_pitches, ep_types (3: slurred) or, in
  M4Singer, phs, ph_dur, notes, is_slur.
- Folders say language, singer, technique and song: Chinese/ZH-Alto-1/Breathy/<song>/Breathy_Group/0000.wav.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from svs_cli.corpus.importers.files import AudioIndex, Tree, audio_seconds, tree_of
from svs_cli.corpus.importers.labels import Piece, at_nuclei, contiguous, notes_inside
from svs_cli.corpus.importers.note_tokens import Sung, Token, midi_of, sung_tokens
from svs_cli.corpus.importers.phone_sets import PHONE_SETS, detect_phone_set, pause_of, read_phones
from svs_cli.corpus.importers.prompts import song_of
from svs_cli.corpus.importers.protocol import AUTO, Found, ImportRequest, Rejection, Remark
from svs_cli.corpus.manifest import Note, Recording
from svs_cli.corpus.text_files import read_text
from svs_cli.corpus.utau.words import LabelError
from svs_cli.errors import CorpusError
from svs_cli.frontend.languages import LANGUAGES

SINGER = re.compile(r"^(?:[A-Z]{2}-)?(?:Alto|Tenor|Soprano|Bass|Mezzo|Baritone)-\d+$", re.IGNORECASE)
SLURRED_TYPE = 3
Item = Mapping[str, Any]


@dataclass(frozen=True)
class Entry:
    """One recording's labels: words of a file, or an entry of a list."""

    path: Path
    name: str
    words: Sequence[Item] = ()
    row: Item | None = None

    @property
    def symbols(self) -> list[str]:
        """All phone symbols. Raises LabelError if there are none."""
        if self.row is not None:
            return [str(symbol) for symbol in listed(self.row, "ph", "phs")]
        return [str(symbol) for word in self.words for symbol in listed(word, "ph")]


def import_gtsinger(request: ImportRequest) -> Iterator[Found]:
    """Recordings of GTSinger or M4Singer. Raises CorpusError if there are no labels or no audio."""
    tree = tree_of(request.root)
    yield from tree.refused
    index = AudioIndex(tree)
    entries: list[Entry] = []
    for path in tree.ending(".json"):
        try:
            entries += entries_of(path, request.encoding)
        except CorpusError as error:
            yield Rejection(path, error.message)
    if not entries or not index.paths:
        raise CorpusError(
            f"{request.root} has {len(entries)} labelled recordings and {len(index.paths)} audio files",
            fix="name the folder that holds the JSON files and the audio",
        )
    phone_set = request.phone_set
    if phone_set == AUTO:
        phone_set = detect_phone_set((symbol for entry in entries for symbol in entry.symbols), request.language)
        yield Remark(f"phone set: {phone_set}, judging by the symbols; --phones says otherwise")
    for entry in entries:
        try:
            yield labelled(request, entry, index, phone_set)
        except CorpusError as error:
            yield Rejection(entry.path.parent / entry.name, error.message)


def labelled(request: ImportRequest, entry: Entry, index: AudioIndex, phone_set: str) -> Recording:
    """One recording. Raises CorpusError with the reason."""
    audio = index.find(f"{audio_name(entry)}.wav", entry.path)
    seconds = audio_seconds(audio)
    row = entry.row
    sung = sung_words(entry.words, phone_set, seconds) if row is None else sung_row(row, phone_set, seconds)
    known = from_folders(index.tree, audio, entry.name)
    return request.recording(
        audio,
        language=known.get("language", "") or (PHONE_SETS[phone_set].languages or ("",))[0],
        speaker=known.get("speaker", ""),
        style=known.get("style", "song"),
        text=text_of(entry),
        group=known.get("group", "") or song_of(audio.stem),
        phones=sung.phones,
        ends_seconds=sung.ends_seconds,
        notes=sung.notes,
    )


def entries_of(path: Path, encoding: str | None) -> list[Entry]:
    """The recordings that a JSON file labels; [] if it is about something else. Raises CorpusError."""
    try:
        content = json.loads(read_text(path, encoding))
    except (ValueError, RecursionError) as error:
        raise LabelError(f"not JSON ({error})") from error
    if not isinstance(content, list) or not all(isinstance(item, dict) for item in content):
        return []
    if any("ph_start" in item for item in content):
        return [Entry(path, path.stem, words=content)]
    rows = (item for item in content if "item_name" in item and {"ph", "phs"} & set(item))
    return [Entry(path, str(item["item_name"]), row=item) for item in rows]


def listed(item: Item, *keys: str) -> list[Any]:
    """The first of these fields as a list; strings are divided at spaces. [] if there is none."""
    for key in keys:
        value = item.get(key)
        if isinstance(value, str):
            return value.split()
        if isinstance(value, list):
            return value
    return []


def floats(item: Item, *keys: str) -> list[float]:
    """The first of these fields as numbers. Raises LabelError if one is none."""
    try:
        return [float(value) for value in listed(item, *keys)]
    except (TypeError, ValueError, OverflowError):
        raise LabelError(f"{keys[0]} holds something that is no number") from None


def audio_name(entry: Entry) -> str:
    """What the audio is called: as the file, as wav_fn says, or the item's name after the last #."""
    if entry.row is None:
        return entry.name
    wav = str(entry.row.get("wav_fn") or "")
    return Path(wav.replace("\\", "/")).stem if wav else entry.name.rpartition("#")[2]


def sung_words(words: Sequence[Item], phone_set: str, audio_seconds: float) -> Sung:
    """Phones and notes of a file of words. Raises LabelError where its lists do not fit."""
    symbols: list[str] = []
    spans: list[tuple[float, float]] = []
    notes: list[Note] = []
    for word in words:
        own = [str(symbol) for symbol in listed(word, "ph")]
        starts, ends = floats(word, "ph_start"), floats(word, "ph_end")
        if not len(own) == len(starts) == len(ends):
            raise LabelError(f"the word {word.get('word')!r} has {len(own)} phones and {len(starts)} starts")
        symbols += own
        spans += zip(starts, ends, strict=True)
        for name, start, end in zip(
            listed(word, "note"), floats(word, "note_start"), floats(word, "note_end"), strict=False
        ):
            midi = midi_of(str(name))
            if midi is not None and end > start:
                notes.append(Note(start, end, midi, "" if pause_word(word) else str(word.get("word", ""))))
    read = read_phones(symbols, phone_set)
    pieces = [Piece(start, end, phones) for (start, end), phones in zip(spans, read, strict=True)]
    phones, phone_ends = contiguous(pieces, audio_seconds)
    return Sung(phones, phone_ends, notes_inside(at_nuclei(notes, phones, phone_ends), audio_seconds))


def sung_row(row: Item, phone_set: str, audio_seconds: float) -> Sung:
    """Phones and notes of an entry of a metadata list. Raises LabelError where its lists do not fit."""
    symbols = [str(symbol) for symbol in listed(row, "ph", "phs")]
    durations = floats(row, "ph_durs", "ph_dur")
    pitches = [midi_of(str(value)) for value in listed(row, "ep_pitches", "notes", "note")]
    slurs = [value == SLURRED_TYPE for value in listed(row, "ep_types")] or [bool(v) for v in floats(row, "is_slur")]
    if len(durations) != len(symbols):
        raise LabelError(f"{len(symbols)} phones but {len(durations)} durations")
    whole_pitches = pitches if len(pitches) == len(symbols) else [None] * len(symbols)
    whole_slurs = slurs if len(slurs) == len(symbols) else [False] * len(symbols)
    tokens = [Token(*fields) for fields in zip(symbols, durations, whole_pitches, whole_slurs, strict=True)]
    return sung_tokens(tokens, phone_set, audio_seconds)


def pause_word(word: Item) -> bool:
    """Whether a "word" is a pause or a breath."""
    return pause_of(str(word.get("word", "")).strip("<>")) is not None


def text_of(entry: Entry) -> str:
    """The words of a recording; Chinese ones without spaces."""
    if entry.row is not None:
        words = [str(word) for word in listed(entry.row, "txt", "text", "word")]
    else:
        words = [str(word.get("word", "")) for word in entry.words if not pause_word(word)]
    words = [word for word in words if pause_of(word.strip("<>")) is None]
    return ("" if all(len(word) == 1 for word in words) else " ").join(words)


def from_folders(tree: Tree, audio: Path, name: str) -> dict[str, str]:
    """Language, speaker, style and song, as far as the folders or an item name like them ("a#b#c") say them."""
    parts = [*audio.relative_to(tree.root).parts[:-1], *name.split("#")[:-1]]
    known: dict[str, str] = {}
    for place, part in enumerate(parts):
        code = next((code for code, names in LANGUAGES.items() if part.lower() in names), "")
        if code:
            known["language"] = code
        if SINGER.match(part):
            known["speaker"] = part
            following = parts[place + 1 :]
            if following:
                known["style"] = (following[2] if len(following) > 2 else following[0]).removesuffix("_Group").lower()
            if len(following) > 1:
                known["group"] = following[1]
    return known
