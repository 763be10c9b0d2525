"""Several voices as one, `--voice "kumi:0.7,yuki:0.3"`, or one in another style, `--voice kumi/whisper`.

Conventions
-----------
- The voices must be of the same models, because it is a model's speaker vectors that are mixed.
- Ranges are means by share. Everybody's licence, credit and terms hold for the mixture.
- Where a voice's card names its styles, no other is sung; where it does not, the model knows which there are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from svs_cli.errors import UsageError
from svs_cli.voices.card import RULE_ACOUSTIC, VoiceCard

if TYPE_CHECKING:
    from svs_cli.acoustic.mixture import Part


def is_mixture(name: str) -> bool:
    """Whether a voice's name asks for several, or for a style.

    >>> is_mixture("kumi:0.7,yuki:0.3"), is_mixture("kumi/whisper"), is_mixture("kumi")
    (True, True, False)
    """
    return any(mark in name for mark in ":,/")


def mixed_card(name: str, card_of: Callable[[str], VoiceCard]) -> VoiceCard:
    """The card of a mixture; `card_of` gives that of a voice. Raises UsageError for voices that cannot be mixed."""
    from svs_cli.acoustic.mixture import parse_mixture  # loads numpy, which completion does without

    parts = parse_mixture(name)
    cards = [card_of(part.speaker) for part in parts]
    first = cards[0]
    for card in cards:
        if RULE_ACOUSTIC in (card.acoustic, first.acoustic):
            raise UsageError(f"in {name!r} there is a voice that sings by rule: it cannot be mixed", fix="leave it out")
        if (card.acoustic, card.vocoder) != (first.acoustic, first.vocoder):
            raise UsageError(
                f"{first.name!r} and {card.name!r} cannot be mixed: they are of different models",
                fix="mix voices whose 'svs voices show' names the same models",
            )
    for card, part in zip(cards, parts, strict=True):
        if part.style and card.styles and part.style not in card.styles:
            raise UsageError(
                f"{card.name!r} has no style {part.style!r}", fix=f"choose one of: {', '.join(card.styles)}"
            )
    return VoiceCard(
        kind="voice",
        name=name,
        title=" and ".join(titled(card, part) for card, part in zip(cards, parts, strict=True)),
        acoustic=first.acoustic,
        speaker=",".join(in_words(card, part) for card, part in zip(cards, parts, strict=True)),
        vocoder=first.vocoder,
        languages=tuple(dict.fromkeys(language for card in cards for language in card.languages)),
        styles=cards[0].styles if len(cards) == 1 else (),
        licence=joined([card.licence for card in cards]),
        credit=joined([card.credit for card in cards]),
        terms=joined([card.terms for card in cards]),
        url=joined([card.url for card in cards]),
        range_midi=mean_range([card.range_midi for card in cards], parts),
        comfortable_midi=mean_range([card.comfortable_midi or card.range_midi for card in cards], parts),
    )


def titled(card: VoiceCard, part: Part) -> str:
    """A voice's title with its style and its share, as far as they have to be said."""
    style = f", {part.style}" if part.style else ""
    return f"{card.title}{style}" if part.share == 1 else f"{card.title}{style} ({part.share:.0%})"


def in_words(card: VoiceCard, part: Part) -> str:
    """A voice's speaker with its share; a style asked for replaces the voice's own."""
    speaker = f"{card.speaker.partition('/')[0]}/{part.style}" if part.style else card.speaker
    return f"{speaker}:{part.share:g}"


def joined(texts: Sequence[str]) -> str:
    """What is said, once each."""
    return "; ".join(dict.fromkeys(text for text in texts if text))


def mean_range(ranges: Sequence[tuple[int, int]], parts: Sequence[Part]) -> tuple[int, int]:
    """Lowest and highest note, by share."""
    low, high = (sum(r[side] * part.share for r, part in zip(ranges, parts, strict=True)) for side in (0, 1))
    return round(low), round(high)
