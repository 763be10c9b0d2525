"""The voicebanks that the shipped models are trained on: where they come from, on what terms, how they are laid out.

Conventions
-----------
- A bank's root is a checkout of `repository` at `commit`; `folders` are relative to it, "." is the root itself.
- `pitch_midi` is the pitch that the folder was sung on; `speaker` names a voice of the model: one a style, because a
  strong and a whispered voice are other timbres.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from svs_cli.corpus.manifest import Recording, Terms, write_manifest
from svs_cli.corpus.utau import read_bank
from svs_cli.errors import CorpusError, UsageError


@dataclass(frozen=True)
class BankFolder:
    """One folder of recordings in one style and on one pitch."""

    path: str
    speaker: str
    style: str
    pitch_midi: float | None


@dataclass(frozen=True)
class Bank:
    """A voicebank with what its terms ask us to say."""

    name: str
    repository: str
    commit: str
    licence: str
    credit: str
    encoding: str
    folders: tuple[BankFolder, ...]


@dataclass(frozen=True)
class LabelReport:
    """What labelling gave: recordings in order, what was left out and why, counts by speaker."""

    recordings: list[Recording] = field(default_factory=list)
    rejected: list[tuple[Path, str]] = field(default_factory=list)

    def recordings_by_speaker(self) -> dict[str, int]:
        return dict(Counter(recording.speaker for recording in self.recordings))

    def minutes_by_speaker(self) -> dict[str, float]:
        minutes: Counter[str] = Counter()
        for recording in self.recordings:
            minutes[recording.speaker] += recording.phone_ends_seconds[-1] / 60.0  # type: ignore[assignment]
        return dict(minutes)


BANKS = {
    bank.name: bank
    for bank in (
        Bank(
            name="kumi",
            repository="https://github.com/oxygen-dioxide/hitsuboku-kumi-ja-act4",
            commit="8122640fa04861340209aeee8631cb1eed17a8ed",
            licence="Hitsuboku Kumi terms (commercial use, editing, conversion and redistribution allowed; name kept)",
            credit="Hitsuboku Kumi by Cubialpha, https://cubialpha.wixsite.com/koomstar/character",
            encoding="cp932",
            folders=(
                BankFolder("_Core_A3", "kumi", "core", 57.0),
                BankFolder("_Core", "kumi", "core", 62.0),
                BankFolder("_Core_A4", "kumi", "core", 69.0),
                BankFolder("_Core_D5", "kumi", "core", 74.0),
                BankFolder("_Strong_Low", "kumi_strong", "strong", 62.0),
                BankFolder("_Strong_High", "kumi_strong", "strong", 72.0),
                BankFolder("_Whisper_Low", "kumi_whisper", "whisper", 59.0),
                BankFolder("_Whisper_High", "kumi_whisper", "whisper", 71.0),
            ),
        ),
        Bank(
            name="scottpoid",
            repository="https://github.com/oxygen-dioxide/scottpoid-ja",
            commit="36c13b1ca28c35a739e70ef309ca129dccc08578",
            licence="SCOTTPOID terms (commercial use, editing, porting and redistribution allowed; no hateful content)",
            credit="SCOTTPOID by Scott, https://nonclione.neocities.org/utau",
            encoding="cp932",
            folders=(
                BankFolder(".", "scottpoid", "core", 48.0),
                BankFolder("E3", "scottpoid", "core", 52.0),
                BankFolder("G3", "scottpoid", "core", 55.0),
                BankFolder("A3", "scottpoid", "core", 57.0),
                BankFolder("C4", "scottpoid", "core", 60.0),
            ),
        ),
        Bank(
            name="yuki",
            repository="https://github.com/kgs233/UTAU-Yuki",
            commit="5e5c8493809f7fadb65bbc3f30ed898278247fc0",
            licence="public domain dedication",
            credit="Yuki, https://github.com/kgs233/UTAU-Yuki",
            encoding="utf-8",
            folders=(BankFolder(".", "yuki", "core", 65.0),),
        ),
        Bank(
            name="dorodoro",
            repository="https://github.com/oxygen-dioxide/dorodoro-ja-vcv",
            commit="a726f3e3a26874ad37ecfb31bc191d337480b38b",
            licence="free for any use",
            credit="dorodoro by Cerenothoa, https://chongzhen.wikidot.com/files:8940236",
            encoding="cp932",
            folders=(BankFolder(".", "dorodoro", "core", 55.0),),
        ),
    )
}


def label_bank(bank: Bank, root: Path) -> Iterator[tuple[BankFolder, LabelReport]]:
    """The labelled recordings of a bank, folder by folder. Raises CorpusError if a folder is missing."""
    for folder in bank.folders:
        reading = read_bank(
            root / folder.path,
            speaker=folder.speaker,
            style=folder.style,
            pitch_midi=folder.pitch_midi,
            encoding=bank.encoding,
        )
        source = f"{bank.repository}@{bank.commit}"
        recordings = [
            replace(recording, terms=Terms(bank.licence, bank.credit, source)) for recording in reading.recordings
        ]
        yield folder, LabelReport(recordings, reading.rejected)


def label_all(roots: dict[str, Path], manifest_path: Path | None = None) -> LabelReport:
    """Label the banks whose checkouts `roots` names, and write one JSON line a recording to `manifest_path`.

    Raises UsageError for a name that is no bank, CorpusError for a folder that is missing or gives no labels.
    """
    total = LabelReport()
    for name, root in roots.items():
        if name not in BANKS:
            raise UsageError(f"no bank is called {name!r}", fix=f"choose from {', '.join(sorted(BANKS))}")
        for folder, report in label_bank(BANKS[name], root):
            if not report.recordings:
                raise CorpusError(
                    f"{root / folder.path}: not one recording could be labelled", fix="check the checkout's commit"
                )
            total.recordings.extend(report.recordings)
            total.rejected.extend(report.rejected)
    if manifest_path is not None:
        write_manifest(total.recordings, manifest_path)
    return total
