"""Checks of Scrapy's own settings: one error line for a wrong value, instead of a traceback."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from traceback import walk_tb
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, create_model
from scrapy.settings import SETTINGS_PRIORITIES, BaseSettings, default_settings
from scrapy.utils.misc import load_object

from herald_spider import settings as project
from herald_spider.option_types import Give, Real, Seconds, Switch, Whole
from herald_spider.options import SettingsError, wrong_values

_DEFAULTS = {name: value for name, value in vars(default_settings).items() if name.isupper()}
# Prefixes of the settings of Scrapy's extensions, which are not checked.
_OTHERS = (
    "HERALD_", "SPIDERMON_", "PLAYWRIGHT_", "SPLASH_", "SCRAPY_SPLASH_", "REDIS_", "SCHEDULER_",
    "DUPEFILTER_", "FILES_", "IMAGES_", "MEDIA_",
)  # fmt: skip


def _codes(value: Any) -> list[int]:
    return [int(code) for code in (value.split(",") if isinstance(value, str) else value or ())]


_Integer = Annotated[Whole, Field(ge=-(10**9), le=10**15), Give("a whole number")]
_Number = Annotated[Real, Field(ge=0, le=10**9), Give("a number, 0 or more")]
_Codes = Annotated[list[int], BeforeValidator(_codes), Give("numbers, as 500,503")]
_Requests = Annotated[Whole, Field(ge=1, le=10**9), Give("a number of requests, 1 or more")]
# Other values of these would make a run wait forever.
_TYPES: dict[str, Any] = {
    "DOWNLOAD_DELAY": Seconds,
    "DOWNLOAD_TIMEOUT": Annotated[
        Real, Field(ge=0.1, le=86_400), Give("a number of seconds from 0.1 to 86,400")
    ],
    "CONCURRENT_REQUESTS": _Requests,
    "CONCURRENT_REQUESTS_PER_DOMAIN": _Requests,
    "AUTOTHROTTLE_START_DELAY": Seconds,
    "AUTOTHROTTLE_MAX_DELAY": Seconds,
    "DNS_TIMEOUT": Seconds,
}


def _type(name: str, default: Any) -> Any:
    """Return the type of one of Scrapy's settings, by its default; None if any value is valid."""
    if name in _TYPES:
        return _TYPES[name]
    if isinstance(default, bool) or name.endswith("_ENABLED"):
        return Switch
    if name.endswith(("_HTTP_CODES", "_ALLOWED_CODES")):
        return _Codes
    return {int: _Integer, float: _Number}.get(type(default))


_ScrapySettings = create_model(
    "_ScrapySettings",
    **{name: (found, default) for name, default in _DEFAULTS.items() if (found := _type(name, default))},
)  # type: ignore[call-overload]


def problems(settings: BaseSettings) -> Iterator[str]:
    """Yield one line for each number, switch or list of codes that Scrapy could not read."""
    yield from wrong_values(_ScrapySettings, settings)


def unknown_names(settings: BaseSettings) -> Iterator[str]:
    """Yield one line for each name on the command line that is no known setting."""
    known = {*_DEFAULTS, *filter(str.isupper, vars(project))}
    for name in map(str, settings):
        is_given = settings.getpriority(name) == SETTINGS_PRIORITIES["cmdline"]
        if is_given and name not in known and not name.startswith(_OTHERS):
            meant = get_close_matches(name.upper(), known, 1, 0.8)
            hint = f"; did you mean {meant[0]}?" if meant else ""
            yield f"Scrapy and Herald Spider have no setting {name}{hint}"


def setting_at_fault(error: Exception, settings: BaseSettings) -> str | None:
    """Return the error line for the setting that made Scrapy raise `error`; None if the code is wrong.

    The traceback shows the setting: it is read, or the object or file that it names is loaded, where the error
    was raised.
    """
    if isinstance(error, SettingsError):
        return str(error)
    if isinstance(error, OSError) and error.filename:
        return _of_file(error, settings)
    given = [name for name in settings if settings.getpriority(name)]
    frames = [frame for frame, _ in walk_tb(error.__traceback__)]
    for frame in reversed(frames):  # from the innermost: an error within a loaded module is not the setting's
        name, path = frame.f_locals.get("name"), frame.f_locals.get("path")
        if frame.f_globals.get("__name__") == "scrapy.settings" and name in given:
            return f"{name}={settings[name]!r}: {error}"
        if frame.f_code is load_object.__code__ and isinstance(path, str):
            if frame is not frames[-1] and not _is_missing(error, path):
                return None
            named = [each for each in given if path in _shown(settings[each])]
            return f"{max(named, key=lambda each: settings.getpriority(each) or 0, default=path)}: {error}"
    return None


def _of_file(error: OSError, settings: BaseSettings) -> str | None:
    for name in _DEFAULTS:
        folder = settings[name]
        if folder and isinstance(folder, str) and Path(str(error.filename)).is_relative_to(folder):
            return f"{name}={folder!r}: {error.strerror}"
    return None


def _shown(value: Any) -> str:
    return str(dict(value) if isinstance(value, Mapping) else value)


def _is_missing(error: Exception, path: str) -> bool:
    """Return True if the module of `path` is missing, not one that it imports."""
    return isinstance(error, ModuleNotFoundError) and path.startswith(f"{error.name}.")
