"""From a body container to paragraphs and pictures.

One walk over the container's elements: block elements and runs of ``<br>`` part
paragraphs, pictures and their captions go aside, furniture is skipped. Works on the
broken nesting of the older pages, since it asks for no structure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from typing import Any

from lxml import etree

from herald_spider.items import Image
from herald_spider.loaders.markup import MUTE, outermost, picture_of, text_of, with_ancestors
from herald_spider.text.captions import split_credit
from herald_spider.text.cleaning import clean_text

_SKIP = frozenset(
    "script style noscript iframe ins form button svg template video audio object embed select"
    " textarea input nav head title canvas map".split()
)
_BLOCKS = frozenset(
    "address article aside blockquote center dd details div dl dt fieldset figcaption figure footer"
    " h1 h2 h3 h4 h5 h6 header hr li main ol p pre section summary table tbody td tfoot th thead tr"
    " ul".split()
)
# Furniture inside body containers: class tokens and ids, seen 2018-2026.
_FURNITURE = re.compile(
    r"(?:^|\s)(?:ad|ads|advert\w*|adsbygoogle|ad[-_]\S*|khadv\S*|main_r\S*|spot_li|view_main_c_li"
    r"|view_tit_icon|news_btn_wrap|news_journalist_area|journalist\S*|reporter\S*|share\S*|sns\S*"
    r"|related\S*|rel_\S*|most_\S*|popular\S*|newsletter\S*|subscribe\S*|recommend\S*|gnb|footer"
    r"|header|copyright\S*|comment\S*|twitter-tweet|instagram-media|fb-\S*|tiktok-embed"
    r"|thumimage|byline|link_copied|tool_?bar|\S*_ad_\S*)(?=\s|$)",
    re.IGNORECASE,
)
_ADVERT_ID = re.compile(r"^da\d*|^ad[-_\d]|^thumimage$", re.IGNORECASE)
# Of boxes alone, by the start of the class: "adarea" is one, "address" and "adopted" are not.
_ADVERT_BOX = re.compile(r"ad(?!apt|d|here|journ|jacent|just|m|o|ul|van|ven|verb|vi[cs])", re.IGNORECASE)
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
# Slots that wait for an advert: a paragraph of the story may have a height too.
_MIN_HEIGHT = re.compile(r"min-height\s*:", re.IGNORECASE)
_HEIGHT = re.compile(r"(?<!line-)height\s*:", re.IGNORECASE)
_SLOT_STYLE = {"div": _MIN_HEIGHT, "aside": _MIN_HEIGHT, "section": _HEIGHT}
_PICTURE_BLOCK = re.compile(r"(?:^|\s)(?:img_box|photo_box|image_box|view_img)(?=\s|$)")
_STORY = frozenset({"view_con_t", "text_box"})  # parts of stories: a box around one is not a picture's
_PLAYERS = ("iframe", "video", "object", "embed", "audio")
_PARTS = etree.XPath(
    # One step, as in markup.
    "descendant::node()[self::text()[not(parent::script or parent::style or parent::noscript)]"
    " or self::img or self::td or self::th or self::br or self::p or self::div or self::li]",
    smart_strings=False,
)
_ROWS = etree.XPath("tr | tbody/tr | thead/tr | tfoot/tr")  # not those of a table in a cell
_CELLS = etree.XPath("td | th")
_SPACES = re.compile(r"[ \t\r\n\f\v]+")
_BREAKS = re.compile(r"\n\s*\n")
_PARTING = ("img", "td", "th")
# More text than this beside a picture is the story, in a table that only lays it out.
_MAX_CAPTION = 900
_MANY = 10  # boxes; of more the text is counted for all at once

_Caption = tuple[str | None, str | None]  # with its credit


@dataclass
class Story:
    """What a body container holds, in page order."""

    paragraphs: list[str] = field(default_factory=list)
    images: list[Image] = field(default_factory=list)


def read_story(containers: Iterable[Any], base: str) -> Story:
    """Read body containers (lxml elements) into one story; `base` resolves pictures."""
    story = Story()
    for container in containers:
        _Walker(base, container, story).walk()
    # A migrated story may hold its paragraphs as the lines of one block.
    if len(story.paragraphs) == 1 and story.paragraphs[0].count("\n") > 1 and story.paragraphs[0][:2] != "- ":
        story.paragraphs = story.paragraphs[0].split("\n")
    return story


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


class _Walker:
    """Reads one body container into `story`."""

    def __init__(self, base: str, container: Any, story: Story):
        self.base = base
        self.container = container
        self.story = story
        self.text: list[str] = []
        self.list: _List | None = None
        self.last: Image | None = story.images[-1] if story.images else None
        self.waiting: _Caption | None = None  # stood before its picture
        self.boxes = 0

    @cached_property
    def lengths(self) -> dict[Any, int]:
        return _lengths(self.container)

    @cached_property
    def captioned(self) -> dict[Any, int]:
        """How much of the text of each element stands in captions, at most."""
        captions, found = set(_captions_in(self.container)), dict[Any, int]()
        for _, element in etree.iterwalk(self.container, events=("end",)):
            is_caption = element in captions
            found[element] = (
                self.lengths[element] if is_caption else sum(found.get(each, 0) for each in element)
            )
        return found

    @cached_property
    def filmed(self) -> set[Any]:
        """What holds a player and no picture."""
        return with_ancestors(self.container.iter(*_PLAYERS)) - with_ancestors(self.container.iter("img"))

    def walk(self) -> None:
        self.add(self.container.text)
        walk = etree.iterwalk(self.container, events=("start", "end", "comment", "pi"))
        for event, element in walk:
            if element is self.container:
                continue
            if event == "start":
                if self.enter(element):
                    walk.skip_subtree()
                else:
                    self.add(element.text)
                continue
            if event == "end":
                self.leave(element)
            self.add(element.tail)
        self.flush()

    def add(self, text: str | None) -> None:
        if text and not text.isspace():  # what is all printable holds no line break that is not the story's
            self.text.append(text if text.isprintable() else _SPACES.sub(" ", text))
        elif text and self.text:
            self.text.append(" ")

    def enter(self, element: Any) -> bool:
        """Open an element; True where its subtree is dealt with."""
        tag = element.tag
        if tag == "br":
            self.text.append("\n")
            return True
        if tag == "img":
            self.picture(element)
            return True
        block = tag in _BLOCKS
        if block:
            self.flush()
        if tag in _SKIP or _is_furniture(element):
            return True
        if block or "class" in element.attrib:
            return self.enter_block(element, tag)
        return False

    def enter_block(self, element: Any, tag: str) -> bool:
        caption = _is_caption(element)
        if caption:
            self.flush()
            if self.first_picture(element) is None:
                self.attach(element)
                return True
        if caption or tag in ("table", "figure") or _PICTURE_BLOCK.search(element.get("class", "")):
            pictures = next(element.iter("img"), None) is not None
            if pictures and self.picture_block(element):
                return True
            if tag != "table" and not pictures and self.is_player(element):
                return True
            if tag == "table" and not pictures:
                return self.table(element)
        if tag in ("ul", "ol") and self.list is None:
            self.list = _List(element)
        return False

    def leave(self, element: Any) -> None:
        if element.tag in _BLOCKS:
            self.flush()
        if self.list is None:
            return
        if element.tag == "li":
            self.list.end_item()
        elif element is self.list.owner:
            self.list.end_item()
            if self.list.lines:
                self.story.paragraphs.append("\n".join(self.list.lines))
            self.list = None

    def flush(self) -> None:
        """End the open paragraph."""
        if not self.text:
            return
        text = "".join(self.text)
        self.text.clear()
        for part in _BREAKS.split(text) if "\n" in text else (text,):
            lines = list(filter(None, map(clean_text, part.split("\n"))))
            if lines:
                self.waiting = None
            if lines and self.list is not None:
                self.list.parts.extend(lines)
            elif lines:
                self.story.paragraphs.append("\n".join(lines))

    def table(self, element: Any) -> bool:
        """A table of figures as lines of cells; one column only lays the page out."""
        rows = [_CELLS(row) for row in _ROWS(element)]
        if max(map(len, rows), default=0) < 2:
            return False
        texts = [list(map(text_of, row)) for row in rows]
        lines = list(filter(None, map(text_of, element.findall("caption"))))
        lines += [" | ".join(row) for row in texts if any(row)]
        if lines:
            self.story.paragraphs.append("\n".join(lines))
        return True

    def picture(self, element: Any) -> Image | None:
        """Take a picture, once."""
        url = picture_of(element, self.base)
        if not url:
            return None
        image = next((each for each in self.story.images if each.url == url), None)
        if image is None:
            image = Image(url, *(self.waiting or (None, None)))
            self.waiting = None
            self.story.images.append(image)
        self.last = image
        return image

    def picture_block(self, element: Any) -> bool:
        """Take the pictures of a figure, box or table; False where it holds the story too."""
        self.boxes += 1
        if self.boxes > _MANY and self.lengths[element] - self.captioned[element] > _MAX_CAPTION:
            return False  # boxes in boxes, all around the story
        first = self.first_picture(element)
        around = set() if first is None else set(first.iterancestors())  # no captions, whatever their names
        captions = set(outermost([each for each in _captions_in(element) if each not in around]))
        if self.told(element, captions) > _MAX_CAPTION or _holds_story(element):
            return False
        if not captions and len(text_of(element)) > _MAX_CAPTION:
            return False
        if first is None:
            return True  # a caption without its picture is not the picture's before it
        parts = _captioned(element, captions) if captions else _parted(element)
        if any(part for part in parts if isinstance(part, str)):
            self.waiting = None  # not of a picture that has its own
        credits = _credits_in(element)
        for image, text in _pairs(self.pictured(parts)):
            if not (image.caption or image.credit):
                image.caption, image.credit = _split(text, credits)
        return True

    def pictured(self, parts: list[Any]) -> list[Any]:
        """The parts of a box with its pictures taken: one that is there twice in a row counts once."""
        found: list[Any] = []
        for part in parts:
            if isinstance(part, str):
                found.append(part)
            elif (image := self.picture(part)) and image not in found[-1:]:
                found.append(image)
        return found

    def first_picture(self, element: Any) -> Any:
        return next((each for each in element.iter("img") if picture_of(each, self.base)), None)

    def told(self, element: Any, captions: set[Any]) -> int:
        """How much text a box has beside its captions, without its spaces."""
        if all(child.tag in ("img", "br") or child in captions for child in element):
            return _length(element.text) + sum(_length(child.tail) for child in element)
        lengths = self.lengths if self.boxes > _MANY else _lengths(element)
        return lengths[element] - sum(lengths[each] for each in captions)

    def is_player(self, element: Any) -> bool:
        """Whether it is of a video or the like: its caption is no picture's."""
        return element in self.filmed and self.lengths[element] <= _MAX_CAPTION

    def attach(self, element: Any) -> None:
        """Give a caption in no box to the picture before it, else to the next one."""
        caption = _split(text_of(element), _credits_in(element))
        if not any(caption) or self.is_player(element.getparent()):
            return
        if self.last is None:
            self.waiting = caption
        elif not (self.last.caption or self.last.credit):
            self.last.caption, self.last.credit = caption
        elif caption != (self.last.caption, self.last.credit):
            self.waiting = caption


def _captioned(box: Any, captions: set[Any]) -> list[Any]:
    """The pictures of a box and the texts of its captions, in page order."""
    found = (each for each in box.iter() if each.tag == "img" or each in captions)
    return [each if each.tag == "img" else text_of(each) for each in found]


def _parted(box: Any) -> list[Any]:
    """The pictures of a box and its text as they and its cells part it, in page order."""
    found: list[Any] = []
    for parts, run in groupby(_PARTS(box), lambda part: getattr(part, "tag", None) in _PARTING):
        if parts:
            found.extend(each for each in run if each.tag == "img")
        elif text := clean_text("".join(part if isinstance(part, str) else "\n" for part in run)):
            found.append(text)
    return found


def _pairs(parts: list[Any]) -> Iterator[tuple[Image, str]]:
    """Pictures with their captions: in order where a row has as many of both, else the nearest has all."""
    rows = [list(row) for _, row in groupby(parts, lambda part: isinstance(part, str))]
    above = isinstance(parts[0], str)
    if above and len(rows) % 2:  # no caption is above then, but a heading
        heading = rows.pop(0)
        rows[1][0] = " ".join(filter(None, [*heading, rows[1][0]]))
        above = False
    ones, others = rows[::2], rows[1::2]
    for pictures, texts in zip(others, ones, strict=True) if above else zip(ones, others, strict=False):
        if len(pictures) == len(texts):
            yield from zip(pictures, texts, strict=True)
        else:
            yield pictures[0 if above else -1], " ".join(dict.fromkeys(filter(None, texts)))


def _split(text: str, credits: list[str]) -> _Caption:
    """A caption and its credit, which stands in brackets or in an element of its own."""
    caption, credit = split_credit(text)
    named = next(filter(text.endswith, credits), None)
    if named and not credit:
        return text.removesuffix(named).strip(" /|") or None, named
    return caption, credit


def _lengths(container: Any) -> dict[Any, int]:
    """How much text each element has, without its spaces: counted once, as boxes stand in boxes."""
    found: dict[Any, int] = {}
    for _, element in etree.iterwalk(container, events=("end",)):
        length = sum(found.get(child, 0) + _length(child.tail) for child in element)
        found[element] = length + (_length(element.text) if element.tag not in MUTE else 0)
    return found


def _length(text: str | None) -> int:
    return sum(map(len, text.split())) if text else 0


def _is_caption(element: Any) -> bool:
    """Whether it is one by its tag, or by a class such as ``img_caption`` and ``view_con_caption``."""
    return element.tag == "figcaption" or "caption" in element.get("class", "")


def _captions_in(element: Any) -> list[Any]:
    return list(filter(_is_caption, element.iter(etree.Element)))


def _holds_story(box: Any) -> bool:
    return any(not _STORY.isdisjoint(each.get("class", "").split()) for each in box.iter(etree.Element))


def _credits_in(element: Any) -> list[str]:
    credits = (each for each in element.iter(etree.Element) if "credit" in each.get("class", ""))
    return list(filter(None, map(text_of, credits)))


def _is_furniture(element: Any) -> bool:
    attributes = element.attrib
    if not attributes:
        return False
    names = attributes.get("class")
    if names and (_FURNITURE.search(names) or (element.tag == "div" and _ADVERT_BOX.match(names))):
        return True
    identity = attributes.get("id")
    if identity and "_ad_" in identity.lower():
        return True
    if element.tag not in ("div", "section", "aside", "p", "span"):
        return False
    if identity and _ADVERT_ID.search(identity):
        return True
    style = attributes.get("style")
    if style and (_HIDDEN.search(style) or _is_slot(element.tag, style)):
        return True
    return "data-svcad" in attributes


def _is_slot(tag: str, style: str) -> bool:
    slot = _SLOT_STYLE.get(tag)
    return slot is not None and slot.search(style) is not None
