"""What the licences of recordings allow, and which recordings may teach one model together.

Conventions
-----------
- A licence is an SPDX identifier or a LicenseRef; both stand in `data/corpora/licences.toml`, one's own in
  `$SVS_HOME/licences.toml`. Spelling is forgiving: "cc by 4.0" is CC-BY-4.0.
- "own" is for recordings of oneself, or of somebody who agreed: it needs a statement of consent.
- A model is taken as made from its recordings: what a licence says of derived works holds for the model. That is the
  cautious reading, and no legal advice.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from svs_cli.bundled import home
from svs_cli.config import load_config, suggestion
from svs_cli.corpus.manifest import Terms
from svs_cli.corpus.sources.table import corpora_shelf, load_sources
from svs_cli.errors import CorpusError

OWN = "own"
STATE_IT = (
    "import again with --licence, e.g. --licence CC-BY-4.0, or --licence own --consent 'own voice'; "
    "a recipe may also say it: licence=own consent='own voice'"
)


@dataclass(frozen=True)
class Conditions:
    """One licence; see the comments of `licences.toml`."""

    id: str
    summary: str
    url: str = ""
    aliases: tuple[str, ...] = ()
    later: tuple[str, ...] = ()
    commercial: bool = True
    derivatives: bool = True
    synthesis: bool = True
    attribution: bool = True
    share_alike: bool = False
    name_kept: bool = False
    no_mixing: bool = False


@dataclass(frozen=True)
class LicenceTable:
    """A file of licences."""

    licence: tuple[Conditions, ...]


def load_licences() -> dict[str, Conditions]:
    """All known licences by identifier; one's own come after the shipped ones and may replace them."""
    own = home() / "licences.toml"
    tables = [read_licences(corpora_shelf() / "licences.toml")]
    if own.is_file():
        tables.append(load_config(LicenceTable, own).licence)
    return {licence.id: licence for table in tables for licence in table}


@cache
def read_licences(path: Path) -> tuple[Conditions, ...]:
    return load_config(LicenceTable, path).licence


def conditions_of(licence: str) -> Conditions:
    """What a licence asks. Raises CorpusError for one that is not known.

    >>> conditions_of("CC BY-NC-SA 4.0").commercial, conditions_of("cc0").id
    (False, 'CC0-1.0')
    """
    licences = load_licences()
    spelled = {plain(name): known for known in licences.values() for name in (known.id, *known.aliases)}
    if plain(licence) not in spelled:
        raise CorpusError(
            f"the licence {licence!r} is not known" if licence.strip() else "no licence is stated",
            fix=f"{suggestion(licence, list(licences))} or describe it in {home() / 'licences.toml'}"
            if licence.strip()
            else STATE_IT,
        )
    return spelled[plain(licence)]


def plain(licence: str) -> str:
    """A licence's name without what people write differently.

    >>> plain("CC BY_4.0") == plain("cc-by-4.0")
    True
    """
    return re.sub(r"[\s_-]+", "-", licence.strip()).casefold()


def require_terms(terms: Terms, speakers: Collection[str] = ()) -> Conditions:
    """The conditions of recordings that are to be learned from. Raises CorpusError if unstated or forbidden."""
    who = name_of(terms, speakers)
    try:
        conditions = conditions_of(terms.licence)
    except CorpusError as error:
        raise CorpusError(f"{who}: {error.message}", fix=error.fix) from error
    if conditions.id == OWN and not terms.consent.strip():
        raise CorpusError(
            f"{who}: one's own recordings need a statement of whose voice it is",
            fix="import again with --consent 'own voice', or say who agreed to what",
        )
    if not conditions.synthesis:
        raise CorpusError(f"{who} may not teach a synthesiser: {conditions.summary}", fix="leave it out of the recipe")
    return conditions


def check_mixing(terms: Iterable[Terms], speakers: Mapping[Terms, Collection[str]] | None = None) -> list[str]:
    """Whether recordings on these terms may teach one model; returns what holds for that model.

    `speakers` says whose voices stand behind each of the terms, where that is known. Raises CorpusError that names
    the sources that may not be combined, or whose terms are not stated.
    """
    distinct = list(dict.fromkeys(terms))
    rules = {item: require_terms(item, (speakers or {}).get(item, ())) for item in distinct}
    if not distinct:
        raise CorpusError("there are no recordings whose terms could be checked", fix="name shards in the recipe")
    refuse_lonely(rules, speakers or {})
    licence = shared_licence(rules)
    notes = []
    for title, chosen in (
        ("no commercial use, because of", [item for item in distinct if not rules[item].commercial]),
        ("may not be passed on, because of", [item for item in distinct if not rules[item].derivatives]),
        ("the voice's name stays", [item for item in distinct if rules[item].name_kept]),
    ):
        if chosen:
            notes.append(f"{title}: {', '.join(map(name_of, chosen))}")
    if licence:
        notes.append(f"the model has to be passed on under {licence}")
    return notes


def refuse_lonely(rules: Mapping[Terms, Conditions], speakers: Mapping[Terms, Collection[str]]) -> None:
    """Raise CorpusError if something that only may be used by itself is in company."""
    for item, conditions in rules.items():
        others = [name_of(other) for other in rules if other != item]
        if others and not conditions.derivatives:
            raise CorpusError(
                f"{name_of(item)} may not be combined with {', '.join(others)}: {conditions.summary}",
                fix="leave one of them out of the recipe",
            )
        company = others or [speaker for speaker in speakers.get(item, ()) if len(speakers[item]) > 1]
        if company and conditions.no_mixing:
            raise CorpusError(
                f"{name_of(item)} may not share a model with another speaker ({', '.join(company)})",
                fix="train it by itself",
            )


def shared_licence(rules: Mapping[Terms, Conditions]) -> str:
    """The licence that share-alike sources ask for, "" if none does. Raises CorpusError if they disagree."""
    alike = {item: conditions for item, conditions in rules.items() if conditions.share_alike}
    fitting = [
        candidate
        for candidate in alike.values()
        if all(candidate.id in (other.id, *other.later) for other in alike.values())
    ]
    if alike and not fitting:
        raise CorpusError(
            f"{' and '.join(map(name_of, alike))} ask for different licences of what is made of them",
            fix="leave all but one of them out of the recipe",
        )
    for item, conditions in rules.items():
        if fitting and fitting[0].commercial and not conditions.commercial:
            raise CorpusError(
                f"{' and '.join(map(name_of, alike))} must be free for commercial use in what is made of it, "
                f"{name_of(item)} must not",
                fix="leave one of them out of the recipe",
            )
    return fitting[0].id if fitting else ""


def name_of(terms: Terms, speakers: Collection[str] = ()) -> str:
    """A source as a reader knows it: its name in the table if it has one, else whose voice it is; and its licence."""
    named = next((source.name for source in load_sources().values() if source.address == terms.source), "")
    voices = f"recordings of {', '.join(speakers)}" if speakers else "recordings without a source"
    who = named or terms.source or terms.credit or voices
    return f"{who} ({terms.licence})" if terms.licence.strip() else who
