"""Base class of datasets of the Hugging Face hub."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlx.contracts.dataset import Dataset
from dlx.data.raw import NewExamples, Table
from dlx.data.readers.hub import read_hub
from dlx.data.readers.hub_library import Source
from dlx.data.readers.new_pictures import read_new_pictures
from dlx.data.readers.pictures import Wanted
from dlx.data.store import MIB

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
