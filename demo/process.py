"""The demo newspaper as a process of its own: the command line, and a helper that starts it."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess  # for this package, and for what the user typed  # nosec B404
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from demo.editions import LARGEST
from demo.newsroom import Newspaper

PORT = 8642
_READY = "Demo newspaper: "
_STOP_AFTER = 10.0  # seconds that a server gets to end


class DemoError(RuntimeError):
    """The demo did not start; the text says why, in one line."""


class CommandError(RuntimeError):
    """The command that the demo is for cannot be run; the text says why, in one line."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of the demo, for ``scrapy demo`` and for ``python -m demo``."""
    parser.add_argument("--port", type=_port, default=PORT, help=f"port, 0 for a free one (default {PORT})")
    parser.add_argument("--articles", type=_size, default=300, help=f"how many, to {LARGEST:,} (default 300)")
    parser.add_argument("--seed", type=int, default=1, help="another number, another newspaper (default 1)")


def _port(text: str) -> int:
    return _between(text, 0, 65535)


def _size(text: str) -> int:
    return _between(text, 1, LARGEST)


def _between(text: str, low: int, high: int) -> int:
    number = int(text) if text.isascii() and text.isdigit() else -1
    if not low <= number <= high:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from {low} to {high}")
    return number


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until a signal comes; the exit status."""
    parser = argparse.ArgumentParser("python -m demo", description=__doc__)
    add_options(parser)
    parser.add_argument("--attached", action="store_true", help="end when standard input is closed")
    options = parser.parse_args(argv)
    return run(options.port, options.articles, options.seed, attached=options.attached)


def run(port: int, articles: int, seed: int, *, attached: bool = False) -> int:
    """Serve in the foreground; the exit status."""
    from twisted.internet import reactor as installed  # after the arguments: it installs a reactor
    from twisted.internet.error import CannotListenError

    from demo.site import serve

    reactor: Any = installed
    try:
        listening: Any = serve(Newspaper(articles, seed), port)
    except CannotListenError as error:
        print(f"The demo newspaper cannot use port {port}: {error.socketError.strerror}", file=sys.stderr)
        return 1
    if attached:
        _stop_when_alone(reactor)
    address = f"http://127.0.0.1:{listening.getHost().port}/"
    reactor.callWhenRunning(print, f"{_READY}{address} ({articles} articles)", flush=True)
    reactor.run()
    return 0


def _stop_when_alone(reactor: Any) -> None:
    """End when the process that started this one has gone, however it ended."""

    def watch() -> None:
        sys.stdin.read()
        reactor.callFromThread(lambda: reactor.running and reactor.stop())

    threading.Thread(target=watch, daemon=True).start()


@contextmanager
def running_demo(*, articles: int = 300, seed: int = 1, port: int = 0) -> Iterator[str]:
    """The base address of a demo that runs in a process of its own until the block ends."""
    options = ["--port", str(port), "--articles", str(articles), "--seed", str(seed), "--attached"]
    process = subprocess.Popen(  # noqa: S603 - this interpreter, this package  # nosec B603
        [sys.executable, "-m", "demo", *options],
        cwd=Path(__file__).parents[1],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C is for the one who started it
    )
    try:
        yield _address(process)
    finally:
        _end(process)


def _address(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    line = process.stdout.readline()
    if not line.startswith(_READY):
        _, errors = process.communicate()
        raise DemoError((errors.strip().splitlines() or ["The demo newspaper did not start"])[-1])
    return line.removeprefix(_READY).split()[0].rstrip("/")


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.communicate(timeout=_STOP_AFTER)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()


def run_beside(command: Sequence[str], environment: dict[str, str]) -> int:
    """Run `command`, passing signals on to it; its exit status."""
    try:
        process = subprocess.Popen(command, env=environment)  # noqa: S603 - what the user typed  # nosec B603
    except OSError as error:
        raise CommandError(f"{command[0]}: {error.strerror}") from error

    def forward(number: int, _frame: object) -> None:
        if number != signal.SIGINT or not _in_foreground():
            process.send_signal(number)

    before = {number: signal.signal(number, forward) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        status = process.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return 128 - status if status < 0 else status


def _in_foreground() -> bool:
    """Whether Ctrl-C reaches the command by itself: once more from us, and a crawl would not end in order."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY)
    except OSError:  # there is none
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    finally:
        os.close(terminal)
