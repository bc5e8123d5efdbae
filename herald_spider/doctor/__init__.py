"""Checks behind ``scrapy doctor``: the installation, one page, the assumptions about the site.

`installation` is the table of checks of this machine (`machine`, `archive`, `network`), `page` shows how
one page is read (`reading`), `site` checks the table in `facts`. `fetch` asks the site, `output` lays out lines.
"""
