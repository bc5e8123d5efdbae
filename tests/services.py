"""Helpers for the tests that run real servers."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from tests.waiting import wait_until


def free_port() -> int:
    """Return a port of 127.0.0.1 that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def missing(what: str) -> NoReturn:
    """Skip the test because `what` is missing. In CI, where .ci/services has installed everything, fail."""
    if "CI" in os.environ:
        pytest.fail(what)
    pytest.skip(what)


def wait_for(process: subprocess.Popen[bytes], ask: Callable[[], object], log: Path) -> None:
    """Wait until `ask` raises no OSError. Fail with the server's log if the server ends or does not answer."""

    def answers() -> bool:
        assert process.poll() is None, "the server has ended"
        try:
            ask()
        except OSError:
            return False
        return True

    try:
        wait_until(answers)
    except AssertionError as error:
        raise AssertionError(f"{error}: {log.read_text()}") from error
