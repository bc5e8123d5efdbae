"""The layouts of the site: one module for each generation of its markup, found by its place here.

A redesign is one new module with a `Layout` subclass in this folder, and two saved pages in
``tests/pages/``.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from herald_spider.loaders.generic import Generic
from herald_spider.loaders.layout import BodyMarkup, Layout
from herald_spider.loaders.page import Page


def _find() -> tuple[Layout, ...]:
    modules = [import_module(f"{__name__}.{each.name}") for each in iter_modules(__path__)]
    found = [
        value()
        for module in modules
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Layout) and value.__module__ == module.__name__
    ]
    return tuple(sorted(found, key=lambda layout: layout.name, reverse=True))


LAYOUTS = _find()  # newest first
GENERIC = Generic()
ALL = (*LAYOUTS, GENERIC)
BY_NAME = {layout.name: layout for layout in ALL}
BODY = BodyMarkup(ALL)


def layout_of(page: Page) -> Layout:
    """Return the newest layout that matches a page, `GENERIC` if none does."""
    return next((layout for layout in LAYOUTS if layout.matches(page)), GENERIC)
