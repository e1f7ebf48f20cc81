"""The base class of the contracts of all groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar


class Contract:
    """Base class of every contract; it declares the run-time values that the program passes to a constructor.

    The contract of a group is the class in the module of the same name, e.g. `dlx.contracts.regularizer.Regularizer`.
    It declares all optional attributes and methods with their defaults, and the program reads no others. The classes of
    dlx inherit from it. A user's class need not; `dlx.config.contract.fulfilled` adds the defaults.

    Attributes:
        positional: number of values that are passed by position, as the first arguments of a constructor.
        given: names of the values that are passed by name, if the constructor has parameters of these names before
            the star.
        ways: how a user finds the value of a key that has no default, by key; `{path}` stands for the value of the key
            `path`.
    """

    positional: ClassVar[int] = 0
    given: ClassVar[tuple[str, ...]] = ()
    ways: ClassVar[Mapping[str, str]] = {}
