"""A small newspaper that looks like The Korea Herald in each of its layouts, on loopback.

`Newspaper` knows every story and the truth about it, `running_demo` serves one from a
process of its own, `site.serve` from this one.
"""

from __future__ import annotations

from demo.newsroom import Newspaper
from demo.process import DemoError, running_demo

__all__ = ["DemoError", "Newspaper", "running_demo"]
