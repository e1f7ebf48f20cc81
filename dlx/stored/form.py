"""Forms of JSON values: each is a function that returns a value as readers use it, or says why it does not fit."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Form = Callable[[Any, str], Any]  # gets a value and its place in the file, e.g. `best.val/loss.value`
DEEPEST = 60  # levels of nesting that a file may have
LONGEST = 60  # characters of a value in a message


class MisfitError(ValueError):
    """A value does not have its form; the message names its place and what was expected."""


def misfit(place: str, expected: str, value: Any) -> MisfitError:
    """Return the error for a value, which is shown shortened and without control characters."""
    got = ascii(value) if not isinstance(value, int) or abs(value) < 1e18 else "a longer number"
    named = f"{place[:LONGEST]!r}"[1:-1] + ": " if place else ""
    return MisfitError(f"{named}expected {expected}, got {got if len(got) <= LONGEST else got[:LONGEST] + '…'}")


def sound(value: Any) -> None:
    """Refuse what JSON allows and no reader can use: deep nesting, numbers beyond floats, halves of characters.

    Raises:
        MisfitError: The value is one of these.
    """
    level, depth = [value], 0
    while level:
        below: list[Any] = []
        for one in level:
            if isinstance(one, dict):
                below += one.keys()
                below += one.values()
            elif isinstance(one, list):
                below += one
            elif isinstance(one, str):
                if not one.isascii() and not encodable(one):
                    raise misfit("", "characters", one)
            elif type(one) is int and not is_float(one):
                raise misfit("", "numbers within the range of a float", one)
        level, depth = below, depth + 1
        if depth > DEEPEST:
            raise MisfitError(f"expected at most {DEEPEST} levels of nesting")


def encodable(text: str) -> bool:
    """Return whether a text consists of whole characters; JSON can hold one half of a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def is_float(value: int) -> bool:
    """Return whether an integer is within the range of a float."""
    try:
        float(value)
    except OverflowError:
        return False
    return True


def anything(value: Any, place: str) -> Any:
    """Accept any value."""
    return value


def text(value: Any, place: str) -> str:
    """Accept a text."""
    if not isinstance(value, str):
        raise misfit(place, "a text", value)
    return value


def path(value: Any, place: str) -> str:
    """Accept the path of a file or a folder."""
    if not isinstance(value, str) or not value or "\0" in value:
        raise misfit(place, "a path", value)
    return value


def flag(value: Any, place: str) -> bool:
    """Accept true or false."""
    if not isinstance(value, bool):
        raise misfit(place, "true or false", value)
    return value


def number(value: Any, place: str) -> float:
    """Accept a number; of a run that diverged it may be infinite or not a number."""
    if type(value) not in (int, float):
        raise misfit(place, "a number", value)
    return value  # type: ignore[no-any-return]


def amount(value: Any, place: str) -> float:
    """Accept a finite number that is not negative, such as a duration."""
    if type(value) not in (int, float) or not math.isfinite(value) or value < 0:
        raise misfit(place, "a number >= 0", value)
    return value  # type: ignore[no-any-return]


def count(value: Any, place: str) -> int:
    """Accept a whole number that is not negative."""
    if type(value) is not int or value < 0:
        raise misfit(place, "a whole number >= 0", value)
    return value


def scalar(value: Any, place: str) -> Any:
    """Accept a text, a number, true, false or null, such as the value of a key of a configuration."""
    if isinstance(value, dict | list):
        raise misfit(place, "a text, a number, true, false or null", value)
    return value


def node(value: Any, place: str) -> dict[str, Any]:
    """Accept a mapping with any values."""
    if not isinstance(value, dict):
        raise misfit(place, "a mapping", value)
    return value


def one_of(*words: str) -> Form:
    """Return the form of one of some words."""

    def form(value: Any, place: str) -> str:
        if not isinstance(value, str) or value not in words:
            raise misfit(place, f"one of {', '.join(words)}", value)
        return value

    return form


def optional(inner: Form) -> Form:
    """Return the form of a value that may be null."""
    return lambda value, place: None if value is None else inner(value, place)


def either(first: Form, second: Form) -> Form:
    """Return the form of a list in one form, or of anything else in another."""
    return lambda value, place: (first if isinstance(value, list) else second)(value, place)


def listed(inner: Form, length: int | None = None) -> Form:
    """Return the form of a list, of any length or of a given one."""

    def form(value: Any, place: str) -> list[Any]:
        if not isinstance(value, list) or length not in (None, len(value)):
            raise misfit(place, "a list" + (f" of {length}" if length else ""), value)
        return [inner(one, f"{place}[{number}]") for number, one in enumerate(value)]

    return form


def mapped(inner: Form) -> Form:
    """Return the form of a mapping from texts to values of one form."""

    def form(value: Any, place: str) -> dict[str, Any]:
        return {key: inner(one, f"{place}.{key}" if place else key) for key, one in node(value, place).items()}

    return form


@dataclass(frozen=True)
class Fields:
    """The form of a mapping with known keys; unknown ones, of a later version, are left out.

    Attributes:
        needed: the forms of keys that must be there.
        others: the forms of keys that may be missing.
        defaults: the values of missing keys, in their form; None if a key is not listed.
    """

    needed: Mapping[str, Form] = field(default_factory=dict)
    others: Mapping[str, Form] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)

    def __call__(self, value: Any, place: str) -> dict[str, Any]:
        """Return the mapping with all known keys."""
        given = node(value, place)
        missing = [key for key in self.needed if key not in given]
        if missing:
            raise misfit(place, f"the key {missing[0]!r}", given)
        forms = {**self.needed, **self.others}
        found = {key: forms[key](one, f"{place}.{key}" if place else key) for key, one in given.items() if key in forms}
        return self.completed(found)

    def completed(self, found: Mapping[str, Any]) -> dict[str, Any]:
        """Return a mapping with the defaults of the keys that it does not have; containers are new ones."""
        blank = {key: self.defaults.get(key) for key in self.others if key not in found}
        return {
            **{key: type(one)(one) if isinstance(one, dict | list) else one for key, one in blank.items()},
            **found,
        }
