"""Where grace notes get their time.

Conventions
-----------
- Grace notes before a note are sung on the beat and shorten that note, as singers of the common repertoire do; with
  `steal-time-previous` they come before the beat.
- One unslashed grace note (appoggiatura) lasts as long as it is printed, at most half of its principal. Slashed ones
  (acciaccatura) and groups take at most a sixteenth and SHORT_GRACE_SECONDS each, together at most half of it.
- Grace notes that close a bar, or that are slurred to the note before and not on to the next, are after-graces
  (Nachschlag): they shorten the note before.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from svs_cli.score.bars import Grace
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
