"""Your own series, from a CSV file."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np

from dlx.contracts.dataset import Dataset
from dlx.data.raw import Series
from dlx.data.readers.csv import Column, as_numbers, first_word, read_columns
from dlx.errors import ConfigError, nearest


class CSVSeries(Dataset):
    """A CSV file with a header line, one row for each point in time, and a column for each series.

    Rows are treated as equally spaced. Nothing looks ahead: the test split follows the training split, windows whose
    targets cross a border between splits are left out, and scales come from the training split alone. `dataset.folds`
    moves forward in time (rolling origin).

    Args:
        path: path of the file, relative to the current folder.
        time: name of the column of times, which are numbers or dates such as 2024-01-31 in ascending order; null: none.
        columns: names of the series; null: all columns except the time.
        delimiter: character that separates the columns; backslash and t stand for a tab.

    Example:
        dlx train model=lstm dataset=csv_series dataset.path=prices.csv dataset.time=date dataset.difference=returns
    """

    def __init__(self, *, path: str, time: str | None, columns: list[str] | None, delimiter: str) -> None:
        self.path, self.time, self.columns, self.delimiter = Path(path).expanduser(), time, columns, delimiter

    def load(self, seed: int) -> Series:
        """Return the series (rows, columns).

        Raises:
            ConfigError: the file is missing, empty or ragged, a column is missing or holds words, or times do not
                ascend.
        """
        table = read_columns(self.path, self.delimiter)
        names = [name for name in table if name != self.time] if self.columns is None else self.columns
        for key, name in [
            *(("time", name) for name in [self.time] if name is not None),
            *(("columns", name) for name in names),
        ]:
            if name not in table:
                raise ConfigError(f"dataset.{key}: {self.path} has no column {name!r}{nearest(name, table)}")
        if len(set(names)) < len(names) or self.time in names:
            why = f"{self.time!r} is the time" if self.time in names else "a column stands twice"
            raise ConfigError(f"dataset.columns: {why}, got {names}; expected each series once")
        if not names:
            raise ConfigError(f"dataset.columns: {self.path} has no column beside the time; expected at least one")
        if self.time is not None:
            self._check_time(table[self.time])
        values = []
        for name in names:
            numbers = as_numbers(table[name])
            if numbers is None:
                line, cell = first_word(table[name])
                raise ConfigError(
                    f"{self.path}, line {line}: column {name!r} holds {cell!r}, expected a number; "
                    f"dataset.time={name} takes it as the time, dataset.columns=[...] leaves it out"
                )
            values.append(numbers)
        return Series(np.stack(values, 1), tuple(names))

    def _check_time(self, cells: Column) -> None:
        """Refuse values that are not times, or times that do not ascend."""
        times = [moment(cell) for cell in cells]
        kinds = {type(time) for time in times}
        if None in times or len(kinds) > 1:
            odd = next(n for n, time in enumerate(times) if time is None or type(time) is not type(times[0]))
            raise ConfigError(
                f"{self.path}, line {cells.lines[odd]}: column {self.time!r} holds {cells[odd]!r}, "
                "expected numbers, or dates such as 2024-01-31, throughout"
            )
        for number in range(1, len(times)):
            if not times[number - 1] < times[number]:  # type: ignore[operator]
                raise ConfigError(
                    f"{self.path}, line {cells.lines[number]}: time {cells[number]!r} is not after "
                    f"{cells[number - 1]!r}; sort the rows, one for each time"
                )


def moment(cell: str) -> float | datetime | None:
    """Return a number or an ISO date as a point in time, or None if the text is neither."""
    numbers = as_numbers([cell])
    if numbers is not None:
        return float(numbers[0])
    try:
        return datetime.fromisoformat(cell).replace(tzinfo=None)
    except ValueError:
        return None
