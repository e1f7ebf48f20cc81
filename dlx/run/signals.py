"""Ctrl-C and SIGTERM, heard as a wish that is granted between two batches."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class AtOnce(BaseException):
    """Leave at once, whatever is under way: the second signal, or one where nothing is to be kept."""


class Signals:
    """Turn SIGINT and SIGTERM into a flag that the training asks between two batches.

    The second signal raises `AtOnce` wherever the program is; so does the first one inside `immediate()`.
    """

    def __init__(self, *numbers: int) -> None:
        self.numbers = numbers or (signal.SIGINT, signal.SIGTERM)
        self.received = False
        self._immediate = False
        self._handlers: dict[int, Any] | None = None

    def __call__(self) -> bool:
        """Tell whether the run is to end."""
        return self.received

    def _receive(self, number: int, frame: Any) -> None:
        again, self.received = self.received, True
        if again or self._immediate:
            raise AtOnce

    def listen(self) -> None:
        """Take the signals (again, where Lightning has put handlers of its own in between)."""
        if self._handlers is not None:
            for number in self._handlers:
                signal.signal(number, self._receive)

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Listen inside the block, and give the former handlers back behind it."""
        before: dict[int, Any] = {}
        try:
            for heard in self.numbers:
                before[heard] = signal.signal(heard, self._receive)
        except ValueError:  # not in the main thread: the caller handles signals
            before = {}
        self._handlers = before
        try:
            yield
        finally:
            self._handlers = None
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextmanager
    def immediate(self) -> Iterator[None]:
        """Let the first signal end the block at once: nothing is computed there that a resumed run could not repeat."""
        self._immediate = True
        try:
            if self.received:
                raise AtOnce
            yield
        finally:
            self._immediate = False
