"""The [labels] at the start of a headline: series and columnists."""

from __future__ import annotations

import re
from dataclasses import dataclass

from herald_spider.text.bylines import is_name

_BRACKET = re.compile(r"\s*\[([^\[\]]{2,60})\]")
# Series whose names have the form of a person's.
_KNOWN_SERIES = frozenset(
    {"hello hangeul", "home cooking", "subway stories", "graphic news", "hidden gems", "well-curated"}
)
# Words of series: "[Herald Interview]" looks like a name. Surnames and first names are not among them.
_SERIES_WORDS = (
    r"news|newsmaker|herald|interviews?|kh|weekender|reviews?|graphics?|photos?|videos?|explains?|explained|reporter\w*"
    r"|notebook|business|diploma\w+|circuit|econom\w+|industry|cultur\w+|travel|foods?|styles?|history|science|health"
    r"|korean?s?|korea's|hangeul|hanok|hallyu|editorials?|exclusive|features?|from|the|and|of|in|on|to|for|with|out|today"
    r"|weekly?|daily|weekend|special|series|reports?|contribution|advertorial|well|design|k-\w+|pop|behind|beyond|land|mind"
    r"|bio|tech|eye|focus|english|podcasts?|breaking|updates?|analysis|top|live|our|my|your|world|global|asia|seoul"
    r"|elections?|markets?|home|cooking|kitchen|recipes?|hello|subway|stor(?:y|ies)|tales?|struggles?|spaces?|scholars?"
    r"|diar(?:y|ies)|journeys?|letters?|lessons?|guide|talks?|city|life|living|money|work|school|campus|sports?|games?"
    r"|films?|movies?|music|books?|arts|stage|theater|essays?|columns?|opinions?|views?|viewpoints?|debates?|forum|summit"
    r"|projects?|files?|notes?|trips?|tours?|trail|hidden|gems|people|faces|profiles?|meet|defense|policy|politic\w*"
    r"|startups?|start-ups?|brands?|company|companies|ceo|trends?|fashion|beauty|wellness|climate|planet|earth|heritage"
    r"|traditions?|drama|screen|idols?|strategy|wars?|drive|street|eats|lunch|dinner|power|test|exit|chips?|inside|why|how|what|when|where|who|next|new|best|making|made|data|fact|check"
)
_SERIES = re.compile(rf"\b(?:{_SERIES_WORDS})\b", re.IGNORECASE)
_AND = re.compile(r"\s*(?:,|&|;|/|\band\b)\s*")


@dataclass(frozen=True)
class Label:
    """The series, or the columnists, in the labels of a headline."""

    series: str | None = None
    columnists: tuple[str, ...] = ()


def parse_label(headline: str) -> Label:
    """Return what the ``[labels]`` at the start of a headline name.

    >>> parse_label("[Newsmaker] [KH Explains] Why the ferry stopped")
    Label(series='Newsmaker', columnists=())
    >>> parse_label("[Jonas Weber, Lena Hofmann] On walls")
    Label(series=None, columnists=('Jonas Weber', 'Lena Hofmann'))
    """
    series, columnists = None, ()
    position = 0
    while match := _BRACKET.match(headline, position):
        label, position = match[1].strip(), match.end()
        names = tuple(filter(None, _AND.split(label)))
        if names and all(map(is_name, names)) and not _is_series(label):
            columnists = columnists or names
        else:
            series = series or label
    return Label(series, columnists)


def _is_series(label: str) -> bool:
    return label.lower() in _KNOWN_SERIES or bool(_SERIES.search(_AND.sub(" ", label)))
