"""How far two sequences of symbols are apart."""

from __future__ import annotations

from collections.abc import Sequence


def edits(asked: Sequence[str], heard: Sequence[str]) -> int:
    """Levenshtein distance of two texts, or of two lists of symbols.

    >>> edits("kitten", "sitting"), edits(["k", "a"], ["a"])
    (3, 1)
    """
    row = list(range(len(heard) + 1))
    for i, a in enumerate(asked, 1):
        diagonal, row[0] = row[0], i
        for j, b in enumerate(heard, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (a != b))
    return row[-1]
