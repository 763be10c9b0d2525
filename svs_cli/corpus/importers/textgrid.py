"""Audio with TextGrids of the same name: phones from one tier, words from another.

Conventions
-----------
- The phone tier is the one called phones, phone, phonemes, phn or 音素 (MFA writes "speaker - phones"), else the last;
  the word tier is called words, word, lyrics or 歌词.
- An empty interval is silence. Point tiers are ignored.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from svs_cli.corpus.importers.files import AudioIndex, audio_seconds, key_of, tree_of, without_label
from svs_cli.corpus.importers.labels import Piece, contiguous
from svs_cli.corpus.importers.phone_sets import PHONE_SETS, detect_phone_set, pause_of, read_phones
from svs_cli.corpus.importers.prompts import PromptGroups, language_of_texts, song_of
from svs_cli.corpus.importers.protocol import AUTO, Found, ImportRequest, Rejection, Remark
from svs_cli.corpus.manifest import Recording
from svs_cli.corpus.textgrid import Interval, read_textgrid
from svs_cli.corpus.utau.words import LabelError
from svs_cli.errors import CorpusError

PHONE_TIERS = ("phones", "phone", "phonemes", "phoneme", "phn", "ph", "音素")
WORD_TIERS = ("words", "word", "lyrics", "lyric", "text", "sentence", "歌词", "汉字")

Tiers = Mapping[str, Sequence[Interval]]


def import_textgrid(request: ImportRequest) -> Iterator[Found]:
    """Recordings of a folder of TextGrids. Raises CorpusError if there are none, or no audio."""
    tree = tree_of(request.root)
    yield from tree.refused
    index = AudioIndex(tree)
    grids = tree.ending(".textgrid")
    if not grids or not index.paths:
        raise CorpusError(
            f"{request.root} has {len(grids)} TextGrids and {len(index.paths)} audio files",
            fix="put each NAME.TextGrid beside NAME.wav",
        )
    tiers: dict[Path, Tiers] = {}
    named = set[Path]()
    for path in grids:
        try:
            audio = index.find(f"{path.stem}.wav", path)
            named.add(audio)
            grid = read_textgrid(path, encoding=request.encoding)
            phone_tier(grid)
            tiers[audio] = grid
        except CorpusError as error:
            yield Rejection(path, error.message)
    phone_set, language, remarks = whole_corpus(request, list(tiers.values()))
    yield from remarks
    groups = PromptGroups()
    for audio, labels in tiers.items():
        try:
            yield labelled(request, audio, labels, phone_set, language, groups)
        except CorpusError as error:
            yield Rejection(audio, error.message)
    yield from without_label(index, named, "TextGrid")


def whole_corpus(request: ImportRequest, grids: Sequence[Tiers]) -> tuple[str, str, list[Remark]]:
    """Phone set and language of a corpus, and remarks on how they were found. Raises CorpusError."""
    remarks: list[Remark] = []
    phone_set = request.phone_set
    if phone_set == AUTO:
        symbols = (interval.text for grid in grids for interval in phone_tier(grid))
        phone_set = detect_phone_set(symbols, request.language)
        remarks.append(Remark(f"phone set: {phone_set}, judging by the TextGrids; --phones says otherwise"))
    spoken = PHONE_SETS[phone_set].languages
    if spoken and not request.language:
        return phone_set, spoken[0], remarks
    language, more = language_of_texts(request, map(words_of, grids))
    return phone_set, language, remarks + more


def tier_called(tiers: Tiers, names: Sequence[str]) -> Sequence[Interval] | None:
    """The first tier with one of these names, the speaker's name before " - " left out."""
    for wanted in names:
        for name, intervals in tiers.items():
            if key_of(name.rpartition(" - ")[2].strip()) == wanted:
                return intervals
    return None


def phone_tier(tiers: Tiers) -> Sequence[Interval]:
    """The tier of phones. Raises LabelError if there is no tier at all."""
    found = tier_called(tiers, PHONE_TIERS)
    if found is None and not tiers:
        raise LabelError("the TextGrid has no interval tier")
    return found if found is not None else list(tiers.values())[-1]


def words_of(tiers: Tiers) -> str:
    """The words of a TextGrid, "" without a tier of words."""
    intervals = tier_called(tiers, WORD_TIERS) or ()
    return " ".join(i.text.strip() for i in intervals if pause_of(i.text.strip().strip("<>")) is None)


def labelled(
    request: ImportRequest, audio: Path, tiers: Tiers, phone_set: str, language: str, groups: PromptGroups
) -> Recording:
    """One recording with the phones of its TextGrid. Raises CorpusError with the reason."""
    intervals = phone_tier(tiers)
    read = read_phones([interval.text for interval in intervals], phone_set)
    pieces = [Piece(i.start_seconds, i.end_seconds, p) for i, p in zip(intervals, read, strict=True)]
    phones, ends = contiguous(pieces, audio_seconds(audio))
    text = words_of(tiers)
    return request.recording(
        audio,
        language=language,
        text=text,
        group=groups.group_of(song_of(audio.stem), text),
        phones=phones,
        ends_seconds=ends,
    )
