"""Which recordings may teach one model together."""

from pathlib import Path

import pytest

from svs_cli.corpus.manifest import Terms
from svs_cli.corpus.sources.table import find_source
from svs_cli.corpus.sources.terms import check_mixing, conditions_of, load_licences, require_terms
from svs_cli.errors import CorpusError, UsageError


def by(licence: str, source: str = "", consent: str = "") -> Terms:
    return Terms(licence=licence, source=source or f"https://example.org/{licence}", consent=consent)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("CC BY 4.0", "CC-BY-4.0"), ("cc_by-4.0", "CC-BY-4.0"), ("CC0", "CC0-1.0"), (" apache-2.0 ", "Apache-2.0"),
        ("Public Domain", "CC0-1.0"), ("CC BY-NC-SA 4.0", "CC-BY-NC-SA-4.0"), ("OWN", "own"),
    ],
)  # fmt: skip
def test_licences_are_understood_as_people_write_them(written: str, meant: str) -> None:
    assert conditions_of(written).id == meant


def test_an_unknown_licence_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(CorpusError, match=r"'CC-BY-5\.0' is not known") as caught:
        check_mixing([by("CC-BY-5.0")])
    assert "CC-BY-" in (caught.value.fix or "") and "licences.toml" in (caught.value.fix or "")


@pytest.mark.parametrize("licence", ["", "  "])
def test_terms_that_nobody_stated_are_refused(licence: str) -> None:
    with pytest.raises(CorpusError, match=r"https://example.org/a: no licence is stated") as caught:
        check_mixing([by("CC0-1.0"), Terms(licence=licence, source="https://example.org/a")])
    assert "--licence" in (caught.value.fix or "")


def test_ones_own_recordings_need_a_statement_of_consent() -> None:
    with pytest.raises(CorpusError, match="whose voice") as caught:
        check_mixing([by("own")])
    assert "--consent" in (caught.value.fix or "")
    assert check_mixing([by("own", consent="own voice")]) == []


def test_free_licences_mix_without_a_word() -> None:
    assert check_mixing(map(by, ["CC0-1.0", "CC-BY-4.0", "MIT", "Apache-2.0", "CC-BY-3.0"])) == []


def test_non_commercial_recordings_make_the_whole_non_commercial() -> None:
    notes = check_mixing([by("CC0-1.0"), by("CC-BY-NC-4.0", "https://example.org/song")])
    assert notes == ["no commercial use, because of: https://example.org/song (CC-BY-NC-4.0)"]


@pytest.mark.parametrize("alone", ["CC-BY-ND-4.0", "CC-BY-NC-ND-4.0"])
def test_what_may_not_be_changed_may_not_be_combined(alone: str) -> None:
    with pytest.raises(CorpusError, match=rf"{alone}.* may not be combined with .*CC0-1\.0"):
        check_mixing([by("CC0-1.0"), by(alone)])
    assert any("may not be passed on" in note for note in check_mixing([by(alone)]))


@pytest.mark.parametrize("licence", ["no-AI", "all rights reserved"])
def test_what_may_not_be_synthesised_may_not_even_be_alone(licence: str) -> None:
    with pytest.raises(CorpusError, match="may not teach a synthesiser"):
        check_mixing([by(licence)])


@pytest.mark.parametrize(
    ("licences", "shared"),
    [
        (["CC-BY-SA-4.0", "CC0-1.0"], "CC-BY-SA-4.0"),
        (["CC-BY-SA-3.0", "CC-BY-SA-4.0"], "CC-BY-SA-4.0"),
        (["CC-BY-SA-4.0", "GPL-3.0-or-later"], "GPL-3.0-or-later"),
        (["CC-BY-NC-SA-4.0", "CC-BY-NC-4.0"], "CC-BY-NC-SA-4.0"),
        (["CC-BY-NC-SA-3.0", "CC-BY-NC-SA-4.0", "CC-BY-4.0"], "CC-BY-NC-SA-4.0"),
    ],
)
def test_share_alike_licences_pass_on_to_the_model(licences: list[str], shared: str) -> None:
    for order in (licences, licences[::-1]):
        assert check_mixing(map(by, order))[-1] == f"the model has to be passed on under {shared}"


@pytest.mark.parametrize(
    "licences",
    [
        ["CC-BY-SA-4.0", "CC-BY-NC-SA-4.0"], ["CC-BY-SA-4.0", "ODbL-1.0"], ["CC-BY-SA-4.0", "CC-BY-NC-4.0"],
        ["CC-BY-SA-3.0", "GPL-3.0-or-later"],
    ],
)  # fmt: skip
def test_share_alike_licences_that_disagree_are_named(licences: list[str]) -> None:
    for order in (licences, licences[::-1]):
        with pytest.raises(CorpusError) as caught:
            check_mixing(map(by, order))
        assert all(licence in caught.value.message for licence in licences)


OWN_TABLE = """
[[licence]]
id = "LicenseRef-choir"
summary = "each voice by itself"
no_mixing = true
"""


def test_ones_own_licences_are_read_and_checked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SVS_HOME", str(tmp_path))
    (tmp_path / "licences.toml").write_text(OWN_TABLE)
    choir = by("LicenseRef-choir")
    assert check_mixing([choir]) == [] and check_mixing([choir], {choir: ["alto"]}) == []
    with pytest.raises(CorpusError, match=r"another speaker \(alto, bass\)"):
        check_mixing([choir], {choir: ["alto", "bass"]})
    with pytest.raises(CorpusError, match="share a model with another speaker"):
        check_mixing([choir, by("CC0-1.0")])
    (tmp_path / "licences.toml").write_text(OWN_TABLE.replace("no_mixing", "no_mixin"))
    with pytest.raises(UsageError, match="unknown key 'no_mixin'"):
        check_mixing([choir])


def test_sources_are_called_by_their_names() -> None:
    kumi = find_source("kumi").terms
    notes = check_mixing([kumi, find_source("yuki").terms])
    assert notes == ["the voice's name stays: kumi (LicenseRef-Hitsuboku-Kumi)"]


def test_every_licence_says_what_it_is() -> None:
    licences = load_licences()
    names = [name.casefold() for known in licences.values() for name in (known.id, *known.aliases)]
    assert len(names) == len(set(names))
    for known in licences.values():
        assert known.summary and all(later in licences for later in known.later)
        assert known.url.startswith("https://") or known.id in (
            "own", "LicenseRef-no-synthesis", "LicenseRef-all-rights-reserved",
        )  # fmt: skip


def test_nothing_at_all_is_no_licence_to_train() -> None:
    with pytest.raises(CorpusError, match="no recordings"):
        check_mixing([])
    assert require_terms(by("CC0-1.0")).attribution is False
