"""HTML pages: self-contained, with one style sheet that follows the light or dark scheme of the reader."""

from __future__ import annotations

from pathlib import Path

from dlx.results.escape import html

STYLE = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")


def page(title: str, body: str, language: str = "en") -> str:
    """Return a complete HTML page in a language."""
    return (
        f'<!doctype html>\n<html lang="{html(language)}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f'<link rel="icon" href="data:,">\n<title>{html(title)}</title>\n<style>\n{STYLE}</style>\n</head>\n'
        f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )
