"""The [labels] at the start of a headline: series and columnists."""

from __future__ import annotations

import re
from dataclasses import dataclass

from herald_spider.text.bylines import is_name

_BRACKET = re.compile(r"\s*\[([^\[\]]{2,40})\]")
# Words of series: "[Herald Interview]" looks like a name.
_SERIES_WORDS = (
    r"news|newsmaker|herald|interview|kh|weekender|reviews?|graphic|photos?|video|explains?|reporter\w*"
    r"|notebook|business|diploma\w+|circuit|econom\w+|industry|culture|travel|food|style|history|science|health"
    r"|korean?|korea's|editorial|exclusive|feature|from|the|out|today|week|special|series|report"
    r"|contribution|advertorial|well|design|k-\w+|pop|behind|beyond|land|mind|bio|tech|eye|focus"
    r"|english|podcast|breaking|update|analysis|top|live|our|world|seoul|election|market"
)
_SERIES = re.compile(rf"\b(?:{_SERIES_WORDS})\b", re.IGNORECASE)


@dataclass(frozen=True)
class Label:
    """The series or the columnist in the labels of a headline."""

    series: str | None = None
    columnist: str | None = None


def parse_label(headline: str) -> Label:
    """Return what the ``[labels]`` at the start of a headline name.

    >>> parse_label("[Newsmaker] [KH Explains] Why the ferry stopped")
    Label(series='Newsmaker', columnist=None)
    >>> parse_label("[Kim Seong-kon] On walls")
    Label(series=None, columnist='Kim Seong-kon')
    """
    series = columnist = None
    position = 0
    while match := _BRACKET.match(headline, position):
        label, position = match[1].strip(), match.end()
        if is_name(label) and not _SERIES.search(label):
            columnist = columnist or label
        else:
            series = series or label
    return Label(series, columnist)
