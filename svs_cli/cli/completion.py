"""What the tab key offers for the values of options.

Conventions
-----------
- Each function takes what is typed so far and yields pairs of a value and a few words about it.
- Completion answers while somebody waits: nothing here may import numpy or torch, and a damaged folder offers nothing
  rather than an error in the middle of a command line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from svs_cli.errors import SvsError

Offer = tuple[str, str]
# Written again here because the modules that know them load numpy or torch; a test compares.
AUDIO_FORMATS = (("wav", "24 bits"), ("flac", "24 bits, lossless"), ("ogg", "Vorbis, small"))
LABEL_FORMATS = (("textgrid", "Praat"), ("hts", "HTK, HTS and NNSVS"), ("manifest", "a line of JSON"))
CONVENTIONS = (("sound", "silences are what they sound like"), ("nit", "short ones are the consonant's"))
DEVICES = (("auto", "an accelerator if there is one"), ("cpu", ""), ("cuda", "NVIDIA or AMD"), ("mps", "Apple"))
F0_METHODS = (("praat", "quick, the usual choice"), ("harvest", "WORLD's, slower"))
JUDGES = (("naturalness", "DistillMOS"), ("words", "Whisper"), ("phones", "svs align"), ("speaker", "Resemblyzer"))

SPLITS = (("train", ""), ("dev", "for choosing"), ("test", "for reporting"))
LABELS = (
    ("folder", ""), ("speaker", ""), ("style", "core, strong, speech ..."), ("language", ""), ("kind", "sung or speech")
)  # fmt: skip


def offering(known: Callable[[], Iterable[Offer]]) -> Callable[[str], list[Offer]]:
    """A completer of those known values that begin with what is typed."""

    def complete(incomplete: str) -> list[Offer]:
        try:
            return [offer for offer in known() if offer[0].startswith(incomplete)]
        except (SvsError, OSError):
            return []

    complete.__doc__ = known.__doc__
    return complete


@offering
def complete_voice() -> Iterator[Offer]:
    """The voices on the shelves."""
    from svs_cli.voices.library import list_voices

    return ((voice.name, voice.card.title) for voice in list_voices())


@offering
def complete_language() -> Iterator[Offer]:
    """The languages that can be sung."""
    from svs_cli.frontend.languages import LANGUAGES

    return ((code, next(name for name in names if len(name) > 3)) for code, names in sorted(LANGUAGES.items()))


@offering
def complete_acoustic() -> Iterator[Offer]:
    """Ways to an acoustic model: by rule, the neural one, or a name."""
    yield from (("rule", "formants, no weights"), ("neural", "the voice's own"))
    yield from models("acoustic")


@offering
def complete_vocoder() -> Iterator[Offer]:
    """Ways to a vocoder: WORLD, the neural one, or a name."""
    yield from (("world", "no weights"), ("neural", "the voice's own"))
    yield from models("vocoder")


@offering
def complete_timing() -> Iterator[Offer]:
    """Ways to a timing model: by rule, the neural one, or a name."""
    yield from (("rule", "no weights"), ("neural", "learned from singers"))
    yield from models("duration")


def models(kind: str) -> Iterator[Offer]:
    """The models of a kind, by name."""
    from svs_cli.voices.library import model_folders

    return ((name, f"{kind} model") for name in sorted({folder.name for folder in model_folders(kind)}))


@offering
def complete_recipe() -> Iterator[Offer]:
    """The recipes that ship, by name; a path is completed by the shell."""
    from svs_cli.bundled import shelf

    return ((path.parent.name, first_comment(path.read_text("utf-8"))) for path in sorted(
        shelf("recipes").glob("*/recipe.toml")
    ))  # fmt: skip


def first_comment(text: str) -> str:
    """What a recipe says of itself in its first line.

    >>> first_comment("# A vocoder: small.\\nname = 'x'")
    'A vocoder: small'
    """
    first = text.partition("\n")[0]
    return first.lstrip("# ").rstrip(". ") if first.startswith("#") else ""


@offering
def complete_pitch_model() -> Iterator[Offer]:
    """Ways to a pitch curve: by rule, or a model's name."""
    yield ("rule", "no weights")
    yield from models("pitch")


@offering
def complete_style() -> Iterator[Offer]:
    """Singing styles."""
    from svs_cli.pitch.manner import MANNERS

    return ((name, manner.about) for name, manner in MANNERS.items())


@offering
def complete_labels() -> Iterator[Offer]:
    """Kinds of label files."""
    yield from LABEL_FORMATS


@offering
def complete_conventions() -> Iterator[Offer]:
    """Whose short silences are."""
    yield from CONVENTIONS


@offering
def complete_format() -> Iterable[Offer]:
    """Audio formats."""
    return AUDIO_FORMATS


@offering
def complete_device() -> Iterable[Offer]:
    """Kinds of devices; which of them are here only torch knows."""
    return DEVICES


@offering
def complete_f0() -> Iterable[Offer]:
    """F0 extractors."""
    return F0_METHODS


@offering
def complete_judge() -> Iterable[Offer]:
    """Predictors of what listeners would say."""
    return JUDGES


@offering
def complete_split() -> Iterable[Offer]:
    """Splits of a corpus."""
    return SPLITS


@offering
def complete_label() -> Iterable[Offer]:
    """What recordings can be grouped by."""
    return LABELS


@offering
def complete_keep() -> Iterable[Offer]:
    """Which takes stay."""
    return (("best", "the first of the table"), ("all", ""))


@offering
def complete_chord() -> Iterable[Offer]:
    """Notes of a chord."""
    return (("top", "the highest note"), ("bottom", "the lowest"), ("2", "the second from the top"))


@offering
def complete_part() -> Iterable[Offer]:
    """Parts of a score; their names would need the score to be read."""
    return (("all", "a file each"), ("1", "the first"), ("2", "the second"))
