"""The notices themselves. Imported where they are chosen only: each needs packages of its own."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from spidermon.contrib.actions.email import SendEmail
from spidermon.contrib.actions.slack import SendSlackMessage
from spidermon.contrib.actions.telegram import SendTelegramMessage

from herald_spider.monitors.notify import paragraphs, telegram_text
from herald_spider.monitors.suite import outcome

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

PATIENCE = 30  # seconds


class _Notice:
    """The words of the monitors in place of Spidermon's templates, which say the names of monitors alone."""

    data: Any
    result: Any

    @property
    def title(self) -> str:
        spider = self.data.spider
        return (
            f"Herald Spider: {len(outcome(self.result))} monitors spoke in run {spider.job} of {spider.name}"
        )

    @property
    def text(self) -> str:
        return "\n\n".join(paragraphs(self.title, outcome(self.result)))


class Slack(_Notice, SendSlackMessage):  # type: ignore[misc]
    """Spidermon's, with our words."""

    include_attachments = False

    def get_message(self) -> str:
        return self.text


class Telegram(_Notice, SendTelegramMessage):  # type: ignore[misc]
    """Likewise."""

    def get_message(self) -> str:
        return telegram_text(self.text)


@dataclass(frozen=True)
class Server:
    """The mail server of Spidermon's settings."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    tls: str = ""  # "ssl" from the start, "starttls", or ""

    @classmethod
    def of(cls, settings: BaseSettings) -> Server:
        tls = "ssl" if settings.getbool("SPIDERMON_SMTP_ENFORCE_SSL") else ""
        tls = tls or ("starttls" if settings.getbool("SPIDERMON_SMTP_ENFORCE_TLS") else "")
        names = ("HOST", "USER", "PASSWORD")
        host, user, password = (settings[f"SPIDERMON_SMTP_{name}"] for name in names)
        return cls(host, settings.getint("SPIDERMON_SMTP_PORT") or 25, user, password, tls)

    def connect(self) -> smtplib.SMTP:
        if self.tls == "ssl":
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(self.host, self.port, timeout=PATIENCE, context=context)
        server = smtplib.SMTP(self.host, self.port, timeout=PATIENCE)
        if self.tls:
            server.starttls(context=ssl.create_default_context())
        return server


class Mail(_Notice, SendEmail):  # type: ignore[misc]
    """Likewise, in plain text. Sent by the standard library: Spidermon's own way is by Scrapy's deprecated mail module."""

    subject = "-"  # must not be empty; see get_subject

    def __init__(self, *args: Any, server: Server, **options: Any):
        super().__init__(*args, **options)
        self.server = server

    @classmethod
    def from_crawler_kwargs(cls, crawler: Any) -> dict[str, Any]:
        return {**super().from_crawler_kwargs(crawler), "server": Server.of(crawler.settings)}

    def get_subject(self) -> str:
        return self.title

    def get_body_text(self) -> str:
        return self.text

    def get_body_html(self) -> str:
        return ""

    def send_message(self, message: Any, **_: Any) -> None:
        with self.server.connect() as server:
            server.login(self.server.user, self.server.password)
            server.send_message(message, to_addrs=[*self.to, *(self.cc or ()), *(self.bcc or ())])
