"""Notices by mail, Slack and Telegram, with Spidermon's actions.

Import this module only if a notifier is chosen: Spidermon's actions need the packages of the extra ``notify``.
"""

from __future__ import annotations

import re
import smtplib
import ssl
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from spidermon.contrib.actions.email import SendEmail
from spidermon.contrib.actions.slack import SendSlackMessage
from spidermon.contrib.actions.telegram import SendTelegramMessage

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

    from herald_spider.monitors.notify import Notice

SMTP_TIMEOUT = 30  # seconds
_MARKDOWN = re.compile(r"([_*`\[])")


class _Message:
    """A notice as an action of Spidermon's, whose own templates only name the monitors."""

    notice: Notice

    @classmethod
    def send(cls, settings: BaseSettings, notice: Notice) -> None:
        action: Any = cls.from_crawler(SimpleNamespace(settings=settings))  # type: ignore[attr-defined]
        action.notice = notice
        action.run_action()


class Slack(_Message, SendSlackMessage):  # type: ignore[misc]
    """A Slack message."""

    include_attachments = False

    def get_message(self) -> str:
        return self.notice.text


class Telegram(_Message, SendTelegramMessage):  # type: ignore[misc]
    """A Telegram message."""

    def get_message(self) -> str:
        # Spidermon's client puts the text into an address as it is, and Telegram reads it as Markdown.
        return quote(_MARKDOWN.sub(r"\\\1", self.notice.text), safe="")


class Mail(_Message, SendEmail):  # type: ignore[misc]
    """A mail in plain text, sent by the standard library: Spidermon uses Scrapy's deprecated mail module."""

    subject = "-"  # Spidermon refuses an empty one; see get_subject

    def __init__(self, *args: Any, settings: BaseSettings, **options: Any):
        super().__init__(*args, **options)
        self.settings = settings

    @classmethod
    def from_crawler_kwargs(cls, crawler: Any) -> dict[str, Any]:
        return {**super().from_crawler_kwargs(crawler), "settings": crawler.settings}

    def get_subject(self) -> str:
        return self.notice.title

    def get_body_text(self) -> str:
        return self.notice.text

    def get_body_html(self) -> str:
        return ""

    def send_message(self, message: Any, **_: Any) -> None:
        with connect(self.settings) as server:
            server.login(self.settings["SPIDERMON_SMTP_USER"], self.settings["SPIDERMON_SMTP_PASSWORD"])
            server.send_message(message, to_addrs=[*self.to, *(self.cc or ()), *(self.bcc or ())])


def connect(settings: BaseSettings) -> smtplib.SMTP:
    """Return a connection to the mail server of Spidermon's settings, encrypted as they say."""
    host, port = settings["SPIDERMON_SMTP_HOST"], settings.getint("SPIDERMON_SMTP_PORT") or 25
    context = ssl.create_default_context()
    if settings.getbool("SPIDERMON_SMTP_ENFORCE_SSL"):
        return smtplib.SMTP_SSL(host, port, timeout=SMTP_TIMEOUT, context=context)
    server = smtplib.SMTP(host, port, timeout=SMTP_TIMEOUT)
    if settings.getbool("SPIDERMON_SMTP_ENFORCE_TLS"):
        server.starttls(context=context)
    return server
