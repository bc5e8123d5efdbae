"""A real scrapyd in a home as docs/operating.md makes it, with the scripts of deploy/."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

from tests.demo import ROOT
from tests.services import free_port, missing, wait_for

PASSWORD = "secret-of-scrapyd"
VERSION = "0.0.9"  # of the copy that is deployed: no other herald_spider has it
_PARTS = ["herald_spider", "deploy", "setup.py", "pyproject.toml", "README.md", "LICENSE", "scrapy.cfg"]


def environment_of_scrapyd() -> Path:
    """The virtual environment; a test that needs it is skipped without, in CI it fails."""
    folder = Path(os.environ.get("HERALD_SCRAPYD") or ROOT / ".services/scrapyd")
    if not (folder / "bin/scrapyd").exists():
        missing(f"no scrapyd in {folder}: run .ci/services or set HERALD_SCRAPYD")
    return folder


class Scrapyd:
    """A server with its home in `home`; settings for its crawls in `environment`."""

    def __init__(self, home: Path, environment: dict[str, str]):
        self.home, self.port = home, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.archive = home / "archive"
        (home / "venv").symlink_to(environment_of_scrapyd())
        for part in _PARTS:
            copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
            (home / "src").mkdir(exist_ok=True)
            copy(ROOT / part, home / "src" / part)
        for path in ("deploy/scrapyd.conf", "scrapy.cfg"):
            self.edit(path, "6800", str(self.port))
        self.edit("deploy/scrapyd.conf", "poll_interval = 2", "poll_interval = 0.2")
        found = (ROOT / "herald_spider/__init__.py").read_text()
        version = re.search(r'__version__ = "(.+)"', found)
        assert version
        self.edit("herald_spider/__init__.py", version[1], VERSION)
        lines = {
            "HERALD_ARCHIVE": str(self.archive),
            "SCRAPYD_USERNAME": "herald",
            "SCRAPYD_PASSWORD": PASSWORD,
            **environment,
        }
        (home / "herald.env").write_text("".join(f"{name}={value}\n" for name, value in lines.items()))
        self.environ = {**os.environ, "HERALD_HOME": str(home), **lines}

    def edit(self, path: str, old: str, new: str) -> None:
        file = self.home / "src" / path
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new))

    def start(self) -> None:
        log = self.home / "scrapyd.log"
        with log.open("ab") as file:
            self.process = subprocess.Popen(
                [str(self.home / "src/deploy/run-scrapyd")],
                cwd="/",
                env={**os.environ, "HERALD_HOME": str(self.home)},
                stdout=file,
                stderr=subprocess.STDOUT,
            )
        wait_for(self.process, lambda: self.ask("daemonstatus.json"), log)

    def stop(self, number: int = signal.SIGTERM) -> None:
        self.process.send_signal(number)
        self.process.wait(300)

    def run(self, *command: str, timeout: float = 300) -> subprocess.CompletedProcess[str]:
        """A command as an operator gives it, in the folder of the project."""
        return subprocess.run(
            command,
            cwd=self.home / "src",
            env={**self.environ, "PATH": f"{self.home / 'venv/bin'}:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def scrapy(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.run(str(self.home / "venv/bin/scrapy"), *arguments)

    def ask(self, path: str, password: str = PASSWORD, **data: str) -> Any:
        """The answer of the API, or the text of a page."""
        request = urllib.request.Request(f"{self.url}/{path}")
        if data:
            request.data = urllib.parse.urlencode(data).encode()
        token = base64.b64encode(f"herald:{password}".encode()).decode()
        request.add_header("Authorization", f"Basic {token}")
        with urllib.request.urlopen(request, timeout=300) as answer:
            text = answer.read().decode()
        return json.loads(text) if ".json" in path else text

    def schedule(self, spider: str, *arguments: str) -> str:
        """Schedule as the plan does, by scrapyd-client; the id of the job."""
        options = [part for each in arguments for part in ("--arg", each)]
        done = self.run("scrapyd-client", "schedule", "-p", "herald_spider", spider, *options)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.rpartition("=> ")[2].strip()

    def state(self, job: str) -> str:
        return str(self.ask(f"status.json?job={job}")["currstate"])

    def cancel(self, job: str) -> None:
        self.ask("cancel.json", project="herald_spider", job=job)

    def wait(self, job: str, state: str = "finished", seconds: float = 300) -> None:
        deadline = time.monotonic() + seconds
        while self.state(job) != state:
            assert time.monotonic() < deadline, f"{job} is {self.state(job)}"
            time.sleep(0.2)

    def log(self, spider: str, job: str) -> str:
        """The log of a job, from where an operator reads it."""
        return str(self.ask(f"logs/herald_spider/{spider}/{job}.log"))

    def ids(self) -> list[str]:
        """The articles that are kept, as the project's export gives them."""
        done = self.scrapy("export")
        assert done.returncode == 0, done.stderr
        return [json.loads(line)["id"] for line in done.stdout.splitlines()]
