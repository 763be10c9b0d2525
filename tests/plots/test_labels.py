"""Labels never cover each other and never leave the picture."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from svs_cli.plots.labels import Wish, placed

WISHES = st.lists(st.builds(Wish, st.floats(-50, 1050), st.floats(1, 90), st.floats(0, 20)), max_size=60)


@given(WISHES.map(lambda wishes: sorted(wishes, key=lambda wish: wish.left)), st.integers(1, 3))
def test_no_label_covers_another_or_is_clipped(wishes: list[Wish], rows: int) -> None:
    places = placed(wishes, rows=rows, gap=2.0, bounds=(0.0, 1000.0))
    ends = [-2.0] * rows
    for wish, place in zip(wishes, places, strict=True):
        if place is not None:
            assert place.left >= 0.0
            assert place.left + wish.width <= 1000.0
            assert place.left >= ends[place.row] + 2.0
            ends[place.row] = place.left + wish.width


def test_a_label_with_room_is_placed_where_it_wished_to_be() -> None:
    wishes = [Wish(100.0 * i, 50.0) for i in range(9)]
    places = placed(wishes, rows=2, gap=2.0, bounds=(0.0, 1000.0))
    assert [(place.left, place.row) for place in places if place] == [(wish.left, 0) for wish in wishes]


def test_a_label_at_the_edge_is_moved_inside() -> None:
    (place,) = placed([Wish(990.0, 50.0)], rows=1, gap=2.0, bounds=(0.0, 1000.0))
    assert place is not None
    assert place.left == 950.0
