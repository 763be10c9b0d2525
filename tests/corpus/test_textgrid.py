from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svs_cli.corpus.textgrid import Interval, read_textgrid, write_textgrid
from svs_cli.errors import CorpusError

SHORT = """File type = "ooTextFile"
Object class = "TextGrid"

0
2
<exists>
3
"IntervalTier"
"words"
0
2
2
0
0.5
""
0.5
2
"la ""la"" ! 3"
"TextTier"
"bells"
0
2
1
1.0
"ding"
"IntervalTier"
"words"
0
2
1
0
2
"again"
"""


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_short_form_in_every_encoding_of_praat(tmp_path: Path, encoding: str) -> None:
    tiers = read_textgrid(write(tmp_path / "a.TextGrid", SHORT, encoding))
    assert tiers == {
        "words": [Interval(0, 0.5, ""), Interval(0.5, 2, 'la "la" ! 3')],
        "words (2)": [Interval(0, 2, "again")],
    }


@given(st.lists(st.tuples(st.integers(1, 3000), st.text(st.characters(exclude_categories=("C", "Z")))), max_size=8))
def test_what_is_written_is_read_back(tmp_path_factory: pytest.TempPathFactory, pieces: list[tuple[int, str]]) -> None:
    path = tmp_path_factory.mktemp("grids") / "a.TextGrid"
    position, intervals = 0.0, []
    for milliseconds, text in pieces:
        end = round(position + milliseconds / 1000, 3)
        intervals.append(Interval(position, end, text))
        position = end
    write_textgrid(path, {"phones": intervals}, round(position + 0.25, 3))
    read = read_textgrid(path)["phones"]
    assert read[:-1] == intervals
    assert read[-1] == Interval(position, round(position + 0.25, 3), "")


def test_gaps_become_empty_intervals(tmp_path: Path) -> None:
    write_textgrid(tmp_path / "a.TextGrid", {"p": [Interval(0.5, 1.0, "a")]}, 1.5)
    assert [i.text for i in read_textgrid(tmp_path / "a.TextGrid")["p"]] == ["", "a", ""]
    for wrong in ([Interval(0.5, 0.5, "a")], [Interval(0, 1, "a"), Interval(0.5, 1.2, "b")], [Interval(0, 9, "a")]):
        with pytest.raises(CorpusError):
            write_textgrid(tmp_path / "b.TextGrid", {"p": wrong}, 1.5)
    assert not (tmp_path / "b.TextGrid").exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (SHORT[: SHORT.index('"again"')], "in the middle of the tier 'words'"),
        (SHORT.replace("<exists>\n3", "<exists>\n1000000"), "claims 1000000 tiers"),
        (SHORT.replace("0\n2\n2\n0", "0\n2\n1e300\n0"), "labels"),
        (SHORT.replace("0\n2\n2\n0", "0\n2\n-1\n0"), "labels"),
        (SHORT.replace('"TextTier"', '"PitchTier"'), "no kind of tier"),
        (SHORT.replace("\n0.5\n2\n", "\n0.5\n0.1\n"), "out of order"),
        (SHORT.replace("\n0.5\n2\n", '\n"x"\n2\n'), "where a number belongs"),
        ("ooBinaryFile\x08TextGrid", "binary"),
        ("hello", "no TextGrid"),
        ('File type = "ooTextFile"\nObject class = "TextGrid"\n', "ends in the middle"),
    ],
)
def test_damaged_files_say_what_is_wrong(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(CorpusError, match=message):
        read_textgrid(write(tmp_path / "a.TextGrid", text))


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "a.TextGrid").open("wb") as file:
        file.truncate(200 * 2**20)
    with pytest.raises(CorpusError, match="200 MiB"):
        read_textgrid(tmp_path / "a.TextGrid")
