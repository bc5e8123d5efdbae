"""Limits of time and memory for reading one input."""

from __future__ import annotations

import logging
import resource
import signal
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from herald_spider.loaders import isolation

LARGEST = 60_000  # bytes of an input; a larger one has the limits of one of 16 MB
SECONDS, SECONDS_IF_LARGE = 1.0, 10.0  # of CPU time, which does not depend on other work of the machine
BYTES, BYTES_IF_LARGE = 200 * 1024 * 1024, 500 * 1024 * 1024


class TooSlow(Exception):
    """An input took more than its limit of time."""


def _too_slow(*_: Any) -> None:
    raise TooSlow


@contextmanager
def memory_limit(size: int = BYTES) -> Iterator[None]:
    """Limit the growth of this process to `size` bytes."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def _traceback() -> str:
    lines = traceback.format_exc(limit=-6).splitlines()
    return "\n".join(line[:200] for line in lines)  # a message may contain the whole input


class _Escape(logging.Handler):
    """Raises the exception of a log line again."""

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info and record.exc_info[1]:
            raise record.exc_info[1]


@contextmanager
def nothing_isolated() -> Iterator[None]:
    """Let the exceptions escape that readers would log and leave behind."""
    handler = _Escape()
    disabled, level = logging.root.manager.disable, isolation.logger.level
    logging.disable(logging.NOTSET)
    isolation.logger.setLevel(logging.ERROR)
    isolation.logger.propagate = False
    isolation.logger.addHandler(handler)
    try:
        yield
    finally:
        isolation.logger.removeHandler(handler)
        isolation.logger.propagate = True
        isolation.logger.setLevel(level)
        logging.disable(disabled)


def fault(reader: Callable[[bytes], None], data: bytes) -> str | None:
    """Return the error or the exceeded limit when `reader` reads `data`, None if there is none."""
    signal.signal(signal.SIGPROF, _too_slow)
    seconds = SECONDS if len(data) <= LARGEST else SECONDS_IF_LARGE
    start = time.process_time()
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        with nothing_isolated():
            reader(data)
    except TooSlow:
        return f"slow: more than {seconds:.0f} s, at\n{_traceback()}"
    except MemoryError:
        return f"memory: more than the limit, at\n{_traceback()}"
    except Exception:  # noqa: BLE001 - any undocumented exception is a fault
        return _traceback()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    if (took := time.process_time() - start) > seconds:  # inside a library call, which no signal interrupts
        return f"slow: {took:.1f} s"
    return None
