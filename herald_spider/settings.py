"""Scrapy settings of Herald Spider: polite by default.

What an installation sets stands in the environment, or on the command line with
``-s NAME=VALUE``: HERALD_ARCHIVE, HERALD_CONTACT and all others of our own.
"""

import os
import socket

from scrapy.settings import default_settings

BOT_NAME = "herald_spider"
SPIDER_MODULES = ["herald_spider.spiders"]
NEWSPIDER_MODULE = "herald_spider.spiders"
COMMANDS_MODULE = "herald_spider.commands"

# --- Herald Spider's own --------------------------------------------------------------

# The host that stands for the site: the paper, the demo newspaper, a mirror.
HERALD_BASE_URL = "https://www.koreaherald.com"
# The folder that keeps what was crawled.
HERALD_ARCHIVE = "archive"
# A database that several machines share, as postgresql://...; else SQLite in the archive.
HERALD_LEDGER_URL = ""
# A Redis server whose queue several processes share, as redis://...; else each run has its own queue.
HERALD_REDIS_URL = ""
# The name of this machine among those that share a ledger: each owns the segments that it wrote.
HERALD_NODE = socket.gethostname()
# What a run does while another of its spider works on the same archive: exit, wait or allow.
HERALD_OVERLAP = "exit"
# The folder through which the runs of a machine keep one pace; else one in the user's home.
HERALD_PACE_FOLDER = ""
# A process that has said nothing for so long has left the crawl that it shared.
HERALD_WORKER_SECONDS = 30
# Articles published less long ago are asked for again, conditionally, for revisions; 0 asks none.
HERALD_REVISIT_HOURS = "48"
# What happens to wire copy that nearly repeats an earlier article: mark, drop or off.
HERALD_NEAR_DUPLICATES = "mark"
# What a run says of its progress: a line on a terminal (auto), or nothing (off).
HERALD_PROGRESS = "auto"
# A segment is compressed when its run has ended: zst, gz or off.
HERALD_COMPRESS = "off"
# The web archive of spider wayback: its CDX server, where it serves captures, rows an answer.
HERALD_CDX_URL = "https://web.archive.org/cdx/search/cdx"
HERALD_MEMENTO_URL = "https://web.archive.org/web"
HERALD_CDX_LIMIT = "5000"
# A host that says Retry-After is left alone for so long; asked for more seconds, the run ends.
HERALD_RETRY_AFTER_LIMIT = "600"
# A page on each run, for people, is written into the archive when it has ended: on or off.
HERALD_REPORT = "on"
# A crawl's answers are also kept as they came, as WARC in the archive: on or off.
HERALD_WARC = "off"
HERALD_WARC_SIZE = 1024**3  # bytes of a file, after which a new one begins
# A crash loses nothing, but what was read since the last commit is asked for again.
HERALD_COMMIT_ARTICLES = 100
HERALD_COMMIT_SECONDS = 5
# Who runs this crawler: an address that the site's operators can write to or read.
HERALD_CONTACT = ""
# Staff addresses are personal data; the corpus does without them unless asked.
HERALD_KEEP_EMAILS = "0"
# A listing that never ends is cut here, with an error in the log.
HERALD_MAX_LISTING_PAGES = 5000
# So many answers 403 or 429 in a row end the run: the site does not want us now.
HERALD_BLOCKED_LIMIT = 5
# So many pages in a row that could not be had, and no front page either, end it too: the site is down.
HERALD_OUTAGE_LIMIT = 10
# So many articles wait in memory until the listings are walked, so that `listed_in` is whole; the others in the ledger.
HERALD_WAITING_LIMIT = 5_000

# --- Watching -------------------------------------------------------------------------

# A run in which a monitor failed ends with exit status 3.
HERALD_STRICT = "0"
# Runs before this day or time are not compared with: what has changed since is meant.
HERALD_BASELINE = ""
# Who is told when a monitor speaks: mail, slack, telegram, with Spidermon's settings for each.
HERALD_NOTIFY = ""
SPIDERMON_ENABLED = True
SPIDERMON_SPIDER_CLOSE_MONITORS = ("herald_spider.monitors.suite.RunSuite",)

# --- Pages that need JavaScript ---------------------------------------------------------

# A Splash server; without it nothing is rendered by Splash.
SPLASH_URL = ""
# What renders: splash (where SPLASH_URL is set) or playwright (with Chromium).
HERALD_RENDERER = "splash"
# Chromium for playwright; else the first in the path, else playwright's own.
HERALD_CHROMIUM = ""
# How long a page may take to show what we came for, beside its loading.
HERALD_RENDER_SECONDS = 15
# How often "more" is pressed on a rendered listing.
HERALD_RENDER_PRESSES = 20
# Slugs of sections whose listings are always rendered, beside those marked in sections.py.
HERALD_RENDER_SECTIONS = ""
# Hosts beside the site's that a rendered page may load scripts from, as https://cdn.example.org.
HERALD_RENDER_HOSTS = ""
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
    "herald_spider.extensions.report.ReportExtension": 600,  # after the monitors, whose words it tells
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
