"""Train, dev and test: a song or prompt is in one of them, whoever sings it and whatever else is in the corpus.

Conventions
-----------
- A *group* is what is never divided. Its split follows from a hash of its name and the seed alone.
- A split that the manifest gives to one recording of a group holds for the group.
- A speaker without a dev group lends one: that of its groups whose hash comes next.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from svs_cli.corpus.manifest import Recording
from svs_cli.errors import CorpusError, UsageError


@dataclass(frozen=True)
class SplitConfig:
    """Shares of the groups that are kept from training."""

    dev_share: float = 0.02
    test_share: float = 0.02
    seed: int = 0

    def __post_init__(self) -> None:
        if min(self.dev_share, self.test_share) < 0 or self.dev_share + self.test_share > 0.9:
            raise UsageError(
                f"dev {self.dev_share:g} and test {self.test_share:g} leave nothing to learn from",
                fix="give shares such as --dev 0.02 --test 0.02",
            )


def group_of(recording: Recording) -> str:
    """The recording's group: the manifest's, or the file's name, which several pitches or takes of a bank share."""
    return unicodedata.normalize("NFC", recording.group or recording.audio.stem)


def position(group: str, seed: int) -> float:
    """A number in 0..1 that belongs to a group.

    >>> position("song070", 0) == position("song070", 0) != position("song070", 1)
    True
    """
    digest = hashlib.blake2b(f"{seed}|{group}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


def assign_splits(recordings: Iterable[Recording], config: SplitConfig) -> dict[str, str]:
    """The split of every group. Raises CorpusError if the manifest puts one group into two splits."""
    groups: dict[str, set[str]] = defaultdict(set)  # of a speaker
    given: dict[str, Recording] = {}
    for recording in recordings:
        group = group_of(recording)
        groups[recording.speaker].add(group)
        if recording.split:
            first = given.setdefault(group, recording)
            if first.split != recording.split:
                raise CorpusError(
                    f"the group {group!r} is in two splits: {first.audio} in {first.split}, "
                    f"{recording.audio} in {recording.split}",
                    fix="give both the same split, or different groups",
                )
    splits = {
        group: given[group].split if group in given else drawn(position(group, config.seed), config)
        for group in sorted(set().union(*groups.values()))
    }
    if config.dev_share > 0:
        lend_dev_groups(groups, splits, frozenset(given), config.seed)
    return splits


def drawn(where: float, config: SplitConfig) -> str:
    """The split at a position in 0..1."""
    if where < config.dev_share:
        return "dev"
    return "test" if where >= 1 - config.test_share else "train"


def lend_dev_groups(groups: dict[str, set[str]], splits: dict[str, str], given: frozenset[str], seed: int) -> None:
    """Give each speaker of at least two groups a dev group, in place; a speaker always keeps something to train on."""
    for speaker in sorted(groups):
        own = groups[speaker]
        training = sorted((position(group, seed), group) for group in own if splits[group] == "train")
        free = [group for _, group in training if group not in given]
        if len(training) > 1 and free and not any(splits[group] == "dev" for group in own):
            splits[free[0]] = "dev"
