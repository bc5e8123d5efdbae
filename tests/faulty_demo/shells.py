"""Script shells: pages without content until their script has fetched it from ``/shell/content``."""

from __future__ import annotations

import re
from typing import Literal, get_args

from jinja2 import Environment

# The script uses XMLHttpRequest; fetch in a module, which old engines lack; waits for a file that never comes;
# shows a list with a "more" button.
Kind = Literal["xhr", "fetch", "never", "list"]
KINDS = get_args(Kind)
CONTENT, NEVER = "/shell/content", "/shell/never"
_INSIDE = re.compile(r"<html[^>]*>(.*)</html>", re.DOTALL)


def shell(templates: Environment, kind: str) -> bytes:
    """Return the page of a kind of `KINDS`, before its script runs."""
    return templates.get_template(f"shells/{kind}.html").render(content=CONTENT, never=NEVER).encode()


def inside(page: bytes) -> bytes:
    """Return the content of the ``html`` element, for a script to show."""
    match = _INSIDE.search(page.decode("utf-8", "replace"))
    return match[1].encode() if match else b""
