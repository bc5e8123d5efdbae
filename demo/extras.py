"""Pictures, tables, adverts, embeds and odd characters in the body of a story."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

from markupsafe import Markup, escape

from demo.prose import Writer
from demo.story import Block, Picture, Story
from demo.words import KOREAN, MARKUP, PHRASES

_WITHOUT_PICTURE = {"default-image", "og-image-only", "podcast"}


def decorate(story: Story, writer: Writer) -> None:
    """Add a subheadline, blocks, markup and pictures, as the varieties of the story ask for."""
    if "photo-only" in story.varieties:
        story.blocks, story.dateline = [], None
    if "subheadline" in story.varieties or writer.dice.random() < 0.08:
        story.subheadline = writer.one_of(PHRASES["decks"])
    for kind, change in _CHANGES.items():
        if kind in story.varieties:
            change(story, writer)
    _mark_up_headline(story)
    _mark_up_words(story, writer)
    _add_pictures(story, writer)


def _trusted(html: str) -> Markup:
    """Mark `html` as safe: it is the demo's own markup, or text that is escaped already."""
    return Markup(html)  # noqa: S704  # nosec B704


# Text ---------------------------------------------------------------------------------


def _add_note(story: Story, writer: Writer) -> None:
    note = writer.one_of(PHRASES["notes"])
    if "first-note" in story.varieties:
        story.blocks.insert(0, Block("note", f"{note} – Ed."))
    else:
        story.blocks.append(Block("note", f"{note} -- Ed."))


def _add_table(story: Story, writer: Writer) -> None:
    rows = [["Town", "Last year", "This year"]]
    for _ in range(4):
        rows.append([writer.say("{town}"), writer.say("{n:10-99}.{n:1-9}"), writer.say("{n:10-99}.{n:1-9}")])
    story.blocks.insert(3, Block("table", rows=rows))


def _add_list(story: Story, writer: Writer) -> None:
    items = [[line] for line in _lines(writer, 4)]
    story.blocks.insert(3, Block("list", rows=items))


def _add_single_breaks(story: Story, writer: Writer) -> None:
    story.blocks.insert(2, Block("text", "\n".join(_lines(writer, 3))))


def _lines(writer: Writer, count: int) -> list[str]:
    return [writer.say(line) for line in writer.dice.sample(PHRASES["lines"], count)]


def _add_subheads(story: Story, writer: Writer) -> None:
    first, second = writer.dice.sample(PHRASES["subheads"], 2)
    for place, head in ((4, second), (2, first)):
        text = writer.say(head)
        strong = Markup("<strong>{}</strong>").format(text) if "strong-subheads" in story.varieties else None
        story.blocks.insert(place, Block("heading", text, strong))


def _add_one_word(story: Story, writer: Writer) -> None:
    story.blocks.insert(3, Block("text", writer.one_of(PHRASES["one-word paragraphs"])))


def _make_bilingual(story: Story, writer: Writer) -> None:
    story.blocks = story.blocks[:2]
    times, acts = writer.dice.sample(KOREAN["times"], 6), writer.dice.sample(KOREAN["acts"], 6)
    for time, act in zip(times, acts, strict=True):
        parts = (time, writer.dice.choice(KOREAN["places"]), act)
        for line in zip(*parts, strict=True):  # the Korean line, then the English one
            story.blocks.append(Block("text", " ".join(line)))


def _add_korean_words(story: Story, writer: Writer) -> None:
    korean, english = writer.dice.choice(KOREAN["words"])
    town = writer.say("{town}")
    text = f"The word on the poster is “{korean}” ({english}), and nobody in {town} needs it explained."
    story.blocks.insert(2, Block("text", text))
    story.headline = f"{story.headline}: a case of “{english}”"


def _add_invisible_characters(story: Story, writer: Writer) -> None:
    for block in story.blocks[1:4]:
        head, _, tail = block.text.partition(" ")
        middle, _, end = tail.partition(" ")
        block.markup = Markup("{}&nbsp;{}\u200b\u00a0 \n  {}&#8203;").format(head, middle, end)


def _add_entities(story: Story, writer: Writer) -> None:
    story.blocks[1].text += " Growers & sons call it “the year’s surprise” — or “luck” …"
    for block in story.blocks:
        markup = str(escape(block.text))
        for char, entity in _NAMED.items():
            markup = markup.replace(char, entity)
        block.markup = _trusted(markup)


_NAMED = {
    "“": "&ldquo;",
    "”": "&#8221;",
    "’": "&rsquo;",
    "—": "&mdash;",
    "…": "&hellip;",
    "&#39;": "&apos;",
    "é": "&eacute;",
}


def _add_decomposed(story: Story, writer: Writer) -> None:
    town = writer.say("{town}")
    text = f"At the Café Crépuscule in {town} the owner, a native of Besançon, poured one more cup."
    story.blocks.insert(1, Block("text", text, escape(unicodedata.normalize("NFD", text))))


# Blocks that are not text ---------------------------------------------------------------

_PLAYER = MARKUP["player"][0]


def _add_adverts(story: Story, writer: Writer) -> None:
    for number, advert in enumerate(MARKUP["adverts"]):
        story.blocks.insert(1 + 2 * number, Block("advert", markup=_trusted(advert)))


def _add_embeds(story: Story, writer: Writer) -> None:
    story.blocks.insert(2, Block("embed", markup=_trusted(MARKUP["tweet"][0])))
    story.blocks.insert(4, Block("embed", markup=_trusted(_PLAYER)))


def _make_video(story: Story, writer: Writer) -> None:
    story.blocks = [Block("video", markup=_trusted(_PLAYER)), *story.blocks[:1]]


def _add_podcast(story: Story, writer: Writer) -> None:
    frame = _PLAYER.replace("https://www.youtube.com/embed/demo", "https://audio.example/player/1")
    story.blocks.insert(0, Block("embed", markup=_trusted(frame)))


def _add_related(story: Story, writer: Writer) -> None:
    story.blocks.insert(3, Block("related", rows=[[writer.headline()] for _ in range(3)]))


def _add_clutter(story: Story, writer: Writer) -> None:
    story.blocks.insert(0, Block("clutter", "Link copied!"))
    story.blocks.insert(4, Block("clutter", "Most Read"))
    story.blocks.append(Block("clutter", "Related articles"))


_CHANGES: dict[str, Callable[[Story, Writer], None]] = {
    "bilingual": _make_bilingual,
    "table": _add_table,
    "list": _add_list,
    "lines": _add_single_breaks,
    "subheads": _add_subheads,
    "strong-subheads": _add_subheads,
    "one-word": _add_one_word,
    "cp949": _add_korean_words,
    "euc-kr-meta": _add_korean_words,
    "euc-kr-header": _add_korean_words,
    "invisible": _add_invisible_characters,
    "entities": _add_entities,
    "decomposed": _add_decomposed,
    "adverts": _add_adverts,
    "embeds": _add_embeds,
    "video": _make_video,
    "podcast": _add_podcast,
    "related": _add_related,
    "clutter": _add_clutter,
    "first-note": _add_note,
    "columnist-note": _add_note,
}


# Markup of text -----------------------------------------------------------------------


def _mark_up_headline(story: Story) -> None:
    if "curly-headline" in story.varieties:
        story.headline = f"‘Not yet’: {story.headline}"
    if "double-escaped" in story.varieties:
        story.headline = f'"Salt & fog": {story.headline}, says "Mayor\'s" office'
        story.headline_markup = escape_twice(story.headline)


def escape_twice(text: str) -> Markup:
    """Return `text` as the site prints a title that was escaped before it was stored."""
    return escape(str(escape(text)))


def _mark_up_words(story: Story, writer: Writer) -> None:
    """Put emphasis or a link into a few paragraphs."""
    for block in story.blocks:
        if (
            block.kind == "text"
            and block.markup is None
            and "\n" not in block.text
            and writer.dice.random() < 0.1
        ):
            words = block.text.split(" ")
            form = writer.dice.choice(MARKUP["emphasis"])
            middle = len(words) // 2
            before, word, after = " ".join(words[:middle]), words[middle], " ".join(words[middle + 1 :])
            block.markup = _trusted(f"{{}} {form} {{}}").format(before, word, after)


# Pictures -----------------------------------------------------------------------------


def _add_pictures(story: Story, writer: Writer) -> None:
    if _WITHOUT_PICTURE & story.varieties:
        return
    if {"several-images", "photo-only"} & story.varieties:
        count = 3 if "several-images" in story.varieties else 1
    else:
        count = int({"credit-only", "lazy-image", "kcna-credit"} & story.varieties != set())
        count = count or int(writer.dice.random() < 0.6)
    for number in range(count):
        picture = _picture(story, writer, number)
        story.images.append(picture)
        story.blocks.insert(min(3 * number, len(story.blocks)), Block("image", picture=picture))


def _picture(story: Story, writer: Writer, number: int) -> Picture:
    caption = None if "credit-only" in story.varieties else writer.one_of(PHRASES["captions"])
    credit = _credit(story, writer)
    picture = Picture(
        picture_address(story, writer, number), caption, credit, lazy="lazy-image" in story.varieties
    )
    picture.src = _printed_address(story, picture.url, writer)
    return picture


def _credit(story: Story, writer: Writer) -> str | None:
    if "kcna-credit" in story.varieties:
        return "KCNA-Yonhap"
    if "credit-only" in story.varieties:
        return "Yonhap"
    person = f"{writer.person()}/The Korea Herald"
    return writer.dice.choice(["Yonhap", "Yonhap", "AFP", "AP", person, person, None])


def picture_address(story: Story, writer: Writer, number: int) -> str:
    """Return a new address for a picture of the story, in its canonical form."""
    day = story.filed
    if story.edition == "2024":
        digits = f"{writer.dice.getrandbits(128):032x}"
        return f"https://wimg.heraldcorp.com/news/cms/{day:%Y/%m/%d}/news-p.v1.{day:%Y%m%d}.{digits}_P1.jpg"
    serial = writer.dice.randrange(900)
    return f"https://res.heraldm.com/content/image/{day:%Y/%m/%d}/{day:%Y%m%d}{serial:06d}_{number}.jpg"


def _printed_address(story: Story, url: str, writer: Writer) -> str:
    bare = url.removeprefix("https:")
    if story.edition == "2021":
        return bare
    if story.edition == "2023":
        return writer.dice.choice([url, f"http:{bare}"])
    return writer.dice.choice([url, f"{url}?type=w&w=640", f"{bare}?type=w&w=640"])
