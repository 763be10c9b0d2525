"""What an importer is asked and what it answers.

Conventions
-----------
- An importer is a generator: it yields recordings and, for each file that it cannot use, a rejection with the reason.
  What the user should know besides (which phone set was found, say) is a remark.
- It raises CorpusError only if the whole source cannot be used: then there is nothing to yield.
- Audio is looked at (length, whether it can be read), never changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from svs_cli.corpus.manifest import Note, Recording, Terms

AUTO = "auto"


@dataclass(frozen=True)
class ImportRequest:
    """A folder to import, and what is known of all its recordings; empty means: find out, or leave open."""

    root: Path
    speaker: str = ""
    language: str = ""
    style: str = ""
    terms: Terms = field(default_factory=Terms)
    pitch_midi: float | None = None
    encoding: str | None = None
    phone_set: str = AUTO
    single_folder: bool = False  # leave subfolders alone: they are listed as folders of their own

    @property
    def speaker_or_folder(self) -> str:
        """The speaker's name, by default that of the folder."""
        return self.speaker or self.root.resolve().name

    def recording(
        self,
        audio: Path,
        *,
        language: str = "",
        speaker: str = "",
        style: str = "",
        text: str = "",
        group: str = "",
        phones: tuple[str, ...] = (),
        ends_seconds: tuple[float, ...] = (),
        nuclei_seconds: tuple[float, ...] = (),
        score_nuclei_seconds: tuple[float | None, ...] = (),
        notes: tuple[Note, ...] = (),
    ) -> Recording:
        """A checked recording; what was asked for wins over what the corpus says. Raises CorpusError."""
        recording = Recording(
            audio,
            self.speaker or speaker or self.speaker_or_folder,
            language=self.language or language,
            style=self.style or style,
            text=text,
            phones=phones,
            phone_ends_seconds=ends_seconds,
            nuclei_seconds=nuclei_seconds,
            score_nuclei_seconds=score_nuclei_seconds,
            notes=notes,
            pitch_midi=self.pitch_midi,
            group=group or audio.stem,
            label_origin="hand" if ends_seconds else "",
            terms=self.terms,
        )
        recording.check()
        return recording


@dataclass(frozen=True)
class Rejection:
    """A file that was left out, and why."""

    path: Path
    reason: str


@dataclass(frozen=True)
class Remark:
    """Something about the whole corpus that the user should know."""

    text: str


Found = Recording | Rejection | Remark
Importer = Callable[[ImportRequest], Iterator[Found]]
