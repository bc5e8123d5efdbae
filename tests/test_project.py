"""What must hold of the project as a whole: README, names, and where things stand."""

from __future__ import annotations

import importlib
import re
from dataclasses import fields
from pathlib import Path

import pytest
from scrapy.settings import Settings
from scrapy.spiderloader import SpiderLoader

from herald_spider import options
from herald_spider.items import Article
from herald_spider.spiders.herald import HeraldSpider

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PACKAGE = ROOT / "herald_spider"
LOADER = SpiderLoader.from_settings(Settings({"SPIDER_MODULES": ["herald_spider.spiders"]}))


def test_readme_is_short() -> None:
    assert README.count("\n") < 150


def test_readme_names_every_field_in_order() -> None:
    table = README.partition("## The record")[2].partition("## The map")[0]
    named = [
        name
        for line in table.splitlines()
        if line.startswith("| `")
        for name in re.findall(r"`(\w+)`", line.split("|")[1])
    ]
    assert named == [field.name for field in fields(Article)]


def test_the_readme_says_which_spider_takes_which_argument() -> None:
    told = {name: set[str]() for name in LOADER.list()}
    table = README.partition("| argument | taken by |")[2].partition("\n\n")[0]
    for _, names, takers, *_ in (line.split("|") for line in table.splitlines() if line.startswith("| `")):
        for spider in told if takers.strip() == "all" else re.findall(r"`(\w+)`", takers):
            told[spider] |= set(re.findall(r"`(\w+)`", names))
    assert told == {name: set(LOADER.load(name).arguments.model_fields) for name in told}


def test_extras_are_installed_from_the_checkout() -> None:
    """The package is on no index."""
    for path in [ROOT / "README.md", *(ROOT / "docs").glob("*.md"), *PACKAGE.rglob("*.py")]:
        assert "herald-spider[" not in path.read_text(encoding="utf-8"), path


def test_the_page_of_settings_is_generated() -> None:
    assert (ROOT / "docs/settings.md").read_text(encoding="utf-8") == options.document()


def test_documents_name_no_other_setting() -> None:
    """docs/benchmarks.md describes older versions too; HERALD_HOME and HERALD_SOURCE are of an installation."""
    known = {*options.HeraldSettings.model_fields, "HERALD_HOME", "HERALD_SOURCE"}
    paths = [ROOT / "README.md", *(ROOT / "docs").glob("[!b]*.md"), *(ROOT / "deploy").rglob("*")]
    for path in (*filter(Path.is_file, paths), *PACKAGE.rglob("*.py")):
        named = re.findall(r"\bHERALD_[A-Z_]*[A-Z]\b", path.read_text(encoding="utf-8"))
        assert set(named) <= known, path


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_selectors_stand_in_loaders_alone(path: Path) -> None:
    if path.parent.name != "loaders" and "demo" not in path.parts:
        found = re.findall(
            r"\.css\(|\.xpath\(|LinkExtractor|etree\.|compiled\(", path.read_text(encoding="utf-8")
        )
        assert found == []


def test_a_spider_is_named_as_its_file() -> None:
    for name in LOADER.list():
        assert LOADER.load(name).__module__ == f"herald_spider.spiders.{name}"


def test_the_user_agent_is_honest() -> None:
    settings = Settings({"HERALD_CONTACT": "mailto:desk@example.org"})
    HeraldSpider.update_settings(settings)
    assert re.fullmatch(
        r"Mozilla/5\.0 \(compatible; HeraldSpider/[\d.]+; \+mailto:desk@example\.org\)",
        settings["USER_AGENT"],
    )


def test_the_user_agent_can_be_set() -> None:
    settings = Settings()
    settings.set("USER_AGENT", "Mine/1", priority="cmdline")
    HeraldSpider.update_settings(settings)
    assert settings["USER_AGENT"] == "Mine/1"


def test_polite_by_default() -> None:
    from herald_spider import settings

    assert settings.ROBOTSTXT_OBEY
    assert settings.AUTOTHROTTLE_ENABLED
    assert settings.CONCURRENT_REQUESTS_PER_DOMAIN == 1
    assert settings.DOWNLOAD_DELAY >= 1


@pytest.mark.parametrize("path", sorted((ROOT / "benchmarks").glob("*.py")), ids=lambda path: path.stem)
def test_benchmarks_know_what_there_is(path: Path) -> None:
    """No test runs them: what they import must at least be there."""
    importlib.import_module(f"benchmarks.{path.stem}")
