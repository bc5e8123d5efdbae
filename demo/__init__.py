"""A small newspaper on 127.0.0.1 that looks like The Korea Herald in each of its three layouts.

`Newspaper` writes every story and knows the item that a crawl should make of it. `running_demo` serves a
newspaper from another process, `demo.site.serve` from this one. It is not part of the installed package.
"""

from __future__ import annotations

from demo.newspaper import Newspaper
from demo.process import DemoError, running_demo

__all__ = ["DemoError", "Newspaper", "running_demo"]
