"""Notices of runs that failed: which are sent, and by mail, Slack, Telegram or a webhook."""

from __future__ import annotations

import json
import logging
import urllib.request
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING

from scrapy.utils.misc import load_object

from herald_spider import __version__
from herald_spider.option_types import NOTIFIERS, origin_of_webhook
from herald_spider.text.terminal import plural, printable

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

PACKAGES = ("premailer", "slack_sdk", "requests")
TIMEOUT = 30  # seconds
_SMTP = ("SPIDERMON_SMTP_HOST", "SPIDERMON_SMTP_USER", "SPIDERMON_SMTP_PASSWORD")
# The settings that each notifier needs.
_NEEDED = {
    "mail": (*_SMTP, "SPIDERMON_EMAIL_SENDER", "SPIDERMON_EMAIL_TO"),
    "slack": ("SPIDERMON_SLACK_SENDER_TOKEN", "SPIDERMON_SLACK_SENDER_NAME", "SPIDERMON_SLACK_RECIPIENTS"),
    "telegram": ("SPIDERMON_TELEGRAM_SENDER_TOKEN", "SPIDERMON_TELEGRAM_RECIPIENTS"),
}
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Notice:
    """The report of a run to its operators: how it ended, its error if it did not end well, and the failed monitors."""

    spider: str
    job: str
    host: str
    outcome: str
    error: str | None
    monitors: Mapping[str, str]
    version: str = __version__

    @property
    def title(self) -> str:
        failed = f"{plural(len(self.monitors), 'monitor')} failed in"
        what = f"{self.outcome} ended" if self.error is not None else failed
        return f"Herald Spider: {what} run {self.job} of {self.spider} on {self.host}"

    @property
    def text(self) -> str:
        problems = [f"{label}: {text}" for label, text in self.monitors.items()]
        return "\n\n".join([self.title, *([self.error] if self.error else []), *problems])


def chosen(settings: BaseSettings) -> list[str]:
    return [name.strip() for name in settings.getlist("HERALD_NOTIFY") if name.strip()]


def send(settings: BaseSettings, notice: Notice) -> None:
    """Send a notice by each chosen notifier. One that fails is an error in the log, and the others are used."""
    for name in chosen(settings):
        host = origin_of_webhook(name)
        if host is None and _lacks(name, settings):  # see `problem`
            continue
        try:
            if host:
                _post(name, notice)
            else:
                load_object(f"herald_spider.monitors.messages.{name.capitalize()}").send(settings, notice)
        except Exception as error:  # noqa: BLE001 - of a service; logged
            logger.error("%s failed: %s", host or name.capitalize(), printable(error))


def _post(url: str, notice: Notice) -> None:
    content = json.dumps({"title": notice.title, "text": notice.text, **asdict(notice)})
    headers = {"Content-Type": "application/json", "User-Agent": f"HeraldSpider/{__version__}"}
    request = urllib.request.Request(url, content.encode(), headers)  # noqa: S310 - http or https, see settings
    urllib.request.urlopen(request, timeout=TIMEOUT).close()  # noqa: S310


def problem(settings: BaseSettings) -> str | None:
    """Return what is wrong with the chosen notifiers, or None."""
    for name in chosen(settings):
        if origin_of_webhook(name) is None and (lacking := _lacks(name, settings)):
            return f"HERALD_NOTIFY={settings['HERALD_NOTIFY']!r}: {lacking}"
    return None


def _lacks(name: str, settings: BaseSettings) -> str | None:
    if name not in NOTIFIERS:
        return f"no notifier {name!r}; give {', '.join(NOTIFIERS)}, or the address of a webhook"
    if any(find_spec(package) is None for package in PACKAGES):
        return f"{name} needs the extra: pip install '.[notify]' in its checkout"
    missing = [each for each in _NEEDED[name] if not settings[each]]
    return f"{name} needs {', '.join(missing)}, in the environment or in settings" if missing else None
