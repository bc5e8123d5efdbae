"""Inputs by the batch: a number says them all, so that a batch can be read again."""

from __future__ import annotations

import faulthandler
import logging
import random

from tests.fuzz.inputs import make, seeds
from tests.fuzz.limits import fault, memory_limit
from tests.fuzz.readers import READERS, SHARES

HANGS = 120  # seconds of the clock after which an input is taken for one that hangs
Batch = tuple[str, int]
Found = tuple[str, bytes, str]


def read_batch(batch: Batch, size: int) -> list[Found]:
    """The inputs of a batch on which its reader failed, with what was wrong."""
    name, number = batch
    reader, dice = READERS[name], random.Random(f"{name}/{number}")
    for seed in seeds(name)[:3]:
        fault(reader, seed)  # imports, and what is compiled once
    logging.disable()
    found: list[Found] = []
    with memory_limit():
        for _ in range(size):
            data = make(name, dice)
            faulthandler.dump_traceback_later(HANGS, exit=True)
            if said := fault(reader, data):
                found.append((name, data, said))
    faulthandler.cancel_dump_traceback_later()
    return found


def batches(inputs: int, seed: int, size: int) -> list[Batch]:
    """As many batches of each reader as its share says, mixed."""
    names = [reader.__name__ for reader, share in SHARES.items() for _ in range(share)]
    dice = random.Random(seed)
    count = -(-inputs // size)
    return [(dice.choice(names), seed * 10_000_000 + number) for number in range(count)]
