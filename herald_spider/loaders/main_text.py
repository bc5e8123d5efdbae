"""The main text of a page whose body container is unknown."""

from __future__ import annotations

from herald_spider.loaders.page import Page


def main_text(page: Page) -> list[str]:
    """The paragraphs of the page's main text, as trafilatura finds them."""
    import trafilatura  # half a second to import, and a healthy crawl never needs it

    text = trafilatura.extract(page.selector.get(), include_comments=False, include_tables=True)
    return text.split("\n") if text else []
