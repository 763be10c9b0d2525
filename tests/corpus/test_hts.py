from __future__ import annotations

from pathlib import Path

import pytest

from svs_cli.corpus.hts import LabelLine, phone_of_full_context, read_hts, write_hts
from svs_cli.errors import CorpusError


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_units_are_told_by_value(tmp_path: Path) -> None:
    expected = [LabelLine(0.0, 0.25, "pau"), LabelLine(0.25, 1.5, "a")]
    assert read_hts(write(tmp_path / "a.lab", "0 2500000 pau\n2500000 15000000 a\n")) == expected
    assert read_hts(write(tmp_path / "b.lab", "0.0 0.25 pau\r\n0.25\t1.5\ta\r\n")) == expected


@pytest.mark.parametrize(
    ("label", "phone"),
    [
        ("p@xx^xx-pau+p=o_xx%xx^00_00~00-1!1[xx$xx]xx/A:xx-xx-xx@xx~xx", "pau"),
        ("c@o^cl-p+o=cl_00%00^00_00~00-1!3[xx$1]xx/A:3-1-1@JPN~0/E:F4]0^11=2/4~100", "p"),
        ("xx^sil-sh+i=z@1_2/A:xx-1", "sh"),
        ("sil-k+a", "k"),
        ("N", "N"),
        ("a-1", "a-1"),
    ],
)
def test_the_phone_of_a_label(label: str, phone: str) -> None:
    assert phone_of_full_context(label) == phone


def test_states_are_joined(tmp_path: Path) -> None:
    states = [*(f"{n} {n + 1} a[{n + 2}]" for n in range(5)), "5 6 a[2]", "6 7 a[3]", "7 8 b[2]"]
    assert read_hts(write(tmp_path / "a.lab", "\n".join(states))) == [
        LabelLine(0, 5, "a"),
        LabelLine(5, 7, "a"),
        LabelLine(7, 8, "b"),
    ]


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    write_hts(tmp_path / "a.lab", ["SP", "a"], [0.12345, 3.0])
    assert (tmp_path / "a.lab").read_text() == "0 1234500 SP\n1234500 30000000 a\n"
    assert read_hts(tmp_path / "a.lab") == [LabelLine(0, 0.12345, "SP"), LabelLine(0.12345, 3.0, "a")]
    with pytest.raises(CorpusError):
        write_hts(tmp_path / "b.lab", ["SP", "a"], [1.0, 1.0])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0 1 a\n1 2\n", "line 2"),
        ("0 x a", "line 1"),
        ("0 1 a\n2 1 b", "line 2"),
        ("1 2 a\n0 1 b", "line 2"),
        ("0 inf a", "line 1"),
        ("\n", "no labels"),
        ("0 1 a\0", "binary"),
    ],
)
def test_damaged_files_say_where(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(CorpusError, match=message):
        read_hts(write(tmp_path / "a.lab", text))
