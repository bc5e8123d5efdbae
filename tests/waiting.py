"""Waiting for another process. No test depends on how long that takes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PATIENCE = 300.0  # seconds; a process that takes longer hangs, even on a busy machine


def wait_until(holds: Callable[[], T], seconds: float = PATIENCE) -> T:
    """Return the first true result of `holds`; fail after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < deadline, f"not so after {seconds:.0f} seconds"
        time.sleep(0.02)
    return found
