"""The project's own settings: default, description and check of each, declared once.

`herald_spider.settings` takes the defaults from here, spiders check what was given with `read`, and
``python -m herald_spider.options`` prints ``docs/settings.md``.
"""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic.fields import FieldInfo
from scrapy.settings import SETTINGS_PRIORITIES, BaseSettings

from herald_spider import sections, urls
from herald_spider.text.suggest import suggest

NONE = "none"  # as HERALD_ARCHIVE: keep nothing
MAX_WAIT = 86_400.0  # seconds; no delay or Retry-After is meant to be longer
_CONTACT = re.compile(r"\S*\w\.\w\S*")  # holds a host name, and fits into a header

M = TypeVar("M", bound=BaseModel)


class SettingsError(ValueError):
    """A wrong setting; the text is one line that names the setting, the fault and the remedy."""


@dataclass(frozen=True)
class Give:
    """The remedy in the error for a wrong value, as an annotation of a setting's type: what to give."""

    text: str


# Types ----------------------------------------------------------------------------------


def _number(kind: type[float]) -> BeforeValidator:
    """Return a validator that accepts the numbers that Scrapy accepts."""

    def convert(value: Any) -> float:
        try:
            return kind(value)
        except (TypeError, OverflowError) as error:
            raise ValueError(str(error)) from None

    return BeforeValidator(convert)


def _switch(value: Any) -> bool:
    try:
        return BaseSettings({"value": value}).getbool("value")
    except TypeError as error:
        raise ValueError(str(error)) from None


def _split(value: Any) -> Any:
    parts = value.split(",") if isinstance(value, str) else value or ()
    return tuple(part.strip() for part in parts if part.strip())


def archive_problem(name: str) -> str | None:
    """Return what is wrong with `name` as a value of HERALD_ARCHIVE, and what to give; None if nothing is."""
    if not name:
        return "give a folder, or none to keep nothing"
    if name != NONE and name.lower() == NONE:
        return "give none in small letters to keep nothing, or a folder"
    if name.startswith("~"):
        return "give the whole path; only a shell replaces ~"
    return None


def _archive(name: str) -> str:
    if problem := archive_problem(name):
        raise ValueError(problem)
    return name


def _site(url: str) -> str:
    url = url.rstrip("/")
    parts = urlsplit(url)
    if urls.origin(url) is None or parts.path or parts.query or "@" in parts.netloc:
        raise ValueError
    return url


def _web_archive(url: str) -> str:
    parts = urlsplit(url)
    if urls.origin(url) is None or parts.query or "@" in parts.netloc:
        raise ValueError
    return url


def _contact(text: str) -> str:
    if text and not _CONTACT.fullmatch(text):
        raise ValueError
    return text


def _redis(url: str) -> str:
    if url and urlsplit(url).scheme not in ("redis", "rediss", "unix"):
        raise ValueError
    return url


def _splash(url: str) -> str:
    if url and urls.origin(url) is None:
        raise ValueError
    return url


def _day_or_time(text: str) -> str:
    if text:
        datetime.fromisoformat(text)
    return text


def _render_host(url: str) -> str:
    if urls.origin(url) is None:
        raise ValueError(f"{url!r} is not an address; give each as https://cdn.example.org")
    return url


def _section(slug: str) -> str:
    if slug not in sections.BY_SLUG:
        raise ValueError(f"no section {slug!r}{suggest(slug, sections.BY_SLUG)}")
    return slug


Switch = Annotated[bool, BeforeValidator(_switch), Give("0 or 1")]
Whole = Annotated[int, _number(int)]
Real = Annotated[float, _number(float), Field(allow_inf_nan=False)]
Seconds = Annotated[Real, Field(ge=0, le=MAX_WAIT), Give(f"a number of seconds from 0 to {MAX_WAIT:,.0f}")]
_WEB_ARCHIVE = Give("an address of a web archive, as http://localhost:8080/collection/cdx")
WebArchive = Annotated[str, AfterValidator(_web_archive), _WEB_ARCHIVE]


# The settings ---------------------------------------------------------------------------


class HeraldSettings(BaseModel, frozen=True):
    """The values of the project's own settings. A field is named as its setting."""

    HERALD_ARCHIVE: Annotated[str, AfterValidator(_archive)] = Field(
        "archive", description="Folder of the archive. `none` keeps nothing, for try-outs with `-O`."
    )
    HERALD_CONTACT: Annotated[
        str,
        AfterValidator(_contact),
        Give("a mail address or the address of a page, as https://example.org/bot"),
    ] = Field(
        "",
        description="Mail address or page of whoever runs this crawler. It is part of the user agent; the live site and "
        "public web archives are only crawled with it.",
    )
    HERALD_BASE_URL: Annotated[
        str, AfterValidator(_site), Give("scheme and host alone, as https://www.koreaherald.com")
    ] = Field(urls.SITE, description="Another host that serves the site: the demo newspaper, a mirror.")
    HERALD_REVISIT_HOURS: Annotated[
        Real, Field(ge=0, le=10**6), Give("a number of hours from 0 to 1,000,000")
    ] = Field(
        48,
        description="Hours after its publication in which an article is fetched again, conditionally, for revisions; "
        "0 turns this off.",
    )
    HERALD_NEAR_DUPLICATES: Literal["mark", "drop", "off"] = Field(
        "mark",
        description="Wire copy that nearly repeats an earlier article is marked (`duplicate_of`), dropped, or not "
        "looked for.",
    )
    HERALD_KEEP_EMAILS: Switch = Field(
        False, description="`1` keeps reporters' mail addresses, which are personal data."
    )
    HERALD_COMPRESS: Literal["off", "zst", "gz"] = Field(
        "off", description="Compression of a run's segment once the run has ended; all commands read either."
    )
    HERALD_COMMIT_ARTICLES: Annotated[
        Whole, Field(ge=1, le=10**9), Give("a number of articles, 1 or more")
    ] = Field(
        100,
        description="Articles in a commit. Articles that were fetched since the last commit are fetched again after "
        "a crash.",
    )
    HERALD_WARC: Literal["off", "on"] = Field(
        "off",
        description="`on` also keeps each response as WARC in the archive's folder `warc`, for spider `warc`.",
    )
    HERALD_REPORT: Literal["on", "off"] = Field(
        "on",
        description="`on` writes a report of each run, an HTML page, to the archive's folder `reports`.",
    )
    HERALD_PROGRESS: Literal["auto", "off"] = Field(
        "auto",
        description="`auto` shows the progress of a run in one line where standard error is a terminal and items are "
        "not printed there.",
    )
    HERALD_OVERLAP: Literal["exit", "wait", "allow"] = Field(
        "exit",
        description="A run that starts while another run of its spider works on the same archive exits, waits for its "
        "turn (one run at most), or runs at the same time.",
    )
    HERALD_PACE_FOLDER: str = Field(
        "",
        description="Folder in which the runs of a machine keep one common pace; empty: `herald-spider/pace` in the "
        "user's state folder. Users that share a machine need one that all can write. If it fails during a run, the "
        "run keeps its own `DOWNLOAD_DELAY` alone and logs a warning.",
    )
    HERALD_RETRY_AFTER_LIMIT: Seconds = Field(
        600, description="Longest Retry-After, in seconds, that a run waits for; a longer one ends the run."
    )
    HERALD_CDX_URL: WebArchive = Field(
        "https://web.archive.org/cdx/search/cdx",
        description="CDX server of a web archive, for spider `wayback`; of a pywb `http://host/coll/cdx`.",
    )
    HERALD_MEMENTO_URL: WebArchive = Field(
        "https://web.archive.org/web",
        description="Address below which that web archive serves captures; of a pywb `http://host/coll`.",
    )
    HERALD_LEDGER_URL: str = Field(
        "",
        repr=False,
        description="`postgresql://user:password@host/database`: the ledger on PostgreSQL, for several machines; empty: "
        "SQLite in the archive (extra `cluster`).",
    )
    HERALD_REDIS_URL: Annotated[
        str, AfterValidator(_redis), Give("an address as redis://:password@host:6379/0")
    ] = Field(
        "",
        repr=False,
        description="`redis://:password@host:6379/0`: runs with the same address share one crawl and one pace "
        "([cluster.md](cluster.md); extra `cluster`).",
    )
    HERALD_NODE: str = Field(
        default_factory=socket.gethostname,
        description="Name of this machine among those that share a ledger; each owns the segments that it wrote.",
    )
    HERALD_STRICT: Switch = Field(
        False,
        description="`1`: a run with a failed monitor ends with exit status 3 ([watching.md](watching.md)).",
    )
    HERALD_BASELINE: Annotated[
        str, AfterValidator(_day_or_time), Give("a day or time, as 2026-09-14 or 2026-09-14T08:00")
    ] = Field("", description="Day or time; monitors do not compare a run with runs before it.")
    HERALD_NOTIFY: Annotated[tuple[Literal["mail", "slack", "telegram"], ...], BeforeValidator(_split)] = (
        Field(
            (),
            description="Where failed monitors are reported, separated by commas: `mail`, `slack`, `telegram`, each with "
            "Spidermon's `SPIDERMON_…` settings, which may stand in the environment too (extra `notify`).",
        )
    )
    SPLASH_URL: Annotated[str, AfterValidator(_splash), Give("an address as http://127.0.0.1:8050")] = Field(
        "", repr=False, description="A Splash server; it renders the pages that are empty without JavaScript."
    )
    HERALD_RENDERER: Literal["splash", "playwright"] = Field(
        "splash",
        description="`splash` renders where `SPLASH_URL` is set; `playwright` needs the extra of that name and Chromium. "
        "The first `chromium` in the path is used, else Playwright's own; for another set `PLAYWRIGHT_LAUNCH_OPTIONS` "
        'to `{"executable_path": "/path"}`.',
    )
    HERALD_RENDER_SECONDS: Annotated[
        Real, Field(ge=0.1, le=3600), Give("a number of seconds from 0.1 to 3,600")
    ] = Field(15, description="Seconds that a rendered page may take, after it is loaded, to show its text.")
    HERALD_RENDER_HOSTS: Annotated[
        tuple[Annotated[str, AfterValidator(_render_host)], ...], BeforeValidator(_split)
    ] = Field(
        (),
        description="Other hosts from which a rendered page may load, as `https://cdn.example.org`, separated by commas.",
    )
    HERALD_RENDER_SECTIONS: Annotated[
        tuple[Annotated[str, AfterValidator(_section)], ...], BeforeValidator(_split)
    ] = Field((), description="Slugs of sections whose listings are always rendered, separated by commas.")

    @field_validator("HERALD_WARC")
    @classmethod
    def _needs_an_archive(cls, value: str, info: ValidationInfo) -> str:
        if value == "on" and info.data.get("HERALD_ARCHIVE") == NONE:
            raise ValueError("needs a HERALD_ARCHIVE to write to, not none")
        return value


# Defaults and checks ----------------------------------------------------------------------


def defaults() -> dict[str, Any]:
    """Return the default of each setting, as `herald_spider.settings` declares it."""
    found = HeraldSettings.model_fields.items()
    values = {name: field.get_default(call_default_factory=True) for name, field in found}
    return {name: ",".join(value) if isinstance(value, tuple) else value for name, value in values.items()}


def read(settings: BaseSettings) -> HeraldSettings:
    """Return the checked values. Raises `SettingsError` for the first wrong value or unknown name."""
    for problem in unknown_names(settings):
        raise SettingsError(problem)
    return check(HeraldSettings, settings)


def problems(settings: BaseSettings) -> list[str]:
    """Return one line for each unknown name and each wrong value."""
    return [*unknown_names(settings), *wrong_values(HeraldSettings, settings)]


def check(model: type[M], settings: BaseSettings) -> M:
    """Return the values of a model whose fields are named as settings. Raises `SettingsError`."""
    try:
        return model.model_validate(_given(model, settings))
    except ValidationError:
        raise SettingsError(next(wrong_values(model, settings))) from None


def wrong_values(model: type[BaseModel], settings: BaseSettings) -> Iterator[str]:
    """Yield one line for each value that the model refuses: ``NAME='value': give ...``."""
    try:
        model.model_validate(_given(model, settings))
    except ValidationError as error:
        for each in error.errors():
            name = str(each["loc"][0])
            field = model.model_fields[name]
            value = f"={settings[name]!r}" if field.repr else ""  # no passwords
            yield f"{name}{value}: {_remedy(field, each)}"


def _given(model: type[BaseModel], settings: BaseSettings) -> dict[str, Any]:
    return {name: settings[name] for name in model.model_fields if name in settings}


def _remedy(field: FieldInfo, error: Any) -> str:
    for each in field.metadata:
        if isinstance(each, Give):
            return f"give {each.text}"
    if error["type"] == "literal_error":
        return f"give {error['ctx']['expected']}".replace("'", "")
    if "error" in error.get("ctx", {}):
        return str(error["ctx"]["error"])
    return str(error["msg"])


def unknown_names(settings: BaseSettings) -> Iterator[str]:
    """Yield one line for each name with HERALD_ that is no setting.

    A name in the environment counts only if it is much like a setting: other programs use the prefix too.
    """
    known = {
        name.removeprefix("HERALD_"): name
        for name in HeraldSettings.model_fields
        if name.startswith("HERALD_")
    }
    given = {str(each) for each in settings if _is_given(settings, str(each))}
    for name in sorted({*given, *os.environ}):
        if not name.startswith("HERALD_") or name in known.values():
            continue
        meant = get_close_matches(name.removeprefix("HERALD_"), known, 1, 0.85)
        where = "" if name in given else " in the environment"
        if meant:
            yield f"unknown setting {name}{where}; did you mean {known[meant[0]]}?"
        elif name in given:
            yield f"unknown setting {name}; docs/settings.md lists all"


def _is_given(settings: BaseSettings, name: str) -> bool:
    return (settings.getpriority(name) or 0) > SETTINGS_PRIORITIES["addon"]


# Documentation ----------------------------------------------------------------------------

_HEAD = """\
# Settings

<!-- Made by: python -m herald_spider.options > docs/settings.md -->

Give them in the environment (an empty value counts as not given) or on the command line with `-s NAME=VALUE`. A wrong
value, or an unknown name that begins with HERALD_, ends a run with one line before its first request. Scrapy's own
settings apply as well, given with `-s`; a wrong value ends the run too, an unknown name is logged as a warning.
`herald_spider/settings.py` says where its defaults differ from Scrapy's.

| setting | default | meaning |
|---|---|---|
"""


def document() -> str:
    """Return the content of ``docs/settings.md``."""
    return _HEAD + "".join(_row(name, field) for name, field in HeraldSettings.model_fields.items())


def _row(name: str, field: FieldInfo) -> str:
    default = "host name" if field.default_factory else _shown(field.default)
    choices = " One of " + ", ".join(f"`{each}`" for each in get_args(field.annotation)) + "."
    return f"| `{name}` | {default} | {field.description}{choices if get_origin(field.annotation) is Literal else ''} |\n"


def _shown(default: Any) -> str:
    if isinstance(default, bool):
        return f"`{int(default)}`"
    return "" if default in ("", ()) else f"`{default}`"


if __name__ == "__main__":
    print(document(), end="")
