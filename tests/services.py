"""What the real servers of the tests have in common."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

PATIENCE = 30


def free_port() -> int:
    """A port of loopback that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def missing(what: str) -> NoReturn:
    """Skip a test for want of `what`; in CI it fails: .ci/services has installed all there."""
    if "CI" in os.environ:
        pytest.fail(what)
    pytest.skip(what)


def wait_for(process: subprocess.Popen[bytes], ask: Callable[[], object], log: Path) -> None:
    """Wait until `ask` raises no OSError any more; what the process said, where it ends or stays mute."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            ask()
            return
        except OSError:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, f"no answer: {log.read_text()}"
            time.sleep(0.1)
