"""A text, cut into windows of characters."""

from __future__ import annotations

import codecs
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Literal

import numpy as np

from dlx.contracts.dataset import Dataset
from dlx.data.raw import Table
from dlx.errors import ConfigError
from dlx.spec import SPECIAL_SYMBOLS, AtLeastTwo, Positive


class Text(Dataset):
    """A text that comes with Python, as windows of characters that do not overlap, for `objective=language_model`.

    Each character that occurs is a symbol. The texts differ slightly between versions of Python.

    Args:
        text: `documentation` is the reference of the language behind Python's `help()`, 465,000 characters; `zen` is
            "The Zen of Python", 856 characters.
        context_length: number of characters in a window.
        characters: largest number of characters that are taken, from the beginning.

    Example:
        dlx train model=lstm dataset=text diagnostics=samples
    """

    seeded = False

    def __init__(
        self,
        *,
        text: Literal["documentation", "zen"],
        context_length: Annotated[int, AtLeastTwo],
        characters: Annotated[int, Positive],
    ) -> None:
        self.text, self.context_length, self.characters = text, context_length, characters

    def load(self, seed: int) -> Table:
        """Return windows (examples, context_length) of symbols from 3 on; the seed has no effect."""
        whole = (documentation() if self.text == "documentation" else zen())[: self.characters]
        count = len(whole) // self.context_length
        if count == 0:
            raise ConfigError(
                f"dataset.context_length: expected at most the {len(whole)} characters, got {self.context_length}"
            )
        names = (*SPECIAL_SYMBOLS, *sorted(set(whole)))
        number = {name: place for place, name in enumerate(names)}
        symbols = np.array([number[character] for character in whole[: count * self.context_length]])
        windows = symbols.reshape(count, self.context_length)
        return Table(windows, None, "tokens", features=names, symbols=names)


def documentation() -> str:
    """Return the reference of the Python language, topic by topic."""
    from pydoc_data.topics import topics

    return "\n".join(topics[name] for name in sorted(topics))


def zen() -> str:
    """Return "The Zen of Python" (Peters 1999), which the module `this` prints when it is imported."""
    spec = find_spec("this")
    assert spec is not None, "a module of the standard library"
    assert spec.origin is not None, "it has a file"
    found = re.search(r's = """(.*?)"""', Path(spec.origin).read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None, "the text is a string of the module"
    return codecs.decode(found[1], "rot13")
