"""Scrapy settings of Herald Spider: polite by default.

What an installation sets stands in the environment, or on the command line with
``-s NAME=VALUE``: HERALD_ARCHIVE, HERALD_CONTACT and all others of our own.
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
    "herald_spider.logs.LogsAddon": 0,  # before anything is logged of the settings
    "herald_spider.middlewares.rendering.RenderingAddon": 500,
    "herald_spider.cluster.ClusterAddon": 600,  # does nothing unless HERALD_REDIS_URL is set
}

# --- Politeness -----------------------------------------------------------------------

ROBOTSTXT_OBEY = True  # default False
# All runs of a machine keep DOWNLOAD_DELAY together: see herald_spider/middlewares/pace.py.
DOWNLOAD_HANDLERS = {
    "http": "herald_spider.middlewares.pace.PacedDownloadHandler",
    "https": "herald_spider.middlewares.pace.PacedDownloadHandler",
    **dict.fromkeys(("data", "file", "ftp", "s3")),  # nothing but the web is asked
}
PACE_CLASS = "herald_spider.middlewares.pace.MachinePace"
DOWNLOAD_DELAY_JITTER = 0  # default 0.5: the delay is what it says; a common pace has no rhythm of its own
CONCURRENT_REQUESTS_PER_DOMAIN = 1  # default 8
CONCURRENT_REQUESTS = 1  # default 16: a run that is told to end has no queue left to send
DOWNLOAD_DELAY = 1  # default 0
AUTOTHROTTLE_ENABLED = True  # default False: slows down when the site does
AUTOTHROTTLE_START_DELAY = 1  # default 5
AUTOTHROTTLE_MAX_DELAY = 60
RETRY_TIMES = 2
RETRY_GIVE_UP_LOG_LEVEL = "WARNING"  # default ERROR: the spider names what failed and why

# Default True: a look at the source of each callback, each time it is called.
WARN_ON_GENERATOR_RETURN_VALUE = False
# Default 100: so many tasks are made for each answer, and a page of ours holds one article.
CONCURRENT_ITEMS = 1

# --- Bounds ---------------------------------------------------------------------------

DOWNLOAD_TIMEOUT = 60  # default 180; from the request to the last byte, however slow they drip
DOWNLOAD_MAXSIZE = 16 * 1024 * 1024  # default 1 GiB; unpacked, too; a page of the site has 60 KB
DOWNLOAD_WARNSIZE = 4 * 1024 * 1024  # default 32 MiB
COOKIES_ENABLED = False  # default True: articles need none
TELNETCONSOLE_ENABLED = False  # default True: a port that runs Python
REFERRER_POLICY = "same-origin"
TWISTED_DNS_RESOLVER = (
    "herald_spider.middlewares.offsite.GuardedResolver"  # a public name leads to no private address
)

# --- Components -----------------------------------------------------------------------

DOWNLOADER_MIDDLEWARES = {
    # First, before robots.txt is asked for: lets nothing through to another host.
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
    "herald_spider.middlewares.offsite.HostsMiddleware": 50,
    # Logs an unreachable robots.txt in one line, in place of a traceback.
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "herald_spider.middlewares.robotstxt.RobotsTxtMiddleware": 100,
    # Scrapy's decodes every page.
    "scrapy.downloadermiddlewares.redirect.MetaRefreshMiddleware": None,
    "herald_spider.middlewares.metarefresh.MetaRefreshMiddleware": 580,
    # Scrapy's takes half a page for a page.
    "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,
    "herald_spider.middlewares.httpcompression.HttpCompressionMiddleware": 590,
    "herald_spider.middlewares.httpcompression.WholePageMiddleware": 585,
    # Below 550: sees what is left after the retries.
    "herald_spider.middlewares.blocked.BlockedMiddleware": 540,
    "herald_spider.middlewares.outage.OutageMiddleware": 541,
    # Above 550: sees what RetryMiddleware would send again at once, and what it sends.
    "herald_spider.middlewares.retry_after.RetryAfterMiddleware": 560,
    # Next to the network: sees each answer, as the server sent it. Not there unless HERALD_WARC is on.
    "herald_spider.middlewares.warc.WarcMiddleware": 950,
}
ITEM_PIPELINES = {
    "herald_spider.pipelines.validate.ValidatePipeline": 100,  # nothing invalid goes further
    "herald_spider.pipelines.deduplicate.DeduplicatePipeline": 200,  # nothing twice
    "herald_spider.pipelines.export.ExportPipeline": 900,  # last: what is written is done
}
SPIDER_MIDDLEWARES = {
    "herald_spider.middlewares.archive_errors.ArchiveErrorMiddleware": 0,  # around all others
    "herald_spider.middlewares.overlap.OverlapMiddleware": 10,  # before anything is asked for
}
# Without another port that runs Python: to name it with None would import it, a tenth of a start.
EXTENSIONS_BASE = {
    name: order for name, order in default_settings.EXTENSIONS_BASE.items() if "remote_control" not in name
}
EXTENSIONS = {
    "scrapy.extensions.feedexport.FeedExporter": None,
    "herald_spider.extensions.feeds.FeedExporter": 0,
    "herald_spider.extensions.garbage.GarbageExtension": 50,
    "herald_spider.extensions.observe.ObserveExtension": 100,
    # Not there unless somebody watches the run on a terminal.
    "herald_spider.extensions.progress.ProgressExtension": 200,
    "herald_spider.extensions.monitors.MonitorsExtension": 500,  # when the run stands in the ledger
    "herald_spider.report.extension.ReportExtension": 600,  # after the monitors, whose results it shows
    "herald_spider.extensions.summary.SummaryExtension": 900,
}
SPIDER_CONTRACTS = {
    "scrapy.contracts.default.UrlContract": None,
    "herald_spider.spiders.contracts.SiteUrlContract": 1,
}

STATS_CLASS = "herald_spider.stats.PlainStats"
LOG_LEVEL = "INFO"  # default DEBUG, which prints every item
LOG_FORMATTER = "herald_spider.logs.LogFormatter"
FEED_EXPORT_ENCODING = "utf-8"
FEED_EXPORTERS = {
    "csv": "herald_spider.extensions.exporters.CsvItemExporter",
    "xml": "herald_spider.extensions.exporters.XmlItemExporter",
}

# --- The environment ------------------------------------------------------------------

# Of the settings above our own and Splash's, and all of Spidermon's; what is empty there is not set.
globals().update(
    {
        name: value
        for name, value in os.environ.items()
        if value
        and (name.startswith("SPIDERMON_") or (name.startswith(("HERALD_", "SPLASH_")) and name in globals()))
    }
)
