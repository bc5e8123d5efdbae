"""Inputs that fuzzing has found, and a short fuzzing run; ``python -m tests.fuzz`` makes long ones."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.demo import ROOT
from tests.fuzz.inputs import GRAMMARS, seeds
from tests.fuzz.limits import fault
from tests.fuzz.readers import READERS, SHARES

CORPUS = sorted((Path(__file__).parent / "corpus").iterdir())
LARGEST = 4096


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name)
def test_the_corpus_is_read_within_bounds(path: Path) -> None:
    data = path.read_bytes()
    assert len(data) < LARGEST
    assert fault(READERS[path.name.partition("-")[0]], data) is None


@pytest.mark.parametrize("name", READERS)
def test_seeds_of_each_reader_are_read(name: str) -> None:
    assert sum(SHARES.values()) == 100
    assert name in GRAMMARS
    for seed in seeds(name)[:5]:
        assert fault(READERS[name], seed) is None


@pytest.mark.parametrize(
    "piece",
    ["<table><tr><td>x", "<table><tr><td>x<td>", "<table><td><img src=/a.jpg>x", "<ul><li>x", "<figure>x", "<div class=photo>x",
     "<p class=caption>", "<div class=wp-caption>x", "<figure><p class=caption>x</p>", "<div class=date>", "<div class=byline>", "<p>Published : x", "<a href='/article/1'>", "<script>x</script>", "<b>", "</div>"],
)  # fmt: skip
@pytest.mark.parametrize("end", ["", "<img src=/a.jpg>" + "word " * 400])
def test_nested_boxes_are_read_in_time(piece: str, end: str) -> None:
    """Larger than an input of the corpus may be: a page of 20 KB once took 34 seconds."""
    for start in ('<article id="articleText" class="article-body">', '<div class="news_text_area">'):
        page = f"{start}{piece * 700}{end}".encode()
        assert fault(READERS["article"], page) is None
        assert fault(READERS["listing"], page) is None


@pytest.mark.parametrize(
    ("start", "piece"),
    [
        ('<article class="recent_news">', "<ul class=news_list><li><a href=/x>y</a>"),
        ('<article class="recent_news">', "<ul class=news_list><li>"),
        ('<ul class="main_sec_li">', "<ul class=main_sec_li><li><b>"),
        ("", "<div class=x><a href=/article/1>y</a>"),
        ("", "<div class=tit>x <span class=title>y<a href=/article/1></a>"),
        ("<nav>", "<ul class=gnb><li><a href=/National>"),
    ],
)
def test_nested_lists_are_read_in_time(start: str, piece: str) -> None:
    page = f"{start}{piece * 1000}<a href=/article/10618541>x</a>".encode()
    for name in ("listing", "menu"):
        assert fault(READERS[name], page) is None


def test_exceptions_and_timeouts_are_faults() -> None:
    def escapes(_: bytes) -> None:
        raise KeyError("escaped")

    def hangs(_: bytes) -> None:
        while True:
            pass

    assert "KeyError: 'escaped'" in str(fault(escapes, b""))
    assert "slow" in str(fault(hangs, b""))


def test_short_run_finds_no_fault(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz", "--inputs", "4000", "--batch", "50", "--seed", "7", "--workers", "2",
         "--keep", str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4,000 inputs" in done.stdout
    assert ": 0 faults" in done.stdout
    assert not list(tmp_path.iterdir())
