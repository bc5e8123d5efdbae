"""The menus of the demo newspaper: today's sections, and those of the archive."""

from __future__ import annotations

from functools import cache
from typing import Any

from markupsafe import Markup

from demo import varieties
from herald_spider.sections import SECTIONS, Section


@cache
def current_menu() -> Markup:
    """Return the menu of today's sections, some with paths that no other page shows."""
    return _menu({section.slug: varieties.current_path(section) for section in SECTIONS}, "parent")


@cache
def archive_menu() -> Markup:
    """Return the menu of the sections before 2024."""
    hrefs = {s.slug: f"/list.php?ct={s.codes[0]}" for s in SECTIONS if s.codes}
    hrefs |= {s.slug: f"/list.php?ctv={s.series}" for s in SECTIONS if s.series}
    return _menu(hrefs, "former_parent")


def _menu(hrefs: dict[str, Any], kinship: str) -> Markup:
    shown = [section for section in SECTIONS if hrefs.get(section.slug)]
    tops = [s for s in shown if _parent(s, kinship) not in hrefs or not hrefs[_parent(s, kinship)]]
    items = [
        _menu_item(hrefs, top, [s for s in shown if _parent(s, kinship) == top.slug], kinship) for top in tops
    ]
    return Markup("<ul class='gnb'>\n{}\n</ul>").format(Markup("\n").join(items))


def _menu_item(hrefs: dict[str, Any], top: Section, below: list[Section], kinship: str) -> Markup:
    leaf = Markup("<li><a href='{}'>{}</a></li>")
    leaves = Markup("").join(leaf.format(hrefs[s.slug], _label(s, kinship)) for s in below)
    sub = Markup("<ul>{}</ul>").format(leaves) if leaves else ""
    return Markup("<li><a href='{}'>{}</a>{}</li>").format(hrefs[top.slug], _label(top, kinship), sub)


def _parent(section: Section, kinship: str) -> str:
    return (section.former_parent if kinship == "former_parent" else None) or section.parent or ""


def _label(section: Section, kinship: str) -> str:
    return section.names[-1] if kinship == "former_parent" else section.name
