"""WARC, the web's archive format (ISO 28500): written beside a crawl, read in place of one.

Nothing here knows what an article is.
"""
