"""Your own arrays, from NumPy's files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from dlx.contracts.dataset import Dataset
from dlx.data.raw import NewExamples, Table
from dlx.data.readers.array_inputs import Choices
from dlx.data.readers.arrays import read_pairs
from dlx.data.readers.as_table import table_of
from dlx.data.readers.new_arrays import read_new_arrays
from dlx.data.store import MIB
from dlx.spec import Positive

if TYPE_CHECKING:
    import pandas as pd


class Arrays(Dataset):
    """Arrays of an npz archive, or of npy files: inputs (examples, ...) and targets (examples, ...).

    Inputs are vectors (examples, features), sequences (examples, time, features), or images (examples, height, width)
    with or without channels. Names such as x and y, images and labels, or x_train, y_train, x_test and y_test are
    found; the latter define the splits, and one that is missing is cut out of the training examples by its share in
    `dataset.split`. Images of unsigned integers are divided by the largest one, 255 or 65535. Arrays of objects are not
    read, since they could run a program. An npy file stays on the disk where it is larger than `memory`; an npz archive
    is read into memory.

    Args:
        path: path of an .npz file, of an .npy file of inputs, or of a folder of .npy files.
        x: name of the inputs; null: it is found.
        y: name of the targets, or the .npy file that holds them where `path` is one; null: it is found.
        kind: what the inputs are; `auto` tells by their shape and type.
        channels: whether the channels of images are the second or the last axis; `auto` tells by their number.
        target_kind: `class`, `number`, or `mask` (a class for every pixel); `auto` takes words, and at most 20
            different whole numbers that occur several times each, for classes.
        class_names: names of the classes in the order of their values; null: the values.
        memory: number of MiB up to which a split is held in memory; a larger one is kept in a file on the disk (in
            /var/tmp, or the folder of TMPDIR) and read as it is used, with the same numbers.

    Example:
        dlx train dataset=arrays dataset.path=data.npz
    """

    seeded = False
    files: ClassVar[tuple[str, ...]] = ("path", "y")

    def __init__(
        self,
        *,
        path: str,
        x: str | None,
        y: str | None,
        kind: Literal["auto", "vector", "image", "sequence"],
        channels: Literal["auto", "first", "last"],
        target_kind: Literal["auto", "class", "number", "mask"],
        class_names: list[str | int] | None,
        memory: Annotated[int, Positive],
    ) -> None:
        self.path, self.x, self.y = Path(path).expanduser(), x, y
        names = tuple(map(str, class_names or ()))
        self.choices = Choices(kind, channels, target_kind, names, memory * MIB)

    def load(self, seed: int) -> Table:
        """Return inputs and targets of all examples.

        Raises:
            ConfigError: a file cannot be read, an array is missing, or it cannot be told what an array is.
        """
        pairs, unused = read_pairs(self.path, self.x, self.y)
        return table_of(self.path, pairs, unused, self.choices)

    def read(self, source: Path | pd.DataFrame, encoding: Mapping[str, Any]) -> NewExamples:
        """Return the inputs of another file, which needs no targets.

        Raises:
            ConfigError: it holds no array of the shape and the type of the training's.
        """
        return read_new_arrays(source, encoding, self.choices)
