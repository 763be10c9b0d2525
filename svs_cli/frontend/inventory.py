"""The phone inventory: one set of IPA symbols for all languages, and what a voice sings in place of one it lacks.

Conventions
-----------
- Symbols are Unicode NFC; `normalise` brings look-alikes (ASCII g, decomposed ç) to the inventory's spelling.
- A *nucleus* can carry a syllable: vowels, syllabic consonants and Japanese ɴ. Off-glides (ɪ̯ ʊ̯) are not nuclei.
- The content is `data/phones/inventory.toml`; its head says how diphthongs, length and geminates are written.
"""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

from svs_cli.bundled import shelf
from svs_cli.errors import LyricsError, MissingError

SILENCE = "SP"
BREATH = "AP"
CLOSURE = "cl"
MARKS = {ord(mark): None for mark in "ˈˌːˑ.͜͡"}
CLASSES = ("vowel", "stop", "fricative", "affricate", "nasal", "liquid", "glide", "silence", "breath")


@dataclass(frozen=True)
class Phone:
    """One phone of the inventory; `nearest` are its substitutes, best first."""

    symbol: str
    phone_class: str
    voiced: bool
    nucleus: bool
    nearest: tuple[str, ...]


@dataclass(frozen=True)
class Inventory:
    """All phones, by symbol."""

    phones: Mapping[str, Phone]
    language_nearest: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)

    def __getitem__(self, symbol: str) -> Phone:
        """The phone written `symbol`. Raises LyricsError if there is none."""
        try:
            return self.phones[symbol]
        except KeyError:
            raise LyricsError(
                f"{symbol!r} is no phone of the inventory", fix="the phones are listed in data/phones/inventory.toml"
            ) from None

    def __contains__(self, symbol: object) -> bool:
        return symbol in self.phones

    def __iter__(self) -> Iterator[str]:
        return iter(self.phones)

    def __len__(self) -> int:
        return len(self.phones)

    @property
    def symbols(self) -> tuple[str, ...]:
        """All symbols in the order of the file, which is stable: models index their embeddings by it."""
        return tuple(self.phones)

    @property
    def classes(self) -> dict[str, str]:
        """Class of every phone."""
        return {symbol: phone.phone_class for symbol, phone in self.phones.items()}

    @property
    def nuclei(self) -> frozenset[str]:
        """Phones that can carry a syllable."""
        return frozenset(symbol for symbol, phone in self.phones.items() if phone.nucleus)

    def is_voiced(self, symbol: str) -> bool:
        """Whether the vocal folds vibrate. Raises LyricsError for an unknown phone."""
        return self[symbol].voiced

    def nearest_in(self, symbol: str, available: frozenset[str], language: str = "") -> str:
        """The phone of `available` that stands for `symbol` best. Raises LyricsError if no chain reaches one.

        Direct substitutes come first, in their order, then the substitutes' substitutes.
        """
        own = self.language_nearest.get(language, {})
        queue, seen = [symbol], {symbol}
        while queue:
            candidate = queue.pop(0)
            if candidate in available:
                return candidate
            for further in own.get(candidate, self[candidate].nearest):
                if further not in seen:
                    seen.add(further)
                    queue.append(further)
        raise LyricsError(f"the voice lacks {symbol!r} and all of its substitutes", fix="choose another voice")

    def substitute(
        self, phones: Iterable[str], available: frozenset[str], language: str = ""
    ) -> tuple[tuple[str, ...], dict[str, str]]:
        """Replace what the voice lacks: the phones it can sing, in order, and which ones were replaced by which.

        >>> load_inventory().substitute(["θ", "i"], frozenset({"s", "i"}))
        (('s', 'i'), {'θ': 's'})
        """
        sung = tuple(self.nearest_in(phone, available, language) for phone in phones)
        return sung, {lacking: used for lacking, used in zip(phones, sung, strict=True) if lacking != used}

    def parse(self, text: str) -> tuple[str, ...]:
        """Split IPA into phones: at spaces, and within words the longest known symbol first. Raises LyricsError.

        >>> load_inventory().parse("k ai")
        ('k', 'a', 'i')
        """
        found: list[str] = []
        for word in normalise(text).split():
            while word:
                size = next((n for n in range(min(4, len(word)), 0, -1) if word[:n] in self.phones), 0)
                if not size:
                    raise LyricsError(
                        f"{word!r} in the phones {text!r} is not in the inventory",
                        fix="write phones of data/phones/inventory.toml with spaces between, e.g. /k a/",
                    )
                found.append(word[:size])
                word = word[size:]
        return tuple(found)


def normalise(symbols: str) -> str:
    """IPA in the inventory's spelling: NFC, ɡ for ASCII g, no stress, length, tie or syllable marks."""
    return unicodedata.normalize("NFC", symbols).replace("g", "ɡ").translate(MARKS)


@cache
def load_inventory() -> Inventory:
    """The inventory that ships with svs. Raises MissingError if its file is damaged or absent."""
    path = shelf("data") / "phones" / "inventory.toml"
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        phones = {
            symbol: Phone(symbol, entry["class"], entry["voiced"], entry.get("nucleus", False), tuple(entry["nearest"]))
            for symbol, entry in raw["phones"].items()
        }
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise MissingError(f"the phone inventory {path} cannot be read: {error}", fix="reinstall svs-cli") from error
    own = {
        language: {symbol: tuple(nearest) for symbol, nearest in table.items()}
        for language, table in raw.get("language", {}).items()
    }
    return Inventory(phones, own)
