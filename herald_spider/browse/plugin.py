"""The Datasette plug-in of `scrapy browse`: facets, variables and filters of templates, the guard."""

# mypy: disable-error-code="import-untyped"

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, TypeVar

import datasette as api
from datasette.database import QueryInterrupted
from datasette.facets import Facet
from datasette.utils import tilde_encode
from datasette.utils.asgi import Response
from markupsafe import Markup, escape

from herald_spider import sections
from herald_spider.browse.changes import changes
from herald_spider.browse.facets import ORDER, NamesFacet, WholeFacet
from herald_spider.browse.guard import ARTICLES, App, guarded
from herald_spider.text.dates import KST
from herald_spider.urls import is_web_address

F = TypeVar("F", bound=Callable[..., Any])
hookimpl: Callable[[F], F] = api.hookimpl
_LONGEST = 2000  # characters of a passage; a longer one contains an endless word
_OPEN, _CLOSE = "\x02", "\x03"  # around matches, until the text is escaped


@hookimpl
def register_facet_classes() -> list[type[Facet]]:
    return [WholeFacet, NamesFacet]


@hookimpl
def register_routes() -> list[tuple[str, Callable[[], Response]]]:
    return [(r"^/$", lambda: Response.redirect(ARTICLES))]


@hookimpl
def asgi_wrapper() -> Callable[[App], App]:
    return guarded


@hookimpl
def prepare_jinja2_environment(env: Any) -> None:
    env.filters |= {"from_json": _from_json, "seoul": seoul, "section": sections.name_of}
    env.filters |= {"marked": marked, "number": number, "tilde": tilde_encode}
    env.tests["web_address"] = lambda url: is_web_address(url or "")
    env.globals["facet_order"] = ORDER


@hookimpl
def extra_template_vars(datasette: Any, database: str | None, table: str | None) -> dict[str, Any]:
    """Return the queries that the templates of articles use."""
    if table != "articles" or database is None:
        return {}
    file = datasette.get_database(database)

    async def passages(rows: Iterable[Any], search: str) -> dict[str, str]:
        return await _passages(file, [row["id"] for row in rows], search)

    async def history(article: Any) -> list[dict[str, Any]]:
        return await _history(file, article)

    async def near(article: Any) -> list[Any]:
        return await _near(file, article)

    return {"passages": passages, "history": history, "near": near}


async def _passages(file: Any, ids: list[str], search: str) -> dict[str, str]:
    """Return passages of bodies that match `search`, by article id."""
    query = f"""
        select articles.id, snippet(articles_fts, 2, '{_OPEN}', '{_CLOSE}', ' … ', 40) as passage
        from articles_fts join articles on articles.rowid = articles_fts.rowid
        where articles_fts match escape_fts(:search)
        and articles_fts.rowid in (
            select rowid from articles where id in (select value from json_each(:ids))
        )
    """  # noqa: S608
    try:
        found = await file.execute(query, {"search": search, "ids": json.dumps(ids)})
    except QueryInterrupted:
        return {}
    texts = {row["id"]: row["passage"] or "" for row in found.rows}
    return {each: text for each, text in texts.items() if _OPEN in text and len(text) < _LONGEST}


async def _history(file: Any, article: Any) -> list[dict[str, Any]]:
    """Return the changes of each revision of an article, the newest first."""
    query = "select * from revisions where article = ? order by revision"
    earlier = (await file.execute(query, [article["id"]])).rows
    return await asyncio.to_thread(changes, [*earlier, article])


async def _near(file: Any, article: Any) -> list[Any]:
    """Return the article of which this one is a near-duplicate, and the near-duplicates of this one."""
    query = """
        select id, headline, day, agency from articles
        where id = :original or duplicate_of = :id order by sort_key limit 50
    """
    rows = await file.execute(query, {"original": article["duplicate_of"], "id": article["id"]})
    return list(rows.rows)


# Filters ---------------------------------------------------------------------------------


def _from_json(text: str | None) -> Any:
    return json.loads(text) if text else []


def seoul(moment: str | None) -> str:
    """Return a time in Seoul as people read it.

    >>> seoul("2026-09-13T14:23:15Z")
    '13 September 2026, 23:23'
    """
    try:
        time = datetime.fromisoformat((moment or "").replace("Z", "+00:00")).astimezone(KST)
    except ValueError:
        return moment or ""
    return f"{time.day} {time:%B %Y, %H:%M}"


def number(value: Any) -> str:
    """Return a number with separators.

    >>> number(1234)
    '1,234'
    """
    return f"{value:,}" if isinstance(value, int) else str(value or 0)


def marked(passage: str) -> Markup:
    """Return a passage as HTML with its matches marked."""
    text = str(escape(passage))
    return Markup(text.replace(_OPEN, "<mark>").replace(_CLOSE, "</mark>"))  # noqa: S704
