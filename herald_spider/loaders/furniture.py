"""Furniture: elements inside a body that are not part of the story, such as adverts and share buttons."""

from __future__ import annotations

import re
from typing import Any

from herald_spider.loaders.layouts import BODY

# Only of boxes, by the start of the class: "adarea" is an advert, "address" and "adopted" are not.
_ADVERT_BOX = re.compile(r"ad(?!apt|d|here|journ|jacent|just|m|o|ul|van|ven|verb|vi[cs])", re.IGNORECASE)
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
# Empty places of adverts have a height; a paragraph of the story may have one too.
_MIN_HEIGHT = re.compile(r"min-height\s*:", re.IGNORECASE)
_HEIGHT = re.compile(r"(?<!line-)height\s*:", re.IGNORECASE)
_PLACE_STYLE = {"div": _MIN_HEIGHT, "aside": _MIN_HEIGHT, "section": _HEIGHT}
_BOXES = ("div", "section", "aside", "p", "span")


def is_furniture(element: Any) -> bool:
    """Return True if an element's attributes mark it as furniture, or hide it."""
    attributes = element.attrib
    if not attributes:
        return False
    tag, classes = element.tag, attributes.get("class")
    if classes and (BODY.furniture.search(classes) or (tag == "div" and _ADVERT_BOX.match(classes))):
        return True
    identity = attributes.get("id")
    if identity and "_ad_" in identity.lower():
        return True
    if tag not in _BOXES:
        return False
    if identity and BODY.furniture_ids.search(identity):
        return True
    style = attributes.get("style")
    if style and (_HIDDEN.search(style) or (tag in _PLACE_STYLE and _PLACE_STYLE[tag].search(style))):
        return True
    return any(name in attributes for name in BODY.furniture_attributes)
