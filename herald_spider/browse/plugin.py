"""Our plug-in for Datasette: facets, what the templates ask for, the first page, the guard."""

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
from herald_spider.browse.facets import ORDER, NamesFacet, StepsFacet
from herald_spider.browse.guard import ARTICLES, App, guarded
from herald_spider.text.dates import KST

F = TypeVar("F", bound=Callable[..., Any])
hookimpl: Callable[[F], F] = api.hookimpl
_LONGEST = 2000  # characters of a passage; one with a monster of a word is no help
_OPEN, _CLOSE = "\x02", "\x03"  # around what a search found, in text that is not escaped yet


@hookimpl
def register_facet_classes() -> list[type[Facet]]:
    return [StepsFacet, NamesFacet]


@hookimpl
def register_routes() -> list[tuple[str, Callable[[], Response]]]:
    return [(r"^/$", lambda: Response.redirect(ARTICLES))]


@hookimpl
def asgi_wrapper() -> Callable[[App], App]:
    return guarded


@hookimpl
def prepare_jinja2_environment(env: Any) -> None:
    env.filters |= {"from_json": _from_json, "seoul": seoul, "section": section_name}
    env.filters |= {"marked": marked, "number": number, "tilde": tilde_encode}
    env.tests["web_address"] = is_web_address
    env.globals["facet_order"] = ORDER


@hookimpl
def extra_template_vars(datasette: Any, database: str | None, table: str | None) -> dict[str, Any]:
    """What the templates of articles ask the database for."""
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
    """By id, the words around what `search` found in the body."""
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
    """What each revision of an article changed, newest first."""
    query = "select * from revisions where article = ? order by revision"
    earlier = (await file.execute(query, [article["id"]])).rows
    return await asyncio.to_thread(changes, [*earlier, article])


async def _near(file: Any, article: Any) -> list[Any]:
    """The article that this one nearly repeats, and those that nearly repeat it."""
    query = """
        select id, headline, day, agency from articles
        where id = :original or duplicate_of = :id order by sort_key limit 50
    """
    rows = await file.execute(query, {"original": article["duplicate_of"], "id": article["id"]})
    return list(rows.rows)


# What the templates make of values ---------------------------------------------------------


def _from_json(text: str | None) -> Any:
    return json.loads(text) if text else []


def seoul(moment: str | None) -> str:
    """A time as people read it, in Seoul.

    >>> seoul("2026-09-13T14:23:15Z")
    '13 September 2026, 23:23'
    """
    try:
        time = datetime.fromisoformat((moment or "").replace("Z", "+00:00")).astimezone(KST)
    except ValueError:
        return moment or ""
    return f"{time.day} {time:%B %Y, %H:%M}"


def number(value: Any) -> str:
    """
    >>> number(1234)
    '1,234'
    """
    return f"{value:,}" if isinstance(value, int) else str(value or 0)


def section_name(slug: str | None) -> str:
    known = sections.BY_SLUG.get(slug or "")
    return known.name if known else slug or ""


def marked(passage: str) -> Markup:
    """A passage with what was found in it marked; all else is escaped."""
    text = str(escape(passage))
    return Markup(text.replace(_OPEN, "<mark>").replace(_CLOSE, "</mark>"))  # noqa: S704


def is_web_address(url: str | None) -> bool:
    """Whether a link may lead there: the field of a line could hold any text."""
    return (url or "").startswith(("https://", "http://"))
