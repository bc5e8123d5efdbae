"""Markup that readers got wrong: hidden text, cut headlines, base addresses, mixed encodings, the old layouts."""

from __future__ import annotations

import json

import pytest

from herald_spider import urls
from herald_spider.items import Article, Image
from herald_spider.loaders import read_article
from herald_spider.loaders.decoding import decode
from herald_spider.loaders.page import Page

SITE = "https://www.koreaherald.com"
STORY = " ".join(f"Sentence {number} is about the harbor council." for number in range(12))


def read(
    body: str = f"<p>{STORY}</p>",
    *,
    h1: str = "The ferry stops",
    head: str = "",
    above: str = "",
    title: str | None = None,
) -> Article:
    """Read a page of today's layout, whose JSON-LD has `title` or else no headline."""
    data = {"@type": "NewsArticle", "headline": title, "datePublished": "2026-09-13T10:00:00+09:00"}
    html = (
        f'<html><head>{head}<script type="application/ld+json">{json.dumps(data)}</script></head><body>'
        f'<h1>{h1}</h1>{above}<article id="articleText" class="article-body">{body}</article></body></html>'
    )
    return read_article(Page(f"{SITE}/article/10000001", html.encode()))


# Hidden text ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "html",
    [
        "The ferry carried <del>five</del> <ins>fifty</ins> people.",
        "The ferry carried <s>five</s> fifty people.",
        "The ferry <strike>boat</strike> carried <ins datetime=2026><b>fifty</b></ins> people.",
        "The ferry carried <span hidden>five</span> fifty people.",
        'The ferry carried fifty <i aria-hidden="true">icon</i> people.',
        'The ferry carried <span class="sr-only">number:</span> fifty people.',
        'The ferry carried <em class="x blind">number:</em> fifty people.',
        'The ferry carried <b style="display: none">five</b> fifty people.',
        'The ferry carried <b style="visibility:hidden">five</b> fifty people.',
        'The ferry carried fifty people.<p hidden>More</p><ul class="visually-hidden"><li>More</ul>',
    ],
)  # fmt: skip
def test_text_that_readers_do_not_see_is_left_out(html: str) -> None:
    assert read(f"<p>{html}</p><p>{STORY}</p>").body == f"The ferry carried fifty people.\n\n{STORY}"
    whole = read(f"<p>{STORY}</p><figure><img src=/a.jpg><figcaption>{html}</figcaption></figure>")
    assert whole.images == [Image(f"{SITE}/a.jpg", "The ferry carried fifty people.")]
    if "<p hidden>" not in html:
        assert read(h1=html).headline == "The ferry carried fifty people."


def test_story_in_a_hidden_page_is_read() -> None:
    """Behind a consent window the page itself may be hidden."""
    html = f'<body hidden aria-hidden="true"><h1>Ferry</h1><article id="articleText"><p>{STORY}</p></article>'
    item = read_article(Page(f"{SITE}/article/1", html.encode()))
    assert (item.headline, item.body) == ("Ferry", STORY)


@pytest.mark.parametrize(
    "name",
    ["commentary", "shareholders", "reporter-notebook", "relatedness", "popularity", "admiral", "advertorial",
     "subscribers", "copyrighted", "recommender", "address", "share-price", "ad-hoc-panel", "journalism",
     "newsletters-of-old", "comment-ary", "adept", "readers"],
)  # fmt: skip
def test_words_that_only_begin_like_furniture_are_story(name: str) -> None:
    assert (
        read(f'<div class="{name}">The council met.</div><p>{STORY}</p>').body
        == f"The council met.\n\n{STORY}"
    )


@pytest.mark.parametrize(
    "name",
    ["share", "share_sns", "share-buttons", "shareBtnWrap", "related_news", "relatedArticles", "reporter_area",
     "reporter-info", "journalist_box", "comments", "comment-list", "most_read", "popular_news", "recommend-box",
     "ad", "ads", "adBox", "ad-slot-1", "adWrap", "advertisement", "x_ad_right", "newsletter_form", "copyright",
     "recommended_swiper_wrap", "recommended_swiper", "div_layout"],
)  # fmt: skip
def test_furniture_is_left_out(name: str) -> None:
    assert read(f'<p>{STORY}</p><div class="a {name} b">Other stories</div>').body == STORY


def test_box_of_a_category_is_left_out() -> None:
    assert read(f'<p>{STORY}</p><div id="category-3"><p>Other stories</p></div>').body == STORY


# Headlines and summaries ------------------------------------------------------------------------

WHOLE = "The mayor of Seowol resigns after a long night of talks with the council over the bridge"


@pytest.mark.parametrize("title", [f"{WHOLE[:50]}...", f"{WHOLE[:61]}…", f"{WHOLE[:50]} ...", WHOLE[:67]])
@pytest.mark.parametrize("is_meta", [False, True])
def test_headline_that_is_cut_is_taken_from_where_it_is_whole(title: str, is_meta: bool) -> None:
    head = f'<meta property="og:title" content="{title} - The Korea Herald">' if is_meta else ""
    item = read(title=None if is_meta else title, h1=f"<a href=/>{WHOLE}</a>", head=head)
    assert (item.headline, item.extraction["headline"]) == (WHOLE, "css")


@pytest.mark.parametrize(
    ("title", "h1"),
    [
        ("And then...", "Another headline"),
        ("The ferry", "The ferry stops"),
        ("Why the mayor of Seowol resigned after a long night of talks", f"{WHOLE} and more"),
        ("...", "The ferry"),
    ],
)
def test_headline_that_is_not_cut_stays(title: str, h1: str) -> None:
    assert read(title=title, h1=h1).headline == title


def test_quotation_marks_do_not_hide_that_a_headline_is_cut() -> None:
    assert (
        read(title="The mayor's 'last...", h1="The mayor’s ‘last’ night").headline
        == "The mayor’s ‘last’ night"
    )


@pytest.mark.parametrize(
    "title",
    ["The <i>ferry</i> stops", "The &lt;b&gt;ferry&lt;/b&gt; stops", "The ferry<br/>stops", "<p>The ferry</p> stops",
     '<span class="x">The ferry</span> stops', "The&nbsp;ferry &amp;lt;em&amp;gt;stops&amp;lt;/em&amp;gt;"],
)  # fmt: skip
def test_tags_and_entities_in_headline_and_summary_are_no_text(title: str) -> None:
    head = f'<meta property="og:description" content="{title.replace(chr(34), "&quot;")} again">'
    item = read(title=title, head=head)
    assert (item.headline, item.summary) == ("The ferry stops", "The ferry stops again")


def test_angle_brackets_around_a_title_stay() -> None:
    assert read(title="Director of <Parasite> & <The Host>").headline == "Director of <Parasite> & <The Host>"


# Addresses and captions of pictures ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("src", "url"),
    [
        ("/content/harbor view.jpg", f"{SITE}/content/harbor%20view.jpg"),
        (" /content/harbor  view.jpg\n", f"{SITE}/content/harbor%20%20view.jpg"),
        ("https://wimg.heraldcorp.com/a b/c d.jpg?type=w", "https://wimg.heraldcorp.com/a%20b/c%20d.jpg"),
        ("/a.jpg?name=x y", f"{SITE}/a.jpg?name=x%20y"),
        ("//wimg.heraldcorp.com/a.jpg", "https://wimg.heraldcorp.com/a.jpg"),
    ],
)
def test_picture_with_an_unusual_address_is_kept(src: str, url: str) -> None:
    figure = f'<figure><img src="{src}"><figcaption>The harbor on Sunday. (Yonhap)</figcaption></figure>'
    assert read(f"<p>{STORY}</p>{figure}").images == [Image(url, "The harbor on Sunday.", "Yonhap")]
    assert read(head=f'<meta property="og:image" content="{src}">').images == [Image(url)]


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("https://wimg.heraldcorp.com/x/", "https://wimg.heraldcorp.com/x/a.jpg"),
        ("/files/", f"{SITE}/files/a.jpg"),
        ("http://[", f"{SITE}/article/a.jpg"),
    ],
)
def test_base_of_the_page_holds_for_pictures(base: str, url: str) -> None:
    head = f'<base target="_top"><base href="{base}">'
    assert [each.url for each in read(f"<p>{STORY}</p><img src=a.jpg>", head=head).images] == [url]


def test_base_of_the_page_holds_for_links() -> None:
    page = Page(f"{SITE}/National", b'<base href="/article/"><link rel=canonical href="7">')
    assert page.canonical == urls.Address("article", f"{SITE}/article/7", "7")
    other = Page(f"{SITE}/National", b'<base href="https://example.com/">')
    assert other.address("/article/7").kind == "other"


@pytest.mark.parametrize(
    ("alt", "caption", "credit"),
    [
        ("The harbor on Sunday. (Yonhap)", "The harbor on Sunday.", "Yonhap"),
        ("The harbor on Sunday [AFP]", "The harbor on Sunday", "AFP"),
        ("The harbor on Sunday", None, None),
        ("harbor.jpg", None, None),
        ("", None, None),
    ],
)
def test_alt_text_that_ends_in_a_credit_is_the_caption(
    alt: str, caption: str | None, credit: str | None
) -> None:
    photo = (
        '<div class="article-photo-wrap size-l align-c"><figure class="article-img">'
        f'<img src="/a.jpg" alt="{alt}"></figure></div>'
    )
    assert read(f"{photo}<p>{STORY}</p>").images == [Image(f"{SITE}/a.jpg", caption, credit)]
    below = photo.replace("</figure>", "<figcaption>The ferry. (AP)</figcaption></figure>")
    assert read(f"{below}<p>{STORY}</p>").images == [Image(f"{SITE}/a.jpg", "The ferry.", "AP")]


@pytest.mark.parametrize("name", ["captioned-story", "accredited", "creditors", "Captioning"])
def test_words_that_only_contain_caption_or_credit_are_story(name: str) -> None:
    assert read(f'<p>{STORY}</p><img src=/a.jpg><p class="{name}">It met.</p>').body == f"{STORY}\n\nIt met."


# The section -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("tag", ["a", "span", "p", "em", "div"])
def test_section_is_the_first_category(tag: str) -> None:
    head = '<meta property="article:section" content="The Korea Herald">'
    above = f'<{tag} class="category">Politics</{tag}><{tag} class="category">Quick Read</{tag}>'
    item = read(head=head, above=f'{above}<div><a class="category">Travel</a></div>')
    assert (item.section, item.subsection) == ("national", "politics")


# The old layouts ---------------------------------------------------------------------------------------


def page_of_2023(lines: str, foot: str = "Articles by Kim Arin") -> Article:
    html = (
        f'<div class="news_content"><div class="news_title_area"><h1 class="news_title">Ferry</h1>{lines}'
        '<p class="news_date">Published : Sept. 30, 2023 - 20:50</p></div>'
        f'<div class="news_text_area"><div class="text_box"><p>{STORY}</p></div>'
        f'<div class="news_journalist_area">{foot}</div></div></div>'
    )
    return read_article(Page(f"{SITE}/view.php?ud=20230930000100", html.encode()))


@pytest.mark.parametrize(
    "line",
    ["<p>By Kim Arin</p>", '<p class="x">By Kim Arin</p>', "<div><span>By Kim Arin</span></div>",
     "<h2 class=news_title>A deck</h2><em>By Kim Arin</em>", "<p>by Kim Arin</p>"],
)  # fmt: skip
def test_byline_of_2023_is_the_line_above_the_date(line: str) -> None:
    item = page_of_2023(line)
    assert [author.name for author in item.authors] == ["Kim Arin"]
    assert (item.byline or "").lower() == "by kim arin"
    assert item.published_at == "2023-09-30T20:50:00+09:00"


def test_mobile_page_of_2016_has_date_and_byline_in_one_line() -> None:
    html = (
        '<h1>Ferry</h1><div>April 29, 2016 - 16:58 By Kim Arin</div>'
        f'<div id="articleText">{STORY}<br><br>More.</div>'
    )  # fmt: skip
    item = read_article(Page("http://m.koreaherald.com/view.php?ud=20160429000100", html.encode()))
    assert item.published_at == "2016-04-29T16:58:00+09:00"
    assert (item.byline, [author.name for author in item.authors]) == ("By Kim Arin", ["Kim Arin"])
    assert item.url == f"{SITE}/view.php?ud=20160429000100"


def test_pictures_of_amp_pages_are_read() -> None:
    html = f'<h1>Ferry</h1><div id="articleText"><amp-img src="/a.jpg" width=600 height=400></amp-img>{STORY}</div>'
    item = read_article(Page("http://m.koreaherald.com/amp/view.php?ud=20190429000100", html.encode()))
    assert (item.images, item.body) == ([Image("https://m.koreaherald.com/a.jpg")], STORY)


@pytest.mark.parametrize(
    ("day", "first", "deck"),
    [
        ("20110810", "Council wants a night ferry by May<br><br>", "Council wants a night ferry by May"),
        ("20121231", "Council wants a night ferry<br>", "Council wants a night ferry"),
        ("20110810", "Council wants it.<br><br>", None),
        ("20110810", "By Kim Arin<br><br>", None),
        ("20130101", "Council wants a night ferry<br><br>", None),
        ("20110810", "", None),
    ],
)
def test_deck_in_the_body_of_the_first_years(day: str, first: str, deck: str | None) -> None:
    html = f'<h1 class="view_tit">Ferry</h1><div id="articleText">{first}{STORY}<br><br>More of it.</div>'
    item = read_article(Page(f"{SITE}/view.php?ud={day}000100", html.encode()))
    assert item.subheadline == deck
    if deck:
        assert item.body == f"{STORY}\n\nMore of it."


@pytest.mark.parametrize(
    ("url", "article"),
    [
        ("http://www01.koreaherald.com/view.php?ud=20120810000100", "20120810000100"),
        ("http://khview.heraldm.com/view.php?ud=20140810000100", "20140810000100"),
        ("http://www.koreaherald.com/lifestyle/Detail.jsp?newsMLId=20110810000100", "20110810000100"),
        ("/national/Detail.jsp?newsMLId=20110810000100&x=1", "20110810000100"),
        ("http://m.koreaherald.com/amp/view.php?ud=20190810000100", "20190810000100"),
        ("https://m.koreaherald.com/amp/article/10493730", "10493730"),
        ("http://www.koreaherald.com/lifestyle/Detail.jsp?newsMLId=1", None),
        ("http://www.koreaherald.com/reporter/Kim-Arin", None),
    ],
)
def test_addresses_of_former_hosts_and_forms(url: str, article: str | None) -> None:
    assert urls.classify(url).id == article


# Encodings ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("Korea\x92s plan".encode("latin-1"), "Korea’s plan"),
        ("\x93It\x94 \x96 caf\xe9 \x85".encode("latin-1"), "“It” – café …"),
        ("서울의 ".encode() + "Korea\x92s plan".encode("latin-1"), "서울의 Korea’s plan"),
        ("‘Seoul’ and ".encode() + b"\x91Busan\x92", "‘Seoul’ and ‘Busan’"),
        ("서울의 봄과 여름".encode("cp949"), "서울의 봄과 여름"),
        ("똠방각하와 펲시콜라, 서울".encode("cp949"), "똠방각하와 펲시콜라, 서울"),
        ("서울의 봄\n".encode() + "부산의 여름".encode("cp949"), "서울의 봄\n부산의 여름"),
        ("서울".encode() + b"\n\x93x\x94", "서울\n“x”"),
    ],
)
def test_bytes_of_other_encodings_in_a_page(body: bytes, text: str) -> None:
    assert decode(body) == text
    assert decode(body, "text/html; charset=utf-8") == text
