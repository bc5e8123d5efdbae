"""The project's own settings: default, description and check of each, declared once.

`herald_spider.settings` takes the defaults from here, spiders check what was given with `read`, and
``python -m herald_spider.options`` prints ``docs/settings.md``.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin

from pydantic import (
    BaseModel,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic.fields import FieldInfo
from scrapy.settings import SETTINGS_PRIORITIES, BaseSettings

from herald_spider import option_types as types
from herald_spider import urls
from herald_spider.option_types import NONE

M = TypeVar("M", bound=BaseModel)


class SettingsError(ValueError):
    """A wrong setting; the text is one line that names the setting, the fault and the remedy."""


# The settings ---------------------------------------------------------------------------


class HeraldSettings(BaseModel, frozen=True):
    """The values of the project's own settings. A field is named as its setting."""

    HERALD_ARCHIVE: types.ArchiveName = Field(
        "archive", description="Folder of the archive. `none` keeps nothing, for try-outs with `-O`."
    )
    HERALD_CONTACT: types.Contact = Field(
        "",
        description="Mail address or page of whoever runs this crawler. It is part of the user agent; the live site and "
        "public web archives are only crawled with it.",
    )
    HERALD_BASE_URL: types.SiteAddress = Field(
        urls.SITE, description="Another host that serves the site: the demo newspaper, a mirror."
    )
    HERALD_REVISIT_HOURS: Annotated[
        types.Real, Field(ge=0, le=10**6), types.Give("a number of hours from 0 to 1,000,000")
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
    HERALD_KEEP_EMAILS: types.Switch = Field(
        False, description="`1` keeps reporters' mail addresses, which are personal data."
    )
    HERALD_COMPRESS: Literal["off", "zst", "gz"] = Field(
        "off", description="Compression of a run's segment once the run has ended; all commands read either."
    )
    HERALD_COMMIT_ARTICLES: Annotated[
        types.Whole, Field(ge=1, le=10**9), types.Give("a number of articles, 1 or more")
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
    HERALD_RETRY_AFTER_LIMIT: types.Seconds = Field(
        600, description="Longest Retry-After, in seconds, that a run waits for; a longer one ends the run."
    )
    HERALD_CDX_URL: types.WebArchive = Field(
        "https://web.archive.org/cdx/search/cdx",
        description="CDX server of a web archive, for spider `wayback`; of a pywb `http://host/coll/cdx`.",
    )
    HERALD_MEMENTO_URL: types.WebArchive = Field(
        "https://web.archive.org/web",
        description="Address below which that web archive serves captures; of a pywb `http://host/coll`.",
    )
    HERALD_LEDGER_URL: str = Field(
        "",
        repr=False,
        description="`postgresql://user:password@host/database`: the ledger on PostgreSQL, for several machines; empty: "
        "SQLite in the archive (extra `cluster`).",
    )
    HERALD_REDIS_URL: types.RedisAddress = Field(
        "",
        repr=False,
        description="`redis://:password@host:6379/0`: runs with the same address share one crawl and one pace "
        "([cluster.md](cluster.md); extra `cluster`).",
    )
    HERALD_NODE: str = Field(
        default_factory=socket.gethostname,
        description="Name of this machine among those that share a ledger; each owns the segments that it wrote.",
    )
    HERALD_STRICT: types.Switch = Field(
        False,
        description="`1`: a run with a failed monitor ends with exit status 3 ([watching.md](watching.md)).",
    )
    HERALD_BASELINE: types.DayOrTime = Field(
        "", description="Day or time; monitors do not compare a run with runs before it."
    )
    HERALD_NOTIFY: types.Notifiers = Field(
        (),
        repr=False,  # the address of a webhook is often a secret
        description="Where failed monitors, and runs that do not end well, are reported, separated by commas: `mail`, "
        "`slack`, `telegram`, each with Spidermon's `SPIDERMON_…` settings, which may stand in the environment too "
        "(extra `notify`); or `https://…`, a webhook that receives JSON.",
    )
    SPLASH_URL: types.SplashAddress = Field(
        "", repr=False, description="A Splash server; it renders the pages that are empty without JavaScript."
    )
    HERALD_RENDERER: Literal["splash", "playwright"] = Field(
        "splash",
        description="`splash` renders where `SPLASH_URL` is set; `playwright` needs the extra of that name and Chromium. "
        "The first `chromium` in the path is used, else Playwright's own; for another set `PLAYWRIGHT_LAUNCH_OPTIONS` "
        'to `{"executable_path": "/path"}`.',
    )
    HERALD_RENDER_SECONDS: Annotated[
        types.Real, Field(ge=0.1, le=3600), types.Give("a number of seconds from 0.1 to 3,600")
    ] = Field(15, description="Seconds that a rendered page may take, after it is loaded, to show its text.")
    HERALD_RENDER_HOSTS: types.RenderHosts = Field(
        (),
        description="Other hosts from which a rendered page may load, as `https://cdn.example.org`, separated by commas.",
    )
    HERALD_RENDER_SECTIONS: types.SectionSlugs = Field(
        (), description="Slugs of sections whose listings are always rendered, separated by commas."
    )

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
        if isinstance(each, types.Give):
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
