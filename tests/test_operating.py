"""The commands of docs/operating.md, run on a demo newspaper without root and systemd.

The virtual environment is a copy of the one that .ci/services makes with the same commands: the page's
installation then only has to build and install the project.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import threading
from collections import Counter
from pathlib import Path

import pytest

from demo.process import running_demo
from herald_spider.exits import FAILURES, INTERRUPTED, MONITOR_FAILED
from tests.demo import ROOT, kept, truth
from tests.scrapyd_service import environment_of_scrapyd
from tests.services import free_port, missing

PAGE = ROOT / "docs/operating.md"
# Changes for this test after the project is cloned: another port, and no delay.
TRIAL = r"""
sed -i "s/68[0]0/$TRIAL_PORT/" src/scrapy.cfg src/deploy/scrapyd.conf
sed -i -e 's/^DOWNLOAD_DELAY = 1 /DOWNLOAD_DELAY = 0.02 /' -e 's/^AUTOTHROTTLE_ENABLED = True/AUTOTHROTTLE_ENABLED = False/' \
    src/herald_spider/settings.py
git -C src -c user.name=a -c user.email=a@a.example commit --quiet --all --message trial
"""
NEW_ENVIRONMENT = "python3 -m venv venv"
COPIED_ENVIRONMENT = r"""
cp --archive "$TRIAL_ENVIRONMENT" venv
sed -i "1s|^#!.*python.*|#!$HERALD_HOME/venv/bin/python|" $(grep -lI '^#!.*python' venv/bin/*)
"""


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)


@pytest.mark.timeout(900)
def test_the_commands_of_the_page_work(tmp_path: Path) -> None:
    services = environment_of_scrapyd()  # skips the test without the services
    port, steps = str(free_port()), blocks("sh")
    assert len(steps) == 12
    (clone,) = (step for step in steps if "git clone" in step)
    assert f"\n{NEW_ENVIRONMENT}\n" in clone
    steps[steps.index(clone)] = clone.replace(NEW_ENVIRONMENT, TRIAL + COPIED_ENVIRONMENT)
    script = "\n".join(steps).replace("6800", port)
    # One shell, which ends at the first command that fails.
    script = f"set -eu\ntrap 'kill $(jobs -p)' EXIT\n{script}"
    source = tmp_path / "source"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(source)], check=True)
    for path in subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.splitlines():  # fmt: skip
        if (ROOT / path).is_file():
            (source / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / path, source / path)
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@a.example", "-C", str(source)]
    subprocess.run([*git, "add", "--all"], check=True)
    subprocess.run([*git, "commit", "--quiet", "--allow-empty", "--message", "as it is"], check=True)

    home = tmp_path / "home"
    with running_demo(articles=30) as base:
        environment = {
            **os.environ,
            "HERALD_HOME": str(home),
            "HERALD_SOURCE": str(source),
            "HERALD_CONTACT": "ops@a.example",
            "HERALD_BASE_URL": base,
            "TRIAL_PORT": port,
            "TRIAL_ENVIRONMENT": str(services.resolve()),
        }
        process = subprocess.Popen(
            ["bash", "-c", script],
            env=environment,
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        late = threading.Timer(800, os.killpg, (process.pid, signal.SIGKILL))
        late.start()
        said, _ = process.communicate()
        late.cancel()
        print(said)
        assert process.returncode == 0, said[-3000:]
        expected = truth(base)
    assert said.count("sound: ") == 4, "verify, of the archive, of its backup, and twice of what was restored"
    assert '"spiders": 6' in said
    assert "secret" not in said
    assert (home / "herald.env").stat().st_mode & 0o777 == 0o600
    assert Counter(line["id"] for line in kept(home / "archive")) == Counter(list(expected))


@pytest.mark.parametrize("step", blocks("sh root"))
def test_commands_that_need_root_are_valid_shell(step: str) -> None:
    subprocess.run(["bash", "-n"], input=step, text=True, check=True)


def test_files_reasons_and_units_on_the_page_exist() -> None:
    page = PAGE.read_text("utf-8")
    for path in re.findall(r"(?:src/)?(deploy/[a-z.-]+)", page):
        assert (ROOT / path.rstrip(".")).exists(), path
    for reason in ("blocked", "retry_after", "no_contact", "bad_settings", "archive_damaged"):
        assert reason in FAILURES
        assert f"`{reason}`" in page
    units = {path.name for path in (ROOT / "deploy/systemd").iterdir()}
    assert set(re.findall(r"herald-[a-z]+\.(?:timer|service)", page)) <= units


def test_the_page_lists_every_finish_reason_with_its_exit_status() -> None:
    table = PAGE.read_text("utf-8").partition("## Exit statuses")[2]
    listed = {}
    for status, ends in re.findall(r"^\| (\d+) \| (.*?) \|", table, re.MULTILINE):
        for reason in re.findall(r"`(\w+)`", ends):
            listed.setdefault(reason, int(status))
    successes = {"finished", "shutdown", "already_running"}
    assert listed == {**FAILURES, **dict.fromkeys(successes, 0)}
    assert re.findall(r"^\| (\d+) ", table, re.MULTILINE) == [
        "0",
        "1",
        "2",
        str(MONITOR_FAILED),
        str(INTERRUPTED),
    ]


# deploy/ -------------------------------------------------------------------------------------

UNITS = sorted((ROOT / "deploy/systemd").iterdir())


def systemd_analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    if not shutil.which("systemd-analyze"):
        missing("no systemd-analyze: Debian's package systemd has it")
    return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, check=False)


def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    """Their folder is replaced, because systemd checks that the programs exist."""
    (tmp_path / "src").symlink_to(ROOT)
    copies = []
    for unit in UNITS:
        copies.append(tmp_path / unit.name)
        copies[-1].write_text(unit.read_text().replace("/srv/herald", str(tmp_path)))
    done = systemd_analyze("verify", *map(str, copies))
    assert (done.returncode, done.stderr) == (0, "")
    broken = tmp_path / "herald-feeds.timer"
    broken.write_text(broken.read_text().replace("*:05,35:00", "*:05,75:00"))
    assert systemd_analyze("verify", str(broken)).stderr, "a wrong unit is an error"


@pytest.mark.parametrize(
    "unit", [unit for unit in UNITS if unit.suffix == ".timer"], ids=lambda unit: unit.name
)
def test_timers_have_valid_times(unit: Path) -> None:
    (moment,) = re.findall(r"^OnCalendar=(.+)$", unit.read_text(), re.MULTILINE)
    done = systemd_analyze("calendar", moment)
    assert done.returncode == 0
    assert "Next elapse" in done.stdout


def test_cron_and_timers_have_the_same_schedule() -> None:
    """Compares the minute, hour and weekday of every entry."""
    words = {"*": "*", "0": "Sun"}
    cron = {}
    for line in (ROOT / "deploy/crontab").read_text().splitlines():
        if found := re.match(r"(\S+) (\S+) \* \* (\S+) +\$HERALD_HOME/src/deploy/schedule (\w+) ", line):
            minute, hour, day, entry = found.groups()
            cron[entry] = (words[day], hour.zfill(2) if hour != "*" else "*", minute.zfill(2))
    timers = {}
    for unit in UNITS:
        if found := re.search(
            r"^OnCalendar=(?:(\w{3}) )?\*-\*-\* (\S+?):(\S+?):00$", unit.read_text(), re.MULTILINE
        ):
            timers[unit.stem.removeprefix("herald-")] = (found[1] or "*", found[2], found[3])
            assert f"Unit=herald-schedule@{unit.stem.removeprefix('herald-')}.service" in unit.read_text()
    cron["feeds"] = (*cron["feeds"][:2], "05,35") if cron["feeds"][2] == "5,35" else cron["feeds"]
    assert cron == timers
    assert set(timers) == {"feeds", "sections", "revisits", "sitemap"}
