"""Starts Splash 3.5 on a Python newer than it was made for; run by Splash's own Python.

Splash is not changed: two functions that it calls are adapted before it is loaded.
"""

import functools
import json

from PyQt5.QtCore import QTimer


def without_encoding(loads):
    """Drop the argument `encoding`, which Splash passes: json.loads() ignored it until Python 3.9."""

    @functools.wraps(loads)
    def wrapped(text, *args, **options):
        options.pop("encoding", None)
        return loads(text, *args, **options)

    return wrapped


def in_whole_milliseconds(start):
    """Convert floats, which Splash passes: PyQt5 refuses them since Python 3.10."""

    def wrapped(timer, *args):
        return start(timer, *[int(each) if isinstance(each, float) else each for each in args])

    return wrapped


json.loads = without_encoding(json.loads)
QTimer.start = in_whole_milliseconds(QTimer.start)

if __name__ == "__main__":
    from splash.server import main

    main()
