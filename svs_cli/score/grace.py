"""Where grace notes get their time.

Conventions
-----------
- Grace notes before a note are sung on the beat and shorten that note, as singers of the common repertoire do; with
  `steal-time-previous` they come before the beat.
- One unslashed grace note (appoggiatura) lasts as long as it is printed, at most half of its principal. Slashed ones
  (acciaccatura) and groups take at most a sixteenth and SHORT_GRACE_SECONDS each, together at most half of it.
- Grace notes that close a bar, or that are slurred to the note before and not on to the next, are after-graces
  (Nachschlag): they shorten the note before.
- The syllable of a note with grace notes before it is sung from the first grace note on.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from svs_cli.score.bars import Grace
from svs_cli.score.events import Event
from svs_cli.score.model import TempoMap

SHORT_GRACE_SECONDS = 0.08
SHORT_GRACE_QUARTERS = Fraction(1, 4)
TIME_RESOLUTION = 960  # seconds become quarters in steps of 1/960
HALF = Fraction(1, 2)


def grace_durations(
    graces: Sequence[Grace], host_quarters: Fraction, onset_quarters: Fraction, tempo: TempoMap, *, after: bool = False
) -> list[Fraction]:
    """Durations of a group of grace notes that share the time of one host note; their sum is at most half of it.

    >>> grace = Grace(slash=False, nominal_quarters=Fraction(1, 2))
    >>> grace_durations([grace], Fraction(2), Fraction(0), TempoMap())
    [Fraction(1, 2)]
    """
    if len(graces) == 1 and not graces[0].slash and not after and graces[0].steal_previous is None:
        wanted = [graces[0].nominal_quarters]
    else:
        quarters_per_second = tempo.quarters_per_minute_at(onset_quarters) / 60.0
        short = Fraction(max(1, round(SHORT_GRACE_SECONDS * quarters_per_second * TIME_RESOLUTION)), TIME_RESOLUTION)
        wanted = [min(grace.nominal_quarters, SHORT_GRACE_QUARTERS, short) for grace in graces]
    for i, grace in enumerate(graces):
        share = grace.steal_previous if after else grace.steal_following
        if share:
            wanted[i] = host_quarters * Fraction(share).limit_denominator(100)
    total = sum(wanted, Fraction(0))
    most = host_quarters * HALF
    return [duration * most / total for duration in wanted] if total > most else wanted


def time_graces(events: list[Event], tempo: TempoMap) -> list[Event]:
    """Give grace notes the time that they take from their host, and the host's syllable if they lead into it."""
    timed: list[Event] = []
    i = 0
    while i < len(events):
        group = []
        while i < len(events) and events[i].raw.grace is not None:
            group.append(events[i])
            i += 1
        principal = events[i] if i < len(events) else None
        if group:
            after = _after_graces(group, timed, principal)
            _steal_from_previous(group[:after], timed, tempo, keep_syllables=True)
            _steal_from_principal(group[after:], timed, principal, tempo)
            timed += [event for event in group if event.duration > 0]
        if i < len(events):
            timed.append(events[i])
            i += 1
    return timed


def _after_graces(group: Sequence[Event], timed: Sequence[Event], principal: Event | None) -> int:
    """How many notes of a group, from its start, belong to the note before it."""
    if principal is None or principal.onset != group[-1].onset:
        return len(group)
    closing = sum(event.visit != principal.visit for event in group)
    if closing or not timed or timed[-1].end != group[0].onset:
        return closing
    goes_on = principal.raw.slurred or any(event.has_text for event in group)
    return len(group) if not goes_on and all(event.raw.slurred for event in group) else 0


def _steal_from_previous(group: Sequence[Event], timed: list[Event], tempo: TempoMap, *, keep_syllables: bool) -> None:
    host = timed[-1] if timed else None
    graces = [event.raw.grace for event in group if event.raw.grace is not None]
    if host is None or not group or host.end != group[0].onset:
        return
    durations = grace_durations(graces, host.duration, host.onset, tempo, after=True)
    host.duration -= sum(durations, Fraction(0))
    position = host.end
    for event, duration in zip(group, durations, strict=True):
        event.onset, event.duration = position, duration
        event.before_grace = keep_syllables
        position += duration
    group[-1].breath_after, host.breath_after = host.breath_after, False


def _steal_from_principal(group: Sequence[Event], timed: list[Event], principal: Event | None, tempo: TempoMap) -> None:
    if principal is None or not group:
        return
    graces = [event.raw.grace for event in group if event.raw.grace is not None]
    contiguous = bool(timed) and timed[-1].end == principal.onset
    if contiguous and any(grace.steal_previous is not None for grace in graces):
        _steal_from_previous(group, timed, tempo, keep_syllables=False)
    else:
        durations = grace_durations(graces, principal.duration, principal.onset, tempo)
        for event, duration in zip(group, durations, strict=True):
            event.onset, event.duration = principal.onset, duration
            principal.onset += duration
            principal.duration -= duration
    if principal.has_text and not any(event.has_text for event in group):
        group[0].syllable, principal.syllable = principal.syllable, None
    elif (principal.raw.beamed_to_previous or principal.raw.tie_stops) and not group[0].has_text:
        group[0].before_grace = True
    for event in [*group[1:], principal]:
        event.before_grace = True
