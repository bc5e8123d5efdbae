"""Pages that hold nothing until a script has run, in place of any page of the demo.

A shell asks ``/shell/content`` for what stands at its own address otherwise, and shows it.
"""

from __future__ import annotations

import re
from typing import Literal, get_args

from jinja2 import Environment

# By XMLHttpRequest; by fetch and async, which old engines lack; never; a list with a "more" button.
Kind = Literal["xhr", "fetch", "never", "list"]
KINDS = get_args(Kind)
CONTENT, NEVER = "/shell/content", "/shell/never"
_INSIDE = re.compile(r"<html[^>]*>(.*)</html>", re.DOTALL)


def shell(templates: Environment, kind: str) -> bytes:
    """The static form of a page of `kind`."""
    return templates.get_template(f"shells/{kind}.html").render(content=CONTENT, never=NEVER).encode()


def inside(page: bytes) -> bytes:
    """What stands between ``<html>`` and its end, for a script to show."""
    match = _INSIDE.search(page.decode("utf-8", "replace"))
    return match[1].encode() if match else b""
