"""Pages of the site that only a browser can show: when one is asked, and what becomes of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any

from scrapy.exceptions import CloseSpider, DownloadConnectionRefusedError, DownloadFailedError
from scrapy.spidermiddlewares.httperror import HttpError

from herald_spider.archive.ledger import FAILED
from herald_spider.middlewares.archive_errors import closes_on_archive_error
from herald_spider.middlewares.failures import failure_reason
from herald_spider.middlewares.rendering import SPLASH
from herald_spider.spiders.base import HeraldBaseSpider

if TYPE_CHECKING:
    from scrapy.http import Response
    from twisted.python.failure import Failure

BUSY = 503
NEEDS = "needs rendering"


class RenderingSpider(HeraldBaseSpider):
    """A spider that asks once more, through a browser, for a page that its scripts must fill."""

    @property
    def renderer(self) -> str:
        """What renders pages in this run; "" if nothing does."""
        return str(self.settings["HERALD_RENDERING"] or "")

    def render(self, response: Response, listed_id: str, found: dict[str, Any]) -> Iterator[Any]:
        if "rendered" in response.meta:
            # Splash's WebKit knows no fetch, async or modules.
            hint = "; its script may be too new for it, try playwright" * (self.renderer == SPLASH)
            self.ended(listed_id, FAILED, f"{NEEDS}: {self.renderer} brought no article{hint}")
        elif not self.renderer:
            self.ended(listed_id, FAILED, f"{NEEDS}: set SPLASH_URL, or HERALD_RENDERER=playwright")
        else:
            self.count("render/asked", response.url)
            found = {**found, "listed_id": listed_id}
            yield self.article_request(response.url, cb_kwargs=found, meta={"render": "article"})

    @closes_on_archive_error
    async def failed(self, failure: Failure) -> AsyncIterator[Any]:
        request = failure.request  # type: ignore[attr-defined]
        if self.problem or "render" not in request.meta:
            async for each in super().failed(failure):
                yield each
            return
        reason = f"{NEEDS}: {self.renderer} failed, {failure_reason(failure)}"
        self.count("render/failed")
        self.logger.warning("No page from %s: %s", _address(request), reason)
        article = request.cb_kwargs.get("listed_id")
        if article and is_down(failure):  # it waits, and the next run asks at once
            self.count("render/left")
        elif article:
            self.ended(article, FAILED, reason)

    def check_rendered(self) -> None:
        """A run whose renders have all failed has not gone well, whatever else it brought."""
        count = self.crawler.stats.get_value
        if count("herald/render/asked", 0) and not count("herald/render/brought", 0):
            self.logger.error("Nothing that %s was asked to render came. Is it running?", self.renderer)
            raise CloseSpider("rendering_failed")


def is_down(failure: Failure) -> bool:
    """Whether the renderer did not answer at all, or is full: no fault of the page's."""
    if isinstance(failure.value, HttpError):
        return failure.value.response.status == BUSY
    return isinstance(failure.value, DownloadConnectionRefusedError | DownloadFailedError)


def _address(request: Any) -> str:
    """What was to be rendered; a request on its way to Splash has Splash's own address."""
    return str(request.meta.get("splash", {}).get("args", {}).get("url") or request.url)
