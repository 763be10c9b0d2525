"""Finding voices and models: the user's shelves first, then what is shipped.

A folder counts as a model if it holds a `model.toml`; its `kind` says which: "voice", "acoustic" or "vocoder". A folder
with a `vocoder.yaml` is a vocoder.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from svs_cli.bundled import home, shelf
from svs_cli.config import build, read_toml
from svs_cli.errors import MissingError, UsageError, VoiceMissingError
from svs_cli.voices.card import VoiceCard
from svs_cli.voices.mixing import is_mixture, mixed_card

DEFAULT_VOICE = "kumi"
DEFAULT_ALIGNER = "aligner"
FLOOR_VOICE = "formant"  # sings without weights, so it is always there
HEADER = "model.toml"
VOCODER_HEADER = "vocoder.yaml"  # of OpenUtau's packages


@dataclass(frozen=True)
class Voice:
    """A voice on a shelf."""

    card: VoiceCard
    folder: Path

    @property
    def name(self) -> str:
        return self.card.name


def shelves() -> list[Path]:
    """Folders that may hold models, the user's first."""
    candidates = [home() / "voices", home() / "models"]
    with suppress(MissingError):  # an installation without shipped models can still use the user's
        candidates.append(shelf("models"))
    return [folder for folder in candidates if folder.is_dir()]


def model_folders(kind: str) -> Iterator[Path]:
    """Every model folder of a kind, in the order in which names are looked up."""
    for folder in shelves():
        for header in sorted([*folder.glob(f"*/{HEADER}"), *folder.glob(f"*/{VOCODER_HEADER}")]):
            if kind_of(header) == kind:
                yield header.parent


def kind_of(header: Path) -> str:
    """The `kind` of a model header, "" if it cannot be read: one damaged folder must not hide the others."""
    if header.name == VOCODER_HEADER:
        return "vocoder"
    try:
        return str(tomllib.loads(header.read_text(encoding="utf-8")).get("kind", ""))
    except (OSError, ValueError):
        return ""


def find_model(name: str, kind: str) -> Path:
    """The folder of the model `name`. Raises VoiceMissingError, with close matches."""
    known = {folder.name: folder for folder in reversed(list(model_folders(kind)))}
    if name in known:
        return known[name]
    raise VoiceMissingError(f"there is no {kind} model {name!r}", fix=nearest(name, sorted(known), "svs doctor"))


def find_vocoder(name: str) -> Path:
    """The folder of a vocoder: a name on a shelf, or a path. Raises VoiceMissingError, with close matches."""
    given = Path(name).expanduser()
    known = {folder.name for folder in model_folders("vocoder")}
    return given if given.is_dir() and name not in known else find_model(name, "vocoder")


def list_voices() -> list[Voice]:
    """All voices by name; a user's voice hides a shipped one of the same name.

    A voice whose header is damaged is left out here, and `load_voice` says what is wrong with it.
    """
    found: dict[str, Voice] = {}
    for folder in model_folders("voice"):
        try:
            voice = read_voice(folder)
        except UsageError:
            continue
        found.setdefault(voice.name, voice)
    return sorted(found.values(), key=lambda voice: voice.name)


def load_voice(name: str | None = None) -> Voice:
    """The voice called `name`, the default one, or a mixture of several (see `voices.mixing`).

    Raises VoiceMissingError or, for a damaged header or voices that cannot be mixed, UsageError.
    """
    wanted = name or default_voice_name()
    if is_mixture(wanted):
        card = mixed_card(wanted, lambda own: load_voice(own).card)
        return Voice(card, find_model(card.acoustic, "acoustic"))
    for folder in model_folders("voice"):
        if folder.name == wanted:
            return read_voice(folder)
    voices = {voice.name: voice for voice in list_voices()}
    if wanted in voices:
        return voices[wanted]
    for folder in [place / wanted for place in shelves() if Path(wanted).name == wanted]:
        if (folder / HEADER).is_file() and not kind_of(folder / HEADER):
            return read_voice(folder)  # which says what is wrong with it
    raise VoiceMissingError(f"there is no voice {wanted!r}", fix=nearest(wanted, sorted(voices), "svs voices list"))


def default_voice_name() -> str:
    """The voice that sings when none is asked for: the one marked as default, else the one that needs no weights."""
    voices = list_voices()
    names = {voice.name for voice in voices}
    marked = [voice.name for voice in voices if voice.card.default]
    return DEFAULT_VOICE if DEFAULT_VOICE in names else marked[0] if marked else FLOOR_VOICE


def read_voice(folder: Path) -> Voice:
    """The voice in a folder. Raises UsageError that names the damaged key."""
    header = folder / HEADER
    return Voice(build(VoiceCard, read_toml(header), str(header)), folder)


def nearest(wrong: str, known: list[str], command: str) -> str:
    """A hint for a name that is on no shelf."""
    close = difflib.get_close_matches(wrong, known, n=3, cutoff=0.5)
    if close:
        return f"did you mean {' or '.join(map(repr, close))}?"
    return f"see what there is with '{command}'"
