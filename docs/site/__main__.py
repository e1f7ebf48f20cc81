"""Build the site from the studies that have been run here: `python -m docs.site [FOLDER]`, without a network."""

from __future__ import annotations

import sys
from pathlib import Path

from dlx import paths
from docs.site.build import ROOT, entries, pages, sphinx, write
from docs.site.check import faults, introduced
from docs.site.lines import by_page


def main(arguments: list[str]) -> int:
    """Build the site below a folder (outputs/site) and print where it starts."""
    folder = Path(arguments[0]) if arguments else paths.outputs() / "site"
    source = folder / "source"
    found = pages(entries())
    write(found, source)
    readmes = {name: (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.ko.md")}
    wrong = faults({**by_page(found), **by_page(readmes)}, introduced())
    print("\n".join(f"{place}: {fault}" for place, fault in wrong))
    code = sphinx(source, folder / "html") or int(bool(wrong))
    if code == 0:
        print(f"site {folder / 'html' / 'index.html'}")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
