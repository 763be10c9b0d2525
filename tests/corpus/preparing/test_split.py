"""A group is in one split, whoever sings it and whatever else is there."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svs_cli.corpus.manifest import Recording
from svs_cli.corpus.preparing.split import SplitConfig, assign_splits, group_of
from svs_cli.errors import CorpusError, UsageError


def sung(speaker: str, group: str, split: str = "") -> Recording:
    return Recording(Path(f"{speaker}/{group}.wav"), speaker, group=group, split=split)


def corpus(speaker: str, count: int) -> list[Recording]:
    return [sung(speaker, f"song{number}") for number in range(count)]


def test_shares_are_kept_and_more_songs_move_none() -> None:
    config = SplitConfig(0.05, 0.1)
    few, many = assign_splits(corpus("ana", 500), config), assign_splits(corpus("ana", 3000), config)
    assert all(many[group] == split for group, split in few.items())
    counts = [sum(split == name for split in many.values()) / 3000 for name in ("dev", "test")]
    assert counts == pytest.approx([0.05, 0.1], abs=0.015)
    assert assign_splits(corpus("ana", 500), SplitConfig(0.05, 0.1, seed=1)) != few


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 12)), min_size=1, max_size=40), st.integers(0, 5))
def test_nothing_leaks_and_every_speaker_can_be_checked(sings: list[tuple[str, int]], seed: int) -> None:
    recordings = [sung(speaker, f"song{number}") for speaker, number in sings]
    splits = assign_splits(recordings, SplitConfig(seed=seed))
    assert set(splits) == {group_of(recording) for recording in recordings}
    for speaker in {recording.speaker for recording in recordings}:
        own = {r.group for r in recordings if r.speaker == speaker}
        if len(own) > 3 and sum(splits[group] == "test" for group in own) == 0:
            assert any(splits[group] == "dev" for group in own)


def test_a_song_is_together_whoever_sings_it() -> None:
    splits = assign_splits([*corpus("ana", 200), *corpus("bea", 200)], SplitConfig(0.1, 0.1))
    assert splits == assign_splits(corpus("bea", 200), SplitConfig(0.1, 0.1))


def test_the_manifest_decides() -> None:
    assert set(assign_splits([sung("ana", f"s{n}", "test") for n in range(9)], SplitConfig()).values()) == {"test"}
    mixed = assign_splits([sung("ana", "one", "dev"), sung("bea", "one"), sung("bea", "two", "train")], SplitConfig())
    assert mixed["one"] == "dev" and mixed["two"] == "train"
    with pytest.raises(CorpusError, match="'one' is in two splits"):
        assign_splits([sung("ana", "one", "dev"), sung("bea", "one", "train")], SplitConfig())


def test_takes_of_one_name_are_one_group() -> None:
    low, high = (Recording(Path(folder) / "か.wav", "ana") for folder in ("A3", "D5"))
    assert group_of(low) == group_of(high) == "か"
    assert group_of(Recording(Path("か\u3099.wav"), "ana")) == "が"


def test_impossible_shares() -> None:
    with pytest.raises(UsageError, match="nothing to learn"):
        SplitConfig(0.5, 0.5)
    assert set(assign_splits(corpus("ana", 50), SplitConfig(0.0, 0.0)).values()) == {"train"}
