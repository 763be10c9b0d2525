"""Whose the silence of a geminate is: the closure's (`cl`, as in this toolkit), or the stop's after it.

Databases differ. no7_singing gives all of it to `cl`, and the stop begins with its release; NIT SONG070 lets `cl` end
25 to 80 ms after the vowel, and counts the rest to the stop. Nothing is heard at that border.
"""

from __future__ import annotations

from collections.abc import Sequence

from svs_cli.frontend.inventory import CLOSURE, load_inventory

CLOSURE_SECONDS = 0.05  # of cl where its silence is the stop's: the middle of what NIT SONG070 has


def closures_in_stops(phones: Sequence[str], ends_seconds: Sequence[float]) -> tuple[float, ...]:
    """Ends in seconds, with closures cut to `CLOSURE_SECONDS` where a stop or affricate follows.

    Before any other phone the silence stays the closure's; a closure that is shorter keeps its length.
    """
    inventory = load_inventory()
    ends = list(ends_seconds)
    for index, (phone, after) in enumerate(zip(phones, phones[1:], strict=False)):
        if phone == CLOSURE and inventory[after].phone_class in ("stop", "affricate"):
            start = ends[index - 1] if index else 0.0
            ends[index] = min(ends[index], start + CLOSURE_SECONDS)
    return tuple(ends)
