"""``python -m demo``: serve the demo newspaper."""

from __future__ import annotations

import sys

from demo.process import main

if __name__ == "__main__":
    sys.exit(main())
