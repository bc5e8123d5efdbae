"""What stands on and in a story besides its plain text: pictures, tables, adverts, odd characters."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

from markupsafe import Markup, escape

from demo import phrases
from demo.lexicon import KOREAN_ACTS, KOREAN_PLACES, KOREAN_TIMES, KOREAN_WORDS
from demo.prose import Writer
from demo.story import Block, Picture, Story

_NO_PICTURE = {"default-image", "og-image-only", "podcast"}
_TEXTLESS = {"photo-only"}


def decorate(story: Story, writer: Writer) -> None:
    """Add what the varieties of the story ask for."""
    if _TEXTLESS & story.varieties:
        story.blocks, story.dateline = [], None
    if "subheadline" in story.varieties or writer.dice.random() < 0.08:
        story.subheadline = writer.one_of(phrases.DECKS)
    for kind, add in _ADDERS.items():
        if kind in story.varieties:
            add(story, writer)
    _headline_markup(story)
    _inline_markup(story, writer)
    _pictures(story, writer)


def _trusted(html: str) -> Markup:
    """Markup of our own writing, or text that is escaped already."""
    return Markup(html)  # noqa: S704 - the demo's own markup, its words escaped  # nosec B704


# Text ---------------------------------------------------------------------------------


def _notes(story: Story, writer: Writer) -> None:
    note = writer.one_of(phrases.NOTES)
    if "first-note" in story.varieties:
        story.blocks.insert(0, Block("note", f"{note} – Ed."))
    else:
        story.blocks.append(Block("note", f"{note} -- Ed."))


def _table(story: Story, writer: Writer) -> None:
    rows = [["Town", "Last year", "This year"]]
    for _ in range(4):
        rows.append([writer.say("{town}"), writer.say("{n:10-99}.{n:1-9}"), writer.say("{n:10-99}.{n:1-9}")])
    story.blocks.insert(3, Block("table", rows=rows))


def _list(story: Story, writer: Writer) -> None:
    items = [[line] for line in _lines(writer, 4)]
    story.blocks.insert(3, Block("list", rows=items))


def _single_breaks(story: Story, writer: Writer) -> None:
    story.blocks.insert(2, Block("text", "\n".join(_lines(writer, 3))))


def _lines(writer: Writer, count: int) -> list[str]:
    return [writer.say(line) for line in writer.dice.sample(phrases.LINES, count)]


def _subheads(story: Story, writer: Writer) -> None:
    first, second = writer.dice.sample(phrases.SUBHEADS, 2)
    for place, head in ((4, second), (2, first)):
        text = writer.say(head)
        strong = Markup("<strong>{}</strong>").format(text) if "strong-subheads" in story.varieties else None
        story.blocks.insert(place, Block("heading", text, strong))


def _one_word(story: Story, writer: Writer) -> None:
    story.blocks.insert(3, Block("text", writer.one_of(phrases.ONE_WORD)))


def _bilingual(story: Story, writer: Writer) -> None:
    story.blocks = story.blocks[:2]
    times, acts = writer.dice.sample(KOREAN_TIMES, 6), writer.dice.sample(KOREAN_ACTS, 6)
    for time, act in zip(times, acts, strict=True):
        parts = (time, writer.dice.choice(KOREAN_PLACES), act)
        for line in zip(*parts, strict=True):  # the Korean line, then the English one
            story.blocks.append(Block("text", " ".join(line)))


def _korean_words(story: Story, writer: Writer) -> None:
    korean, english = writer.dice.choice(KOREAN_WORDS)
    town = writer.say("{town}")
    text = f"The word on the poster is “{korean}” ({english}), and nobody in {town} needs it explained."
    story.blocks.insert(2, Block("text", text))
    story.headline = f"{story.headline}: a case of “{english}”"


def _invisible(story: Story, writer: Writer) -> None:
    for block in story.blocks[1:4]:
        head, _, tail = block.text.partition(" ")
        middle, _, end = tail.partition(" ")
        block.markup = Markup("{}&nbsp;{}\u200b\u00a0 \n  {}&#8203;").format(head, middle, end)


def _entities(story: Story, writer: Writer) -> None:
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


def _decomposed(story: Story, writer: Writer) -> None:
    town = writer.say("{town}")
    text = f"At the Café Crépuscule in {town} the owner, a native of Besançon, poured one more cup."
    story.blocks.insert(1, Block("text", text, escape(unicodedata.normalize("NFD", text))))


# What is no text ----------------------------------------------------------------------

_ADVERTS = (
    '<section style="height:250px;margin:20px 0"><p>Advertisement</p>'
    '<a href="https://ads.example/1">Fly for less</a></section>',
    '<div data-svcad="mid"><span>Sponsored: ten pans for the price of nine</span></div>',
    '<div id="da_2" style="min-height:280px"><script>adpush("da_2");</script>'
    '<a href="https://ads.example/2">Loans today</a></div>',
    '<div class="ad_wrap"><ins class="adsbygoogle">Half price shoes</ins></div>',
    '<div id="kh_ad_inread">Learn Korean in 30 days</div><!-- /21/inread -->',
    '<noscript><img src="https://ads.example/pixel.gif" alt=""></noscript>'
    '<button type="button">Hide ad</button>',
)
_TWEET = (
    '<blockquote class="twitter-tweet"><p lang="en">Not a word of this belongs to the story</p>&mdash; '
    'Harbor Watch (@harborwatch) <a href="https://twitter.com/harborwatch/status/1">June 1</a></blockquote>'
    '<script async src="https://platform.twitter.com/widgets.js"></script>'
)
_FRAME = '<iframe width="560" height="315" src="https://www.youtube.com/embed/demo" title="video"></iframe>'


def _adverts(story: Story, writer: Writer) -> None:
    for number, advert in enumerate(_ADVERTS):
        story.blocks.insert(1 + 2 * number, Block("advert", markup=_trusted(advert)))


def _embeds(story: Story, writer: Writer) -> None:
    story.blocks.insert(2, Block("embed", markup=_trusted(_TWEET)))
    story.blocks.insert(4, Block("embed", markup=_trusted(_FRAME)))


def _video(story: Story, writer: Writer) -> None:
    story.blocks = [Block("video", markup=_trusted(_FRAME)), *story.blocks[:1]]


def _podcast(story: Story, writer: Writer) -> None:
    frame = _FRAME.replace("https://www.youtube.com/embed/demo", "https://audio.example/player/1")
    story.blocks.insert(0, Block("embed", markup=_trusted(frame)))


def _related(story: Story, writer: Writer) -> None:
    story.blocks.insert(3, Block("related", rows=[[writer.headline()] for _ in range(3)]))


def _clutter(story: Story, writer: Writer) -> None:
    story.blocks.insert(0, Block("clutter", "Link copied!"))
    story.blocks.insert(4, Block("clutter", "Most Read"))
    story.blocks.append(Block("clutter", "Related articles"))


_ADDERS: dict[str, Callable[[Story, Writer], None]] = {
    "bilingual": _bilingual,
    "table": _table,
    "list": _list,
    "lines": _single_breaks,
    "subheads": _subheads,
    "strong-subheads": _subheads,
    "one-word": _one_word,
    "cp949": _korean_words,
    "euc-kr-meta": _korean_words,
    "euc-kr-header": _korean_words,
    "invisible": _invisible,
    "entities": _entities,
    "decomposed": _decomposed,
    "adverts": _adverts,
    "embeds": _embeds,
    "video": _video,
    "podcast": _podcast,
    "related": _related,
    "clutter": _clutter,
    "first-note": _notes,
    "columnist-note": _notes,
}


# Markup of text -----------------------------------------------------------------------


def _headline_markup(story: Story) -> None:
    if "curly-headline" in story.varieties:
        story.headline = f"‘Not yet’: {story.headline}"
    if "double-escaped" in story.varieties:
        story.headline = f'"Salt & fog": {story.headline}, says "Mayor\'s" office'
        story.headline_markup = escape_twice(story.headline)


def escape_twice(text: str) -> Markup:
    """What the site prints where a title was escaped before it was stored."""
    return escape(str(escape(text)))


def _inline_markup(story: Story, writer: Writer) -> None:
    """Emphasis and links inside a few paragraphs."""
    for block in story.blocks:
        if (
            block.kind == "text"
            and block.markup is None
            and "\n" not in block.text
            and writer.dice.random() < 0.1
        ):
            words = block.text.split(" ")
            form = writer.dice.choice(_INLINE)
            middle = len(words) // 2
            before, word, after = " ".join(words[:middle]), words[middle], " ".join(words[middle + 1 :])
            block.markup = _trusted(f"{{}} {form} {{}}").format(before, word, after)


_INLINE = (
    "<em>{}</em>",
    "<b>{}</b>",
    '<a href="https://www.example.com/">{}</a>',
    '<span style="color:#222">{}</span>',
)


# Pictures -----------------------------------------------------------------------------


def _pictures(story: Story, writer: Writer) -> None:
    if _NO_PICTURE & story.varieties:
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
    caption = None if "credit-only" in story.varieties else writer.one_of(phrases.CAPTIONS)
    credit = _credit(story, writer)
    picture = Picture(address(story, writer, number), caption, credit, lazy="lazy-image" in story.varieties)
    picture.src = _as_printed(story, picture.url, writer)
    return picture


def _credit(story: Story, writer: Writer) -> str | None:
    if "kcna-credit" in story.varieties:
        return "KCNA-Yonhap"
    if "credit-only" in story.varieties:
        return "Yonhap"
    person = f"{writer.person()}/The Korea Herald"
    return writer.dice.choice(["Yonhap", "Yonhap", "AFP", "AP", person, person, None])


def address(story: Story, writer: Writer, number: int) -> str:
    """Where a picture of the story lies: the canonical address."""
    day = story.filed
    if story.edition == "2024":
        digits = f"{writer.dice.getrandbits(128):032x}"
        return f"https://wimg.heraldcorp.com/news/cms/{day:%Y/%m/%d}/news-p.v1.{day:%Y%m%d}.{digits}_P1.jpg"
    serial = writer.dice.randrange(900)
    return f"https://res.heraldm.com/content/image/{day:%Y/%m/%d}/{day:%Y%m%d}{serial:06d}_{number}.jpg"


def _as_printed(story: Story, url: str, writer: Writer) -> str:
    bare = url.removeprefix("https:")
    if story.edition == "2021":
        return bare
    if story.edition == "2023":
        return writer.dice.choice([url, f"http:{bare}"])
    return writer.dice.choice([url, f"{url}?type=w&w=640", f"{bare}?type=w&w=640"])
