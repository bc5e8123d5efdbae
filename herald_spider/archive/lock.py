"""Locks on an archive: files in its folder ``locks`` that processes lock with flock.

The system frees the locks of a killed process. Each file names its holders.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from herald_spider.archive.database import ArchiveError

LOCKS = "locks"
PATIENCE = 30.0  # seconds that a run waits for one that opens or migrates the archive
_STEP = 0.05


class Lock:
    """A lock on the file at `path`, which is made if it does not exist.

    All methods raise `ArchiveError` if the file cannot be made or locked.
    """

    def __init__(self, path: Path):
        self.path = path
        self.is_exclusive = False
        self.file: IO[bytes] | None = None

    def acquire(self, *, exclusive: bool = True, patience: float = 0.0) -> bool:
        """Take the lock; return False if others hold it for longer than `patience` seconds.

        A shared lock that nobody else holds is exclusive until `share` is called.
        """
        deadline = time.monotonic() + patience
        folder = self.path.parent.parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ArchiveError(
                "archive_not_writable",
                f"HERALD_ARCHIVE={folder} cannot be written ({error.strerror}). Set it to a folder that can.",
            ) from None
        try:
            self.path.parent.mkdir(exist_ok=True)
            self.file = self.path.open("a+b", buffering=0)
            while not self._try(self.file, exclusive):
                if time.monotonic() >= deadline:
                    self.close()
                    return False
                time.sleep(_STEP)
        except OSError as error:
            self.close()
            raise self._unusable(error) from None
        return True

    def _try(self, file: IO[bytes], exclusive: bool) -> bool:
        self.is_exclusive = flock(file)
        if self.is_exclusive:
            file.truncate(0)  # the names are those of earlier holders
        return self.is_exclusive or (not exclusive and flock(file, fcntl.LOCK_SH))

    def share(self) -> None:
        """Let others share the lock from now on."""
        try:
            if self.file and not flock(self.file, fcntl.LOCK_SH):
                raise BlockingIOError(None, "it was lost")
        except OSError as error:
            raise self._unusable(error) from None
        self.is_exclusive = False

    def sign(self, job: str) -> None:
        """Write the job that holds the lock into its file."""
        began = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        holder = {"job": job, "process": os.getpid(), "host": socket.gethostname(), "began": began}
        if self.file:
            self.file.write(json.dumps(holder).encode() + b"\n")

    def holders(self) -> str:
        """Return the jobs that hold the lock, in a few words."""
        found = [
            f"job {each['job']}, process {each['process']}, since {each['began']}" for each in self._holders()
        ]
        return "; ".join(found) or "just begun"

    def jobs(self) -> set[str]:
        """Return the jobs that hold the lock."""
        return {each["job"] for each in self._holders()}

    def _holders(self) -> list[dict[str, Any]]:
        try:
            return list(filter(None, map(_holder, self.path.read_bytes().splitlines())))
        except OSError:
            return []

    def close(self) -> None:
        if self.file:
            self.file.close()
        self.file, self.is_exclusive = None, False

    def _unusable(self, error: OSError) -> ArchiveError:
        text = (
            f"{error.filename or self.path} cannot be used ({error.strerror}). An archive needs a file system with locks "
            "(flock) that this user may write."
        )
        return ArchiveError("archive_not_writable", text)


class ArchiveLock(Lock):
    """The lock on the whole archive: shared by runs, exclusive for repairs and migrations."""

    def __init__(self, folder: Path):
        super().__init__(folder / LOCKS / "archive")
        self.folder = folder

    def enter(self) -> None:
        """Take the lock as a run does. Raises `ArchiveError` if the archive is being repaired."""
        if not self.acquire(exclusive=False, patience=PATIENCE):
            raise self.in_use("It is being repaired or migrated: start this run again after that.")

    @contextmanager
    def alone(self, todo: str) -> Iterator[None]:
        """Hold the lock exclusively. Raises `ArchiveError` with the remedy `todo` if others hold it."""
        is_held = self.file is not None
        if not self.is_exclusive and (is_held or not self.acquire()):
            raise self.in_use(todo)
        try:
            yield
        finally:
            if not is_held:
                self.close()

    def in_use(self, todo: str) -> ArchiveError:
        text = f"Another process works on {self.folder} ({self.holders()}). {todo}"
        return ArchiveError("archive_locked", text)


def flock(file: IO[bytes], kind: int = fcntl.LOCK_EX) -> bool:
    """Lock a file without waiting; return False if another process holds it."""
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(line: bytes) -> dict[str, Any] | None:
    """Return what a holder has signed; None if its process has ended, or the line is another program's."""
    try:
        found: dict[str, Any] = json.loads(line)
        if not found.keys() >= {"job", "process", "host", "began"}:
            return None
        if found["host"] == socket.gethostname():
            with suppress(PermissionError):  # the process of another user
                os.kill(found["process"], 0)
    except (OSError, ValueError, AttributeError, TypeError):
        return None
    return found
