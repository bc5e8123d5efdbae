"""Scrapy settings of Herald Spider: polite by default.

An installation gives its values in the environment, or on the command line with ``-s NAME=VALUE``:
HERALD_ARCHIVE, HERALD_CONTACT and the other settings of the project.
"""

import os

from scrapy.settings import default_settings

from herald_spider import options

BOT_NAME = "herald_spider"
SPIDER_MODULES = ["herald_spider.spiders"]
NEWSPIDER_MODULE = "herald_spider.spiders"
COMMANDS_MODULE = "herald_spider.commands"

# The project's own settings: herald_spider/options.py declares and docs/settings.md lists them.
globals().update(options.defaults())

SPIDERMON_ENABLED = True
SPIDERMON_SPIDER_CLOSE_MONITORS = ("herald_spider.monitors.suite.RunSuite",)
ADDONS = {
    "herald_spider.logs.LogsAddon": 0,  # before Scrapy logs the settings
    "herald_spider.middlewares.rendering.RenderingAddon": 500,
    "herald_spider.cluster.ClusterAddon": 600,  # does nothing unless HERALD_REDIS_URL is set
}

# --- Politeness -----------------------------------------------------------------------

ROBOTSTXT_OBEY = True  # default False
# All runs of a machine share one DOWNLOAD_DELAY: see herald_spider/middlewares/pace.py.
DOWNLOAD_HANDLERS = {
    "http": "herald_spider.middlewares.pace.PacedDownloadHandler",
    "https": "herald_spider.middlewares.pace.PacedDownloadHandler",
    **dict.fromkeys(("data", "file", "ftp", "s3")),  # only the web is requested
}
PACE_CLASS = "herald_spider.middlewares.pace.MachinePace"
DOWNLOAD_DELAY_JITTER = 0  # default 0.5, which would make the average delay differ from DOWNLOAD_DELAY
CONCURRENT_REQUESTS_PER_DOMAIN = 1  # default 8
CONCURRENT_REQUESTS = 1  # default 16: a run that is stopped has no queue left to send
DOWNLOAD_DELAY = 1  # default 0
AUTOTHROTTLE_ENABLED = True  # default False: slows down when the site does
AUTOTHROTTLE_START_DELAY = 1  # default 5
AUTOTHROTTLE_MAX_DELAY = 60
RETRY_TIMES = 2
RETRY_GIVE_UP_LOG_LEVEL = "WARNING"  # default ERROR: the spider logs the failure and its reason

# Default 100: that many tasks are made for each response, and a page holds one article.
CONCURRENT_ITEMS = 1

# --- Bounds ---------------------------------------------------------------------------

DOWNLOAD_TIMEOUT = 60  # default 180; from the request to the last byte
DOWNLOAD_MAXSIZE = (
    16 * 1024 * 1024
)  # default 1 GiB; also for unpacked responses; a page of the site has 60 KB
DOWNLOAD_WARNSIZE = 4 * 1024 * 1024  # default 32 MiB
COOKIES_ENABLED = False  # default True: articles need none
TELNETCONSOLE_ENABLED = False  # default True: a port that runs Python
REFERRER_POLICY = "same-origin"
# Refuses public names that resolve to private addresses.
TWISTED_DNS_RESOLVER = "herald_spider.middlewares.offsite.GuardedResolver"

# --- Components -----------------------------------------------------------------------

DOWNLOADER_MIDDLEWARES = {
    # First, before robots.txt is requested.
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
    "herald_spider.middlewares.offsite.HostsMiddleware": 50,
    # Obeys RFC 9309 also for a robots.txt that cannot be had, and Crawl-delay.
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "herald_spider.middlewares.robots.RobotsMiddleware": 100,
    # Below 550: after the retries.
    "herald_spider.middlewares.blocked.BlockedMiddleware": 540,
    "herald_spider.middlewares.outage.OutageMiddleware": 541,
    # Above 550: before RetryMiddleware repeats the request.
    "herald_spider.middlewares.retry_after.RetryAfterMiddleware": 560,
    # Does not decode every page, as Scrapy's does.
    "scrapy.downloadermiddlewares.redirect.MetaRefreshMiddleware": None,
    "herald_spider.middlewares.metarefresh.MetaRefreshMiddleware": 580,
    "herald_spider.middlewares.incomplete.IncompletePageMiddleware": 585,  # below 590: unpacked pages
    # Closest to the network: responses as the server sent them. Disabled unless HERALD_WARC is on.
    "herald_spider.middlewares.warc.WarcMiddleware": 950,
}
ITEM_PIPELINES = {
    "herald_spider.pipelines.validate.ValidatePipeline": 100,  # drops invalid items
    "herald_spider.pipelines.deduplicate.DeduplicatePipeline": 200,  # drops duplicates
    "herald_spider.pipelines.export.ExportPipeline": 900,  # last: an exported item is complete
}
SPIDER_MIDDLEWARES = {
    "herald_spider.middlewares.archive_errors.ArchiveErrorMiddleware": 0,  # around all others
    "herald_spider.middlewares.overlap.OverlapMiddleware": 10,  # before the first request
}
# Without Scrapy's remote control, a port that runs Python. Disabling it with None would import it, which takes a
# tenth of the time to start.
EXTENSIONS_BASE = {
    name: order for name, order in default_settings.EXTENSIONS_BASE.items() if "remote_control" not in name
}
EXTENSIONS = {
    "scrapy.extensions.feedexport.FeedExporter": None,
    "herald_spider.extensions.feeds.FeedExporter": 0,
    "herald_spider.extensions.observe.ObserveExtension": 100,
    # Disabled unless standard error is a terminal.
    "herald_spider.extensions.progress.ProgressExtension": 200,
    "herald_spider.extensions.monitors.MonitorsExtension": 500,  # after the run is recorded in the ledger
    "herald_spider.report.extension.ReportExtension": 600,  # after the monitors, whose results it shows
    "herald_spider.extensions.summary.SummaryExtension": 900,
    "herald_spider.extensions.notices.NoticesExtension": 950,  # last: a slow server must not delay the summary
}
SPIDER_CONTRACTS = {
    "scrapy.contracts.default.UrlContract": None,
    "herald_spider.spiders.contracts.SiteUrlContract": 1,
}

LOG_LEVEL = "INFO"  # default DEBUG, which prints every item
STATS_DUMP = False  # default True: a hundred lines at the end of the log, which also has a summary
FEED_EXPORT_ENCODING = "utf-8"
FEED_STORE_EMPTY = False  # default True: a run that finds nothing new would empty the file of -O
FEED_EXPORTERS = {
    "csv": "herald_spider.extensions.exporters.CsvItemExporter",
    "xml": "herald_spider.extensions.exporters.XmlItemExporter",
    "parquet": "herald_spider.extensions.exporters.ParquetItemExporter",
}

# --- The environment ------------------------------------------------------------------

# The environment sets the project's settings, Splash's and Spidermon's; an empty value counts as not set.
globals().update(
    {
        name: value
        for name, value in os.environ.items()
        if value
        and (name.startswith("SPIDERMON_") or (name.startswith(("HERALD_", "SPLASH_")) and name in globals()))
    }
)
