"""What a model learned from stands in its model.toml and CARD.md, and what is forbidden is not trained on."""

import json
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from svs_cli.corpus.manifest import Terms
from svs_cli.corpus.shards import Features, write_shard
from svs_cli.errors import CorpusError
from svs_cli.training.card import Cost, Origin, card_text, cost_of_log
from svs_cli.training.provenance import Share, check_shares, credits_of, learned_shares
from svs_cli.training.release import toml

FRAMES = 5168  # a minute, within a frame
CC0 = {"licence": "CC0-1.0", "credit": "alto", "source": "https://example.org/alto@0123456789", "consent": "asked"}
BY = {"licence": "CC-BY-4.0", "credit": "a|b", "consent": "own voice"}


def shard(path: Path, *infos: dict[str, Any]) -> Path:
    """Recordings of a minute each."""
    empty = np.zeros((FRAMES, 128), np.float16)
    write_shard(path, [Features(np.zeros(4, np.int16), empty, np.zeros(FRAMES, np.float32), info) for info in infos])
    return path


@pytest.fixture
def two(tmp_path: Path) -> list[Path]:
    first = shard(
        tmp_path / "a.safetensors",
        {"speaker": "alto", "language": "ja", "terms": CC0, "phones": ["a"]},
        {"speaker": "alto", "language": "en", "terms": CC0, "split": "train", "phones": ["a"]},
        {"speaker": "alto", "language": "de", "terms": CC0, "split": "dev", "phones": ["a"]},
        {"speaker": "bass", "language": "ja", "terms": BY},
    )
    copies = shard(tmp_path / "b.safetensors", {"speaker": "alto", "terms": CC0, "shift_semitones": 2, "phones": ["a"]})
    return [first, copies]


def test_shares_count_what_is_learned_from(two: list[Path]) -> None:
    alto, bass = learned_shares(two)
    assert (alto.speaker, alto.recordings, alto.languages) == ("alto", 2, ("ja", "en"))
    assert (round(alto.minutes, 2), round(alto.copied_minutes, 2)) == (2.0, 1.0)
    assert (bass.terms.licence, round(bass.minutes, 2)) == ("CC-BY-4.0", 1.0)
    assert [share.speaker for share in learned_shares(two, speakers=["bass"])] == ["bass"]
    assert [share.speaker for share in learned_shares(two, labelled_only=True)] == ["alto"]


def test_a_recipe_may_state_what_shards_do_not(tmp_path: Path) -> None:
    path = shard(tmp_path / "x.safetensors", {"speaker": "me"}, {"speaker": "alto", "terms": CC0})
    with pytest.raises(CorpusError, match="recordings of me: no licence is stated"):
        check_shares(learned_shares([path]))
    shares = learned_shares([path], unstated=Terms(licence="own", consent="own voice"))
    assert [share.terms.licence for share in shares] == ["own", "CC0-1.0"]
    assert check_shares(shares) == []


def test_a_file_that_is_no_shard_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.safetensors").write_bytes(b"nothing of the kind")
    with pytest.raises(CorpusError, match=r"x\.safetensors"):
        learned_shares([tmp_path / "x.safetensors"])


def test_forbidden_mixtures_name_their_sources(tmp_path: Path) -> None:
    shares = [Share("a", Terms("CC-BY-SA-4.0", source="left")), Share("b", Terms("CC-BY-NC-SA-4.0", source="right"))]
    with pytest.raises(CorpusError, match=r"left .* and right .* different licences"):
        check_shares(shares)


def test_credits_come_back_from_toml(two: list[Path]) -> None:
    credits = credits_of(learned_shares(two))
    text = toml({"kind": "vocoder", "mel": {"bands": 1}, "credits": credits, "training": {"recipe": "x"}})
    read = tomllib.loads(text)
    assert read["credits"] == credits and read["training"] == {"recipe": "x"} and read["kind"] == "vocoder"
    assert read["credits"][0] == {"speaker": "alto", "minutes": 2.0, "copied_minutes": 1.0, **CC0}


def test_the_card_tells_all_that_is_known(two: list[Path]) -> None:
    shares = learned_shares(two)
    origin = Origin(tuple(shares), ("no commercial use, because of: x",), "svs train vocoder --recipe mine")
    cost = Cost(600.0, (("total", 0.123456),), (("total", 0.2),))
    card = card_text("vocoder", "mine", 3_600_000, 7_200_000, 3000, origin, cost)
    assert "3.6 M parameters, float16, 7.2 MB" in card
    assert "| alto | ja en | 2.0 | 2 | https://example.org/alto at 01234567 | CC0-1.0 |" in card
    assert "- alto (asked)" in card and "1 minutes of copies" in card
    assert "- no commercial use, because of: x" in card
    assert "- CC0-1.0: public domain: no conditions, https://creativecommons.org/publicdomain/zero/1.0/" in card
    assert "`svs train vocoder --recipe mine`" in card and "3,000 steps in 10 minutes" in card
    assert "total 0.1235" in card and "total 0.2." in card
    assert "ja, en only" in card


def test_a_card_without_data_claims_nothing() -> None:
    card = card_text("vocoder", "mine", 1, 1, 1, Origin(), Cost())
    assert "What it learned from is not known" in card
    assert "command is not known" in card and "Languages were not stated" in card


def entry(step: int, seconds: float, loss: float, **held_out: float) -> str:
    report = {"step": step, "losses": {"total": loss}}
    return json.dumps({"report": report, "held_out": held_out, "elapsed_seconds": seconds})


def test_the_cost_of_resumed_runs_adds_up() -> None:
    lines = [entry(1, 10, 3.0), entry(2, 20, 2.0, total=2.5), entry(3, 5, 1.5), entry(4, 15, 1.0), '{"report": {"st']
    cost = cost_of_log(lines)
    assert cost.seconds == 35.0
    assert cost.losses == (("total", 1.0),) and cost.held_out == (("total", 2.5),)
    assert cost_of_log([]) == Cost()
