"""The table of what we believe of the live site: a new fact is one line.

Where a fact comes from, and how sure others are of it, is the site guide's; what is
certain was measured by several of them, or stands in stored pages.
"""

from __future__ import annotations

from herald_spider import sections
from herald_spider.doctor import article_facts as articles
from herald_spider.doctor import feed_facts as feeds
from herald_spider.doctor import front_facts as front
from herald_spider.doctor import list_facts as lists
from herald_spider.doctor.article_facts import has_meta, ld_property, on_articles, on_items, second, won_by
from herald_spider.doctor.feed_facts import on_feeds
from herald_spider.doctor.list_facts import known_list, on_lists
from herald_spider.doctor.seen import CERTAIN, FALL_BACK, GUESS, Fact

_MENU = tuple(
    Fact("menu", f"{section.name} at {section.path}", GUESS if section.guess else CERTAIN,
         front.in_menu(section), "sections.py")
    for section in sections.SECTIONS if section.path
)  # fmt: skip

# fmt: off
FACTS: tuple[Fact, ...] = (
    Fact("robots.txt", "there is one", GUESS, front.robots_is_there, ""),
    Fact("robots.txt", "allows /, sections, articles, /rss", CERTAIN, front.robots_allows, "sections.py"),
    Fact("robots.txt", "asks for no longer delay", GUESS, front.robots_delay, "settings.py"),

    Fact("server", "the front page answers, unmoved", CERTAIN, front.front_page, "urls.py"),
    Fact("server", "Content-Type says UTF-8", CERTAIN, front.charset, "loaders/page.py"),
    Fact("server", "answers come soon", GUESS, front.times, "settings.py"),
    Fact("server", "gives ETag or Last-Modified", GUESS, front.gives_validators, "spiders/base.py"),
    Fact("server", "answers 304 to who has a page", GUESS, front.not_modified, "spiders/base.py"),
    Fact("server", "view.php?ud= leads to /article/", GUESS, front.old_address, "urls.py"),

    Fact("menu", "in ul.gnb of the front page", CERTAIN, front.menu_markup, "loaders/listing.py"),
    *_MENU,
    Fact("menu", "no section that the table lacks", GUESS, front.nothing_new_in_menu, "sections.py"),

    Fact("lists", "article.recent_news ul.news_list > li", CERTAIN, on_lists(lists.container), "loaders/listing.py"),
    Fact("lists", "link to /article/<number>", CERTAIN, known_list(lists.links), "urls.py"),
    Fact("lists", "headline in .news_title", CERTAIN, known_list(lists.headlines), "loaders/listing.py"),
    Fact("lists", "date in .date", CERTAIN, known_list(lists.dates), "loaders/listing.py"),
    Fact("lists", "dates can be read", CERTAIN, known_list(lists.dates_read), "text/dates.py"),
    Fact("lists", "dates as Nov. 14, 2025", CERTAIN, known_list(lists.date_form), "text/dates.py"),
    Fact("lists", "15 entries a page", GUESS, known_list(lists.page_size), ""),
    Fact("lists", "newest first", GUESS, known_list(lists.newest_first), "spiders/walks.py"),
    Fact("lists", "?page=2&pageTop=true is page 2", CERTAIN, lists.paging, "urls.py"),
    Fact("lists", "name their section", FALL_BACK, on_lists(lists.names_section), "loaders/survey.py"),
    Fact("lists", "og:image is the default picture", GUESS, front.default_picture, "text/captions.py"),

    Fact("articles", "those that are listed are there", CERTAIN, articles.answered, "spiders/site.py"),
    Fact("articles", "are read as layout 2024", CERTAIN, on_articles(articles.layout), "loaders/layouts/site_2024.py"),
    Fact("articles", "need no JavaScript", CERTAIN, on_articles(articles.served_whole), "loaders/shell.py"),
    Fact("articles", "article#articleText.article-body", CERTAIN, on_articles(articles.markers), "loaders/layouts/site_2024.py"),
    Fact("articles", "are valid", CERTAIN, on_items(articles.valid), "loaders/layouts/site_2024.py"),
    Fact("articles", "canonical names the article", GUESS, on_articles(articles.canonical), "loaders/page.py"),
    Fact("articles", "one JSON-LD script, one object", CERTAIN, on_articles(articles.one_json_ld), "loaders/page.py"),
    Fact("articles", "JSON-LD headline", CERTAIN, on_articles(ld_property("headline")), "loaders/layouts/site_2024.py"),
    Fact("articles", "JSON-LD datePublished", CERTAIN, on_articles(ld_property("datePublished")), "loaders/layouts/site_2024.py"),
    Fact("articles", "JSON-LD dateModified", GUESS, on_articles(ld_property("dateModified")), "loaders/layouts/site_2024.py"),
    Fact("articles", "JSON-LD author.name", CERTAIN, on_items(articles.ld_author_named), "loaders/layouts/site_2024.py"),
    Fact("articles", "JSON-LD author is one object", GUESS, on_articles(articles.ld_author_form), ""),
    Fact("articles", "datePublished is Seoul's time", CERTAIN, on_articles(articles.date_zone), "text/dates.py"),
    Fact("articles", "og:title and og:description", CERTAIN, on_articles(has_meta("og:title", "og:description")), "loaders/layouts/site_2024.py"),
    Fact("articles", "og:image, og:url, og:site_name", GUESS, on_articles(has_meta("og:image", "og:url", "og:site_name")), "loaders/layouts/site_2024.py"),
    Fact("articles", "og:title is the headline", FALL_BACK, on_items(second("headline", "og:title")), "loaders/layouts/site_2024.py"),
    Fact("articles", "h1 is the headline", FALL_BACK, on_items(second("headline", "h1")), "loaders/layouts/site_2024.py"),
    Fact("articles", "article:published_time is the date", FALL_BACK, on_items(second("published_at", "article:published_time", "date")), "loaders/layouts/site_2024.py"),
    Fact("articles", "\"Published :\" is the date", FALL_BACK, on_items(second("published_at", "text 'Published'")), "loaders/layouts/site_2024.py"),
    Fact("articles", "body in article#articleText", CERTAIN, on_items(won_by("body", "article#articleText")), "loaders/layouts/site_2024.py"),
    Fact("articles", "its paragraphs are <p>", CERTAIN, on_items(articles.body_paragraphs), "loaders/body.py"),
    Fact("articles", "a link to /reporter/<n> names who wrote it", FALL_BACK, on_items(articles.has_rule("authors", 'a[href*="/reporter/"]')), "loaders/layouts/site_2024.py"),
    Fact("articles", "a printed byline", GUESS, on_items(won_by("byline")), "loaders/layouts/site_2024.py"),
    Fact("articles", "the section is named", GUESS, on_items(won_by("section")), "loaders/layouts/site_2024.py"),
    Fact("articles", "meta keywords", GUESS, on_items(won_by("tags", "keywords")), "loaders/layouts/site_2024.py"),
    Fact("articles", "pictures at wimg.heraldcorp.com", CERTAIN, on_items(articles.picture_host), "loaders/body.py"),
    Fact("articles", "captions of pictures", GUESS, on_items(articles.captions), "loaders/body.py"),
    Fact("articles", "credits of pictures", GUESS, on_items(articles.credits), "text/captions.py"),

    Fact("feeds", "/rss lists the eight", CERTAIN, feeds.index, "sections.py"),
    Fact("feeds", "the front page names newsAll", FALL_BACK, front.advertised, "sections.py"),
    Fact("feeds", "are RSS 2.0", CERTAIN, feeds.is_feed, "loaders/feed.py"),
    Fact("feeds", "newsAll holds 50 items", CERTAIN, on_feeds(feeds.fifty, sections.ALL_STORIES_FEED), "docs/operating.md"),
    Fact("feeds", "all hold 50 items", GUESS, on_feeds(feeds.fifty), "docs/operating.md"),
    Fact("feeds", "link to /article/<number>", CERTAIN, on_feeds(feeds.feed_links_held), "urls.py"),
    Fact("feeds", "pubDate ends in +09:00", CERTAIN, on_feeds(feeds.feed_dates), "text/dates.py"),
    Fact("feeds", "newest first", CERTAIN, on_feeds(feeds.feed_order), "spiders/rss.py"),
    Fact("feeds", "summaries only", CERTAIN, on_feeds(feeds.summaries), "loaders/feed.py"),
    Fact("feeds", "items have a category", GUESS, on_feeds(feeds.feed_extras), ""),
    Fact("feeds", "pubDate is the page's time", CERTAIN, feeds.same_times, "text/dates.py"),

    Fact("site maps", "robots.txt names one", GUESS, feeds.maps_named, "spiders/sitemap.py"),
    Fact("site maps", "can be read", GUESS, feeds.maps_read, "loaders/sitemap.py"),
    Fact("site maps", "hold articles", GUESS, feeds.maps_hold_articles, "spiders/sitemap.py"),
)
# fmt: on
