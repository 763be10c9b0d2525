"""What only shows between recordings: outliers, copies, leaks; and the whole check over a small corpus."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from svs_cli.corpus.checks.check import Report, check_recordings
from svs_cli.corpus.checks.corpus import by_speaker, check_loudness, check_pace, check_rates, mended_splits
from svs_cli.corpus.checks.examine import Examined, Figures
from svs_cli.corpus.checks.finder import Finder
from svs_cli.corpus.checks.fingerprint import copies, fingerprint
from svs_cli.corpus.checks.report import as_lines, as_text, rules_table
from svs_cli.corpus.checks.rules import RULES, with_limits
from svs_cli.corpus.manifest import Recording
from svs_cli.errors import UsageError
from tests.corpus.checks.made import Samples, noise, put, recording, tone, voice, write

FIGURES = Figures(3.0, 44_100, 1, -3.0, -20.0, -70.0, 0.2, 0.0, 0.0, 22_050.0, 200.0, 220.0, 240.0, 24, 10.0)
SCALE = (220.0, 261.6, 329.6, 246.9, 293.7, 349.2, 392.0, 277.2)


def melody(order: Sequence[int], *, seed: int = 0) -> Samples:
    """Notes of a quarter of a second with a breathy edge, so that no two moments are alike."""
    sound = noise(0.3 + 0.25 * len(order), 3e-4, seed=seed)
    for number, index in enumerate(order):
        put(sound, tone(SCALE[index], 0.23), 0.1 + 0.25 * number)
        put(sound, noise(0.06, 0.02, seed=seed + 31 * number), 0.08 + 0.25 * number)
    return sound


def figured(changes: Sequence[dict[str, object]], **known: object) -> tuple[list[Finder], list[Examined]]:
    """Recordings of one speaker with made-up figures."""
    finders = [Finder(Recording(Path(f"{i}.wav"), "ann", **known), RULES) for i in range(len(changes))]  # type: ignore[arg-type]
    return finders, [Examined((), replace(FIGURES, **change)) for change in changes]  # type: ignore[arg-type]


def codes(finders: Sequence[Finder]) -> list[list[str]]:
    return [[problem.code for problem in find.problems] for find in finders]


@pytest.mark.parametrize(
    ("check", "change", "code"),
    [
        (check_rates, {"sample_rate_hz": 48_000}, "rate_changes"),
        (check_loudness, {"active_db": -35.0}, "loudness_outlier"),
        (check_pace, {"phones_per_second": 40.0}, "pace_outlier"),
        (check_pace, {"phones_per_second": 2.0}, "pace_outlier"),
        (check_pace, {"phones_per_second": 0.5, "phones": 2}, "pace_outlier"),
    ],
)
def test_outliers_of_a_speaker(check: object, change: dict[str, object], code: str) -> None:
    paces = [{"phones_per_second": 9.0 + 0.2 * i} for i in range(11)]
    finders, examined = figured([*paces, {"phones_per_second": 10.0, **change}])
    (members,) = by_speaker(finders, examined).values()
    check(members)  # type: ignore[operator]
    assert codes(finders) == [[]] * 11 + [[code]]


def test_one_short_word_is_no_outlier() -> None:
    paces = [{"phones_per_second": 9.0 + 0.2 * i} for i in range(11)]
    finders, examined = figured([*paces, {"phones_per_second": 4.0, "phones": 2}])
    (members,) = by_speaker(finders, examined).values()
    check_pace(members)
    assert codes(finders) == [[]] * 12


def test_few_files_have_no_outliers() -> None:
    finders, examined = figured([{}, {}, {"active_db": -35.0}])
    (members,) = by_speaker(finders, examined).values()
    check_loudness(members)
    assert codes(finders) == [[], [], []]


def test_a_copy_is_found_when_it_is_cut_softer_and_coarser() -> None:
    order = [0, 4, 2, 6, 1, 7, 3, 5, 0, 2]
    sound = melody(order, seed=1)
    coarse = np.round(0.4 * sound[5000:] * 2000) / 2000
    other = melody(order[::-1], seed=2)
    rate = 44_100 / 16_000
    prints = [
        fingerprint(np.interp(np.arange(0, len(x), rate), np.arange(len(x)), x).astype(np.float32))
        for x in (sound, other, coarse)
    ]
    (copy,) = copies(prints)
    assert (copy.first, copy.second) == (0, 2)
    assert copy.bit_errors < 0.15


def test_no_sounds_no_copies() -> None:
    assert copies([]) == []
    assert copies([np.zeros(0, np.uint32)]) == []


def test_splits_are_mended_by_the_majority_of_a_group() -> None:
    def one(name: str, split: str, group: str = "") -> Recording:
        return Recording(Path(name), "ann", split=split, group=group)

    songs = [one("a", "train", "s"), one("b", "train", "s"), one("c", "test", "s"), one("d", "dev"), one("e", "train")]
    mended = mended_splits(songs, [(3, 4)])
    assert [song.split for song in mended] == ["train", "train", "train", "dev", "dev"]
    assert [song.group for song in mended] == ["s", "s", "s", "d", "d"]


@pytest.fixture
def corpus(tmp_path: Path) -> list[Recording]:
    """Six songs of two singers; the last is the first again, in another split."""
    orders = ([0, 1, 2, 3, 4, 5, 6, 7], [7, 5, 3, 1, 0, 2, 4, 6], [2, 2, 4, 4, 1, 1, 0, 0], [6, 1, 6, 2, 6, 3, 6, 4])
    sounds = [melody(order, seed=10 * i) for i, order in enumerate(orders)]
    sounds += [sounds[0], 0.5 * sounds[1] + noise(len(sounds[1]) / 44_100, 1e-4, seed=99)]
    terms = recording(Path()).terms
    text = "the light of the moon"
    paths = [write(tmp_path / f"{i}.wav", sound) for i, sound in enumerate(sounds)]
    ann = [Recording(path, "ann", "en", text=text, split="train", terms=terms) for path in paths[:4]]
    bob = [Recording(path, "bob", "en", text=text, split="test", terms=terms) for path in paths[4:]]
    return [replace(song, group=song.audio.stem) for song in ann + bob]


def problems(report: Report) -> dict[str, list[str]]:
    return {item.recording.audio.stem: [problem.code for problem in item.problems] for item in report.checked}


def test_leaks_are_rejected_where_they_are_trained_on(corpus: list[Recording]) -> None:
    report = check_recordings(corpus)
    found = {name: codes for name, codes in problems(report).items() if codes}
    assert found == {"0": ["duplicate_leak"], "1": ["duplicate_leak"]}
    assert [item.audio.stem for item in report.kept()] == ["2", "3", "4", "5"]
    assert report.checked[0].problems[0].other == corpus[4].audio


def test_copies_within_a_split(corpus: list[Recording]) -> None:
    report = check_recordings([replace(song, split="train") for song in corpus])
    found = {name: codes for name, codes in problems(report).items() if codes}
    assert found == {"4": ["duplicate"], "5": ["near_duplicate"]}
    assert [item.recording.audio.stem for item in report.rejected] == ["4"]


def test_leaks_can_be_mended(corpus: list[Recording]) -> None:
    report = check_recordings(corpus, fix_splits=True)
    assert report.moved == 2
    assert [song.split for song in report.kept()] == ["test", "test", "train", "train", "test"]
    assert "duplicate_leak" not in str(problems(report))


def test_a_song_in_two_splits(corpus: list[Recording]) -> None:
    songs = [replace(corpus[1], group="same"), replace(corpus[2], group="same", split="dev")]
    assert problems(check_recordings(songs)) == {"1": ["group_leak"], "2": []}


def test_texts_of_another_language(corpus: list[Recording]) -> None:
    lines = ["Der Mond ist aufgegangen", "die goldnen Sternlein prangen", "am Himmel hell und klar und schön"]
    songs = [replace(song, text=line, split="") for song, line in zip(corpus[:3], lines, strict=True)]
    assert set(map(tuple, problems(check_recordings(songs)).values())) == {("language_other",)}
    german = [replace(song, language="de") for song in songs]
    assert set(map(tuple, problems(check_recordings(german)).values())) == {()}


@pytest.mark.slow
def test_processes_change_nothing(corpus: list[Recording]) -> None:
    songs = corpus * 2
    assert list(as_lines(check_recordings(songs, jobs=2))) == list(as_lines(check_recordings(songs, jobs=1)))


def test_the_table_says_once_what_most_files_have(corpus: list[Recording]) -> None:
    songs = [replace(song, speaker="ann", split="", terms=replace(song.terms, licence="")) for song in corpus[:4]] * 2
    report = check_recordings(songs)
    text = as_text(report)
    assert text.count("licence_missing") == 1
    assert "8 files of ann" in text
    assert as_text(report, everything=True).count("licence_missing") == 8
    assert text.splitlines()[-1] == "8 recordings: 4 rejected (50.0%), 4 with warnings"


def test_broken_files_stand_beside_good_ones(tmp_path: Path) -> None:
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"no audio")
    good = write(tmp_path / "good.wav", voice())
    report = check_recordings([recording(broken), recording(good)])
    assert problems(report) == {"broken": ["unreadable"], "good": []}
    assert "1 rejected (50.0%)" in as_text(report)


def test_limits_can_be_changed() -> None:
    rules = with_limits(RULES, ["snr=40:20", "dual_mono=off", "clipping=warn", "quiet=:-50"])
    assert (rules["snr"].warn_at, rules["snr"].reject_at) == (40.0, 20.0)
    assert rules["dual_mono"].severity(1.0) is None
    assert rules["clipping"].severity(1.0) == "warn"
    assert rules["quiet"].severity(-55.0) == "reject"
    assert ">= 40" not in rules_table(rules)
    assert "<= 40" in rules_table(rules)


@pytest.mark.parametrize("setting", ["snrr=1:2", "snr", "snr=", "snr=:", "snr=low"])
def test_limits_that_make_no_sense(setting: str) -> None:
    with pytest.raises(UsageError) as caught:
        with_limits(RULES, [setting])
    assert caught.value.fix


def test_every_rule_has_a_limit_and_advice() -> None:
    for code, rule in RULES.items():
        assert rule.code == code
        assert rule.fix
        assert (rule.warn_at, rule.reject_at) != (None, None), code
