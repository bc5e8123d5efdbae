"""A real Splash for the tests, as .ci/services installs it."""

from __future__ import annotations

import os
import subprocess
import urllib.request
from pathlib import Path

from tests.demo import ROOT
from tests.services import free_port, missing, wait_for

PYTHON = Path(os.environ.get("HERALD_SPLASH", ROOT / ".services/splash")) / "bin/python"


class Splash:
    """A Splash server on a free port of loopback; `folder` holds its files."""

    def __init__(self, folder: Path):
        if not PYTHON.exists():
            missing(f"no Splash in {PYTHON.parents[1]}: sh .ci/services installs it")
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.folder = folder
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        folder = self.folder / "runtime"
        folder.mkdir(mode=0o700, exist_ok=True)
        options = [
            "--port",
            str(self.port),
            "--ip",
            "127.0.0.1",
            "--disable-xvfb",
            "--browser-engines",
            "webkit",
        ]
        environment = {
            "PATH": os.environ["PATH"],
            "QT_QPA_PLATFORM": "offscreen",
            "QTWEBENGINE_DISABLE_SANDBOX": "1",  # required as root, although that engine is not used
            "XDG_RUNTIME_DIR": str(folder),
            "HOME": str(self.folder),
        }
        with (self.folder / "splash.log").open("ab") as log:
            self.process = subprocess.Popen(
                [PYTHON, ROOT / "tests/splash_server.py", *options],
                env=environment, cwd=self.folder, stdout=log, stderr=log,
            )  # fmt: skip
        ping = f"{self.url}/_ping"
        wait_for(
            self.process,
            lambda: urllib.request.urlopen(ping, timeout=5).close(),
            self.folder / "splash.log",
        )

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None
