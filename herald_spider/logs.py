"""Log records without secrets and without characters that control a terminal.

Messages are cleaned when a record is formatted, so that this holds for every logger (of Scrapy, Twisted,
libraries and this project) and every destination: terminal, LOG_FILE, scrapyd's files.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from herald_spider.text.terminal import printable

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

HIDDEN = "***"
_MIN_LENGTH = 4  # characters; a shorter secret occurs in other text by chance
_MIN_TOKEN = 8  # characters of a value in a query that is hidden wherever it appears
_KINDS = (
    r"PASS(?:WORD|WD|PHRASE)?|TOKENS?|SECRET|CREDENTIALS?|WEBHOOK(?:_URL)?|DSN|(?:API|ACCESS|PRIVATE)_?KEY"
)
_NAME = re.compile(rf"(?:\w*_)?(?:{_KINDS})(?:_\w*)?", re.IGNORECASE)
# A password in an address; it may contain characters that should have been escaped.
_IN_ADDRESS = re.compile(r"://[^:/@\s]*:(\S+)@")
# The same in any text, such as an argument: without a slash, which follows a port.
_ADDRESS = re.compile(r"(://[^:/@\s'\"]*:)[^/@\s'\"]+(?=@)")
_QUERY = re.compile(rf"([?&;](?:[\w.-]*[_.-])?(?:{_KINDS}|AUTH|SIGNATURE)=)[^&;#\s'\"]+", re.IGNORECASE)
# A secret setting as Scrapy prints it, 'SPIDERMON_SMTP_PASSWORD': 'x', also if it is shorter than _MIN_LENGTH.
_PRINTED = re.compile(
    rf"""(['"](?:\w*_)?(?:{_KINDS})(?:_\w*)?['"]: )(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")""", re.IGNORECASE
)
# A further line of a message that could be taken for a record of its own, which begins with the time.
_FORGED = re.compile(r"\n(?=\d)")

_secrets: set[str] = set()


class LogsAddon:
    """Installs `Record` before Scrapy logs the settings, and shortens the errors of robots.txt."""

    def update_settings(self, settings: BaseSettings) -> None:
        mask(settings)
        logging.setLogRecordFactory(Record)
        if settings["LOG_LEVEL"] != "DEBUG":  # lists of all components, which fill a screen
            for name in ("scrapy.addons", "scrapy.middleware"):
                logging.getLogger(name).setLevel(logging.WARNING)
        logging.getLogger("scrapy.downloadermiddlewares.robotstxt").addFilter(without_traceback)


class Record(logging.LogRecord):
    """A record with a clean message and traceback (see `clean`)."""

    def getMessage(self) -> str:
        return clean(super().getMessage())

    # Formatters store the formatted traceback in this attribute and read it again.
    @property
    def exc_text(self) -> str | None:
        text = self.__dict__.get("exc_text")
        return clean(text) if text else None

    @exc_text.setter
    def exc_text(self, text: str | None) -> None:
        self.__dict__["exc_text"] = text


def without_traceback(record: logging.LogRecord) -> bool:
    """Drop the traceback of a record whose message is enough (a filter for the loggers of libraries)."""
    record.exc_info = None
    return True


def clean(text: str) -> str:
    """Return `text` without secrets, with control characters escaped except line breaks."""
    text = without_secrets(text)
    if text.isprintable():
        return text
    lines = (printable(line.expandtabs(4)) for line in text.split("\n"))
    return _FORGED.sub("\n ", "\n".join(lines))


def mask(settings: BaseSettings) -> None:
    """Register the secret values of `settings` for masking."""
    _secrets.update(secrets_of(settings))


def without_secrets(text: str) -> str:
    """Return `text` with `HIDDEN` in place of the registered secrets, and of passwords and tokens in addresses."""
    for secret in sorted(_secrets, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    text = _QUERY.sub(rf"\1{HIDDEN}", _ADDRESS.sub(rf"\1{HIDDEN}", text))
    return _PRINTED.sub(rf"\1'{HIDDEN}'", text)


def secrets_of(settings: BaseSettings) -> set[str]:
    """Return the passwords and tokens in the settings and in proxies: as given, unquoted, and as `repr` prints them."""
    given = {name: settings[name] for name in settings if settings.getpriority(name)}  # else Scrapy's default
    services = (str(value) for name, value in given.items() if name.startswith(("HERALD_", "SPLASH_")))
    webhooks = (each.strip() for each in str(given.get("HERALD_NOTIFY", "")).split(",") if "://" in each)
    proxies = {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")}
    found = {
        *_secrets_in(given),
        *_secrets_in(proxies),
        *(each for text in services for each in _in_query(text)),
        *webhooks,
    }
    forms = (form for each in found for form in (each, unquote(each), repr(each)[1:-1]))
    return {form for form in forms if len(form) >= _MIN_LENGTH}


def _in_query(address: str) -> Iterator[str]:
    """Yield the values in the query of a service's address; a short one, as in "wait=true", with its name."""
    _, _, query = address.partition("#")[0].partition("?") if "://" in address else ("", "", "")
    for pair in re.split("[&;]", query):
        value = pair.partition("=")[2] or pair
        yield value if len(value) >= _MIN_TOKEN else pair


def _secrets_in(value: Any, is_secret: bool = False) -> Iterator[str]:
    if isinstance(value, str):
        yield from [value] if is_secret else _IN_ADDRESS.findall(value)
    elif isinstance(value, Mapping):
        for name, each in value.items():
            yield from _IN_ADDRESS.findall(str(name))  # the names in FEEDS are addresses
            yield from _secrets_in(each, is_secret or bool(_NAME.fullmatch(str(name))))
    elif isinstance(value, Iterable) and not isinstance(value, bytes):
        for each in value:
            yield from _secrets_in(each, is_secret)
