"""The contract of the group dataset."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from dlx.contracts.contract import Contract

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from dlx.data.raw import NewExamples, Series, Table


class Dataset(Contract, ABC):
    """A source of examples, before splitting and scaling.

    Attributes:
        recorded_with: keys of the group with what the identity of a run records beside them where they are set; so a
            change of their meaning gives these runs another identity, and no others.
        seeded: whether the examples depend on the seed; a file is read once for all seeds.
        inputs: kind of its inputs, a literal, where the source of `load` does not show it in a `Table(...)`.
        files: keys that name a file or a folder of the user's; where it changes, it is read again.
        keys_of_form: keys that say how a file is written, e.g. its encoding; they may differ in a file of new examples.
    """

    recorded_with: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    seeded: ClassVar[bool] = True
    inputs: ClassVar[str] = ""
    files: ClassVar[tuple[str, ...]] = ("path",)
    keys_of_form: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def load(self, seed: int) -> Table | Series:
        """Return all examples, or a series.

        Args:
            seed: seed of a synthetic dataset, which must use no other source of random numbers.
        """

    def read(self, source: Path | pd.DataFrame, encoding: Mapping[str, Any]) -> NewExamples | Series:
        """Return new examples, which need no targets, in the form in which `load` returned those of the training.

        A dataset that reads a user's files or folders overrides it, and puts into the `encoding` of the `Table` or the
        `Series` that `load` returns what it must know again: names, words and classes in their order. It neither reads
        the file of its key `path` nor fills or scales anything: what the training split decides is done behind it
        (`dlx.data.preprocessing`). By default, `dlx predict` takes arrays and tables of the inputs themselves.

        Args:
            source: a file, a folder, or a frame with the columns of such a file.
            encoding: the `encoding` of the training data, as JSON gives it back.

        Raises:
            ConfigError: Nothing in it can be predicted; the message names the file and what was expected. A single
                example that cannot be predicted is left out and named in `refused` instead.
        """
        raise NotImplementedError

    @classmethod
    def reads_files(cls) -> bool:
        """Return whether the dataset reads new examples from files, i.e. overrides `read`."""
        return cls.read is not Dataset.read
