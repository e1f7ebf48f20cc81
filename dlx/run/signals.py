"""Graceful shutdown at SIGINT, SIGTERM and SIGHUP, and at the time limit of a job on a cluster."""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

INTERRUPTED = 130  # exit code
KNOWN = signal.Signals.__members__  # other systems than Unix have fewer
TERMINATION = tuple(KNOWN[name] for name in ("SIGINT", "SIGTERM", "SIGHUP") if name in KNOWN)
TIME_LIMIT = tuple(KNOWN[name] for name in ("SIGUSR1", "SIGUSR2") if name in KNOWN)


class AtOnce(BaseException):
    """Raised by the second signal, or by the first one if there is nothing to save."""


class Signals:
    """Turns SIGINT, SIGTERM and SIGHUP into a flag that the training polls between batches.

    The second signal raises `AtOnce` immediately; so does the first one in a block of `immediate()`. A launcher such as
    submitit has a handler of its own for the time limit of a job (SIGUSR2, or SIGUSR1), which queues the job again and
    exits. It is called by `hand_on` when the state of the run has been saved.

    Args:
        numbers: the signals to handle; by default SIGINT, SIGTERM, and SIGHUP unless it is ignored, as by `nohup`.
        patient: a second signal changes nothing, since the sender kills the process if it does not want to wait.
    """

    def __init__(self, *numbers: int, patient: bool = False) -> None:
        self.numbers = numbers or TERMINATION
        self.patient = patient
        self.received = False  # SIGINT, SIGTERM or SIGHUP was received
        self.limit: int | None = None  # the signal of the time limit that was received
        self._immediate = False
        self._handlers: dict[int, Any] | None = None
        self._requeue: dict[int, Any] = {}

    def __call__(self) -> bool:
        """Return True if a signal has been received, so that the run should stop."""
        return self.received or self.limit is not None

    def _receive(self, number: int, frame: Any) -> None:
        if number in self._requeue:
            self.limit = number
            again = False
        else:
            again, self.received = self.received and not self.patient, True
            if number == KNOWN.get("SIGHUP"):
                leave_terminal()
        if again or self._immediate:
            raise AtOnce

    def listen(self) -> None:
        """Install the handlers again, after Lightning has replaced them by its own."""
        for number in self._handlers or ():
            signal.signal(number, self._receive)

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Handle the signals in the block, and restore the former handlers afterwards."""
        before: dict[int, Any] = {}
        self._requeue = {number: heard for number in TIME_LIMIT if callable(heard := signal.getsignal(number))}
        try:
            for number in (*filter(is_heard, self.numbers), *self._requeue):
                before[number] = signal.signal(number, self._receive)
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
        before, self._immediate = self._immediate, True
        try:
            if self.received or self.limit is not None:
                raise AtOnce
            yield
        finally:
            self._immediate = before

    def hand_on(self) -> None:
        """Call the handler of the launcher if the time limit is reached.

        Raises:
            SystemExit: The launcher has queued the job again.
        """
        if self.limit is not None:
            self._requeue[self.limit](self.limit, None)


def is_heard(number: int) -> bool:
    """Return False for SIGHUP if it is ignored, as in a command that `nohup` started."""
    return number != KNOWN.get("SIGHUP") or signal.getsignal(number) is not signal.SIG_IGN


def leave_terminal() -> None:
    """Write no more to a terminal that is gone, where every attempt would be an error."""
    for number in (1, 2):
        with contextlib.suppress(OSError):
            if stat.S_ISCHR(os.fstat(number).st_mode):
                os.dup2(os.open(os.devnull, os.O_WRONLY), number)


class Interrupter:
    """Raises KeyboardInterrupt at SIGINT, SIGTERM and SIGHUP wherever no `Signals` are installed.

    The second signal ends the process at once, with exit code 130. So does the first one while a module is imported,
    where an exception may be swallowed, and after the command has ended (`ending`).
    """

    def __init__(self) -> None:
        self.received = self.ending = False

    def install(self) -> None:
        """Install the handlers for the rest of the process."""
        for number in filter(is_heard, TERMINATION):
            signal.signal(number, self._receive)
        # What is registered first is called last: from then on Python has handlers no more, and a signal would kill.
        atexit.register(signal.pthread_sigmask, signal.SIG_BLOCK, TERMINATION)

    def _receive(self, number: int, frame: FrameType | None) -> None:
        again, self.received = self.received, True
        if number == KNOWN.get("SIGHUP"):
            leave_terminal()
        if not again and not self.ending and not imports(frame):
            raise KeyboardInterrupt
        for stream in (sys.stdout, sys.stderr):
            # the reader has left, the stream is closed or gone, or the signal came while it was written to
            with contextlib.suppress(OSError, ValueError, AttributeError, RuntimeError):
                stream.flush()
        with contextlib.suppress(OSError):
            os.write(2, b"dlx: interrupted\n" if not again else b"")
        os._exit(INTERRUPTED)


def imports(frame: FrameType | None) -> bool:
    """Return True if a module is being imported in a frame or in one of its callers."""
    while frame is not None:
        if frame.f_code.co_filename == "<frozen importlib._bootstrap>":
            return True
        frame = frame.f_back
    return False
