"""Graceful shutdown: SIGINT and SIGTERM set a flag that is polled between batches."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class AtOnce(BaseException):
    """Raised by the second signal, or by the first one if there is nothing to save."""


class Signals:
    """Turns SIGINT and SIGTERM into a flag that the training polls between batches.

    The second signal raises `AtOnce` immediately; so does the first one in a block of `immediate()`.

    Args:
        numbers: the signals to handle; SIGINT and SIGTERM by default.
    """

    def __init__(self, *numbers: int) -> None:
        self.numbers = numbers or (signal.SIGINT, signal.SIGTERM)
        self.received = False
        self._immediate = False
        self._handlers: dict[int, Any] | None = None

    def __call__(self) -> bool:
        """Return True if a signal has been received, so that the run should stop."""
        return self.received

    def _receive(self, number: int, frame: Any) -> None:
        again, self.received = self.received, True
        if again or self._immediate:
            raise AtOnce

    def listen(self) -> None:
        """Install the handlers again, after Lightning has replaced them by its own."""
        if self._handlers is not None:
            for number in self._handlers:
                signal.signal(number, self._receive)

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Handle the signals in the block, and restore the former handlers afterwards."""
        before: dict[int, Any] = {}
        try:
            for heard in self.numbers:
                before[heard] = signal.signal(heard, self._receive)
        except ValueError:  # only the main thread can handle signals; elsewhere the caller does
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
        """Let the first signal end the block immediately, for code that a resumed run simply repeats."""
        self._immediate = True
        try:
            if self.received:
                raise AtOnce
            yield
        finally:
            self._immediate = False
