"""What the scripts of this folder ask scrapyd. Run in the folder of scrapy.cfg, with herald.env in the environment.

ready               wait until scrapyd answers
follow SPIDER JOB   wait for the end of a job, print its summary and exit as `scrapy crawl` does
check VERSION [URL] fail unless the spiders of a version can be listed and, with the address of a demo, one page be crawled
remove VERSION      remove a version
"""

from __future__ import annotations

import base64
import json
import os
import re
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from configparser import ConfigParser
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from herald_spider.exits import FAILURES, MONITOR_FAILED, ends_well

PATIENCE = 300  # seconds in which scrapyd must answer, for example after a boot
PROJECT = "herald_spider"
CONFIG = ConfigParser(interpolation=None)
CONFIG.read("scrapy.cfg")


def ask(path: str, **data: str) -> str:
    """Return the answer of scrapyd; `data` is posted."""
    content = urllib.parse.urlencode(data).encode() if data else None
    request = urllib.request.Request(f"{CONFIG['deploy']['url']}/{path}", content)  # noqa: S310 - from scrapy.cfg
    login = f"{os.environ['SCRAPYD_USERNAME']}:{os.environ['SCRAPYD_PASSWORD']}"
    request.add_header("Authorization", f"Basic {base64.b64encode(login.encode()).decode()}")
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310
        return str(answer.read().decode())


def asked(path: str, **data: str) -> Any:
    """Return the decoded answer; an error of scrapyd's ends the script."""
    found = json.loads(ask(path, **data))
    if found["status"] != "ok":
        sys.exit(f"scrapyd: {found.get('message', found)}")
    return found


def ready() -> None:
    end = time.monotonic() + PATIENCE
    while True:
        try:
            ask("daemonstatus.json")
            return
        except urllib.error.HTTPError as error:
            sys.exit(f"scrapyd answers {error}: are name and password those of herald.env?")
        except OSError as error:
            if time.monotonic() > end:
                sys.exit(f"scrapyd does not answer: {error}")
        time.sleep(1)


def follow(spider: str, job: str) -> None:
    while asked(f"status.json?job={job}")["currstate"] != "finished":
        time.sleep(1)
    log = ask(f"logs/{PROJECT}/{spider}/{job}.log")
    print(log.rpartition("INFO: Summary\n")[2] or log, end="")
    ends = re.findall(r"^  ended +(\w+)$", log, re.MULTILINE)
    if not ends:
        sys.exit(f"job {job} has no end in its log: it was killed, or could not start")
    if status := FAILURES.get(ends[-1], 0 if ends_well(ends[-1]) else 1):
        sys.exit(status)
    is_strict = os.environ.get("HERALD_STRICT", "0") not in ("", "0")
    if is_strict and re.search(r"^  monitors +\d+ of \d+ failed", log, re.MULTILINE):
        sys.exit(MONITOR_FAILED)


def check(version: str, demo: str = "") -> None:
    spiders = asked(f"listspiders.json?project={PROJECT}&_version={version}")["spiders"]
    print(f"Version {version} has the spiders {', '.join(spiders)}")
    if demo:
        arguments = {"sections": "national", "max_pages": "1", "max_articles": "1"}
        settings = urllib.parse.quote_plus(f"HERALD_BASE_URL={demo}")
        found = asked(
            f"schedule.json?setting={settings}&setting=HERALD_ARCHIVE%3Dnone",
            project=PROJECT, spider="herald", **arguments,
        )  # fmt: skip
        follow("herald", found["jobid"])


def remove(version: str) -> None:
    asked("delversion.json", project=PROJECT, version=version)


if __name__ == "__main__":
    commands = {each.__name__: each for each in (ready, follow, check, remove)}
    commands[sys.argv[1]](*sys.argv[2:])
