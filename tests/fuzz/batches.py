"""Batches of inputs, each made from one number so that it can be repeated."""

from __future__ import annotations

import faulthandler
import logging
import random

from tests.fuzz.inputs import make, seeds
from tests.fuzz.limits import fault, memory_limit
from tests.fuzz.readers import READERS, SHARES

HANGS = 120  # seconds of wall time after which a worker is stopped
Batch = tuple[str, int]
Found = tuple[str, bytes, str]


def read_batch(batch: Batch, size: int) -> list[Found]:
    """Return the inputs of a batch on which its reader failed, with the error."""
    name, number = batch
    reader, dice = READERS[name], random.Random(f"{name}/{number}")
    for seed in seeds(name)[:3]:
        fault(reader, seed)  # imports modules and compiles patterns before the limits apply
    logging.disable()
    found: list[Found] = []
    with memory_limit():
        for _ in range(size):
            data = make(name, dice)
            faulthandler.dump_traceback_later(HANGS, exit=True)
            if message := fault(reader, data):
                found.append((name, data, message))
    faulthandler.cancel_dump_traceback_later()
    return found


def batches(inputs: int, seed: int, size: int) -> list[Batch]:
    """Return batches of all readers in random order, by their shares."""
    names = [reader.__name__ for reader, share in SHARES.items() for _ in range(share)]
    dice = random.Random(seed)
    count = -(-inputs // size)
    return [(dice.choice(names), seed * 10_000_000 + number) for number in range(count)]
