"""The parts of a description of a user's data."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

BLOCKS = "▁▂▃▄▅▆▇█"
BINS = 12  # of a histogram
FEW = 4  # words that are named


@dataclass(frozen=True)
class Shown:
    """A column as it is shown.

    Attributes:
        name: its name.
        kind: what its cells are, with the form in which they are written.
        missing: number of missing cells.
        distinct: number of different values.
        values: smallest, median and largest number, the most frequent words, or the first and the last date.
        shares: relative frequencies in equal bins, or of the most frequent words.
        problem: why it cannot be read, or "".
    """

    name: str
    kind: str
    missing: int = 0
    distinct: int = 0
    values: str = ""
    shares: tuple[float, ...] = ()
    problem: str = ""

    @property
    def blocks(self) -> str:
        """The frequencies as blocks of different heights."""
        most = max(self.shares, default=0.0)
        return "".join(" " if share == 0 else BLOCKS[min(int(share / most * 8), 7)] for share in self.shares)


@dataclass(frozen=True)
class Description:
    """A file of data.

    Attributes:
        path: the file.
        form: encoding, delimiter and the like.
        rows: number of rows.
        columns: the columns.
        reading: sentences on how a dataset reads the file; [] without a target.
        command: a command that trains on it.
        guessed: the target if it was guessed, else "".
        unit: what is counted as `rows`.
    """

    path: Path
    form: str
    rows: int
    columns: tuple[Shown, ...]
    reading: list[str] = field(default_factory=list)
    command: str = ""
    guessed: str = ""
    unit: str = "rows"
