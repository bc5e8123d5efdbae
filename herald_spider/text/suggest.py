"""Suggestions for names that were written wrong."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def suggest(wrong: str, valid: Iterable[str]) -> str:
    """Return the end of an error message about a wrong name: the nearest valid names, then all of them."""
    valid = sorted(valid)
    near = get_close_matches(wrong, valid, n=3, cutoff=0.6)
    hint = f"; did you mean {' or '.join(near)}?" if near else "."
    return f"{hint} Valid: {', '.join(valid)}"
