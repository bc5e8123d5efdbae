"""Reading of bodies: paragraphs, pictures, captions."""

from __future__ import annotations

import pytest

from herald_spider.items import Image
from herald_spider.loaders.body import Body, read_body
from herald_spider.loaders.page import Page
from herald_spider.loaders.pictures import text_lengths
from herald_spider.loaders.selectors import compiled


def body_of(html: str) -> Body:
    page = Page("https://www.koreaherald.com/article/1", f'<div id="b">{html}</div>'.encode())
    return read_body(compiled("#b")(page.root), page.url)


@pytest.mark.parametrize(
    ("html", "paragraphs"),
    [
        ("<p>One.</p><p>Two.</p>", ["One.", "Two."]),
        ("One.<br><br>Two.<br/>\n <br>Three.", ["One.", "Two.", "Three."]),
        ("<div>One.</div><div>Two <b>bold</b> <a href=x>link</a>.</div>", ["One.", "Two bold link."]),
        ("<p>No.</p>", ["No."]),
        ("<p>Line one<br>line two</p><p>x</p>", ["Line one\nline two", "x"]),
        ("One a.<br>Two b.<br>Three c.", ["One a.", "Two b.", "Three c."]),
        ("<ul><li>a<li>b<li>c</ul>", ["- a\n- b\n- c"]),
        ("<p>a</p><ul><li>x</li><li>y <i>z</i></li></ul><p>b</p>", ["a", "- x\n- y z", "b"]),
        ("<ol><li>x<li><p>y</p></ol>", ["1. x\n2. y"]),
        ("<h3>Sub</h3><p>a</p>", ["Sub", "a"]),
        ("<blockquote>Said.</blockquote>", ["Said."]),
        ("a<!-- no -->b<script>c()</script>d<style>e{}</style>", ["abd"]),
        ("<table><tr><th>Year<th>Fish</tr><tr><td>2024<td>12</table>", ["Year | Fish\n2024 | 12"]),
        ("<table><caption>Fish <tr><td>2024<td>12</table>", ["Fish\n2024 | 12"]),
        ("<table><tr><td>One.</td></tr><tr><td>Two.</td></tr></table>", ["One.", "Two."]),
        ('<p>a</p><div class="khadv_bg">Advert</div><p>b</p>', ["a", "b"]),
        ('<section style="height:250px">Advert</section><p>b</p>', ["b"]),
        ('<div data-svcad="1">Advert</div><div id="da3" style="x">Ad</div><div id="x_ad_1">Ad</div>b', ["b"]),
        ('<div style="min-height: 250px">Advert</div>b', ["b"]),
        ('<ins class="adsbygoogle">Advert</ins>b', ["b"]),
        ('<aside style="min-height: 250px">Advert</aside>b', ["b"]),
        ('<p style="min-height:18px">One.</p><p><span style="min-height:18px">Two.</span>', ["One.", "Two."]),
        ('<p style="height:auto">One.</p><div style="height:auto"><p>Two.</p></div>', ["One.", "Two."]),
        ('<ul id="k_AD_m"><li>Advert</li></ul>b', ["b"]),
        ('<p class="address">Kept</p><p class="adopted">Kept too</p>', ["Kept", "Kept too"]),
        ('<div class="address">Kept</div><div class="adopted">Kept too</div>', ["Kept", "Kept too"]),
        ('<div class="adarea">Advert</div><div class="adBox">Advert</div>b', ["b"]),
        ('<section style="width:100%;height:250px">Advert</section><p>b</p>', ["b"]),
        ('<section style="display:none">Advert</section><p>b</p>', ["b"]),
        ('<section style="line-height: 1.6">Kept</section>', ["Kept"]),
        ('<div id="thumimage"><ul><li>View more photos</li></ul></div><p>b</p>', ["b"]),
        ('<blockquote class="twitter-tweet">Tweet</blockquote><iframe src="x">old</iframe>b', ["b"]),
        ('<div class="related_news"><a>Other</a></div><ul class="share_sns"><li>F</ul>b', ["b"]),
        ('a<div class="view_con_t"></td>b<center>c</center>', ["a", "b", "c"]),
        ("", []),
        (" \n <br><br> &nbsp; ", []),
    ],
)  # fmt: skip
def test_body_is_split_into_paragraphs(html: str, paragraphs: list[str]) -> None:
    assert body_of(html).paragraphs == paragraphs


SHIP = "https://wimg.heraldcorp.com/ship_P1.jpg"


@pytest.mark.parametrize(
    "html",
    [
        f'<figure><img src="{SHIP}?type=w&w=640"><figcaption>A ship. (Yonhap)</figcaption></figure>',
        f'<div class="img_box"><img data-src="{SHIP}"><p class="img_caption">A ship. (Yonhap)</p></div>',
        f'<table><tr><td><img src="{SHIP}"></td></tr><tr><td>A ship. (Yonhap)</td></tr></table>',
        f'<img src="{SHIP}"><div class="view_con_caption">A ship. (Yonhap)</div>',
        f'<p class="photo_caption">A ship. (Yonhap)</p><p><img srcset="{SHIP} 1x"></p>',
        f'<figure><img src="{SHIP}"><figcaption>A ship. <em class="credit">Yonhap</em></figcaption></figure>',
        f'<p class="caption">A ship. <em class="credit">Yonhap</em></p><p><img src="{SHIP}"></p>',
        f'<div class="wp-caption"><img src="{SHIP}"><p class="wp-caption-text">A ship. (Yonhap)</p></div>',
        f'<div class="caption_wrap"><img src="{SHIP}"><p>A ship. (Yonhap)</p></div>',
        f'<img src="{SHIP}"><p class="caption"><img src="data:x">A ship. (Yonhap)</p>',
    ],
)
def test_captions_are_not_in_the_text(html: str) -> None:
    found = body_of(f"<p>One.</p>{html}<p>Two.</p>")
    assert found.paragraphs == ["One.", "Two."]
    assert found.images == [Image(SHIP, "A ship.", "Yonhap")]


@pytest.mark.parametrize(
    "html",
    [
        '<table><tr><td><table align="left"><tr><td>{picture}</td></tr>'
        '<tr><td class="view_con_caption">A ship. (Yonhap)</td></tr></table>{story}</td></tr></table>',
        '<table><tr><td>{picture}</td></tr><tr><td class="view_con_caption">A ship. (Yonhap)</td></tr>'
        "<tr><td>{story}</td></tr></table>",
        '<div class="img_box">{picture}<p class="img_caption">A ship. (Yonhap)</p>'
        '<div class="text_box">One.</div>',
    ],
)
def test_story_in_the_box_of_a_picture_is_kept(html: str) -> None:
    """As on pages with broken nesting around pictures."""
    long = "The ferry waits at the pier. " * 60
    found = body_of(html.format(picture=f'<img src="{SHIP}">', story=f"{long}<br><br>{long}"))
    assert found.images == [Image(SHIP, "A ship.", "Yonhap")]
    assert found.paragraphs == (["One."] if "text_box" in html else [long.strip()] * 2)


@pytest.mark.parametrize(
    "player",
    [
        '<figure><iframe src="/v"></iframe><figcaption>A film. (Yonhap)</figcaption></figure>',
        '<div class="img_box"><video src="/v"></video><p class="img_caption">A film. (Yonhap)</p></div>',
    ],
)
def test_caption_of_a_video_is_not_given_to_a_picture(player: str) -> None:
    pictures = [
        f'<figure><img src="{SHIP}?{number}"><figcaption>Ship {number}. (AP)</figcaption></figure>'
        for number in (1, 2)
    ]
    found = body_of(f"{player}<p>One.</p>{pictures[0]}{player}{pictures[1]}")
    assert found.images == [Image(f"{SHIP}?{number}", f"Ship {number}.", "AP") for number in (1, 2)]
    assert found.paragraphs == ["One."]


def test_story_in_the_box_of_a_video_is_kept() -> None:
    long = "The ferry waits at the pier. " * 60
    assert body_of(f'<figure><iframe src="/v"></iframe><p>{long}</p></figure>').paragraphs == [long.strip()]


def test_elements_of_a_caption_are_separate_words() -> None:
    html = f'<figure><img src="{SHIP}"><figcaption><p>A ship.</p><p>(Yonhap)</p></figcaption></figure>'
    assert body_of(html).images == [Image(SHIP, "A ship.", "Yonhap")]


def test_two_pictures_keep_their_captions() -> None:
    html = "".join(
        f'<tr><td><img src="//w.example/{n}.jpg"></td></tr><tr><td class="view_con_caption">{n}. (AP)</td></tr>'
        for n in ("One", "Two")
    )
    images = body_of(f"<table>{html}</table>").images
    assert [(image.caption, image.credit) for image in images] == [("One.", "AP"), ("Two.", "AP")]


A, B, C = (f'<img src="https://w.example/{name}.jpg">' for name in "abc")
OF_A, OF_B = "Ship a. (AP)", "Ship b. (AFP)"


def captions(html: str) -> list[tuple[str, str | None, str | None]]:
    """Return the file names of the pictures in a body, with their captions and credits."""
    return [(image.url[-5], image.caption, image.credit) for image in body_of(html).images]


@pytest.mark.parametrize(
    "html",
    [
        f"<table><tr><td>{A}</td></tr><tr><td>{OF_A}</td></tr><tr><td>{B}</td></tr><tr><td>{OF_B}</table>",
        f"<table><tr><td>{A}</td><td>{B}</td></tr><tr><td>{OF_A}</td><td>{OF_B}</td></tr></table>",
        f"<table><tr><td>{OF_A}</td><td>{OF_B}</td></tr><tr><td>{A}</td><td>{B}</td></tr></table>",
        f"<table><tr><td>{A}<br>{OF_A}</td><td>{B}<br>{OF_B}</td></tr></table>",
        f"<table><tr><th>{A}<th>{B}<tr><td class=view_con_caption>{OF_A}<td class=view_con_caption>{OF_B}</table>",
        f"<table><tr><td>{A}<td>{B}<tr><td class=caption>{OF_A}<td class=caption>{OF_B}</table>",
        f'<div class="img_box">{A}<p>{OF_A}</p>{B}<p>{OF_B}</p></div>',
        f"<figure><figcaption>{OF_A}</figcaption>{A}<figcaption>{OF_B}</figcaption>{B}</figure>",
        f"<figure>{A}<noscript>{A}</noscript>{B}<b class=caption>{OF_A}</b><b class=caption>{OF_B}</b></figure>",
    ],
)  # fmt: skip
def test_each_picture_of_a_box_has_its_own_caption(html: str) -> None:
    assert captions(html) == [("a", "Ship a.", "AP"), ("b", "Ship b.", "AFP")]


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        (f"{A}{B}<tr><td>{OF_B}", [("a", None, None), ("b", "Ship b.", "AFP")]),
        (f"{A}<td>Ship a.<td>(AP)<td>{B}", [("a", "Ship a.", "AP"), ("b", None, None)]),
        (f"Ship<td>a.<td>(AP)<td>{A}{B}", [("a", "Ship a.", "AP"), ("b", None, None)]),
        (f"Ships<td>{A}{B}<td>{OF_A}<td>{OF_B}", [("a", "Ships Ship a.", "AP"), ("b", "Ship b.", "AFP")]),
        (f"{A}{B}<td class=caption>{OF_A}<td class=caption>", [("a", "Ship a.", "AP"), ("b", None, None)]),
        (f"{A}<td class=caption>Ship a.<td class=caption>Ship a.", [("a", "Ship a.", None)]),
    ],
)
def test_captions_fewer_or_more_than_pictures_go_to_the_nearest(
    box: str, expected: list[tuple[str, str | None, str | None]]
) -> None:
    assert captions(f"<table><tr><td>{box}</table>") == expected


FIGURE_A = f"<figure>{A}<figcaption>{OF_A}</figcaption></figure>"
FILM = '<div class="video"><p><iframe src="/v"></iframe></p><p class="caption">A film. (KBS)</p></div>'


@pytest.mark.parametrize(
    "html",
    [
        f"{FIGURE_A}<p>One.</p>{FILM}",
        f"{FIGURE_A}<p>One.</p>{FIGURE_A}",
        f'{FIGURE_A}<div class="caption_group"><p class="img_caption">{OF_A}</p></div>',
        f'{A}<p class="caption">{OF_A}</p>{A}<p class="caption">{OF_A}</p>',
        f'{FIGURE_A}<p class="caption">A stray.</p>',
        f'{FIGURE_A}<p class="caption">A stray.</p><p>One.</p>',
        f"<figure>{A}<figcaption>Ship a.<b class=caption_credit>AP</b></figcaption></figure>",
        f"<figure>{A}<figcaption>Ship a.</figcaption><b class=caption_credit>AP</b></figure>",
        f'<div class="img_box">{A}<p class="img_caption">Ship a.</p><p class="img_caption">(AP)</p></div>',
    ],
)
def test_surplus_caption_does_not_shift_the_others(html: str) -> None:
    figures = f"<figure>{B}<figcaption>{OF_B}</figcaption></figure><figure>{C}<figcaption>Ship c.</figure>"
    assert captions(html + figures) == [
        ("a", "Ship a.", "AP"),
        ("b", "Ship b.", "AFP"),
        ("c", "Ship c.", None),
    ]


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        (f'{FIGURE_A}<p class="caption">A stray.</p><p>One.</p>{B}', ("b", None, None)),
        (f'{FIGURE_A}{A}<p class="caption">{OF_A}</p>{B}', ("b", None, None)),
        (f"<figure>{B}</figure>{FILM}", ("b", None, None)),
        (f'<p class="caption">{OF_B}</p><figure>{B}<figcaption> </figcaption></figure>', ("b", "Ship b.", "AFP")),
        (f'{B}<p class="caption">{OF_B}</p>{A}{B}<p class="caption">{OF_B}</p>', ("a", None, None)),
    ],
)  # fmt: skip
def test_caption_before_a_picture_is_only_for_the_next_one(
    html: str, expected: tuple[str, str | None, str | None]
) -> None:
    assert captions(html)[-1] == expected


def test_video_in_the_story_does_not_take_a_pictures_caption() -> None:
    html = f'{A}<div><p class="caption">{OF_A}</p>{"The ferry waits. " * 90}<iframe src="/v"></iframe></div>'
    assert captions(html) == [("a", "Ship a.", "AP")]


def test_story_in_a_layout_table_with_a_picture_is_kept() -> None:
    text = "The ferry stopped on Tuesday at noon. " * 40
    found = body_of(f'<table><tr><td><img src="//w.example/a.jpg"></td><td>{text}</td></tr></table>')
    assert found.paragraphs == [text.strip()]
    assert len(found.images) == 1


@pytest.mark.parametrize(
    "img",
    ['<img src="data:image/gif;base64,R0">', '<img src="//a.example/p.gif" width="1">', "<img>",
     '<img src="https://static.heraldcorp.com/wbazic/kh/www/image/sns.png">', '<img src="http://[">'],
)  # fmt: skip
def test_placeholders_and_pixels_are_not_pictures(img: str) -> None:
    assert body_of(f"a{img}b") == Body(["ab"], [])


def test_deep_nesting_is_read() -> None:
    found = body_of("<div>" * 200 + "deep" + "</div>" * 200)
    assert found.paragraphs == ["deep"]


@pytest.mark.parametrize(
    ("html", "paragraphs"),
    [
        ("<ul><li>One<p>two</p></li></ul>", ["- One two"]),
        ("a<br>b", ["a\nb"]),
        ("a<!--x--><br>c<?pi x?>d", ["a\ncd"]),
        ('a<img src="//w.example/a.jpg">b', ["ab"]),
        ('One <span class="caption">no</span>two <b class="x">three</b>', ["One", "two three"]),
        ("<p>a</p><figcaption>no</figcaption>b", ["a", "b"]),
        ("<aside id=da3>Advert</aside><p id=da3>Advert</p><span style='display:none'>x</span>b", ["b"]),
        ("<section id=da3>Advert</section><b id=da3>Kept</b>", ["Kept"]),
        ("<table></table>b", ["b"]),
        ("a<table><tr><td> <td></tr></table>b", ["a", "b"]),
        ("a<table><tr><td>x</td></tr></table>b<table></table>c", ["a", "x", "b", "c"]),
        ('<p>a</p><div class="img_box">A caption alone.</div><p>b</p>', ["a", "A caption alone.", "b"]),
        ('<p>a</p><div class="img_box"><img src="data:x">A caption of none.</div><p>b</p>', ["a", "b"]),
        ('<p>a</p><figure><img src="data:x"><figcaption>Of none.</figcaption></figure>b', ["a", "b"]),
    ],
)  # fmt: skip
def test_unusual_markup_is_read(html: str, paragraphs: list[str]) -> None:
    assert body_of(html).paragraphs == paragraphs


def figure(inside: str) -> Body:
    return body_of(f'<figure><img src="{SHIP}">{inside}</figure>')


@pytest.mark.parametrize(
    ("caption", "image"),
    [
        ("<figcaption>A ship / <em class=credit>Kim</em></figcaption>", Image(SHIP, "A ship", "Kim")),
        ("<figcaption>XA shipX | <em class=credit>Kim</em></figcaption>", Image(SHIP, "XA shipX", "Kim")),
        (
            "<figcaption><em class=credit></em><em class=credit>Kim</em></figcaption>",
            Image(SHIP, None, "Kim"),
        ),
        ("<figcaption><em class=credit>Kim</em> A ship</figcaption>", Image(SHIP, "Kim A ship", None)),
        ("A ship <em class=credit>Kim</em>", Image(SHIP, "A ship", "Kim")),
        ("", Image(SHIP, None, None)),
    ],
)
def test_credits_are_split_from_captions(caption: str, image: Image) -> None:
    assert figure(caption).images == [image]


def test_credit_is_split_from_a_caption_below_its_picture() -> None:
    found = body_of(f'<img src="{SHIP}"><p class="caption">A ship / <em class=credit>Kim</em></p>')
    assert found.images == [Image(SHIP, "A ship", "Kim")]


def test_second_caption_belongs_to_the_next_picture() -> None:
    other = "https://w.example/b.jpg"
    for first in ("A ship.", "(Yonhap)"):
        html = (
            f'<img src="{SHIP}"><p class=caption>{first}</p><p class=caption>Another.</p><img src="{other}">'
        )
        assert body_of(html).images[1] == Image(other, "Another.", None)


@pytest.mark.parametrize(("length", "paragraphs"), [(900, 0), (901, 1)])
def test_long_text_beside_a_picture_is_kept_as_story(length: int, paragraphs: int) -> None:
    found = figure("x" * length)
    assert len(found.paragraphs) == paragraphs
    assert len(found.images) == 1


def test_scripts_beside_a_picture_do_not_count_as_text() -> None:
    found = figure(f"<script>{'x' * 999}</script><style>{'y' * 999}</style><b>{'z' * 9}</b> A ship.")
    assert found.images == [Image(SHIP, f"{'z' * 9} A ship.", None)]


def test_text_between_elements_counts_as_the_story() -> None:
    assert figure("<b>x</b>" + "word " * 400).paragraphs != []
    assert figure("<b>x<i>y</i></b>" + "word " * 170 + f"<b>{'word ' * 20}</b>").paragraphs != []


def test_text_lengths_leave_out_white_space_and_scripts() -> None:
    container = compiled("#b")(
        Page("https://www.koreaherald.com/article/1", f'<div id="b">{COUNTED}</div>'.encode()).root
    )
    lengths = {element.tag: length for element, length in text_lengths(container[0]).items()}
    assert lengths == {"div": 12, "p": 9, "b": 3, "script": 0}


COUNTED = "<!-- no --><p>One <b> two </b>six<script>no</script></p> ten"


def test_containers_are_read_separately() -> None:
    """Both have boxes with pictures, whose text is counted per container."""
    box = '<table class="img"><tr><td><div><img src="{}.jpg"></div><p>{}</p></td></tr></table><p>{}</p>'
    told = [box.format("a", "One ship.", "It sailed."), box.format("b", "Another.", "It sank.")]
    page = Page(
        "https://www.koreaherald.com/article/1",
        "".join(f"<div class=b>{each}</div>" for each in told).encode(),
    )
    found = read_body(compiled(".b")(page.root), page.url)
    assert found.paragraphs == ["It sailed.", "It sank."]
    assert [image.caption for image in found.images] == ["One ship.", "Another."]


@pytest.mark.parametrize("box", ['{words}<img src="{ship}">{cap}', '<img src="{ship}">{cap}{words}'])
def test_text_directly_in_a_box_is_kept_as_story(box: str) -> None:
    words = "The ferry waits at the pier. " * 60
    caption = '<p class="img_caption">A ship. (Yonhap)</p>'
    html = box.format(words=words, ship=SHIP, cap=caption)
    found = body_of(f'<div class="img_box">{html}</div>')
    assert found.paragraphs == [words.strip()]
    assert found.images == [Image(SHIP, "A ship.", "Yonhap")]


def test_long_caption_is_not_taken_for_the_story() -> None:
    """Captions do not count as text beside a picture, also inside other elements."""
    words = "The ferry waits at the pier. " * 40
    html = f'<div class="img_box"><div><img src="{SHIP}"></div><div><p class="img_caption">{words}</p></div></div>'
    found = body_of(html)
    assert found.paragraphs == []
    assert found.images == [Image(SHIP, words.strip(), None)]


def test_story_inside_nested_boxes_is_kept() -> None:
    words = "The ferry waits at the pier. " * 60
    html = f'<figure><img src="{SHIP}"><figcaption>A ship.</figcaption>' * 14 + f"<p>{words}</p>"
    found = body_of(html)
    assert found.paragraphs == [words.strip()]
    assert found.images == [Image(SHIP, "A ship.", None)]


def test_text_in_the_box_of_a_video_is_left_out() -> None:
    assert body_of('<figure><iframe src="/v"></iframe><p>Film by AP</p></figure><p>One.</p>').paragraphs == [
        "One."
    ]


def test_caption_in_the_next_container_goes_to_its_picture() -> None:
    html = (
        f'<div class=b><img src="{SHIP}"></div><div class=b><p class="view_con_caption">A ship.</p>One.</div>'
    )
    page = Page("https://www.koreaherald.com/article/1", html.encode())
    found = read_body(compiled(".b")(page.root), page.url)
    assert found.images == [Image(SHIP, "A ship.", None)]
    assert found.paragraphs == ["One."]
