"""The commands of the tutorial and of the how-to pages: found in the pages, and run as a reader would type them.

    python -m docs.site.commands

Each page is followed in a folder of its own. A block whose caption is the name of a file is that file. Each command has
a process of its own, forked from one that has imported PyTorch already, which takes longer than most of the commands.
"""

from __future__ import annotations

import os
import re
import shlex
import sys
import tempfile
import time
from collections.abc import Iterator
from multiprocessing import get_context
from pathlib import Path

PAGES = Path(__file__).parent / "pages"
TASKS = PAGES.parents[1] / "tasks.md"  # its commands are checked and not run: some of them need files of the reader
BLOCK = re.compile(r"^```(bash|\{code-block\} \w+)\n(?::caption: (\S+)\n\n)?(.*?)^```$", re.M | re.S)
PRELOAD = (
    "lightning.pytorch",
    "hydra",
    "matplotlib.figure",
    "pandas",
    "dlx.run.run",
    "dlx.sweep.start",
    "dlx.study.runs",
)
LONGEST = 800  # letters at the end of the output of a command that failed


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


def typed(words: list[str], folder: str, output: str) -> None:
    """Run `dlx` with words in a folder, in this process, which ends with it.

    Args:
        words: the words of the command behind `dlx`.
        folder: the current folder.
        output: the file that gets what the command prints.
    """
    from dlx.cli.main import main

    os.chdir(folder)
    file = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for descriptor in (1, 2):
        os.dup2(file, descriptor)
    sys.argv = ["dlx", *words]
    code = main()
    sys.stdout.flush()
    sys.exit(code)


def follow(page: Path) -> list[str]:
    """Follow a page in an empty folder and return the commands that failed."""
    failed = []
    context = get_context("forkserver")
    context.set_forkserver_preload(list(PRELOAD))
    with tempfile.TemporaryDirectory() as folder, tempfile.NamedTemporaryFile(suffix=".txt") as output:
        for name, body in steps(page):
            if name:
                path = Path(folder) / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(body, encoding="utf-8")
                continue
            begin = time.monotonic()
            process = context.Process(target=typed, args=(shlex.split(body)[1:], folder, output.name))
            process.start()
            process.join()
            print(f"{time.monotonic() - begin:6.1f} s  {process.exitcode}  {body}", flush=True)
            if process.exitcode:
                failed.append(f"{body}\n{Path(output.name).read_text(encoding='utf-8')[-LONGEST:]}")
    return failed


def main(names: list[str]) -> int:
    """Follow every page, or those with certain names; return 1 if a command failed."""
    chosen = [page for page in guides() if not names or page.stem in names]
    failed = [line for page in chosen for line in follow(page)]
    print("\n".join(failed) or "every command works")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
