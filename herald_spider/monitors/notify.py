"""Spidermon's notifiers with the monitors' own words: mail, Slack, Telegram."""

from __future__ import annotations

import re
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from scrapy.utils.misc import load_object

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scrapy.settings import BaseSettings


PACKAGES = ("premailer", "slack_sdk", "requests")


class Needs:
    """A notifier: its class, and the settings that it cannot do without."""

    def __init__(self, path: str, settings: str):
        self.path, self.settings = path, settings.split()


NOTIFIERS = {
    "mail": Needs(
        "herald_spider.monitors.messages.Mail",
        "SPIDERMON_SMTP_HOST SPIDERMON_SMTP_USER SPIDERMON_SMTP_PASSWORD SPIDERMON_EMAIL_SENDER SPIDERMON_EMAIL_TO",
    ),
    "slack": Needs(
        "herald_spider.monitors.messages.Slack",
        "SPIDERMON_SLACK_SENDER_TOKEN SPIDERMON_SLACK_SENDER_NAME SPIDERMON_SLACK_RECIPIENTS",
    ),
    "telegram": Needs(
        "herald_spider.monitors.messages.Telegram",
        "SPIDERMON_TELEGRAM_SENDER_TOKEN SPIDERMON_TELEGRAM_RECIPIENTS",
    ),
}


def chosen(settings: BaseSettings) -> list[str]:
    return [name.strip() for name in settings.getlist("HERALD_NOTIFY") if name.strip()]


def notifiers(settings: BaseSettings) -> list[Any]:
    """The actions that the settings choose; they were checked before: see `problem`."""
    return [load_object(NOTIFIERS[name].path) for name in chosen(settings) if not _lacks(name, settings)]


def problem(settings: BaseSettings) -> str | None:
    """What is wrong with the notifiers that are chosen; None if nothing is.

    Spidermon itself would leave out all monitors without a word.
    """
    for name in chosen(settings):
        if lacking := _lacks(name, settings):
            return f"HERALD_NOTIFY={settings['HERALD_NOTIFY']!r}: {lacking}"
    return None


def _lacks(name: str, settings: BaseSettings) -> str | None:
    if name not in NOTIFIERS:
        return f"no notifier {name!r}; give {', '.join(NOTIFIERS)}"
    needs = NOTIFIERS[name]
    if any(find_spec(package) is None for package in PACKAGES):
        return f"{name} needs the extra: pip install '.[notify]' in its checkout"
    missing = [each for each in needs.settings if not settings[each]]
    return f"{name} needs {', '.join(missing)}, in the environment or in settings" if missing else None


_MARKDOWN = re.compile(r"([_*`\[])")


def telegram_text(text: str) -> str:
    """`text` as Spidermon's client puts it into an address, whose Markdown it does not escape."""
    return quote(_MARKDOWN.sub(r"\\\1", text), safe="")


def paragraphs(title: str, said: dict[str, str]) -> Iterator[str]:
    """A notice of what the monitors said."""
    yield title
    for label, words in said.items():
        yield f"{label}: {words}"
