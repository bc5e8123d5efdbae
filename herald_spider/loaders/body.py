"""The body of an article: from its elements to paragraphs and pictures.

One pass over the elements: block elements and runs of ``<br>`` separate paragraphs, pictures
and captions are taken out, furniture is skipped. It relies on no structure, and so also reads the
broken nesting of the older pages.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from lxml import etree

from herald_spider.items import Image
from herald_spider.loaders.elements import outermost, picture_of, text_of, with_ancestors
from herald_spider.loaders.layouts import BODY
from herald_spider.loaders.pictures import (
    Caption,
    captions_in,
    credits_in,
    is_caption,
    pairs,
    parts_of,
    split_caption,
    text_lengths,
)
from herald_spider.text.captions import split_credit
from herald_spider.text.cleaning import clean_text

_SKIP = frozenset(
    "script style noscript iframe del s strike form button svg template video audio object embed select"
    " textarea input nav head title canvas map".split()
)
_BLOCKS = frozenset(
    "address article aside blockquote center dd details div dl dt fieldset figcaption figure footer"
    " h1 h2 h3 h4 h5 h6 header hr li main ol p pre section summary table tbody td tfoot th thead tr"
    " ul".split()
)
_PLAYERS = ("iframe", "video", "object", "embed", "audio")
_ROWS = etree.XPath("tr | tbody/tr | thead/tr | tfoot/tr")  # without those of tables in cells
_CELLS = etree.XPath("td | th")
_SPACES = re.compile(r"[ \t\r\n\f\v]+")
_BREAKS = re.compile(r"\n\s*\n")
# A box with more text beside its picture holds the story: a table may only lay out the page.
_MAX_CAPTION = 900


@dataclass
class Body:
    """The paragraphs and pictures of a body, in page order."""

    paragraphs: list[str] = field(default_factory=list)
    images: list[Image] = field(default_factory=list)
    alts: dict[str, str] = field(default_factory=dict)  # by the address of the picture


def read_body(containers: Iterable[Any], base: str, skipped: Collection[Any] = ()) -> Body:
    """Read body elements; `base` resolves addresses of pictures, `skipped` elements are left out."""
    body = Body()
    for container in containers:
        _Reader(base, container, body, skipped).read()
    # Stories moved from older layouts may have their paragraphs as lines of one block.
    if len(body.paragraphs) == 1 and body.paragraphs[0].count("\n") > 1 and body.paragraphs[0][:2] != "- ":
        body.paragraphs = body.paragraphs[0].split("\n")
    for image in body.images:
        caption, credit = split_credit(body.alts.get(image.url, ""))
        if caption and credit and not (image.caption or image.credit):
            image.caption, image.credit = caption, credit
    return body


@dataclass
class _List:
    """An open ``<ul>`` or ``<ol>``."""

    owner: Any
    lines: list[str] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)

    def end_item(self) -> None:
        if self.parts:
            mark = f"{len(self.lines) + 1}." if self.owner.tag == "ol" else "-"
            self.lines.append(f"{mark} {' '.join(self.parts)}")
            self.parts.clear()


class _Reader:
    """Reads one container into `body`."""

    def __init__(self, base: str, container: Any, body: Body, skipped: Collection[Any]):
        self.base = base
        self.container = container
        self.body = body
        self.skipped = skipped
        self.text: list[str] = []  # of the open paragraph
        self.list: _List | None = None
        self.last_image: Image | None = body.images[-1] if body.images else None
        self.next_caption: Caption | None = None  # stood before its picture

    @cached_property
    def lengths(self) -> dict[Any, int]:
        """The number of characters of each element, without white space."""
        return text_lengths(self.container)

    @cached_property
    def caption_lengths(self) -> dict[Any, int]:
        """The number of characters in captions of each element, without white space."""
        captions, found = set(captions_in(self.container)), dict[Any, int]()
        for _, element in etree.iterwalk(self.container, events=("end",)):
            inner = sum(found.get(each, 0) for each in element)
            found[element] = self.lengths[element] if element in captions else inner
        return found

    @cached_property
    def player_boxes(self) -> set[Any]:
        """Elements that hold a player and no picture."""
        return with_ancestors(self.container.iter(*_PLAYERS)) - with_ancestors(self.container.iter("img"))

    def read(self) -> None:
        self.add(self.container.text)
        walk = etree.iterwalk(self.container, events=("start", "end", "comment", "pi"))
        for event, element in walk:
            if element is self.container:
                continue
            if event == "start":
                if self.start(element):
                    walk.skip_subtree()
                else:
                    self.add(element.text)
                continue
            if event == "end":
                self.end(element)
            self.add(element.tail)
        self.end_paragraph()

    def add(self, text: str | None) -> None:
        if text and not text.isspace():  # printable text has no line breaks to replace
            self.text.append(text if text.isprintable() else _SPACES.sub(" ", text))
        elif text and self.text:
            self.text.append(" ")

    def start(self, element: Any) -> bool:
        """Start an element; return True if its children are to be skipped."""
        tag = element.tag
        if tag == "br":
            self.text.append("\n")
            return True
        if tag == "img":
            self.add_picture(element)
            return True
        is_block = tag in _BLOCKS
        if is_block:
            self.end_paragraph()
        if tag in _SKIP or element in self.skipped or BODY.is_furniture(element):
            return True
        if is_block or "class" in element.attrib:
            return self.start_block(element, tag)
        return False

    def start_block(self, element: Any, tag: str) -> bool:
        has_caption = is_caption(element)
        if has_caption:
            self.end_paragraph()
            if self.first_picture(element) is None:
                self.add_caption(element)
                return True
        if has_caption or tag in ("table", "figure") or BODY.picture_boxes.search(element.get("class", "")):
            has_pictures = next(element.iter("img"), None) is not None
            if has_pictures and self.add_picture_box(element):
                return True
            if tag != "table" and not has_pictures and self.is_player(element):
                return True
            if tag == "table" and not has_pictures:
                return self.add_table(element)
        if tag in ("ul", "ol") and self.list is None:
            self.list = _List(element)
        return False

    def end(self, element: Any) -> None:
        if element.tag in _BLOCKS:
            self.end_paragraph()
        if self.list is None:
            return
        if element.tag == "li":
            self.list.end_item()
        elif element is self.list.owner:
            self.list.end_item()
            if self.list.lines:
                self.body.paragraphs.append("\n".join(self.list.lines))
            self.list = None

    def end_paragraph(self) -> None:
        if not self.text:
            return
        text = "".join(self.text)
        self.text.clear()
        for part in _BREAKS.split(text) if "\n" in text else (text,):
            lines = list(filter(None, map(clean_text, part.split("\n"))))
            if lines:
                self.next_caption = None
            if lines and self.list is not None:
                self.list.parts.extend(lines)
            elif lines:
                self.body.paragraphs.append("\n".join(lines))

    def add_table(self, element: Any) -> bool:
        """Add a table as lines of cells; return False for one column, which only lays out the page."""
        rows = [_CELLS(row) for row in _ROWS(element)]
        if max(map(len, rows), default=0) < 2:
            return False
        texts = [list(map(text_of, row)) for row in rows]
        lines = list(filter(None, map(text_of, element.findall("caption"))))
        lines += [" | ".join(row) for row in texts if any(row)]
        if lines:
            self.body.paragraphs.append("\n".join(lines))
        return True

    # Pictures ----------------------------------------------------------------------------

    def add_picture(self, element: Any) -> Image | None:
        """Add a picture, once; return None if the element has none."""
        url = picture_of(element, self.base)
        if not url:
            return None
        image = next((each for each in self.body.images if each.url == url), None)
        if image is None:
            image = Image(url, *(self.next_caption or (None, None)))
            self.next_caption = None
            self.body.images.append(image)
            self.body.alts[url] = element.get("alt") or ""
        self.last_image = image
        return image

    def add_picture_box(self, element: Any) -> bool:
        """Add the pictures of a figure, box or table; return False if it also holds the story."""
        if self.lengths[element] - self.caption_lengths[element] > _MAX_CAPTION:
            return False  # before a search for captions in each of many nested boxes
        first = self.first_picture(element)
        around = set() if first is None else set(first.iterancestors())  # a picture's box is no caption
        captions = set(outermost([each for each in captions_in(element) if each not in around]))
        beside = self.lengths[element] - sum(self.lengths[each] for each in captions)
        if beside > _MAX_CAPTION or _has_story_part(element):
            return False
        if not captions and len(text_of(element)) > _MAX_CAPTION:
            return False
        if first is None:
            return True  # a caption without a picture does not belong to the one before
        parts = parts_of(element, captions)
        if any(part for part in parts if isinstance(part, str)):
            self.next_caption = None
        credits = credits_in(element)
        for image, text in pairs(self.with_images(parts)):
            if not (image.caption or image.credit):
                image.caption, image.credit = split_caption(text, credits)
        return True

    def with_images(self, parts: list[Any]) -> list[Any]:
        """Return the parts of a box with its pictures added, one that is repeated at once only once."""
        found: list[Any] = []
        for part in parts:
            if isinstance(part, str):
                found.append(part)
            elif (image := self.add_picture(part)) and image not in found[-1:]:
                found.append(image)
        return found

    def first_picture(self, element: Any) -> Any:
        return next((each for each in element.iter("img") if picture_of(each, self.base)), None)

    def is_player(self, element: Any) -> bool:
        """Return True for the box of a video or the like, whose caption is not a picture's."""
        return element in self.player_boxes and self.lengths[element] <= _MAX_CAPTION

    def add_caption(self, element: Any) -> None:
        """Give a caption outside any box to the picture before it, else to the next one."""
        caption = split_caption(text_of(element), credits_in(element))
        if not any(caption) or self.is_player(element.getparent()):
            return
        if self.last_image is None:
            self.next_caption = caption
        elif not (self.last_image.caption or self.last_image.credit):
            self.last_image.caption, self.last_image.credit = caption
        elif caption != (self.last_image.caption, self.last_image.credit):
            self.next_caption = caption


def _has_story_part(box: Any) -> bool:
    return any(BODY.story_parts.search(each.get("class", "")) for each in box.iter(etree.Element))
