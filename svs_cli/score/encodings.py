"""Guessing the encoding of lyrics in formats that don't declare one (MIDI, UST).

Conventions
-----------
- UTF-8 is tried first: text in another encoding is hardly ever valid UTF-8 by accident.
- Shift-JIS needs evidence, because nearly any Western text also decodes as Shift-JIS: a fifth of what isn't ASCII
  must be kana.
- EUC encodings (Japanese, Korean, Chinese) write every character as two high bytes, which Western text does not; the
  first bytes tell them apart: kana have 0xA4 and 0xA5, Hangul nothing above 0xC8.
- Otherwise it is cp1252, with Latin-1 for the five bytes that cp1252 leaves undefined.
"""

from __future__ import annotations

import re

KANA = re.compile("[\u3041-\u3096\u30a1-\u30fa\u30fc]")
KANA_SHARE = 0.2
HIGH_RUN = re.compile(rb"[\x80-\xff]+")
HANGUL_LEAD_BYTES = range(0xB0, 0xC9)
EUC_LEAD_BYTES = range(0xA1, 0xFF)


def guess_encoding(data: bytes) -> str:
    """Name of the Python codec that most likely wrote `data`; decoding with it never raises.

    >>> guess_encoding("さくら".encode("cp932")), guess_encoding("Noël".encode("cp1252")), guess_encoding(b"la")
    ('cp932', 'cp1252', 'utf-8')
    >>> guess_encoding("自由 平等 世界".encode("gbk")), guess_encoding("빛 날 세 라".encode("euc_kr"))
    ('gb18030', 'euc_kr')
    """
    if _decodes(data, "utf-8"):
        return "utf-8"
    if _decodes(data, "cp932") and _kana_share(data.decode("cp932")) >= KANA_SHARE:
        return "cp932"
    for codec in (_euc_codec(data), "cp1252"):
        if codec and _decodes(data, codec):
            return codec
    return "latin-1"


def _decodes(data: bytes, codec: str) -> bool:
    try:
        data.decode(codec)
    except UnicodeDecodeError:
        return False
    return True


def _kana_share(text: str) -> float:
    foreign = [character for character in text if character > "\x7f"]
    return len(KANA.findall(text)) / len(foreign) if foreign else 0.0


def _euc_codec(data: bytes) -> str | None:
    runs = HIGH_RUN.findall(data)
    leads = [byte for run in runs for byte in run[::2]]
    if not leads or any(len(run) % 2 for run in runs) or any(lead not in EUC_LEAD_BYTES for lead in leads):
        return None
    if sum(lead in (0xA4, 0xA5) for lead in leads) >= KANA_SHARE * len(leads):
        return "euc_jp"
    hangul = sum(lead in HANGUL_LEAD_BYTES for lead in leads)
    return "euc_kr" if hangul == len(leads) else "gb18030"
