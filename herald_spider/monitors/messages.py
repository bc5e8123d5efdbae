"""The notices themselves. Imported where they are chosen only: each needs packages of its own."""

from __future__ import annotations

import smtplib
import ssl
from typing import Any

from spidermon.contrib.actions.email.smtp import SendSmtpEmail
from spidermon.contrib.actions.slack import SendSlackMessage
from spidermon.contrib.actions.telegram import SendTelegramMessage

from herald_spider.monitors.notify import paragraphs, telegram_text
from herald_spider.monitors.suite import outcome


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


class Mail(_Notice, SendSmtpEmail):  # type: ignore[misc]
    """Likewise; sent by the standard library, as Spidermon's own way prints the headers into the body."""

    subject = "-"  # must not be empty; see get_subject

    def get_subject(self) -> str:
        return self.title

    def get_body_text(self) -> str:
        return self.text

    def get_body_html(self) -> str:
        return ""

    def send_message(self, message: Any, **_: Any) -> None:
        kind = smtplib.SMTP_SSL if self.smtp_enforce_ssl else smtplib.SMTP
        with kind(self.smtp_host, self.smtp_port, timeout=30) as server:
            if self.smtp_enforce_tls:
                server.starttls(context=ssl.create_default_context())
            server.login(self.smtp_user, self.smtp_password)
            server.send_message(message, to_addrs=[*self.to, *(self.cc or ()), *(self.bcc or ())])
