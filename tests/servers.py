"""Debian's Redis and PostgreSQL for the tests, each in a folder of its own; a restart keeps the data."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import redis

from tests.services import free_port, missing, wait_for
from tests.waiting import PATIENCE

_POSTGRES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1:]


class Server:
    """A server process."""

    url: str

    def __init__(self, folder: Path):
        self.folder = folder
        self.port = free_port()
        self.start()

    def start(self) -> None:
        log = self.folder / "log"
        with log.open("ab") as file:
            self.process = subprocess.Popen(self.command(), cwd="/", stdout=file, stderr=subprocess.STDOUT)
        wait_for(self.process, self.ask, log)

    def stop(self) -> None:
        self.process.send_signal(self.ending)
        self.process.wait(PATIENCE)

    def restart(self) -> None:
        """Stop the server in the ordinary way and start it with the same data."""
        self.stop()
        self.start()

    ending = signal.SIGTERM  # the signal that stops it

    def command(self) -> list[str]:
        raise NotImplementedError

    def ask(self) -> None:
        """Raise OSError if the server does not answer."""
        raise NotImplementedError


class RedisServer(Server):
    """Redis with a password and an append-only file."""

    @property
    def url(self) -> str:  # type: ignore[override]
        return f"redis://:secret-of-redis@127.0.0.1:{self.port}/0"

    def flush(self) -> None:
        with redis.Redis.from_url(self.url) as client:
            client.flushall()

    def command(self) -> list[str]:
        return [
            "redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--appendonly", "yes",
            "--requirepass", "secret-of-redis", "--dir", str(self.folder),
        ]  # fmt: skip

    def ask(self) -> None:
        try:
            with redis.Redis.from_url(self.url, retry=None) as client:
                client.ping()
        except redis.ConnectionError as error:
            raise OSError from error


class PostgresServer(Server):
    """PostgreSQL with a password. If the tests run as root, it runs as Debian's user ``postgres``."""

    ending = signal.SIGINT  # pg_ctl's "fast" mode: open transactions are rolled back

    def __init__(self, folder: Path):
        self.user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        if self.user:
            shutil.chown(folder, "postgres")
        (folder / "password").write_text("secret-of-postgres")
        self._run(str(_POSTGRES[0] / "initdb"), "-D", str(folder / "data"), "-U", "herald", "-A", "scram-sha-256",
                  "--pwfile", str(folder / "password"), "-E", "UTF8", "--no-locale")  # fmt: skip
        super().__init__(folder)

    @property
    def url(self) -> str:  # type: ignore[override]
        return self.database("postgres")

    def database(self, name: str) -> str:
        return f"postgresql://herald:secret-of-postgres@127.0.0.1:{self.port}/{name}"

    def make_database(self, name: str) -> str:
        """Create a database and return its address."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"'.encode())
        return self.database(name)

    def command(self) -> list[str]:
        return [
            *self.user, str(_POSTGRES[0] / "postgres"), "-D", str(self.folder / "data"), "-p", str(self.port),
            "-k", str(self.folder), "-c", "listen_addresses=127.0.0.1",
        ]  # fmt: skip

    def stop(self) -> None:
        # runuser does not pass SIGINT on.
        os.kill(int((self.folder / "data" / "postmaster.pid").read_text().split()[0]), self.ending)
        self.process.wait(PATIENCE)

    def ask(self) -> None:
        try:
            psycopg.connect(self.url).close()
        except psycopg.OperationalError as error:
            raise OSError from error

    def _run(self, *command: str) -> None:
        subprocess.run([*self.user, *command], check=True, stdout=subprocess.DEVNULL, cwd="/")


@contextmanager
def _running(kind: type[Server], installed: bool, package: str) -> Iterator[Server]:
    if not installed:
        missing(f"Debian's {package} is not installed: sh .ci/services installs it")
    with tempfile.TemporaryDirectory(prefix="herald-") as folder:
        server = kind(Path(folder))
        try:
            yield server
        finally:
            server.stop()


@contextmanager
def redis_server() -> Iterator[RedisServer]:
    with _running(RedisServer, bool(shutil.which("redis-server")), "redis-server") as server:
        assert isinstance(server, RedisServer)
        yield server


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    with _running(PostgresServer, bool(_POSTGRES), "postgresql") as server:
        assert isinstance(server, PostgresServer)
        yield server
