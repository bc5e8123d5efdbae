"""Errors and exit statuses that all commands share."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from scrapy.exceptions import UsageError

from tests.archives import ITEMS, changed, keep, run
from tests.demo import ROOT


@pytest.mark.parametrize("name", ["status", "verify", "export", "history", "report"])
def test_a_closed_output_is_an_error(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Python sets sys.stdout to None after >&-."""
    arguments = {"history": [ITEMS[0].id or ""], "report": ["-o", "-"]}.get(name, [])
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(UsageError, match=r"the output cannot be (used|written): it is closed"):
        run(folder, name, *arguments)


def test_a_closed_standard_error_leaves_an_export_complete(folder: Path) -> None:
    command = f"{sys.executable} -m scrapy export 2>&-"
    environment = {**os.environ, "HERALD_ARCHIVE": str(folder)}
    done = subprocess.run(command, shell=True, cwd=ROOT, env=environment, stdout=subprocess.PIPE, check=True)
    assert len([json.loads(line) for line in done.stdout.splitlines()]) == len(ITEMS)


@pytest.mark.parametrize(
    "environment",
    [{"PYTHONIOENCODING": "latin-1"}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}],
    ids=["latin-1", "ascii"],
)
def test_characters_outside_the_encoding_of_the_output_are_replaced(
    folder: Path, environment: dict[str, str]
) -> None:
    keep(folder, "c", changed(ITEMS[0], "Seoul – 서울.", tags=["서울"]))

    def printed(*arguments: str) -> bytes:
        variables = {**os.environ, **environment, "HERALD_ARCHIVE": str(folder)}
        command = [sys.executable, "-m", "scrapy", *arguments]
        return subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, check=True).stdout

    history = printed("history", ITEMS[0].id or "")
    assert "Seoul – 서울.".encode("latin-1", "replace") in history.replace(b"{+", b"").replace(b"+}", b"")
    exported = printed("export", "--format", "jsonl").decode("utf-8")
    assert "Seoul – 서울." in exported


INTERRUPT = """
import os, signal, sys
from scrapy.cmdline import execute
from herald_spider.archive.lines import SegmentReader
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores SIGINT
real = SegmentReader.piece
def piece(self, *place):
    os.kill(os.getpid(), signal.SIGINT)
    return real(self, *place)
SegmentReader.piece = piece
execute(["scrapy", *sys.argv[1:]])
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ["export"], ["export", "-o", "{}/all.jsonl"], ["export", "-o", "{}/all.parquet"], ["verify"],
        ["history", ITEMS[0].id], ["report", "b", "-o", "{}/b.html"], ["browse", "--port", "0", "-o", "{}/b.db"],
    ],
    ids=lambda arguments: " ".join(arguments[::2]),
)  # fmt: skip
def test_ctrl_c_prints_interrupted_and_leaves_no_file(
    folder: Path, tmp_path: Path, arguments: list[str]
) -> None:
    target = tmp_path / "target"
    target.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPT, *(each.format(target) for each in arguments)],
        cwd=ROOT, env={**os.environ, "HERALD_ARCHIVE": str(folder)}, capture_output=True, text=True, check=False,
        timeout=300,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "interrupted\n")
    assert [path.name for path in target.iterdir() if path.suffix != ".lock"] == []
