"""What is logged is fit to be read: nothing from a page steers a terminal, and no secret is told.

Both are done where a message is put together, so that they hold for all that logs (Scrapy,
Twisted, libraries, ourselves), wherever it goes: terminal, LOG_FILE, scrapyd's files.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from scrapy.logformatter import LogFormatter as _LogFormatter

from herald_spider.text.terminal import printable

if TYPE_CHECKING:
    from scrapy.logformatter import LogFormatterResult
    from scrapy.settings import BaseSettings

HIDDEN = "***"
_SHORTEST = 4  # characters: a shorter secret stands in any text by chance
_KINDS = (
    r"PASS(?:WORD|WD|PHRASE)?|TOKENS?|SECRET|CREDENTIALS?|WEBHOOK(?:_URL)?|DSN|(?:API|ACCESS|PRIVATE)_?KEY"
)
_NAME = re.compile(rf"(?:\w*_)?(?:{_KINDS})(?:_\w*)?", re.IGNORECASE)
# A password in an address, which may hold what should have been escaped.
_IN_ADDRESS = re.compile(r"://[^:/@\s]*:(\S+)@")
# As Scrapy prints the settings: 'SPIDERMON_SMTP_PASSWORD': 'x'. What is too short to be found elsewhere too.
_PRINTED = re.compile(
    rf"""(['"](?:\w*_)?(?:{_KINDS})(?:_\w*)?['"]: )(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")""", re.IGNORECASE
)
# A line that follows begins like one of the log, which has the time first.
_FORGED = re.compile(r"\n(?=\d)")

_secrets: set[str] = set()


class LogsAddon:
    """Makes log records of our kind, from before the settings are printed."""

    def update_settings(self, settings: BaseSettings) -> None:
        learn(settings)
        logging.setLogRecordFactory(Record)


class Record(logging.LogRecord):
    """A record whose message and traceback are `fit`."""

    def getMessage(self) -> str:
        return fit(super().getMessage())

    # The formatter puts the traceback here, and reads it from here.
    @property
    def exc_text(self) -> str | None:
        text = self.__dict__.get("exc_text")
        return fit(text) if text else None

    @exc_text.setter
    def exc_text(self, text: str | None) -> None:
        self.__dict__["exc_text"] = text


class LogFormatter(_LogFormatter):
    """Scrapy's, without what it says of each page and item where nobody listens (LOG_LEVEL)."""

    def crawled(self, *args: Any) -> LogFormatterResult | None:  # type: ignore[override]
        return super().crawled(*args) if _is_heard() else None

    def scraped(self, *args: Any) -> LogFormatterResult | None:  # type: ignore[override]
        return super().scraped(*args) if _is_heard() else None


def _is_heard() -> bool:
    """Whether a handler takes messages of Scrapy's level for them, DEBUG."""
    return any(handler.level <= logging.DEBUG for handler in logging.root.handlers)


def fit(text: str) -> str:
    """`text` without secrets and with all that could steer a terminal escaped; its lines stay."""
    text = without_secrets(text)
    if text.isprintable():
        return text
    lines = (printable(line.expandtabs(4)) for line in text.split("\n"))
    return _FORGED.sub("\n ", "\n".join(lines))


def learn(settings: BaseSettings) -> None:
    """Take what is secret in `settings` for that from now on."""
    _secrets.update(secrets_of(settings))


def without_secrets(text: str) -> str:
    for secret in sorted(_secrets, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return _PRINTED.sub(rf"\1'{HIDDEN}'", text)


def secrets_of(settings: BaseSettings) -> set[str]:
    """The passwords and tokens among the settings, and those of proxies; as given, meant, and shown in quotes."""
    given = {name: settings[name] for name in settings if settings.getpriority(name)}  # else Scrapy's own
    proxies = {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")}
    found = {*_secrets_in(given), *_secrets_in(proxies)}
    forms = (form for each in found for form in (each, unquote(each), repr(each)[1:-1]))
    return {form for form in forms if len(form) >= _SHORTEST}


def _secrets_in(value: Any, named: bool = False) -> Iterator[str]:
    if isinstance(value, str):
        yield from [value] if named else _IN_ADDRESS.findall(value)
    elif isinstance(value, Mapping):
        for name, each in value.items():
            yield from _IN_ADDRESS.findall(str(name))  # FEEDS has addresses for names
            yield from _secrets_in(each, named or bool(_NAME.fullmatch(str(name))))
    elif isinstance(value, Iterable) and not isinstance(value, bytes):
        for each in value:
            yield from _secrets_in(each, named)
