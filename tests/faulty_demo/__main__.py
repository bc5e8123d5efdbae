"""``python -m tests.faulty_demo``: serve a demo newspaper that can be made to misbehave."""

from __future__ import annotations

import sys

from demo.process import main
from tests.faulty_demo.site import FaultyResource

if __name__ == "__main__":
    sys.exit(main(resource=FaultyResource))
