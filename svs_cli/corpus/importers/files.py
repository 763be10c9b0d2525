"""The files of a corpus: a listing that never leaves its folder, and audio found by name.

Conventions
-----------
- Hidden folders (.git) are passed over. A link is followed if it leads to a file inside the corpus; others are refused.
- Names are compared in Unicode NFC and without regard to case: corpora travel between file systems.
- Of several files of one name, the nearest one is meant: the same folder, then the fewest folders away.
"""

from __future__ import annotations

import os
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath

from svs_cli.corpus.importers.protocol import Rejection
from svs_cli.corpus.utau.words import LabelError
from svs_cli.errors import CorpusError

AUDIO_SUFFIXES = (".wav", ".flac", ".aiff", ".aif", ".ogg", ".opus", ".mp3")
OTHER_AUDIO_SUFFIXES = (".webm", ".m4a", ".aac", ".wma", ".mp4", ".raw", ".pcm", ".sph")
MOST_FILES = 1_000_000


@dataclass(frozen=True)
class Tree:
    """All files under a folder, sorted, and the links that were refused."""

    root: Path
    files: tuple[Path, ...]
    refused: tuple[Rejection, ...]

    def ending(self, *suffixes: str) -> list[Path]:
        """The files whose names end so, whatever their case."""
        return [path for path in self.files if path.name.lower().endswith(suffixes)]

    def named(self, *names: str) -> list[Path]:
        """The files of these names, whatever their case, the ones nearest to the root first."""
        found = [path for path in self.files if path.name.lower() in names]
        return sorted(found, key=lambda path: (len(path.parts), path))


def tree_of(root: Path, *, recursive: bool = True) -> Tree:
    """The files under `root`. Raises CorpusError if there is no such folder, or nothing in it, or far too much."""
    top = Path(os.path.abspath(root))
    if not top.is_dir():
        raise CorpusError(f"there is no folder {root}", fix="name the folder that holds the corpus")
    files: list[Path] = []
    refused: list[Rejection] = []
    home = top.resolve()
    for folder, folders, names in os.walk(top):
        folders[:] = sorted(name for name in folders if recursive and not name.startswith("."))
        for name in sorted(names):
            path = Path(folder, name)
            if path.is_symlink() and not path.resolve().is_relative_to(home):
                refused.append(Rejection(path, "a link that leads out of the corpus; copy it with 'cp -rL'"))
            else:
                files.append(path)
        if len(files) > MOST_FILES:
            raise CorpusError(f"{root} holds more than {MOST_FILES} files", fix="name the folder of the corpus itself")
    if not files and not refused:
        raise CorpusError(f"{root} is empty", fix="name the folder that holds the corpus")
    return Tree(top, tuple(files), tuple(refused))


def key_of(name: str) -> str:
    """A file's name as it is compared."""
    return unicodedata.normalize("NFC", name).casefold()


class AudioIndex:
    """The audio files of a tree, by name."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.paths = tree.ending(*AUDIO_SUFFIXES)
        self._by_stem: dict[str, list[Path]] = defaultdict(list)
        for path in self.paths:
            self._by_stem[key_of(path.stem)].append(path)
        self._unread = {key_of(path.stem): path for path in tree.ending(*OTHER_AUDIO_SUFFIXES)}

    @property
    def stems(self) -> frozenset[str]:
        """Names without suffix, as they are compared."""
        return frozenset(self._by_stem)

    def find(self, name: str, near: Path) -> Path:
        """The audio that a corpus calls `name` (a stem, a file, a relative path) in the file `near`.

        Raises LabelError if there is none.
        """
        parts = PurePosixPath(name.replace("\\", "/"))
        if parts.is_absolute() or ".." in parts.parts:
            raise LabelError(f"{name!r} leads out of the corpus")
        known_suffix = parts.suffix.lower() in (*AUDIO_SUFFIXES, *OTHER_AUDIO_SUFFIXES)
        stem = key_of(parts.stem if known_suffix else parts.name)
        folders = tuple(map(key_of, parts.parts[:-1]))
        candidates = self._by_stem.get(stem, [])
        if folders:
            candidates = [p for p in candidates if tuple(map(key_of, p.parts[:-1]))[-len(folders) :] == folders]
        if not candidates:
            there = self._unread.get(stem)
            if there:
                raise LabelError(f"{there.name} is no audio that svs reads: convert it to FLAC")
            raise LabelError(f"there is no audio {name!r}")
        return min(candidates, key=lambda path: (distance(path, near), AUDIO_SUFFIXES.index(path.suffix.lower()), path))


def distance(path: Path, other: Path) -> int:
    """Folders to walk up and down from one file to the other.

    >>> distance(Path("a/wav/1.wav"), Path("a/lab/1.lab"))
    2
    """
    shared = 0
    for mine, its in zip(path.parts[:-1], other.parts[:-1], strict=False):
        if mine != its:
            break
        shared += 1
    return len(path.parts) + len(other.parts) - 2 - 2 * shared


@lru_cache(maxsize=65_536)
def audio_seconds(path: Path) -> float:
    """Length of an audio file, from its head. Raises LabelError if it cannot be read or is empty."""
    import soundfile

    try:
        info = soundfile.info(str(path))
    except (soundfile.LibsndfileError, OSError) as error:
        raise LabelError(f"cannot be read as audio ({str(error).rpartition(': ')[2].strip()})") from error
    if not info.frames or not info.samplerate:
        raise LabelError("the audio is empty")
    return float(info.frames / info.samplerate)


def without_label(index: AudioIndex, used: set[Path], what: str) -> Iterator[Rejection]:
    """A rejection for each audio file that nothing was said about."""
    for path in index.paths:
        if path not in used:
            yield Rejection(path, f"no {what} names it")
