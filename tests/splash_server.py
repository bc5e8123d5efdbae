"""Starts Splash 3.5 on a Python newer than it was made for; run by Splash's own Python.

Splash itself stays as it is: two calls that its time allowed are mended before it loads.
"""

import functools
import json

from PyQt5.QtCore import QTimer


def without_encoding(loads):
    """json.loads() took, and ignored, `encoding` until Python 3.9; Splash gives it."""

    @functools.wraps(loads)
    def wrapped(text, *args, **options):
        options.pop("encoding", None)
        return loads(text, *args, **options)

    return wrapped


def in_whole_milliseconds(start):
    """PyQt5 takes no float since Python 3.10; Splash computes with them."""

    def wrapped(timer, *args):
        return start(timer, *[int(each) if isinstance(each, float) else each for each in args])

    return wrapped


json.loads = without_encoding(json.loads)
QTimer.start = in_whole_milliseconds(QTimer.start)

if __name__ == "__main__":
    from splash.server import main

    main()
