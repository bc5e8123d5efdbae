"""Pages of the three layouts, rendered from stories and listings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import quote_plus

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from demo import json_ld, varieties
from demo.menus import archive_menu, current_menu
from demo.newspaper import ListingPage, Newspaper
from demo.story import Story
from herald_spider.sections import BY_SLUG

_AP_MONTHS = "Jan. Feb. March April May June July Aug. Sept. Oct. Nov. Dec.".split()
_MOBILE, _FORMER = "https://m.koreaherald.com", "http://khnews.heraldcorp.com"
_THUMB = "https://wimg.heraldcorp.com/news/cms/thumb.jpg?type=w&w=300"


@cache
def templates(*packages: str) -> Environment:
    """Return the templates of `packages`; the first package that has one provides it."""
    return Environment(
        loader=ChoiceLoader([PackageLoader(package) for package in packages]),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )


@dataclass
class Box:
    """A link to another story in a box beside the text."""

    href: str
    title: Markup
    date: str


class Pages:
    """The pages of `newspaper`. `base` is the scheme and host of the request, for absolute links."""

    packages: tuple[str, ...] = ("demo",)  # where the templates are

    def __init__(self, newspaper: Newspaper):
        self.newspaper = newspaper
        self._ranked: dict[str, list[tuple[Story, Box]]] = {}

    # Articles -------------------------------------------------------------------------

    def article(self, story: Story) -> str:
        boxes = self._boxes(story.edition)
        context = {
            "story": story,
            "charset": "euc-kr" if "euc-kr-meta" in story.varieties else "utf-8",
            "most_read": boxes[:10],
            "latest": boxes[10:15],
            "section_href": _section_href(story),
            "plain_text": "no-paragraphs" in story.varieties,
            "box_emails": _box_emails(story),
            "journalist_line": _journalist_line(story),
            **_dates(story),
            **(_current(story) if story.edition == "2024" else _legacy(story)),
        }
        return self.render(_article_template(story), context)

    def missing(self) -> str:
        """Return the page of a deleted story, which the site serves with status 200."""
        return self.render("2024/missing.html", {})

    # Listings -------------------------------------------------------------------------

    def listing(self, page: ListingPage, path: str, edition: str, base: str) -> str:
        """Return a section page, or a ``list.php`` page in the layout of its first story."""
        layout = edition if edition == "2024" or not page.stories else page.stories[0].edition
        section = BY_SLUG.get(page.section)
        context = {
            "name": section.name if section else "All stories",
            "path": path,
            "page": page.number,
            "pager": _pager(page),
            "entries": [_entry(story, layout, base, page) for story in page.stories],
            "category_labels": section is None or section.parent is None,
            **self._listing_boxes(layout, page.section),
        }
        return self.render(f"{layout}/listing.html", context)

    def _listing_boxes(self, layout: str, slug: str) -> dict[str, list[Box]]:
        """Return the boxes beside a listing, with stories of other sections."""
        others = [box for story, box in self._candidates(layout) if slug not in story.listed_in]
        return {"most_read": others[:10], "latest": others[10:15]}

    def home(self, base: str) -> str:
        stories = self.newspaper.newest(8)
        page = ListingPage("", 1, 1, stories)
        boxes = self._boxes("2024")
        context = {
            "entries": [_entry(story, "2024", base, page) for story in stories],
            "most_read": boxes[:10],
            "latest": boxes[10:15],
        }
        return self.render("2024/home.html", context)

    def feed_index(self, feeds: list[tuple[str, str]]) -> str:
        return self.render("2024/feeds.html", {"feeds": feeds})

    # Parts ----------------------------------------------------------------------------

    def render(self, template: str, context: dict[str, Any]) -> str:
        """Return the page of a template, for example ``2024/article.html``, with the menus."""
        menus = {"menu": current_menu(), "archive_menu": archive_menu()}
        return templates(*self.packages).get_template(template).render({"charset": "utf-8"} | menus | context)

    def _boxes(self, edition: str) -> list[Box]:
        return [box for _, box in self._candidates(edition)]

    def _candidates(self, edition: str) -> list[tuple[Story, Box]]:
        """Return the stories of the boxes, which stay the same while the demo runs."""
        if edition not in self._ranked:
            found = self.newspaper.newest(60, edition="2024" if edition == "2024" else "2021")
            self._ranked[edition] = [(story, _box(story)) for story in found if story.state == "ok"]
        return self._ranked[edition]


def _article_template(story: Story) -> str:
    for kind in ("markup-2014", "markup-2018"):
        if kind in story.varieties:
            return f"2021/article_{kind[-4:]}.html"
    return f"{story.edition}/article.html"


def _current(story: Story) -> dict[str, Any]:
    forms = ("figure", "box", "figure", "table")
    meta_time = story.moment and (story.position % 3 == 0 or "ld-none" in story.varieties)
    return {
        "json_ld": json_ld.scripts(story),
        "section_in_meta": story.position % 2 == 0,
        "meta_time": story.moment.isoformat() if meta_time and story.moment else None,
        "image_form": forms[story.position % 4],
    }


def _legacy(story: Story) -> dict[str, Any]:
    day = "%Y-%m-%d %H:%M"
    return {
        "broken": "broken-nesting" in story.varieties or story.position % 3 == 0,
        "byline_links": _byline_links(story),
        "iso_published": f"{story.moment:{day}}" if story.moment else "",
        "iso_updated": f"{story.updated:{day}}" if story.updated else "",
    }


def _byline_links(story: Story) -> Markup:
    """Return the byline with each name linked to the list of its stories."""
    line = escape(story.byline or "")
    names = [author["name"] or "" for author in story.authors] or [(story.byline or "")[3:]]
    for name in names:
        link = Markup('<a href="/search/list_name.php?byline={}">{}</a>').format(quote_plus(name), name)
        line = line.replace(escape(name), link, 1)
    return Markup(line)  # noqa: S704 - escaped above  # nosec B704


def _box_emails(story: Story) -> list[tuple[str | None, str]]:
    shown = "mail-in-box" in story.varieties or story.position % 2 == 0
    return [(a["name"], mail) for a, mail in zip(story.authors, story.emails, strict=False)] if shown else []


def _journalist_line(story: Story) -> str | None:
    """Return byline and email addresses in one line of plain text."""
    if story.emails and ("markup-2014" in story.varieties or "mail-in-box" in story.varieties):
        return f"{story.byline} ({', '.join(story.emails)})"
    return None


def _section_href(story: Story) -> str:
    section = BY_SLUG[story.filed_under]
    if story.edition == "2024":
        return varieties.current_path(section) or "/"
    return f"/list.php?ct={section.codes[0]}"


# Dates --------------------------------------------------------------------------------


def ap_date(moment: datetime) -> str:
    """Return ``"Sept. 3, 2023"``."""
    return f"{_AP_MONTHS[moment.month - 1]} {moment.day}, {moment.year}"


def plain_date(moment: datetime) -> str:
    """Return ``"Sep 3, 2023"``."""
    return f"{moment:%b} {moment.day}, {moment.year}"


def _dates(story: Story) -> dict[str, str | None]:
    day = plain_date if story.edition == "2021" else ap_date
    clock = "%H:%M:%S" if story.edition == "2024" else "%H:%M"
    published = f"{day(story.moment)} - {story.moment:{clock}}" if story.moment else story.date_line
    updated = f"{day(story.updated)} - {story.updated:{clock}}" if story.updated else None
    return {"published": published, "updated": updated}


# Listings -----------------------------------------------------------------------------


def _entry(story: Story, layout: str, base: str, page: ListingPage) -> dict[str, Any]:
    section = BY_SLUG[story.filed_under]
    return {
        "href": href(story, layout, base),
        "title": story.title_html,
        "teaser": story.teaser if story.position % 5 else "",
        "date": (plain_date if layout == "2021" else ap_date)(story.filed),
        "thumb": story.og_image or _THUMB,
        "split": story.position % 4 == 1,
        "pinned": story is page.pinned,
        "category": section.name,
        "category_href": varieties.current_path(section) or "/",
    }


def href(story: Story, layout: str, base: str) -> str:
    """Return the address under which a listing links to the story, in one of the forms that the site uses."""
    form = story.position % 12
    if layout == "2024":
        if story.alias:
            return f"/view.php?ud={story.alias[-14:]}"
        path = f"/article/{story.id}"
        forms = {
            3: path,
            5: f"{_MOBILE}{path}",
            7: f"{base}{path}?utm_source=list&utm_medium=web",
            9: f"http://koreaherald.com{path}/",
        }
        return forms.get(form, base + path)
    path = f"view.php?ud={story.id}"
    slash = "/" if layout == "2021" else ""
    forms = {5: f"{_FORMER}/{path}", 7: f"{slash}{path}&md=20220325003058_BL", 9: f"{slash}{path}&kr=1&np=2"}
    return forms.get(form, slash + path)


def _box(story: Story) -> Box:
    path = f"/article/{story.id}" if story.edition == "2024" else f"/view.php?ud={story.id}"
    return Box(path, story.title_html, ap_date(story.filed))


def _pager(page: ListingPage) -> list[int]:
    first = (page.number - 1) // 10 * 10 + 1
    return [number for number in range(first, first + 10) if number <= page.pages]
