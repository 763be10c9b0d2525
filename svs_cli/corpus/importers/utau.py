"""UTAU voicebanks: a folder, or one for each pitch and style, with recordings and an oto.ini.

Conventions
-----------
- Strings of moras (VCV) are labelled from file name, oto.ini and sound (`corpus/utau.py`), single syllables (CV, CVVC)
  from their aliases (`utau_cv.py`).
- Where what is sung is known but not when, phones go without times, and the aligner finds them.
- A folder's pitch is asked for, or stands in its name, or in the endings of its aliases that prefix.map lists, or is
  heard. Its style is the rest of its name.
- The group is what is sung, so that a string on several pitches, by several singers, is one prompt.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from svs_cli.corpus.audio_file import read_audio
from svs_cli.corpus.importers.files import AUDIO_SUFFIXES, Tree, audio_seconds, tree_of
from svs_cli.corpus.importers.pitch_names import pitch_in_name, without_pitch
from svs_cli.corpus.importers.protocol import Found, ImportRequest, Rejection, Remark
from svs_cli.corpus.importers.utau_cv import label_by_aliases, phones_by_aliases
from svs_cli.corpus.manifest import Recording
from svs_cli.corpus.text_files import read_text
from svs_cli.corpus.utau.bank import SungFile, UntimedError, label_one, stem_of, sung_files
from svs_cli.corpus.utau.mora import Mora
from svs_cli.corpus.utau.words import BREATH, SILENCE, LabelError
from svs_cli.errors import CorpusError
from svs_cli.frontend.inventory import load_inventory
from svs_cli.performance.ds_file import note_name
from svs_cli.units import hz_to_midi

SECONDS_A_MORA = (0.12, 4.0)
HEARD_FILES = 5
HEARD_SECONDS = 6
DEFAULT_STYLE = "core"
READINGS_WITHOUT_TIMES = "phones without times, because oto.ini does not fit: svs align finds them"


def import_utau(request: ImportRequest) -> Iterator[Found]:
    """Recordings of a voicebank with all of its folders. Raises CorpusError if no folder is one of a bank."""
    tree = tree_of(request.root, recursive=not request.single_folder)
    yield from tree.refused
    folders = sorted({path.parent for path in tree.named("oto.ini")} & {p.parent for p in tree.ending(*AUDIO_SUFFIXES)})
    if not folders:
        raise CorpusError(
            f"{request.root} has no folder with recordings and an oto.ini", fix="name the voicebank's own folder"
        )
    speaker = request.speaker or character_name(tree, request.encoding) or request.speaker_or_folder
    for folder in folders:
        try:
            files, tempo_seconds = sung_files(folder, encoding=request.encoding)
        except CorpusError as error:
            yield Rejection(folder / "oto.ini", error.message)
            continue
        name = "" if folder == tree.root else folder.relative_to(tree.root).as_posix()
        pitch_midi, remarks = pitch_of(request, tree, folder, files)
        yield from remarks
        folder_request = replace(
            request, speaker=speaker, style=request.style or without_pitch(name) or DEFAULT_STYLE, pitch_midi=pitch_midi
        )
        yield from recordings_of_folder(folder_request, files, tempo_seconds)


def recordings_of_folder(
    request: ImportRequest, files: list[SungFile], tempo_seconds: float | None
) -> Iterator[Recording | Rejection | Remark]:
    """The recordings of one folder, labelled as well as each can be."""
    untimed = 0
    for file in files:
        try:
            recording = labelled(request, file, tempo_seconds)
        except CorpusError as error:
            yield Rejection(file.path, error.message)
            continue
        untimed += not recording.phone_ends_seconds
        yield recording
    if untimed:
        yield Remark(f"{files[0].path.parent.name}: {untimed} recordings have {READINGS_WITHOUT_TIMES}")


def labelled(request: ImportRequest, file: SungFile, tempo_seconds: float | None) -> Recording:
    """One recording with its phones, and their times if they can be known. Raises CorpusError with the reason."""
    seconds = audio_seconds(file.path)
    ends: tuple[float, ...] = ()
    nuclei: tuple[float, ...] = ()
    if request.language not in ("", "ja"):
        phones, nuclei = phones_by_aliases(file.entries, request.language, seconds)
    else:
        try:
            phones, ends = label_one(file, tempo_seconds)
        except LabelError as error:
            phones, ends = second_reading(file, error, seconds)
    known = load_inventory().nuclei
    if ends:
        nuclei = tuple(start for phone, start in zip(phones, (0.0, *ends[:-1]), strict=True) if phone in known)
    recording = request.recording(
        file.path,
        language=request.language or "ja",
        text="".join(mora.text for mora in file.moras or () if mora.nucleus != SILENCE),
        group=group_of(request.speaker_or_folder, file),
        phones=phones,
        ends_seconds=ends,
        nuclei_seconds=nuclei,
    )
    sung = bool(set(phones) - {SILENCE, BREATH})
    return replace(recording, label_origin="oto" if ends else "", pitch_midi=request.pitch_midi if sung else None)


def second_reading(
    file: SungFile, error: LabelError, seconds: float
) -> tuple[tuple[str, ...], tuple[float, ...]]:
    """Labels from the aliases of a file that is no string with a tempo, or else phones without times.

    Raises the error that the first reading had if there is no better one.
    """
    if file.entries and (file.moras is None or isinstance(error, UntimedError)):
        try:
            return label_by_aliases(file)
        except LabelError:
            pass
    moras: tuple[Mora, ...] = file.moras or ()
    phones = tuple(phone for mora in moras for phone in mora.phones)
    shortest, longest = SECONDS_A_MORA
    if not isinstance(error, UntimedError) or not shortest < seconds / max(1, len(moras)) < longest:
        raise error
    return phones, ()


def group_of(speaker: str, file: SungFile) -> str:
    """What is sung, mora by mora, the same for every way to write it; a file of another kind stays by itself."""
    if not file.moras or all(mora.phones == (BREATH,) for mora in file.moras):
        return f"{speaker}/{stem_of(file.path)}"
    return "moras:" + ".".join("".join(mora.phones) for mora in file.moras)


def character_name(tree: Tree, encoding: str | None) -> str:
    """The singer's name in character.txt, "" if it says none."""
    for path in tree.named("character.txt")[:1]:
        try:
            lines = read_text(path, encoding).split("\n")
        except CorpusError:
            return ""
        names = (line.partition("=")[2].strip() for line in lines if line.strip().lower().startswith("name="))
        return next(names, "")
    return ""


def pitch_of(
    request: ImportRequest, tree: Tree, folder: Path, files: list[SungFile]
) -> tuple[float | None, list[Remark]]:
    """The pitch that a folder was sung on as MIDI number, and a remark if it had to be found out."""
    if request.pitch_midi is not None or request.single_folder:
        return request.pitch_midi, []
    named = pitch_in_name(folder.relative_to(tree.root).name) if folder != tree.root else None
    if named is not None:
        return named, []
    suffixed = pitch_of_suffix(tree, files, request.encoding)
    how, midi = ("the endings of its aliases", suffixed) if suffixed is not None else ("its sound", heard_pitch(files))
    if midi is None:
        return None, [Remark(f"{folder.name}: no pitch could be found; give it with --pitch")]
    return midi, [Remark(f"{folder.name}: sung on {note_name(midi)}, judging by {how}; --pitch says otherwise")]


def pitch_of_suffix(tree: Tree, files: list[SungFile], encoding: str | None) -> float | None:
    """The pitch in the ending that prefix.map lists and most aliases of the folder have; None if there is none."""
    maps = tree.named("prefix.map")
    if not maps:
        return None
    try:
        rows = [line.split("\t") for line in read_text(maps[0], encoding).split("\n")]
    except CorpusError:
        return None
    suffixes = {row[2].strip() for row in rows if len(row) > 2 and row[2].strip()}
    counts = Counter(
        suffix for file in files for entry in file.entries for suffix in suffixes if entry.alias.endswith(suffix)
    )
    aliases = sum(len(file.entries) for file in files)
    if not counts or counts.most_common(1)[0][1] < aliases / 2:
        return None
    return pitch_in_name(counts.most_common(1)[0][0])


def heard_pitch(files: list[SungFile]) -> float | None:
    """The nearest semitone to the median F0 of a few recordings; None if nothing is voiced."""
    from svs_cli.analysis.f0 import praat_f0

    heard: list[float] = []
    for file in files[:: max(1, len(files) // HEARD_FILES)][:HEARD_FILES]:
        try:
            samples, rate_hz = read_audio(file.path)
        except CorpusError:
            continue
        f0_hz = praat_f0(samples[: HEARD_SECONDS * rate_hz], rate_hz)
        heard += f0_hz[f0_hz > 0].tolist()
    return float(round(hz_to_midi(float(np.median(heard))))) if heard else None
