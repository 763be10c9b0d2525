"""What a model learns from, whose it is and on which terms: read from the shards before the first step.

Conventions
-----------
- A recording's terms stand in its shard info under "terms"; `Recipe.licence` and `Recipe.consent` speak for recordings
  whose shard states no licence, and never against one that does.
- Recordings kept for checking ("dev", "test") are not learned from and not counted.
- Copies on other pitches are counted apart: they are the same recordings again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from svs_cli.config import read_toml
from svs_cli.corpus.copies import COPIED
from svs_cli.corpus.manifest import Terms
from svs_cli.corpus.shards import read_infos
from svs_cli.corpus.sources.terms import check_mixing
from svs_cli.errors import CorpusError
from svs_cli.units import GRID


@dataclass(frozen=True)
class Share:
    """What one speaker's recordings on the same terms add to a model."""

    speaker: str
    terms: Terms
    recordings: int = 0
    minutes: float = 0.0
    copied_minutes: float = 0.0
    languages: tuple[str, ...] = ()

    def plus(self, minutes: float, copied: bool, language: str) -> Share:
        """One more recording."""
        return Share(
            self.speaker,
            self.terms,
            self.recordings + (not copied),
            self.minutes + (0.0 if copied else minutes),
            self.copied_minutes + (minutes if copied else 0.0),
            tuple(dict.fromkeys((*self.languages, *([language] if language else ())))),
        )


def learned_shares(
    paths: Iterable[Path], speakers: Collection[str] = (), labelled_only: bool = False, unstated: Terms = Terms()
) -> list[Share]:
    """What the recordings of these shards add, speaker by speaker in the shards' order; all speakers if none is named.

    `labelled_only` leaves out recordings without phones. Raises CorpusError for a file that is no shard.
    """
    shares: dict[tuple[str, Terms], Share] = {}
    for path in paths:
        for info, minutes in zip(read_infos(path), minutes_of(path), strict=True):
            speaker = str(info.get("speaker", ""))
            if info.get("split") in ("dev", "test") or (speakers and speaker not in speakers):
                continue
            if labelled_only and not info.get("phones"):
                continue
            terms = terms_of(info, unstated)
            share = shares.get((speaker, terms), Share(speaker, terms))
            shares[speaker, terms] = share.plus(minutes, COPIED in info, str(info.get("language", "")))
    return list(shares.values())


def shares_of_model(folder: Path) -> list[Share]:
    """What a trained model learned from, by the credits in its model.toml: a model that starts from it has that too.

    Raises UsageError if the file cannot be read.
    """
    credits = read_toml(folder / "model.toml").get("credits", [])
    known = {field.name for field in fields(Terms)}
    return [
        Share(
            str(credit.get("speaker", "")),
            Terms(**{key: str(value) for key, value in credit.items() if key in known}),
            int(credit.get("recordings", 0)),
            float(credit.get("minutes", 0.0)),
            float(credit.get("copied_minutes", 0.0)),
        )
        for credit in credits
    ]


def terms_of(info: dict[str, Any], unstated: Terms) -> Terms:
    """The terms in a shard's info, with licence and consent of `unstated` if it has no licence.

    >>> terms_of({"terms": {"credit": "me"}}, Terms(licence="own")).licence
    'own'
    """
    told = info.get("terms")
    known = {field.name for field in fields(Terms)}
    values = {key: str(value) for key, value in told.items() if key in known} if isinstance(told, dict) else {}
    if not values.get("licence"):
        values |= {"licence": unstated.licence, "consent": values.get("consent") or unstated.consent}
    return Terms(**values)


def minutes_of(path: Path) -> list[float]:
    """Length of each recording of a shard, from the shapes alone. Raises CorpusError."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as shard:
            count = sum(name.endswith(".mel") for name in shard.keys())  # noqa: SIM118  it is no dict
            frames = [shard.get_slice(f"{index}.mel").get_shape()[0] for index in range(count)]
    except (SafetensorError, OSError) as error:
        raise CorpusError(f"{path} is no feature shard: {error}", fix="make it with 'svs corpus prepare'") from error
    return [float(GRID.seconds_of(number)) / 60.0 for number in frames]


def check_shares(shares: Iterable[Share]) -> list[str]:
    """What the terms of all shares mean for the model. Raises CorpusError that names what may not be combined."""
    voices: dict[Terms, list[str]] = {}
    for share in shares:
        voices.setdefault(share.terms, []).append(share.speaker)
    return check_mixing(voices, voices) if voices else []


def credits_of(shares: Iterable[Share]) -> list[dict[str, Any]]:
    """One table a share, for `[[credits]]` in model.toml; empty values are left out."""
    tables = []
    for share in shares:
        table: dict[str, Any] = {
            "speaker": share.speaker,
            "minutes": round(share.minutes, 1),
            "copied_minutes": round(share.copied_minutes, 1),
            "licence": share.terms.licence,
            "credit": share.terms.credit,
            "source": share.terms.source,
            "consent": share.terms.consent,
        }
        tables.append({key: value for key, value in table.items() if value not in ("", 0.0) or key == "minutes"})
    return tables
