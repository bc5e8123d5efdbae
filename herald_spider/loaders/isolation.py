"""Isolation of errors: an exception in reading one link, entry or field costs that one alone."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
logger = logging.getLogger(__name__)


def isolated(read: Callable[[], T], what: str, url: str) -> T | None:
    """Return ``read()``; None, after an error line, if it raises an exception.

    `what` names the part of the page at `url` in the line. The fuzzer makes each such line a fault.
    """
    try:
        return read()
    except Exception as error:
        logger.error("Cannot read %s of %s: %s: %s", what, url, type(error).__name__, error, exc_info=True)
        return None
