"""``python -m herald_spider.demo``: serve the demo newspaper."""

from __future__ import annotations

import sys

from herald_spider.demo.process import main

if __name__ == "__main__":
    sys.exit(main())
