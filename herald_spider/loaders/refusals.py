"""Refusals that look like pages: challenges, logins, consent windows, empty answers."""

from __future__ import annotations

import re

from herald_spider.loaders.elements import text_of
from herald_spider.loaders.page import Page

_MAX_TEXT = 1500  # characters; a page with more text is no refusal
_MARKS = re.compile(
    r"cf-chl|challenge-platform|_Incapsula_|sucuri_cloudproxy|px-captcha|datadome|awswaf|captcha-delivery",
    re.I,
)
_SIGNS = {
    "a challenge": (
        r"captcha|(?:are|that) you(?:'re|’re)? (?:are )?(?:not )?an? (?:real |actual )?(?:human|robot|person|bot)"
        r"|(?:you are|i'm|i’m|if you're|if you’re) (?:not )?(?:a )?(?:human|robot)|unusual (?:traffic|activity)"
        r"|(?:checking|verify(?:ing)?) (?:that )?(?:your|you) (?:browser|are|connection)|just a moment|ddos protection"
        r"|access (?:to this page )?(?:has been |is |was )?denied|request (?:has been |was )?(?:blocked|rejected)"
        r"|javascript and cookies|disable any ad ?blocker|too many requests|security (?:check|verification)"
        r"|automated (?:access|queries|requests)|보안 ?문자|자동 ?(?:입력|등록) ?방지|로봇이 아닙니다|비정상적인 (?:접근|트래픽)"
        r"|접(?:근|속)이 (?:차단|제한)"
    ),
    "a login page": (
        r"(?:log|sign) ?in (?:to|is required|required|with)|please (?:log|sign) ?in|(?:must|need to) (?:log|sign) ?in"
        r"|로그인(?:이 필요| 후|을 해|하(?:세요|십시오|여))"
    ),
    "a consent page": (
        r"(?:accept|agree|consent).{0,80}\b(?:cookies?|privacy|terms)|\b(?:cookies?|privacy|terms).{0,80}(?:accept|agree|consent)"
        r"|before you continue|쿠키.{0,40}동의|개인정보.{0,40}동의"
    ),
}  # fmt: skip
_WORDS = {name: re.compile(words, re.IGNORECASE) for name, words in _SIGNS.items()}


def refusal(page: Page) -> str | None:
    """Return what a page without an article's markup is: "a challenge"; None if it is no refusal."""
    if not page.source.strip():
        return "an empty answer"
    text = " ".join(map(text_of, page.root.iter("title", "body")))
    if len(text) > _MAX_TEXT or page.json_ld or "article" in page.meta.get("og:type", ()):
        return None
    text += " ".join("".join(each.itertext()) for each in page.root.iter("noscript"))
    if _MARKS.search(page.source.decode("utf-8", "replace")):
        return "a challenge"
    if any(each.get("type") == "password" for each in page.root.iter("input")):
        return "a login page"
    return next((name for name, words in _WORDS.items() if words.search(text)), None)
