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
from herald_spider.loaders.rules import Rules


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
BODY = BodyMarkup(ALL)


def rules_of(name: str) -> Rules:
    """Return the rules of the layout with that name, {} if it no longer exists."""
    return next((layout.rules for layout in ALL if layout.name == name), {})


def file_of(name: str) -> str:
    """Return the file of the layout with that name, in the package; the folder if it no longer exists."""
    return next((layout.file for layout in ALL if layout.name == name), "loaders/layouts/")


def layout_of(page: Page) -> Layout:
    """Return the newest layout that matches a page, `GENERIC` if none does."""
    return next((layout for layout in LAYOUTS if layout.matches(page)), GENERIC)
