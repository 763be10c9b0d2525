"""Opening score files that strangers made: `.mxl` archives and XML text, without trusting either.

Conventions
-----------
- Everything is read in memory with a cap; nothing is extracted, so no archive can write anywhere.
- A DOCTYPE (every MusicXML file has one) is allowed and never fetched; entity declarations are refused.
- The text is decoded here (byte-order mark, then XML declaration, then UTF-8) because expat knows few encodings.
- What is wrong raises ScoreError with the file's name in the message.
"""

from __future__ import annotations

import codecs
import re
import zipfile
import zlib
from io import BytesIO
from pathlib import Path, PurePosixPath
from xml.etree.ElementTree import Element, ParseError

from svs_cli.errors import ScoreError

LARGEST_XML_BYTES = 64 * 1024 * 1024
MOST_MEMBERS = 1000
MOST_TAGS = 5_000_000
CONTAINER = "META-INF/container.xml"
ZIP_MAGIC = b"PK\x03\x04"
FOREIGN_MAGIC = {
    b"MThd": "a MIDI file (.mid)",
    b"%PDF": "a PDF document",
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"RIFF": "a RIFF file (audio or RIFF MIDI)",
    b"fLaC": "FLAC audio",
    b"OggS": "Ogg audio",
    b"ID3": "MP3 audio",
    b"\x1f\x8b": "a gzip archive",
    b"[#VERSION]": "a UTAU score (.ust)",
    b"{": "JSON",
}
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
DECLARATION = re.compile(r"\s*<\?xml[^>]*?\?>")
DECLARED_ENCODING = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._\-]{1,40})["']""")


def open_musicxml(path: Path) -> Element:
    """Root element (`score-partwise` or `score-timewise`, namespaces removed) of a MusicXML file or `.mxl` archive.

    Raises ScoreError if the file is not what its name says, is broken, too large, or tries to reach outside itself.
    """
    data = _read_capped(path)
    is_archive = data.startswith(ZIP_MAGIC)
    if is_archive != (path.suffix.lower() == ".mxl"):
        _refuse_foreign(data, path.name)
        kind, suffix = ("a compressed archive", ".mxl") if is_archive else ("no compressed archive", ".musicxml")
        message = f"{path.name} is {kind} although its name ends in {path.suffix!r}"
        raise ScoreError(message, fix=f"rename it to *{suffix}")
    if is_archive:
        data = _read_archive(data, path.name)
    return parse_musicxml(data, path.name)


def parse_musicxml(data: bytes, name: str) -> Element:
    """Root element of MusicXML given as bytes; `name` is used in messages."""
    _refuse_foreign(data, name)
    root = parse_xml(data, name)
    if root.tag.startswith("{"):
        for element in root.iter():
            if isinstance(element.tag, str):
                element.tag = element.tag.rpartition("}")[2]
    if root.tag not in ("score-partwise", "score-timewise"):
        what = f"XML, but not a MusicXML score (it holds <{root.tag[:40]}>)"
        what = "an opus of several scores" if root.tag == "opus" else what
        raise ScoreError(f"{name} is {what}", fix="export the score as MusicXML from your notation program")
    return root


def _read_capped(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_XML_BYTES + 1)
    except FileNotFoundError:
        raise ScoreError(f"there is no file {path}", fix="check the path") from None
    except OSError as error:
        raise ScoreError(f"{path} cannot be read: {error.strerror or error}") from None
    if len(data) > LARGEST_XML_BYTES:
        raise ScoreError(f"{path.name} is larger than {LARGEST_XML_BYTES >> 20} MiB, too large for a score")
    if not data.strip():
        raise ScoreError(f"{path.name} is empty", fix="export the score again")
    return data


def _refuse_foreign(data: bytes, name: str) -> None:
    for magic, what in FOREIGN_MAGIC.items():
        if data[:64].lstrip().startswith(magic):
            raise ScoreError(f"{name} is not MusicXML but {what}", fix="give it its right name, or export MusicXML")


def _read_archive(data: bytes, name: str) -> bytes:
    """The score inside a `.mxl` archive, as bytes."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            members = archive.namelist()
            if len(members) > MOST_MEMBERS:
                raise ScoreError(f"{name} holds {len(members)} files, too many for a score")
            for member in members:
                _check_inside(member, name)
            return _read_member(archive, _root_file(archive, members, name), name)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError) as error:
        raise ScoreError(f"{name} is a broken archive: {error}", fix="export the score again") from None


def _root_file(archive: zipfile.ZipFile, members: list[str], name: str) -> str:
    """Name of the member that holds the score: what the container says, else the first XML file."""
    if CONTAINER in members:
        container = parse_xml(_read_member(archive, CONTAINER, name), f"{name}/{CONTAINER}")
        for element in container.iter():
            media_type = element.get("media-type", "")
            if str(element.tag).endswith("rootfile") and (not media_type or "musicxml" in media_type):
                root_file = element.get("full-path", "")
                _check_inside(root_file, name)
                if root_file in members:
                    return root_file
    for member in members:
        if member.lower().endswith((".xml", ".musicxml")) and not member.startswith(("META-INF", "__MACOSX")):
            return member
    raise ScoreError(f"{name} is an archive without a score in it", fix="export the score as .mxl or .musicxml again")


def _check_inside(member: str, name: str) -> None:
    path = PurePosixPath(member.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or re.match(r"[A-Za-z]:", member):
        raise ScoreError(f"{name} refers to {member!r}, a path outside of the archive; it is refused as unsafe")


def _read_member(archive: zipfile.ZipFile, member: str, name: str) -> bytes:
    with archive.open(member) as file:
        data = file.read(LARGEST_XML_BYTES + 1)
    if len(data) > LARGEST_XML_BYTES:
        raise ScoreError(f"{name} unpacks to more than {LARGEST_XML_BYTES >> 20} MiB; it is refused as a zip bomb")
    return data


def _decode(data: bytes, name: str) -> str:
    """Text of an XML document, without byte-order mark and XML declaration."""
    encoding = next((codec for mark, codec in BYTE_ORDER_MARKS if data.startswith(mark)), None)
    if encoding is None and data[:1] == b"\0":
        encoding = "utf-16-be"
    if encoding is None and data[1:2] == b"\0":
        encoding = "utf-16-le"
    if encoding is None:
        declared = DECLARED_ENCODING.match(data[:200])
        encoding = declared[1].decode("ascii").lower() if declared else "utf-8"
        # A declaration that could be read byte by byte is no UTF-16, whatever it says.
        encoding = "utf-8" if encoding.startswith(("utf-16", "utf16", "ucs", "utf-32")) else encoding
    try:
        text = data.decode(encoding)
    except LookupError:
        raise ScoreError(f"{name} declares the unknown encoding {encoding!r}", fix="save it as UTF-8") from None
    except (UnicodeError, ValueError) as error:
        raise ScoreError(f"{name} is not valid {encoding} text: {error}", fix="save or export it as UTF-8") from None
    return DECLARATION.sub("", text.lstrip("\ufeff"), count=1)


def parse_xml(data: bytes, name: str) -> Element:
    """Root element of any XML document. Raises ScoreError if it is broken, too large, or declares entities."""
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    text = _decode(data, name)
    if text.count("<") > MOST_TAGS:
        raise ScoreError(f"{name} holds more than {MOST_TAGS:,} XML tags, too many for a score")
    try:
        root = fromstring(text.encode("utf-8", "surrogatepass"), forbid_dtd=False, forbid_entities=True)
    except DefusedXmlException:
        raise ScoreError(f"{name} declares XML entities, which MusicXML never needs; it is refused as unsafe") from None
    except ParseError as error:
        line, column = error.position
        reason = re.sub(r":? line \d+, column \d+", "", str(error))
        raise ScoreError(
            f"{name} is broken XML: {reason} (line {line}, column {column})", fix="export the score again"
        ) from None
    except ValueError as error:
        raise ScoreError(f"{name} is broken XML: {error}", fix="export the score again") from None
    element: Element = root
    return element
