"""The commands of the tutorial and of the how-to pages: found in the pages, and run as a reader would type them.

    python -m docs.site.commands

Each page is followed in a folder of its own. A block whose caption is the name of a file is that file.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

PAGES = Path(__file__).parent / "pages"
TASKS = PAGES.parents[1] / "tasks.md"  # its commands are checked and not run: some of them need files of the reader
BLOCK = re.compile(r"^```(bash|\{code-block\} \w+)\n(?::caption: (\S+)\n\n)?(.*?)^```$", re.M | re.S)


def guides() -> list[Path]:
    """Return the pages whose commands are run."""
    return [PAGES / "tutorial.md", *sorted((PAGES / "howto").glob("*.md"))]


def steps(page: Path) -> Iterator[tuple[str, str]]:
    """Yield what a page asks for, in order: the name and content of a file, or an empty name and a command."""
    for kind, name, body in BLOCK.findall(page.read_text(encoding="utf-8")):
        if name:
            yield name, body
        elif kind == "bash":
            yield from (("", line) for line in body.splitlines() if line)


def follow(page: Path) -> list[str]:
    """Follow a page in an empty folder and return the commands that failed."""
    failed = []
    with tempfile.TemporaryDirectory() as folder:
        for name, body in steps(page):
            if name:
                path = Path(folder) / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(body, encoding="utf-8")
                continue
            words = shlex.split(body)
            begin = time.monotonic()
            typed = [sys.executable, "-m", *words]
            done = subprocess.run(typed, cwd=folder, capture_output=True, text=True, check=False)
            print(f"{time.monotonic() - begin:6.1f} s  {done.returncode}  {body}", flush=True)
            if done.returncode:
                failed.append(f"{body}\n{done.stdout[-800:]}{done.stderr[-800:]}")
    return failed


def main() -> int:
    """Follow every page; return 1 if a command failed."""
    failed = [line for page in guides() for line in follow(page)]
    print("\n".join(failed) or "every command works")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
