"""What all tests need before the package is imported."""

from __future__ import annotations

import os
import tempfile

# The pace of the tests is no concern of the crawls of whoever runs them.
os.environ.setdefault("HERALD_PACE_FOLDER", tempfile.mkdtemp(prefix="herald-pace-"))
