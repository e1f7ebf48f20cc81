"""What is wrong with the files of a built site: links, anchors, titles, pictures, formulas, empty sections."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

HEADS = ("h1", "h2", "h3", "h4")
SILENT = ("script", "style", "svg", "code", "pre", "annotation")  # whose text is no text of the page
SEEN = ("img", "svg", "math", "table", "pre", "input", "details")  # that fill a section without a word
EXTERNAL = re.compile(r"^(?:[a-z]+:|//)")
TEX = re.compile(r"\\(?:frac|sum|mathbf|mathrm|text|left|right|partial|sigma|operatorname|sqrt|[()\[\]])|\$\$")
VOID = ("img", "br", "hr", "input", "link", "meta", "source", "wbr", "col")


class Page(HTMLParser):
    """What the checks need of a page.

    Attributes:
        title: its title.
        places: the ids that links can name.
        links: the addresses of its links.
        loaded: the addresses of pictures, scripts and styles, which a browser fetches to show the page.
        faults: what is wrong with the page alone.
    """

    def __init__(self, words: str) -> None:
        super().__init__()
        self.title = ""
        self.places: set[str] = set()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.faults: list[str] = []
        self._open: list[str] = []
        self._head: tuple[int, str] | None = None  # the heading that nothing has followed yet
        self.feed(words)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the ids and addresses of an element, and whether it fills a section."""
        own = {name: value or "" for name, value in attrs}
        if tag not in VOID:
            self._open.append(tag)
        if own.get("id") in self.places:
            self.faults.append(f"two elements have the id {own['id']}")
        self.places |= {own[name] for name in ("id", "name") if own.get(name)}
        if tag == "a" and "href" in own:
            self.links.append(own["href"])
        if tag in ("img", "script", "source") and own.get("src"):
            self.loaded.append(own["src"])
        if tag == "link" and own.get("rel") in ("stylesheet", "icon", "shortcut icon"):
            self.loaded.append(own["href"])
        self._picture(tag, own)
        if tag in HEADS and self._in_article():
            self._heading(int(tag[1]))
        elif tag in SEEN:
            self._head = None

    def _picture(self, tag: str, own: Mapping[str, str]) -> None:
        """Note a picture that says nothing to a reader who does not see it."""
        if tag == "img" and not own.get("alt"):
            self.faults.append(f"no words for the picture {own.get('src')}")
        if tag == "svg" and self._in_article() and not ({"aria-label", "aria-labelledby", "aria-hidden"} & set(own)):
            self.faults.append("no words for a drawing")

    def _heading(self, depth: int) -> None:
        """Begin a section; the one before is empty if nothing but a deeper heading has followed its own."""
        if self._head is not None and self._head[0] >= depth:
            self.faults.append(f"empty section {self._head[1]}")
        self._head = (depth, "")

    def handle_endtag(self, tag: str) -> None:
        """Leave an element, with those in it that were not closed."""
        if tag in self._open:
            while self._open.pop() != tag:
                pass
        if tag == "article" and self._head is not None:
            self.faults.append(f"empty section {self._head[1]}")
            self._head = None

    def handle_data(self, data: str) -> None:
        """Read text: the title, the words of a heading, or words in which no TeX may be left."""
        if self._open[-1:] == ["title"] and "svg" not in self._open:
            self.title += data
        if not self._in_article() or not data.strip():
            return
        if any(tag in HEADS for tag in self._open):
            if self._head is not None and not data.startswith("#"):
                self._head = (self._head[0], self._head[1] + data.strip())
        elif self._open[-1] not in HEADS:
            self._head = None
        if not any(tag in SILENT for tag in self._open) and (found := TEX.search(data)):
            self.faults.append(f"TeX is shown as text: {data[max(0, found.start() - 20) : found.end() + 30]!r}")

    def _in_article(self) -> bool:
        """Return whether the parser is in the words of the page, not in its menus."""
        return "article" in self._open


def read(folder: Path) -> dict[str, Page]:
    """Return every page of a built site by its path."""
    return {
        path.relative_to(folder).as_posix(): Page(path.read_text(encoding="utf-8"))
        for path in sorted(folder.rglob("*.html"))
        if "_static" not in path.relative_to(folder).parts
    }


def faults(folder: Path) -> list[tuple[str, str]]:
    """Return what is wrong with the pages of a built site, each with the page."""
    pages = read(folder)
    found = [(name, fault) for name, page in pages.items() for fault in page.faults]
    titles = defaultdict(list)
    for name, page in pages.items():
        titles[page.title].append(name)
        found += [(name, fault) for fault in lost(name, page, pages, folder)]
    return found + [(same[1], f"has the title of {same[0]}: {title}") for title, same in titles.items() if same[1:]]


def lost(name: str, page: Page, pages: Mapping[str, Page], folder: Path) -> Iterator[str]:
    """Yield the links of a page that lead nowhere, and what it would load from a network or in vain."""
    for address in dict.fromkeys(page.links):
        if EXTERNAL.match(address):
            continue
        target, _, place = address.partition("#")
        path = posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(target))) if target else name
        if path not in pages:
            if not (folder / path).is_file():
                yield f"no page {address}"
        elif place and unquote(place) not in pages[path].places:
            yield f"no place {address}"
    for address in dict.fromkeys(page.loaded):
        path = unquote(address.partition("?")[0])
        if EXTERNAL.match(address):
            if not address.startswith("data:"):
                yield f"needs a network: {address}"
        elif not (folder / posixpath.dirname(name) / path).is_file():
            yield f"no file {address}"
