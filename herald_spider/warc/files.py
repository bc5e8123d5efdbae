"""The files of web archives at a path: WARC and ARC, alone or in a WACZ."""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from glob import glob, has_magic
from pathlib import Path
from typing import IO, NamedTuple

ARCHIVE_NAME = re.compile(r"\.(?:warc(?:\.gz|\.zst)?|arc(?:\.gz)?|wacz)$", re.IGNORECASE)
ENDINGS = ".warc, .warc.gz, .warc.zst, .arc, .arc.gz, .wacz"


class Source(NamedTuple):
    """A file of records; ``open()`` returns a seekable stream."""

    name: str
    open: Callable[[], IO[bytes]]


def find_files(paths: str) -> list[Path]:
    """Return the web archives at `paths`, comma-separated files, folders and globs, sorted by name.

    Raises ValueError, with the problem and the remedy as message.
    """
    found = {path for part in paths.split(",") if part.strip() for path in _expand(part.strip())}
    if not found:
        raise ValueError("give a file, a folder or a glob of web archives, or several with commas")
    return sorted(found, key=lambda path: (path.name, path))


def _expand(part: str) -> list[Path]:
    path = Path(part).expanduser()
    if path.is_file():
        files = [path]
        if not ARCHIVE_NAME.search(path.name):
            raise ValueError(f"{part} does not have the name of a web archive; such names end in {ENDINGS}")
    elif path.is_dir():
        files = [each for each in path.rglob("*") if ARCHIVE_NAME.search(each.name) and each.is_file()]
    elif has_magic(part):
        matches = map(Path, glob(str(path), recursive=True))
        files = [each for each in matches if ARCHIVE_NAME.search(each.name) and each.is_file()]
    else:
        raise ValueError(f"{part} does not exist")
    if not files:
        raise ValueError(f"{part} has no web archive; their names end in {ENDINGS}")
    for file in files:
        if not os.access(file, os.R_OK):
            raise ValueError(f"{file} cannot be read: permission denied")
    return files


def sources(path: Path) -> Iterator[Source]:
    """Yield the file itself, or each file of records in a WACZ, which is not unpacked to disk."""
    alone = Source(path.name, lambda: path.open("rb"))
    if path.suffix.lower() != ".wacz":
        yield alone
        return
    try:
        packed = zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile):
        yield alone  # its reader reports that there is no record
        return
    with packed:
        for member in sorted(packed.namelist()):
            if member.startswith("archive/") and ARCHIVE_NAME.search(member):
                yield Source(f"{path.name}/{member}", partial(packed.open, member))
