"""Vega's SVG made fit for the page: inline, without fonts and colours of its own, a title on each mark."""

from __future__ import annotations

import re
from itertools import count
from typing import Any

from lxml.etree import SubElement, fromstring, tostring

_SVG = "{http://www.w3.org/2000/svg}"
# The page has fonts and colours; an inline picture needs no version, nor what says "not clickable".
_NEEDLESS = ("font-family", "pointer-events", "version", "stroke-miterlimit", "aria-roledescription")
_PLACES = ("d", "transform")
_DECIMALS = re.compile(r"(\.\d)\d+")  # a tenth of a pixel is fine enough
_names = count(1)


def svg(spec: dict[str, Any], label: str) -> str:
    """The picture of a Vega-Lite `spec`, named `label` for those who do not see it."""
    import vl_convert  # 100 MB of V8: paid by those who plot

    root: Any = fromstring(vl_convert.vegalite_to_svg(spec).encode())
    _name(root, label)
    for element in list(root.iter()):
        for name in _NEEDLESS:
            element.attrib.pop(name, None)
        for name in _PLACES:
            if place := element.get(name):
                element.set(name, _DECIMALS.sub(r"\1", place))
        if element.get("display") == "none" or element.get("d") == "":
            element.getparent().remove(element)
        elif not element.get("aria-label"):
            element.attrib.pop("role", None)  # a symbol of nothing
        elif element.tag in (f"{_SVG}path", f"{_SVG}text"):
            _title(element)
    _rename(root)
    text: str = tostring(root, encoding="unicode")
    return text.replace(' xmlns="http://www.w3.org/2000/svg"', "").replace(
        ' xmlns:xlink="http://www.w3.org/1999/xlink"', ""
    )


def _name(root: Any, label: str) -> None:
    root.set("role", "graphics-document")
    root.set("aria-label", label)


def _title(element: Any) -> None:
    """What a mark says to a screen reader, the mouse shows as well."""
    title = SubElement(element, f"{_SVG}title")
    title.text = element.get("aria-label")


def _rename(root: Any) -> None:
    """Give ids names that no other picture of the page has."""
    renamed = {element.get("id"): f"v{next(_names)}" for element in root.iter() if element.get("id")}
    for element in root.iter() if renamed else ():
        for name, value in element.items():
            for former, latter in renamed.items():
                if value == former and name == "id":
                    element.set(name, latter)
                elif f"#{former})" in value:
                    element.set(name, value.replace(f"#{former})", f"#{latter})"))
