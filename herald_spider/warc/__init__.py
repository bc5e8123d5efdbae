"""Web archives: files of records (WARC, ARC, WACZ), and the index of an archive server (CDX).

Nothing here depends on Scrapy's engine, or on the newspaper.
"""
