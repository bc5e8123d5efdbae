"""Reading of pages: articles, listings, menus, feeds and site maps.

An article takes one path: `page` (decode and parse), `layouts` (which generation of the markup),
`article` (its rules, then derived fields). No selector or class name of the site stands outside
`layouts`.
"""

from herald_spider.loaders.article import read_article
from herald_spider.loaders.checks import NO_PAGE, Moved, NeedsRendering, NoArticle

__all__ = ["NO_PAGE", "Moved", "NeedsRendering", "NoArticle", "read_article"]
