"""The archive of a site: a folder with a ledger and its segments.

The ledger's commit is the commit. A batch of articles is written to the run's segment
and brought to the disk, then one transaction enters the articles and the segment's new
length. Bytes beyond that length are left from a crash, and cut off when the archive is opened.
"""

from herald_spider.archive.archive import Archive
from herald_spider.archive.database import ArchiveError
from herald_spider.archive.ledger import Known
from herald_spider.option_types import NONE

__all__ = ["NONE", "Archive", "ArchiveError", "Known"]
