"""The demo newspaper in a process of its own: its command line, and a context manager that starts it."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess  # runs this package, and the command that the user typed  # nosec B404
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from demo.editions import LARGEST
from demo.newspaper import Newspaper

PORT = 8642
_READY = "Demo newspaper: "
_STOP_SECONDS = 60.0


class DemoError(RuntimeError):
    """The demo did not start. The message is one line."""


class CommandError(RuntimeError):
    """The command to run beside the demo cannot be started. The message is one line."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``scrapy demo`` and ``python -m demo``."""
    parser.add_argument(
        "--port", type=_port, default=PORT, help=f"port on 127.0.0.1, 0 for a free one (default {PORT})"
    )
    parser.add_argument(
        "--articles", type=_size, default=300, help=f"number of articles, at most {LARGEST:,} (default 300)"
    )
    parser.add_argument("--seed", type=int, default=1, help="each seed makes another newspaper (default 1)")


def _port(text: str) -> int:
    return _between(text, 0, 65535)


def _size(text: str) -> int:
    return _between(text, 1, LARGEST)


def _between(text: str, low: int, high: int) -> int:
    number = int(text) if text.isascii() and text.isdigit() else -1
    if not low <= number <= high:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from {low} to {high}")
    return number


def main(argv: Sequence[str] | None = None, resource: type[Any] | None = None) -> int:
    """Serve a newspaper until a signal comes; return the exit status.

    `resource` is a subclass of `demo.site.DemoResource` to serve in place of it.
    """
    parser = argparse.ArgumentParser(description="Serve the demo newspaper.")
    add_options(parser)
    parser.add_argument("--attached", action="store_true", help="stop when standard input is closed")
    options = parser.parse_args(argv)
    return serve_until_stopped(
        options.port, options.articles, options.seed, attached=options.attached, resource=resource
    )


def serve_until_stopped(
    port: int, articles: int, seed: int, *, attached: bool = False, resource: type[Any] | None = None
) -> int:
    """Serve a newspaper in the foreground until a signal comes; return the exit status."""
    from twisted.internet import reactor as installed  # not before the options are checked: it takes time
    from twisted.internet.error import CannotListenError

    from demo.site import DemoResource, serve

    reactor: Any = installed
    try:
        listening: Any = serve((resource or DemoResource)(Newspaper(articles, seed)), port)
    except CannotListenError as error:
        reason = error.socketError.strerror
        print(
            f"The demo newspaper cannot use port {port}: {reason}. Give another one with --port",
            file=sys.stderr,
        )
        return 1
    if attached:
        _stop_when_stdin_closes(reactor)
    reactor.callWhenRunning(_announce, f"http://127.0.0.1:{listening.getHost().port}", articles)
    reactor.run()
    return 0


def _announce(base: str, articles: int) -> None:
    """Print the address, which `running_demo` reads, and the command that crawls it."""
    print(f"{_READY}{base}/ ({articles} articles); Ctrl-C stops it")
    print(
        f"To crawl it, in another shell: HERALD_BASE_URL={base} HERALD_ARCHIVE=demo-archive scrapy crawl herald "
        "-s DOWNLOAD_DELAY=0 -s AUTOTHROTTLE_ENABLED=0",
        flush=True,
    )


def _stop_when_stdin_closes(reactor: Any) -> None:
    """Stop when the process that started this one ends, even if it was killed."""

    def watch() -> None:
        sys.stdin.read()
        reactor.callFromThread(lambda: reactor.running and reactor.stop())

    threading.Thread(target=watch, daemon=True).start()


@contextmanager
def running_demo(*, articles: int = 300, seed: int = 1, port: int = 0, module: str = "demo") -> Iterator[str]:
    """Run a demo in another process until the block ends; return its base address.

    `module` is what ``python -m`` runs. Raise DemoError if the demo does not start.
    """
    options = ["--port", str(port), "--articles", str(articles), "--seed", str(seed), "--attached"]
    process = subprocess.Popen(  # noqa: S603 - this interpreter, this repository  # nosec B603
        [sys.executable, "-m", module, *options],
        cwd=Path(__file__).parents[1],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C stops the process that started it, which then stops this one
    )
    try:
        yield _read_address(process)
    finally:
        _stop(process)


def _read_address(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    line = process.stdout.readline()
    if not line.startswith(_READY):
        _, errors = process.communicate()
        raise DemoError((errors.strip().splitlines() or ["The demo newspaper did not start"])[-1])
    return line.removeprefix(_READY).split()[0].rstrip("/")


def _stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.communicate(timeout=_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()


def run_beside(command: Sequence[str], environment: dict[str, str]) -> int:
    """Run `command` and pass SIGTERM and SIGINT on to it; return its exit status. Raise CommandError."""
    try:
        process = subprocess.Popen(command, env=environment)  # noqa: S603 - the user typed it  # nosec B603
    except OSError as error:
        raise CommandError(f"{command[0]}: {error.strerror}") from error

    def forward(number: int, _frame: object) -> None:
        if number != signal.SIGINT or not _is_in_foreground():
            process.send_signal(number)

    before = {number: signal.signal(number, forward) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        status = process.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return 128 - status if status < 0 else status


def _is_in_foreground() -> bool:
    """Return True if the terminal sends Ctrl-C to the command as well; a second one would end a crawl at once."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY)
    except OSError:  # no terminal
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    finally:
        os.close(terminal)
