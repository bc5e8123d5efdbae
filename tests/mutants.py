"""Count the mutants that the tests kill, and choose a reproducible sample of them.

With mutmut 3 beside the project's own packages (``pip install mutmut``)::

    mutmut run --max-children 1 'herald_spider.urls*'                           # makes all mutants
    mutmut run --max-children 1 $(python -m tests.mutants --sample 30 --names)  # urls, loaders, 30 % of archive
    mutmut run --max-children 1 $(python -m tests.mutants --sample 30 --survivors)  # the survivors again
    python -m tests.mutants --sample 30                                         # the counts

The sample is the same on each machine. The results are read from mutmut's folder ``mutants/``.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

SURVIVED = {0: "survived", 33: "not reached"}  # mutmut's codes; None is not tried, all others are kills


def results(folder: Path) -> Iterator[tuple[str, int | None]]:
    """Yield the name of each mutant and the exit code of its tests."""
    for path in sorted(folder.glob("herald_spider/**/*.meta")):
        yield from json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"].items()


def part(name: str) -> str:
    """Return ``urls``, ``loaders`` or ``archive``."""
    return name.split(".")[1]


def is_in_sample(name: str, share: int) -> bool:
    """Return True if the mutant is in a sample of `share` percent; only archive/ is sampled."""
    digest = hashlib.sha256(f"7 {name}".encode()).digest()
    return part(name) != "archive" or int.from_bytes(digest, "big") % 100 < share


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, default=100, metavar="SHARE", help="percentage of archive/")
    parser.add_argument("--names", action="store_true", help="print the names")
    parser.add_argument("--survivors", action="store_true", help="print the names of the survivors")
    options = parser.parse_args()
    found = {name: code for name, code in results(Path("mutants")) if is_in_sample(name, options.sample)}
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
