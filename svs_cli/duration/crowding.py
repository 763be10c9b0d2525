"""What a note leaves out when it has no time for all of its phones: what would be heard least.

Conventions
-----------
- A word has time if each of its phones gets a frame of the grid, and the nucleus of a syllable two: a vowel that short
  can just be heard to have a pitch. Where it has not, phones leave the document one at a time until it has. They are
  named in a warning with their bars; the score, sung slower, gives them back.
- A consonant is heard by its way into the next vowel best, then by the way out of the vowel before; between consonants
  sibilants carry themselves, stops need what follows them (Wright, "A review of perceptual cues and cue robustness", in
  Phonetically Based Phonology, 2004). The same consonant twice in a row is sung once; a breath goes before a consonant.
- A word's nucleus stays, so does the pause of a rest, and what a person gave a length goes last.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from svs_cli.duration.arrange import is_vowel
from svs_cli.duration.articulation import SIBILANTS
from svs_cli.duration.fit import SecondsArray
from svs_cli.duration.plan import Plan, first_nucleus
from svs_cli.duration.times import GEMINATE, PhoneFacts
from svs_cli.performance.document import NoteDetail, Segment
from svs_cli.units import GRID

NUCLEUS_FRAMES = 2
STAYS, ASKED, INTO_VOWEL, SECOND_VOWEL, OUT_OF_VOWEL, CARRIES, MIDDLING, FAINT, CLOSURE, TWICE = range(10, 0, -1)
BARS_NAMED = 3


@dataclass(frozen=True)
class Loss:
    """Phones that a note of some bar has no time for."""

    bar: str
    phones: tuple[str, ...]


def without_crowds(
    segment: Segment, facts: Sequence[PhoneFacts], plan: Plan, bounds: SecondsArray
) -> tuple[Segment, list[PhoneFacts], Plan, list[Loss]]:
    """Segment, facts and plan without phones that have no time between `bounds`, (words + 1,), and which these were."""
    at = GRID.frames_of(segment.offset_seconds + bounds)
    stay: list[int] = []
    counts: list[int] = []
    lost: list[Loss] = []
    for w, (phones, notes) in enumerate(zip(segment.word_phone_slices(), segment.word_note_slices(), strict=True)):
        sung = segment.notes[notes.start] is not None
        least = NUCLEUS_FRAMES - 1 if sung else 0
        found = heard_best(segment.phones, facts, phones, int(at[w + 1] - at[w]) - least, plan.kept)
        gone = tuple(segment.phones[i] for i in range(phones.start, phones.stop) if i not in found)
        if gone:
            lost.append(Loss(segment.details[notes.start].bar if segment.details else "", gone))
        stay += found
        counts.append(len(found))
    if not lost:
        return segment, list(facts), plan, []
    place = {old: new for new, old in enumerate(stay)}
    thinner = segment.with_(
        phones=tuple(segment.phones[i] for i in stay),
        phone_counts=tuple(counts),
        details=with_lengths_moved(segment, facts, place),
    )
    lengths = tuple(plan.lengths_seconds[i] for i in stay)
    kept = frozenset(place[i] for i in plan.kept if i in place)
    return thinner, [facts[i] for i in stay], replace(plan, lengths_seconds=lengths, kept=kept), lost


def with_lengths_moved(
    segment: Segment, facts: Sequence[PhoneFacts], place: Mapping[int, int]
) -> tuple[NoteDetail, ...]:
    """The notes' details with asked lengths counted anew from the vowel, without those of phones that are gone."""
    details = list(segment.details)
    for phones, notes in zip(segment.word_phone_slices(), segment.word_note_slices(), strict=True):
        for n in range(notes.start, notes.stop) if details else ():
            wishes = details[n].overrides
            if wishes is None or not wishes.phone_lengths_seconds:
                continue
            old = first_nucleus(facts, phones)
            left = [i for i in range(phones.start, phones.stop) if i in place]
            new = place[next((i for i in left if facts[i].nucleus), left[0])]
            asked = ((old + at, seconds) for at, seconds in wishes.phone_lengths_seconds.items())
            moved = {place[i] - new: seconds for i, seconds in asked if i in place and place[i] != new}
            details[n] = replace(details[n], overrides=replace(wishes, phone_lengths_seconds=moved or None))
    return tuple(details)


def heard_best(
    phones: Sequence[str], facts: Sequence[PhoneFacts], word: slice, room: int, asked: Collection[int]
) -> list[int]:
    """The numbers of those phones of a word that stay when it has room for so many; one always stays."""
    there = list(range(word.start, word.stop))
    while len(there) > max(1, room):
        ranks = {i: rank(phones, facts, there, k, i in asked) for k, i in enumerate(there)}
        least = min(there, key=lambda i: ranks[i])
        if ranks[least] == STAYS:
            break
        there.remove(least)
    return there


def rank(
    phones: Sequence[str], facts: Sequence[PhoneFacts], there: Sequence[int], place: int, asked: bool
) -> int:
    """How well the phone at a place among those still there is heard; what follows a word is a vowel, or a pause."""
    i = there[place]
    before = there[place - 1] if place else None
    after = there[place + 1] if place + 1 < len(there) else None
    one, phone = facts[i], phones[i]
    if i == nucleus_of(phones, facts, there) or (one.phone_class == "silence" and phone != GEMINATE):
        return STAYS
    if asked:
        return ASKED
    if phone == GEMINATE or one.phone_class == "breath":
        return CLOSURE
    if is_vowel(phone, one):
        return SECOND_VOWEL
    following = after if after is not None else i + 1  # behind a word's last consonant the next word's vowel begins
    if after is not None and phones[after] == phone:
        return TWICE
    if following < len(phones) and facts[following].nucleus:
        return INTO_VOWEL
    if before is not None and is_vowel(phones[before], facts[before]):
        return OUT_OF_VOWEL
    if phone in SIBILANTS:
        return CARRIES
    approximant = ("liquid", "glide")
    released = after is not None and facts[after].phone_class in approximant
    return MIDDLING if released or one.phone_class not in ("stop", *approximant) else FAINT


def nucleus_of(phones: Sequence[str], facts: Sequence[PhoneFacts], there: Sequence[int]) -> int | None:
    """The first nucleus of those that are there, vowels first; None of a rest."""
    vowels = [i for i in there if facts[i].nucleus and is_vowel(phones[i], facts[i])]
    return next(iter(vowels or [i for i in there if facts[i].nucleus]), None)


def warning_of(lost: Sequence[Loss]) -> str:
    """What a singer would say of it, with the first bars.

    >>> warning_of([Loss("3", ("k", "θ")), Loss("3", ("s",)), Loss("4", ("t",))])
    'bars 3, 4: 3 notes are too short for all of their phones: k θ, s, t are left out'
    """
    bars = list(dict.fromkeys(one.bar for one in lost if one.bar))
    named = ", ".join(bars[:BARS_NAMED]) + (f" and {len(bars) - BARS_NAMED} more" if len(bars) > BARS_NAMED else "")
    where = f"{'bar' if len(bars) == 1 else 'bars'} {named}: " if bars else ""
    groups = list(dict.fromkeys(" ".join(one.phones) for one in lost))
    told = ", ".join(groups[:BARS_NAMED]) + (" and others" if len(groups) > BARS_NAMED else "")
    notes = "1 note is" if len(lost) == 1 else f"{len(lost)} notes are"
    verb = "is" if sum(len(one.phones) for one in lost) == 1 else "are"
    return f"{where}{notes} too short for all of {'its' if len(lost) == 1 else 'their'} phones: {told} {verb} left out"
