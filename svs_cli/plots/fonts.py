"""Fonts that can write the lyrics: DejaVu Sans for Latin, Greek, Cyrillic and IPA, one of the system's for the rest.

matplotlib brings DejaVu Sans along, so a picture never depends on the system; what no font here can write is spelled
in phones instead of boxes.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

BASE_FONT = "DejaVu Sans"
# By quality for sung Japanese, then Chinese and Korean; any other font that has the glyphs comes after them.
PREFERRED = (
    "Noto Sans CJK JP", "Noto Sans JP", "Source Han Sans JP", "Hiragino Sans", "Hiragino Kaku Gothic ProN", "Yu Gothic",
    "Meiryo", "IPAexGothic", "IPAGothic", "TakaoGothic", "VL Gothic", "MS Gothic", "Noto Sans CJK SC", "Noto Sans SC",
    "PingFang SC", "Microsoft YaHei", "WenQuanYi Zen Hei", "WenQuanYi Micro Hei", "SimHei", "Noto Sans CJK KR",
    "Malgun Gothic", "Apple SD Gothic Neo", "Droid Sans Fallback", "Arial Unicode MS", "Unifont",
)  # fmt: skip


class Typeface:
    """The fonts for one picture: `families` for matplotlib, in the order in which a glyph is looked for."""

    def __init__(self, texts: Iterable[str]) -> None:
        needed = {ord(character) for text in texts for character in text if not character.isspace()}
        self.families = [BASE_FONT]
        lacking = frozenset(needed - glyphs_of(BASE_FONT))
        for family in system_fonts() if lacking else ():
            found = lacking & glyphs_of(family)
            if found:
                self.families.append(family)
                lacking -= found
            if not lacking:
                break
        self.lacking = lacking

    def writes(self, text: str) -> bool:
        """Whether every character of a text has a glyph."""
        return not any(ord(character) in self.lacking for character in text)


def system_fonts() -> list[str]:
    """Families on this computer, the preferred ones first; fonts that came after matplotlib's list are added."""
    from matplotlib import font_manager

    manager = font_manager.fontManager
    listed = {entry.fname for entry in manager.ttflist}
    for path in set(font_manager.findSystemFonts()) - listed:
        try:
            manager.addfont(path)
        except (OSError, RuntimeError, ValueError):  # a broken font file is no reason to draw nothing
            continue
    names = {entry.name for entry in manager.ttflist} - {BASE_FONT, "Last Resort", "LastResort"}
    return [name for name in PREFERRED if name in names] + sorted(names - set(PREFERRED))


@lru_cache(maxsize=256)
def glyphs_of(family: str) -> frozenset[int]:
    """The characters that a family can write, none for a font that cannot be opened."""
    from matplotlib import font_manager
    from matplotlib.ft2font import FT2Font

    try:
        return frozenset(FT2Font(font_manager.findfont(family, fallback_to_default=False)).get_charmap())
    except (OSError, RuntimeError, ValueError):
        return frozenset()
