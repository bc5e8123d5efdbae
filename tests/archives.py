"""Archives made without a crawl, and the commands run on them in this process."""

from __future__ import annotations

import argparse
import json
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from scrapy.settings import Settings

from demo import Newspaper
from herald_spider.archive import Archive
from herald_spider.archive.adopt import Place, adopt
from herald_spider.archive.ledger import Ledger
from herald_spider.archive.lines import SegmentReader, read
from herald_spider.archive.values import encode
from herald_spider.commands import browse, export, history, report, status, verify
from herald_spider.items import Article, Author, Image
from herald_spider.text.cleaning import content_hash

SITE = "https://www.koreaherald.com"
COMMANDS = {
    "status": status, "verify": verify, "export": export, "history": history, "browse": browse, "report": report,
}  # fmt: skip


def _hash(item: Article) -> str:
    return content_hash(item.headline or "", item.body or "")


def _items() -> list[Article]:
    found = []
    for truth in Newspaper(size=24, seed=3).truth():
        authors = [Author(**each) for each in truth.pop("authors")]
        images = [Image(**each) for each in truth.pop("images")]
        item = Article(**truth, authors=authors, images=images)
        item.content_hash = _hash(item)
        item.fetched_at, item.job = "2026-09-14T10:00:00Z", "a"
        item.extraction = {"headline": "css", "body": "css"}
        found.append(item)
    return found


ITEMS = _items()


def changed(item: Article, body: str, **values: Any) -> Article:
    digest = content_hash(values.get("headline", item.headline) or "", body)
    return replace(item, body=body, content_hash=digest, fetched_at="2026-09-15T10:00:00Z", **values)


def keep(
    folder: Path, job: str, *items: Article, outcome: str | None = "finished", packing: str = "off"
) -> None:
    """One run that keeps `items`, as the pipelines do; no outcome is a run that was killed."""
    archive = Archive(str(folder), SITE, packing=packing)
    archive.begin_run("herald", job, {})
    for item in items:
        item = replace(item)
        archive.ledger.discover([(item.id or "", item.url or "", "herald", slug) for slug in item.listed_in])
        if archive.compare(item) == "new":
            archive.add(item)
    archive.commit()
    if outcome:
        archive.end_run(outcome, {"herald/articles": len(items)})
    archive.close()


def adopted(ledger: Ledger, folder: Path, *items: Article, near: bool = True) -> list[Place]:
    """Write a segment of `items` and enter its lines into the ledger; return the places of those that were new."""
    lines = [encode(replace(item, content_hash=_hash(item))) for item in items]
    name = f"{len(list(folder.iterdir()))}.jsonl"
    (folder / name).write_bytes(b"".join(lines))
    number = ledger.segment_number(name, "job", None)
    reader, offset, entered = SegmentReader(folder), 0, []
    for line in lines:
        place = Place(number, offset, len(line), zlib.crc32(line))
        if adopt(ledger, reader, read(line), place, near=near):
            entered.append(place)
        offset += len(line)
    reader.close()
    return entered


def run(folder: Path | str, name: str, *arguments: str, **settings: str) -> int:
    """A command in this process; its exit status. Scrapy makes 2 of a UsageError."""
    command = COMMANDS[name].Command()
    command.settings = Settings()
    command.settings.setmodule("herald_spider.settings", priority="project")
    command.settings.set("HERALD_ARCHIVE", str(folder), priority="cmdline")
    for key, value in settings.items():
        command.settings.set(key, value, priority="cmdline")
    parser = argparse.ArgumentParser()
    command.add_options(parser)
    options, rest = parser.parse_known_args(list(arguments))
    command.run(rest, options)
    return command.exitcode


def refused(
    folder: Path | str, capsys: pytest.CaptureFixture[str], name: str, *arguments: str, **settings: str
) -> str:
    """What a command says, in one line, of an archive that it cannot use; its exit status is 1."""
    capsys.readouterr()
    assert run(folder, name, *arguments, **settings) == 1
    out, said = capsys.readouterr()
    assert out == ""
    assert said.startswith(f"scrapy {name}: error: ")
    assert said.count("\n") == 1
    return said


def exported(folder: Path, capsys: pytest.CaptureFixture[str], *options: str) -> list[dict[str, Any]]:
    capsys.readouterr()
    assert run(folder, "export", *options) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def segments(folder: Path) -> list[Path]:
    """The files of the runs, the largest first."""
    return sorted(folder.glob("articles/*.jsonl"), key=lambda path: -path.stat().st_size)


def overwrite(path: Path, offset: int, content: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(content)
