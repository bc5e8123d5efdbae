"""The choice of notifiers in HERALD_NOTIFY: mail, Slack, Telegram."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from scrapy.utils.misc import load_object

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

PACKAGES = ("premailer", "slack_sdk", "requests")
_SMTP = ("SPIDERMON_SMTP_HOST", "SPIDERMON_SMTP_USER", "SPIDERMON_SMTP_PASSWORD")
# The settings that each notifier needs.
NOTIFIERS = {
    "mail": (*_SMTP, "SPIDERMON_EMAIL_SENDER", "SPIDERMON_EMAIL_TO"),
    "slack": ("SPIDERMON_SLACK_SENDER_TOKEN", "SPIDERMON_SLACK_SENDER_NAME", "SPIDERMON_SLACK_RECIPIENTS"),
    "telegram": ("SPIDERMON_TELEGRAM_SENDER_TOKEN", "SPIDERMON_TELEGRAM_RECIPIENTS"),
}


def chosen(settings: BaseSettings) -> list[str]:
    return [name.strip() for name in settings.getlist("HERALD_NOTIFY") if name.strip()]


def notifiers(settings: BaseSettings) -> list[Any]:
    """Return the Spidermon actions of the chosen notifiers; see `problem` for those that are not usable."""
    usable = (name for name in chosen(settings) if not _lacks(name, settings))
    return [load_object(f"herald_spider.monitors.messages.{name.capitalize()}") for name in usable]


def problem(settings: BaseSettings) -> str | None:
    """Return what is wrong with the chosen notifiers, or None.

    Without this check, Spidermon leaves out all monitors and reports nothing.
    """
    for name in chosen(settings):
        if lacking := _lacks(name, settings):
            return f"HERALD_NOTIFY={settings['HERALD_NOTIFY']!r}: {lacking}"
    return None


def _lacks(name: str, settings: BaseSettings) -> str | None:
    if name not in NOTIFIERS:
        return f"no notifier {name!r}; give {', '.join(NOTIFIERS)}"
    if any(find_spec(package) is None for package in PACKAGES):
        return f"{name} needs the extra: pip install '.[notify]' in its checkout"
    missing = [each for each in NOTIFIERS[name] if not settings[each]]
    return f"{name} needs {', '.join(missing)}, in the environment or in settings" if missing else None
