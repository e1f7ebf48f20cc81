"""One attack, and how it is carried out: in a folder of its own, in this process, with a witness of foreign code.

An attack lays files, types a command and must leave no trace. To add attacks, write a module `tests/attacks/<door>.py`
with a list `ATTACKS`; `test_attacks.py` finds it. In words and in files these names stand for paths of the attack:

    HERE     the folder that the command stands in
    MARKER   the file that appears if foreign code was executed
    OUTSIDE  a folder beside HERE, with a file, in which nothing may be created, changed or removed
    RUN      HERE/run, where a stage may lay the folder of a real run
    UPWARD   HERE as a path relative to a group's folder of dlx (conf/model)
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dlx import paths
from tests.attacks.payloads import CANARY, MODULE

SECRET = "DLX_TEST_SECRET"  # variable of the environment whose value no output and no file may hold
TOKEN = "sEcReT-0xC0FFEE"


@dataclass(frozen=True)
class Place:
    """The paths of one attack, below a temporary folder."""

    root: Path

    @property
    def here(self) -> Path:
        """The folder that the command stands in."""
        return self.root / "here"

    @property
    def marker(self) -> Path:
        """The file that appears if foreign code was executed."""
        return self.root / "MARKER"

    @property
    def outside(self) -> Path:
        """The folder in which nothing may change."""
        return self.root / "outside"

    def fill(self, text: str) -> str:
        """Return a text with UPWARD, HERE, MARKER, OUTSIDE and RUN replaced by paths."""
        upward = os.path.relpath(self.here, paths.shipped("conf") / "model")
        names = {"UPWARD": upward, "HERE": self.here, "MARKER": self.marker, "OUTSIDE": self.outside}
        for name, path in {**names, "RUN": self.here / "run"}.items():
            text = re.sub(rf"\b{name}\b", lambda match, path=path: str(path), text)
        return text

    def write(self, name: str, content: str | bytes) -> None:
        """Write a file below the folder of the command; a name may lead out of it."""
        file = self.here / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else self.fill(content).encode())


Stage = Callable[[Place], None]


@dataclass(frozen=True)
class Attack:
    """What a stranger lays, what the user types, and what is answered.

    Attributes:
        name: what is tried, in a few words; unique.
        words: arguments of `dlx`.
        says: a part of what is printed; "": anything.
        code: exit code, 2 (bad input) where nothing else is said.
        files: files by name below HERE, as text or bytes.
        stage: lays what files cannot: links, the folder of a run (`tests.attacks.folders`), a checkpoint.
        env: variables of the environment.
    """

    name: str
    words: tuple[str, ...]
    says: str = ""
    code: int = 2
    files: Mapping[str, str | bytes] = field(default_factory=dict)
    stage: tuple[Stage, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)


def lay(attack: Attack, place: Place) -> None:
    """Lay the files of an attack, and beside them the module `evil`, which betrays itself when it is imported."""
    for folder in (place.here, place.outside):
        folder.mkdir(parents=True)
    (place.outside / "file").write_text("untouched")
    place.write(f"{MODULE}.py", CANARY)
    for stage in attack.stage:
        stage(place)
    for name, content in attack.files.items():
        place.write(name, content)


def state(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Return modification time and content of every file of a folder, and the target of every link."""
    found = {}
    for path in sorted(folder.rglob("*")):
        content = os.readlink(path).encode() if path.is_symlink() else path.read_bytes() if path.is_file() else b""
        found[str(path)] = (path.lstat().st_mtime_ns, content)
    return found


def traces(place: Place, before: Mapping[str, tuple[int, bytes]], printed: str) -> list[str]:
    """Return what an attack has left behind: executed code, files outside, a secret; [] if nothing."""
    found = []
    if place.marker.exists():
        found.append(f"foreign code was executed: {place.marker.read_text()}")
    if MODULE in sys.modules:
        found.append(f"the module {MODULE} was imported")
    if state(place.outside) != before:
        found.append("a file outside the folder was touched")
    if TOKEN in printed:
        found.append("a secret was printed")
    for path in place.here.rglob("*"):
        if path.is_file() and not path.is_symlink() and TOKEN.encode() in path.read_bytes():
            found.append(f"a secret stands in {path.relative_to(place.here)}")
    return found
