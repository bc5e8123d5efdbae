"""How many mutants the tests kill, and a sample of them by a fixed seed.

With mutmut 3 beside the project's own packages (``pip install mutmut``)::

    mutmut run --max-children 1 'herald_spider.urls*'                           # makes all mutants
    mutmut run --max-children 1 $(python -m tests.mutants --sample 30 --names)  # urls, loaders, 30 % of archive
    mutmut run --max-children 1 $(python -m tests.mutants --sample 30 --survivors)  # those that lived, once more
    python -m tests.mutants --sample 30                                         # the counts

The sample is the same on each machine. What is read is what mutmut has left in ``mutants/``.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

SURVIVED = {0: "survived", 33: "not reached"}  # mutmut's codes; others are kills, null is not tried


def results(folder: Path) -> Iterator[tuple[str, int | None]]:
    """The name of each mutant, and the code that its tests ended with."""
    for path in sorted(folder.glob("herald_spider/**/*.meta")):
        yield from json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"].items()


def part(name: str) -> str:
    """``urls``, ``loaders`` or ``archive``."""
    return name.split(".")[1]


def is_taken(name: str, share: int) -> bool:
    digest = hashlib.sha256(f"7 {name}".encode()).digest()
    return part(name) != "archive" or int.from_bytes(digest, "big") % 100 < share


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, default=100, metavar="SHARE", help="of 100 of archive/")
    parser.add_argument("--names", action="store_true", help="print the names, to be run")
    parser.add_argument("--survivors", action="store_true", help="print the names of those that live")
    options = parser.parse_args()
    found = {name: code for name, code in results(Path("mutants")) if is_taken(name, options.sample)}
    if options.names:
        print(*found, sep="\n")
    elif options.survivors:
        print(*(name for name, code in found.items() if code in SURVIVED), sep="\n")
    else:
        counts = Counter(
            (part(name), SURVIVED.get(code, "killed")) for name, code in found.items() if code is not None
        )
        for (which, what), count in sorted(counts.items()):
            print(f"{which:8} {what:12} {count:6,}")


if __name__ == "__main__":
    main()
