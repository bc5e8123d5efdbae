"""Body containers: nothing lost, nothing added."""

from __future__ import annotations

import pytest

from herald_spider.items import Image
from herald_spider.loaders.markup import compiled
from herald_spider.loaders.page import Page
from herald_spider.loaders.story import Story, read_story


def story(html: str) -> Story:
    page = Page("https://www.koreaherald.com/article/1", f'<div id="b">{html}</div>'.encode())
    return read_story(compiled("#b")(page.root), page.url)


@pytest.mark.parametrize(
    ("html", "paragraphs"),
    [
        ("<p>One.</p><p>Two.</p>", ["One.", "Two."]),
        ("One.<br><br>Two.<br/>\n <br>Three.", ["One.", "Two.", "Three."]),
        ("<div>One.</div><div>Two <b>bold</b> <a href=x>link</a>.</div>", ["One.", "Two bold link."]),
        ("<p>No.</p>", ["No."]),
        ("<p>Line one<br>line two</p><p>x</p>", ["Line one\nline two", "x"]),
        ("One.<br>Two.<br>Three.", ["One.", "Two.", "Three."]),
        ("<p>a</p><ul><li>x</li><li>y <i>z</i></li></ul><p>b</p>", ["a", "- x\n- y z", "b"]),
        ("<ol><li>x<li><p>y</p></ol>", ["1. x\n2. y"]),
        ("<h3>Sub</h3><p>a</p>", ["Sub", "a"]),
        ("<blockquote>Said.</blockquote>", ["Said."]),
        ("a<!-- no -->b<script>c()</script>d<style>e{}</style>", ["abd"]),
        ("<table><tr><th>Year<th>Fish</tr><tr><td>2024<td>12</table>", ["Year | Fish\n2024 | 12"]),
        ("<table><tr><td>One.</td></tr><tr><td>Two.</td></tr></table>", ["One.", "Two."]),
        ('<p>a</p><div class="khadv_bg">Advert</div><p>b</p>', ["a", "b"]),
        ('<section style="height:250px">Advert</section><p>b</p>', ["b"]),
        ('<div data-svcad="1">Advert</div><div id="da3" style="x">Ad</div><div id="x_ad_1">Ad</div>b', ["b"]),
        ('<div style="min-height: 250px">Advert</div>b', ["b"]),
        ('<ins class="adsbygoogle">Advert</ins>b', ["b"]),
        ('<p class="address">Kept</p><p class="adopted">Kept too</p>', ["Kept", "Kept too"]),
        ('<blockquote class="twitter-tweet">Tweet</blockquote><iframe src="x">old</iframe>b', ["b"]),
        ('<div class="related_news"><a>Other</a></div><ul class="share_sns"><li>F</ul>b', ["b"]),
        ('a<div class="view_con_t"></td>b<center>c</center>', ["a", "b", "c"]),
        ("", []),
        (" \n <br><br> &nbsp; ", []),
    ],
)  # fmt: skip
def test_paragraphs(html: str, paragraphs: list[str]) -> None:
    assert story(html).paragraphs == paragraphs


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
    ],
)
def test_captions_stand_apart(html: str) -> None:
    found = story(f"<p>One.</p>{html}<p>Two.</p>")
    assert found.paragraphs == ["One.", "Two."]
    assert found.images == [Image(SHIP, "A ship.", "Yonhap")]


def test_two_pictures_keep_their_captions() -> None:
    html = "".join(
        f'<tr><td><img src="//w.example/{n}.jpg"></td></tr><tr><td class="view_con_caption">{n}. (AP)</td></tr>'
        for n in ("One", "Two")
    )
    images = story(f"<table>{html}</table>").images
    assert [(image.caption, image.credit) for image in images] == [("One.", "AP"), ("Two.", "AP")]


def test_a_layout_table_with_a_picture_keeps_its_story() -> None:
    text = "The ferry stopped on Tuesday at noon. " * 40
    found = story(f'<table><tr><td><img src="//w.example/a.jpg"></td><td>{text}</td></tr></table>')
    assert found.paragraphs == [text.strip()]
    assert len(found.images) == 1


@pytest.mark.parametrize(
    "img",
    ['<img src="data:image/gif;base64,R0">', '<img src="//a.example/p.gif" width="1">', "<img>",
     '<img src="https://static.heraldcorp.com/wbazic/kh/www/image/sns.png">', '<img src="http://[">'],
)  # fmt: skip
def test_no_picture(img: str) -> None:
    assert story(f"a{img}b") == Story(["ab"], [])


def test_deep_nesting_is_walked_without_recursion() -> None:
    found = story("<div>" * 200 + "deep" + "</div>" * 200)
    assert found.paragraphs == ["deep"]
