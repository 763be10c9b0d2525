"""What the timing stages share: a plan for each segment, the wishes of its notes, and time for what can be sung."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from svs_cli.duration.arrange import arranged, word_bounds
from svs_cli.duration.crowding import Loss, warning_of, without_crowds
from svs_cli.duration.plan import Plan, with_wishes
from svs_cli.duration.times import ConsonantTimes, PhoneFacts, PhoneTable
from svs_cli.duration.wishes import unheard
from svs_cli.errors import LyricsError, PerformanceError
from svs_cli.performance.document import Performance, Segment

Planner = Callable[[Segment, Sequence[PhoneFacts]], Plan]


def timed(performance: Performance, table: PhoneTable, plan_of: Planner, times: ConsonantTimes) -> Performance:
    """The document with phone durations as `plan_of` asks; phones for which there is no time are gone, with a warning.

    Wishes that cannot be met are warned of. Raises PerformanceError on unknown phones and impossible wishes.
    """
    segments: list[Segment] = []
    lost: list[Loss] = []
    new: list[str] = []
    for number, segment in enumerate(performance.segments, 1):
        facts = facts_of(segment.phones, table, f"segment {number}")
        new += unheard(performance, segment, facts)
        plan = with_wishes(plan_of(segment, facts), segment, facts)
        bounds = word_bounds(segment, plan, times)
        thinner, its_facts, its_plan, gone = without_crowds(segment, facts, plan, bounds)
        segments.append(arranged(thinner, its_facts, its_plan, times, bounds))
        lost += gone
    new += [warning_of(lost)] if lost else []
    warnings = tuple(dict.fromkeys((*performance.warnings, *new)))
    return performance.with_(segments=tuple(segments), warnings=warnings)


def facts_of(phones: Sequence[str], table: PhoneTable, where: str) -> list[PhoneFacts]:
    """Facts of each phone. Raises PerformanceError naming the phone that the inventory lacks."""
    facts = []
    for phone in phones:
        try:
            facts.append(table[phone])
        except (KeyError, LyricsError) as error:
            raise PerformanceError(
                f"{where}: {phone!r} is no phone of the inventory", fix="see data/phones/inventory.toml for the symbols"
            ) from error
    return facts
