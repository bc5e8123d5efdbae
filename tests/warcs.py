"""Web archives for tests, in every file format."""

from __future__ import annotations

import gzip
import io
import struct
import sys
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from fastwarc.warc import ArchiveIterator
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

ARC_HEAD = b"1 0 Herald\nURL IP-address Archive-date Content-type Archive-length\n"
DICTIONARY_FRAME = 0x184D2A5D
HTML = (("Content-Type", "text/html; charset=utf-8"),)


def record(
    url: str,
    body: bytes,
    *headers: tuple[str, str],
    status: str = "200 OK",
    date: str = "2026-09-14T01:00:00Z",
    type: str = "response",
    **fields: str,
) -> bytes:
    """Return a response record, not compressed."""
    buffer = io.BytesIO()
    writer = WARCWriter(buffer, gzip=False, warc_version="1.1")
    named = {name.replace("_", "-"): value for name, value in fields.items()}
    head = StatusAndHeaders(status, list(headers or HTML), protocol="HTTP/1.1")
    writer.write_record(
        writer.create_warc_record(
            url, type, payload=io.BytesIO(body), length=len(body), http_headers=head,
            warc_headers_dict={"WARC-Date": date, **named},
        )
    )  # fmt: skip
    return buffer.getvalue()


def gzipped(records: Iterable[bytes]) -> bytes:
    return b"".join(map(gzip.compress, records))


def members(data: bytes) -> list[bytes]:
    """Return the content of each member of a gzip file."""
    found = []
    while data:
        member = zlib.decompressobj(zlib.MAX_WBITS + 16)
        found.append(member.decompress(data))
        data = member.unused_data
    return found


def as_arc(records: Sequence[bytes]) -> list[bytes]:
    """Return the responses among WARC records as records of an ARC file, after its first record."""
    found = [b"filedesc://x.arc 0.0.0.0 20260914010000 text/plain %d\n%s\n" % (len(ARC_HEAD), ARC_HEAD)]
    for raw in ArchiveIterator(io.BytesIO(b"".join(records)), parse_http=False):
        if str(raw.record_type) == "response":
            block = raw.reader.read()
            line = (
                raw.headers["WARC-Target-URI"],
                "127.0.0.1",
                f"{raw.record_date:%Y%m%d%H%M%S}",
                "text/html",
            )
            found.append(f"{' '.join(line)} {len(block)}\n".encode() + block + b"\n")
    return found


def with_dictionary(records: Sequence[bytes]) -> bytes:
    """Return a .warc.zst with a dictionary in a skippable frame before the records."""
    dictionary = zstd.train_dict([each[:2000] for each in records], 4096)
    content = dictionary.dict_content
    frames = [zstd.compress(each, zstd_dict=dictionary) for each in records]
    return struct.pack("<II", DICTIONARY_FRAME, len(content)) + content + b"".join(frames)


def wacz(path: Path, records: Sequence[bytes], **options: Any) -> None:
    with zipfile.ZipFile(path, "w", **options) as packed:
        packed.writestr("datapackage.json", "{}")
        packed.writestr("archive/data.warc.gz", gzipped(records))


def write(path: Path, records: Sequence[bytes]) -> Path:
    """Write WARC `records` in the format given by the name of `path`, and return `path`."""
    ending = "".join(path.suffixes)
    if ending == ".wacz":
        wacz(path, records)
        return path
    if ending.startswith(".arc"):
        records = as_arc(records)
    if path.stem.startswith("dictionary"):
        data = with_dictionary(records)
    else:
        pack = {".gz": gzip.compress, ".zst": zstd.compress}.get(path.suffix, bytes)
        data = b"".join(map(pack, records))
    path.write_bytes(data)
    return path
