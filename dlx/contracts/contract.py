"""What the contracts of all groups have in common."""

from __future__ import annotations

from typing import ClassVar


class Contract:
    """The base of every contract: which run-time values the program gives to a constructor.

    The contract of a group is the class in the module of its name, e.g. `dlx.contracts.regularizer.Regularizer`. It
    names every optional attribute and method with its default; nothing that it does not name is ever asked for. The
    classes of dlx inherit from it. An admitted class of the user need not: the gate gives it the defaults.

    Attributes:
        positional: number of values that are passed by position, the first parameters of a constructor.
        given: names of the values that are passed by name; a constructor takes those that it names before the star.
    """

    positional: ClassVar[int] = 0
    given: ClassVar[tuple[str, ...]] = ()
