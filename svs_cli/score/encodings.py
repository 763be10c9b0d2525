"""Guessing the encoding of lyrics in formats that don't declare one (MIDI, UST).

Conventions
-----------
- UTF-8 is tried first: text in another encoding is hardly ever valid UTF-8 by accident.
- Shift-JIS needs evidence, because nearly any Western text also decodes as Shift-JIS: a fifth of what isn't ASCII
  must be kana. Otherwise it is cp1252, with Latin-1 for the five bytes that cp1252 leaves undefined.
"""

from __future__ import annotations

import re

KANA = re.compile("[\u3041-\u3096\u30a1-\u30fa\u30fc]")
KANA_SHARE = 0.2


def guess_encoding(data: bytes) -> str:
    """Name of the Python codec that most likely wrote `data`; decoding with it never raises.

    >>> guess_encoding("さくら".encode("cp932")), guess_encoding("Noël".encode("cp1252")), guess_encoding(b"la")
    ('cp932', 'cp1252', 'utf-8')
    """
    for codec in ("utf-8", "cp932", "cp1252"):
        try:
            text = data.decode(codec)
        except UnicodeDecodeError:
            continue
        if codec != "cp932" or _kana_share(text) >= KANA_SHARE:
            return codec
    return "latin-1"


def _kana_share(text: str) -> float:
    foreign = [character for character in text if character > "\x7f"]
    return len(KANA.findall(text)) / len(foreign) if foreign else 0.0
