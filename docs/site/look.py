"""A look at the built site: `python -m docs.site.look [FOLDER]`, its files and each page in Chromium.

Each page is opened once and seen twice: in a narrow window in light colors, and in a wide one in dark colors.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from dlx import paths
from docs.site import whole
from docs.site.chromium import Browser, browser, program

SCRIPT = Path(__file__).with_suffix(".js")
VIEWS = ((390, "light"), (1280, "dark"))
HEIGHT = 1000


def seen(own: Browser, pages: Iterable[Path]) -> Iterator[tuple[Path, str]]:
    """Yield what is wrong with pages in the browser, each fault once for each page, with the view in which it was seen.

    Args:
        own: the browser.
        pages: files of HTML.
    """
    script = SCRIPT.read_text(encoding="utf-8")
    for page in pages:
        for line in own.open(page.as_uri()):
            yield page, f"console: {line}"
        found: dict[str, str] = {}
        for width, scheme in VIEWS:
            own.show(width, HEIGHT, scheme)
            for fault in own.evaluate(script):
                found.setdefault(fault, f"{width} px, {scheme}")
        for fault, view in found.items():
            yield page, f"{view}: {fault}"


def main(arguments: list[str]) -> int:
    """Look at the site below a folder (outputs/site/html), print what is wrong, and return 1 if anything is."""
    folder = Path(arguments[0]).resolve() if arguments else paths.outputs() / "site" / "html"
    if not (folder / "index.html").is_file():
        print(f"no site at {folder}: make docs")
        return 1
    wrong = 0
    for name, fault in whole.faults(folder):
        wrong += 1
        print(f"{name}: {fault}")
    path = program()
    pages = sorted(page for page in folder.rglob("*.html") if "_static" not in page.relative_to(folder).parts)
    if path is None:
        print("no Chromium here: the pages were not opened")
    else:
        with browser(path) as own:
            for page, fault in seen(own, pages):
                wrong += 1
                print(f"{page.relative_to(folder)}: {fault}", flush=True)
    print(f"{len(pages)} pages, {wrong} faults")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
