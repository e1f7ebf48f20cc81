"""Build the site from the studies that have been run here: `python -m docs.site [FOLDER]`, without a network."""

from __future__ import annotations

import sys
from pathlib import Path

from dlx import paths
from docs.site.build import entries, pages, sphinx, write


def main(arguments: list[str]) -> int:
    """Build the site below a folder (outputs/site) and print where it starts."""
    folder = Path(arguments[0]) if arguments else paths.outputs() / "site"
    source = folder / "source"
    write(pages(entries()), source)
    code = sphinx(source, folder / "html")
    if code == 0:
        print(f"site {folder / 'html' / 'index.html'}")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
