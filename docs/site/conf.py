"""Settings of Sphinx: furo's theme, Markdown by MyST, and a search that finds English and Korean words offline."""

from __future__ import annotations

import re
from typing import Any

from sphinx import search
from sphinx.application import Sphinx
from sphinx.search.en import SearchEnglish

project = "dlx"
author = "dlx"
html_title = "dlx: a laboratory for deep learning"
extensions = ["myst_parser", "sphinx_copybutton"]
exclude_patterns: list[str] = []
html_theme = "furo"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_copy_source = False
html_use_index = False
html_show_sphinx = False
html_show_copyright = False
html_last_updated_fmt = None
html_show_search_summary = False  # it would be fetched, which a browser refuses for files
html_theme_options = {"top_of_page_buttons": [], "navigation_with_keys": True}
html_favicon = None
pygments_style, pygments_dark_style = "xcode", "monokai"  # each color has a contrast of 4.5 at least
copybutton_prompt_text = "$ "
myst_heading_anchors = 3
suppress_warnings = ["myst.header", "misc.highlighting_failure"]

HANGUL = re.compile(r"[\uac00-\ud7a3]{2,}")
# Particles that follow a Korean noun; a word is found with and without them.
PARTICLES = re.compile(
    r"(?<=..)(으로는|에서는|에서|으로|에는|보다|까지|부터|처럼|이란|이다|은|는|이|가|을|를|의|에|로|와|과|란)$"
)


LABELS = {
    "Search": "검색",
    "Next": "다음",
    "Previous": "이전",
    "Home": "처음",
    "On this page": "이 페이지에서",
    "Back to top": "맨 위로",
}


class EnglishAndKorean(SearchEnglish):
    """The words of a page: English stems, and Korean nouns with and without their particles."""

    def split(self, input: str) -> list[str]:
        """Return the words of a text."""
        words = super().split(input)
        return [*words, *(PARTICLES.sub("", word) for word in HANGUL.findall(input))]


def setup(app: Sphinx) -> None:
    """Put the language of the search in the place of English, and name that of each page."""
    search.languages["en"] = EnglishAndKorean
    app.connect("html-page-context", name_language)


def korean_label(words: str) -> str:
    """Return a label of the theme in Korean, such as that of the search; another one stays as it is."""
    return LABELS.get(words, words)


def name_language(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Let browsers and screen readers know the language of a page of the Korean edition, and name the site in it."""
    if pagename.startswith("ko/"):
        context["language"] = "ko"
        context["docstitle"] = "dlx: 딥러닝 실험실"
        context["_"] = context["gettext"] = korean_label
