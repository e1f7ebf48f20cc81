"""Base class of datasets of the Hugging Face hub."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from dlx.contracts.dataset import Dataset
from dlx.data.raw import NewExamples, Table
from dlx.data.readers.hub import read_hub
from dlx.data.readers.hub_library import Source
from dlx.data.readers.new_pictures import read_new_pictures
from dlx.data.readers.picture_heads import Wanted
from dlx.data.store import MIB
from dlx.spec import Positive

if TYPE_CHECKING:
    import pandas as pd


class HubImages(Dataset):
    """Base class of pictures that the library `datasets` loads.

    Args:
        source: the dataset and its columns.
        wanted: the form of the pictures; None: as they are.
        memory: largest number of MiB of a split in memory.
    """

    seeded = False

    def __init__(self, source: Source, wanted: Wanted | None, memory: int) -> None:
        self.source = source
        self.wanted = wanted or Wanted("auto", "auto", "crop", "refuse", False, (), memory * MIB)

    def load(self, seed: int) -> Table:
        """Return pictures (examples, channels, height, width) and their classes (examples,).

        Raises:
            ConfigError: the library is missing, the hub cannot be reached, or there is no such dataset or column.
        """
        return read_hub(self.source, self.wanted)

    def read(self, source: Path | pd.DataFrame, encoding: Mapping[str, Any]) -> NewExamples:
        """Return the pictures of a folder, or a single one, in the form of the training's.

        Raises:
            ConfigError: there is no such folder or file, or no picture in it can be read.
        """
        return read_new_pictures(source, encoding, self.wanted.memory)


class Published(HubImages):
    """Base class of a well-known set of pictures, whose columns and splits are those of the hub.

    Args:
        path: name of the dataset on the hub, or path of a local copy of its files.
        memory: number of MiB up to which a split is held in memory; a larger one is kept in a file on the disk (in
            /var/tmp, or the folder of TMPDIR) and read as it is used, with the same numbers.
    """

    def __init__(self, *, path: str, memory: Annotated[int, Positive]) -> None:
        super().__init__(Source(path), None, memory)
