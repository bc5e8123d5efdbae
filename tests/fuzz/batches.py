"""Batches of inputs, each made from one number so that it can be repeated."""

from __future__ import annotations

import faulthandler
import logging
import random

from tests.fuzz import inputs, repetition
from tests.fuzz.inputs import seeds
from tests.fuzz.limits import BYTES, BYTES_IF_LARGE, fault, memory_limit
from tests.fuzz.readers import READERS, SHARES

HANGS = 120  # seconds of wall time after which a worker is stopped
Batch = tuple[str, int, str]  # reader, number, kind of inputs
DAMAGE, REPETITION, LARGE = KINDS = ("damage", "repetition", "large")
Found = tuple[str, bytes, str]


def read_batch(batch: Batch, size: int) -> list[Found]:
    """Return the inputs of a batch on which its reader failed, with the error."""
    name, _, kind = batch
    reader, dice = READERS[name], random.Random("/".join(map(str, batch[: 2 + (kind != DAMAGE)])))
    logging.disable()
    for seed in seeds(name)[:3]:
        fault(reader, seed)  # imports modules and compiles patterns before the limits apply
    found: list[Found] = []
    with memory_limit(BYTES_IF_LARGE if kind == LARGE else BYTES):
        for _ in range(size):
            data = _make(name, dice, kind)
            faulthandler.dump_traceback_later(HANGS, exit=True)
            if message := fault(reader, data):
                found.append((name, data, message))
    faulthandler.cancel_dump_traceback_later()
    return found


def _make(name: str, dice: random.Random, kind: str) -> bytes:
    if kind == DAMAGE:
        return inputs.make(name, dice)
    return repetition.make(name, dice, repetition.LARGE if kind == LARGE else inputs.LARGEST)


def batches(count: int, seed: int, size: int, kind: str = DAMAGE) -> list[Batch]:
    """Return batches of all readers in random order, by their shares."""
    names = [reader.__name__ for reader, share in SHARES.items() for _ in range(share)]
    dice = random.Random(seed)
    count = -(-count // size)
    return [(dice.choice(names), seed * 10_000_000 + number, kind) for number in range(count)]
