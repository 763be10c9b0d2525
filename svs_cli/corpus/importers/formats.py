"""The formats that can be imported, one line each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from svs_cli.corpus.importers.diffsinger import import_diffsinger
from svs_cli.corpus.importers.folder import import_folder
from svs_cli.corpus.importers.gtsinger import import_gtsinger
from svs_cli.corpus.importers.hts import import_hts
from svs_cli.corpus.importers.ljspeech import import_ljspeech
from svs_cli.corpus.importers.opencpop import import_opencpop
from svs_cli.corpus.importers.protocol import Importer
from svs_cli.corpus.importers.textgrid import import_textgrid
from svs_cli.corpus.importers.utau import import_utau


@dataclass(frozen=True)
class Format:
    """An importer and what it reads."""

    about: str
    read: Importer


FORMATS = {
    "utau": Format("UTAU voicebank: recordings with an oto.ini (CV, CVVC, VCV), a folder or one a pitch", import_utau),
    "hts": Format("HTS or NNSVS database: .lab files, mono or full-context, with audio, perhaps MusicXML", import_hts),
    "diffsinger": Format("DiffSinger: transcriptions.csv with wavs/, or a .ds file a recording", import_diffsinger),
    "opencpop": Format("Opencpop: transcriptions.txt with wavs/", import_opencpop),
    "gtsinger": Format("GTSinger or M4Singer: a JSON file a recording, or one metadata list", import_gtsinger),
    "textgrid": Format("audio with Praat TextGrids of the same name", import_textgrid),
    "ljspeech": Format("metadata.csv with 'name|text' lines, audio in wavs/ or beside it", import_ljspeech),
    "folder": Format("audio with a .txt, MusicXML or MIDI file of the same name beside it", import_folder),
}


def guess_format(root: Path) -> str | None:
    """The format that a folder looks like, by the files that only one format has; None if nothing speaks for any."""
    names = {path.name.lower() for path in [*root.glob("*"), *root.glob("*/*")]}
    endings = {Path(name).suffix for name in names}
    marks = (
        ("utau", "oto.ini" in names),
        ("diffsinger", "transcriptions.csv" in names or ".ds" in endings),
        ("opencpop", "transcriptions.txt" in names),
        ("textgrid", ".textgrid" in endings and ".json" not in endings),
        ("gtsinger", ".json" in endings and ".textgrid" in endings or "meta.json" in names),
        ("ljspeech", bool({"metadata.csv", "validated.tsv"} & names)),
        ("hts", ".lab" in endings),
        ("folder", bool({".txt", ".musicxml", ".mxl", ".mid"} & endings)),
    )
    return next((name for name, found in marks if found), None)
