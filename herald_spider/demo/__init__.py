"""A small newspaper that looks like The Korea Herald in each of its layouts, on loopback.

`Newspaper` knows every story and the truth about it, `serve` puts it on a port of this
process, `running_demo` on one of a process of its own.
"""

from __future__ import annotations

from herald_spider.demo.newsroom import Newspaper
from herald_spider.demo.process import DemoError, running_demo
from herald_spider.demo.site import serve

__all__ = ["DemoError", "Newspaper", "running_demo", "serve"]
