"""What fuzzing has found stays found; and a short run of it: ``python -m tests.fuzz`` makes long ones."""

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
def test_each_reader_has_seeds_that_it_reads(name: str) -> None:
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
def test_boxes_in_boxes_are_read_in_time(piece: str, end: str) -> None:
    """What the corpus is too small for: 34 seconds, once, for a page of 20 KB."""
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
def test_lists_in_lists_are_read_in_time(start: str, piece: str) -> None:
    page = f"{start}{piece * 1000}<a href=/article/10618541>x</a>".encode()
    for name in ("listing", "menu"):
        assert fault(READERS[name], page) is None


def test_what_escapes_or_takes_too_long_is_a_fault() -> None:
    def escapes(_: bytes) -> None:
        raise KeyError("escaped")

    def hangs(_: bytes) -> None:
        while True:
            pass

    assert "KeyError: 'escaped'" in str(fault(escapes, b""))
    assert "slow" in str(fault(hangs, b""))


def test_a_short_run_finds_nothing(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz", "--inputs", "4000", "--batch", "50", "--seed", "7", "--workers", "2",
         "--keep", str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, timeout=150, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4,000 inputs" in done.stdout
    assert ": 0 faults" in done.stdout
    assert not list(tmp_path.iterdir())
