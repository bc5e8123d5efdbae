"""``python -m tests.fuzz``: run the readers on random inputs, in worker processes.

An input that fails is written to ``--keep``, and can be read again with
``python -m tests.fuzz --replay FILE``. The exit status is 1 if one failed.
"""

from __future__ import annotations

import argparse
import collections
import hashlib
import os
import random
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path

from tests.fuzz.batches import DAMAGE, KINDS, Batch, Found, batches, read_batch
from tests.fuzz.limits import fault
from tests.fuzz.readers import READERS

ROUND = 100  # batches of a pool


def work(todo: list[Batch], size: int, workers: int) -> Iterator[tuple[int, list[Found]]]:
    """Yield the number of finished batches, with the faults of the last one; also the batch in which a worker died."""
    # A new pool for each round frees the memory of its workers.
    for start in range(0, len(todo), ROUND):
        with ProcessPoolExecutor(workers, mp_context=get_context("fork")) as pool:
            futures = [(batch, pool.submit(read_batch, batch, size)) for batch in todo[start : start + ROUND]]
            for done, (batch, future) in enumerate(futures, start + 1):
                try:
                    yield done, future.result()
                except BrokenProcessPool:
                    yield (
                        done,
                        [
                            (
                                batch[0],
                                repr(batch).encode(),
                                "the process died or hung; its traceback is above",
                            )
                        ],
                    )
                    return


def keep(found: Iterable[Found], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, data, message in found:
        path = folder / f"{name}-{hashlib.sha256(data).hexdigest()[:12]}"
        path.write_bytes(data)
        print(f"\n{path}\n{message}", file=sys.stderr, flush=True)


def run(inputs: int, seed: int, size: int, workers: int, folder: Path, kind: str = DAMAGE) -> int:
    start, faults = time.monotonic(), 0
    todo = batches(inputs, seed, size, kind)
    done = 0
    for done, found in work(todo, size, workers):
        faults += len(found)
        keep(found, folder)
        if done % 100 == 0:
            print(f"{done * size:,} inputs, {faults} faults, {time.monotonic() - start:.0f} s", flush=True)
    each = collections.Counter(name for name, *_ in todo[:done])
    shares = ", ".join(f"{name} {count * size:,}" for name, count in each.most_common())
    took = time.monotonic() - start
    print(f"{done * size:,} inputs in {took:.0f} s (seed {seed}): {faults} faults. {shares}")
    return 1 if faults or done < len(todo) else 0


def replay(path: Path) -> int:
    message = fault(READERS[path.name.partition("-")[0]], path.read_bytes())
    print(message or "no fault")
    return 1 if message else 0


def main() -> int:
    parser = argparse.ArgumentParser("python -m tests.fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--batch", type=int, default=500, help="inputs of one reader in a row")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--keep", type=Path, default=Path("fuzz-faults"))
    parser.add_argument("--replay", type=Path, metavar="FILE", help="only read this input")
    parser.add_argument("--kind", choices=KINDS, default=DAMAGE, help="large: repetition in 16 MB")
    options = parser.parse_args()
    if options.replay:
        return replay(options.replay)
    return run(options.inputs, options.seed, options.batch, options.workers, options.keep, options.kind)


if __name__ == "__main__":
    sys.exit(main())
