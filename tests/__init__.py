import os
import tempfile

# Set before anything reads it: the pace of the tests is no concern of the crawls of whoever runs them.
os.environ.setdefault("HERALD_PACE_FOLDER", tempfile.mkdtemp(prefix="herald-pace-"))
