from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svs_cli.corpus.importers.labels import (
    Piece,
    SungPiece,
    at_nuclei,
    contiguous,
    notes_inside,
    notes_of_pieces,
    pieces_of,
    shares_seconds,
)
from svs_cli.corpus.manifest import Note
from svs_cli.corpus.utau.words import LabelError

SYMBOLS = [("a",), ("k",), ("SP",), ("AP",), ("a", "ɪ̯"), ("j", "ɑ", "ŋ"), ()]


@given(
    st.lists(st.tuples(st.sampled_from(SYMBOLS), st.floats(0.001, 2.0), st.floats(0.0, 0.3)), min_size=1, max_size=12),
    st.floats(0.0, 1.0),
)
def test_phones_fill_the_file(drawn: list[tuple[tuple[str, ...], float, float]], tail_seconds: float) -> None:
    position, pieces = 0.0, []
    for phones, seconds, gap in drawn:
        position += gap
        pieces.append(Piece(position, position + seconds, phones))
        position += seconds
    audio_seconds = position + tail_seconds
    if all(set(piece.phones) <= {"SP", "AP"} for piece in pieces):
        with pytest.raises(LabelError, match="nothing but silence"):
            contiguous(pieces, audio_seconds)
        return
    phones, ends = contiguous(pieces, audio_seconds)
    assert ends[-1] == audio_seconds
    assert all(b > a for a, b in zip((0.0, *ends), ends, strict=False))
    assert [p for p in phones if p not in ("SP", "AP")] == [p for piece in pieces for p in piece.phones if p != "SP"
                                                            and p != "AP"]  # fmt: skip
    assert not any(a == b == "SP" for a, b in zip(phones, phones[1:], strict=False))


@given(st.sampled_from([s for s in SYMBOLS if s]), st.floats(0.001, 10.0))
def test_shares_sum_to_the_whole(phones: tuple[str, ...], seconds: float) -> None:
    shares = shares_seconds(phones, seconds)
    assert sum(shares) == pytest.approx(seconds)
    assert min(shares) > 0


@pytest.mark.parametrize(
    ("pieces", "message"),
    [
        ([Piece(0, 1, ("a",)), Piece(0.5, 1.5, ("k",))], "starts before"),
        ([Piece(0, 3, ("a",))], "but the audio"),
        ([Piece(0, 1, ("a",)), Piece(1, 1, ("k",))], "no length"),
        ([Piece(0, 1, ("SP",))], "silence"),
    ],
)
def test_labels_that_do_not_fit(pieces: list[Piece], message: str) -> None:
    with pytest.raises(LabelError, match=message):
        contiguous(pieces, 2.0)


def test_an_empty_pause_and_a_short_overhang_are_forgiven() -> None:
    pieces = [Piece(0, 0.5, ("a",)), Piece(0.5, 0.5, ("SP",)), Piece(0.5, 1.05, ("o",)), Piece(1.05, 9, ("SP",))]
    assert contiguous(pieces, 1.0) == (("a", "o"), (0.5, 1.0))


def test_one_duration_a_phone() -> None:
    assert pieces_of([("a",), ("k",)], [0.5, 0.25])[1] == Piece(0.5, 0.75, ("k",))
    with pytest.raises(LabelError):
        pieces_of([("a",)], [0.5, 0.25])


def test_notes_of_phones_last_until_the_next_or_a_pause() -> None:
    phones = [("k",), ("a",), ("s",), ("a",), ("SP",), ("a",)]
    midis = [60.0, 60.0, 62.0, 62.0, None, 64.0]
    pieces = pieces_of(phones, [0.1, 0.4, 0.1, 0.4, 0.5, 0.5])
    items = [SungPiece(p, m, g[0] == "a") for p, m, g in zip(pieces, midis, phones, strict=True)]
    spans = [(round(n.start_seconds, 3), round(n.end_seconds, 3), n.midi) for n in notes_of_pieces(items)]
    assert spans == [(0.1, 0.6, 60.0), (0.6, 1.0, 62.0), (1.5, 2.0, 64.0)]


def test_notes_begin_with_the_nucleus() -> None:
    notes = [Note(0.0, 0.5, 60.0), Note(0.5, 1.0, 62.0)]
    moved = at_nuclei(notes, ("k", "a", "s", "a"), (0.1, 0.5, 0.7, 1.0))
    assert [(n.start_seconds, n.end_seconds) for n in moved] == [(0.1, 0.7), (0.7, 1.0)]


def test_notes_outside_the_audio_go() -> None:
    notes = notes_inside([Note(2, 3, 60), Note(0.5, 1.5, 62), Note(0, 0.6, 61)], 1.0)
    assert [(n.start_seconds, n.end_seconds, n.midi) for n in notes] == [(0, 0.5, 61), (0.5, 1.0, 62)]
