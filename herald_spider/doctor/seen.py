"""What we believe of the site, one fact each, and how it is found out whether it holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from herald_spider.doctor.visit import Visit

# Others measured it; nobody has seen it; it stands in where the first choice fails.
CERTAIN, GUESS, FALL_BACK = "certain", "guess", "fall-back"
HELD, NOT_HELD, NOT_SEEN = "held", "did not hold", "not seen"
MOST = 0.8  # of the pages: the paper has odd ones, and so has the demo
_KINDS = 3
_EXAMPLES = 2

# Whether one page bears a fact out, and what was seen there; None where the page cannot show it.
Look: TypeAlias = "tuple[bool, str] | None"


@dataclass(frozen=True)
class Seen:
    """What a visit says of a fact; `held` is None where it could not be seen."""

    held: bool | None
    text: str
    examples: tuple[str, ...] = ()

    @property
    def outcome(self) -> str:
        return NOT_SEEN if self.held is None else HELD if self.held else NOT_HELD


@dataclass(frozen=True)
class Fact:
    """Something that we go by. `file` is what to change where it does not hold; "" if nothing depends on it."""

    subject: str
    name: str
    certainty: str
    check: Callable[[Visit], Seen]
    file: str

    @property
    def path(self) -> str:
        """Where that file stands in the project."""
        return self.file if not self.file or self.file.startswith("docs/") else f"herald_spider/{self.file}"


def share(looks: Iterable[tuple[str, Look]]) -> Seen:
    """A fact that most pages must bear out, by the address of each."""
    seen = [(address, *look) for address, look in looks if look is not None]
    if not seen:
        return Seen(None, "no page that could show it")
    kinds = Counter(what for _, _, what in seen).most_common()
    text = ", ".join(f"{what} ({count} of {len(seen)})" for what, count in kinds[:_KINDS])
    if rest := sum(count for _, count in kinds[_KINDS:]):
        text += f", other ({rest})"
    held = sum(good for _, good, _ in seen) >= MOST * len(seen)
    return Seen(held, text, tuple(address for address, good, _ in seen if not good)[:_EXAMPLES])
