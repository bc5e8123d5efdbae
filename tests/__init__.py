import atexit
import os
import shutil
import tempfile

# Crawls of the tests must not share their pace with other crawls of the user. Set before anything reads it; the
# processes that a test starts inherit it, and only the one that has made the folder removes it.
if "HERALD_PACE_FOLDER" not in os.environ:
    os.environ["HERALD_PACE_FOLDER"] = tempfile.mkdtemp(prefix="herald-pace-")
    atexit.register(shutil.rmtree, os.environ["HERALD_PACE_FOLDER"], ignore_errors=True)
