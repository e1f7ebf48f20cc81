"""The console for all output, and the form in which paths are printed."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

console = Console()

LANG = "DLX_LANG"  # set by --lang, and inherited by the processes of launchers
LOCALE = ("LC_ALL", "LC_MESSAGES", "LANG")  # the first that is set decides


def language() -> str:
    """Return the language of studies: ko if --lang or the locale says so, otherwise en."""
    own = os.environ.get(LANG) or next(filter(None, map(os.environ.get, LOCALE)), "")
    return "ko" if own.lower().startswith("ko") else "en"


def language_of(text: str) -> str:
    """Return the language in which a text of the reader is answered: that of --lang, or else Korean if it is Korean."""
    return "ko" if not os.environ.get(LANG) and re.search("[가-힣]", text) else language()


@contextmanager
def speaking(chosen: str) -> Iterator[None]:
    """Let everything inside a `with` block be said in a language, en or ko."""
    before = os.environ.get(LANG)
    os.environ[LANG] = chosen
    try:
        yield
    finally:
        if before is None:
            del os.environ[LANG]
        else:
            os.environ[LANG] = before


def relative(folder: Path) -> str:
    """Return the path of a folder relative to the current one, or as it is if the folder is not below it."""
    text = os.path.relpath(folder)
    return text if not text.startswith("..") else str(folder)
