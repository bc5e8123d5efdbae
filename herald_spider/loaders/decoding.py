"""The text of a page's bytes, whatever encoding they declare."""

from __future__ import annotations

import codecs
import encodings
import re
from encodings.aliases import aliases
from pkgutil import iter_modules

from w3lib.encoding import (
    DEFAULT_ENCODING_TRANSLATION,
    html_body_declared_encoding,
    http_content_type_encoding,
    read_bom,
)

_START = re.compile(rb"<(?:html|body)[\s>]", re.IGNORECASE)
_END = re.compile(rb"</(?:html|body)\s*>", re.IGNORECASE)
_HIGH = re.compile(rb"[\x80-\xff]")
_KOREAN = re.compile(rb"[\xa1-\xfe]{2}")
_TEXT = bytes(byte for byte in range(256) if byte >= 0x20 or byte in b"\t\n\f\r\x1b")
# Python's names of the web's encodings (WHATWG), without UTF-8 and EUC-KR, which are tried anyway.
# Its other codecs may take minutes (punycode) or raise other exceptions (idna).
_ENCODINGS = frozenset(
    "big5 big5hkscs cp1250 cp1251 cp1252 cp1253 cp1254 cp1255 cp1256 cp1257 cp1258 cp866 cp874 cp932 euc_jp gb18030"
    " gbk iso2022_jp koi8-r koi8-u mac-cyrillic mac-roman shift_jis utf-16 utf-16-be utf-16-le".split()
) | {f"iso8859-{part}" for part in (*range(1, 12), *range(13, 17))}
# Python's codecs that are no encodings of the web are unknown to w3lib, and so to Scrapy and its add-ons, whatever
# a server or a page declares.
_PYTHONS = {*aliases.values(), *(each.name for each in iter_modules(encodings.__path__))}
_OF_THE_WEB = {name.replace("-", "_") for name in _ENCODINGS} | {
    "ascii",
    "latin_1",
    "utf_8",
    "euc_kr",
    "cp949",
}
DEFAULT_ENCODING_TRANSLATION.update(dict.fromkeys(_PYTHONS - _OF_THE_WEB, "no encoding of the web"))


def decode(body: bytes, content_type: str | None = None) -> str:
    """Return the text of a page whose declared encoding may be wrong.

    Pages of the site declare UTF-8 and hold CP949 bytes, or the other way, so the bytes
    decide: UTF-8 if they are valid UTF-8 (a character cut off at the end is allowed), else a
    declared encoding that is neither, else CP949 if they are Korean, else each line by itself.
    """
    bom_encoding, bom = read_bom(body)
    if bom_encoding and bom:
        return body[len(bom) :].decode(bom_encoding, "replace")
    try:
        return codecs.getincrementaldecoder("utf-8")("strict").decode(body, final=False)
    except UnicodeDecodeError:
        pass
    declared = http_content_type_encoding(content_type) or html_body_declared_encoding(body[:4096])
    if declared in _ENCODINGS:
        try:
            return body.decode(declared)
        except UnicodeError:
            pass
    if (text := _decode_korean(body)) is not None:
        return text
    return "".join(map(_decode_line, body.splitlines(keepends=True)))


def _decode_korean(text: bytes) -> str | None:
    """Return text in CP949; None if it is in another encoding.

    Single bytes of Windows-1252 among ASCII may be rare characters of CP949, but most Korean
    characters have two high bytes.
    """
    if 4 * len(_KOREAN.findall(text)) < len(_HIGH.findall(text)):
        return None
    try:
        return text.decode("cp949")
    except UnicodeDecodeError:
        return None


def _decode_line(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        korean = _decode_korean(line)
        return line.decode("utf-8", "windows-1252") if korean is None else korean


def _windows_1252(error: UnicodeError) -> tuple[str, int]:
    """Decode bytes that are no UTF-8: editors paste quotation marks and dashes in Windows-1252."""
    assert isinstance(error, UnicodeDecodeError)
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error("windows-1252", _windows_1252)


def to_utf8(body: bytes, content_type: str | None = None) -> bytes:
    """Return a page's bytes in UTF-8 without a byte order mark (see `decode`)."""
    try:
        body.decode()
    except UnicodeDecodeError:
        return decode(body, content_type).encode()
    return body.removeprefix(codecs.BOM_UTF8)


def has_end(body: bytes) -> bool:
    """Return True if a page is complete: it has an end tag, or never had a start tag."""
    near = max(0, len(body) - 1024)
    return bool(_END.search(body, near) or _END.search(body)) or not _START.search(body)


def is_binary(body: bytes) -> bool:
    """Return True if the start of `body` is not text of any encoding."""
    start = body[:4096]
    return not read_bom(start)[0] and 50 * len(start.translate(None, _TEXT)) > len(start)
