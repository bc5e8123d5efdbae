"""A real scrapyd in a folder as docs/operating.md makes it, with the scripts of deploy/."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import signal
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

from tests.demo import ROOT
from tests.services import free_port, missing, wait_for
from tests.waiting import wait_until

PASSWORD = "secret-of-scrapyd"
VERSION = "0.0.9"  # of the deployed copy, different from any other herald_spider
_PARTS = ["herald_spider", "deploy", "setup.py", "pyproject.toml", "README.md", "LICENSE", "scrapy.cfg"]


def environment_of_scrapyd() -> Path:
    """Return the virtual environment of scrapyd; without it skip the test, or fail it in CI."""
    folder = Path(os.environ.get("HERALD_SCRAPYD") or ROOT / ".services/scrapyd")
    if not (folder / "bin/scrapyd").exists():
        missing(f"no scrapyd in {folder}: run .ci/services or set HERALD_SCRAPYD")
    return folder


class Scrapyd:
    """A server in the folder `home`, with `environment` for its crawls."""

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
        """Run a command in the folder of the project."""
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
        """Return the decoded answer of the API, or the text of a page."""
        request = urllib.request.Request(f"{self.url}/{path}")
        if data:
            request.data = urllib.parse.urlencode(data).encode()
        token = base64.b64encode(f"herald:{password}".encode()).decode()
        request.add_header("Authorization", f"Basic {token}")
        with urllib.request.urlopen(request, timeout=300) as answer:
            text = answer.read().decode()
        return json.loads(text) if ".json" in path else text

    def schedule(self, spider: str, *arguments: str) -> str:
        """Schedule a job with scrapyd-client, as deploy/schedule does; return its id."""
        options = [part for each in arguments for part in ("--arg", each)]
        done = self.run("scrapyd-client", "schedule", "-p", "herald_spider", spider, *options)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.rpartition("=> ")[2].strip()

    def state(self, job: str) -> str:
        return str(self.ask(f"status.json?job={job}")["currstate"])

    def cancel(self, job: str) -> None:
        self.ask("cancel.json", project="herald_spider", job=job)

    def wait(self, job: str, state: str = "finished") -> None:
        wait_until(lambda: self.state(job) == state)

    def log(self, spider: str, job: str) -> str:
        """Return the log of a job, as scrapyd serves it."""
        return str(self.ask(f"logs/herald_spider/{spider}/{job}.log"))

    def ids(self) -> list[str]:
        """Return the ids of the archived articles, from scrapy export."""
        done = self.scrapy("export")
        assert done.returncode == 0, done.stderr
        return [json.loads(line)["id"] for line in done.stdout.splitlines()]
