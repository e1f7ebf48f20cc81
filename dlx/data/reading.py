"""How a file was read: rows used and left out, columns with their kinds, the target, and what was filled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

MOST = 6  # names in a line


@dataclass(frozen=True)
class ColumnRead:
    """A column of a file.

    Attributes:
        name: its name.
        role: what it was taken for.
        kind: what its cells are.
        missing: number of missing cells.
        distinct: number of different words, dates or classes; 0 for numbers.
        encoding: how it becomes numbers, or why it was left out.
    """

    name: str
    role: Literal["input", "target", "time", "series", "group", "left out"]
    kind: Literal["number", "word", "date", "empty", "row names"]
    missing: int = 0
    distinct: int = 0
    encoding: str = ""


@dataclass(frozen=True)
class Reading:
    """How a file was read; a run prints it and keeps it as data.json in its folder.

    Attributes:
        path: the file.
        form: encoding, delimiter and the like.
        rows: number of rows in the file.
        used: number of rows that became examples, or points in time.
        left_out: number of rows left out, by reason.
        columns: the columns of the file.
        inputs: names of the inputs after encoding.
        target: name of the target, or of the series that are forecast.
        target_kind: what the target is.
        classes: number of examples of each class.
        filled: what stands for missing values of a column, by name; it comes from the training split.
        notes: what else was found.
        unit: what the examples are.
        given: the inputs in words; "": their number.
        files: the file of each example, in the order of `index` in predictions.npz; (): they have none.
    """

    path: str
    form: str
    rows: int
    used: int
    left_out: Mapping[str, int] = field(default_factory=dict)
    columns: tuple[ColumnRead, ...] = ()
    inputs: tuple[str, ...] = ()
    target: str = ""
    target_kind: Literal["class", "number", "series", "mask", "none"] = "number"
    classes: Mapping[str, int] = field(default_factory=dict)
    filled: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    unit: Literal["rows", "pictures", "examples"] = "rows"
    given: str = ""
    files: tuple[str, ...] = ()

    def record(self) -> dict[str, Any]:
        """Return the record as plain values for a JSON file."""
        return asdict(self)

    def with_classes(self, names: Sequence[str]) -> Reading:
        """Return the record of a file of which only the examples of some classes are taken."""
        kept = {name: self.classes[name] for name in names if name in self.classes}
        gone = sum(self.classes.values()) - sum(kept.values())
        if not gone:
            return self
        left_out = {**self.left_out, "of other classes": gone}
        return replace(self, classes=kept, used=self.used - gone, left_out=left_out)

    def with_windows(self, kept: int, left_out: int) -> Reading:
        """Return the record of a series that was cut into windows, of which some were left out."""
        if not left_out:
            return self
        note = (
            f"{left_out} of {kept + left_out} windows left out: a value in them is missing or filled, or the time leaps"
        )
        return replace(self, notes=(*self.notes, note))

    def lines(self) -> list[str]:
        """Return the record in a few sentences for the notes of a run."""
        gone = "".join(f", {count} left out ({reason})" for reason, count in self.left_out.items())
        inputs = {"series": f"{len(self.inputs)} series"}.get(self.target_kind, f"{len(self.inputs)} inputs")
        parts = [self.given or inputs, self.target_text()]
        said = [f"data: {self.path}: {self.used} of {self.rows} {self.unit}{gone}; {'; '.join(parts)}"]
        left = [f"{column.name} ({column.encoding})" for column in self.columns if column.role == "left out"]
        said += [f"data: columns left out: {listed(left)}"] if left else []
        encoded = [f"{column.name} ({column.encoding})" for column in self.columns
                   if column.role == "input" and column.encoding]  # fmt: skip
        said += [f"data: encoded: {listed(encoded)}"] if encoded else []
        filled = [
            f"{column.name} ({column.missing} by {self.filled[column.name]:.6g})"
            for column in self.columns
            if column.name in self.filled
        ]
        said += [f"data: missing values filled by the median of the training split: {listed(filled)}"] if filled else []
        return said + [f"data: {note}" for note in self.notes]

    def target_text(self) -> str:
        """Return the target with its kind, and its classes with their shares."""
        if self.target_kind == "series":
            return f"forecast of {self.target}"
        if self.target_kind in ("mask", "none"):
            return f"target {self.target}" if self.target else "no targets"
        if self.target_kind == "number":
            return f"target {self.target}: a number"
        total = sum(self.classes.values())
        shares = [f"{name} {count / total:.1%}" for name, count in self.classes.items()]
        return f"target {self.target}: {len(self.classes)} classes ({listed(shares)})"


def listed(words: list[str]) -> str:
    """Return words with commas, only the first of many."""
    more = f" and {len(words) - MOST} more" if len(words) > MOST else ""
    return ", ".join(words[:MOST]) + more
