"""Random schedules of what happens to an archive: crawls, kills, repairs, exports, backups, restores.

``python -m tests.torture --rounds 200 --seed 1`` runs them; ``--round N`` repeats one. Whatever the order, one crawl
to the end must leave an archive in which `tests.independent` finds no fault.
"""

from __future__ import annotations

import io
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout, suppress
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from herald_spider import sections
from tests.archives import run
from tests.demo import ALL_REVISITS, QUIET, ROOT, SETTINGS, fetch, scrapy, truth
from tests.independent import Ledger, Line, committed_lines, problems, problems_of_export
from tests.launcher import start
from tests.servers import PostgresServer
from tests.waiting import PATIENCE, wait_until

_BACKUP = re.compile(
    r"^```sh\n(mkdir -p \"\$HERALD_HOME/backup\"\n.*?)^HERALD_ARCHIVE=", re.MULTILINE | re.DOTALL
)
# One section and its children: few listings for many articles.
_NONE = "No archive in"
CRAWL = [
    "crawl",
    "herald",
    "-a",
    "sections=national",
    *SETTINGS,
    "-s",
    "LOG_LEVEL=WARNING",
]
# Not compared: marks depend on the order of the articles, the other sections' listings are not read, and a page that
# was changed keeps the description of its first text.
APART = {"duplicate_of", "listed_in", "summary"}


def expected_articles(base: str) -> dict[str, dict[str, Any]]:
    """Return the true items of the articles that the crawl finds."""
    slugs = sections.expand(["national"]) or frozenset()
    return {article: item for article, item in truth(base).items() if slugs.intersection(item["listed_in"])}


def check_log(log: str) -> None:
    """Check that a crawl has logged no error; a monitor may have failed, because the newspaper is small."""
    errors = [line for line in log.splitlines() if " ERROR: " in line and "extensions.monitors]" not in line]
    assert not errors, "\n".join(errors)
    assert "Traceback" not in log, log[-2000:]


class Round:
    """One archive, and what happens to it. Raises AssertionError at the first fault."""

    def __init__(self, base: str, home: Path, dice: random.Random, server: PostgresServer | None = None):
        self.base, self.home, self.dice, self.server = base, home, dice, server
        self.archive = home / "archive"
        self.dated = sorted(each for each, item in expected_articles(base).items() if item["published_at"])
        self.crawls: list[tuple[ForkServerProcess, Path]] = []
        self.done: list[str] = []
        self.witnessed: set[Line] = set()
        self.restored = False
        self.databases = 0
        self.url = self.make_database()

    def make_database(self) -> str:
        """Return the address of a new, empty database; "" for SQLite in the archive."""
        self.databases += 1
        return self.server.make_database(f"{self.home.name}-{self.databases}") if self.server else ""

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.archive, self.url)

    def play(self) -> None:
        actions: list[Callable[[], object]] = [
            *[self.start] * 4, *[self.kill] * 4, *[self.repair] * 2, self.verify, self.export,
            *[self.back_up] * 3, *[self.restore] * 2, self.update, self.witness,
        ]  # fmt: skip
        try:
            self.start()
            for _ in range(self.dice.randint(4, 7)):
                if self.dice.random() < 0.8:  # else in the start of a crawl
                    self.wait_for_lines(self.dice.randint(1, 20))
                self.dice.choice(actions)()
            self.end()
        finally:
            self.kill_all()

    def wait_for_lines(self, more: int) -> None:
        """Wait until so many further lines are committed, or no crawl is running."""
        until = self.lines() + more
        wait_until(lambda: self.lines() >= until or all(each.exitcode is not None for each, _ in self.crawls))

    def lines(self) -> int:
        return int(self.ledger.rows("SELECT count(*) FROM lines")[0][0]) if self.has_ledger() else 0

    # What happens -----------------------------------------------------------------------

    def start(self) -> None:
        """Start a crawl, beside one that may be running."""
        self.check_ended()
        if len(self.crawls) > 1:
            self.kill()
        packing, articles = self.dice.choice(("off", "zst", "gz")), self.dice.randint(1, 9)
        self.note(f"crawl ({packing}, {articles})")
        number = len(self.done)
        log = self.home / f"{number}.log"
        process = start(
            CRAWL,
            ROOT,
            self.environment(HERALD_COMPRESS=packing, HERALD_COMMIT_ARTICLES=str(articles)),
            self.home / f"{number}.out",
            log,
        )
        self.crawls.append((process, log))

    def kill(self) -> None:
        """Kill a crawl at a random moment of its life."""
        self.check_ended()
        if not self.crawls:
            return
        time.sleep(self.dice.uniform(0, 0.3))
        process, _ = self.crawls.pop(self.dice.randrange(len(self.crawls)))
        self.note("kill")
        with suppress(ProcessLookupError):
            os.kill(process.pid or 0, signal.SIGKILL)
        process.join()

    def repair(self) -> None:
        self.note("repair")
        self.command(
            "verify",
            "--repair",
            refusals=("Another process works on", _NONE, "works with the ledger"),
        )

    def verify(self) -> None:
        self.note("verify")
        self.command("verify", refusals=(_NONE,))

    def export(self) -> list[dict[str, Any]]:
        """Export the archive; return the records."""
        self.note("export")
        file = self.home / "export.jsonl"
        if not self.command("export", "-o", str(file), refusals=(_NONE,)):
            return []
        records = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
        assert len(records) == len({each["id"] for each in records}), "an article is exported twice"
        return records

    def update(self) -> None:
        """Change a page: a crawl that revisits it makes a revision."""
        self.note("update")
        fetch(f"{self.base}/control/update?id={self.dice.choice(self.dated)}", post=True)

    def witness(self) -> None:
        """Remember the lines that are committed: none of them may be lost later."""
        self.note("witness")
        with suppress(FileNotFoundError):
            if self.has_ledger():
                self.witnessed |= committed_lines(self.ledger)

    def has_ledger(self) -> bool:
        if self.url:
            return bool(self.ledger.rows("SELECT 1 FROM pg_tables WHERE tablename = 'lines'"))
        if not (self.archive / "ledger.sqlite").exists():  # a query would make it
            return False
        return bool(self.ledger.rows("SELECT 1 FROM sqlite_master WHERE name = 'lines'"))

    def back_up(self) -> None:
        """Copy the archive as the documentation says, while crawls go on."""
        if not self.has_ledger():
            return
        self.note("backup")
        page = (ROOT / "docs/operating.md").read_text("utf-8")
        [commands] = _BACKUP.findall(page)
        if self.url:
            self.shell(f"mkdir -p backup; pg_dump --format=custom --file=backup/ledger.dump {self.url}")
            commands = "".join(re.findall(r"^(?:until )?cp .*\n", commands, re.MULTILINE))
        self.shell(commands)

    def restore(self) -> None:
        """Put the last backup in the place of the archive, as the documentation says."""
        backup = self.home / "backup"
        if not backup.exists():
            return
        self.kill_all()
        self.note("restore")
        shutil.rmtree(self.archive)
        self.shell('cp --archive "$HERALD_HOME/backup" "$HERALD_HOME/archive"')
        if self.url:
            self.url = self.make_database()
            self.shell(f"pg_restore --dbname={self.url} backup/ledger.dump")
        self.witnessed.clear()
        self.restored = True
        self.command("verify", "--repair")

    def shell(self, commands: str) -> None:
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        done = subprocess.run(
            ["bash", "-euc", commands], cwd=self.home, env=self.environment(HERALD_HOME=str(self.home), PATH=path),
            capture_output=True, text=True, check=False, timeout=PATIENCE,
        )  # fmt: skip
        assert done.returncode == 0, f"{commands}\n{done.stderr}"

    # The end ------------------------------------------------------------------------------

    def end(self) -> None:
        """Crawl to the end, and check everything."""
        if self.dice.random() < 0.5:
            self.finish_crawls()
        self.kill_all()
        self.note("last crawl")
        check_log(self.crawl())
        self.command("verify")
        exported = self.export()
        expected = expected_articles(self.base)
        found = [
            *problems(self.ledger, expected, voids=self.restored), *problems_of_export(exported, expected, APART),
        ]  # fmt: skip
        if lost := self.witnessed - committed_lines(self.ledger):
            found.append(f"committed lines are lost: {lost}")
        assert not found, "\n".join(found)

    def finish_crawls(self) -> None:
        for process, _ in self.crawls:
            process.join(PATIENCE)
            assert process.exitcode is not None, "a crawl hangs"
        self.check_ended()

    def check_ended(self) -> None:
        """Check crawls that have ended by themselves: each must have ended in order."""
        for process, log in self.crawls[:]:
            if process.exitcode is not None:
                self.crawls.remove((process, log))
                said = log.read_text("utf-8")
                assert process.exitcode == 0, f"a crawl ended with status {process.exitcode}:\n{said[-2000:]}"
                check_log(said)

    def kill_all(self) -> None:
        for process, _ in self.crawls:
            process.kill()
            process.join()
        self.crawls.clear()

    # Processes ----------------------------------------------------------------------------

    def environment(self, **more: str) -> dict[str, str]:
        return {
            **os.environ, **QUIET, **ALL_REVISITS, "HERALD_BASE_URL": self.base, "HERALD_ARCHIVE": str(self.archive),
            "HERALD_LEDGER_URL": self.url, "HERALD_OVERLAP": "allow", **more,
        }  # fmt: skip

    def crawl(self) -> str:
        """Run a crawl that must succeed; return its log."""
        done = scrapy(*CRAWL, base=self.base, **self.environment())
        assert done.returncode == 0, (
            f"the last crawl ended with status {done.returncode}:\n{done.stderr[-2000:]}"
        )
        return done.stderr

    def command(self, name: str, *arguments: str, refusals: tuple[str, ...] = ()) -> bool:
        """Run a command in this process; return False if it is refused with one of `refusals`, else it must succeed."""
        said = io.StringIO()
        with redirect_stdout(said), redirect_stderr(said):
            status = run(
                self.archive, name, *arguments, HERALD_LEDGER_URL=self.url, HERALD_BASE_URL=self.base
            )
        text = said.getvalue()
        is_refused = status == 1 and any(each in text for each in refusals)
        assert status == 0 or is_refused, f"{name} {arguments}: status {status}\n{text}"
        return not is_refused

    def note(self, action: str) -> None:
        self.done.append(action)
