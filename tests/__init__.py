import os
import tempfile

# Set before anything reads it: crawls of the tests must not share their pace with other crawls of the user.
os.environ.setdefault("HERALD_PACE_FOLDER", tempfile.mkdtemp(prefix="herald-pace-"))
