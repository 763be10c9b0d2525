"""What a folder of a corpus holds, as digests: whether a copy is the one that was meant.

Conventions
-----------
- A listing maps names to SHA-256 digests in hexadecimal. A name is the path relative to the root, with slashes, in
  Unicode's composed form (some file systems decompose kana).
- Audio is identified by its samples and named without its suffix, so a WAV that became a FLAC is the same recording.
  Samples are hashed as int16 or int32, little-endian, after a line of rate and channels; audio that is not integer PCM
  and audio that cannot be decoded is hashed as the file's bytes, as any other file is.
- Globs: `*` and `?` stay inside a folder, `**` does not. A glob that matches `x.wav` matches `x.flac` as well.
- A shipped listing is shortened to the first `SHOWN_DIGITS` digits a file; the digest over the whole listing is not.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath

from svs_cli.corpus.sources.table import Source, corpora_shelf
from svs_cli.errors import CorpusError

AUDIO_SUFFIXES = (".wav", ".flac")
SHOWN_DIGITS = 12
BLOCK_FRAMES = 1 << 18
BLOCK_BYTES = 1 << 20

Progress = Callable[[float], None]


@dataclass(frozen=True)
class Difference:
    """How one file differs from the listing."""

    name: str
    what: str

    def __str__(self) -> str:
        return f"{self.name} {self.what}"


def name_of(path: str) -> str:
    """The name of a file in a listing.

    >>> name_of("a/b.flac"), name_of("oto.ini")
    ('a/b', 'oto.ini')
    """
    composed = unicodedata.normalize("NFC", path)
    return str(PurePosixPath(composed).with_suffix("")) if is_audio(composed) else composed


def is_audio(path: str) -> bool:
    return PurePosixPath(path).suffix.lower() in AUDIO_SUFFIXES


def wanted(path: str, globs: tuple[str, ...]) -> bool:
    """Whether a glob matches the path, or matched it before its audio was converted.

    >>> wanted("a/x.flac", ("*/*.wav",)), wanted("a/b/x.wav", ("*/*.wav",))
    (True, False)
    """
    composed = unicodedata.normalize("NFC", path)
    names = [composed]
    if is_audio(composed):
        names += [str(PurePosixPath(composed).with_suffix(suffix)) for suffix in AUDIO_SUFFIXES]
    return any(regex_of(glob).fullmatch(name) for glob in globs for name in names)


@cache
def regex_of(glob: str) -> re.Pattern[str]:
    """A glob as a regular expression for whole relative paths."""
    parts = re.split(r"(\*\*/?|\*|\?)", unicodedata.normalize("NFC", glob))
    meaning = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(meaning.get(part, re.escape(part)) for part in parts))


def files_of(root: Path, globs: tuple[str, ...]) -> list[str]:
    """Relative paths of the wanted regular files below `root`, sorted; links and hidden folders are not followed."""

    def walk(folder: Path) -> Iterator[str]:
        for entry in sorted(folder.iterdir()):
            if entry.is_symlink():
                continue
            if entry.is_dir() and not entry.name.startswith("."):
                yield from walk(entry)
            elif entry.is_file() and wanted(path := entry.relative_to(root).as_posix(), globs):
                yield path

    return list(walk(root))


def list_folder(root: Path, globs: tuple[str, ...], progress: Progress = lambda share: None) -> dict[str, str]:
    """The listing of the wanted files of a folder. Raises CorpusError when a file cannot be read."""
    paths = files_of(root, globs)
    listing: dict[str, str] = {}
    for index, path in enumerate(paths):
        name = name_of(path)
        # x.wav beside x.flac: the second keeps its suffix, and so shows as a file too many
        listing[path if name in listing else name] = content_digest(root / path)
        progress((index + 1) / len(paths))
    return listing


def content_digest(path: Path) -> str:
    """SHA-256 of a file's samples if it is integer PCM audio, else of its bytes. Raises CorpusError."""
    try:
        return (pcm_digest(path) if is_audio(path.name) else None) or bytes_digest(path)
    except OSError as error:
        raise CorpusError(f"{path} cannot be read: {error.strerror}") from error


def pcm_digest(path: Path) -> str | None:
    """SHA-256 of decoded integer samples; None when the file holds something else."""
    import soundfile

    try:
        with soundfile.SoundFile(path) as audio:
            if audio.subtype not in ("PCM_16", "PCM_24", "PCM_32"):
                return None
            kind, order = ("int16", "<i2") if audio.subtype == "PCM_16" else ("int32", "<i4")
            digest = hashlib.sha256(f"{audio.samplerate} {audio.channels}\n".encode())
            for block in audio.blocks(BLOCK_FRAMES, dtype=kind, always_2d=True):
                digest.update(block.astype(order, copy=False).tobytes())
            return digest.hexdigest()
    except soundfile.LibsndfileError:
        return None


def bytes_digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def digest_of(listing: Mapping[str, str]) -> str:
    """SHA-256 over a whole listing: lines "digest  name", sorted by name.

    >>> digest_of({"b": "1", "a": "2"}) == digest_of({"a": "2", "b": "1"})
    True
    """
    lines = "".join(f"{listing[name]}  {name}\n" for name in sorted(listing))
    return hashlib.sha256(lines.encode()).hexdigest()


def listing_text(listing: Mapping[str, str]) -> str:
    """A listing as it ships: one line a file, digests shortened."""
    return "".join(f"{listing[name][:SHOWN_DIGITS]} {name}\n" for name in sorted(listing))


def shipped_listing(source: Source) -> dict[str, str]:
    """Names and shortened digests of a source's files. Raises CorpusError if this installation has none."""
    path = corpora_shelf() / "listings" / f"{source.name}.txt"
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise CorpusError(f"{path} cannot be read: {error.strerror}", fix="install svs again") from error
    pairs = [line.partition(" ") for line in lines if line]
    return {name: digest for digest, _, name in pairs}


def differences(expected: Mapping[str, str], found: Mapping[str, str]) -> list[Difference]:
    """How `found` differs from a listing whose digests may be shortened, in the order of names."""
    result = []
    for name in sorted(expected.keys() | found.keys()):
        if name not in found:
            result.append(Difference(name, "is missing"))
        elif name not in expected:
            result.append(Difference(name, "does not belong to it"))
        elif not found[name].startswith(expected[name]):
            result.append(Difference(name, "has other content"))
    return result
